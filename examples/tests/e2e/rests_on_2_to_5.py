"""What becomes of each recommendation of sections 2 to 5 when one operation can't be read, in our account of the three.

Outcomes are those of `rests_on.py`. What an operation's row does not name must stay as it was.
"""

from account import ACTIVE_REGIONS
from alarms import PATTERNS
from expected_2_to_5 import MOVED_IN_1_5_0, VERDICTS
from rests_on import UNKNOWN, manual, same, unknown


def unknown_for(*resources: str):
    """Unknown for these resources, whether they were there or not; the rest as it was."""

    def outcome(before: dict, after: dict) -> str | None:
        expected = before | {resource: UNKNOWN for resource in resources}
        return None if after == expected else f"expected {expected}"

    return outcome


EVERY_REGION = [f"account in {region}" for region in ACTIVE_REGIONS]
CHAINS = {id: unknown for id in PATTERNS}
REGIONS_READ = [id for id in VERDICTS["ours", "2.0.0"] if id not in ("2.1.1", "2.1.2", "2.1.4")]

# By operation: outcomes under 2.0.0.
RESTS_ON = {
    "cloudtrail:DescribeTrails": {
        id: unknown for id in ("3.1", "3.2", "3.3", "3.4", "3.6", "3.7", "3.10", "3.11", *PATTERNS)
    },
    # Trails that deliver to no log group fail whatever their status; it is evidence in 3.7.
    "cloudtrail:GetTrailStatus": {
        "3.1": unknown,
        "3.4": unknown_for("trail/everything in us-east-1"),
        "3.7": same,
        "3.10": unknown_for("bucket/trail-logs"),
        "3.11": unknown_for("bucket/trail-logs"),
    }
    | CHAINS,
    "cloudtrail:GetEventSelectors": {"3.1": unknown, "3.10": unknown, "3.11": unknown} | CHAINS,
    "cloudwatch:DescribeAlarms": CHAINS,
    # A region without a delivery channel fails whatever its recorder, and one that records little whatever its channel.
    "config:DescribeConfigurationRecorders": {
        "3.5": unknown_for("account", "account in us-east-1", "account in eu-west-1")
    },
    "config:DescribeConfigurationRecorderStatus": {"3.5": unknown_for("account", "account in us-east-1")},
    "config:DescribeDeliveryChannels": {"3.5": unknown_for("account", "account in us-east-1")},
    "ec2:DescribeFlowLogs": {"3.9": unknown},
    "ec2:DescribeInstances": {"5.6": unknown},
    "ec2:DescribeManagedPrefixLists": {
        id: unknown_for("security-group/us-east-1/lists") for id in ("5.2", "5.3")
    },
    "ec2:DescribeNetworkAcls": {"5.1": unknown},
    # There may be regions that nobody looked at.
    "ec2:DescribeRegions": {id: unknown_for("account") for id in REGIONS_READ},
    "ec2:DescribeRouteTables": {"5.5": unknown_for("peering/us-east-1/app-data")},
    "ec2:DescribeSecurityGroups": {"5.2": unknown, "5.3": unknown, "5.4": unknown},
    "ec2:DescribeVpcPeeringConnections": {"5.5": unknown},
    # A VPC may have hidden its default group.
    "ec2:DescribeVpcs": {"3.9": unknown, "5.4": unknown_for(*EVERY_REGION)},
    "ec2:GetEbsEncryptionByDefault": {"2.2.1": unknown},
    # Evidence.
    "ec2:GetInstanceMetadataDefaults": {"5.6": same},
    "ec2:GetManagedPrefixListEntries": {
        id: unknown_for("security-group/us-east-1/lists") for id in ("5.2", "5.3")
    },
    "efs:DescribeFileSystems": {"2.4.1": unknown},
    "kms:DescribeKey": {"3.8": unknown_for("key/rotating", "key/fixed", "key/disabled", "key/signing")},
    "kms:GetKeyRotationStatus": {"3.8": unknown_for("key/rotating", "key/fixed")},
    # Saves calls for AWS's own keys.
    "kms:ListAliases": {"3.8": same},
    "kms:ListKeys": {"3.8": unknown},
    "logs:DescribeMetricFilters": CHAINS,
    "macie2:GetAutomatedDiscoveryConfiguration": {"2.1.3": manual},
    "macie2:GetMacieSession": {"2.1.3": manual},
    "macie2:ListClassificationJobs": {"2.1.3": manual},
    # A cluster without instances may be in any region.
    "rds:DescribeDBClusters": {"2.3.1": unknown_for(*EVERY_REGION), "2.3.2": unknown_for(*EVERY_REGION)},
    "rds:DescribeDBInstances": {"2.3.1": unknown, "2.3.2": unknown, "2.3.3": unknown},
    "s3:GetBucketAcl": {"3.3": unknown_for("bucket/trail-logs", "bucket/org-logs")},
    "s3:GetBucketEncryption": {},
    "s3:GetBucketLogging": {"3.6": unknown},
    "s3:GetBucketPolicy": {"2.1.1": unknown, "3.3": unknown},
    # Evidence, but for a policy that S3 alone calls public.
    "s3:GetBucketPolicyStatus": {"3.3": same},
    "s3:GetBucketVersioning": {"2.1.2": unknown},
    "s3:GetPublicAccessBlock": {"2.1.4": unknown, "3.3": same},
    "s3:ListBuckets": {
        id: unknown for id in ("2.1.1", "2.1.2", "2.1.3", "2.1.4", "3.6", "3.10", "3.11")
    }
    # What a trail names is asked for all the same, and an open statement decides.
    | {"3.3": unknown_for("bucket/trail-logs", "bucket/org-logs")},
    # A bucket that blocks everything itself needs no word of the account.
    "s3control:GetPublicAccessBlock": {
        "2.1.4": unknown_for("bucket/org-logs", "bucket/open-logs", "bucket/access-logs"),
        "3.3": same,
    },
    "securityhub:DescribeHub": {"4.16": unknown},
    "sns:ListSubscriptionsByTopic": CHAINS,
}

# What 1.5.0 answers otherwise, by its own ids: encryption at rest is asked for; no condition closes `org-logs`.
CHANGED_IN_1_5_0 = {
    "s3:GetBucketAcl": {"3.3": unknown_for("bucket/trail-logs")},
    "s3:GetBucketEncryption": {"2.1.1": unknown},
    "s3:ListBuckets": {"2.1.1": unknown, "3.3": unknown_for("bucket/trail-logs")},
}

# Operations that no verdict here rests on, and that the report does not name when they are denied.
SILENT = {
    "2.0.0": {"kms:ListAliases", "s3:GetBucketEncryption", "s3:GetBucketPolicyStatus"},
    "1.5.0": {
        "ec2:DescribeInstances",
        "ec2:GetInstanceMetadataDefaults",
        "kms:ListAliases",
        "s3:GetBucketPolicyStatus",
    },
}


def outcomes(benchmark: str, operation: str) -> dict:
    """Outcome by recommendation of an operation that can't be read."""
    rows = RESTS_ON[operation]
    if benchmark == "1.5.0":
        rows = {MOVED_IN_1_5_0.get(id, id): outcome for id, outcome in rows.items() if id != "5.6"}
        rows |= CHANGED_IN_1_5_0.get(operation, {})
    return rows


def groups(benchmark: str) -> list[list[str]]:
    """The operations in as few lists as can be, so that no two of a list have a recommendation in common.

    They can be denied in one scan: each change there has one cause.
    """
    lists: list[list[str]] = []
    for operation in RESTS_ON:
        concerned = set(outcomes(benchmark, operation))
        free = (one for one in lists if all(concerned.isdisjoint(outcomes(benchmark, other)) for other in one))
        room = next(free, None)
        if room is None:
            lists.append([operation])
        else:
            room.append(operation)
    return lists


GROUPS = {benchmark: groups(benchmark) for benchmark in ("2.0.0", "1.5.0")}
