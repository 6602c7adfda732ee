//! Whole scans of small accounts: the snapshot in, the report out, byte by byte.
//!
//! `BLESS=1 cargo test -p cis-aws --test corpus` writes the reports anew. Read what changed: every verdict in them was
//! checked by hand.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cis_aws::sources::SnapshotSource;
use cis_core::testkit::source_conformance;
use cis_core::{Assessment, GapKind, Report, Scan, Status, format};
use futures::executor::block_on;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../corpus");

/// The scenarios, by name.
fn scenarios() -> Vec<(String, PathBuf)> {
    let folders = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> = folders
        .filter(|folder| folder.join("snapshot").is_dir())
        .map(|folder| (folder.file_name().unwrap().to_str().unwrap().to_owned(), folder))
        .collect();
    all.sort();
    assert!(all.len() >= 5, "scenarios: {all:?}");
    all
}

fn report(folder: &Path, version: &str) -> Report {
    let source = SnapshotSource::open(&folder.join("snapshot")).unwrap();
    let (benchmark, registry) = (cis_aws::benchmark(version).unwrap(), cis_aws::registry());
    block_on(Scan::new(&benchmark, &registry).run(&source)).unwrap()
}

fn of(scenario: &str, version: &str) -> Report {
    report(&Path::new(FOLDER).join(scenario), version)
}

#[test]
fn reports() {
    for (name, folder) in scenarios() {
        for (version, file) in [("2.0.0", "report.json"), ("1.5.0", "report-1.5.0.json")] {
            let mut found = Vec::new();
            format::json(&report(&folder, version), &mut found).unwrap();
            let found = String::from_utf8(found).unwrap();
            let path = folder.join(file);
            if std::env::var_os("BLESS").is_some_and(|value| !value.is_empty()) {
                fs::write(&path, &found).unwrap();
                continue;
            }
            let expected = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
            let line = expected.lines().zip(found.lines()).position(|(expected, found)| expected != found);
            assert!(
                expected == found,
                "corpus/{name}/{file} is not the report of its snapshot, from line {} on; if it is now right, write it \
                 anew with BLESS=1 cargo test -p cis-aws --test corpus",
                line.unwrap_or_else(|| expected.lines().count().min(found.lines().count())) + 1
            );
        }
    }
}

#[test]
fn snapshots_conform() {
    for (_, folder) in scenarios() {
        let source = SnapshotSource::open(&folder.join("snapshot")).unwrap();
        block_on(source_conformance(&source, &cis_aws::datasets::all()));
    }
}

#[test]
fn the_script_makes_the_snapshots() {
    let run = Command::new("python3").arg(Path::new(FOLDER).join("make.py")).arg("--check").output();
    let output = run.expect("python3, which the corpus's script is for, is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The automated recommendations with a finding of one of these statuses, with their statuses.
fn automated(report: &Report, version: &str, wanted: &[Status]) -> BTreeMap<String, Vec<Status>> {
    let mut found: BTreeMap<String, Vec<Status>> = BTreeMap::new();
    for recommendation in cis_aws::benchmark(version).unwrap().recommendations {
        let ours =
            report.findings.iter().filter(|one| one.recommendation.as_deref() == Some(recommendation.id.as_str()));
        let ours: Vec<_> = ours.map(|finding| finding.status).filter(|status| wanted.contains(status)).collect();
        if recommendation.assessment == Assessment::Automated && !ours.is_empty() {
            found.insert(recommendation.id, ours);
        }
    }
    found
}

#[test]
fn every_automated_recommendation_passes_in_a_hardened_account() {
    for scenario in ["hardened", "china"] {
        for version in ["1.5.0", "2.0.0"] {
            let report = of(scenario, version);
            let bad = automated(&report, version, &[Status::Fail, Status::Unknown, Status::Manual]);
            assert_eq!(bad, BTreeMap::new(), "{scenario} {version}");
        }
    }
}

#[test]
fn no_arn_of_another_partition_is_made_up() {
    for version in ["1.5.0", "2.0.0"] {
        let mut text = Vec::new();
        format::json(&of("china", version), &mut text).unwrap();
        assert!(!String::from_utf8(text).unwrap().contains("arn:aws:"), "{version}");
    }
}

/// What is denied makes no verdict: with half of the reads gone, each finding is as it was or unknown, but for the reads
/// that something else decides then.
#[test]
fn denied_reads_make_nothing_but_unknowns() {
    for version in ["1.5.0", "2.0.0"] {
        let (half, whole) = (of("half_denied", version), of("hardened", version));
        let before: BTreeMap<_, _> = whole.findings.iter().map(|one| (one.id(), one.status)).collect();
        let mut unknown = 0;
        for finding in &half.findings {
            let same = before.get(&finding.id()) == Some(&finding.status);
            assert!(same || finding.status == Status::Unknown, "{version}: {finding:?}");
            unknown += u32::from(finding.status == Status::Unknown);
        }
        assert!(unknown > 20, "{version}: {unknown}");
        assert!(half.unread.iter().any(|gap| gap.kind == GapKind::Denied));
    }
}

/// The organization's trail of the management account, whose chain is in the snapshot, passes what is judged of it; its
/// bucket is another account's.
#[test]
fn a_member_is_judged_by_its_organizations_trail() {
    for version in ["1.5.0", "2.0.0"] {
        let report = of("member", version);
        let of_key = |key: &str| {
            let ours = report.findings.iter().filter(|finding| finding.control == key);
            ours.map(|finding| finding.status).collect::<Vec<_>>()
        };
        for key in
            ["cloudtrail.all_regions", "cloudtrail.cloudwatch_logs", "monitoring.root_usage", "monitoring.vpc_changes"]
        {
            assert_eq!(of_key(key), [Status::Pass], "{version} {key}");
        }
        for key in ["cloudtrail.bucket_not_public", "cloudtrail.bucket_access_logging"] {
            assert_eq!(of_key(key), [Status::Unknown], "{version} {key}");
        }
    }
}
