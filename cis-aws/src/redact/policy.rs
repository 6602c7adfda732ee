//! Policy documents: what they grant stays, whom and what they name is replaced.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};

use super::cipher::Cipher;
use super::text::{UNREADABLE, each_run};
use super::words;
use crate::policy::{Document, resource_matches};

/// Takes the place of a text that holds no policy document.
const NO_DOCUMENT: &str = r#"{"redacted": "#;

/// Beginnings that mean something to whoever asks whom a condition lets in.
const TELLING: &[&str] = &["anonymous", "arn:", "o-", "vpc-", "vpce-"];

/// A policy document, by the bucket that it is the policy of, if it is one.
pub(super) fn document(cipher: &Cipher, value: &Value, bucket: Option<&str>) -> Value {
    let redaction = Redaction { cipher, bucket, cut: false };
    let redacted = match value {
        Value::String(text) => Value::String(redaction.text(text)),
        Value::Object(object) => Value::Object(redaction.of(object).document(object)),
        // Not a document, and nothing that names anything.
        other => super::document::scalar(cipher, other),
    };
    // What was no policy must not become one, which would be judged.
    if Document::from_value(value).is_err() && Document::from_value(&redacted).is_ok() {
        return Value::String(NO_DOCUMENT.to_owned());
    }
    redacted
}

#[derive(Clone, Copy)]
struct Redaction<'a> {
    cipher: &'a Cipher,
    bucket: Option<&'a str>,
    /// Whether a wildcard cuts a name of an object in two, so that names must be replaced letter by letter for the same
    /// patterns to match the same names.
    cut: bool,
}

impl Redaction<'_> {
    fn of(self, document: &Map<String, Value>) -> Self {
        Self { cut: self.bucket.is_some() && document.values().any(cuts_a_key), ..self }
    }

    fn text(self, text: &str) -> String {
        let encoded = text.trim_start().starts_with('%');
        let decoded = if encoded { percent_decode_str(text).decode_utf8().ok() } else { Some(text.into()) };
        match decoded.and_then(|text| serde_json::from_str::<Map<String, Value>>(&text).ok()) {
            Some(object) => {
                let redacted = Value::Object(self.of(&object).document(&object)).to_string();
                if encoded { utf8_percent_encode(&redacted, NON_ALPHANUMERIC).to_string() } else { redacted }
            }
            None if text.trim().is_empty() => String::new(),
            None => NO_DOCUMENT.to_owned(),
        }
    }

    fn document(self, object: &Map<String, Value>) -> Map<String, Value> {
        members(object, |name, value| match (name, value) {
            ("Version", Value::String(text)) if matches!(text.as_str(), "2012-10-17" | "2008-10-17") => {
                Some((name.to_owned(), value.clone()))
            }
            ("Statement", Value::Object(statement)) => {
                Some((name.to_owned(), Value::Object(self.statement(statement))))
            }
            ("Statement", Value::Array(list)) => {
                let statements = list.iter().map(|item| match item {
                    Value::Object(statement) => Value::Object(self.statement(statement)),
                    other => self.any(other),
                });
                Some((name.to_owned(), statements.collect()))
            }
            ("Version" | "Statement" | "Id", _) => Some((name.to_owned(), self.any(value))),
            // Nobody judges by what this model does not know.
            _ => None,
        })
    }

    fn statement(self, object: &Map<String, Value>) -> Map<String, Value> {
        members(object, |name, value| {
            let redacted = match (name, value) {
                ("Effect", Value::String(text)) if matches!(text.as_str(), "Allow" | "Deny") => value.clone(),
                ("Principal" | "NotPrincipal", Value::Object(kinds)) => Value::Object(members(kinds, |kind, value| {
                    let known = matches!(kind, "AWS" | "Service" | "Federated" | "CanonicalUser");
                    let kind_of = if known { kind.to_owned() } else { self.cipher.text(kind) };
                    Some((kind_of, self.each(value, |text| self.principal(kind, text))))
                })),
                ("Action" | "NotAction", _) => self.each(value, |text| self.action(text)),
                ("Resource" | "NotResource", _) => self.each(value, |text| self.resource(text)),
                ("Condition", Value::Object(operators)) => Value::Object(self.conditions(operators)),
                ("Sid" | "Effect" | "Principal" | "NotPrincipal" | "Condition", _) => self.any(value),
                _ => return None,
            };
            Some((name.to_owned(), redacted))
        })
    }

    fn conditions(self, operators: &Map<String, Value>) -> Map<String, Value> {
        members(operators, |operator, value| {
            let is_word = operator.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b':');
            let name = if is_word { operator.to_owned() } else { self.cipher.text(operator) };
            let Value::Object(keys) = value else { return Some((name, self.any(value))) };
            let keys = members(keys, |key, value| {
                let redacted = self.each(value, |text| self.compared(operator, &key.to_ascii_lowercase(), text));
                Some((self.key(key), redacted))
            });
            Some((name, Value::Object(keys)))
        })
    }

    fn key(self, key: &str) -> String {
        let (kind, name) = key.split_at_checked(key.find('/').unwrap_or(key.len())).unwrap_or((key, ""));
        if words::is_condition_key(kind) { kind.to_owned() + &self.cipher.text(name) } else { self.cipher.text(key) }
    }

    /// A value that a condition key is compared with.
    fn compared(self, operator: &str, key: &str, text: &str) -> String {
        let holds = |what: &str| operator.contains(what);
        if holds("IpAddress") {
            let address: Result<std::net::IpAddr, _> = text.parse();
            return match (address, text.parse::<ipnet::IpNet>()) {
                (Err(_), Err(_)) if !text.contains("${") => UNREADABLE.to_owned(),
                _ => self.cipher.text(text),
            };
        }
        let is_plain = matches!(text.to_ascii_lowercase().as_str(), "true" | "false") || text.parse::<f64>().is_ok();
        if holds("Bool") || holds("Null") || holds("Numeric") {
            // Twelve digits may be an account's id that stands in the wrong place.
            let kept = is_plain && !super::cipher::is_account_id(text);
            return if kept { text.to_owned() } else { self.cipher.text(text) };
        }
        if holds("Date") {
            return if super::document::is_time(text) { text.to_owned() } else { UNREADABLE.to_owned() };
        }
        if words::has_aws_values(key) && words::is_word(text) {
            return text.to_owned();
        }
        let literal = text.split(['*', '?']).next().unwrap_or_default();
        let is_cut = literal.len() < text.len();
        let tells = |word: &&str| if is_cut { word.starts_with(literal) } else { word.eq_ignore_ascii_case(literal) };
        if TELLING.iter().any(tells) {
            let rest = text.get(literal.len()..).unwrap_or_default();
            return literal.to_owned() + &self.cipher.text(rest);
        }
        self.cipher.text(text)
    }

    fn principal(self, kind: &str, text: &str) -> String {
        const PROVIDERS: &[&str] =
            &["accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"];
        let kept = match kind {
            "Service" => words::is_service_host(text),
            "Federated" => PROVIDERS.contains(&text),
            _ => false,
        };
        if kept { text.to_owned() } else { self.cipher.text(text) }
    }

    fn action(self, text: &str) -> String {
        if words::is_action(text) { text.to_owned() } else { self.cipher.text(text) }
    }

    fn resource(self, text: &str) -> String {
        let Some((head, name)) = bucket_arn(text) else { return self.whole_pattern(text) };
        let end = name.find('/').unwrap_or(name.len());
        let (bucket, key) = name.split_at_checked(end).unwrap_or((name, ""));
        // The five parts before the name.
        let head = self.cipher.text(head);
        head + &self.bucket_pattern(bucket) + &self.key_pattern(key)
    }

    /// A pattern that begins before the bucket's name does.
    fn whole_pattern(self, text: &str) -> String {
        let (arn, key) = text.split_at_checked(text.find('/').unwrap_or(text.len())).unwrap_or((text, ""));
        let own = self.bucket.filter(|_| arn.contains(['*', '?']) && !arn.contains("${"));
        let aligned = own.and_then(|own| {
            let redacted = self.cipher.bucket(own);
            ["aws", "aws-cn", "aws-us-gov"].into_iter().find_map(|partition| {
                let head = format!("arn:{partition}:s3:::");
                aligned(arn, &format!("{head}{own}"), &format!("{head}{redacted}"))
            })
        });
        aligned.map_or_else(|| self.cipher.text(text), |arn| arn + &self.key_pattern(key))
    }

    fn key_pattern(self, key: &str) -> String {
        let (true, Some(bucket)) = (self.cut, self.bucket) else { return self.cipher.text(key) };
        let letters = |text: &str| {
            each_run(text, |run| {
                if super::cipher::is_account_id(run) { self.cipher.run(run) } else { self.cipher.letters(bucket, run) }
            })
        };
        outside_variables(key, letters, |name| self.cipher.variable(name))
    }

    /// A pattern for names of buckets, which matches the policy's own bucket if it did.
    fn bucket_pattern(self, pattern: &str) -> String {
        if !pattern.contains(['*', '?']) || pattern.contains("${") {
            return self.cipher.bucket(pattern);
        }
        let own = self.bucket.map(|own| (own, self.cipher.bucket(own)));
        if let Some((own, redacted)) = &own
            && let Some(aligned) = aligned(pattern, own, redacted)
        {
            return aligned;
        }
        let (literal, rest) = pattern.split_at_checked(pattern.find(['*', '?']).unwrap_or(0)).unwrap_or(("", pattern));
        let beginning = self.cipher.bucket(literal);
        let key = beginning.clone() + &self.key_pattern(rest);
        let matches = |pattern: &str| own.as_ref().is_some_and(|(_, own)| resource_matches(pattern, own));
        let others =
            (0..100_u8).map(|tweak| format!("{beginning}{}", self.cipher.letters(&format!("not own {tweak}"), rest)));
        std::iter::once(key).chain(others).find(|pattern| !matches(pattern)).unwrap_or(beginning)
    }

    fn each(self, value: &Value, redacted: impl Fn(&str) -> String + Copy) -> Value {
        match value {
            Value::String(text) => Value::String(redacted(text)),
            Value::Array(list) => list
                .iter()
                .map(|item| match item {
                    Value::String(text) => Value::String(redacted(text)),
                    other => self.any(other),
                })
                .collect(),
            other => self.any(other),
        }
    }

    /// What stands where this model expects something else: with its shape and without its names.
    fn any(self, value: &Value) -> Value {
        match value {
            Value::String(text) if text == "*" => value.clone(),
            Value::String(text) => Value::String(self.cipher.text(text)),
            Value::Array(list) => list.iter().map(|item| self.any(item)).collect(),
            // Wherever an object is wrong, whatever is in it.
            Value::Object(_) => Value::Object(Map::new()),
            other => super::document::scalar(self.cipher, other),
        }
    }
}

fn members(
    object: &Map<String, Value>,
    mut redacted: impl FnMut(&str, &Value) -> Option<(String, Value)>,
) -> Map<String, Value> {
    object.iter().filter_map(|(name, value)| redacted(name, value)).collect()
}

/// The ARN of a bucket or of its objects, parted before the bucket's name.
fn bucket_arn(text: &str) -> Option<(&str, &str)> {
    let name = text.strip_prefix("arn:")?.splitn(5, ':').nth(4)?;
    let head = text.get(..text.len() - name.len())?;
    head.ends_with(":s3:::").then_some((head, name))
}

/// Whether a resource somewhere in a document has a wildcard beside a letter or digit of an object's name.
fn cuts_a_key(value: &Value) -> bool {
    match value {
        Value::String(text) => bucket_arn(text).is_some_and(|(_, name)| {
            let key = name.find('/').and_then(|at| name.get(at..)).unwrap_or_default();
            let pairs = key.chars().zip(key.chars().skip(1));
            let wild = |c: char| matches!(c, '*' | '?');
            pairs
                .into_iter()
                .any(|(one, other)| (wild(one) && other.is_alphanumeric()) || (one.is_alphanumeric() && wild(other)))
        }),
        Value::Array(list) => list.iter().any(cuts_a_key),
        Value::Object(object) => object.values().any(cuts_a_key),
        _ => false,
    }
}

fn outside_variables(text: &str, redacted: impl Fn(&str) -> String, variable_of: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, variable)) = rest.split_once("${") {
        let Some((name, after)) = variable.split_once('}') else { break };
        out.push_str(&redacted(before));
        out.push_str(&variable_of(name));
        rest = after;
    }
    out + &redacted(rest)
}

/// A pattern that matches a name, with each literal in it taken from the other name at the same position; none if it does
/// not match.
fn aligned(pattern: &str, name: &str, other: &str) -> Option<String> {
    let pattern: Vec<char> = pattern.chars().collect();
    let (name, other): (Vec<char>, Vec<char>) = (name.chars().collect(), other.chars().collect());
    // reach[p][n]: the pattern from p on matches the name from n on.
    let mut reach = vec![vec![false; name.len() + 1]; pattern.len() + 1];
    let at =
        |reach: &[Vec<bool>], p: usize, n: usize| reach.get(p).and_then(|row| row.get(n)).copied().unwrap_or(false);
    for p in (0..=pattern.len()).rev() {
        for n in (0..=name.len()).rev() {
            let holds = match (pattern.get(p), name.get(n)) {
                (None, None) => true,
                (Some('*'), _) => at(&reach, p + 1, n) || (n < name.len() && at(&reach, p, n + 1)),
                (Some('?'), Some(_)) => at(&reach, p + 1, n + 1),
                (Some(wanted), Some(c)) => wanted == c && at(&reach, p + 1, n + 1),
                _ => false,
            };
            if let Some(place) = reach.get_mut(p).and_then(|row| row.get_mut(n)) {
                *place = holds;
            }
        }
    }
    if !at(&reach, 0, 0) {
        return None;
    }
    let (mut out, mut n) = (String::new(), 0);
    for (p, c) in pattern.iter().enumerate() {
        match c {
            '*' => {
                while !at(&reach, p + 1, n) && n < name.len() {
                    n += 1;
                }
                out.push('*');
            }
            '?' => {
                n += 1;
                out.push('?');
            }
            _ => {
                out.push(other.get(n).copied()?);
                n += 1;
            }
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Key;
    use super::*;

    #[test]
    fn a_pattern_keeps_to_its_bucket() {
        for (pattern, own, aligned) in [
            ("prod*", "prod-logs", Some("QRST*")),
            ("*logs", "prod-logs", Some("*VWXY")),
            ("p?o*s", "prod-logs", Some("Q?S*Y")),
            ("*", "prod-logs", Some("*")),
            ("prod-logs*", "prod-logs", Some("QRSTUVWXY*")),
            ("dev*", "prod-logs", None),
        ] {
            assert_eq!(super::aligned(pattern, own, "QRSTUVWXY").as_deref(), aligned, "{pattern}");
        }
    }

    #[test]
    fn what_is_no_policy_stays_none() {
        let cipher = Cipher::new(&Key::new([7; 32]).unwrap());
        let twice = r#"{"Statement": {"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
        for (why, value) in [
            ("a name stands twice", json!(twice)),
            ("no JSON", json!("secret")),
            ("empty", json!("")),
            ("a list", json!(["secret"])),
            ("a number", json!(123_456_789_012_u64)),
            ("an effect that is none", json!({"Statement": {"Effect": "secret", "Action": "*", "Resource": "*"}})),
            ("encoded rubbish", json!("%7Bsecret")),
        ] {
            let redacted = document(&cipher, &value, None);
            assert!(Document::from_value(&value).is_err(), "{why}");
            assert!(Document::from_value(&redacted).is_err(), "{why}: {redacted}");
            assert!(!redacted.to_string().contains("secret"), "{why}: {redacted}");
        }
    }
}
