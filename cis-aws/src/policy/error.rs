//! The error of the parser.

use std::error::Error;
use std::fmt;

use cis_core::gap_text;

/// Why a policy document could not be understood: what is wrong, and where.
///
/// ```
/// use cis_aws::policy::Document;
///
/// let error = Document::parse(r#"{"Statement": "#).unwrap_err();
/// assert_eq!(error.position(), Some((1, 14)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    place: Place,
    problem: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Document,
    Json { line: usize, column: usize },
    Element(&'static str),
    Statement { index: usize, element: Option<&'static str> },
}

impl PolicyError {
    /// Line and column, both from 1, of what is not JSON; in the decoded text if the document was encoded.
    pub fn position(&self) -> Option<(usize, usize)> {
        match self.place {
            Place::Json { line, column } => Some((line, column)),
            _ => None,
        }
    }

    /// The index, from 0, of the statement that is wrong.
    pub fn statement_index(&self) -> Option<usize> {
        match self.place {
            Place::Statement { index, .. } => Some(index),
            _ => None,
        }
    }

    /// The element that is wrong, such as `Effect`, by AWS's name.
    pub fn element_name(&self) -> Option<&'static str> {
        match self.place {
            Place::Element(name) => Some(name),
            Place::Statement { element, .. } => element,
            Place::Document | Place::Json { .. } => None,
        }
    }

    pub(super) fn document(problem: impl Into<String>) -> Self {
        Self { place: Place::Document, problem: problem.into() }
    }

    pub(super) fn json(error: &serde_json::Error) -> Self {
        let place = Place::Json { line: error.line(), column: error.column() };
        // serde_json appends the position, which this error tells by itself.
        let text = error.to_string();
        let problem = text.rsplit_once(" at line ").map_or(text.as_str(), |(problem, _)| problem).to_owned();
        Self { place, problem }
    }

    pub(super) fn element(name: &'static str, problem: impl Into<String>) -> Self {
        Self { place: Place::Element(name), problem: problem.into() }
    }

    pub(super) fn statement(index: usize, element: Option<&'static str>, problem: impl Into<String>) -> Self {
        Self { place: Place::Statement { index, element }, problem: problem.into() }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = &self.problem;
        f.write_str(&match &self.place {
            Place::Document => gap_text!("policy document cannot be read: {problem}"),
            Place::Json { line, column } => {
                gap_text!("policy document cannot be read at line {line} column {column}: {problem}")
            }
            Place::Element(name) => gap_text!("policy document is wrong at {name}: {problem}"),
            Place::Statement { index, element: None } => {
                gap_text!("policy document is wrong at Statement[{index}]: {problem}")
            }
            Place::Statement { index, element: Some(name) } => {
                gap_text!("policy document is wrong at Statement[{index}].{name}: {problem}")
            }
        })
    }
}

impl Error for PolicyError {}
