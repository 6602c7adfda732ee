//! The tables under `cases/policy`, and what holds for every policy.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

use cis_aws::policy::{
    Allows, Document, action_matches, allows, allows_service, covers_service, full_admin, near_admin, resource_matches,
    universal_action,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table<C> {
    case: Vec<C>,
}

fn table<C: DeserializeOwned>(text: &str) -> Vec<C> {
    toml::from_str::<Table<C>>(text).unwrap().case
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    name: String,
    #[expect(dead_code, reason = "for the reader of the table")]
    source: String,
    policy: String,
    #[serde(default)]
    full_admin: bool,
    #[serde(default)]
    near_admin: bool,
    by: Option<usize>,
    sid: Option<String>,
    #[serde(default)]
    conditional: bool,
    #[serde(default)]
    allows: Vec<(String, String, String)>,
    #[serde(default)]
    services: Vec<String>,
    #[serde(default)]
    values: Vec<String>,
    error: Option<String>,
}

fn word(answer: Allows<'_>) -> &'static str {
    match answer {
        Allows::Yes(_) => "yes",
        Allows::Conditional(_) => "conditional",
        Allows::No(_) => "no",
    }
}

#[test]
fn identity_policies() {
    for case in table::<Identity>(include_str!("cases/policy/identity.toml")) {
        let name = &case.name;
        let parsed = Document::parse(&case.policy);
        if let Some(part) = &case.error {
            let error = parsed.unwrap_err().to_string();
            assert!(error.contains(part), "{name}: {error}");
            continue;
        }
        let policy = parsed.unwrap_or_else(|error| panic!("{name}: {error}"));
        let (full, near) = (full_admin(&policy), near_admin(&policy));
        assert_eq!(full.is_some(), case.full_admin, "{name}: full_admin");
        assert_eq!(near.is_some(), case.near_admin, "{name}: near_admin");
        if let Some(deciding) = full.or(near) {
            assert_eq!(Some(deciding.index), case.by, "{name}: index");
            assert_eq!(deciding.sid(), case.sid.as_deref(), "{name}: Sid");
            assert_eq!(deciding.is_conditional(), case.conditional, "{name}: conditional");
        }
        for (action, resource, wanted) in &case.allows {
            let answer = word(allows(&policy, action, resource));
            assert_eq!(answer, wanted, "{name}: {action} on {resource}");
        }
        for service in ["s3", "iam", "support", "supplychain", "cloudshell"] {
            let everything = case.full_admin || case.services.iter().any(|listed| listed == service);
            assert_eq!(allows_service(&policy, service).is_some(), everything, "{name}: {service}");
        }
        if !case.values.is_empty() {
            assert_eq!(policy.statements[0].conditions[0].values, case.values, "{name}: values");
        }
        assert_eq!(Document::from_value(&policy.to_value()).as_ref(), Ok(&policy), "{name}: normal form");
    }
}

/// The definition of the two wildcards, in exponential time.
fn naive(pattern: &[char], text: &[char]) -> bool {
    match (pattern.first(), text.first()) {
        (None, None) => true,
        (Some('*'), _) => naive(&pattern[1..], text) || (!text.is_empty() && naive(pattern, &text[1..])),
        (Some('?'), Some(_)) => naive(&pattern[1..], &text[1..]),
        (Some(wanted), Some(c)) if wanted == c => naive(&pattern[1..], &text[1..]),
        _ => false,
    }
}

fn pattern() -> impl Strategy<Value = String> {
    "[ab:é*?]{0,8}"
}

fn action_pattern() -> impl Strategy<Value = &'static str> {
    select(vec![
        "*",
        "*:*",
        "s3:*",
        "s3:Get*",
        "S3:getobject",
        "s3:Put?bject",
        "iam:*",
        "iam:CreateUser",
        "*:*Object",
        "??:*",
    ])
}

fn resource_pattern() -> impl Strategy<Value = &'static str> {
    select(vec![
        "*",
        "arn:*",
        "arn:aws:s3:::b/*",
        "arn:aws:s3:::b/k",
        "arn:aws:s3:::?/*",
        "arn:aws:s3:::b/${aws:username}/*",
    ])
}

fn statement() -> impl Strategy<Value = Value> {
    let effect = select(vec!["Allow", "Allow", "Deny"]);
    let actions = (any::<bool>(), prop::collection::vec(action_pattern(), 1..4));
    let resources = (any::<bool>(), prop::collection::vec(resource_pattern(), 1..4));
    (effect, actions, resources, any::<bool>()).prop_map(
        |(effect, (not_action, actions), (not_resource, resources), conditional)| {
            let mut statement = json!({
                "Effect": effect,
                (if not_action { "NotAction" } else { "Action" }): actions,
                (if not_resource { "NotResource" } else { "Resource" }): resources,
            });
            if conditional {
                statement["Condition"] = json!({"Bool": {"aws:SecureTransport": true}});
            }
            statement
        },
    )
}

fn statements() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(statement(), 1..5)
}

fn document(statements: &[Value]) -> Document {
    Document::from_value(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}

fn answers(policy: &Document) -> Vec<String> {
    let mut answers = vec![
        format!("full_admin {}", full_admin(policy).is_some()),
        format!("near_admin {}", near_admin(policy).is_some()),
        format!("s3 {}", allows_service(policy, "s3").is_some()),
    ];
    for action in ["s3:GetObject", "s3:PutObject", "iam:CreateUser"] {
        for resource in ["*", "arn:aws:s3:::b/k", "arn:aws:s3:::b/x/k", "arn:aws:s3:::c/k"] {
            answers.push(format!("{action} {resource} {}", word(allows(policy, action, resource))));
        }
    }
    answers
}

/// The same document with every list turned round and the case of every action changed.
fn turned(statements: &[Value]) -> Vec<Value> {
    let turn = |list: &Value, change: fn(&str) -> String| -> Value {
        list.as_array().unwrap().iter().rev().map(|item| json!(change(item.as_str().unwrap()))).collect()
    };
    let mut turned = statements.to_vec();
    turned.reverse();
    for statement in &mut turned {
        for name in ["Action", "NotAction"] {
            if let Some(list) = statement.get(name) {
                statement[name] = turn(list, str::to_uppercase);
            }
        }
        for name in ["Resource", "NotResource"] {
            if let Some(list) = statement.get(name) {
                statement[name] = turn(list, str::to_owned);
            }
        }
    }
    turned
}

proptest! {
    #[test]
    fn matcher_agrees_with_the_definition(pattern in pattern(), text in "[ab:é]{0,8}") {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        let wanted = naive(&chars(&pattern), &chars(&text));
        prop_assert_eq!(resource_matches(&pattern, &text), wanted);
        prop_assert_eq!(action_matches(&pattern.to_uppercase(), &text), resource_matches(&pattern.to_uppercase().to_ascii_lowercase(), &text));
    }

    #[test]
    fn a_universal_pattern_matches_every_action(pattern in "[*?:]{0,6}", service in "[a-c]{1,3}", name in "[A-C]{1,3}") {
        let action = format!("{service}:{name}");
        let shortest = action_matches(&pattern, "x:Y") && action_matches(&pattern, "xxxxxxxxx:YYYYYYYYY")
            && action_matches(&pattern, "x:YYYYYYYYY") && action_matches(&pattern, "xxxxxxxxx:Y");
        prop_assert_eq!(universal_action(&pattern), shortest);
        prop_assert!(!universal_action(&pattern) || action_matches(&pattern, &action));
    }

    #[test]
    fn a_pattern_that_covers_a_service_matches_each_of_its_actions(pattern in "[ab*?:]{0,6}", name in "[a-c]{1,9}") {
        if covers_service(&pattern, "ab") {
            let action = format!("ab:{name}");
            prop_assert!(action_matches(&pattern, &action));
        } else {
            prop_assert!(!(action_matches(&pattern, "ab:c") && action_matches(&pattern, "ab:cccccccccc")));
        }
    }

    #[test]
    fn a_deny_more_never_allows_more(statements in statements(), mut deny in statement()) {
        deny["Effect"] = json!("Deny");
        let before = document(&statements);
        let mut more = statements.clone();
        more.push(deny);
        let after = document(&more);
        for action in ["s3:GetObject", "iam:CreateUser"] {
            for resource in ["*", "arn:aws:s3:::b/k"] {
                let rank = |policy| match allows(policy, action, resource) {
                    Allows::No(_) => 0,
                    Allows::Conditional(_) => 1,
                    Allows::Yes(_) => 2,
                };
                prop_assert!(rank(&after) <= rank(&before));
            }
        }
    }

    #[test]
    fn order_and_case_change_nothing(statements in statements()) {
        prop_assert_eq!(answers(&document(&statements)), answers(&document(&turned(&statements))));
    }

    #[test]
    fn the_normal_form_answers_alike(statements in statements()) {
        let policy = document(&statements);
        let again = Document::parse(&policy.to_value().to_string()).unwrap();
        prop_assert_eq!(answers(&policy), answers(&again));
        prop_assert_eq!(policy, again);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,64}", braces in "[\\[\\]{}\":,%7BA-E0-9]{0,64}") {
        let _ = Document::parse(&text);
        let _ = Document::parse(&braces);
    }

    #[test]
    fn no_json_makes_the_parser_panic(
        element in select(vec!["Version", "Id", "Statement", "Sid", "Effect", "Principal", "Action", "Resource", "Condition"]),
        odd in select(vec![json!(null), json!(1), json!(true), json!("x"), json!([]), json!([null]), json!([[]]), json!({}), json!({"a": {"b": {}}})]),
    ) {
        let mut policy = json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
        let _ = Document::from_value(&json!({"Statement": {"Effect": "Allow", "Action": "*"}, element: odd}));
        policy["Statement"][element] = odd;
        let _ = Document::from_value(&policy);
    }
}

#[test]
fn a_hostile_pattern_takes_no_time() {
    let pattern = format!("{}b", "a*".repeat(1_000));
    let text = "a".repeat(2_000);
    assert!(!resource_matches(&pattern, &text));
}
