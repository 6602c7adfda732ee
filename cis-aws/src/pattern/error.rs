//! The error of the parser.

use std::error::Error;
use std::fmt;

use cis_core::{Message, msg};

/// Why a filter pattern could not be understood: what is wrong, and where.
///
/// ```
/// use cis_aws::pattern::Pattern;
///
/// let error = Pattern::parse("{ $.eventName == DeleteTrail }").unwrap_err();
/// assert_eq!((error.offset(), error.position()), (15, (1, 16)));
/// assert_eq!(error.to_string(), "filter pattern cannot be read at line 1 column 16: expected a value, found \"=\"");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    offset: usize,
    line: usize,
    column: usize,
    problem: String,
}

impl PatternError {
    /// The byte at which reading stopped, from 0.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Line and column at which reading stopped, both from 1; the column counts characters.
    pub fn position(&self) -> (usize, usize) {
        (self.line, self.column)
    }

    /// What is wrong there, without the position.
    pub fn problem(&self) -> &str {
        &self.problem
    }

    pub(super) fn new(text: &str, fault: &Fault) -> Self {
        let before = text.get(..fault.at).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        let problem = match fault.problem {
            Problem::Expected(what) => format!("expected {what}, found {}", Found(text.get(fault.at..))),
            Problem::Stated(what) => what.to_owned(),
        };
        Self { offset: fault.at, line: before.matches('\n').count() + 1, column, problem }
    }
}

impl From<&PatternError> for Message {
    fn from(error: &PatternError) -> Self {
        let PatternError { line, column, problem, .. } = error;
        msg!("filter pattern cannot be read at line {line} column {column}: {problem}", line, column, problem)
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Message::from(self))
    }
}

impl Error for PatternError {}

/// What a rule of the grammar met, before its place is known in lines and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) problem: Problem,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Problem {
    Expected(&'static str),
    Stated(&'static str),
}

/// The word, or else the character, that stands there.
struct Found<'a>(Option<&'a str>);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A longer word would only hide the message.
        const SHOWN: usize = 24;
        let Some(first) = self.0.and_then(|rest| rest.chars().next()) else { return f.write_str("the end") };
        let rest = self.0.unwrap_or_default();
        let word: String = rest.chars().take_while(|c| c.is_alphanumeric()).take(SHOWN).collect();
        if word.is_empty() { write!(f, "{:?}", first.to_string()) } else { write!(f, "{word:?}") }
    }
}
