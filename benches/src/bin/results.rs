//! Puts `benches/RESULTS.md` together from its sections: `cargo run -p cis-benches --bin results`.
#![allow(clippy::print_stderr, reason = "it is a program")]

use std::process::ExitCode;

fn main() -> ExitCode {
    match cis_benches::results::write_page() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(3)
        }
    }
}
