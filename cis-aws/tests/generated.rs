//! Generated files are committed, for those who read them without building; here is what keeps them true.
//!
//! `BLESS=1 cargo test -p cis-aws --features schema --test generated` writes them anew.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use cis_core::PlaceKind;
use serde_json::{Map, Value, json};

/// Compares a file with what it must hold, or writes it.
fn guard(path: &str, expected: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if std::env::var_os("BLESS").is_some_and(|value| !value.is_empty()) {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, expected).unwrap();
        return;
    }
    // A checkout may have given it the line ends of its system.
    let found = fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    let first = found.lines().zip(expected.lines()).position(|(found, expected)| found != expected);
    let line = first.unwrap_or_else(|| found.lines().count().min(expected.lines().count())) + 1;
    assert!(
        found == expected,
        "{path} is not what it is generated from, from line {line} on; write it anew with\n\
         BLESS=1 cargo test -p cis-aws --features schema --test generated"
    );
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

#[test]
fn schema_of_the_report() {
    guard("docs/schema/report.schema.json", &pretty(&cis_core::schema::report()));
}

#[test]
fn schema_of_a_snapshots_manifest() {
    guard("docs/schema/snapshot-manifest.schema.json", &pretty(&cis_core::schema::manifest()));
}

/// What stands in a snapshot's documents, and which API answers it: dataset by dataset.
#[test]
fn schemas_of_the_datasets() {
    let mut schemas = cis_aws::datasets::schemas();
    let mut all = Map::new();
    for info in cis_aws::datasets::all() {
        let (operation, _) = info.operations().next().unwrap();
        let layout = info.layout();
        let about = json!({
            "operation": operation,
            "place": match info.place() { PlaceKind::Account => "account", PlaceKind::Region => "region" },
            "path": layout.path,
            "single": layout.single,
            "within": layout.within,
            "schema": schemas.remove(info.name()).unwrap(),
        });
        all.insert(info.name().to_owned(), about);
    }
    assert!(schemas.is_empty(), "schemas of no dataset: {schemas:?}");
    guard("docs/schema/datasets.schema.json", &pretty(&Value::Object(all)));
}
