"""IAM's credential report as AWS writes it: quoted CSV with a `<root_account>` row, which moto leaves out."""

import base64
import csv
import io
from datetime import datetime

from protocols import Answer, Call, query_result
from proxy import Rule

COLUMNS = [
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
]


def cell(moment: datetime) -> str:
    """A time as the report's cells have it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def row(user: str, arn: str, **cells: str) -> dict:
    """A user without any credential, changed by the cells that are given."""
    empty = {column: "false" if column.endswith(("_active", "_enabled")) else "N/A" for column in COLUMNS}
    unknown = set(cells) - set(COLUMNS)
    assert not unknown, f"no such columns in the credential report: {sorted(unknown)}"
    return empty | {"user": user, "arn": arn, "user_creation_time": "2020-01-01T00:00:00+00:00"} | cells


def root_row(**cells: str) -> dict:
    """The root user's row: a password, no key; whether it was used is up to the caller."""
    fixed = {
        "user_creation_time": "2019-01-01T00:00:00+00:00",
        "password_enabled": "true",
        "password_last_used": "no_information",
        "password_last_changed": "not_supported",
        "password_next_rotation": "not_supported",
    }
    return row("<root_account>", "arn:aws:iam::123456789012:root", **(fixed | cells))


def text(rows: list[dict]) -> str:
    """The report's CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def served(rows: list[dict], generated_at: datetime) -> Rule:
    """Answers GetCredentialReport."""
    content = base64.b64encode(text(rows).encode()).decode()

    def rule(call: Call, forward) -> Answer:
        return query_result(
            call,
            f"<Content>{content}</Content><ReportFormat>text/csv</ReportFormat>"
            f"<GeneratedTime>{generated_at.strftime('%Y-%m-%dT%H:%M:%SZ')}</GeneratedTime>",
        )

    return rule


def generated() -> Rule:
    """Answers GenerateCredentialReport: there is one already."""
    return lambda call, forward: query_result(call, "<State>COMPLETE</State>")
