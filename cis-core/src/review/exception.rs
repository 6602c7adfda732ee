//! Accepted deviations.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::entry::{Entries, Entry, EntryState};
use super::file::{account, day, some_tags, some_words, words};
use crate::benchmark::Benchmark;
use crate::finding::Status;
use crate::report::Report;

/// An accepted, dated, reasoned deviation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Exception {
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
    /// Tags of the resource, all of which it must have: a key, and its value with `*` and `?` as wildcards. Left out: whatever
    /// its tags. A finding whose tags were not read is not covered.
    #[serde(default, deserialize_with = "some_tags", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::tag_patterns"))]
    pub tags: Option<BTreeMap<String, String>>,
    /// Who answers for the deviation.
    #[serde(deserialize_with = "words")]
    pub owner: String,
    /// Why it is accepted.
    #[serde(deserialize_with = "words")]
    pub reason: String,
    /// Where that was decided.
    #[serde(deserialize_with = "words")]
    pub ticket: String,
    /// The last day, in UTC, that it holds on.
    #[serde(deserialize_with = "day")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::day"))]
    pub expires: Date,
}

/// What became of an exception in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReviewedException {
    /// The exception.
    pub exception: Exception,
    /// What became of it.
    pub state: EntryState,
    /// How many findings it names, whatever their status, and whether or not it holds.
    pub named: usize,
    /// How many findings that fail it covers.
    pub applied: usize,
    /// How many findings that fail it may be about, and does not cover: their tags were not read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tags_unread: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Marks the findings that exceptions cover.
pub(super) fn cover(
    exceptions: &[Exception],
    report: &mut Report,
    benchmark: Option<&Benchmark>,
    today: Date,
) -> Vec<ReviewedException> {
    let entry = |exception: &Exception| {
        let entry = Entry::new(&exception.recommendation, exception.benchmark.as_deref())
            .resource(exception.resource.as_deref())
            .region(exception.region.as_deref())
            .account(exception.account.as_deref())
            .tags(exception.tags.as_ref());
        if exception.expires < today { entry.out_of_force(EntryState::Expired) } else { entry }
    };
    let entries = Entries::new(exceptions.iter().map(entry), report, benchmark);
    let entries = entries.apply(report, |finding, _, in_force| {
        if finding.verdict() != Status::Fail {
            return Vec::new();
        }
        let covering = in_force.iter().filter_map(|&index| exceptions.get(index));
        let longest = covering.reduce(|kept, other| if other.expires > kept.expires { other } else { kept });
        finding.exception = longest.map(|exception| Box::new(exception.clone()));
        in_force.to_vec()
    });
    let reviewed = |(exception, entry): (&Exception, Entry)| ReviewedException {
        exception: exception.clone(),
        state: entry.state(report),
        named: entry.named(),
        applied: entry.applied(),
        tags_unread: entry.tags_unread(),
    };
    exceptions.iter().zip(entries).map(reviewed).collect()
}
