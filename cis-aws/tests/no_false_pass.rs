//! A tool that says pass where it could not look is worse than none: every read of every control is taken away, in every way
//! that it can be gone, and every field of every answer is given another type.
#![cfg(feature = "demo")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may panic, and this one prints its table"
)]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cis_aws::sources::{SnapshotSource, demo};
use cis_core::layer::{Deny, Rule};
use cis_core::{Benchmark, DataSource, DatasetInfo, Finding, Gap, GapKind, Report, Scan, Selection, Status};
use futures::executor::block_on;
use serde_json::{Value, json};

fn scan(benchmark: &Benchmark, key: &str, source: &dyn DataSource) -> Report {
    let select = Selection { select: vec![key.to_owned()], level: None };
    let registry = cis_aws::registry();
    block_on(Scan::new(benchmark, &registry).select(select).run(source)).unwrap()
}

/// The requirements of a benchmark that have a control, each with the datasets that it reads. Of an earlier version only
/// those that are not judged in the same way in the newest: the same control with the same parameters gives the same.
fn judged(benchmark: &Benchmark) -> Vec<(String, Vec<String>)> {
    let registry = cis_aws::registry();
    let newest = cis_aws::benchmark(cis_aws::versions().last().unwrap()).unwrap();
    let differs = |recommendation: &&cis_core::Recommendation| {
        let same = |other: &cis_core::Recommendation| {
            other.control_key() == recommendation.control_key() && other.parameters == recommendation.parameters
        };
        benchmark.version == newest.version || !newest.by_key(&recommendation.key).is_some_and(same)
    };
    let control = |recommendation: &cis_core::Recommendation| {
        let control = registry.make(recommendation.control_key(), &recommendation.parameters).unwrap()?;
        let datasets = control.reads().datasets().map(|info| info.name().to_owned()).collect();
        Some((recommendation.key.clone(), datasets))
    };
    benchmark.recommendations.iter().filter(differs).filter_map(control).collect()
}

fn by_id(report: &Report) -> BTreeMap<String, &Finding> {
    report.findings.iter().map(|finding| (finding.id(), finding)).collect()
}

/// Where another source still contradicts the requirement, a fact that is gone may turn a pass into a fail: the account
/// summary shows that root has a key, and only the credential report could tell that it is inactive.
const FAILS_WITHOUT: [&str; 1] = ["iam.root_access_key"];

/// Where a part that is gone makes a verdict stand on another resource: a VPC of another account is judged there, whether
/// its default group could be read or not.
const ELSEWHERE_WITHOUT: [&str; 1] = ["vpc.default_security_group"];

/// That nothing is decided in `spoiled` which was not decided the same way before.
fn assert_honest(whole: &Report, spoiled: &Report, at: &str) {
    let before = by_id(whole);
    for finding in &spoiled.findings {
        let was = before.get(&finding.id()).map(|finding| finding.status);
        let decided = matches!(finding.status, Status::Pass | Status::Fail | Status::NotApplicable);
        let key = finding.control.as_str();
        let excepted = (finding.status == Status::Fail && FAILS_WITHOUT.contains(&key))
            || (finding.status == Status::NotApplicable && was.is_none() && ELSEWHERE_WITHOUT.contains(&key));
        assert!(
            !decided || was == Some(finding.status) || excepted,
            "{at}: {} was {was:?} and became {}: {}",
            finding.resource.id,
            finding.status,
            finding.message
        );
        if finding.status == Status::Unknown {
            assert!(!finding.gaps.is_empty(), "{at}: unknown without a gap: {}", finding.message);
        }
    }
}

#[test]
fn every_read_denied_missing_or_malformed() {
    println!(
        "{:7} {:28} {:38} {:10} {:>7} {:>7} {:>7}",
        "version", "requirement", "dataset", "way", "unknown", "held", "passes"
    );
    let mut rows = 0;
    for version in cis_aws::versions() {
        let benchmark = cis_aws::benchmark(version).unwrap();
        for (key, datasets) in judged(&benchmark) {
            let whole = scan(&benchmark, &key, &demo().unwrap());
            for dataset in &datasets {
                for (way, gap) in [
                    ("denied", Gap::new(GapKind::Denied, "not authorized").code("AccessDenied")),
                    ("missing", Gap::new(GapKind::NotSupported, "the source does not have it")),
                    ("malformed", Gap::malformed("the answer breaks off")),
                    ("throttled", Gap::new(GapKind::Throttled, "Rate exceeded").code("Throttling")),
                    ("expired", Gap::new(GapKind::ExpiredCredentials, "the token expired").code("ExpiredToken")),
                ] {
                    let at = format!("{version} {key} without {dataset} ({way})");
                    let source = Deny::new(demo().unwrap(), [Rule::new(gap.clone()).dataset(dataset.clone())]);
                    let spoiled = scan(&benchmark, &key, &source);
                    assert_honest(&whole, &spoiled, &at);
                    let unknown: Vec<_> =
                        spoiled.findings.iter().filter(|finding| finding.status == Status::Unknown).collect();
                    for finding in &unknown {
                        for gap in finding.gaps.iter().filter(|gap| gap.dataset.as_ref() == Some(dataset)) {
                            assert!(gap.operation.is_some() && gap.action.is_some(), "{at}: {gap:?}");
                            assert!(gap.kind != GapKind::Denied || gap.code.is_some(), "{at}: {gap:?}");
                        }
                    }
                    let passes = spoiled.findings.iter().filter(|finding| finding.status == Status::Pass).count();
                    let held = spoiled.findings.len() - unknown.len();
                    println!("{version:7} {key:28} {dataset:38} {way:10} {:7} {held:7} {passes:7}", unknown.len());
                    rows += 1;
                }
            }
        }
    }
    println!("{rows} rows, no false pass");
    assert!(rows > 0);
}

type Files = BTreeMap<String, Vec<u8>>;

/// The files of the demo account.
fn files() -> Files {
    fn add(folder: &Path, root: &Path, files: &mut Files) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(&path, root, files);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/demo/snapshot"));
    let mut files = Files::new();
    add(root, root, &mut files);
    files
}

fn source(files: Files) -> SnapshotSource {
    SnapshotSource::from_files(files.into_iter().map(|(name, bytes)| (name, Cow::Owned(bytes)))).unwrap()
}

/// The paths to every field of a document, list positions left out. Policy documents count as one field.
fn fields(value: &Value, path: &mut Vec<String>, found: &mut BTreeSet<Vec<String>>) {
    match value {
        Value::Object(members) => {
            for (name, inside) in members.iter().filter(|(name, _)| !name.starts_with('$')) {
                path.push(name.clone());
                found.insert(path.clone());
                if !name.ends_with("Document") {
                    fields(inside, path, found);
                }
                path.pop();
            }
        }
        Value::Array(items) => items.iter().for_each(|item| fields(item, path, found)),
        _ => {}
    }
}

/// Gives a field another type, wherever it stands.
fn spoil(value: &mut Value, path: &[String]) {
    match (value, path) {
        (Value::Array(items), path) => items.iter_mut().for_each(|item| spoil(item, path)),
        (Value::Object(members), [last]) => {
            if let Some(value) = members.get_mut(last) {
                // Neither an object nor a list, nor a text or number that could be meant, is what any field holds.
                *value =
                    if value.is_array() || value.is_object() { json!(false) } else { json!([{"unexpected": true}]) };
            }
        }
        (Value::Object(members), [name, rest @ ..]) => {
            if let Some(value) = members.get_mut(name) {
                spoil(value, rest);
            }
        }
        _ => {}
    }
}

/// The requirements whose control reads a dataset that stands in a file.
fn readers(benchmark: &Benchmark, file: &str) -> Vec<String> {
    let document = file.rsplit('/').next().unwrap().strip_suffix(".json").unwrap();
    let in_file = |info: &DatasetInfo| info.name() == document || info.layout().within == Some(document);
    let datasets: Vec<_> = cis_aws::datasets::all().into_iter().filter(in_file).collect();
    let reads = |names: &[String]| datasets.iter().any(|info| names.iter().any(|name| name == info.name()));
    let mut controls = BTreeSet::new();
    let mut first_of_its_control = |key: &str| controls.insert(benchmark.by_key(key).unwrap().control_key().to_owned());
    let readers = judged(benchmark).into_iter().filter(|(_, names)| reads(names)).map(|(key, _)| key);
    readers.filter(|key| first_of_its_control(key)).collect()
}

/// The files to spoil: one region stands for all.
fn to_spoil(files: &Files) -> impl Iterator<Item = (&String, &Vec<u8>)> {
    files.iter().filter(|(name, _)| name.starts_with("account/") || name.starts_with("regions/us-east-1/"))
}

/// These requirements, judged from these files.
fn judge(benchmark: &Benchmark, keys: &[String], files: &Files) -> Report {
    let registry = cis_aws::registry();
    let scan = Scan::new(benchmark, &registry).select(Selection { select: keys.to_vec(), level: None });
    block_on(scan.run(&source(files.clone()))).unwrap()
}

#[test]
fn every_field_of_another_type() {
    let files = files();
    let mut spoiled_fields = 0;
    for version in cis_aws::versions() {
        let benchmark = cis_aws::benchmark(version).unwrap();
        for (name, bytes) in to_spoil(&files) {
            let keys = readers(&benchmark, name);
            if keys.is_empty() {
                continue;
            }
            let whole = judge(&benchmark, &keys, &files);
            let document: Value = serde_json::from_slice(bytes).unwrap();
            let mut paths = BTreeSet::new();
            fields(&document, &mut Vec::new(), &mut paths);
            for path in paths {
                let mut spoiled = document.clone();
                spoil(&mut spoiled, &path);
                let mut changed = files.clone();
                changed.insert(name.clone(), serde_json::to_vec(&spoiled).unwrap());
                let report = judge(&benchmark, &keys, &changed);
                assert_honest(&whole, &report, &format!("{version} {name} {}", path.join(".")));
                spoiled_fields += 1;
            }
        }
    }
    println!("{spoiled_fields} fields given another type, no verdict that was not there before");
}

#[test]
fn every_file_cut_off_anywhere() {
    let files = files();
    let benchmark = cis_aws::benchmark("2.0.0").unwrap();
    for (name, bytes) in to_spoil(&files) {
        let keys = readers(&benchmark, name);
        if keys.is_empty() {
            continue;
        }
        let whole = judge(&benchmark, &keys, &files);
        for part in [0, 1, 2, 5, 9] {
            let mut changed = files.clone();
            changed.insert(name.clone(), bytes[..bytes.len() * part / 10].to_vec());
            assert_honest(&whole, &judge(&benchmark, &keys, &changed), &format!("{name} cut off at {part}0 %"));
        }
        let mut gone = files.clone();
        gone.remove(name);
        assert_honest(&whole, &judge(&benchmark, &keys, &gone), &format!("{name} gone"));
    }
}

/// A file that has an entry for each resource of a list, put together by hand, may lack one: the resource keeps its
/// findings, and none is decided that was not.
#[test]
fn every_entry_left_out() {
    let files = files();
    let mut left_out = 0;
    let per_resource = |document: &str| document.starts_with("s3.bucket_") || document.starts_with("cloudtrail.");
    for version in cis_aws::versions() {
        let benchmark = cis_aws::benchmark(version).unwrap();
        for (name, bytes) in to_spoil(&files) {
            let document = name.rsplit('/').next().unwrap().strip_suffix(".json").unwrap();
            let info = cis_aws::datasets::all().into_iter().find(|info| info.name() == document);
            let keys = readers(&benchmark, name);
            let Some(info) = info.filter(|info| !info.after().is_empty() && !keys.is_empty()) else { continue };
            assert!(per_resource(document), "{document}: is it per resource?");
            let whole = judge(&benchmark, &keys, &files);
            let list = info.layout().path[0];
            let value: Value = serde_json::from_slice(bytes).unwrap();
            let entries = value[list].as_array().unwrap().len();
            for entry in BTreeSet::from([0, entries / 2, entries.saturating_sub(1)]) {
                let mut without = value.clone();
                without[list].as_array_mut().unwrap().remove(entry);
                let mut changed = files.clone();
                changed.insert(name.clone(), serde_json::to_vec(&without).unwrap());
                let report = judge(&benchmark, &keys, &changed);
                let at = format!("{version} {name} without entry {entry}");
                assert_honest(&whole, &report, &at);
                // The verdict on a trail may be one on the account, which many on buckets take the place of.
                let (before, after) = (by_id(&whole), by_id(&report));
                for (id, finding) in before.into_iter().filter(|_| document.starts_with("s3.")) {
                    assert!(after.contains_key(&id), "{at}: no finding on {}", finding.resource.id);
                }
                left_out += 1;
            }
        }
    }
    println!("{left_out} entries left out, no finding lost and none decided");
    assert!(left_out > 0);
}

/// A trail that delivers to another account's bucket asks for that bucket, also where others ask for all: it is judged
/// where it belongs, and is none of the account's.
#[test]
fn a_bucket_of_another_account_is_asked_for_beside_all() {
    const FOREIGN: &str = "logs-of-another-account";
    let mut files = files();
    let edit = |files: &mut Files, name: &str, change: &dyn Fn(&mut Value)| {
        let mut value: Value = serde_json::from_slice(&files[name]).unwrap();
        change(&mut value);
        files.insert(name.to_owned(), serde_json::to_vec(&value).unwrap());
    };
    let trails = "regions/us-east-1/cloudtrail.trails.json";
    edit(&mut files, trails, &|value| value["trailList"][0]["S3BucketName"] = json!(FOREIGN));
    let open = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]});
    edit(&mut files, "account/s3.bucket_policies.json", &|value| {
        let entries = value["Buckets"].as_array_mut().unwrap();
        entries.push(json!({"Bucket": FOREIGN, "Policy": open.to_string()}));
    });
    let benchmark = cis_aws::benchmark("2.0.0").unwrap();
    let found = |keys: &[&str]| {
        let keys: Vec<_> = keys.iter().map(|&key| key.to_owned()).collect();
        judge(&benchmark, &keys, &files)
    };
    let (both, alone) = (found(&["s3.deny_http", "cloudtrail.bucket_not_public"]), found(&["s3.deny_http"]));
    let of = |report: &Report, key: &str| -> Vec<(String, Status)> {
        let findings = report.findings.iter().filter(|finding| finding.control == key);
        findings.map(|finding| (finding.resource.id.to_string(), finding.status)).collect()
    };
    assert_eq!(of(&both, "s3.deny_http"), of(&alone, "s3.deny_http"), "none of the account's buckets");
    assert!(!of(&both, "s3.deny_http").iter().any(|(id, _)| id == FOREIGN));
    let trail_buckets = of(&both, "cloudtrail.bucket_not_public");
    assert_eq!(trail_buckets, of(&found(&["cloudtrail.bucket_not_public"]), "cloudtrail.bucket_not_public"));
    assert!(trail_buckets.contains(&(FOREIGN.to_owned(), Status::Fail)), "its policy was read: {trail_buckets:?}");
}

/// The credential report is text in base64 inside JSON: its cells are fields of their own.
#[test]
fn every_cell_of_the_credential_report_garbled() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    const NAME: &str = "account/iam.credential_report.json";
    let files = files();
    let mut document: Value = serde_json::from_slice(&files[NAME]).unwrap();
    let csv = String::from_utf8(STANDARD.decode(document["Content"].as_str().unwrap()).unwrap()).unwrap();
    let header: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    for version in cis_aws::versions() {
        let benchmark = cis_aws::benchmark(version).unwrap();
        let keys = readers(&benchmark, NAME);
        let whole = judge(&benchmark, &keys, &files);
        for (column, title) in header.iter().enumerate().filter(|(_, title)| !matches!(**title, "user" | "arn")) {
            for garbage in ["", "garbage", "2026-13-45T00:00:00Z", "TRUE "] {
                let mut lines = csv.lines();
                let mut garbled = vec![lines.next().unwrap().to_owned()];
                for line in lines {
                    let mut cells: Vec<&str> = line.split(',').collect();
                    if cells.len() == header.len() {
                        cells[column] = garbage;
                    }
                    garbled.push(cells.join(","));
                }
                document["Content"] = STANDARD.encode(garbled.join("\n")).into();
                let mut changed = files.clone();
                changed.insert(NAME.into(), serde_json::to_vec(&document).unwrap());
                let at = format!("{version} {title} is {garbage:?}");
                let report = judge(&benchmark, &keys, &changed);
                assert_honest(&whole, &report, &at);
            }
        }
    }
}
