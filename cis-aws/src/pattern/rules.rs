//! What AWS leaves undocumented, as switches.

use std::fmt;

use cis_core::{Message, msg};

/// A point of the language that AWS does not document. [`covers`](super::covers()) holds under every setting of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// `!=` on a missing field is true. Observed to be false.
    NeqMissing,
    /// `!=` on null is true.
    NeqNull,
    /// A text test on a number or a boolean compares with its JSON text. Else both `=` and `!=` are false.
    TextOnScalar,
    /// A number test on a numeric text compares it as a number; on other text, or a boolean, only `!=` is true. Else all
    /// are false.
    NumOnText,
    /// `*` inside a text is a wildcard as well. Else it is that character.
    InnerStar,
    /// A selector that ends at an object or an array makes the whole filter false. Else only its own test.
    ContainerPoisons,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 6] =
        [Self::NeqMissing, Self::NeqNull, Self::TextOnScalar, Self::NumOnText, Self::InnerStar, Self::ContainerPoisons];

    /// The name by which reports call it, such as `neq_missing`.
    pub fn name(self) -> &'static str {
        match self {
            Self::NeqMissing => "neq_missing",
            Self::NeqNull => "neq_null",
            Self::TextOnScalar => "text_on_scalar",
            Self::NumOnText => "num_on_text",
            Self::InnerStar => "inner_star",
            Self::ContainerPoisons => "container_poisons",
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::NeqMissing => 1,
            Self::NeqNull => 1 << 1,
            Self::TextOnScalar => 1 << 2,
            Self::NumOnText => 1 << 3,
            Self::InnerStar => 1 << 4,
            Self::ContainerPoisons => 1 << 5,
        }
    }
}

/// The rule as a condition, to follow "if".
impl From<Rule> for Message {
    fn from(rule: Rule) -> Self {
        match rule {
            Rule::NeqMissing => msg!("!= also holds for a missing field"),
            Rule::NeqNull => msg!("!= also holds for null"),
            Rule::TextOnScalar => msg!("text is also compared with numbers and booleans"),
            Rule::NumOnText => msg!("numbers are also compared with text"),
            Rule::InnerStar => msg!("* is also a wildcard inside a word"),
            Rule::ContainerPoisons => msg!("a selector that ends at an object or array stops the whole filter"),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Message::from(*self))
    }
}

/// A setting of the [`Rule`]s. All are off by default: what AWS documents, or what was observed.
///
/// ```
/// use cis_aws::pattern::{Pattern, Rule, Rules};
/// use serde_json::json;
///
/// let pattern = Pattern::parse("{ $.additionalEventData.MFAUsed != Yes }")?;
/// let event = json!({"eventName": "ConsoleLogin"});
/// assert_eq!(pattern.matches(&event), Some(false));
/// assert_eq!(pattern.matches_under(&event, Rules::default().with(Rule::NeqMissing)), Some(true));
/// # Ok::<(), cis_aws::pattern::PatternError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rules(u8);

impl Rules {
    /// This setting with one more rule on.
    #[must_use]
    pub fn with(self, rule: Rule) -> Self {
        Self(self.0 | rule.bit())
    }

    /// Whether a rule is on.
    pub fn has(self, rule: Rule) -> bool {
        self.0 & rule.bit() != 0
    }

    /// The rules that are on.
    pub fn on(self) -> impl Iterator<Item = Rule> {
        Rule::ALL.into_iter().filter(move |rule| self.has(*rule))
    }

    /// Every setting of the rules that are on here, those with fewer rules first.
    pub(super) fn settings(self) -> Vec<Self> {
        let mut settings: Vec<Self> = (0..=self.0).map(Self).filter(|setting| setting.0 & !self.0 == 0).collect();
        settings.sort_by_key(|setting| (setting.0.count_ones(), setting.0));
        settings
    }
}

impl FromIterator<Rule> for Rules {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Self {
        rules.into_iter().fold(Self::default(), Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_start_with_the_fewest_rules() {
        let settings = Rules::from_iter([Rule::NeqNull, Rule::InnerStar]).settings();
        let on: Vec<usize> = settings.iter().map(|setting| setting.on().count()).collect();
        assert_eq!(on, [0, 1, 1, 2]);
        assert_eq!(Rules::from_iter(Rule::ALL).settings().len(), 64);
    }
}
