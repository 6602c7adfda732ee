"""What section 2 judges in the account: buckets, disks, databases, file systems; of each one as it must be and others.

The verdicts are in `expected_2_to_5.py`.
"""

from account import ACCOUNT
from seed import client, document

EVERYTHING_BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


def deny_http(bucket: str, action: str = "s3:*") -> dict:
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def from_cloudtrail(bucket: str) -> dict:
    return {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }


def from_everyone(bucket: str, **condition: dict) -> dict:
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    return allowed | ({"Condition": condition} if condition else {})


def seed_storage(url: str) -> dict[str, str]:
    """Fills the account; gives the ARN of what AWS names itself by our names."""
    buckets(client(url, "s3"))
    client(url, "ec2").enable_ebs_encryption_by_default()
    databases(client(url, "rds"))
    return file_systems(client(url, "efs"))


def buckets(s3) -> None:
    # Where trails deliver: one that is as it must be, one for an organization, one for everyone.
    for name in ("trail-logs", "org-logs", "open-logs"):
        s3.create_bucket(Bucket=name)
    # Without anything of its own but the leave of S3 to write its access logs.
    s3.create_bucket(Bucket="access-logs", ACL="log-delivery-write")

    s3.put_bucket_policy(
        Bucket="trail-logs", Policy=document(from_cloudtrail("trail-logs"), deny_http("trail-logs"))
    )
    s3.put_bucket_policy(
        Bucket="org-logs",
        Policy=document(
            from_cloudtrail("org-logs"),
            from_everyone("org-logs", StringEquals={"aws:PrincipalOrgID": "o-a1b2c3d4e5"}),
            deny_http("org-logs", action="s3:GetObject"),
        ),
    )
    s3.put_bucket_policy(
        Bucket="open-logs", Policy=document(from_everyone("open-logs"), deny_http("open-logs"))
    )
    for name in ("trail-logs", "org-logs"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_versioning(Bucket="open-logs", VersioningConfiguration={"Status": "Suspended"})
    for name, algorithm in {"trail-logs": "aws:kms", "open-logs": "AES256"}.items():
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_public_access_block(Bucket="trail-logs", PublicAccessBlockConfiguration=EVERYTHING_BLOCKED)
    s3.put_public_access_block(
        Bucket="org-logs", PublicAccessBlockConfiguration=EVERYTHING_BLOCKED | {"RestrictPublicBuckets": False}
    )
    s3.put_bucket_logging(
        Bucket="trail-logs",
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "access-logs", "TargetPrefix": ""}},
    )


def databases(rds) -> None:
    for name, good in {"safe": True, "loose": False}.items():
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t3.micro",
            Engine="postgres",
            AllocatedStorage=20,
            MasterUsername="owner",
            MasterUserPassword="Correct-Horse-7-Battery",
            StorageEncrypted=good,
            AutoMinorVersionUpgrade=good,
            PubliclyAccessible=not good,
        )


def file_systems(efs) -> dict[str, str]:
    arn = f"arn:aws:elasticfilesystem:us-east-1:{ACCOUNT}:file-system/"
    return {
        f"file-system/{name}": arn + efs.create_file_system(CreationToken=name, Encrypted=encrypted)["FileSystemId"]
        for name, encrypted in {"safe": True, "loose": False}.items()
    }
