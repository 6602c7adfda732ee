//! The syntax tree of a filter pattern.

use std::fmt;

use super::number::Number;
use super::regex::Regex;
use super::selector::Selector;
use super::text::Text;

/// A filter pattern, parsed.
///
/// Written out with `{}` it is a pattern that means the same and parses to the same tree.
///
/// Source: [Filter pattern
/// syntax](https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html).
///
/// ```
/// use cis_aws::pattern::{Expr, Pattern};
///
/// let pattern = Pattern::parse("{$.a=1||$.b=2&&$.c=3}")?;
/// assert_eq!(pattern.to_string(), "{ $.a = 1 || ($.b = 2 && $.c = 3) }");
/// let Pattern::Json(Expr::Or(parts)) = pattern else { unreachable!() };
/// assert!(matches!(parts.as_slice(), [Expr::Test(_), Expr::And(_)]));
/// # Ok::<(), cis_aws::pattern::PatternError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// Every event: an empty pattern, or blanks in quotes.
    All,
    /// `{ ... }`: tests of the fields of a JSON event.
    Json(Expr),
    /// Terms to look for in the text of an event.
    Terms(Vec<Term>),
    /// `[...]`: columns of an event whose text is divided by blanks.
    Columns(Vec<Column>),
}

/// What stands between the braces of a JSON pattern, as it was written: parentheses remain as a part of their own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expr {
    /// One test.
    Test(Test),
    /// `&&`: two or more parts, all of which hold.
    And(Vec<Self>),
    /// `||`: two or more parts, one of which holds.
    Or(Vec<Self>),
}

/// One test of one field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Test {
    /// The field.
    pub selector: Selector,
    /// What is asked of its value.
    pub check: Check,
}

/// What a [`Test`] asks of a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// `NOT EXISTS`
    NotExists,
    /// `IS NULL`
    IsNull,
    /// `IS TRUE`
    IsTrue,
    /// `IS FALSE`
    IsFalse,
    /// `=` or, negated, `!=` with a text.
    Text {
        /// Whether it is `!=`.
        negated: bool,
        /// The text.
        text: Text,
    },
    /// `=` or, negated, `!=` with a regular expression.
    Regex {
        /// Whether it is `!=`.
        negated: bool,
        /// The regular expression.
        regex: Regex,
    },
    /// A comparison with a number.
    Number {
        /// The operator.
        comparison: Comparison,
        /// The number.
        number: Number,
    },
}

/// An operator between a field and a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// One term of an unstructured pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Term {
    /// `term` or `"a phrase"`: has to occur.
    Word(String),
    /// `?term`: one of these has to occur.
    AnyOf(String),
    /// `-term`: must not occur.
    Not(String),
    /// `%regex%`, which stands alone.
    Regex(Regex),
}

/// One column of a space-delimited pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Column {
    /// `...`: any number of columns.
    Rest,
    /// A column by its name.
    Named {
        /// The name.
        name: String,
        /// The tests as they are written, the name of the column included.
        condition: Option<String>,
    },
}

impl Check {
    /// Whether it is `!=`.
    pub(super) fn is_negated(&self) -> bool {
        match self {
            Self::Text { negated, .. } | Self::Regex { negated, .. } => *negated,
            Self::Number { comparison, .. } => *comparison == Comparison::NotEqual,
            Self::NotExists | Self::IsNull | Self::IsTrue | Self::IsFalse => false,
        }
    }
}

impl Comparison {
    /// Whether it holds between two numbers.
    pub(super) fn holds(self, left: f64, right: f64) -> bool {
        match self {
            #[expect(clippy::float_cmp, reason = "a filter compares exactly")]
            Self::Equal => left == right,
            #[expect(clippy::float_cmp, reason = "a filter compares exactly")]
            Self::NotEqual => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => Ok(()),
            Self::Json(expr) => write!(f, "{{ {expr} }}"),
            Self::Terms(terms) => join(f, terms, " "),
            Self::Columns(columns) => {
                f.write_str("[")?;
                join(f, columns, ", ")?;
                f.write_str("]")
            }
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, separator) = match self {
            Self::Test(test) => return test.fmt(f),
            Self::And(parts) => (parts, " && "),
            Self::Or(parts) => (parts, " || "),
        };
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                f.write_str(separator)?;
            }
            if let Self::Test(test) = part { test.fmt(f)? } else { write!(f, "({part})")? }
        }
        Ok(())
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let selector = &self.selector;
        let equals = |negated: &bool| if *negated { "!=" } else { "=" };
        match &self.check {
            Check::NotExists => write!(f, "{selector} NOT EXISTS"),
            Check::IsNull => write!(f, "{selector} IS NULL"),
            Check::IsTrue => write!(f, "{selector} IS TRUE"),
            Check::IsFalse => write!(f, "{selector} IS FALSE"),
            Check::Text { negated, text } => write!(f, "{selector} {} {text}", equals(negated)),
            Check::Regex { negated, regex } => write!(f, "{selector} {} {regex}", equals(negated)),
            Check::Number { comparison, number } => write!(f, "{selector} {comparison} {number}"),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |term: &String| Text::new(term.as_str());
        match self {
            Self::Word(term) => quoted(term).fmt(f),
            Self::AnyOf(term) => write!(f, "?{}", quoted(term)),
            Self::Not(term) => write!(f, "-{}", quoted(term)),
            Self::Regex(regex) => regex.fmt(f),
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rest => f.write_str("..."),
            Self::Named { name, condition } => f.write_str(condition.as_ref().unwrap_or(name)),
        }
    }
}

fn join<T: fmt::Display>(f: &mut fmt::Formatter<'_>, parts: &[T], separator: &str) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        part.fmt(f)?;
    }
    Ok(())
}
