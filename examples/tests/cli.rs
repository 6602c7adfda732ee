//! The program `audit` as people and scripts run it: arguments in; exit code, standard output and standard error out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

#[path = "cli/compare.rs"]
mod compare;

struct Done {
    code: Option<i32>,
    out: String,
    err: String,
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_audit"));
    // A test must not see what the machine is set up for.
    command.args(args).env_clear().env("HOME", "/nonexistent").stdin(Stdio::null());
    command
}

fn audit(args: &[&str]) -> Done {
    let done = command(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Done { code: done.status.code(), out: text(done.stdout), err: text(done.stderr) }
}

/// A new, empty folder.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A snapshot of an account of which nothing but its password policy was read.
fn snapshot(name: &str, manifest: &str) -> String {
    let folder = folder(name);
    fs::write(folder.join("snapshot.json"), manifest).unwrap();
    fs::create_dir(folder.join("account")).unwrap();
    let policy = r#"{"PasswordPolicy": {"MinimumPasswordLength": 14, "PasswordReusePrevention": 24}}"#;
    fs::write(folder.join("account/iam.password_policy.json"), policy).unwrap();
    folder.to_str().unwrap().to_owned()
}

const WHOLE: &str = r#"{"format": "cis-snapshot", "version": 1, "account_id": "123456789012",
    "as_of": "2024-05-01T00:00:00Z", "regions": [{"name": "eu-central-1", "status": "enabled"}]}"#;
const WITHOUT_MOMENT: &str = r#"{"format": "cis-snapshot", "version": 1, "account_id": "123456789012", "regions": []}"#;

/// Arguments, the exit code, what standard output holds, what standard error holds. Empty means empty.
type Row<'a> = (&'a str, &'a [&'a str], i32, &'a [&'a str], &'a [&'a str]);

fn check(rows: &[Row<'_>]) {
    let mut wrong = Vec::new();
    for (why, args, code, out, err) in rows {
        let done = audit(args);
        let holds = |text: &str, parts: &[&str]| {
            parts.iter().all(|part| text.contains(part)) && (!parts.is_empty() || text.is_empty())
        };
        if done.code != Some(*code) || !holds(&done.out, out) || !holds(&done.err, err) {
            wrong.push(format!("{why}: audit {args:?} gave {:?}\n{}\n{}", done.code, done.out, done.err));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn help_and_lists() {
    check(&[
        ("help", &["--help"], 0, &["Usage: audit", "demo", "snapshot", "live", "delta", "list", "Exit codes"], &[]),
        ("help of a command", &["snapshot", "--help"], 0, &["--as-of", "--output", "Exit codes"], &[]),
        ("help of live in every build", &["live", "--help"], 0, &["--endpoint-url", "--record", "--profile"], &[]),
        ("version", &["--version"], 0, &["audit "], &[]),
        ("list", &["list"], 0, &["CIS AWS Foundations 2.0.0", "1.22", "iam.password_min_length"], &[]),
        ("list of another", &["list", "--benchmark", "1.5.0"], 0, &["CIS AWS Foundations 1.5.0"], &[]),
        ("list as JSON", &["list", "--format", "json"], 0, &["\"recommendations\": [", "\"datasets\": ["], &[]),
        (
            "delta",
            &["delta", "1.5.0", "2.0.0"],
            0,
            &["1.22", "automated -> manual", "2.1.3 -> 2.1.2", "(audit, remediation unchanged)"],
            &[],
        ),
        (
            "delta in Japanese",
            &["delta", "1.5.0", "2.0.0", "--locale", "ja"],
            0,
            &["評価方法", "自動評価 → 手動確認", "(監査手順、修復手順は変更なし)"],
            &[],
        ),
        ("list in Japanese", &["list", "--locale", "ja"], 0, &["レベル 1", "推奨事項 64 件"], &[]),
        ("delta as JSON", &["delta", "1.5.0", "2.0.0", "--format", "json"], 0, &["\"from\": \"1.5.0\""], &[]),
        ("help of compare", &["compare", "--help"], 0, &["--fail-on", "OLD", "NEW", "Exit codes"], &[]),
        ("delta of a version with itself", &["delta", "2.0.0", "2.0.0"], 0, &["Nothing changed."], &[]),
    ]);
}

#[test]
fn filter_patterns() {
    const NAMES: &str = "{ $.eventName = CreateTrail || $.eventName = StopLogging }";
    const HALF: &str = "{ $.eventName = *Trail }";
    const WRONG: &str = "{ $.eventName == StopLogging }";
    const PROBLEM: &str = "filter pattern cannot be read at line 1 column 16: expected a value, found \"=\"";
    let covers = |filters: &[&'static str]| -> Vec<&str> {
        let filters = filters.iter().flat_map(|filter| ["--filter", filter]);
        ["pattern", "covers", "--required", NAMES, "--format", "json"].into_iter().chain(filters).collect()
    };
    check(&[
        ("help", &["pattern", "covers", "--help"], 0, &["--required", "--filter", "Exit codes", "not proven"], &[]),
        ("parse", &["pattern", "parse", HALF], 0, &["normal form   { $.eventName = \"*Trail\" }"], &[]),
        ("parse of nothing", &["pattern", "parse", ""], 0, &["every event"], &[]),
        ("parse of a dash", &["pattern", "parse", "-ERROR"], 0, &["must not occur: ERROR"], &[]),
        ("parse as JSON", &["pattern", "parse", HALF, "--format", "json"], 0, &["\"operator\": \"=\""], &[]),
        ("parse of what is wrong", &["pattern", "parse", WRONG], 3, &[], &["error: PATTERN: ", PROBLEM]),
        ("covered", &covers(&[HALF, "{ $.eventName = Stop* }"]), 0, &["\"covered\": true"], &[]),
        ("not covered", &covers(&[HALF]), 1, &["\"covered\": false", "\"$.eventName\": \"StopLogging\""], &[]),
        ("not proven", &covers(&["StopLogging"]), 2, &["\"covered\": null", "looks at the text"], &[]),
        (
            "a filter is wrong",
            &covers(&[NAMES, WRONG]),
            2,
            &["\"covered\": null", "filter 2"],
            &["warning: filter 2 is left out: ", PROBLEM],
        ),
        (
            "the required pattern is wrong",
            &["pattern", "covers", "--required", WRONG, "--filter", HALF],
            3,
            &[],
            &["error: --required: ", PROBLEM],
        ),
        ("no filter", &["pattern", "covers", "--required", HALF], 3, &[], &["--filter <PATTERN>"]),
    ]);
}

#[test]
fn wrong_command_lines() {
    let snapshot = snapshot("wrong_command_lines", WHOLE);
    let snapshot = snapshot.as_str();
    check(&[
        ("nothing", &[], 3, &[], &["Usage: audit"]),
        ("unknown command", &["audit-all"], 3, &[], &["error: unrecognized subcommand 'audit-all'"]),
        ("unknown option", &["demo", "--fast"], 3, &[], &["error: unexpected argument '--fast'"]),
        ("no path", &["snapshot"], 3, &[], &["error: ", "<PATH>"]),
        ("unknown format", &["demo", "--format", "xml"], 3, &[], &["error: invalid value 'xml'", "text, json, jsonl"]),
        ("level", &["demo", "--level", "3"], 3, &[], &["error: invalid value '3' for '--level", "1..=2"]),
        (
            "as-of in words",
            &["demo", "--as-of", "yesterday"],
            3,
            &[],
            &["error: invalid value 'yesterday'", "2024-05-01"],
        ),
        ("as-of without offset", &["demo", "--as-of", "2024-05-01T12:00:00"], 3, &[], &["not a moment"]),
        (
            "two formats and one output",
            &["demo", "--format", "json", "--format", "csv", "--output", "report"],
            3,
            &[],
            &["error: 2 --format and 1 --output; give each format an output of its own"],
        ),
        (
            "unknown benchmark",
            &["demo", "--benchmark", "9.9"],
            3,
            &[],
            &["error: --benchmark: benchmark \"9.9\" is not known (known: 1.5.0, 2.0.0)\n"],
        ),
        ("unknown benchmark to list", &["list", "--benchmark", "9.9"], 3, &[], &["error: --benchmark: ", "2.0.0"]),
        ("unknown version", &["delta", "1.5.0", "9.9"], 3, &[], &["error: TO: benchmark \"9.9\" is not known"]),
        (
            "a selection that matches nothing",
            &["snapshot", snapshot, "--select", "1.4", "--select", "sqs.*"],
            3,
            &[],
            &["error: no id or key of CIS AWS Foundations 2.0.0 matches \"sqs.*\"", "`audit list"],
        ),
        (
            "a selection that has no level 1",
            &["snapshot", snapshot, "--select", "1.6", "--level", "1"],
            3,
            &[],
            &["error: nothing is selected"],
        ),
        (
            "unknown region",
            &["snapshot", snapshot, "--region", "eu-central-9"],
            3,
            &[],
            &["error: region \"eu-central-9\" is not known (known: eu-central-1)\n"],
        ),
    ]);
}

#[test]
fn snapshots_that_cannot_be_scanned() {
    let without = snapshot("without_moment", WITHOUT_MOMENT);
    let newer = snapshot("newer", r#"{"format": "cis-snapshot", "version": 99}"#);
    let missing = folder("missing").join("none");
    check(&[
        ("nothing there", &["snapshot", missing.to_str().unwrap()], 3, &[], &["error: ", "none"]),
        ("no moment", &["snapshot", &without], 3, &[], &["error: the snapshot has no moment recorded", "--as-of"]),
        ("a newer format", &["snapshot", &newer], 3, &[], &["error: ", "99"]),
    ]);
    let given = audit(&["snapshot", &without, "--as-of", "2024-05-01", "--select", "1.8", "--format", "json"]);
    assert_eq!((given.code, given.err.as_str()), (Some(0), ""));
    assert_eq!(json(&given.out)["as_of"], "2024-05-01T00:00:00Z");
}

#[cfg(not(feature = "live"))]
#[test]
fn live_says_that_it_is_not_in_this_build() {
    check(&[("live", &["live"], 3, &[], &["error: this build has no live source", "--features live"])]);
}

#[cfg(feature = "live")]
#[test]
fn live_without_an_endpoint_ends_with_one_error() {
    // Port 9 (discard) of this machine: nothing answers there.
    let done = command(&["live", "--endpoint-url", "http://127.0.0.1:9", "--region", "eu-central-1"])
        .envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_EC2_METADATA_DISABLED", "true")])
        .output()
        .unwrap();
    let err = String::from_utf8(done.stderr).unwrap();
    assert_eq!((done.status.code(), done.stdout.len()), (Some(3), 0), "{err}");
    assert!(err.starts_with("error: "), "{err}");
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn scans_of_a_snapshot() {
    let whole = snapshot("scans", WHOLE);
    check(&[
        (
            "nothing fails",
            &["snapshot", &whole, "--select", "iam.password_min_length"],
            0,
            &["judged as of 2024-05-01T00:00:00Z", "1.8", "pass", "Recommendations (1): 1 pass, 0 fail"],
            &[],
        ),
        (
            "something is unknown",
            &["snapshot", &whole, "--select", "1.8", "--select", "1.20"],
            2,
            &["UNKNOWN", "Recommendations (2): 1 pass, 0 fail, 1 unknown"],
            &[],
        ),
        (
            "as JSON",
            &["snapshot", &whole, "--select", "1.?", "--format", "json", "--benchmark", "1.5.0"],
            2,
            &["\"version\": \"1.5.0\"", "\"account_id\": \"123456789012\"", "\"unread\": ["],
            &[],
        ),
    ]);
}

#[test]
fn scans_of_the_demo_account() {
    check(&[
        ("something fails", &["demo"], 1, &["Account 123456789012", "FAIL", "Recommendations (64): "], &[]),
        ("by id", &["demo", "--select", "1.8"], 1, &["1.8", "Recommendations (1): 0 pass, 1 fail"], &[]),
        (
            "in one region",
            &["demo", "--region", "eu-central-1"],
            1,
            &["Regions scanned (1): eu-central-1\n", "Regions left out (2): ap-northeast-1, us-east-1\n"],
            &[],
        ),
        (
            "in Japanese",
            &["demo", "--locale", "ja", "--select", "1.8"],
            1,
            &["パスワードの最小文字数が 12 文字です。", "推奨事項 (1 件): 合格 0、不合格 1"],
            &[],
        ),
        ("in a language that is not known", &["demo", "--locale", "tlh"], 3, &[], &["[possible values: en, ja]"]),
        ("at a moment", &["demo", "--as-of", "2026-03-03"], 1, &["judged as of 2026-03-03T00:00:00Z"], &[]),
        (
            "of 1.5.0",
            &["demo", "--benchmark", "1.5.0"],
            1,
            &["CIS AWS Foundations 1.5.0", "Recommendations (63): "],
            &[],
        ),
    ]);
    let level_1 = json(&audit(&["demo", "--level", "1", "--format", "json"]).out);
    let levels = level_1["recommendations"].as_array().unwrap().iter().map(|judged| &judged["level"]);
    assert!(levels.clone().count() > 20 && levels.clone().all(|level| level == 1));
}

#[test]
fn log_lines_go_to_standard_error_as_far_as_they_are_asked_for() {
    let scan = |more: &[&str]| {
        let args = [&["demo", "--select", "1.8", "--region", "eu-central-1"], more].concat();
        // What other programs are told by does nothing here.
        let done = command(&args).env("RUST_LOG", "trace").output().unwrap();
        assert_eq!(done.status.code(), Some(1), "{args:?}");
        [done.stdout, done.stderr].map(|bytes| String::from_utf8(bytes).unwrap())
    };
    let [report, silent] = scan(&[]);
    assert_eq!(silent, "");
    let parts = [
        " INFO ",
        "planned tables=1 places=1",
        " DEBUG ",
        "read rows=1",
        " TRACE ",
        "judged key=\"iam.password_min_length\"",
    ];
    for (level, told) in [("off", 0), ("error", 0), ("warn", 0), ("info", 2), ("debug", 4), ("trace", 6)] {
        let [same, lines] = scan(&["--log", level]);
        assert_eq!(same, report, "{level}");
        for (index, part) in parts.iter().enumerate() {
            assert_eq!(lines.contains(part), index < told, "{level}: {part}\n{lines}");
        }
        for line in lines.lines() {
            assert!(line.starts_with("20") && line.contains(" cis_") && !line.contains('\u{1b}'), "{line}");
        }
    }
    // Before the command, too.
    let done = command(&["--log", "debug", "demo", "--select", "1.8"]).output().unwrap();
    assert!(String::from_utf8(done.stderr).unwrap().contains("read rows=1"));
    check(&[("unknown level", &["demo", "--log", "loud"], 3, &[], &["error: invalid value 'loud'", "debug, trace"])]);
}

#[test]
fn exceptions_and_attestations() {
    let folder = folder("reviews");
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let exception = |expires: &str| {
        format!(
            "exceptions:\n- recommendation: iam.password_min_length\n  owner: ann\n  reason: phased in\n  ticket: T-1\n  \
             expires: {expires}\n"
        )
    };
    let answer = |answer: &str| {
        format!(
            "benchmark = \"2.0.0\"\n[[attestations]]\nrecommendation = \"1.1\"\nanswer = \"{answer}\"\nby = \"ann\"\n\
             dated = 2026-01-01\nevidence = \"https://example.com\"\nvalid_until = 2026-12-31\n"
        )
    };
    let (holds, expired) =
        (file("holds.yaml", &exception("2026-03-02")), file("expired.yml", &exception("2026-03-01")));
    let (met, not_met) = (file("met.toml", &answer("pass")), file("not_met.toml", &answer("fail")));
    let wrong = file("wrong.toml", &answer("maybe"));
    let missing = folder.join("missing.toml");
    let missing = missing.to_str().unwrap();
    check(&[
        (
            "a fail that is covered does not fail a pipeline, and is a fail",
            &["demo", "--select", "1.8", "--review", &holds],
            0,
            &["FAIL     1 fail", "Excepted until 2026-03-02 by ann (T-1): phased in", "cover: 1 of 1"],
            &[],
        ),
        (
            "the exception has expired",
            &["demo", "--select", "1.8", "--review", &expired],
            1,
            &[
                "WITHOUT EFFECT IN THE REVIEW: 1",
                "held until 2026-03-01; findings that it\n      names: 1\n",
                "cover: 0 of 1",
            ],
            &[],
        ),
        (
            "for a person to decide",
            &["demo", "--select", "1.1"],
            0,
            &["Recommendations (1): 0 pass, 0 fail, 0 unknown, 1 manual"],
            &[],
        ),
        (
            "attested to pass",
            &["demo", "--select", "1.1", "--review", &met],
            0,
            &["manual   ", "Attested as pass by ann", "Recommendations (1): 1 pass", "Decided by attestations: 1."],
            &[],
        ),
        (
            "attested to fail",
            &["demo", "--select", "1.1", "--review", &not_met],
            1,
            &["Attested as FAIL by ann", "Recommendations (1): 0 pass, 1 fail"],
            &[],
        ),
        (
            "several files",
            &["demo", "--select", "1.1", "--select", "1.8", "--review", &holds, "--review", &met],
            0,
            &["Recommendations (2): 1 pass, 1 fail", "cover: 1 of 1. Decided by attestations: 1."],
            &[],
        ),
        (
            "a file that is wrong",
            &["demo", "--review", &wrong],
            3,
            &[],
            &["error: --review: ", "wrong.toml: attestation 1: line 4, column 10: unknown variant `maybe`"],
        ),
        ("no file", &["demo", "--review", missing], 3, &[], &["error: --review: ", "missing.toml: cannot be read: "]),
    ]);
}

#[test]
fn the_same_account_gives_the_same_bytes() {
    for format in ["json", "text"] {
        let [first, second] = [(); 2].map(|()| audit(&["demo", "--format", format]).out);
        assert!(first == second && first.len() > 1000, "{format}");
    }
}

#[test]
fn one_scan_writes_several_formats() {
    let whole = snapshot("several", WHOLE);
    let folder = folder("several-reports");
    let (json_file, csv_file) = (folder.join("report.json"), folder.join("report.csv"));
    let scan = ["snapshot", &whole, "--select", "1.8"];
    let formats = ["--format", "json", "--format", "text", "--format", "csv"];
    let outputs = ["--output", json_file.to_str().unwrap(), "--output", "-", "--output", csv_file.to_str().unwrap()];
    let done = audit(&[&scan[..], &formats, &outputs].concat());
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""));
    assert_eq!(done.out, audit(&scan).out);
    let alone = audit(&[&scan[..], &["--format", "json"]].concat()).out;
    assert_eq!(fs::read_to_string(&json_file).unwrap(), alone);
    let rows = fs::read_to_string(&csv_file).unwrap();
    assert_eq!(rows.lines().count(), 2, "{rows}");
    assert!(rows.contains(json(&alone)["findings"][0]["id"].as_str().unwrap()));
}

#[test]
fn output_goes_to_the_file_whole_or_not_at_all() {
    let whole = snapshot("output", WHOLE);
    let folder = folder("output-reports");
    let (old, none) = (folder.join("report.json"), folder.join("none/report.json"));
    let (old, none) = (old.to_str().unwrap(), none.to_str().unwrap());
    let report = ["snapshot", &whole, "--select", "1.8", "--format", "json", "--output"];
    let to = |path| [&report[..], &[path]].concat();

    check(&[("a folder that does not exist", &to(none), 3, &[], &["error: --output ", "none does not exist"])]);
    assert!(fs::read_dir(&folder).unwrap().next().is_none());

    fs::write(old, "old").unwrap();
    let failing = ["snapshot", &whole, "--region", "eu-central-9", "--output", old];
    check(&[("the scan fails", &failing, 3, &[], &["error: region"])]);
    assert_eq!(fs::read_to_string(old).unwrap(), "old");

    check(&[("the scan runs", &to(old), 0, &[], &[])]);
    let on_screen = audit(&report[..report.len() - 1]);
    assert_eq!(fs::read_to_string(old).unwrap(), on_screen.out);
    assert_eq!(json(&on_screen.out)["findings"][0]["status"], "pass");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn a_redacted_snapshot_has_the_same_findings_and_other_names() {
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../cis-aws/demo/snapshot");
    let out = folder("redacted");
    let at = |name: &str| out.join(name).to_str().unwrap().to_owned();
    let (key, short) = (at("key"), at("short"));
    fs::write(&key, "thirty-two bytes that nobody else has").unwrap();
    fs::write(&short, "short").unwrap();
    let (one, two, random, wrong, full) =
        (at("one"), at("two"), at("random"), at("wrong"), snapshot("redacted-full", WHOLE));
    let empty = folder("redacted-empty");
    check(&[
        ("help", &["redact", "--help"], 0, &["--key-file", "Exit codes"], &[]),
        ("a key", &["redact", demo, &one, "--key-file", &key], 0, &[], &[]),
        ("the same key", &["redact", demo, &two, "--key-file", &key], 0, &[], &[]),
        ("a random key", &["redact", demo, &random], 0, &[], &[]),
        ("a short key", &["redact", demo, &wrong, "--key-file", &short], 3, &[], &["error: key file ", "at least 32"]),
        ("no key", &["redact", demo, &wrong, "--key-file", "none"], 3, &[], &["error: key file none: cannot be read"]),
        ("no snapshot", &["redact", "none", &wrong], 3, &[], &["error: none: there is nothing"]),
        ("a folder without one", &["redact", empty.to_str().unwrap(), &wrong], 3, &[], &["it is not a snapshot"]),
        ("a folder that is not empty", &["redact", demo, &full], 3, &[], &["error: snapshot folder ", "not empty"]),
        ("redact without record", &["live", "--redact"], 3, &[], &["--record <PATH>"]),
    ]);
    assert!(!Path::new(&wrong).exists());
    assert_eq!(fs::read_dir(&out).unwrap().count(), 5, "nothing half-written is left");
    let [demo, one, two, random] =
        [demo, &one, &two, &random].map(|path| audit(&["snapshot", path, "--format", "json"]).out);
    assert_eq!(one, two);
    assert_ne!(one, random);
    let verdicts = |report: &str| json(report)["recommendations"].clone();
    assert!(verdicts(&demo) == verdicts(&one) && verdicts(&demo) == verdicts(&random));
    let account = json(&demo)["account_id"].as_str().unwrap().to_owned();
    assert!(demo.contains(&account) && !one.contains(&account) && !random.contains(&account));
}

#[test]
fn text_is_plain_and_fits_where_it_does_not_go_to_a_terminal() {
    let whole = snapshot("plain", WHOLE);
    for args in [&["snapshot", whole.as_str()][..], &["demo"], &["delta", "1.5.0", "2.0.0"], &["list"]] {
        let done = audit(args);
        assert!(!done.out.is_empty());
        for line in done.out.lines() {
            assert!(line.chars().count() <= 100 && !line.contains('\u{1b}') && !line.ends_with(' '), "{line:?}");
        }
    }
}

#[test]
fn the_delta_has_every_change() {
    let known = include_str!("../../cis-aws/tests/data/delta-1.5.0-2.0.0.json");
    let delta = json(&audit(&["delta", "1.5.0", "2.0.0", "--format", "json"]).out);
    let sorted = |delta: &Value| {
        let kinds = |change: &Value| format!("{} {} {}", change["kind"], change["key"], change["note"]);
        let mut changes: Vec<_> = delta["changes"].as_array().unwrap().iter().map(kinds).collect();
        changes.sort();
        changes
    };
    assert_eq!(sorted(&delta), sorted(&json(known)));
}

/// `audit list | head -1` in a shell: the reader goes away, and that is no error.
#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = command(&["delta", "1.5.0", "2.0.0", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!((done.status.code(), String::from_utf8(done.stderr).unwrap()), (Some(0), String::new()));
}
