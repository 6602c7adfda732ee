"""Lists longer than a page, and pages shorter than asked for."""

import credential_report
import iam_pages
import rests_on
import stubs
from account import IAM
from paging import LISTS, paged
from proxy import count

AUTHORIZATION_DETAILS = "iam:GetAccountAuthorizationDetails"


def test_2500_users_on_three_pages_are_all_reported(aws, live, as_of):
    names = [f"user-{n:05}" for n in range(2500)]
    policy = f"{IAM}policy/teams/read-logs"
    users = [iam_pages.user(name, attached=(policy,) if n % 10 == 0 else ()) for n, name in enumerate(names)]
    rows = [credential_report.root_row(), *(credential_report.row(name, f"{IAM}user/{name}") for name in names)]
    with (
        aws.rules(
            (AUTHORIZATION_DETAILS, iam_pages.AuthorizationDetails(tuple(users))),
            ("iam:GetCredentialReport", credential_report.served(rows, as_of)),
            ("iam:GetAccountSummary", stubs.summary(Users=2500)),
        ),
        aws.watch() as calls,
    ):
        report = live(select=["1.10", "1.15"]).report
    assert report.statuses("1.15") == {
        f"user/{name}": "fail" if n % 10 == 0 else "pass" for n, name in enumerate(names)
    }
    assert report.statuses("1.10") == {f"user/{name}": "not_applicable" for name in names}
    pages = [call.params for call in calls if call.name == AUTHORIZATION_DETAILS]
    assert {page["MaxItems"] for page in pages} == {"1000"}
    assert sorted(page["Marker"] for page in pages if "Marker" in page) == ["1000", "2000"]


def test_the_shortest_pages_change_nothing(aws, live, baseline, details):
    with aws.rules((AUTHORIZATION_DETAILS, details.in_pages_of(1)), *((name, paged(1)) for name in LISTS)):
        report = live().report
    assert rests_on.check(baseline("2.0.0"), report, {}) == []
    assert report.value["unread"] == []


def test_roots_virtual_device_on_the_last_page_is_found(aws, live):
    device = stubs.root_virtual_mfa("arn:aws:iam::123456789012:mfa/my-phone")
    name = "iam:ListVirtualMFADevices"
    with aws.rules((name, stubs.virtual_mfa_devices(device)), (name, paged(1))), aws.watch() as calls:
        report = live(select=["1.6"]).report
    assert report.statuses("1.6") == {"root": "fail"}
    assert count(calls)[name] > 5
