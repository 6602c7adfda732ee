//! CloudWatch Logs filter patterns: parse one, and try it on an event.
//!
//! Pure: text in, answers out, nothing is fetched.
//!
//! | question | answer |
//! | --- | --- |
//! | what does a pattern say? | [`Pattern::parse`], or a [`PatternError`] with its position |
//! | does it match this event? | [`Pattern::matches`] |
//!
//! AWS's description of the language has gaps. Each is a [`Rule`]: events are matched by the reading that was observed.

mod automaton;
mod error;
mod eval;
mod number;
mod parse;
mod regex;
mod rules;
mod selector;
mod text;
mod tree;

pub use error::PatternError;
pub use number::Number;
pub use regex::Regex;
pub use rules::{Rule, Rules};
pub use selector::{Selector, Step};
pub use text::Text;
pub use tree::{Check, Column, Comparison, Expr, Pattern, Term, Test};
