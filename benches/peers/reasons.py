"""Why the two disagree: `reasons.toml`, in which the first reason that fits counts."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from verdicts import Key


@dataclass
class Reason:
    """`right` says who follows the benchmark's text: `audit`, `Prowler`, or `either` where the text leaves it open."""

    recommendations: list[str]
    ours: list[str]
    theirs: list[str]
    right: str
    why: str
    source: str = ""
    about: str = ".*"
    # Not in every run: Prowler's threads decide.
    sometimes: bool = False
    met: bool = field(default=False, init=False)

    def fits(self, key: Key, ours: str, theirs: str) -> bool:
        recommendation, label = key
        named = recommendation in self.recommendations and re.fullmatch(self.about, label) is not None
        return named and ours in self.ours and theirs in self.theirs


@dataclass
class Reasons:
    all: list[Reason]

    @staticmethod
    def read(path: Path) -> "Reasons":
        return Reasons([Reason(**one) for one in tomllib.loads(path.read_text())["reason"]])

    def of(self, key: Key, ours: str, theirs: str) -> Reason | None:
        for reason in self.all:
            if reason.fits(key, ours, theirs):
                reason.met = True
                return reason
        return None
