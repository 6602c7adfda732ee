use super::*;
use crate::control::ACCOUNT_TYPE;
use crate::finding::{Finding, Status};
use crate::review::tests::{ACCOUNT, finding, report};
use crate::{Review, ScopeStatus};

use Status::{Fail, Manual, NotApplicable, Pass, Unknown};

const KEY: &str = "s3.public";

/// A finding on the bucket `b`.
fn bucket(status: Status) -> Finding {
    finding(KEY, status, "b", Some("eu-west-1"))
}

/// A finding on the account, or on the account in a region.
fn place(status: Status, region: Option<&str>) -> Finding {
    let mut finding = finding(KEY, status, ACCOUNT, region);
    (finding.resource.kind, finding.resource.arn) = (ACCOUNT_TYPE.into(), None);
    finding
}

fn part(status: Status) -> Finding {
    let mut finding = bucket(status);
    finding.resource.sub = Some("rule 1".into());
    finding
}

fn told(old: Vec<Finding>, new: Vec<Finding>) -> String {
    let verdict = |status: Option<Status>| status.map_or("none", Status::as_str);
    let comparison = Comparison::new(&report(old), &report(new)).unwrap();
    let told = comparison.differences.iter().map(|difference| {
        let kind = serde_json::json!(difference.kind);
        let kind = kind.as_str().unwrap();
        format!("{kind} {} {} {}", difference.resource.id, verdict(difference.was), verdict(difference.now))
    });
    told.collect::<Vec<_>>().join("; ")
}

#[test]
fn findings_of_both_reports() {
    for (was, now, expected) in [
        (Pass, Fail, "new_fail b pass fail"),
        (Unknown, Fail, "new_fail b unknown fail"),
        (Manual, Fail, "new_fail b manual fail"),
        (Fail, Fail, "still_failing b fail fail"),
        (Fail, Pass, "resolved b fail pass"),
        (Fail, NotApplicable, "resolved b fail not_applicable"),
        (Fail, Unknown, "newly_unknown b fail unknown"),
        (Pass, Unknown, "newly_unknown b pass unknown"),
        (Unknown, Unknown, ""),
        (Unknown, Pass, "no_longer_unknown b unknown pass"),
        (Unknown, Manual, "no_longer_unknown b unknown manual"),
        (Fail, Manual, "otherwise b fail manual"),
        (Pass, Manual, "otherwise b pass manual"),
        (Manual, Manual, ""),
        (Pass, Pass, ""),
    ] {
        assert_eq!(told(vec![bucket(was)], vec![bucket(now)]), expected, "{was} -> {now}");
    }
}

#[test]
fn findings_of_the_newer_report_alone() {
    for (now, expected) in [
        (Fail, "new_fail b none fail"),
        (Unknown, "newly_unknown b none unknown"),
        (Pass, ""),
        (Manual, ""),
        (NotApplicable, ""),
    ] {
        assert_eq!(told(vec![], vec![bucket(now)]), expected, "{now}");
    }
}

#[test]
fn findings_of_the_older_report_alone() {
    let here = Some("eu-west-1");
    let elsewhere = || finding("s3.sensitive", Pass, "b", None);
    for (why, old, new, expected) in [
        ("the resource is gone", vec![bucket(Fail)], vec![], "gone b fail none"),
        ("there is none left", vec![bucket(Fail)], vec![place(NotApplicable, None)], "gone b fail none"),
        ("the account passes", vec![bucket(Fail)], vec![place(Pass, None)], "resolved b fail pass"),
        ("its region passes", vec![bucket(Fail)], vec![place(Pass, here)], "resolved b fail pass"),
        ("another region passes", vec![bucket(Fail)], vec![place(Pass, Some("eu-north-1"))], "gone b fail none"),
        (
            "the list cannot be read any more: nobody can say that it is gone",
            vec![bucket(Fail)],
            vec![place(Unknown, here)],
            "newly_unknown 123456789012 none unknown; newly_unknown b fail unknown",
        ),
        ("it is there, and nothing is said of it", vec![bucket(Fail)], vec![elsewhere()], "resolved b fail none"),
        ("a part of it is gone", vec![part(Fail)], vec![elsewhere()], "gone b fail none"),
        ("a part of it is there", vec![bucket(Fail)], vec![part(Pass)], "resolved b fail none"),
        ("it passed", vec![bucket(Pass)], vec![], ""),
        ("it was unknown", vec![bucket(Unknown)], vec![], "no_longer_unknown b unknown none"),
        (
            "the list was unknown, and is read",
            vec![place(Unknown, here)],
            vec![bucket(Pass)],
            "no_longer_unknown 123456789012 unknown pass",
        ),
        (
            "the list was unknown, and what is read is so too",
            vec![place(Unknown, here)],
            vec![bucket(Unknown)],
            "newly_unknown b none unknown",
        ),
        (
            "the list was unknown, and what is read fails",
            vec![place(Unknown, here)],
            vec![bucket(Fail)],
            "new_fail b none fail; no_longer_unknown 123456789012 unknown fail",
        ),
        (
            "the account failed, and what is in it passes",
            vec![place(Fail, None)],
            vec![bucket(Pass)],
            "resolved 123456789012 fail pass",
        ),
        (
            "the account failed, and what is in it does",
            vec![place(Fail, None)],
            vec![bucket(Fail)],
            "new_fail b none fail; gone 123456789012 fail none",
        ),
    ] {
        assert_eq!(told(old, new), expected, "{why}");
    }
}

#[test]
fn findings_that_are_no_more() {
    let here = Some("eu-west-1");
    let other = || finding(KEY, Pass, "c", None);
    for (why, old, new, expected) in [
        ("it is there, whatever its verdict", bucket(Fail), vec![bucket(Pass)], false),
        ("its resource is gone", bucket(Fail), vec![other()], true),
        ("one that passed is as gone", bucket(Pass), vec![other()], true),
        ("the account passes", bucket(Fail), vec![place(Pass, None)], true),
        ("the list of its region cannot be read: nobody can say", bucket(Fail), vec![place(Unknown, here)], false),
        ("the list of another region cannot be read", bucket(Fail), vec![place(Unknown, Some("eu-north-1"))], true),
        ("the list was unknown, and what is read is told by itself", place(Unknown, here), vec![bucket(Unknown)], true),
        ("a part of it is gone", part(Fail), vec![bucket(Fail)], true),
    ] {
        let (old, new) = (report(vec![old]), report(new));
        let no_more = Comparison::no_more(&old, &new).unwrap();
        assert_eq!(no_more.len(), usize::from(expected), "{why}");
    }
    let mut elsewhere = report(vec![]);
    elsewhere.scope[0].status = ScopeStatus::LeftOut;
    assert!(
        Comparison::no_more(&report(vec![bucket(Fail)]), &elsewhere).unwrap().is_empty(),
        "the region was left out"
    );
    let badge = report(vec![finding("acme.badge", Fail, "door", None)]);
    assert!(Comparison::no_more(&badge, &report(vec![])).unwrap().is_empty(), "nobody looks at badges any more");
    elsewhere.account_id = "999999999999".into();
    assert!(Comparison::no_more(&badge, &elsewhere).is_err());
}

#[test]
fn what_only_one_looked_at_is_not_compared() {
    let whole = report(vec![bucket(Fail), finding("acme.badge", Fail, "door", None)]);
    let mut part = report(vec![]);
    part.scope[0].status = ScopeStatus::LeftOut;
    for (old, new) in [(&whole, &part), (&part, &whole)] {
        let comparison = Comparison::new(old, new).unwrap();
        assert!(comparison.differences.iter().all(|one| one.kind == DifferenceKind::NotCompared));
        assert_eq!(comparison.differences.len(), 2);
        assert!(!comparison.scope.is_none());
    }
    let scope = Comparison::new(&whole, &part).unwrap().scope;
    assert_eq!(
        (scope.regions_only_old, scope.keys_only_old),
        (vec!["eu-west-1".to_owned()], vec!["acme.badge".to_owned()])
    );
}

/// Nothing lay there before, so that whatever fails now is new. What lay in a region that is disabled now lies there still.
#[test]
fn a_region_that_is_enabled_later_is_compared() {
    let there = || report(vec![bucket(Fail), finding(KEY, Unknown, "c", Some("eu-west-1"))]);
    let mut before = report(vec![]);
    before.scope[0].status = ScopeStatus::NotEnabled;
    let kinds = |old: &Report, new: &Report| {
        let comparison = Comparison::new(old, new).unwrap();
        (comparison.differences.iter().map(|one| one.kind).collect::<Vec<_>>(), comparison.scope.is_none())
    };
    let new = vec![DifferenceKind::NewFail, DifferenceKind::NewlyUnknown];
    assert_eq!(kinds(&before, &there()), (new, true));
    assert_eq!(kinds(&there(), &before), (vec![DifferenceKind::NotCompared; 2], false));
    assert!(Comparison::no_more(&there(), &before).unwrap().is_empty());
}

#[test]
fn what_people_decided_counts() {
    let review = |text: &str| Review::from_toml(text).unwrap();
    let attested = review(
        r#"
        [[attestations]]
        recommendation = "s3.*"
        answer = "pass"
        by = "ann"
        dated = 2026-01-01
        evidence = "e"
        valid_until = 2026-12-31
        [[exceptions]]
        recommendation = "s3.*"
        owner = "o"
        reason = "r"
        ticket = "t"
        expires = 2026-12-31
        "#,
    );
    let old = report(vec![bucket(Manual), finding(KEY, Pass, "c", None)]);
    let mut new = report(vec![bucket(Manual), finding(KEY, Fail, "c", None)]);
    attested.apply(&mut new);
    let comparison = Comparison::new(&old, &new).unwrap();
    let told: Vec<_> = comparison.differences.iter().map(|one| (one.kind, one.now, one.excepted)).collect();
    let expected = [(DifferenceKind::NewFail, Some(Fail), true), (DifferenceKind::Otherwise, Some(Pass), false)];
    assert_eq!(told, expected);
}
