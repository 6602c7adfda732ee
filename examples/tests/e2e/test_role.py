"""A role that is assumed: its account is read, under the session's name, and with the external id."""

import pytest

import faults

ROLE = "arn:aws:iam::123456789012:role/auditor"


def scan(audit, aws, *arguments: str):
    return audit("live", "--endpoint-url", aws.url, "--region", "us-east-1", "--select", "1.8", *arguments)


@pytest.mark.parametrize(
    ("arguments", "session", "external_id"),
    [
        ((), "cis-aws", None),
        (("--role-session-name", "ann", "--external-id", "4711"), "ann", "4711"),
    ],
    ids=["by default", "with a name and an external id"],
)
def test_a_role_is_assumed(audit, aws, arguments, session, external_id):
    with aws.watch() as calls:
        done = scan(audit, aws, "--role-arn", ROLE, *arguments)
    assert done.code in (0, 1), done
    (assumed,) = [call for call in calls if call.name == "sts:AssumeRole"]
    assert assumed.params["RoleArn"] == ROLE
    assert (assumed.params["RoleSessionName"], assumed.params.get("ExternalId")) == (session, external_id)
    first = done.stderr.splitlines()[0]
    assert f"assumed-role/auditor/{session}; credentials valid until 20" in first


def test_a_role_that_may_not_be_assumed(audit, aws):
    with aws.rules(("sts:AssumeRole", faults.deny())):
        done = scan(audit, aws, "--role-arn", ROLE)
    assert (done.code, done.stdout) == (3, "")
    assert "AssumeRole" in done.stderr and "AccessDenied" in done.stderr


@pytest.mark.parametrize("arn", ["auditor", "arn:aws:iam::123456789012:user/ann", ""])
def test_what_is_no_role(audit, aws, arn):
    done = scan(audit, aws, "--role-arn", arn)
    assert (done.code, done.stdout) == (3, "")
    assert "is not the ARN of a role" in done.stderr


def test_options_of_a_role_need_one(audit, aws):
    done = scan(audit, aws, "--external-id", "4711")
    assert done.code == 3 and "--role-arn" in done.stderr
