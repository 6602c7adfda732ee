use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::facts::{ScopeRegion, ScopeStatus};
use crate::finding::{Finding, Resource, Status};
use crate::report::{BenchmarkName, Counts, Judged, Summary};
use crate::{Assessment, Gap, GapKind};

pub(crate) const ACCOUNT: &str = "123456789012";

/// Key, id, assessment.
const RECOMMENDATIONS: [(&str, &str, Assessment); 3] = [
    ("s3.public", "2.1", Assessment::Automated),
    ("s3.sensitive", "2.2", Assessment::Manual),
    ("s3.sensitive_too", "2.20", Assessment::Manual),
];

pub(crate) fn finding(key: &str, status: Status, bucket: &str, region: Option<&str>) -> Finding {
    let resource = Resource {
        kind: "AWS::S3::Bucket".into(),
        id: bucket.into(),
        arn: Some(format!("arn:aws:s3:::{bucket}")),
        region: region.map(Into::into),
        account_id: ACCOUNT.into(),
        sub: None,
        tags: None,
    };
    let id = RECOMMENDATIONS.iter().find(|(known, ..)| *known == key).map(|(_, id, _)| (*id).into());
    Finding {
        recommendation: id,
        control: key.into(),
        status,
        settled: None,
        attestation: None,
        exception: None,
        resource,
        message: "".into(),
        template: "".into(),
        values: crate::Values::default(),
        gaps: if status == Status::Unknown { vec![Gap::new(GapKind::Denied, "no")] } else { Vec::new() },
        evidence: Vec::new(),
    }
}

pub(crate) fn report(findings: Vec<Finding>) -> Report {
    let judged = |&(key, id, assessment): &(&str, &str, Assessment)| Judged {
        id: id.into(),
        key: key.into(),
        title: String::new(),
        section: String::new(),
        level: 1,
        assessment,
        status: Status::Unknown,
        counts: Counts::default(),
    };
    let region = |name: &str, status| ScopeRegion { region: name.into(), status };
    let mut report = Report {
        benchmark: BenchmarkName { name: "Acme".into(), version: "2".into() },
        account_id: ACCOUNT.into(),
        partition: "aws".into(),
        as_of: "2026-03-01T23:59:59Z".parse().unwrap(),
        scope: vec![region("eu-west-1", ScopeStatus::Scanned), region("us-east-1", ScopeStatus::LeftOut)],
        recommendations: RECOMMENDATIONS.iter().map(judged).collect(),
        findings,
        unread: Vec::new(),
        summary: Summary::default(),
        review: None,
        remediation: BTreeMap::new(),
        collection: None,
    };
    report.recount();
    report
}

/// The finding with the tags that were read of its resource.
fn tagged(mut finding: Finding, tags: &[(&str, &str)]) -> Finding {
    finding.resource.tags = Some(tags.iter().copied().collect());
    finding
}

/// A finding of every status that matters, on buckets that tell them apart. One control reads tags.
fn mixed() -> Report {
    report(vec![
        tagged(finding("s3.public", Status::Fail, "www-1", Some("eu-west-1")), &[("team", "web")]),
        tagged(finding("s3.public", Status::Fail, "www-2", None), &[("idle", ""), ("team", "ops")]),
        tagged(finding("s3.public", Status::Pass, "logs", None), &[]),
        tagged(finding("s3.public", Status::Unknown, "dark", None), &[("team", "dark")]),
        tagged(finding("s3.public", Status::Manual, "odd", None), &[]),
        finding("s3.sensitive", Status::Manual, "www-1", None),
        finding("s3.sensitive", Status::Unknown, "dark", None),
        finding("s3.sensitive", Status::NotApplicable, "none", None),
        finding("s3.sensitive_too", Status::Manual, "www-1", None),
        finding("acme.badge", Status::Fail, "door", None),
    ])
}

/// An entry as JSON, with members of it changed; null takes one out.
fn entry(list: &str, changes: &[(&str, Value)]) -> Value {
    let mut entry = match list {
        "exceptions" => {
            json!({"recommendation": "s3.public", "owner": "o", "reason": "r", "ticket": "t", "expires": "2026-03-01"})
        }
        _ => {
            json!({"recommendation": "s3.sensitive", "answer": "pass", "by": "ann", "dated": "2026-03-01", "evidence": "e",
            "valid_until": "2026-03-01"})
        }
    };
    for (name, value) in changes {
        entry[*name] = value.clone();
    }
    entry.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    entry
}

fn review(list: &str, entries: &[Value]) -> Review {
    Review::from_yaml(&json!({list: entries}).to_string()).unwrap()
}

/// What a review did: state, named and applied of each entry, of how many fails the tags were not read, and the marked
/// findings.
fn done(report: &Report) -> (Vec<String>, Vec<String>) {
    let reviewed = report.review.clone().unwrap();
    let of = |state: EntryState, named, applied| format!("{} {named} {applied}", json!(state).as_str().unwrap());
    let unread = |count: usize| if count > 0 { format!(" of {count}") } else { String::new() };
    let exceptions = reviewed.exceptions.iter();
    let mut states: Vec<_> = exceptions.map(|e| of(e.state, e.named, e.applied) + &unread(e.tags_unread)).collect();
    states.extend(reviewed.attestations.iter().map(|e| of(e.state, e.named, e.applied)));
    let marked = report.findings.iter().filter_map(|finding| {
        let settled = finding.settled.map(|status| format!(" {status}")).unwrap_or_default();
        let excepted = finding.exception.as_ref().map(|_| " excepted").unwrap_or_default();
        let marked = finding.exception.is_some() || finding.attestation.is_some();
        assert_eq!(finding.settled.is_some(), finding.attestation.is_some());
        marked.then(|| format!("{} {}{settled}{excepted}", finding.control, finding.resource.id))
    });
    (states, marked.collect())
}

/// Why, what is changed in the entry, what becomes of it, and the marked findings.
type Row<'a> = (&'a str, &'a [(&'a str, Value)], &'a str, &'a str);

fn check(list: &str, rows: &[Row<'_>]) {
    for (why, changes, state, marked) in rows {
        let mut report = mixed();
        review(list, &[entry(list, changes)]).apply(&mut report);
        let (states, found) = done(&report);
        assert_eq!((states.join("; "), found.join("; ")), ((*state).to_owned(), (*marked).to_owned()), "{why}");
    }
}

#[test]
fn exceptions() {
    let both = "s3.public www-1 excepted; s3.public www-2 excepted";
    check(
        "exceptions",
        &[
            ("on its last day", &[], "applied 5 2", both),
            ("on the day after", &[("expires", json!("2026-02-28"))], "expired 5 0", ""),
            ("by id", &[("recommendation", json!("2.1")), ("benchmark", json!("2"))], "applied 5 2", both),
            (
                "an id is of its version",
                &[("recommendation", json!("2.1")), ("benchmark", json!("1"))],
                "other_benchmark 0 0",
                "",
            ),
            ("a key may be of a version too", &[("benchmark", json!("1"))], "other_benchmark 0 0", ""),
            ("2.2 is not 2.20", &[("recommendation", json!("2.2")), ("benchmark", json!("2"))], "unused 3 0", ""),
            ("a wildcard", &[("recommendation", json!("s3.*"))], "applied 9 2", both),
            (
                "outside the benchmark",
                &[("recommendation", json!("acme.badge"))],
                "applied 1 1",
                "acme.badge door excepted",
            ),
            ("misspelt", &[("recommendation", json!("s3.pubic"))], "unmatched 0 0", ""),
            ("an ARN with a wildcard", &[("resource", json!("arn:aws:s3:::www-?"))], "applied 2 2", both),
            ("an id", &[("resource", json!("www-2"))], "applied 1 1", "s3.public www-2 excepted"),
            ("a part of an id is no match", &[("resource", json!("www"))], "unmatched 0 0", ""),
            ("what passes needs none", &[("resource", json!("logs"))], "unused 1 0", ""),
            ("what is unknown stays so, unmarked", &[("resource", json!("dark"))], "unused 1 0", ""),
            ("what is manual stays so, unmarked", &[("resource", json!("odd"))], "unused 1 0", ""),
            ("in a region", &[("region", json!("eu-west-1"))], "applied 1 1", "s3.public www-1 excepted"),
            ("in a region that was left out", &[("region", json!("us-east-1"))], "out_of_scope 0 0", ""),
            ("in a region that there is not", &[("region", json!("eu-wst-1"))], "unmatched 0 0", ""),
            (
                "not in that region",
                &[("region", json!("eu-west-1")), ("resource", json!("www-2"))],
                "unmatched 0 0",
                "",
            ),
            ("with a tag", &[("tags", json!({"team": "web"}))], "applied 1 1", "s3.public www-1 excepted"),
            ("a key without its value", &[("tags", json!({"team": "*"}))], "applied 3 2", both),
            ("a value with a wildcard", &[("tags", json!({"team": "w?b"}))], "applied 1 1", "s3.public www-1 excepted"),
            ("another value", &[("tags", json!({"team": "we"}))], "unmatched 0 0", ""),
            ("a key is no pattern", &[("tags", json!({"te*": "web"}))], "unmatched 0 0", ""),
            ("a key as it is written", &[("tags", json!({"Team": "web"}))], "unmatched 0 0", ""),
            (
                "an empty value is a value",
                &[("tags", json!({"team": "*", "idle": ""}))],
                "applied 1 1",
                "s3.public www-2 excepted",
            ),
            ("of two tags one", &[("tags", json!({"team": "web", "idle": "*"}))], "unmatched 0 0", ""),
            ("on what has none", &[("tags", json!({"team": "*"})), ("resource", json!("logs"))], "unmatched 0 0", ""),
            (
                "tags that were not read match nothing",
                &[("tags", json!({"team": "*"})), ("recommendation", json!("acme.badge"))],
                "tags_unread 0 0 of 1",
                "",
            ),
            (
                "beside what it covers",
                &[("tags", json!({"team": "web"})), ("recommendation", json!("*"))],
                "tags_unread 1 1 of 1",
                "s3.public www-1 excepted",
            ),
            (
                "nor is it misspelt where nothing fails",
                &[("tags", json!({"team": "*"})), ("recommendation", json!("s3.sensitive"))],
                "tags_unread 0 0",
                "",
            ),
            (
                "what expired has done so whatever was read",
                &[
                    ("tags", json!({"team": "*"})),
                    ("recommendation", json!("acme.badge")),
                    ("expires", json!("2026-02-28")),
                ],
                "expired 0 0 of 1",
                "",
            ),
            ("in this account", &[("account", json!(ACCOUNT))], "applied 5 2", both),
            ("in another account", &[("account", json!("999999999999"))], "out_of_scope 0 0", ""),
        ],
    );
}

#[test]
fn attestations() {
    let sensitive = "s3.sensitive www-1 pass; s3.sensitive dark pass";
    check(
        "attestations",
        &[
            ("manual and, of a manual recommendation, unknown", &[], "applied 3 2", sensitive),
            (
                "answered with fail",
                &[("answer", json!("fail"))],
                "applied 3 2",
                "s3.sensitive www-1 fail; s3.sensitive dark fail",
            ),
            (
                "of an automated one, what is manual alone",
                &[("recommendation", json!("s3.public"))],
                "applied 5 1",
                "s3.public odd pass",
            ),
            (
                "from its day on",
                &[("dated", json!("2026-03-02")), ("valid_until", json!("2027-01-01"))],
                "in_the_future 3 0",
                "",
            ),
            (
                "until its last day",
                &[("dated", json!("2025-03-02")), ("valid_until", json!("2026-02-28"))],
                "expired 3 0",
                "",
            ),
            ("of one resource", &[("resource", json!("www-1"))], "applied 1 1", "s3.sensitive www-1 pass"),
            (
                "a fail is not turned",
                &[("recommendation", json!("s3.public")), ("resource", json!("www-2"))],
                "unused 1 0",
                "",
            ),
            (
                "a pass is not turned",
                &[("recommendation", json!("s3.public")), ("resource", json!("logs")), ("answer", json!("fail"))],
                "unused 1 0",
                "",
            ),
            ("where there is nothing to judge", &[("resource", json!("none"))], "unused 1 0", ""),
            ("misspelt", &[("recommendation", json!("s3.sensitiv"))], "unmatched 0 0", ""),
            ("in another account", &[("account", json!("999999999999"))], "out_of_scope 0 0", ""),
        ],
    );
}

#[test]
fn several_entries_on_one_finding() {
    let attested = |dated: &str, answer: &str| {
        entry("attestations", &[("dated", json!(dated)), ("answer", json!(answer)), ("resource", json!("www-1"))])
    };
    let latest = [attested("2026-02-01", "pass"), attested("2026-02-02", "fail"), attested("2026-01-01", "pass")];
    let same_day = [attested("2026-02-01", "fail"), attested("2026-02-01", "pass")];
    let excepted = |expires: &str, recommendation: &str| {
        let changes =
            [("expires", json!(expires)), ("recommendation", json!(recommendation)), ("resource", json!("www-1"))];
        entry("exceptions", &changes)
    };

    let mut report = mixed();
    review("attestations", &latest).apply(&mut report);
    let unused = "unused 1 0".to_owned();
    let states = vec![unused.clone(), "applied 1 1".to_owned(), unused.clone()];
    assert_eq!(done(&report), (states, vec!["s3.sensitive www-1 fail".to_owned()]), "the latest stands");

    review("attestations", &same_day).apply(&mut report);
    let states = vec!["applied 1 1".to_owned(), unused];
    assert_eq!(done(&report), (states, vec!["s3.sensitive www-1 fail".to_owned()]), "the graver of one day stands");

    let exceptions =
        [excepted("2026-04-01", "s3.*"), excepted("2026-05-01", "s3.sensitive"), excepted("2026-05-01", "*")];
    review("attestations", &latest).and(review("exceptions", &exceptions)).apply(&mut report);
    let (states, marked) = done(&report);
    assert_eq!(states[..3], ["applied 3 2", "applied 1 1", "applied 3 2"], "all that cover count");
    assert_eq!(
        marked,
        ["s3.public www-1 excepted", "s3.sensitive www-1 fail excepted"],
        "a fail that was attested too"
    );
    let mark = report.findings[5].exception.as_ref().unwrap();
    assert_eq!(mark.recommendation, "s3.sensitive", "the one that expires last, the first of them in the file");
}

#[test]
fn recommendations_and_summary_count_what_is_settled() {
    let mut report = mixed();
    assert_eq!(report.recommendations[1].status, Status::Unknown);
    let before = report.summary;
    assert_eq!((before.decided_by_facts, before.decided_by_attestations, before.excepted), (1, 0, 0));
    review("attestations", &[entry("attestations", &[])])
        .and(review("exceptions", &[entry("exceptions", &[("recommendation", json!("*"))])]))
        .apply(&mut report);
    let judged = &report.recommendations[1];
    assert_eq!((judged.status, judged.counts.pass, judged.counts.not_applicable), (Status::Pass, 2, 1));
    assert_eq!(report.recommendations[0].status, Status::Fail, "what is excepted still fails");
    let after = report.summary;
    assert_eq!((after.decided_by_facts, after.decided_by_attestations, after.assisted), (1, 1, 1));
    assert_eq!((after.findings.pass, after.findings.fail, after.excepted), (before.findings.pass + 2, 3, 3));
    assert_eq!((report.worst(), report.worst_not_excepted()), (Some(Status::Fail), Some(Status::Unknown)));
}

#[test]
fn a_review_takes_the_place_of_the_one_before() {
    let (first, second) = (review("attestations", &[entry("attestations", &[])]), Review::default());
    let mut report = mixed();
    first.apply(&mut report);
    second.apply(&mut report);
    let mut expected = mixed();
    expected.review = Some(Reviewed::default());
    assert_eq!(report, expected);
}

#[test]
fn a_scan_knows_what_was_not_selected() {
    let benchmark = Benchmark::from_toml(
        r#"
        name = "Acme"
        version = "2"
        recommendation = [
            { id = "2.1", key = "s3.public", title = "", section = "", level = 1, assessment = "automated" },
            { id = "9.1", key = "s3.other", title = "", section = "", level = 1, assessment = "automated" },
        ]
        "#,
    );
    let benchmark = benchmark.unwrap();
    let named = |name: &str| entry("exceptions", &[("recommendation", json!(name)), ("benchmark", json!("2"))]);
    let review = review("exceptions", &["s3.public", "s3.other", "9.1", "9.2"].map(named));
    let mut report = mixed();
    review.apply_of(&mut report, Some(&benchmark));
    assert_eq!(done(&report).0, ["applied 5 2", "out_of_scope 0 0", "out_of_scope 0 0", "unmatched 0 0"]);
    review.apply(&mut report);
    assert_eq!(done(&report).0[1], "unmatched 0 0", "a report alone does not know");
}

/// The tags that an exception asks for, and those of a resource, where they were read.
const ASKED: &[&[(&str, &str)]] = &[&[], &[("team", "*")], &[("team", "w*")], &[("team", "web"), ("idle", "")]];
const TOLD: &[Option<&[(&str, &str)]>] = &[None, Some(&[]), Some(&[("idle", ""), ("team", "web")])];

fn entries() -> impl Strategy<Value = Review> {
    let names = &["*", "s3.*", "s3.public", "s3.sensitive", "2.1", "2.*", "acme.badge", "none"][..];
    let resources = &[None, Some("*"), Some("www-?"), Some("dark"), Some("arn:aws:s3:::*")][..];
    let regions = &[None, Some("eu-west-1"), Some("us-east-1")][..];
    let days = prop::sample::select(&["2026-02-01", "2026-03-01", "2026-04-01"][..]);
    let about = (
        prop::sample::select(names),
        prop::sample::select(resources),
        prop::sample::select(regions),
        prop::sample::select(&["1", "2"][..]),
        prop::sample::select(ASKED),
    );
    let entry = (about, days, any::<bool>(), any::<bool>());
    prop::collection::vec(entry, 0..6).prop_map(|entries| {
        let made = entries.into_iter().map(|((name, resource, region, version, tags), day, exception, pass)| {
            let about = [
                ("recommendation", json!(name)),
                ("resource", json!(resource)),
                ("region", json!(region)),
                ("benchmark", json!(version)),
            ];
            if exception {
                let tags: std::collections::BTreeMap<_, _> = tags.iter().copied().collect();
                let tags = (!tags.is_empty()).then_some(tags);
                review(
                    "exceptions",
                    &[entry_of("exceptions", &about, &[("expires", json!(day)), ("tags", json!(tags))])],
                )
            } else {
                let answer = if pass { "pass" } else { "fail" };
                let dates = [("dated", json!(day)), ("valid_until", json!("2026-04-01")), ("answer", json!(answer))];
                review("attestations", &[entry_of("attestations", &about, &dates)])
            }
        });
        made.fold(Review::default(), Review::and)
    })
}

fn entry_of(list: &str, about: &[(&str, Value)], rest: &[(&str, Value)]) -> Value {
    entry(list, &[about, rest].concat())
}

proptest! {
    /// Exceptions and attestations change neither the findings nor their status: they add.
    #[test]
    fn a_review_hides_nothing(
        statuses in prop::collection::vec(prop::sample::select(Status::ALL.to_vec()), 1..12),
        tags in prop::collection::vec(prop::sample::select(TOLD), 12),
        review in entries(),
    ) {
        let keys = ["s3.public", "s3.sensitive", "s3.sensitive_too", "acme.badge"];
        let buckets = ["www-1", "www-2", "dark"];
        let made = statuses.iter().enumerate().map(|(n, &status)| {
            let finding = finding(keys[n % 4], status, buckets[n / 4], (n % 2 == 0).then_some("eu-west-1"));
            tags[n].map_or(finding.clone(), |tags| tagged(finding, tags))
        });
        let before = report(made.collect());
        let mut after = before.clone();
        review.apply(&mut after);

        prop_assert_eq!(after.findings.len(), before.findings.len());
        for (old, new) in before.findings.iter().zip(&after.findings) {
            let bare = Finding { settled: None, attestation: None, exception: None, ..new.clone() };
            prop_assert_eq!(&bare, old);
            let open = matches!(new.status, Status::Manual | Status::Unknown);
            prop_assert!(new.settled.is_none() || open, "settled, although it is {}", new.status);
            prop_assert!(matches!(new.settled, None | Some(Status::Pass | Status::Fail)));
            prop_assert!(new.exception.is_none() || new.verdict() == Status::Fail);
            if let Some(wanted) = new.exception.as_ref().and_then(|exception| exception.tags.as_ref()) {
                let found = new.resource.tags.as_ref();
                prop_assert!(wanted.keys().all(|key| found.is_some_and(|tags| tags.get(key).is_some())), "{wanted:?}");
            }
        }
        let reviewed = after.review.clone().unwrap();
        let entries: Vec<_> = reviewed.exceptions.iter().map(|entry| &entry.exception).collect();
        prop_assert_eq!(entries, review.exceptions.iter().collect::<Vec<_>>());
        let entries: Vec<_> = reviewed.attestations.iter().map(|entry| &entry.attestation).collect();
        prop_assert_eq!(entries, review.attestations.iter().collect::<Vec<_>>());
        // What asks for tags does as much as what does not, less where they are others, and less where it says that it cannot know.
        for entry in reviewed.exceptions.iter().filter(|entry| entry.exception.tags.is_some()) {
            let all = Exception { tags: None, ..entry.exception.clone() };
            let mut without = before.clone();
            Review { exceptions: vec![all], attestations: review.attestations.clone() }.apply(&mut without);
            let without = &without.review.unwrap().exceptions[0];
            prop_assert!(entry.named <= without.named);
            let may_cover = entry.applied + entry.tags_unread;
            prop_assert!(without.state == EntryState::Expired || may_cover <= without.applied, "{may_cover}");
            let unread = before.findings.iter().filter(|finding| finding.resource.tags.is_none()).count();
            prop_assert_eq!(entry.state == EntryState::TagsUnread && unread == 0, false);
            prop_assert!(entry.tags_unread == 0 || entry.state.is_problem());
        }
        let settled: usize = reviewed.attestations.iter().map(|entry| entry.applied).sum();
        prop_assert_eq!(settled, after.findings.iter().filter(|finding| finding.settled.is_some()).count());
        let summary = after.summary;
        let total = Status::ALL.into_iter().map(|status| summary.findings.get(status)).sum::<usize>();
        prop_assert_eq!(total, after.findings.len());
        let how = summary.decided_by_facts + summary.decided_by_attestations + summary.assisted + summary.rest_on_gaps;
        prop_assert_eq!(how, after.recommendations.len());

        let json = serde_json::to_string(&after).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Report>(&json).unwrap(), &after);
        let mut again = after.clone();
        review.apply(&mut again);
        prop_assert_eq!(again, after);
    }
}
