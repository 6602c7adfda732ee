//! The grammars of terms and columns, which are read for display: on JSON events they prove nothing.

use winnow::combinator::{alt, opt, separated};
use winnow::error::ErrMode;
use winnow::prelude::*;
use winnow::stream::{Location, Stream};
use winnow::token::take_while;

use super::super::error::{Fault, Problem};
use super::super::tree::{Column, Pattern, Term};
use super::{BLANKS, Input, Parsed, compared, cut, expect, is_word_char, mark, name, quoted, regex, ws, ws1};

/// Terms between blanks, or one regular expression. Blanks in quotes match every event, as an empty pattern does.
pub(super) fn terms(input: &mut Input<'_>) -> Parsed<Pattern> {
    ws(input)?;
    if input.starts_with('%') {
        let regex = regex(input)?;
        ws(input)?;
        return Ok(Pattern::Terms(vec![Term::Regex(regex)]));
    }
    let mut terms = Vec::new();
    while !input.is_empty() {
        terms.push(term(input)?);
        if !input.is_empty() {
            expect(ws1, "a blank (terms with other characters need quotes)").parse_next(input)?;
        }
    }
    Ok(match terms.as_slice() {
        [Term::Word(only)] if only.chars().all(|c| BLANKS.contains(&c)) => Pattern::All,
        _ => Pattern::Terms(terms),
    })
}

fn term(input: &mut Input<'_>) -> Parsed<Term> {
    let kind = opt(alt(('?'.value(Term::AnyOf as fn(String) -> Term), '-'.value(Term::Not as fn(String) -> Term))))
        .parse_next(input)?;
    let word = take_while(1.., |c: char| c.is_alphanumeric() || c == '_').map(str::to_owned);
    let text = expect(alt((quoted, word)), "a term (other characters need quotes)").parse_next(input)?;
    Ok(kind.unwrap_or(Term::Word)(text))
}

/// `[a, ..., b = 4*]`
pub(super) fn columns(input: &mut Input<'_>) -> Parsed<Pattern> {
    mark('[')(input)?;
    let columns: Vec<(usize, Column)> = separated(1.., column, (ws, ',', ws)).parse_next(input)?;
    ws(input)?;
    expect(']', "&&, ||, a comma or ]").parse_next(input)?;
    ws(input)?;
    let mut ellipses = columns.iter().filter(|(_, column)| *column == Column::Rest);
    if let Some((at, _)) = ellipses.nth(1) {
        let problem = Problem::Stated("a pattern holds ... at most once");
        return Err(ErrMode::Cut(Fault { at: *at, problem }));
    }
    Ok(Pattern::Columns(columns.into_iter().map(|(_, column)| column).collect()))
}

/// A column and where it begins.
fn column(input: &mut Input<'_>) -> Parsed<(usize, Column)> {
    let at = input.current_token_start();
    if opt("...").parse_next(input)?.is_some() {
        return Ok((at, Column::Rest));
    }
    let start = input.checkpoint();
    let own: &str = expect(name, "the name of a column or ...").parse_next(input)?;
    ws(input)?;
    if input.is_empty() || input.starts_with([',', ']']) {
        return Ok((at, Column::Named { name: own.to_owned(), condition: None }));
    }
    input.reset(&start);
    let ((), condition) = conditions(own).with_taken().parse_next(input)?;
    Ok((at, Column::Named { name: own.to_owned(), condition: Some(condition.to_owned()) }))
}

/// Tests joined by `&&` and `||`, each of which repeats the name of the column.
fn conditions<'a>(own: &'a str) -> impl Parser<Input<'a>, (), ErrMode<Fault>> {
    let condition = move |input: &mut Input<'a>| {
        let wrong = cut(input, Problem::Stated("a test repeats the name of its column"));
        if expect(name, "the name of the column").parse_next(input)? != own {
            return Err(wrong);
        }
        ws(input)?;
        compared(input, |c| is_word_char(c) && c != '[' && c != ']', "an operator, a comma or ]").map(|_| ())
    };
    separated(1.., condition, (ws, alt(("&&", "||")), ws)).map(|(): ()| ())
}
