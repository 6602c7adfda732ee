"""How sections 2 to 5 judge three accounts: status by account, recommendation and resource, from the requirements.

Of the accounts beside ours stands what ours has not: of many verdicts an account has but one.
"""

from account import ACTIVE_REGIONS
from alarms import PATTERNS
from expected import FAIL, MANUAL, NOT_APPLICABLE, PASS
from networks import ACLS, GROUPS

SECTIONS = ("2.*", "3.*", "4.*", "5.*")
ELSEWHERE = [region for region in ACTIVE_REGIONS if region != "us-east-1"]


def account_in(regions, status: str) -> dict[str, str]:
    return {f"account in {region}": status for region in regions}


def buckets(**statuses: str) -> dict[str, str]:
    return {f"bucket/{name.replace('_', '-')}": status for name, status in statuses.items()}


def trails(everything: str, organization: str, local: str) -> dict[str, str]:
    return {
        "trail/everything in us-east-1": everything,
        "trail/organization in us-east-1": organization,
        "trail/local in eu-west-1": local,
    }


def databases(safe: str, loose: str) -> dict[str, str]:
    return {"db:safe in us-east-1": safe, "db:loose in us-east-1": loose} | account_in(ELSEWHERE, NOT_APPLICABLE)


def defaults(kind: str, status: str, **others: str) -> dict[str, str]:
    """Of what AWS makes with each VPC, in every region; `app` and `data` are the VPCs of us-east-1."""
    names = [f"{region}/default" for region in ACTIVE_REGIONS]
    names += ["us-east-1/default-of-app", "us-east-1/default-of-data"]
    return {f"{kind}/{name}": others.get(name.rpartition("-")[2], status) for name in names}


def acls(*failing: str) -> dict[str, str]:
    """What comes with a VPC lets in everything."""
    ours = {f"network-acl/us-east-1/{name}": FAIL if name in failing else PASS for name in ACLS}
    return ours | defaults("network-acl", FAIL)


def groups(*failing: str) -> dict[str, str]:
    """What comes with a VPC lets in nobody from outside."""
    ours = {f"security-group/us-east-1/{name}": FAIL if name in failing else PASS for name in GROUPS}
    return ours | defaults("security-group", PASS)


OURS_2_0_0 = {
    # All of HTTP is denied in two buckets, downloads alone in one.
    "2.1.1": buckets(trail_logs=PASS, open_logs=PASS, org_logs=FAIL, access_logs=FAIL),
    "2.1.2": buckets(trail_logs=PASS, org_logs=MANUAL, open_logs=MANUAL, access_logs=MANUAL),
    "2.1.3": {"account": MANUAL},
    "2.1.4": buckets(trail_logs=PASS, org_logs=FAIL, open_logs=FAIL, access_logs=FAIL),
    "2.2.1": {"account in us-east-1": PASS} | account_in(ELSEWHERE, FAIL),
    "2.3.1": databases(safe=PASS, loose=FAIL),
    "2.3.2": databases(safe=PASS, loose=FAIL),
    "2.3.3": databases(safe=PASS, loose=FAIL),
    "2.4.1": {"file-system/safe": PASS, "file-system/loose": FAIL} | account_in(ELSEWHERE, NOT_APPLICABLE),
    "3.1": {"account": PASS},
    "3.2": trails(everything=PASS, organization=FAIL, local=FAIL),
    # Open to an organization, and to everyone. That HTTP is denied closes nothing.
    "3.3": buckets(trail_logs=PASS, org_logs=PASS, open_logs=FAIL),
    "3.4": trails(everything=PASS, organization=FAIL, local=FAIL),
    # The last one is IAM's types, which one region records.
    "3.5": {
        "account in us-east-1": PASS,
        "account in eu-west-1": FAIL,
        "account in ap-northeast-1": FAIL,
        "account": PASS,
    },
    "3.6": buckets(trail_logs=PASS, org_logs=FAIL, open_logs=FAIL),
    "3.7": trails(everything=PASS, organization=FAIL, local=FAIL),
    "3.8": {
        "key/rotating": PASS,
        "key/fixed": FAIL,
        "key/disabled": NOT_APPLICABLE,
        "key/signing": NOT_APPLICABLE,
    }
    | account_in(ELSEWHERE, NOT_APPLICABLE),
    # Rejected traffic, accepted traffic alone, none.
    "3.9": {
        "vpc/us-east-1/default": PASS,
        "vpc/eu-west-1/default": FAIL,
        "vpc/ap-northeast-1/default": FAIL,
        "vpc/us-east-1/app": FAIL,
        "vpc/us-east-1/data": FAIL,
    },
    "3.10": buckets(trail_logs=PASS, org_logs=FAIL, open_logs=FAIL, access_logs=FAIL),
    "3.11": buckets(trail_logs=PASS, org_logs=FAIL, open_logs=FAIL, access_logs=FAIL),
    **{id: {"account": PASS} for id in PATTERNS},
    "4.16": {"account in us-east-1": PASS} | account_in(ELSEWHERE, FAIL),
    "5.1": acls("ssh", "denied-too-late", "rdp-over-udp"),
    "5.2": groups("ssh", "rdp-over-udp", "range", "halves", "everything", "lists"),
    "5.3": groups("ssh-v6", "range", "everything"),
    "5.4": defaults("security-group", FAIL, app=PASS),
    "5.5": {"peering/us-east-1/app-data": MANUAL} | account_in(ELSEWHERE, NOT_APPLICABLE),
    "5.6": {
        "instance/us-east-1/with-role": PASS,
        "instance/us-east-1/bare": FAIL,
        "instance/us-east-1/empty-profile": FAIL,
        "instance/us-east-1/stopped": FAIL,
        "instance/eu-west-1/with-role": PASS,
        "instance/eu-west-1/bare": FAIL,
        "account in ap-northeast-1": NOT_APPLICABLE,
    },
}

# Every chain is broken; the trail records the objects of all buckets, and the account blocks public access to them.
LEAKY_2_0_0 = {
    "2.1.4": buckets(leaky_logs=PASS),
    "3.1": {"account": PASS},
    "3.5": account_in(ACTIVE_REGIONS, FAIL) | {"account": FAIL},
    "3.10": {"account": PASS},
    "3.11": {"account": PASS},
    **{id: {"account": MANUAL} for id in PATTERNS},
}

BARE_2_0_0 = {
    **{id: {"account": NOT_APPLICABLE} for id in ("2.1.1", "2.1.2", "2.1.3", "2.1.4")},
    "2.2.1": account_in(ACTIVE_REGIONS, FAIL),
    **{id: account_in(ACTIVE_REGIONS, NOT_APPLICABLE) for id in ("2.3.1", "2.3.2", "2.3.3", "2.4.1")},
    "3.1": {"account": FAIL},
    **{id: {"account": NOT_APPLICABLE} for id in ("3.2", "3.3", "3.4", "3.6", "3.7")},
    "3.5": account_in(ACTIVE_REGIONS, FAIL) | {"account": FAIL},
    "3.8": account_in(ACTIVE_REGIONS, NOT_APPLICABLE),
    "3.10": {"account": NOT_APPLICABLE},
    "3.11": {"account": NOT_APPLICABLE},
    **{id: {"account": MANUAL} for id in PATTERNS},
    "4.16": account_in(ACTIVE_REGIONS, FAIL),
    "5.5": account_in(ACTIVE_REGIONS, NOT_APPLICABLE),
    "5.6": account_in(ACTIVE_REGIONS, NOT_APPLICABLE),
}

# Section 2.1 begins with encryption at rest there, and has the others one place on.
MOVED_IN_1_5_0 = {"2.1.1": "2.1.2", "2.1.2": "2.1.3", "2.1.3": "2.1.4", "2.1.4": "2.1.5"}


def older(rows: dict, changed: dict) -> dict:
    """The same under 1.5.0, where it has no 5.6."""
    moved = {MOVED_IN_1_5_0.get(id, id): statuses for id, statuses in rows.items() if id != "5.6"}
    return dict(sorted((moved | changed).items(), key=lambda row: [int(part) for part in row[0].split(".")]))


NOBODY_WATCHES = {id: {"account": FAIL} for id in PATTERNS}

VERDICTS = {
    ("ours", "2.0.0"): OURS_2_0_0,
    ("ours", "1.5.0"): older(
        OURS_2_0_0,
        {
            "2.1.1": buckets(trail_logs=PASS, open_logs=PASS, org_logs=FAIL, access_logs=FAIL),
            "2.1.3": buckets(trail_logs=PASS, org_logs=FAIL, open_logs=FAIL, access_logs=FAIL),
            # No condition restricts who "*" is, and UDP is not asked for where addresses are of version 4.
            "3.3": buckets(trail_logs=PASS, org_logs=FAIL, open_logs=FAIL),
            "5.1": acls("ssh", "denied-too-late"),
            "5.2": groups("ssh", "range", "halves", "everything", "lists"),
        },
    ),
    ("leaky", "2.0.0"): LEAKY_2_0_0,
    ("leaky", "1.5.0"): older(LEAKY_2_0_0, NOBODY_WATCHES),
    ("bare", "2.0.0"): BARE_2_0_0,
    ("bare", "1.5.0"): older(BARE_2_0_0, NOBODY_WATCHES | {"2.1.1": {"account": NOT_APPLICABLE}}),
}

# By the chain that is broken: what the finding must name, so that each is known to fail for its own reason.
BROKEN_AT = {
    "4.1": "catch",
    "4.2": "MFAUsed",
    "4.3": "no alarm",
    "4.4": "no alarm",
    "4.5": "ActionsEnabled",
    "4.6": "no SNS topic",
    "4.7": "nobody",
    "4.8": "gone",
    "4.9": "adds 0",
    "4.10": "no alarm",
    "4.11": "CreateNetworkAcl",
    "4.12": "without a match",
    "4.13": "no SNS topic",
    "4.14": "DeleteVpc",
    "4.15": "ec2:stop",
}
