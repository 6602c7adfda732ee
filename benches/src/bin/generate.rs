//! Writes a generated account as a snapshot: `cargo run -p cis-benches --bin generate -- --seed 7 --users 100 FOLDER`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

use std::path::PathBuf;
use std::process::ExitCode;

use cis_benches::generate::{Account, Size};
use cis_core::Error;
use clap::Parser;

/// Writes a generated account as a snapshot into a new folder, and says what is planted in it: a line for each resource that
/// must fail, with the requirement's key. The same seed and sizes give the same bytes.
#[derive(Debug, Parser)]
#[command(name = "generate")]
struct Arguments {
    /// The folder, which is made and must be empty.
    folder: PathBuf,
    /// What everything is drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The version of the benchmark whose planted violations are told.
    #[arg(long, default_value = "2.0.0")]
    benchmark: String,
    #[command(flatten)]
    size: Size,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(3)
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Error> {
    let benchmark = cis_aws::benchmark(&arguments.benchmark)?;
    let account = Account::new(arguments.seed, arguments.size)?;
    account.write(&arguments.folder).await?;
    for (key, resource) in account.planted(&benchmark) {
        println!("{key}\t{resource}");
    }
    Ok(())
}
