//! The grammar of JSON patterns.

use winnow::combinator::{alt, repeat, separated};
use winnow::error::ErrMode;
use winnow::prelude::*;
use winnow::stream::Location;
use winnow::token::take_while;

use super::super::error::{Fault, Problem};
use super::super::selector::{Selector, Step};
use super::super::tree::{Check, Comparison, Expr, Pattern, Test};
use super::{Input, MAX_DEPTH, Parsed, Value, compared, cut, expect, is_word_char, mark, name, ws, ws1};

/// `pattern = ws "{" ws or ws "}" ws`
pub(super) fn pattern(input: &mut Input<'_>) -> Parsed<Pattern> {
    mark('{')(input)?;
    let expr = or(input)?;
    ws(input)?;
    expect('}', "&&, || or }").parse_next(input)?;
    ws(input)?;
    Ok(Pattern::Json(expr))
}

/// `or = and { ws "||" ws and }`
fn or(input: &mut Input<'_>) -> Parsed<Expr> {
    separated(1.., and, (ws, "||", ws)).map(|parts| one_or(parts, Expr::Or)).parse_next(input)
}

/// `and = primary { ws "&&" ws primary }`
fn and(input: &mut Input<'_>) -> Parsed<Expr> {
    separated(1.., primary, (ws, "&&", ws)).map(|parts| one_or(parts, Expr::And)).parse_next(input)
}

fn one_or(mut parts: Vec<Expr>, several: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            several(parts)
        }
    }
}

/// `primary = "(" ws or ws ")" | test`
fn primary(input: &mut Input<'_>) -> Parsed<Expr> {
    if !input.starts_with('(') {
        return test.map(Expr::Test).parse_next(input);
    }
    input.state.depth += 1;
    if input.state.depth > MAX_DEPTH {
        return Err(cut(input, Problem::Stated("more than 64 parentheses inside each other")));
    }
    ('(', ws).parse_next(input)?;
    let expr = or(input)?;
    ws(input)?;
    expect(')', "&&, || or )").parse_next(input)?;
    input.state.depth -= 1;
    Ok(expr)
}

/// `test = selector ws ( compare | exists )`
fn test(input: &mut Input<'_>) -> Parsed<Test> {
    let selector = selector(input)?;
    ws(input)?;
    let keywords = alt((
        ("IS", ws1, expect(is, "NULL, TRUE or FALSE")).map(|(_, (), check)| check),
        ("NOT", ws1, expect("EXISTS", "EXISTS")).value(Check::NotExists),
    ));
    let check = alt((keywords, compare)).parse_next(input)?;
    Ok(Test { selector, check })
}

fn is(input: &mut Input<'_>) -> Parsed<Check> {
    alt(("NULL".value(Check::IsNull), "TRUE".value(Check::IsTrue), "FALSE".value(Check::IsFalse))).parse_next(input)
}

fn compare(input: &mut Input<'_>) -> Parsed<Check> {
    let (comparison, value) = compared(input, is_word_char, "an operator")?;
    let negated = comparison == Comparison::NotEqual;
    Ok(match value {
        Value::Text(text) => Check::Text { negated, text },
        Value::Regex(regex) => Check::Regex { negated, regex },
        Value::Number(number) => Check::Number { comparison, number },
    })
}

/// `selector = "$" step { step }`, the first step a name.
pub(super) fn selector(input: &mut Input<'_>) -> Parsed<Selector> {
    expect('$', "a selector such as $.eventName").parse_next(input)?;
    let first = expect(named, "a dot and a name").parse_next(input)?;
    let rest: Vec<Step> = repeat(0.., alt((named, bracketed))).parse_next(input)?;
    Ok(Selector::new(std::iter::once(first).chain(rest).collect()))
}

fn named(input: &mut Input<'_>) -> Parsed<Step> {
    '.'.parse_next(input)?;
    expect(name, "a name").map(|name| Step::Name(name.to_owned())).parse_next(input)
}

fn bracketed(input: &mut Input<'_>) -> Parsed<Step> {
    '['.parse_next(input)?;
    let step = expect(alt(('*'.value(Step::AnyIndex), index)), "an index or *").parse_next(input)?;
    expect(']', "]").parse_next(input)?;
    Ok(step)
}

fn index(input: &mut Input<'_>) -> Parsed<Step> {
    let at = input.current_token_start();
    let digits: &str = take_while(1.., '0'..='9').parse_next(input)?;
    let too_large = Fault { at, problem: Problem::Stated("the index is too large") };
    digits.parse().map(Step::Index).map_err(|_| ErrMode::Cut(too_large))
}
