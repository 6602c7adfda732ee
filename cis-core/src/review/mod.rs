//! What people have decided about findings: exceptions and attestations. They annotate a report; they never take a finding
//! out of it, nor change its status.

mod attestation;
mod entry;
mod exception;
mod file;
#[cfg(test)]
pub(crate) mod tests;

pub use attestation::{Answer, Attestation, ReviewedAttestation};
pub use entry::EntryState;
pub use exception::{Exception, ReviewedException};
#[cfg(feature = "schema")]
pub(crate) use file::File;

use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use crate::benchmark::Benchmark;
use crate::report::Report;

/// What people have decided about findings.
///
/// An [`Exception`] accepts a deviation for a while: a finding that fails is marked with it, still counts as a fail, and does
/// not fail a pipeline. An [`Attestation`] answers what facts cannot: a finding for a person to decide is settled to pass or
/// fail, and its `status` stays what the facts gave. Both are in force on whole days in UTC, compared with the report's
/// `as_of`, so that the same facts and the same review give the same report on any day.
///
/// ```
/// use cis_core::Review;
/// let review = Review::from_toml(r#"
///     [[exceptions]]
///     recommendation = "s3.block_public_access"
///     resource = "arn:aws:s3:::www-*"
///     owner = "web team"
///     reason = "serves the public website"
///     ticket = "WEB-1"
///     expires = 2026-12-31
/// "#)?;
/// assert_eq!(review.exceptions[0].ticket, "WEB-1");
/// # Ok::<(), cis_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Review {
    /// The exceptions, in the order of the file.
    pub exceptions: Vec<Exception>,
    /// The attestations, in the order of the file.
    pub attestations: Vec<Attestation>,
}

/// What became of the entries of a review in a report, all of them, in the order of their files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reviewed {
    /// The exceptions.
    pub exceptions: Vec<ReviewedException>,
    /// The attestations.
    pub attestations: Vec<ReviewedAttestation>,
}

impl Review {
    /// This review and another one together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.exceptions.extend(other.exceptions);
        self.attestations.extend(other.attestations);
        self
    }

    /// Marks the findings of a report, counts it anew, and says in [`Report::review`] what became of each entry. What an
    /// earlier review marked is taken off before, so that a report can be reviewed again.
    ///
    /// - An attestation settles findings that are manual; and those that are unknown, where the benchmark calls the
    ///   recommendation manual. Where several do, the latest stands; of the same day, the one that says fail.
    /// - An exception covers findings that fail, also those that an attestation settled so. Where several do, the finding is
    ///   marked with the one that expires last.
    pub fn apply(&self, report: &mut Report) {
        self.apply_of(report, None);
    }

    /// As [`apply`](Self::apply), by a caller who knows what of the benchmark the report leaves out.
    pub(crate) fn apply_of(&self, report: &mut Report, benchmark: Option<&Benchmark>) {
        for finding in &mut report.findings {
            (finding.settled, finding.attestation, finding.exception) = (None, None, None);
        }
        let today = Offset::UTC.to_datetime(report.as_of).date();
        // INVARIANT: in this order, as an exception may cover what an attestation settled to fail.
        let attestations = attestation::settle(&self.attestations, report, benchmark, today);
        let exceptions = exception::cover(&self.exceptions, report, benchmark, today);
        report.review = Some(Reviewed { exceptions, attestations });
        report.recount();
    }
}
