"""A control of ours, written in Python: the same report."""

from __future__ import annotations

import pytest
from conftest import CORPUS

import cis_aws
from cis_aws import testing

MANUAL = (
    "Versioning is {status} and MFA delete is {mfa}; both must be Enabled if the bucket holds sensitive data: decide whether it does."
)


class MfaDelete(cis_aws.Control):
    key = "s3.mfa_delete"
    title = "S3 buckets need MFA to delete object versions"
    reads = ("s3.bucket_versionings",)
    resource_type = "AWS::S3::Bucket"
    remediation = {
        "summary": "Only the root user can, by the AWS CLI with an access key of root's and a code of root's device: make the key "
        "for this alone and delete it afterwards. Use it where data is sensitive.",
        "cautions": [
            (
                "cuts_access",
                "Automation that deletes versions or the bucket no longer works, and lifecycle rules cannot be set beside it.",
            ),
            ("costs", "Versions that nobody deletes are stored and paid for."),
        ],
        "console": "The console does not offer it.",
        "cli": [
            "aws s3api put-bucket-versioning --bucket {resource} --versioning-configuration Status=Enabled,MFADelete=Enabled "
            "--mfa '<DEVICE_SERIAL_NUMBER> <CODE>'"
        ],
        "terraform": "It takes root's key and a code of the moment, and Terraform should never run as root.",
    }

    def evaluate(self, facts, out):
        def judged(row):
            status, mfa = row["Status"], row["MFADelete"]
            evidence = {"VersioningConfiguration": {"Status": status, "MFADelete": mfa}}
            if (status, mfa) == ("Enabled", "Enabled"):
                return cis_aws.passed("Versioning and MFA delete are Enabled.", evidence=evidence)
            return cis_aws.manual(MANUAL, {"status": status, "mfa": mfa}, evidence=evidence)

        rows = facts.rows("s3.bucket_versionings")

        def named(row):
            try:
                return judged(row)
            except cis_aws.Gap as gap:
                raise gap.replace(resource=gap.resource or row["Bucket"]) from None

        out.each(rows, named, lambda row: f"arn:{facts.partition}:s3:::{row['Bucket']}")


def both(source):
    ours = cis_aws.scan(source, progress=False)
    assert len(ours.findings.filter(select="s3.mfa_delete")) > 0
    return ours, cis_aws.scan(source, controls=[MfaDelete()], progress=False)


def test_over_the_demo():
    ours, twin = both(cis_aws.DemoSource())
    assert {finding.status for finding in ours.findings.filter(select="s3.mfa_delete")} >= {"manual", "unknown"}
    assert twin.to_json() == ours.to_json()


@pytest.mark.parametrize("scenario", sorted(path.parent.name for path in CORPUS.glob("*/report.json")))
def test_over_the_corpus(scenario):
    ours, twin = both(cis_aws.SnapshotSource(CORPUS / scenario / "snapshot"))
    assert twin.to_json() == ours.to_json()


def test_over_many_resources():
    states = [("Enabled", "Enabled"), ("Enabled", None), ("Suspended", "Disabled"), (None, None)]
    rows = [{"Bucket": f"bucket-{n:05}", "Status": states[n % 4][0], "MFADelete": states[n % 4][1]} for n in range(5_000)]
    facts = {"s3.buckets": [{"Name": row["Bucket"]} for row in rows], "s3.bucket_versionings": rows}
    ours = testing.judge("s3.mfa_delete", facts)
    twin = testing.judge(MfaDelete(), facts)
    assert len(ours) == 5_000
    assert list(twin) == list(ours)
