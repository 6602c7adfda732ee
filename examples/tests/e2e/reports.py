"""Reads a report the way the tests ask for it."""

from account import ACCOUNT, IAM, MANAGED


class Report:
    """A report's JSON with questions to ask of it."""

    def __init__(self, value: dict, instances: dict[str, str]):
        self.value = value
        self._names = {arn: f"instance/{name}" for name, arn in instances.items()}

    def findings(self, recommendation: str) -> list[dict]:
        return [one for one in self.value["findings"] if one["recommendation"] == recommendation]

    def statuses(self, recommendation: str) -> dict[str, str]:
        """Status by resource, the resource in short: `root`, `user/people/bob`, `account`, `account in eu-west-1`."""
        findings = self.findings(recommendation)
        statuses = {self.label(one): one["status"] for one in findings}
        assert len(statuses) == len(findings), f"{recommendation} has two findings on one resource: {findings}"
        return statuses

    def label(self, finding: dict) -> str:
        resource = finding["resource"]
        if resource["arn"] is None:
            where = f" in {resource['region']}" if resource["region"] else ""
            return ("account" if resource["id"] == ACCOUNT else resource["id"]) + where
        arn = self._names.get(resource["arn"], resource["arn"])
        return arn.replace(MANAGED, "aws:policy/").removeprefix(IAM)

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
