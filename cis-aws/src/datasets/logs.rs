//! Amazon CloudWatch Logs.

use cis_core::{Dataset, Each, Fact, Layout, Operation, PlaceKind};
use serde::{Deserialize, Serialize};

/// The metric filters of log groups. Place: region, a row per log group. Names asked for: log group names.
/// Source: `DescribeMetricFilters` with `logGroupName`, all pages, for each.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeMetricFilters.html>
#[derive(Debug)]
pub struct MetricFilters;

impl Dataset for MetricFilters {
    type Row = LogGroup;
    const NAME: &'static str = "logs.metric_filters";
    const PLACE: PlaceKind = PlaceKind::Region;
    const EACH: Option<Each<LogGroup>> = Some(Each {
        listed: None,
        name: |row| &row.log_group_name,
        unread: |log_group_name, gap| LogGroup { log_group_name, metric_filters: gap.into() },
    });
    const OPERATIONS: &'static [Operation] = &[Operation::named("logs:DescribeMetricFilters")];
    const LAYOUT: Layout = Layout::list(&["logGroups"]);
}

/// One log group's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LogGroup {
    /// The name of the log group.
    pub log_group_name: String,
    /// Its filters; null: `ResourceNotFoundException`, there is no such group.
    pub metric_filters: Fact<Option<Vec<MetricFilter>>>,
}

/// A metric filter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MetricFilter {
    /// Its name.
    pub filter_name: String,
    /// Its pattern.
    #[serde(default)]
    pub filter_pattern: Option<String>,
    /// What it counts into.
    #[serde(default)]
    pub metric_transformations: Vec<MetricTransformation>,
    /// Whether it sees transformed events and not the events themselves.
    #[serde(default)]
    pub apply_on_transformed_logs: Option<bool>,
    /// Which sources it is narrowed to.
    #[serde(default)]
    pub field_selection_criteria: Option<String>,
    /// Fields that become dimensions.
    #[serde(default)]
    pub emit_system_field_dimensions: Vec<String>,
}

/// What a metric filter counts into.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MetricTransformation {
    /// The metric.
    #[serde(default)]
    pub metric_name: Option<String>,
    /// Its namespace.
    #[serde(default)]
    pub metric_namespace: Option<String>,
    /// What a match adds: a number or a selector.
    #[serde(default)]
    pub metric_value: Option<String>,
    /// What no match adds.
    #[serde(default)]
    pub default_value: Option<f64>,
    /// Dimensions: each value is a metric of its own.
    #[serde(default)]
    pub dimensions: Option<std::collections::BTreeMap<String, String>>,
}
