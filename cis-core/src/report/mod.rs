//! What a scan gives: benchmark, scope, recommendations, findings, what could not be read, summary.

mod collection;
mod summary;
mod tally;

pub use collection::{Calls, Collection};
pub use summary::{Counts, Summary};
pub(crate) use tally::Tallies;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::benchmark::Assessment;
use crate::facts::ScopeRegion;
use crate::finding::{Finding, Status};
use crate::gap::Gap;
use crate::remediation::{FilledRemediation, Remediation};
use crate::review::Reviewed;

/// The benchmark that a report is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BenchmarkName {
    /// Such as "CIS AWS Foundations".
    pub name: String,
    /// Such as "2.0.0".
    pub version: String,
}

/// A recommendation and how it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Judged {
    /// Such as "1.4".
    pub id: String,
    /// The requirement.
    pub key: String,
    /// The benchmark's title.
    pub title: String,
    /// The section's name.
    pub section: String,
    /// The profile: 1 or 2.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 2)))]
    pub level: u8,
    /// Whether the benchmark calls it automated or manual.
    pub assessment: Assessment,
    /// The gravest verdict of its findings: fail, unknown, manual, pass, not applicable. What attestations settle counts as
    /// settled; what exceptions cover counts as it is.
    pub status: Status,
    /// How many findings have which verdict.
    pub counts: Counts,
}

/// What a scan gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// The benchmark.
    pub benchmark: BenchmarkName,
    /// The 12-digit account id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9]{12}$")))]
    pub account_id: String,
    /// The partition.
    pub partition: String,
    /// The moment that verdicts are given for.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::moment"))]
    pub as_of: Timestamp,
    /// Every region that is known, in order of name, and what the scan did with it.
    pub scope: Vec<ScopeRegion>,
    /// The selected recommendations, in the benchmark's order.
    pub recommendations: Vec<Judged>,
    /// The findings, in the benchmark's order, then by resource; those of controls outside the benchmark last.
    pub findings: Vec<Finding>,
    /// What could not be read, in order.
    pub unread: Vec<Gap>,
    /// Counts.
    pub summary: Summary,
    /// What became of exceptions and attestations, where some were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Reviewed>,
    /// How to put right what was found, by the key of the requirement: of each that has a finding which fails, is unknown or
    /// is for a person to decide, and whose control says how.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub remediation: BTreeMap<String, Remediation>,
    /// What it took to read the facts, where the source counts that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<Collection>,
}

impl Report {
    /// The findings of a recommendation, by its id or key.
    pub fn findings_of(&self, id_or_key: &str) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(move |finding| finding.control == id_or_key || finding.recommendation.as_deref() == Some(id_or_key))
    }

    /// The gravest verdict of all findings; none if there is no finding.
    pub fn worst(&self) -> Option<Status> {
        self.findings.iter().map(Finding::verdict).max()
    }

    /// The gravest verdict of the findings that no exception covers, by which a pipeline passes or fails; none if there is no
    /// such finding.
    pub fn worst_not_excepted(&self) -> Option<Status> {
        self.findings.iter().filter(|finding| finding.exception.is_none()).map(Finding::verdict).max()
    }

    /// How to put right what a finding of this report says, with its resource; none where its control does not say how.
    pub fn remediation_of(&self, finding: &Finding) -> Option<FilledRemediation> {
        self.remediation.get(finding.control.as_str()).map(|remediation| remediation.for_finding(finding))
    }

    /// Counts the findings by recommendation and over all. A recommendation without one is unknown.
    pub(crate) fn recount(&mut self) {
        self.count(&Tallies::of(&self.findings));
    }

    /// As [`recount`](Self::recount), where the findings have been gone through already.
    pub(crate) fn count(&mut self, tallies: &Tallies) {
        for judged in &mut self.recommendations {
            judged.counts = tallies.get(&judged.key).map(|tally| tally.verdicts).unwrap_or_default();
            judged.status = judged.counts.gravest().unwrap_or(Status::Unknown);
        }
        self.summary = Summary::of(&self.recommendations, tallies);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Evidence;
    use crate::review::tests::{finding, report};

    proptest! {
        /// What was observed is read back as it was written, numbers to the last digit.
        #[test]
        fn a_report_reads_back_as_the_same_bytes(number in any::<f64>(), whole in any::<u64>(), text in any::<String>()) {
            let mut finding = finding("s3.public", Status::Fail, &text, None);
            let value = serde_json::json!([number, whole, text]);
            finding.evidence.push(Evidence { operation: text.clone().into(), field: text.into(), value, read_at: None });
            let written = serde_json::to_string(&report(vec![finding])).unwrap();
            let read: Report = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(serde_json::to_string(&read).unwrap(), written);
        }
    }
}
