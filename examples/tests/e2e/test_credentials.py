"""A scan that can't begin: one clear line, exit code 3, no report."""

import time

import pytest

import faults
from moto_server import free_port

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def assert_no_scan(run, *words: str) -> None:
    assert run.code == 3, run
    assert run.stdout == "", run
    lines = [line for line in run.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, f"one line on standard error, not {len(lines)}: {run}"
    for word in words:
        assert word.lower() in lines[0].lower(), f"the line does not say {word!r}: {lines[0]}"
    assert SECRET not in run.stderr


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ExpiredToken", "The security token included in the request is expired"),
        ("InvalidClientTokenId", "The security token included in the request is invalid."),
        ("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided."),
    ],
    ids=["expired", "not known", "wrong secret"],
)
def test_credentials_that_aws_refuses(audit, aws, tmp_path, code, message):
    output = tmp_path / "report.json"
    with aws.rules(("*", faults.fail(403, code, message))), aws.watch() as calls:
        run = audit(
            *("live", "--endpoint-url", aws.url, "--region", "us-east-1", "--format", "json", "--output", output),
            env={"AWS_SECRET_ACCESS_KEY": SECRET},
        )
    assert_no_scan(run, code)
    assert not output.exists()
    assert {call.name for call in calls} == {"sts:GetCallerIdentity"}, "nothing is asked of AWS after that"


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(faults.cut, id="cut off"),
        pytest.param(faults.foreign_page, id="a sign-in page"),
        pytest.param(faults.foreign_answer, id="another operation's answer"),
        pytest.param(faults.html_500, id="an error page"),
    ],
)
def test_an_identity_that_is_no_answer(audit, aws, spoil):
    with aws.rules(("sts:GetCallerIdentity", spoil())):
        run = audit("live", "--endpoint-url", aws.url, "--region", "us-east-1", "--format", "json")
    assert_no_scan(run, "GetCallerIdentity")


def test_no_credentials_at_all(audit, aws):
    nothing = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    run = audit("live", "--endpoint-url", aws.url, "--region", "us-east-1", "--format", "json", env=nothing)
    assert_no_scan(run, "credentials")


def test_a_profile_that_is_not_there(audit, aws):
    nothing = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    run = audit(
        *("live", "--endpoint-url", aws.url, "--region", "us-east-1", "--profile", "nobody", "--format", "json"),
        env=nothing,
    )
    assert_no_scan(run, "nobody")


def test_an_endpoint_that_refuses_connections(audit):
    url = f"http://127.0.0.1:{free_port()}"
    began = time.monotonic()
    run = audit("live", "--endpoint-url", url, "--region", "us-east-1", "--format", "json")
    assert_no_scan(run, url)
    assert time.monotonic() - began < 60
