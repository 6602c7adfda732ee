//! What several formats put into words in the same way.

use crate::gap::Gap;

/// Gaps in words, a line each.
pub(super) fn lines(gaps: &[Gap]) -> String {
    gaps.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The text on one line, without space at its ends; a dash where nothing is left, for formats that take no empty text.
pub(super) fn line(text: &str) -> String {
    let line = text.replace(|c: char| c.is_control() || c.is_whitespace(), " ");
    match line.trim() {
        "" => "-".to_owned(),
        line => line.to_owned(),
    }
}

/// The number with its noun.
pub(super) fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
