//! A bucket as the target of a verdict.

use cis_core::prelude::*;

/// The ARN of a bucket.
pub(in crate::controls) fn arn(facts: &Facts<'_>, bucket: &str) -> String {
    ["arn:", facts.partition(), ":s3:::", bucket].concat()
}

/// A verdict on every bucket of a list, named by its ARN; a gap names the bucket.
pub(super) fn each<'a, R>(
    facts: &Facts<'_>,
    findings: &mut Findings,
    rows: &Rows<'a, R>,
    name: impl Fn(&'a R) -> &'a str,
    verdict: impl Fn(&'a R) -> Result<Verdict, Gap>,
) {
    findings.each(rows, |row| arn(facts, name(row)), |row| verdict(row).map_err(|gap| about(gap, name(row))));
}

/// Names the bucket in a gap that names none.
pub(in crate::controls) fn about(mut gap: Gap, bucket: &str) -> Gap {
    gap.resource.get_or_insert_with(|| bucket.to_owned());
    gap
}
