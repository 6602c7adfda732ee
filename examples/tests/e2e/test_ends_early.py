"""A scan that is cut short gives the report of what it has, and says what it has not and why."""

import json
import signal
import subprocess

import pytest

import program
from account import ACTIVE_REGIONS
from reports import gap_of

HELD = "iam:ListServerCertificates"


def scan(aws, *select: str) -> list[str]:
    where = ["--endpoint-url", aws.url, "--region", ACTIVE_REGIONS[0]]
    return ["live", *where, *(word for one in select for word in ("--select", one)), "--format", "json"]


def statuses(report: dict, recommendation: str) -> set[str]:
    return {one["status"] for one in report["findings"] if one["recommendation"] == recommendation}


def assert_cancelled(report: dict, why: str) -> None:
    assert statuses(report, "1.19") == {"unknown"}
    (gap,) = report["unread"]
    assert gap_of([gap], HELD) and gap["kind"] == "cancelled"
    assert gap["message"] == f"the scan ended before this was read: {why}"


def test_a_deadline(aws, audit, held):
    with aws.rules((HELD, held)):
        done = audit(*scan(aws, "1.8", "1.19"), "--deadline", "3s")
    report = json.loads(done.stdout)
    assert_cancelled(report, "its deadline of 3s had passed")
    assert statuses(report, "1.8") <= {"pass", "fail"}, "what was read by then is judged"


def test_a_deadline_before_the_account_is_known(aws, audit, held):
    with aws.rules(("sts:GetCallerIdentity", held)):
        done = audit(*scan(aws, "1.8"), "--deadline", "1s")
    assert (done.code, done.stdout) == (3, "")
    assert "the scan ended before the account was known: its deadline of 1s had passed" in done.stderr


def test_ctrl_c(aws, held, tmp_path):
    with aws.rules((HELD, held)):
        process = subprocess.Popen(
            [program.AUDIT, *scan(aws, "1.19")],
            env=program.variables(tmp_path, {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert held.reached.wait(60), "the call was made"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 2, err
    assert_cancelled(json.loads(out), "it was interrupted")


@pytest.mark.parametrize("time", ["0s", "soon"])
def test_a_deadline_must_be_a_length_of_time(audit, time):
    done = audit("live", "--deadline", time)
    assert done.code == 3 and "not a length of time" in done.stderr
