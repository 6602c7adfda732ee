"""Puts everything that moto lacks or gets wrong for section 1 in front of it."""

from datetime import datetime, timedelta

import account
import credential_report
import faults
import seed
import stubs
from iam_pages import AuthorizationDetails
from proxy import Proxy


def read_details(proxy: Proxy) -> AuthorizationDetails:
    """What GetAccountAuthorizationDetails has to serve for the account behind the proxy."""
    seen = []
    with proxy.rules(("iam:GetAccountAuthorizationDetails", lambda call, forward: seen.append(forward()) or seen[0])):
        seed.client(proxy.url, "iam").get_account_authorization_details()
    return AuthorizationDetails.read(seen[0].body)


def complete(proxy: Proxy, details: AuthorizationDetails, rows: list[dict], as_of: datetime) -> None:
    """Adds the rules; `rows` is the credential report, and certificates expire around `as_of`."""
    expiry = {
        "expired": (as_of - account.SECOND).isoformat(),
        "on-the-second": as_of.isoformat(),
        "valid": (as_of + 90 * account.DAY).isoformat(),
    }
    root = {"AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0, "AccountPasswordPresent": 1}
    not_enabled = faults.fail(400, "ServiceAccessNotEnabledException", "Trusted access is not enabled for IAM.")
    rules = {
        "access-analyzer:ListAnalyzers": stubs.analyzers(account.ANALYZERS),
        "account:GetContactInformation": stubs.contact_information(**account.CONTACT),
        "ec2:DescribeRegions": stubs.regions(account.REGIONS),
        "iam:GenerateCredentialReport": credential_report.generated(),
        "iam:GetAccountAuthorizationDetails": details,
        "iam:GetAccountSummary": stubs.summary(**root),
        "iam:GetCredentialReport": credential_report.served(rows, as_of - timedelta(minutes=10)),
        "iam:ListOrganizationsFeatures": not_enabled,
        "iam:ListServerCertificates": stubs.certificate_dates(expiry),
        "iam:ListVirtualMFADevices": stubs.virtual_mfa_devices(),
    }
    for name, rule in rules.items():
        proxy.add(name, rule)
