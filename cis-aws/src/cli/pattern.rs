//! The sub-commands of `pattern`: what a filter pattern says, and what some filters catch together, for people who debug
//! them.

use std::io::{self, Write};

use cis_core::format::{Cell, Page, Style, harmless};
use cis_core::{Error, Locale, Message, msg};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::args::{Format, PatternCommand, PatternCoversArgs, PatternParseArgs};
use super::console::Console;
use super::exit::Exit;
use super::list::json as write_json;
use crate::pattern::{Check, Column, Coverage, Expr, Pattern, PatternError, Rules, Term, Test, covers as coverage};

pub(super) fn pattern(command: &PatternCommand, console: &mut Console<'_>) -> Result<Exit, Error> {
    match command {
        PatternCommand::Parse(args) => parse(args, console).map(|()| Exit::NothingFails),
        PatternCommand::Covers(args) => covers(args, console),
    }
}

#[derive(Debug, Serialize)]
struct Parsed {
    /// `all`, `json`, `terms` or `columns`.
    kind: &'static str,
    /// The pattern in the one form in which it is written out.
    normal_form: String,
    /// Null: there is nothing to look at, every event matches.
    tree: Value,
}

fn parse(args: &PatternParseArgs, console: &mut Console<'_>) -> Result<(), Error> {
    let pattern = understood(&args.pattern, "PATTERN")?;
    let (kind, meaning) = kind(&pattern);
    let options = console.text_options();
    console.print(|to| match args.format {
        Format::Json => write_json(&Parsed { kind, normal_form: pattern.to_string(), tree: tree(&pattern) }, to),
        Format::Text => {
            let mut sheet = Sheet { page: Page::new(to, options), locale: &args.language.locale };
            sheet.row(&msg!("kind"), &sheet.locale.text(&meaning), Style::Plain)?;
            sheet.row(&msg!("normal form"), &pattern.to_string(), Style::Plain)?;
            sheet.row(&msg!("tree"), "", Style::Plain)?;
            show_tree(&pattern, &mut sheet)
        }
    })
}

fn understood(text: &str, what: &str) -> Result<Pattern, Error> {
    Pattern::parse(text).map_err(|error| Error::input(error.to_string()).at(what).because(error))
}

fn kind(pattern: &Pattern) -> (&'static str, Message) {
    match pattern {
        Pattern::All => ("all", msg!("every event")),
        Pattern::Json(_) => ("json", msg!("tests of the fields of a JSON event")),
        Pattern::Terms(_) => ("terms", msg!("terms to look for in the text of an event")),
        Pattern::Columns(_) => ("columns", msg!("columns of an event whose text is divided by blanks")),
    }
}

fn tree(pattern: &Pattern) -> Value {
    match pattern {
        Pattern::All => Value::Null,
        Pattern::Json(expr) => tree_of(expr),
        Pattern::Terms(terms) => terms.iter().map(term).collect(),
        Pattern::Columns(columns) => columns
            .iter()
            .map(|column| match column {
                Column::Rest => json!({"rest": true}),
                Column::Named { name, condition } => json!({"name": name, "condition": condition}),
            })
            .collect(),
    }
}

/// `{"and": [..]}`, `{"or": [..]}`, or a test.
fn tree_of(expr: &Expr) -> Value {
    match expr {
        Expr::Test(test) => test_of(test),
        Expr::And(parts) => json!({"and": parts.iter().map(tree_of).collect::<Vec<_>>()}),
        Expr::Or(parts) => json!({"or": parts.iter().map(tree_of).collect::<Vec<_>>()}),
    }
}

/// A test: its field, its operator, and under the kind of its value the value, if it has one.
fn test_of(test: &Test) -> Value {
    let equals = |negated: bool| if negated { "!=" } else { "=" };
    let (operator, kind, value) = match &test.check {
        Check::NotExists => ("NOT EXISTS".to_owned(), "", Value::Null),
        Check::IsNull => ("IS NULL".to_owned(), "", Value::Null),
        Check::IsTrue => ("IS TRUE".to_owned(), "", Value::Null),
        Check::IsFalse => ("IS FALSE".to_owned(), "", Value::Null),
        Check::Text { negated, text } => (equals(*negated).to_owned(), "text", json!(text.as_str())),
        Check::Regex { negated, regex } => (equals(*negated).to_owned(), "regex", json!(regex.as_str())),
        // As it is written: JSON has no infinity, and AWS does not say how many digits count.
        Check::Number { comparison, number } => (comparison.to_string(), "number", json!(number.to_string())),
    };
    let mut object = Map::new();
    object.insert("selector".to_owned(), json!(test.selector.to_string()));
    object.insert("operator".to_owned(), json!(operator));
    if !kind.is_empty() {
        object.insert(kind.to_owned(), value);
    }
    Value::Object(object)
}

fn term(term: &Term) -> Value {
    match term {
        Term::Word(text) => json!({"word": text}),
        Term::AnyOf(text) => json!({"any_of": text}),
        Term::Not(text) => json!({"not": text}),
        Term::Regex(regex) => json!({"regex": regex.as_str()}),
    }
}

fn show_tree(pattern: &Pattern, sheet: &mut Sheet<'_, impl Write>) -> io::Result<()> {
    match pattern {
        Pattern::All => sheet.text(2, &msg!("every event matches"), Style::Plain),
        Pattern::Json(expr) => show_expr(expr, 2, sheet),
        Pattern::Terms(terms) => terms.iter().try_for_each(|term| {
            let told = match term {
                Term::Word(text) => msg!("has to occur: {text}", text),
                Term::AnyOf(text) => msg!("one of these has to occur: {text}", text),
                Term::Not(text) => msg!("must not occur: {text}", text),
                Term::Regex(regex) => msg!("has to be found: {text}", text = regex.as_str()),
            };
            sheet.text(2, &told, Style::Plain)
        }),
        Pattern::Columns(columns) => columns.iter().try_for_each(|column| {
            let told = match column {
                Column::Rest => msg!("any number of columns"),
                Column::Named { name, condition: None } => msg!("{name}: anything", name),
                Column::Named { name, condition: Some(condition) } => msg!("{name}: {condition}", name, condition),
            };
            sheet.text(2, &told, Style::Plain)
        }),
    }
}

fn show_expr(expr: &Expr, indent: usize, sheet: &mut Sheet<'_, impl Write>) -> io::Result<()> {
    // Deeper parts than a page is wide would stand in columns of one letter.
    let indent = indent.min(40);
    let (what, parts) = match expr {
        Expr::Test(test) => return sheet.page.text(indent, &test.to_string(), Style::Plain),
        Expr::And(parts) => (msg!("all of"), parts),
        Expr::Or(parts) => (msg!("one of"), parts),
    };
    sheet.text(indent, &what, Style::Faint)?;
    parts.iter().try_for_each(|part| show_expr(part, indent + 2, sheet))
}

#[derive(Debug, Serialize)]
struct Answer {
    /// Null: not proven.
    covered: Option<bool>,
    /// The values of the event that is lost, by selector; fields that the patterns name and that are not here are missing.
    counterexample: Option<Map<String, Value>>,
    /// Why it is not covered or not proven.
    #[serde(serialize_with = "sentence")]
    reason: Option<Message>,
    /// The event that is lost.
    event: Option<Value>,
    /// The undocumented rules under which it is.
    assumes: Vec<&'static str>,
    /// What the evaluator says of that event.
    matches: Option<Matches>,
    /// The filters that were not understood and left out.
    left_out: Vec<LeftOut>,
}

#[derive(Debug, Serialize)]
struct Matches {
    required: Option<bool>,
    /// In the order of the filters.
    filters: Vec<Option<bool>>,
}

#[derive(Debug)]
struct LeftOut {
    /// Its number, from 1.
    filter: usize,
    error: PatternError,
}

impl Serialize for LeftOut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({"filter": self.filter, "error": self.error.to_string()}).serialize(serializer)
    }
}

/// Data is in English alone.
#[allow(clippy::ref_option, reason = "serde passes a reference")]
fn sentence<S: Serializer>(message: &Option<Message>, serializer: S) -> Result<S::Ok, S::Error> {
    message.as_ref().map(Message::to_string).serialize(serializer)
}

fn covers(args: &PatternCoversArgs, console: &mut Console<'_>) -> Result<Exit, Error> {
    let required = understood(&args.required, "--required")?;
    let filters: Vec<_> = args.filters.iter().map(|filter| Pattern::parse(filter)).collect();
    let answer = answer(&required, &filters);
    for LeftOut { filter, error } in &answer.left_out {
        let told = msg!("warning: filter {filter} is left out: {error}", filter, error = Message::from(error));
        let line = args.language.locale.text(&told);
        // What cannot be told here stands in the answer as well.
        let _ = writeln!(console.err, "{}", harmless(&line));
    }
    let options = console.text_options();
    console.print(|to| match args.format {
        Format::Json => write_json(&answer, to),
        Format::Text => show(&answer, &mut Sheet { page: Page::new(to, options), locale: &args.language.locale }),
    })?;
    Ok(match answer.covered {
        Some(true) => Exit::NothingFails,
        Some(false) => Exit::Fails,
        None => Exit::Unknown,
    })
}

fn answer(required: &Pattern, filters: &[Result<Pattern, PatternError>]) -> Answer {
    let left_out = |(index, filter): (usize, &Result<Pattern, PatternError>)| {
        let error = filter.as_ref().err()?.clone();
        Some(LeftOut { filter: index + 1, error })
    };
    let left_out: Vec<_> = filters.iter().enumerate().filter_map(left_out).collect();
    let none = Answer {
        covered: None,
        counterexample: None,
        reason: None,
        event: None,
        assumes: Vec::new(),
        matches: None,
        left_out: Vec::new(),
    };
    match coverage(required, filters) {
        // AWS would not take that filter, so nobody knows what stands in its place.
        Coverage::Covered if !left_out.is_empty() => {
            let reason = left_out.first().map(|LeftOut { filter, error }| {
                let error = Message::from(error);
                msg!("filter {filter}: {error}; the other filters do cover", filter, error)
            });
            Answer { reason, left_out, ..none }
        }
        Coverage::Covered => Answer { covered: Some(true), ..none },
        Coverage::NotProven(reason) => Answer { reason: Some((&reason).into()), left_out, ..none },
        Coverage::NotCovered(lost) => {
            let rules: Rules = lost.assumes().iter().copied().collect();
            let matched = |pattern: &Pattern| pattern.matches_under(lost.event(), rules);
            let fields = lost.fields().iter().map(|(selector, value)| (selector.to_string(), value.clone()));
            Answer {
                covered: Some(false),
                counterexample: Some(fields.collect()),
                reason: Some(msg!("no filter catches {event}", event = Message::from(&lost))),
                event: Some(lost.event().clone()),
                assumes: lost.assumes().iter().map(|rule| rule.name()).collect(),
                matches: Some(Matches {
                    required: matched(required),
                    filters: filters.iter().map(|filter| matched(filter.as_ref().ok()?)).collect(),
                }),
                left_out,
            }
        }
    }
}

fn show(answer: &Answer, sheet: &mut Sheet<'_, impl Write>) -> io::Result<()> {
    let (covered, style) = match answer.covered {
        Some(true) => (msg!("yes"), Style::Good),
        Some(false) => (msg!("no"), Style::Bad),
        None => (msg!("not proven"), Style::Doubt),
    };
    sheet.row(&msg!("covered"), &sheet.locale.text(&covered), style)?;
    if let Some(reason) = &answer.reason {
        sheet.row(&msg!("reason"), &sheet.locale.text(reason), Style::Plain)?;
    }
    if let Some(event) = &answer.event {
        sheet.row(&msg!("lost event"), &event.to_string(), Style::Plain)?;
    }
    if let Some(matches) = &answer.matches {
        let caught = matches.filters.iter().filter(|caught| **caught != Some(false)).count();
        let of = matches.filters.len();
        let tried = if matches.required == Some(true) {
            msg!("the required pattern matches it; {caught} of {of} filters do", caught, of)
        } else {
            msg!("the required pattern does not match it; {caught} of {of} filters do", caught, of)
        };
        sheet.row(&msg!("tried"), &sheet.locale.text(&tried), Style::Plain)?;
    }
    Ok(())
}

/// A page and the language of what stands on it.
struct Sheet<'l, W> {
    page: Page<W>,
    locale: &'l Locale,
}

impl<W: Write> Sheet<'_, W> {
    fn row(&mut self, what: &Message, text: &str, style: Style) -> io::Result<()> {
        self.page.row(0, &[Cell::new(self.locale.text(what), 12), Cell::rest(text).style(style)])
    }

    fn text(&mut self, indent: usize, message: &Message, style: Style) -> io::Result<()> {
        self.page.text(indent, &self.locale.text(message), style)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::cli::Exit;
    use crate::cli::tests::audit;

    fn value(out: &str) -> Value {
        serde_json::from_str(out).unwrap()
    }

    #[test]
    fn parse_shows_the_tree() {
        let rows = [
            ("", json!({"kind": "all", "normal_form": "", "tree": null})),
            (
                "{$.a=1||$.b!=\"x*\"&&$.c NOT EXISTS}",
                json!({
                    "kind": "json",
                    "normal_form": "{ $.a = 1 || ($.b != \"x*\" && $.c NOT EXISTS) }",
                    "tree": {"or": [
                        {"selector": "$.a", "operator": "=", "number": "1"},
                        {"and": [
                            {"selector": "$.b", "operator": "!=", "text": "x*"},
                            {"selector": "$.c", "operator": "NOT EXISTS"},
                        ]},
                    ]},
                }),
            ),
            (
                "{ $.a[0] = %^x% }",
                json!({
                    "kind": "json",
                    "normal_form": "{ $.a[0] = %^x% }",
                    "tree": {"selector": "$.a[0]", "operator": "=", "regex": "^x"},
                }),
            ),
            (
                "{ $.a > +10e2 }",
                json!({
                    "kind": "json",
                    "normal_form": "{ $.a > +10e2 }",
                    "tree": {"selector": "$.a", "operator": ">", "number": "+10e2"},
                }),
            ),
            (
                "-warn ?a b",
                json!({
                    "kind": "terms",
                    "normal_form": "-\"warn\" ?\"a\" \"b\"",
                    "tree": [{"not": "warn"}, {"any_of": "a"}, {"word": "b"}],
                }),
            ),
            ("%a.c%", json!({"kind": "terms", "normal_form": "%a.c%", "tree": [{"regex": "a.c"}]})),
            (
                "[ip, ..., code = 4*]",
                json!({
                    "kind": "columns",
                    "normal_form": "[ip, ..., code = 4*]",
                    "tree": [
                        {"name": "ip", "condition": null},
                        {"rest": true},
                        {"name": "code", "condition": "code = 4*"},
                    ],
                }),
            ),
        ];
        for (pattern, wanted) in rows {
            let (exit, out, err) = audit(&["pattern", "parse", pattern, "--format", "json"]);
            assert_eq!((exit, err.as_str(), value(&out)), (Exit::NothingFails, "", wanted), "{pattern}");
            let (exit, text, _) = audit(&["pattern", "parse", "--format", "text", pattern]);
            assert_eq!(exit, Exit::NothingFails, "{pattern}");
            assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        }
        let (_, out, _) = audit(&["pattern", "parse", "{ $.a = 1 || $.b = 2 && $.c IS NULL }"]);
        let tree = "tree\n  one of\n    $.a = 1\n    all of\n      $.b = 2\n      $.c IS NULL\n";
        assert!(out.ends_with(tree), "{out}");
        let nested = format!("{{ {}$.a = 1 && $.b = 2{} }}", "($.x = 1 || $.y = 2 && ".repeat(60), ")".repeat(60));
        let (exit, out, _) = audit(&["pattern", "parse", &nested]);
        assert_eq!(exit, Exit::NothingFails);
        assert!(out.lines().all(|line| line.chars().count() <= 100), "{out}");
    }

    #[test]
    fn a_pattern_may_look_like_an_option() {
        for pattern in ["-x", "-", "--required", "-help", "--format"] {
            let (exit, _, err) = audit(&["pattern", "parse", "--", pattern]);
            let (wanted, said) = match pattern {
                "-x" | "-help" => (Exit::NothingFails, ""),
                _ => (Exit::CouldNotRun, "error: PATTERN: filter pattern cannot be read at line 1 column 2: expected"),
            };
            assert!(exit == wanted && err.starts_with(said), "{pattern}: {err}");
        }
        assert_eq!(audit(&["pattern", "parse", "-x"]).0, Exit::NothingFails);
        assert_eq!(audit(&["pattern", "parse", "-x y -z"]).0, Exit::NothingFails);
        assert_eq!(audit(&["pattern", "covers", "--required", "-x", "--filter", ""]).0, Exit::NothingFails);
        assert_eq!(audit(&["pattern", "covers", "--required", "", "--filter", "-x"]).0, Exit::Unknown);
        assert_eq!(audit(&["pattern", "covers", "--required", "-h", "--filter", "-h"]).0, Exit::Unknown);
    }

    #[test]
    fn what_is_not_understood_is_told_with_its_place() {
        let pattern = "{ $.eventName == DeleteTrail }";
        let problem = "filter pattern cannot be read at line 1 column 16: expected a value, found \"=\"\n";
        for format in ["text", "json"] {
            let (exit, out, err) = audit(&["pattern", "parse", pattern, "--format", format]);
            assert_eq!((exit, out.as_str()), (Exit::CouldNotRun, ""));
            assert_eq!(err, format!("error: PATTERN: {problem}"));
            let args = ["pattern", "covers", "--required", pattern, "--filter", "", "--format", format];
            let (exit, out, err) = audit(&args);
            assert_eq!((exit, out.as_str()), (Exit::CouldNotRun, ""));
            assert_eq!(err, format!("error: --required: {problem}"));
        }
    }

    #[test]
    fn covers_answers_with_an_event() {
        const NAMES: &str = "{ $.eventName = CreateTrail || $.eventName = StopLogging }";
        const WRONG: &str = "{ $.eventName == StopLogging }";
        const NOT_UNDERSTOOD: &str =
            "filter 2: filter pattern cannot be read at line 1 column 16: expected a value, found \"=\"";
        let covered = json!({"covered": true, "counterexample": null, "reason": null, "event": null, "assumes": [],
            "matches": null, "left_out": []});
        let left_out = json!([{"filter": 2, "error": NOT_UNDERSTOOD.strip_prefix("filter 2: ")}]);
        let unproven = |reason: &str, left_out: &Value| {
            json!({"covered": null, "counterexample": null, "reason": reason, "event": null, "assumes": [],
                "matches": null, "left_out": left_out})
        };
        let rows = [
            (
                "two filters cover",
                NAMES,
                vec!["{ $.eventName = *Trail }", "{ $.eventName = Stop* }"],
                0,
                covered.clone(),
            ),
            ("every event", "", vec![""], 0, covered),
            (
                "an event is lost",
                NAMES,
                vec!["{ $.eventName = *Trail }"],
                1,
                json!({"covered": false, "counterexample": {"$.eventName": "StopLogging"},
                    "reason": "no filter catches eventName = StopLogging", "event": {"eventName": "StopLogging"},
                    "assumes": [], "matches": {"required": true, "filters": [false]}, "left_out": []}),
            ),
            (
                "an event without any field",
                "",
                vec!["{ $.eventName = x }"],
                1,
                json!({"covered": false, "counterexample": {}, "reason": "no filter catches an event without any of the fields",
                    "event": {}, "assumes": [], "matches": {"required": true, "filters": [false]}, "left_out": []}),
            ),
            (
                "under a rule",
                "{ $.eventName = a }",
                vec!["{ $.eventName = a || $.other = b }"],
                1,
                json!({"covered": false, "counterexample": {"$.eventName": "a", "$.other": {}},
                    "reason": "no filter catches eventName = a, other = <array or object> (if a selector that ends at an object \
                        or array stops the whole filter)",
                    "event": {"eventName": "a", "other": {}}, "assumes": ["container_poisons"],
                    "matches": {"required": true, "filters": [false]}, "left_out": []}),
            ),
            (
                "a filter on text",
                NAMES,
                vec!["StopLogging"],
                2,
                unproven("filter 1 looks at the text of an event instead of its fields", &json!([])),
            ),
            (
                "a filter that is not understood",
                NAMES,
                vec!["{ $.eventName = *Trail }", WRONG],
                2,
                unproven(NOT_UNDERSTOOD, &left_out),
            ),
            (
                "the same beside filters that cover",
                NAMES,
                vec![NAMES, WRONG],
                2,
                unproven(&format!("{NOT_UNDERSTOOD}; the other filters do cover"), &left_out),
            ),
        ];
        for (name, required, filters, code, wanted) in rows {
            let mut args = vec!["pattern", "covers", "--required", required];
            args.extend(filters.iter().flat_map(|filter| ["--filter", filter]));
            let (exit, text, _) = audit(&args);
            assert_eq!(exit.code(), code, "{name}");
            let first = ["covered       yes\n", "covered       no\n", "covered       not proven\n"][usize::from(code)];
            assert!(text.starts_with(first), "{name}: {text}");
            assert!(text.lines().all(|line| line.chars().count() <= 100), "{name}: {text}");
            args.extend(["--format", "json"]);
            let (exit, out, err) = audit(&args);
            assert_eq!((exit.code(), value(&out)), (code, wanted.clone()), "{name}");
            args.extend(["--locale", "ja"]);
            assert_eq!(audit(&args).1, out, "{name}: data is in English alone");
            let warned =
                err.contains("warning: filter 2 is left out: filter pattern cannot be read at line 1 column 16");
            assert_eq!(warned, wanted["left_out"] != json!([]), "{name}: {err}");
        }
        let (_, text, _) = audit(&["pattern", "covers", "--required", NAMES, "--filter", "{ $.eventName = *Trail }"]);
        assert!(text.contains("lost event    {\"eventName\":\"StopLogging\"}\n"), "{text}");
        assert!(text.contains("tried         the required pattern matches it; 0 of 1 filters do\n"), "{text}");
        let args = ["pattern", "covers", "--locale", "ja", "--required", NAMES, "--filter", "{ $.eventName = *Trail }"];
        let (_, text, _) = audit(&args);
        assert!(text.starts_with("網羅          いいえ\n"), "{text}");
        assert!(text.contains("一致するフィルターは 1 個中 0 個\n"), "{text}");
        let (_, _, err) = audit(&[&args[..], &["--filter", WRONG]].concat());
        assert!(err.starts_with("警告: フィルター 2 を除外しました: フィルターパターンの 1 行 16 文字目"), "{err}");
        assert_eq!(audit(&["pattern", "covers", "--required", "x"]).0, Exit::CouldNotRun);
    }
}
