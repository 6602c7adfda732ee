//! Generated files are committed, for those who read them without building; here is what keeps them true.
//!
//! `BLESS=1 cargo test -p cis-aws --features schema --test generated` writes them anew.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod guard;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use cis_core::PlaceKind;
use guard::guard;
use serde_json::{Map, Value, json};

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

#[test]
fn schema_of_the_report() {
    guard("docs/schema/report.schema.json", &pretty(&cis_core::schema::report()));
}

#[test]
fn schemas_of_reviews_and_of_what_changed() {
    guard("docs/schema/review.schema.json", &pretty(&cis_core::schema::review()));
    guard("docs/schema/comparison.schema.json", &pretty(&cis_core::schema::comparison()));
    guard("docs/schema/migration.schema.json", &pretty(&cis_core::schema::migration()));
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

/// The cases of a control's tests and the verdict of each, from the snapshots beside it: one table a parameterisation.
fn verdicts(key: &str) -> String {
    let (service, _) = key.split_once('.').unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/controls").join(service).join("snapshots");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut tables = String::new();
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let parameterisation = match name.strip_prefix(key) {
            Some("") => String::new(),
            Some(rest) if rest.starts_with('@') => format!(" ({})", &rest[1..]),
            _ => continue,
        };
        write!(tables, "\n## Verdicts{parameterisation}\n\n| case | verdict |\n| --- | --- |\n").unwrap();
        let mut cases: Vec<(String, Vec<String>)> = Vec::new();
        for line in fs::read_to_string(&file).unwrap().replace("\r\n", "\n").lines() {
            if let Some(case) = line.strip_prefix("# ") {
                cases.push((case.replace('|', "\\|"), Vec::new()));
            } else if let (Some((_, found)), Some(status)) = (cases.last_mut(), line.split(' ').next())
                && cis_core::Status::ALL.iter().any(|known| known.as_str() == status)
                && !found.iter().any(|seen| seen == status)
            {
                found.push(status.to_owned());
            }
        }
        for (case, found) in cases {
            writeln!(tables, "| {case} | {} |", found.join(", ")).unwrap();
        }
    }
    assert!(!tables.is_empty(), "{key} has no table of cases");
    tables
}

#[test]
fn pages_of_the_controls() {
    let registry = cis_aws::registry();
    for key in registry.keys() {
        let page = cis_aws::explain(key).unwrap() + &verdicts(key);
        guard(&format!("docs/controls/{key}.md"), &page);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/controls");
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let key = name.strip_suffix(".md").unwrap_or(&name);
        assert!(registry.keys().any(|known| known == key), "docs/controls/{name} is of no control: delete it");
    }
}
