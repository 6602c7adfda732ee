//! The findings that changed from one report to another.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use smol_str::SmolStr;

use super::scope::Scope;
use crate::control::ACCOUNT_TYPE;
use crate::finding::{Finding, Identified, Resource, Status};
use crate::report::Report;
use crate::values::Values;

/// What became of a finding. Ordered from what is most worth a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DifferenceKind {
    /// It fails, and did not before: it had another verdict, or was not there.
    NewFail,
    /// It is unknown, and was not before.
    NewlyUnknown,
    /// It fails in both.
    StillFailing,
    /// It failed, and does no longer: it passes, there is nothing to judge any more, or the recommendation passes on what it is
    /// a part of, such as the account.
    Resolved,
    /// It failed, and its resource is gone.
    Gone,
    /// It was unknown, and is no longer, nor does it fail.
    NoLongerUnknown,
    /// Another change: what failed or passed is for a person to decide now, or the reverse.
    Otherwise,
    /// It fails or is unknown in one report, and the other did not look: the region or the recommendation was left out.
    NotCompared,
}

impl DifferenceKind {
    /// All kinds, in order.
    pub const ALL: [Self; 8] = [
        Self::NewFail,
        Self::NewlyUnknown,
        Self::StillFailing,
        Self::Resolved,
        Self::Gone,
        Self::NoLongerUnknown,
        Self::Otherwise,
        Self::NotCompared,
    ];
}

/// A finding that changed from one report to another, or still fails.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Difference {
    /// What became of it.
    pub kind: DifferenceKind,
    /// The finding's id, the same in both reports.
    pub id: String,
    /// The recommendation's id in the benchmark; null for a control outside it.
    pub recommendation: Option<SmolStr>,
    /// The key of the requirement.
    pub control: SmolStr,
    /// What it is about.
    pub resource: Resource,
    /// The verdict before; null if there was no such finding.
    pub was: Option<Status>,
    /// The verdict now: where there is no such finding any more, what now stands for it; null if nothing does.
    pub now: Option<Status>,
    /// The sentence of the newer report, or of the older one if the newer has none.
    pub message: SmolStr,
    /// The message with its values taken out.
    pub template: Cow<'static, str>,
    /// The values of the message, by name.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Map<String, serde_json::Value>"))]
    pub values: Values,
    /// Whether a valid exception covers it in the newer report.
    pub excepted: bool,
    /// Of what still fails: the moment of the older report, since when it is known to fail.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::moment_or_null"))]
    pub since: Option<Timestamp>,
}

/// The findings that changed, by kind, then in the order of the reports, those of the newer one first.
pub(super) fn between(old: &Report, new: &Report) -> Vec<Difference> {
    let (old_scope, new_scope) = (Scope::of(old), Scope::of(new));
    let later = Later::of(new);
    let earlier: BTreeMap<_, &Finding> =
        old.findings.iter().map(|finding| (finding.identified_by(), finding)).collect();
    let mut differences = Vec::new();
    for finding in &new.findings {
        let before = earlier.get(&finding.identified_by());
        let (was, now) = (before.map(|finding| finding.verdict()), finding.verdict());
        let compared = before.is_some() || old_scope.covers_later(finding, &new_scope);
        let kind = if compared { changed(was, now) } else { not_compared(now) };
        if let Some(kind) = kind {
            let since = (kind == DifferenceKind::StillFailing).then_some(old.as_of);
            let excepted = finding.exception.is_some();
            differences.push(Difference { excepted, since, ..difference(kind, finding, was, Some(now)) });
        }
    }
    for finding in old.findings.iter().filter(|finding| !later.findings.contains(&finding.identified_by())) {
        let (was, compared) = (finding.verdict(), new_scope.covers(finding, &old_scope));
        let (kind, now) = if compared { later.instead_of(finding) } else { (not_compared(was), None) };
        differences.extend(kind.map(|kind| difference(kind, finding, Some(was), now)));
    }
    differences.sort_by_key(|difference| difference.kind);
    differences
}

/// The findings that the newer report does not have, and would have if they still stood.
pub(super) fn no_more<'a>(old: &'a Report, new: &Report) -> Vec<&'a Finding> {
    let (old_scope, new_scope) = (Scope::of(old), Scope::of(new));
    let later = Later::of(new);
    let gone = old.findings.iter().filter(|finding| !later.findings.contains(&finding.identified_by()));
    gone.filter(|finding| new_scope.covers(finding, &old_scope) && later.can_tell(finding)).collect()
}

fn difference(kind: DifferenceKind, finding: &Finding, was: Option<Status>, now: Option<Status>) -> Difference {
    Difference {
        kind,
        id: finding.id(),
        recommendation: finding.recommendation.clone(),
        control: finding.control.clone(),
        resource: finding.resource.clone(),
        was,
        now,
        message: finding.message.clone(),
        template: finding.template.clone(),
        values: finding.values.clone(),
        excepted: false,
        since: None,
    }
}

fn not_compared(verdict: Status) -> Option<DifferenceKind> {
    matches!(verdict, Status::Fail | Status::Unknown).then_some(DifferenceKind::NotCompared)
}

/// What a verdict is against the one before, if that is worth telling.
fn changed(was: Option<Status>, now: Status) -> Option<DifferenceKind> {
    match (was, now) {
        (Some(Status::Fail), Status::Fail) => Some(DifferenceKind::StillFailing),
        (_, Status::Fail) => Some(DifferenceKind::NewFail),
        (Some(Status::Unknown), Status::Unknown) => None,
        (_, Status::Unknown) => Some(DifferenceKind::NewlyUnknown),
        (Some(Status::Fail), Status::Pass | Status::NotApplicable) => Some(DifferenceKind::Resolved),
        (Some(Status::Unknown), _) => Some(DifferenceKind::NoLongerUnknown),
        (Some(was), now) if was != now => Some(DifferenceKind::Otherwise),
        (Some(_) | None, _) => None,
    }
}

/// What names a resource, or the part of it that is judged. An ARN says where it is, or that it does not matter.
type Named<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

fn named(resource: &Resource) -> Named<'_> {
    match &resource.arn {
        Some(arn) => (arn, None, resource.sub.as_deref()),
        None => (&resource.id, resource.region.as_deref(), resource.sub.as_deref()),
    }
}

/// The newer report, as it is asked for what it has in the place of a finding.
struct Later<'a> {
    findings: BTreeSet<Identified<'a>>,
    /// Whatever has a finding, and the whole of which a part has one.
    resources: BTreeSet<Named<'a>>,
    of_key: BTreeMap<&'a str, Vec<&'a Finding>>,
    /// Those on the account, and on the account in a region.
    on_places: BTreeMap<&'a str, Vec<&'a Finding>>,
}

impl<'a> Later<'a> {
    fn of(report: &'a Report) -> Self {
        let mut of_key: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut on_places: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for finding in &report.findings {
            of_key.entry(finding.control.as_str()).or_default().push(finding);
            if is_place(&finding.resource) {
                on_places.entry(finding.control.as_str()).or_default().push(finding);
            }
        }
        Self {
            findings: report.findings.iter().map(Finding::identified_by).collect(),
            resources: report
                .findings
                .iter()
                .map(|finding| named(&finding.resource))
                .flat_map(|(name, region, part)| [(name, region, part), (name, region, None)])
                .collect(),
            of_key,
            on_places,
        }
    }

    /// The verdicts on what a resource is a part of: the account, and the account in its region.
    fn wider(&self, old: &Finding) -> Vec<Status> {
        let on_places = self.on_places.get(old.control.as_str()).map_or(&[][..], Vec::as_slice);
        let wider = on_places.iter().filter(|finding| within(&finding.resource, &old.resource));
        wider.map(|finding| finding.verdict()).collect()
    }

    /// Whether a finding that is not there would be if it still stood: the list that it stood in could be read.
    fn can_tell(&self, old: &Finding) -> bool {
        is_place(&old.resource) || !self.wider(old).contains(&Status::Unknown)
    }

    /// What became of a finding that the newer report does not have, and the verdict that stands for it.
    fn instead_of(&self, old: &Finding) -> (Option<DifferenceKind>, Option<Status>) {
        if is_place(&old.resource) {
            let of_key = self.of_key.get(old.control.as_str()).map_or(&[][..], Vec::as_slice);
            // It was about a whole place; whatever lies there is judged on its own now.
            let there = of_key.iter().filter(|finding| within(&old.resource, &finding.resource));
            let now = there.map(|finding| finding.verdict()).max();
            return match (old.verdict(), now) {
                (Status::Fail, None | Some(Status::Pass | Status::NotApplicable)) => {
                    (Some(DifferenceKind::Resolved), now)
                }
                // What fails there is told as new.
                (Status::Fail, Some(Status::Fail)) => (Some(DifferenceKind::Gone), None),
                (Status::Fail, Some(Status::Unknown)) => (Some(DifferenceKind::NewlyUnknown), now),
                (Status::Fail, Some(Status::Manual)) => (Some(DifferenceKind::Otherwise), now),
                (Status::Unknown, Some(Status::Unknown)) => (None, now),
                (Status::Unknown, _) => (Some(DifferenceKind::NoLongerUnknown), now),
                _ => (None, now),
            };
        }
        let wider = self.wider(old);
        let here = self.resources.contains(&named(&old.resource));
        match old.verdict() {
            // The list that it stood in could not be read: nobody can say.
            Status::Fail if wider.contains(&Status::Unknown) => {
                (Some(DifferenceKind::NewlyUnknown), Some(Status::Unknown))
            }
            Status::Unknown if wider.contains(&Status::Unknown) => (None, Some(Status::Unknown)),
            Status::Fail if wider.contains(&Status::Pass) => (Some(DifferenceKind::Resolved), Some(Status::Pass)),
            Status::Unknown if wider.contains(&Status::Pass) => {
                (Some(DifferenceKind::NoLongerUnknown), Some(Status::Pass))
            }
            // It is there, and this recommendation has nothing to say of it any more.
            Status::Fail if here => (Some(DifferenceKind::Resolved), None),
            Status::Fail => (Some(DifferenceKind::Gone), None),
            Status::Unknown => (Some(DifferenceKind::NoLongerUnknown), None),
            Status::Pass | Status::Manual | Status::NotApplicable => (None, None),
        }
    }
}

/// Whether a place holds a resource, or another place.
fn within(wide: &Resource, narrow: &Resource) -> bool {
    wide.region.is_none() || wide.region == narrow.region
}

/// Whether this is the account, or the account in a region, as a whole.
fn is_place(resource: &Resource) -> bool {
    resource.kind == ACCOUNT_TYPE && resource.sub.is_none()
}
