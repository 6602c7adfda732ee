"""The limits of ASFF as AWS documents them: read off the documentation in botocore's model, which botocore itself does not
check."""

import re

import botocore.session
import pytest
from conftest import ACCOUNTS
from validators import asff_findings

LENGTH = re.compile(r"Maximum (?:length )?of (\d+)")
ITEMS = re.compile(r"Maximum number of (\d+) items")
PAIRS = re.compile(r"up to (\d+) key-value pairs.*key can contain up to (\d+) characters.*value can contain up to (\d+)", re.S)


def too_long(value, shape, documentation, path):
    """What is longer than the documentation of its member says, wherever it stands."""
    documentation = re.sub("<[^>]+>", " ", documentation)
    if shape.type_name == "structure":
        for name, one in value.items():
            member = shape.members[name]
            yield from too_long(one, member, member.documentation, f"{path}.{name}")
    elif shape.type_name == "list":
        if limit := ITEMS.search(documentation):
            yield f"{path}: items", len(value), int(limit[1])
        for n, one in enumerate(value):
            yield from too_long(one, shape.member, documentation, f"{path}[{n}]")
    elif shape.type_name == "map":
        if limits := PAIRS.search(documentation):
            yield f"{path}: pairs", len(value), int(limits[1])
            for key, one in value.items():
                yield f"{path}: {key}", len(key), int(limits[2])
                yield f"{path}.{key}", len(one), int(limits[3])
    elif shape.type_name == "string":
        if limit := LENGTH.search(documentation):
            yield path, len(value.encode("utf-16-le")) // 2, int(limit[1])
        assert re.search(r"\S", value), path


@pytest.fixture(scope="module")
def shape():
    return botocore.session.Session().get_service_model("securityhub").shape_for("AwsSecurityFinding")


@pytest.mark.parametrize("account", ACCOUNTS)
def test_within_the_documented_limits(written, shape, account):
    checked = set()
    for finding in asff_findings(written(account)["asff"]):
        for path, length, limit in too_long(finding, shape, "", ""):
            assert length <= limit, (path, length, limit)
            checked.add(re.sub(r"\[\d+\]", "[]", path))
    # The documentation does say something of these.
    assert {".Id", ".Title", ".Description", ".GeneratorId", ".ProductArn", ".Resources[].Type"} <= checked
    assert {".Resources: items", ".ProductFields: pairs", ".Compliance.RelatedRequirements: items"} <= checked


def test_types_are_those_that_security_hub_knows(written, shape):
    known = set(shape.members["Resources"].member.members["Details"].members) | {"AwsAccount", "Other"}
    findings = asff_findings(written("demo")["asff"])
    types = {finding["Resources"][0]["Type"] for finding in findings}
    assert types <= known
    assert {"AwsAccount", "AwsIamUser", "AwsS3Bucket", "AwsEc2SecurityGroup"} <= types
