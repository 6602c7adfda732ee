"""The account that the tests audit: who and what is in it. `seed.py` makes it, `expected.py` says how it is judged."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import credential_report

ACCOUNT = "123456789012"
IAM = f"arn:aws:iam::{ACCOUNT}:"
MANAGED = "arn:aws:iam::aws:policy/"

# Opt-in status of every region of the small world. The last active one is empty.
REGIONS = {
    "us-east-1": "opt-in-not-required",
    "eu-west-1": "opt-in-not-required",
    "ap-northeast-1": "opt-in-not-required",
    "af-south-1": "not-opted-in",
}
ACTIVE_REGIONS = [name for name, status in REGIONS.items() if status != "not-opted-in"]

ANALYZERS = {
    "us-east-1": [
        {"name": "broken", "type": "ACCOUNT", "status": "FAILED"},
        {"name": "external", "type": "ACCOUNT", "status": "ACTIVE"},
    ],
    "eu-west-1": [{"name": "unused", "type": "ACCOUNT_UNUSED_ACCESS", "status": "ACTIVE"}],
}

# None of these may be readable in a report.
CONTACT = {
    "FullName": "Quentin Zephyrsson",
    "AddressLine1": "17 Wobblestone Lane",
    "City": "Springfield",
    "PostalCode": "99931",
    "CountryCode": "US",
    "PhoneNumber": "+15550134711",
    "CompanyName": "Umbrellaworks",
}
SECURITY_CONTACT = {
    "Name": "Ottilie Quarrington",
    "Title": "Head of Vigilance",
    "EmailAddress": "o.quarrington@vigilance.example",
    "PhoneNumber": "+15550134722",
}

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Password:
    """How long ago the password was set and last used; `used` is None for never."""

    changed: timedelta
    used: timedelta | None
    mfa: bool = True


@dataclass(frozen=True)
class Key:
    """How long ago an access key was made and last used; `used` is None for never."""

    made: timedelta
    used: timedelta | None
    active: bool = True


@dataclass(frozen=True)
class User:
    """An IAM user, made `created` ago."""

    name: str
    created: timedelta = 400 * DAY
    path: str = "/"
    password: Password | None = None
    keys: tuple[Key, ...] = ()

    @property
    def arn(self) -> str:
        return f"{IAM}user{self.path}{self.name}"


USERS = [
    User("alice", password=Password(changed=30 * DAY, used=DAY)),
    User("bob", path="/people/", password=Password(changed=60 * DAY, used=None, mfa=False)),
    # A name that begins like another's, two active keys, the older one past its time.
    User("bobby", keys=(Key(100 * DAY, DAY / 10), Key(10 * DAY, DAY))),
    # A comma in the name, and both limits just kept.
    User("ci,deploy@eu", path="/robots/", keys=(Key(90 * DAY, 45 * DAY - SECOND),)),
    # Both limits just missed.
    User("edge", keys=(Key(90 * DAY + SECOND, 45 * DAY),)),
    # Never used, made with the user; never used, made later; made with the user, in use; made later, in use.
    User("setup", 10 * DAY, password=Password(10 * DAY, DAY), keys=(Key(10 * DAY - 30 * SECOND, None),)),
    User(
        "late",
        10 * DAY,
        password=Password(10 * DAY, DAY),
        keys=(Key(5 * DAY, None, active=False), Key(10 * DAY - 61 * SECOND, None)),
    ),
    User("handy", 10 * DAY, password=Password(10 * DAY, DAY), keys=(Key(10 * DAY, DAY),)),
    User("rotated", 300 * DAY, password=Password(20 * DAY, 2 * DAY), keys=(Key(20 * DAY, 2 * DAY),)),
    # Nothing but an old key that was turned off.
    User("idle", keys=(Key(400 * DAY, 300 * DAY, active=False),)),
    # A password long unused beside a key in use.
    User("forgotten", 310 * DAY, password=Password(310 * DAY, 300 * DAY), keys=(Key(20 * DAY, DAY),)),
    # Full administration as permissions boundary only.
    User("bounded"),
]


def report_rows(as_of: datetime, **root_cells: str) -> list[dict]:
    """The credential report of these users, with the root user's cells as given."""

    def ago(age: timedelta | None, never: str) -> str:
        return never if age is None else credential_report.cell(as_of - age)

    rows = [credential_report.root_row(**root_cells)]
    for user in USERS:
        cells = {"user_creation_time": ago(user.created, "")}
        if user.password:
            cells |= {
                "password_enabled": "true",
                "password_last_used": ago(user.password.used, "no_information"),
                "password_last_changed": ago(user.password.changed, ""),
                "mfa_active": str(user.password.mfa).lower(),
            }
        for n, key in enumerate(user.keys, start=1):
            cells |= {
                f"access_key_{n}_active": str(key.active).lower(),
                f"access_key_{n}_last_rotated": ago(key.made, ""),
                f"access_key_{n}_last_used_date": ago(key.used, "N/A"),
            }
            if key.used is not None:
                cells |= {f"access_key_{n}_last_used_region": "us-east-1", f"access_key_{n}_last_used_service": "s3"}
        rows.append(credential_report.row(user.name, user.arn, **cells))
    return rows


def root_cells(as_of: datetime) -> dict:
    """The root user in the tests' account: MFA, no keys, signed in five days ago."""
    return {"mfa_active": "true", "password_last_used": credential_report.cell(as_of - 5 * DAY)}
