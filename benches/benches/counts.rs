//! Six benchmarks as counts: instructions by callgrind, and allocations. They are kept in `benches/counts.json`, and
//! compared with what is kept.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::type_complexity,
    reason = "it measures, and prints"
)]

mod support;

use std::alloc::System;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use cis_aws::sources::SnapshotSource;
use cis_benches::results;
use cis_core::{DataSource, Dataset, DatasetInfo, Place, Report, Request, format};
use clap::Parser;
use serde::{Deserialize, Serialize};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use self::support::{Judge, account, block_on, run, whole};

// It has a block grow where it is, where the system can: a counter that moved it would have its own copying counted.
#[global_allocator]
static ALLOCATED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Counts the instructions and allocations of six benchmarks, and compares them with what is kept in `benches/counts.json`.
#[derive(Debug, Parser)]
struct Arguments {
    /// Compare alone: end with 1 where more is counted than is kept, by more than the tolerance.
    #[arg(long)]
    check: bool,
    /// Keep what is counted.
    #[arg(long)]
    keep: bool,
    /// Run one benchmark, once. For callgrind.
    #[arg(long, hide = true)]
    run: Option<String>,
    /// Cargo says so.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Counts {
    instructions: u64,
    /// A block that grows is one more.
    allocations: u64,
    /// All that was allocated, in bytes; of a block that grows the room that it grows by.
    allocated_bytes: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// By how many percent a count may be above what is kept. Another compiler or allocator counts otherwise.
    tolerance_percent: f64,
    counts: BTreeMap<String, Counts>,
}

/// A benchmark: what it is given, and what it does with it.
struct Case {
    name: &'static str,
    about: &'static str,
    /// How many there are of what it goes through.
    items: usize,
    work: Box<dyn Fn()>,
}

/// Each is made when it is asked for: callgrind takes fifty times as long, and runs one.
const CASES: [(&str, fn(&'static str) -> Case); 6] = [
    ("whole", |name| scanned(name, "facts in memory to the report, the whole benchmark", &[])),
    ("security groups", |name| scanned(name, "5.2 alone", &["5.2"])),
    ("buckets", |name| scanned(name, "2.1.1 to 2.1.4", &["2.1.*"])),
    ("filters and alarms", |name| scanned(name, "4.1 to 4.15", &["4.*"])),
    ("snapshot", loaded),
    ("report", written),
];

fn scanned(name: &'static str, about: &'static str, patterns: &'static [&'static str]) -> Case {
    let account = account(10_000);
    let memory = account.memory();
    let judge = Judge::new();
    judge.check(&account, &run(judge.select(patterns), &memory));
    let work = Box::new(move || drop(black_box(run(judge.select(patterns), &memory))));
    Case { name, about, items: account.size().resources(), work }
}

/// A document of a snapshot to rows.
fn loaded(name: &'static str) -> Case {
    let account = account(100_000);
    let place = Place::region(account.account_id(), "us-east-1");
    let request = Request::new(DatasetInfo::of::<cis_aws::datasets::ec2::SecurityGroups>(), place);
    let dataset = cis_aws::datasets::ec2::SecurityGroups::NAME;
    let table = block_on(account.fetch(&request));
    let document = cis_core::snapshot::to_document(&request.dataset, &table, &request.only).to_string();
    let manifest = cis_core::snapshot::Manifest::new(&block_on(account.coverage()).unwrap(), account.as_of());
    let files = [
        (cis_core::snapshot::MANIFEST.to_owned(), serde_json::to_vec(&manifest).unwrap()),
        (cis_core::snapshot::path(dataset, &request.place).unwrap(), document.into_bytes()),
    ];
    let source = SnapshotSource::from_files(files.map(|(path, bytes)| (path, Cow::Owned(bytes)))).unwrap();
    let items = table.len();
    let work = Box::new(move || {
        let table = block_on(source.fetch(&request));
        assert_eq!((table.len(), table.why_nothing()), (items, None));
    });
    Case { name, about: "a document of security groups to rows", items, work }
}

fn written(name: &'static str) -> Case {
    let account = account(10_000);
    let judge = Judge::new();
    let report: Report = run(judge.select(&[]), &account);
    judge.check(&account, &report);
    let items = report.findings.len();
    let work = Box::new(move || {
        let mut bytes = Vec::new();
        format::json(&report, &mut bytes).unwrap();
        assert!(bytes.len() > items);
    });
    Case { name, about: "a report to JSON", items, work }
}

/// What callgrind counts: it looks for this name.
#[inline(never)]
fn measured(work: &dyn Fn()) {
    work();
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(name) = &arguments.run {
        let (name, case) = CASES.into_iter().find(|(known, _)| known == name).unwrap();
        measured(&case(name).work);
        return ExitCode::SUCCESS;
    }
    let machine = results::machine();
    let kept = std::fs::read(file()).ok().map(|bytes| serde_json::from_slice::<Kept>(&bytes).unwrap());
    let tolerance_percent = kept.as_ref().map_or(2.0, |kept| kept.tolerance_percent);
    let before = kept.map(|kept| kept.counts).unwrap_or_default();
    let cases: Vec<_> = CASES.into_iter().map(|(name, case)| case(name)).map(|case| (counted(&case), case)).collect();
    let text = section(&machine, tolerance_percent, &before, &cases);
    println!("{text}");
    if arguments.keep {
        let counts = cases.iter().map(|(counts, case)| (case.name.to_owned(), *counts)).collect();
        let kept = serde_json::to_string_pretty(&Kept { tolerance_percent, counts }).unwrap();
        std::fs::write(file(), kept + "\n").unwrap();
    }
    if !arguments.check {
        results::write("counts", &text).unwrap();
        return ExitCode::SUCCESS;
    }
    let above = |(now, case): &&(Counts, Case)| {
        before.get(case.name).is_none_or(|before| ratios(before, now).iter().any(|more| *more > tolerance_percent))
    };
    let worse: Vec<_> = cases.iter().filter(above).map(|(_, case)| case.name).collect();
    if worse.is_empty() {
        println!("ok: no count is more than {tolerance_percent} % above what is kept in benches/counts.json");
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "error: more than {tolerance_percent} % above what is kept in benches/counts.json: {}; if that is meant, keep it with \
         `make bench-keep`",
        worse.join(", ")
    );
    ExitCode::FAILURE
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("counts.json")
}

/// By how many percent each count is above what it was.
fn ratios(before: &Counts, now: &Counts) -> [f64; 3] {
    [
        (before.instructions, now.instructions),
        (before.allocations, now.allocations),
        (before.allocated_bytes, now.allocated_bytes),
    ]
    .map(|(before, now)| 100.0 * (now as f64 / before as f64 - 1.0))
}

fn counted(case: &Case) -> Counts {
    // What is made once, on first use, is not counted.
    (case.work)();
    let region = Region::new(ALLOCATED);
    (case.work)();
    let allocated = region.change();
    Counts {
        instructions: instructions(case.name),
        allocations: (allocated.allocations + allocated.reallocations) as u64,
        allocated_bytes: allocated.bytes_allocated as u64,
    }
}

/// The instructions of one benchmark, counted in a process of its own.
fn instructions(name: &str) -> u64 {
    let out = std::env::temp_dir().join(format!("cis-callgrind-{}", std::process::id()));
    let ran = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no", "--toggle-collect=*measured*"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe().unwrap())
        .args(["--run", name])
        .output();
    let ran =
        ran.unwrap_or_else(|error| panic!("valgrind did not start: {error}; install it (`apt-get install valgrind`)"));
    let told = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{told}");
    let profile = std::fs::read_to_string(&out).unwrap();
    std::fs::remove_file(&out).unwrap();
    let counted = profile.lines().find_map(|line| line.strip_prefix("totals: "));
    counted.unwrap_or_else(|| panic!("callgrind counted nothing: {told}")).trim().parse().unwrap()
}

fn section(machine: &str, tolerance: f64, kept: &BTreeMap<String, Counts>, cases: &[(Counts, Case)]) -> String {
    let mut text = format!(
        "## Counts\n\nInstructions by callgrind, allocations by a counting allocator (whose own instructions are among \
         them), of one run of each on\none thread; each checked its answer before. Kept in `benches/counts.json`: \
         `make bench-check` fails where a count is more than\n{tolerance} % above what is kept, `make bench-keep` keeps what \
         is counted. {machine}\n\n```sh\nmake bench-check\n```\n\n\
         | benchmark | of what | items | instructions | for each | allocations | for each | allocated | since kept |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n"
    );
    for (now, case) in cases {
        let each = |count: u64| count as f64 / case.items as f64;
        let since = kept.get(case.name).map_or_else(
            || "new".to_owned(),
            |before| ratios(before, now).map(|percent| format!("{percent:+.1} %")).join(", "),
        );
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {:.1} | {:.1} MB | {since} |",
            case.name,
            case.about,
            whole(case.items),
            whole(now.instructions),
            whole(each(now.instructions) as u64),
            whole(now.allocations),
            each(now.allocations),
            now.allocated_bytes as f64 / 1e6,
        );
    }
    text
}
