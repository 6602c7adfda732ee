//! Text as a policy document, then every question about it, of the document and of its normal form.
#![no_main]

use cis_aws::policy::{
    Document, Public, allows, allows_service, confused_deputies, denies_old_tls, denies_plain_http, full_admin,
    is_public, near_admin, open_statements,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(document) = Document::parse(text) else { return };
    let normal = document.to_value();
    let again = Document::from_value(&normal).unwrap_or_else(|error| panic!("{normal}: {error}"));
    let written = Document::parse(&normal.to_string()).unwrap_or_else(|error| panic!("{normal}: {error}"));
    assert_eq!(again, written);
    assert_eq!(normal, again.to_value());
    let (first, second) = (answers(&document), answers(&again));
    assert!(first == second || first.is_empty() || second.is_empty(), "{normal}: {first:?} {second:?}");

    // Public implies an open statement, and full administration is no near one.
    if let Public::Yes { statement, .. } = is_public(&document, "*", "*") {
        assert!(open_statements(&document, true).iter().any(|open| open.index == statement.index), "{normal}");
    }
    assert!(full_admin(&document).is_none() || near_admin(&document).is_none(), "{normal}");
});

/// What is answered; nothing where an answer takes too much work.
fn answers(document: &Document) -> Vec<String> {
    const BUCKET: &str = "arn:aws:s3:::b";
    let indices = |found: Vec<cis_aws::policy::Deciding<'_>>| found.iter().map(|one| one.index).collect::<Vec<_>>();
    let mut answers = vec![
        format!("{:?}", full_admin(document).map(|found| found.index)),
        format!("{:?}", near_admin(document).map(|found| found.index)),
        format!("{:?}", allows_service(document, "support").map(|found| found.index)),
        format!("{:?}", indices(open_statements(document, true))),
        format!("{:?}", indices(open_statements(document, false))),
        format!("{:?}", indices(confused_deputies(document))),
    ];
    for denied in [denies_plain_http(document, BUCKET), denies_old_tls(document, BUCKET)] {
        answers.push(format!("{} {} {:?}", denied.bucket, denied.objects, indices(denied.statements)));
    }
    for (action, resource) in [("s3:GetObject", "arn:aws:s3:::b/k"), ("iam:CreateUser", "*")] {
        let allowed = allows(document, action, resource);
        answers.push(format!(
            "{} {} {:?}",
            allowed.is_yes(),
            allowed.is_no(),
            allowed.statement().map(|one| one.index)
        ));
    }
    for (action, resource) in [("*", "*"), ("s3:*", BUCKET), ("s3:*", "arn:aws:s3:::b/*")] {
        answers.push(match is_public(document, action, resource) {
            Public::Yes { statement, witness } => format!("{} {witness}", statement.index),
            Public::No { restricted_by } => format!("{restricted_by:?}"),
            // The order of conditions decides how much work is done before the bound: nothing to compare.
            Public::NotProven { .. } => return Vec::new(),
        });
    }
    answers
}
