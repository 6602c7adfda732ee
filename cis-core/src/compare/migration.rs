//! The same facts under two versions of a benchmark.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::difference::{self, Difference, DifferenceKind};
use crate::benchmark::{Benchmark, Change};
use crate::error::Error;
use crate::finding::Status;
use crate::report::{Judged, Report};

/// Why a requirement is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MovedKind {
    /// The version after has it, the one before has not.
    Added,
    /// The version before has it, the one after has not.
    Removed,
    /// Both have it, and the same facts get another verdict.
    Verdict,
}

/// A requirement that comes, goes or is judged differently.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Moved {
    /// Why it is told of.
    pub kind: MovedKind,
    /// The requirement.
    pub key: String,
    /// Its title, of the version after where that has it.
    pub title: String,
    /// Its id in the version before; null if it was not there.
    pub id_from: Option<String>,
    /// Its id in the version after; null if it is not there.
    pub id_to: Option<String>,
    /// Its status under the version before.
    pub was: Option<Status>,
    /// Its status under the version after.
    pub now: Option<Status>,
    /// What the two versions say differently of it: the reason.
    pub changes: Vec<Change>,
    /// The findings with another verdict; of a requirement that only one version has, those that fail or are unknown.
    pub findings: Vec<Difference>,
}

/// What migrating from one version of a benchmark to another would change for an account: the same facts under both.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Migration {
    /// The benchmark's name.
    pub benchmark: String,
    /// The version before.
    pub from: String,
    /// The version after.
    pub to: String,
    /// The 12-digit id of the account.
    pub account_id: String,
    /// The moment that both reports are for.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::moment"))]
    pub as_of: Timestamp,
    /// What changes, in the order of the version after; what is gone stands last.
    pub moved: Vec<Moved>,
    /// How many requirements both versions have, with the same verdicts on every finding.
    pub unchanged: usize,
}

impl Migration {
    /// Compares the reports of the same facts under two versions.
    ///
    /// # Errors
    /// The reports are of different accounts or moments, or not of these benchmarks.
    pub fn new(before: (&Benchmark, &Report), after: (&Benchmark, &Report)) -> Result<Self, Error> {
        let ((from, old), (to, new)) = (before, after);
        for (benchmark, report) in [before, after] {
            let is = |name: &str, version: &str| name == benchmark.name && version == benchmark.version;
            if !is(&report.benchmark.name, &report.benchmark.version) {
                let (wanted, found) = (&benchmark.version, &report.benchmark.version);
                return Err(Error::input(format!(
                    "the report is of version {found} of the benchmark, not of {wanted}"
                )));
            }
        }
        if (&old.account_id, old.as_of) != (&new.account_id, new.as_of) {
            return Err(Error::input(format!(
                "the reports are not of the same facts: account {} as of {} before, account {} as of {} after",
                old.account_id, old.as_of, new.account_id, new.as_of
            )));
        }
        let mut changes: BTreeMap<String, Vec<Change>> = BTreeMap::new();
        for change in Benchmark::diff(from, to) {
            changes.entry(change.key.clone()).or_default().push(change);
        }
        let mut findings: BTreeMap<String, Vec<Difference>> = BTreeMap::new();
        for difference in difference::between(old, new) {
            if difference.kind != DifferenceKind::StillFailing {
                findings.entry(difference.control.to_string()).or_default().push(difference);
            }
        }
        let mut all = Vec::new();
        let removed = old.recommendations.iter().filter(|judged| by_key(new, &judged.key).is_none());
        for judged in new.recommendations.iter().chain(removed) {
            let (was, now) = (by_key(old, &judged.key), by_key(new, &judged.key));
            all.push(Moved {
                kind: match (was, now) {
                    (None, _) => MovedKind::Added,
                    (_, None) => MovedKind::Removed,
                    (Some(_), Some(_)) => MovedKind::Verdict,
                },
                key: judged.key.clone(),
                title: judged.title.clone(),
                id_from: was.map(|judged| judged.id.clone()),
                id_to: now.map(|judged| judged.id.clone()),
                was: was.map(|judged| judged.status),
                now: now.map(|judged| judged.status),
                changes: changes.remove(&judged.key).unwrap_or_default(),
                findings: findings.remove(&judged.key).unwrap_or_default(),
            });
        }
        let judged = all.len();
        all.retain(|moved| moved.kind != MovedKind::Verdict || moved.was != moved.now || !moved.findings.is_empty());
        Ok(Self {
            benchmark: to.name.clone(),
            from: from.version.clone(),
            to: to.version.clone(),
            account_id: new.account_id.clone(),
            as_of: new.as_of,
            unchanged: judged - all.len(),
            moved: all,
        })
    }

    /// The requirements that are told of for a reason, in order.
    pub fn of(&self, kind: MovedKind) -> impl Iterator<Item = &Moved> {
        self.moved.iter().filter(move |moved| moved.kind == kind)
    }
}

fn by_key<'a>(report: &'a Report, key: &str) -> Option<&'a Judged> {
    report.recommendations.iter().find(|judged| judged.key == key)
}
