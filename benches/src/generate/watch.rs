//! What watches the account: trails, filters, alarms, topics, AWS Config, Security Hub, Access Analyzer, Macie.

use std::collections::BTreeMap;

use cis_aws::Time;
use cis_aws::datasets::accessanalyzer::{Analyzer, Analyzers};
use cis_aws::datasets::cloudtrail::{
    AdvancedEventSelector, EventSelectors, FieldSelector, Selectors, Status, Trail, TrailSelectors, TrailStatus,
    TrailStatuses, Trails,
};
use cis_aws::datasets::cloudwatch::{CompositeAlarm, CompositeAlarms, Dimension, MetricAlarm, MetricAlarms};
use cis_aws::datasets::config::{
    DeliveryChannel, DeliveryChannels, ExcludedTypes, Recorder, RecorderStatus, RecorderStatuses, Recorders,
    RecordingGroup, RecordingStrategy,
};
use cis_aws::datasets::logs::{LogGroup, MetricFilter, MetricFilters, MetricTransformation};
use cis_aws::datasets::macie2::{AutomatedDiscovery, ClassificationJobs, Session};
use cis_aws::datasets::securityhub::{Hub, HubAnswer, HubError};
use cis_aws::datasets::sns::{Subscription, Topic, TopicSubscriptions};
use cis_core::{Error, Fact, Table};
use serde_json::Value;

use super::{Account, region_name, table_of};

const NAMESPACE: &str = "CisBenchmark";

/// Keys of section 4, each with the patterns that its events are caught by: those of all versions.
pub(super) fn monitored() -> Result<Vec<(String, Vec<String>)>, Error> {
    let mut patterns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for version in cis_aws::versions() {
        for recommendation in cis_aws::benchmark(version)?.recommendations {
            if let Some(required) = recommendation.parameters.get("required").and_then(Value::as_str) {
                let of_key = patterns.entry(recommendation.key.clone()).or_default();
                if !of_key.iter().any(|pattern| pattern == required) {
                    of_key.push(required.to_owned());
                }
            }
        }
    }
    Ok(patterns.into_iter().collect())
}

impl Account {
    pub(super) fn watch(&self, name: &str, region: usize) -> Option<Table> {
        table_of::<Trails>(name, || self.trails_seen(region).map(|index| self.trail(index)).collect())
            .or_else(|| {
                table_of::<TrailStatuses>(name, || self.at_home(region).map(|index| self.status(index)).collect())
            })
            .or_else(|| {
                table_of::<EventSelectors>(name, || self.at_home(region).map(|index| self.selectors(index)).collect())
            })
            .or_else(|| {
                table_of::<MetricFilters>(name, || self.at_home(region).map(|index| self.log_group(index)).collect())
            })
            .or_else(|| table_of::<MetricAlarms>(name, || self.alarms(region)))
            .or_else(|| table_of::<CompositeAlarms>(name, || self.composite_alarms(region)))
            .or_else(|| table_of::<TopicSubscriptions>(name, || vec![self.topic(region)]))
            .or_else(|| table_of::<Recorders>(name, || vec![self.recorder(region)]))
            .or_else(|| table_of::<RecorderStatuses>(name, || vec![recorder_status()]))
            .or_else(|| table_of::<DeliveryChannels>(name, || vec![self.channel()]))
            .or_else(|| table_of::<Hub>(name, || vec![self.hub(region)]))
            .or_else(|| table_of::<Analyzers>(name, || self.analyzers(region)))
            // Macie is not enabled.
            .or_else(|| table_of::<Session>(name, Vec::new))
            .or_else(|| table_of::<ClassificationJobs>(name, Vec::new))
            .or_else(|| table_of::<AutomatedDiscovery>(name, Vec::new))
    }

    /// Trail 0 records everything from every region; of the others every second one covers all regions.
    pub(super) fn is_multi_region(index: usize) -> bool {
        index.is_multiple_of(2)
    }

    pub(super) fn home(&self, index: usize) -> usize {
        index % self.size.regions
    }

    /// The trails whose home a region is.
    pub(super) fn at_home(&self, region: usize) -> impl Iterator<Item = usize> + '_ {
        (0..=self.size.trails).filter(move |index| self.home(*index) == region)
    }

    /// Those that are listed in a region: its own, and those that cover all.
    fn trails_seen(&self, region: usize) -> impl Iterator<Item = usize> + '_ {
        (0..=self.size.trails).filter(move |index| Self::is_multi_region(*index) || self.home(*index) == region)
    }

    pub(super) fn trail_arn(&self, index: usize) -> String {
        let region = region_name(self.home(index));
        format!("arn:aws:cloudtrail:{region}:{}:trail/trail-{index:03}", self.account_id())
    }

    fn log_group_name(index: usize) -> String {
        format!("aws-cloudtrail-logs-{index:03}")
    }

    /// Whether a trail delivers to a log group.
    pub(super) fn has_log_group(&self, index: usize) -> bool {
        self.trail_violation(index) != Some("cloudtrail.cloudwatch_logs")
    }

    fn trail(&self, index: usize) -> Trail {
        let violation = self.trail_violation(index);
        let home = self.home(index);
        let log_group = format!(
            "arn:aws:logs:{}:{}:log-group:{}:*",
            region_name(home),
            self.account_id(),
            Self::log_group_name(index)
        );
        Trail {
            trail_arn: self.trail_arn(index),
            name: Some(format!("trail-{index:03}")),
            home_region: Some(region_name(home).to_owned()),
            s3_bucket_name: Some(self.bucket_name(index)),
            is_multi_region_trail: Some(Self::is_multi_region(index)),
            include_global_service_events: Some(true),
            is_organization_trail: Some(false),
            log_file_validation_enabled: Some(violation != Some("cloudtrail.log_validation")),
            cloud_watch_logs_log_group_arn: self.has_log_group(index).then_some(log_group),
            kms_key_id: (violation != Some("cloudtrail.kms_encryption")).then(|| self.key_arn(home, 1)),
            has_custom_event_selectors: Some(true),
        }
    }

    fn status(&self, index: usize) -> TrailStatus {
        let delivered = self.has_log_group(index).then(|| Time(self.ago(600)));
        TrailStatus {
            trail_arn: self.trail_arn(index),
            status: Fact::Known(Status {
                is_logging: Fact::Known(true),
                latest_delivery_error: None,
                latest_cloud_watch_logs_delivery_time: delivered,
                latest_cloud_watch_logs_delivery_error: None,
            }),
        }
    }

    /// Trail 0 records all objects' writes, and reads of those of all buckets but the ones that violate that.
    fn selectors(&self, index: usize) -> TrailSelectors {
        let field = |field: &str, equals: &str| FieldSelector {
            field: field.to_owned(),
            equals: vec![equals.to_owned()],
            not_equals: Vec::new(),
            starts_with: Vec::new(),
            not_starts_with: Vec::new(),
            ends_with: Vec::new(),
            not_ends_with: Vec::new(),
        };
        let selector = |name: &str, field_selectors: Vec<FieldSelector>| AdvancedEventSelector {
            name: Some(name.to_owned()),
            field_selectors,
        };
        let mut all = vec![selector("Management events", vec![field("eventCategory", "Management")])];
        if index == 0 {
            let objects = |read_only| {
                vec![
                    field("eventCategory", "Data"),
                    field("resources.type", "AWS::S3::Object"),
                    field("readOnly", read_only),
                ]
            };
            let unread = (0..self.size.buckets)
                .filter(|bucket| self.bucket_violation(*bucket) == Some("cloudtrail.s3_read_events"))
                .map(|bucket| format!("{}/", self.bucket_arn(bucket)));
            let but =
                FieldSelector { equals: Vec::new(), not_starts_with: unread.collect(), ..field("resources.ARN", "") };
            let mut reads = objects("true");
            if !but.not_starts_with.is_empty() {
                reads.push(but);
            }
            all.extend([selector("Writes", objects("false")), selector("Reads", reads)]);
        }
        TrailSelectors {
            trail_arn: self.trail_arn(index),
            selectors: Fact::Known(Selectors { event_selectors: None, advanced_event_selectors: Some(all) }),
        }
    }

    /// The log group of a trail. That of trail 0 has the benchmark's filters, one for each pattern, and others.
    fn log_group(&self, index: usize) -> LogGroup {
        let filter = |name: String, pattern: &str, metric: &str| MetricFilter {
            filter_name: name,
            filter_pattern: Some(pattern.to_owned()),
            metric_transformations: vec![MetricTransformation {
                metric_name: Some(metric.to_owned()),
                metric_namespace: Some(NAMESPACE.into()),
                metric_value: Some("1".into()),
                default_value: None,
                dimensions: None,
            }],
            apply_on_transformed_logs: Some(false),
            field_selection_criteria: None,
            emit_system_field_dimensions: Vec::new(),
        };
        let mut filters = Vec::new();
        if index == 0 {
            for (key, patterns) in &self.monitored {
                let metric = metric_of(key);
                let named = patterns.iter().enumerate();
                filters.extend(named.map(|(number, pattern)| filter(format!("{metric}-{number}"), pattern, metric)));
            }
            filters.extend((0..self.size.filters).map(|number| {
                let pattern = format!("{{ $.eventName = \"Event{number}\" }}");
                filter(format!("other-{number:03}"), &pattern, &format!("other-{number:03}"))
            }));
        }
        LogGroup { log_group_name: Self::log_group_name(index), metric_filters: Fact::Known(Some(filters)) }
    }

    /// Metric filters in the log group of trail 0.
    pub(super) fn filters(&self) -> usize {
        self.monitored.iter().map(|(_, patterns)| patterns.len()).sum::<usize>() + self.size.filters
    }

    fn topic_arn(&self, region: usize) -> String {
        format!("arn:aws:sns:{}:{}:security", region_name(region), self.account_id())
    }

    fn topic(&self, region: usize) -> Topic {
        let topic_arn = self.topic_arn(region);
        let subscription = Subscription {
            subscription_arn: Some(format!("{topic_arn}:4e9d9b1c-0000-4000-8000-000000000000")),
            protocol: Some("email".into()),
        };
        Topic { topic_arn, subscriptions: Fact::Known(Some(vec![subscription])) }
    }

    /// How many alarms a region has, composite ones and others.
    pub(super) fn alarm_counts(&self, region: usize) -> (usize, usize) {
        let composite = self.size.alarms / 10;
        let told = self.monitored.iter().filter(|(key, _)| region == 0 && !self.has_no_alarm(key)).count();
        (composite, self.size.alarms - composite + told)
    }

    fn alarms(&self, region: usize) -> Vec<MetricAlarm> {
        let (name, account_id) = (region_name(region), self.account_id());
        let alarm =
            |alarm: String, metric: String, namespace: &str, dimensions: Vec<Dimension>, actions: Vec<String>| {
                MetricAlarm {
                    alarm_arn: format!("arn:aws:cloudwatch:{name}:{account_id}:alarm:{alarm}"),
                    alarm_name: alarm,
                    actions_enabled: Some(true),
                    alarm_actions: actions,
                    metric_name: Some(metric),
                    namespace: Some(namespace.to_owned()),
                    statistic: Some("Sum".into()),
                    dimensions,
                    period: Some(300),
                    evaluation_periods: Some(1),
                    datapoints_to_alarm: Some(1),
                    threshold: Some(1.0),
                    comparison_operator: Some("GreaterThanOrEqualToThreshold".into()),
                    threshold_metric_id: None,
                    metrics: Vec::new(),
                }
            };
        let told = self.monitored.iter().filter(|(key, _)| region == 0 && !self.has_no_alarm(key));
        let told = told.map(|(key, _)| {
            let metric = metric_of(key).to_owned();
            alarm(metric.clone(), metric, NAMESPACE, Vec::new(), vec![self.topic_arn(region)])
        });
        let others = (0..self.size.alarms - self.size.alarms / 10).map(|index| {
            let of = Dimension { name: Some("InstanceId".into()), value: Some(self.id("i", region, index)) };
            alarm(format!("cpu-{index:05}"), "CPUUtilization".into(), "AWS/EC2", vec![of], Vec::new())
        });
        told.chain(others).collect()
    }

    fn composite_alarms(&self, region: usize) -> Vec<CompositeAlarm> {
        let (name, account_id) = (region_name(region), self.account_id());
        let alarm = |index: usize| CompositeAlarm {
            alarm_name: format!("any-{index:04}"),
            alarm_arn: format!("arn:aws:cloudwatch:{name}:{account_id}:alarm:any-{index:04}"),
            actions_enabled: Some(true),
            alarm_actions: Vec::new(),
            alarm_rule: Some(format!("ALARM(\"cpu-{index:05}\")")),
            actions_suppressor: None,
        };
        (0..self.size.alarms / 10).map(alarm).collect()
    }

    fn recorder(&self, region: usize) -> Recorder {
        let all = self.region_violation(region) != Some("config.all_regions");
        let strategy = if all { "ALL_SUPPORTED_RESOURCE_TYPES" } else { "EXCLUSION_BY_RESOURCE_TYPES" };
        let excluded = if all { Vec::new() } else { vec!["AWS::EC2::Volume".to_owned()] };
        Recorder {
            name: "default".into(),
            arn: Some(format!(
                "arn:aws:config:{}:{}:configuration-recorder/default/example",
                region_name(region),
                self.account_id()
            )),
            recording_group: Some(RecordingGroup {
                all_supported: Some(all),
                include_global_resource_types: Some(all && region == 0),
                recording_strategy: Some(RecordingStrategy { use_only: Some(strategy.to_owned()) }),
                exclusion_by_resource_types: Some(ExcludedTypes { resource_types: excluded }),
            }),
            recording_mode: None,
            recording_scope: None,
            service_principal: None,
        }
    }

    fn channel(&self) -> DeliveryChannel {
        DeliveryChannel {
            name: Some("default".into()),
            s3_bucket_name: Some(self.bucket_name(self.size.buckets - 1)),
            sns_topic_arn: None,
        }
    }

    fn hub(&self, region: usize) -> HubAnswer {
        if self.region_violation(region) == Some("securityhub.enabled") {
            let message = format!("Account {} is not subscribed to AWS Security Hub", self.account_id());
            let error = HubError { code: "InvalidAccessException".into(), message };
            return HubAnswer { hub_arn: None, subscribed_at: None, auto_enable_controls: None, error: Some(error) };
        }
        HubAnswer {
            hub_arn: Some(format!("arn:aws:securityhub:{}:{}:hub/default", region_name(region), self.account_id())),
            subscribed_at: Some("2024-03-22T00:30:00.000Z".into()),
            auto_enable_controls: Some(true),
            error: None,
        }
    }

    fn analyzers(&self, region: usize) -> Vec<Analyzer> {
        let analyzer = |name: &str, kind: &str| Analyzer {
            arn: format!("arn:aws:access-analyzer:{}:{}:analyzer/{name}", region_name(region), self.account_id()),
            name: name.to_owned(),
            kind: kind.to_owned(),
            status: "ACTIVE".into(),
            status_reason: None,
        };
        let none = self.region_violation(region) == Some("iam.access_analyzer");
        let outside = (!none).then(|| analyzer("external-access", "ACCOUNT"));
        outside.into_iter().chain([analyzer("unused-access", "ACCOUNT_UNUSED_ACCESS")]).collect()
    }
}

fn metric_of(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

fn recorder_status() -> RecorderStatus {
    RecorderStatus {
        name: Some("default".into()),
        recording: Some(true),
        last_status: Some("SUCCESS".into()),
        last_error_code: None,
        last_error_message: None,
    }
}
