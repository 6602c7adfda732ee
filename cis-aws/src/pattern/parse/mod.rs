//! From text to tree.
//!
//! What is not understood is an error, never a guess: a proof rests on the tree. Rules of the grammar look at most one
//! token ahead, so a rule that has begun cuts: the first error is the one to report. Only parentheses recurse, and they
//! are counted.

mod json;
mod plain;

use winnow::combinator::alt;
use winnow::error::{ErrMode, ParserError};
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Location, Stateful, Stream};
use winnow::token::{one_of, take_while};

use super::error::{Fault, PatternError, Problem};
use super::number::Number;
use super::regex::{self, Regex};
use super::selector::Selector;
use super::text::Text;
use super::tree::{Comparison, Pattern};

type Input<'a> = Stateful<LocatingSlice<&'a str>, Limits>;
type Parsed<T> = winnow::ModalResult<T, Fault>;

/// Parentheses inside parentheses; AWS documents no number.
const MAX_DEPTH: usize = 64;
/// AWS's own limit.
const MAX_REGEXES: usize = 2;

#[derive(Debug, Default)]
struct Limits {
    depth: usize,
    regexes: usize,
    /// How many rules have been tried, which is what the tests of the bound count.
    tried: usize,
}

impl Pattern {
    /// Parses a filter pattern of any kind; the first character that is not blank decides which.
    ///
    /// Takes time in proportion to the length, whatever the text.
    ///
    /// # Errors
    /// What is not understood is an error with its position: what AWS rejects, more than 64 parentheses inside each
    /// other, and what AWS takes but does not document (`\*` in a text) or what no test of this module can follow
    /// (`$.*`, `$.['a b']`).
    ///
    /// ```
    /// use cis_aws::pattern::Pattern;
    ///
    /// assert!(matches!(Pattern::parse("{ $.eventName = Delete* }"), Ok(Pattern::Json(_))));
    /// assert_eq!(Pattern::parse(" "), Ok(Pattern::All));
    /// assert!(matches!(Pattern::parse("?ERROR ?WARN"), Ok(Pattern::Terms(_))));
    /// assert!(matches!(Pattern::parse("[ip, user, ...]"), Ok(Pattern::Columns(_))));
    /// assert!(Pattern::parse("{ $.eventName = DeleteTrail AND $.errorCode NOT EXISTS }").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        match rule(text) {
            Some(rule) => run(rule, text),
            None => Ok(Self::All),
        }
    }
}

/// The grammar that a pattern is read by; none if it is blank.
fn rule(text: &str) -> Option<fn(&mut Input<'_>) -> Parsed<Pattern>> {
    Some(match text.trim_start_matches(BLANKS).chars().next()? {
        '{' => json::pattern,
        '[' => plain::columns,
        _ => plain::terms,
    })
}

impl Selector {
    /// Parses a selector alone, such as `$.userIdentity.type`.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        run(json::selector, text)
    }
}

fn run<T>(rule: impl FnMut(&mut Input<'_>) -> Parsed<T>, text: &str) -> Result<T, PatternError> {
    run_counted(rule, text).0
}

fn run_counted<T>(mut rule: impl FnMut(&mut Input<'_>) -> Parsed<T>, text: &str) -> (Result<T, PatternError>, usize) {
    let mut input = Input { input: LocatingSlice::new(text), state: Limits::default() };
    let result = rule(&mut input)
        .and_then(|tree| if input.is_empty() { Ok(tree) } else { Err(cut(&input, Problem::Expected("nothing more"))) });
    let result = result.map_err(|error| {
        // Text is never incomplete, so there always is a fault; its place is the whole text otherwise.
        let fault = error.into_inner().unwrap_or(Fault { at: 0, problem: Problem::Stated("it cannot be read") });
        PatternError::new(text, &fault)
    });
    (result, input.state.tried)
}

const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

fn ws(input: &mut Input<'_>) -> Parsed<()> {
    input.state.tried += 1;
    take_while(0.., BLANKS).void().parse_next(input)
}

fn ws1(input: &mut Input<'_>) -> Parsed<()> {
    take_while(1.., BLANKS).void().parse_next(input)
}

impl<'a> ParserError<Input<'a>> for Fault {
    type Inner = Self;

    fn from_input(input: &Input<'a>) -> Self {
        Self { at: input.current_token_start(), problem: Problem::Expected("something else") }
    }

    fn into_inner(self) -> Result<Self::Inner, Self> {
        Ok(self)
    }
}

fn cut(input: &Input<'_>, problem: Problem) -> ErrMode<Fault> {
    ErrMode::Cut(Fault { at: input.current_token_start(), problem })
}

/// A part that has to be here: without it the whole pattern is wrong, and this is what to say.
fn expect<'a, T>(
    mut rule: impl Parser<Input<'a>, T, ErrMode<Fault>>,
    what: &'static str,
) -> impl Parser<Input<'a>, T, ErrMode<Fault>> {
    move |input: &mut Input<'a>| {
        input.state.tried += 1;
        let start = input.checkpoint();
        rule.parse_next(input).map_err(|error| {
            if error.is_backtrack() {
                input.reset(&start);
                return cut(input, Problem::Expected(what));
            }
            error
        })
    }
}

/// What a test compares with.
enum Value {
    Text(Text),
    Number(Number),
    Regex(Regex),
}

/// `"..."` with the escapes `\"` and `\\`.
fn quoted(input: &mut Input<'_>) -> Parsed<String> {
    let open = input.current_token_start();
    '"'.parse_next(input)?;
    let mut text = String::new();
    loop {
        text.push_str(take_while(0.., |c| c != '"' && c != '\\').parse_next(input)?);
        let escape = cut(input, Problem::Stated("only \\\" and \\\\ are understood after a backslash"));
        match input.next_token() {
            Some('"') => return Ok(text),
            Some('\\') => match input.next_token() {
                Some(c @ ('"' | '\\')) => text.push(c),
                _ => return Err(escape),
            },
            _ => return Err(ErrMode::Cut(Fault { at: open, problem: Problem::Stated("the quote is not closed") })),
        }
    }
}

/// `%...%`
fn regex(input: &mut Input<'_>) -> Parsed<Regex> {
    let open = input.current_token_start();
    '%'.parse_next(input)?;
    input.state.regexes += 1;
    if input.state.regexes > MAX_REGEXES {
        let problem = Problem::Stated("a pattern holds at most two regular expressions");
        return Err(ErrMode::Cut(Fault { at: open, problem }));
    }
    let start = input.current_token_start();
    let source = expect(take_while(1.., regex::allowed), "a regular expression").parse_next(input)?;
    expect('%', "% or a character that a regular expression may hold").parse_next(input)?;
    Regex::new(source)
        .map_err(|(at, problem)| ErrMode::Cut(Fault { at: start + at, problem: Problem::Stated(problem) }))
}

fn is_word_char(c: char) -> bool {
    !c.is_whitespace()
        && !matches!(c, '(' | ')' | '{' | '}' | '"' | '%' | '&' | '|' | '=' | '!' | '<' | '>' | ',' | '$' | '\\')
}

/// What may stand to the right of `=`; a word that has the form of a number is one.
fn value<'a>(is_word_char: impl Fn(char) -> bool) -> impl Parser<Input<'a>, Value, ErrMode<Fault>> {
    let word = take_while(1.., is_word_char)
        .map(|word: &str| Number::parse(word).map_or_else(|| Value::Text(Text::new(word)), Value::Number));
    let text = quoted.map(|text| Value::Text(Text::new(text)));
    expect(alt((text, regex.map(Value::Regex), word)), "a value")
}

fn comparison(input: &mut Input<'_>) -> Parsed<Comparison> {
    alt((
        "!=".value(Comparison::NotEqual),
        "<=".value(Comparison::LessOrEqual),
        ">=".value(Comparison::GreaterOrEqual),
        "=".value(Comparison::Equal),
        "<".value(Comparison::Less),
        ">".value(Comparison::Greater),
    ))
    .parse_next(input)
}

/// An operator and its value; only numbers have an order.
fn compared(
    input: &mut Input<'_>,
    is_word_char: impl Fn(char) -> bool,
    what: &'static str,
) -> Parsed<(Comparison, Value)> {
    let comparison = expect(comparison, what).parse_next(input)?;
    ws(input)?;
    let wrong = cut(input, Problem::Expected("a number after this operator"));
    let value = value(is_word_char).parse_next(input)?;
    let ordered = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    if ordered && !matches!(value, Value::Number(_)) { Err(wrong) } else { Ok((comparison, value)) }
}

/// A name of a field or a column.
fn name<'a>(input: &mut Input<'a>) -> Parsed<&'a str> {
    take_while(1.., |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-').parse_next(input)
}

/// One of two brackets or braces, with the blanks around it.
fn mark(c: char) -> impl Fn(&mut Input<'_>) -> Parsed<()> {
    move |input| (ws, one_of(c), ws).void().parse_next(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing is read again and again: the rules that are tried are at most a few for each byte.
    #[test]
    fn work_is_bounded() {
        let json = |count: usize, separator: &str, test: &str| format!("{{ {} }}", vec![test; count].join(separator));
        let nested = |depth: usize| format!("{{ {}$.a = 1{} }}", "(".repeat(depth), ")".repeat(depth));
        let cases: [(&str, String, bool); 20] = [
            ("100,000 tests", json(100_000, " && ", "$.a = 1"), true),
            ("100,000 tests without a blank", json(100_000, "||", "($.a=1)"), true),
            ("a normal form of 2^60 terms", json(60, " && ", "($.a = 1 || $.b = 2)"), true),
            ("60 levels", nested(60), true),
            ("200 levels", nested(200), false),
            ("100,000 levels", nested(100_000), false),
            ("100,000 parentheses that nothing closes", format!("{{ {}", "(".repeat(100_000)), false),
            ("100,000 terms", "term ".repeat(100_000), true),
            ("100,000 optional terms", "?term ".repeat(100_000), true),
            ("100,000 columns", format!("[{}]", vec!["a"; 100_000].join(",")), true),
            ("100,000 columns with tests", format!("[{}]", vec!["a=1||a!=2"; 100_000].join(",")), true),
            ("100,000 tests of a column", format!("[{}]", vec!["a=1"; 100_000].join("&&")), true),
            ("100,000 tests of a column that is not closed", format!("[{}", vec!["a=1"; 100_000].join("&&")), false),
            ("a selector of 300,000 steps", format!("{{ $.a{} NOT EXISTS }}", ".a[*][0]".repeat(100_000)), true),
            ("a text of 100,000 stars", format!("{{ $.a = \"{}\" }}", "*a".repeat(100_000)), true),
            ("a quote that is not closed", format!("{{ $.a = \"{}", "\\\\".repeat(100_000)), false),
            ("a regular expression of 100,001 alternatives", format!("{{ $.a = %{}% }}", "|".repeat(100_000)), true),
            ("a regular expression of 100,000 characters", format!("{{ $.a = %{}% }}", "a".repeat(100_000)), false),
            ("a regular expression of 10^15 characters", format!("{{ $.a = %{}% }}", "a{999999999}"), false),
            ("100,000 lines", format!("{{{}x", "\n".repeat(100_000)), false),
        ];
        for (name, text, is_read) in cases {
            let (result, tried) = run_counted(rule(&text).unwrap(), &text);
            println!(
                "{tried:>7} rules for {:>7} bytes, {}: {name}",
                text.len(),
                if is_read { "read" } else { "error" }
            );
            assert_eq!(result.is_ok(), is_read, "{name}: {:?}", result.err());
            assert!(tried <= 4 * text.len(), "{name}: {tried}");
        }
    }
}
