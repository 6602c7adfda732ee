//! The sub-command `iam-policy`: what a policy document grants, for people who debug one.

use std::collections::BTreeSet;
use std::io::{Read, Write};

use cis_core::format::{Cell, Page, Style};
use cis_core::{Error, Locale, Message, msg};
use serde::Serialize;
use serde_json::Value;

use super::args::{Format, IamPolicyArgs};
use super::console::Console;
use super::list::json;
use crate::Arn;
use crate::policy::{
    Deciding, Document, Patterns, Public, confused_deputies, denies_plain_http, full_admin, is_public, near_admin,
    open_statements,
};

/// The largest file that is read: no policy document of AWS's is larger than some tens of kilobytes.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

#[derive(Debug, Serialize)]
struct Answers {
    full_admin: Option<Named>,
    near_admin: Option<Named>,
    /// By version of the benchmark: under 2.0.0 a condition may close a statement, under 1.5.0 none does.
    open_statements: OpenStatements,
    public: PublicAnswer,
    confused_deputies: Vec<Named>,
    /// A bucket's: for each bucket ARN that the document names, or the one that was given.
    denies_plain_http: Vec<PlainHttp>,
}

#[derive(Debug, Serialize)]
struct OpenStatements {
    #[serde(rename = "1.5.0")]
    v1_5_0: Vec<Named>,
    #[serde(rename = "2.0.0")]
    v2_0_0: Vec<Named>,
}

/// A statement, by its number from 1 and its Sid.
#[derive(Debug, Serialize)]
struct Named {
    statement: usize,
    sid: Option<String>,
    conditional: bool,
    text: Value,
}

#[derive(Debug, Serialize)]
struct PublicAnswer {
    /// Null: not proven, the policy is too complex.
    public: Option<bool>,
    statement: Option<Named>,
    /// The stranger's request that is allowed.
    witness: Option<String>,
    /// What keeps strangers out: `org`, `account`, `network`, `service`.
    restricted_by: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct PlainHttp {
    bucket_arn: String,
    bucket: bool,
    objects: bool,
    statements: Vec<Named>,
}

pub(super) fn iam_policy(args: &IamPolicyArgs, console: &mut Console<'_>) -> Result<(), Error> {
    let text = read(args)?;
    let document = Document::parse(&text)
        .map_err(|error| Error::document(error.to_string()).at(args.file.display().to_string()).because(error))?;
    let answers = answers(&document, args.bucket.as_deref());
    let options = console.text_options();
    console.print(|to| match args.format {
        Format::Json => json(&answers, to),
        Format::Text => show(&answers, &args.language.locale, Page::new(to, options)),
    })
}

fn read(args: &IamPolicyArgs) -> Result<String, Error> {
    let at =
        |error: std::io::Error| Error::document(error.to_string()).at(args.file.display().to_string()).because(error);
    let mut text = String::new();
    let file = std::fs::File::open(&args.file).map_err(at)?;
    file.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(at)?;
    if text.len() as u64 > MOST_BYTES {
        let message = format!("the file is larger than {MOST_BYTES} bytes: it is no policy document");
        return Err(Error::document(message).at(args.file.display().to_string()));
    }
    Ok(text)
}

fn named(deciding: &Deciding<'_>) -> Named {
    Named {
        statement: deciding.index + 1,
        sid: deciding.sid().map(str::to_owned),
        conditional: deciding.is_conditional(),
        text: deciding.statement.to_value(),
    }
}

fn all(statements: &[Deciding<'_>]) -> Vec<Named> {
    statements.iter().map(named).collect()
}

fn answers(document: &Document, bucket: Option<&str>) -> Answers {
    let public = match is_public(document, "*", "*") {
        Public::Yes { statement, witness } => PublicAnswer {
            public: Some(true),
            statement: Some(named(&statement)),
            witness: Some(witness.to_string()),
            restricted_by: Vec::new(),
        },
        Public::NotProven { statement } => {
            PublicAnswer { public: None, statement: Some(named(&statement)), witness: None, restricted_by: Vec::new() }
        }
        Public::No { restricted_by } => PublicAnswer {
            public: Some(false),
            statement: None,
            witness: None,
            restricted_by: restricted_by.iter().map(|restriction| restriction.as_str()).collect(),
        },
    };
    let buckets = bucket.map_or_else(|| buckets(document), |name| BTreeSet::from([bucket_arn(name)]));
    let plain_http = buckets.into_iter().map(|bucket_arn| {
        let denied = denies_plain_http(document, &bucket_arn);
        let (bucket, objects, statements) = (denied.bucket, denied.objects, all(&denied.statements));
        PlainHttp { bucket_arn, bucket, objects, statements }
    });
    Answers {
        full_admin: full_admin(document).as_ref().map(named),
        near_admin: near_admin(document).as_ref().map(named),
        open_statements: OpenStatements {
            v1_5_0: all(&open_statements(document, false)),
            v2_0_0: all(&open_statements(document, true)),
        },
        public,
        confused_deputies: all(&confused_deputies(document)),
        denies_plain_http: plain_http.collect(),
    }
}

/// A bucket's ARN from its name; an ARN stays as it is.
fn bucket_arn(name: &str) -> String {
    if name.starts_with("arn:") { name.to_owned() } else { format!("arn:aws:s3:::{name}") }
}

/// The buckets that a document names as resources, those with wildcards left out.
fn buckets(document: &Document) -> BTreeSet<String> {
    let resources = document.statements.iter().filter_map(|statement| statement.resources.as_ref());
    let arns = resources.flat_map(Patterns::as_slice).filter_map(|text| Arn::parse(text));
    let of_s3 = arns.filter(|arn| arn.service() == "s3");
    let bucket = of_s3.map(|arn| {
        let name = arn.resource().split('/').next().unwrap_or_default().to_owned();
        (name.clone(), format!("arn:{}:s3:::{name}", arn.partition()))
    });
    bucket.filter(|(name, _)| !name.is_empty() && !name.contains(['*', '?', '$'])).map(|(_, arn)| arn).collect()
}

fn show(answers: &Answers, locale: &Locale, mut page: Page<impl Write>) -> std::io::Result<()> {
    let mut row = |question: Message, answer: Message, bad: bool| {
        let style = if bad { Style::Bad } else { Style::Plain };
        page.row(0, &[Cell::new(locale.text(&question), 34), Cell::rest(locale.text(&answer)).style(style)])
    };
    let one = |named: &Option<Named>| match named {
        None => msg!("no"),
        Some(named) => msg!("yes, {statement}", statement = told(named)),
    };
    let many = |named: &[Named]| {
        let told = named.iter().map(told).reduce(|statements, next| msg!("{statements}; {next}", statements, next));
        told.unwrap_or_else(|| msg!("none"))
    };
    row(msg!("grants full administration"), one(&answers.full_admin), answers.full_admin.is_some())?;
    row(msg!("nearly grants it"), one(&answers.near_admin), answers.near_admin.is_some())?;
    let open = &answers.open_statements;
    row(msg!("open statements under 2.0.0"), many(&open.v2_0_0), !open.v2_0_0.is_empty())?;
    row(msg!("open statements under 1.5.0"), many(&open.v1_5_0), !open.v1_5_0.is_empty())?;
    let public = &answers.public;
    let effect = match (&public.statement, &public.witness) {
        (Some(statement), Some(witness)) => {
            msg!("yes, {statement}: {witness}", statement = told(statement), witness)
        }
        (Some(statement), None) => {
            msg!("not proven, {statement}: the policy is too complex", statement = told(statement))
        }
        _ if public.restricted_by.is_empty() => msg!("no"),
        _ => msg!("no, restricted by {what}", what = public.restricted_by),
    };
    row(msg!("public in effect"), effect, public.public != Some(false))?;
    row(
        msg!("services that may act for anybody"),
        many(&answers.confused_deputies),
        !answers.confused_deputies.is_empty(),
    )?;
    for bucket in &answers.denies_plain_http {
        let answer = match (bucket.bucket, bucket.objects) {
            (true, true) => msg!("yes, to the bucket and its objects"),
            (false, true) => msg!("to its objects only"),
            (true, false) => msg!("to the bucket only"),
            (false, false) => msg!("no"),
        };
        let answer = msg!("{answer} ({bucket})", answer, bucket = bucket.bucket_arn);
        row(msg!("denies plain HTTP"), answer, !bucket.objects)?;
    }
    if answers.denies_plain_http.is_empty() {
        row(msg!("denies plain HTTP"), msg!("names no bucket; give one by --bucket"), false)?;
    }
    Ok(())
}

fn told(named: &Named) -> Message {
    let number = named.statement;
    let statement = match &named.sid {
        None => msg!("statement {number}", number),
        Some(sid) => msg!("statement {number} ({sid})", number, sid),
    };
    if named.conditional { msg!("{statement}, conditional", statement) } else { statement }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::cli::Exit;
    use crate::cli::tests::audit;

    fn asked(policy: &Value, more: &[&str]) -> (Exit, String, String) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("policy.json");
        std::fs::write(&file, policy.to_string()).unwrap();
        let args = [&["iam-policy", file.to_str().unwrap()], more].concat();
        audit(&args)
    }

    #[test]
    fn a_bucket_policy() {
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Sid": "Read", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/*",
             "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abc"}}},
            {"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"],
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]});
        let (exit, out, err) = asked(&policy, &["--format", "json"]);
        assert_eq!((exit, err.as_str()), (Exit::NothingFails, ""));
        let answers: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(answers["full_admin"], Value::Null);
        assert_eq!(answers["open_statements"]["2.0.0"], json!([]));
        assert_eq!(answers["open_statements"]["1.5.0"][0]["sid"], "Read");
        assert_eq!(answers["public"]["public"], false);
        assert_eq!(answers["public"]["restricted_by"], json!(["org"]));
        let http = &answers["denies_plain_http"];
        assert_eq!(http.as_array().unwrap().len(), 1);
        assert_eq!((&http[0]["bucket"], &http[0]["objects"]), (&json!(true), &json!(true)));
        let (_, out, _) = asked(&policy, &[]);
        assert!(out.contains("yes, to the bucket and its objects (arn:aws:s3:::logs)"), "{out}");
        assert!(out.lines().all(|line| line.chars().count() <= 100), "{out}");
        let (_, out, _) = asked(&policy, &["--locale", "ja"]);
        let words: Vec<_> = out.split_whitespace().collect();
        assert!(
            words.join(" ").contains(
                "全員に公開 (1.5.0 の基準) ステートメント 1 (Read)、条件付き 実質的に公開 いいえ (制限: org)"
            ),
            "{out}"
        );
    }

    #[test]
    fn an_administrator_policy_and_a_public_one() {
        let admin = json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
        let (_, out, _) = asked(&admin, &[]);
        let words: Vec<_> = out.split_whitespace().collect();
        assert!(words.join(" ").starts_with("grants full administration yes, statement 1 "), "{out}");
        let public = json!({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}});
        let (_, out, _) = asked(&public, &["--format", "json"]);
        let answers: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(answers["public"]["public"], true);
        assert!(answers["public"]["witness"].is_string() && answers["public"]["statement"]["statement"] == 1);
    }

    #[test]
    fn what_is_no_policy() {
        for (policy, part) in [
            (json!({"Statement": []}), "policy.json: "),
            (json!("x"), "policy.json: "),
            (json!({"Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}}), "Effect"),
        ] {
            let (exit, out, err) = asked(&policy, &[]);
            assert_eq!((exit, out.as_str()), (Exit::CouldNotRun, ""));
            assert!(err.contains(part), "{err}");
        }
        assert_eq!(audit(&["iam-policy", "no-such-file.json"]).0, Exit::CouldNotRun);
    }
}
