"""The verdicts of both programs in one shape: a status by recommendation and what it is about."""

import csv
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from account import IAM, MANAGED

# The gravest first: several rows about one thing count as the gravest of them.
GRAVEST = ["unknown", "fail", "manual", "pass", "not_applicable"]
NONE = "no row"

# What both say of the account or of a region, whichever resource they hang it on.
OF_THE_ACCOUNT = {
    *(f"1.{n}" for n in range(1, 10)),
    "1.17",
    "1.21",
    "1.22",
    "2.1.3",
    "3.1",
    "3.10",
    "3.11",
    *(f"4.{n}" for n in range(1, 16)),
}
OF_A_REGION = {"1.20", "2.2.1", "3.5", "4.16"}

# Prowler names the trail where the recommendation is about the bucket that it delivers to.
BUCKETS = {"everything": "trail-logs", "organization": "org-logs", "local": "open-logs"}
OF_A_TRAILS_BUCKET = {"2.1.2", "3.3", "3.6"}

Key = tuple[str, str]


@dataclass
class Verdict:
    """A status, and the texts that gave it."""

    status: str
    texts: list[str]


class Verdicts(dict[Key, Verdict]):
    """By recommendation and label."""

    def add(self, recommendation: str, label: str, status: str, text: str) -> None:
        seen = self.setdefault((recommendation, label), Verdict("not_applicable", []))
        if GRAVEST.index(status) < GRAVEST.index(seen.status):
            seen.texts.clear()
        seen.status = min(seen.status, status, key=GRAVEST.index)
        if seen.status == status:
            seen.texts.append(text)

    def recommendations(self) -> dict[str, str]:
        """The gravest status of each."""
        gravest: dict[str, str] = {}
        for (id, _), verdict in self.items():
            gravest[id] = min(gravest.get(id, verdict.status), verdict.status, key=GRAVEST.index)
        return gravest


def label(recommendation: str, arn: str | None, id: str, region: str | None, names: dict[str, str]) -> str:
    """What a verdict is about, in short and the same for both programs."""
    if recommendation in OF_THE_ACCOUNT:
        return "account"
    if recommendation in OF_A_REGION:
        return region or "account"
    if arn is None:
        return region or id
    if arn in names:
        return names[arn]
    trail = re.search(r":trail/(.+)", arn)
    if trail and recommendation in OF_A_TRAILS_BUCKET:
        return f"bucket/{BUCKETS[trail[1]]}"
    return arn.replace(MANAGED, "aws:policy/").replace("arn:aws:s3:::", "bucket/").removeprefix(IAM)


def of_audit(report: Path, names: dict[str, str]) -> Verdicts:
    verdicts = Verdicts()
    for one in json.loads(report.read_text())["findings"]:
        at = one["resource"]
        name = label(one["recommendation"], at["arn"], at["id"], at["region"], names)
        verdicts.add(one["recommendation"], name, one["status"], one["message"])
    return verdicts


def of_prowler(table: Path, names: dict[str, str]) -> Verdicts:
    verdicts = Verdicts()
    for row in rows(table):
        name = label(row["REQUIREMENTS_ID"], row["RESOURCEID"], row["RESOURCEID"], row["REGION"], names)
        verdicts.add(row["REQUIREMENTS_ID"], name, row["STATUS"].lower(), f"{row['CHECKID']}: {row['STATUSEXTENDED']}")
    return verdicts


def rows(table: Path) -> list[dict]:
    with table.open(newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def differing(ours: Verdicts, theirs: Verdicts) -> Iterable[tuple[Key, str, str]]:
    """What they disagree on. That nothing is there to judge may also be said by no row."""
    for key in sorted(ours.keys() | theirs.keys(), key=in_order):
        our = ours[key].status if key in ours else NONE
        their = theirs[key].status if key in theirs else NONE
        if our != their and {our, their} != {"not_applicable", NONE}:
            yield key, our, their


def in_order(key: Key) -> tuple:
    return [int(part) for part in key[0].split(".")], key[1]
