//! What several formats put into words in the same way.

use crate::gap::Gap;
use crate::locale::Locale;
#[cfg(any(feature = "junit", feature = "oscal"))]
use crate::msg;
#[cfg(any(feature = "junit", feature = "oscal"))]
use crate::msg::Message;
#[cfg(any(feature = "junit", feature = "oscal"))]
use crate::report::Report;

/// What was audited under what.
#[cfg(any(feature = "junit", feature = "oscal"))]
pub(super) fn audited(report: &Report) -> Message {
    let (benchmark, version) = (&report.benchmark.name, &report.benchmark.version);
    msg!("{benchmark} {version}, account {account}", benchmark, version, account = report.account_id)
}

/// Gaps in words, a line each.
pub(super) fn lines(gaps: &[Gap], locale: &Locale) -> String {
    gaps.iter().map(|gap| locale.gap(gap)).collect::<Vec<_>>().join("\n")
}

/// The text on one line, without space at its ends; a dash where nothing is left, for formats that take no empty text.
pub(super) fn line(text: &str) -> String {
    let line = text.replace(|c: char| c.is_control() || c.is_whitespace(), " ");
    match line.trim() {
        "" => "-".to_owned(),
        line => line.to_owned(),
    }
}
