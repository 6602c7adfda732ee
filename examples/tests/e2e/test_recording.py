"""A recorded live scan gives the same report when it is judged again offline."""

import json

import pytest

import faults
from account import ACTIVE_REGIONS


@pytest.fixture
def record(audit, aws, tmp_path):
    """Scans live, with what is asked for denied; gives the live report's bytes and the recording."""

    def run(*rules: tuple, arguments: tuple[str, ...] = ("--select", "1.*")):
        report, recording = tmp_path / "live.json", tmp_path / "recording"
        regions = [word for region in ACTIVE_REGIONS for word in ("--region", region)]
        with aws.rules(*rules):
            done = audit(
                *("live", "--endpoint-url", aws.url, *regions, "--record", recording),
                *("--format", "json", "--output", report, *arguments),
            )
        assert done.code in (0, 1, 2), done
        assert done.stdout == "", "with --output, nothing goes to standard output"
        return report.read_bytes(), recording

    return run


def snapshot(audit, recording, output, *arguments: str, env: dict | None = None) -> bytes:
    done = audit("snapshot", recording, "--format", "json", "--output", output, *arguments, env=env)
    assert done.code in (0, 1, 2), done
    return output.read_bytes()


DENIALS = {
    "everything read": (),
    "an operation denied": (("iam:ListServerCertificates", faults.deny()),),
    "the credential report denied": (("iam:GetCredentialReport", faults.deny()),),
    "a region denied": (("ec2:DescribeInstances", faults.deny(), "eu-west-1"),),
    "an answer cut off": (("iam:GetAccountAuthorizationDetails", faults.cut()),),
    "a list cut off": (
        ("iam:GetAccountAuthorizationDetails", faults.repeat_page()),
        ("iam:ListServerCertificates", faults.repeat_page()),
    ),
}


@pytest.mark.parametrize("rules", DENIALS.values(), ids=DENIALS)
def test_the_snapshot_of_a_live_scan_gives_the_same_bytes(audit, record, tmp_path, rules):
    live, recording = record(*rules)
    offline = snapshot(audit, recording, tmp_path / "offline.json", "--select", "1.*")
    # Parsed first: a difference in values is easier to read than one in bytes.
    assert json.loads(offline) == json.loads(live)
    assert offline == live


def test_a_snapshot_read_twice_gives_the_same_bytes(audit, record, tmp_path):
    _, recording = record()
    first = snapshot(audit, recording, tmp_path / "first.json", "--select", "1.*")
    assert first == snapshot(audit, recording, tmp_path / "second.json", "--select", "1.*")


def test_the_whole_benchmark_is_the_same_live_and_offline(audit, record, tmp_path):
    live, recording = record(arguments=())
    assert snapshot(audit, recording, tmp_path / "offline.json") == live


def test_the_machines_time_zone_and_language_do_not_matter(audit, record, tmp_path):
    live, recording = record()
    elsewhere = {"TZ": "Pacific/Kiritimati", "LANG": "ja_JP.UTF-8", "LC_ALL": "C"}
    assert snapshot(audit, recording, tmp_path / "offline.json", "--select", "1.*", env=elsewhere) == live


def test_standard_output_has_what_output_writes(audit, record):
    live, recording = record()
    done = audit("snapshot", recording, "--format", "json", "--select", "1.*")
    assert done.stdout.encode() == live


def test_a_snapshot_needs_neither_network_nor_credentials(audit, record, aws, tmp_path):
    live, recording = record()
    nothing = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    with aws.watch() as calls:
        offline = snapshot(audit, recording, tmp_path / "offline.json", "--select", "1.*", env=nothing)
    assert (offline == live, calls) == (True, [])


def test_a_recording_can_be_judged_by_another_version(audit, record, tmp_path):
    _, recording = record()
    report = json.loads(
        snapshot(audit, recording, tmp_path / "older.json", "--select", "1.*", "--benchmark", "1.5.0")
    )
    assert report["benchmark"]["version"] == "1.5.0"
    assert {one["status"] for one in report["findings"] if one["recommendation"] == "1.7"} == {"fail"}
