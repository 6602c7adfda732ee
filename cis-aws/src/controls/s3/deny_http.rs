use std::collections::BTreeMap;

use cis_core::Message;
use cis_core::prelude::*;

use super::bucket;
use crate::datasets::s3::BucketPolicies;
use crate::policy::{
    Condition, Document, Effect, Patterns, PlainHttpDenied, Principal, Principals, Statement, denies_old_tls, denies_plain_http,
};

control! {
    /// The policy of every bucket denies plain HTTP.
    ///
    /// A statement counts that denies everyone every action of S3 on all objects, on the one condition that
    /// `aws:SecureTransport` is `false`. That HTTPS is allowed denies nothing, and a further condition, another principal
    /// or a list of actions leaves requests over HTTP open. A policy of the organization is not the bucket's.
    ///
    /// ## Why it matters
    /// Over plain HTTP, whoever sits on the way reads and changes objects, and reads what the request is signed with.
    pub struct DenyHttp {
        /// Ask for the bucket itself too (listing it, reading its configuration), not for its objects alone.
        pub require_bucket_arn: bool = false,
        /// Accept a denial of TLS below 1.2 on bucket and objects, as the benchmark does since 4.0.0. By itself it does not
        /// refuse plain HTTP: such a request has no TLS version.
        pub accept_tls_version: bool = false,
    }
    key: "s3.deny_http", title: "S3 bucket policies deny plain HTTP",
    resource_type: "AWS::S3::Bucket", judged_at: Account,
}

const GET: &str = "s3:GetBucketPolicy";

impl Control for DenyHttp {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Add a statement to the bucket's policy that denies everyone every action over plain HTTP. Look first, in access \
                 logs or CloudTrail's data events, for clients that use HTTP. By the AWS CLI: save the policy that is there as \
                 policy.json, add the statement that the console steps show, and put it back.",
            )
            .caution(CautionKind::ReplacesAll, "The policy is set as a whole: keep the statements that are there.")
            .caution(CautionKind::CutsAccess, "Clients that use HTTP are refused.")
            .console([
                "S3, bucket {resource}, Permissions: under \"Bucket policy\" choose Edit.",
                r#"Add this statement to those that are there: {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:{partition}:s3:::{resource}", "arn:{partition}:s3:::{resource}/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#,
            ])
            .cli([
                "aws s3api get-bucket-policy --bucket {resource} --query Policy --output text",
                "aws s3api put-bucket-policy --bucket {resource} --policy file://policy.json",
            ])
            .terraform([r#"
                # A bucket has one policy: add the statement to those that are there.
                resource "aws_s3_bucket_policy" "this" {
                  bucket = "{resource}"
                  policy = jsonencode({
                    Version = "2012-10-17"
                    Statement = [{
                      Effect    = "Deny"
                      Principal = "*"
                      Action    = "s3:*"
                      Resource  = ["arn:{partition}:s3:::{resource}", "arn:{partition}:s3:::{resource}/*"]
                      Condition = { Bool = { "aws:SecureTransport" = "false" } }
                    }]
                  })
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<BucketPolicies>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let rows = facts.rows::<BucketPolicies>()?;
        bucket::each(facts, findings, &rows, |row| &row.bucket, |row| {
            let Some(policy) = row.policy.known()? else {
                let message = msg!("The bucket has no policy; one must deny plain HTTP.");
                return Ok(Verdict::fail(message).evidence(GET, "Policy", &None::<&str>));
            };
            let document = Document::from_value(policy);
            let document = document.map_err(|error| Gap::malformed(error.to_string()).operation(GET))?;
            Ok(self.judge(&document, &bucket::arn(facts, &row.bucket)))
        });
        Ok(())
    }
}

impl DenyHttp {
    fn judge(&self, document: &Document, bucket: &str) -> Verdict {
        let denied = denies_plain_http(document, bucket);
        if denied.objects && (denied.bucket || !self.require_bucket_arn) {
            return with_statements(Verdict::pass(in_words(&denied)), &denied);
        }
        if self.accept_tls_version {
            let old = denies_old_tls(document, bucket);
            if old.bucket && old.objects {
                let message = msg!("The policy denies TLS below 1.2 to everyone, on the bucket and its objects.");
                return with_statements(Verdict::pass(message), &old);
            }
        }
        if denied.objects {
            let message = msg!(
                "The policy denies plain HTTP on the objects alone; it must on the bucket too (listing it, reading its configuration)."
            );
            return with_statements(Verdict::fail(message), &denied);
        }
        match nearest(document, bucket) {
            Some((number, statement, misses)) => {
                let verdict = Verdict::fail(msg!(
                    "The policy does not deny plain HTTP to everyone on all objects: statement {number} comes nearest, but {misses}.",
                    number,
                    misses
                ));
                verdict.evidence(GET, "nearest statement", statement)
            }
            None => Verdict::fail(msg!("No statement of the policy denies plain HTTP; one must, to everyone on all objects."))
                .evidence(GET, "number of statements", &document.statements.len()),
        }
    }
}

fn in_words(denied: &PlainHttpDenied<'_>) -> Message {
    let both = denied.statements.iter().find(|found| {
        let mut values = found.statement.conditions.iter().flat_map(|condition| &condition.values);
        values.any(|value| value.eq_ignore_ascii_case("true"))
    });
    match (both, denied.bucket) {
        (Some(both), _) => {
            let number = both.index + 1;
            msg!("The policy denies plain HTTP to everyone, and HTTPS too: statement {number} names both.", number)
        }
        (None, true) => msg!("The policy denies plain HTTP to everyone, on the bucket and its objects."),
        (None, false) => msg!(
            "The policy denies plain HTTP to everyone on the objects; bucket-level calls (list, read configuration) still accept HTTP."
        ),
    }
}

fn with_statements(verdict: Verdict, denied: &PlainHttpDenied<'_>) -> Verdict {
    let statements = denied.statements.iter().map(|found| found.statement.to_value()).collect();
    verdict.evidence_json(GET, "denying statements", statements)
}

/// Of the statements that seem to be meant for it, the one that misses least: its number, and what it misses.
fn nearest<'a>(document: &'a Document, bucket: &str) -> Option<(usize, &'a Statement, Vec<Message>)> {
    let meant = |statement: &Statement| {
        statement.effect == Effect::Deny || statement.conditions.iter().any(|condition| of_transport(condition).is_some())
    };
    let all = document.statements.iter().enumerate().filter(|(_, statement)| meant(statement));
    let all = all.map(|(index, statement)| (index + 1, statement, misses(document, statement, bucket)));
    // Of several, one that speaks of the transport.
    all.min_by_key(|(_, statement, misses)| {
        (misses.len(), !statement.conditions.iter().any(|condition| of_transport(condition).is_some()))
    })
}

enum Key {
    SecureTransport,
    TlsVersion,
}

fn of_transport(condition: &Condition) -> Option<Key> {
    match condition.key.to_ascii_lowercase().as_str() {
        "aws:securetransport" => Some(Key::SecureTransport),
        "s3:tlsversion" => Some(Key::TlsVersion),
        _ => None,
    }
}

/// What a statement lacks to deny everyone plain HTTP on all objects: each of its parts is put into a statement that lacks
/// nothing.
fn misses(document: &Document, statement: &Statement, bucket: &str) -> Vec<Message> {
    let condition = Condition {
        operator: "Bool".into(),
        key: "aws:SecureTransport".into(),
        values: vec!["false".into()],
    };
    let whole = Statement {
        sid: None,
        effect: Effect::Deny,
        principals: Some(Principals::Only(vec![Principal::Everyone])),
        actions: Patterns::Only(vec!["*".into()]),
        resources: Some(Patterns::Only(vec!["*".into()])),
        conditions: vec![condition],
        other: BTreeMap::new(),
    };
    let counts = |statement: Statement| {
        let (version, other) = (document.version, BTreeMap::new());
        let alone = Document { version, id: None, statements: vec![statement], other };
        denies_plain_http(&alone, bucket).objects
    };
    let Statement { effect, principals, actions, resources, conditions, .. } = statement.clone();
    let mut misses = Vec::new();
    if effect != Effect::Deny {
        misses.push(msg!("it allows instead of denying"));
    }
    if !counts(Statement { principals, ..whole.clone() }) {
        misses.push(msg!("its principal is not everyone"));
    }
    if !counts(Statement { actions, ..whole.clone() }) {
        misses.push(msg!("its actions are not all of S3"));
    }
    if !counts(Statement { resources, ..whole.clone() }) {
        misses.push(msg!("its resources are not all objects"));
    }
    if !counts(Statement { conditions, ..whole }) {
        misses.push(condition_misses(&statement.conditions));
    }
    misses
}

fn condition_misses(conditions: &[Condition]) -> Message {
    match conditions {
        [] => msg!("it has no condition on aws:SecureTransport"),
        [one] => match of_transport(one) {
            Some(Key::SecureTransport)
                if one.operator.starts_with("Bool") && one.values.iter().all(|value| value.eq_ignore_ascii_case("true")) =>
            {
                msg!("its condition is met by HTTPS, not by HTTP")
            }
            Some(Key::SecureTransport) => {
                msg!("its condition does not compare aws:SecureTransport with false by Bool")
            }
            Some(Key::TlsVersion) => {
                msg!("its condition is on the TLS version, which a request over HTTP does not have")
            }
            None => msg!("its condition is not on aws:SecureTransport"),
        },
        _ => msg!("further conditions narrow it"),
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, unread};
    use serde_json::{Value, json};

    use super::*;

    const BOTH: &str = r#"["arn:aws:s3:::b", "arn:aws:s3:::b/*"]"#;
    const OBJECTS: &str = r#""arn:aws:s3:::b/*""#;
    const HTTP: &str = r#"{"Bool": {"aws:SecureTransport": "false"}}"#;

    fn buckets(list: &[(&str, Value)]) -> FactSet {
        let list: Vec<_> = list.iter().map(|(bucket, policy)| json!({"Bucket": bucket, "Policy": policy})).collect();
        aws::<BucketPolicies>(&json!({ "Buckets": list }).to_string())
    }

    /// The bucket `b` with a policy of these statements, as text, as S3 answers it.
    fn policy(statements: &str) -> FactSet {
        buckets(&[("b", json!(format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#)))])
    }

    fn statement(effect: &str, action: &str, resource: &str, condition: &str) -> String {
        format!(r#"{{"Effect": "{effect}", "Principal": "*", "Action": {action}, "Resource": {resource}, "Condition": {condition}}}"#)
    }

    fn deny(action: &str, resource: &str, condition: &str) -> FactSet {
        policy(&statement("Deny", action, resource, condition))
    }

    fn denied() -> Value {
        json!({"$gap": {"kind": "denied", "operation": "s3:GetBucketPolicy", "code": "AccessDenied", "action": "s3:GetBucketPolicy"}})
    }

    const S3: &str = r#""s3:*""#;

    #[test]
    fn cases() {
        let principal = |principal: &str| {
            policy(&statement("Deny", S3, BOTH, HTTP).replace(r#""Principal": "*""#, principal))
        };
        let on = |condition: &str| deny(S3, BOTH, condition);
        let unrelated: Vec<_> = (0..10)
            .map(|n| format!(r#"{{"Sid": "s{n}", "Effect": "Allow", "Principal": {{"AWS": "11112222333{n}"}}, "Action": "s3:GetObject", "Resource": {OBJECTS}}}"#))
            .collect();
        let mut cases = Cases::of(DenyHttp::default());
        for (name, facts) in [
            ("bucket and objects", on(HTTP)),
            ("the value as a boolean, with IfExists, the key without case", on(r#"{"BoolIfExists": {"AWS:securetransport": false}}"#)),
            ("everyone as an AWS principal", principal(r#""Principal": {"AWS": "*"}"#)),
            ("everyone in a list", principal(r#""Principal": {"AWS": ["111122223333", "*"]}"#)),
            ("the benchmark's sample: s3:* on the objects alone", deny(S3, OBJECTS, HTTP)),
            ("every action on the objects alone", deny(r#""*""#, OBJECTS, HTTP)),
            ("every bucket", deny(S3, r#""arn:aws:s3:::*""#, HTTP)),
            ("everything", deny(r#""*""#, r#""*""#, HTTP)),
            ("both values deny HTTPS too", on(r#"{"Bool": {"aws:SecureTransport": ["true", "false"]}}"#)),
            ("among ten that have nothing to do with it", policy(&format!("{}, {}", unrelated.join(","), statement("Deny", S3, BOTH, HTTP)))),
            ("two statements that together name every action", policy(&format!("{}, {}",
                statement("Deny", r#""s3:?""#, BOTH, HTTP), statement("Deny", r#""s3:??*""#, BOTH, HTTP)))),
            ("a TLS version with IfExists: HTTP has none, and the statement holds", on(r#"{"NumericLessThanIfExists": {"s3:TlsVersion": "1.2"}}"#)),
            ("one statement instead of a list", buckets(&[("b", json!(format!(r#"{{"Statement": {}}}"#, statement("Deny", S3, BOTH, HTTP))))])),
            ("the policy as an object", buckets(&[("b", json!({"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*",
                "Resource": "arn:aws:s3:::b*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}}))])),
        ] {
            cases = cases.pass(name, facts);
        }
        for (name, facts) in [
            ("no policy: NoSuchBucketPolicy", buckets(&[("b", Value::Null)])),
            ("a policy that denies nothing", policy(&unrelated[0])),
            ("HTTPS is allowed, and nothing denied", policy(&statement("Allow", S3, BOTH, r#"{"Bool": {"aws:SecureTransport": "true"}}"#))),
            ("uploads are denied, downloads are not", deny(r#""s3:PutObject""#, BOTH, HTTP)),
            ("s3:GetObject alone, as in one copy of 1.5.0", deny(r#""s3:GetObject""#, BOTH, HTTP)),
            ("all actions but some", policy(&statement("Deny", S3, BOTH, HTTP).replace(r#""Action""#, r#""NotAction""#))),
            ("the account's root alone", principal(r#""Principal": {"AWS": "arn:aws:iam::111122223333:root"}"#)),
            ("everyone but one", principal(r#""NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}"#)),
            ("another bucket", deny(S3, r#"["arn:aws:s3:::other", "arn:aws:s3:::other/*"]"#, HTTP)),
            ("a prefix alone", deny(S3, r#""arn:aws:s3:::b/prefix/*""#, HTTP)),
            ("the bucket without its objects", deny(S3, r#""arn:aws:s3:::b""#, HTTP)),
            ("HTTPS is denied", on(r#"{"Bool": {"aws:SecureTransport": "true"}}"#)),
            ("a TLS version by itself: HTTP has none", on(r#"{"NumericLessThan": {"s3:TlsVersion": "1.2"}}"#)),
            ("HTTP and old TLS in one statement: no request is both", on(r#"{"Bool": {"aws:SecureTransport": "false"}, "NumericLessThan": {"s3:TlsVersion": "1.2"}}"#)),
            ("one principal is exempt", on(r#"{"Bool": {"aws:SecureTransport": "false"}, "StringNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/r"}}"#)),
            ("two keys of one operator", on(r#"{"Bool": {"aws:SecureTransport": "false", "aws:ViaAWSService": "false"}}"#)),
            ("ForAllValues", on(r#"{"ForAllValues:Bool": {"aws:SecureTransport": "false"}}"#)),
            ("a text operator", on(r#"{"StringEquals": {"aws:SecureTransport": "false"}}"#)),
            ("Null: the key is never missing", on(r#"{"Null": {"aws:SecureTransport": "true"}}"#)),
            ("all is denied to one network: nearest of two is the one on the transport", policy(&format!("{}, {}",
                statement("Deny", S3, BOTH, r#"{"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#),
                statement("Deny", S3, BOTH, r#"{"StringEquals": {"aws:SecureTransport": "false"}}"#)))),
        ] {
            cases = cases.fail(name, facts);
        }
        cases
            .unknown("denied", buckets(&[("b", denied())]))
            .unknown("denied for all", unread::<BucketPolicies>(GapKind::Denied))
            .unknown("not JSON", buckets(&[("b", json!("<html>"))]))
            .unknown("an effect that does not exist", policy(&statement("deny", S3, BOTH, HTTP)))
            .unknown("no field in the answer", aws::<BucketPolicies>(r#"{"Buckets": [{"Bucket": "b"}]}"#))
            .each("one bucket of three is denied", buckets(&[("a", Value::Null), ("m", denied()), ("z", Value::Null)]), &[
                ("arn:aws:s3:::a", Status::Fail), ("arn:aws:s3:::m", Status::Unknown), ("arn:aws:s3:::z", Status::Fail)])
            .each("the list of buckets was cut off", on(HTTP).cut_off::<BucketPolicies>(), &[
                ("123456789012", Status::Unknown), ("arn:aws:s3:::b", Status::Pass)])
            .each("another partition: the ARN of the statement is of the wrong one", on(HTTP).partition("aws-cn"), &[("arn:aws-cn:s3:::b", Status::Fail)])
            .each("another partition", deny(S3, r#"["arn:aws-cn:s3:::b", "arn:aws-cn:s3:::b/*"]"#, HTTP).partition("aws-cn"), &[("arn:aws-cn:s3:::b", Status::Pass)])
            .not_applicable("no bucket", buckets(&[]))
            .check();
    }

    #[test]
    fn parameters() {
        Cases::of(DenyHttp { require_bucket_arn: true, ..DenyHttp::default() })
            .named("require_bucket_arn")
            .pass("bucket and objects", deny(S3, BOTH, HTTP))
            .fail("the objects alone", deny(S3, OBJECTS, HTTP))
            .check();
        let old = r#"{"NumericLessThan": {"s3:TlsVersion": "1.2"}}"#;
        Cases::of(DenyHttp { accept_tls_version: true, ..DenyHttp::default() })
            .named("accept_tls_version")
            .pass("TLS below 1.2 on bucket and objects", deny(S3, BOTH, old))
            .pass("TLS below 1.3", deny(S3, BOTH, r#"{"NumericLessThan": {"s3:TlsVersion": 1.3}}"#))
            .pass("plain HTTP", deny(S3, OBJECTS, HTTP))
            .fail("TLS below 1.2 on the objects alone", deny(S3, OBJECTS, old))
            .fail("TLS below 1.1", deny(S3, BOTH, r#"{"NumericLessThan": {"s3:TlsVersion": "1.1"}}"#))
            .fail("a version that is no number", deny(S3, BOTH, r#"{"NumericLessThan": {"s3:TlsVersion": "new"}}"#))
            .check();
    }
}
