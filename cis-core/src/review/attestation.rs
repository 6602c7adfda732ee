//! A person's answers to what facts cannot decide.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::entry::{Entries, Entry, EntryState};
use super::file::{account, day, some_words, words};
use crate::benchmark::Benchmark;
use crate::finding::Status;
use crate::report::Report;

/// A person's answer: whether the requirement is met. Ordered from the mildest to the gravest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is met.
    Pass,
    /// It is not met.
    Fail,
}

impl Answer {
    /// The status that it settles a finding to.
    pub fn status(self) -> Status {
        match self {
            Self::Pass => Status::Pass,
            Self::Fail => Status::Fail,
        }
    }
}

/// A person's dated answer to what facts cannot decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// The benchmark's version that the id belongs to. An id names another recommendation in another version; a key does not.
    #[serde(default, deserialize_with = "some_words")]
    pub benchmark: Option<String>,
    /// The recommendation's id or key, `*` and `?` as wildcards; the key of a control outside the benchmark.
    #[serde(deserialize_with = "words")]
    pub recommendation: String,
    /// The ARN or the id of the resource, `*` and `?` as wildcards; null: every resource.
    #[serde(default, deserialize_with = "some_words")]
    pub resource: Option<String>,
    /// The region of the resource; null: every region, and what an account has once.
    #[serde(default, deserialize_with = "some_words")]
    pub region: Option<String>,
    /// The 12-digit id of the account; null: every account.
    #[serde(default, deserialize_with = "account")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9]{12}$")))]
    pub account: Option<String>,
    /// Whether the requirement is met: the status that a finding is settled to.
    pub answer: Answer,
    /// Who says so.
    #[serde(deserialize_with = "words")]
    pub by: String,
    /// The day, in UTC, that it was said on, and the first that it holds on.
    #[serde(deserialize_with = "day")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::day"))]
    pub dated: Date,
    /// Where the proof is: a link.
    #[serde(deserialize_with = "words")]
    pub evidence: String,
    /// The last day, in UTC, that it holds on.
    #[serde(deserialize_with = "day")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::day"))]
    pub valid_until: Date,
}

/// What became of an attestation in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReviewedAttestation {
    /// The attestation.
    pub attestation: Attestation,
    /// What became of it.
    pub state: EntryState,
    /// How many findings it names, whatever their status, and whether or not it holds.
    pub named: usize,
    /// How many findings it settles.
    pub applied: usize,
}

/// Settles the findings that attestations answer.
pub(super) fn settle(
    attestations: &[Attestation],
    report: &mut Report,
    benchmark: Option<&Benchmark>,
    today: Date,
) -> Vec<ReviewedAttestation> {
    let entry = |attestation: &Attestation| {
        let entry = Entry::new(&attestation.recommendation, attestation.benchmark.as_deref())
            .resource(attestation.resource.as_deref())
            .region(attestation.region.as_deref())
            .account(attestation.account.as_deref());
        if attestation.valid_until < today {
            entry.out_of_force(EntryState::Expired)
        } else if attestation.dated > today {
            entry.out_of_force(EntryState::InTheFuture)
        } else {
            entry
        }
    };
    let entries = Entries::new(attestations.iter().map(entry), report, benchmark);
    let entries = entries.apply(report, |finding, manual, in_force| {
        let open = finding.status == Status::Manual || (manual && finding.status == Status::Unknown);
        let answers = in_force.iter().filter_map(|&index| Some((index, attestations.get(index)?)));
        let Some((index, stands)) = answers.max_by_key(|(_, answer)| (answer.dated, answer.answer)).filter(|_| open)
        else {
            return Vec::new();
        };
        finding.settled = Some(stands.answer.status());
        finding.attestation = Some(Box::new(stands.clone()));
        vec![index]
    });
    let reviewed = |(attestation, entry): (&Attestation, Entry)| ReviewedAttestation {
        attestation: attestation.clone(),
        state: entry.state(report),
        named: entry.named(),
        applied: entry.applied(),
    };
    attestations.iter().zip(entries).map(reviewed).collect()
}
