"""The mock's answers as botocore reads them with the services' whole models: the same JSON as the snapshot's.

botocore leaves out what its models do not have and what has another place or type on the wire, so that an answer that is the
snapshot's document again was written as the model has it.
"""

import base64
import datetime
import json
import os
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

import boto3
import botocore.config
import botocore.exceptions
import botocore.session
import pytest

WORKSPACE = Path(__file__).resolve().parents[2]
MOCK = WORKSPACE / os.environ.get("MOCK_BIN", "target/debug/aws-mock")
SNAPSHOT = WORKSPACE / "cis-aws" / "demo" / "snapshot"
MODELS = WORKSPACE / "benches" / "models"
ACCOUNT, REGION, DENIED = "123456789012", "us-east-1", "ap-northeast-1"


class Mock:
    def __init__(self, *arguments: str):
        assert MOCK.is_file(), f"no program at {MOCK}: build it with `cargo build -p cis-benches`"
        self._process = subprocess.Popen([MOCK, SNAPSHOT, *arguments], stdout=subprocess.PIPE, text=True)
        self.url = self._process.stdout.readline().strip()
        self._session, self._clients = boto3.Session(), {}

    def client(self, service: str, region: str = REGION):
        # Making one reads its whole model.
        if (service, region) not in self._clients:
            self._clients[service, region] = self._make(service, region)
        return self._clients[service, region]

    def _make(self, service: str, region: str):
        config = botocore.config.Config(
            inject_host_prefix=False, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"},
            proxies={}, signature_version="s3v4" if service.startswith("s3") else None,
        )
        client = self._session.client(
            service, region_name=region, endpoint_url=self.url, config=config,
            aws_access_key_id="testing", aws_secret_access_key="testing",
        )
        # S3 Control puts the account before the host, which only AWS's own hosts know.
        client.meta.events.register("before-sign.s3-control", self._as_given)
        return client

    def _as_given(self, request, **_):
        request.url = self.url + urlsplit(request.url).path

    def stop(self):
        self._process.terminate()
        self._process.wait()


@pytest.fixture(scope="module")
def mock():
    server = Mock()
    yield server
    server.stop()


def document(name: str, region: str | None = None):
    folder = f"regions/{region}" if region else "account"
    content = json.loads((SNAPSHOT / folder / f"{name}.json").read_text())
    return {member: value for member, value in content.items() if not member.startswith("$")}


def plain(value):
    """In one form: times in UTC, documents as JSON, no members that are null, and no empty lists, which some protocols
    cannot tell from none."""
    if isinstance(value, dict):
        members = {name: plain(of) for name, of in value.items() if name != "ResponseMetadata"}
        return {name: of for name, of in members.items() if of is not None and of != []}
    if isinstance(value, list):
        return [plain(of) for of in value]
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, str) and value.startswith("%7B"):
        return json.loads(unquote(value))
    if isinstance(value, str):
        try:
            return datetime.datetime.fromisoformat(value).astimezone(datetime.timezone.utc).isoformat()
        except ValueError:
            return value
    return value


def snake(operation: str) -> str:
    return botocore.xform_name(operation)


# Operation, parameters, file, and its region.
WHOLE = [
    ("account:GetContactInformation", {}, "account.contact_information", None),
    ("account:GetAlternateContact", {"AlternateContactType": "BILLING"}, "account.billing_alternate_contact", None),
    ("account:GetAlternateContact", {"AlternateContactType": "SECURITY"}, "account.security_alternate_contact", None),
    ("organizations:DescribeOrganization", {}, "organizations.organization", None),
    ("ec2:DescribeRegions", {"AllRegions": True}, "ec2.regions", None),
    ("iam:GetAccountSummary", {}, "iam.account_summary", None),
    ("iam:GetAccountPasswordPolicy", {}, "iam.password_policy", None),
    ("iam:GetCredentialReport", {}, "iam.credential_report", None),
    ("iam:ListOpenIDConnectProviders", {}, "iam.oidc_providers", None),
    ("iam:ListSAMLProviders", {}, "iam.saml_providers", None),
    ("s3control:GetPublicAccessBlock", {"AccountId": ACCOUNT}, "s3.account_public_access_block", None),
    ("cloudtrail:DescribeTrails", {}, "cloudtrail.trails", REGION),
    ("config:DescribeConfigurationRecorderStatus", {}, "config.recorder_statuses", REGION),
    ("config:DescribeConfigurationRecorders", {}, "config.recorders", REGION),
    ("config:DescribeDeliveryChannels", {}, "config.delivery_channels", REGION),
    ("ec2:GetEbsEncryptionByDefault", {}, "ec2.ebs_encryption_by_default", REGION),
    ("ec2:GetInstanceMetadataDefaults", {}, "ec2.instance_metadata_defaults", REGION),
    ("securityhub:DescribeHub", {}, "securityhub.hub", REGION),
]
# The same, of lists that have pages; how many rows are asked for at once, where that can be said.
LISTS = [
    ("accessanalyzer:ListAnalyzers", {}, "accessanalyzer.analyzers", REGION),
    ("cloudwatch:DescribeAlarms", {"AlarmTypes": ["CompositeAlarm", "MetricAlarm"]}, "cloudwatch.alarms", REGION),
    ("ec2:DescribeFlowLogs", {}, "ec2.flow_logs", REGION),
    ("ec2:DescribeNetworkAcls", {}, "ec2.network_acls", REGION),
    ("ec2:DescribeRouteTables", {}, "ec2.route_tables", REGION),
    ("ec2:DescribeSecurityGroups", {}, "ec2.security_groups", REGION),
    ("ec2:DescribeVpcPeeringConnections", {}, "ec2.vpc_peering_connections", REGION),
    ("ec2:DescribeVpcs", {}, "ec2.vpcs", REGION),
    ("efs:DescribeFileSystems", {}, "efs.file_systems", REGION),
    ("iam:GetAccountAuthorizationDetails", {}, "iam.authorization_details", None),
    ("iam:ListServerCertificates", {}, "iam.server_certificates", None),
    ("iam:ListVirtualMFADevices", {}, "iam.virtual_mfa_devices", None),
    ("macie2:ListClassificationJobs", {}, "macie2.classification_jobs", REGION),
    ("rds:DescribeDBClusters", {}, "rds.db_clusters", REGION),
    ("rds:DescribeDBInstances", {}, "rds.db_instances", REGION),
    ("s3:ListBuckets", {}, "s3.buckets", None),
]
# The same, of what is asked for one by one: the list, the member that names a row, the parameter, the members that the
# answer does not repeat.
EACH = [
    ("cloudtrail:GetEventSelectors", "cloudtrail.event_selectors", REGION, "Trails", "TrailARN", "TrailName"),
    ("cloudtrail:GetTrailStatus", "cloudtrail.trail_statuses", REGION, "Trails", "TrailARN", "Name"),
    ("ec2:GetManagedPrefixListEntries", "ec2.managed_prefix_lists", REGION, "PrefixLists", "PrefixListId", "PrefixListId"),
    ("logs:DescribeMetricFilters", "logs.metric_filters", REGION, "logGroups", "logGroupName", "logGroupName"),
    ("sns:ListSubscriptionsByTopic", "sns.topic_subscriptions", REGION, "Topics", "TopicArn", "TopicArn"),
    ("s3:GetBucketAcl", "s3.bucket_acls", None, "Buckets", "Bucket", "Bucket"),
    ("s3:GetBucketEncryption", "s3.bucket_encryptions", None, "Buckets", "Bucket", "Bucket"),
    ("s3:GetBucketLogging", "s3.bucket_loggings", None, "Buckets", "Bucket", "Bucket"),
    ("s3:GetBucketPolicy", "s3.bucket_policies", None, "Buckets", "Bucket", "Bucket"),
    ("s3:GetBucketPolicyStatus", "s3.bucket_policy_statuses", None, "Buckets", "Bucket", "Bucket"),
    ("s3:GetBucketVersioning", "s3.bucket_versionings", None, "Buckets", "Bucket", "Bucket"),
    ("s3:GetPublicAccessBlock", "s3.bucket_public_access_blocks", None, "Buckets", "Bucket", "Bucket"),
]
# What S3 answers where there is nothing.
NONE = {
    "s3:GetBucketEncryption": "ServerSideEncryptionConfigurationNotFoundError",
    "s3:GetBucketPolicy": "NoSuchBucketPolicy",
    "s3:GetBucketPolicyStatus": "NoSuchBucketPolicy",
    "s3:GetPublicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
}


def named(cases):
    return [pytest.param(*case, id=f"{case[0]}-{case[2] if len(case) == 4 else case[1]}") for case in cases]


def code_of(error) -> str:
    return error.value.response["Error"]["Code"]


@pytest.mark.parametrize("operation, parameters, file, region", named(WHOLE))
def test_an_answer_is_the_document(mock, operation, parameters, file, region):
    service, name = operation.split(":")
    answer = getattr(mock.client(service), snake(name))(**parameters)
    assert plain(answer) == plain(document(file, region))


def pages(mock, operation: str, parameters: dict, **config):
    service, name = operation.split(":")
    return list(mock.client(service).get_paginator(snake(name)).paginate(**parameters, PaginationConfig=config))


# How the page after next is asked for: not part of the document.
TOKENS = {"IsTruncated", "Marker", "NextMarker", "NextToken", "nextToken", "ContinuationToken"}


def together(answers) -> dict:
    whole = {}
    for answer in answers:
        for member, value in plain({name: of for name, of in answer.items() if name not in TOKENS}).items():
            whole.setdefault(member, []).extend(value)
    return whole


@pytest.mark.parametrize("operation, parameters, file, region", named(LISTS))
def test_a_list_is_the_document(mock, operation, parameters, file, region):
    answers = pages(mock, operation, parameters)
    assert together(answers) == plain(document(file, region))


@pytest.fixture(scope="module")
def paged():
    server = Mock("--page-size", "2")
    yield server
    server.stop()


@pytest.mark.parametrize("operation, parameters, file, region", named(LISTS))
def test_a_list_in_pages_is_the_document(paged, operation, parameters, file, region):
    answers = pages(paged, operation, parameters)
    whole = plain(document(file, region))
    rows = sum(len(of) for of in whole.values())
    assert together(answers) == whole
    assert len(answers) == max(1, -(-rows // 2))


@pytest.mark.parametrize("page_size", ["as AWS has it", "small"])
def test_instances_come_in_their_reservations(mock, paged, page_size):
    server = mock if page_size != "small" else paged
    answers = pages(server, "ec2:DescribeInstances", {})
    whole = plain(document("ec2.instances", REGION))["Reservations"]
    came = [of for answer in answers for of in plain(answer)["Reservations"]]
    # A reservation goes on over a page.
    joined = []
    for one in came:
        if joined and joined[-1]["ReservationId"] == one["ReservationId"]:
            joined[-1]["Instances"] += one["Instances"]
        else:
            joined.append(one)
    assert joined == whole


@pytest.mark.parametrize("case", EACH, ids=[case[0] for case in EACH])
def test_what_is_asked_for_one_by_one(mock, case):
    operation, file, region, member, name, parameter = case
    service, action = operation.split(":")
    homes = {row["Name"]: row["BucketRegion"] for row in document("s3.buckets")["Buckets"]}
    asked = 0
    for row in document(file, region)[member]:
        call = getattr(mock.client(service, homes.get(row[name], REGION)), snake(action))
        rest = {key: value for key, value in row.items() if key != name}
        recorded = rest.get("$gap") or next((of["$gap"] for of in rest.values() if isinstance(of, dict) and "$gap" in of), None)
        none = NONE.get(operation) if None in rest.values() else None
        if service == "ec2":
            if rest["Entries"] is None:
                continue
            rest = {"Entries": rest["Entries"]}
        if recorded or none:
            with pytest.raises(botocore.exceptions.ClientError) as error:
                call(**{parameter: row[name]})
            assert code_of(error) == (recorded["code"] if recorded else none)
        else:
            answer = plain(call(**{parameter: row[name]}))
            # The answer says again which trail it is about.
            assert {key: value for key, value in answer.items() if key != name} == plain(rest)
        asked += 1
    assert asked


def test_keys(mock):
    client, rows = mock.client("kms"), document("kms.keys", REGION)["Keys"]
    listed = [of for page in client.get_paginator("list_keys").paginate() for of in page["Keys"]]
    assert listed == [{"KeyId": row["KeyId"], "KeyArn": row["KeyArn"]} for row in rows]
    for row in rows:
        if row.get("KeyMetadata"):
            assert plain(client.describe_key(KeyId=row["KeyArn"])["KeyMetadata"]) == plain(row["KeyMetadata"])
        if "$gap" in (row.get("RotationStatus") or {}):
            with pytest.raises(botocore.exceptions.ClientError) as error:
                client.get_key_rotation_status(KeyId=row["KeyId"])
            assert code_of(error) == row["RotationStatus"]["$gap"]["code"]
        elif row.get("RotationStatus"):
            assert plain(client.get_key_rotation_status(KeyId=row["KeyId"])) == plain(row["RotationStatus"])
    aliases = {of["TargetKeyId"] for page in client.get_paginator("list_aliases").paginate() for of in page["Aliases"]}
    assert aliases == {row["KeyId"] for row in rows if row.get("AwsAlias")}


def test_policies_that_no_list_has(mock):
    client = mock.client("iam")
    for row in document("iam.unlisted_policies")["Policies"]:
        if "$gap" in row["Policy"]:
            gap = row["Policy"]["$gap"]
            with pytest.raises(botocore.exceptions.ClientError) as error:
                policy = client.get_policy(PolicyArn=row["Arn"])["Policy"]
                client.get_policy_version(PolicyArn=row["Arn"], VersionId=policy["DefaultVersionId"])
            assert (f"iam:{error.value.operation_name}", code_of(error)) == (gap["operation"], gap["code"])
            continue
        policy = plain(client.get_policy(PolicyArn=row["Arn"])["Policy"])
        version = client.get_policy_version(PolicyArn=row["Arn"], VersionId=policy["DefaultVersionId"])["PolicyVersion"]
        assert policy | {"PolicyVersionList": [plain(version)]} == plain(row["Policy"])


def test_who_asks(mock):
    answer = mock.client("sts").get_caller_identity()
    assert (answer["Account"], answer["Arn"].split(":")[:5]) == (ACCOUNT, ["arn", "aws", "sts", "", ACCOUNT])
    regions = [of for page in mock.client("account").get_paginator("list_regions").paginate() for of in page["Regions"]]
    enabled = {of["RegionName"] for of in regions if of["RegionOptStatus"] == "ENABLED"}
    assert enabled == {"ap-northeast-1", "eu-central-1", "us-east-1"}
    assert mock.client("iam").generate_credential_report()["State"] == "COMPLETE"


# One operation of every service that is read in a region, and the two Macie has no answer to.
@pytest.mark.parametrize(
    "operation, region, code",
    [
        ("accessanalyzer:ListAnalyzers", DENIED, "AccessDeniedException"),
        ("cloudtrail:DescribeTrails", DENIED, "AccessDeniedException"),
        ("cloudwatch:DescribeAlarms", DENIED, "AccessDenied"),
        ("config:DescribeConfigurationRecorders", DENIED, "AccessDeniedException"),
        ("ec2:DescribeVpcs", DENIED, "UnauthorizedOperation"),
        ("efs:DescribeFileSystems", DENIED, "AccessDeniedException"),
        ("kms:ListKeys", DENIED, "AccessDeniedException"),
        ("rds:DescribeDBInstances", DENIED, "AccessDenied"),
        ("securityhub:DescribeHub", DENIED, "AccessDeniedException"),
        ("macie2:GetMacieSession", REGION, "AccessDeniedException"),
        ("macie2:GetAutomatedDiscoveryConfiguration", REGION, "AccessDeniedException"),
        ("iam:ListOrganizationsFeatures", REGION, "AccountNotManagementOrDelegatedAdministratorException"),
        ("ec2:DescribeVpcs", "eu-south-1", "AuthFailure"),
        ("rds:DescribeDBInstances", "eu-south-1", "InvalidClientTokenId"),
        ("kms:ListKeys", "eu-south-1", "UnrecognizedClientException"),
    ],
)
def test_errors_have_their_code(mock, operation, region, code):
    service, name = operation.split(":")
    with pytest.raises(botocore.exceptions.ClientError) as error:
        getattr(mock.client(service, region), snake(name))()
    assert code_of(error) == code


def test_errors_of_a_kind_of_their_own(mock):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        mock.client("account").get_alternate_contact(AlternateContactType="OPERATIONS")
    assert code_of(error) == "ResourceNotFoundException"
    with pytest.raises(mock.client("kms").exceptions.NotFoundException):
        mock.client("kms").describe_key(KeyId="none")
    # What a snapshot never asked about is not said to be missing.
    for service, ask in [("sns", {"TopicArn": "none"}), ("logs", {"logGroupName": "none"})]:
        operation = {"sns": "list_subscriptions_by_topic", "logs": "describe_metric_filters"}[service]
        with pytest.raises(botocore.exceptions.ClientError) as error:
            getattr(mock.client(service), operation)(**ask)
        assert code_of(error) == "NotInSnapshot"


def test_every_operation_is_asked_for():
    asked = {case[0] for case in WHOLE + LISTS + EACH} | {
        "account:ListRegions", "ec2:DescribeInstances", "ec2:DescribeManagedPrefixLists", "iam:GenerateCredentialReport",
        "iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListOrganizationsFeatures", "kms:DescribeKey",
        "kms:GetKeyRotationStatus", "kms:ListAliases", "kms:ListKeys", "macie2:GetAutomatedDiscoveryConfiguration",
        "macie2:GetMacieSession", "sts:GetCallerIdentity",
    }
    models = [json.loads(path.read_text()) for path in MODELS.glob("*.json")]
    assert asked == {f"{model['service']}:{name}" for model in models for name in model["operations"]}


def test_cbor_says_what_json_says(mock):
    # botocore prefers JSON where a service has both; the SDK for Rust speaks CBOR.
    session = botocore.session.get_session()
    session.get_component("data_loader").load_service_model("cloudwatch", "service-2")["metadata"]["protocols"] = [
        "smithy-rpc-v2-cbor"
    ]
    client = session.create_client(
        "cloudwatch", REGION, endpoint_url=mock.url, aws_access_key_id="testing", aws_secret_access_key="testing",
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )
    assert client.meta.service_model.resolved_protocol == "smithy-rpc-v2-cbor"
    answers = client.get_paginator("describe_alarms").paginate(
        AlarmTypes=["CompositeAlarm", "MetricAlarm"], PaginationConfig={"PageSize": 3}
    )
    assert together(answers) == plain(document("cloudwatch.alarms", REGION))
    with pytest.raises(client.exceptions.InvalidNextToken):
        client.describe_alarms(NextToken="none of ours")


def test_prefix_lists(mock):
    answers = pages(mock, "ec2:DescribeManagedPrefixLists", {})
    rows = document("ec2.managed_prefix_lists", REGION)["PrefixLists"]
    rows = [{name: of for name, of in row.items() if name != "Entries"} for row in rows]
    assert together(answers)["PrefixLists"] == plain(rows)
