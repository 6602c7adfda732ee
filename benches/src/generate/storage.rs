//! Buckets, and what is set on each.

use cis_aws::Time;
use cis_aws::datasets::s3::{
    AccountPublicAccessBlock, Bucket, BucketAcl, BucketAcls, BucketEncryption, BucketEncryptions, BucketLogging,
    BucketLoggings, BucketPolicies, BucketPolicy, BucketPolicyStatus, BucketPolicyStatuses, BucketPublicAccessBlock,
    BucketPublicAccessBlocks, BucketVersioning, BucketVersionings, Buckets, EncryptionByDefault, EncryptionRule,
    EncryptionRules, Grant, Grantee, LoggingEnabled, PolicyStatus, PublicAccessBlock, Versioning,
};
use cis_core::{Fact, Table};
use serde_json::{Value, json};

use super::{Account, DAY, table_of, text};

impl Account {
    pub(super) fn storage(&self, name: &str) -> Option<Table> {
        table_of::<Buckets>(name, || self.each_bucket(|index, bucket| self.bucket(index, bucket)))
            // Some settings of the account's, so that its buckets' decide.
            .or_else(|| table_of::<AccountPublicAccessBlock>(name, || vec![block(true, false)]))
            .or_else(|| table_of::<BucketPolicies>(name, || self.bucket_policies()))
            .or_else(|| {
                table_of::<BucketPolicyStatuses>(name, || {
                    self.each_bucket(|index, bucket| BucketPolicyStatus {
                        bucket,
                        policy_status: Fact::Known(
                            self.has_policy(index).then_some(PolicyStatus { is_public: Some(false) }),
                        ),
                    })
                })
            })
            .or_else(|| {
                table_of::<BucketVersionings>(name, || {
                    self.each_bucket(|index, bucket| BucketVersioning {
                        bucket,
                        versioning: Fact::Known(Versioning {
                            status: Some("Enabled".into()),
                            mfa_delete: (!self.lacks(index, "s3.mfa_delete")).then(|| "Enabled".into()),
                        }),
                    })
                })
            })
            .or_else(|| {
                table_of::<BucketPublicAccessBlocks>(name, || {
                    self.each_bucket(|index, bucket| BucketPublicAccessBlock {
                        bucket,
                        public_access_block_configuration: Fact::Known(
                            match (self.lacks(index, "s3.block_public_access"), index % 2) {
                                (true, 0) => None,
                                (true, _) => Some(block(true, false)),
                                _ => Some(block(true, true)),
                            },
                        ),
                    })
                })
            })
            .or_else(|| {
                table_of::<BucketEncryptions>(name, || {
                    self.each_bucket(|index, bucket| BucketEncryption {
                        bucket,
                        server_side_encryption_configuration: Fact::Known(
                            (!self.lacks(index, "s3.default_encryption"))
                                .then(|| encrypted(if index.is_multiple_of(3) { "aws:kms" } else { "AES256" })),
                        ),
                    })
                })
            })
            .or_else(|| {
                table_of::<BucketAcls>(name, || {
                    let public = |index| self.trail_violation(index) == Some("cloudtrail.bucket_not_public");
                    self.each_bucket(|index, bucket| BucketAcl { bucket, grants: Fact::Known(grants(public(index))) })
                })
            })
            .or_else(|| {
                table_of::<BucketLoggings>(name, || {
                    let off = |index| self.trail_violation(index) == Some("cloudtrail.bucket_access_logging");
                    let on = || LoggingEnabled {
                        target_bucket: Some(self.bucket_name(self.size.buckets - 1)),
                        target_prefix: Some("access/".into()),
                    };
                    self.each_bucket(|index, bucket| BucketLogging {
                        bucket,
                        logging_enabled: Fact::Known((!off(index)).then(on)),
                    })
                })
            })
    }

    fn each_bucket<R>(&self, row: impl Fn(usize, String) -> R) -> Vec<R> {
        (0..self.size.buckets).map(|index| row(index, self.bucket_name(index))).collect()
    }

    fn lacks(&self, index: usize, key: &str) -> bool {
        self.bucket_violation(index) == Some(key)
    }

    /// The bucket of the trail with this number, and after those of trails all others.
    pub(super) fn bucket_name(&self, index: usize) -> String {
        let kind = if index <= self.size.trails { "trail" } else { "data" };
        format!("{kind}-{}-{index:06}", self.account_id())
    }

    pub(super) fn bucket_arn(&self, index: usize) -> String {
        format!("arn:aws:s3:::{}", self.bucket_name(index))
    }

    fn bucket(&self, index: usize, name: String) -> Bucket {
        let region = self.regions().get(index % self.regions().len());
        Bucket {
            name,
            bucket_region: region.map(|name| (*name).to_owned()),
            creation_date: Some(Time(self.ago(500 * DAY))),
        }
    }

    fn has_policy(&self, index: usize) -> bool {
        !self.lacks(index, "s3.deny_http") || index % 2 == 1
    }

    fn bucket_policies(&self) -> Vec<BucketPolicy> {
        let mut draw = self.draw("s3.bucket_policies");
        let mut policy = |index: usize| -> Value {
            let arn = self.bucket_arn(index);
            let mut statements = Vec::new();
            if !self.lacks(index, "s3.deny_http") {
                statements.push(json!({
                    "Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                    "Resource": [arn, format!("{arn}/*")],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }));
            }
            if index <= self.size.trails {
                statements.push(json!({
                    "Sid": "Trail", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
                    "Action": "s3:PutObject", "Resource": format!("{arn}/AWSLogs/*"),
                    "Condition": {"StringEquals": {"aws:SourceArn": self.trail_arn(index)}},
                }));
            }
            // Most buckets let in one or two roles, and a few a great many.
            let most = if draw.percent(3) { 60 } else { 2 };
            for number in 0..draw.skewed(most) {
                let role = format!("arn:aws:iam::{}:role/role-{:05}", self.account_id(), draw.below(2..10_000_u32));
                statements.push(json!({
                    "Sid": format!("Role{number}"), "Effect": "Allow", "Principal": {"AWS": role},
                    "Action": ["s3:GetObject", "s3:PutObject"], "Resource": format!("{arn}/{number}/*"),
                }));
            }
            // As S3 sends it: a text.
            text(json!({"Version": "2012-10-17", "Statement": statements}).to_string())
        };
        let policies: Vec<Option<Value>> =
            (0..self.size.buckets).map(|index| Some(policy(index)).filter(|_| self.has_policy(index))).collect();
        let rows = policies.into_iter().enumerate();
        rows.map(|(index, policy)| BucketPolicy { bucket: self.bucket_name(index), policy: Fact::Known(policy) })
            .collect()
    }
}

fn block(acls: bool, policies: bool) -> PublicAccessBlock {
    PublicAccessBlock {
        block_public_acls: Some(acls),
        ignore_public_acls: Some(acls),
        block_public_policy: Some(policies),
        restrict_public_buckets: Some(policies),
    }
}

fn encrypted(algorithm: &str) -> EncryptionRules {
    let apply = EncryptionByDefault { sse_algorithm: Some(algorithm.to_owned()) };
    EncryptionRules { rules: vec![EncryptionRule { apply_server_side_encryption_by_default: Some(apply) }] }
}

fn grants(public: bool) -> Vec<Grant> {
    let owner =
        Grantee { uri: None, id: Some("75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a".into()) };
    let everyone = Grantee { uri: Some("http://acs.amazonaws.com/groups/global/AllUsers".into()), id: None };
    let mut grants = vec![Grant { grantee: Some(owner), permission: Some("FULL_CONTROL".into()) }];
    if public {
        grants.push(Grant { grantee: Some(everyone), permission: Some("READ".into()) });
    }
    grants
}
