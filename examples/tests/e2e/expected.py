"""How the account of `account.py` is judged: status by recommendation and resource, as section 1 requires.

The second table holds only what 1.5.0 judges otherwise. A tuple of statuses stands where several are allowed.
"""

from account import ACTIVE_REGIONS, USERS

PASS, FAIL, MANUAL, NOT_APPLICABLE = "pass", "fail", "manual", "not_applicable"


def by_user(statuses: dict[str, str]) -> dict[str, str]:
    """Names shortened to resources, every user present."""
    assert set(statuses) == {user.name for user in USERS}
    return {f"user{user.path}{user.name}": statuses[user.name] for user in USERS}


VERDICTS_2_0_0 = {
    "1.1": {"account": MANUAL},
    "1.2": {"account": PASS},
    "1.3": {"account": MANUAL},
    "1.4": {"root": PASS},
    "1.5": {"root": PASS},
    # No virtual device is root's, though alice's has the usual name of one.
    "1.6": {"root": MANUAL},
    "1.7": {"root": MANUAL},
    "1.8": {"account": PASS},
    "1.9": {"account": FAIL},
    "1.10": by_user(
        {
            "alice": PASS,
            "bob": FAIL,
            "bobby": NOT_APPLICABLE,
            "ci,deploy@eu": NOT_APPLICABLE,
            "edge": NOT_APPLICABLE,
            "setup": PASS,
            "late": PASS,
            "handy": PASS,
            "rotated": PASS,
            "idle": NOT_APPLICABLE,
            "forgotten": PASS,
            "bounded": NOT_APPLICABLE,
        }
    ),
    "1.11": by_user(
        {
            "alice": PASS,
            "bob": PASS,
            "bobby": NOT_APPLICABLE,
            "ci,deploy@eu": NOT_APPLICABLE,
            "edge": NOT_APPLICABLE,
            "setup": FAIL,
            "late": MANUAL,
            "handy": MANUAL,
            "rotated": PASS,
            "idle": NOT_APPLICABLE,
            "forgotten": PASS,
            "bounded": NOT_APPLICABLE,
        }
    ),
    "1.12": by_user(
        {
            "alice": PASS,
            "bob": FAIL,
            "bobby": PASS,
            "ci,deploy@eu": PASS,
            "edge": FAIL,
            "setup": PASS,
            "late": PASS,
            "handy": PASS,
            "rotated": PASS,
            "idle": NOT_APPLICABLE,
            "forgotten": FAIL,
            "bounded": NOT_APPLICABLE,
        }
    ),
    "1.13": by_user(
        {
            "alice": NOT_APPLICABLE,
            "bob": NOT_APPLICABLE,
            "bobby": FAIL,
            "ci,deploy@eu": PASS,
            "edge": PASS,
            "setup": PASS,
            "late": PASS,
            "handy": PASS,
            "rotated": PASS,
            "idle": NOT_APPLICABLE,
            "forgotten": PASS,
            "bounded": NOT_APPLICABLE,
        }
    ),
    "1.14": by_user(
        {
            "alice": NOT_APPLICABLE,
            "bob": NOT_APPLICABLE,
            "bobby": FAIL,
            "ci,deploy@eu": PASS,
            "edge": FAIL,
            "setup": PASS,
            "late": PASS,
            "handy": PASS,
            "rotated": PASS,
            "idle": NOT_APPLICABLE,
            "forgotten": PASS,
            "bounded": NOT_APPLICABLE,
        }
    ),
    "1.15": by_user({user.name: FAIL if user.name in ("bob", "bobby") else PASS for user in USERS}),
    # Neither the unattached policy nor the one that is a boundary only is judged; `was-admin` is one in an old version.
    "1.16": {
        "policy/full-admin": FAIL,
        "policy/teams/read-logs": PASS,
        "policy/was-admin": PASS,
        "aws:policy/AWSCloudShellFullAccess": PASS,
        "aws:policy/AWSSupportAccess": PASS,
        "aws:policy/AdministratorAccess": FAIL,
        "aws:policy/PowerUserAccess": PASS,
    },
    "1.17": {"account": PASS},
    # A terminated instance is not judged.
    "1.18": {
        "instance/us-east-1/with-role": PASS,
        "instance/us-east-1/bare": FAIL,
        "instance/us-east-1/empty-profile": FAIL,
        "instance/us-east-1/stopped": FAIL,
        "instance/eu-west-1/with-role": PASS,
        "instance/eu-west-1/bare": FAIL,
        "account in ap-northeast-1": NOT_APPLICABLE,
    },
    "1.19": {
        "server-certificate/edge/expired": FAIL,
        "server-certificate/edge/on-the-second": FAIL,
        "server-certificate/edge/valid": PASS,
    },
    "1.20": {
        "account in us-east-1": PASS,
        "account in eu-west-1": FAIL,
        "account in ap-northeast-1": FAIL,
    },
    "1.21": {"account": MANUAL},
    "1.22": {"group/shell": FAIL},
}

CHANGED_IN_1_5_0 = {
    "1.6": {"root": PASS},
    "1.7": {"root": FAIL},
    "1.11": VERDICTS_2_0_0["1.11"] | {"user/late": FAIL, "user/handy": PASS},
    "1.18": {f"account in {region}": MANUAL for region in ACTIVE_REGIONS}
    | {"account in ap-northeast-1": (MANUAL, NOT_APPLICABLE)},
}

VERDICTS = {
    "2.0.0": VERDICTS_2_0_0,
    "1.5.0": {id: rows for id, rows in (VERDICTS_2_0_0 | CHANGED_IN_1_5_0).items() if id != "1.22"},
}
