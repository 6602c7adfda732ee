//! Statuses and counts in words.

use crate::finding::Status;
use crate::locale::Locale;
use crate::msg;
use crate::msg::Message;
use crate::report::Counts;

/// A status in a narrow column.
pub(super) fn short(status: Status) -> Message {
    match status {
        Status::NotApplicable => msg!("n/a"),
        status => status.into(),
    }
}

/// How many have a status.
pub(super) fn counted(n: usize, status: Status) -> Message {
    match status {
        Status::Fail => msg!("{n} fail", n),
        Status::Unknown => msg!("{n} unknown", n),
        Status::Manual => msg!("{n} manual", n),
        Status::Pass => msg!("{n} pass", n),
        Status::NotApplicable => msg!("{n} not applicable", n),
    }
}

/// How many have each of these statuses.
pub(super) fn counts(counts: Counts, statuses: impl IntoIterator<Item = Status>) -> Vec<Message> {
    statuses.into_iter().map(|status| counted(counts.get(status), status)).collect()
}

/// How many have which status, gravest first, without those that nothing has; empty where there is nothing.
pub(super) fn spread(of: Counts, locale: &Locale) -> String {
    let there = Status::ALL.into_iter().rev().filter(|&status| of.get(status) > 0);
    locale.list(counts(of, there).iter().map(|count| locale.text(count)))
}
