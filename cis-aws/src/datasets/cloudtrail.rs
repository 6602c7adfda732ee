//! AWS CloudTrail.

use cis_core::{Dataset, DatasetInfo, Each, Fact, Layout, Listed, Operation, PlaceKind, Request};
use serde::{Deserialize, Serialize};

use crate::time::Time;

/// The trails that are seen from a region, shadows of other regions' trails among them. Place: region.
/// Source: `DescribeTrails`.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html>
#[derive(Debug)]
pub struct Trails;

impl Dataset for Trails {
    type Row = Trail;
    const NAME: &'static str = "cloudtrail.trails";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("cloudtrail:DescribeTrails")];
    const LAYOUT: Layout = Layout::list(&["trailList"]);
}

/// A trail. One that covers every region is seen from each, always with the same ARN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Trail {
    /// Its ARN, with the account that owns it.
    #[serde(rename = "TrailARN")]
    pub trail_arn: String,
    /// Its name, not unique.
    #[serde(default)]
    pub name: Option<String>,
    /// The region that it was made in and must be asked in.
    #[serde(default)]
    pub home_region: Option<String>,
    /// The bucket that receives its logs.
    #[serde(default, rename = "S3BucketName")]
    pub s3_bucket_name: Option<String>,
    /// Whether it covers every region.
    #[serde(default)]
    pub is_multi_region_trail: Option<bool>,
    /// Whether it records the events of global services (IAM, STS). Always so where it covers every region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_global_service_events: Option<bool>,
    /// Whether it covers every account of the organization.
    #[serde(default)]
    pub is_organization_trail: Option<bool>,
    /// Whether log files have digests.
    #[serde(default)]
    pub log_file_validation_enabled: Option<bool>,
    /// The log group that receives its events.
    #[serde(default)]
    pub cloud_watch_logs_log_group_arn: Option<String>,
    /// The key that encrypts its log files.
    #[serde(default)]
    pub kms_key_id: Option<String>,
    /// Whether its event selectors are other than the default.
    #[serde(default)]
    pub has_custom_event_selectors: Option<bool>,
}

/// The trails whose home a region is.
fn at_home(request: &Request) -> Listed {
    let region = request.place.region_name();
    request.names::<Trails>(|trail| (trail.home_region.as_deref() == region).then_some(trail.trail_arn.as_str()))
}

/// The status of each trail. Place: region, a row per trail whose home the region is. Names asked for: trail ARNs.
/// Source: one `GetTrailStatus` each, by ARN, in the home region.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html>
#[derive(Debug)]
pub struct TrailStatuses;

impl Dataset for TrailStatuses {
    type Row = TrailStatus;
    const NAME: &'static str = "cloudtrail.trail_statuses";
    const PLACE: PlaceKind = PlaceKind::Region;
    const AFTER: &'static [fn() -> DatasetInfo] = &[DatasetInfo::of::<Trails>];
    const EACH: Option<Each<TrailStatus>> = Some(Each {
        listed: Some(at_home),
        name: |row| &row.trail_arn,
        unread: |trail_arn, gap| TrailStatus { trail_arn, status: gap.into() },
    });
    const OPERATIONS: &'static [Operation] = &[Operation::named("cloudtrail:GetTrailStatus")];
    const LAYOUT: Layout = Layout::list(&["Trails"]);
}

/// One trail's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct TrailStatus {
    /// The trail's ARN.
    #[serde(rename = "TrailARN")]
    pub trail_arn: String,
    /// Its status.
    #[serde(flatten)]
    pub status: Fact<Status>,
}

/// The status of a trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Status {
    /// Whether it records now.
    pub is_logging: Fact<bool>,
    /// What went wrong at the last delivery to the bucket.
    #[serde(default)]
    pub latest_delivery_error: Option<String>,
    /// When it last delivered to the log group.
    #[serde(default)]
    pub latest_cloud_watch_logs_delivery_time: Option<Time>,
    /// What went wrong at the last delivery to the log group.
    #[serde(default)]
    pub latest_cloud_watch_logs_delivery_error: Option<String>,
}

/// What each trail records. Place: region, a row per trail whose home the region is. Names asked for: trail ARNs.
/// Source: one `GetEventSelectors` each, by ARN, in the home region.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html>
#[derive(Debug)]
pub struct EventSelectors;

impl Dataset for EventSelectors {
    type Row = TrailSelectors;
    const NAME: &'static str = "cloudtrail.event_selectors";
    const PLACE: PlaceKind = PlaceKind::Region;
    const AFTER: &'static [fn() -> DatasetInfo] = &[DatasetInfo::of::<Trails>];
    const EACH: Option<Each<TrailSelectors>> = Some(Each {
        listed: Some(at_home),
        name: |row| &row.trail_arn,
        unread: |trail_arn, gap| TrailSelectors { trail_arn, selectors: gap.into() },
    });
    const OPERATIONS: &'static [Operation] = &[Operation::named("cloudtrail:GetEventSelectors")];
    const LAYOUT: Layout = Layout::list(&["Trails"]);
}

/// One trail's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct TrailSelectors {
    /// The trail's ARN.
    #[serde(rename = "TrailARN")]
    pub trail_arn: String,
    /// Its selectors.
    #[serde(flatten)]
    pub selectors: Fact<Selectors>,
}

/// The event selectors of a trail: one of the two lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Selectors {
    /// Basic ones.
    #[serde(default)]
    pub event_selectors: Option<Vec<EventSelector>>,
    /// Advanced ones.
    #[serde(default)]
    pub advanced_event_selectors: Option<Vec<AdvancedEventSelector>>,
}

/// A basic event selector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct EventSelector {
    /// `All`, `ReadOnly`, `WriteOnly`; left out: `All`.
    #[serde(default)]
    pub read_write_type: Option<String>,
    /// Whether management events are recorded; left out: they are.
    #[serde(default)]
    pub include_management_events: Option<bool>,
    /// Sources whose management events are not.
    #[serde(default)]
    pub exclude_management_event_sources: Vec<String>,
    /// What data events are recorded of.
    #[serde(default)]
    pub data_resources: Vec<DataResource>,
}

/// What data events are recorded of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct DataResource {
    /// Such as `AWS::S3::Object`.
    #[serde(default, rename = "Type")]
    pub kind: Option<String>,
    /// ARNs, or beginnings of them.
    #[serde(default)]
    pub values: Vec<String>,
}

/// An advanced event selector: all its fields must match.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct AdvancedEventSelector {
    /// Its name. Says nothing of what it records.
    #[serde(default)]
    pub name: Option<String>,
    /// Its fields.
    #[serde(default)]
    pub field_selectors: Vec<FieldSelector>,
}

/// A field of an advanced event selector: one of the values of an operator must match.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct FieldSelector {
    /// Such as `eventCategory`, `readOnly`, `resources.type`, `resources.ARN`.
    pub field: String,
    /// Is one of.
    #[serde(default)]
    pub equals: Vec<String>,
    /// Is none of.
    #[serde(default)]
    pub not_equals: Vec<String>,
    /// Begins with one of.
    #[serde(default)]
    pub starts_with: Vec<String>,
    /// Begins with none of.
    #[serde(default)]
    pub not_starts_with: Vec<String>,
    /// Ends with one of.
    #[serde(default)]
    pub ends_with: Vec<String>,
    /// Ends with none of.
    #[serde(default)]
    pub not_ends_with: Vec<String>,
}
