"""Answers that are no answers to sections 2 to 5: unknown for what rests on them, never a verdict made out of them.

As denials, bad answers to operations with no recommendation in common come in one scan.
"""

import pytest

import faults
import rests_on
from expected_2_to_5 import SECTIONS
from reports import gap_of, same_operation
from rests_on_2_to_5 import GROUPS, SILENT, outcomes, unknown_for

BENCHMARK = "2.0.0"
FAULTS = {
    "cut off": faults.cut,
    "a sign-in page": faults.foreign_page,
    "another operation's answer": faults.foreign_answer,
    "the envelope alone": faults.hollow,
}


# Where AWS says "there is none" by an error, which comes whole, the verdict on it stands.
SAID_BY_AN_ERROR = {
    "s3:GetBucketPolicy": {"2.1.1": unknown_for("bucket/trail-logs", "bucket/org-logs", "bucket/open-logs")},
    "s3:GetPublicAccessBlock": {"2.1.4": unknown_for("bucket/trail-logs", "bucket/org-logs")},
    "securityhub:DescribeHub": {"4.16": unknown_for("account in us-east-1")},
}


def concerned(operation: str, fault: str) -> bool:
    """Whether an operation's answers can be spoilt so, and still be known for spoilt."""
    # By an empty answer S3 says of a bucket that there is none of what was asked for.
    if fault == "the envelope alone":
        return not operation.startswith("s3")
    # The account has no block of its own, which an error says.
    return (operation, fault) != ("s3control:GetPublicAccessBlock", "cut off")


def expected(operation: str, fault: str) -> dict:
    """Outcome by recommendation."""
    rows = outcomes(BENCHMARK, operation)
    return rows | SAID_BY_AN_ERROR.get(operation, {}) if fault == "cut off" else rows


CASES = [
    (fault, operation)
    for fault in FAULTS
    for group in GROUPS[BENCHMARK]
    for operation in group
    if concerned(operation, fault) and operation not in SILENT[BENCHMARK]
]


@pytest.fixture(scope="module")
def spoilt(side_by_side):
    """The report by fault and group of operations."""
    rules = {
        (fault, n): [(operation, spoil()) for operation in group if concerned(operation, fault)]
        for fault, spoil in FAULTS.items()
        for n, group in enumerate(GROUPS[BENCHMARK])
    }
    return {case: run.report for case, run in side_by_side(rules, benchmark=BENCHMARK, select=SECTIONS).items()}


@pytest.mark.parametrize(("fault", "operation"), CASES, ids=[f"{operation} is {fault}" for fault, operation in CASES])
def test_a_bad_body_is_unknown(spoilt, infrastructure, fault, operation):
    (n,) = [n for n, group in enumerate(GROUPS[BENCHMARK]) if operation in group]
    before, after = infrastructure("ours", BENCHMARK), spoilt[fault, n]
    for id, outcome in expected(operation, fault).items():
        was, became = before.statuses(id), after.statuses(id)
        assert outcome(was, became) is None, f"{id}: {outcome(was, became)}; it was {was} and became {became}"
        for finding in after.findings(id):
            if finding["status"] == "unknown":
                assert gap_of(finding["gaps"], operation), f"{id} does not name {operation}: {finding}"
    assert any(same_operation(one["operation"] or "", operation) for one in after.value["unread"])


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("n", range(len(GROUPS[BENCHMARK])))
def test_nothing_else_changes(spoilt, infrastructure, fault, n):
    group = [operation for operation in GROUPS[BENCHMARK][n] if concerned(operation, fault)]
    rows = {id: outcome for operation in group for id, outcome in expected(operation, fault).items()}
    assert rests_on.check(infrastructure("ours", BENCHMARK), spoilt[fault, n], rows) == []
