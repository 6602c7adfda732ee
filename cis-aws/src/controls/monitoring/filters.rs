//! The metric filters of a log group, and what some of them catch together.

use cis_core::Message;
use cis_core::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use super::alarms::{Alarms, Counter, Heard};
use super::link::{Broken, Link};
use crate::Arn;
use crate::datasets::logs::{MetricFilter, MetricFilters};
use crate::pattern::{Counterexample, Coverage, NotProven, Pattern, PatternError, covers};

/// The operation behind metric filters, for evidence.
pub(super) const DESCRIBE: &str = "logs:DescribeMetricFilters";

/// A filter pattern as a parameter: one that is not understood is refused.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterPattern {
    text: String,
    pattern: Pattern,
}

impl FilterPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// It is not understood.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        Ok(Self { text: text.to_owned(), pattern: Pattern::parse(text)? })
    }

    /// The pattern that matches every event.
    pub fn all() -> Self {
        Self { text: String::new(), pattern: Pattern::All }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl Serialize for FilterPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FilterPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A log group, by all that names it: a name alone says nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group {
    pub(super) account_id: String,
    pub(super) region: String,
    pub(super) name: String,
}

impl Group {
    /// From `arn:P:logs:REGION:ACCOUNT:log-group:NAME:*`.
    pub(super) fn parse(arn: &str) -> Option<Self> {
        let arn = Arn::parse(arn).filter(|arn| arn.service() == "logs")?;
        let name = arn.resource().strip_prefix("log-group:")?;
        let name = name.strip_suffix(":*").unwrap_or(name);
        let of = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Some(Self { account_id: of(arn.account_id())?, region: of(arn.region())?, name: of(name)? })
    }

    pub(super) fn place(&self) -> Place {
        Place::region(&self.account_id, &self.region)
    }

    /// Its name, and the account where that is another one.
    pub(super) fn told(&self, facts: &Facts<'_>) -> Message {
        let Self { account_id: account, name, .. } = self;
        if account == facts.account_id() {
            msg!("{name}", name)
        } else {
            msg!("{name} of account {account}", name, account)
        }
    }

    pub(super) fn shown(&self, facts: &Facts<'_>) -> String {
        self.told(facts).to_string()
    }

    /// Its filters; none if there is no such group.
    pub(super) fn filters<'a>(&self, facts: &Facts<'a>) -> Result<Option<&'a [MetricFilter]>, Gap> {
        let Self { account_id, region, name } = self;
        let named = |gap: Gap| if gap.resource.is_none() { gap.resource(self.shown(facts)) } else { gap };
        let rows = facts.at::<MetricFilters>(&self.place()).map_err(|gap| match gap.kind {
            // Never asked for: the name would be looked up in the caller's account and may stand there for another group.
            GapKind::OtherAccount => {
                let message = gap_text!("the log group {name} lies in account {account_id}, which was not scanned");
                let gap = Gap::new(GapKind::OtherAccount, message).dataset(MetricFilters::NAME).operation(DESCRIBE);
                gap.code("OutOfScope").region(region).resource(self.shown(facts))
            }
            _ => named(gap),
        })?;
        let Some(row) = rows.iter().find(|row| row.log_group_name == *name) else {
            rows.whole().map_err(named)?;
            let gap = Gap::malformed("the answer holds no row of this log group").dataset(MetricFilters::NAME);
            return Err(named(gap.region(region)));
        };
        Ok(rows.known(&row.metric_filters).map_err(named)?.as_deref())
    }
}

/// A filter that counts and whether people hear of it.
#[derive(Debug)]
pub(super) struct Filter<'a> {
    pub(super) row: &'a MetricFilter,
    pub(super) group: Group,
    pattern: Result<Pattern, PatternError>,
    /// Why its pattern says nothing of the trail's events as they are.
    hindrance: Option<&'static str>,
    pub(super) counter: Option<Counter<'a>>,
    pub(super) heard: Heard<'a>,
}

impl<'a> Filter<'a> {
    pub(super) fn read(row: &'a MetricFilter, group: &Group, alarms: &Alarms<'a>) -> Result<Self, Gap> {
        let missing = || {
            let gap = Gap::malformed("filterPattern is missing from the answer").dataset(MetricFilters::NAME);
            gap.operation(DESCRIBE).region(&group.region).resource(&row.filter_name)
        };
        let text = row.filter_pattern.as_deref().ok_or_else(missing)?;
        let has_criteria = row.field_selection_criteria.as_deref().is_some_and(|criteria| !criteria.trim().is_empty());
        let hindrance = match (row.apply_on_transformed_logs, has_criteria) {
            (Some(true), _) => Some("transformed"),
            (_, true) => Some("field_selection"),
            _ => None,
        };
        let (counter, heard) = match counter(row) {
            Ok(counter) => (Some(counter), alarms.heard(&counter, &row.filter_name)),
            Err(broken) => (None, Heard { broken: vec![broken], ..Heard::default() }),
        };
        Ok(Self { row, group: group.clone(), pattern: Pattern::parse(text), hindrance, counter, heard })
    }

    pub(super) fn name(&self) -> &'a str {
        &self.row.filter_name
    }

    /// For evidence.
    pub(super) fn shown(&self) -> Value {
        json!({
            "logGroupName": self.group.name, "account": self.group.account_id, "region": self.group.region, "filterName": self.name(),
            "filterPattern": self.row.filter_pattern, "metric": self.counter.map(|counter| counter.shown()),
        })
    }

    /// Whether an event that a required pattern matches is lost by it, too.
    fn loses(&self, lost: &Counterexample) -> bool {
        let rules = lost.assumes().iter().copied().collect();
        self.pattern.as_ref().is_ok_and(|pattern| pattern.matches_under(lost.event(), rules) == Some(false))
    }

    /// Whether it matches every event there is, so that its alarm says nothing.
    pub(super) fn is_noise(&self) -> bool {
        covers(&Pattern::All, std::slice::from_ref(&self.pattern)) == Coverage::Covered
    }
}

/// The metric that a filter counts into, if a match makes it rise.
pub(super) fn counter(filter: &MetricFilter) -> Result<Counter<'_>, Broken> {
    let name = &filter.filter_name;
    let transformation = filter.metric_transformations.first();
    let named =
        transformation.and_then(|one| Some((one, one.metric_namespace.as_deref()?, one.metric_name.as_deref()?)));
    let Some((transformation, namespace, metric)) = named else {
        let message = msg!("Filter {name} counts into no metric; it must.", name);
        let seen = ("a metric", &filter.metric_transformations);
        return Err(Broken::new(Link::Alarm, DESCRIBE, name, seen, message));
    };
    let shown = format!("{namespace}/{metric}");
    let broken = |reason, expected: &str, observed: Value, message| {
        Err(Broken::new(Link::Alarm, DESCRIBE, name, (expected, observed), message).note(Some(reason)))
    };
    let value = transformation.metric_value.as_deref();
    let mut numbers = value.into_iter().flat_map(|text| text.trim().parse::<f64>());
    let number = numbers.find(|value| value.is_finite() && *value > 0.0);
    let Some(number) = number else {
        let message = msg!(
            "Filter {name} adds {value} to {metric} on a match; it must add a positive number.",
            name,
            value,
            metric = shown
        );
        return broken("metric_value", "a positive number", json!(value), message);
    };
    if let Some(default) = transformation.default_value.filter(|default| *default > 0.0) {
        let message = msg!(
            "Filter {name} adds {default} to {metric} without a match too, so that its alarm says nothing; it must add 0 then.",
            name,
            default,
            metric = shown
        );
        return broken("metric_value", "a default value of 0", json!(default), message);
    }
    let dimensions = transformation.dimensions.iter().flat_map(|all| all.keys());
    let dimensions: Vec<_> = dimensions.chain(&filter.emit_system_field_dimensions).collect();
    if !dimensions.is_empty() {
        let message = msg!(
            "Filter {name} counts into {metric} once for each value of {dimensions}, so that no alarm on the metric itself gets data; it must count without dimensions.",
            name,
            metric = shown,
            dimensions
        );
        return broken("dimensioned", "no dimensions", json!(dimensions), message);
    }
    Ok(Counter { namespace, name: metric, value: number })
}

/// What filters catch of what they must.
#[derive(Debug)]
pub(super) enum Catch {
    All,
    Loses(Box<Counterexample>),
    NotProven { code: &'static str, filter: Option<String>, reason: Message },
}

/// Whether some filters together catch all that one of these patterns does.
pub(super) fn catch(patterns: &[FilterPattern], filters: &[&Filter<'_>]) -> Catch {
    let mut worst = None;
    for pattern in patterns {
        match (catch_one(pattern, filters), &worst) {
            (Catch::All, _) => return Catch::All,
            (found @ Catch::NotProven { .. }, None | Some(Catch::Loses(_))) | (found, None) => worst = Some(found),
            _ => {}
        }
    }
    worst.unwrap_or_else(|| Catch::NotProven { code: "required", filter: None, reason: msg!("no pattern is required") })
}

fn catch_one(pattern: &FilterPattern, filters: &[&Filter<'_>]) -> Catch {
    let together = |usable: &dyn Fn(&Filter<'_>) -> bool| {
        let usable: Vec<_> = filters.iter().filter(|filter| usable(filter)).collect();
        let patterns: Vec<_> = usable.iter().map(|filter| filter.pattern.clone()).collect();
        match covers(&pattern.pattern, &patterns) {
            Coverage::Covered => Catch::All,
            Coverage::NotCovered(lost) => Catch::Loses(Box::new(lost)),
            Coverage::NotProven(reason) => {
                let filter = reason.filter().and_then(|index| usable.get(index)).map(|filter| filter.name().to_owned());
                let because = match &reason {
                    NotProven::NotUnderstood { error, .. } => error.into(),
                    NotProven::NotJson { .. } => msg!("it looks at the text of an event instead of its fields"),
                    NotProven::Opaque { test, .. } => {
                        msg!("it holds a test that no proof can rest on, {test}", test = test.to_string())
                    }
                    NotProven::Required => msg!("the required pattern holds a test that no proof can rest on"),
                    NotProven::TooComplex => msg!("the patterns are too complex"),
                    NotProven::NoExample => {
                        msg!("it rests on a value that is compared both as text and as number")
                    }
                };
                Catch::NotProven { code: reason.code(), filter, reason: because }
            }
        }
    };
    let plain = together(&|filter| filter.hindrance.is_none());
    let hindered = |code: &str| filters.iter().find(|filter| filter.hindrance == Some(code));
    let not_proven = |filter: &Filter<'_>, reason: Message| Catch::NotProven {
        code: filter.hindrance.unwrap_or_default(),
        filter: Some(filter.name().to_owned()),
        reason,
    };
    match (plain, hindered("transformed"), hindered("field_selection")) {
        (Catch::All, ..) => Catch::All,
        (_, Some(filter), _) => not_proven(filter, msg!("it looks at transformed events")),
        // Such a filter catches less than its pattern: what the pattern loses is lost.
        (_, None, Some(filter)) => match together(&|_| true) {
            Catch::All => not_proven(filter, msg!("it is narrowed to some accounts or regions")),
            found => found,
        },
        (found, None, None) => found,
    }
}

/// The fewest of some filters that still catch all, in their order; all of them if they don't.
pub(super) fn fewest<'f, 'a>(patterns: &[FilterPattern], filters: &[&'f Filter<'a>]) -> Vec<&'f Filter<'a>> {
    /// More than a log group has; what is left out is only told.
    const MOST: usize = 100;
    let catch_all = |filters: &[&Filter<'a>]| matches!(catch(patterns, filters), Catch::All);
    // Of each pattern an event that the last filter lost: most others lose it, too, and to look takes a thousandth of a proof.
    let mut lost: Vec<Option<Box<Counterexample>>> = patterns.iter().map(|_| None).collect();
    let mut catches_all = |filter: &'f Filter<'a>| {
        patterns.iter().zip(&mut lost).any(|(pattern, lost)| {
            if lost.as_ref().is_some_and(|lost| filter.loses(lost)) {
                return false;
            }
            match catch_one(pattern, &[filter]) {
                Catch::All => return true,
                Catch::Loses(event) => *lost = Some(event),
                Catch::NotProven { .. } => {}
            }
            false
        })
    };
    if let Some(one) = filters.iter().find(|one| catches_all(one)) {
        return vec![*one];
    }
    let mut kept: Vec<_> = filters.to_vec();
    if !catch_all(&kept) || kept.len() > MOST {
        return kept;
    }
    for one in filters {
        let without: Vec<_> = kept.iter().copied().filter(|other| !std::ptr::eq(*other, *one)).collect();
        if catch_all(&without) {
            kept = without;
        }
    }
    kept
}
