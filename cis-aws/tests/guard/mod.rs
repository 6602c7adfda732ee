//! Files that are committed and made from the code.
#![allow(unreachable_pub, reason = "a test is a crate of its own")]

use std::fs;
use std::path::Path;

/// Compares a file with what it must hold, or writes it.
pub fn guard(path: &str, expected: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if std::env::var_os("BLESS").is_some_and(|value| !value.is_empty()) {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, expected).unwrap();
        return;
    }
    // A checkout may have given it the line ends of its system.
    let found = fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    let first = found.lines().zip(expected.lines()).position(|(found, expected)| found != expected);
    let line = first.unwrap_or_else(|| found.lines().count().min(expected.lines().count())) + 1;
    assert!(
        found == expected,
        "{path} is not what it is generated from, from line {line} on; write it anew with\n\
         BLESS=1 cargo test -p cis-aws --features schema,cli --test generated --test formats"
    );
}
