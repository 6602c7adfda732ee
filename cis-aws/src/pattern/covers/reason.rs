//! Why coverage is not proven.

use std::fmt;

use cis_core::{Message, msg};

use super::super::error::PatternError;
use super::super::tree::{Pattern, Test};
use super::question;

/// Why [`covers`](super::covers()) can say neither yes nor no.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotProven {
    /// The required pattern does not look at JSON fields, or not in a way that can be followed.
    Required,
    /// This filter, by its index, was not understood and left out; the others do not cover.
    NotUnderstood {
        /// Its index among the filters.
        filter: usize,
        /// Why.
        error: PatternError,
    },
    /// This filter looks at the text of an event and was left out; the others do not cover.
    NotJson {
        /// Its index among the filters.
        filter: usize,
    },
    /// This filter has a test that no proof can rest on and was left out; the others do not cover.
    Opaque {
        /// Its index among the filters.
        filter: usize,
        /// The test.
        test: Box<Test>,
    },
    /// The work reached its bound.
    TooComplex,
    /// It rests on a value, compared both as text and as number, of which none is known.
    NoExample,
}

impl NotProven {
    /// A word for it: `required`, `not_understood`, `not_json`, `opaque`, `too_complex` or `no_example`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::NotUnderstood { .. } => "not_understood",
            Self::NotJson { .. } => "not_json",
            Self::Opaque { .. } => "opaque",
            Self::TooComplex => "too_complex",
            Self::NoExample => "no_example",
        }
    }

    /// The index of the filter that it is about, if it is about one.
    pub fn filter(&self) -> Option<usize> {
        match self {
            Self::NotUnderstood { filter, .. } | Self::NotJson { filter } | Self::Opaque { filter, .. } => {
                Some(*filter)
            }
            Self::Required | Self::TooComplex | Self::NoExample => None,
        }
    }

    /// A filter that can be followed, or why it is left out.
    pub(super) fn of_filter(index: usize, filter: &Result<Pattern, PatternError>) -> Result<&Pattern, Self> {
        match filter {
            Err(error) => Err(Self::NotUnderstood { filter: index, error: error.clone() }),
            Ok(Pattern::Terms(_) | Pattern::Columns(_)) => Err(Self::NotJson { filter: index }),
            Ok(pattern @ Pattern::Json(expr)) => match question::opaque(expr) {
                Some(test) => Err(Self::Opaque { filter: index, test: Box::new(test.clone()) }),
                None => Ok(pattern),
            },
            Ok(pattern @ Pattern::All) => Ok(pattern),
        }
    }

    pub(super) fn of_required(required: &Pattern) -> Option<Self> {
        let is_followed = match required {
            Pattern::All => true,
            Pattern::Json(expr) => question::opaque(expr).is_none(),
            Pattern::Terms(_) | Pattern::Columns(_) => false,
        };
        (!is_followed).then_some(Self::Required)
    }
}

/// To follow "not proven:"; filters are counted from 1.
impl From<&NotProven> for Message {
    fn from(reason: &NotProven) -> Self {
        let filter = reason.filter().map_or(0, |index| index + 1);
        match reason {
            NotProven::Required => msg!("the required pattern holds a test that no proof can rest on"),
            NotProven::NotUnderstood { error, .. } => {
                msg!("filter {filter}: {error}", filter, error = Message::from(error))
            }
            NotProven::NotJson { .. } => {
                msg!("filter {filter} looks at the text of an event instead of its fields", filter)
            }
            NotProven::Opaque { test, .. } => {
                let test = test.to_string();
                msg!("filter {filter} holds a test that no proof can rest on: {test}", filter, test)
            }
            NotProven::TooComplex => msg!("the patterns are too complex"),
            NotProven::NoExample => msg!("it rests on a value that is compared both as text and as number"),
        }
    }
}

impl fmt::Display for NotProven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Message::from(self))
    }
}
