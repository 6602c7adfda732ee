"""One measurement in a process of its own: `python work.py scan FOLDER` prints what it took."""

import json
import sys
import time
from pathlib import Path


class Took:
    """Seconds of the whole process and of the clock."""

    def __enter__(self):
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_):
        self.wall, self.cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu


def imported() -> dict:
    with Took() as took:
        import cis_aws  # noqa: F401
    return {"cpu": took.cpu, "wall": took.wall}


def scan(folder: str, **more):
    import cis_aws

    with Took() as took:
        report = cis_aws.scan(cis_aws.SnapshotSource(folder), progress=False, **more)
    return report, took


def scanned(folder: str) -> dict:
    report, took = scan(folder)
    return {"cpu": took.cpu, "wall": took.wall, "findings": len(report.findings)}


def failing(folder: str) -> list:
    """What fails, in the words in which `generate` says what is planted."""
    report, _ = scan(folder)
    failing = report.findings.filter(status="fail")

    def named(finding):
        return finding.resource_arn or (f"region/{finding.region}" if finding.region else "account")

    return sorted({f"{finding.control}\t{named(finding)}" for finding in failing})


def is_open(group) -> bool:
    """The same test for both loops: whether a rule lets in everyone."""
    return any(
        source.get("CidrIp") == "0.0.0.0/0" for rule in group["IpPermissions"] for source in rule.get("IpRanges") or ()
    )


def checked(folder: str) -> dict:
    import cis_aws

    @cis_aws.control(key="acme.open", title="Groups are closed", each="ec2.security_groups")
    def check(group, facts):
        verdict = cis_aws.failed if is_open(group) else cis_aws.passed
        return verdict("It is looked at.")

    @cis_aws.control(key="acme.open", title="Groups are read", reads=["ec2.security_groups"])
    def nothing(facts, out):
        return cis_aws.passed("It is read.")

    report, with_rows = scan(folder, controls=[check], select="acme.*")
    _, without = scan(folder, controls=[nothing], select="acme.*")
    rows, seen, plain, failing = len(report.findings), 0, 0.0, 0
    for document in Path(folder).rglob("ec2.security_groups.json"):
        text = document.read_text()
        with Took() as took:
            groups = json.loads(text)["SecurityGroups"]
            failing += sum(map(is_open, groups))
        seen += len(groups)
        plain += took.cpu
    assert (seen, failing) == (rows, len(report.findings.filter(status="fail"))), "the two loops disagree"
    return {
        "rows": rows,
        "a_row_us": 1e6 * (with_rows.cpu - without.cpu) / rows,
        "plain_row_us": 1e6 * plain / rows,
    }


def arrow(folder: str) -> dict:
    import pyarrow  # noqa: F401

    report, _ = scan(folder)
    findings = report.findings
    # Rust makes the columns when they are first asked for, and keeps them.
    with Took() as made:
        findings.__arrow_c_stream__()
    with Took() as handed_over:
        table = findings.to_arrow()
    assert table.num_rows == len(findings)
    return {"made": made.cpu, "handed_over": handed_over.cpu}


WORK = {"import": imported, "scan": scanned, "failing": failing, "check": checked, "arrow": arrow}

if __name__ == "__main__":
    print(json.dumps(WORK[sys.argv[1]](*sys.argv[2:])))
