//! Wildcard patterns of actions and resources.
//!
//! `*` matches any run of characters, also an empty one and across `:` and `/`; `?` matches exactly one character.

use std::collections::BTreeSet;
use std::convert::Infallible;

use crate::budget::{Budget, Exhausted};

use super::Version;

/// Whether an action such as `s3:GetObject` is matched by a pattern, both without case.
///
/// Time is at most the product of the two lengths, whatever the pattern; nothing is allocated and nothing compiled.
///
/// Source: [Action](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html).
///
/// ```
/// use cis_aws::policy::action_matches;
///
/// assert!(action_matches("S3:get*", "s3:GetObject"));
/// assert!(action_matches("*:?etObject", "s3:GetObject"));
/// assert!(!action_matches("s3:Get?bject", "s3:GetOObject"));
/// ```
pub fn action_matches(pattern: &str, action: &str) -> bool {
    let tokens = pattern.chars().map(|c| token(c.to_ascii_lowercase()));
    matches(tokens, action.chars().map(|c| c.to_ascii_lowercase()))
}

/// Whether a resource, mostly an ARN, is matched by a pattern, with case; `${...}` is literal text.
///
/// Time is at most the product of the two lengths, whatever the pattern.
///
/// Source: [Resource](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html).
///
/// ```
/// use cis_aws::policy::resource_matches;
///
/// assert!(resource_matches("arn:aws:s3:::logs/*", "arn:aws:s3:::logs/2024/01"));
/// assert!(!resource_matches("arn:aws:s3:::logs/*", "arn:aws:s3:::Logs/2024/01"));
/// ```
pub fn resource_matches(pattern: &str, resource: &str) -> bool {
    matches(pattern.chars().map(token), resource.chars())
}

/// Whether a pattern matches every action of every service: `*`, `?*`, `*:*` and the like.
///
/// ```
/// use cis_aws::policy::universal_action;
///
/// assert!(universal_action("*") && universal_action("*:?*"));
/// assert!(!universal_action("??:*") && !universal_action("s3:*"));
/// ```
pub fn universal_action(pattern: &str) -> bool {
    // The shortest action is `x:Y`: three characters, one on either side of the colon.
    match pattern.split_once(':') {
        None => any_of_length(pattern, 3),
        Some((service, name)) => any_of_length(service, 1) && any_of_length(name, 1),
    }
}

/// Whether a pattern matches every resource, or every ARN, or every ARN of a partition.
///
/// That is `*`; or `*:*`, `arn:*`, `arn:aws:*`, which leave out only requests without a resource of their own.
///
/// ```
/// use cis_aws::policy::universal_resource;
///
/// assert!(universal_resource("*") && universal_resource("arn:aws-us-gov:*"));
/// assert!(!universal_resource("arn:aws:s3:::*") && !universal_resource("*/*"));
/// ```
pub fn universal_resource(pattern: &str) -> bool {
    let pattern = collapsed(pattern);
    let Some((head, rest)) = pattern.split_once(':') else {
        return any_of_length(&pattern, 1);
    };
    match (head, rest.split_once(':')) {
        ("*" | "arn", None) => rest == "*",
        ("arn", Some((partition, rest))) => (partition == "*" || partition.starts_with("aws")) && rest == "*",
        _ => false,
    }
}

/// Whether a pattern matches every action of one service: `*`, `support:*`, also `sup*`.
///
/// ```
/// use cis_aws::policy::covers_service;
///
/// assert!(covers_service("sup*", "support") && covers_service("SUPPORT:*", "support"));
/// assert!(!covers_service("support:Describe*", "support") && !covers_service("support:", "support"));
/// ```
pub fn covers_service(pattern: &str, service: &str) -> bool {
    let prefix: Vec<char> = service.to_ascii_lowercase().chars().chain([':']).collect();
    cover_all_after(&[action_tokens(pattern)], &prefix)
}

/// Whether patterns together match every text that starts with a prefix and goes on.
pub(super) fn cover_all_after(patterns: &[Vec<Token>], prefix: &[char]) -> bool {
    // A text that no author has thought of is matched by wildcards only: by question marks for its length alone, or, with
    // a star among them, for every length from there on.
    let (mut lengths, mut from) = (BTreeSet::new(), None);
    for pattern in patterns {
        let wildcards = pattern.iter().rposition(|token| matches!(token, Token::Char(_))).map_or(0, |at| at + 1);
        for position in positions_after(pattern, prefix).into_iter().filter(|position| *position >= wildcards) {
            let rest = pattern.get(position..).unwrap_or_default();
            let single = rest.iter().filter(|token| **token == Token::One).count();
            if rest.contains(&Token::Run) {
                from = Some(from.map_or(single, |from: usize| from.min(single)));
            } else {
                lengths.insert(single);
            }
        }
    }
    from.is_some_and(|from| (1..from).all(|length| lengths.contains(&length)))
}

/// Where in a pattern one can be when a text has been read, rising; a star is behind as well as ahead. Places before a star
/// that has been reached are left out: the star reads all that they could.
fn positions_after(pattern: &[Token], text: &[char]) -> Vec<usize> {
    let (mut here, mut next) = (Vec::new(), Vec::new());
    reduce(pattern, std::iter::once(0), &mut here);
    for c in text {
        let places = here.iter().filter_map(|&at| match pattern.get(at)? {
            Token::Run => Some(at),
            Token::One => Some(at + 1),
            Token::Char(wanted) => (wanted == c).then_some(at + 1),
        });
        reduce(pattern, places, &mut next);
        std::mem::swap(&mut here, &mut next);
    }
    here
}

/// Puts places that rise, with those behind their stars, from the last star on, in the place of others.
fn reduce(pattern: &[Token], places: impl Iterator<Item = usize>, positions: &mut Vec<usize>) {
    positions.clear();
    let mut from_star = 0;
    for mut at in places {
        if positions.last().is_some_and(|last| *last >= at) {
            continue;
        }
        positions.push(at);
        while pattern.get(at) == Some(&Token::Run) {
            from_star = positions.len() - 1;
            at += 1;
            positions.push(at);
        }
    }
    positions.drain(..from_star);
}

/// Whether a pattern with policy variables matches: certainly, perhaps (it rests on the caller), or not.
pub(super) fn resource_may_match(pattern: &str, resource: &str, version: Version) -> Option<Certainty> {
    if version == Version::V2008 || !pattern.contains("${") {
        return resource_matches(pattern, resource).then_some(Certainty::Certain);
    }
    let (tokens, has_variable) = tokens_with_variables(pattern);
    let certainty = if has_variable { Certainty::Perhaps } else { Certainty::Certain };
    matches(tokens.iter().copied(), resource.chars()).then_some(certainty)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Certainty {
    Certain,
    Perhaps,
}

/// `**` and `*` mean the same.
pub(super) fn collapsed(pattern: &str) -> String {
    let mut collapsed = String::with_capacity(pattern.len());
    for c in pattern.chars() {
        if c != '*' || !collapsed.ends_with('*') {
            collapsed.push(c);
        }
    }
    collapsed
}

/// Whether a pattern matches every text of at least that many characters.
fn any_of_length(pattern: &str, shortest: usize) -> bool {
    let single = pattern.chars().filter(|c| *c == '?').count();
    pattern.contains('*') && single <= shortest && pattern.chars().all(|c| matches!(c, '*' | '?'))
}

/// A character that is not among those of some patterns, and that so is matched by wildcards only. Those for private use
/// come first, since no name that AWS hands out has one.
pub(super) fn foreign_to(chars: impl Iterator<Item = char>) -> char {
    const FIRST: char = '\u{E000}';
    let taken: BTreeSet<char> = chars.filter(|c| *c >= FIRST).collect();
    (FIRST..=char::MAX).find(|c| !taken.contains(c)).unwrap_or(char::MAX)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Run,
    One,
    Char(char),
}

/// An action pattern, whose case is of no matter.
pub(super) fn action_tokens(pattern: &str) -> Vec<Token> {
    pattern.chars().map(|c| token(c.to_ascii_lowercase())).collect()
}

/// A pattern of a resource or a condition value, and whether it has policy variables, each of which is taken for any text.
pub(super) fn tokens(pattern: &str, version: Version) -> (Vec<Token>, bool) {
    match version {
        Version::V2008 => (pattern.chars().map(token).collect(), false),
        Version::V2012 => tokens_with_variables(pattern),
    }
}

fn token(c: char) -> Token {
    match c {
        '*' => Token::Run,
        '?' => Token::One,
        c => Token::Char(c),
    }
}

/// A variable is taken for any text; `${*}`, `${?}` and `${$}` are AWS's way to write the plain character.
fn tokens_with_variables(pattern: &str) -> (Vec<Token>, bool) {
    let (mut tokens, mut has_variable, mut rest) = (Vec::new(), false, pattern);
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, tail)) = after.split_once('}') else { break };
        tokens.extend(before.chars().map(token));
        match name {
            "*" => tokens.push(Token::Char('*')),
            "?" => tokens.push(Token::Char('?')),
            "$" => tokens.push(Token::Char('$')),
            _ => {
                tokens.push(Token::Run);
                has_variable = true;
            }
        }
        rest = tail;
    }
    tokens.extend(rest.chars().map(token));
    (tokens, has_variable)
}

/// The greedy matcher: a star takes as little as it can, and only the last star met is ever tried again.
pub(super) fn matches(pattern: impl Iterator<Item = Token> + Clone, text: impl Iterator<Item = char> + Clone) -> bool {
    let Ok(matched) = matches_counted(pattern, text, || Ok::<(), Infallible>(()));
    matched
}

/// The same within a budget.
pub(super) fn matches_within(pattern: &[Token], text: &str, budget: &mut Budget) -> Result<bool, Exhausted> {
    matches_counted(pattern.iter().copied(), text.chars(), || budget.spend(1))
}

fn matches_counted<E>(
    mut pattern: impl Iterator<Item = Token> + Clone,
    mut text: impl Iterator<Item = char> + Clone,
    mut step: impl FnMut() -> Result<(), E>,
) -> Result<bool, E> {
    let mut last_star = None;
    loop {
        step()?;
        let (mut pattern_after, mut text_after) = (pattern.clone(), text.clone());
        match (pattern_after.next(), text_after.next()) {
            (None, None) => return Ok(true),
            (Some(Token::Run), _) => {
                pattern = pattern_after;
                last_star = Some((pattern.clone(), text.clone()));
                continue;
            }
            // A longer run would leave even less text for what the pattern still asks for.
            (Some(_), None) => return Ok(false),
            (Some(Token::One), Some(_)) => {
                (pattern, text) = (pattern_after, text_after);
                continue;
            }
            (Some(Token::Char(wanted)), Some(c)) if wanted == c => {
                (pattern, text) = (pattern_after, text_after);
                continue;
            }
            (Some(Token::Char(_)) | None, Some(_)) => {}
        }
        let Some((after_star, run_end)) = &mut last_star else { return Ok(false) };
        if run_end.next().is_none() {
            return Ok(false);
        }
        (pattern, text) = (after_star.clone(), run_end.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn universal_action_patterns() {
        for pattern in ["*", "**", "?*", "*?", "??*", "???*", "*:*", "*:?*", "?*:*", "**:**", "?*:?*"] {
            assert!(universal_action(pattern), "{pattern}");
        }
        for pattern in ["", "?", "???", "????*", "??:*", "??*:*", "*:", ":*", "*:*:*", "s*", "*:G*", "s3:*", ":"] {
            assert!(!universal_action(pattern), "{pattern}");
        }
    }

    #[test]
    fn universal_resource_patterns() {
        for pattern in ["*", "***", "?*", "*:*", "**:*", "arn:*", "arn:**", "arn:aws:*", "arn:aws-cn:*", "arn:*:*"] {
            assert!(universal_resource(pattern), "{pattern}");
        }
        for pattern in ["", "?", "??*", "*/*", "arn:", "arn:aws:", "arn:aws:s3:::*", "arn:aws:iam:*", "Arn:*", "x:*"] {
            assert!(!universal_resource(pattern), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_covers_a_service() {
        for pattern in ["*", "*:*", "support:*", "Support:*", "sup*", "s*:*", "support*", "support:?*", "*t:*", "*:?*"]
        {
            assert!(covers_service(pattern, "support"), "{pattern}");
        }
        for pattern in
            ["", "support", "support:", "support:?", "support:??*", "support:D*", "support:*e", "s3:*", "??:*"]
        {
            assert!(!covers_service(pattern, "support"), "{pattern}");
        }
    }

    #[test]
    fn variables_match_perhaps() {
        let certainty = |pattern, resource| resource_may_match(pattern, resource, Version::V2012);
        assert_eq!(certainty("b/${aws:username}/*", "b/ann/x"), Some(Certainty::Perhaps));
        assert_eq!(certainty("b/${aws:username}/*", "c/ann/x"), None);
        assert_eq!(certainty("b/${?}${$}${*}", "b/?$*"), Some(Certainty::Certain));
        assert_eq!(certainty("b/${?}", "b/x"), None);
        assert_eq!(certainty("b/${open", "b/${open"), Some(Certainty::Certain));
    }
}
