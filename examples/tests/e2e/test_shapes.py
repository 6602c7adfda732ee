"""Every dataset's row has AWS's own field names and types, as botocore's published models give them."""

import json

import pytest

from program import WORKSPACE
from shapes import differences, output_shape, service

SCHEMA = WORKSPACE / "docs/schema/datasets.schema.json"

# Properties that are ours, by dataset and path as `differences` prints it, each with the reason.
EXCEPTIONS: dict[str, dict[str, str]] = {}

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
    shape = output_shape(entry["operation"], entry["path"])
    found = differences(entry["schema"], shape, entry["schema"].get("$defs", {}))
    return {path: what for path, _, what in (one.partition(": ") for one in found)}


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
