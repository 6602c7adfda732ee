//! The tables under `cases/policy`, and what holds for every policy.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

use cis_aws::policy::{
    Allows, Deciding, Document, Public, action_matches, allows, allows_service, confused_deputies, covers_service,
    denies_plain_http, full_admin, is_public, near_admin, open_statements, resource_matches, universal_action,
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

#[expect(clippy::print_stdout, reason = "says how many cases were tried")]
fn table<C: DeserializeOwned>(text: &str) -> Vec<C> {
    let cases = toml::from_str::<Table<C>>(text).unwrap().case;
    println!("{} cases", cases.len());
    cases
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resource {
    name: String,
    #[expect(dead_code, reason = "for the reader of the table")]
    source: String,
    policy: String,
    action: Option<String>,
    public: bool,
    #[serde(default)]
    restricted_by: Vec<String>,
    open: Vec<usize>,
    open_1_5: Option<Vec<usize>>,
}

fn indexes(statements: &[Deciding<'_>]) -> Vec<usize> {
    statements.iter().map(|deciding| deciding.index).collect()
}

#[test]
fn resource_policies() {
    for case in table::<Resource>(include_str!("cases/policy/public.toml")) {
        let name = &case.name;
        let policy = Document::parse(&case.policy).unwrap_or_else(|error| panic!("{name}: {error}"));
        let action = case.action.as_deref().unwrap_or("s3:GetObject");
        let restricted_by: Vec<_> = match is_public(&policy, action, "arn:aws:s3:::b/*") {
            Public::Yes { witness, .. } => {
                assert!(case.public, "{name}: {witness}");
                Vec::new()
            }
            Public::No { restricted_by } => {
                assert!(!case.public, "{name}: restricted by {restricted_by:?}");
                restricted_by.into_iter().map(|restriction| restriction.as_str().to_owned()).collect()
            }
            Public::NotProven { statement } => panic!("{name}: statement {} is too complex", statement.index),
        };
        assert_eq!(restricted_by, case.restricted_by, "{name}");
        assert_eq!(indexes(&open_statements(&policy, true)), case.open, "{name}: open in 2.0.0");
        let open = case.open_1_5.as_ref().unwrap_or(&case.open);
        assert_eq!(&indexes(&open_statements(&policy, false)), open, "{name}: open in 1.5.0");
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tls {
    name: String,
    #[expect(dead_code, reason = "for the reader of the table")]
    source: String,
    policy: String,
    bucket: bool,
    objects: bool,
}

#[test]
fn plain_http() {
    for case in table::<Tls>(include_str!("cases/policy/tls.toml")) {
        let name = &case.name;
        let policy = Document::parse(&case.policy).unwrap_or_else(|error| panic!("{name}: {error}"));
        let denied = denies_plain_http(&policy, "arn:aws:s3:::b");
        assert_eq!((denied.bucket, denied.objects), (case.bucket, case.objects), "{name}");
        assert_eq!(denied.statements.is_empty(), !(case.bucket || case.objects), "{name}");
    }
}

#[test]
fn a_service_says_for_whom_it_may_act() {
    let deputies = |condition: Value| {
        let policy = json!({"Statement": {
            "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "*", "Resource": "*", "Condition": condition
        }});
        confused_deputies(&Document::from_value(&policy).unwrap()).len()
    };
    assert_eq!(deputies(json!({})), 1);
    assert_eq!(deputies(json!({"Bool": {"aws:SecureTransport": true}})), 1);
    assert_eq!(deputies(json!({"ArnLike": {"AWS:sourcearn": "arn:aws:sns:*:111122223333:*"}})), 0);
    assert_eq!(deputies(json!({"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}})), 1);
    assert_eq!(deputies(json!({"StringNotEquals": {"aws:SourceAccount": "111122223333"}})), 1);
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

fn condition() -> impl Strategy<Value = Value> {
    let set = select(vec!["", "", "ForAnyValue:", "ForAllValues:"]);
    let operator = select(vec![
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
        "ArnEquals",
        "ArnLike",
        "ArnNotLike",
        "IpAddress",
        "NotIpAddress",
        "Bool",
        "Null",
        "NumericLessThan",
    ]);
    let if_exists = select(vec!["", "", "IfExists"]);
    let key = select(vec![
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:userid",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:SourceVpc",
        "aws:SourceVpce",
        "aws:SourceIp",
        "aws:VpcSourceIp",
        "aws:VpceOrgID",
        "aws:ResourceOrgID",
        "aws:PrincipalIsAWSService",
        "aws:SecureTransport",
        "aws:PrincipalTag/x",
        "s3:DataAccessPointArn",
        "s3:DataAccessPointAccount",
        "s3:prefix",
    ]);
    let value = select(vec![
        "o-abc",
        "o-*",
        "*",
        "o-abc/*/ou-x/*",
        "o-abc/r-x/",
        "111122223333",
        "anonymous",
        "arn:aws:iam::111122223333:role/*",
        "arn:aws:iam::*:role/x",
        "arn:aws:s3:eu-west-1:111122223333:accesspoint/*",
        "arn:aws:s3:::b*",
        "AROAX:*",
        "AROAX:me",
        "vpc-1",
        "vpce-*",
        "10.0.0.0/8",
        "203.0.113.7",
        "0.0.0.0/1",
        "2001:db8::/32",
        "::/0",
        "true",
        "false",
        "x",
        "${aws:ResourceOrgID}",
        "${aws:PrincipalOrgID}",
        "",
    ]);
    let values = prop::collection::vec(value, 0..3);
    (set, operator, if_exists, key, values).prop_map(
        |(set, operator, if_exists, key, values)| json!({(format!("{set}{operator}{if_exists}")): {key: values}}),
    )
}

fn resource_statement() -> impl Strategy<Value = Value> {
    let principal = select(vec![
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": ["111122223333", "*"]}),
        json!({"AWS": "111122223333"}),
        json!({"Service": "sns.amazonaws.com"}),
        json!({"Federated": "graph.facebook.com"}),
    ]);
    let conditions = prop::collection::vec(condition(), 0..3);
    (statement(), select(vec!["Principal", "Principal", "NotPrincipal"]), principal, conditions).prop_map(
        |(mut statement, element, principal, conditions)| {
            let mut merged = serde_json::Map::new();
            for condition in conditions {
                merged.extend(condition.as_object().unwrap().clone());
            }
            statement["Condition"] = Value::Object(merged);
            statement[element] = principal;
            statement
        },
    )
}

fn resource_statements() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(resource_statement(), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_public_policy_has_an_open_statement(statements in resource_statements()) {
        let policy = document(&statements);
        if let Public::Yes { statement, .. } = is_public(&policy, "*", "*") {
            prop_assert!(indexes(&open_statements(&policy, true)).contains(&statement.index));
        }
        let (open, more) = (indexes(&open_statements(&policy, true)), indexes(&open_statements(&policy, false)));
        prop_assert!(open.iter().all(|index| more.contains(index)));
    }

    #[test]
    fn a_deny_more_never_makes_a_policy_public(statements in resource_statements(), mut deny in resource_statement()) {
        deny["Effect"] = json!("Deny");
        // What a Deny excepts is searched for, so one with exceptions can only find what was missed.
        for (element, not) in [("Action", "NotAction"), ("Resource", "NotResource")] {
            if let Some(list) = deny.as_object_mut().unwrap().remove(not) {
                deny[element] = list;
            }
        }
        let mut more = statements.clone();
        more.push(deny);
        let (before, after) = (document(&statements), document(&more));
        prop_assert!(!is_public(&after, "s3:*", "arn:aws:s3:::b/*").is_yes() || is_public(&before, "s3:*", "arn:aws:s3:::b/*").is_yes());
    }

    #[test]
    fn a_wider_question_is_no_less_public(mut statements in resource_statements()) {
        statements.retain(|statement| statement["Effect"] == "Allow");
        if !statements.is_empty() {
            let policy = document(&statements);
            let narrow = is_public(&policy, "s3:GetObject", "arn:aws:s3:::b/k").is_yes();
            prop_assert!(!narrow || is_public(&policy, "s3:*", "arn:aws:s3:::b/*").is_yes());
        }
    }

    #[test]
    fn order_changes_nothing_about_strangers(statements in resource_statements()) {
        let mut reversed = statements.clone();
        reversed.reverse();
        let (one, other) = (document(&statements), document(&reversed));
        prop_assert_eq!(is_public(&one, "s3:*", "*").is_yes(), is_public(&other, "s3:*", "*").is_yes());
        prop_assert_eq!(denies_plain_http(&one, "arn:aws:s3:::b").objects, denies_plain_http(&other, "arn:aws:s3:::b").objects);
    }
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

#[test]
fn a_full_bucket_policy_takes_no_time() {
    let actions = |verb: &str| (0..250).map(|i| format!("s3:{verb}{i}*")).collect::<Vec<_>>();
    let resources = |prefix: &str| (0..250).map(|i| format!("arn:aws:s3:::b/{prefix}{i}/*")).collect::<Vec<_>>();
    let policy = document(&[
        json!({"Effect": "Allow", "Principal": "*", "Action": actions("Get"), "Resource": resources("x")}),
        json!({"Effect": "Deny", "Principal": "*", "NotAction": actions("Put"), "Resource": "*"}),
        json!({"Effect": "Deny", "Principal": "*", "Action": "*", "NotResource": resources("y")}),
    ]);
    assert!(matches!(is_public(&policy, "s3:*", "arn:aws:s3:::b/*"), Public::No { .. }));
}

/// What is asked of policies, asked of the same policies redacted.
#[cfg(feature = "redact")]
mod redacted {
    use cis_aws::datasets::s3::BucketPolicies;
    use cis_aws::redact::{Key, Redactor};
    use cis_core::DatasetInfo;
    use cis_core::layer::Rewrite;

    use super::*;

    /// A bucket's name and its policy, redacted.
    fn redacted(bucket: &str, policy: &Value) -> (String, Value) {
        let redactor = Redactor::new(&Key::new([7; 32]).unwrap());
        let document = json!({"Buckets": [{"Bucket": bucket, "Policy": policy}]});
        let document = redactor.document(&DatasetInfo::of::<BucketPolicies>(), document);
        let row = &document["Buckets"][0];
        (row["Bucket"].as_str().unwrap().to_owned(), row["Policy"].clone())
    }

    /// What is asked of a bucket's policy.
    fn bucket_answers(policy: &Document, bucket: &str) -> Vec<String> {
        let arn = format!("arn:aws:s3:::{bucket}");
        let mut answers = Vec::new();
        for resource in [arn.clone(), format!("{arn}/*")] {
            answers.push(match is_public(policy, "s3:*", &resource) {
                Public::Yes { statement, witness } => {
                    format!("{} {:?} {:?} {}", statement.index, witness.who, witness.via, witness.action)
                }
                Public::No { restricted_by } => format!("{restricted_by:?}"),
                Public::NotProven { statement } => format!("not proven {}", statement.index),
            });
        }
        for conditions_close in [true, false] {
            answers.push(format!("{:?}", indexes(&open_statements(policy, conditions_close))));
        }
        let denied = denies_plain_http(policy, &arn);
        answers.push(format!("{} {} {:?}", denied.bucket, denied.objects, indexes(&denied.statements)));
        answers.push(format!(
            "{:?} {:?}",
            indexes(&confused_deputies(policy)),
            full_admin(policy).map(|found| found.index)
        ));
        answers
    }

    fn assert_answers_stay(name: &str, bucket: &str, policy: &Value) {
        let before = Document::from_value(policy).unwrap();
        let (redacted_bucket, redacted) = redacted(bucket, policy);
        let after = Document::from_value(&redacted).unwrap_or_else(|error| panic!("{name}: {error}: {redacted}"));
        assert_eq!(
            bucket_answers(&before, bucket),
            bucket_answers(&after, &redacted_bucket),
            "{name}: {policy} became {redacted}"
        );
    }

    #[test]
    fn a_redacted_policy_answers_alike() {
        let public = table::<Resource>(include_str!("cases/policy/public.toml"));
        let tls = table::<Tls>(include_str!("cases/policy/tls.toml"));
        let cases = public.into_iter().map(|case| (case.name, case.policy));
        for (name, policy) in cases.chain(tls.into_iter().map(|case| (case.name, case.policy))) {
            let object: Value = serde_json::from_str(&policy).unwrap();
            for form in [json!(policy), object] {
                assert_answers_stay(&name, "b", &form);
            }
        }
        for resource in [
            "arn:aws:s3:::logs*",
            "arn:aws:s3:::*-logs",
            "arn:aws:s3:::acme-*/*",
            "arn:aws:s3:::*ogs/*",
            "arn:aws:s3:::acme-logs/AWS*",
            "arn:aws:s3:::acme-logs/*.txt",
            "arn:aws:s3:::?cme-logs",
            "*acme-logs*",
            "arn:aws:s3:::${aws:username}/*",
            "arn:*:s3:::acme-logs",
        ] {
            for (effect, element) in
                [("Allow", "Resource"), ("Deny", "Resource"), ("Allow", "NotResource"), ("Deny", "NotResource")]
            {
                let all = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::acme-logs/AWSLogs/x.txt"]});
                let one = json!({"Effect": effect, "Principal": "*", "Action": "s3:*", element: resource});
                let policy = json!({"Version": "2012-10-17", "Statement": [all, one]});
                assert_answers_stay(&format!("{effect} {element} {resource}"), "acme-logs", &policy);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn redacted_statements_answer_alike(statements in resource_statements()) {
            assert_answers_stay("", "b", &json!({"Version": "2012-10-17", "Statement": statements}));
        }
    }
}
