//! The cases of the control under both versions: every link broken alone, every read denied alone, and what looks alike.

use std::collections::BTreeMap;
use std::sync::Arc;

use cis_core::prelude::*;
use cis_core::testkit::{Cases, FactSet, aws, judge, unread};
use serde_json::{Value, json};

use super::CloudtrailAlarm;
use crate::datasets::cloudtrail::{EventSelectors, TrailStatuses, Trails};
use crate::datasets::cloudwatch::{CompositeAlarms, MetricAlarms};
use crate::datasets::logs::MetricFilters;
use crate::datasets::sns::TopicSubscriptions;

const TRAIL: &str = "arn:aws:cloudtrail:us-east-1:123456789012:trail/all";
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:people";
const FOREIGN: &str = "arn:aws:cloudtrail:us-east-1:999988887777:trail/organization";

/// The control as a benchmark file has it.
fn control(version: &str, id: &str) -> CloudtrailAlarm {
    let benchmark = crate::benchmark(version).unwrap();
    let recommendation = benchmark.recommendations.iter().find(|one| one.id == id).unwrap();
    serde_json::from_value(Value::Object(recommendation.parameters.clone())).unwrap()
}

/// What AWS answers of an account.
struct Account {
    trails: Value,
    statuses: Value,
    selectors: Value,
    groups: Value,
    alarms: Value,
    composites: Value,
    topics: Value,
}

fn pattern(id: &str) -> String {
    control("2.0.0", id).required.text().to_owned()
}

fn filter(name: &str, pattern: &str) -> Value {
    json!({"filterName": name, "filterPattern": pattern, "logGroupName": "trail/logs",
        "metricTransformations": [{"metricName": name, "metricNamespace": "CIS", "metricValue": "1"}]})
}

fn alarm(name: &str, metric: &str, actions: &[&str]) -> Value {
    json!({"AlarmName": name, "AlarmArn": alarm_arn(name), "ActionsEnabled": true, "AlarmActions": actions, "MetricName": metric,
        "Namespace": "CIS", "Statistic": "Sum", "Dimensions": [], "Period": 300, "EvaluationPeriods": 1, "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold"})
}

fn alarm_arn(name: &str) -> String {
    format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}")
}

fn composite(name: &str, rule: &str) -> Value {
    json!({"AlarmName": name, "AlarmArn": alarm_arn(name), "ActionsEnabled": true, "AlarmActions": [TOPIC], "AlarmRule": rule})
}

/// An account whose chain for a recommendation is whole.
fn whole(id: &str) -> Account {
    Account {
        trails: json!([{"TrailARN": TRAIL, "Name": "all", "HomeRegion": "us-east-1", "IsMultiRegionTrail": true, "IsOrganizationTrail": false,
            "HasCustomEventSelectors": true,
            "CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:trail/logs:*"}]),
        statuses: json!([{"TrailARN": TRAIL, "IsLogging": true, "LatestCloudWatchLogsDeliveryTime": "2025-12-31T23:50:00Z"}]),
        selectors: json!([{"TrailARN": TRAIL, "EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": true}]}]),
        groups: json!([{"logGroupName": "trail/logs", "metricFilters": [filter("f", &pattern(id))]}]),
        alarms: json!([alarm("a", "f", &[TOPIC])]),
        composites: json!([]),
        topics: json!([{"TopicArn": TOPIC, "Subscriptions": [{"SubscriptionArn": format!("{TOPIC}:1"), "Protocol": "email"}]}]),
    }
}

impl Account {
    fn facts(&self) -> FactSet {
        let Self { trails, statuses, selectors, .. } = self;
        aws::<Trails>(&json!({ "trailList": trails }).to_string())
            .and(aws::<TrailStatuses>(&json!({ "Trails": statuses }).to_string()))
            .and(aws::<EventSelectors>(&json!({ "Trails": selectors }).to_string()))
            .and(self.rows_of_the_chain())
    }

    /// What comes after the trail.
    fn rows_of_the_chain(&self) -> FactSet {
        let Self { groups, alarms, composites, topics, .. } = self;
        aws::<MetricFilters>(&json!({ "logGroups": groups }).to_string())
            .and(aws::<MetricAlarms>(&json!({ "MetricAlarms": alarms }).to_string()))
            .and(aws::<CompositeAlarms>(&json!({ "CompositeAlarms": composites }).to_string()))
            .and(aws::<TopicSubscriptions>(&json!({ "Topics": topics }).to_string()))
    }
}

fn with(change: impl FnOnce(&mut Account)) -> FactSet {
    let mut account = whole("4.5");
    change(&mut account);
    account.facts()
}

/// Says which reads a case does not rest on, a letter each: Statuses, sElectors, Filters, Alarms, Composites, Topics.
fn holds_without(cases: Cases, reads: &str) -> Cases {
    reads.chars().fold(cases, |cases, read| match read {
        'S' => cases.holds_without::<TrailStatuses>(),
        'E' => cases.holds_without::<EventSelectors>(),
        'F' => cases.holds_without::<MetricFilters>(),
        'A' => cases.holds_without::<MetricAlarms>(),
        'C' => cases.holds_without::<CompositeAlarms>(),
        _ => cases.holds_without::<TopicSubscriptions>(),
    })
}

/// Chains that break: why, facts, the link that must be named, and the reads that do not matter then.
fn broken() -> Vec<(&'static str, FactSet, &'static str, &'static str)> {
    let not_a_topic = "arn:aws:lambda:us-east-1:123456789012:function:f";
    let selectors = |selector: Value| with(|all| all.selectors[0]["EventSelectors"] = json!([selector]));
    let advanced = |fields: Value| {
        with(|all| {
            all.selectors =
                json!([{"TrailARN": TRAIL, "AdvancedEventSelectors": [{"Name": "n", "FieldSelectors": fields}]}]);
        })
    };
    let transformed = |field: &str, value: Value| {
        with(|all| all.groups[0]["metricFilters"][0]["metricTransformations"][0][field] = value)
    };
    let pattern = |text: &str| with(|all| all.groups[0]["metricFilters"][0]["filterPattern"] = json!(text));
    let through = |rule: &str| {
        with(|all| {
            all.alarms[0]["AlarmActions"] = json!([]);
            all.composites = json!([composite("c", rule)]);
        })
    };
    let metrics = |metrics: Value| {
        with(|all| {
            let alarm = all.alarms[0].as_object_mut().unwrap();
            alarm.remove("MetricName");
            alarm.remove("Namespace");
            alarm.insert("Metrics".into(), metrics);
        })
    };
    let stat = |id: &str, name: &str| json!({"Id": id, "MetricStat": {"Metric": {"Namespace": "CIS", "MetricName": name}, "Period": 300, "Stat": "Sum"}, "ReturnData": false});
    let others: Vec<_> = (2..10).map(|n| format!("OK(b{n})")).collect();
    let nine_others = format!("ALARM(a) AND (ALARM(b1) OR NOT ALARM(b1) OR {})", others.join(" OR "));
    let narrowed = "{ $.eventName = CreateTrail || $.eventName = UpdateTrail || $.eventName = DeleteTrail || $.eventName = StartLogging }";
    vec![
        ("no trail at all", with(|all| all.trails = json!([])), "trail", "SEFACT"),
        ("a trail of one region", with(|all| all.trails[0]["IsMultiRegionTrail"] = json!(false)), "trail", "SEFACT"),
        ("the trail is stopped", with(|all| all.statuses[0]["IsLogging"] = json!(false)), "logging", "EFACT"),
        (
            "writes alone",
            selectors(json!({"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true})),
            "management_events",
            "SFACT",
        ),
        (
            "reads alone",
            selectors(json!({"ReadWriteType": "ReadOnly", "IncludeManagementEvents": true})),
            "management_events",
            "SFACT",
        ),
        (
            "data events alone",
            selectors(json!({"ReadWriteType": "All", "IncludeManagementEvents": false})),
            "management_events",
            "SFACT",
        ),
        (
            "an advanced selector that is narrowed by name",
            advanced(
                json!([{"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "eventName", "NotEquals": ["StopLogging"]}]),
            ),
            "management_events",
            "SFACT",
        ),
        ("no log group", with(|all| all.trails[0]["CloudWatchLogsLogGroupArn"] = Value::Null), "log_group", "SEFACT"),
        ("the log group was deleted", with(|all| all.groups[0]["metricFilters"] = Value::Null), "log_group", "SEACT"),
        (
            "delivery fails",
            with(|all| all.statuses[0]["LatestCloudWatchLogsDeliveryError"] = json!("AccessDenied")),
            "log_group",
            "EFACT",
        ),
        ("no filter", with(|all| all.groups[0]["metricFilters"] = json!([])), "filter", "SEACT"),
        ("a filter that loses a name", pattern(narrowed), "filter", "SEACT"),
        (
            "every name, joined by && so that nothing matches",
            pattern(&self::pattern("4.5").replace("||", "&&")),
            "filter",
            "SEACT",
        ),
        ("a filter on text: not proven", pattern("DeleteTrail"), "filter", "SEACT"),
        ("a filter that is not understood: not proven", pattern("{ $.eventName == StopLogging }"), "filter", "SEACT"),
        (
            "a filter of transformed events: not proven",
            with(|all| all.groups[0]["metricFilters"][0]["applyOnTransformedLogs"] = json!(true)),
            "filter",
            "SEACT",
        ),
        (
            "a filter of some accounts: not proven",
            with(|all| {
                all.groups[0]["metricFilters"][0]["fieldSelectionCriteria"] = json!("@aws.account = 123456789012");
            }),
            "filter",
            "SEACT",
        ),
        (
            "a filter of some accounts that loses an event anyway",
            with(|all| {
                all.groups[0]["metricFilters"][0]["fieldSelectionCriteria"] = json!("@aws.account = 123456789012");
                all.groups[0]["metricFilters"][0]["filterPattern"] = json!(narrowed);
            }),
            "filter",
            "SEACT",
        ),
        (
            "the filters of another group of the region",
            with(|all| {
                let others = all.groups[0]["metricFilters"].take();
                all.groups = json!([{"logGroupName": "other", "metricFilters": others}, {"logGroupName": "trail/logs", "metricFilters": []}]);
            }),
            "filter",
            "SEACT",
        ),
        ("no alarm in the region", with(|all| all.alarms = json!([])), "alarm", "SEFCT"),
        (
            "the alarm on a metric of that name is in another region",
            with(|all| all.alarms = json!([])).and_region(elsewhere(|_| {}).in_region("eu-west-1")),
            "alarm",
            "SEFCT",
        ),
        (
            "a metric of the same name in another namespace",
            with(|all| all.alarms[0]["Namespace"] = json!("Other")),
            "alarm",
            "SECT",
        ),
        (
            "an alarm on a dimension",
            with(|all| all.alarms[0]["Dimensions"] = json!([{"Name": "d", "Value": "v"}])),
            "alarm",
            "SECT",
        ),
        ("a metric with dimensions", transformed("dimensions", json!({"Name": "$.eventName"})), "alarm", "SEACT"),
        (
            "a metric by account",
            with(|all| all.groups[0]["metricFilters"][0]["emitSystemFieldDimensions"] = json!(["@aws.account"])),
            "alarm",
            "SEACT",
        ),
        ("a match adds nothing", transformed("metricValue", json!("0")), "alarm", "SEACT"),
        ("a match takes away", transformed("metricValue", json!("-1")), "alarm", "SEACT"),
        ("a match adds a field", transformed("metricValue", json!("$.latency")), "alarm", "SEACT"),
        ("the metric is up without a match", transformed("defaultValue", json!(1.0)), "alarm", "SEACT"),
        ("an anomaly band: not proven", with(|all| all.alarms[0]["ThresholdMetricId"] = json!("ad1")), "alarm", "SECT"),
        (
            "an expression that is not followed",
            metrics(json!([stat("m1", "f"), {"Id": "e1", "Expression": "m1*0", "ReturnData": true}])),
            "alarm",
            "SECT",
        ),
        (
            "Metrics Insights: not proven",
            metrics(json!([{"Id": "q1", "Expression": "SELECT SUM(f) FROM CIS", "ReturnData": true}])),
            "alarm",
            "SECT",
        ),
        (
            "the metric of another account",
            metrics(json!([{"Id": "m1", "AccountId": "999988887777", "MetricStat": stat("m1", "f")["MetricStat"]}])),
            "alarm",
            "SECT",
        ),
        ("actions are off", with(|all| all.alarms[0]["ActionsEnabled"] = json!(false)), "action", "SEFT"),
        ("no action", with(|all| all.alarms[0]["AlarmActions"] = json!([])), "action", "SEFT"),
        (
            "an action that is no topic",
            with(|all| all.alarms[0]["AlarmActions"] = json!([not_a_topic])),
            "action",
            "SEFT",
        ),
        (
            "only actions on recovery",
            with(|all| {
                all.alarms[0]["AlarmActions"] = json!([]);
                all.alarms[0]["OKActions"] = json!([TOPIC]);
            }),
            "action",
            "SEFT",
        ),
        ("a composite alarm that another alarm holds back", through("ALARM(a) AND NOT ALARM(b)"), "action", "SEFT"),
        (
            "a composite alarm with a function that nobody knows",
            through("AT_LEAST(1, ALARM, (a, b))"),
            "action",
            "SEFT",
        ),
        ("a composite alarm with nine others: not proven", through(&nine_others), "action", "SEFT"),
        (
            "a composite alarm whose actions are off",
            with(|all| {
                all.alarms[0]["AlarmActions"] = json!([]);
                all.composites = json!([composite("c", "ALARM(a)")]);
                all.composites[0]["ActionsEnabled"] = json!(false);
            }),
            "action",
            "SEFT",
        ),
        (
            "a composite alarm that is in alarm anyway, so that nothing changes",
            through("ALARM(a) OR NOT FALSE"),
            "action",
            "SEFT",
        ),
        (
            "a composite alarm that can be silenced",
            with(|all| {
                all.alarms[0]["AlarmActions"] = json!([]);
                all.composites = json!([composite("c", "ALARM(a)")]);
                all.composites[0]["ActionsSuppressor"] = json!("maintenance");
            }),
            "action",
            "SEFT",
        ),
        (
            "only a pending subscription",
            with(|all| all.topics[0]["Subscriptions"][0]["SubscriptionArn"] = json!("PendingConfirmation")),
            "subscriber",
            "SEF",
        ),
        (
            "only a deleted subscription",
            with(|all| all.topics[0]["Subscriptions"][0]["SubscriptionArn"] = json!("Deleted")),
            "subscriber",
            "SEF",
        ),
        ("no subscription", with(|all| all.topics[0]["Subscriptions"] = json!([])), "subscriber", "SEF"),
        (
            "an organization's trail, whose log group's account was read: nobody hears there",
            organization(|all| {
                all.topics = json!([{"TopicArn": FOREIGN_TOPIC, "Subscriptions": [{"SubscriptionArn": "PendingConfirmation", "Protocol": "email"}]}]);
            }),
            "subscriber",
            "SEF",
        ),
        (
            "an organization's trail, whose log group's account was read: no filter there, whatever is here",
            organization(|all| all.groups[0]["metricFilters"] = json!([])),
            "filter",
            "SEACT",
        ),
        (
            "an organization's trail, whose log group's account was read: the alarm on a metric of that name is here",
            organization(|all| all.alarms = json!([])).and(whole("4.5").rows_of_the_chain()),
            "alarm",
            "SEFCT",
        ),
        ("the topic is gone", with(|all| all.topics[0]["Subscriptions"] = Value::Null), "subscriber", "SEF"),
        (
            "two filters, one of which nobody hears",
            with(|all| {
                let (one, other) = halves();
                all.groups[0]["metricFilters"] = json!([filter("f", one), filter("g", other)]);
            }),
            "alarm",
            "SECT",
        ),
    ]
}

fn halves() -> (&'static str, &'static str) {
    ("{ $.eventName = *Trail }", "{ ($.eventName = StartLogging) || ($.eventName = StopLogging) }")
}

fn passing() -> Vec<(&'static str, FactSet, &'static str)> {
    let printed = control("2.0.0", "4.5").printed[0].text().to_owned();
    let pattern = |text: &str| with(|all| all.groups[0]["metricFilters"][0]["filterPattern"] = json!(text));
    let stat = |id: &str, name: &str| json!({"Id": id, "MetricStat": {"Metric": {"Namespace": "CIS", "MetricName": name}, "Period": 300, "Stat": "Sum"}, "ReturnData": false});
    vec![
        ("whole, by the owner's source", with(|_| {}), "C"),
        ("whole, as printed", pattern(&printed), "C"),
        ("a filter that matches everything: noise", pattern(""), "C"),
        (
            "nothing delivered for a day",
            with(|all| all.statuses[0]["LatestCloudWatchLogsDeliveryTime"] = json!("2025-12-29T00:00:00Z")),
            "C",
        ),
        ("an alarm that waits for five periods", with(|all| all.alarms[0]["EvaluationPeriods"] = json!(5)), "C"),
        ("an alarm that waits for five events", with(|all| all.alarms[0]["Threshold"] = json!(5.0)), "C"),
        (
            "an alarm that compares with <",
            with(|all| all.alarms[0]["ComparisonOperator"] = json!("LessThanThreshold")),
            "C",
        ),
        ("an advanced selector of all management events", advanced(&[json!([category()])]), "C"),
        (
            "advanced selectors, one of reads and one of writes",
            advanced(&[
                json!([category(), {"Field": "readOnly", "Equals": ["true"]}]),
                json!([category(), {"Field": "readOnly", "Equals": ["false"]}]),
            ]),
            "C",
        ),
        (
            "reads in one selector and writes in another",
            with(
                |all| all.selectors[0]["EventSelectors"] = json!([{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": true}, {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true}]),
            ),
            "C",
        ),
        (
            "kms events are left out: nothing to this",
            with(|all| {
                all.selectors[0]["EventSelectors"][0]["ExcludeManagementEventSources"] = json!(["kms.amazonaws.com"]);
            }),
            "C",
        ),
        (
            "two filters, both heard",
            with(|all| {
                let (one, other) = halves();
                all.groups[0]["metricFilters"] = json!([filter("f", one), filter("g", other)]);
                all.alarms = json!([alarm("a", "f", &[TOPIC]), alarm("b", "g", &[TOPIC])]);
            }),
            "C",
        ),
        (
            "two filters, one alarm on the sum of their metrics",
            with(|all| {
                let (one, other) = halves();
                all.groups[0]["metricFilters"] = json!([filter("f", one), filter("g", other)]);
                let alarm = all.alarms[0].as_object_mut().unwrap();
                alarm.remove("MetricName");
                alarm.remove("Namespace");
                alarm.insert("Metrics".into(), json!([stat("m1", "f"), stat("m2", "g"), {"Id": "e1", "Expression": "SUM([m1, m2])", "ReturnData": true}]));
            }),
            "C",
        ),
        (
            "only a composite alarm tells",
            with(|all| {
                all.alarms[0]["AlarmActions"] = json!([]);
                all.composites = json!([composite("c", "ALARM(\"a\") OR ALARM(other)")]);
            }),
            "",
        ),
        (
            "a composite alarm in a composite alarm, by ARN",
            with(|all| {
                all.alarms[0]["ActionsEnabled"] = json!(false);
                all.composites = json!([
                    composite("c", &format!("ALARM(\"{}\")", alarm_arn("inner"))),
                    composite("inner", "ALARM(a) OR ALARM(b)")
                ]);
                all.composites[1]["AlarmActions"] = json!([]);
            }),
            "",
        ),
        (
            "a topic of another account that answers",
            with(|all| {
                all.alarms[0]["AlarmActions"] = json!([FOREIGN_TOPIC]);
                all.topics = subscribed(FOREIGN_TOPIC);
            }),
            "C",
        ),
        (
            "a topic of another account that does not answer here; that account was read",
            topic_elsewhere().and(
                aws::<TopicSubscriptions>(&json!({"Topics": subscribed(FOREIGN_TOPIC)}).to_string())
                    .in_account(MANAGEMENT),
            ),
            "C",
        ),
        (
            "a topic of another region",
            with(|all| all.alarms[0]["AlarmActions"] = json!([TOPIC_OF_EU]))
                .and_region(elsewhere(|all| all.topics = subscribed(TOPIC_OF_EU)).in_region("eu-west-1")),
            "C",
        ),
        (
            "an organization's trail, whose log group's account was read: the chain is whole there",
            organization(|_| {}),
            "C",
        ),
        (
            "an organization's trail, whose log group's account was read; there a topic of this account is told",
            organization(|all| {
                all.alarms[0]["AlarmActions"] = json!([TOPIC]);
                all.topics = json!([]);
            })
            .and(aws::<TopicSubscriptions>(&json!({"Topics": subscribed(TOPIC)}).to_string())),
            "C",
        ),
        (
            "a subscription beside one that is pending",
            with(
                |all| all.topics[0]["Subscriptions"] = json!([{"SubscriptionArn": "PendingConfirmation", "Protocol": "email"}, {"SubscriptionArn": format!("{TOPIC}:1"), "Protocol": "https"}]),
            ),
            "C",
        ),
        (
            "a whole chain beside an organization's trail that cannot be followed",
            with(|all| {
                all.trails.as_array_mut().unwrap().push(foreign()[0].clone());
                all.statuses.as_array_mut().unwrap().push(json!({"TrailARN": FOREIGN, "$gap": {"kind": "denied", "operation": "cloudtrail:GetTrailStatus", "code": "CloudTrailARNInvalidException"}}));
            }),
            "C",
        ),
    ]
}

const MANAGEMENT: &str = "999988887777";
const FOREIGN_TOPIC: &str = "arn:aws:sns:us-east-1:999988887777:people";
const TOPIC_OF_EU: &str = "arn:aws:sns:eu-west-1:123456789012:people";

fn subscribed(topic: &str) -> Value {
    json!([{"TopicArn": topic, "Subscriptions": [{"SubscriptionArn": format!("{topic}:1"), "Protocol": "email"}]}])
}

fn category() -> Value {
    json!({"Field": "eventCategory", "Equals": ["Management"]})
}

fn advanced(selectors: &[Value]) -> FactSet {
    let selectors: Vec<_> = selectors.iter().map(|fields| json!({"Name": "n", "FieldSelectors": fields})).collect();
    with(|all| all.selectors = json!([{"TrailARN": TRAIL, "AdvancedEventSelectors": selectors}]))
}

/// An alarm that tells a topic of another account, which refuses to say who hears it.
fn topic_elsewhere() -> FactSet {
    with(|all| {
        all.alarms[0]["AlarmActions"] = json!([FOREIGN_TOPIC]);
        all.topics = json!([{"TopicArn": FOREIGN_TOPIC, "Subscriptions": {"$gap": {"kind": "denied", "operation": "sns:ListSubscriptionsByTopic", "code": "AuthorizationError"}}}]);
    })
}

/// Another region, with what is regional of a whole chain there but the trail's own.
fn elsewhere(change: impl FnOnce(&mut Account)) -> FactSet {
    let mut account = whole("4.5");
    change(&mut account);
    aws::<Trails>(&json!({ "trailList": account.trails }).to_string()).and(account.rows_of_the_chain())
}

/// An organization's trail as a member sees it, whose status and selectors it is refused, and the chain in the account
/// that owns it.
fn organization(change: impl FnOnce(&mut Account)) -> FactSet {
    let mut there = whole("4.5");
    there.trails = foreign();
    there.statuses[0]["TrailARN"] = json!(FOREIGN);
    there.selectors[0]["TrailARN"] = json!(FOREIGN);
    there.alarms[0]["AlarmActions"] = json!([FOREIGN_TOPIC]);
    there.topics = subscribed(FOREIGN_TOPIC);
    change(&mut there);
    let refused = |operation: &str| json!({"TrailARN": FOREIGN, "$gap": {"kind": "denied", "operation": operation, "code": "CloudTrailARNInvalidException"}});
    let here = Account {
        trails: foreign(),
        statuses: json!([refused("cloudtrail:GetTrailStatus")]),
        selectors: json!([refused("cloudtrail:GetEventSelectors")]),
        groups: json!([]),
        alarms: json!([]),
        composites: json!([]),
        topics: json!([]),
    };
    here.facts().and(there.facts().in_account(MANAGEMENT))
}

/// An organization's trail as a member sees it.
fn foreign() -> Value {
    json!([{"TrailARN": FOREIGN, "HomeRegion": "us-east-1", "IsMultiRegionTrail": true, "IsOrganizationTrail": true, "HasCustomEventSelectors": true,
        "CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:999988887777:log-group:trail/logs:*"}])
}

fn unknown() -> Vec<(&'static str, FactSet)> {
    let denied = GapKind::Denied;
    let not_followed = |all: &mut Account| {
        all.trails = foreign();
        all.statuses[0]["TrailARN"] = json!(FOREIGN);
        all.selectors[0]["TrailARN"] = json!(FOREIGN);
    };
    let refused = |operation: &str| json!({"TrailARN": FOREIGN, "$gap": {"kind": "denied", "operation": operation, "code": "CloudTrailARNInvalidException"}});
    vec![
        ("the list of trails is denied", with(|_| {}).and(unread::<Trails>(denied))),
        ("the status is denied", with(|_| {}).and(unread::<TrailStatuses>(denied))),
        ("the selectors are denied", with(|_| {}).and(unread::<EventSelectors>(denied))),
        ("the filters are denied", with(|_| {}).and(unread::<MetricFilters>(denied))),
        ("the alarms are denied", with(|_| {}).and(unread::<MetricAlarms>(denied))),
        ("the subscriptions are denied", with(|_| {}).and(unread::<TopicSubscriptions>(denied))),
        (
            "composite alarms are denied and the alarm tells nobody",
            with(|all| all.alarms[0]["AlarmActions"] = json!([])).and(unread::<CompositeAlarms>(denied)),
        ),
        (
            "the list of alarms was cut off before the right one",
            with(|all| all.alarms = json!([])).cut_off::<MetricAlarms>(),
        ),
        (
            "one topic's subscriptions are denied",
            with(
                |all| all.topics[0]["Subscriptions"] = json!({"$gap": {"kind": "denied", "operation": "sns:ListSubscriptionsByTopic", "code": "AuthorizationError"}}),
            ),
        ),
        (
            "the list of trails was cut off after a broken one",
            with(|all| all.statuses[0]["IsLogging"] = json!(false)).cut_off::<Trails>(),
        ),
        ("a topic of another account that does not answer", topic_elsewhere()),
        (
            "an organization's trail, whose log group's account was read and denies the filters",
            organization(|_| {}).and(unread::<MetricFilters>(denied).in_account(MANAGEMENT)),
        ),
        (
            "an organization's trail, whose log group's account was read and denies the alarms",
            organization(|_| {}).and(unread::<MetricAlarms>(denied).in_account(MANAGEMENT)),
        ),
        (
            "filterPattern is missing",
            with(|all| {
                all.groups[0]["metricFilters"][0].as_object_mut().unwrap().remove("filterPattern");
            }),
        ),
        (
            "ActionsEnabled is missing",
            with(|all| {
                all.alarms[0].as_object_mut().unwrap().remove("ActionsEnabled");
            }),
        ),
        (
            "the group of that name that was read lies in another region",
            with(|all| {
                all.trails[0]["CloudWatchLogsLogGroupArn"] =
                    json!("arn:aws:logs:eu-west-1:123456789012:log-group:trail/logs:*");
            }),
        ),
        ("IsMultiRegionTrail is missing", with(|all| all.trails[0]["IsMultiRegionTrail"] = Value::Null)),
        ("the log group's ARN is none", with(|all| all.trails[0]["CloudWatchLogsLogGroupArn"] = json!("trail/logs"))),
        (
            "an organization's trail: its log group lies in another account, whatever group has that name here",
            with(not_followed),
        ),
        (
            "an organization's trail whose status and selectors are refused",
            with(|all| {
                not_followed(all);
                all.statuses = json!([refused("cloudtrail:GetTrailStatus")]);
                all.selectors = json!([refused("cloudtrail:GetEventSelectors")]);
            }),
        ),
    ]
}

fn check(version: &str, name: &'static str) {
    let control = control(version, "4.5");
    let mut cases = Cases::of(control.clone()).named(name);
    for (name, facts, reads) in passing() {
        cases = holds_without(cases.pass(name, facts), reads);
    }
    for (name, facts, link, reads) in broken() {
        let findings = judge(Arc::new(control.clone()), &facts);
        let shown = findings[0].evidence.iter().find(|evidence| evidence.field == "broken_link");
        let found =
            shown.unwrap_or_else(|| panic!("{name}: no broken link: {} {}", findings[0].status, findings[0].message));
        assert_eq!(found.value["link"], link, "{name}: {}", findings[0].message);
        assert_eq!(
            found.value.get("not_proven").is_some(),
            findings[0].message.contains("could not be proven"),
            "{name}"
        );
        cases = if control.automated { cases.fail(name, facts) } else { cases.manual(name, facts) };
        cases = holds_without(cases, reads);
    }
    for (name, facts) in unknown() {
        cases = cases.unknown(name, facts);
    }
    cases.check();
}

#[test]
fn version_1_5_0() {
    check("1.5.0", "1.5.0");
}

#[test]
fn version_2_0_0() {
    check("2.0.0", "2.0.0");
}

#[test]
fn regions_that_nobody_listed_hide_no_trail_of_every_region() {
    let stopped = || with(|all| all.statuses[0]["IsLogging"] = json!(false));
    Cases::of(control("1.5.0", "4.5"))
        .named("unlisted")
        .fail("any region that answers shows every trail that covers all", stopped().regions_gap(GapKind::Denied))
        .holds_without::<MetricFilters>()
        .holds_without::<MetricAlarms>()
        .holds_without::<CompositeAlarms>()
        .holds_without::<TopicSubscriptions>()
        .holds_without::<EventSelectors>()
        .unknown(
            "no region answers, and not all were listed",
            stopped().and(unread::<Trails>(GapKind::Denied)).regions_gap(GapKind::Denied),
        )
        .check();
}

#[test]
fn each_recommendation_passes_with_its_own_pattern() {
    for version in ["1.5.0", "2.0.0"] {
        for number in 1..=15 {
            let id = format!("4.{number}");
            let control = control(version, &id);
            assert_eq!(control.automated, version == "1.5.0", "{version} {id}");
            let findings = judge(Arc::new(control.clone()), &whole(&id).facts());
            assert_eq!(findings[0].status, Status::Pass, "{version} {id}: {}", findings[0].message);
            for printed in &control.printed {
                let mut account = whole(&id);
                account.groups[0]["metricFilters"][0]["filterPattern"] = json!(printed.text());
                let findings = judge(Arc::new(control.clone()), &account.facts());
                assert_eq!(findings[0].status, Status::Pass, "{version} {id}: {}", findings[0].message);
            }
        }
    }
}

#[test]
fn sources_that_are_left_out() {
    for (id, status, warning) in
        [("4.7", Status::Manual, false), ("4.5", Status::Pass, false), ("4.3", Status::Pass, true)]
    {
        let classic = json!({"TrailARN": TRAIL, "EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": true, "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]});
        let fields = json!([category(), {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}]);
        let advanced = json!({"TrailARN": TRAIL, "AdvancedEventSelectors": [{"FieldSelectors": fields}]});
        for selectors in [classic, advanced] {
            let mut account = whole(id);
            account.selectors = json!([selectors]);
            let findings = judge(Arc::new(control("2.0.0", id)), &account.facts());
            assert_eq!(findings[0].status, status, "{id}: {}", findings[0].message);
            let mut shown = findings[0].evidence.iter().map(|evidence| evidence.value.to_string());
            assert_eq!(shown.any(|shown| shown.contains("events_excluded")), warning, "{id}");
        }
    }
}

#[test]
fn to_the_letter() {
    let strict = CloudtrailAlarm { strict_patterns: true, ..control("1.5.0", "4.5") };
    let judged = |control: &CloudtrailAlarm, facts: &FactSet| judge(Arc::new(control.clone()), facts)[0].status;
    assert_eq!(judged(&strict, &with(|_| {})), Status::Fail, "the owner's source narrows what is printed");
    let printed = strict.printed[0].text();
    let facts = with(|all| all.groups[0]["metricFilters"][0]["filterPattern"] = json!(printed));
    assert_eq!(judged(&strict, &facts), Status::Pass);
}

/// The example events of the patterns, through the whole chain: a filter that loses one event that it must catch breaks it,
/// as does one that catches nothing but an example; one that catches another event too does not.
#[test]
fn example_events() {
    #[derive(serde::Deserialize)]
    struct Example {
        recommendation: String,
        must_match: Vec<BTreeMap<String, String>>,
        must_not_match: Vec<BTreeMap<String, String>>,
    }
    let examples: Vec<Example> =
        serde_json::from_str(include_str!("../../../tests/cases/pattern/events.json")).unwrap();
    let tests = |fields: &BTreeMap<String, String>, operator: &str, between: &str| {
        let tests = fields.iter().map(|(field, value)| format!("($.{field} {operator} \"{value}\")"));
        format!("({})", tests.collect::<Vec<_>>().join(between))
    };
    let inside = |pattern: &str| pattern.trim().trim_start_matches('{').trim_end_matches('}').to_owned();
    let mut count = 0;
    for version in ["1.5.0", "2.0.0"] {
        for Example { recommendation: id, must_match, must_not_match } in &examples {
            let control = control(version, id);
            let required = inside(control.required.text());
            let judged = |pattern: String| {
                let mut account = whole(id);
                account.groups[0]["metricFilters"][0]["filterPattern"] = json!(pattern);
                let finding = judge(Arc::new(control.clone()), &account.facts()).remove(0);
                let link = finding.evidence.iter().find(|evidence| evidence.field == "broken_link");
                (finding.status, link.map(|link| link.value["link"].clone()), finding.message)
            };
            let broken = if control.automated { Status::Fail } else { Status::Manual };
            let breaks = |pattern: String| {
                let (status, link, message) = judged(pattern.clone());
                assert_eq!((status, link), (broken, Some(json!("filter"))), "{version} {id}: {pattern}: {message}");
            };
            for event in must_match {
                breaks(format!("{{ ({required}) && {} }}", tests(event, "!=", " || ")));
                let this_alone = format!("{{ {} }}", tests(event, "=", " && "));
                if id == "4.6" {
                    // Its example has every field that is required, and each by its one value.
                    assert_eq!(judged(this_alone).0, Status::Pass, "{version} {id}");
                } else {
                    breaks(this_alone);
                }
                count += 2;
            }
            for event in must_not_match {
                let (status, _, message) = judged(format!("{{ ({required}) || {} }}", tests(event, "=", " && ")));
                assert_eq!(status, Status::Pass, "{version} {id}: {event:?}: {message}");
                count += 1;
            }
        }
    }
    println!("{count} chains judged with the example events of {} recommendations", examples.len());
}

/// A source that notes what it is asked for.
struct Noted {
    inner: cis_core::MemorySource,
    asked: std::sync::Mutex<Vec<String>>,
}

#[async_trait::async_trait]
impl cis_core::DataSource for Noted {
    async fn coverage(&self) -> Result<cis_core::Coverage, cis_core::Error> {
        self.inner.coverage().await
    }

    async fn fetch(&self, request: &cis_core::Request) -> cis_core::Table {
        let names = match &request.only {
            Wanted::Names(names) => names.iter().cloned().collect::<Vec<_>>().join(" "),
            other => format!("{other:?}"),
        };
        let region = request.place.region_name().unwrap_or_default();
        self.asked.lock().unwrap().push(format!("{} {region}: {names}", request.dataset.name()));
        self.inner.fetch(request).await
    }
}

#[test]
fn a_scan_asks_for_the_chain_alone() {
    fn rows<R: serde::de::DeserializeOwned>(value: &Value) -> Vec<R> {
        serde_json::from_value(value.clone()).unwrap()
    }
    let mut all = whole("4.5");
    all.alarms.as_array_mut().unwrap().push(alarm(
        "cpu",
        "CPUUtilization",
        &["arn:aws:sns:us-east-1:123456789012:operators"],
    ));
    let trails = || rows(&all.trails);
    let inner = cis_core::MemorySource::new("123456789012")
        .as_of("2026-01-01T00:00:00Z".parse().unwrap())
        .region(cis_core::Region::enabled("eu-west-1"))
        .region(cis_core::Region::enabled("us-east-1"))
        .with_region::<Trails>("eu-west-1", trails())
        .with_region::<Trails>("us-east-1", trails())
        .with_region::<TrailStatuses>("us-east-1", rows(&all.statuses))
        .with_region::<EventSelectors>("us-east-1", rows(&all.selectors))
        .with_region::<MetricFilters>("us-east-1", rows(&all.groups))
        .with_region::<MetricAlarms>("us-east-1", rows(&all.alarms))
        .with_region::<CompositeAlarms>("us-east-1", vec![])
        .with_region::<TopicSubscriptions>("us-east-1", rows(&all.topics));
    let source = Noted { inner, asked: std::sync::Mutex::default() };
    let benchmark = crate::benchmark("2.0.0").unwrap();
    let registry = crate::registry();
    let select = cis_core::Selection { select: vec!["4.*".into()], level: None };
    let scan = cis_core::Scan::new(&benchmark, &registry).select(select);
    let report = futures::executor::block_on(scan.run(&source)).unwrap();
    let passed: Vec<_> =
        report.findings.iter().filter(|one| one.status == Status::Pass).map(|one| one.control.as_str()).collect();
    assert_eq!(passed, ["monitoring.cloudtrail_changes"]);
    let mut asked = source.asked.into_inner().unwrap();
    asked.sort();
    asked.retain(|line| !line.starts_with("securityhub."));
    let people = format!("sns.topic_subscriptions us-east-1: {TOPIC}");
    let (statuses, selectors) = (
        format!("cloudtrail.trail_statuses us-east-1: {TRAIL}"),
        format!("cloudtrail.event_selectors us-east-1: {TRAIL}"),
    );
    assert_eq!(
        asked,
        [
            selectors.as_str(),
            statuses.as_str(),
            "cloudtrail.trails eu-west-1: All",
            "cloudtrail.trails us-east-1: All",
            "cloudwatch.composite_alarms us-east-1: All",
            "cloudwatch.metric_alarms us-east-1: All",
            "logs.metric_filters us-east-1: trail/logs",
            people.as_str(),
        ]
    );
}

/// A member's scan follows its organization's trail into the account that owns the log group, where the source covers it:
/// in one source, by a route, and in a snapshot that was recorded. Where it does not, nothing but a gap comes of it.
#[test]
fn an_organizations_chain_in_another_account() {
    use cis_core::layer::{Record, Route};
    use cis_core::{DataSource, DatasetInfo, MemorySource, Place, Region, Report, Table};
    fn put<D: Dataset>(source: MemorySource, account_id: &str, rows: &Value) -> MemorySource {
        let info = DatasetInfo::of::<D>();
        let table = Table::from_json(&info, rows.as_array().unwrap().clone());
        source.put(D::NAME, Place::region(account_id, "us-east-1"), table)
    }
    let chain = |source: MemorySource| {
        let all = whole("4.5");
        let source = put::<TrailStatuses>(source, MANAGEMENT, &json!([{"TrailARN": FOREIGN, "IsLogging": true}]));
        let selectors = json!([{"TrailARN": FOREIGN, "EventSelectors": all.selectors[0]["EventSelectors"]}]);
        let source = put::<EventSelectors>(source, MANAGEMENT, &selectors);
        let source = put::<MetricFilters>(source, MANAGEMENT, &all.groups);
        let source = put::<MetricAlarms>(source, MANAGEMENT, &json!([alarm("a", "f", &[FOREIGN_TOPIC])]));
        let source = put::<CompositeAlarms>(source, MANAGEMENT, &json!([]));
        put::<TopicSubscriptions>(source, MANAGEMENT, &subscribed(FOREIGN_TOPIC))
    };
    let member = || {
        let source = MemorySource::new("123456789012").as_of("2026-01-01T00:00:00Z".parse().unwrap());
        put::<Trails>(source.region(Region::enabled("us-east-1")), "123456789012", &foreign())
    };
    let scan = |source: &dyn DataSource, version: &str| -> Report {
        let (benchmark, registry) = (crate::benchmark(version).unwrap(), crate::registry());
        let select = cis_core::Selection { select: vec!["4.5".into()], level: None };
        futures::executor::block_on(cis_core::Scan::new(&benchmark, &registry).select(select).run(source)).unwrap()
    };
    let one = chain(member());
    let routed = Route::new(member()).account(MANAGEMENT, chain(MemorySource::new(MANAGEMENT)));
    for version in ["1.5.0", "2.0.0"] {
        let report = scan(&one, version);
        assert_eq!(report.findings[0].status, Status::Pass, "{}", report.findings[0].message);
        assert_eq!(scan(&routed, version).findings, report.findings, "by a route");

        let folder = tempfile::tempdir().unwrap();
        let record = Record::create(&one, folder.path(), "2026-01-01T00:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(scan(&record, version).findings, report.findings, "while recording");
        record.finish().unwrap();
        let snapshot = crate::sources::SnapshotSource::open(folder.path()).unwrap();
        assert_eq!(scan(&snapshot, version).findings, report.findings, "from the recording");

        let alone = scan(&member(), version);
        let finding = &alone.findings[0];
        assert_eq!(finding.status, Status::Unknown, "{}", finding.message);
        let other = finding.gaps.iter().find(|gap| gap.kind == GapKind::OtherAccount).unwrap();
        assert!(other.message.contains("lies in account 999988887777, which was not scanned"), "{other:?}");
    }
}
