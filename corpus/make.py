"""Makes the snapshots of the corpus: accounts so small that every verdict on them can be found by hand.

`python3 corpus/make.py` writes them anew; `--check` says whether those that are there differ. What each account is stands
in README.md; `cis-aws/tests/corpus.rs` and `examples/tests/e2e/test_corpus.py` scan them.
"""

import base64
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ACCOUNT, MANAGEMENT = "123456789012", "999988887777"
AS_OF = "2026-01-01T00:00:00Z"
BUCKETS = ("config-of-example", "logs-of-example", "trail-of-example")
CIS = json.loads((HERE / "../cis-aws/tests/cases/pattern/benchmarks.json").read_text())


def arn(service, region, rest, account=ACCOUNT):
    return f"arn:aws:{service}:{region}:{account}:{rest}"


def denied(operation, action=None):
    message = f"User: arn:aws:iam::{ACCOUNT}:user/auditor is not authorized to perform: {action or operation}"
    gap = {"kind": "denied", "operation": operation, "code": "AccessDenied", "message": message}
    return {"$gap": {**gap, "action": action or operation}}


COLUMNS = (
    "user arn user_creation_time password_enabled password_last_used password_last_changed password_next_rotation mfa_active "
    "access_key_1_active access_key_1_last_rotated access_key_1_last_used_date access_key_1_last_used_region "
    "access_key_1_last_used_service access_key_2_active access_key_2_last_rotated access_key_2_last_used_date "
    "access_key_2_last_used_region access_key_2_last_used_service cert_1_active cert_1_last_rotated cert_2_active cert_2_last_rotated"
).split()


def report_line(user, path, **cells):
    line = {"user": user, "arn": f"arn:aws:iam::{ACCOUNT}:{path}", "user_creation_time": "2024-05-06T07:08:09+00:00"}
    for column in COLUMNS[3:]:
        line[column] = "false" if column.endswith(("active", "enabled")) else "N/A"
    return ",".join({**line, **cells}[column] for column in COLUMNS)


def credential_report(*lines):
    content = "\n".join([",".join(COLUMNS), *lines]) + "\n"
    content = base64.b64encode(content.encode()).decode()
    return {"Content": content, "ReportFormat": "text/csv", "GeneratedTime": "2025-12-31T23:30:00+00:00"}


def root(**cells):
    never = {"password_last_changed": "not_supported", "password_next_rotation": "not_supported"}
    used = {"password_enabled": "true", "password_last_used": "2025-03-04T05:06:07+00:00"}
    return report_line("<root_account>", "root", **{**never, **used, **cells})


def region_without_anything(region):
    """What every account has in a region on its first day: a VPC with its default parts, all open as AWS makes them."""
    vpc, group = f"vpc-0{region[-1]}", f"sg-0{region[-1]}"
    everywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}
    own = {**everywhere, "IpRanges": [], "UserIdGroupPairs": [{"GroupId": group, "UserId": ACCOUNT}]}
    entry = {"CidrBlock": "0.0.0.0/0", "Protocol": "-1"}
    entries = [{**entry, "Egress": egress, "RuleAction": "allow", "RuleNumber": 100} for egress in (True, False)]
    entries += [{**entry, "Egress": egress, "RuleAction": "deny", "RuleNumber": 32767} for egress in (True, False)]
    empty = {
        "accessanalyzer.analyzers": "analyzers", "cloudtrail.trails": "trailList", "cloudtrail.trail_statuses": "Trails",
        "cloudtrail.event_selectors": "Trails", "cloudwatch.metric_alarms": "MetricAlarms",
        "cloudwatch.composite_alarms": "CompositeAlarms", "config.delivery_channels": "DeliveryChannels",
        "config.recorder_statuses": "ConfigurationRecordersStatus", "config.recorders": "ConfigurationRecorders",
        "ec2.flow_logs": "FlowLogs", "ec2.instances": "Reservations", "ec2.managed_prefix_lists": "PrefixLists",
        "ec2.vpc_peering_connections": "VpcPeeringConnections", "efs.file_systems": "FileSystems", "kms.keys": "Keys",
        "logs.metric_filters": "logGroups", "macie2.classification_jobs": "items", "rds.db_clusters": "DBClusters",
        "rds.db_instances": "DBInstances", "sns.topic_subscriptions": "Topics",
    }
    return {
        **{name: {member: []} for name, member in empty.items()},
        "ec2.ebs_encryption_by_default": {"EbsEncryptionByDefault": False},
        "ec2.instance_metadata_defaults": {"AccountLevel": {}},
        "ec2.network_acls": {"NetworkAcls": [{"NetworkAclId": "acl-0", "OwnerId": ACCOUNT, "VpcId": vpc, "IsDefault": True, "Entries": entries, "Associations": []}]},
        "ec2.route_tables": {"RouteTables": [{"RouteTableId": "rtb-0", "VpcId": vpc, "OwnerId": ACCOUNT, "Routes": [{"DestinationCidrBlock": "172.31.0.0/16", "GatewayId": "local", "State": "active"}], "Associations": [{"RouteTableId": "rtb-0", "Main": True}]}]},
        "ec2.security_groups": {"SecurityGroups": [{"GroupId": group, "GroupName": "default", "OwnerId": ACCOUNT, "VpcId": vpc, "SecurityGroupArn": arn("ec2", region, f"security-group/{group}"), "IpPermissions": [own], "IpPermissionsEgress": [everywhere]}]},
        "ec2.vpcs": {"Vpcs": [{"VpcId": vpc, "OwnerId": ACCOUNT, "CidrBlock": "172.31.0.0/16", "IsDefault": True, "State": "available"}]},
        "macie2.automated_discovery": denied("macie2:GetAutomatedDiscoveryConfiguration"),
        "macie2.session": denied("macie2:GetMacieSession"),
        "securityhub.hub": {"Error": {"Code": "InvalidAccessException", "Message": f"Account {ACCOUNT} is not subscribed to AWS Security Hub"}},
    }


def account_without_anything():
    summary = {"Users": 0, "AccountAccessKeysPresent": 0, "AccountMFAEnabled": 0, "AccountPasswordPresent": 1, "AccountSigningCertificatesPresent": 0}
    lists = {
        "iam.oidc_providers": "OpenIDConnectProviderList", "iam.saml_providers": "SAMLProviderList",
        "iam.server_certificates": "ServerCertificateMetadataList", "iam.unlisted_policies": "Policies",
        "iam.virtual_mfa_devices": "VirtualMFADevices", "s3.buckets": "Buckets",
    }
    per_bucket = ("acls", "encryptions", "loggings", "policies", "policy_statuses", "public_access_blocks", "versionings")
    address = {"AddressLine1": "1 Example Street", "City": "Anytown", "CountryCode": "US", "FullName": "Example Corp", "PhoneNumber": "+1 202 555 0142", "PostalCode": "20000"}
    return {
        **{name: {member: []} for name, member in lists.items()},
        **{f"s3.bucket_{name}": {"Buckets": []} for name in per_bucket},
        **{f"account.{kind}_alternate_contact": {"AlternateContact": None} for kind in ("billing", "operations", "security")},
        "account.contact_information": {"ContactInformation": address},
        "iam.account_summary": {"SummaryMap": summary},
        "iam.authorization_details": {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []},
        "iam.credential_report": credential_report(root(mfa_active="false", user_creation_time="2025-12-31T22:00:00+00:00", password_last_used="2025-12-31T22:05:00+00:00")),
        "iam.organizations_features": {},
        "iam.password_policy": {"PasswordPolicy": None},
        "organizations.organization": {"Organization": None},
        "s3.account_public_access_block": {"PublicAccessBlockConfiguration": None},
    }


def fresh():
    return snapshot({"us-east-1": region_without_anything("us-east-1")}, account_without_anything())


def snapshot(regions, account, others=None, partition="aws"):
    known = [{"name": name, "status": "enabled"} for name in sorted(regions)]
    manifest = {"format": "cis-snapshot", "version": 1, "account_id": ACCOUNT, "partition": partition, "as_of": AS_OF, "regions": known}
    listed = [{"RegionName": name, "OptInStatus": "opt-in-not-required"} for name in sorted(regions)]
    files = {f"account/{name}.json": document for name, document in account.items()}
    files["account/ec2.regions.json"] = {"Regions": listed}
    for region, documents in regions.items():
        files.update({f"regions/{region}/{name}.json": document for name, document in documents.items()})
    for other, places in (others or {}).items():
        for region, documents in places.items():
            files.update({f"accounts/{other}/regions/{region}/{name}.json": document for name, document in documents.items()})
    return {"snapshot.json": manifest, **files}


def trail(region, account=ACCOUNT, organization=False):
    return {
        "Name": "all", "TrailARN": arn("cloudtrail", region, "trail/all", account), "HomeRegion": region,
        "S3BucketName": "trail-of-example", "IncludeGlobalServiceEvents": True, "IsMultiRegionTrail": True,
        "IsOrganizationTrail": organization, "LogFileValidationEnabled": True, "HasCustomEventSelectors": True,
        "CloudWatchLogsLogGroupArn": arn("logs", region, "log-group:trail:*", account),
        "KmsKeyId": arn("kms", region, "key/11111111-2222-3333-4444-555555555555", account),
    }


def chain(region, account=ACCOUNT):
    """A trail's log group with a filter a recommendation of section 4, each with its alarm, and one topic with a subscriber."""
    trail_arn, topic = trail(region, account)["TrailARN"], arn("sns", region, "people", account)
    filters, alarms = [], []
    for number in range(1, 16):
        name = f"cis-4-{number}"
        metric = {"metricName": name, "metricNamespace": "CIS", "metricValue": "1"}
        filters.append({"filterName": name, "filterPattern": CIS[f"4.{number}/required"], "logGroupName": "trail", "metricTransformations": [metric]})
        alarms.append({
            "AlarmName": name, "AlarmArn": arn("cloudwatch", region, f"alarm:{name}", account), "ActionsEnabled": True,
            "AlarmActions": [topic], "MetricName": name, "Namespace": "CIS", "Statistic": "Sum", "Dimensions": [], "Period": 300,
            "EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        })
    management = {"Name": "management", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
    data = [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]
    selectors = [management, {"Name": "objects", "FieldSelectors": data}]
    delivered = "2025-12-31T23:50:00+00:00"
    return {
        "cloudtrail.trail_statuses": {"Trails": [{"TrailARN": trail_arn, "IsLogging": True, "LatestCloudWatchLogsDeliveryTime": delivered}]},
        "cloudtrail.event_selectors": {"Trails": [{"TrailARN": trail_arn, "AdvancedEventSelectors": selectors}]},
        "logs.metric_filters": {"logGroups": [{"logGroupName": "trail", "metricFilters": filters}]},
        "cloudwatch.metric_alarms": {"MetricAlarms": alarms},
        "cloudwatch.composite_alarms": {"CompositeAlarms": []},
        "sns.topic_subscriptions": {"Topics": [{"TopicArn": topic, "Subscriptions": [{"SubscriptionArn": f"{topic}:1", "Protocol": "email"}]}]},
    }


def hardened_region(region, home):
    vpc, group = f"vpc-0{region[-1]}", f"sg-0{region[-1]}"
    key = arn("kms", region, "key/11111111-2222-3333-4444-555555555555")
    key_facts = {"AWSAccountId": ACCOUNT, "KeyId": key.rsplit("/", 1)[1], "Arn": key, "Enabled": True, "KeyState": "Enabled", "Origin": "AWS_KMS", "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT"}
    outside = {"CidrBlock": "0.0.0.0/0", "Egress": False, "Protocol": "-1", "RuleAction": "deny", "RuleNumber": 32767}
    network = {"CidrBlock": "10.0.0.0/16", "Egress": False, "Protocol": "-1", "RuleAction": "allow", "RuleNumber": 100}
    default = {"GroupId": group, "GroupName": "default", "OwnerId": ACCOUNT, "VpcId": vpc, "SecurityGroupArn": arn("ec2", region, f"security-group/{group}"), "IpPermissions": [], "IpPermissionsEgress": [], "Tags": []}
    instance = {"InstanceId": "i-0", "State": {"Name": "running"}, "IamInstanceProfile": {"Arn": arn("iam", "", "instance-profile/web"), "Id": "AIPA"}, "MetadataOptions": {"State": "applied", "HttpTokens": "required", "HttpEndpoint": "enabled"}, "Tags": [{"Key": "Name", "Value": "web"}]}
    database = {"DBInstanceIdentifier": "orders", "DBInstanceArn": arn("rds", region, "db:orders"), "Engine": "postgres", "StorageEncrypted": True, "AutoMinorVersionUpgrade": True, "PubliclyAccessible": False, "TagList": [{"Key": "team", "Value": "orders"}]}
    files = {"FileSystemId": "fs-0", "FileSystemArn": arn("elasticfilesystem", region, "file-system/fs-0"), "OwnerId": ACCOUNT, "Encrypted": True, "LifeCycleState": "available"}
    group_of_types = {"allSupported": True, "includeGlobalResourceTypes": region == home, "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"}}
    log = {"FlowLogId": "fl-0", "FlowLogStatus": "ACTIVE", "ResourceId": vpc, "TrafficType": "REJECT", "LogDestinationType": "s3", "DeliverLogsStatus": "SUCCESS"}
    return {
        **region_without_anything(region),
        "accessanalyzer.analyzers": {"analyzers": [{"arn": arn("access-analyzer", region, "analyzer/all"), "name": "all", "type": "ACCOUNT", "status": "ACTIVE", "createdAt": "2024-01-01T00:00:00+00:00"}]},
        "cloudtrail.trails": {"trailList": [trail(home)]},
        **(chain(home) if region == home else {}),
        "config.delivery_channels": {"DeliveryChannels": [{"name": "default", "s3BucketName": "config-of-example"}]},
        "config.recorder_statuses": {"ConfigurationRecordersStatus": [{"name": "default", "recording": True, "lastStatus": "SUCCESS"}]},
        "config.recorders": {"ConfigurationRecorders": [{"name": "default", "arn": arn("config", region, "configuration-recorder/default/0"), "recordingGroup": group_of_types, "recordingMode": {"recordingFrequency": "CONTINUOUS"}}]},
        "ec2.ebs_encryption_by_default": {"EbsEncryptionByDefault": True},
        "ec2.flow_logs": {"FlowLogs": [log]},
        "ec2.instances": {"Reservations": [{"ReservationId": "r-0", "OwnerId": ACCOUNT, "Instances": [instance]}]},
        "ec2.network_acls": {"NetworkAcls": [{"NetworkAclId": "acl-0", "OwnerId": ACCOUNT, "VpcId": vpc, "IsDefault": True, "Entries": [network, outside], "Associations": []}]},
        "ec2.security_groups": {"SecurityGroups": [default]},
        "ec2.vpcs": {"Vpcs": [{"VpcId": vpc, "OwnerId": ACCOUNT, "CidrBlock": "10.0.0.0/16", "IsDefault": False, "State": "available"}]},
        "efs.file_systems": {"FileSystems": [files]},
        "kms.keys": {"Keys": [{"KeyId": key_facts["KeyId"], "KeyArn": key, "KeyMetadata": key_facts, "RotationStatus": {"KeyRotationEnabled": True}}]},
        "rds.db_instances": {"DBInstances": [database]},
        "securityhub.hub": {"HubArn": arn("securityhub", region, "hub/default"), "SubscribedAt": "2024-01-01T00:00:00Z", "AutoEnableControls": True},
    }


def hardened_account(home):
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    by_account = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}]}
    support = {"PolicyName": "AWSSupportAccess", "PolicyArn": "arn:aws:iam::aws:policy/AWSSupportAccess"}
    allow_support = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["support:*"], "Resource": "*"}]}
    roles = [
        {"Path": "/", "RoleName": "support", "RoleId": "AROASUPPORT", "Arn": f"arn:aws:iam::{ACCOUNT}:role/support", "AssumeRolePolicyDocument": by_account, "InstanceProfileList": [], "RolePolicyList": [], "AttachedManagedPolicies": [support]},
        {"Path": "/", "RoleName": "web", "RoleId": "AROAWEB", "Arn": f"arn:aws:iam::{ACCOUNT}:role/web", "AssumeRolePolicyDocument": trust, "RolePolicyList": [], "AttachedManagedPolicies": [],
         "InstanceProfileList": [{"Path": "/", "InstanceProfileName": "web", "InstanceProfileId": "AIPA", "Arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/web", "Roles": []}]},
    ]
    roles[1]["InstanceProfileList"][0]["Roles"] = [{"Path": "/", "RoleName": "web", "RoleId": "AROAWEB", "Arn": f"arn:aws:iam::{ACCOUNT}:role/web"}]
    policy = {**support, "Arn": support["PolicyArn"], "Path": "/", "DefaultVersionId": "v1", "AttachmentCount": 1, "IsAttachable": True, "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": allow_support}]}
    policy.pop("PolicyArn")
    ann = {"Path": "/", "UserName": "ann", "UserId": "AIDAANN", "Arn": f"arn:aws:iam::{ACCOUNT}:user/ann", "CreateDate": "2024-05-06T07:08:09+00:00", "GroupList": ["people"], "AttachedManagedPolicies": []}
    people = {"Path": "/", "GroupName": "people", "GroupId": "AGPAPEOPLE", "Arn": f"arn:aws:iam::{ACCOUNT}:group/people", "GroupPolicyList": [], "AttachedManagedPolicies": []}
    signed_in = report_line("ann", "user/ann", password_enabled="true", password_last_used="2025-12-20T08:00:00+00:00", password_last_changed="2025-11-01T00:00:00+00:00", mfa_active="true")
    blocked = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}

    def each(fact):
        return {"Buckets": [{"Bucket": bucket, **fact(bucket)} for bucket in BUCKETS]}

    def deny_http(bucket):
        both = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": both, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
        return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}

    owner = {"Grantee": {"Type": "CanonicalUser", "ID": "29c2"}, "Permission": "FULL_CONTROL"}
    logs = {"TargetBucket": "logs-of-example", "TargetPrefix": ""}
    contact = {"AlternateContactType": "SECURITY", "EmailAddress": "security@example.com", "Name": "Security", "PhoneNumber": "+1 202 555 0113", "Title": "On call"}
    return {
        **account_without_anything(),
        "account.security_alternate_contact": {"AlternateContact": contact},
        "iam.account_summary": {"SummaryMap": {"Users": 1, "AccountAccessKeysPresent": 0, "AccountMFAEnabled": 1, "AccountPasswordPresent": 1, "AccountSigningCertificatesPresent": 0}},
        "iam.authorization_details": {"UserDetailList": [ann], "GroupDetailList": [people], "RoleDetailList": roles, "Policies": [policy]},
        "iam.credential_report": credential_report(root(mfa_active="true"), signed_in),
        "iam.password_policy": {"PasswordPolicy": {"MinimumPasswordLength": 14, "PasswordReusePrevention": 24}},
        "s3.account_public_access_block": {"PublicAccessBlockConfiguration": blocked},
        "s3.buckets": {"Buckets": [{"Name": bucket, "BucketRegion": home, "CreationDate": "2024-01-01T00:00:00+00:00"} for bucket in BUCKETS]},
        "s3.bucket_acls": each(lambda _: {"Grants": [owner]}),
        "s3.bucket_encryptions": each(lambda _: {"ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}}),
        "s3.bucket_loggings": each(lambda bucket: {"LoggingEnabled": logs if bucket == "trail-of-example" else None}),
        "s3.bucket_policies": each(deny_http),
        "s3.bucket_policy_statuses": each(lambda _: {"PolicyStatus": {"IsPublic": False}}),
        "s3.bucket_public_access_blocks": each(lambda _: {"PublicAccessBlockConfiguration": blocked}),
        "s3.bucket_versionings": each(lambda _: {"Status": "Enabled", "MFADelete": "Enabled"}),
    }


def hardened(home="us-east-1", second="eu-central-1"):
    return snapshot({region: hardened_region(region, home) for region in filter(None, (home, second))}, hardened_account(home))


HALF = {  # every second dataset, in the order of the files; each with the operation that is refused
    "account/account.security_alternate_contact.json": "account:GetAlternateContact",
    "account/iam.credential_report.json": "iam:GetCredentialReport",
    "account/iam.password_policy.json": "iam:GetAccountPasswordPolicy",
    "account/s3.account_public_access_block.json": "s3:GetAccountPublicAccessBlock",
    "account/s3.bucket_policies.json": None,
    "account/s3.bucket_versionings.json": None,
    "regions/us-east-1/cloudtrail.trail_statuses.json": None,
    "regions/us-east-1/config.recorder_statuses.json": "config:DescribeConfigurationRecorderStatus",
    "regions/us-east-1/ec2.ebs_encryption_by_default.json": "ec2:GetEbsEncryptionByDefault",
    "regions/us-east-1/ec2.flow_logs.json": "ec2:DescribeFlowLogs",
    "regions/us-east-1/ec2.network_acls.json": "ec2:DescribeNetworkAcls",
    "regions/us-east-1/efs.file_systems.json": "efs:DescribeFileSystems",
    "regions/us-east-1/kms.keys.json": None,
    "regions/us-east-1/logs.metric_filters.json": "logs:DescribeMetricFilters",
    "regions/us-east-1/rds.db_instances.json": "rds:DescribeDBInstances",
    "regions/us-east-1/securityhub.hub.json": "securityhub:DescribeHub",
}


def half_denied():
    files = hardened(second=None)
    for path, operation in HALF.items():
        if operation:
            files[path] = denied(operation, {"efs:DescribeFileSystems": "elasticfilesystem:DescribeFileSystems"}.get(operation))
    # Of what takes a call a resource, one resource refuses.
    refused = denied("s3:GetBucketPolicy")
    policies = files["account/s3.bucket_policies.json"]["Buckets"]
    policies[0] = {"Bucket": policies[0]["Bucket"], "Policy": refused}
    versionings = files["account/s3.bucket_versionings.json"]["Buckets"]
    versionings[1] = {"Bucket": versionings[1]["Bucket"], **denied("s3:GetBucketVersioning")}
    statuses = files["regions/us-east-1/cloudtrail.trail_statuses.json"]["Trails"]
    statuses[0] = {"TrailARN": statuses[0]["TrailARN"], **denied("cloudtrail:GetTrailStatus")}
    key = files["regions/us-east-1/kms.keys.json"]["Keys"][0]
    key["RotationStatus"] = denied("kms:GetKeyRotationStatus")
    return files


def member():
    """The organization's trail in the management account alone, whose own facts are in the snapshot as far as 4.x follows it."""
    home, files = "us-east-1", hardened(second=None)
    for name in ("cloudtrail.trail_statuses", "cloudtrail.event_selectors", "logs.metric_filters", "cloudwatch.metric_alarms", "cloudwatch.composite_alarms", "sns.topic_subscriptions"):
        files[f"regions/{home}/{name}.json"] = region_without_anything(home)[name]
    organization = trail(home, MANAGEMENT, organization=True)
    files[f"regions/{home}/cloudtrail.trails.json"] = {"trailList": [organization]}
    for name, operation in (("cloudtrail.trail_statuses", "GetTrailStatus"), ("cloudtrail.event_selectors", "GetEventSelectors")):
        gap = denied(f"cloudtrail:{operation}")["$gap"]
        gap.update(kind="other_account", code="CloudTrailARNInvalidException", message=f"the trail lies in account {MANAGEMENT}, which alone may ask for it")
        files[f"regions/{home}/{name}.json"] = {"Trails": [{"TrailARN": organization["TrailARN"], "$gap": gap}]}
    # The bucket is the management account's: it is not in the member's list, and it answers nothing.
    for name, document in list(files.items()):
        if name.startswith("account/s3.") and "Buckets" in document:
            document["Buckets"] = [one for one in document["Buckets"] if "trail-of-example" not in one.values()]
    for name, operation in {"acls": "GetBucketAcl", "loggings": "GetBucketLogging", "policy_statuses": "GetBucketPolicyStatus"}.items():
        files[f"account/s3.bucket_{name}.json"]["Buckets"].append({"Bucket": "trail-of-example", **denied(f"s3:{operation}")})
    for name, document in chain(home, MANAGEMENT).items():
        files[f"accounts/{MANAGEMENT}/regions/{home}/{name}.json"] = document
    master = {"Id": "o-example", "Arn": f"arn:aws:organizations::{MANAGEMENT}:organization/o-example", "FeatureSet": "ALL", "MasterAccountId": MANAGEMENT, "MasterAccountArn": f"arn:aws:organizations::{MANAGEMENT}:account/o-example/{MANAGEMENT}"}
    files["account/organizations.organization.json"] = {"Organization": master}
    return files


def translated_report(report):
    content = base64.b64decode(report["Content"]).replace(b"arn:aws:", b"arn:aws-cn:")
    return base64.b64encode(content).decode()


def china():
    """The hardened account in the partition aws-cn."""
    files = hardened("cn-north-1", "cn-northwest-1")
    files["account/iam.credential_report.json"]["Content"] = translated_report(files["account/iam.credential_report.json"])
    # Services that assume a role have names of their own there; the sources of CloudTrail's events do not.
    roles = files["account/iam.authorization_details.json"]["RoleDetailList"]
    roles[1]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"] = "ec2.amazonaws.com.cn"
    files = json.loads(json.dumps(files).replace("arn:aws:", "arn:aws-cn:"))
    files["snapshot.json"]["partition"] = "aws-cn"
    return files


SCENARIOS = {"china": china, "fresh": fresh, "half_denied": half_denied, "hardened": hardened, "member": member}


def main():
    check, wrong = "--check" in sys.argv[1:], []
    for name, make in SCENARIOS.items():
        folder = HERE / name / "snapshot"
        files = {folder / path: json.dumps(document, indent=2) + "\n" for path, document in make().items()}
        there = {path for path in folder.rglob("*") if path.is_file()} if folder.exists() else set()
        for path in there - set(files):
            wrong.append(path)
            if not check:
                path.unlink()
        for path, text in files.items():
            if path not in there or path.read_text() != text:
                wrong.append(path)
                if not check:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text)
    if check and wrong:
        sys.exit("not what the script makes: " + ", ".join(str(path.relative_to(HERE)) for path in sorted(wrong)))


if __name__ == "__main__":
    main()
