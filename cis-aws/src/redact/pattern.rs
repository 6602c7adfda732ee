//! Filter patterns, alarm rules and metric math: the grammar and the words of CloudTrail's events stay.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::cipher::{Cipher, is_account_id};
use super::text::each_run;
use super::words;
use crate::pattern::Pattern;

/// Takes the place of a pattern that is not understood.
const NO_PATTERN: &str = "{ redacted";

/// The members of a CloudTrail event, whose names are kept in selectors.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
const MEMBERS: &[&str] = &[
    "ARN",
    "ConsoleLogin",
    "LoginTo",
    "MFAUsed",
    "MobileVersion",
    "accessKeyId",
    "accountId",
    "additionalEventData",
    "apiVersion",
    "arn",
    "attributes",
    "awsRegion",
    "bucketName",
    "creationDate",
    "errorCode",
    "errorMessage",
    "eventCategory",
    "eventID",
    "eventName",
    "eventSource",
    "eventTime",
    "eventType",
    "eventVersion",
    "groupId",
    "instanceId",
    "invokedBy",
    "key",
    "managementEvent",
    "mfaAuthenticated",
    "policyArn",
    "principalId",
    "readOnly",
    "recipientAccountId",
    "requestID",
    "requestParameters",
    "resources",
    "responseElements",
    "roleName",
    "serviceEventDetails",
    "sessionContext",
    "sessionCredentialFromConsole",
    "sessionIssuer",
    "sharedEventID",
    "sourceIPAddress",
    "sourceIdentity",
    "tlsDetails",
    "tlsVersion",
    "type",
    "userAgent",
    "userIdentity",
    "userName",
    "vpcEndpointId",
    "webIdFederationData",
];

/// The selectors whose values are AWS's words.
const AWS_VALUES: &[&str] = &[
    "additionalEventData.LoginTo",
    "additionalEventData.MFAUsed",
    "additionalEventData.MobileVersion",
    "awsRegion",
    "errorCode",
    "eventCategory",
    "eventName",
    "eventSource",
    "eventType",
    "eventVersion",
    "managementEvent",
    "readOnly",
    "responseElements.ConsoleLogin",
    "sessionCredentialFromConsole",
    "userIdentity.invokedBy",
    "userIdentity.sessionContext.attributes.mfaAuthenticated",
    "userIdentity.type",
];

/// The texts in the benchmark's own patterns, of every version.
fn benchmark_values() -> &'static BTreeSet<String> {
    static VALUES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        benchmark_patterns()
            .iter()
            .flat_map(|pattern| pattern.split('"').skip(1).step_by(2))
            .map(str::to_owned)
            .collect()
    });
    &VALUES
}

fn benchmark_patterns() -> Vec<String> {
    let recommendations =
        crate::versions().filter_map(|version| crate::benchmark(version).ok()).flat_map(|file| file.recommendations);
    let mut patterns = Vec::new();
    for recommendation in recommendations {
        let parameters = recommendation.parameters.iter().flat_map(|(_, value)| match value {
            serde_json::Value::Array(items) => items.clone(),
            other => vec![other.clone()],
        });
        patterns.extend(
            parameters.filter_map(|value| value.as_str().filter(|text| text.starts_with('{')).map(str::to_owned)),
        );
    }
    patterns
}

/// A filter pattern. What is not understood stays so.
pub(super) fn filter(cipher: &Cipher, text: &str) -> String {
    if Pattern::parse(text).is_err() {
        return NO_PATTERN.to_owned();
    }
    let redacted = match text.trim_start().chars().next() {
        Some('{') => fields(cipher, text),
        _ => terms(cipher, text),
    };
    // What no longer is a pattern proves nothing.
    if Pattern::parse(&redacted).is_ok() { redacted } else { NO_PATTERN.to_owned() }
}

fn fields(cipher: &Cipher, text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut selector) = (text, String::new());
    while let Some(c) = rest.chars().next() {
        let (token, value) = match c {
            '$' => {
                let token = until(rest, |c| {
                    !(c.is_ascii_alphanumeric() || matches!(c, '$' | '.' | '_' | '-' | '[' | ']' | '*'))
                });
                token.trim_start_matches("$.").clone_into(&mut selector);
                (token, names(cipher, token))
            }
            '"' => {
                let token = quoted(rest);
                (token, value(cipher, &selector, token))
            }
            '%' => {
                let token = rest.get(1..).and_then(|inside| inside.find('%')).and_then(|end| rest.get(..end + 2));
                let token = token.unwrap_or(rest);
                let kept = AWS_VALUES.contains(&selector.as_str());
                (token, if kept { token.to_owned() } else { regex(cipher, token) })
            }
            c if is_value(c) => {
                let token = until(rest, |c| !is_value(c));
                let keyword = matches!(token, "IS" | "NOT" | "EXISTS" | "NULL" | "TRUE" | "FALSE");
                (token, if keyword { token.to_owned() } else { value(cipher, &selector, token) })
            }
            c => (rest.get(..c.len_utf8()).unwrap_or(rest), c.to_string()),
        };
        out.push_str(&value);
        rest = rest.get(token.len()..).unwrap_or_default();
    }
    out
}

fn is_value(c: char) -> bool {
    !c.is_whitespace() && !"(){}\"%&|=!<>,$\\".contains(c)
}

fn until(text: &str, ends: impl Fn(char) -> bool) -> &str {
    text.find(ends).and_then(|end| text.get(..end)).unwrap_or(text)
}

/// A quoted text at the beginning, quotes included.
fn quoted(text: &str) -> &str {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.and_then(|(at, _)| text.get(..=at)).unwrap_or(text)
}

/// A selector, in which only the names of an event's members are kept.
fn names(cipher: &Cipher, selector: &str) -> String {
    let mut out = String::new();
    let mut rest = selector;
    while !rest.is_empty() {
        let name = until(rest, |c| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'));
        // Inside brackets it is an index.
        if MEMBERS.contains(&name) || out.ends_with('[') {
            out.push_str(name);
        } else {
            out.push_str(&each_run(name, |run| cipher.run(run)));
        }
        rest = rest.get(name.len()..).unwrap_or_default();
        let mark = until(rest, |c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        out.push_str(mark);
        rest = rest.get(mark.len()..).unwrap_or_default();
    }
    out
}

/// A value that a selector is compared with, in quotes or not.
fn value(cipher: &Cipher, selector: &str, token: &str) -> String {
    let text = token.trim_matches('"');
    let is_aws = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" .:*_-/".contains(&byte));
    if is_account_id(text) {
        return token.replace(text, &cipher.run(text));
    }
    let is_number =
        text.parse::<f64>().is_ok() && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
    if is_number || benchmark_values().contains(text) || (AWS_VALUES.contains(&selector) && is_aws(text)) {
        return token.to_owned();
    }
    // A star at an end cuts a name: each letter for itself, so that another value of the same beginning keeps it.
    if text.starts_with('*') || text.ends_with('*') {
        return each_run(
            token,
            |run| if is_account_id(run) { cipher.run(run) } else { cipher.letters("pattern", run) },
        );
    }
    cipher.text(token)
}

/// A regular expression, in which classes and escapes are kept.
fn regex(cipher: &Cipher, token: &str) -> String {
    let (mut escaped, mut depth) = (false, 0_usize);
    token
        .chars()
        .map(|c| {
            let kept = escaped || depth > 0;
            match c {
                '[' | '{' if !escaped => depth += 1,
                ']' | '}' if !escaped => depth = depth.saturating_sub(1),
                _ => {}
            }
            escaped = c == '\\' && !escaped;
            if kept { c.to_string() } else { cipher.letters("pattern", c.encode_utf8(&mut [0; 4])) }
        })
        .collect()
}

/// A pattern of terms or columns, which proves nothing: only that it can be read stays.
fn terms(cipher: &Cipher, text: &str) -> String {
    if text.contains('%') {
        return regex(cipher, text);
    }
    each_run(text, |run| cipher.run(run))
}

/// The rule of a composite alarm: the words of its grammar, and alarms by name or ARN in parentheses.
pub(super) fn alarm_rule(cipher: &Cipher, text: &str) -> String {
    const WORDS: &[&str] = &["ALARM", "AND", "FALSE", "INSUFFICIENT_DATA", "NOT", "OK", "OR", "TRUE"];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let word = until(rest, |c| !(c.is_ascii_uppercase() || c == '_'));
        let (token, redacted) = if WORDS.contains(&word) {
            (word, word.to_owned())
        } else if c == '(' || c == '"' || c.is_whitespace() || c == ')' {
            (rest.get(..1).unwrap_or(rest), c.to_string())
        } else {
            // Inside quotes a name may hold anything, bare it ends with the parenthesis.
            let token =
                if out.ends_with('"') { until(rest, |c| c == '"') } else { until(rest, |c| c == ')' || c == '(') };
            (token, cipher.text(token))
        };
        out.push_str(&redacted);
        rest = rest.get(token.len().max(1)..).unwrap_or_default();
    }
    out
}

/// Metric math: functions and numbers stay.
pub(super) fn expression(cipher: &Cipher, text: &str) -> String {
    const WORDS: &[&str] = &[
        "ABS",
        "AND",
        "ASC",
        "AVG",
        "BY",
        "CEIL",
        "DESC",
        "DIFF",
        "FILL",
        "FIRST",
        "FLOOR",
        "FROM",
        "GROUP",
        "IF",
        "LAST",
        "LIMIT",
        "LOG",
        "MAX",
        "METRICS",
        "METRIC_COUNT",
        "MIN",
        "OR",
        "ORDER",
        "PERIOD",
        "RATE",
        "REMOVE_EMPTY",
        "REPEAT",
        "SCHEMA",
        "SEARCH",
        "SELECT",
        "SLICE",
        "SORT",
        "SUM",
        "TIME_SERIES",
        "WHERE",
    ];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_alphanumeric() || c == '_' {
            let word = until(rest, |c| !(c.is_alphanumeric() || c == '_'));
            let kept =
                WORDS.contains(&word.to_ascii_uppercase().as_str()) || word.bytes().all(|byte| byte.is_ascii_digit());
            out.push_str(&if kept && !is_account_id(word) { word.to_owned() } else { cipher.text(word) });
            rest = rest.get(word.len()..).unwrap_or_default();
        } else if c.is_alphanumeric() {
            let word = until(rest, |c| !c.is_alphanumeric());
            out.push_str(&cipher.text(word));
            rest = rest.get(word.len()..).unwrap_or_default();
        } else {
            out.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    out
}

/// Text that is to be a number: a filter's value may be a selector too.
pub(super) fn number(cipher: &Cipher, text: &str) -> String {
    let is_number = text.trim().parse::<f64>().is_ok();
    if is_number && !is_account_id(text.trim()) {
        return text.to_owned();
    }
    if text.starts_with('$') { names(cipher, text) } else { cipher.text(text) }
}

/// The namespace of a metric: AWS's own are kept.
pub(super) fn namespace(cipher: &Cipher, text: &str) -> String {
    if text.starts_with("AWS/") && words::is_word(text) { text.to_owned() } else { cipher.text(text) }
}

#[cfg(test)]
mod tests {
    use super::super::Key;
    use super::*;

    fn cipher() -> Cipher {
        Cipher::new(&Key::new([7; 32]).unwrap())
    }

    #[test]
    fn what_the_benchmark_asks_for_stays_as_it_is() {
        let patterns = benchmark_patterns();
        assert!(patterns.len() > 30, "{}", patterns.len());
        for pattern in patterns {
            assert_eq!(filter(&cipher(), &pattern), pattern);
        }
    }

    #[test]
    fn names_go_and_the_grammar_stays() {
        for (text, kept, gone) in [
            (r#"{ $.userIdentity.arn = "arn:aws:iam::123456789012:user/annette" }"#, "$.userIdentity.arn", "annette"),
            (r#"{ $.eventName = "ConsoleLogin" && $.acmeTeam = payments* }"#, "ConsoleLogin", "acmeTeam"),
            ("{ $.recipientAccountId = 123456789012 }", "$.recipientAccountId", "123456789012"),
            (r"{ $.userName = %^annette[0-9]+\w% }", r"[0-9]+\w", "annette"),
            (r#"?ERROR -"annette smith""#, "?", "annette"),
            ("[ip, user = annette, ...]", "...", "annette"),
        ] {
            let redacted = filter(&cipher(), text);
            assert!(redacted.contains(kept) && !redacted.contains(gone), "{text} became {redacted}");
            assert!(Pattern::parse(&redacted).is_ok(), "{redacted}");
        }
        assert_eq!(filter(&cipher(), "{ $.annette == 1 }"), NO_PATTERN);
        assert_eq!(filter(&cipher(), ""), "");
    }

    #[test]
    fn rules_and_expressions() {
        let name = cipher().text("annette");
        let rule = alarm_rule(&cipher(), r#"ALARM("annette") AND NOT (OK(annette) OR TRUE)"#);
        assert_eq!(rule, format!(r#"ALARM("{name}") AND NOT (OK({name}) OR TRUE)"#));
        let (m1, m2) = (cipher().text("m1"), cipher().text("annette_2"));
        let math = expression(&cipher(), "IF(SUM([m1, annette_2]) > 0, 1, 0) + FILL(METRICS(), 0)");
        assert_eq!(math, format!("IF(SUM([{m1}, {m2}]) > 0, 1, 0) + FILL(METRICS(), 0)"));
    }
}
