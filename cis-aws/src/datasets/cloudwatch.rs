//! Amazon CloudWatch.

use cis_core::{Dataset, Layout, Operation, PlaceKind};
use serde::{Deserialize, Serialize};

/// The metric alarms of a region. Place: region. Source: `DescribeAlarms`, `AlarmTypes=MetricAlarm`, `MaxRecords=100`, all pages.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>
#[derive(Debug)]
pub struct MetricAlarms;

impl Dataset for MetricAlarms {
    type Row = MetricAlarm;
    const NAME: &'static str = "cloudwatch.metric_alarms";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("cloudwatch:DescribeAlarms")];
    const LAYOUT: Layout = Layout::list(&["MetricAlarms"]).within("cloudwatch.alarms");
}

/// A metric alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct MetricAlarm {
    /// Its name.
    pub alarm_name: String,
    /// Its ARN.
    pub alarm_arn: String,
    /// Whether its actions run.
    #[serde(default)]
    pub actions_enabled: Option<bool>,
    /// What runs when it goes into alarm: ARNs.
    #[serde(default)]
    pub alarm_actions: Vec<String>,
    /// The metric that it reads; left out of one that reads several.
    #[serde(default)]
    pub metric_name: Option<String>,
    /// The namespace of the metric.
    #[serde(default)]
    pub namespace: Option<String>,
    /// `SampleCount`, `Average`, `Sum`, `Minimum`, `Maximum`.
    #[serde(default)]
    pub statistic: Option<String>,
    /// The dimensions of the metric.
    #[serde(default)]
    pub dimensions: Vec<Dimension>,
    /// In seconds.
    #[serde(default)]
    pub period: Option<i64>,
    /// How many periods are looked at.
    #[serde(default)]
    pub evaluation_periods: Option<i64>,
    /// How many of them must be over the threshold.
    #[serde(default)]
    pub datapoints_to_alarm: Option<i64>,
    /// The threshold.
    #[serde(default)]
    pub threshold: Option<f64>,
    /// Such as `GreaterThanOrEqualToThreshold`.
    #[serde(default)]
    pub comparison_operator: Option<String>,
    /// The band that stands for the threshold.
    #[serde(default)]
    pub threshold_metric_id: Option<String>,
    /// The metrics and expressions that it reads.
    #[serde(default)]
    pub metrics: Vec<MetricDataQuery>,
}

/// A dimension of a metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Dimension {
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Its value.
    #[serde(default)]
    pub value: Option<String>,
}

/// A metric or an expression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct MetricDataQuery {
    /// Its id.
    pub id: String,
    /// The metric.
    #[serde(default)]
    pub metric_stat: Option<MetricStat>,
    /// The expression.
    #[serde(default)]
    pub expression: Option<String>,
    /// Whether it is what the alarm looks at.
    #[serde(default)]
    pub return_data: Option<bool>,
    /// The account that the metric is in.
    #[serde(default)]
    pub account_id: Option<String>,
}

/// A statistic of a metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct MetricStat {
    /// The metric.
    #[serde(default)]
    pub metric: Option<Metric>,
    /// In seconds.
    #[serde(default)]
    pub period: Option<i64>,
    /// The statistic.
    #[serde(default)]
    pub stat: Option<String>,
}

/// A metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Metric {
    /// Its namespace.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Its name.
    #[serde(default)]
    pub metric_name: Option<String>,
    /// Its dimensions.
    #[serde(default)]
    pub dimensions: Vec<Dimension>,
}

/// The composite alarms of a region. A permission on less than every resource yields none, without an error. Place: region.
/// Source: `DescribeAlarms`, `AlarmTypes=CompositeAlarm`, `MaxRecords=100`, all pages.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>
#[derive(Debug)]
pub struct CompositeAlarms;

impl Dataset for CompositeAlarms {
    type Row = CompositeAlarm;
    const NAME: &'static str = "cloudwatch.composite_alarms";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("cloudwatch:DescribeAlarms")];
    const LAYOUT: Layout = Layout::list(&["CompositeAlarms"]).within("cloudwatch.alarms");
}

/// A composite alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct CompositeAlarm {
    /// Its name.
    pub alarm_name: String,
    /// Its ARN.
    pub alarm_arn: String,
    /// Whether its actions run.
    #[serde(default)]
    pub actions_enabled: Option<bool>,
    /// What runs when it goes into alarm: ARNs.
    #[serde(default)]
    pub alarm_actions: Vec<String>,
    /// When it goes into alarm.
    #[serde(default)]
    pub alarm_rule: Option<String>,
    /// The alarm that holds its actions back.
    #[serde(default)]
    pub actions_suppressor: Option<String>,
}
