//! Coverage against enumeration: random pairs of a filter like the benchmark's and one like a customer's.
//!
//! The reading of the language here is another one than the crate's: over its own tree, with its own matcher. An answer
//! "covered" has to withstand events; a counterexample has to be one; and nothing may stay unproven but what the
//! documentation of `covers` names. `PATTERN_SEED` sets another seed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

use cis_aws::pattern::{
    Check, Comparison, Coverage, Expr, NotProven, Number, Pattern, Regex, Rule, Rules, Selector, Test, Text, covers,
};
use serde_json::{Map, Value, json};

const FIELDS: [&str; 7] = [
    "$.eventName",
    "$.errorCode",
    "$.readOnly",
    "$.requestParameters.x",
    "$.requestParameters",
    "$.list[0]",
    "$.list[1]",
];
const EVENT_NAME: usize = 0;
const ERROR_CODE: usize = 1;

const TEXTS: [&str; 16] =
    ["a", "b", "ab", "ba", "a*", "*b", "*a*", "*", "ab*", "a*b", "*ab*", "", "5", "5*", "true", "*ba"];
const VALUES: [&str; 19] =
    ["", "a", "b", "z", "aa", "ab", "ba", "bb", "aba", "bab", "az", "abz", "zab", "5", "true", "a*b", "5.0", "6", "4"];
const NUMBERS: [&str; 4] = ["4", "5", "6", "5.5"];
const REGEXES: [&str; 4] = ["^a", "b$", "ab|z", "^[^a]*$"];

fn regex_finds(regex: usize, text: &str) -> bool {
    match regex {
        0 => text.starts_with('a'),
        1 => text.ends_with('b'),
        2 => text.contains("ab") || text.contains('z'),
        _ => !text.contains('a'),
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

#[derive(Debug, Clone)]
enum Tree {
    Test(usize, Ask),
    And(Vec<Tree>),
    Or(Vec<Tree>),
}

#[derive(Debug, Clone, Copy)]
enum Ask {
    NotExists,
    Null,
    True,
    False,
    Text(bool, &'static str),
    Regex(bool, usize),
    Number(Comparison, &'static str),
}

const COMPARISONS: [Comparison; 6] = [
    Comparison::Equal,
    Comparison::NotEqual,
    Comparison::Less,
    Comparison::LessOrEqual,
    Comparison::Greater,
    Comparison::GreaterOrEqual,
];

fn random_ask(random: &mut Random, field: usize) -> Ask {
    let roll = random.below(if field <= ERROR_CODE { 9 } else { 14 });
    match roll {
        0..=3 => Ask::Text(false, random.pick(&TEXTS)),
        4 | 5 => Ask::Text(true, random.pick(&TEXTS)),
        6 => Ask::NotExists,
        7 => Ask::Regex(random.one_in(2), random.below(REGEXES.len())),
        8 if field <= ERROR_CODE && !random.one_in(4) => Ask::Text(true, "*"),
        8 | 9 => Ask::Number(random.pick(&COMPARISONS), random.pick(&NUMBERS)),
        10 => Ask::Number(Comparison::NotEqual, random.pick(&NUMBERS)),
        11 => Ask::Null,
        12 => Ask::True,
        _ => Ask::False,
    }
}

fn random_test(random: &mut Random) -> Tree {
    let field = random.pick(&[0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6]);
    Tree::Test(field, random_ask(random, field))
}

fn equals(field: usize, text: &'static str) -> Tree {
    Tree::Test(field, Ask::Text(false, text))
}

fn unequal(field: usize, text: &'static str) -> Tree {
    Tree::Test(field, Ask::Text(true, text))
}

/// The shapes that the benchmark has: names, a source and names, alternatives with exclusions, a value with an absence.
fn required(random: &mut Random) -> Tree {
    let text = |random: &mut Random| random.pick(&TEXTS);
    let names = |random: &mut Random| {
        let count = 1 + random.below(3);
        Tree::Or((0..count).map(|_| equals(EVENT_NAME, random.pick(&TEXTS))).collect())
    };
    match random.below(8) {
        0 | 1 => names(random),
        2 | 3 => Tree::And(vec![equals(ERROR_CODE, text(random)), names(random)]),
        4 => Tree::And(vec![
            Tree::Or(vec![equals(ERROR_CODE, text(random)), equals(ERROR_CODE, text(random))]),
            unequal(EVENT_NAME, text(random)),
        ]),
        5 => Tree::Or(vec![
            equals(EVENT_NAME, text(random)),
            Tree::And(vec![equals(ERROR_CODE, text(random)), unequal(EVENT_NAME, text(random))]),
        ]),
        6 => Tree::And(vec![equals(EVENT_NAME, text(random)), Tree::Test(ERROR_CODE, Ask::NotExists)]),
        _ => Tree::And(vec![random_test(random), random_test(random)]),
    }
}

/// What customers do to the benchmark's filter: reorder, add, narrow, drop, misspell, write something else.
fn customer(random: &mut Random, required: &Tree) -> Tree {
    let mut tree = match random.below(10) {
        0 => Tree::Or((0..=random.below(3)).map(|_| random_test(random)).collect()),
        1 => Tree::And((0..=random.below(3)).map(|_| random_test(random)).collect()),
        2 => Tree::Or(vec![unequal(EVENT_NAME, random.pick(&TEXTS)), unequal(EVENT_NAME, random.pick(&TEXTS))]),
        _ => required.clone(),
    };
    for _ in 0..random.below(4) {
        tree = match random.below(6) {
            0 => Tree::Or(vec![random_test(random), tree]),
            1 if random.one_in(2) => Tree::And(vec![tree, random_test(random)]),
            _ => changed(random, tree),
        };
    }
    tree
}

fn changed(random: &mut Random, tree: Tree) -> Tree {
    match tree {
        Tree::Test(field, ask) => match random.below(8) {
            0 => Tree::Test(field, random_ask(random, field)),
            1 => Tree::Or(vec![Tree::Test(field, ask), Tree::Test(field, Ask::NotExists)]),
            2 => Tree::Test(field, Ask::Text(false, "*")),
            _ => Tree::Test(field, ask),
        },
        Tree::And(mut parts) | Tree::Or(mut parts) if parts.len() > 1 && random.one_in(6) => {
            parts.swap_remove(random.below(parts.len()))
        }
        Tree::And(parts) => {
            let and = !random.one_in(12);
            let mut parts: Vec<Tree> = parts.into_iter().map(|part| changed(random, part)).collect();
            parts.reverse();
            if and { Tree::And(parts) } else { Tree::Or(parts) }
        }
        Tree::Or(mut parts) => {
            let kept = parts.swap_remove(random.below(parts.len()));
            parts.push(changed(random, kept));
            Tree::Or(parts)
        }
    }
}

/// The same for the crate.
struct Selectors(Vec<Selector>);

impl Selectors {
    fn pattern(&self, tree: &Tree) -> Pattern {
        Pattern::Json(self.expr(tree))
    }

    fn expr(&self, tree: &Tree) -> Expr {
        let parts = |parts: &[Tree]| parts.iter().map(|part| self.expr(part)).collect();
        match tree {
            Tree::And(all) => Expr::And(parts(all)),
            Tree::Or(all) => Expr::Or(parts(all)),
            Tree::Test(field, ask) => {
                let check = match *ask {
                    Ask::NotExists => Check::NotExists,
                    Ask::Null => Check::IsNull,
                    Ask::True => Check::IsTrue,
                    Ask::False => Check::IsFalse,
                    Ask::Text(negated, text) => Check::Text { negated, text: Text::new(text) },
                    Ask::Regex(negated, regex) => {
                        Check::Regex { negated, regex: Regex::parse(REGEXES[regex]).unwrap() }
                    }
                    Ask::Number(comparison, number) => {
                        Check::Number { comparison, number: Number::parse(number).unwrap() }
                    }
                };
                Expr::Test(Test { selector: self.0[*field].clone(), check })
            }
        }
    }
}

fn find(event: &Value, field: usize) -> Option<&Value> {
    match field {
        3 => event.get("requestParameters")?.get("x"),
        4 => event.get("requestParameters"),
        5 => event.get("list")?.get(0),
        6 => event.get("list")?.get(1),
        _ => event.get(FIELDS[field].trim_start_matches("$.")),
    }
}

fn matches(tree: &Tree, event: &Value, rules: Rules) -> bool {
    let poisoned = rules.has(Rule::ContainerPoisons) && ends_at_container(tree, event);
    !poisoned && holds(tree, event, rules)
}

fn ends_at_container(tree: &Tree, event: &Value) -> bool {
    match tree {
        Tree::Test(field, _) => find(event, *field).is_some_and(|value| value.is_object() || value.is_array()),
        Tree::And(parts) | Tree::Or(parts) => parts.iter().any(|part| ends_at_container(part, event)),
    }
}

fn holds(tree: &Tree, event: &Value, rules: Rules) -> bool {
    match tree {
        Tree::And(parts) => parts.iter().all(|part| holds(part, event, rules)),
        Tree::Or(parts) => parts.iter().any(|part| holds(part, event, rules)),
        Tree::Test(field, ask) => passes(*ask, find(event, *field), rules),
    }
}

fn passes(ask: Ask, value: Option<&Value>, rules: Rules) -> bool {
    let is_unequal = matches!(ask, Ask::Text(true, _) | Ask::Regex(true, _) | Ask::Number(Comparison::NotEqual, _));
    match value {
        None => matches!(ask, Ask::NotExists) || is_unequal && rules.has(Rule::NeqMissing),
        Some(Value::Null) => matches!(ask, Ask::Null) || is_unequal && rules.has(Rule::NeqNull),
        Some(Value::Array(_) | Value::Object(_)) => false,
        Some(Value::String(text)) => on_text(ask, text, rules, true),
        Some(scalar) => {
            let text = scalar.to_string();
            match ask {
                Ask::True => text == "true",
                Ask::False => text == "false",
                Ask::Text(false, "*") => true,
                Ask::Text(..) | Ask::Regex(..) => rules.has(Rule::TextOnScalar) && on_text(ask, &text, rules, true),
                Ask::Number(..) if scalar.is_number() => on_text(ask, &text, rules.with(Rule::NumOnText), true),
                Ask::Number(..) => on_text(ask, &text, rules, false),
                Ask::NotExists | Ask::Null => false,
            }
        }
    }
}

fn on_text(ask: Ask, text: &str, rules: Rules, may_be_number: bool) -> bool {
    match ask {
        Ask::Text(negated, pattern) => {
            glob(pattern.as_bytes(), text.as_bytes(), rules.has(Rule::InnerStar), true) != negated
        }
        Ask::Regex(negated, regex) => regex_finds(regex, text) != negated,
        Ask::Number(comparison, number) if rules.has(Rule::NumOnText) => {
            let number: f64 = number.parse().unwrap();
            match text.parse::<f64>().ok().filter(|_| may_be_number) {
                None => comparison == Comparison::NotEqual,
                Some(value) => match comparison {
                    Comparison::Equal => value.total_cmp(&number).is_eq(),
                    Comparison::NotEqual => value.total_cmp(&number).is_ne(),
                    Comparison::Less => value < number,
                    Comparison::LessOrEqual => value <= number,
                    Comparison::Greater => value > number,
                    Comparison::GreaterOrEqual => value >= number,
                },
            }
        }
        _ => false,
    }
}

/// A star is a wildcard at either end, or anywhere.
fn glob(pattern: &[u8], text: &[u8], anywhere: bool, at_start: bool) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', rest @ ..] if at_start || anywhere || rest.is_empty() => {
            (0..=text.len()).any(|skipped| glob(rest, &text[skipped..], anywhere, false))
        }
        [first, rest @ ..] => text.first() == Some(first) && glob(rest, &text[1..], anywhere, false),
    }
}

/// Values of a field that can be anything.
fn anything() -> Vec<Option<Value>> {
    let mut values: Vec<Option<Value>> = VALUES.iter().map(|text| Some(json!(text))).collect();
    values.extend([json!(4), json!(5), json!(5.2), json!(5.5), json!(6), json!(7), json!(0)].map(Some));
    values.extend([json!(null), json!(true), json!(false), json!({}), json!([])].map(Some));
    values.push(None);
    values
}

/// The domain of each property at the top of an event: eventName, errorCode, readOnly, requestParameters, list.
fn domains() -> [(&'static str, Vec<Option<Value>>); 5] {
    let texts: Vec<Option<Value>> = VALUES.iter().map(|text| Some(json!(text))).chain([None]).collect();
    let inside = |value: Option<Value>| {
        let object: Map<String, Value> = value.map(|value| ("x".to_owned(), value)).into_iter().collect();
        Some(Value::Object(object))
    };
    let parameters = anything().into_iter().chain(anything().into_iter().map(inside)).collect();
    let elements = || anything().into_iter().flatten();
    let pairs = elements().flat_map(|first| elements().map(move |second| Some(json!([first, second])))).step_by(7);
    let list = [None, Some(json!([])), Some(json!(null)), Some(json!({}))].into_iter();
    let list = list.chain(elements().map(|only| Some(json!([only])))).chain(pairs).collect();
    [
        ("eventName", texts.clone()),
        ("errorCode", texts),
        ("readOnly", vec![Some(json!(true)), Some(json!(false)), None]),
        ("requestParameters", parameters),
        ("list", list),
    ]
}

fn named(tree: &Tree, properties: &mut [bool; 5]) {
    match tree {
        Tree::Test(field, _) => properties[[0, 1, 2, 3, 3, 4, 4][*field]] = true,
        Tree::And(parts) | Tree::Or(parts) => parts.iter().for_each(|part| named(part, properties)),
    }
}

/// Fields that are compared both with numbers and with texts.
fn mixes_numbers_and_texts(trees: &[&Tree]) -> bool {
    fn visit(tree: &Tree, seen: &mut [[bool; 2]; 7]) {
        match tree {
            Tree::Test(field, Ask::Number(..)) => seen[*field][0] = true,
            Tree::Test(field, Ask::Text(..) | Ask::Regex(..)) => seen[*field][1] = true,
            Tree::Test(..) => {}
            Tree::And(parts) | Tree::Or(parts) => parts.iter().for_each(|part| visit(part, seen)),
        }
    }
    let mut seen = [[false; 2]; 7];
    for tree in trees {
        visit(tree, &mut seen);
    }
    seen.contains(&[true; 2])
}

#[derive(Debug, Default)]
struct Tally {
    covered: usize,
    lost: usize,
    under_rules: usize,
    unproven: usize,
    tried: usize,
}

struct Checker {
    selectors: Selectors,
    domains: [(&'static str, Vec<Option<Value>>); 5],
    settings: Vec<Rules>,
    tally: Tally,
}

impl Checker {
    fn new() -> Self {
        let settings = (0..64u8)
            .map(|bits| (0..6).filter(|bit| bits & (1 << bit) != 0).map(|bit| Rule::ALL[bit]).collect())
            .collect();
        let selectors = Selectors(FIELDS.iter().map(|field| Selector::parse(field).unwrap()).collect());
        Self { selectors, domains: domains(), settings, tally: Tally::default() }
    }

    /// `tries` events, or all of the domain if it is smaller, each under some settings.
    fn check(&mut self, random: &mut Random, required: &Tree, filters: &[Tree], tries: usize) {
        let pattern = self.selectors.pattern(required);
        let parsed: Vec<_> = filters.iter().map(|filter| Ok(self.selectors.pattern(filter))).collect();
        let describe = || {
            let filters: Vec<String> = parsed.iter().flatten().map(Pattern::to_string).collect();
            format!("required {pattern}\nfilters {filters:#?}")
        };
        match covers(&pattern, &parsed) {
            Coverage::NotCovered(lost) => {
                self.tally.lost += 1;
                self.tally.under_rules += usize::from(!lost.assumes().is_empty());
                let rules = lost.assumes().iter().copied().collect();
                let event = lost.event();
                assert!(matches(required, event, rules), "{}\nnot required: {lost}", describe());
                assert!(!filters.iter().any(|filter| matches(filter, event, rules)), "{}\ncaught: {lost}", describe());
            }
            Coverage::NotProven(reason) => {
                self.tally.unproven += 1;
                let all: Vec<&Tree> = filters.iter().chain([required]).collect();
                assert!(reason == NotProven::NoExample && mixes_numbers_and_texts(&all), "{}\n{reason}", describe());
            }
            Coverage::Covered => {
                self.tally.covered += 1;
                let mut properties = [false; 5];
                filters.iter().chain([required]).for_each(|tree| named(tree, &mut properties));
                let sizes: Vec<usize> =
                    (0..5).map(|at| if properties[at] { self.domains[at].1.len() } else { 1 }).collect();
                let all: usize = sizes.iter().product();
                for number in 0..all.min(tries) {
                    let mut number = if all <= tries { number } else { random.below(all) };
                    let mut event = Map::new();
                    for (at, size) in sizes.iter().enumerate() {
                        let (name, values) = &self.domains[at];
                        if properties[at]
                            && let Some(value) = &values[number % size]
                        {
                            event.insert((*name).to_owned(), value.clone());
                        }
                        number /= size;
                    }
                    let event = Value::Object(event);
                    for setting in 0..3 {
                        let rules = if setting == 0 { Rules::default() } else { random.pick(&self.settings) };
                        self.tally.tried += 1;
                        if matches(required, &event, rules) {
                            let caught = filters.iter().any(|filter| matches(filter, &event, rules));
                            assert!(caught, "{}\nlost: {event} under {rules:?}", describe());
                        }
                    }
                }
            }
        }
    }
}

fn seed() -> u64 {
    std::env::var("PATTERN_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_251_124)
}

#[test]
fn random_pairs() {
    const PAIRS: usize = 100_000;
    let seed = seed();
    // One thread per core of a small machine.
    let threads: Vec<_> = (0..2)
        .map(|thread| {
            std::thread::spawn(move || {
                let (mut random, mut checker) = (Random(2 * seed + thread), Checker::new());
                for pair in 0..PAIRS / 2 {
                    let required = required(&mut random);
                    let count = if random.one_in(4) { 2 } else { 1 };
                    let filters: Vec<Tree> = (0..count).map(|_| customer(&mut random, &required)).collect();
                    let tries = if pair % 2_000 == 0 { 20_000 } else { 10 };
                    checker.check(&mut random, &required, &filters, tries);
                }
                checker.tally
            })
        })
        .collect();
    let tallies: Vec<Tally> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    println!("seed {seed}, {PAIRS} pairs: {tallies:?}");
    let unproven: usize = tallies.iter().map(|tally| tally.unproven).sum();
    assert!(unproven * 200 < PAIRS, "{unproven} pairs not proven");
    assert!(tallies.iter().all(|tally| tally.covered * 5 > PAIRS / 2 && tally.lost * 5 > PAIRS / 2));
}

/// The two readings of the language agree on events themselves.
#[test]
fn random_events() {
    let seed = seed();
    let (mut random, checker) = (Random(seed), Checker::new());
    for _ in 0..40_000 {
        let tree = Tree::Or(vec![
            random_test(&mut random),
            Tree::And(vec![random_test(&mut random), random_test(&mut random)]),
        ]);
        let mut event = Map::new();
        for (name, values) in &checker.domains {
            if let Some(value) = &values[random.below(values.len())] {
                event.insert((*name).to_owned(), value.clone());
            }
        }
        let (event, rules) = (Value::Object(event), random.pick(&checker.settings));
        let pattern = checker.selectors.pattern(&tree);
        assert_eq!(
            pattern.matches_under(&event, rules),
            Some(matches(&tree, &event, rules)),
            "{pattern} on {event}, {rules:?}"
        );
        let text = pattern.to_string();
        if random.one_in(20) && text.matches('%').count() <= 4 {
            assert_eq!(Pattern::parse(&text), Ok(pattern));
        }
    }
    println!("seed {seed}, 40000 events");
}
