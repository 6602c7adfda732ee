//! 1.5.0 and 2.0.0 side by side: every change between them is shown by an account that both judge, by whole scans, so that
//! nothing but the benchmark files' parameters decides.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "which change shows in which verdict is worth reading")]

mod scenario;

use std::collections::{BTreeMap, BTreeSet};

use cis_core::{Benchmark, Recommendation, Report, Scan, Selection};
use futures::executor::block_on;
use scenario::{Scenario, Sets, shown, verdict};
use serde::Deserialize;
use serde_json::{Value, json};

const FROM: &str = "1.5.0";
const TO: &str = "2.0.0";

/// Kinds of change that move no verdict.
const WORDING: [&str; 4] = ["title", "renumbered", "level", "remediation"];

#[derive(Debug, Deserialize)]
struct Row {
    /// The changes that it shows: kind and key.
    entries: Vec<String>,
    #[serde(flatten)]
    scenario: Scenario,
}

fn delta() -> Vec<Value> {
    let known: Value = serde_json::from_str(include_str!("data/delta-1.5.0-2.0.0.json")).unwrap();
    assert_eq!((known["from"].as_str(), known["to"].as_str()), (Some(FROM), Some(TO)));
    known["changes"].as_array().unwrap().clone()
}

fn named(change: &Value) -> String {
    format!("{} {}", change["kind"].as_str().unwrap(), change["key"].as_str().unwrap())
}

fn benchmarks() -> (Benchmark, Benchmark) {
    (cis_aws::benchmark(FROM).unwrap(), cis_aws::benchmark(TO).unwrap())
}

/// The recommendations that are judged by filters on a trail's log group, as 2.0.0 has them.
fn monitored(benchmark: &Benchmark) -> impl Iterator<Item = &Recommendation> {
    benchmark.recommendations.iter().filter(|one| one.control_key() == "monitoring.cloudtrail_alarm")
}

fn filters(patterns: &[&str]) -> String {
    let filter = |pattern: &&str| {
        json!({"filterName": "f", "filterPattern": pattern, "logGroupName": "trail/logs", "metricTransformations":
            [{"metricName": "m", "metricNamespace": "CIS", "metricValue": "1"}]})
    };
    let filters: Vec<_> = patterns.iter().map(filter).collect();
    json!({"logGroups": [{"logGroupName": "trail/logs", "metricFilters": filters}]}).to_string()
}

/// Of one recommendation on monitoring: the whole chain, the chain without a filter, and without a known filter.
fn of_monitoring(recommendation: &Recommendation) -> Vec<Row> {
    let key = &recommendation.key;
    let required = recommendation.parameters["required"].as_str().unwrap();
    let denied = r#"{"$gap": {"kind": "denied", "operation": "logs:DescribeMetricFilters", "code": "AccessDeniedException",
        "message": "not authorized", "action": "logs:DescribeMetricFilters"}}"#;
    let of = |name: &str, kinds: &[&str], facts: String, from: &str, to: &str| Row {
        entries: kinds.iter().map(|kind| format!("{kind} {key}")).collect(),
        scenario: Scenario {
            name: name.into(),
            key: key.clone(),
            sets: vec!["chain".into()],
            facts: [("logs.metric_filters".to_owned(), facts)].into(),
            expect: [(FROM, from), (TO, to)]
                .into_iter()
                .map(|(version, status)| (version.to_owned(), vec![format!("{status} account")]))
                .collect(),
            ..Scenario::default()
        },
    };
    vec![
        of("the whole chain", &["title"], filters(&[required]), "pass", "pass"),
        of("no filter: an outside system may watch", &["text", "assessment"], filters(&[]), "fail", "manual"),
        of("the filters are denied", &["title"], denied.into(), "unknown", "unknown"),
    ]
}

fn rows() -> (Vec<Row>, Sets) {
    let (mut rows, sets) = scenario::rows::<Row>(include_str!("cases/side_by_side.toml"), &["entries"]);
    let (_, to) = benchmarks();
    rows.extend(monitored(&to).flat_map(of_monitoring));
    // The level and the printed filter of 4.1 changed too. Both printed filters catch what is required, under both versions.
    let unauthorized = to.by_key("monitoring.unauthorized_api_calls").unwrap();
    let (from, _) = benchmarks();
    for (version, benchmark) in [(FROM, &from), (TO, &to)] {
        let printed =
            benchmark.by_key(&unauthorized.key).unwrap().parameters["printed"][0].as_str().unwrap().to_owned();
        let mut row = of_monitoring(unauthorized).remove(0);
        row.entries = ["audit", "level"].map(|kind| format!("{kind} {}", unauthorized.key)).into();
        row.scenario.name = format!("the filter that {version} prints");
        row.scenario.facts = [("logs.metric_filters".to_owned(), filters(&[&printed]))].into();
        rows.push(row);
    }
    (rows, sets)
}

fn differs(row: &Row) -> bool {
    let expected = row.scenario.expected();
    expected.len() == 2 && expected[0].1 != expected[1].1
}

#[test]
fn every_change_is_shown_by_verdicts() {
    let (rows, sets) = rows();
    let entries: BTreeSet<String> = delta().iter().map(named).collect();
    let (mut shown_by, mut mistakes) = (BTreeMap::<&str, Vec<&Row>>::new(), Vec::new());
    for row in &rows {
        assert!(!row.entries.is_empty(), "{} shows no change", row.scenario.name);
        for entry in &row.entries {
            assert!(entries.contains(entry), "{}: the delta has no {entry:?}", row.scenario.name);
            assert!(entry.ends_with(&format!(" {}", row.scenario.key)), "{}: {entry}", row.scenario.name);
            shown_by.entry(entry).or_default().push(row);
        }
        let wording = row.entries.iter().all(|entry| WORDING.contains(&entry.split(' ').next().unwrap()));
        assert!(!wording || !differs(row), "{} ({:?}): words alone move no verdict", row.scenario.name, row.entries);
        mistakes.extend(row.scenario.mistakes(&sets));
    }
    assert!(mistakes.is_empty(), "{} mistakes:\n{}", mistakes.len(), mistakes.join("\n"));
    let missing: Vec<_> = entries.iter().filter(|entry| !shown_by.contains_key(entry.as_str())).collect();
    assert!(missing.is_empty(), "no account shows {missing:?}");
    for (entry, rows) in &shown_by {
        let moved = rows.iter().filter(|row| differs(row)).count();
        println!("{entry}: {} accounts, {moved} with another verdict", rows.len());
    }
    println!("{} changes, {} accounts", delta().len(), rows.len());
}

/// What a parameter changes must show, and nothing else may.
#[test]
fn verdicts_move_where_parameters_do_and_nowhere_else() {
    let (from, to) = benchmarks();
    let (rows, _) = rows();
    for old in &from.recommendations {
        let Some(new) = to.by_key(&old.key) else { continue };
        let other = (&old.parameters, old.control_key()) != (&new.parameters, new.control_key());
        let moved = rows.iter().any(|row| row.scenario.key == old.key && differs(row));
        assert_eq!(moved, other, "{}: the parameters differ: {other}, an account shows it: {moved}", old.key);
    }
}

/// The filter of 4.1 that 2.0.0 prints is not the one that 1.5.0 prints, which the evidence tells.
#[test]
fn the_printed_filter_of_unauthorized_calls_is_told_from_the_required_one() {
    let (rows, sets) = rows();
    let row = rows.iter().find(|row| row.scenario.name == format!("the filter that {TO} prints")).unwrap();
    let (old, new) = (row.scenario.scan(FROM, &sets), row.scenario.scan(TO, &sets));
    assert_eq!(verdict(&old.findings[0]), verdict(&new.findings[0]));
    assert_ne!(shown(&old), shown(&new));
}

/// The id, title, level and assessment that a scan's report gives of a requirement.
fn judged(report: &Report, key: &str) -> Option<Value> {
    let judged = report.recommendations.iter().find(|judged| judged.key == key)?;
    Some(json!({"id": judged.id, "title": judged.title, "level": judged.level, "assessment": judged.assessment}))
}

/// Every requirement of a version, judged on one account.
fn whole(benchmark: &Benchmark, row: &Row, sets: &Sets) -> Report {
    let registry = cis_aws::registry();
    block_on(Scan::new(benchmark, &registry).run(&row.scenario.source(sets))).unwrap()
}

#[test]
fn reports_carry_the_ids_titles_levels_and_assessments_of_their_version() {
    let (from, to) = benchmarks();
    let (rows, sets) = rows();
    for change in delta() {
        let (kind, key) = (change["kind"].as_str().unwrap(), change["key"].as_str().unwrap());
        let row = rows.iter().find(|row| row.scenario.key == key).unwrap();
        let (old, new) = (judged(&whole(&from, row, &sets), key), judged(&whole(&to, row, &sets), key));
        let id = |judged: &Option<Value>| judged.as_ref().map_or(Value::Null, |judged| judged["id"].clone());
        assert_eq!((id(&old), id(&new)), (change["id_from"].clone(), change["id_to"].clone()), "{}", named(&change));
        if let "title" | "level" | "assessment" = kind {
            let (old, new) = (old.unwrap()[kind].clone(), new.unwrap()[kind].clone());
            assert_eq!((old, new), (change["from"].clone(), change["to"].clone()), "{}", named(&change));
        }
    }
}

/// What a version does not have is not judged under it, and what only that would need is not read.
#[test]
fn what_a_version_lacks_is_neither_judged_nor_read() {
    let (from, to) = benchmarks();
    let (rows, sets) = rows();
    let registry = cis_aws::registry();
    let mut gone = 0;
    for change in delta() {
        let lacking = match change["kind"].as_str().unwrap() {
            "added" => &from,
            "removed" => &to,
            _ => continue,
        };
        let key = change["key"].as_str().unwrap();
        for row in rows.iter().filter(|row| row.scenario.key == key) {
            let report = whole(lacking, row, &sets);
            assert!(report.findings.iter().all(|finding| finding.control != key), "{key} under {}", lacking.version);
        }
        let select = Selection { select: vec![key.to_owned()], level: None };
        assert!(Scan::new(lacking, &registry).select(select).plan().is_err(), "{key} under {}", lacking.version);
        gone += 1;
    }
    assert_eq!(gone, 3);
    let encryption = |benchmark: &Benchmark| {
        let plan = Scan::new(benchmark, &registry).plan().unwrap();
        plan.actions().iter().any(|action| action.contains("s3:GetEncryptionConfiguration"))
    };
    assert_eq!((encryption(&from), encryption(&to)), (true, false));
}
