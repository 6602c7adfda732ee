//! Counts over findings and recommendations.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Judged;
use crate::finding::{Finding, Status};

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
            *match status {
                Status::Pass => &mut counts.pass,
                Status::Fail => &mut counts.fail,
                Status::Manual => &mut counts.manual,
                Status::NotApplicable => &mut counts.not_applicable,
                Status::Unknown => &mut counts.unknown,
            } += 1;
        }
        counts
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
    pub(crate) fn of(recommendations: &[Judged], findings: &[Finding]) -> Self {
        let mut by_facts: BTreeMap<&str, Status> = BTreeMap::new();
        for of_one in findings.chunk_by(|one, next| one.control == next.control) {
            if let (Some(first), Some(status)) = (of_one.first(), of_one.iter().map(|finding| finding.status).max()) {
                let gravest = by_facts.entry(&first.control).or_insert(status);
                *gravest = status.max(*gravest);
            }
        }
        let open = |status| matches!(status, Status::Manual | Status::Unknown);
        let attested = |judged: &&Judged| {
            !open(judged.status) && by_facts.get(judged.key.as_str()).is_some_and(|&status| open(status))
        };
        let decided_by_attestations = recommendations.iter().filter(attested).count();
        let recommendations = Counts::of(recommendations.iter().map(|recommendation| recommendation.status));
        let decided = recommendations.pass + recommendations.fail + recommendations.not_applicable;
        Self {
            findings: Counts::of(findings.iter().map(Finding::verdict)),
            recommendations,
            decided_by_facts: decided - decided_by_attestations,
            decided_by_attestations,
            assisted: recommendations.manual,
            rest_on_gaps: recommendations.unknown,
            excepted: findings.iter().filter(|finding| finding.exception.is_some()).count(),
        }
    }
}
