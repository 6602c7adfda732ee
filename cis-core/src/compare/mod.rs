//! What changed between two reports: of one account at two moments, or of the same facts under two versions of a benchmark.

mod difference;
mod migration;
mod scope;
#[cfg(test)]
mod tests;

pub use difference::{Difference, DifferenceKind};
pub use migration::{Migration, Moved, MovedKind};
pub use scope::ScopeDifference;

use jiff::Timestamp;
use serde::Serialize;

use crate::error::Error;
use crate::finding::Finding;
use crate::report::{BenchmarkName, Report};

/// What changed from one report of an account to a later one. Findings are matched by their id, so that what was observed
/// may differ: only another verdict is a change.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Comparison {
    /// The benchmark of both.
    pub benchmark: BenchmarkName,
    /// The 12-digit id of the account of both.
    pub account_id: String,
    /// The moment of the older report.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::moment"))]
    pub old_as_of: Timestamp,
    /// The moment of the newer report.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::moment"))]
    pub new_as_of: Timestamp,
    /// What only one of them looked at.
    pub scope: ScopeDifference,
    /// The findings that changed, and those that still fail: by kind, then in the order of the reports.
    pub differences: Vec<Difference>,
}

impl Comparison {
    /// Compares an older report with a newer one. Verdicts count as attestations settled them.
    ///
    /// # Errors
    /// The reports are of different accounts, or of different benchmarks or versions: see [`Migration`] for those.
    pub fn new(old: &Report, new: &Report) -> Result<Self, Error> {
        comparable(old, new)?;
        Ok(Self {
            benchmark: new.benchmark.clone(),
            account_id: new.account_id.clone(),
            old_as_of: old.as_of,
            new_as_of: new.as_of,
            scope: ScopeDifference::between(old, new),
            differences: difference::between(old, new),
        })
    }

    /// The findings of an older report that a newer one does not have and would have if they still stood: their resource is gone,
    /// or what they said is told of something else now. Whatever their verdict, in the order of the older report.
    ///
    /// Those that the newer report cannot tell of are not among them: it left out the region or the recommendation, or could
    /// not read the list that they stand in.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn no_more<'a>(old: &'a Report, new: &Report) -> Result<Vec<&'a Finding>, Error> {
        comparable(old, new)?;
        Ok(difference::no_more(old, new))
    }

    /// The findings of a kind, in order.
    pub fn of(&self, kind: DifferenceKind) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(move |difference| difference.kind == kind)
    }
}

/// Two reports of one account under one version.
fn comparable(old: &Report, new: &Report) -> Result<(), Error> {
    if old.account_id != new.account_id {
        let (old, new) = (&old.account_id, &new.account_id);
        return Err(Error::input(format!("the reports are of different accounts: {old} before, {new} after")));
    }
    if old.benchmark != new.benchmark {
        let [old, new] = [old, new].map(|report| format!("{} {}", report.benchmark.name, report.benchmark.version));
        return Err(Error::input(format!(
            "the reports are of different benchmarks: {old} before, {new} after; judge both under one version"
        )));
    }
    Ok(())
}
