"""Reads a report the way the tests ask for it."""

import re

from account import IAM, MANAGED


class Report:
    """A report's JSON with questions to ask of it."""

    def __init__(self, value: dict, names: dict[str, str]):
        self.value = value
        self._names = {arn: name for name, arn in names.items()}

    def findings(self, recommendation: str) -> list[dict]:
        return [one for one in self.value["findings"] if one["recommendation"] == recommendation]

    def statuses(self, recommendation: str) -> dict[str, str]:
        """Status by resource, the resource in short: `root`, `user/people/bob`, `trail/a in eu-west-1`, `account`."""
        findings = self.findings(recommendation)
        statuses = {self.label(one): one["status"] for one in findings}
        assert len(statuses) == len(findings), f"{recommendation} has two findings on one resource: {findings}"
        return statuses

    def label(self, finding: dict) -> str:
        resource = finding["resource"]
        if resource["arn"] is None:
            where = f" in {resource['region']}" if resource["region"] else ""
            return ("account" if resource["id"] == self.value["account_id"] else resource["id"]) + where
        arn = self._names.get(resource["arn"], resource["arn"])
        regional = re.fullmatch(r"arn:aws:[a-z0-9]+:([a-z0-9-]+):\d{12}:(.+)", arn)
        if regional:
            return f"{regional[2]} in {regional[1]}"
        return arn.replace(MANAGED, "aws:policy/").replace("arn:aws:s3:::", "bucket/").removeprefix(IAM)

    def recommendations(self) -> list[str]:
        """The ids that have findings, in the report's order."""
        return list(dict.fromkeys(one["recommendation"] for one in self.value["findings"]))


def same_operation(one: str, other: str) -> bool:
    """Whether two names mean one operation: the CLI says `accessanalyzer`, IAM `access-analyzer`."""
    return one.replace("access-analyzer", "accessanalyzer") == other.replace("access-analyzer", "accessanalyzer")


def gap_of(gaps: list[dict], operation: str, code: str | None = None) -> dict | None:
    """The first of these gaps that names the operation, and the error code if one is given."""
    for gap in gaps:
        if same_operation(gap["operation"] or "", operation) and code in (None, gap["code"]):
            return gap
    return None
