//! An example of a text that several patterns match.

use std::collections::HashSet;

use crate::budget::{Budget, Exhausted};

use super::glob::Token;

/// What a search for an example came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Example {
    /// This text, in which runs of the foreign character stand for what no pattern singles out.
    Text(String),
    /// No text is matched by all patterns.
    None,
}

/// What a state of the search costs for each pattern, in characters compared.
const STATE: usize = 12;
// Long enough that a pattern of a few question marks does not match it by chance.
const RUN: usize = 8;

/// How far a text has come in every pattern, and from where.
struct Step {
    at: Vec<usize>,
    after_run: bool,
    before: Option<usize>,
    added: Added,
}

#[derive(Clone, Copy)]
enum Added {
    Nothing,
    Char(char),
    Run,
}

/// A text that all patterns match: the shortest one, but with a run of foreign characters wherever there can be one.
pub(super) fn example(patterns: &[&[Token]], foreign: char, budget: &mut Budget) -> Result<Example, Exhausted> {
    let start = Step { at: vec![0; patterns.len()], after_run: false, before: None, added: Added::Nothing };
    let mut seen = HashSet::from([(start.at.clone(), start.after_run)]);
    let mut steps = vec![start];
    let mut next = 0;
    while let Some(step) = steps.get(next) {
        let tokens: Vec<Option<Token>> =
            step.at.iter().zip(patterns).map(|(at, pattern)| pattern.get(*at).copied()).collect();
        if tokens.iter().all(Option::is_none) {
            return Ok(Example::Text(text_of(&steps, next, foreign)));
        }
        for (at, added) in following(&step.at, &tokens, step.after_run, foreign) {
            let after_run = match added {
                Added::Nothing => steps.get(next).is_some_and(|step| step.after_run),
                Added::Char(c) => c == foreign,
                Added::Run => true,
            };
            budget.spend(STATE * patterns.len())?;
            if seen.insert((at.clone(), after_run)) {
                steps.push(Step { at, after_run, before: Some(next), added });
            }
        }
        next += 1;
    }
    Ok(Example::None)
}

fn following(at: &[usize], tokens: &[Option<Token>], after_run: bool, foreign: char) -> Vec<(Vec<usize>, Added)> {
    if !after_run && tokens.iter().all(|token| *token == Some(Token::Run)) {
        return vec![(at.to_vec(), Added::Run)];
    }
    let mut found = Vec::new();
    let mut characters = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            Some(Token::Run) => {
                let over = at.iter().enumerate().map(|(i, at)| if i == index { at + 1 } else { *at }).collect();
                found.push((over, Added::Nothing));
            }
            Some(Token::Char(c)) if !characters.contains(c) => characters.push(*c),
            _ => {}
        }
    }
    if characters.is_empty() {
        characters.push(foreign);
    }
    for c in characters {
        let read = at.iter().zip(tokens).map(|(at, token)| match token {
            Some(Token::Run) => Some(*at),
            Some(Token::One) => Some(at + 1),
            Some(Token::Char(wanted)) => (*wanted == c).then_some(at + 1),
            None => None,
        });
        if let Some(read) = read.collect::<Option<Vec<usize>>>() {
            found.push((read, Added::Char(c)));
        }
    }
    found
}

fn text_of(steps: &[Step], last: usize, foreign: char) -> String {
    let mut backwards = Vec::new();
    let mut next = Some(last);
    while let Some(step) = next.and_then(|index| steps.get(index)) {
        match step.added {
            Added::Nothing => {}
            Added::Char(c) => backwards.push(c),
            Added::Run => backwards.extend([foreign; RUN]),
        }
        next = step.before;
    }
    backwards.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::super::Version;
    use super::super::glob::tokens;
    use super::*;

    fn shown(patterns: &[&str]) -> Option<String> {
        let patterns: Vec<_> = patterns.iter().map(|pattern| tokens(pattern, Version::V2008).0).collect();
        match example(&patterns.iter().map(Vec::as_slice).collect::<Vec<_>>(), '_', &mut Budget::new(100_000)) {
            Ok(Example::Text(text)) => Some(text.replace(&"_".repeat(RUN), "~")),
            Ok(Example::None) | Err(Exhausted) => None,
        }
    }

    #[test]
    fn an_example_is_as_open_as_the_patterns() {
        for (patterns, wanted) in [
            (&["s3:*"][..], Some("s3:~")),
            (&["s3:*", "*"], Some("s3:~")),
            (&["*", "*:*"], Some("~:~")),
            (&["s3:*", "s3:Get*"], Some("s3:Get~")),
            (&["s3:*", "*:*", "s3:Get*", "*Object"], Some("s3:Get~Object")),
            (&["s3:GetObject", "s3:*"], Some("s3:GetObject")),
            (&["a?c", "*"], Some("a_c")),
            (&["a*", "*b", "?????"], Some("a___b")),
            (&["s3:Get*", "s3:Put*"], None),
            (&["a", "aa"], None),
            (&["", "*"], Some("")),
        ] {
            assert_eq!(shown(patterns).as_deref(), wanted, "{patterns:?}");
        }
    }

    #[test]
    fn a_search_has_an_end() {
        let stars: Vec<_> = ["a*", "b*", "c*"].iter().map(|text| tokens(&text.repeat(500), Version::V2008).0).collect();
        let stars: Vec<_> = stars.iter().map(Vec::as_slice).collect();
        assert_eq!(example(&stars, '_', &mut Budget::new(1_000)), Ok(Example::None));
        let stars: Vec<_> = ["*a", "*b", "*c"].iter().map(|text| tokens(&text.repeat(500), Version::V2008).0).collect();
        let stars: Vec<_> = stars.iter().map(Vec::as_slice).collect();
        assert_eq!(example(&stars, '_', &mut Budget::new(1_000_000)), Err(Exhausted));
    }
}
