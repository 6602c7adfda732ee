"""Exceptions and attestations, and what changed between two reports."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys

import pytest
from test_report import tags

import cis_aws

EXCEPTION = {
    "recommendation": "iam.password_min_length",
    "owner": "web <team>",
    "reason": "moves to SSO",
    "ticket": "WEB-1",
    "expires": dt.date(2030, 12, 31),
}
ATTESTATION = {
    "recommendation": "iam.central_identity",
    "answer": "pass",
    "by": "Ann",
    "dated": "2020-01-01",
    "evidence": "https://example.com/1",
    "valid_until": dt.date(2030, 12, 31),
}
TOML = """
[[exceptions]]
recommendation = "iam.password_min_length"
owner = "web <team>"
reason = "moves to SSO"
ticket = "WEB-1"
expires = 2030-12-31
"""


def scan(**more):
    return cis_aws.scan(cis_aws.DemoSource(), progress=False, **more)


def only(report, control):
    [finding] = report.findings.filter(select=control)
    return finding


@pytest.fixture(scope="module")
def reviewed():
    gone = {**EXCEPTION, "resource": "nobody"}
    return scan(review={"exceptions": [EXCEPTION, gone], "attestations": [ATTESTATION]})


@pytest.mark.parametrize(
    ("control", "status", "settled", "verdict", "is_excepted"),
    [
        ("iam.password_min_length", "fail", None, "fail", True),
        ("iam.central_identity", "manual", "pass", "pass", False),
        ("iam.root_access_key", "pass", None, "pass", False),
    ],
)
def test_marks_of_a_finding(reviewed, control, status, settled, verdict, is_excepted):
    finding = only(reviewed, control)
    told = finding.to_dict()
    assert (finding.status, finding.settled, finding.verdict) == (status, settled, verdict)
    assert (finding.exception is not None, finding.attestation is not None) == (is_excepted, settled is not None)
    assert (finding.exception, finding.attestation) == (told.get("exception"), told.get("attestation"))


def test_frames_have_the_marks(reviewed):
    pytest.importorskip("pyarrow")
    marks = [
        (finding.status, finding.settled, finding.exception and dt.date.fromisoformat(finding.exception["expires"]))
        for finding in reviewed.findings
    ]
    rows = reviewed.to_arrow().to_pylist()
    assert [(row["status"], row["settled"], row["excepted_until"]) for row in rows] == marks
    assert ("manual", "pass", None) in marks and ("fail", None, dt.date(2030, 12, 31)) in marks


@pytest.mark.parametrize(
    ("recommendation", "wanted", "state"),
    [
        ("vpc.security_group_admin_ports_ipv4", {"Environment": "stag*"}, "applied"),
        ("vpc.security_group_admin_ports_ipv4", {"Environment": "moon"}, "tags_unread"),
        ("s3.deny_http", {"Environment": "*"}, "tags_unread"),
    ],
)
def test_exceptions_by_tag(recommendation, wanted, state):
    exception = {**EXCEPTION, "recommendation": recommendation, "tags": wanted}
    report = scan(select=recommendation, review={"exceptions": [exception]})
    [entry] = report.review["exceptions"]
    excepted = [finding for finding in report.findings if finding.exception is not None]
    assert (entry["state"], entry["applied"]) == (state, len(excepted))
    assert (len(excepted) > 0) == (state == "applied")
    assert all(finding.tags["Environment"] == "staging" for finding in excepted)
    fails = report.findings.filter(status="fail")
    assert entry.get("tags_unread", 0) == (sum(finding.tags is None for finding in fails) if state == "tags_unread" else 0)


@pytest.mark.parametrize(("name", "mark"), [("asff", b'"RecordState":"ARCHIVED"'), ("ocsf", b'"activity_name":"Close"')])
def test_what_is_no_more_is_closed(tmp_path, demo, name, mark):
    later = demo.to_dict()
    gone = later["findings"].pop()
    later = cis_aws.Report.from_json(json.dumps(later))
    told = later.render(name, since=demo)
    assert told.count(mark) == 1 and gone["id"].encode() in told
    assert later.render(name).count(mark) == 0
    path = tmp_path / f"findings.{name}.jsonl"
    later.write(path, since=demo)
    assert path.read_bytes() == told
    with pytest.raises(cis_aws.InputError, match="different benchmarks"):
        later.write(path, since=scan(benchmark="1.5.0"))


def test_a_review_takes_nothing_away(demo, reviewed):
    assert [(finding.id, finding.status) for finding in reviewed.findings] == [
        (finding.id, finding.status) for finding in demo.findings
    ]
    assert demo.review is None
    states = {kind: [entry["state"] for entry in entries] for kind, entries in reviewed.review.items()}
    assert states == {"exceptions": ["applied", "unmatched"], "attestations": ["applied"]}
    assert reviewed.summary["excepted"] == 1
    assert reviewed.worst == reviewed.worst_not_excepted == "fail"
    alone = scan(select=EXCEPTION["recommendation"], review={"exceptions": [EXCEPTION]})
    assert (alone.worst, alone.worst_not_excepted) == ("fail", None)


@pytest.mark.parametrize(
    ("conditions", "controls"),
    [
        ({"excepted": True}, {"iam.password_min_length"}),
        ({"verdict": "pass", "status": "manual"}, {"iam.central_identity"}),
        ({"verdict": "manual", "select": "iam.central_identity"}, set()),
        ({"excepted": False, "select": "iam.password_*", "status": "fail"}, set()),
    ],
)
def test_filters(reviewed, conditions, controls):
    assert {finding.control for finding in reviewed.findings.filter(**conditions)} == controls


@pytest.mark.parametrize("form", ["path", "text", "list of paths", "dict", "file and dict", "JSON"])
def test_a_review_in_every_form(tmp_path, form):
    path, as_json = tmp_path / "review.toml", tmp_path / "review.json"
    path.write_text(TOML)
    as_json.write_text(json.dumps({"exceptions": [EXCEPTION]}, default=str))
    review = {
        "path": path,
        "text": str(path),
        "list of paths": [path],
        "dict": {"exceptions": [EXCEPTION]},
        "file and dict": (path, {"attestations": [ATTESTATION]}),
        "JSON": as_json,
    }[form]
    report = scan(select=EXCEPTION["recommendation"], review=review)
    assert [finding.exception["ticket"] for finding in report.findings] == ["WEB-1"]
    assert len(report.review["attestations"]) == (form == "file and dict")


def test_the_same_bytes_as_the_program(tmp_path):
    path = tmp_path / "review.toml"
    path.write_text(TOML)
    args = [sys.executable, "-m", "cis_aws", "demo", "--format", "json", "--review", str(path)]
    assert scan(review=path).to_json().encode() == subprocess.run(args, capture_output=True, check=False).stdout


@pytest.mark.parametrize(
    ("review", "error", "text"),
    [
        ("nowhere.toml", cis_aws.DocumentError, "review: nowhere.toml: cannot be read"),
        ("review.txt", cis_aws.DocumentError, "a review's name ends in"),
        ({"exceptoins": []}, cis_aws.DocumentError, "unknown field `exceptoins`"),
        ({"exceptions": [{**EXCEPTION, "owner": ""}]}, cis_aws.DocumentError, "review: exception 1: it is empty"),
        ({"exceptions": [{**EXCEPTION, "expires": dt.datetime(2030, 1, 1)}]}, ValueError, "has no time zone"),
        ({"exceptions": [{**EXCEPTION, "recommendation": "5.2"}]}, cis_aws.DocumentError, "say which with `benchmark`"),
        ({"exceptions": [object()]}, TypeError, r"exceptions\[0\] is a builtins.object|exceptions\[0\] is a object"),
        ([7], TypeError, "int"),
        (7, TypeError, "int"),
    ],
)
def test_a_review_that_is_none(review, error, text):
    with pytest.raises(error, match=text):
        scan(review=review)


def test_a_notebook_shows_what_people_decided(demo, reviewed):
    shown = reviewed._repr_html_()
    assert {"table", "details"} <= tags(shown)
    for mark in (
        "Excepted until 2030-12-31 by web &lt;team&gt; (WEB-1): moves to SSO",
        "By the facts: manual. Attested as pass by Ann on 2020-01-01, valid until 2030-12-31: https://example.com/1",
        "exception for iam.password_min_length on nobody: unmatched",
        "Fails that exceptions cover: 1 of ",
    ):
        assert mark in shown and mark not in demo._repr_html_()
    assert "WEB-1" in reviewed.findings.filter(excepted=True)._repr_html_()


def test_a_notebook_shows_what_tags_left_open():
    exception = {**EXCEPTION, "recommendation": "s3.deny_http", "tags": {"Environment": "<*>"}}
    report = scan(select="s3.deny_http", review={"exceptions": [exception]})
    told = "exception for s3.deny_http on tag Environment=&lt;*&gt;: tags not read"
    assert told in report._repr_html_()
    assert "タグを取得できず" in report.localized("ja")._repr_html_()


def test_json_keeps_a_review(reviewed):
    again = cis_aws.Report.from_json(reviewed.to_json())
    assert again.to_json() == reviewed.to_json() and again.review == reviewed.review


def changed(report, control, **more):
    """The report with one finding changed."""
    whole = report.to_dict()
    for finding in whole["findings"]:
        if finding["control"] == control:
            finding.update(more)
    return cis_aws.Report.from_json(json.dumps(whole))


@pytest.mark.parametrize(
    ("control", "status", "kind", "was", "now"),
    [
        ("iam.root_access_key", "fail", "resolved", "fail", "pass"),
        ("iam.password_min_length", "pass", "new_fail", "pass", "fail"),
        ("iam.password_min_length", "fail", "still_failing", "fail", "fail"),
        ("iam.root_access_key", "unknown", "no_longer_unknown", "unknown", "pass"),
    ],
)
def test_differences(reviewed, control, status, kind, was, now):
    comparison = cis_aws.compare(changed(reviewed, control, status=status), reviewed)
    [difference] = [one for one in comparison.differences if one.control == control]
    assert (difference.kind, difference.was, difference.now) == (kind, was, now)
    finding = only(reviewed, control)
    for name in ("id", "recommendation", "resource_type", "resource_id", "resource_arn", "region", "sub", "message"):
        assert getattr(difference, name) == getattr(finding, name)
    assert difference.excepted == (finding.exception is not None)
    assert difference.since == (reviewed.as_of if kind == "still_failing" else None)
    assert difference.id in [one.id for one in comparison.of(kind)]


def test_a_comparison(reviewed):
    comparison = cis_aws.compare(changed(reviewed, "iam.root_access_key", status="fail"), reviewed)
    assert (comparison.benchmark, comparison.version, comparison.account_id) == (
        reviewed.benchmark,
        reviewed.version,
        reviewed.account_id,
    )
    assert comparison.old_as_of == comparison.new_as_of == reviewed.as_of
    assert comparison.scope == dict.fromkeys(comparison.scope, [])
    assert (comparison.counts["resolved"], comparison.counts["gone"]) == (1, 0)
    assert sum(comparison.counts.values()) == len(comparison.differences)
    told = comparison.to_dict()["differences"]
    assert [one["id"] for one in told] == [one.id for one in comparison.differences]
    assert "1 resolved" in repr(comparison)


def test_reports_that_cannot_be_compared(demo):
    with pytest.raises(cis_aws.InputError, match="different benchmarks"):
        cis_aws.compare(scan(benchmark="1.5.0"), demo)
    with pytest.raises(cis_aws.InputError, match="known: new_fail, "):
        cis_aws.compare(demo, demo).of("new")
