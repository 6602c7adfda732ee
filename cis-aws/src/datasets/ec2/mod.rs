//! Amazon EC2.

mod network;

pub use network::*;

use cis_core::{Dataset, Fact, Layout, Operation, PlaceKind};
use serde::{Deserialize, Serialize};

use super::TagList;

/// Every region, enabled or not. Place: account. Order: as AWS lists them.
/// Source: `DescribeRegions` with `AllRegions=true`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html>
#[derive(Debug)]
pub struct Regions;

impl Dataset for Regions {
    type Row = Region;
    const NAME: &'static str = "ec2.regions";
    const PLACE: PlaceKind = PlaceKind::Account;
    const OPERATIONS: &'static [Operation] = &[Operation::named("ec2:DescribeRegions")];
    const LAYOUT: Layout = Layout::list(&["Regions"]);
}

/// A region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Region {
    /// Such as `eu-central-1`.
    pub region_name: String,
    /// `opt-in-not-required`, `opted-in`, `not-opted-in`.
    #[serde(default)]
    pub opt_in_status: Option<String>,
}

/// The instances of a region, in every state. Place: region. Order: as AWS lists them.
/// Source: `DescribeInstances` with `MaxResults=1000`, all pages.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html>
#[derive(Debug)]
pub struct Instances;

impl Dataset for Instances {
    type Row = Instance;
    const NAME: &'static str = "ec2.instances";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("ec2:DescribeInstances")];
    const LAYOUT: Layout = Layout::list(&["Reservations", "Instances"]);
}

/// An instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Instance {
    /// Such as `i-0123456789abcdef0`.
    pub instance_id: String,
    /// Its state.
    pub state: Fact<InstanceState>,
    /// Its instance profile. Left out: it has none.
    #[serde(default)]
    pub iam_instance_profile: Option<IamInstanceProfile>,
    /// How its metadata can be had.
    pub metadata_options: Fact<MetadataOptions>,
    /// Its tags.
    #[serde(default)]
    pub tags: TagList,
}

/// How the metadata of an instance can be had.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct MetadataOptions {
    /// `pending` or `applied`.
    #[serde(default)]
    pub state: Option<String>,
    /// `optional` or `required`.
    #[serde(default)]
    pub http_tokens: Option<String>,
    /// `enabled` or `disabled`.
    #[serde(default)]
    pub http_endpoint: Option<String>,
    /// How many hops an answer may go.
    #[serde(default)]
    pub http_put_response_hop_limit: Option<i64>,
    /// `enabled` or `disabled`.
    #[serde(default)]
    pub http_protocol_ipv6: Option<String>,
}

impl Instance {
    /// The value of the tag `Name`.
    pub fn name(&self) -> Option<&str> {
        self.tags.get("Name")
    }
}

/// The state of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct InstanceState {
    /// `pending`, `running`, `shutting-down`, `terminated`, `stopping`, `stopped`.
    pub name: String,
}

/// The instance profile of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct IamInstanceProfile {
    /// Its ARN.
    pub arn: String,
}

/// Whether new volumes of a region are encrypted. Place: region. Source: `GetEbsEncryptionByDefault`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetEbsEncryptionByDefault.html>
#[derive(Debug)]
pub struct EbsEncryptionByDefault;

impl Dataset for EbsEncryptionByDefault {
    type Row = EbsEncryption;
    const NAME: &'static str = "ec2.ebs_encryption_by_default";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("ec2:GetEbsEncryptionByDefault")];
    const LAYOUT: Layout = Layout::single(&[]);
}

/// Whether new volumes are encrypted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct EbsEncryption {
    /// The account's default in the region.
    pub ebs_encryption_by_default: Fact<bool>,
}

/// The account's defaults for the metadata of new instances in a region. Place: region. Source:
/// `GetInstanceMetadataDefaults`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetInstanceMetadataDefaults.html>
#[derive(Debug)]
pub struct InstanceMetadataDefaults;

impl Dataset for InstanceMetadataDefaults {
    type Row = MetadataDefaults;
    const NAME: &'static str = "ec2.instance_metadata_defaults";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("ec2:GetInstanceMetadataDefaults")];
    const LAYOUT: Layout = Layout::single(&["AccountLevel"]);
}

/// Defaults for the metadata of new instances. One that is left out is no preference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct MetadataDefaults {
    /// `optional` or `required`.
    #[serde(default)]
    pub http_tokens: Option<String>,
    /// `enabled`: a launch must require tokens.
    #[serde(default)]
    pub http_tokens_enforced: Option<String>,
    /// `account` or `declarative-policy`.
    #[serde(default)]
    pub managed_by: Option<String>,
}
