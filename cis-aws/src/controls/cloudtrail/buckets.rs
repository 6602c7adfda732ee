//! The buckets that trails deliver to, and what is known of each.

use std::collections::{BTreeMap, BTreeSet};

use cis_core::prelude::*;

use super::trails::{AllTrails, DESCRIBE, tell_unread};
use crate::controls::s3::bucket::{about, arn};
use crate::datasets::s3::{Bucket, Buckets};

/// The operation behind the account's list of buckets, for evidence.
pub(super) const LIST: &str = "s3:ListBuckets";

/// The buckets that trails deliver to, seen from every region, each once.
#[derive(Debug)]
pub(super) struct TrailBuckets<'a> {
    /// The ARNs of its trails, by the bucket's name.
    pub(super) trails: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// The regions that may hide more, and trails that name no bucket.
    unread: Vec<(Place, Gap)>,
}

impl<'a> TrailBuckets<'a> {
    /// Of the trails that some region sees.
    pub(super) fn read(facts: &Facts<'a>) -> Self {
        let all = AllTrails::read(facts);
        let mut read = Self { trails: BTreeMap::new(), unread: all.unread };
        for trail in &all.trails {
            match trail.row.s3_bucket_name.as_deref().filter(|name| !name.is_empty()) {
                Some(bucket) => {
                    read.trails.entry(bucket).or_default().insert(trail.arn());
                }
                None => read.unread.push(trail.lacks("the trail names no bucket")),
            }
        }
        read
    }

    /// The names that a narrowed read asks for.
    pub(super) fn wanted(facts: &Facts<'a>) -> Wanted {
        Wanted::names(Self::read(facts).trails.into_keys().map(str::to_owned))
    }

    /// A verdict on every bucket, with its trails as evidence; and one unknown for each region of the scan that could not
    /// be read.
    pub(super) fn each(
        &self,
        facts: &Facts<'a>,
        findings: &mut Findings,
        verdict: impl Fn(&'a str) -> Result<Verdict, Gap>,
    ) {
        for (bucket, trails) in &self.trails {
            let verdict = match verdict(bucket) {
                Ok(verdict) => verdict,
                Err(gap) => Verdict::from(about(gap, bucket)),
            };
            findings.push(arn(facts, bucket), verdict.evidence(DESCRIBE, "trails", trails));
        }
        tell_unread(&self.unread, self.trails.is_empty(), facts, findings);
    }
}

/// The buckets that the account owns.
#[derive(Debug)]
pub(super) struct Owned<'a> {
    known: BTreeMap<&'a str, &'a Bucket>,
    unread: Option<Gap>,
}

impl<'a> Owned<'a> {
    pub(super) fn read(facts: &Facts<'a>) -> Self {
        match facts.rows::<Buckets>() {
            Err(gap) => Self { known: BTreeMap::new(), unread: Some(gap) },
            Ok(rows) => Self {
                known: rows.iter().map(|bucket| (bucket.name.as_str(), bucket)).collect(),
                unread: rows.cut_off().first().cloned(),
            },
        }
    }

    /// The bucket in the account's list; none where the whole list does not have it.
    pub(super) fn find(&self, bucket: &str) -> Result<Option<&'a Bucket>, Gap> {
        match (self.known.get(bucket), &self.unread) {
            (Some(found), _) => Ok(Some(found)),
            (None, Some(gap)) => Err(gap.clone()),
            (None, None) => Ok(None),
        }
    }

    /// The bucket, or a gap: the list could not be read, or another account owns it.
    pub(super) fn own(&self, bucket: &str) -> Result<&'a Bucket, Gap> {
        let other = || {
            let gap = Gap::new(GapKind::OtherAccount, "the bucket is owned by another account: scan that account");
            gap.dataset(Buckets::NAME).operation(LIST)
        };
        self.find(bucket)?.ok_or_else(other)
    }
}

/// Whether the gap says that there is no such bucket: what a trail names then is free for anyone to claim.
pub(super) fn is_gone<T>(read: &Result<T, Gap>) -> bool {
    matches!(read, Err(gap) if gap.code.as_deref() == Some("NoSuchBucket"))
}

/// One fact of each bucket, for a control that goes through buckets in another order than the dataset does.
#[derive(Debug)]
pub(super) struct ByBucket<'a, T> {
    known: Result<BTreeMap<&'a str, Result<&'a T, Gap>>, Gap>,
    missing: Gap,
}

impl<'a, T> ByBucket<'a, T> {
    /// Of the dataset `D`, whose rows have a bucket's name and the fact.
    pub(super) fn read<D: Dataset>(facts: &Facts<'a>, parts: impl Fn(&'a D::Row) -> (&'a str, &'a Fact<T>)) -> Self {
        let mut missing = Gap::malformed("there is no answer for the bucket").dataset(D::NAME);
        let known = facts.rows::<D>().map(|rows| {
            if let Err(gap) = rows.whole() {
                missing = gap;
            }
            let parts = rows.iter().map(parts);
            parts.map(|(bucket, fact)| (bucket, rows.known(fact).map_err(|gap| about(gap, bucket)))).collect()
        });
        Self { known, missing }
    }

    /// The fact of one bucket, or the gap: its own, the dataset's, or that it is missing.
    pub(super) fn of(&self, bucket: &str) -> Result<&'a T, Gap> {
        let known = self.known.as_ref().map_err(|gap| about(gap.clone(), bucket))?;
        known.get(bucket).cloned().unwrap_or_else(|| Err(about(self.missing.clone(), bucket)))
    }
}

/// Trails and buckets in a few words, for the tests of the controls that read them.
#[cfg(test)]
pub(super) mod account {
    use cis_core::testkit::{FactSet, aws};
    use serde_json::{Value, json};

    use super::Buckets;
    use crate::datasets::cloudtrail::Trails;

    /// Trails, each with its name and bucket, as one region sees them.
    pub(in crate::controls::cloudtrail) fn trails(list: &[(&str, &str)]) -> FactSet {
        let row = |(name, bucket): &(&str, &str)| {
            json!({"TrailARN": format!("arn:aws:cloudtrail:us-east-1:123456789012:trail/{name}"), "Name": name,
                "HomeRegion": "us-east-1", "S3BucketName": bucket, "IsMultiRegionTrail": true})
        };
        aws::<Trails>(&json!({"trailList": list.iter().map(row).collect::<Vec<_>>()}).to_string())
    }

    /// The buckets that the account owns.
    pub(in crate::controls::cloudtrail) fn buckets(names: &[&str]) -> FactSet {
        let list: Vec<_> = names.iter().map(|name| json!({"Name": name, "BucketRegion": "us-east-1"})).collect();
        aws::<Buckets>(&json!({ "Buckets": list }).to_string())
    }

    pub(in crate::controls::cloudtrail) fn denied(operation: &str) -> Value {
        json!({"$gap": {"kind": "denied", "operation": operation, "code": "AccessDenied", "action": operation}})
    }

    pub(in crate::controls::cloudtrail) fn gone(operation: &str) -> Value {
        json!({"$gap": {"kind": "failed", "operation": operation, "code": "NoSuchBucket", "message": "The specified bucket does not exist"}})
    }
}
