"""The mock's answers beside those of moto, which others wrote: the same elements in the same places.

botocore does not look at roots, and forgives other things; the SDK for Rust and the live source's own guard do not.
"""

import json
import xml.etree.ElementTree as ElementTree

import boto3
import pytest
from moto import mock_aws

from test_botocore import REGION, Mock, snake

# Operation, parameters, and a way from the root that both have. `BUCKET`: one that there is.
CASES = [
    ("ec2:DescribeNetworkAcls", {}, "networkAclSet/item/entrySet/item/ruleNumber"),
    ("ec2:DescribeRegions", {}, "regionInfo/item/regionName"),
    ("ec2:DescribeRouteTables", {}, "routeTableSet/item/routeSet/item/gatewayId"),
    ("ec2:DescribeSecurityGroups", {}, "securityGroupInfo/item/ipPermissionsEgress/item/ipRanges/item/cidrIp"),
    ("ec2:DescribeVpcs", {}, "vpcSet/item/vpcId"),
    ("iam:GenerateCredentialReport", {}, "GenerateCredentialReportResult/State"),
    ("iam:GetAccountAuthorizationDetails", {}, "GetAccountAuthorizationDetailsResult/UserDetailList/member/UserName"),
    ("iam:GetAccountPasswordPolicy", {}, "GetAccountPasswordPolicyResult/PasswordPolicy/MinimumPasswordLength"),
    ("iam:GetAccountSummary", {}, "GetAccountSummaryResult/SummaryMap/entry/key"),
    ("iam:ListSAMLProviders", {}, "ListSAMLProvidersResult/SAMLProviderList/member/Arn"),
    ("rds:DescribeDBClusters", {}, "DescribeDBClustersResult/DBClusters"),
    ("rds:DescribeDBInstances", {}, "DescribeDBInstancesResult/DBInstances"),
    ("s3:GetBucketAcl", {"Bucket": "BUCKET"}, "AccessControlList/Grant/Grantee/ID"),
    ("s3:GetBucketEncryption", {"Bucket": "BUCKET"}, "Rule/ApplyServerSideEncryptionByDefault/SSEAlgorithm"),
    ("s3:GetBucketLogging", {"Bucket": "BUCKET"}, ""),
    ("s3:GetBucketVersioning", {"Bucket": "BUCKET"}, "Status"),
    ("s3:GetPublicAccessBlock", {"Bucket": "BUCKET"}, "BlockPublicAcls"),
    ("s3:ListBuckets", {}, "Buckets/Bucket/Name"),
    ("sts:GetCallerIdentity", {}, "GetCallerIdentityResult/Account"),
    ("cloudtrail:DescribeTrails", {}, "trailList"),
    ("config:DescribeConfigurationRecorders", {}, "ConfigurationRecorders"),
    ("config:DescribeDeliveryChannels", {}, "DeliveryChannels"),
    ("efs:DescribeFileSystems", {}, "FileSystems"),
    ("kms:ListKeys", {}, "Keys"),
]
# In the demo account, all that is asked for is set.
BUCKET = "example-trail-main"


@pytest.fixture(scope="module")
def mock():
    server = Mock()
    yield server
    server.stop()


def raw(client, operation: str, parameters: dict) -> bytes:
    """The body of an answer before botocore reads it."""
    bodies = []
    keep = lambda response_dict, **_: bodies.append(response_dict["body"])  # noqa: E731
    client.meta.events.register("before-parse", keep)
    try:
        getattr(client, snake(operation.split(":")[1]))(**parameters)
    finally:
        client.meta.events.unregister("before-parse", keep)
    return bodies[-1]


def asked_with(parameters: dict) -> dict:
    return {name: BUCKET if value == "BUCKET" else value for name, value in parameters.items()}


@pytest.fixture(scope="module")
def theirs():
    """moto's answer to every case, by operation."""
    with mock_aws():
        names = {operation.split(":")[0] for operation, _, _ in CASES}
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        clients = {name: boto3.client(name, REGION, **keys) for name in names}
        iam, s3 = clients["iam"], clients["s3"]
        iam.update_account_password_policy(MinimumPasswordLength=14)
        iam.create_user(UserName="ann")
        iam.create_saml_provider(SAMLMetadataDocument="x" * 1000, Name="x")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
        return {
            operation: raw(clients[operation.split(":")[0]], operation, asked_with(parameters))
            for operation, parameters, _ in CASES
        }


def local(tag: str) -> str:
    return tag.rpartition("}")[2]


def ways(element, way: str = "") -> set[str]:
    found = {way}
    for child in element:
        found |= ways(child, f"{way}/{local(child.tag)}".lstrip("/"))
    return found


@pytest.mark.parametrize("operation, parameters, way", CASES, ids=[case[0] for case in CASES])
def test_an_answer_has_motos_elements(mock, theirs, operation, parameters, way):
    ours = raw(mock.client(operation.split(":")[0]), operation, asked_with(parameters))
    motos = theirs[operation]
    if motos.lstrip().startswith(b"{"):
        assert way in json.loads(ours) and way in json.loads(motos)
        return
    ours, motos = ElementTree.fromstring(ours), ElementTree.fromstring(motos)
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html: here moto has a root of its own.
    own = {"GetBucketVersioningResponse": "VersioningConfiguration"}
    assert local(ours.tag) == own.get(local(motos.tag), local(motos.tag))
    assert way in ways(motos), "moto's way"
    assert way in ways(ours), sorted(ways(ours))
