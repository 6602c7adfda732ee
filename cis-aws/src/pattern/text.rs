//! Texts that a test compares with: whole, with `*` at either end.

use std::fmt;

use super::automaton::{Class, Sequence, Unit};

/// The text of a test such as `$.errorCode = "AccessDenied*"`.
///
/// `*` is a wildcard at the start and at the end, in quotes or not; inside it is that very character, unless
/// [`Rule::InnerStar`](super::Rule::InnerStar) is on. Without a star the whole value is compared. Case matters.
///
/// Source: [Using wildcards](https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/matching-terms-json-log-events.html).
///
/// ```
/// use cis_aws::pattern::Text;
///
/// assert!(Text::new("AccessDenied*").matches("AccessDeniedException", false));
/// assert!(!Text::new("St*op").matches("Stop", false) && Text::new("St*op").matches("Stop", true));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(String);

impl Text {
    /// A text, without its quotes and escapes.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, without its quotes and escapes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a value is matched; `inner_star`: a star is a wildcard wherever it stands.
    pub fn matches(&self, value: &str, inner_star: bool) -> bool {
        if inner_star {
            return matches_pieces(&self.0, value);
        }
        let (open_start, core, open_end) = self.parts();
        match (open_start, open_end) {
            (false, false) => value == core,
            (true, false) => value.ends_with(core),
            (false, true) => value.starts_with(core),
            (true, true) => value.contains(core),
        }
    }

    /// `*` alone asks whether there is a value, and is the one text that numbers and booleans match.
    pub(super) fn is_any(&self) -> bool {
        self.0 == "*"
    }

    /// Whether a star stands inside.
    pub(super) fn has_inner_star(&self) -> bool {
        self.parts().1.contains('*')
    }

    /// Whether it matches exactly one value, itself.
    pub(super) fn is_literal(&self, inner_star: bool) -> bool {
        let (open_start, core, open_end) = self.parts();
        !open_start && !open_end && (!inner_star || !core.contains('*'))
    }

    /// The same for the prover.
    pub(super) fn sequence(&self, inner_star: bool) -> Sequence {
        let unit = |c| Unit::once(Class::One(c));
        if inner_star {
            return self.0.chars().map(|c| if c == '*' { Unit::run() } else { unit(c) }).collect();
        }
        let (open_start, core, open_end) = self.parts();
        let end = |open: bool| open.then(Unit::run);
        end(open_start).into_iter().chain(core.chars().map(unit)).chain(end(open_end)).collect()
    }

    /// Open at the start, what stands between, open at the end. A lone star is open at both.
    fn parts(&self) -> (bool, &str, bool) {
        let Some(rest) = self.0.strip_prefix('*') else {
            return match self.0.strip_suffix('*') {
                Some(core) => (false, core, true),
                None => (false, &self.0, false),
            };
        };
        match rest.strip_suffix('*') {
            Some(core) => (true, core, true),
            None => (true, rest, rest.is_empty()),
        }
    }
}

/// In quotes, as a pattern may write any text.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// The pieces between the stars, each as far to the left as it goes, the last one at the end.
fn matches_pieces(pattern: &str, value: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = value.strip_prefix(first) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        let Some((_, after)) = rest.split_once(piece) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::super::automaton::reads;
    use super::*;

    #[test]
    fn stars_at_the_ends() {
        let cases = [
            ("*x", "ax", true),
            ("*x", "xa", false),
            ("x*", "x", true),
            ("x*", "ax", false),
            ("*x*", "axa", true),
            ("*x*", "aa", false),
            ("*", "", true),
            ("**", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*b", "ab", false),
            ("a*b", "a*b", true),
            ("*a*b", "xa*b", true),
            ("*a*b", "xab", false),
            ("***", "*", true),
            ("***", "", false),
        ];
        for (pattern, value, wanted) in cases {
            assert_eq!(Text::new(pattern).matches(value, false), wanted, "{pattern} on {value}");
        }
    }

    #[test]
    fn both_ways_to_match_agree() {
        let words = |length: u32| {
            (0..3usize.pow(length)).map(move |mut n| {
                let letter = |_| {
                    let letter = ['a', 'b', '*'][n % 3];
                    n /= 3;
                    letter
                };
                (0..length).map(letter).collect::<String>()
            })
        };
        let all: Vec<String> = (0..=4).flat_map(words).collect();
        for pattern in &all {
            let pattern = Text::new(pattern.as_str());
            for inner_star in [false, true] {
                let sequence = [pattern.sequence(inner_star)];
                for value in &all {
                    let read = reads(&sequence, value);
                    assert_eq!(pattern.matches(value, inner_star), read, "{pattern} on {value}, {inner_star}");
                }
            }
        }
    }
}
