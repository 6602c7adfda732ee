//! The programs to copy from do what they say.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

/// Runs an example; standard output, standard error.
fn run(name: &str) -> (String, String) {
    // Cargo tells a test where a binary is, and not where an example is: beside the folder that the test is in.
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(|folder| folder.parent()).unwrap().join("examples").join(name);
    let changed = |path: &Path| path.metadata().and_then(|data| data.modified());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(name).with_extension("rs");
    // Asked for this test alone, cargo leaves the examples as they are.
    let fresh = changed(&program).is_ok_and(|built| built >= changed(&source).unwrap());
    assert!(fresh, "{} is not there or out of date: run `cargo test -p cis-examples`", program.display());
    let done = Command::new(&program).env_clear().output().unwrap();
    let [out, err] = [done.stdout, done.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(done.status.success(), "{name} gave {}\n{out}\n{err}", done.status);
    (out, err)
}

/// Every line, in order; where a line of ours ends with `..`, one that begins so.
#[track_caller]
fn check(name: &str, lines: &[&str]) {
    let (out, _) = run(name);
    let same = |(line, expected): (&str, &str)| match expected.strip_suffix("..") {
        Some(beginning) => line.starts_with(beginning),
        None => line == expected,
    };
    let told: Vec<_> = out.lines().collect();
    assert!(
        told.len() == lines.len() && told.iter().copied().zip(lines.iter().copied()).all(same),
        "{name} printed\n{out}\nand not\n{}",
        lines.join("\n")
    );
}

#[test]
fn embed() {
    check(
        "embed",
        &[
            "1.1    manual         Maintain current contact details",
            "1.3    manual         ..",
            "1.8    pass           ..",
            "1.9    pass           ..",
            "1.20   fail           ..",
            "1.21   manual         ..",
            "58 recommendations rest on what the inventory does not have",
        ],
    );
}

#[test]
fn custom_control() {
    let (out, _) = run("custom_control");
    let own: Vec<_> = out.lines().filter(|line| line.contains("acme.laptop_disk")).collect();
    assert!(own.len() == 2 && own.len() < out.lines().count(), "{out}");
    assert!(own[0].starts_with("fail") && own[0].ends_with("bob: The disk is not encrypted; it must be."), "{out}");
    assert!(own[1].starts_with("unknown") && own[1].contains("eve: "), "{out}");
}

#[test]
fn layers() {
    check(
        "layers",
        &[
            "1.2   pass     ..",
            "1.8   fail     ..",
            "1.19  unknown  This could not be judged: iam:ListServerCertificates answered AccessDenied; allow ..",
            "what was kept gives the same findings: true",
        ],
    );
    let (_, log) = run("layers");
    assert!(log.contains("WARN") && log.contains("not read gap=iam:ListServerCertificates"), "{log}");
}

#[test]
fn progress() {
    let (out, _) = run("progress");
    let lines: Vec<_> = out.lines().collect();
    assert!(lines[0].starts_with(" 1 of 24: ec2."), "{out}");
    // What was not read is told as well, as cancelled.
    assert!(lines[9].starts_with("10 of 24: ec2."), "{out}");
    let [.., sum, why] = lines[..] else { panic!("{out}") };
    assert!(sum.ends_with(" tables were not read") && !sum.ends_with(" 0 tables were not read"), "{out}");
    assert_eq!(why, "the scan ended before this was read: the window was closed");
}
