//! IAM Access Analyzer.

use cis_core::{Dataset, Layout, Operation, PlaceKind};
use serde::{Deserialize, Serialize};

/// The analyzers of a region, of every type. Place: region. Order: as AWS lists them.
/// Source: `ListAnalyzers`, unfiltered, all pages.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListAnalyzers.html>
#[derive(Debug)]
pub struct Analyzers;

impl Dataset for Analyzers {
    type Row = Analyzer;
    const NAME: &'static str = "accessanalyzer.analyzers";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] =
        &[Operation { name: "accessanalyzer:ListAnalyzers", action: "access-analyzer:ListAnalyzers" }];
    const LAYOUT: Layout = Layout::list(&["analyzers"]);
}

/// One analyzer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Analyzer {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// `ACCOUNT`, `ORGANIZATION` (external access); `*_UNUSED_ACCESS`, `*_INTERNAL_ACCESS`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `ACTIVE`, `CREATING`, `DISABLED`, `FAILED`.
    pub status: String,
    /// Why it is not active, where AWS says so.
    #[serde(default)]
    pub status_reason: Option<StatusReason>,
}

/// Why an analyzer is not active.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatusReason {
    /// Such as `AWS_SERVICE_ACCESS_DISABLED`.
    pub code: String,
}
