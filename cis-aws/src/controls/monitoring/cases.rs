//! The cases of the control under both versions: every link broken alone, every read denied alone, and what looks alike.

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
        let Self { trails, statuses, selectors, groups, alarms, composites, topics } = self;
        aws::<Trails>(&json!({ "trailList": trails }).to_string())
            .and(aws::<TrailStatuses>(&json!({ "Trails": statuses }).to_string()))
            .and(aws::<EventSelectors>(&json!({ "Trails": selectors }).to_string()))
            .and(aws::<MetricFilters>(&json!({ "logGroups": groups }).to_string()))
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
        ("no alarm in the region", with(|all| all.alarms = json!([])), "alarm", "SEFCT"),
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

/// An organization's trail as a member sees it.
fn foreign() -> Value {
    json!([{"TrailARN": FOREIGN, "HomeRegion": "us-east-1", "IsMultiRegionTrail": true, "IsOrganizationTrail": true, "HasCustomEventSelectors": true,
        "CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:999988887777:log-group:trail/logs:*"}])
}

fn unknown() -> Vec<(&'static str, FactSet)> {
    let denied = GapKind::Denied;
    let organization = |all: &mut Account| {
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
            with(organization),
        ),
        (
            "an organization's trail whose status and selectors are refused",
            with(|all| {
                organization(all);
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
        let mut account = whole(id);
        account.selectors[0]["EventSelectors"][0]["ExcludeManagementEventSources"] = json!(["kms.amazonaws.com"]);
        let findings = judge(Arc::new(control("2.0.0", id)), &account.facts());
        assert_eq!(findings[0].status, status, "{id}: {}", findings[0].message);
        let warns = findings[0].evidence.iter().any(|evidence| evidence.value.to_string().contains("events_excluded"));
        assert_eq!(warns, warning, "{id}");
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
