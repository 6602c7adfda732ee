//! Whether a bucket policy refuses plain HTTP.

use std::collections::BTreeMap;

use super::access::Deciding;
use super::glob::{Token, action_tokens, cover_all_after, matches, tokens};
use super::{Condition, Document, Effect, Patterns, Principal, Principals, Statement};

/// For what of a bucket requests over plain HTTP are denied.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct PlainHttpDenied<'a> {
    /// Whether they are for the bucket itself: listing it, reading its configuration.
    pub bucket: bool,
    /// Whether they are for all its objects.
    pub objects: bool,
    /// The statements that do it, in order.
    pub statements: Vec<Deciding<'a>>,
}

/// Whether a bucket policy denies everyone every S3 action over plain HTTP, on the bucket and on its objects.
///
/// A statement counts that denies everyone, whose only condition is `Bool` or `BoolIfExists` on `aws:SecureTransport`
/// with the value `false` (`["true", "false"]` denies HTTPS too, and counts), or `NumericLessThanIfExists` on
/// `s3:TlsVersion`, a key that a request over HTTP lacks. Any further condition narrows it, and neither `NotPrincipal`,
/// `NotAction` nor `NotResource` counts. Several statements may cover S3's actions together.
/// `bucket` is the bucket's ARN.
///
/// Source: [aws:SecureTransport](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-securetransport).
///
/// ```
/// use cis_aws::policy::{Document, denies_plain_http};
///
/// let policy = Document::parse(
///     r#"{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*",
///         "Condition": {"Bool": {"aws:SecureTransport": false}}}}"#,
/// )?;
/// let denied = denies_plain_http(&policy, "arn:aws:s3:::b");
/// assert!(denied.objects && !denied.bucket);
/// # Ok::<(), cis_aws::policy::PolicyError>(())
/// ```
pub fn denies_plain_http<'a>(document: &'a Document, bucket: &str) -> PlainHttpDenied<'a> {
    denied(document, bucket, |condition| is_plain_http(condition) || is_missing_tls_version(condition))
}

/// Whether a bucket policy denies everyone every S3 action over TLS below 1.2, on the bucket and on its objects.
///
/// As [`denies_plain_http`], but for statements whose only condition is `NumericLessThan` (or `...IfExists`) on
/// `s3:TlsVersion` with a version of 1.2 or later. Without `IfExists` such a statement leaves plain HTTP alone.
///
/// Source: [s3:TlsVersion](https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html#example-object-tls-version).
///
/// ```
/// use cis_aws::policy::{Document, denies_old_tls, denies_plain_http};
///
/// let policy = Document::parse(
///     r#"{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
///         "Condition": {"NumericLessThan": {"s3:TlsVersion": 1.2}}}}"#,
/// )?;
/// let denied = denies_old_tls(&policy, "arn:aws:s3:::b");
/// assert!(denied.bucket && denied.objects && !denies_plain_http(&policy, "arn:aws:s3:::b").objects);
/// # Ok::<(), cis_aws::policy::PolicyError>(())
/// ```
pub fn denies_old_tls<'a>(document: &'a Document, bucket: &str) -> PlainHttpDenied<'a> {
    denied(document, bucket, is_old_tls)
}

fn denied<'a>(document: &'a Document, bucket: &str, on: impl Fn(&Condition) -> bool) -> PlainHttpDenied<'a> {
    let counting: Vec<_> = document
        .statements
        .iter()
        .enumerate()
        .filter(|(_, statement)| denies_everyone(statement, &on))
        .map(|(index, statement)| Deciding { index, statement })
        .collect();
    // As in most policies that deny it to nobody.
    if counting.is_empty() {
        return PlainHttpDenied::default();
    }
    let objects: Vec<char> = bucket.chars().chain(['/']).collect();
    let version = document.version;
    let covers_bucket = |pattern: &str| {
        let (pattern, has_variable) = tokens(pattern, version);
        !has_variable && matches(pattern.iter().copied(), bucket.chars())
    };
    let covers_objects = |pattern: &str| {
        let (pattern, has_variable) = tokens(pattern, version);
        !has_variable && cover_all_after(&[pattern], &objects)
    };
    let of = |covers: &dyn Fn(&str) -> bool| -> Vec<Deciding<'a>> {
        counting.iter().copied().filter(|found| only(found.statement.resources.as_ref(), covers)).collect()
    };
    let (for_bucket, for_objects) = (of(&covers_bucket), of(&covers_objects));
    let (bucket, objects) = (cover_s3(&for_bucket), cover_s3(&for_objects));
    let counted = |counts: bool, found: &[Deciding<'a>]| -> BTreeMap<usize, Deciding<'a>> {
        found.iter().filter(|_| counts).map(|found| (found.index, *found)).collect()
    };
    let mut statements = counted(bucket, &for_bucket);
    statements.extend(counted(objects, &for_objects));
    let statements = statements.into_values().collect();
    PlainHttpDenied { bucket, objects, statements }
}

fn denies_everyone(statement: &Statement, on: impl Fn(&Condition) -> bool) -> bool {
    let [condition] = statement.conditions.as_slice() else { return false };
    statement.effect == Effect::Deny
        && matches!(&statement.principals, Some(Principals::Only(list)) if list.contains(&Principal::Everyone))
        && on(condition)
}

fn is_plain_http(condition: &Condition) -> bool {
    matches!(condition.operator.as_str(), "Bool" | "BoolIfExists")
        && condition.key.eq_ignore_ascii_case("aws:SecureTransport")
        && condition.values.iter().any(|value| value.eq_ignore_ascii_case("false"))
}

/// The key is missing on plain HTTP, and then `IfExists` holds whatever the values.
fn is_missing_tls_version(condition: &Condition) -> bool {
    condition.operator == "NumericLessThanIfExists" && condition.key.eq_ignore_ascii_case("s3:TlsVersion")
}

fn is_old_tls(condition: &Condition) -> bool {
    matches!(condition.operator.as_str(), "NumericLessThan" | "NumericLessThanIfExists")
        && condition.key.eq_ignore_ascii_case("s3:TlsVersion")
        && condition.values.iter().any(|value| value.parse::<f64>().is_ok_and(|version| version >= 1.2))
}

fn only(resources: Option<&Patterns>, covers: impl Fn(&str) -> bool) -> bool {
    matches!(resources, Some(Patterns::Only(patterns)) if patterns.iter().any(|pattern| covers(pattern)))
}

fn cover_s3(statements: &[Deciding<'_>]) -> bool {
    let patterns: Vec<Vec<Token>> = statements
        .iter()
        .filter_map(|found| match &found.statement.actions {
            Patterns::Only(patterns) => Some(patterns),
            Patterns::AllBut(_) => None,
        })
        .flatten()
        .map(|pattern| action_tokens(pattern))
        .collect();
    cover_all_after(&patterns, &['s', '3', ':'])
}
