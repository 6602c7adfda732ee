//! The error that a caller must act on. A fact that could not be read is not one: it is a [`Gap`](crate::Gap).

use std::error::Error as StdError;
use std::fmt;

/// What kind of thing went wrong, for callers that act by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A benchmark, control, region, dataset or parameter that is not known or not valid.
    Input,
    /// A file or document that could not be read or understood.
    Document,
    /// The data source could not say which account it answers for.
    Source,
    /// A file could not be written.
    Write,
}

/// Bad news that the caller must act on: what was found, where, and what would do.
///
/// ```
/// use cis_core::{Error, ErrorKind};
/// let error = Error::input("benchmark \"9\" is not known (known: 1.5.0, 2.0.0)").at("--benchmark");
/// assert_eq!(error.kind(), ErrorKind::Input);
/// assert_eq!(error.context().collect::<Vec<_>>(), ["--benchmark"]);
/// assert_eq!(error.to_string(), "--benchmark: benchmark \"9\" is not known (known: 1.5.0, 2.0.0)");
/// ```
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    context: Vec<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl ErrorKind {
    /// In one word: `input`, `document`, `source`, `write`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Document => "document",
            Self::Source => "source",
            Self::Write => "write",
        }
    }
}

impl Error {
    /// An error of a kind, with a message in lower case and without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), context: Vec::new(), source: None }
    }

    /// Something that the caller asked for is not known or not valid.
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Input, message)
    }

    /// A file or document that could not be read or understood.
    pub fn document(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Document, message)
    }

    /// The data source could not say which account it answers for.
    pub fn source_failed(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Source, message)
    }

    /// A file could not be written.
    pub fn write(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Write, message)
    }

    /// Says where it happened; what is added last stands first in the text.
    #[must_use]
    pub fn at(mut self, context: impl Into<String>) -> Self {
        self.context.push(context.into());
        self
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What went wrong, without where.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where it happened, from the outside in: as it stands before the message in the text.
    pub fn context(&self) -> impl Iterator<Item = &str> {
        self.context.iter().rev().map(String::as_str)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for context in self.context.iter().rev() {
            write!(f, "{context}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
