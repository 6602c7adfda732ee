//! Amazon EFS.

use cis_core::{Dataset, Layout, Operation, PlaceKind};
use serde::{Deserialize, Serialize};

use super::TagList;

/// The file systems of a region. Place: region. Source: `DescribeFileSystems` with `MaxItems=100`, all pages.
/// <https://docs.aws.amazon.com/efs/latest/ug/API_DescribeFileSystems.html>
#[derive(Debug)]
pub struct FileSystems;

impl Dataset for FileSystems {
    type Row = FileSystem;
    const NAME: &'static str = "efs.file_systems";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] =
        &[Operation { name: "efs:DescribeFileSystems", action: "elasticfilesystem:DescribeFileSystems" }];
    const LAYOUT: Layout = Layout::list(&["FileSystems"]);
}

/// A file system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct FileSystem {
    /// Its id.
    pub file_system_id: String,
    /// Its ARN.
    #[serde(default)]
    pub file_system_arn: Option<String>,
    /// Whether it is encrypted at rest.
    #[serde(default)]
    pub encrypted: Option<bool>,
    /// `creating`, `available`, `updating`, `deleting`, `deleted`, `error`.
    #[serde(default)]
    pub life_cycle_state: Option<String>,
    /// The account that owns it.
    #[serde(default)]
    pub owner_id: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: TagList,
}
