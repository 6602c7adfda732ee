//! AWS KMS.

use cis_core::{Dataset, Fact, Layout, Operation, PlaceKind};
use serde::{Deserialize, Serialize};

/// The keys of a region with their metadata and rotation. Place: region. Order: as AWS lists them.
/// Source: `ListKeys` and `ListAliases` (all pages); a `DescribeKey` for each key that no alias shows to be AWS managed; a
/// `GetKeyRotationStatus` for each key that can rotate.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html>
#[derive(Debug)]
pub struct Keys;

impl Dataset for Keys {
    type Row = Key;
    const NAME: &'static str = "kms.keys";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[
        Operation::named("kms:ListKeys"),
        Operation::named("kms:ListAliases"),
        Operation::named("kms:DescribeKey"),
        Operation::named("kms:GetKeyRotationStatus"),
    ];
    const LAYOUT: Layout = Layout::list(&["Keys"]);
}

/// A key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Key {
    /// Its id.
    pub key_id: String,
    /// Its ARN.
    pub key_arn: String,
    /// The `alias/aws/*` that targets it, if one does: then AWS manages it and the rest is not read.
    #[serde(default)]
    pub aws_alias: Option<String>,
    /// Its metadata; null: not asked for, an alias shows that AWS manages it.
    pub key_metadata: Fact<Option<KeyMetadata>>,
    /// Its rotation; null: not asked for, it cannot rotate.
    pub rotation_status: Fact<Option<RotationStatus>>,
}

/// The metadata of a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct KeyMetadata {
    /// `AWS` or `CUSTOMER`.
    #[serde(default)]
    pub key_manager: Option<String>,
    /// Such as `SYMMETRIC_DEFAULT`.
    #[serde(default)]
    pub key_spec: Option<String>,
    /// The same in old answers.
    #[serde(default)]
    pub customer_master_key_spec: Option<String>,
    /// `Enabled`, `Disabled`, `PendingDeletion`, ...
    #[serde(default)]
    pub key_state: Option<String>,
    /// `AWS_KMS`, `EXTERNAL`, `AWS_CLOUDHSM`, `EXTERNAL_KEY_STORE`.
    #[serde(default)]
    pub origin: Option<String>,
    /// Whether it is a multi-region key.
    #[serde(default)]
    pub multi_region: Option<bool>,
    /// Of a multi-region key.
    #[serde(default)]
    pub multi_region_configuration: Option<MultiRegionConfiguration>,
}

/// What a multi-region key belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct MultiRegionConfiguration {
    /// `PRIMARY` or `REPLICA`.
    #[serde(default)]
    pub multi_region_key_type: Option<String>,
    /// The primary.
    #[serde(default)]
    pub primary_key: Option<RegionKey>,
}

/// A key of a multi-region key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct RegionKey {
    /// Its ARN.
    #[serde(default)]
    pub arn: Option<String>,
    /// Its region.
    #[serde(default)]
    pub region: Option<String>,
}

/// The rotation of a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct RotationStatus {
    /// Whether it rotates by itself.
    #[serde(default)]
    pub key_rotation_enabled: Option<bool>,
    /// How often, in days.
    #[serde(default)]
    pub rotation_period_in_days: Option<i64>,
}
