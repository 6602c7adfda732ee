//! The change from 1.5.0 to 2.0.0, against a list of its facts that was put together by hand from public sources.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use cis_core::Benchmark;
use serde_json::{Value, json};

/// One line a change, with every member that a change has.
fn lines(changes: &Value) -> Vec<String> {
    let members = ["kind", "key", "id_from", "id_to", "from", "to", "note"];
    let line = |change: &Value| {
        let mut line: Vec<_> = members.map(|name| change[name].clone()).into();
        line.push(change.get("unchanged").cloned().unwrap_or(json!([])));
        json!(line).to_string()
    };
    let mut lines: Vec<_> = changes.as_array().unwrap().iter().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn is_exactly_the_known_delta() {
    let known: Value = serde_json::from_str(include_str!("data/delta-1.5.0-2.0.0.json")).unwrap();
    let version = |member: &str| cis_aws::benchmark(known[member].as_str().unwrap()).unwrap();
    let changes = Benchmark::diff(&version("from"), &version("to"));
    let (found, known) = (lines(&json!(changes)), lines(&known["changes"]));
    let only = |these: &[String], others: &[String]| -> Vec<String> {
        these.iter().filter(|line| !others.contains(line)).cloned().collect()
    };
    assert_eq!((only(&found, &known), only(&known, &found)), (vec![], vec![]), "(too much, missing)");
    assert_eq!(found, known);
}

#[test]
fn every_pair_of_versions_has_one() {
    for (from, to) in cis_aws::versions().flat_map(|from| cis_aws::versions().map(move |to| (from, to))) {
        let changes = Benchmark::diff(&cis_aws::benchmark(from).unwrap(), &cis_aws::benchmark(to).unwrap());
        assert_eq!(changes.is_empty(), from == to, "{from} to {to}");
    }
}
