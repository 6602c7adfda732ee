//! Amazon S3.

use cis_core::{Dataset, DatasetInfo, Each, Fact, Layout, Listed, Operation, PlaceKind, Request};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::time::Time;

/// The buckets that the account owns. Place: account. Order: by name, as AWS lists them.
/// Source: `ListBuckets` with `MaxBuckets=10000`, all pages.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html>
#[derive(Debug)]
pub struct Buckets;

impl Dataset for Buckets {
    type Row = Bucket;
    const NAME: &'static str = "s3.buckets";
    const PLACE: PlaceKind = PlaceKind::Account;
    const OPERATIONS: &'static [Operation] = &[Operation { name: "s3:ListBuckets", action: "s3:ListAllMyBuckets" }];
    const LAYOUT: Layout = Layout::list(&["Buckets"]);
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Its region, where AWS says so.
    #[serde(default)]
    pub bucket_region: Option<String>,
    /// When it was made.
    #[serde(default)]
    pub creation_date: Option<Time>,
}

/// The buckets that a per-bucket dataset has a row for.
fn listed(request: &Request) -> Listed {
    request.names::<Buckets>(|bucket| Some(&bucket.name))
}

/// The policy of each bucket. Place: account, a row per bucket. Names asked for: bucket names.
/// Source: one `GetBucketPolicy` each.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html>
#[derive(Debug)]
pub struct BucketPolicies;

impl Dataset for BucketPolicies {
    type Row = BucketPolicy;
    const NAME: &'static str = "s3.bucket_policies";
    const PLACE: PlaceKind = PlaceKind::Account;
    const AFTER: &'static [fn() -> DatasetInfo] = &[DatasetInfo::of::<Buckets>];
    const EACH: Option<Each<BucketPolicy>> = Some(Each {
        listed: Some(listed),
        name: |row| &row.bucket,
        unread: |bucket, gap| BucketPolicy { bucket, policy: gap.into() },
    });
    const OPERATIONS: &'static [Operation] = &[Operation::named("s3:GetBucketPolicy")];
    const LAYOUT: Layout = Layout::list(&["Buckets"]);
}

/// One bucket's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct BucketPolicy {
    /// The bucket's name.
    pub bucket: String,
    /// The policy document, as text; null: `NoSuchBucketPolicy`, it has none.
    pub policy: Fact<Option<Value>>,
}

/// Whether S3 itself calls the policy of each bucket public. Place: account, a row per bucket. Names asked for: bucket names.
/// Source: one `GetBucketPolicyStatus` each.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicyStatus.html>
#[derive(Debug)]
pub struct BucketPolicyStatuses;

impl Dataset for BucketPolicyStatuses {
    type Row = BucketPolicyStatus;
    const NAME: &'static str = "s3.bucket_policy_statuses";
    const PLACE: PlaceKind = PlaceKind::Account;
    const AFTER: &'static [fn() -> DatasetInfo] = &[DatasetInfo::of::<Buckets>];
    const EACH: Option<Each<BucketPolicyStatus>> = Some(Each {
        listed: Some(listed),
        name: |row| &row.bucket,
        unread: |bucket, gap| BucketPolicyStatus { bucket, policy_status: gap.into() },
    });
    const OPERATIONS: &'static [Operation] = &[Operation::named("s3:GetBucketPolicyStatus")];
    const LAYOUT: Layout = Layout::list(&["Buckets"]);
}

/// One bucket's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct BucketPolicyStatus {
    /// The bucket's name.
    pub bucket: String,
    /// The status; null: `NoSuchBucketPolicy`, it has no policy.
    pub policy_status: Fact<Option<PolicyStatus>>,
}

/// What S3 says of a policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct PolicyStatus {
    /// Whether it is public.
    #[serde(default)]
    pub is_public: Option<bool>,
}

/// The versioning of each bucket. Place: account, a row per bucket. Names asked for: bucket names.
/// Source: one `GetBucketVersioning` each.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html>
#[derive(Debug)]
pub struct BucketVersionings;

impl Dataset for BucketVersionings {
    type Row = BucketVersioning;
    const NAME: &'static str = "s3.bucket_versionings";
    const PLACE: PlaceKind = PlaceKind::Account;
    const AFTER: &'static [fn() -> DatasetInfo] = &[DatasetInfo::of::<Buckets>];
    const EACH: Option<Each<BucketVersioning>> = Some(Each {
        listed: Some(listed),
        name: |row| &row.bucket,
        unread: |bucket, gap| BucketVersioning { bucket, versioning: gap.into() },
    });
    const OPERATIONS: &'static [Operation] = &[Operation::named("s3:GetBucketVersioning")];
    const LAYOUT: Layout = Layout::list(&["Buckets"]);
}

/// One bucket's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct BucketVersioning {
    /// The bucket's name.
    pub bucket: String,
    /// The answer; S3 leaves both fields out of a bucket that never was versioned.
    #[serde(flatten)]
    pub versioning: Fact<Versioning>,
}

/// Whether old versions are kept, and what deleting one takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Versioning {
    /// `Enabled`, `Suspended`; left out: never versioned.
    #[serde(default)]
    pub status: Option<String>,
    /// `Enabled`, `Disabled`; left out: never set.
    #[serde(default, rename = "MFADelete", alias = "MfaDelete")]
    pub mfa_delete: Option<String>,
}

/// Block Public Access of each bucket. Place: account, a row per bucket. Names asked for: bucket names.
/// Source: one `GetPublicAccessBlock` each.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html>
#[derive(Debug)]
pub struct BucketPublicAccessBlocks;

impl Dataset for BucketPublicAccessBlocks {
    type Row = BucketPublicAccessBlock;
    const NAME: &'static str = "s3.bucket_public_access_blocks";
    const PLACE: PlaceKind = PlaceKind::Account;
    const AFTER: &'static [fn() -> DatasetInfo] = &[DatasetInfo::of::<Buckets>];
    const EACH: Option<Each<BucketPublicAccessBlock>> = Some(Each {
        listed: Some(listed),
        name: |row| &row.bucket,
        unread: |bucket, gap| BucketPublicAccessBlock { bucket, public_access_block_configuration: gap.into() },
    });
    const OPERATIONS: &'static [Operation] =
        &[Operation { name: "s3:GetPublicAccessBlock", action: "s3:GetBucketPublicAccessBlock" }];
    const LAYOUT: Layout = Layout::list(&["Buckets"]);
}

/// One bucket's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct BucketPublicAccessBlock {
    /// The bucket's name.
    pub bucket: String,
    /// The settings; null: `NoSuchPublicAccessBlockConfiguration`, none is set.
    pub public_access_block_configuration: Fact<Option<PublicAccessBlock>>,
}

/// Block Public Access of the account. Place: account. No row: `NoSuchPublicAccessBlockConfiguration`, none is set.
/// Source: `GetPublicAccessBlock` of S3 Control.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_GetPublicAccessBlock.html>
#[derive(Debug)]
pub struct AccountPublicAccessBlock;

impl Dataset for AccountPublicAccessBlock {
    type Row = PublicAccessBlock;
    const NAME: &'static str = "s3.account_public_access_block";
    const PLACE: PlaceKind = PlaceKind::Account;
    const OPERATIONS: &'static [Operation] =
        &[Operation { name: "s3control:GetPublicAccessBlock", action: "s3:GetAccountPublicAccessBlock" }];
    const LAYOUT: Layout = Layout::single(&["PublicAccessBlockConfiguration"]);
}

/// The four settings of Block Public Access. One that is left out is off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct PublicAccessBlock {
    /// Whether new public ACLs are refused.
    #[serde(default)]
    pub block_public_acls: Option<bool>,
    /// Whether public ACLs have no effect.
    #[serde(default)]
    pub ignore_public_acls: Option<bool>,
    /// Whether new public policies are refused.
    #[serde(default)]
    pub block_public_policy: Option<bool>,
    /// Whether a public policy lets in the account and AWS services alone.
    #[serde(default)]
    pub restrict_public_buckets: Option<bool>,
}

/// The default encryption of each bucket. Place: account, a row per bucket. Names asked for: bucket names.
/// Source: one `GetBucketEncryption` each.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html>
#[derive(Debug)]
pub struct BucketEncryptions;

impl Dataset for BucketEncryptions {
    type Row = BucketEncryption;
    const NAME: &'static str = "s3.bucket_encryptions";
    const PLACE: PlaceKind = PlaceKind::Account;
    const AFTER: &'static [fn() -> DatasetInfo] = &[DatasetInfo::of::<Buckets>];
    const EACH: Option<Each<BucketEncryption>> = Some(Each {
        listed: Some(listed),
        name: |row| &row.bucket,
        unread: |bucket, gap| BucketEncryption { bucket, server_side_encryption_configuration: gap.into() },
    });
    const OPERATIONS: &'static [Operation] =
        &[Operation { name: "s3:GetBucketEncryption", action: "s3:GetEncryptionConfiguration" }];
    const LAYOUT: Layout = Layout::list(&["Buckets"]);
}

/// One bucket's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct BucketEncryption {
    /// The bucket's name.
    pub bucket: String,
    /// The rules; null: `ServerSideEncryptionConfigurationNotFoundError`, none is set.
    pub server_side_encryption_configuration: Fact<Option<EncryptionRules>>,
}

/// The rules of default encryption.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct EncryptionRules {
    /// The rules.
    #[serde(default)]
    pub rules: Vec<EncryptionRule>,
}

/// A rule of default encryption.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct EncryptionRule {
    /// What is applied.
    #[serde(default)]
    pub apply_server_side_encryption_by_default: Option<EncryptionByDefault>,
}

/// What default encryption applies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct EncryptionByDefault {
    /// `AES256`, `aws:kms`, `aws:kms:dsse`.
    #[serde(default, rename = "SSEAlgorithm")]
    pub sse_algorithm: Option<String>,
}

/// The access control list of each bucket. Place: account, a row per bucket. Names asked for: bucket names.
/// Source: one `GetBucketAcl` each.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html>
#[derive(Debug)]
pub struct BucketAcls;

impl Dataset for BucketAcls {
    type Row = BucketAcl;
    const NAME: &'static str = "s3.bucket_acls";
    const PLACE: PlaceKind = PlaceKind::Account;
    const AFTER: &'static [fn() -> DatasetInfo] = &[DatasetInfo::of::<Buckets>];
    const EACH: Option<Each<BucketAcl>> = Some(Each {
        listed: Some(listed),
        name: |row| &row.bucket,
        unread: |bucket, gap| BucketAcl { bucket, grants: gap.into() },
    });
    const OPERATIONS: &'static [Operation] = &[Operation::named("s3:GetBucketAcl")];
    const LAYOUT: Layout = Layout::list(&["Buckets"]);
}

/// One bucket's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct BucketAcl {
    /// The bucket's name.
    pub bucket: String,
    /// The grants.
    pub grants: Fact<Vec<Grant>>,
}

/// A grant of an access control list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Grant {
    /// To whom.
    #[serde(default)]
    pub grantee: Option<Grantee>,
    /// `FULL_CONTROL`, `WRITE`, `WRITE_ACP`, `READ`, `READ_ACP`.
    #[serde(default)]
    pub permission: Option<String>,
}

/// To whom a grant is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Grantee {
    /// The URI of a group.
    #[serde(default, rename = "URI")]
    pub uri: Option<String>,
    /// The canonical id of an account.
    #[serde(default, rename = "ID")]
    pub id: Option<String>,
}

/// The access logging of each bucket. Place: account, a row per bucket. Names asked for: bucket names.
/// Source: one `GetBucketLogging` each.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLogging.html>
#[derive(Debug)]
pub struct BucketLoggings;

impl Dataset for BucketLoggings {
    type Row = BucketLogging;
    const NAME: &'static str = "s3.bucket_loggings";
    const PLACE: PlaceKind = PlaceKind::Account;
    const AFTER: &'static [fn() -> DatasetInfo] = &[DatasetInfo::of::<Buckets>];
    const EACH: Option<Each<BucketLogging>> = Some(Each {
        listed: Some(listed),
        name: |row| &row.bucket,
        unread: |bucket, gap| BucketLogging { bucket, logging_enabled: gap.into() },
    });
    const OPERATIONS: &'static [Operation] = &[Operation::named("s3:GetBucketLogging")];
    const LAYOUT: Layout = Layout::list(&["Buckets"]);
}

/// One bucket's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct BucketLogging {
    /// The bucket's name.
    pub bucket: String,
    /// Where the logs go; null: logging is off.
    pub logging_enabled: Fact<Option<LoggingEnabled>>,
}

/// Where access logs go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct LoggingEnabled {
    /// The bucket.
    #[serde(default)]
    pub target_bucket: Option<String>,
    /// The prefix of their keys.
    #[serde(default)]
    pub target_prefix: Option<String>,
}
