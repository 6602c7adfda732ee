"""What section 3 judges in the account: trails, AWS Config, keys and flow logs.

The trail `everything` is as it must be, but records the objects of one bucket only. The verdicts are in
`expected_2_to_5.py`.
"""

from account import ACCOUNT, IAM
from seed import client

TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/everything"
LOG_GROUP = "trail"


def seed_trails(url: str) -> dict[str, str]:
    """Fills the account; gives the ARN of what AWS names itself by our names."""
    names = keys(client(url, "kms"))
    client(url, "logs").create_log_group(logGroupName=LOG_GROUP)
    trails(url, names["key/rotating"])
    config(client(url, "config", "us-east-1"), allSupported=True, includeGlobalResourceTypes=True)
    config(client(url, "config", "eu-west-1"), allSupported=False, resourceTypes=["AWS::EC2::Instance"])
    flow_log(client(url, "ec2", "us-east-1"), "REJECT")
    flow_log(client(url, "ec2", "eu-west-1"), "ACCEPT")
    return names


def keys(kms) -> dict[str, str]:
    arns = {f"key/{name}": kms.create_key()["KeyMetadata"]["Arn"] for name in ("rotating", "fixed", "disabled")}
    arns["key/signing"] = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    kms.enable_key_rotation(KeyId=arns["key/rotating"])
    # By its id: moto breaks over an ARN here.
    kms.disable_key(KeyId=arns["key/disabled"].rpartition("/")[2])
    return arns


def trails(url: str, key: str) -> None:
    cloudtrail = client(url, "cloudtrail")
    cloudtrail.create_trail(
        Name="everything",
        S3BucketName="trail-logs",
        IsMultiRegionTrail=True,
        EnableLogFileValidation=True,
        KmsKeyId=key,
        CloudWatchLogsLogGroupArn=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{LOG_GROUP}:*",
        CloudWatchLogsRoleArn=f"{IAM}role/web",
    )
    cloudtrail.start_logging(Name="everything")
    objects = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::trail-logs/"]}
    cloudtrail.put_event_selectors(
        TrailName="everything",
        EventSelectors=[{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [objects]}],
    )
    cloudtrail.create_trail(Name="organization", S3BucketName="org-logs")
    client(url, "cloudtrail", "eu-west-1").create_trail(Name="local", S3BucketName="open-logs")


def config(aws_config, **group) -> None:
    recorder = {"name": "default", "roleARN": f"{IAM}role/web", "recordingGroup": group}
    aws_config.put_configuration_recorder(ConfigurationRecorder=recorder)
    aws_config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "access-logs"})
    aws_config.start_configuration_recorder(ConfigurationRecorderName="default")


def flow_log(ec2, traffic: str) -> None:
    ec2.create_flow_logs(
        ResourceIds=[vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"]],
        ResourceType="VPC",
        TrafficType=traffic,
        LogDestinationType="s3",
        LogDestination="arn:aws:s3:::access-logs",
    )
