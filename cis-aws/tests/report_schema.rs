//! Reports are what their published schema says, and nothing else is.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use cis_aws::datasets::iam::PasswordPolicy;
use cis_core::{
    Coverage, DataSource, Gap, GapKind, MemorySource, Place, Region, RegionStatus, Scan, Selection, Table, snapshot,
};
use futures::executor::block_on;
use serde_json::{Value, json};

fn committed(name: &str) -> jsonschema::Validator {
    let path = format!("{}/../docs/schema/{name}", env!("CARGO_MANIFEST_DIR"));
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

fn account() -> MemorySource {
    MemorySource::new("123456789012")
        .as_of("2024-05-01T00:00:00Z".parse().unwrap())
        .region(Region::enabled("eu-central-1"))
        .region(Region { name: "ap-east-1".into(), status: RegionStatus::NotEnabled })
}

fn report(source: &dyn DataSource) -> Value {
    let (benchmark, registry) = (cis_aws::benchmark("2.0.0").unwrap(), cis_aws::registry());
    let selection = Selection { select: vec!["1.1".into(), "1.8".into()], level: None };
    json!(block_on(Scan::new(&benchmark, &registry).select(selection).run(source)).unwrap())
}

/// Reports that between them have every kind of member: evidence, gaps, unread, scope.
fn reports() -> Vec<(&'static str, Value)> {
    let rules = vec![serde_json::from_str(r#"{"MinimumPasswordLength": 8}"#).unwrap()];
    let policy = Place::account("123456789012");
    let denied =
        Table::gap(Gap::new(GapKind::Denied, "no").operation("iam:GetAccountPasswordPolicy").code("AccessDenied"));
    vec![
        ("nothing is known", report(&account())),
        ("a policy that fails", report(&account().with::<PasswordPolicy>(rules))),
        ("denied", report(&account().put("iam.password_policy", policy, denied))),
    ]
}

#[test]
fn reports_are_valid() {
    let schema = committed("report.schema.json");
    for (why, report) in reports() {
        let errors: Vec<_> = schema.iter_errors(&report).map(|e| format!("{e} at {}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{why}: {errors:#?}");
    }
}

#[test]
fn the_demo_accounts_reports_are_valid() {
    let schema = committed("report.schema.json");
    let (source, registry) = (cis_aws::sources::demo().unwrap(), cis_aws::registry());
    for version in cis_aws::versions() {
        let benchmark = cis_aws::benchmark(version).unwrap();
        let report = json!(block_on(Scan::new(&benchmark, &registry).run(&source)).unwrap());
        let errors: Vec<_> = schema.iter_errors(&report).map(|e| format!("{e} at {}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{version}: {errors:#?}");
    }
}

/// The paths of all objects whose members are ours.
fn objects(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.push(path.to_owned());
            // What was observed has AWS's members, messages have values of any name, and a way to fix may be left out.
            let ours = |name: &str| !["value", "values", "remediation"].contains(&name);
            for (name, value) in members.iter().filter(|(name, _)| ours(name)) {
                objects(value, &format!("{path}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                objects(item, &format!("{path}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn members<'a>(report: &'a mut Value, path: &str) -> &'a mut serde_json::Map<String, Value> {
    report.pointer_mut(path).unwrap().as_object_mut().unwrap()
}

#[test]
fn a_member_less_or_more_is_not_valid() {
    let schema = committed("report.schema.json");
    let mut kinds = std::collections::BTreeSet::new();
    for (why, mut report) in reports() {
        let mut paths = Vec::new();
        objects(&report, "", &mut paths);
        for path in paths {
            kinds.insert(path.replace(|c: char| c.is_ascii_digit(), ""));
            let names: Vec<_> = members(&mut report, &path).keys().cloned().collect();
            for name in names.into_iter().filter(|name| name != "remediation") {
                let taken = members(&mut report, &path).remove(&name).unwrap();
                assert!(!schema.is_valid(&report), "{why}: valid without {path}/{name}");
                members(&mut report, &path).insert(name, taken);
            }
            members(&mut report, &path).insert("more".into(), json!(1));
            assert!(!schema.is_valid(&report), "{why}: valid with {path}/more");
            members(&mut report, &path).remove("more");
        }
        assert!(schema.is_valid(&report), "{why}: put together again");
    }
    for kind in [
        "",
        "/benchmark",
        "/scope/",
        "/recommendations//counts",
        "/findings//resource",
        "/findings//gaps/",
        "/findings//evidence/",
        "/unread/",
        "/summary/findings",
    ] {
        assert!(kinds.contains(kind), "no report has {kind}: {kinds:?}");
    }
}

#[test]
fn a_wrong_value_is_not_valid() {
    let schema = committed("report.schema.json");
    let (_, report) = reports().remove(2);
    for (path, wrong) in [
        ("/account_id", json!("12345")),
        ("/as_of", json!("yesterday")),
        ("/as_of", json!(1_714_521_600)),
        ("/scope/0/status", json!("skipped")),
        ("/recommendations/0/status", json!("PASS")),
        ("/recommendations/0/level", json!(3)),
        ("/recommendations/0/assessment", json!("Manual")),
        ("/recommendations/0/counts/pass", json!(-1)),
        ("/findings/0/id", json!("not hex")),
        ("/findings/0/recommendation", json!(1.1)),
        ("/findings/0/status", json!(null)),
        ("/findings/0/values", json!([])),
        ("/findings/0/resource/account_id", json!(null)),
        ("/unread/0/kind", json!("forbidden")),
        ("/summary/assisted", json!("4")),
    ] {
        let mut report = report.clone();
        *report.pointer_mut(path).unwrap() = wrong;
        assert!(!schema.is_valid(&report), "{path}");
    }
}

#[test]
fn manifests() {
    let schema = committed("snapshot-manifest.schema.json");
    let coverage: Coverage = block_on(account().coverage()).unwrap();
    assert!(schema.is_valid(&json!(snapshot::Manifest::new(&coverage, coverage.as_of.unwrap()))));
    for (why, valid, manifest) in [
        ("by hand", true, json!({"format": "cis-snapshot", "version": 1, "account_id": "123456789012"})),
        ("a newer version", false, json!({"format": "cis-snapshot", "version": 2, "account_id": "123456789012"})),
        ("another format", false, json!({"format": "x", "version": 1, "account_id": "123456789012"})),
        ("an account id as a number", false, json!({"format": "cis-snapshot", "version": 1, "account_id": 123})),
        (
            "a misspelt member",
            false,
            json!({"format": "cis-snapshot", "version": 1, "account_id": "123456789012", "asof": "x"}),
        ),
    ] {
        assert_eq!(schema.is_valid(&manifest), valid, "{why}");
        if valid {
            snapshot::Manifest::parse(manifest.to_string().as_bytes()).unwrap();
        }
    }
}
