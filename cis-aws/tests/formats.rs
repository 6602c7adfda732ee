//! Every format on whole accounts: the demo and the corpus.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cis_core::format::{FORMATS, Options};
use cis_core::{Report, Scan, Status};
use futures::executor::block_on;

fn reports() -> Vec<(String, Report)> {
    let (source, registry) = (cis_aws::sources::demo().unwrap(), cis_aws::registry());
    let demo = cis_aws::versions().map(|version| {
        let benchmark = cis_aws::benchmark(version).unwrap();
        (format!("demo {version}"), block_on(Scan::new(&benchmark, &registry).run(&source)).unwrap())
    });
    let corpus = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../corpus"));
    let mut names: Vec<_> = fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.is_dir());
    names.sort();
    let read = names.iter().flat_map(|path| {
        ["report.json", "report-1.5.0.json"].map(|name| {
            let path = path.join(name);
            (path.display().to_string(), serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
        })
    });
    demo.chain(read).collect()
}

fn written(report: &Report, format: &cis_core::format::Format) -> Vec<u8> {
    let mut out = Vec::new();
    format.write(report, &Options::default(), &mut out).unwrap();
    out
}

#[test]
fn json_that_is_read_is_written_again_as_it_was() {
    let json = "json".parse().unwrap();
    for (name, report) in reports() {
        let bytes = written(&report, &json);
        let read: Report = serde_json::from_slice(&bytes).unwrap();
        assert!(written(&read, &json) == bytes && bytes.len() > 10_000, "{name}");
        if Path::new(&name).is_file() {
            assert!(fs::read(&name).unwrap() == bytes, "{name}");
        }
    }
}

#[test]
fn a_finding_stands_in_every_format_once_by_its_id() {
    // What tells findings by their id; people have no use for it in the others.
    let by_id = ["json", "jsonl", "csv", "junit", "sarif", "sarif-github", "ocsf", "asff", "oscal"];
    for (name, report) in reports() {
        for format in FORMATS.iter().filter(|format| by_id.contains(&format.name)) {
            let text = String::from_utf8(written(&report, format)).unwrap();
            let words = text.split(|c: char| !c.is_ascii_alphanumeric());
            let told: BTreeSet<_> = words.filter(|word| word.len() == 32).collect();
            for finding in &report.findings {
                let quiet = matches!(finding.status, Status::Pass | Status::NotApplicable);
                let there = format.name != "sarif-github" || !quiet;
                assert_eq!(told.contains(&*finding.id), there, "{name}, {}: {}", format.name, finding.id);
            }
        }
    }
}
