"""What becomes of each recommendation when one operation can't be read, from the requirements of section 1.

Each outcome is a function of the verdicts before and after (status by resource) that says what is wrong, or None.
What a table does not name must stay as it was.
"""

from account import ACTIVE_REGIONS

UNKNOWN = "unknown"


def unknown(before: dict, after: dict) -> str | None:
    """Nothing but unknown, at least once."""
    return None if set(after.values()) == {UNKNOWN} else "all of it must be unknown"


def manual(before: dict, after: dict) -> str | None:
    """A person decides whatever the facts say; what could not be read is named in the evidence."""
    return None if set(after.values()) == {"manual"} else "it must stay manual"


def manual_or_unknown(before: dict, after: dict) -> str | None:
    """What was not applicable, because there is nothing to judge, may stay so."""
    kept = {resource for resource, status in after.items() if status == "not_applicable" == before.get(resource)}
    others = {status for resource, status in after.items() if resource not in kept}
    return None if others <= {"manual", UNKNOWN} else "it must stay manual or become unknown"


def same(before: dict, after: dict) -> str | None:
    return None if before == after else "nothing may change"


def same_or_more_unknown(before: dict, after: dict) -> str | None:
    """Every verdict stands; unknown may be said of the account beside them."""
    more = {resource: status for resource, status in after.items() if resource not in before}
    kept = {resource: status for resource, status in after.items() if resource in before}
    if kept == before and set(more.values()) <= {UNKNOWN}:
        return None
    return "the verdicts must stand, with nothing but unknown beside them"


def some_unknown(before: dict, after: dict) -> str | None:
    """At least one unknown, and what is not unknown is as it was."""
    changed = {resource for resource, status in after.items() if status not in (UNKNOWN, before.get(resource))}
    return None if not changed and UNKNOWN in after.values() else f"changed to something else: {sorted(changed)}"


def fails_stand(before: dict, after: dict) -> str | None:
    """A pass becomes unknown; a fail or nothing to judge that rests on other facts alone stands."""
    expected = {resource: UNKNOWN if status == "pass" else status for resource, status in before.items()}
    # An instance whose profile holds no role can't be told from one whose profile does.
    expected |= {resource: UNKNOWN for resource in before if resource.endswith("/empty-profile")}
    return None if after == expected else f"expected {expected}"


def unknown_in(*regions: str):
    """Unknown for these regions, as it was elsewhere."""

    def outcome(before: dict, after: dict) -> str | None:
        def elsewhere(verdicts):
            return {r: s for r, s in verdicts.items() if not any(region in r for region in regions)}

        here = {r: s for r, s in after.items() if any(region in r for region in regions)}
        if elsewhere(before) == elsewhere(after) and set(here.values()) == {UNKNOWN}:
            return None
        return f"{', '.join(regions)} must be unknown and the rest as it was"

    return outcome


CREDENTIAL_REPORT = {id: unknown for id in ("1.7", "1.10", "1.11", "1.12", "1.13", "1.14")} | {"1.21": manual}

# By operation: outcomes under 2.0.0.
RESTS_ON = {
    "account:GetContactInformation": {"1.1": manual},
    "account:GetAlternateContact": {"1.1": manual, "1.2": unknown},
    # The report that is there is read all the same.
    "iam:GenerateCredentialReport": {},
    "iam:GetCredentialReport": CREDENTIAL_REPORT,
    # 1.4, 1.5 and 1.6 fall back on the report's root row. How many users are newer than the report is not known then.
    "iam:GetAccountSummary": {id: same_or_more_unknown for id in ("1.10", "1.11", "1.12", "1.13", "1.14")},
    "iam:GetAccountAuthorizationDetails": {
        "1.15": unknown,
        "1.16": unknown,
        "1.17": unknown,
        "1.18": fails_stand,
        "1.21": manual,
        "1.22": unknown,
    },
    "iam:GetAccountPasswordPolicy": {"1.8": unknown, "1.9": unknown},
    "iam:ListVirtualMFADevices": {"1.6": unknown},
    "iam:ListServerCertificates": {"1.19": unknown},
    "iam:ListSAMLProviders": {"1.21": manual},
    "iam:ListOpenIDConnectProviders": {"1.21": manual},
    "iam:ListOrganizationsFeatures": {},
    "organizations:DescribeOrganization": {"1.21": manual},
    "ec2:DescribeRegions": {"1.18": same_or_more_unknown, "1.20": some_unknown},
    "ec2:DescribeInstances": {"1.18": unknown},
    "access-analyzer:ListAnalyzers": {"1.20": unknown_in(*ACTIVE_REGIONS)},
}

# What 1.5.0 answers otherwise: it has no 1.22, an inactive root key counts, a person judges instance roles.
CHANGED_IN_1_5_0 = {
    "iam:GetAccountSummary": {"1.4": unknown},
    "iam:GetAccountAuthorizationDetails": {"1.18": manual_or_unknown},
    "ec2:DescribeRegions": {"1.18": same_or_more_unknown},
    "ec2:DescribeInstances": {"1.18": manual_or_unknown},
}


def outcomes(benchmark: str, operation: str) -> dict:
    """Outcome by recommendation of an operation that can't be read."""
    rows = RESTS_ON[operation]
    if benchmark == "1.5.0":
        rows = rows | CHANGED_IN_1_5_0.get(operation, {})
        rows = {id: outcome for id, outcome in rows.items() if id != "1.22"}
    return rows


def check(before, after, rows: dict) -> list[str]:
    """What is wrong with a report in the light of another one and the outcomes of some recommendations."""
    wrong = []
    for id in before.recommendations():
        was, became = before.statuses(id), after.statuses(id)
        problem = rows.get(id, same)(was, became)
        if problem:
            wrong.append(f"{id}: {problem}; it was {was} and became {became}")
    return wrong + overturned(before, after)


def overturned(before, after) -> list[str]:
    """Passes and fails that were not there while everything could be read."""
    was = {one["id"]: one["status"] for one in before.value["findings"]}
    return [
        f"{one['recommendation']} on {after.label(one)} is {one['status']} and was {was.get(one['id'], 'not there')}"
        for one in after.value["findings"]
        if one["status"] in ("pass", "fail") and was.get(one["id"]) != one["status"]
    ]
