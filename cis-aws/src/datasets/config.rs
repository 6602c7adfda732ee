//! AWS Config.

use cis_core::{Dataset, Layout, Operation, PlaceKind};
use serde::{Deserialize, Serialize};

/// The configuration recorders of a region. Place: region. Source: `DescribeConfigurationRecorders`.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConfigurationRecorders.html>
#[derive(Debug)]
pub struct Recorders;

impl Dataset for Recorders {
    type Row = Recorder;
    const NAME: &'static str = "config.recorders";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("config:DescribeConfigurationRecorders")];
    const LAYOUT: Layout = Layout::list(&["ConfigurationRecorders"]);
}

/// A configuration recorder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Recorder {
    /// Its name.
    pub name: String,
    /// Its ARN.
    #[serde(default)]
    pub arn: Option<String>,
    /// What it records.
    #[serde(default)]
    pub recording_group: Option<RecordingGroup>,
    /// How often it records. Left out, continuously.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_mode: Option<RecordingMode>,
    /// `INTERNAL` where a service alone sees the records; `PAID`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_scope: Option<String>,
    /// The service that it is linked to, if it is.
    #[serde(default)]
    pub service_principal: Option<String>,
}

/// How often a recorder records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RecordingMode {
    /// `CONTINUOUS`, `DAILY`.
    #[serde(default)]
    pub recording_frequency: Option<String>,
    /// The types that are recorded otherwise.
    #[serde(default)]
    pub recording_mode_overrides: Vec<RecordingModeOverride>,
}

/// Types that a recorder records with a frequency of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RecordingModeOverride {
    /// The types.
    #[serde(default)]
    pub resource_types: Vec<String>,
    /// `CONTINUOUS`, `DAILY`.
    #[serde(default)]
    pub recording_frequency: Option<String>,
}

/// What a recorder records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RecordingGroup {
    /// Whether every supported type is.
    #[serde(default)]
    pub all_supported: Option<bool>,
    /// Whether global types (IAM) are.
    #[serde(default)]
    pub include_global_resource_types: Option<bool>,
    /// The strategy.
    #[serde(default)]
    pub recording_strategy: Option<RecordingStrategy>,
    /// What is left out.
    #[serde(default)]
    pub exclusion_by_resource_types: Option<ExcludedTypes>,
}

/// The strategy of a recorder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RecordingStrategy {
    /// `ALL_SUPPORTED_RESOURCE_TYPES`, `INCLUSION_BY_RESOURCE_TYPES`, `EXCLUSION_BY_RESOURCE_TYPES`.
    #[serde(default)]
    pub use_only: Option<String>,
}

/// The types that a recorder leaves out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExcludedTypes {
    /// The types.
    #[serde(default)]
    pub resource_types: Vec<String>,
}

/// The status of the recorders of a region. Place: region. Source: `DescribeConfigurationRecorderStatus`.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConfigurationRecorderStatus.html>
#[derive(Debug)]
pub struct RecorderStatuses;

impl Dataset for RecorderStatuses {
    type Row = RecorderStatus;
    const NAME: &'static str = "config.recorder_statuses";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("config:DescribeConfigurationRecorderStatus")];
    const LAYOUT: Layout = Layout::list(&["ConfigurationRecordersStatus"]);
}

/// The status of a recorder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RecorderStatus {
    /// The recorder's name.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether it records now.
    #[serde(default)]
    pub recording: Option<bool>,
    /// `Pending`, `Success`, `Failure`, `NotApplicable`, in any case.
    #[serde(default)]
    pub last_status: Option<String>,
    /// What went wrong.
    #[serde(default)]
    pub last_error_code: Option<String>,
    /// What went wrong, in words.
    #[serde(default)]
    pub last_error_message: Option<String>,
}

/// The delivery channels of a region. Place: region. Source: `DescribeDeliveryChannels`.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeDeliveryChannels.html>
#[derive(Debug)]
pub struct DeliveryChannels;

impl Dataset for DeliveryChannels {
    type Row = DeliveryChannel;
    const NAME: &'static str = "config.delivery_channels";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("config:DescribeDeliveryChannels")];
    const LAYOUT: Layout = Layout::list(&["DeliveryChannels"]);
}

/// A delivery channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeliveryChannel {
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// The bucket that receives snapshots.
    #[serde(default)]
    pub s3_bucket_name: Option<String>,
    /// The topic that is notified.
    #[serde(default, rename = "snsTopicARN")]
    pub sns_topic_arn: Option<String>,
}
