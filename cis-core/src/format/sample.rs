//! Reports to try formats on.

use std::collections::BTreeMap;

use serde_json::json;

use crate::benchmark::Assessment;
use crate::facts::{ScopeRegion, ScopeStatus};
use crate::finding::{Evidence, Finding, Resource, Status};
use crate::gap::{Gap, GapKind};
use crate::remediation::{CautionKind, Remediation};
use crate::report::{BenchmarkName, Counts, Judged, Report, Summary, Tallies};
use crate::review::{
    Answer, Attestation, EntryState, Exception, Review, Reviewed, ReviewedAttestation, ReviewedException,
};
use crate::values::Values;

/// A finding on a user. One of `iam.` belongs to recommendation 1.1, all others stand outside the benchmark.
pub(super) fn finding(key: &str, status: Status, name: &str, message: &str) -> Finding {
    let resource = Resource {
        kind: "AWS::IAM::User".into(),
        id: name.into(),
        arn: None,
        region: None,
        account_id: "123456789012".into(),
        sub: None,
        tags: None,
    };
    Finding {
        recommendation: key.starts_with("iam.").then(|| "1.1".into()),
        control: key.into(),
        status,
        settled: None,
        attestation: None,
        exception: None,
        resource,
        message: message.into(),
        template: message.to_owned().into(),
        values: Values::default(),
        gaps: Vec::new(),
        evidence: Vec::new(),
    }
}

/// A report with these recommendations (id, key, title), all of one section.
pub(super) fn report(recommendations: &[(&str, &str, &str)], findings: Vec<Finding>, unread: Vec<Gap>) -> Report {
    let judged = |&(id, key, title): &(&str, &str, &str)| {
        let statuses = findings.iter().filter(|finding| finding.control == key).map(|finding| finding.status);
        Judged {
            id: id.into(),
            key: key.into(),
            title: title.into(),
            section: "Identity".into(),
            level: 1,
            assessment: Assessment::Automated,
            status: statuses.clone().max().unwrap_or(Status::NotApplicable),
            counts: Counts::of(statuses),
        }
    };
    let recommendations: Vec<_> = recommendations.iter().map(judged).collect();
    let region = |name: &str, status| ScopeRegion { region: name.into(), status };
    Report {
        benchmark: BenchmarkName { name: "Acme baseline".into(), version: "1".into() },
        account_id: "123456789012".into(),
        partition: "aws".into(),
        as_of: "2024-05-01T00:00:00Z".parse().unwrap(),
        scope: vec![
            region("ap-east-1", ScopeStatus::NotEnabled),
            region("eu-central-1", ScopeStatus::Scanned),
            region("eu-west-1", ScopeStatus::LeftOut),
        ],
        summary: Summary::of(&recommendations, &Tallies::of(&findings)),
        recommendations,
        findings,
        unread,
        review: None,
        remediation: BTreeMap::new(),
        collection: None,
    }
}

/// A report with every status, a region, a part, evidence, a gap, and a control outside the benchmark.
pub(super) fn whole() -> Report {
    let gap = Gap::new(GapKind::Denied, "no identity-based policy allows the action")
        .operation("iam:GetCredentialReport")
        .code("AccessDenied")
        .action("iam:GetCredentialReport");
    let mut fail = finding("iam.keys", Status::Fail, "cid", "The key is 91 days old; it must be at most 90.");
    fail.resource.arn = Some("arn:aws:iam::123456789012:user/cid".into());
    fail.resource.sub = Some("access key 1".into());
    fail.resource.region = Some("eu-central-1".into());
    fail.resource.tags = Some([("team", "web")].into_iter().collect());
    fail.template = "The key is {age} days old; it must be at most {max}.".into();
    fail.values = Values::from_iter([("age", 91), ("max", 90)]);
    fail.evidence = vec![Evidence {
        operation: "iam:GetCredentialReport".into(),
        field: "access_key_1_last_rotated".into(),
        value: json!("2024-01-31T00:00:00Z"),
        read_at: Some("2024-05-01T00:00:00Z".parse().unwrap()),
    }];
    let mut unknown = finding("iam.keys", Status::Unknown, "bob", "The credential report could not be read.");
    unknown.gaps = vec![gap.clone()];
    report(
        &[("1.1", "iam.keys", "Keys are rotated"), ("1.2", "iam.mfa", "MFA is on"), ("1.3", "iam.none", "None")],
        vec![
            finding("iam.keys", Status::Pass, "ann", "The key is 3 days old."),
            unknown,
            fail,
            finding("iam.mfa", Status::NotApplicable, "dan", "There is no password."),
            finding("acme.badges", Status::Manual, "eve", "Look at the badge."),
        ],
        vec![gap],
    )
}

/// Ways to put a key right; every text of it has this one in it.
pub(super) fn remediation(text: &str) -> Remediation {
    Remediation::new(format!("Rotate the key of {{resource}}. {text}"))
        .caution(CautionKind::CutsAccess, format!("{text} What uses it fails."))
        .console([format!("Open {{resource}}. {text}")])
        .cli(["aws iam list-access-keys --user-name {resource} --max-items {max}"])
        .no_terraform(format!("{text} The state would hold the key."))
        .value("max", &90)
}

/// [`whole`] with how to put right what its keys fail.
pub(super) fn with_remediation() -> Report {
    let mut report = whole();
    report.remediation = BTreeMap::from([("iam.keys".to_owned(), remediation(""))]);
    report
}

/// [`whole`] with a review: an exception covers the fail, another one on a fail more has expired, an attestation settles the
/// manual finding to pass.
pub(super) fn reviewed() -> Report {
    let review = Review::from_toml(
        r#"
        [[exceptions]]
        recommendation = "iam.keys"
        resource = "cid"
        owner = "web team"
        reason = "rotates in June"
        ticket = "WEB-1"
        expires = 2024-06-30
        [[exceptions]]
        recommendation = "iam.keys"
        resource = "old"
        owner = "data team"
        reason = "was away"
        ticket = "DATA-2"
        expires = 2024-04-30
        [[attestations]]
        recommendation = "acme.badges"
        answer = "pass"
        by = "Ann Example"
        dated = 2024-04-01
        evidence = "https://example.com/badges"
        valid_until = 2024-12-31
        "#,
    );
    let mut report = whole();
    report
        .findings
        .insert(3, finding("iam.keys", Status::Fail, "old", "The key is 99 days old; it must be at most 90."));
    review.unwrap().apply(&mut report);
    report
}

/// An exception whose every text begins with this one. None is empty: no review takes one.
pub(super) fn exception(text: &str) -> Box<Exception> {
    let text = format!("{text}.");
    let text = text.as_str();
    Box::new(Exception {
        benchmark: Some(text.into()),
        recommendation: text.into(),
        resource: Some(text.into()),
        region: Some(text.into()),
        account: None,
        tags: Some([(text.to_owned(), text.to_owned())].into()),
        owner: text.into(),
        reason: text.into(),
        ticket: text.into(),
        expires: "2024-06-30".parse().unwrap(),
    })
}

/// An attestation whose every text begins with this one.
pub(super) fn attestation(text: &str) -> Box<Attestation> {
    let text = format!("{text}.");
    let text = text.as_str();
    Box::new(Attestation {
        benchmark: Some(text.into()),
        recommendation: text.into(),
        resource: Some(text.into()),
        region: Some(text.into()),
        account: None,
        answer: Answer::Fail,
        by: text.into(),
        dated: "2024-04-01".parse().unwrap(),
        evidence: text.into(),
        valid_until: "2024-12-31".parse().unwrap(),
    })
}

/// A report whose every text is this one.
pub(super) fn all_of(text: &str) -> Report {
    let mut hostile = Status::ALL.map(|status| finding("iam.keys", status, text, text));
    for (n, finding) in hostile.iter_mut().enumerate() {
        finding.resource.kind = text.into();
        finding.resource.arn = (n % 2 == 0).then(|| text.to_owned());
        finding.resource.region = (n % 3 == 0).then(|| text.into());
        finding.resource.sub = Some(format!("{text}{n}").into());
        finding.resource.tags = (n % 2 == 0).then(|| [(text, text)].into_iter().collect());
        finding.gaps = vec![Gap::new(GapKind::Malformed, text).resource(text).code(text).operation(text)];
        finding.evidence = vec![Evidence {
            operation: text.to_owned().into(),
            field: text.to_owned().into(),
            value: json!({text: [text]}),
            read_at: None,
        }];
        match finding.status {
            Status::Fail => finding.exception = Some(exception(text)),
            Status::Manual => {
                (finding.settled, finding.attestation) = (Some(Status::Fail), Some(attestation(text)));
            }
            _ => {}
        }
    }
    let outside = finding(&format!("x.{text}"), Status::Fail, text, text);
    let findings = hostile.into_iter().chain([outside]).collect();
    let gap = Gap::new(GapKind::Denied, text).operation(text).action(text).region(text).resource(text);
    let mut report = report(&[(text, "iam.keys", text)], findings, vec![gap]);
    report.benchmark.name = text.into();
    report.benchmark.version = text.into();
    report.remediation = BTreeMap::from([("iam.keys".to_owned(), remediation(text))]);
    report.recommendations[0].section = text.into();
    report.scope[1].region = text.into();
    let state = EntryState::Expired;
    report.review = Some(Reviewed {
        exceptions: vec![ReviewedException {
            exception: *exception(text),
            state,
            named: 1,
            applied: 0,
            tags_unread: 1,
        }],
        attestations: vec![ReviewedAttestation { attestation: *attestation(text), state, named: 1, applied: 0 }],
    });
    report.recount();
    report
}

/// Texts that formats have trouble with.
pub(super) const HOSTILE: [&str; 12] = [
    "",
    "<script>alert(1)</script></noscript><!-- --> & \"'`",
    "=HYPERLINK(\"http://x\",\"y\")",
    "@SUM(1+9)*cmd|' /C calc'!A0",
    "\t=1+1\r\n-2",
    "a|b\n\n# c [d](javascript:e) `f` *g* _h_ <details>@octocat",
    "]]> <![CDATA[ &amp; ",
    "\u{0}\u{1}\u{8}\u{b}\u{1f}\u{7f}\u{85}\u{fffe}\u{ffff}",
    "監査 ｱ \u{1f600} \u{301}\u{202e}rtl",
    "＝１＋１",
    "{\"$gap\": {}} \\u0000 \\",
    "a,b;c\"d\"\re",
];
