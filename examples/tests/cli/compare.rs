//! `audit compare` as a pipeline runs it: the demo account before and after ten scripted changes.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{Done, audit, folder, json as parsed};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cis-aws/demo/snapshot");

/// A file of the snapshot, a change to it, and what must come of that: kind, recommendation, resource, region, verdict before
/// and after.
type Change = (&'static str, fn(&mut Value), &'static str);

fn named<'a>(list: &'a mut Value, member: &str, name: &str) -> &'a mut Value {
    list.as_array_mut().unwrap().iter_mut().find(|entry| entry[member] == name).unwrap()
}

fn denied(operation: &str, code: &str) -> Value {
    json!({"$gap": {"kind": "denied", "operation": operation, "code": code, "message": "not authorized", "action": operation}})
}

const CHANGES: [Change; 10] = [
    (
        "account/iam.password_policy.json",
        |policy| policy["PasswordPolicy"]["MinimumPasswordLength"] = json!(14),
        "resolved 1.8 123456789012 - fail pass",
    ),
    (
        "account/iam.password_policy.json",
        |policy| policy["PasswordPolicy"]["PasswordReusePrevention"] = json!(5),
        "new_fail 1.9 123456789012 - pass fail",
    ),
    (
        "regions/eu-central-1/ec2.ebs_encryption_by_default.json",
        |default| default["EbsEncryptionByDefault"] = json!(false),
        "new_fail 2.2.1 123456789012 eu-central-1 pass fail",
    ),
    // What failed and cannot be read any more is not resolved.
    (
        "regions/us-east-1/ec2.ebs_encryption_by_default.json",
        |default| *default = denied("ec2:GetEbsEncryptionByDefault", "UnauthorizedOperation"),
        "newly_unknown 2.2.1 123456789012 us-east-1 fail unknown",
    ),
    (
        "account/account.security_alternate_contact.json",
        |contact| *contact = denied("account:GetAlternateContact", "AccessDeniedException"),
        "newly_unknown 1.2 123456789012 - pass unknown",
    ),
    (
        "account/s3.bucket_versionings.json",
        |versionings| {
            let row = named(&mut versionings["Buckets"], "Bucket", "example-payroll-archive");
            *row = json!({"Bucket": "example-payroll-archive", "Status": "Enabled", "MFADelete": "Enabled"});
        },
        "no_longer_unknown 2.1.2 example-payroll-archive - unknown pass",
    ),
    (
        "regions/us-east-1/efs.file_systems.json",
        |systems| {
            let systems = systems["FileSystems"].as_array_mut().unwrap();
            systems.retain(|one| one["FileSystemId"] != "fs-0b0204274b41b7211");
        },
        "gone 2.4.1 fs-0b0204274b41b7211 us-east-1 fail none",
    ),
    (
        "regions/us-east-1/efs.file_systems.json",
        |systems| {
            named(&mut systems["FileSystems"], "FileSystemId", "fs-012ffce68df289d24")["Encrypted"] = json!(false);
        },
        "new_fail 2.4.1 fs-012ffce68df289d24 us-east-1 pass fail",
    ),
    (
        "regions/us-east-1/kms.keys.json",
        |keys| {
            let key = named(&mut keys["Keys"], "KeyId", "16b71c71-ef5b-d8b3-bdde-c0221bc0639e");
            key["RotationStatus"]["KeyRotationEnabled"] = json!(false);
        },
        "new_fail 3.8 16b71c71-ef5b-d8b3-bdde-c0221bc0639e us-east-1 pass fail",
    ),
    (
        "regions/eu-central-1/securityhub.hub.json",
        |hub| *hub = json!({"HubArn": "arn:aws:securityhub:eu-central-1:123456789012:hub/default"}),
        "resolved 4.16 123456789012 eu-central-1 fail pass",
    ),
];

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let from = entry.unwrap().path();
        let to = to.join(from.file_name().unwrap());
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
        }
    }
}

/// The demo account with those changes whose kind is wanted, and what must come of them.
fn changed(name: &str, wanted: impl Fn(&str) -> bool) -> (String, Vec<&'static str>) {
    let folder = folder(name);
    copy(Path::new(DEMO), &folder);
    let mut expected = Vec::new();
    for (file, change, told) in CHANGES.iter().filter(|(.., told)| wanted(told)) {
        let path = folder.join(file);
        let mut document = parsed(&fs::read_to_string(&path).unwrap());
        change(&mut document);
        fs::write(&path, document.to_string()).unwrap();
        expected.push(*told);
    }
    expected.sort_unstable();
    (folder.to_str().unwrap().to_owned(), expected)
}

/// What a comparison as JSON tells beside what still fails, and how much does.
fn told(done: &Done) -> (Vec<String>, usize) {
    let comparison = parsed(&done.out);
    let differences = comparison["differences"].as_array().unwrap();
    let (still, others): (Vec<_>, Vec<_>) = differences.iter().partition(|one| one["kind"] == "still_failing");
    let word = |value: &Value, none: &str| value.as_str().unwrap_or(none).to_owned();
    let line = |one: &&Value| {
        let resource = &one["resource"];
        let parts =
            [&one["kind"], &one["recommendation"], &resource["id"], &resource["region"]].map(|part| word(part, "-"));
        format!("{} {} {}", parts.join(" "), word(&one["was"], "none"), word(&one["now"], "none"))
    };
    let mut lines: Vec<_> = others.iter().map(line).collect();
    lines.sort();
    (lines, still.len())
}

/// The report of a snapshot, as a file.
fn report_of(snapshot: &str, name: &str) -> String {
    let path = folder(name).join("report.json").to_str().unwrap().to_owned();
    assert_eq!(audit(&["snapshot", snapshot, "--format", "json", "--output", &path]).code, Some(1));
    path
}

#[test]
fn ten_changes_are_told_and_nothing_else() {
    let (after, expected) = changed("compare-ten", |_| true);
    assert_eq!(expected.len(), 10);
    let before = report_of(DEMO, "compare-ten-before");
    let done = audit(&["compare", &before, &after, "--format", "json"]);
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "nobody asked for more");
    let (lines, still) = told(&done);
    assert_eq!(lines, expected);

    let before = parsed(&fs::read_to_string(before).unwrap());
    let no_more = lines.iter().filter(|line| line.contains(" fail ")).count();
    assert_eq!(before["summary"]["findings"]["fail"], json!(still + no_more), "what else failed still does");
}

#[test]
fn a_pipeline_fails_on_what_is_new() {
    let (all, _) = changed("compare-all", |_| true);
    let (better, _) = changed("compare-better", |told| !told.starts_with("new"));
    let (darker, _) = changed("compare-darker", |told| !told.starts_with("new_fail"));
    let review = folder("compare-review").join("review.toml");
    let exceptions = ["1.9", "2.2.1", "2.4.1", "3.8"].map(|id| {
        format!(
            "[[exceptions]]\nrecommendation = '{id}'\nowner = 'o'\nreason = 'r'\nticket = 't'\nexpires = 2099-01-01\n"
        )
    });
    fs::write(&review, format!("benchmark = '2.0.0'\n{}", exceptions.concat())).unwrap();
    let [before, after] = [(DEMO, "compare-before"), (&all, "compare-after")].map(|(of, name)| report_of(of, name));
    for (why, args, code) in [
        ("something new fails", &[DEMO, &after][..], 1),
        ("what failed once and passes now", &[&before, &better], 0),
        ("nothing new fails, and something cannot be read any more", &[&before, &darker], 2),
        ("all that is new is excepted", &[&before, &after, "--review", review.to_str().unwrap()], 2),
        ("what fails in both", &[&after, &after], 0),
    ] {
        let done = audit(&[&["compare", "--fail-on", "new"], args].concat());
        assert_eq!((done.code, done.err.as_str()), (Some(code), ""), "{why}: {}", done.out);
    }
}
