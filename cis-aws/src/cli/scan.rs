//! The sub-commands that scan: `demo`, `snapshot`, `live`.

use std::path::PathBuf;
#[cfg(feature = "live-base")]
use std::sync::Arc;

use cis_core::format::Options;
#[cfg(feature = "live-base")]
use cis_core::layer::Record;
use cis_core::layer::Trace;
use cis_core::{Benchmark, DataSource, Error, Registry, Report, Review, Scan, Selection};
use futures::executor::block_on;

#[cfg(feature = "live-base")]
use super::args::Reach;
use super::args::{AsffArgs, Language, LiveArgs, ScanArgs, SnapshotArgs};
use super::compare::Given;
use super::console::Console;
use super::exit::Exit;
use super::log;
use super::progress::Progress;
use super::targets::{self, targets};
use crate::sources;
#[cfg(feature = "live-base")]
use crate::sources::live::{LiveConfig, LiveSource, Role};

/// A report, and whether all else that was asked for went well: what went wrong beside it must not cost the report.
type Scanned = (Report, Result<(), Error>);

pub(super) fn demo(args: &ScanArgs, console: &mut Console<'_>) -> Result<Exit, Error> {
    scan(args, console, |scan, _, _| recorded(scan, args, &sources::demo()?))
}

pub(super) fn snapshot(args: &SnapshotArgs, console: &mut Console<'_>) -> Result<Exit, Error> {
    scan(&args.scan, console, |scan, _, _| recorded(scan, &args.scan, &sources::SnapshotSource::open(&args.path)?))
}

#[cfg(not(feature = "live-base"))]
pub(super) fn live(_: &LiveArgs, _: &mut Console<'_>) -> Result<Exit, Error> {
    Err(no_live_source())
}

#[cfg(not(feature = "live-base"))]
pub(super) fn no_live_source() -> Error {
    let how = "cargo run --release -p cis-examples --features live --bin audit -- live";
    Error::source_failed(format!("this build has no live source; build one that has: `{how}`"))
}

#[cfg(feature = "live-base")]
pub(super) fn live(args: &LiveArgs, console: &mut Console<'_>) -> Result<Exit, Error> {
    let runtime = runtime()?;
    let done =
        scan(&args.scan, console, |scan, console, progress| runtime.block_on(live_scan(scan, args, console, progress)));
    // Calls that Ctrl-C left behind are not waited for.
    runtime.shutdown_background();
    done
}

#[cfg(feature = "live-base")]
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| Error::source_failed("the scan's threads could not start").because(error))
}

/// The account that the credentials belong to.
#[cfg(feature = "live-base")]
pub(super) async fn connect(reach: &Reach, regions: &[String]) -> Result<LiveSource, Error> {
    let config = LiveConfig {
        endpoint_url: reach.endpoint_url.clone(),
        profile: reach.profile.clone(),
        role: reach.role_arn.clone().map(|arn| Role {
            arn,
            external_id: reach.external_id.clone(),
            session_name: reach.role_session_name.clone(),
        }),
        // Without the option, what the environment and the profile say.
        fips: reach.fips.then_some(true),
        dual_stack: reach.dual_stack.then_some(true),
        ..LiveConfig::default()
    };
    LiveSource::connect(config.for_regions(regions)).await
}

/// Scans the account that the credentials belong to. Ctrl-C ends the scan with the report of what was read by then.
#[cfg(feature = "live-base")]
async fn live_scan(
    scan: Scan<'_>,
    args: &LiveArgs,
    console: &mut Console<'_>,
    progress: &Progress,
) -> Result<Scanned, Error> {
    let now = jiff::Timestamp::now();
    let started = jiff::Timestamp::from_second(now.as_second()).unwrap_or(now);
    let as_of = args.scan.as_of.unwrap_or(started);
    let redactor = args.redact.then(|| super::redact::redactor(args.key_file.as_deref())).transpose()?;
    let source = Arc::new(connect(&args.reach, &args.scan.region).await?);
    progress.watch(Arc::clone(&source) as Arc<dyn DataSource>);
    let mut ended = Box::pin(ended(args.deadline));
    let preflight = tokio::select! {
        preflight = source.preflight() => preflight?,
        why = &mut ended => {
            return Err(Error::source_failed(format!("the scan ended before the account was known: {why}")));
        }
    };
    super::preflight::tell(&preflight, &args.scan.language.locale, console);
    let scan = scan.as_of(as_of).until(ended);
    let source = Trace::new(source);
    match &args.record {
        None => Ok((scan.run(&source).await?, Ok(()))),
        Some(folder) => {
            let record = Record::create(source, folder, as_of)?;
            let record = match redactor {
                Some(redactor) => record.rewritten(redactor),
                None => record,
            };
            let report = scan.run(&record).await?;
            Ok((report, record.finish()))
        }
    }
}

/// Ends at the deadline or at the first Ctrl-C, and tells which. Where Ctrl-C cannot be listened for, it ends the program, as it
/// does everywhere else.
#[cfg(feature = "live-base")]
async fn ended(deadline: Option<jiff::SignedDuration>) -> String {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let passed = async {
        match deadline {
            Some(deadline) => tokio::time::sleep(deadline.unsigned_abs()).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = interrupted => "it was interrupted".to_owned(),
        () = passed => format!("its deadline of {:#} had passed", deadline.unwrap_or_default()),
    }
}

/// Scans a source that needs no runtime and knows its own moment.
fn recorded(scan: Scan<'_>, args: &ScanArgs, source: &dyn DataSource) -> Result<Scanned, Error> {
    let as_of = match args.as_of {
        Some(as_of) => as_of,
        None => block_on(source.coverage())?.as_of.ok_or_else(|| {
            Error::input("the snapshot has no moment recorded to judge at; give one with --as-of, such as 2024-05-01")
        })?,
    };
    Ok((block_on(scan.as_of(as_of).run(&Trace::new(source)))?, Ok(())))
}

/// Everything but the source: what is wrong with the command line is told before any source is asked, the report is written
/// after.
fn scan(
    args: &ScanArgs,
    console: &mut Console<'_>,
    run: impl FnOnce(Scan<'_>, &mut Console<'_>, &Progress) -> Result<Scanned, Error>,
) -> Result<Exit, Error> {
    let benchmark = benchmark(&args.benchmark)?;
    let registry = crate::registry();
    let progress = Progress::new(console.err_is_terminal && !console.logs);
    let scan = configured(args, &benchmark, &registry).on_event(|event| {
        progress.tell(event);
        log::tell(event);
    });
    scan.plan()?;
    let scan = match review(&args.review)? {
        Some(review) => scan.review(review),
        None => scan,
    };
    let targets = targets(&args.format, &args.output, console.out_is_terminal)?;
    if args.since.is_some() && !args.format.iter().any(|format| ["asff", "ocsf"].contains(&format.name)) {
        return Err(
            Error::input("only asff and ocsf tell what is no more; give one of them with --format").at("--since")
        );
    }
    let since = args.since.as_deref().map(|path| Given::report_at(path, &args.benchmark, None)).transpose();
    let since = since.map_err(|error| error.at("--since"))?;
    let (report, beside) = run(scan, console, &progress)?;
    log::ended(&report);
    drop(progress);
    let mut options = options(&args.asff, &args.language, console);
    let closed = since.map_or(Ok(()), |old| options.since(&old, &report).map_err(|error| error.at("--since")));
    targets::write(targets, &report, &options, console)?;
    closed.and(beside).map(|()| Exit::of(&report))
}

/// What the command line says to the formats.
pub(super) fn options(args: &AsffArgs, language: &Language, console: &Console<'_>) -> Options {
    let mut options = Options::default();
    options.locale = language.locale.clone();
    options.text = console.text_options();
    options.asff.region.clone_from(&args.asff_region);
    options.asff.product_arn.clone_from(&args.asff_product_arn);
    options
}

fn configured<'a>(args: &ScanArgs, benchmark: &'a Benchmark, registry: &'a Registry) -> Scan<'a> {
    let selection = Selection { select: args.select.clone(), level: args.level };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    Scan::new(benchmark, registry).select(selection).regions(args.region.iter().cloned()).threads(threads)
}

/// The exceptions and attestations of all files; none where no file is given.
pub(super) fn review(paths: &[PathBuf]) -> Result<Option<Review>, Error> {
    let read = paths.iter().map(|path| Review::read(path).map_err(|error| error.at("--review")));
    read.reduce(|all, next| Ok(all?.and(next?))).transpose()
}

/// A version of the benchmark, by the option that names it.
pub(super) fn benchmark(version: &str) -> Result<Benchmark, Error> {
    crate::benchmark(version).map_err(|error| error.at("--benchmark"))
}
