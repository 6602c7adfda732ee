//! What could not be read, put together where only the place differs.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::gap::{DeniedBy, Gap, GapKind};
use crate::locale::Locale;
use crate::msg;
use crate::msg::Message;
use crate::report::Report;

/// Gaps that differ in nothing but where they were met.
pub(super) struct Unread<'a> {
    /// The operation or the dataset.
    pub(super) subject: Cow<'a, str>,
    /// Why, in words.
    pub(super) reason: String,
    /// The IAM action that would allow it.
    pub(super) action: Option<&'a str>,
    pub(super) resources: BTreeSet<&'a str>,
    pub(super) regions: BTreeSet<&'a str>,
    /// How many gaps these are.
    pub(super) count: usize,
}

/// What gaps of a group have in common: subject, reason, IAM action.
type Same<'a> = (Option<&'a str>, String, Option<&'a str>);

/// What could not be read: the groups with the most gaps first.
pub(super) fn unread_groups<'a>(report: &'a Report, locale: &Locale) -> Vec<Unread<'a>> {
    let mut groups: BTreeMap<Same<'_>, Vec<&Gap>> = BTreeMap::new();
    for gap in &report.unread {
        let subject = gap.operation.as_deref().or(gap.dataset.as_deref());
        let action = gap.action.as_deref().filter(|_| gap.kind == GapKind::Denied);
        groups.entry((subject, locale.text(&reason(gap)), action)).or_default().push(gap);
    }
    let mut groups: Vec<_> = groups
        .into_iter()
        .map(|((subject, reason, action), gaps)| Unread {
            subject: subject.map_or_else(|| locale.words("a read"), Cow::Borrowed),
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

/// The first few names, and how many more there are.
pub(super) fn some_of(names: &BTreeSet<&str>, most: usize, shown: impl Fn(&str) -> String) -> Message {
    let some: Vec<_> = names.iter().take(most).map(|name| shown(name)).collect();
    match names.len().saturating_sub(most) {
        0 => msg!("{names}", names = some),
        more => msg!("{names} and {more} more", names = some, more),
    }
}

impl Unread<'_> {
    /// What could not be read where, and why: at most so many places and resources, each name and the reason as `shown` and
    /// `escaped` write them.
    pub(super) fn told(
        &self,
        most: usize,
        shown: impl Fn(&str) -> String,
        escaped: impl Fn(&str) -> String,
    ) -> Message {
        let subject = shown(&self.subject);
        let (resource, region) = (some_of(&self.resources, most, &shown), some_of(&self.regions, most, &shown));
        let read = match (self.resources.is_empty(), self.regions.is_empty()) {
            (true, true) => msg!("{subject}", subject),
            (false, true) => msg!("{subject} on {resource}", subject, resource),
            (true, false) => msg!("{subject} in {region}", subject, region),
            (false, false) => msg!("{subject} on {resource} in {region}", subject, resource, region),
        };
        let message = escaped(&self.reason);
        match self.action.map(&shown) {
            None => msg!("{read}: {message}", read, message),
            Some(action) => msg!("{read}: {message}; allow {action}", read, message, action),
        }
    }
}

/// Why a fact could not be had, in words. The code that came back says it best; where there is none, the message.
fn reason(gap: &Gap) -> Message {
    let kind = match gap.kind {
        GapKind::Denied => match gap.denied_by() {
            Some(DeniedBy::Identity) => msg!("denied by a policy of the caller"),
            Some(DeniedBy::Resource) => msg!("denied by the resource's own policy"),
            Some(DeniedBy::Organization) => msg!("denied by a policy of the organization"),
            Some(DeniedBy::Unclear) | None => msg!("denied"),
        },
        GapKind::Throttled => msg!("throttled"),
        GapKind::NotOptedIn => msg!("the region is not enabled"),
        GapKind::Unreachable => msg!("not reachable"),
        GapKind::ExpiredCredentials => msg!("the credentials expired"),
        GapKind::Malformed => msg!("not understood"),
        GapKind::NotSupported => msg!("not in this source"),
        GapKind::OtherAccount => msg!("in another account"),
        GapKind::CutOff => msg!("the list was cut off"),
        GapKind::LeftOut => msg!("left out"),
        GapKind::Stale => msg!("read too long ago"),
        GapKind::Cancelled => return gap.text(),
        GapKind::Failed => msg!("failed"),
    };
    match &gap.code {
        Some(code) => msg!("{kind} ({why})", kind, why = code),
        None if gap.message.is_empty() => kind,
        None => msg!("{kind} ({why})", kind, why = gap.text()),
    }
}
