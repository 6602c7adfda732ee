"""Each operation that section 1 uses is denied in turn: unknown for what rests on it, nothing changed elsewhere."""

import json

import pytest

import faults
import rests_on
from account import ACCOUNT
from faults import DENIED
from reports import gap_of, same_operation

# Operations whose answer no recommendation of the seeded account rests on.
SILENT = ["iam:GenerateCredentialReport", "iam:ListOrganizationsFeatures"]
PROTOCOLS = {
    "access-analyzer": "rest-json",
    "account": "rest-json",
    "ec2": "ec2",
    "iam": "query",
    "organizations": "json",
}
CASES = [(benchmark, operation) for benchmark in ("2.0.0", "1.5.0") for operation in rests_on.RESTS_ON]


def code_of(operation: str) -> str:
    return DENIED[PROTOCOLS[operation.partition(":")[0]]][1]


def unread_of(report, operation: str, code: str) -> list[dict]:
    return [
        one
        for one in report.value["unread"]
        if same_operation(one["operation"] or "", operation) and one["code"] == code
    ]


@pytest.mark.parametrize(("benchmark", "operation"), CASES, ids=[f"{b} without {o}" for b, o in CASES])
def test_a_denied_operation_spoils_what_rests_on_it_and_nothing_else(aws, live, baseline, benchmark, operation):
    before = baseline(benchmark)
    with aws.rules((operation, faults.deny())):
        run = live(benchmark=benchmark)
    rows = rests_on.outcomes(benchmark, operation)
    assert rests_on.check(before, run.report, rows) == []
    assert run.code == 1, "the fails that do not rest on it still stand"


@pytest.mark.parametrize("operation", [one for one in rests_on.RESTS_ON if one not in SILENT])
def test_the_report_names_operation_code_and_action(aws, live, operation):
    with aws.rules((operation, faults.deny())):
        report = live().report
    entries = unread_of(report, operation, code_of(operation))
    assert entries, f"`unread` does not name {operation}: {report.value['unread']}"
    assert {one["action"] for one in entries} == {operation}
    assert all("denied" in json.dumps(one["kind"]) for one in entries)


@pytest.mark.parametrize("operation", [one for one in rests_on.RESTS_ON if one not in SILENT])
def test_each_finding_that_rests_on_it_names_it(aws, live, operation):
    with aws.rules((operation, faults.deny())):
        report = live().report
    code = code_of(operation)
    for id, outcome in rests_on.outcomes("2.0.0", operation).items():
        for finding in report.findings(id):
            if finding["status"] == "unknown":
                gap = gap_of(finding["gaps"], operation, code)
                assert gap, f"{id} on {report.label(finding)} is unknown without the gap: {finding['gaps']}"
                assert gap["action"] == operation
            if outcome is rests_on.manual:
                said = json.dumps([finding["gaps"], finding["evidence"]])
                assert operation.partition(":")[2] in said and code in said, f"{id} does not say what it lacks: {said}"


@pytest.mark.parametrize(
    ("operation", "id"),
    [
        ("iam:GetCredentialReport", "1.10"),
        ("iam:GetAccountPasswordPolicy", "1.9"),
        ("iam:ListServerCertificates", "1.19"),
        ("access-analyzer:ListAnalyzers", "1.20"),
        ("account:GetAlternateContact", "1.2"),
    ],
)
def test_exit_code_2_where_nothing_fails_and_something_is_unknown(aws, live, operation, id):
    with aws.rules((operation, faults.deny())):
        run = live(select=[id])
    assert run.code == 2, run


@pytest.mark.parametrize(
    ("operation", "id"),
    [
        ("account:GetContactInformation", "1.1"),
        ("organizations:DescribeOrganization", "1.21"),
        ("iam:GetCredentialReport", "1.21"),
    ],
)
def test_exit_code_0_where_a_person_decides_anyway(aws, live, operation, id):
    with aws.rules((operation, faults.deny())):
        run = live(select=[id])
    assert run.code == 0, run


@pytest.mark.parametrize(
    ("operation", "id"), [("ec2:DescribeInstances", "1.18"), ("access-analyzer:ListAnalyzers", "1.20")]
)
def test_a_region_denied_spoils_that_region_only(aws, live, baseline, operation, id):
    with aws.rules((operation, faults.deny(), "eu-west-1")):
        report = live().report
    assert rests_on.check(baseline("2.0.0"), report, {id: rests_on.unknown_in("eu-west-1")}) == []
    assert {one["region"] for one in unread_of(report, operation, code_of(operation))} == {"eu-west-1"}


def test_generation_denied_and_no_report_there_is_unknown(aws, live, baseline):
    absent = faults.fail(410, "ReportNotPresent", "No report has been generated.")
    with aws.rules(("iam:GenerateCredentialReport", faults.deny()), ("iam:GetCredentialReport", absent)):
        report = live().report
    assert rests_on.check(baseline("2.0.0"), report, rests_on.CREDENTIAL_REPORT) == []
    # What would help is the permission to generate one.
    assert "iam:GenerateCredentialReport" in {gap["action"] for one in report.findings("1.10") for gap in one["gaps"]}


def test_everything_denied_but_the_identity_passes_nothing(aws, live):
    with aws.rules(*((one, faults.deny()) for one in rests_on.RESTS_ON)):
        run = live()
    assert {one["status"] for one in run.report.value["findings"]} <= {"unknown", "manual"}
    assert run.report.value["account_id"] == ACCOUNT
    assert run.code == 2, run


def test_an_attached_policy_that_is_missing_from_the_list_is_read_on_its_own(aws, live, baseline, details):
    hidden = details.without("arn:aws:iam::aws:policy/AdministratorAccess")
    with aws.rules(("iam:GetAccountAuthorizationDetails", hidden)):
        report = live().report
    assert rests_on.check(baseline("2.0.0"), report, {}) == []


@pytest.mark.parametrize("operation", ["iam:GetPolicy", "iam:GetPolicyVersion"])
def test_an_attached_policy_that_can_not_be_read_is_unknown_alone(aws, live, baseline, details, operation):
    hidden = details.without("arn:aws:iam::aws:policy/AdministratorAccess")
    with aws.rules(("iam:GetAccountAuthorizationDetails", hidden), (operation, faults.deny())):
        report = live().report
    expected = baseline("2.0.0").statuses("1.16") | {"aws:policy/AdministratorAccess": "unknown"}
    assert report.statuses("1.16") == expected
    (finding,) = [one for one in report.findings("1.16") if one["status"] == "unknown"]
    assert gap_of(finding["gaps"], operation, "AccessDenied"), finding["gaps"]
    assert rests_on.overturned(baseline("2.0.0"), report) == []
