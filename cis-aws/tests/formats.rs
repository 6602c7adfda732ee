//! Every format on whole accounts: the demo and the corpus.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod guard;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cis_core::format::{FORMATS, Format, Options};
use cis_core::{Gap, Report, Scan, Status};
use futures::executor::block_on;
use guard::guard;
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

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

fn written(report: &Report, format: &Format) -> Vec<u8> {
    written_in("en", report, format)
}

fn written_in(tag: &str, report: &Report, format: &Format) -> Vec<u8> {
    let mut options = Options::default();
    options.locale = cis_aws::locale(tag).unwrap();
    let mut out = Vec::new();
    format.write(report, &options, &mut out).unwrap();
    out
}

/// The texts that a message is filled with and that are nobody's words: names, values, what a service said.
fn data(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| data(item, found)),
        Value::Object(members) => match (members.get("$gap"), members.get("$message")) {
            (Some(gap), _) => of_gap(&serde_json::from_value(gap.clone()).unwrap(), found),
            (_, Some(message)) => {
                message
                    .get("values")
                    .into_iter()
                    .flat_map(|values| values.as_object().unwrap().values())
                    .for_each(|v| data(v, found));
            }
            _ => found.push(value.to_string()),
        },
        other => found.push(other.to_string()),
    }
}

fn of_gap(gap: &Gap, found: &mut Vec<String>) {
    let texts = [&gap.operation, &gap.dataset, &gap.region, &gap.resource, &gap.code, &gap.action];
    found.extend(texts.into_iter().flatten().cloned());
    found.push(gap.message.clone());
}

/// What is left of a text that is English: two words beside each other.
fn english(text: &str, mut data: Vec<String>) -> Option<String> {
    data.sort_by_key(|text| std::cmp::Reverse(text.len()));
    let left =
        data.iter().filter(|text| !text.is_empty()).fold(text.to_owned(), |left, one| left.replace(one, "\u{fffc}"));
    let words: Vec<_> = left.split(' ').collect();
    let is_word = |word: &str| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase());
    words.windows(2).find(|two| two.iter().all(|word| is_word(word))).map(|two| two.join(" "))
}

#[test]
fn a_japanese_report_leaves_nothing_in_english() {
    let locale = cis_aws::locale("ja").unwrap();
    assert_eq!(english("キー ann が is not set です", vec!["ann".into()]).as_deref(), Some("is not"));
    let mut messages = 0;
    for (name, report) in reports() {
        for judged in &report.recommendations {
            assert_ne!(locale.title(&judged.title), judged.title, "{name}: {}", judged.id);
            assert_ne!(locale.words(&judged.section), judged.section, "{name}");
        }
        for finding in &report.findings {
            let told = locale.message(finding);
            assert!(*told != *finding.message && locale.has(&finding.template), "{name}: {}", finding.template);
            let mut values = Vec::new();
            finding.values.iter().for_each(|(_, value)| data(value, &mut values));
            assert_eq!(english(&told, values), None, "{name}: {told}");
            messages += 1;
        }
        for gap in report.findings.iter().flat_map(|finding| &finding.gaps).chain(&report.unread) {
            let mut values = Vec::new();
            of_gap(gap, &mut values);
            assert_eq!(english(&locale.gap(gap), values), None, "{name}");
            let ours = gap.code.is_none() && gap.message.contains(' ');
            assert!(!ours || !locale.gap(gap).contains(&gap.message), "{name}: {}", gap.message);
        }
    }
    assert!(messages > 500, "{messages}");
}

#[test]
fn no_line_of_japanese_text_is_too_wide() {
    let (name, demo) = reports().swap_remove(1);
    assert_eq!(name, "demo 2.0.0");
    let text = String::from_utf8(written_in("ja", &demo, &"text".parse().unwrap())).unwrap();
    for line in text.lines() {
        assert!(line.width() <= 100 && !line.ends_with(' '), "{} columns: {line}", line.width());
    }
    guard("docs/demo.ja.txt", &text);
}

#[test]
fn how_to_fix_is_told_in_japanese() {
    let (_, demo) = reports().swap_remove(1);
    let plain = |c: char| c.is_ascii_alphanumeric() || c == ' ';
    let english: Vec<_> = demo.remediation.values().flat_map(cis_core::Remediation::texts).collect();
    // Up to what a format may escape.
    let begin = |text: &&str| text.split(|c| !plain(c)).next().filter(|begin| begin.len() > 20).map(str::to_owned);
    let english: BTreeSet<_> = english.iter().filter_map(begin).collect();
    assert!(english.len() > 50, "{english:?}");
    let mut told = Vec::new();
    for format in FORMATS.iter().filter(|format| !["json", "jsonl", "parquet"].contains(&format.name)) {
        let [page, japanese] = ["en", "ja"].map(|tag| String::from_utf8(written_in(tag, &demo, format)).unwrap());
        if english.iter().any(|text| page.contains(text)) {
            told.push(format.name);
        }
        for text in &english {
            assert!(!japanese.contains(text), "{}: {text}", format.name);
        }
        for furniture in
            ["How to fix", "Console**", ">Console<", "not this way", "Costs money", " Then: ", "For all:", "For AWS::"]
        {
            assert!(!japanese.contains(furniture), "{}: {furniture}", format.name);
        }
    }
    assert_eq!(told, ["markdown", "html", "sarif", "sarif-github", "ocsf", "asff", "oscal"]);
}

#[test]
fn data_is_the_same_in_every_language() {
    let (_, demo) = reports().swap_remove(1);
    for format in FORMATS {
        let same = written(&demo, format) == written_in("ja", &demo, format);
        assert_eq!(same, ["json", "jsonl", "parquet"].contains(&format.name), "{}", format.name);
    }
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
                let id = finding.id();
                assert_eq!(told.contains(id.as_str()), there, "{name}, {}: {id}", format.name);
            }
        }
    }
}
