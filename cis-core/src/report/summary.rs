//! Counts over findings and recommendations.

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
    /// The findings, by status.
    pub findings: Counts,
    /// The recommendations, by status.
    pub recommendations: Counts,
    /// Recommendations that facts decided: pass, fail or not applicable.
    pub decided_by_facts: usize,
    /// Recommendations that a person must decide, helped by what was read: manual.
    pub assisted: usize,
    /// Recommendations that rest on what could not be read, or are not implemented: unknown.
    pub rest_on_gaps: usize,
}

impl Summary {
    pub(crate) fn of(recommendations: &[Judged], findings: &[Finding]) -> Self {
        let recommendations = Counts::of(recommendations.iter().map(|recommendation| recommendation.status));
        Self {
            findings: Counts::of(findings.iter().map(|finding| finding.status)),
            recommendations,
            decided_by_facts: recommendations.pass + recommendations.fail + recommendations.not_applicable,
            assisted: recommendations.manual,
            rest_on_gaps: recommendations.unknown,
        }
    }
}
