//! What holds for every text: reading ends without a panic, and what is understood is written out the same.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

use cis_aws::pattern::{Coverage, Number, Pattern, Regex, Rules, Selector, covers};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// Pieces of the language, so that random texts get further than the first character.
const PIECES: [&str; 58] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "$",
    "$.",
    "$.a",
    "$.a.b",
    "$.a[0]",
    "$.a[*]",
    ".",
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "&&",
    "||",
    "&",
    "|",
    "!",
    " ",
    "\t",
    "\n",
    "\"",
    "\\",
    "\\\"",
    "\\\\",
    "*",
    "a",
    "b-c",
    "IS NULL",
    "IS TRUE",
    "IS FALSE",
    "NOT EXISTS",
    "IS",
    "NOT",
    "5",
    "-1",
    "+1e3",
    "1.5",
    "%",
    "%a%",
    "%^a|b$%",
    "%[^a-z]{2}%",
    "...",
    ",",
    "?",
    "-",
    "é",
    "\u{0}",
    "\u{a0}",
    "😀",
    "a*",
    "\"x*\"",
];

fn pieces() -> impl Strategy<Value = String> {
    prop::collection::vec(select(&PIECES[..]), 0..24).prop_map(|pieces| pieces.concat())
}

/// A test that is well formed.
fn test() -> impl Strategy<Value = String> {
    let selector = select(vec!["$.eventName", "$.a", "$.a.b", "$.a[1]", "$.b-c[0].d", "$.readOnly", "$.a[*].b"]);
    let value =
        select(vec!["x", "\"x y\"", "*", "a*", "\"*\\\"\\\\*\"", "5", "-0", "1e400", "%a|^b%", "\"\"", "\"a*b\""]);
    let equal = (select(vec!["=", "!="]), value).prop_map(|(operator, value)| format!("{operator} {value}"));
    let order = (select(vec!["<", "<=", ">", ">="]), select(vec!["5", "+1.5e1"])).prop_map(|(o, v)| format!("{o}{v}"));
    let exists = select(vec!["IS NULL", "IS TRUE", "IS  FALSE", "NOT\tEXISTS"]).prop_map(str::to_owned);
    (selector, prop_oneof![equal, order, exists]).prop_map(|(selector, check)| format!("{selector} {check}"))
}

fn expression() -> impl Strategy<Value = String> {
    test().prop_recursive(4, 16, 4, |inner| {
        (prop::collection::vec(inner, 1..4), select(vec!["&&", " || "]))
            .prop_map(|(parts, operator)| format!("({})", parts.join(operator)))
    })
}

fn pattern() -> impl Strategy<Value = String> {
    expression().prop_map(|expression| format!("{{{expression}}}"))
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        select(vec![json!(5), json!(-1), json!(1.5), json!(u64::MAX)]),
        select(vec!["", "x", "x y", "a", "ab", "5", "true", "\"\\"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let names = select(vec!["eventName", "a", "b", "b-c", "d", "readOnly"]).prop_map(str::to_owned);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(names, inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn read(text: &str) {
    match Pattern::parse(text) {
        Ok(pattern) => {
            let written = pattern.to_string();
            assert_eq!(Pattern::parse(&written), Ok(pattern), "{text:?} as {written:?}");
        }
        Err(error) => {
            assert!(text.is_char_boundary(error.offset()), "{text:?}: {error}");
            let lines = text.split('\n').count();
            assert!((1..=lines).contains(&error.position().0), "{text:?}: {error}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>()) {
        read(&text);
        let _ = (Selector::parse(&text), Regex::parse(&text), Number::parse(&text));
    }

    #[test]
    fn texts_of_pieces(text in pieces()) {
        read(&text);
        read(&format!("{{ {text} }}"));
        read(&format!("{{ $.a = {text} }}"));
        read(&format!("{{ $.a = %{text}% }}"));
        read(&format!("[{text}]"));
    }

    #[test]
    fn well_formed_patterns(text in pattern(), event in value()) {
        // At most two regular expressions are allowed.
        prop_assume!(text.matches('%').count() <= 4);
        let pattern = Pattern::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        read(&text);
        prop_assert!(pattern.matches(&event).is_some());
        prop_assert_eq!(pattern.matches(&event), pattern.matches_under(&event, Rules::default()));
    }
}

fn parse(text: &str) -> Pattern {
    Pattern::parse(&format!("{{{text}}}")).unwrap()
}

/// Patterns that can be followed, as every one of `covers` should be here.
fn followed() -> impl Strategy<Value = Pattern> {
    expression()
        .prop_filter("opaque", |text| !text.contains(['%']) && !text.contains("[*]") && !text.contains("1e400"))
        .prop_map(|text| parse(&text))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn one_of_the_filters_is_enough(required in followed(), other in followed()) {
        prop_assert_eq!(covers(&required, &[Ok(other), Ok(required.clone())]), Coverage::Covered);
    }

    #[test]
    fn another_filter_takes_nothing_away(required in followed(), filter in followed(), other in followed()) {
        if covers(&required, &[Ok(filter.clone())]) == Coverage::Covered {
            prop_assert_eq!(covers(&required, &[Ok(filter.clone()), Ok(other.clone())]), Coverage::Covered);
            prop_assert_eq!(covers(&required, &[Ok(other), Ok(filter.clone())]), Coverage::Covered);
            prop_assert_eq!(covers(&required, &[Pattern::parse("{"), Ok(filter)]), Coverage::Covered);
        }
    }

    #[test]
    fn coverage_is_transitive(first in followed(), second in followed(), third in followed()) {
        let covered = |required: &Pattern, filter: &Pattern| covers(required, &[Ok(filter.clone())]);
        if covered(&first, &second) == Coverage::Covered && covered(&second, &third) == Coverage::Covered {
            prop_assert_eq!(covered(&first, &third), Coverage::Covered);
        }
    }

    #[test]
    fn what_is_covered_is_caught(required in followed(), filter in followed(), events in prop::collection::vec(value(), 20)) {
        let coverage = covers(&required, &[Ok(filter.clone())]);
        if let Coverage::NotCovered(lost) = &coverage {
            let rules = lost.assumes().iter().copied().collect();
            prop_assert_eq!(required.matches_under(lost.event(), rules), Some(true));
            prop_assert_eq!(filter.matches_under(lost.event(), rules), Some(false));
        }
        if coverage == Coverage::Covered {
            for event in events {
                // Typed fields only hold what CloudTrail writes there.
                let typed = |name: &str, fits: fn(&Value) -> bool| event.get(name).is_none_or(fits);
                if typed("eventName", Value::is_string) && typed("readOnly", Value::is_boolean) {
                    prop_assert!(required.matches(&event) == Some(false) || filter.matches(&event) == Some(true), "{}", event);
                }
            }
        }
    }
}
