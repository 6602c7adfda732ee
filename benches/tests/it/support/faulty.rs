//! What can go wrong with a call, and where.

use std::time::Duration;

use cis_benches::mock::{Effect, Page, Rule};
use serde_json::Value;

use super::ATTEMPTS;

/// Something that can go wrong.
#[derive(Debug, Clone)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) effect: Effect,
    /// How many calls it lasts for. None: all.
    pub(crate) calls: Option<usize>,
}

impl Kind {
    /// Whether it is over before the last attempt.
    pub(crate) fn passes(&self) -> bool {
        self.calls.is_some()
    }

    /// Whether the answer does not come in time.
    pub(crate) fn is_slow(&self) -> bool {
        matches!(self.effect, Effect::Hang | Effect::DelayMs(_))
    }

    /// The rule that brings it about, for an operation or a service.
    pub(crate) fn rule(&self, on: &str) -> Rule {
        let rule = Rule::new(self.effect.clone()).on(on);
        self.calls.map_or(rule.clone(), |calls| rule.calls(..=calls))
    }

    /// Whether it can happen there.
    pub(crate) fn fits(&self, at: &At) -> bool {
        match self.effect {
            Effect::RepeatToken => at.page.is_some(),
            Effect::Vanish => at.resource.is_some(),
            _ => true,
        }
    }
}

/// How long an answer is waited for where it does not come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// Everything that can go wrong.
pub(crate) fn kinds() -> Vec<Kind> {
    let kind = |name, effect, calls| Kind { name, effect, calls };
    let burst = Some(ATTEMPTS as usize - 1);
    vec![
        kind("denied", Effect::Deny, None),
        kind("throttled for a while", Effect::Throttle, burst),
        kind("throttled for ever", Effect::Throttle, None),
        kind("a burst of 503", Effect::Fault(503), burst),
        kind("500 for ever", Effect::Fault(500), None),
        kind("late once", Effect::DelayMs(3_000), Some(1)),
        kind("hangs", Effect::Hang, None),
        kind("reset once", Effect::Reset, Some(1)),
        kind("reset for ever", Effect::Reset, None),
        kind("cut in the answer once", Effect::Cut, Some(1)),
        kind("cut in the answer for ever", Effect::Cut, None),
        kind("half an answer", Effect::BreakOff, None),
        kind("no document", Effect::Corrupt, None),
        kind("a proxy's page", Effect::Foreign, None),
        kind("credentials expired", Effect::Expire, None),
        kind("clock skewed", Effect::SkewClock, None),
        kind("region not opted in", Effect::NotOptedIn, None),
        kind("page token repeats", Effect::RepeatToken, None),
        kind("vanished", Effect::Vanish, None),
    ]
}

/// Where a fault strikes.
#[derive(Debug, Clone, Default)]
pub(crate) struct At {
    pub(crate) name: &'static str,
    pub(crate) page: Option<Page>,
    pub(crate) resource: Option<String>,
}

const NAMES: [&str; 3] = ["first", "middle", "last"];

impl At {
    /// The one page of an answer without pages, or the three of a list.
    pub(crate) fn pages(is_paged: bool) -> Vec<Self> {
        if !is_paged {
            return vec![Self { name: "only", ..Self::default() }];
        }
        let pages = [Page::First, Page::Middle, Page::Last];
        NAMES.into_iter().zip(pages).map(|(name, page)| Self { name, page: Some(page), resource: None }).collect()
    }

    /// The first, the middle and the last of resources; of answers in pages, the same page of each.
    pub(crate) fn resources(names: &[String], is_paged: bool) -> Vec<Self> {
        let picked = [names.first(), names.get(names.len() / 2), names.last()];
        let pages = Self::pages(true);
        pages
            .into_iter()
            .zip(picked)
            .map(|(at, name)| Self { page: at.page.filter(|_| is_paged), resource: name.cloned(), ..at })
            .collect()
    }
}

/// Operations that are one call for a resource, the member of a row that names it, and the member that is read by it, where
/// not every row has one.
const EACH: [(&str, &str, &str); 16] = [
    ("cloudtrail:GetEventSelectors", "TrailARN", ""),
    ("cloudtrail:GetTrailStatus", "TrailARN", ""),
    ("ec2:GetManagedPrefixListEntries", "PrefixListId", "Entries"),
    ("iam:GetPolicy", "Arn", ""),
    ("iam:GetPolicyVersion", "Arn", ""),
    ("kms:DescribeKey", "KeyArn", "KeyMetadata"),
    ("kms:GetKeyRotationStatus", "KeyArn", "RotationStatus"),
    ("logs:DescribeMetricFilters", "logGroupName", ""),
    ("s3:GetBucketAcl", "Bucket", ""),
    ("s3:GetBucketEncryption", "Bucket", ""),
    ("s3:GetBucketLogging", "Bucket", ""),
    ("s3:GetBucketPolicy", "Bucket", ""),
    ("s3:GetBucketPolicyStatus", "Bucket", ""),
    ("s3:GetBucketVersioning", "Bucket", ""),
    ("s3:GetPublicAccessBlock", "Bucket", ""),
    ("sns:ListSubscriptionsByTopic", "TopicArn", ""),
];

/// The resources that an operation is called for, by the rows that came of it, where it is called one by one.
pub(crate) fn resources(operation: &str, rows: &[Value]) -> Option<Vec<String>> {
    let (_, name, member) = EACH.into_iter().find(|(of, ..)| *of == operation)?;
    // What is a gap without a fault shows no fault.
    let is_read = |row: &&Value| !row.to_string().contains("$gap") && (member.is_empty() || !row[member].is_null());
    Some(rows.iter().filter(is_read).map(|row| row[name].as_str().unwrap().to_owned()).collect())
}

/// Whether an operation that is called for a resource answers in pages.
pub(crate) fn is_paged(operation: &str) -> bool {
    const PAGED: [&str; 3] =
        ["ec2:GetManagedPrefixListEntries", "logs:DescribeMetricFilters", "sns:ListSubscriptionsByTopic"];
    PAGED.contains(&operation)
}
