//! What the findings of each requirement come to.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::Counts;
use crate::finding::{Finding, Status};

/// What the findings of a requirement come to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    /// By what counts.
    pub(super) verdicts: Counts,
    /// By what the facts give.
    pub(super) statuses: Counts,
    /// How many of them an exception covers.
    pub(super) excepted: usize,
}

/// What the findings of each requirement come to, by key. There may be millions of findings: they are gone through once.
#[derive(Debug, Default)]
pub(crate) struct Tallies(BTreeMap<SmolStr, Tally>);

impl Tallies {
    pub(crate) fn of(findings: &[Finding]) -> Self {
        let mut all = Self::default();
        // They stand together by key, so that not each is looked up.
        let mut last: Option<(&SmolStr, Tally)> = None;
        for finding in findings {
            if last.as_ref().is_none_or(|(key, _)| **key != finding.control) {
                all.add(last.replace((&finding.control, Tally::default())));
            }
            let Some((_, tally)) = &mut last else { continue };
            tally.verdicts.add(finding.verdict(), 1);
            tally.statuses.add(finding.status, 1);
            tally.excepted += usize::from(finding.exception.is_some());
        }
        all.add(last);
        all
    }

    fn add(&mut self, more: Option<(&SmolStr, Tally)>) {
        let Some((key, more)) = more else { return };
        let tally = self.0.entry(key.clone()).or_default();
        for status in Status::ALL {
            tally.verdicts.add(status, more.verdicts.get(status));
            tally.statuses.add(status, more.statuses.get(status));
        }
        tally.excepted += more.excepted;
    }

    pub(super) fn get(&self, key: &str) -> Option<&Tally> {
        self.0.get(key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Tally> {
        self.0.values()
    }

    /// Whether a requirement has a finding that there may be something to put right in.
    pub(crate) fn has_open(&self, key: &str) -> bool {
        self.get(key).is_some_and(|tally| Status::OPEN.iter().any(|&status| tally.statuses.get(status) > 0))
    }
}
