//! What coverage rests on, case by case, and its bound.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

use cis_aws::pattern::{Counterexample, Coverage, NotProven, Pattern, Rule, Rules, covers};
use serde_json::{Value, json};

fn ask(required: &str, filters: &[&str]) -> Coverage {
    let required = Pattern::parse(required).unwrap_or_else(|error| panic!("{required}: {error}"));
    let filters: Vec<_> = filters.iter().map(|filter| Pattern::parse(filter)).collect();
    let coverage = covers(&required, &filters);
    if let Coverage::NotCovered(lost) = &coverage {
        let rules: Rules = lost.assumes().iter().copied().collect();
        assert_eq!(required.matches_under(lost.event(), rules), Some(true), "{required}: {lost}");
        let caught = filters.iter().flatten().any(|filter| filter.matches_under(lost.event(), rules) == Some(true));
        assert!(!caught, "{required}: {lost}");
    }
    coverage
}

#[track_caller]
fn covered(required: &str, filters: &[&str]) {
    assert_eq!(ask(required, filters), Coverage::Covered, "{required} by {filters:?}");
}

#[track_caller]
fn lost(required: &str, filters: &[&str]) -> Counterexample {
    match ask(required, filters) {
        Coverage::NotCovered(lost) => lost,
        other => panic!("{required} by {filters:?}: {other:?}"),
    }
}

#[track_caller]
fn not_proven(required: &str, filters: &[&str]) -> NotProven {
    match ask(required, filters) {
        Coverage::NotProven(reason) => reason,
        other => panic!("{required} by {filters:?}: {other:?}"),
    }
}

#[test]
fn filters_that_cannot_be_followed_are_left_out() {
    let required = "{ $.eventName = CreateTrail || $.eventName = StopLogging }";
    let half = "{ $.eventName = CreateTrail }";
    for (filter, code, text) in [
        (
            "{ $.eventName == StopLogging }",
            "not_understood",
            "filter 2: filter pattern cannot be read at line 1 column 16: expected a value, found \"=\"",
        ),
        ("StopLogging", "not_json", "filter 2 looks at the text of an event instead of its fields"),
        ("[a, b]", "not_json", "filter 2 looks at the text of an event instead of its fields"),
        (
            "{ $.eventName = StopLogging && $.resources[*].type = x }",
            "opaque",
            "filter 2 holds a test that no proof can rest on: $.resources[*].type = \"x\"",
        ),
        (
            "{ $.x = 12345678901234567 }",
            "opaque",
            "filter 2 holds a test that no proof can rest on: $.x = 12345678901234567",
        ),
        ("{ $.x[101] = 1 }", "opaque", "filter 2 holds a test that no proof can rest on: $.x[101] = 1"),
    ] {
        let reason = not_proven(required, &[half, filter]);
        assert_eq!((reason.code(), reason.to_string().as_str(), reason.filter()), (code, text, Some(1)), "{filter}");
        // What the others cover stays covered.
        covered(required, &[half, filter, "{ $.eventName = Stop* }"]);
    }
}

#[test]
fn a_required_pattern_that_cannot_be_followed_is_only_ever_covered() {
    for required in ["ERROR", "[a, b]", "{ $.a[*] = 1 }", "{ $.a[*] = 1 && $.eventName = x }"] {
        assert_eq!(not_proven(required, &["{ $.eventName = y }"]), NotProven::Required, "{required}");
        covered(required, &["{ $.eventName = y }", ""]);
        covered(required, &["{ $.eventName = * || $.eventName NOT EXISTS }"]);
    }
    covered("{ $.a[*] = 1 && $.eventName = x }", &["{ $.eventName = x }"]);
    assert_eq!(
        not_proven("{ $.a[*] = 1 }", &[]).to_string(),
        "the required pattern holds a test that no proof can rest on"
    );
}

#[test]
fn no_filter_catches_nothing() {
    assert_eq!(lost("{ $.eventName = x }", &[]).to_string(), "eventName = x");
    assert_eq!(lost("", &[]).to_string(), "an event without any of the fields");
    assert_eq!(lost("", &["{ $.eventName = x }"]).event(), &json!({}));
    covered("", &["{ $.eventName = * || $.eventName NOT EXISTS }"]);
    // Nothing is required of a pattern that matches nothing.
    covered("{ $.eventName = a && $.eventName = b }", &[]);
    covered("{ $.eventName IS TRUE }", &[]);
}

#[test]
fn fields_have_their_kinds() {
    // A name is text or missing; anything could be elsewhere.
    covered("{ $.eventName != x }", &["{ $.eventName = * || $.eventName NOT EXISTS }"]);
    assert_eq!(lost("{ $.other != x }", &["{ $.other = * || $.other NOT EXISTS }"]).event(), &json!({"other": null}));
    covered("{ $.readOnly = * }", &["{ $.readOnly IS TRUE || $.readOnly IS FALSE }"]);
    assert_eq!(lost("{ $.other = * }", &["{ $.other IS TRUE || $.other IS FALSE }"]).to_string(), "other = z");
    // Nothing stands inside a text.
    covered("{ $.eventName = x && $.eventName.y = * }", &[]);
    covered("{ $.eventName = x }", &["{ $.eventName = x && $.eventName.y NOT EXISTS }"]);
    covered("{ $.readOnly[0] IS NULL }", &[]);
}

#[test]
fn fields_inside_each_other_depend_on_each_other() {
    let filter = "{ $.p.q = x && $.p != y || $.p.q = x && $.p NOT EXISTS || $.p.q = * }";
    assert_eq!(lost("{ $.p.q = x }", &[filter]).assumes(), [Rule::ContainerPoisons]);
    // If p.q is there, p is an object, and no test of p passes.
    covered("{ $.p.q = x && $.p = y }", &[]);
    covered("{ $.p.q = x && $.p IS NULL }", &[]);
    covered("{ $.p.q = x && $.p NOT EXISTS }", &[]);
    covered("{ $.p.q = x && $.p[0] = x }", &[]);
    covered("{ $.p[2] = x && $.p[1] NOT EXISTS }", &[]);
    assert_eq!(lost("{ $.p[2] = x && $.p[0] IS NULL }", &["{ $.p[1] = * }"]).event(), &json!({"p": [null, null, "x"]}));
    assert_eq!(
        lost("{ $.p.q.r = x && $.p.s = 2 }", &["{ $.p.q.t = * }"]).event(),
        &json!({"p": {"q": {"r": "x"}, "s": 2}})
    );
    // Every element but the first is missing in an object.
    assert_eq!(lost("{ $.a[0].b = x }", &["{ $.a.b = x }"]).event(), &json!({"a": [{"b": "x"}]}));
}

#[test]
fn a_container_shows_what_stands_inside() {
    let lost = lost(
        "{ $.eventName = CreateTrail }",
        &[
            "{ $.eventName = CreateTrail && ($.p NOT EXISTS || $.p = * || $.p IS NULL) || $.p.q = * && $.eventName = * }",
        ],
    );
    assert_eq!(lost.to_string(), "eventName = CreateTrail, p = <array or object>");
    assert_eq!(lost.assumes(), []);
}

#[test]
fn undocumented_rules_are_named_where_they_decide() {
    let cases = [
        ("{ $.eventName != x }", "{ $.eventName = * && $.eventName != x }", Rule::NeqMissing),
        ("{ $.other != x }", "{ $.other != x && $.other = * }", Rule::NeqMissing),
        (
            "{ $.other = \"5\" }",
            "{ $.other = \"5\" && $.other = \"*\" && $.other != 5 || $.other = \"5\" }",
            Rule::InnerStar,
        ),
        ("{ $.eventName = \"a*c\" }", "{ $.eventName = \"a*c\" && $.eventName != abc }", Rule::InnerStar),
        ("{ $.eventName = 5 }", "{ $.eventName = \"5\" && $.eventName = 5 }", Rule::NumOnText),
        ("{ $.eventName = a }", "{ $.eventName = a || $.other = b }", Rule::ContainerPoisons),
    ];
    for (required, filter, rule) in cases {
        match ask(required, &[filter]) {
            Coverage::NotCovered(lost) => {
                assert_eq!(lost.assumes(), [rule], "{required} by {filter}: {lost}");
                assert!(lost.to_string().ends_with(&format!(" (if {rule})")), "{lost}");
            }
            Coverage::Covered => assert_eq!(rule, Rule::InnerStar, "{required} by {filter}"),
            Coverage::NotProven(reason) => panic!("{required} by {filter}: {reason}"),
        }
    }
    let names: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(names, ["neq_missing", "neq_null", "text_on_scalar", "num_on_text", "inner_star", "container_poisons"]);
}

#[test]
fn numbers_are_divided_exactly() {
    covered("{ $.n > 5 }", &["{ $.n > 4 && $.n != 5 }"]);
    covered("{ $.n >= 5 }", &["{ $.n > 5 }", "{ $.n = 5.0 }"]);
    covered("{ $.n = 1e3 }", &["{ $.n = +1000 }"]);
    assert_eq!(lost("{ $.n > 5 }", &["{ $.n >= 6 }"]).event(), &json!({"n": 5.5}));
    assert_eq!(lost("{ $.n > 5 }", &["{ $.n < 100 }"]).event(), &json!({"n": 100}));
    assert_eq!(lost("{ $.n < 0 }", &["{ $.n > -1 }"]).event(), &json!({"n": -2}));
    // A number is not the text that looks like it.
    assert_eq!(lost("{ $.n = \"5\" }", &["{ $.n = 5 }"]).to_string(), "n = \"5\"");
    assert_eq!(lost("{ $.n = 5 }", &["{ $.n = \"5\" }"]).to_string(), "n = 5");
    assert_eq!(
        lost("{ $.recipientAccountId = \"111122223333\" }", &["{ $.recipientAccountId = 111122223333 }"]).assumes(),
        []
    );
}

/// A text can be a number and a number has a text, if AWS has it so. Then what is missed is missed under that rule.
#[test]
fn numbers_and_texts_are_compared_with_each_other() {
    let cases = [
        ("{ $.x = \"5*\" && $.x > 5 }", json!(50), Rule::TextOnScalar),
        ("{ $.x = \"*5\" && $.x > 5 }", json!(15), Rule::TextOnScalar),
        ("{ $.x = \"*5*\" && $.x < 5 && $.x >= 0 }", json!(1.5), Rule::TextOnScalar),
        ("{ $.x = \"-*\" && $.x > -7 && $.x = %3$% }", json!(-3), Rule::TextOnScalar),
        ("{ $.eventName = \"5*\" && $.eventName > 5 }", json!("50"), Rule::NumOnText),
        ("{ $.eventName = \"5*\" && $.eventName < 5 }", json!("5e-9"), Rule::NumOnText),
        ("{ $.eventName = \"0*\" && $.eventName = 7 }", json!("07"), Rule::NumOnText),
        ("{ $.eventName = \"*0\" && $.eventName = 7 }", json!("7e0"), Rule::NumOnText),
        ("{ $.eventName != \"7\" && $.eventName = 7 }", json!("+7"), Rule::NumOnText),
    ];
    for (required, value, rule) in cases {
        let lost = lost(required, &[]);
        assert_eq!((lost.assumes(), &lost.fields()[0].1), ([rule].as_slice(), &value), "{required}");
    }
    covered("{ $.x = \"5\" && $.x > 5 }", &[]);
    covered("{ $.x = true && $.x = 1 }", &[]);
    covered("{ $.x = \"abc*\" && $.x > 5 }", &[]);
    covered("{ $.eventName = \"5\" && $.eventName = 6 }", &[]);
    // There are such texts, but the prover does not think of one; it must not deny them either.
    for required in
        ["{ $.eventName = \"7*\" && $.eventName = \"*3\" && $.eventName > 5000 }", "{ $.x = \"7*3\" && $.x > 5000 }"]
    {
        let reason = not_proven(required, &[]);
        assert_eq!((reason.code(), reason.filter()), ("no_example", None), "{required}");
        assert_eq!(reason.to_string(), "it rests on a value that is compared both as text and as number");
    }
}

#[test]
fn texts_are_divided_exactly() {
    covered("{ $.eventName = \"Delete*\" }", &["{ $.eventName = \"*e*\" }"]);
    let overlap = "{ $.eventName = \"ab*\" && $.eventName = \"*ba\" }";
    assert_eq!(lost(overlap, &["{ $.eventName = aba }"]).to_string(), "eventName = abba");
    covered(overlap, &["{ $.eventName = aba }", "{ $.eventName = \"*bb*\" }", "{ $.eventName = %ab.+ba% }"]);
    covered("{ $.eventName = * }", &["{ $.eventName = \"*a*\" }", "{ $.eventName != \"*a*\" }"]);
    covered(
        "{ $.eventName = * }",
        &["{ $.eventName = %^[A-Z]% }", "{ $.eventName = %^[^A-Z]% }", "{ $.eventName = \"\" }"],
    );
    assert_eq!(lost("{ $.eventName = * }", &["{ $.eventName = %.% }"]).to_string(), "eventName = \"\"");
    assert_eq!(lost("{ $.eventName = Cr* }", &["{ $.eventName = %^Cr[a-z]% }"]).to_string(), "eventName = Cr");
    let outside = lost("{ $.eventName = * && $.eventName != \"\" }", &["{ $.eventName = %^[ -z]*$% }"]);
    assert_eq!(outside.fields()[0].1.as_str().map(|text| text.chars().count()), Some(1));
    covered("{ $.sourceIPAddress = 10.1.2.3 }", &[r"{ $.sourceIPAddress = %^10\.\d{1,3}\.% }"]);
}

#[test]
fn work_is_bounded() {
    let all = |count: usize, separator: &str, test: &dyn Fn(usize) -> String| {
        format!("{{ {} }}", (0..count).map(test).collect::<Vec<_>>().join(separator))
    };
    let contains = |n: usize| format!("$.eventName = \"*name{n}x*\"");
    let pairs = |n: usize| format!("($.a{n} = 1 || $.b{n} = 2)");
    let swapped = |n: usize| format!("($.b{n} != 2 || $.a{n} != 1)");
    let names = |n: usize| format!("$.eventName = Name{n}Of{n}");
    let cases: [(&str, String, Vec<String>, Option<bool>); 9] = [
        ("contains", all(60, " || ", &contains), vec![all(60, " && ", &contains)], None),
        ("same form", all(60, " && ", &pairs), vec![all(60, "&&", &pairs)], Some(true)),
        ("exponential normal form", all(60, " && ", &pairs), vec![all(60, " && ", &swapped)], None),
        ("many fields", all(1_000, " && ", &pairs), vec![all(999, " && ", &pairs)], None),
        ("many names", all(5_000, " || ", &names), vec![all(4_999, " || ", &names)], None),
        ("many more names", all(100_000, " || ", &names), vec![all(99_999, " || ", &names)], None),
        (
            "a hundred filters",
            all(25, " || ", &names),
            (0..100).map(|n| format!("{{ $.eventName = Name{n}* }}")).collect(),
            Some(true),
        ),
        ("regular expression", "{ $.eventName = * }".into(), vec!["{ $.eventName = %a.{300}b% }".into()], None),
        (
            "repeated regular expression",
            "{ $.eventName = * }".into(),
            vec!["{ $.eventName = %[ab]{2000}[bc]{1900}% }".into()],
            None,
        ),
    ];
    for (name, required, filters, wanted) in cases {
        let required = Pattern::parse(&required).unwrap();
        let filters: Vec<_> = filters.iter().map(|filter| Pattern::parse(filter)).collect();
        let coverage = covers(&required, &filters);
        println!("{name}: {}", word(&coverage));
        match (&coverage, wanted) {
            (Coverage::Covered, Some(true)) | (Coverage::NotProven(NotProven::TooComplex), None) => {}
            // Whatever is found must be true.
            (Coverage::NotCovered(lost), None) => {
                let rules: Rules = lost.assumes().iter().copied().collect();
                assert_eq!(required.matches_under(lost.event(), rules), Some(true), "{name}");
                assert!(
                    filters.iter().flatten().all(|filter| filter.matches_under(lost.event(), rules) == Some(false)),
                    "{name}"
                );
            }
            _ => panic!("{name}: {}", word(&coverage)),
        }
    }
}

fn word(coverage: &Coverage) -> String {
    match coverage {
        Coverage::Covered => "covered".to_owned(),
        Coverage::NotCovered(lost) => format!("lost {:.80}", lost.to_string()),
        Coverage::NotProven(reason) => format!("not proven: {reason}"),
    }
}

#[test]
fn an_answer_is_the_same_every_time() {
    let required = "{ ($.eventSource = iam* || $.eventSource = *.com) && $.eventName != \"*Policy*\" }";
    let filters = ["{ $.eventName = %^[A-M]% && $.x != 5 }", "{ $.eventSource != iam.amazonaws.com && $.p.q = z* }"];
    let first = ask(required, &filters);
    for _ in 0..5 {
        assert_eq!(ask(required, &filters), first);
    }
}

#[test]
fn an_event_prints_values_so_that_their_kind_is_plain() {
    let shown = |required: &str| lost(required, &[]).to_string();
    assert_eq!(shown("{ $.x IS NULL && $.y IS TRUE && $.z = \"true\" }"), "x = null, y = true, z = \"true\"");
    assert_eq!(shown("{ $.x = \"a, b\" && $.y = \"\" && $.z = \"a b\" }"), "x = \"a, b\", y = \"\", z = a b");
    assert_eq!(shown("{ $.z = 1 && $.eventName = n && $.eventSource = s }"), "eventSource = s, eventName = n, z = 1");
    let fields: Vec<(String, Value)> = lost("{ $.a.b = 1 && $.eventName = n }", &[])
        .fields()
        .iter()
        .map(|(selector, value)| (selector.path(), value.clone()))
        .collect();
    assert_eq!(fields, [("eventName".to_owned(), json!("n")), ("a.b".to_owned(), json!(1))]);
}
