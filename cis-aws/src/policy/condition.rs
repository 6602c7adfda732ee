//! Conditions: the operators, and what they make of a request of which some values are known and some free.

use std::net::IpAddr;

use crate::budget::{Budget, Exhausted};

use super::glob::{Token, foreign_to, matches_within, tokens};
use super::{Condition, Version};

/// A condition operator in its parts.
///
/// Source: [condition operators](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) set: Option<Set>,
    pub(super) family: Family,
    pub(super) negated: bool,
    pub(super) if_exists: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    AllValues,
    AnyValue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Equals,
    EqualsIgnoreCase,
    Like,
    Arn,
    Ip,
    Bool,
    Null,
    /// Numbers, dates, binaries: no key that tells a stranger from a friend is one.
    Other,
}

impl Operator {
    /// The operator of that name, if AWS has one.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (set, name) = match name.split_once(':') {
            None => (None, name),
            Some(("ForAllValues", name)) => (Some(Set::AllValues), name),
            Some(("ForAnyValue", name)) => (Some(Set::AnyValue), name),
            Some(_) => return None,
        };
        let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
        let (family, negated) = match name {
            "StringEquals" => (Family::Equals, false),
            "StringNotEquals" => (Family::Equals, true),
            "StringEqualsIgnoreCase" => (Family::EqualsIgnoreCase, false),
            "StringNotEqualsIgnoreCase" => (Family::EqualsIgnoreCase, true),
            "StringLike" => (Family::Like, false),
            "StringNotLike" => (Family::Like, true),
            "ArnEquals" | "ArnLike" => (Family::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Family::Arn, true),
            "IpAddress" => (Family::Ip, false),
            "NotIpAddress" => (Family::Ip, true),
            "Bool" => (Family::Bool, false),
            "Null" => (Family::Null, false),
            "NumericEquals"
            | "NumericLessThan"
            | "NumericLessThanEquals"
            | "NumericGreaterThan"
            | "NumericGreaterThanEquals"
            | "DateEquals"
            | "DateLessThan"
            | "DateLessThanEquals"
            | "DateGreaterThan"
            | "DateGreaterThanEquals"
            | "BinaryEquals" => (Family::Other, false),
            "NumericNotEquals" | "DateNotEquals" => (Family::Other, true),
            _ => return None,
        };
        Some(Self { set, family, negated, if_exists })
    }
}

/// What a condition key holds in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Held {
    /// The request lacks the key.
    Missing,
    /// Text, of which parts may be open.
    Text(Vec<Part>),
    /// A public address that the policy's author does not own.
    ForeignAddress,
    /// Any address at the caller's choice.
    AnyAddress,
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// This character.
    Char(char),
    /// An identifier that the policy's author does not own, and so cannot have written out: a wildcard must match it.
    Foreign,
    /// Any run of characters at the caller's choice.
    Any,
}

/// Which answers a condition can give, over all choices that the caller has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcomes {
    pub(super) can_hold: bool,
    pub(super) can_fail: bool,
}

impl Outcomes {
    const EITHER: Self = Self { can_hold: true, can_fail: true };

    fn of(holds: bool) -> Self {
        Self { can_hold: holds, can_fail: !holds }
    }

    fn or(self, other: Self) -> Self {
        Self { can_hold: self.can_hold || other.can_hold, can_fail: self.can_fail || other.can_fail }
    }

    fn not(self) -> Self {
        Self { can_hold: self.can_fail, can_fail: self.can_hold }
    }
}

/// The outcomes of a condition where its key holds any one of `choices`.
///
/// An operator that AWS did not have when this was written could mean anything.
pub(super) fn outcomes(
    condition: &Condition,
    choices: &[Held],
    version: Version,
    budget: &mut Budget,
) -> Result<Outcomes, Exhausted> {
    let Some(operator) = Operator::parse(&condition.operator) else { return Ok(Outcomes::EITHER) };
    let mut found = None;
    for held in choices {
        let one = outcome(operator, condition, held, version, budget)?;
        found = Some(found.map_or(one, |found: Outcomes| found.or(one)));
    }
    Ok(found.unwrap_or(Outcomes::EITHER))
}

fn outcome(
    operator: Operator,
    condition: &Condition,
    held: &Held,
    version: Version,
    budget: &mut Budget,
) -> Result<Outcomes, Exhausted> {
    budget.spend(1 + condition.values.len())?;
    let names = |wanted: &str| condition.values.iter().any(|value| value.eq_ignore_ascii_case(wanted));
    if operator.family == Family::Null {
        return Ok(Outcomes::of(names(if *held == Held::Missing { "true" } else { "false" })));
    }
    let text = match held {
        Held::Missing => {
            return Ok(Outcomes::of(match operator.set {
                Some(Set::AllValues) => true,
                // Also with IfExists: asked of AWS at https://repost.aws/questions/QU9HFmDzP0QGuU-fd7rS6B7w.
                Some(Set::AnyValue) => false,
                None => operator.if_exists || operator.negated,
            }));
        }
        Held::ForeignAddress | Held::AnyAddress if operator.family == Family::Ip => &[][..],
        Held::Text(parts) => parts,
        Held::ForeignAddress => &[Part::Foreign],
        Held::AnyAddress => &[Part::Any],
    };
    let positive = match operator.family {
        Family::Ip => address_outcomes(&condition.values, held, version, budget)?,
        Family::Bool if text == [Part::Any] => {
            Outcomes { can_hold: !condition.values.is_empty(), can_fail: !(names("true") && names("false")) }
        }
        // AWS does not say what this operator makes of a key that is no boolean.
        Family::Bool if !is_boolean(text) => Outcomes { can_hold: !condition.values.is_empty(), can_fail: true },
        Family::Other | Family::Null => Outcomes { can_hold: !condition.values.is_empty(), can_fail: true },
        Family::Equals | Family::EqualsIgnoreCase | Family::Like | Family::Arn | Family::Bool => {
            text_outcomes(operator.family, condition, text, version, budget)?
        }
    };
    Ok(if operator.negated { positive.not() } else { positive })
}

fn is_boolean(text: &[Part]) -> bool {
    let is = |word: &str| {
        let same = |(part, c): (&Part, char)| matches!(part, Part::Char(found) if found.eq_ignore_ascii_case(&c));
        text.len() == word.len() && text.iter().zip(word.chars()).all(same)
    };
    is("true") || is("false")
}

fn text_outcomes(
    family: Family,
    condition: &Condition,
    text: &[Part],
    version: Version,
    budget: &mut Budget,
) -> Result<Outcomes, Exhausted> {
    let ignore_case = matches!(family, Family::EqualsIgnoreCase | Family::Bool);
    let fold = |c: char| if ignore_case { c.to_ascii_lowercase() } else { c };
    let text: Vec<Part> = text
        .iter()
        .map(|part| match part {
            Part::Char(c) => Part::Char(fold(*c)),
            part => *part,
        })
        .collect();
    let mut found = Outcomes { can_hold: false, can_fail: true };
    for value in &condition.values {
        if names_the_owner(&condition.key, value, version) {
            continue;
        }
        budget.spend(value.len())?;
        let (mut pattern, has_variable) = tokens(value, version);
        if !matches!(family, Family::Like | Family::Arn) {
            // Only variables are open in an operator without wildcards; a star is a star.
            pattern = if has_variable { pattern } else { value.chars().map(|c| Token::Char(fold(c))).collect() };
        }
        let segments = (family == Family::Arn).then(|| (split_pattern(&pattern), split_text(&text)));
        let both = |pattern: &[Token], text: &[Part], budget: &mut Budget| {
            Ok((can_match(pattern, text, budget)?, matches_foreign(pattern, text, budget)?))
        };
        let (can_match, must_match) = match segments {
            Some((Some(pattern), Some(text))) => {
                pattern.iter().zip(&text).try_fold((true, true), |(can, must), (pattern, text)| {
                    let (can_one, must_one) = both(pattern, text, budget)?;
                    Ok((can && can_one, must && must_one))
                })?
            }
            _ => both(&pattern, &text, budget)?,
        };
        found.can_hold |= can_match;
        found.can_fail &= has_variable || !must_match;
    }
    Ok(found)
}

/// Whether a value stands for the organization or account of the resource's owner, which no stranger is in.
fn names_the_owner(key: &str, value: &str, version: Version) -> bool {
    const PAIRS: &[(&str, &str)] =
        &[("aws:PrincipalOrgID", "aws:ResourceOrgID"), ("aws:PrincipalAccount", "aws:ResourceAccount")];
    let Some(variable) = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else { return false };
    let is = |a: &str, b: &str| key.eq_ignore_ascii_case(a) && variable.eq_ignore_ascii_case(b);
    version == Version::V2012 && PAIRS.iter().any(|(principal, owner)| is(principal, owner) || is(owner, principal))
}

/// What it costs to look a place up among those that have been seen, in characters compared.
const SEARCHED: usize = 24;

/// Whether a pattern matches what an open text may come to be.
fn can_match(pattern: &[Token], text: &[Part], budget: &mut Budget) -> Result<bool, Exhausted> {
    // What of a foreign identifier has been matched: nothing, written-out characters only, or some by a wildcard.
    const NOTHING: u8 = 0;
    const LITERALS: u8 = 1;
    const WILDCARD: u8 = 2;
    let mut seen = std::collections::HashSet::new();
    let mut open = vec![(0, 0, NOTHING)];
    while let Some(state @ (at, part_at, matched)) = open.pop() {
        budget.spend(SEARCHED)?;
        if !seen.insert(state) {
            continue;
        }
        let (token, part) = (pattern.get(at), text.get(part_at));
        match part {
            None if token.is_none() => return Ok(true),
            Some(Part::Any) => open.push((at, part_at + 1, NOTHING)),
            Some(Part::Foreign) if matched == WILDCARD => open.push((at, part_at + 1, NOTHING)),
            _ => {}
        }
        match (token, part) {
            (Some(Token::Run), part) => {
                open.push((at + 1, part_at, matched));
                match part {
                    Some(Part::Char(_)) => open.push((at, part_at + 1, NOTHING)),
                    Some(Part::Foreign) => open.push((at, part_at, WILDCARD)),
                    Some(Part::Any) | None => {}
                }
            }
            (Some(Token::One), Some(Part::Char(_))) => open.push((at + 1, part_at + 1, NOTHING)),
            (Some(Token::One), Some(Part::Any)) => open.push((at + 1, part_at, NOTHING)),
            // Inside an ARN, a free part ends where the next one begins.
            (Some(Token::Char(c)), Some(Part::Any)) if *c != ':' || part_at + 1 == text.len() => {
                open.push((at + 1, part_at, NOTHING));
            }
            (Some(Token::One), Some(Part::Foreign)) => open.push((at + 1, part_at, WILDCARD)),
            (Some(Token::Char(wanted)), Some(Part::Char(c))) if wanted == c => {
                open.push((at + 1, part_at + 1, NOTHING));
            }
            (Some(Token::Char(c)), Some(Part::Foreign)) if !matches!(c, ':' | '/') => {
                open.push((at + 1, part_at, matched.max(LITERALS)));
            }
            (None | Some(Token::Char(_)), _) | (Some(Token::One), None) => {}
        }
    }
    Ok(false)
}

/// Whether a pattern matches an open text whatever it comes to be: then it matches one that no author has thought of.
fn matches_foreign(pattern: &[Token], text: &[Part], budget: &mut Budget) -> Result<bool, Exhausted> {
    budget.spend(pattern.len())?;
    let foreign = foreign_to(pattern.iter().filter_map(|token| match token {
        Token::Char(c) => Some(*c),
        Token::Run | Token::One => None,
    }));
    let filled = |part: &Part| match part {
        Part::Char(c) => std::iter::repeat_n(*c, 1),
        Part::Foreign | Part::Any => std::iter::repeat_n(foreign, 12),
    };
    let text: String = text.iter().flat_map(filled).collect();
    matches_within(pattern, &text, budget)
}

/// The six parts of an ARN, the last of which may hold colons.
fn split_pattern(pattern: &[Token]) -> Option<Vec<&[Token]>> {
    let parts: Vec<_> = pattern.splitn(6, |token| *token == Token::Char(':')).collect();
    (parts.len() == 6).then_some(parts)
}

fn split_text(text: &[Part]) -> Option<Vec<&[Part]>> {
    let parts: Vec<_> = text.splitn(6, |part| *part == Part::Char(':')).collect();
    (parts.len() == 6).then_some(parts)
}

/// A range of addresses, as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    is_v6: bool,
    first: u128,
    last: u128,
    prefix: u32,
}

impl Range {
    /// The range of a CIDR or of one address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().ok()?;
        let (is_v6, bits, width) = match address {
            IpAddr::V4(v4) => (false, u128::from(u32::from(v4)), 32),
            IpAddr::V6(v6) => (true, u128::from(v6), 128),
        };
        let prefix = prefix.map_or(Some(width), |prefix| prefix.parse().ok()).filter(|prefix| *prefix <= width)?;
        let rest = 1_u128.checked_shl(width - prefix).map_or(u128::MAX, |size| size - 1);
        Some(Self { is_v6, first: bits & !rest, last: bits | rest, prefix })
    }

    /// Whether it is so narrow that S3 takes it for somebody's own: at most a /8, or a /32 of IPv6.
    ///
    /// Source: [the meaning of "public"](https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status).
    pub(super) fn is_narrow(&self) -> bool {
        self.prefix >= if self.is_v6 { 32 } else { 8 }
    }
}

fn address_outcomes(
    values: &[String],
    held: &Held,
    version: Version,
    budget: &mut Budget,
) -> Result<Outcomes, Exhausted> {
    budget.spend(values.iter().map(String::len).sum())?;
    let has_variable = values.iter().any(|value| tokens(value, version).1);
    if matches!(held, Held::Text(_) | Held::Missing) {
        return Ok(Outcomes { can_hold: !values.is_empty(), can_fail: true });
    }
    let ranges: Vec<Range> = values.iter().filter_map(|value| Range::parse(value)).collect();
    let in_reach = |range: &Range| *held == Held::AnyAddress || !range.is_narrow();
    Ok(Outcomes {
        can_hold: has_variable || ranges.iter().any(in_reach),
        can_fail: !(covers_all(&ranges, false) && covers_all(&ranges, true)),
    })
}

fn covers_all(ranges: &[Range], is_v6: bool) -> bool {
    let mut ranges: Vec<_> = ranges.iter().filter(|range| range.is_v6 == is_v6).collect();
    ranges.sort_by_key(|range| range.first);
    let end = if is_v6 { u128::MAX } else { u128::from(u32::MAX) };
    let mut next = 0;
    for range in ranges {
        if range.first > next {
            return false;
        }
        if range.last >= end {
            return true;
        }
        next = next.max(range.last + 1);
    }
    false
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::super::Document;
    use super::*;

    fn outcome_of(operator: &str, key: &str, value: &serde_json::Value, held: Held) -> (bool, bool) {
        let policy = serde_json::json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "*", "Condition": {(operator): {(key): value}}
        }});
        let document = Document::from_value(&policy).unwrap();
        let condition = document.statements.first().unwrap().conditions.first().unwrap();
        let outcomes = outcomes(condition, &[held], document.version, &mut Budget::new(10_000)).unwrap();
        (outcomes.can_hold, outcomes.can_fail)
    }

    #[test]
    fn a_missing_key() {
        for (operator, value, holds) in [
            ("StringEquals", "x", false),
            ("StringNotEquals", "x", true),
            ("StringLike", "*", false),
            ("StringNotLike", "*", true),
            ("ArnNotLike", "x", true),
            ("NumericLessThan", "1", false),
            ("NumericNotEquals", "1", true),
            ("DateNotEquals", "2020-01-01T00:00:00Z", true),
            ("IpAddress", "0.0.0.0/0", false),
            ("NotIpAddress", "0.0.0.0/0", true),
            ("Bool", "false", false),
            ("BoolIfExists", "true", true),
            ("StringEqualsIfExists", "x", true),
            ("StringNotEqualsIfExists", "x", true),
            ("Null", "true", true),
            ("Null", "false", false),
            ("ForAllValues:StringEquals", "x", true),
            ("ForAllValues:StringNotEquals", "x", true),
            ("ForAnyValue:StringEquals", "x", false),
            ("ForAnyValue:StringNotEquals", "x", false),
            ("ForAnyValue:StringEqualsIfExists", "x", false),
        ] {
            let found = outcome_of(operator, "aws:x", &value.into(), Held::Missing);
            assert_eq!(found, (holds, !holds), "{operator} {value}");
        }
    }

    #[test]
    fn a_foreign_identifier_is_never_one_that_is_written_out() {
        let organization = || Held::Text([Part::Char('o'), Part::Char('-'), Part::Foreign].to_vec());
        for (operator, value, expected) in [
            ("StringEquals", "o-abc", (false, true)),
            ("StringNotEquals", "o-abc", (true, false)),
            ("StringEqualsIgnoreCase", "O-ABC", (false, true)),
            ("StringEquals", "o-*", (false, true)),
            ("StringLike", "o-*", (true, false)),
            ("StringLike", "*", (true, false)),
            ("StringLike", "o-a*", (true, true)),
            ("StringLike", "r-*", (false, true)),
            ("StringNotLike", "o-a*", (true, true)),
            ("StringEquals", "${aws:username}", (true, true)),
            ("StringEquals", "${aws:ResourceOrgID}", (false, true)),
            ("StringNotEquals", "${aws:ResourceOrgID}", (true, false)),
            ("Null", "false", (true, false)),
            ("StringRhymes", "o-abc", (true, true)),
        ] {
            let found = outcome_of(operator, "aws:PrincipalOrgID", &value.into(), organization());
            assert_eq!(found, expected, "{operator} {value}");
        }
    }

    #[test]
    fn a_boolean_is_asked_of_a_boolean() {
        let text = |text: &str| Held::Text(text.chars().map(Part::Char).collect());
        for (held, value, expected) in [
            (text("true"), "true", (true, false)),
            (text("true"), "TRUE", (true, false)),
            (text("false"), "true", (false, true)),
            (Held::Text(vec![Part::Any]), "true", (true, true)),
            (text("anonymous"), "anonymous", (true, true)),
            (text("anonymous"), "x", (true, true)),
        ] {
            assert_eq!(outcome_of("Bool", "aws:x", &value.into(), held.clone()), expected, "{held:?} {value}");
        }
    }

    #[test]
    fn arns_are_compared_part_by_part() {
        use Part::{Any, Foreign};

        let text = |text: &'static str| text.chars().map(Part::Char);
        let arn = || Held::Text(text("arn:aws:iam::").chain([Foreign]).chain(text(":")).chain([Any]).collect());
        for (operator, value, expected) in [
            ("ArnLike", "arn:aws:iam::111122223333:role/*", (false, true)),
            ("ArnLike", "arn:aws:iam::*:role/x", (true, true)),
            ("ArnEquals", "arn:aws:iam::*:*", (true, false)),
            // Not the shape of an ARN, so it is taken for text.
            ("ArnLike", "arn:aws:*:role/x", (true, true)),
            ("StringLike", "arn:aws:*:role/x", (true, true)),
            ("ArnLike", "arn:aws:sts::*:*", (false, true)),
            ("ArnNotLike", "arn:aws:iam::*:*", (false, true)),
            ("ArnLike", "*", (true, false)),
        ] {
            assert_eq!(outcome_of(operator, "aws:PrincipalArn", &value.into(), arn()), expected, "{operator} {value}");
        }
    }

    #[test]
    fn addresses() {
        use serde_json::json;

        for (operator, value, foreign, any) in [
            ("IpAddress", json!("203.0.113.0/24"), (false, true), (true, true)),
            ("IpAddress", json!("203.0.113.7"), (false, true), (true, true)),
            ("IpAddress", json!("11.0.0.0/7"), (true, true), (true, true)),
            ("IpAddress", json!("2001:db8::/32"), (false, true), (true, true)),
            ("IpAddress", json!("2001:db8::/31"), (true, true), (true, true)),
            ("IpAddress", json!(["0.0.0.0/1", "128.0.0.0/1", "::/0"]), (true, false), (true, false)),
            ("NotIpAddress", json!("203.0.113.0/24"), (true, false), (true, true)),
            ("IpAddress", json!(["x", "1.2.3.4/33", "1.2.3.4/x", "::/129"]), (false, true), (false, true)),
            ("IpAddress", json!("${aws:PrincipalTag/ip}"), (true, true), (true, true)),
            ("IpAddress", json!([]), (false, true), (false, true)),
        ] {
            assert_eq!(
                outcome_of(operator, "aws:SourceIp", &value, Held::ForeignAddress),
                foreign,
                "{operator} {value}"
            );
            assert_eq!(outcome_of(operator, "aws:VpcSourceIp", &value, Held::AnyAddress), any, "{operator} {value}");
        }
    }
}
