//! How much memory a scan takes: `cargo run --release -p cis-benches --features live --bin memory`. Built without `live` it
//! scans snapshots alone.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

use std::alloc::System;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use cap::Cap;
use cis_aws::sources::SnapshotSource;
use cis_benches::generate::{Account, Size};
#[cfg(feature = "live")]
use cis_benches::mock::{Mock, Options};
use cis_benches::results::{self, Figure};
use cis_core::{DataSource, Error, Scan};
use clap::{Parser, ValueEnum};
use serde::{Deserialize, Serialize};

// It counts a block that grows where it is as the room that it grows by: a counter that has it moved would count it twice.
#[global_allocator]
static ALLOCATED: Cap<System> = Cap::new(System, usize::MAX);

/// Measures the peak memory of scans of a large account (5,000 users, 10,000 roles, 2,000 buckets, 17 regions), with 1,000
/// security groups in each region and with ten times as many: each scan in a process of its own, the account served or
/// stored by another. Writes its section of RESULTS.md.
#[derive(Debug, Parser)]
#[command(name = "memory")]
struct Arguments {
    /// Security groups of a region; may be repeated.
    #[arg(long, value_name = "GROUPS", default_values_t = [1_000, 10_000])]
    security_groups: Vec<usize>,
    /// What is scanned. Default: everything.
    #[arg(long, value_enum)]
    source: Vec<Source>,
    /// Print, and leave RESULTS.md as it is.
    #[arg(long)]
    dry: bool,
    /// Scan this address or folder here, and say what it took. For the program itself.
    #[arg(long, hide = true)]
    measure: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Source {
    /// The mock, over the network.
    #[cfg(feature = "live")]
    Live,
    /// A snapshot in a folder.
    Snapshot,
}

/// What a scan took, in bytes.
#[derive(Debug, Serialize, Deserialize)]
struct Taken {
    /// The most that was allocated at one time.
    peak: usize,
    /// What was allocated at the end: the report.
    report: usize,
    /// The most that the process had in memory, as the kernel counts; 0 where it does not say.
    resident: usize,
    findings: usize,
    /// What fails, in the words of [`Account::planted`].
    failing: BTreeSet<(String, String)>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.measure {
        Some(target) => measure(target).await,
        None => run(&arguments).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(3)
        }
    }
}

async fn measure(target: &str) -> Result<(), Error> {
    let (benchmark, registry) = (cis_aws::benchmark("2.0.0")?, cis_aws::registry());
    let as_of = Account::new(0, Size::SMALL)?.as_of();
    let before = ALLOCATED.allocated();
    let source = source(target).await?;
    let report = Scan::new(&benchmark, &registry).as_of(as_of).run(&source).await?;
    drop(source);
    let taken = Taken {
        peak: ALLOCATED.max_allocated() - before,
        report: ALLOCATED.allocated() - before,
        resident: resident(),
        findings: report.findings.len(),
        failing: Account::failing(&report),
    };
    println!("{}", serde_json::to_string(&taken).map_err(|error| Error::write(error.to_string()))?);
    Ok(())
}

#[cfg_attr(not(feature = "live"), expect(clippy::unused_async, reason = "it connects to the mock, which is not there"))]
async fn source(target: &str) -> Result<Box<dyn DataSource>, Error> {
    #[cfg(feature = "live")]
    if target.starts_with("http") {
        return Ok(Box::new(cis_benches::live::source(target).await?));
    }
    Ok(Box::new(SnapshotSource::open(Path::new(target))?))
}

/// The most that this process ever had in memory: `VmHWM` of Linux.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok()).map_or(0, |kilobytes| kilobytes * 1024)
}

async fn run(arguments: &Arguments) -> Result<(), Error> {
    let (machine, benchmark) = (results::machine(), cis_aws::benchmark("2.0.0")?);
    let (mut rows, mut figures) = (String::new(), Vec::new());
    let wanted = |source| arguments.source.is_empty() || arguments.source.contains(&source);
    for &source in Source::value_variants().iter().filter(|source| wanted(**source)) {
        let mut before: Option<(usize, Taken)> = None;
        for &security_groups in &arguments.security_groups {
            let account = Account::new(5, Size { security_groups, ..Size::LARGE })?;
            let groups = security_groups * account.size().regions;
            let planted = account.planted(&benchmark);
            let taken = match source {
                #[cfg(feature = "live")]
                Source::Live => {
                    let mock = Mock::serve(account, Options::default()).await?;
                    in_a_process_of_its_own(mock.url()).await?
                }
                Source::Snapshot => {
                    let folder = Folder(std::env::temp_dir().join(format!("cis-memory-{}", std::process::id())));
                    account.write(&folder.0).await?;
                    in_a_process_of_its_own(folder.0.display().to_string()).await?
                }
            };
            if taken.failing != planted {
                return Err(Error::source_failed("the scan did not find exactly what is planted"));
            }
            let mut per_group = String::new();
            if let Some((fewer, less)) = &before {
                let more = taken.peak.saturating_sub(less.peak) / groups.saturating_sub(*fewer).max(1);
                per_group = format!("{more} bytes");
                figures.push(growth(source, (*fewer, less.peak), (groups, taken.peak)));
            }
            let Taken { peak, report, resident, findings, .. } = taken;
            let [peak_mb, report, resident] = [peak, report, resident].map(|bytes| bytes / 1_000_000);
            // Writing into text does not fail.
            let _ = writeln!(
                rows,
                "| {source:?} | {groups} | {findings} | {peak_mb} MB | {report} MB | {resident} MB | {per_group} |",
            );
            before = Some((groups, taken));
        }
    }
    let text = format!(
        "## Peak memory\n\nThe account of the calls. {machine}\n\nAllocated bytes, as a counting allocator sees them, of a scan \
         in a process of its own, by the C library's allocator; \"resident\" is\nthe kernel's `VmHWM`. Each found exactly what is planted. Live is the mock, over \
         the network.\n\n```sh\nmake bench-memory\n```\n\n{}\n| source | security groups | findings | peak | of it the report | \
         resident | peak for each more group |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n{rows}{PROFILES}",
        results::table(&figures)
    );
    println!("{text}");
    if arguments.dry { Ok(()) } else { results::write("memory", &text) }
}

/// What no run of this can tell.
const PROFILES: &str = "
Most of the larger peak is the report: two findings a group. A table is freed after its last reader, so that what is there beside
the report is the groups of the regions that are being read, and the list of findings once more while it is put together, which a
counting allocator sees as soon as there is room for it. Before narrowed reads waited for what they see alone, the groups of all
regions were kept: 1,582 MB live (8,171 bytes for each more group) and 1,168 MB from the snapshot (5,608 bytes), measured once.
";

/// How the peak grows beside the number of groups.
#[allow(clippy::cast_precision_loss, reason = "it measures")]
fn growth(source: Source, (fewer, less): (usize, usize), (groups, peak): (usize, usize)) -> Figure {
    let (wider, higher) = (groups as f64 / fewer.max(1) as f64, peak as f64 / less.max(1) as f64);
    Figure {
        what: format!("{source:?}: the peak, of {wider:.0} times the security groups"),
        measured: format!("{higher:.1} times"),
        aim: "at most linear in them".into(),
        reached: higher <= wider,
    }
}

async fn in_a_process_of_its_own(target: String) -> Result<Taken, Error> {
    let failed = |error: &dyn std::fmt::Display| Error::source_failed(format!("the measurement failed: {error}"));
    let program: PathBuf = std::env::current_exe().map_err(|error| failed(&error))?;
    // It waits for a server that runs here.
    let child = tokio::task::spawn_blocking(move || Command::new(program).arg("--measure").arg(target).output());
    let output = child.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))?;
    serde_json::from_slice(&output.stdout)
        .map_err(|error| failed(&format!("{error}; {}", String::from_utf8_lossy(&output.stderr))))
}

/// A folder that goes with this.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies in the folder for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
