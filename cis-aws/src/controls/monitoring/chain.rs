//! The first half of the chain: which trails record the events and deliver them to a log group.

use std::collections::BTreeSet;

use cis_core::prelude::*;
use jiff::SignedDuration;
use serde_json::Value;

use super::filters::{DESCRIBE as DESCRIBE_FILTERS, Group};
use super::link::{Broken, Link, State};
use crate::controls::cloudtrail::selectors::{Direction, Management};
use crate::controls::cloudtrail::trails::{AllTrails, DESCRIBE, GET_SELECTORS, GET_STATUS, SeenTrail};
use crate::datasets::cloudtrail::{Status as TrailState, Trails};

/// A delivery that is older is told.
const DELIVERY_MAX_AGE: SignedDuration = SignedDuration::from_hours(24);

/// A trail and how far its half of the chain holds.
#[derive(Debug)]
pub(super) struct TrailChain<'a> {
    pub(super) trail: SeenTrail<'a>,
    links: Vec<State>,
    /// The log group, if one is set and readable as such.
    pub(super) group: Option<Group>,
    /// Sources whose events it leaves out.
    pub(super) excluded: BTreeSet<&'a str>,
    pub(super) status: Result<&'a TrailState, Gap>,
}

impl<'a> TrailChain<'a> {
    fn follow(trail: SeenTrail<'a>, owner: Option<&str>, facts: &Facts<'a>) -> Self {
        let (group, log_group) = log_group(&trail, facts);
        let (management, excluded) = management(&trail, owner, facts);
        let links = vec![
            State::of(covers_account(&trail)),
            State::of(logging(&trail, facts)),
            management,
            State::of(log_group),
        ];
        let status = trail.status(facts);
        Self { trail, links, group, excluded, status }
    }

    /// Whether every link holds.
    pub(super) fn holds(&self) -> bool {
        self.links.iter().all(|link| matches!(link, State::Holds))
    }

    /// Whether every link holds or could not be read.
    pub(super) fn may_hold(&self) -> bool {
        !self.links.iter().any(|link| matches!(link, State::Broken(_)))
    }

    pub(super) fn gaps(&self) -> impl Iterator<Item = &Gap> {
        self.links.iter().filter_map(|link| match link {
            State::Unread(gap) => Some(gap),
            State::Holds | State::Broken(_) => None,
        })
    }

    fn held(&self) -> usize {
        self.links.iter().take_while(|link| !matches!(link, State::Broken(_))).count()
    }

    fn broken(&self) -> Option<&Broken> {
        self.links.iter().find_map(|link| match link {
            State::Broken(broken) => Some(&**broken),
            State::Holds | State::Unread(_) => None,
        })
    }

    /// What a reader of a pass should know.
    pub(super) fn warnings(&self, owner: Option<&str>, facts: &Facts<'a>) -> Vec<&'static str> {
        let excluded = owner.is_none() && !self.excluded.is_empty();
        [(excluded, "events_excluded"), (self.is_stale(facts), "delivery_stale")]
            .into_iter()
            .filter_map(|(is, word)| is.then_some(word))
            .collect()
    }

    fn is_stale(&self, facts: &Facts<'a>) -> bool {
        let Ok(status) = &self.status else { return false };
        let delivered = status.latest_cloud_watch_logs_delivery_time;
        delivered.is_none_or(|at| facts.as_of().duration_since(at.0) > DELIVERY_MAX_AGE)
    }
}

/// Every trail that was seen, each followed to its log group; and why there may be more that cover every region.
pub(super) fn trails<'a>(owner: Option<&str>, facts: &Facts<'a>) -> (Vec<TrailChain<'a>>, Option<Gap>) {
    let all = AllTrails::read(facts);
    // Any region shows every trail that covers all of them.
    let unseen = all.gaps().next().filter(|_| !all.answered).cloned();
    (all.trails.into_iter().map(|trail| TrailChain::follow(trail, owner, facts)).collect(), unseen)
}

/// Where the best of some trails breaks.
pub(super) fn first_broken<'t, 'a>(
    trails: &'t [TrailChain<'a>],
    facts: &Facts<'_>,
) -> (Option<&'t TrailChain<'a>>, Broken) {
    let mut best: Option<&TrailChain<'a>> = None;
    for trail in trails {
        if best.is_none_or(|best| trail.held() > best.held()) {
            best = Some(trail);
        }
    }
    if let Some((best, broken)) = best.and_then(|best| Some((best, best.broken()?))) {
        return (Some(best), broken.clone());
    }
    let message = msg!("No trail is seen in the account; a trail that covers every region must record its events.");
    let seen = ("a trail that covers every region", Value::Null);
    (None, Broken::new(Link::Trail, DESCRIBE, facts.account_id(), seen, message))
}

fn covers_account(trail: &SeenTrail<'_>) -> Result<Option<Broken>, Gap> {
    let arn = trail.arn();
    if !trail.is_multi_region()? {
        let message = msg!("Trail {arn} covers one region; a trail must cover every region.", arn);
        let seen = ("IsMultiRegionTrail = true", false);
        return Ok(Some(Broken::new(Link::Trail, DESCRIBE, arn, seen, message)));
    }
    if trail.is_foreign && !trail.flag("IsOrganizationTrail", trail.row.is_organization_trail)? {
        let owner = trail.owner;
        let message = msg!("Trail {arn} is account {owner}'s own; a trail must cover this account.", arn, owner);
        let seen = ("IsOrganizationTrail = true", false);
        return Ok(Some(Broken::new(Link::Trail, DESCRIBE, arn, seen, message)));
    }
    Ok(None)
}

fn logging(trail: &SeenTrail<'_>, facts: &Facts<'_>) -> Result<Option<Broken>, Gap> {
    let arn = trail.arn();
    if trail.is_logging(facts)? {
        return Ok(None);
    }
    let message = msg!("Trail {arn} is not logging; IsLogging must be true.", arn);
    Ok(Some(Broken::new(Link::Logging, GET_STATUS, arn, (true, false), message)))
}

fn management<'a>(trail: &SeenTrail<'a>, owner: Option<&str>, facts: &Facts<'a>) -> (State, BTreeSet<&'a str>) {
    let arn = trail.arn();
    let recording = match trail.recording(facts) {
        Ok(recording) => recording,
        Err(gap) => return (State::Unread(gap), BTreeSet::new()),
    };
    let management = Management::of(recording.selectors);
    let excluded = management.excluded();
    // No source has this name: it is left out only where all are.
    let records = |source: Option<&str>| management.covers(source.unwrap_or("*"));
    let broken = |expected: &str, message| {
        let seen = (expected, recording.selectors);
        State::Broken(Box::new(Broken::new(Link::ManagementEvents, GET_SELECTORS, arn, seen, message)))
    };
    let state = if !records(None) {
        let missing = [(msg!("read"), Direction::Read), (msg!("write"), Direction::Write)];
        let missing = missing.into_iter().filter(|(_, direction)| !management.has(*direction)).map(|(word, _)| word);
        let missing: Vec<_> = missing.collect();
        let message =
            msg!("Trail {arn} does not record every management event (missing: {missing}); it must.", arn, missing);
        broken("all management events, read and write", message)
    } else if let Some(owner) = owner.filter(|owner| !records(Some(owner))) {
        let message = msg!("Trail {arn} leaves out the management events of {owner}; it must record them.", arn, owner);
        broken("no exclusion of the source that is meant", message)
    } else {
        State::Holds
    };
    (state, excluded)
}

/// The log group, and whether it gets the events.
fn log_group(trail: &SeenTrail<'_>, facts: &Facts<'_>) -> (Option<Group>, Result<Option<Broken>, Gap>) {
    let arn = trail.arn();
    let set = trail.row.cloud_watch_logs_log_group_arn.as_deref().filter(|group| !group.is_empty());
    let Some(group_arn) = set else {
        let message = msg!("Trail {arn} delivers to no log group; CloudWatchLogsLogGroupArn must be set.", arn);
        let seen = ("CloudWatchLogsLogGroupArn", Value::Null);
        return (None, Ok(Some(Broken::new(Link::LogGroup, DESCRIBE, arn, seen, message))));
    };
    let Some(group) = Group::parse(group_arn) else {
        let gap = Gap::malformed("CloudWatchLogsLogGroupArn is no ARN of a log group").dataset(Trails::NAME);
        return (None, Err(trail.named(gap.operation(DESCRIBE))));
    };
    let delivered = || -> Result<Option<Broken>, Gap> {
        // A gap here is the filter link's, where it is asked for again.
        if let Ok(None) = group.filters(facts) {
            let name = &group.name;
            let message =
                msg!("Trail {arn} delivers to the log group {name}, which does not exist; it must.", arn, name);
            return Ok(Some(Broken::new(
                Link::LogGroup,
                DESCRIBE_FILTERS,
                group_arn,
                ("a log group", Value::Null),
                message,
            )));
        }
        let error =
            trail.status(facts)?.latest_cloud_watch_logs_delivery_error.as_deref().filter(|error| !error.is_empty());
        Ok(error.map(|error| {
            let message =
                msg!("Trail {arn} failed to deliver to its log group ({error}); it must deliver.", arn, error);
            Broken::new(Link::LogGroup, GET_STATUS, arn, (Value::Null, error), message)
        }))
    };
    let told = delivered();
    (Some(group), told)
}
