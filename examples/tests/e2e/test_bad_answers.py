"""Answers that are no answers: unknown for what rests on them, never a verdict made out of them."""

import json

import pytest

import account
import faults
import rests_on
from proxy import count
from reports import same_operation

XML = [one for one in rests_on.RESTS_ON if one.startswith(("iam:", "ec2:")) and one != "iam:ListOrganizationsFeatures"]
JSON = [
    "access-analyzer:ListAnalyzers",
    "account:GetAlternateContact",
    "account:GetContactInformation",
    "organizations:DescribeOrganization",
]
BODIES = {
    "cut off": (faults.cut, XML + JSON),
    "a sign-in page": (faults.foreign_page, XML + JSON),
    "another operation's answer": (faults.foreign_answer, XML),
    "an error page with status 500": (
        faults.html_500,
        [
            "access-analyzer:ListAnalyzers",
            "account:GetAlternateContact",
            "ec2:DescribeInstances",
            "iam:ListServerCertificates",
        ],
    ),
    # An empty list is a verdict for each of these; a list that is not there is none.
    "the envelope alone": (
        faults.hollow,
        [
            "access-analyzer:ListAnalyzers",
            "ec2:DescribeInstances",
            "iam:GetAccountAuthorizationDetails",
            "iam:GetAccountPasswordPolicy",
            "iam:GetAccountSummary",
            "iam:GetCredentialReport",
            "iam:ListServerCertificates",
            "iam:ListVirtualMFADevices",
        ],
    ),
}
CASES = [(operation, fault) for fault, (_, operations) in BODIES.items() for operation in operations]
THROTTLED = [
    "access-analyzer:ListAnalyzers",
    "account:GetAlternateContact",
    "ec2:DescribeInstances",
    "iam:ListServerCertificates",
]


def unread_operations(report) -> list[str]:
    return [one["operation"] for one in report.value["unread"] if one["operation"]]


@pytest.fixture(scope="module")
def spoilt(request, side_by_side):
    """The report by operation and fault, of those that the selected tests ask for."""
    asked = [getattr(item, "callspec", None) for item in request.session.items if item.module is request.module]
    asked = [(one.params["operation"], one.params.get("fault")) for one in asked if one]
    rules = {case: [(case[0], BODIES[case[1]][0]())] for case in asked if case in CASES}
    rules |= {(one, None): [(one, faults.throttle())] for one in THROTTLED if (one, None) in asked}
    return {case: run.report for case, run in side_by_side(rules).items()}


@pytest.mark.parametrize(("operation", "fault"), CASES, ids=[f"{operation} is {fault}" for operation, fault in CASES])
def test_a_bad_body_is_unknown(spoilt, baseline, operation, fault):
    report = spoilt[operation, fault]
    assert rests_on.check(baseline("2.0.0"), report, rests_on.outcomes("2.0.0", operation)) == []
    if operation != "iam:GenerateCredentialReport":
        assert any(same_operation(one, operation) for one in unread_operations(report)), report.value["unread"]


# What was on the first page is judged; what needs the whole list is not.
CUT_OFF_LISTS = {
    "iam:ListServerCertificates": {"1.19": rests_on.some_unknown},
    "iam:ListVirtualMFADevices": {"1.6": rests_on.unknown},
    "iam:GetAccountAuthorizationDetails": {
        "1.15": rests_on.some_unknown,
        "1.16": rests_on.some_unknown,
        "1.17": rests_on.same,
        "1.18": rests_on.some_unknown,
        "1.21": rests_on.manual,
        "1.22": rests_on.some_unknown,
    },
    "ec2:DescribeInstances": {"1.18": rests_on.some_unknown},
    "access-analyzer:ListAnalyzers": {"1.20": rests_on.unknown_in("eu-west-1", "ap-northeast-1")},
}


@pytest.mark.parametrize("operation", CUT_OFF_LISTS)
def test_a_page_token_that_repeats_is_no_end_of_the_list(aws, live, baseline, operation):
    with aws.rules((operation, faults.repeat_page())), aws.watch() as calls:
        report = live().report
    assert rests_on.check(baseline("2.0.0"), report, CUT_OFF_LISTS[operation]) == []
    assert any(same_operation(one, operation) for one in unread_operations(report)), report.value["unread"]
    # Five filters or three regions, the first page and the one that repeats.
    assert count(calls)[operation] <= 10


@pytest.mark.parametrize("operation", CUT_OFF_LISTS)
def test_a_later_page_that_is_denied_leaves_the_first_one_judged(aws, live, baseline, operation):
    with aws.rules((operation, faults.repeat_page()), (operation, faults.later_pages(faults.deny()))):
        report = live().report
    assert rests_on.check(baseline("2.0.0"), report, CUT_OFF_LISTS[operation]) == []


def test_users_of_the_first_page_are_judged_one_by_one(aws, live, baseline, details):
    five = details.in_pages_of(5)
    name = "iam:GetAccountAuthorizationDetails"
    with aws.rules((name, five), (name, faults.later_pages(faults.deny()))):
        report = live().report
    read = [one.arn.removeprefix(account.IAM) for one in details.entities[:5]]
    expected = {user: baseline("2.0.0").statuses("1.15")[user] for user in read}
    assert report.statuses("1.15") == expected | {"account": "unknown"}


def test_a_throttled_call_is_made_again(aws, live, baseline):
    with aws.rules(*((one, faults.first(2, faults.throttle())) for one in rests_on.RESTS_ON)):
        report = live().report
    assert rests_on.check(baseline("2.0.0"), report, {}) == []
    assert report.value["unread"] == []


@pytest.mark.parametrize("operation", THROTTLED)
def test_throttling_without_end_is_unknown(spoilt, baseline, operation):
    report = spoilt[operation, None]
    assert rests_on.check(baseline("2.0.0"), report, rests_on.outcomes("2.0.0", operation)) == []
    entries = [one for one in report.value["unread"] if same_operation(one["operation"] or "", operation)]
    assert entries and all("throttled" in json.dumps(one["kind"]) for one in entries)


def test_credentials_that_expire_during_the_scan_overturn_nothing(aws, live, baseline):
    with aws.rules(("*", faults.after(4, faults.expired()))):
        report = live().report
    assert rests_on.overturned(baseline("2.0.0"), report) == []
    assert report.recommendations() == baseline("2.0.0").recommendations()
    assert any("expired" in json.dumps(one["kind"]) for one in report.value["unread"])


def test_a_credential_report_in_the_making_is_waited_for(aws, live, baseline):
    in_progress = faults.fail(404, "ReportInProgress", "Report has not finished generating.")
    with aws.rules(("iam:GetCredentialReport", faults.first(2, in_progress))):
        report = live().report
    assert rests_on.check(baseline("2.0.0"), report, {}) == []
    assert report.value["unread"] == []
