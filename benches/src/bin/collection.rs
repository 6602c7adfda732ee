//! What collection takes, beside the same calls by the bare SDK and beside what latency and quotas allow; writes the section
//! `collection` of the results: `cargo run --release -p cis-benches --features live --bin collection`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]
#![allow(clippy::cast_precision_loss, reason = "counts of some thousands")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use cis_benches::bare;
use cis_benches::generate::{Account, Size};
use cis_benches::limit;
use cis_benches::mock::{Mock, Options, Quota, Quotas, Request};
use cis_benches::reading::Reading;
use cis_benches::results::{self, Figure};
use cis_core::{Error, Scan};
use clap::{Parser, ValueEnum};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// Measures the collection of generated accounts from the mock: each run in a process of its own, the mock in another, ours and
/// the bare SDK's in turn.
#[derive(Debug, Parser)]
#[command(name = "collection")]
struct Arguments {
    /// How often each is run; the median of the ratios counts.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Measure the scenarios whose names begin so, print them, and leave the results as they are.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Make these calls here, and say what it took. For the program itself.
    #[arg(long, hide = true, requires = "url")]
    measure: Option<What>,
    #[arg(long, hide = true)]
    url: Option<String>,
    #[arg(long, hide = true)]
    calls: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Every read of a scan, and no verdict.
    Collection,
    /// A whole scan.
    Scan,
    /// The same calls by the SDK alone.
    Bare,
}

/// What a run took, in seconds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Taken {
    wall: f64,
    /// User and system time of the whole process.
    cpu: f64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.measure {
        Some(what) => measure(what, &arguments).await,
        None => run(arguments.rounds, arguments.only.as_deref()).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(3)
        }
    }
}

fn failed(error: &dyn std::fmt::Display) -> Error {
    Error::source_failed(format!("the measurement failed: {error}"))
}

/// Seconds of CPU that this process has taken.
fn cpu() -> f64 {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default().as_secs_f64()
}

async fn measure(what: What, arguments: &Arguments) -> Result<(), Error> {
    let url = arguments.url.as_deref().unwrap_or_default();
    let (benchmark, registry) = (cis_aws::benchmark("2.0.0")?, cis_aws::registry());
    let calls: Vec<Request> = match &arguments.calls {
        Some(path) => serde_json::from_slice(&std::fs::read(path).map_err(|error| failed(&error))?)
            .map_err(|error| failed(&error))?,
        None => Vec::new(),
    };
    let as_of = Account::new(0, Size::SMALL)?.as_of();
    let (began, cpu_before) = (Instant::now(), cpu());
    match what {
        What::Bare => bare::make(url, calls).await?,
        What::Collection | What::Scan => {
            let source = cis_benches::live::patient(url).await?;
            let (unjudged, readings) = Reading::of(&benchmark, &registry)?;
            let scan = if what == What::Collection {
                readings.into_iter().fold(Scan::new(&unjudged, &registry), Scan::with)
            } else {
                Scan::new(&benchmark, &registry)
            };
            let scan = scan.as_of(as_of);
            let report = scan.run(&source).await?;
            if !report.unread.is_empty() {
                return Err(failed(&format!("{:?} could not be read", report.unread)));
            }
        }
    }
    let taken = Taken { wall: began.elapsed().as_secs_f64(), cpu: cpu() - cpu_before };
    println!("{}", serde_json::to_string(&taken).map_err(|error| failed(&error))?);
    Ok(())
}

struct Scenario {
    name: &'static str,
    size: Size,
    latency_ms: u64,
    quotas: Quotas,
    /// Whether the bare SDK, which does not pace its calls, would only be refused.
    paced: bool,
}

/// Reads of a bucket's configuration in a region: AWS publishes no quota of an account for them.
const BUCKETS: Quota = Quota { burst: 20.0, per_second: 20.0 };

fn scenarios() -> Vec<Scenario> {
    let buckets = ["s3:GetBucketPolicy", "s3:GetBucketVersioning", "s3:GetPublicAccessBlock"];
    let tight = buckets.into_iter().fold(Quotas::aws(), |quotas, operation| quotas.with(operation, BUCKETS));
    let few_regions = Size { regions: 2, buckets: 600, ..Size::MEDIUM };
    let of = |name, size, latency_ms, quotas, paced| Scenario { name, size, latency_ms, quotas, paced };
    vec![
        of("medium, 0 ms", Size::MEDIUM, 0, Quotas::none(), false),
        of("medium, 20 ms", Size::MEDIUM, 20, Quotas::none(), false),
        of("600 buckets in 2 regions, 20 ms, AWS's quotas, 20/s for buckets", few_regions, 20, tight, true),
        of("large, 20 ms, AWS's quotas", Size::LARGE, 20, Quotas::aws(), true),
    ]
}

/// What was measured of a scenario: medians.
struct Measured {
    scenario: Scenario,
    calls: u64,
    throttled: u64,
    collection: Taken,
    scan: Taken,
    bare: Option<Taken>,
    /// CPU of collection over that of the bare SDK, pair by pair.
    ratio: Option<f64>,
    /// The same for the whole scan.
    scan_ratio: Option<f64>,
    limit: Duration,
    /// CPU seconds that the mock took to answer one collection.
    mock_cpu: f64,
}

impl Measured {
    /// What the processors of this machine allow, in seconds, if all of them did nothing but ours and the mock's.
    fn by_processors(&self) -> f64 {
        let cores = std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64);
        (self.collection.cpu + self.mock_cpu) / cores
    }
}

async fn run(rounds: usize, only: Option<&str>) -> Result<(), Error> {
    let machine = results::machine();
    let mut all = Vec::new();
    for scenario in scenarios().into_iter().filter(|one| only.is_none_or(|only| one.name.starts_with(only))) {
        eprintln!("{}", scenario.name);
        all.push(one(scenario, rounds).await?);
    }
    let section = section(&all, rounds, &machine);
    if only.is_some() {
        println!("{section}");
        return Ok(());
    }
    results::write("collection", &section)
}

async fn one(scenario: Scenario, rounds: usize) -> Result<Measured, Error> {
    let account = Account::new(5, scenario.size)?;
    let latency = Duration::from_millis(scenario.latency_ms);
    let options = Options { latency, quotas: scenario.quotas.clone(), keep: true, ..Options::default() };
    let mock = Mock::serve(account.clone(), options).await?;

    // The first scan has the mock make its tables, is held to what is planted, and says which calls there are.
    let (benchmark, registry) = (cis_aws::benchmark("2.0.0")?, cis_aws::registry());
    let source = cis_benches::live::patient(&mock.url()).await?;
    let report = Scan::new(&benchmark, &registry).as_of(account.as_of()).run(&source).await?;
    if Account::failing(&report) != account.planted(&benchmark) || !report.unread.is_empty() {
        return Err(failed(&format!("{}: the scan did not find exactly what is planted", scenario.name)));
    }
    let throttled: u64 = mock.calls().values().map(|calls| calls.throttled).sum();
    // One that was refused is asked for again.
    let needed: Vec<Request> = if throttled == 0 { mock.asked() } else { without_repeats(mock.asked()) };
    let limit = limit::of(&needed, latency, &scenario.quotas);
    let calls = std::env::temp_dir().join(format!("cis-collection-{}.json", std::process::id()));
    let first_pages = serde_json::to_vec(&bare::first_pages(needed.clone())).map_err(|error| failed(&error))?;
    std::fs::write(&calls, first_pages).map_err(|error| failed(&error))?;

    let (mut collections, mut scans, mut bares) = (Vec::new(), Vec::new(), Vec::new());
    let (mut mock_cpu, mut refused) = (f64::INFINITY, throttled);
    for _ in 0..rounds {
        mock.clear();
        let before = cpu();
        collections.push(in_a_process_of_its_own(What::Collection, &mock, &calls).await?);
        mock_cpu = mock_cpu.min(cpu() - before);
        refused = refused.max(mock.calls().values().map(|calls| calls.throttled).sum());
        let ours = mock.calls();
        if !scenario.paced {
            mock.clear();
            bares.push(in_a_process_of_its_own(What::Bare, &mock, &calls).await?);
            if mock.calls() != ours {
                return Err(failed(&format!("the bare SDK made other calls: {:?}, and ours {ours:?}", mock.calls())));
            }
        }
        mock.clear();
        scans.push(in_a_process_of_its_own(What::Scan, &mock, &calls).await?);
    }
    let _ = std::fs::remove_file(&calls);
    let ratios = |of: &[Taken]| {
        let ratios = of.iter().zip(&bares).map(|(taken, bare)| taken.cpu / bare.cpu);
        (!bares.is_empty()).then(|| median(ratios))
    };
    Ok(Measured {
        calls: needed.len() as u64,
        throttled: refused,
        collection: typical(&collections),
        scan: typical(&scans),
        bare: (!bares.is_empty()).then(|| typical(&bares)),
        ratio: ratios(&collections),
        scan_ratio: ratios(&scans),
        limit,
        mock_cpu,
        scenario,
    })
}

fn without_repeats(mut asked: Vec<Request>) -> Vec<Request> {
    asked.sort();
    asked.dedup();
    asked
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn typical(of: &[Taken]) -> Taken {
    Taken { wall: median(of.iter().map(|taken| taken.wall)), cpu: median(of.iter().map(|taken| taken.cpu)) }
}

async fn in_a_process_of_its_own(what: What, mock: &Mock, calls: &std::path::Path) -> Result<Taken, Error> {
    let program = std::env::current_exe().map_err(|error| failed(&error))?;
    let what = what.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let mut command = Command::new(program);
    command.args(["--measure", &what, "--url", &mock.url(), "--calls"]).arg(calls);
    // It waits for the server that runs here.
    let child = tokio::task::spawn_blocking(move || command.output());
    let output = child.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))?;
    serde_json::from_slice(&output.stdout)
        .map_err(|error| failed(&format!("{error}; {}", String::from_utf8_lossy(&output.stderr))))
}

/// What no run of this can tell.
const PROFILES: &str = "
What profiles showed, and what was done about it. Measured once on two busy processors: ours and the mock at the
scheduler's real-time priority, before and after in turn, the best of three; CPU time of each thread every 20 ms
(`/proc/PID/task/*/schedstat`), and `perf record -e cpu-clock`.

| account, latency | what it waited for | what was done | s | processors busy, ours and the mock's |
| --- | --- | --- | ---: | ---: |
| medium, 0 ms | a scan awaits all its tables in one task, so that one thread signed all requests and read all answers: 80 % of our CPU time, the other threads idle | each table of a live account is read in a task of its own | 0.80 -> 0.73 | 74 -> 93 % |
| medium, 20 ms | the same; and of some 400 tables, most of one call, 16 were read at once | 64 at once; what waited for another table goes first | 1.51 -> 0.88 | 50 -> 83 % |
| large, 20 ms, AWS's quotas | the same; at the end only the tables of one call for each bucket, 32 buckets at once, one of them asked for late; security groups and route tables, which others want whole, waited for the RDS instances | 64 buckets at once; all or nothing of a table is not waited for where another control wants all (`Reads::only_if`) | 4.30 -> 2.74 | 65 -> 89 % |

What latency and quotas alone allow is out of reach on two processors, for the bare SDK, too: after the first 0.2 s (who is the
caller, which regions, the first lists) both are busy nearly to the end. A call takes 0.4 ms of our CPU time, and 0.1 ms of the
mock's; 1.3 times the limit would take some nine processors for the medium account, and some twenty for the large one. By
stacks (medium, 20 ms), reading answers is 17 %, memory touched for the first time 15 %, sockets 9 %, endpoints 8 %, the SDK's
layers of configuration 7 %, signatures 5 %; the engine is 3 %, and the guard on answers less than 1 %.
";

/// At most this much CPU beside the bare SDK's.
const CPU_AIM: f64 = 1.15;
/// At most this much time beside what latency and quotas allow.
const WALL_AIM: f64 = 1.3;

fn section(all: &[Measured], rounds: usize, machine: &str) -> String {
    let mut figures = Vec::new();
    for one in all {
        let (name, wall) = (one.scenario.name, one.collection.wall);
        let mut figure = |what: &str, ratio: f64, aim: f64| {
            figures.push(Figure {
                what: format!("{name}: {what}"),
                measured: format!("{ratio:.2}"),
                aim: format!("at most {aim}"),
                reached: ratio <= aim,
            });
        };
        if let Some(ratio) = one.ratio {
            figure("CPU beside the bare SDK's", ratio, CPU_AIM);
        }
        let limit = one.limit.as_secs_f64();
        if limit > 0.0 {
            figure("time beside what latency and quotas allow", wall / limit, WALL_AIM);
        }
        if one.by_processors() > limit {
            figure("time beside what the processors allow, which is more", wall / one.by_processors(), WALL_AIM);
        }
    }
    let mut rows = String::from(
        "| account, latency | calls | throttled | limit, s | processors, s | ours, s | bare, s | ours, CPU s | bare, CPU s \
         | mock, CPU s | whole scan, CPU s | whole scan / bare |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    let or_none = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
    for one in all {
        let Taken { wall, cpu } = one.collection;
        let _ = writeln!(
            rows,
            "| {} | {} | {} | {:.2} | {:.2} | {wall:.2} | {} | {cpu:.2} | {} | {:.2} | {:.2} | {} |",
            one.scenario.name,
            one.calls,
            one.throttled,
            one.limit.as_secs_f64(),
            one.by_processors(),
            or_none(one.bare.map(|bare| bare.wall)),
            or_none(one.bare.map(|bare| bare.cpu)),
            one.mock_cpu,
            one.scan.cpu,
            or_none(one.scan_ratio),
        );
    }
    format!(
        "## Collection\n\n{machine}\n{rounds} rounds of each in turn, every run in a process of its own; medians, and of ratios the \
         median over\nthe pairs of one round. Seed 5; every planted violation was found, and nothing else. Ours and the bare SDK made \
         the same\ncalls, by the mock's count.\n\n```sh\nmake bench-collection\n```\n\n{}\n\
         Ours is a scan of 2.0.0 whose controls read and judge nothing; a whole scan judges, too. The bare SDK makes the same calls \
         of\nthe same places and pages, 64 at once for a service in a region, from a list, and drops the answers; it paces nothing, \
         so that\nthere is no such run where there are quotas. The limit is the longest chain of calls that wait for one another, each \
         as long\nas the latency, or what the fullest bucket of tokens takes. What the processors allow is the CPU time of ours and of \
         the mock,\nshared among all of them: what else the machine does (see the load) comes on top.\n\n{rows}{PROFILES}",
        results::table(&figures)
    )
}
