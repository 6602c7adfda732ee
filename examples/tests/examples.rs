//! The programs to copy from do what they say.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::process::Command;

/// Runs an example; standard output, standard error.
fn run(name: &str) -> (String, String) {
    // Cargo tells a test where a binary is, and not where an example is: beside the folder that the test is in.
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(|folder| folder.parent()).unwrap().join("examples").join(name);
    let done = Command::new(&program).env_clear().output().unwrap_or_else(|error| {
        panic!("{}: {error}; build it with `cargo build -p cis-examples --examples`", program.display())
    });
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
