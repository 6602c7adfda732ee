//! Scans a snapshot and says what it took: what a scan from Python is measured beside.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use cis_aws::sources::SnapshotSource;
use cis_core::{Error, Scan};
use clap::Parser;
use rustix::time::{ClockId, clock_gettime};

// As the Python package has, so that what Python adds is not hidden by what the allocator saves.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Scans a snapshot once and prints `{"cpu": .., "wall": .., "findings": ..}`: seconds of the whole process and of the clock,
/// from the opening of the snapshot to the report.
#[derive(Debug, Parser)]
#[command(name = "scan")]
struct Arguments {
    folder: PathBuf,
}

fn main() -> ExitCode {
    match run(&Arguments::parse().folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(3)
        }
    }
}

/// Seconds that this process has had of the processors.
fn cpu() -> f64 {
    std::time::Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default().as_secs_f64()
}

fn run(folder: &Path) -> Result<(), Error> {
    // As the Python package does.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::source_failed(error.to_string()))?;
    let (began, before) = (Instant::now(), cpu());
    let (benchmark, registry) = (cis_aws::benchmark("2.0.0")?, cis_aws::registry());
    let source = SnapshotSource::open(folder)?;
    let report = runtime.block_on(Scan::new(&benchmark, &registry).run(&source))?;
    let (cpu, wall) = (cpu() - before, began.elapsed().as_secs_f64());
    println!(r#"{{"cpu": {cpu}, "wall": {wall}, "findings": {}}}"#, report.findings.len());
    Ok(())
}
