//! The documents of a snapshot: members that have a rule, gaps, and what is ours.

use cis_core::snapshot::PAGES;
use cis_core::{DatasetInfo, GapKind};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::cipher::{Cipher, is_account_id};
use super::rules::{self, Node, Rule};
use super::text::UNREADABLE;
use super::{pattern, policy, report, words};

/// A document of one dataset, or of the several that it has the rows of.
pub(super) fn document(cipher: &Cipher, datasets: &[&DatasetInfo], document: &Value) -> Value {
    let Value::Object(members) = document else { return scalar(cipher, document) };
    let of_buckets = datasets.iter().any(|info| info.name().starts_with("s3."));
    let redaction = Redaction { cipher, of_buckets, bucket: None };
    let mut redacted = Map::new();
    for (name, value) in members {
        let ours = match name.as_str() {
            "$gap" => redaction.gap(value),
            "$cut_off" | "$vanished" => match value {
                Value::Array(gaps) => gaps.iter().map(|gap| redaction.gap(gap)).collect(),
                other => redaction.gap(other),
            },
            "$only" => match value {
                Value::Array(names) => names.iter().map(|name| redaction.named(name)).collect(),
                other => scalar(cipher, other),
            },
            "$no_service" => redaction.leaf(Rule::Prose, value),
            "$read_at" => redaction.leaf(Rule::Time, value),
            // That there is a later page is what a reader asks them.
            name if PAGES.contains(&name) => match value {
                Value::String(token) if !token.is_empty() => json!(UNREADABLE),
                other => scalar(cipher, other),
            },
            // That one of ours is not known is what a reader tells.
            name if name.starts_with('$') && !value.is_null() => {
                redacted.insert("$redacted".to_owned(), true.into());
                continue;
            }
            _ => continue,
        };
        redacted.insert(name.clone(), ours);
    }
    for info in datasets {
        let Some(node) = rules::of(info.name()) else { continue };
        match info.layout().path {
            [] => {
                if let Value::Object(row) = redaction.row(node, document) {
                    redacted.extend(row);
                }
            }
            [first, rest @ ..] => {
                if let Some(value) = members.get(*first) {
                    redacted.insert((*first).to_owned(), redaction.rows(node, rest, value));
                }
            }
        }
    }
    Value::Object(redacted)
}

/// A gap that stands by itself.
pub(super) fn gap(cipher: &Cipher, gap: &Value) -> Value {
    Redaction { cipher, of_buckets: false, bucket: None }.gap(gap)
}

/// What is neither text nor object: kept, but for twelve digits, which may be an account's id.
pub(super) fn scalar(cipher: &Cipher, value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value.clone(),
        Value::Number(number) => {
            let digits = number.to_string();
            // A leading zero is no number: that one is left out.
            let id = is_account_id(&digits).then(|| cipher.run(&digits));
            id.map_or_else(|| value.clone(), |id| id.parse::<u64>().map_or(Value::Null, Value::from))
        }
        Value::String(text) => Value::String(cipher.text(text)),
        Value::Array(list) => list.iter().map(|item| scalar(cipher, item)).collect(),
        Value::Object(_) => Value::Object(Map::new()),
    }
}

/// Whether a text is a time, and nothing beside it.
pub(super) fn is_time(text: &str) -> bool {
    text.parse::<Timestamp>().is_ok() && !text.contains('[')
}

#[derive(Clone, Copy)]
struct Redaction<'a> {
    cipher: &'a Cipher,
    /// Whether resources are named by bucket.
    of_buckets: bool,
    /// The bucket that a row is about.
    bucket: Option<&'a str>,
}

impl<'a> Redaction<'a> {
    /// The rows below a member of the document.
    fn rows(self, node: &Node, path: &[&str], value: &'a Value) -> Value {
        match (path, value) {
            (_, Value::Array(items)) => items.iter().map(|item| self.rows(node, path, item)).collect(),
            ([], row) => self.row(node, row),
            ([first, rest @ ..], Value::Object(members)) => {
                let inside = members.get(*first).map(|value| ((*first).to_owned(), self.rows(node, rest, value)));
                Value::Object(inside.into_iter().collect())
            }
            (_, other) => scalar(self.cipher, other),
        }
    }

    fn row(self, node: &Node, row: &'a Value) -> Value {
        let bucket = row.get("Bucket").and_then(Value::as_str).filter(|_| self.of_buckets);
        Redaction { bucket, ..self }.value(node, row)
    }

    fn value(self, node: &Node, value: &Value) -> Value {
        match (value, node.rule) {
            (Value::Object(members), _) if members.contains_key("$gap") && node.rule.is_some() => {
                json!({ "$gap": members.get("$gap").map(|gap| self.gap(gap)) })
            }
            (Value::Object(_) | Value::String(_), Some(Rule::Policy)) => {
                policy::document(self.cipher, value, self.bucket)
            }
            (Value::Object(members), _) => Value::Object(self.members(node, members)),
            (Value::Array(items), _) => items.iter().map(|item| self.value(node, item)).collect(),
            (other, rule) => self.leaf(rule.unwrap_or(Rule::Text), other),
        }
    }

    fn members(self, node: &Node, members: &Map<String, Value>) -> Map<String, Value> {
        let mut redacted = Map::new();
        for (name, value) in members {
            if name == "$gap" {
                redacted.insert(name.clone(), self.gap(value));
            } else if let Some(node) = node.members.get(name.as_str()) {
                redacted.insert(name.clone(), self.value(node, value));
            } else if let Some(node) = node.members.get("*") {
                redacted.insert(self.cipher.word(name), self.value(node, value));
            } else if let Some(node) = node.members.get("?") {
                redacted.insert(self.cipher.text(name), self.value(node, value));
            }
        }
        redacted
    }

    fn leaf(self, rule: Rule, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(rule, text)),
            other => scalar(self.cipher, other),
        }
    }

    fn text(self, rule: Rule, text: &str) -> String {
        let cipher = self.cipher;
        let kept_or_text = |kept: bool| if kept { text.to_owned() } else { cipher.text(text) };
        match rule {
            Rule::Text | Rule::Policy => cipher.text(text),
            Rule::Bucket => cipher.bucket(text),
            Rule::Cidr => cipher.cidr(text),
            Rule::Contact => cipher.contact(text),
            Rule::Mail => cipher.mail(text),
            Rule::Prose => cipher.prose(text),
            Rule::Region => cipher.region(text),
            Rule::Time => {
                if is_time(text) {
                    text.to_owned()
                } else {
                    UNREADABLE.to_owned()
                }
            }
            Rule::Selected if text.starts_with("arn:") => cipher.text(text),
            Rule::Word | Rule::Selected => cipher.word(text),
            Rule::Owner => kept_or_text(text == "AWS"),
            Rule::TagKey => kept_or_text(text == "Name"),
            Rule::GroupName => kept_or_text(text == "default"),
            Rule::Grantee => kept_or_text(text.split_once("://").is_some_and(|(scheme, rest)| {
                matches!(scheme, "http" | "https")
                    && rest.starts_with("acs.amazonaws.com/groups/")
                    && words::is_word(rest)
            })),
            Rule::Subscription => kept_or_text(!text.contains(':') && words::is_word(text)),
            Rule::Alarms => pattern::alarm_rule(cipher, text),
            Rule::Expression => pattern::expression(cipher, text),
            Rule::Filter => pattern::filter(cipher, text),
            Rule::Namespace => pattern::namespace(cipher, text),
            Rule::Number => pattern::number(cipher, text),
            Rule::Report => report::content(cipher, text),
        }
    }

    /// The name or ARN of a resource beside the rows.
    fn named(self, name: &Value) -> Value {
        match name {
            Value::String(text) if self.of_buckets && !text.starts_with("arn:") => {
                Value::String(self.cipher.bucket(text))
            }
            other => scalar(self.cipher, other),
        }
    }

    /// A gap: what kind, and of which operation, stays.
    fn gap(self, gap: &Value) -> Value {
        let Value::Object(members) = gap else { return scalar(self.cipher, gap) };
        let redacted = members.iter().filter_map(|(name, value)| {
            let text = |redacted: &dyn Fn(&str) -> String| match value {
                Value::String(text) => Value::String(redacted(text)),
                other => scalar(self.cipher, other),
            };
            let value = match name.as_str() {
                "kind" => match serde_json::from_value::<GapKind>(value.clone()) {
                    Ok(_) => value.clone(),
                    Err(_) => json!(UNREADABLE),
                },
                "code" | "operation" | "action" | "dataset" => text(&|text| self.cipher.word(text)),
                "region" => text(&|text| self.cipher.region(text)),
                "message" => text(&|text| self.cipher.prose(text)),
                "resource" => self.named(value),
                _ => return None,
            };
            Some((name.clone(), value))
        });
        Value::Object(redacted.collect())
    }
}
