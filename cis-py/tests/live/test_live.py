"""The live source, through the real AWS SDK, against the project's AWS mock."""

from __future__ import annotations

import http.server
import os
import pathlib
import subprocess
import threading

import boto3
import pytest
from botocore.credentials import RefreshableCredentials
from botocore.session import get_session

import cis_aws

ROOT = pathlib.Path(__file__).resolve().parents[3]
MOCK = ROOT / "target" / "debug" / "aws-mock"


class Mock:
    def __init__(self, *arguments: str) -> None:
        assert MOCK.is_file(), "no mock: `make e2e` builds it"
        self._process = subprocess.Popen([MOCK, *arguments], stdout=subprocess.PIPE, text=True)
        self.url = self._process.stdout.readline().strip()

    def stop(self):
        self._process.terminate()
        self._process.wait()


@pytest.fixture(scope="module")
def mock():
    server = Mock()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def no_account_of_ones_own(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


def session(**more):
    return boto3.Session(aws_access_key_id="AKIATESTING", aws_secret_access_key="secret", region_name="us-east-1", **more)


def verdicts(report):
    return {finding.id: finding.status for finding in report.findings}


def test_the_demo_account_through_the_sdk(mock):
    source = cis_aws.LiveSource(session(), endpoint_url=mock.url)
    demo = cis_aws.scan(cis_aws.DemoSource(), select="1.*", progress=False)
    live = cis_aws.scan(source, select="1.*", as_of=demo.as_of, progress=False)
    assert live.account_id == demo.account_id
    assert verdicts(live) == verdicts(demo)
    assert live.collection["iam:GetAccountSummary"]["sent"] == 1
    assert repr(source) == f'LiveSource(session=..., region="us-east-1", endpoint_url="{mock.url}")'


def test_a_live_scan_is_of_now_and_can_be_recorded(mock, tmp_path):
    source = cis_aws.LiveSource(session(), endpoint_url=mock.url)
    live = cis_aws.scan(source, select="1.4", record=tmp_path / "facts", progress=False)
    assert (live.as_of.microsecond, live.as_of.year >= 2026) == (0, True)
    again = cis_aws.scan(cis_aws.SnapshotSource(tmp_path / "facts"), select="1.4", progress=False)
    assert again.to_json() == live.to_json()


def test_credentials_are_asked_of_the_session(mock):
    """Those that it holds have expired: it must have been asked for new ones."""
    asked = []

    def held(expiry_time):
        return {"access_key": "AKIATESTING", "secret_key": "s", "token": "t", "expiry_time": expiry_time}

    def refresh():
        asked.append(1)
        return held("2099-01-01T00:00:00Z")

    base = get_session()
    base._credentials = RefreshableCredentials.create_from_metadata(held("2020-01-01T00:00:00Z"), refresh, "test")
    source = cis_aws.LiveSource(boto3.Session(botocore_session=base, region_name="us-east-1"), endpoint_url=mock.url)
    assert cis_aws.scan(source, select="1.4", progress=False).account_id == "123456789012"
    assert asked == [1]


def test_a_session_without_credentials(mock):
    source = cis_aws.LiveSource(boto3.Session(region_name="us-east-1"), endpoint_url=mock.url)
    with pytest.raises(cis_aws.SourceError, match="credentials"):
        cis_aws.scan(source, select="1.4", progress=False)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"session": session(), "profile": "audit"}, "a session and a profile"),
        ({"external_id": "7"}, "give role_arn, too"),
    ],
)
def test_arguments_that_do_not_go_together(arguments, text):
    with pytest.raises(cis_aws.InputError, match=text):
        cis_aws.LiveSource(**arguments)


def test_an_endpoint_that_is_none():
    with pytest.raises(cis_aws.SourceError, match="endpoint URL"):
        cis_aws.scan(cis_aws.LiveSource(session(), endpoint_url="nonsense"), progress=False)


def test_a_denied_call_is_unknown():
    server = Mock("--rule", '{"effect": "deny", "on": "iam:GetAccountSummary"}')
    try:
        source = cis_aws.LiveSource(session(), endpoint_url=server.url)
        report = cis_aws.scan(source, select="1.4", progress=False)
    finally:
        server.stop()
    assert report.worst == "unknown"
    assert [gap.operation for gap in report.unread if gap.kind == "denied"] == ["iam:GetAccountSummary"]


def test_regions_that_nobody_may_list():
    denied = '{"effect": "deny", "on": "%s"}'
    server = Mock("--rule", denied % "ec2:DescribeRegions", "--rule", denied % "account:ListRegions")
    try:
        source = cis_aws.LiveSource(session(), endpoint_url=server.url)
        report = cis_aws.scan(source, select="2.2.1", regions=["eu-west-1"], progress=False)
    finally:
        server.stop()
    assert report.scope == {"eu-west-1": "scanned"}
    assert {finding.region: finding.status for finding in report.findings}[None] == "unknown"


class Asked(http.server.BaseHTTPRequestHandler):
    """Refuses every call, and keeps the region that it was signed for."""

    def do_POST(self):
        self.server.regions.add(self.headers["Authorization"].split("/")[2])
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format, *args):
        pass


@pytest.mark.parametrize(
    ("arguments", "regions", "begins_in"),
    [
        ({}, None, "us-east-1"),
        ({}, ["eu-west-1"], "us-east-1"),
        ({}, ["cn-north-1"], "cn-north-1"),
        ({"region": "cn-northwest-1"}, ["cn-north-1"], "cn-northwest-1"),
    ],
)
def test_where_a_scan_begins(arguments, regions, begins_in):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Asked)
    server.regions = set()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    source = cis_aws.LiveSource(session(), endpoint_url=f"http://127.0.0.1:{server.server_port}", **arguments)
    with pytest.raises(cis_aws.SourceError):
        cis_aws.scan(source, regions=regions, progress=False)
    server.shutdown()
    assert server.regions == {begins_in}


def test_a_deadline_ends_calls_that_hang():
    server = Mock("--rule", '{"effect": "hang", "on": "iam:GetAccountSummary"}')
    try:
        source = cis_aws.LiveSource(session(), endpoint_url=server.url)
        report = cis_aws.scan(source, select="1.4", progress=False, deadline=3)
    finally:
        server.stop()
    assert [gap.operation for gap in report.unread if gap.kind == "cancelled"] == ["iam:GetAccountSummary"]
