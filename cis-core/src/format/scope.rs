//! What a report looked at, in words.

use crate::facts::ScopeStatus;
#[cfg(any(feature = "html", feature = "text"))]
use crate::msg;
#[cfg(any(feature = "html", feature = "text"))]
use crate::msg::Message;
use crate::report::Report;

/// The account and the moment.
#[cfg(any(feature = "html", feature = "text"))]
pub(super) fn judged(report: &Report) -> Message {
    msg!(
        "Account {account} (partition {partition}), judged as of {moment}",
        account = report.account_id,
        partition = report.partition,
        moment = report.as_of
    )
}

/// Regions by what the scan did with them.
#[cfg(any(feature = "html", feature = "text"))]
pub(super) enum Regions<'a> {
    Scanned(Vec<&'a str>),
    LeftOut(Vec<&'a str>),
    NotEnabled(Vec<&'a str>),
    Unknown(Vec<&'a str>),
}

#[cfg(any(feature = "html", feature = "text"))]
impl Regions<'_> {
    pub(super) fn told(&self) -> Message {
        match self {
            Self::Scanned(names) if names.is_empty() => msg!("Regions scanned: none"),
            Self::Scanned(names) => msg!("Regions scanned ({n}): {names}", n = names.len(), names),
            Self::LeftOut(names) => msg!("Regions left out ({n}): {names}", n = names.len(), names),
            Self::NotEnabled(names) => msg!("Regions not enabled ({n}): {names}", n = names.len(), names),
            Self::Unknown(names) => msg!("Regions whose state is not known ({n}): {names}", n = names.len(), names),
        }
    }
}

/// The regions in the order that people are told of them, and whether that leaves something in doubt.
#[cfg(any(feature = "html", feature = "text"))]
pub(super) fn regions(report: &Report) -> Vec<(Regions<'_>, bool)> {
    let scanned = named(report, ScopeStatus::Scanned);
    let none = scanned.is_empty();
    let mut all = vec![(Regions::Scanned(scanned), none)];
    let [left_out, not_enabled, unknown] =
        [ScopeStatus::LeftOut, ScopeStatus::NotEnabled, ScopeStatus::Unknown].map(|status| named(report, status));
    all.extend((!left_out.is_empty()).then_some((Regions::LeftOut(left_out), true)));
    all.extend((!not_enabled.is_empty()).then_some((Regions::NotEnabled(not_enabled), false)));
    all.extend((!unknown.is_empty()).then_some((Regions::Unknown(unknown), true)));
    all
}

/// The regions of a status.
pub(super) fn named(report: &Report, status: ScopeStatus) -> Vec<&str> {
    report.scope.iter().filter(|region| region.status == status).map(|region| region.region.as_str()).collect()
}
