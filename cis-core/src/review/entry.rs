//! Which findings an entry of a review names, and what became of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wildmatch::WildMatch;

use crate::benchmark::{Assessment, Benchmark, Recommendation};
use crate::facts::ScopeStatus;
use crate::finding::{Finding, Resource, Status};
use crate::report::Report;

/// What became of an entry of a review in a report. All but the first two are worth a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EntryState {
    /// It holds, and covers or settles something.
    Applied,
    /// It is about another account, or a region of the account that was not scanned, or a recommendation that was not selected.
    OutOfScope,
    /// Its day has passed: it covers and settles nothing.
    Expired,
    /// It is dated after the moment that the report is for: it settles nothing yet.
    InTheFuture,
    /// Its id belongs to another version of the benchmark, where it may mean another recommendation.
    OtherBenchmark,
    /// It asks for tags, and those of what it may be about were not read: of findings that fail, which it does not cover, or of
    /// all that it may name.
    TagsUnread,
    /// It names no finding: what it was about is gone, or it is misspelt.
    Unmatched,
    /// It names findings and has nothing to do: none fails (an exception), none is for a person to decide or another
    /// attestation answers it (an attestation).
    Unused,
}

impl EntryState {
    /// Whether somebody should look at the entry.
    pub fn is_problem(self) -> bool {
        !matches!(self, Self::Applied | Self::OutOfScope)
    }
}

/// An entry as it is matched.
pub(super) struct Entry {
    benchmark: Option<String>,
    recommendation: WildMatch,
    resource: Option<WildMatch>,
    region: Option<String>,
    account: Option<String>,
    /// Keys, each with the pattern of its value.
    tags: Vec<(String, WildMatch)>,
    out_of_force: Option<EntryState>,
    /// Whether it is about a recommendation of the benchmark that the report leaves out.
    left_out: bool,
    named: usize,
    applied: usize,
    /// How many findings it may name: their tags were not read.
    in_doubt: usize,
    /// How many of those fail.
    tags_unread: usize,
}

/// Whether an entry names a resource.
enum Names {
    No,
    Yes,
    /// It does if the tags are right, which were not read.
    IfTagged,
}

impl Entry {
    pub(super) fn new(recommendation: &str, benchmark: Option<&str>) -> Self {
        Self {
            benchmark: benchmark.map(str::to_owned),
            recommendation: WildMatch::new(recommendation),
            resource: None,
            region: None,
            account: None,
            tags: Vec::new(),
            out_of_force: None,
            left_out: false,
            named: 0,
            applied: 0,
            in_doubt: 0,
            tags_unread: 0,
        }
    }

    pub(super) fn resource(self, pattern: Option<&str>) -> Self {
        Self { resource: pattern.map(WildMatch::new), ..self }
    }

    pub(super) fn region(self, region: Option<&str>) -> Self {
        Self { region: region.map(str::to_owned), ..self }
    }

    pub(super) fn account(self, account: Option<&str>) -> Self {
        Self { account: account.map(str::to_owned), ..self }
    }

    pub(super) fn tags(self, tags: Option<&BTreeMap<String, String>>) -> Self {
        let tags = tags.into_iter().flatten().map(|(key, value)| (key.clone(), WildMatch::new(value)));
        Self { tags: tags.collect(), ..self }
    }

    /// The same entry, which takes no effect for this reason.
    pub(super) fn out_of_force(self, why: EntryState) -> Self {
        Self { out_of_force: Some(why), ..self }
    }

    pub(super) fn named(&self) -> usize {
        self.named
    }

    pub(super) fn applied(&self) -> usize {
        self.applied
    }

    pub(super) fn tags_unread(&self) -> usize {
        self.tags_unread
    }

    fn is_about(&self, key: &str, id: Option<&str>) -> bool {
        // An id of another version must not find what has that id in this one.
        self.out_of_force != Some(EntryState::OtherBenchmark)
            && (self.recommendation.matches(key) || id.is_some_and(|id| self.recommendation.matches(id)))
    }

    fn names(&self, resource: &Resource) -> Names {
        let is = |wanted: &Option<String>, found: Option<&str>| wanted.as_deref().is_none_or(|w| found == Some(w));
        let named = |pattern: &WildMatch| {
            pattern.matches(&resource.id) || resource.arn.as_deref().is_some_and(|arn| pattern.matches(arn))
        };
        let here = is(&self.account, Some(&resource.account_id))
            && is(&self.region, resource.region.as_deref())
            && self.resource.as_ref().is_none_or(named);
        match &resource.tags {
            _ if !here => Names::No,
            _ if self.tags.is_empty() => Names::Yes,
            None => Names::IfTagged,
            Some(tags) => {
                let has = |(key, value): &(String, WildMatch)| tags.get(key).is_some_and(|found| value.matches(found));
                if self.tags.iter().all(has) { Names::Yes } else { Names::No }
            }
        }
    }

    /// What became of it, after it was applied.
    pub(super) fn state(&self, report: &Report) -> EntryState {
        // A region that the report does not know is misspelt.
        let not_scanned = |name: &String| {
            report.scope.iter().any(|region| region.region == *name && region.status != ScopeStatus::Scanned)
        };
        let elsewhere = self.account.as_ref().is_some_and(|account| *account != report.account_id)
            || self.region.as_ref().is_some_and(not_scanned)
            || self.left_out;
        if self.named == 0 && self.in_doubt == 0 && elsewhere {
            return EntryState::OutOfScope;
        }
        match self.out_of_force {
            Some(why) => why,
            None if self.tags_unread > 0 || (self.named == 0 && self.in_doubt > 0) => EntryState::TagsUnread,
            None if self.named == 0 => EntryState::Unmatched,
            None if self.applied == 0 => EntryState::Unused,
            None => EntryState::Applied,
        }
    }
}

/// What is known of a requirement of a report.
struct Requirement {
    /// Whether the benchmark calls it manual.
    manual: bool,
    /// The entries that name it.
    entries: Vec<usize>,
}

/// The entries of a review, and which of them name which requirement: found once a requirement, not once a finding.
pub(super) struct Entries {
    entries: Vec<Entry>,
    by_key: BTreeMap<String, Requirement>,
}

impl Entries {
    /// `benchmark` tells what of it the report leaves out, where the caller has it.
    pub(super) fn new(entries: impl Iterator<Item = Entry>, report: &Report, benchmark: Option<&Benchmark>) -> Self {
        let version = &report.benchmark.version;
        let other = |entry: &Entry| entry.benchmark.as_ref().is_some_and(|benchmark| benchmark != version);
        let judged = |one: &&Recommendation| report.recommendations.iter().any(|judged| judged.key == one.key);
        let known = benchmark.map_or(&[][..], |benchmark| &benchmark.recommendations);
        let left_out: Vec<_> = known.iter().filter(|one| !judged(one)).collect();
        let entries: Vec<_> = entries
            .map(|entry| {
                let entry = if other(&entry) { entry.out_of_force(EntryState::OtherBenchmark) } else { entry };
                let left_out = left_out.iter().any(|one| entry.is_about(&one.key, Some(&one.id)));
                Entry { left_out, ..entry }
            })
            .collect();
        let requirement = |key: &str, id: Option<&str>, manual: bool| {
            let named = entries.iter().enumerate().filter(|(_, entry)| entry.is_about(key, id));
            Requirement { manual, entries: named.map(|(index, _)| index).collect() }
        };
        let mut by_key = BTreeMap::new();
        for judged in &report.recommendations {
            let manual = judged.assessment == Assessment::Manual;
            by_key.insert(judged.key.clone(), requirement(&judged.key, Some(&judged.id), manual));
        }
        for finding in &report.findings {
            if !by_key.contains_key(finding.control.as_str()) {
                by_key.insert(finding.control.to_string(), requirement(&finding.control, None, false));
            }
        }
        Self { entries, by_key }
    }

    /// Shows each finding that an entry in force names to `act`, with whether the benchmark calls its recommendation manual
    /// and the positions of those entries; `act` says which of them took effect.
    pub(super) fn apply(
        mut self,
        report: &mut Report,
        mut act: impl FnMut(&mut Finding, bool, &[usize]) -> Vec<usize>,
    ) -> Vec<Entry> {
        for finding in &mut report.findings {
            let Some(requirement) = self.by_key.get(finding.control.as_str()) else { continue };
            let mut in_force = Vec::new();
            for &index in &requirement.entries {
                let Some(entry) = self.entries.get_mut(index) else { continue };
                match entry.names(&finding.resource) {
                    Names::No => {}
                    Names::IfTagged => {
                        entry.in_doubt += 1;
                        entry.tags_unread += usize::from(finding.verdict() == Status::Fail);
                    }
                    Names::Yes => {
                        entry.named += 1;
                        if entry.out_of_force.is_none() {
                            in_force.push(index);
                        }
                    }
                }
            }
            if in_force.is_empty() {
                continue;
            }
            for index in act(finding, requirement.manual, &in_force) {
                if let Some(entry) = self.entries.get_mut(index) {
                    entry.applied += 1;
                }
            }
        }
        self.entries
    }
}
