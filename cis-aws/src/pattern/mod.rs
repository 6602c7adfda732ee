//! CloudWatch Logs filter patterns: parse one, try it on an event, and prove what a set of them catches.
//!
//! Pure: text in, answers out, nothing is fetched.
//!
//! | question | answer |
//! | --- | --- |
//! | what does a pattern say? | [`Pattern::parse`], or a [`PatternError`] with its position |
//! | does it match this event? | [`Pattern::matches`] |
//! | do some filters catch every event that another one catches? | [`covers`](covers()) |
//!
//! AWS's description of the language has gaps. Each is a [`Rule`]: events are matched by the reading that was observed,
//! and a proof holds for every reading.
//!
//! ```
//! use cis_aws::pattern::{Coverage, Pattern, covers};
//!
//! let required = Pattern::parse(r#"{ $.eventName = CreateTrail || $.eventName = "StopLogging" }"#)?;
//! let deployed = [Pattern::parse(r#"{ ($.eventName="*Trail") }"#), Pattern::parse("{ $.eventName = Stop* }")];
//! assert_eq!(covers(&required, &deployed), Coverage::Covered);
//!
//! let Coverage::NotCovered(lost) = covers(&required, deployed.split_at(1).0) else { unreachable!() };
//! assert_eq!(lost.to_string(), "eventName = StopLogging");
//! # Ok::<(), cis_aws::pattern::PatternError>(())
//! ```

mod automaton;
mod covers;
mod error;
mod eval;
mod number;
mod parse;
mod regex;
mod rules;
mod selector;
mod text;
mod tree;

pub use covers::{Counterexample, Coverage, NotProven, covers};
pub use error::PatternError;
pub use number::Number;
pub use regex::Regex;
pub use rules::{Rule, Rules};
pub use selector::{Selector, Step};
pub use text::Text;
pub use tree::{Check, Column, Comparison, Expr, Pattern, Term, Test};
