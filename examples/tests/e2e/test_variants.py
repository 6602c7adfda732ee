"""The account in other states than the seeded one: each case changes a few answers and names the verdicts that follow.

`now` is the moment of the audit; `{..}` are statuses by resource, one table for both versions unless 1.5.0 has its own.
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pytest

import account
import credential_report
import faults
import stubs
from account import DAY, IAM, MANAGED, SECOND
from credential_report import cell, root_row, row
from iam_pages import AuthorizationDetails
from protocols import Answer, json_result, query_result
from seed import client

ROOT_ARN = f"{IAM}root"
NO_ROOT_CREDENTIALS = {
    "AccountMFAEnabled": 0,
    "AccountPasswordPresent": 0,
    "AccountAccessKeysPresent": 0,
    "AccountSigningCertificatesPresent": 0,
}
BOTH_USERS_FINE = {"user/ann": "pass", "user/ben": "pass"}


@dataclass
class World:
    """What the rules of a case are made from."""

    now: datetime
    details: AuthorizationDetails
    organization: str


def summary(**values: int | None):
    return ("iam:GetAccountSummary", stubs.summary(**values))


def device(serial: str, user_arn: str | None = ROOT_ARN):
    member = stubs.root_virtual_mfa(f"{IAM}mfa/{serial}", user_arn)
    return ("iam:ListVirtualMFADevices", stubs.virtual_mfa_devices(member))


def features(organization: str, *enabled: str):
    members = "".join(f"<member>{one}</member>" for one in enabled)
    result = f"<OrganizationId>{organization}</OrganizationId><EnabledFeatures>{members}</EnabledFeatures>"
    return ("iam:ListOrganizationsFeatures", lambda call, forward: query_result(call, result))


def member_of(organization: str):
    """The account as a member: its own root can be managed centrally, unlike the management account's."""
    detail = {"Id": organization, "MasterAccountId": "999999999999", "FeatureSet": "ALL"}
    return ("organizations:DescribeOrganization", lambda call, forward: json_result({"Organization": detail}))


def report(world: World, *rows: dict, age=DAY / 24):
    return ("iam:GetCredentialReport", credential_report.served(list(rows), world.now - age))


def root(world: World, **cells: str):
    """The seeded users with root's cells as given."""
    return report(world, *account.report_rows(world.now, **cells))


def two_users(world: World, **bens_cells: str):
    """Ann and Ben, each with an active key in use; Ben's cells are up to the case."""
    fresh = {
        "access_key_1_active": "true",
        "access_key_1_last_rotated": cell(world.now - 20 * DAY),
        "access_key_1_last_used_date": cell(world.now - DAY),
    }
    rows = [root_row(), row("ann", f"{IAM}user/ann", **fresh), row("ben", f"{IAM}user/ben", **(fresh | bens_cells))]
    return [report(world, *rows), summary(Users=2)]


def changed_text(world: World, change: Callable[[str], str]):
    """Ann and Ben's report with its text changed."""
    (_, rule), users = two_users(world)

    def changed(call, forward):
        answer = rule(call, forward)
        content = re.search(rb"(?<=<Content>)[^<]*", answer.body).group()
        text = change(base64.b64decode(content).decode())
        return Answer(answer.status, answer.body.replace(content, base64.b64encode(text.encode())), answer.headers)

    return [("iam:GetCredentialReport", changed), users]


def with_cells(*cells: str) -> Callable[[str], str]:
    """A cell more at the end of each line: of the header, root, Ann and Ben."""
    return lambda text: "".join(f"{line},{cell}\n" for line, cell in zip(text.splitlines(), cells, strict=True))


def password_policy(length: int, reuse: int | None):
    remembered = "" if reuse is None else f"<PasswordReusePrevention>{reuse}</PasswordReusePrevention>"
    result = f"<PasswordPolicy><MinimumPasswordLength>{length}</MinimumPasswordLength>{remembered}</PasswordPolicy>"
    return [("iam:GetAccountPasswordPolicy", lambda call, forward: query_result(call, result))]


def security_contact(**fields: str):
    contact = account.SECURITY_CONTACT | {"AlternateContactType": "SECURITY"} | fields
    return [("account:GetAlternateContact", lambda call, forward: json_result({"AlternateContact": contact}))]


def analyzers(*rows: tuple[str, str]):
    """The same analyzers, as type and status, in every region."""
    listed = [{"name": f"analyzer-{n}", "type": type, "status": status} for n, (type, status) in enumerate(rows)]
    return [("access-analyzer:ListAnalyzers", stubs.analyzers({region: listed for region in account.REGIONS}))]


def details(changed):
    return [("iam:GetAccountAuthorizationDetails", changed)]


def everywhere(status: str) -> dict[str, str]:
    return {f"account in {region}": status for region in account.ACTIVE_REGIONS}


NOBODY = {id: {"account": "not_applicable"} for id in ("1.10", "1.11", "1.12", "1.13", "1.14")}
READ_LOGS = f"{IAM}policy/teams/read-logs"

# By what the case shows: the rules, the verdicts, and 1.5.0's verdicts where they are others.
CASES = {
    "1.2 no security contact": (
        lambda w: [("account:GetAlternateContact", faults.fail(404, "ResourceNotFoundException", "No contact found."))],
        {"1.2": {"account": "fail"}, "1.1": {"account": "manual"}},
    ),
    "1.2 a contact with blank fields": (
        lambda w: security_contact(EmailAddress=" ", PhoneNumber=" "),
        {"1.2": {"account": "fail"}},
    ),
    "1.4 root has an active key": (
        lambda w: [
            summary(AccountAccessKeysPresent=1),
            root(w, access_key_1_active="true", access_key_1_last_rotated=cell(w.now - DAY)),
        ],
        {"1.4": {"root": "fail"}},
    ),
    "1.4 root has an inactive key": (
        lambda w: [summary(AccountAccessKeysPresent=1), root(w, access_key_2_last_rotated=cell(w.now - DAY))],
        {"1.4": {"root": "pass"}},
        {"1.4": {"root": "fail"}},
    ),
    "1.4 root's key is newer than the report": (
        lambda w: [summary(AccountAccessKeysPresent=1), root(w)],
        {"1.4": {"root": "fail"}},
    ),
    "1.4 root's key was deleted since the report": (
        lambda w: [root(w, access_key_1_active="true", access_key_1_last_rotated=cell(w.now - DAY))],
        {"1.4": {"root": "pass"}},
    ),
    "1.4 a key is there and the report is not readable": (
        lambda w: [summary(AccountAccessKeysPresent=1), ("iam:GetCredentialReport", faults.deny())],
        {"1.4": {"root": "fail"}},
    ),
    "1.5 root has a password and no MFA": (
        lambda w: [summary(AccountMFAEnabled=0)],
        {"1.5": {"root": "fail"}, "1.6": {"root": "fail"}},
    ),
    "1.5 no word of root's password counts as one": (
        lambda w: [
            summary(AccountMFAEnabled=0, AccountPasswordPresent=None),
            root(w, mfa_active="false", password_enabled="not_supported"),
        ],
        {"1.5": {"root": "fail"}},
    ),
    "1.5 MFA is newer than the report": (
        lambda w: [root(w, mfa_active="false")],
        {"1.5": {"root": "pass"}},
    ),
    "1.5 root has no credentials": (
        lambda w: [summary(**NO_ROOT_CREDENTIALS)],
        {"1.5": {"root": "manual"}, "1.6": {"root": "manual"}},
    ),
    "1.5 root has no credentials and is managed centrally": (
        lambda w: [
            summary(**NO_ROOT_CREDENTIALS),
            member_of(w.organization),
            features(w.organization, "RootCredentialsManagement"),
        ],
        {"1.5": {"root": "not_applicable"}, "1.6": {"root": "not_applicable"}},
    ),
    "1.5 the management account is managed by nobody": (
        lambda w: [summary(**NO_ROOT_CREDENTIALS), features(w.organization, "RootCredentialsManagement")],
        {"1.5": {"root": "manual"}, "1.6": {"root": "manual"}},
    ),
    "1.5 another organization's central management says nothing": (
        lambda w: [summary(**NO_ROOT_CREDENTIALS), features("o-elsewhere00", "RootCredentialsManagement")],
        {"1.5": {"root": "manual"}},
    ),
    "1.5 central management does not remove a password that is there": (
        lambda w: [summary(AccountMFAEnabled=0), features(w.organization, "RootCredentialsManagement")],
        {"1.5": {"root": "fail"}},
    ),
    "1.6 root's virtual device has a name of its own": (
        lambda w: [device("my-phone")],
        {"1.6": {"root": "fail"}, "1.5": {"root": "pass"}},
    ),
    "1.6 an old entry of root's virtual device without a user": (
        lambda w: [device("root-account-mfa-device", user_arn=None)],
        {"1.6": {"root": "fail"}},
    ),
    "1.6 a user named like root is not root": (
        lambda w: [device("root-admin", f"{IAM}user/root-admin")],
        {"1.6": {"root": "manual"}},
        {"1.6": {"root": "pass"}},
    ),
    "1.7 root was never used": (
        lambda w: [root(w, password_last_used="no_information")],
        {"1.7": {"root": "pass"}},
    ),
    "1.7 root has no password and was never used": (
        lambda w: [root(w, password_enabled="false", password_last_used="N/A")],
        {"1.7": {"root": "pass"}},
    ),
    "1.7 a key used today beside a password unused for years": (
        lambda w: [
            root(w, password_last_used=cell(w.now - 900 * DAY), access_key_1_last_used_date=cell(w.now - DAY / 24))
        ],
        {"1.7": {"root": "manual"}},
        {"1.7": {"root": "fail"}},
    ),
    "1.7 used exactly 90 days ago": (
        lambda w: [root(w, password_last_used=cell(w.now - 90 * DAY))],
        {"1.7": {"root": "manual"}},
        {"1.7": {"root": "fail"}},
    ),
    "1.7 used a second more than 90 days ago": (
        lambda w: [root(w, password_last_used=cell(w.now - 90 * DAY - SECOND))],
        {"1.7": {"root": "manual"}},
        {"1.7": {"root": "pass"}},
    ),
    "1.7 a cell that can't be read": (
        lambda w: [root(w, password_last_used="last week")],
        {"1.7": {"root": "unknown"}},
    ),
    "1.7 no row of root": (
        lambda w: [report(w, *account.report_rows(w.now)[1:])],
        {"1.7": {"root": "unknown"}},
    ),
    "1.8 no password policy": (
        lambda w: [("iam:GetAccountPasswordPolicy", faults.fail(404, "NoSuchEntity", "There is no password policy."))],
        {"1.8": {"account": "fail"}, "1.9": {"account": "fail"}},
    ),
    "1.8 13 characters and 24 passwords": (
        lambda w: password_policy(13, 24),
        {"1.8": {"account": "fail"}, "1.9": {"account": "pass"}},
    ),
    "1.8 15 characters and 23 passwords": (
        lambda w: password_policy(15, 23),
        {"1.8": {"account": "pass"}, "1.9": {"account": "fail"}},
    ),
    "1.9 a length and no word of reuse": (
        lambda w: password_policy(14, None),
        {"1.8": {"account": "pass"}, "1.9": {"account": "fail"}},
    ),
    "1.10 no users at all": (
        lambda w: [report(w, root_row()), summary(Users=0), *details(AuthorizationDetails(()))],
        NOBODY | {"1.15": {"account": "not_applicable"}, "1.21": {"account": "manual"}},
    ),
    "1.10 booleans in capitals": (
        lambda w: two_users(w, password_enabled="TRUE", password_last_used=cell(w.now - DAY), mfa_active="TRUE"),
        {"1.10": {"user/ann": "not_applicable", "user/ben": "pass"}},
    ),
    "1.10 a boolean that can't be read": (
        lambda w: two_users(w, password_enabled="perhaps"),
        {"1.10": {"user/ann": "not_applicable", "user/ben": "unknown"}},
    ),
    "1.10 a user newer than the report": (
        lambda w: [*two_users(w), summary(Users=3)],
        {
            "1.10": {"user/ann": "not_applicable", "user/ben": "not_applicable", "account": "unknown"},
            "1.13": BOTH_USERS_FINE | {"account": "unknown"},
            "1.14": BOTH_USERS_FINE | {"account": "unknown"},
        },
    ),
    "1.10 users deleted since the report": (
        lambda w: [*two_users(w), summary(Users=1)],
        {"1.12": BOTH_USERS_FINE, "1.13": BOTH_USERS_FINE, "1.14": BOTH_USERS_FINE},
    ),
    "1.12 a report of exactly 24 hours": (
        lambda w: [report(w, *account.report_rows(w.now, password_last_used="no_information"), age=DAY)],
        {"1.7": {"root": "pass"}},
    ),
    "1.12 a report older than 24 hours": (
        lambda w: [report(w, *account.report_rows(w.now), age=DAY + SECOND)],
        {id: {"unknown"} for id in ("1.7", "1.10", "1.11", "1.12", "1.13", "1.14")},
    ),
    "1.13 a cell that can't be read beside an active key": (
        lambda w: two_users(w, access_key_2_active="yes"),
        {"1.13": {"user/ann": "pass", "user/ben": "unknown"}},
    ),
    "1.14 a key of unknown age": (
        lambda w: two_users(w, access_key_1_last_rotated="N/A"),
        {"1.14": {"user/ann": "pass", "user/ben": "unknown"}},
    ),
    "1.14 an old key that was turned off beside a new one": (
        lambda w: two_users(w, access_key_2_last_rotated=cell(w.now - 400 * DAY)),
        {"1.13": BOTH_USERS_FINE, "1.14": BOTH_USERS_FINE},
    ),
    "1.14 more credentials than the report has columns for": (
        lambda w: changed_text(w, with_cells("additional_credentials_info", "", "", "2 more keys")),
        {id: {"user/ann": "pass", "user/ben": "unknown"} for id in ("1.12", "1.13", "1.14")},
    ),
    "1.14 a row with a cell too few": (
        lambda w: changed_text(w, lambda text: text.rstrip("\n").rpartition(",")[0] + "\n"),
        {id: {"user/ann": "pass", "user/ben": "unknown"} for id in ("1.12", "1.13", "1.14")},
    ),
    "1.14 a column that is not known, in front of the others": (
        lambda w: changed_text(w, lambda text: "".join(f"new,{line}\n" for line in text.splitlines())),
        {id: BOTH_USERS_FINE for id in ("1.12", "1.13", "1.14")},
    ),
    "1.16 a document that is no JSON": (
        lambda w: details(w.details.changed(READ_LOGS, "%22Statement%22", "%22Statement")),
        {"1.16": {"policy/teams/read-logs": "unknown", "policy/full-admin": "fail", "policy/was-admin": "pass"}},
    ),
    "1.16 an effect that is none": (
        lambda w: details(w.details.changed(READ_LOGS, "%22Allow%22", "%22allow%22")),
        {"1.16": {"policy/teams/read-logs": "unknown", "policy/full-admin": "fail", "policy/was-admin": "pass"}},
    ),
    "1.17 a customer policy of the same name does not count": (
        lambda w: details(w.details.changed(f"{IAM}role/support", f"{MANAGED}AWSSupport", f"{IAM}policy/AWSSupport")),
        {"1.17": {"account": "fail"}},
    ),
    "1.17 no role with support access": (
        lambda w: details(w.details.without(f"{IAM}role/support")),
        {"1.17": {"account": "fail"}},
    ),
    "1.19 no certificates": (
        lambda w: [
            (
                "iam:ListServerCertificates",
                lambda call, forward: query_result(
                    call, "<ServerCertificateMetadataList/><IsTruncated>false</IsTruncated>"
                ),
            )
        ],
        {"1.19": {"account": "not_applicable"}},
    ),
    "1.20 analyzers that do not analyze external access now": (
        lambda w: analyzers(
            ("ACCOUNT", "CREATING"),
            ("ACCOUNT", "FAILED"),
            ("ORGANIZATION", "DISABLED"),
            ("ACCOUNT_INTERNAL_ACCESS", "ACTIVE"),
            ("ORGANIZATION_UNUSED_ACCESS", "ACTIVE"),
            ("A_TYPE_OF_THE_FUTURE", "ACTIVE"),
        ),
        {"1.20": everywhere("fail")},
    ),
    "1.20 an organization's analyzer": (
        lambda w: analyzers(("ORGANIZATION", "ACTIVE")),
        {"1.20": everywhere("pass")},
    ),
    "1.20 a token that is not valid in a region": (
        lambda w: [
            (
                "access-analyzer:ListAnalyzers",
                faults.fail(403, "UnrecognizedClientException", "The security token is invalid."),
            )
        ],
        {"1.20": everywhere("unknown")},
    ),
    "1.21 no organization": (
        lambda w: [
            (
                "organizations:DescribeOrganization",
                faults.fail(400, "AWSOrganizationsNotInUseException", "Your account is not a member of one."),
            )
        ],
        {"1.21": {"account": "manual"}},
    ),
    "1.22 attached to nothing": (
        lambda w: details(w.details.without(f"{IAM}group/shell")),
        {"1.22": {"account": "pass"}},
        {},
    ),
    "1.22 attached to a role and a group": (
        lambda w: details(
            w.details.changed(f"{IAM}role/developer", f"{MANAGED}PowerUser", f"{MANAGED}AWSCloudShellFull")
        ),
        {"1.22": {"group/shell": "fail", "role/developer": "fail"}},
        {},
    ),
}
RUNS = [
    (case, benchmark)
    for case, (_, _, *older) in CASES.items()
    for benchmark in ("2.0.0", "1.5.0")
    if benchmark == "2.0.0" or older != [{}]
]


@pytest.fixture
def world(as_of, details, aws):
    organization = client(aws.url, "organizations").describe_organization()["Organization"]["Id"]
    return World(as_of, details, organization)


@pytest.mark.parametrize(("case", "benchmark"), RUNS, ids=[f"{case}, {benchmark}" for case, benchmark in RUNS])
def test_variant(aws, live, world, case, benchmark):
    rules, verdicts, *older = CASES[case]
    expected = older[0] if older and benchmark == "1.5.0" else verdicts
    with aws.rules(*rules(world)):
        actual = live(benchmark=benchmark, select=list(expected)).report
    for id, statuses in expected.items():
        found = actual.statuses(id)
        if isinstance(statuses, set):
            assert set(found.values()) == statuses, (id, found)
        elif id == "1.16":
            assert {resource: found.get(resource) for resource in statuses} == statuses
        else:
            assert found == statuses, id
