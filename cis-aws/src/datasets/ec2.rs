//! Amazon EC2.

use cis_core::{Dataset, Fact, Layout, Operation, PlaceKind};
use serde::{Deserialize, Serialize};

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Instance {
    /// Such as `i-0123456789abcdef0`.
    pub instance_id: String,
    /// Its state.
    #[serde(default)]
    pub state: Fact<InstanceState>,
    /// Its instance profile. Left out: it has none.
    #[serde(default)]
    pub iam_instance_profile: Option<IamInstanceProfile>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<Tag>,
}

impl Instance {
    /// The value of the tag `Name`.
    pub fn name(&self) -> Option<&str> {
        let tag = self.tags.iter().find(|tag| tag.key.as_deref() == Some("Name"))?;
        tag.value.as_deref()
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

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// Its key.
    #[serde(default)]
    pub key: Option<String>,
    /// Its value.
    #[serde(default)]
    pub value: Option<String>,
}
