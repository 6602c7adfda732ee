//! What could not be read, put together where only the place differs.

use std::collections::{BTreeMap, BTreeSet};

use crate::gap::{DeniedBy, Gap, GapKind};
use crate::report::Report;

/// Gaps that differ in nothing but where they were met.
pub(super) struct Unread<'a> {
    /// The operation or the dataset.
    pub(super) subject: &'a str,
    /// Why, in words.
    pub(super) reason: String,
    /// The IAM action that would allow it.
    pub(super) action: Option<&'a str>,
    pub(super) resources: BTreeSet<&'a str>,
    pub(super) regions: BTreeSet<&'a str>,
    /// How many gaps these are.
    pub(super) count: usize,
}

/// What could not be read: the groups with the most gaps first.
pub(super) fn unread_groups(report: &Report) -> Vec<Unread<'_>> {
    let mut groups: BTreeMap<(&str, String, Option<&str>), Vec<&Gap>> = BTreeMap::new();
    for gap in &report.unread {
        let subject = gap.operation.as_deref().or(gap.dataset.as_deref()).unwrap_or("a read");
        let action = gap.action.as_deref().filter(|_| gap.kind == GapKind::Denied);
        groups.entry((subject, reason(gap), action)).or_default().push(gap);
    }
    let mut groups: Vec<_> = groups
        .into_iter()
        .map(|((subject, reason, action), gaps)| Unread {
            subject,
            reason,
            action,
            resources: gaps.iter().filter_map(|gap| gap.resource.as_deref()).collect(),
            regions: gaps.iter().filter_map(|gap| gap.region.as_deref()).collect(),
            count: gaps.len(),
        })
        .collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    groups
}

/// Why a fact could not be had, in words. The code that came back says it best; where there is none, the message.
fn reason(gap: &Gap) -> String {
    let kind = match gap.kind {
        GapKind::Denied => match gap.denied_by() {
            Some(DeniedBy::Identity) => "denied by a policy of the caller",
            Some(DeniedBy::Resource) => "denied by the resource's own policy",
            Some(DeniedBy::Organization) => "denied by a policy of the organization",
            Some(DeniedBy::Unclear) | None => "denied",
        },
        GapKind::Throttled => "throttled",
        GapKind::NotOptedIn => "the region is not enabled",
        GapKind::Unreachable => "not reachable",
        GapKind::ExpiredCredentials => "the credentials expired",
        GapKind::Malformed => "not understood",
        GapKind::NotSupported => "not in this source",
        GapKind::OtherAccount => "in another account",
        GapKind::CutOff => "the list was cut off",
        GapKind::LeftOut => "left out",
        GapKind::Stale => "read too long ago",
        GapKind::Cancelled => return gap.message.clone(),
        GapKind::Failed => "failed",
    };
    match &gap.code {
        Some(code) => format!("{kind} ({code})"),
        None if gap.message.is_empty() => kind.to_owned(),
        None => format!("{kind} ({})", gap.message),
    }
}
