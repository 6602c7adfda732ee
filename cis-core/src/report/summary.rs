//! Counts over findings and recommendations.

use serde::{Deserialize, Serialize};

use super::{Judged, Tallies};
use crate::finding::Status;

/// How many have which status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Counts {
    /// Pass.
    pub pass: usize,
    /// Fail.
    pub fail: usize,
    /// Manual.
    pub manual: usize,
    /// Not applicable.
    pub not_applicable: usize,
    /// Unknown.
    pub unknown: usize,
}

impl Counts {
    /// Counts statuses.
    pub fn of(statuses: impl IntoIterator<Item = Status>) -> Self {
        let mut counts = Self::default();
        for status in statuses {
            counts.add(status, 1);
        }
        counts
    }

    /// Counts so many more of a status.
    pub(super) fn add(&mut self, status: Status, more: usize) {
        *match status {
            Status::Pass => &mut self.pass,
            Status::Fail => &mut self.fail,
            Status::Manual => &mut self.manual,
            Status::NotApplicable => &mut self.not_applicable,
            Status::Unknown => &mut self.unknown,
        } += more;
    }

    /// The gravest status that there is; none where nothing was counted.
    pub(super) fn gravest(&self) -> Option<Status> {
        Status::ALL.into_iter().rev().find(|&status| self.get(status) > 0)
    }

    /// How many have a status.
    pub fn get(&self, status: Status) -> usize {
        match status {
            Status::Pass => self.pass,
            Status::Fail => self.fail,
            Status::Manual => self.manual,
            Status::NotApplicable => self.not_applicable,
            Status::Unknown => self.unknown,
        }
    }
}

/// Counts over a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Summary {
    /// The findings, by verdict.
    pub findings: Counts,
    /// The recommendations, by status.
    pub recommendations: Counts,
    /// Recommendations that facts decided: pass, fail or not applicable.
    pub decided_by_facts: usize,
    /// Recommendations that attestations decided: pass or fail, and manual or unknown without them.
    #[serde(default)]
    pub decided_by_attestations: usize,
    /// Recommendations that a person must decide, helped by what was read: manual.
    pub assisted: usize,
    /// Recommendations that rest on what could not be read, or are not implemented: unknown.
    pub rest_on_gaps: usize,
    /// Findings that fail and that an exception covers. They are among those that fail.
    #[serde(default)]
    pub excepted: usize,
}

impl Summary {
    pub(crate) fn of(recommendations: &[Judged], tallies: &Tallies) -> Self {
        let open = |status| matches!(status, Status::Manual | Status::Unknown);
        let attested = |judged: &&Judged| {
            let by_facts = tallies.get(&judged.key).and_then(|tally| tally.statuses.gravest());
            !open(judged.status) && by_facts.is_some_and(open)
        };
        let decided_by_attestations = recommendations.iter().filter(attested).count();
        let recommendations = Counts::of(recommendations.iter().map(|recommendation| recommendation.status));
        let decided = recommendations.pass + recommendations.fail + recommendations.not_applicable;
        let mut findings = Counts::default();
        for status in Status::ALL {
            findings.add(status, tallies.iter().map(|tally| tally.verdicts.get(status)).sum());
        }
        Self {
            findings,
            recommendations,
            decided_by_facts: decided - decided_by_attestations,
            decided_by_attestations,
            assisted: recommendations.manual,
            rest_on_gaps: recommendations.unknown,
            excepted: tallies.iter().map(|tally| tally.excepted).sum(),
        }
    }
}
