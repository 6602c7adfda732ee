"""Every dataset's row has AWS's own field names and types, as botocore's published models give them."""

import json

import pytest

from program import WORKSPACE
from shapes import differences, output_shape, service

SCHEMA = WORKSPACE / "docs/schema/datasets.schema.json"

# Properties that are ours, by dataset and path as `differences` prints it, each with the reason.
EXCEPTIONS: dict[str, dict[str, str]] = {
    "securityhub.hub": {"Error": "the error by which AWS says that there is no hub stands in the answer's place"},
}

# Datasets with a row per resource: the answer to the call of one, beside the property that names the resource.
PER_RESOURCE: dict[str, str] = {
    "cloudtrail.event_selectors": "TrailARN",
    "cloudtrail.trail_statuses": "TrailARN",
    "logs.metric_filters": "logGroupName",
    "s3.bucket_acls": "Bucket",
    "s3.bucket_encryptions": "Bucket",
    "s3.bucket_loggings": "Bucket",
    "s3.bucket_policies": "Bucket",
    "s3.bucket_policy_statuses": "Bucket",
    "s3.bucket_public_access_blocks": "Bucket",
    "s3.bucket_versionings": "Bucket",
    "sns.topic_subscriptions": "TopicArn",
}

# Datasets whose rows are put together from several answers: which answer each property is, the others being of the first.
PUT_TOGETHER: dict[str, dict[str, tuple[str, list[str]]]] = {
    "ec2.managed_prefix_lists": {
        "PrefixListId": ("ec2:DescribeManagedPrefixLists", ["PrefixLists", "PrefixListId"]),
        "PrefixListName": ("ec2:DescribeManagedPrefixLists", ["PrefixLists", "PrefixListName"]),
        "OwnerId": ("ec2:DescribeManagedPrefixLists", ["PrefixLists", "OwnerId"]),
        "Entries": ("ec2:GetManagedPrefixListEntries", ["Entries"]),
    },
    "kms.keys": {
        "KeyId": ("kms:ListKeys", ["Keys", "KeyId"]),
        "KeyArn": ("kms:ListKeys", ["Keys", "KeyArn"]),
        "AwsAlias": ("kms:ListAliases", ["Aliases", "AliasName"]),
        "KeyMetadata": ("kms:DescribeKey", ["KeyMetadata"]),
        "RotationStatus": ("kms:GetKeyRotationStatus", []),
    },
}

# Datasets whose rows are not the answer's JSON at all, with the reason.
NOT_AWS_JSON: dict[str, str] = {
    "iam.unlisted_policies": "put together from GetPolicy and GetPolicyVersion",
}


def datasets() -> dict:
    return json.loads(SCHEMA.read_text()) if SCHEMA.is_file() else {}


def test_the_datasets_schema_is_published():
    assert SCHEMA.is_file(), f"{SCHEMA.relative_to(WORKSPACE)} is missing"
    assert datasets(), "it names no dataset"


def paths_that_differ(name: str) -> dict[str, str]:
    """What is wrong with a dataset's row by path."""
    entry = datasets()[name]
    definitions = entry["schema"].get("$defs", {})
    if name in PUT_TOGETHER:
        found = [f"{one}: belongs to no answer" for one in set(entry["schema"]["properties"]) - set(PUT_TOGETHER[name])]
        for property, (operation, path) in PUT_TOGETHER[name].items():
            part = entry["schema"]["properties"][property]
            shape = output_shape(operation, path)
            found += [f"{property}.{one}" for one in differences(items_of(part), shape, definitions)]
    else:
        shape = output_shape(entry["operation"], [] if name in PER_RESOURCE else entry["path"])
        found = differences(entry["schema"], shape, definitions)
        found = [one for one in found if not one.startswith(f"{PER_RESOURCE.get(name)}: not in")]
    return {path: what for path, _, what in (one.partition(": ") for one in found)}


def items_of(schema: dict) -> dict:
    """What a list holds, be it a fact or left out; any other schema as it is."""
    for way in [schema, *schema.get("anyOf", [])]:
        if way.get("type") == "array" or "array" in way.get("type", []):
            return way["items"]
        if way is not schema and "anyOf" in way:
            return items_of(way)
    return schema


@pytest.mark.parametrize("name", datasets() or ["none is published"])
def test_rows_have_aws_own_shape(name):
    entry = datasets()[name]
    if name in NOT_AWS_JSON:
        service_name, _, operation = entry["operation"].partition(":")
        assert operation in service(service_name).operation_names, entry["operation"]
        return
    found = paths_that_differ(name)
    assert {path: what for path, what in found.items() if path not in EXCEPTIONS.get(name, {})} == {}


def test_no_exception_is_left_over():
    left_over = {name: set(paths) - set(paths_that_differ(name)) for name, paths in EXCEPTIONS.items()}
    assert {name: paths for name, paths in left_over.items() if paths} == {}
    assert set(NOT_AWS_JSON) <= set(datasets())


# The comparison itself, on schemas as schemars writes them.

USER = ("iam:GetAccountAuthorizationDetails", ["UserDetailList"])
NULLABLE = {"anyOf": [{"$ref": "#/$defs/Policy"}, {"type": "null"}]}
GAP = {"type": "object", "properties": {"$gap": {"type": "object"}}, "required": ["$gap"]}


@pytest.mark.parametrize(
    ("place", "schema", "expected"),
    [
        pytest.param(USER, {"properties": {"UserName": {"type": "string"}}}, [], id="a field that AWS has"),
        pytest.param(
            USER,
            {"properties": {"user_name": {"type": "string"}}},
            ["user_name: not in AWS's model"],
            id="a field renamed",
        ),
        pytest.param(
            USER,
            {"properties": {"UserName": {"type": "integer"}}},
            ["UserName: string in AWS's model, integer here"],
            id="a field of another type",
        ),
        pytest.param(USER, {"properties": {"Path": {"type": ["string", "null"]}}}, [], id="a field left out"),
        pytest.param(USER, {"properties": {"CreateDate": {"type": "string"}}}, [], id="a time"),
        pytest.param(
            USER,
            {"properties": {"UserPolicyList": {"type": "array", "items": NULLABLE}}},
            ["UserPolicyList[].Text: not in AWS's model"],
            id="a field inside a reference inside a list",
        ),
        pytest.param(
            USER,
            {"properties": {"UserName": {"anyOf": [{"type": "string"}, GAP]}}},
            [],
            id="a fact that may be a gap",
        ),
        pytest.param(
            ("iam:GetAccountAuthorizationDetails", ["RoleDetailList"]),
            {"properties": {"AssumeRolePolicyDocument": {"anyOf": [{"type": "object"}, {"type": "string"}]}}},
            [],
            id="a document as text or object",
        ),
        pytest.param(USER, {"properties": {"Tags": True}}, [], id="a field of any type"),
        pytest.param(
            USER,
            {"allOf": [{"properties": {"Path": {"type": "string"}}}, {"properties": {"Way": {"type": "string"}}}]},
            ["Way: not in AWS's model"],
            id="a flattened part",
        ),
        pytest.param(
            ("iam:GetAccountSummary", ["SummaryMap"]),
            {"type": "object", "properties": {"Users": {"type": "integer"}, "Groups": {"type": "string"}}},
            ["Groups: integer in AWS's model, string here"],
            id="entries of a map",
        ),
        pytest.param(
            ("ec2:DescribeInstances", ["Reservations", "Instances"]),
            {"properties": {"State": {"type": "object", "properties": {"Name": {"type": "string"}}}}},
            [],
            id="a list in a list",
        ),
        pytest.param(
            ("access-analyzer:ListAnalyzers", ["analyzers"]),
            {"properties": {"statusReason": {"properties": {"code": {}}}, "Status": {"type": "string"}}},
            ["Status: not in AWS's model"],
            id="a service that botocore names otherwise",
        ),
        pytest.param(
            ("account:GetContactInformation", []),
            {"properties": {"ContactInformation": {"properties": {"Phone": {"type": "string"}}}}},
            ["ContactInformation.Phone: not in AWS's model"],
            id="the whole answer as one row",
        ),
    ],
)
def test_the_comparison(place, schema, expected):
    definitions = {"Policy": {"type": "object", "properties": {"PolicyName": {"type": "string"}, "Text": {}}}}
    assert differences(schema, output_shape(*place), definitions) == expected


@pytest.mark.parametrize(("path", "missing"), [(["Users"], "Users"), (["UserDetailList", "Name"], "Name")])
def test_a_path_that_aws_does_not_have_is_named(path, missing):
    with pytest.raises(AssertionError, match=f"has no {missing}"):
        output_shape("iam:GetAccountAuthorizationDetails", path)
