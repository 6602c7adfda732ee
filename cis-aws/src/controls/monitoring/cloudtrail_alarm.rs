use std::collections::{BTreeMap, BTreeSet};

use cis_core::Message;
use cis_core::prelude::*;
use serde_json::{Value, json};

use super::alarms::{Alarms, Counter, DESCRIBE as DESCRIBE_ALARMS, LIST, Way, fires_on_one_event, topic_places};
use super::chain::{TrailChain, first_broken, trails};
use super::filters::{Catch, DESCRIBE as DESCRIBE_FILTERS, Filter, FilterPattern, Group, catch, counter, fewest};
use super::link::{Broken, Link};
use crate::controls::cloudtrail::trails::{AllTrails, DESCRIBE as DESCRIBE_TRAILS, GET_SELECTORS, GET_STATUS, reads};
use crate::datasets::cloudwatch::{CompositeAlarms, MetricAlarms};
use crate::datasets::logs::MetricFilters;
use crate::datasets::sns::TopicSubscriptions;

control! {
    /// Somebody is told when certain events happen.
    ///
    /// Judged is whether a whole chain leads from the event to a person: a trail that covers every region and records
    /// management events, its log group, metric filters that together catch every such event, an alarm on each filter's
    /// metric, an SNS topic that the alarm notifies, and a confirmed subscription. Filters are compared by what they
    /// catch and not by how they are written; where they lose an event, the finding shows one.
    ///
    /// ## Why it matters
    /// A record that nobody looks at warns nobody: an intruder has the time between the event and the next audit.
    pub struct CloudtrailAlarm {
        /// The event source (`kms.amazonaws.com`) whose events are meant; null: events of every source.
        pub owner: Option<String> = None,
        /// The filter patterns that the benchmark prints, one of which serves. Told in evidence.
        pub printed: Vec<FilterPattern> = Vec::new(),
        /// The least that serves: the filters must catch all that this pattern does. The default catches every event.
        pub required: FilterPattern = FilterPattern::all(),
        /// Judge by the printed patterns, to the letter, instead of the required one.
        pub strict_patterns: bool = false,
        /// Whether a broken chain is a fail (1.5.0) or a question to a person, as another system may watch (2.0.0).
        pub automated: bool = false,
    }
    key: "monitoring.cloudtrail_alarm", title: "An alarm tells people of certain CloudTrail events",
    resource_type: "AWS::::Account", judged_at: Account,
}

impl Control for CloudtrailAlarm {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        let remediation = Remediation::new(
                "The finding names the first link that is missing between the event and a person; make it and those after it, in \
                 the region of the trail's log group. An alarm and its filter must name the same metric. Where another system \
                 watches the trail instead, record an attestation that says so.",
            )
            .caution(CautionKind::Costs, "Each metric and alarm costs a little a month.")
            .console([
                "CloudWatch, \"Log groups\": open the trail's group, then \"Metric filters\", \"Create metric filter\".",
                "Filter pattern: {required}",
                "Metric namespace CIS, metric name {key}, metric value 1.",
                "Choose the filter, \"Create alarm\": statistic Sum, period 5 minutes, Greater/Equal 1.",
                "Choose or create an SNS topic to notify, and confirm its subscription by the mail that comes.",
            ])
            .cli([
                "aws sns create-topic --name <TOPIC_NAME> --region <TRAIL_REGION>",
                "aws sns subscribe --topic-arn <TOPIC_ARN> --protocol email --notification-endpoint <MAIL_ADDRESS> --region <TRAIL_REGION>",
                r#"aws logs put-metric-filter --log-group-name <LOG_GROUP_NAME> --filter-name {key} --filter-pattern {required} --metric-transformations '[{"metricName": "{key}", "metricNamespace": "CIS", "metricValue": "1"}]' --region <TRAIL_REGION>"#,
                "aws cloudwatch put-metric-alarm --alarm-name {key} --namespace CIS --metric-name {key} --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions <TOPIC_ARN> --region <TRAIL_REGION>",
            ])
            .terraform([r#"
                resource "aws_cloudwatch_log_metric_filter" "this" {
                  name           = "{key}"
                  log_group_name = "<LOG_GROUP_NAME>"
                  pattern        = "{required}"

                  metric_transformation {
                    namespace = "CIS"
                    name      = "{key}"
                    value     = "1"
                  }
                }

                resource "aws_cloudwatch_metric_alarm" "this" {
                  alarm_name          = "{key}"
                  namespace           = "CIS"
                  metric_name         = "{key}"
                  statistic           = "Sum"
                  period              = 300
                  evaluation_periods  = 1
                  threshold           = 1
                  comparison_operator = "GreaterThanOrEqualToThreshold"
                  treat_missing_data  = "notBreaching"
                  alarm_actions       = ["<TOPIC_ARN>"]
                }

                resource "aws_sns_topic_subscription" "people" {
                  topic_arn = "<TOPIC_ARN>"
                  protocol  = "email"
                  endpoint  = "<MAIL_ADDRESS>"
                }
            "#])
            .parameters(self);
        let to_the_letter = self.printed.first().filter(|_| self.strict_patterns);
        Some(match to_the_letter {
            Some(printed) => remediation.value("required", printed),
            None => remediation,
        })
    }

    fn reads(&self) -> Reads {
        let elsewhere = |facts: &Facts<'_>| groups(facts).iter().map(Group::place).collect();
        let alarms = |facts: &Facts<'_>| {
            Ok(groups(facts).iter().any(|group| group.place() == *facts.place()))
        };
        reads()
            .only::<MetricFilters>(|facts| {
                let groups = groups(facts).into_iter().filter(|group| group.place() == *facts.place());
                Ok(Wanted::names(groups.map(|group| group.name)))
            })
            .beside()
            .everywhere()
            .in_other_accounts(elsewhere)
            .only_if::<MetricAlarms>(alarms)
            .beside()
            .everywhere()
            .in_other_accounts(elsewhere)
            .only_if::<CompositeAlarms>(alarms)
            .beside()
            .everywhere()
            .in_other_accounts(elsewhere)
            .only::<TopicSubscriptions>(|facts| {
                let here = topics(facts).into_iter().filter(|(_, place)| place == facts.place());
                Ok(Wanted::names(here.map(|(topic, _)| topic.to_owned())))
            })
            .in_other_accounts(|facts| topics(facts).into_iter().map(|(_, place)| place).collect())
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        findings.push(Target::place(), self.verdict(facts)?);
        Ok(())
    }
}

/// The log groups of the trails that cover every region, an organization's in another account too.
fn groups(facts: &Facts<'_>) -> BTreeSet<Group> {
    let trails = AllTrails::read(facts).trails;
    let wide = trails.iter().filter(|trail| trail.row.is_multi_region_trail != Some(false));
    wide.filter_map(|trail| Group::parse(trail.row.cloud_watch_logs_log_group_arn.as_deref()?)).collect()
}

/// The topics that lead from a metric of the groups' filters to people, each with the places where it may be asked for.
fn topics<'a>(facts: &Facts<'a>) -> BTreeSet<(&'a str, Place)> {
    let mut topics = BTreeSet::new();
    for group in groups(facts) {
        // Without these facts there is nothing to ask for, and the verdict has their gap.
        if let Ok(Some(filters)) = group.filters(facts) {
            let mut counters: Vec<Counter<'a>> = Vec::new();
            for filter in filters {
                if let Ok(counter) = counter(filter) {
                    counters.push(counter);
                }
            }
            if let Ok(told) = Alarms::read(facts, &group.place()).topics(&counters) {
                let places = |topic| topic_places(topic, &group.account_id).into_iter().map(move |place| (topic, place));
                topics.extend(told.into_iter().flat_map(places));
            }
        }
    }
    topics
}

/// The filters of some trails' groups.
#[derive(Default)]
struct Pool<'f, 'a> {
    filters: Vec<&'f Filter<'a>>,
    /// Groups whose filters could not be read but that may complete a chain.
    unread: Vec<Gap>,
    /// Where chains of the other unread ones end.
    ended: Vec<Broken>,
}

/// The filters of every log group that was read; for the others, why they were not.
type Read<'a> = BTreeMap<Group, Vec<Result<Filter<'a>, Gap>>>;

impl CloudtrailAlarm {
    fn verdict(&self, facts: &Facts<'_>) -> Result<Verdict, Gap> {
        let owner = self.owner.as_deref();
        let (trails, unseen) = trails(owner, facts);
        let read = read_filters(&trails, facts);
        let baseline = if self.strict_patterns { self.printed.as_slice() } else { std::slice::from_ref(&self.required) };
        let proven = pool(trails.iter().filter(|trail| trail.holds()), &read, facts);
        let live: Vec<_> = proven.filters.iter().copied().filter(|filter| !filter.heard.ways.is_empty()).collect();
        if matches!(catch(baseline, &live), Catch::All) {
            return Ok(self.pass(&trails, baseline, &live, facts));
        }
        if let Some(gap) = unseen {
            return Err(gap);
        }
        let possible = pool(trails.iter().filter(|trail| trail.may_hold()), &read, facts);
        let perhaps = |filter: &&Filter<'_>| !filter.heard.ways.is_empty() || !filter.heard.gaps.is_empty();
        let live: Vec<_> = possible.filters.iter().copied().filter(perhaps).collect();
        let mut gaps: Vec<Gap> = Vec::new();
        let chain_gaps = trails.iter().filter(|trail| trail.may_hold()).flat_map(TrailChain::gaps);
        let all = chain_gaps.chain(&possible.unread).chain(live.iter().flat_map(|filter| &filter.heard.gaps));
        for gap in all {
            if !gaps.contains(gap) {
                gaps.push(gap.clone());
            }
        }
        let complete = !possible.unread.is_empty() || matches!(catch(baseline, &live), Catch::All);
        if let (true, Some(gap)) = (complete, gaps.first()) {
            let message = msg!("Whether a chain from the events to people is whole could not be read: {gap}.", gap = gap.in_message());
            let first = gap.clone();
            let verdict = Verdict::unknown(message, first);
            return Ok(gaps.into_iter().skip(1).fold(verdict, Verdict::gap));
        }
        let (best, broken) = if trails.iter().any(TrailChain::may_hold) {
            (trails.iter().find(|trail| trail.may_hold()), break_of(baseline, &possible, &live, &trails, facts))
        } else {
            first_broken(&trails, facts)
        };
        let verdict = if self.automated { Verdict::fail(broken.message.clone()) } else { Verdict::manual(broken.message.clone()) };
        let mut verdict = verdict.evidence(broken.operation, "broken_link", &broken.shown());
        verdict = match best {
            Some(best) => verdict.evidence(DESCRIBE_TRAILS, "trail", &best.trail.described()),
            None => verdict.evidence(DESCRIBE_TRAILS, "trails", &trails.len()),
        };
        if broken.link >= Link::Filter {
            let shown: Vec<_> = possible.filters.iter().take(FILTERS_SHOWN).map(|filter| filter.shown()).collect();
            verdict = verdict.evidence(DESCRIBE_FILTERS, "metricFilters", &shown);
        }
        if broken.link > Link::Filter {
            let baseline: Vec<_> = baseline.iter().map(FilterPattern::text).collect();
            verdict = verdict.evidence(DESCRIBE_FILTERS, "required_pattern", &baseline);
        }
        Ok(gaps.into_iter().fold(verdict, Verdict::gap))
    }

    fn pass(&self, trails: &[TrailChain<'_>], baseline: &[FilterPattern], live: &[&Filter<'_>], facts: &Facts<'_>) -> Verdict {
        let used = fewest(baseline, live);
        let printed = self.strict_patterns || matches!(catch(&self.printed, live), Catch::All);
        let groups: BTreeSet<_> = used.iter().map(|filter| &filter.group).collect();
        let is_used = |trail: &&TrailChain<'_>| trail.holds() && trail.group.as_ref().is_some_and(|group| groups.contains(group));
        let used_trails: Vec<_> = trails.iter().filter(is_used).collect();
        let ways: Vec<(&Way<'_>, Counter<'_>)> =
            used.iter().filter_map(|filter| Some((filter.heard.ways.first()?, filter.counter?))).collect();

        let mut warnings: BTreeSet<&str> = used_trails.iter().flat_map(|trail| trail.warnings(self.owner.as_deref(), facts)).collect();
        warnings.extend(used.iter().any(|filter| filter.is_noise()).then_some("noise"));
        let never = |(way, counter): &(&Way<'_>, Counter<'_>)| fires_on_one_event(way.alarm, counter) == "no";
        warnings.extend(ways.iter().any(never).then_some("does_not_fire_on_one_event"));

        let arns: Vec<_> = used_trails.iter().map(|trail| trail.trail.arn()).collect();
        let names: Vec<_> = used.iter().map(|filter| filter.name()).collect();
        let alarms: BTreeSet<_> = ways.iter().map(|(way, _)| way.alarm.alarm_name.as_str()).collect();
        let message = msg!(
            "Every event reaches somebody: recorded by {trails}, caught by the filters {filters}, told to a confirmed subscriber by the alarms {alarms}.",
            trails = arns, filters = names, alarms
        );
        let mut verdict = Verdict::pass(message);
        for trail in &used_trails {
            let delivered = trail.status.iter().find_map(|status| status.latest_cloud_watch_logs_delivery_time);
            let status = json!({"IsLogging": true, "LatestCloudWatchLogsDeliveryTime": delivered});
            let group = trail.trail.row.cloud_watch_logs_log_group_arn.as_deref();
            verdict = verdict
                .evidence(DESCRIBE_TRAILS, "trail", &trail.trail.described())
                .evidence(DESCRIBE_TRAILS, "CloudWatchLogsLogGroupArn", &group)
                .evidence(GET_STATUS, "status", &status)
                .evidence(GET_SELECTORS, "excluded_sources", &trail.excluded);
        }
        let filters: Vec<_> = used.iter().map(|filter| filter.shown()).collect();
        let alarms: Vec<_> = ways.iter().map(|(way, counter)| way.shown(counter)).collect();
        let topics: BTreeMap<_, _> = ways.iter().map(|(way, _)| (way.topic, way.topic_shown())).collect();
        let topics: Vec<Value> = topics.into_values().collect();
        verdict
            .evidence(DESCRIBE_FILTERS, "metricFilters", &filters)
            .evidence(DESCRIBE_FILTERS, "baseline", if printed { "printed" } else { "required" })
            .evidence(DESCRIBE_ALARMS, "alarms", &alarms)
            .evidence(LIST, "topics", &topics)
            .evidence(DESCRIBE_ALARMS, "warnings", &warnings)
    }
}

/// How many filters the evidence of a broken chain shows.
const FILTERS_SHOWN: usize = 20;

/// The filters of every group that a trail may deliver to.
fn read_filters<'a>(trails: &[TrailChain<'a>], facts: &Facts<'a>) -> Read<'a> {
    let may_hold = trails.iter().filter(|trail| trail.may_hold());
    let groups: BTreeSet<&Group> = may_hold.filter_map(|trail| trail.group.as_ref()).collect();
    let read = |group: &Group| {
        let alarms = Alarms::read(facts, &group.place());
        match group.filters(facts) {
            Ok(filters) => filters.unwrap_or_default().iter().map(|row| Filter::read(row, group, &alarms)).collect(),
            Err(gap) => vec![Err(gap)],
        }
    };
    groups.into_iter().map(|group| (group.clone(), read(group))).collect()
}

/// The filters that these trails feed.
fn pool<'f, 'a: 'f>(
    trails: impl Iterator<Item = &'f TrailChain<'a>>,
    read: &'f Read<'a>,
    facts: &Facts<'a>,
) -> Pool<'f, 'a> {
    let mut pool = Pool::default();
    let mut groups = BTreeSet::new();
    for trail in trails {
        let Some(group) = &trail.group else {
            // Its ARN could not be read, and with it all that follows.
            pool.unread.extend(trail.gaps().next().cloned());
            continue;
        };
        if !groups.insert(group) {
            continue;
        }
        for filter in read.get(group).into_iter().flatten() {
            match filter {
                Ok(filter) => pool.filters.push(filter),
                Err(gap) => {
                    let heard = Alarms::read(facts, &group.place()).any_heard();
                    if heard.ways.is_empty() && heard.gaps.is_empty() {
                        pool.ended.extend(heard.furthest().map(|found| whatever(found, group, facts)));
                    } else {
                        pool.unread.push(gap.clone());
                    }
                }
            }
        }
    }
    pool.filters.sort_by_key(|filter| (filter.group.clone(), filter.name()));
    pool
}

/// Where a chain ends whatever the filters are, which could not be read.
fn whatever(found: Broken, group: &Group, facts: &Facts<'_>) -> Broken {
    let (name, region) = (group.told(facts), &group.region);
    let message = msg!(
        "Whatever the metric filters of the log group {name} are, no alarm in {region} tells a confirmed subscriber; one must.",
        name, region
    );
    Broken { message, ..found }
}

/// The first link that is broken for filters that don't make a whole chain.
fn break_of<'a>(baseline: &[FilterPattern], pool: &Pool<'_, 'a>, live: &[&Filter<'a>], trails: &[TrailChain<'a>], facts: &Facts<'_>) -> Broken {
    if pool.filters.is_empty()
        && let Some(ended) = pool.ended.first()
    {
        return ended.clone();
    }
    let groups = trails.iter().filter(|trail| trail.may_hold()).filter_map(|trail| trail.group.as_ref());
    let groups: BTreeSet<_> = groups.collect();
    let resource = groups.iter().map(|group| group.shown(facts)).collect::<Vec<_>>().join(", ");
    let groups: Vec<_> = groups.into_iter().map(|group| group.told(facts)).collect();
    let names: Vec<_> = pool.filters.iter().map(|filter| filter.name()).collect();
    let required: Vec<_> = baseline.iter().map(FilterPattern::text).collect();
    match catch(baseline, &pool.filters) {
        Catch::Loses(lost) => {
            let event = Message::from(&*lost);
            let message = msg!(
                "The metric filters of the log group {groups} (there: {filters}) lose this event: {event}; they must catch it.",
                groups, filters = names, event
            );
            let assumes: Vec<_> = lost.assumes().iter().map(ToString::to_string).collect();
            let seen = json!({"filters": names, "lost_event": lost.event(), "assumes": assumes});
            Broken::new(Link::Filter, DESCRIBE_FILTERS, resource, (required, seen), message)
        }
        Catch::NotProven { code, filter, reason } => {
            let message = match &filter {
                Some(filter) => msg!(
                    "The metric filters of the log group {groups} could not be proven to catch every event that they must, because of filter {filter}: {reason}.",
                    groups, filter, reason
                ),
                None => msg!(
                    "The metric filters of the log group {groups} could not be proven to catch every event that they must: {reason}.",
                    groups, reason
                ),
            };
            let seen = json!({"filters": names, "reason": reason.to_string()});
            let broken = Broken::new(Link::Filter, DESCRIBE_FILTERS, filter.unwrap_or(resource), (required, seen), message);
            broken.not_proven(code)
        }
        Catch::All => later_break(baseline, pool, live),
    }
}

/// Where the way from a filter to people breaks, for filters that would catch all if people heard of each.
fn later_break<'a>(baseline: &[FilterPattern], pool: &Pool<'_, 'a>, live: &[&Filter<'a>]) -> Broken {
    let is_live = |filter: &Filter<'a>| live.iter().any(|other| std::ptr::eq(*other, filter));
    let silent: Vec<_> = pool.filters.iter().copied().filter(|filter| !is_live(filter)).collect();
    let enough_with = |filter: &&Filter<'a>| {
        let with: Vec<_> = live.iter().copied().chain([*filter]).collect();
        matches!(catch(baseline, &with), Catch::All)
    };
    let mut wanted: Vec<_> = silent.iter().copied().filter(enough_with).collect();
    if wanted.is_empty() {
        wanted = fewest(baseline, &pool.filters).into_iter().filter(|filter| !is_live(filter)).collect();
    }
    let broken = wanted.iter().flat_map(|filter| filter.heard.broken.iter().cloned());
    let heard = super::alarms::Heard { broken: broken.collect(), ..Default::default() };
    heard.furthest().unwrap_or_else(|| {
        let message = msg!("The metric filters catch the events and no alarm tells of them; one must.");
        Broken::new(Link::Alarm, DESCRIBE_ALARMS, "", (Value::Null, Value::Null), message)
    })
}
