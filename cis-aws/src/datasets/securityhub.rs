//! AWS Security Hub.

use cis_core::{Dataset, Layout, Operation, PlaceKind};
use serde::{Deserialize, Serialize};

/// Security Hub in a region. Place: region. One row: the hub, or the error by which AWS says that there is none.
/// Source: `DescribeHub`.
/// <https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_DescribeHub.html>
#[derive(Debug)]
pub struct Hub;

impl Dataset for Hub {
    type Row = HubAnswer;
    const NAME: &'static str = "securityhub.hub";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("securityhub:DescribeHub")];
    const LAYOUT: Layout = Layout::single(&[]);
}

/// The answer to `DescribeHub`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct HubAnswer {
    /// The ARN of the hub.
    #[serde(default)]
    pub hub_arn: Option<String>,
    /// When Security Hub was enabled.
    #[serde(default)]
    pub subscribed_at: Option<String>,
    /// Whether new controls are enabled by themselves.
    #[serde(default)]
    pub auto_enable_controls: Option<bool>,
    /// The error of code `InvalidAccessException` or `ResourceNotFoundException`, whose message tells what it means.
    #[serde(default)]
    pub error: Option<HubError>,
}

/// An error that may be an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct HubError {
    /// Its code.
    pub code: String,
    /// Its message.
    #[serde(default)]
    pub message: String,
}
