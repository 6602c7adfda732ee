//! The demo account before and after scripted changes, and under two versions of the benchmark.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cis_aws::sources::SnapshotSource;
use cis_core::{
    Benchmark, ChangeKind, Comparison, DataSource, DifferenceKind, Migration, MovedKind, Report, Scan, Status, format,
};
use futures::executor::block_on;
use serde_json::{Value, json};

type Files = BTreeMap<String, Vec<u8>>;

/// The files of the demo account's snapshot, by path.
fn files() -> Files {
    fn gather(folder: &Path, prefix: &str, files: &mut Files) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
            if path.is_dir() {
                gather(&path, &format!("{name}/"), files);
            } else {
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let mut files = Files::new();
    gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join("demo/snapshot"), "", &mut files);
    files
}

fn source(files: &Files) -> SnapshotSource {
    SnapshotSource::from_files(files.iter().map(|(path, bytes)| (path.clone(), Cow::Owned(bytes.clone())))).unwrap()
}

fn scan(benchmark: &Benchmark, source: &dyn DataSource) -> Report {
    block_on(Scan::new(benchmark, &cis_aws::registry()).run(source)).unwrap()
}

fn changed(files: &mut Files, path: &str, change: impl FnOnce(&mut Value)) {
    let mut document: Value = serde_json::from_slice(&files[path]).unwrap();
    let before = document.clone();
    change(&mut document);
    assert_ne!(document, before, "{path} is as it was");
    files.insert(path.to_owned(), document.to_string().into_bytes());
}

fn named<'a>(list: &'a mut Value, member: &str, name: &str) -> &'a mut Value {
    list.as_array_mut().unwrap().iter_mut().find(|entry| entry[member] == name).unwrap()
}

/// A change to the snapshot, and what must come of it: kind, recommendation, resource, verdict before and after.
type Row = (fn(&mut Files), &'static [&'static str]);

/// Ten changes, each in a comparison once.
const ROWS: &[Row] = &[
    (
        |files| {
            changed(files, "account/iam.password_policy.json", |policy| {
                policy["PasswordPolicy"]["MinimumPasswordLength"] = json!(14);
            });
        },
        &["resolved 1.8 123456789012 fail pass"],
    ),
    (
        |files| {
            changed(files, "regions/eu-central-1/ec2.ebs_encryption_by_default.json", |default| {
                default["EbsEncryptionByDefault"] = json!(false);
            });
        },
        &["new_fail 2.2.1 123456789012 pass fail"],
    ),
    (
        |files| {
            changed(files, "regions/us-east-1/kms.keys.json", |keys| {
                let key = named(&mut keys["Keys"], "KeyId", "16b71c71-ef5b-d8b3-bdde-c0221bc0639e");
                key["RotationStatus"]["KeyRotationEnabled"] = json!(false);
            });
        },
        &["new_fail 3.8 16b71c71-ef5b-d8b3-bdde-c0221bc0639e pass fail"],
    ),
    (
        |files| {
            changed(files, "regions/us-east-1/efs.file_systems.json", |systems| {
                systems["FileSystems"]
                    .as_array_mut()
                    .unwrap()
                    .retain(|one| one["FileSystemId"] != "fs-0b0204274b41b7211");
            });
        },
        &["gone 2.4.1 fs-0b0204274b41b7211 fail none"],
    ),
    (
        |files| {
            changed(files, "regions/eu-central-1/securityhub.hub.json", |hub| {
                *hub = json!({"HubArn": "arn:aws:securityhub:eu-central-1:123456789012:hub/default"});
            });
        },
        &["resolved 4.16 123456789012 fail pass"],
    ),
    // Nobody has the policy any more: the account passes, so that both are resolved, though neither has a finding now.
    (
        |files| {
            changed(files, "account/iam.authorization_details.json", |details| {
                let role = named(&mut details["RoleDetailList"], "RoleName", "shell-operator");
                role["AttachedManagedPolicies"] = json!([]);
                let group = named(&mut details["GroupDetailList"], "GroupName", "operators");
                group["AttachedManagedPolicies"].as_array_mut().unwrap().remove(0);
            });
        },
        &["resolved 1.22 operators fail pass", "resolved 1.22 shell-operator fail pass"],
    ),
    (
        |files| {
            changed(files, "regions/us-east-1/rds.db_instances.json", |instances| {
                let replica = named(&mut instances["DBInstances"], "DBInstanceIdentifier", "orders-replica");
                replica["AutoMinorVersionUpgrade"] = json!(false);
            });
        },
        &["new_fail 2.3.2 orders-replica pass fail"],
    ),
    (
        |files| {
            changed(files, "account/account.security_alternate_contact.json", |contact| {
                *contact = json!({"$gap": {"kind": "denied", "operation": "account:GetAlternateContact",
                    "code": "AccessDeniedException", "message": "not authorized", "action": "account:GetAlternateContact"}});
            });
        },
        &["newly_unknown 1.2 123456789012 pass unknown"],
    ),
    (
        |files| {
            changed(files, "account/s3.bucket_versionings.json", |versionings| {
                let row = named(&mut versionings["Buckets"], "Bucket", "example-payroll-archive");
                *row = json!({"Bucket": "example-payroll-archive", "Status": "Enabled", "MFADelete": "Enabled"});
            });
        },
        &["no_longer_unknown 2.1.2 example-payroll-archive unknown pass"],
    ),
];

fn told(comparison: &Comparison) -> Vec<String> {
    let verdict = |status: Option<Status>| status.map_or("none", Status::as_str);
    let mut told: Vec<_> = comparison
        .differences
        .iter()
        .filter(|difference| difference.kind != DifferenceKind::StillFailing)
        .map(|difference| {
            let kind = json!(difference.kind);
            format!(
                "{} {} {} {} {}",
                kind.as_str().unwrap(),
                difference.recommendation.as_deref().unwrap(),
                difference.resource.id,
                verdict(difference.was),
                verdict(difference.now)
            )
        })
        .collect();
    told.sort();
    told
}

#[test]
fn ten_changes_are_told_and_nothing_else() {
    let benchmark = cis_aws::benchmark("2.0.0").unwrap();
    let before = scan(&benchmark, &source(&files()));
    let (mut all, mut expected) = (files(), Vec::new());
    for (change, lines) in ROWS {
        let mut one = files();
        change(&mut one);
        let comparison = Comparison::new(&before, &scan(&benchmark, &source(&one))).unwrap();
        assert_eq!(told(&comparison), *lines, "alone");
        change(&mut all);
        expected.extend(lines.iter().map(|&line| line.to_owned()));
    }
    expected.sort();
    assert_eq!(expected.len(), 10);
    let after = scan(&benchmark, &source(&all));
    let comparison = Comparison::new(&before, &after).unwrap();
    assert_eq!(told(&comparison), expected, "together");
    assert!(comparison.scope.is_none());
    assert_valid("comparison.schema.json", &json!(comparison));
    let still = comparison.of(DifferenceKind::StillFailing).count();
    let gone = expected.iter().filter(|line| line.starts_with("resolved") || line.starts_with("gone")).count();
    assert_eq!(still + gone, before.summary.findings.fail);
    assert!(comparison.of(DifferenceKind::StillFailing).all(|difference| difference.since == Some(before.as_of)));
}

fn assert_valid(schema: &str, value: &Value) {
    let path = format!("{}/../docs/schema/{schema}", env!("CARGO_MANIFEST_DIR"));
    let schema: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let valid = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let errors: Vec<_> = valid.iter_errors(value).map(|e| format!("{e} at {}", e.instance_path())).collect();
    assert_eq!(errors, [""; 0]);
}

#[test]
fn a_report_is_no_change_to_itself_nor_to_what_it_is_read_back_as() {
    for version in cis_aws::versions() {
        let report = scan(&cis_aws::benchmark(version).unwrap(), &source(&files()));
        let mut written = Vec::new();
        format::json(&report, &mut written).unwrap();
        let read: Report = serde_json::from_slice(&written).unwrap();
        assert!(read == report, "{version}");
        let mut again = Vec::new();
        format::json(&read, &mut again).unwrap();
        assert!(written == again, "{version}: other bytes");
        assert_eq!(told(&Comparison::new(&report, &read).unwrap()), [""; 0], "{version}");
    }
}

/// Regions that one report left out are said, and what lies there is neither new nor gone.
#[test]
fn another_scope_is_no_change() {
    let benchmark = cis_aws::benchmark("2.0.0").unwrap();
    let registry = cis_aws::registry();
    let whole = scan(&benchmark, &source(&files()));
    let part = Scan::new(&benchmark, &registry).regions(["us-east-1".to_owned()]);
    let part = block_on(part.run(&source(&files()))).unwrap();
    for (old, new, forward) in [(&whole, &part, true), (&part, &whole, false)] {
        let comparison = Comparison::new(old, new).unwrap();
        let regions = ["ap-northeast-1", "eu-central-1"].map(str::to_owned).to_vec();
        let only = [&comparison.scope.regions_only_old, &comparison.scope.regions_only_new];
        let none = Vec::new();
        assert_eq!(only, if forward { [&regions, &none] } else { [&none, &regions] });
        for difference in &comparison.differences {
            let regional =
                difference.resource.region.as_ref().is_some_and(|region| regions.iter().any(|one| one == region));
            let fine = matches!(difference.kind, DifferenceKind::StillFailing | DifferenceKind::NotCompared);
            assert!(fine || !regional, "{difference:?}");
        }
        assert!(comparison.of(DifferenceKind::NotCompared).count() > 10);
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let report = |version: &str| scan(&cis_aws::benchmark(version).unwrap(), &source(&files()));
    let (old, new) = (report("1.5.0"), report("2.0.0"));
    let error = Comparison::new(&old, &new).unwrap_err().to_string();
    assert!(error.contains("CIS AWS Foundations 1.5.0 before, CIS AWS Foundations 2.0.0 after"), "{error}");
    let other = Report { account_id: "999999999999".into(), ..new.clone() };
    let error = Comparison::new(&other, &new).unwrap_err().to_string();
    assert_eq!(error, "the reports are of different accounts: 999999999999 before, 123456789012 after");
}

/// Every verdict that the other version changes has a change of the versions as its reason.
#[test]
fn migrating_tells_what_comes_goes_and_is_judged_differently() {
    let (from, to) = (cis_aws::benchmark("1.5.0").unwrap(), cis_aws::benchmark("2.0.0").unwrap());
    let (old, new) = (scan(&from, &source(&files())), scan(&to, &source(&files())));
    let migration = Migration::new((&from, &old), (&to, &new)).unwrap();
    assert_valid("migration.schema.json", &json!(migration));
    let keys = |kind| migration.of(kind).map(|moved| moved.key.as_str()).collect::<Vec<_>>();
    assert_eq!(keys(MovedKind::Added), ["iam.cloudshell_full_access", "ec2.imdsv2"]);
    assert_eq!(keys(MovedKind::Removed), ["s3.default_encryption"]);
    assert_eq!(migration.moved.len() + migration.unchanged, to.recommendations.len() + 1);
    let mut verdicts = 0;
    for moved in migration.of(MovedKind::Verdict) {
        let reasons = [ChangeKind::Assessment, ChangeKind::Scope, ChangeKind::Audit, ChangeKind::Text];
        assert!(moved.changes.iter().any(|change| reasons.contains(&change.kind)), "{} without a reason", moved.key);
        assert!(!moved.findings.is_empty(), "{}", moved.key);
        verdicts += 1;
    }
    assert!(verdicts > 5, "{verdicts}");
    assert!(Migration::new((&to, &old), (&from, &new)).is_err());
}
