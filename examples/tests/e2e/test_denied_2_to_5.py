"""Each operation that sections 2 to 5 use is denied: unknown for what rests on it, nothing changed elsewhere.

Operations with no recommendation in common are denied in one scan; each change in it still has one cause.
"""

import json

import pytest

import faults
import rests_on
from account import ACTIVE_REGIONS
from expected_2_to_5 import SECTIONS
from reports import gap_of, same_operation
from rests_on_2_to_5 import GROUPS, RESTS_ON, SILENT, outcomes, unknown_for

BENCHMARKS = ("2.0.0", "1.5.0")
CASES = [(benchmark, operation) for benchmark in BENCHMARKS for operation in RESTS_ON]
SCANS = [(benchmark, n) for benchmark in BENCHMARKS for n in range(len(GROUPS[benchmark]))]


@pytest.fixture
def denied(aws, live, remembered):
    """The report of our account with one group of operations denied, scanned once for each."""

    def report(benchmark: str, n: int):
        if ("denied", benchmark, n) not in remembered:
            with aws.rules(*((operation, faults.deny()) for operation in GROUPS[benchmark][n])):
                remembered["denied", benchmark, n] = live(benchmark=benchmark, select=SECTIONS).report
        return remembered["denied", benchmark, n]

    return report


def group_of(benchmark: str, operation: str) -> int:
    return next(n for n, group in enumerate(GROUPS[benchmark]) if operation in group)


@pytest.mark.parametrize(("benchmark", "operation"), CASES, ids=[f"{b} without {o}" for b, o in CASES])
def test_a_denied_operation_spoils_what_rests_on_it(denied, infrastructure, benchmark, operation):
    before, after = infrastructure("ours", benchmark), denied(benchmark, group_of(benchmark, operation))
    for id, outcome in outcomes(benchmark, operation).items():
        was, became = before.statuses(id), after.statuses(id)
        assert outcome(was, became) is None, f"{id}: {outcome(was, became)}; it was {was} and became {became}"
        for finding in after.findings(id):
            if finding["status"] == "unknown":
                assert gap_of(finding["gaps"], operation), f"{id} does not name {operation}: {finding}"
            if outcome is rests_on.manual:
                assert operation.partition(":")[2] in json.dumps([finding["gaps"], finding["evidence"]])


@pytest.mark.parametrize(("benchmark", "n"), SCANS, ids=[f"{b} without group {n}" for b, n in SCANS])
def test_nothing_else_changes(denied, infrastructure, benchmark, n):
    rows = {id: out for operation in GROUPS[benchmark][n] for id, out in outcomes(benchmark, operation).items()}
    assert rests_on.check(infrastructure("ours", benchmark), denied(benchmark, n), rows) == []


@pytest.mark.parametrize(("benchmark", "operation"), CASES, ids=[f"{b} without {o}" for b, o in CASES])
def test_the_report_names_the_operation_as_denied(denied, benchmark, operation):
    report = denied(benchmark, group_of(benchmark, operation))
    entries = [one for one in report.value["unread"] if same_operation(one["operation"] or "", operation)]
    assert bool(entries) == (operation not in SILENT[benchmark]), report.value["unread"]
    assert {one["kind"] for one in entries} <= {"denied"}


@pytest.mark.parametrize(
    ("operation", "id", "resource"),
    [
        ("cloudtrail:GetTrailStatus", "3.7", "trail/everything in us-east-1"),
        ("ec2:GetInstanceMetadataDefaults", "5.6", "instance/us-east-1/with-role"),
        ("macie2:ListClassificationJobs", "2.1.3", "account"),
        ("s3:GetBucketPolicyStatus", "3.3", "bucket/trail-logs"),
    ],
)
def test_evidence_that_is_denied_says_so(denied, operation, id, resource):
    report = denied("2.0.0", group_of("2.0.0", operation))
    (finding,) = [one for one in report.findings(id) if report.label(one) == resource]
    values = [one["value"] for one in finding["evidence"] if one["operation"] == operation]
    assert values and '"denied"' in json.dumps(values), finding["evidence"]


def test_each_operation_is_denied_once():
    for benchmark in BENCHMARKS:
        assert sorted(one for group in GROUPS[benchmark] for one in group) == sorted(RESTS_ON)


def test_every_operation_of_a_scan_is_denied_by_some_case(aws, live):
    called = set()
    for benchmark in BENCHMARKS:
        with aws.watch() as calls:
            live(benchmark=benchmark, select=SECTIONS)
        called |= {call.name for call in calls}
    assert called - {"sts:GetCallerIdentity"} == set(RESTS_ON)


def test_a_resource_denied_spoils_that_resource_only(aws, live, infrastructure, names):
    def bucket(name):
        return lambda call: call.path.startswith(f"/{name}")

    def key(name):
        return lambda call: call.params["KeyId"] == names[name]

    denials = {
        "s3:GetBucketVersioning": bucket("trail-logs"),
        "s3:GetPublicAccessBlock": bucket("org-logs"),
        "s3:GetBucketLogging": bucket("open-logs"),
        "kms:GetKeyRotationStatus": key("key/fixed"),
        "cloudtrail:GetTrailStatus": lambda call: call.params["Name"].endswith("/organization"),
    }
    with aws.rules(*((name, faults.where(concerned, faults.deny())) for name, concerned in denials.items())):
        report = live(select=SECTIONS).report
    rows = {
        "2.1.2": unknown_for("bucket/trail-logs"),
        "2.1.4": unknown_for("bucket/org-logs"),
        "3.6": unknown_for("bucket/open-logs"),
        "3.8": unknown_for("key/fixed"),
    }
    assert rests_on.check(infrastructure("ours", "2.0.0"), report, rows) == []


def test_a_region_denied_spoils_that_region_only(aws, live, infrastructure):
    spoilt = {
        "ec2:DescribeFlowLogs": "3.9",
        "ec2:DescribeInstances": "5.6",
        "ec2:DescribeNetworkAcls": "5.1",
        "ec2:GetEbsEncryptionByDefault": "2.2.1",
        "efs:DescribeFileSystems": "2.4.1",
        "kms:ListKeys": "3.8",
        "rds:DescribeDBInstances": "2.3.2",
        "securityhub:DescribeHub": "4.16",
    }
    rows = {id: rests_on.unknown_in("eu-west-1") for id in (*spoilt.values(), "2.3.1", "2.3.3")}
    with aws.rules(*((operation, faults.deny(), "eu-west-1") for operation in spoilt)):
        report = live(select=SECTIONS).report
    assert rests_on.check(infrastructure("ours", "2.0.0"), report, rows) == []
    assert {one["region"] for one in report.value["unread"]} == {"eu-west-1"}


def test_a_trail_seen_from_a_region_counts_though_its_own_is_denied(aws, live, infrastructure):
    elsewhere = [region for region in ACTIVE_REGIONS if region != "us-east-1"]
    with aws.rules(*(("cloudtrail:DescribeTrails", faults.deny(), region) for region in elsewhere)):
        report = live(select=["3.1", "4.*"]).report
    before = infrastructure("ours", "2.0.0")
    assert {id: report.statuses(id) for id in ("3.1", "4.1", "4.15")} == {
        id: before.statuses(id) for id in ("3.1", "4.1", "4.15")
    }


@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_everything_denied_but_the_identity_passes_nothing(aws, live, benchmark):
    with aws.rules(*((one, faults.deny()) for one in RESTS_ON)):
        run = live(benchmark=benchmark, select=SECTIONS)
    assert {one["status"] for one in run.report.value["findings"]} == {"unknown"}
    assert run.code == 2, run
