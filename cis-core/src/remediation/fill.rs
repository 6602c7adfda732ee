//! Values into templates: as text, as words of a command, as strings of a configuration.

use serde_json::{Map, Value};

use crate::msg::{Piece, acts, pieces, written};

/// What placeholders stand for: what a finding gives, then what is the same for all.
pub(super) struct Values<'a> {
    pub(super) given: &'a Map<String, Value>,
    pub(super) own: &'a Map<String, Value>,
}

impl Values<'_> {
    /// The value, unless there is none or it is a text that does not show as what it is.
    fn get(&self, name: &str) -> Option<&Value> {
        let value = self.given.get(name).or_else(|| self.own.get(name))?;
        let shows = |text: &String| !text.is_empty() && !text.contains(acts);
        match value {
            Value::Null => None,
            Value::String(text) => shows(text).then_some(value),
            other => shows(&other.to_string()).then_some(value),
        }
    }
}

/// What stands where there is no value.
fn open(name: &str) -> String {
    format!("<{}>", name.to_ascii_uppercase())
}

/// The template with each placeholder put in by `put`, or left open.
fn put_in(template: &str, values: &Values<'_>, put: impl Fn(&Value) -> Option<String>) -> String {
    let piece = |piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Name(name) => values.get(name).and_then(&put).unwrap_or_else(|| open(name)),
    };
    pieces(template).map(piece).collect()
}

/// As plain text.
pub(super) fn text(template: &str, values: &Values<'_>) -> String {
    put_in(template, values, |value| Some(written(value)))
}

/// As a command of a POSIX shell. Its words are told apart before anything is filled in, so that a value never adds one, and
/// each is quoted as a whole. A template that is no command stays as it is, with nothing filled in.
pub(super) fn command(template: &str, values: &Values<'_>) -> String {
    let Some(words) = shlex::split(template) else { return template.to_owned() };
    let mut filled: Vec<String> = Vec::with_capacity(words.len());
    for template in &words {
        let word = word(template, values);
        let is_option = |before: &String| before.starts_with("--") && !before.contains('=');
        match filled.last_mut() {
            // The AWS CLI would take it for an option.
            Some(before) if word.starts_with('-') && !template.starts_with('-') && is_option(before) => {
                before.push('=');
                before.push_str(&word);
            }
            _ => filled.push(word),
        }
    }
    // Only a NUL cannot be quoted, which no value has.
    shlex::try_join(filled.iter().map(String::as_str)).unwrap_or_else(|_| template.to_owned())
}

/// One word of a command. JSON stays JSON of the same shape.
fn word(template: &str, values: &Values<'_>) -> String {
    if let Ok(json @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(template) {
        return filled_json(json, values).to_string();
    }
    let whole = matches!(pieces(template).collect::<Vec<_>>().as_slice(), [Piece::Name(_)]);
    put_in(template, values, |value| {
        let text = written(value);
        // The AWS CLI reads files and addresses that a parameter begins with, and lists.
        let read = ["file://", "fileb://", "http://", "https://", "["].iter().any(|start| text.starts_with(start));
        // Within a word it reads `key=value,..`.
        let within = |c: char| c.is_ascii_alphanumeric() || "._:/@+*-".contains(c);
        let is_text = if whole { !read } else { text.chars().all(within) };
        is_text.then_some(text)
    })
}

fn filled_json(json: Value, values: &Values<'_>) -> Value {
    match json {
        Value::String(template) => {
            let whole = match pieces(&template).collect::<Vec<_>>().as_slice() {
                [Piece::Name(name)] => values.get(name).cloned(),
                _ => None,
            };
            whole.unwrap_or_else(|| text(&template, values).into())
        }
        Value::Array(items) => items.into_iter().map(|item| filled_json(item, values)).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, filled_json(value, values))).collect(),
        other => other,
    }
}

/// Why a command is not a simple one; none if it is.
pub(super) fn not_simple(command: &str) -> Option<&'static str> {
    let Some(words) = shlex::split(command) else { return Some("a quote that is not closed") };
    // What a shell makes more of than text, where no quotes are around it: quoted as a whole, it would be text.
    let (mut quote, mut before) = (None, ' ');
    for c in command.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, '|' | '&' | ';' | '$' | '`' | '(' | ')' | '\\' | '\n' | '~' | '#') => {
                return Some("what a shell makes more of than text");
            }
            // `<TOPIC_ARN>` is for a person to replace.
            (None, '>') if before == ' ' => return Some("what a shell makes more of than text"),
            (Some('"'), '$' | '`' | '\\') => return Some("double quotes within which a shell makes more of text"),
            _ => {}
        }
        before = c;
    }
    let json = |word: &&String| word.starts_with(['{', '[']) && word.contains(['"', ' ']) && !word.starts_with("{ $");
    let broken = words.iter().filter(json).any(|word| serde_json::from_str::<Value>(word).is_err());
    broken.then_some("JSON that is none")
}

/// As configuration of Terraform, where text stands within quotes.
pub(super) fn configuration(template: &str, values: &Values<'_>) -> String {
    put_in(template, values, |value| Some(hcl(&written(value))))
}

/// The inside of a quoted string of HCL
/// (<https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#quoted-templates>).
fn hcl(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\' | '"', _) => out.extend(['\\', c]),
            // Doubled it is an escape too, but not after another one of its kind. What follows the value is not known here.
            ('$', None | Some('{')) => out.push_str("\\u0024"),
            ('%', None | Some('{')) => out.push_str("\\u0025"),
            _ => out.push(c),
        }
    }
    out
}
