"""Accounts beside the one of `account.py`, for verdicts of which an account has but one."""

from alarms import broken, seed_alarms
from seed import client
from storage import EVERYTHING_BLOCKED
from trails import LOG_GROUP

# Has a trail and every chain of section 4, each broken at another link; and the whole account's public access blocked.
LEAKY = "222222222222"
# Nobody ever set up anything in it.
BARE = "333333333333"


def seed_leaky(url: str) -> None:
    s3, cloudtrail, logs = (client(url, service, account=LEAKY) for service in ("s3", "cloudtrail", "logs"))
    s3.create_bucket(Bucket="leaky-logs")
    client(url, "s3control", account=LEAKY).put_public_access_block(
        AccountId=LEAKY, PublicAccessBlockConfiguration=EVERYTHING_BLOCKED
    )
    logs.create_log_group(logGroupName=LOG_GROUP)
    cloudtrail.create_trail(
        Name="leaky",
        S3BucketName="leaky-logs",
        IsMultiRegionTrail=True,
        CloudWatchLogsLogGroupArn=f"arn:aws:logs:us-east-1:{LEAKY}:log-group:{LOG_GROUP}:*",
        CloudWatchLogsRoleArn=f"arn:aws:iam::{LEAKY}:role/logs",
    )
    cloudtrail.start_logging(Name="leaky")
    objects = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}
    cloudtrail.put_event_selectors(
        TrailName="leaky",
        EventSelectors=[{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [objects]}],
    )
    seed_alarms(url, LEAKY, broken(LEAKY))
