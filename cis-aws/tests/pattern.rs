//! The vectors under `cases/pattern`: trees, example events, coverage.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

use std::collections::BTreeMap;

use cis_aws::pattern::{Check, Coverage, Expr, Pattern, PatternError, Rule, Rules, Selector, Step, Term, covers};
use serde::Deserialize;
use serde_json::{Map, Value, json};

fn benchmarks() -> BTreeMap<String, String> {
    serde_json::from_str(include_str!("cases/pattern/benchmarks.json")).unwrap()
}

fn parse(text: &str) -> Pattern {
    Pattern::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[derive(Deserialize)]
struct ParseCase {
    input: String,
    accepted: bool,
    kind: Option<String>,
    ast: Option<Value>,
}

/// The tree in the words of the vectors.
fn tree(expr: &Expr) -> Value {
    let test = match expr {
        Expr::And(parts) => return json!({"and": parts.iter().map(tree).collect::<Vec<_>>()}),
        Expr::Or(parts) => return json!({"or": parts.iter().map(tree).collect::<Vec<_>>()}),
        Expr::Test(test) => test,
    };
    let equals = |negated: bool| if negated { "!=" } else { "=" };
    let field = test.selector.to_string();
    match &test.check {
        Check::NotExists => json!({"field": field, "op": "notexists"}),
        Check::IsNull => json!({"field": field, "op": "isnull"}),
        Check::IsTrue => json!({"field": field, "op": "istrue"}),
        Check::IsFalse => json!({"field": field, "op": "isfalse"}),
        Check::Text { negated, text } => {
            json!({"field": field, "op": equals(*negated), "value": {"str": text.as_str()}})
        }
        Check::Regex { negated, regex } => {
            json!({"field": field, "op": equals(*negated), "value": {"re": regex.as_str()}})
        }
        Check::Number { comparison, number } => {
            json!({"field": field, "op": comparison.to_string(), "value": {"num": number.value()}})
        }
    }
}

#[test]
fn parse_vectors() {
    let cases: Vec<ParseCase> = serde_json::from_str(include_str!("cases/pattern/parse.json")).unwrap();
    for case in &cases {
        let input = &case.input;
        let pattern = match Pattern::parse(input) {
            Ok(pattern) => pattern,
            Err(error) => {
                assert!(!case.accepted, "{input}: {error}");
                continue;
            }
        };
        assert!(case.accepted, "{input}: {pattern}");
        let (kind, ast) = match &pattern {
            Pattern::All => ("all", None),
            Pattern::Json(expr) => ("json", Some(tree(expr))),
            Pattern::Terms(_) => ("terms", None),
            Pattern::Columns(_) => ("columns", None),
        };
        assert_eq!((Some(kind), &ast), (case.kind.as_deref(), &case.ast), "{input}");
        assert_eq!(Pattern::parse(&pattern.to_string()).as_ref(), Ok(&pattern), "{input}: {pattern}");
    }
    println!("{} parse vectors", cases.len());
}

/// An event from selectors without `$.`.
fn event(fields: &Map<String, Value>) -> Value {
    let mut event = json!({});
    for (path, value) in fields {
        let mut place = &mut event;
        for step in Selector::parse(&format!("$.{path}")).unwrap().steps() {
            place = match step {
                Step::Name(name) => &mut place[name.as_str()],
                Step::Index(_) | Step::AnyIndex => panic!("{path}"),
            };
        }
        *place = value.clone();
    }
    event
}

#[derive(Deserialize)]
struct Example {
    recommendation: String,
    must_match: Vec<Map<String, Value>>,
    must_not_match: Vec<Map<String, Value>>,
}

#[test]
fn event_vectors() {
    let examples: Vec<Example> = serde_json::from_str(include_str!("cases/pattern/events.json")).unwrap();
    let benchmarks = benchmarks();
    let mut count = 0;
    for Example { recommendation, must_match, must_not_match } in &examples {
        let of = |kind: &str| {
            let versioned = benchmarks.get(&format!("{recommendation}/2.0.0/{kind}"));
            parse(versioned.unwrap_or_else(|| &benchmarks[&format!("{recommendation}/{kind}")]))
        };
        let (printed, required) = (of("printed"), benchmarks.get(&format!("{recommendation}/required")));
        for pattern in [printed, parse(required.unwrap())] {
            for (fields, wanted) in must_match
                .iter()
                .map(|fields| (fields, true))
                .chain(must_not_match.iter().map(|fields| (fields, false)))
            {
                let event = event(fields);
                assert_eq!(pattern.matches(&event), Some(wanted), "{recommendation}: {pattern} on {event}");
                count += 1;
            }
        }
    }
    println!("{count} patterns tried on the events of {} recommendations", examples.len());
}

fn error(text: &str) -> PatternError {
    Pattern::parse(text).unwrap_err()
}

#[test]
fn errors_name_the_place() {
    let cases = [
        ("{ $.a == 1 }", (1, 8), "expected a value, found \"=\""),
        ("{ $.a = 1 &", (1, 11), "expected &&, || or }, found \"&\""),
        ("{ $.a = 1\n AND $.b = 2 }", (2, 2), "expected &&, || or }, found \"AND\""),
        ("{ ($.a = 1 }", (1, 12), "expected &&, || or ), found \"}\""),
        ("{ $.a = 1", (1, 10), "expected &&, || or }, found the end"),
        ("{ }", (1, 3), "expected a selector such as $.eventName, found \"}\""),
        ("{ $[0] = 1 }", (1, 4), "expected a dot and a name, found \"[\""),
        ("{ $.a. = 1 }", (1, 7), "expected a name, found \" \""),
        ("{ $.a[-1] = 1 }", (1, 7), "expected an index or *, found \"-\""),
        ("{ $.a[99999999999999999999] = 1 }", (1, 7), "the index is too large"),
        ("{ $.a is null }", (1, 7), "expected an operator, found \"is\""),
        ("{ $.a IS EMPTY }", (1, 10), "expected NULL, TRUE or FALSE, found \"EMPTY\""),
        ("{ $.a NOT NULL }", (1, 11), "expected EXISTS, found \"NULL\""),
        ("{ $.a < \"5\" }", (1, 9), "expected a number after this operator, found \"\\\"\""),
        ("{ $.a = \"open }", (1, 9), "the quote is not closed"),
        (r#"{ $.a = "bad \q escape" }"#, (1, 14), "only \\\" and \\\\ are understood after a backslash"),
        ("{ $.a = %no(group)% }", (1, 12), "expected % or a character that a regular expression may hold, found \"(\""),
        ("{ $.a = %a[bc% }", (1, 14), "the bracket is not closed"),
        ("{ $.a = %é% }", (1, 10), "expected a regular expression, found \"é\""),
        ("{ $.a = %x% && $.b = %y% && $.c = %z% }", (1, 35), "a pattern holds at most two regular expressions"),
        ("{ $.a = 1 } extra", (1, 13), "expected nothing more, found \"extra\""),
        ("/path", (1, 1), "expected a term (other characters need quotes), found \"/\""),
        ("ERROR!", (1, 6), "expected a blank (terms with other characters need quotes), found \"!\""),
        ("[a, b", (1, 6), "expected &&, ||, a comma or ], found the end"),
        ("[..., a, ...]", (1, 10), "a pattern holds ... at most once"),
        ("[a = 1 && b = 2]", (1, 11), "a test repeats the name of its column"),
    ];
    for (text, position, problem) in cases {
        let error = error(text);
        assert_eq!((error.position(), error.problem()), (position, problem), "{text}");
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("{{ {}$.a = 1{} }}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(Pattern::parse(&nested(64)), Pattern::parse("{ $.a = 1 }"));
    assert_eq!(error(&nested(65)).problem(), "more than 64 parentheses inside each other");
    for text in [nested(200), nested(100_000), format!("{{{}", "(".repeat(1_022)), "(".repeat(100_000)] {
        assert!(Pattern::parse(&text).is_err());
    }
    // Parentheses side by side are not inside each other.
    let side_by_side = format!("{{ {} }}", vec!["(($.a = 1))"; 500].join(" || "));
    assert!(Pattern::parse(&side_by_side).is_ok());
}

#[test]
fn long_patterns_are_read() {
    for (separator, count) in [(" && ", 100_000), ("||", 100_000)] {
        let tests: Vec<String> = (0..count).map(|n| format!("$.eventName = \"Name{n}*\"")).collect();
        let Pattern::Json(Expr::And(parts) | Expr::Or(parts)) = parse(&format!("{{{}}}", tests.join(separator))) else {
            panic!("not joined by {separator}")
        };
        assert_eq!(parts.len(), count);
    }
    let Pattern::Terms(terms) = parse(&"term ".repeat(100_000)) else { panic!("not terms") };
    assert_eq!((terms.len(), &terms[0]), (100_000, &Term::Word("term".to_owned())));
    assert!(matches!(parse(&format!("[{}]", vec!["a"; 100_000].join(","))), Pattern::Columns(_)));
    let deep = format!("{{ $.a{} NOT EXISTS }}", ".a[*][0]".repeat(100_000));
    assert_eq!(parse(&deep).matches(&json!({"a": {"a": []}})), Some(true));
}

/// The table of the language: a test, and for each kind of value what it says. `+` is true, `-` false, a letter true
/// under that rule only.
#[test]
fn every_test_on_every_kind_of_value() {
    let kinds = ["missing", "null", "true", "false", "5", "7.5", r#""5""#, r#""x""#, r#""""#, "[]", r#"{"a": 1}"#];
    let rule = |letter| match letter {
        'm' => Rule::NeqMissing,
        'n' => Rule::NeqNull,
        't' => Rule::TextOnScalar,
        'u' => Rule::NumOnText,
        's' => Rule::InnerStar,
        other => panic!("{other}"),
    };
    let table = [
        ("NOT EXISTS", "+----------"),
        ("IS NULL", "-+---------"),
        ("IS TRUE", "--+--------"),
        ("IS FALSE", "---+-------"),
        ("= x", "-------+---"),
        ("!= x", "mntttt+-+--"),
        ("= *", "--+++++++--"),
        ("!= *", "mn---------"),
        ("= \"\"", "--------+--"),
        ("= \"5\"", "----t-+----"),
        ("!= \"5\"", "mntt-t-++--"),
        ("= t*e", "--s--------"),
        ("= *5*", "----tt+----"),
        ("= 5", "----+-u----"),
        ("!= 5", "mnuu-+-uu--"),
        ("< 6", "----+-u----"),
        ("<= 5", "----+-u----"),
        ("> 5", "-----+-----"),
        (">= 5", "----++u----"),
        ("= %^[5x]%", "----t-++---"),
        ("!= %^[5x]%", "mntt-t--+--"),
    ];
    let mut count = 0;
    for (test, row) in table {
        let pattern = parse(&format!("{{ $.f {test} }}"));
        for (kind, cell) in kinds.iter().zip(row.chars()) {
            let event = match *kind {
                "missing" => json!({"g": 1}),
                value => json!({"f": serde_json::from_str::<Value>(value).unwrap()}),
            };
            for bits in 0..32u8 {
                let on = ['m', 'n', 't', 'u', 's'].into_iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0);
                let rules: Rules = on.map(|(_, letter)| rule(letter)).collect();
                // A star inside counts for the text of a boolean, and so takes two rules.
                let wanted = match cell {
                    's' => rules.has(Rule::InnerStar) && rules.has(Rule::TextOnScalar),
                    '+' => true,
                    '-' => false,
                    letter => rules.has(rule(letter)),
                };
                assert_eq!(pattern.matches_under(&event, rules), Some(wanted), "{test} on {kind} under {rules:?}");
                count += 1;
            }
        }
    }
    println!("{count} cells of the table of tests and values");
}

#[test]
fn a_container_may_stop_the_whole_filter() {
    let pattern = parse("{ $.eventName = CreateTrail || $.requestParameters = x }");
    let poisons = Rules::default().with(Rule::ContainerPoisons);
    for container in [json!({}), json!(["x"])] {
        let event = json!({"eventName": "CreateTrail", "requestParameters": container});
        assert_eq!((pattern.matches(&event), pattern.matches_under(&event, poisons)), (Some(true), Some(false)));
    }
    let event = json!({"eventName": "CreateTrail", "requestParameters": null});
    assert_eq!(pattern.matches_under(&event, poisons), Some(true));
}

#[test]
fn any_element_may_pass() {
    let pattern = parse("{ $.resources[*].type = Bucket }");
    let matches = |event: Value| pattern.matches(&event);
    assert_eq!(matches(json!({"resources": [{"type": "Key"}, {"type": "Bucket"}]})), Some(true));
    assert_eq!(matches(json!({"resources": [{"type": "Key"}, {}]})), Some(false));
    assert_eq!(matches(json!({"resources": []})), Some(false));
}

#[test]
fn the_whole_event_is_text_for_terms_and_columns() {
    let event = json!({"eventName": "DeleteTrail"});
    assert_eq!(parse("").matches(&json!(null)), Some(true));
    for text in ["DeleteTrail", "%Delete%", "[a = DeleteTrail]"] {
        assert_eq!(parse(text).matches(&event), None, "{text}");
    }
}

#[derive(Deserialize)]
struct Entailment {
    name: String,
    benchmark: String,
    filter: OneOrMany,
    verdict: String,
    #[serde(default)]
    assumes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn parsed(&self) -> Vec<Result<Pattern, PatternError>> {
        match self {
            Self::One(text) => vec![Pattern::parse(text)],
            Self::Many(texts) => texts.iter().map(|text| Pattern::parse(text)).collect(),
        }
    }
}

/// A counterexample holds under the rules that it assumes, and only with all of them.
fn confirm(required: &Pattern, filters: &[Result<Pattern, PatternError>], coverage: &Coverage, name: &str) {
    let Coverage::NotCovered(lost) = coverage else { return };
    let rules: Rules = lost.assumes().iter().copied().collect();
    assert_eq!(required.matches_under(lost.event(), rules), Some(true), "{name}: {lost}");
    for filter in filters.iter().flatten() {
        assert_eq!(filter.matches_under(lost.event(), rules), Some(false), "{name}: {lost}");
    }
    for (selector, value) in lost.fields() {
        let found = selector.find(lost.event());
        assert!(found == Some(value) || (value.is_object() && found.is_some()), "{name}: {lost}");
    }
}

#[test]
fn entailment_vectors() {
    let cases: Vec<Entailment> = serde_json::from_str(include_str!("cases/pattern/entailment.json")).unwrap();
    let benchmarks = benchmarks();
    let mut wrong = Vec::new();
    for Entailment { name, benchmark, filter, verdict, assumes } in &cases {
        let (required, filters) = (parse(&benchmarks[benchmark]), filter.parsed());
        let start = std::time::Instant::now();
        let coverage = covers(&required, &filters);
        let took = start.elapsed();
        confirm(&required, &filters, &coverage, name);
        let (word, shown, rules) = match &coverage {
            Coverage::Covered => ("covers", String::new(), Vec::new()),
            Coverage::NotCovered(lost) => {
                ("misses", lost.to_string(), lost.assumes().iter().map(|rule| rule.name()).collect())
            }
            Coverage::NotProven(reason) => ("not_proven", reason.to_string(), Vec::new()),
        };
        println!("{word:10} {took:>10.1?} {name}: {shown}");
        if word != verdict || rules != *assumes {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    println!("{} entailment vectors", cases.len());
}

#[test]
fn benchmark_patterns_cover_themselves_and_printed_covers_required() {
    let benchmarks = benchmarks();
    for (name, text) in &benchmarks {
        assert_eq!(covers(&parse(text), &[Pattern::parse(text)]), Coverage::Covered, "{name}");
        let Some(recommendation) = name.strip_suffix("/printed") else { continue };
        let id = recommendation.split('/').next().unwrap();
        let required = parse(&benchmarks[&format!("{id}/required")]);
        assert_eq!(covers(&required, &[Pattern::parse(text)]), Coverage::Covered, "{name}");
    }
    println!("{} patterns of the benchmark", benchmarks.len());
}
