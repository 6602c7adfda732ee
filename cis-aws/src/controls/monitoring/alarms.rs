//! The alarms of a region: which of them read a metric, and which tell somebody.

use std::collections::{BTreeMap, BTreeSet};

use cis_core::prelude::*;
use serde_json::{Value, json};

use super::composite::{Always, Rule};
use super::expression::rises_with;
use super::link::{Broken, Link};
use crate::Arn;
use crate::datasets::cloudwatch::{
    CompositeAlarm, CompositeAlarms, Dimension, Metric, MetricAlarm, MetricAlarms, MetricDataQuery,
};
use crate::datasets::sns::{Subscription, TopicSubscriptions};

/// The operation behind alarms, for evidence.
pub(super) const DESCRIBE: &str = "cloudwatch:DescribeAlarms";
/// The operation behind subscriptions, for evidence.
pub(super) const LIST: &str = "sns:ListSubscriptionsByTopic";

/// A metric that a filter counts into.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Counter<'a> {
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
    /// What a match adds.
    pub(super) value: f64,
}

impl Counter<'_> {
    fn is(&self, namespace: Option<&str>, name: Option<&str>, dimensions: &[Dimension]) -> bool {
        // A metric of the same name in another namespace is another metric, and so is each of its dimensions.
        namespace == Some(self.namespace) && name == Some(self.name) && dimensions.is_empty()
    }

    fn is_metric(&self, metric: Option<&Metric>) -> bool {
        metric.is_some_and(|metric| {
            self.is(metric.namespace.as_deref(), metric.metric_name.as_deref(), &metric.dimensions)
        })
    }

    pub(super) fn shown(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

/// Whether an alarm reads a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Watches {
    Yes,
    No,
    NotProven,
}

/// Whether an alarm goes off when a metric rises.
pub(super) fn watches(alarm: &MetricAlarm, counter: &Counter<'_>, account_id: &str) -> Watches {
    let plain = counter.is(alarm.namespace.as_deref(), alarm.metric_name.as_deref(), &alarm.dimensions);
    if alarm.metrics.is_empty() {
        return match (plain, &alarm.threshold_metric_id) {
            (true, None) => Watches::Yes,
            (true, Some(_)) => Watches::NotProven,
            (false, _) => Watches::No,
        };
    }
    let is_here = |query: &&MetricDataQuery| query.account_id.as_deref().is_none_or(|account| account == account_id);
    let stats: BTreeMap<&str, &MetricDataQuery> = alarm
        .metrics
        .iter()
        .filter(|query| query.metric_stat.is_some())
        .map(|query| (query.id.as_str(), query))
        .collect();
    let of_counter = |query: &&MetricDataQuery| {
        is_here(query) && counter.is_metric(query.metric_stat.as_ref().and_then(|stat| stat.metric.as_ref()))
    };
    let ours: BTreeSet<&str> = stats.values().copied().filter(of_counter).map(|query| query.id.as_str()).collect();
    let selects = |query: &MetricDataQuery| {
        query.expression.as_deref().is_some_and(|text| {
            text.trim_start().to_ascii_uppercase().starts_with("SELECT") && text.contains(counter.name)
        })
    };
    if ours.is_empty() {
        return if alarm.metrics.iter().any(selects) { Watches::NotProven } else { Watches::No };
    }
    let mut returned = alarm.metrics.iter().filter(|query| query.return_data != Some(false));
    let (Some(query), None, None) = (returned.next(), returned.next(), &alarm.threshold_metric_id) else {
        return Watches::NotProven;
    };
    if query.metric_stat.is_some() {
        return if ours.contains(query.id.as_str()) { Watches::Yes } else { Watches::No };
    }
    // A sum over a metric of another account is not one that this account can vouch for.
    let known: BTreeSet<&str> = stats.values().copied().filter(is_here).map(|query| query.id.as_str()).collect();
    match query.expression.as_deref().and_then(|expression| rises_with(expression, &known)) {
        Some(ids) if ids.iter().any(|id| ours.contains(id)) => Watches::Yes,
        Some(_) => Watches::No,
        None => Watches::NotProven,
    }
}

/// Whether one event sets an alarm off: `yes`, `no`, `unknown`. The audit does not ask; people do.
pub(super) fn fires_on_one_event(alarm: &MetricAlarm, counter: &Counter<'_>) -> &'static str {
    let (Some(threshold), Some(operator)) = (alarm.threshold, alarm.comparison_operator.as_deref()) else {
        return "unknown";
    };
    let rises_to = match alarm.statistic.as_deref() {
        Some("Sum" | "Maximum") => counter.value,
        Some("SampleCount") => 1.0,
        _ => return "unknown",
    };
    let reached = match operator {
        "GreaterThanOrEqualToThreshold" => rises_to >= threshold,
        "GreaterThanThreshold" => rises_to > threshold,
        "LessThanThreshold" | "LessThanOrEqualToThreshold" => false,
        _ => return "unknown",
    };
    let Some(periods) = alarm.evaluation_periods else { return "unknown" };
    // Left out, every period counts.
    let needed = alarm.datapoints_to_alarm.unwrap_or(periods);
    match (reached, needed) {
        (true, 1) if periods == 1 => "yes",
        (true, 1) => "unknown",
        _ => "no",
    }
}

/// The alarms of a region, as far as they could be read.
#[derive(Debug)]
pub(super) struct Alarms<'a> {
    metric: Result<Rows<'a, MetricAlarm>, Gap>,
    composite: Result<Rows<'a, CompositeAlarm>, Gap>,
    facts: Facts<'a>,
    place: Place,
}

/// A way from an alarm to people that is whole.
#[derive(Debug, Clone)]
pub(super) struct Way<'a> {
    pub(super) alarm: &'a MetricAlarm,
    /// The composite alarm that tells them, where the alarm itself does not.
    pub(super) through: Option<&'a CompositeAlarm>,
    pub(super) topic: &'a str,
    /// The protocols of the confirmed subscriptions, one each.
    pub(super) protocols: Vec<&'a str>,
}

impl Way<'_> {
    pub(super) fn shown(&self, counter: &Counter<'_>) -> Value {
        let MetricAlarm { alarm_name, alarm_arn, .. } = self.alarm;
        let mut shown = json!({
            "AlarmName": alarm_name, "AlarmArn": alarm_arn, "ActionsEnabled": self.alarm.actions_enabled,
            "metric": counter.shown(), "fires_on_one_event": fires_on_one_event(self.alarm, counter),
        });
        if let (Some(object), Some(composite)) = (shown.as_object_mut(), self.through) {
            let rule = json!({"AlarmName": composite.alarm_name, "AlarmRule": composite.alarm_rule});
            object.insert("through".into(), rule);
        }
        shown
    }

    pub(super) fn topic_shown(&self) -> Value {
        json!({"TopicArn": self.topic, "confirmed_subscriptions": self.protocols.len(), "Protocols": self.protocols})
    }
}

/// Whether people hear of a metric.
#[derive(Debug, Default)]
pub(super) struct Heard<'a> {
    pub(super) ways: Vec<Way<'a>>,
    /// What could not be read and might make a way whole.
    pub(super) gaps: Vec<Gap>,
    /// Where the ways end that were followed.
    pub(super) broken: Vec<Broken>,
}

impl<'a> Heard<'a> {
    fn take(&mut self, told: Result<Result<Way<'a>, Broken>, Gap>) {
        match told {
            Ok(Ok(way)) => self.ways.push(way),
            Ok(Err(broken)) => self.broken.push(broken),
            Err(gap) => self.gaps.push(gap),
        }
    }

    /// Where the best way ends: the furthest, then what is not proven before what is refuted, then the first.
    pub(super) fn furthest(self) -> Option<Broken> {
        let mut best: Option<Broken> = None;
        for broken in self.broken {
            let rank = |broken: &Broken| (broken.link, broken.not_proven.is_some());
            if best.as_ref().is_none_or(|best| rank(&broken) > rank(best)) {
                best = Some(broken);
            }
        }
        best
    }
}

/// Something that has actions: a metric alarm or a composite one.
#[derive(Debug, Clone, Copy)]
struct Actor<'a> {
    name: &'a str,
    arn: &'a str,
    enabled: Option<bool>,
    actions: &'a [String],
}

impl<'a> Actor<'a> {
    fn metric(alarm: &'a MetricAlarm) -> Self {
        let MetricAlarm { alarm_name, alarm_arn, actions_enabled, alarm_actions, .. } = alarm;
        Self { name: alarm_name, arn: alarm_arn, enabled: *actions_enabled, actions: alarm_actions }
    }

    fn composite(alarm: &'a CompositeAlarm) -> Self {
        let CompositeAlarm { alarm_name, alarm_arn, actions_enabled, alarm_actions, .. } = alarm;
        Self { name: alarm_name, arn: alarm_arn, enabled: *actions_enabled, actions: alarm_actions }
    }

    fn topics(self) -> impl Iterator<Item = &'a str> {
        let is_topic = |action: &&str| Arn::parse(action).is_some_and(|arn| arn.service() == "sns");
        self.actions.iter().map(String::as_str).filter(is_topic)
    }
}

impl<'a> Alarms<'a> {
    pub(super) fn read(facts: &Facts<'a>, place: &Place) -> Self {
        let named = |gap: Gap| in_account(gap, place, facts);
        Self {
            metric: facts.at::<MetricAlarms>(place).map_err(named),
            composite: facts.at::<CompositeAlarms>(place).map_err(named),
            facts: facts.clone(),
            place: place.clone(),
        }
    }

    /// Every topic that an alarm tells, of those alarms that may lead from one of the counters to people.
    pub(super) fn topics(&self, counters: &[Counter<'a>]) -> Result<BTreeSet<&'a str>, Gap> {
        let mut topics = BTreeSet::new();
        for alarm in self.metric.clone()?.iter() {
            let read = |counter| watches(alarm, counter, self.place.account_id()) == Watches::Yes;
            if counters.iter().any(read) {
                topics.extend(Actor::metric(alarm).topics());
                if let Ok(composites) = &self.composite {
                    let passing = self.passing_on(alarm, composites).into_iter();
                    topics.extend(passing.flat_map(|(composite, _)| Actor::composite(composite).topics()));
                }
            }
        }
        Ok(topics)
    }

    /// Follows a metric to people.
    pub(super) fn heard(&self, counter: &Counter<'a>, filter: &str) -> Heard<'a> {
        let mut heard = Heard::default();
        let rows = match &self.metric {
            Ok(rows) => rows,
            Err(gap) => {
                heard.gaps.push(gap.clone());
                return heard;
            }
        };
        heard.gaps.extend(rows.cut_off().iter().cloned());
        let (metric, region) = (counter.shown(), self.shown());
        for alarm in rows.iter() {
            match watches(alarm, counter, self.place.account_id()) {
                Watches::Yes => self.follow(alarm, counter, filter, &mut heard),
                Watches::NotProven => {
                    let name = &alarm.alarm_name;
                    let message = msg!(
                        "Filter {filter} counts into {metric}; it could not be proven that alarm {name} goes off when that rises, since it reads an expression that is not followed.",
                        filter,
                        metric,
                        name
                    );
                    let seen = ("an alarm on the metric, or on a sum or maximum over it", &alarm.metrics);
                    let broken = Broken::new(Link::Alarm, DESCRIBE, &alarm.alarm_arn, seen, message);
                    heard.broken.push(broken.not_proven("alarm_expression_not_proven"));
                }
                Watches::No => {}
            }
        }
        if heard.ways.is_empty() && heard.gaps.is_empty() && heard.broken.is_empty() {
            let message = msg!(
                "Filter {filter} counts into {metric}, which no alarm in {region} reads; a metric alarm must.",
                filter,
                metric,
                region
            );
            let seen = ("a metric alarm that reads it", Value::Null);
            heard.broken.push(Broken::new(Link::Alarm, DESCRIBE, &metric, seen, message));
        }
        heard
    }

    /// Whether any alarm at all might lead to people; for filters that could not be read.
    pub(super) fn any_heard(&self) -> Heard<'a> {
        let mut heard = Heard::default();
        match &self.metric {
            Err(gap) => heard.gaps.push(gap.clone()),
            Ok(rows) => {
                heard.gaps.extend(rows.cut_off().iter().cloned());
                for alarm in rows.iter() {
                    // Which metric is meant is not known, so that the names below are never shown.
                    self.follow(alarm, &Counter { namespace: "", name: "", value: 1.0 }, "", &mut heard);
                }
                if rows.is_empty() && rows.cut_off().is_empty() {
                    let region = self.shown();
                    let message = msg!("No metric alarm is in {region}; one must read the metric of a filter.", region);
                    let seen = ("a metric alarm", Value::Null);
                    let place = self.place.region_name().unwrap_or_default();
                    heard.broken.push(Broken::new(Link::Alarm, DESCRIBE, place, seen, message));
                }
            }
        }
        heard
    }

    /// From an alarm that reads the metric to people: by its own actions, or by a composite alarm's.
    fn follow(&self, alarm: &'a MetricAlarm, counter: &Counter<'a>, filter: &str, heard: &mut Heard<'a>) {
        let mut own = Heard::default();
        self.tell(alarm, Actor::metric(alarm), None, (counter, filter), &mut own);
        if own.ways.is_empty() {
            match &self.composite {
                Err(gap) => own.gaps.push(gap.clone()),
                Ok(rows) => {
                    own.gaps.extend(rows.cut_off().iter().cloned());
                    for (composite, proven) in self.passing_on(alarm, rows) {
                        if proven {
                            self.tell(alarm, Actor::composite(composite), Some(composite), (counter, filter), &mut own);
                        } else {
                            let (name, through) = (&alarm.alarm_name, &composite.alarm_name);
                            let message = msg!(
                                "Filter {filter} and alarm {name}: it could not be proven that the composite alarm {through} goes off whenever {name} does.",
                                filter,
                                name,
                                through
                            );
                            let seen = ("a rule that is true whenever the alarm is in ALARM", &composite.alarm_rule);
                            let broken = Broken::new(Link::Action, DESCRIBE, &composite.alarm_arn, seen, message);
                            own.broken.push(broken.not_proven("composite_not_proven"));
                        }
                    }
                    if rows.is_empty() && rows.cut_off().is_empty() {
                        // A permission on less than every resource leaves composite alarms out without an error.
                        own.broken.iter_mut().for_each(|broken| {
                            if broken.link <= Link::Action {
                                broken.note = Some("composites_may_be_hidden");
                            }
                        });
                    }
                }
            }
        }
        heard.ways.append(&mut own.ways);
        heard.gaps.append(&mut own.gaps);
        heard.broken.append(&mut own.broken);
    }

    /// From something that has actions to people.
    fn tell(
        &self,
        alarm: &'a MetricAlarm,
        actor: Actor<'a>,
        through: Option<&'a CompositeAlarm>,
        (counter, filter): (&Counter<'a>, &str),
        heard: &mut Heard<'a>,
    ) {
        let (name, metric) = (actor.name, counter.shown());
        match actor.enabled {
            Some(true) => {}
            Some(false) => {
                let message = msg!(
                    "Filter {filter} counts into {metric}, but the actions of alarm {name} are switched off; ActionsEnabled must be true.",
                    filter,
                    metric,
                    name
                );
                heard.broken.push(Broken::new(Link::Action, DESCRIBE, actor.arn, (true, false), message));
                return;
            }
            None => {
                let gap =
                    Gap::malformed("ActionsEnabled is missing from the answer").operation(DESCRIBE).resource(actor.arn);
                let dataset = if through.is_some() { CompositeAlarms::NAME } else { MetricAlarms::NAME };
                heard.gaps.push(self.in_region(gap.dataset(dataset)));
                return;
            }
        }
        if let Some(suppressor) = through.and_then(|composite| composite.actions_suppressor.as_deref()) {
            let message = msg!(
                "Filter {filter} counts into {metric}; the composite alarm {name} that passes it on can be silenced by {suppressor} and must not be.",
                filter,
                metric,
                name,
                suppressor
            );
            heard.broken.push(Broken::new(Link::Action, DESCRIBE, actor.arn, (Value::Null, suppressor), message));
            return;
        }
        let mut topics = actor.topics().peekable();
        if topics.peek().is_none() {
            let actions = actor.actions;
            let message = msg!(
                "Filter {filter} counts into {metric}, but alarm {name} notifies no SNS topic (its alarm actions: {actions}); it must.",
                filter,
                metric,
                name,
                actions
            );
            heard.broken.push(Broken::new(Link::Action, DESCRIBE, actor.arn, ("an SNS topic", actions), message));
            return;
        }
        for topic in topics {
            heard.take(self.subscribers(topic).map(|subscriptions| {
                let confirmed: Vec<_> = subscriptions.iter().flat_map(|all| all.iter()).filter(|one| is_confirmed(one)).collect();
                if confirmed.is_empty() {
                    let message = msg!(
                        "Filter {filter} counts into {metric} and alarm {name} notifies {topic}, which has no confirmed subscription; it must have one.",
                        filter, metric, name, topic
                    );
                    let seen = subscriptions.map(|all| all.iter().map(|one| &one.subscription_arn).collect::<Vec<_>>());
                    let seen = ("a confirmed subscription", seen);
                    return Err(Broken::new(Link::Subscriber, LIST, topic, seen, message));
                }
                let mut protocols: Vec<_> = confirmed.iter().filter_map(|one| one.protocol.as_deref()).collect();
                protocols.sort_unstable();
                Ok(Way { alarm, through, topic, protocols })
            }));
        }
    }

    /// The subscriptions of a topic; none if it is gone.
    fn subscribers(&self, topic: &'a str) -> Result<Option<&'a [Subscription]>, Gap> {
        let mut places = topic_places(topic, self.place.account_id()).into_iter();
        let first = places.next().map_or_else(|| Err(self.no_topic(topic)), |place| self.subscribers_at(topic, &place));
        match (first, places.next()) {
            // The alarm's account may be refused what the topic's own account sees.
            (Err(refused), Some(place)) => self.subscribers_at(topic, &place).map_err(|_| refused),
            (first, _) => first,
        }
    }

    fn no_topic(&self, topic: &str) -> Gap {
        let gap = Gap::malformed("an alarm action is no topic's ARN").dataset(MetricAlarms::NAME).operation(DESCRIBE);
        self.in_region(gap.resource(topic))
    }

    fn subscribers_at(&self, topic: &'a str, place: &Place) -> Result<Option<&'a [Subscription]>, Gap> {
        let named = |gap: Gap| if gap.resource.is_none() { gap.resource(topic) } else { gap };
        let region = place.region_name().unwrap_or_default();
        let rows = self.facts.at::<TopicSubscriptions>(place).map_err(named)?;
        let Some(row) = rows.iter().find(|row| row.topic_arn == topic) else {
            rows.whole().map_err(named)?;
            return Err(named(
                Gap::malformed("the answer holds no row of this topic")
                    .dataset(TopicSubscriptions::NAME)
                    .region(region),
            ));
        };
        Ok(rows.known(&row.subscriptions).map_err(named)?.as_deref())
    }

    /// The composite alarms that may be in alarm because this one is, and whether that is proven.
    fn passing_on(
        &self,
        alarm: &MetricAlarm,
        composites: &Rows<'a, CompositeAlarm>,
    ) -> Vec<(&'a CompositeAlarm, bool)> {
        let metric =
            self.metric.iter().flat_map(|rows| rows.iter().map(|alarm| (&*alarm.alarm_name, &*alarm.alarm_arn)));
        let known = metric.chain(composites.iter().map(|alarm| (&*alarm.alarm_name, &*alarm.alarm_arn)));
        let by_name: BTreeMap<&str, &str> = known.collect();
        let name = |alarm: String| by_name.get(alarm.as_str()).map_or(alarm.clone(), |arn| (*arn).to_owned());
        let rules: Vec<(&CompositeAlarm, Option<Rule>)> = composites
            .iter()
            .map(|composite| {
                (composite, composite.alarm_rule.as_deref().and_then(Rule::parse).map(|rule| rule.renamed(&name)))
            })
            .collect();
        let mut in_alarm = BTreeSet::from([alarm.alarm_arn.as_str()]);
        let mut passing: BTreeMap<&str, (&CompositeAlarm, bool)> = BTreeMap::new();
        // Composite alarms may stand in the rules of others: each round goes one deeper.
        loop {
            let before = in_alarm.len();
            for (composite, rule) in &rules {
                if in_alarm.contains(composite.alarm_arn.as_str()) {
                    continue;
                }
                let always = match rule {
                    // A rule that is true anyway never changes, and only a change runs actions.
                    Some(rule) if rule.always(&BTreeSet::new()) == Always::Yes => Always::No,
                    Some(rule) if rule.alarms().is_disjoint(&in_alarm) => Always::No,
                    Some(rule) => rule.always(&in_alarm),
                    None => Always::TooMany,
                };
                match always {
                    Always::Yes => {
                        in_alarm.insert(&composite.alarm_arn);
                        passing.insert(&composite.alarm_arn, (composite, true));
                    }
                    Always::TooMany if rule.is_some() || mentions(composite, &in_alarm, &by_name) => {
                        passing.insert(&composite.alarm_arn, (composite, false));
                    }
                    Always::TooMany | Always::No => {}
                }
            }
            if in_alarm.len() == before {
                break;
            }
        }
        passing.into_values().collect()
    }

    /// The region, and the account where that is another one.
    fn shown(&self) -> String {
        let region = self.place.region_name().unwrap_or_default();
        if self.place.account_id() == self.facts.account_id() { region.to_owned() } else { self.place.to_string() }
    }

    fn in_region(&self, gap: Gap) -> Gap {
        match self.place.region_name() {
            Some(region) => gap.region(region),
            None => gap,
        }
    }
}

/// A gap that was met in another account and names no resource names the account.
fn in_account(gap: Gap, place: &Place, facts: &Facts<'_>) -> Gap {
    if gap.resource.is_some() || place.account_id() == facts.account_id() {
        return gap;
    }
    gap.resource(format!("account {}", place.account_id()))
}

/// Where the subscriptions of a topic may be read: with the account of the alarm that tells it, and with the topic's own.
pub(super) fn topic_places(topic: &str, alarms_account_id: &str) -> Vec<Place> {
    let Some(arn) = Arn::parse(topic) else { return Vec::new() };
    let mut places = vec![Place::region(alarms_account_id, arn.region())];
    if !arn.account_id().is_empty() && arn.account_id() != alarms_account_id {
        places.push(Place::region(arn.account_id(), arn.region()));
    }
    places
}

/// Whether a rule that is not understood names one of these alarms.
fn mentions(composite: &CompositeAlarm, alarms: &BTreeSet<&str>, by_name: &BTreeMap<&str, &str>) -> bool {
    let rule = composite.alarm_rule.as_deref().unwrap_or_default();
    let names = by_name.iter().filter(|(_, arn)| alarms.contains(*arn)).map(|(name, _)| *name);
    names.chain(alarms.iter().copied()).any(|name| rule.contains(name))
}

fn is_confirmed(subscription: &Subscription) -> bool {
    subscription.subscription_arn.as_deref().is_some_and(|arn| Arn::parse(arn).is_some())
}
