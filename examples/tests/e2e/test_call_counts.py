"""How many calls a scan makes, counted at the server: bulk operations only, each fact once."""

from datetime import UTC, datetime

import pytest

import credential_report
import seed
from complete import complete, read_details
from expected_2_to_5 import SECTIONS
from moto_server import MotoServer
from proxy import Proxy, count, table
from rests_on_2_to_5 import RESTS_ON

# What one scan of section 1 may call, with the most calls in one region. Everything else is a walk over entities.
LIMITS = {
    "access-analyzer:ListAnalyzers": 1,
    "account:GetAlternateContact": 3,
    "account:GetContactInformation": 1,
    "ec2:DescribeInstances": 1,
    "ec2:DescribeRegions": 1,
    "iam:GenerateCredentialReport": 2,
    "iam:GetAccountPasswordPolicy": 1,
    "iam:GetAccountSummary": 1,
    "iam:GetCredentialReport": 1,
    "iam:ListOpenIDConnectProviders": 1,
    "iam:ListOrganizationsFeatures": 1,
    "iam:ListSAMLProviders": 1,
    "iam:ListServerCertificates": 1,
    "iam:ListVirtualMFADevices": 1,
    "organizations:DescribeOrganization": 1,
    "sts:GetCallerIdentity": 1,
}
# What one scan of sections 2 to 5 may call in one region: lists once, and what is asked of each resource once for each.
LIMITS_2_TO_5 = {operation: 1 for operation in RESTS_ON} | {
    "cloudtrail:GetEventSelectors": 2,
    "cloudtrail:GetTrailStatus": 2,
    # Alarms on metrics, and on other alarms.
    "cloudwatch:DescribeAlarms": 2,
    # AWS's own keys are told by their aliases, and keys that can't rotate are not asked whether they do.
    "kms:DescribeKey": 4,
    "kms:GetKeyRotationStatus": 3,
    # Of the buckets that trails deliver to.
    "s3:GetBucketAcl": 3,
    "s3:GetBucketLogging": 3,
    "s3:GetBucketPolicyStatus": 3,
    # Of every bucket.
    "s3:GetBucketEncryption": 4,
    "s3:GetBucketPolicy": 4,
    "s3:GetBucketVersioning": 4,
    "s3:GetPublicAccessBlock": 4,
    "sts:GetCallerIdentity": 1,
}
# 500 users, 1,000 roles and a few policies at 1,000 a page, in one chain of pages or in five.
LIMITS_FOR_MANY = LIMITS | {"iam:GetAccountAuthorizationDetails": 5}


def over(calls, limits: dict[str, int]) -> list[str]:
    """Operations that were called more often in one region than allowed, or not allowed at all."""
    regions = {call.region for call in calls}
    counts = {region: count([call for call in calls if call.region == region]) for region in regions}
    return sorted(
        f"{name} {number} times in {region}, at most {limits.get(name, 0)}"
        for region, by_name in counts.items()
        for name, number in by_name.items()
        if number > limits.get(name, 0)
    )


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The proxy in front of an account with 500 users and 1,000 roles."""
    moto = MotoServer(tmp_path_factory.mktemp("large") / "log")
    proxy = Proxy(moto.url).start()
    seed.seed_many(moto.url, users=500, roles=1000)
    details = read_details(proxy)
    users = [one.arn for one in details.entities if one.kind == "User"]
    rows = [credential_report.root_row(), *(credential_report.row(arn.rpartition("/")[2], arn) for arn in users)]
    complete(proxy, details, rows, datetime.now(UTC).replace(microsecond=0))
    yield proxy
    proxy.stop()
    moto.stop()


def test_500_users_and_1000_roles_take_bulk_calls_only(audit, large, capsys):
    with large.watch() as calls:
        run = audit(
            *("live", "--endpoint-url", large.url, "--region", "us-east-1", "--region", "eu-west-1"),
            *("--select", "1.*", "--format", "json"),
        )
    assert run.code == 1, run
    with capsys.disabled():
        print(f"\nCalls of a scan of section 1 with 500 users, 1,000 roles and 2 regions:\n{table(count(calls))}")
    assert over(calls, LIMITS_FOR_MANY) == []
    assert len(calls) <= 25


def test_each_fact_is_fetched_once(aws, live):
    with aws.watch() as calls:
        live()
    assert over(calls, LIMITS | {"iam:GetAccountAuthorizationDetails": 5}) == []


@pytest.mark.parametrize("benchmark", ["2.0.0", "1.5.0"])
def test_each_fact_of_sections_2_to_5_is_fetched_once(aws, live, benchmark):
    with aws.watch() as calls:
        live(benchmark=benchmark, select=SECTIONS)
    assert over(calls, LIMITS_2_TO_5) == []
    # Fifteen controls read what one does.
    with aws.watch() as calls_of_one:
        live(benchmark=benchmark, select=["4.1"])
    chain = ("cloudtrail:", "cloudwatch:", "logs:", "sns:")
    fetched = {name: number for name, number in count(calls).items() if name.startswith(chain)}
    assert fetched == {name: number for name, number in count(calls_of_one).items() if name.startswith(chain)}


@pytest.mark.parametrize(
    ("id", "operations"),
    [
        ("1.3", set()),
        ("1.8", {"iam:GetAccountPasswordPolicy"}),
        ("1.15", {"iam:GetAccountAuthorizationDetails"}),
        ("1.19", {"iam:ListServerCertificates"}),
        ("1.20", {"access-analyzer:ListAnalyzers", "ec2:DescribeRegions"}),
        ("2.1.2", {"s3:GetBucketVersioning", "s3:ListBuckets"}),
        ("2.2.1", {"ec2:GetEbsEncryptionByDefault"}),
        ("3.6", {"cloudtrail:DescribeTrails", "s3:GetBucketLogging", "s3:ListBuckets"}),
        ("5.4", {"ec2:DescribeSecurityGroups", "ec2:DescribeVpcs"}),
    ],
)
def test_only_what_a_selected_control_reads_is_fetched(aws, live, id, operations):
    with aws.watch() as calls:
        live(select=[id])
    planning = {"sts:GetCallerIdentity", "ec2:DescribeRegions"}
    assert set(count(calls)) | planning == operations | planning


def test_the_largest_pages_are_asked_for(aws, live):
    with aws.watch() as calls:
        live()
    sizes = {(call.name, call.params.get("MaxItems") or call.params.get("MaxResults")) for call in calls}
    assert ("iam:GetAccountAuthorizationDetails", "1000") in sizes
    assert ("ec2:DescribeInstances", "1000") in sizes
