//! A scan on a thread of its own, for Python to wait for without holding its lock.
//!
//! Every scan has its own runtime, which ends with it: nothing is left behind that a fork would break.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cis_core::layer::{Record, Trace};
use cis_core::{Benchmark, Control, DataSource, Error, Event, Report, Review, Scan, Selection};
use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::{Either, Shared, select};
use jiff::Timestamp;
use pyo3::prelude::*;

use crate::benchmark::PyBenchmark;
use crate::checks;
use crate::errors;
use crate::logging;
use crate::report::NewReport;
use crate::review;
use crate::sources::{Covered, Source};
use crate::threads::{Over, passed};

/// What a scan is to do.
struct Job {
    source: Source,
    benchmark: Benchmark,
    controls: Vec<Arc<dyn Control>>,
    selection: Selection,
    regions: Vec<String>,
    as_of: Option<Timestamp>,
    record: Option<PathBuf>,
    deadline: Option<Duration>,
    concurrency: usize,
    review: Option<Review>,
}

/// A report, and what went wrong beside it, which must not cost the report.
type Outcome = Result<(Report, Option<Error>), Error>;

/// How far a scan is.
#[derive(Debug, Default, Clone)]
struct Progress {
    tables: usize,
    done: usize,
    last: String,
}

/// A scan that runs.
#[pyclass(frozen, module = "cis_aws._native")]
#[derive(Debug)]
pub(crate) struct Running {
    stop: Mutex<Option<oneshot::Sender<String>>>,
    over: Arc<Over>,
    outcome: Mutex<Receiver<Outcome>>,
    progress: Arc<Mutex<Progress>>,
}

#[pymethods]
impl Running {
    /// Waits for the report. None if it is not there after this many seconds.
    fn poll(&self, py: Python<'_>, seconds: f64) -> PyResult<Option<NewReport>> {
        let time = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        let outcome = py.detach(|| {
            let outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
            outcome.recv_timeout(time)
        });
        match outcome {
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(errors::raised(
                py,
                Error::source_failed("the scan ended without a report, or it was fetched before"),
            )),
            Ok(Err(error)) => Err(errors::raised(py, error)),
            Ok(Ok((report, None))) => Ok(Some(NewReport::new(report))),
            Ok(Ok((report, Some(beside)))) => {
                let error = errors::raised(py, beside);
                error.value(py).setattr("report", NewReport::new(report))?;
                Err(error)
            }
        }
    }

    /// Ends the scan, for this reason. The report of what was read by then comes all the same.
    fn stop(&self, reason: String) {
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.over.stop(reason.clone());
        if let Some(stop) = stop {
            // The scan may have ended by itself.
            let _ = stop.send(reason);
        }
    }

    /// How many tables there are to read, how many are done, and which came last.
    fn progress(&self) -> (usize, usize, String) {
        let Progress { tables, done, last } = self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (tables, done, last)
    }
}

/// Starts a scan.
#[pyfunction]
#[pyo3(signature = (source, benchmark, *, controls, select, level, regions, as_of, record, deadline, concurrency, review))]
#[allow(clippy::too_many_arguments, reason = "they are the keywords of `scan`, each handed on by name")]
pub(crate) fn start(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    benchmark: &Bound<'_, PyBenchmark>,
    controls: Vec<Bound<'_, PyAny>>,
    select: Vec<String>,
    level: Option<u8>,
    regions: Vec<String>,
    as_of: Option<String>,
    record: Option<PathBuf>,
    deadline: Option<f64>,
    concurrency: usize,
    review: Option<Vec<Bound<'_, PyAny>>>,
) -> PyResult<Running> {
    let invalid = |message: String| errors::raised(py, Error::input(message));
    let as_of =
        as_of.map(|text| text.parse().map_err(|error| invalid(format!("as_of {text:?}: {error}")))).transpose()?;
    let deadline = deadline
        .map(|seconds| Duration::try_from_secs_f64(seconds).map_err(|error| invalid(format!("deadline: {error}"))))
        .transpose()?;
    let over = Arc::new(Over::within(deadline));
    let job = Job {
        source: Source::of(source)?,
        benchmark: benchmark.get().benchmark().clone(),
        controls: controls.iter().map(|check| checks::control(check, &over)).collect::<PyResult<_>>()?,
        selection: Selection { select, level },
        regions,
        as_of,
        record,
        deadline,
        concurrency,
        review: review.map(|parts| review::review(py, &parts)).transpose()?,
    };
    logging::look(py);
    let (stop, stopped) = oneshot::channel();
    let (give, outcome) = channel();
    let progress = Arc::new(Mutex::new(Progress::default()));
    let told = Arc::clone(&progress);
    let work = move || {
        let run = AssertUnwindSafe(|| run(job, stopped, &told));
        let outcome = std::panic::catch_unwind(run)
            .unwrap_or_else(|_| Err(Error::source_failed("the scan ended in a fault of its own: please report it")));
        // Who waited may have gone.
        let _ = give.send(outcome);
    };
    // Controls run here, on a stack as large as a main thread's.
    let thread = std::thread::Builder::new().name("cis-aws-scan".to_owned()).stack_size(8 << 20).spawn(work);
    thread.map_err(|error| {
        errors::raised(py, Error::source_failed(format!("the scan's thread could not start: {error}")))
    })?;
    Ok(Running { stop: Mutex::new(Some(stop)), over, outcome: Mutex::new(outcome), progress })
}

fn run(job: Job, stopped: oneshot::Receiver<String>, told: &Mutex<Progress>) -> Outcome {
    let registry = cis_aws::registry();
    let scan = configured(&job, &registry);
    // What is wrong with the selection is told before any source is asked.
    scan.plan()?;
    let mut builder = if job.source.is_live() {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    let runtime = builder
        .enable_all()
        .build()
        .map_err(|error| Error::source_failed("the scan's threads could not start").because(error))?;
    let done = runtime.block_on(scanned(&job, scan, stopped, told));
    job.source.close();
    // A read that hangs is not waited for.
    runtime.shutdown_background();
    done
}

fn configured<'a>(job: &'a Job, registry: &'a cis_core::Registry) -> Scan<'a> {
    let mut scan = Scan::new(&job.benchmark, registry)
        .select(job.selection.clone())
        .regions(job.regions.iter().cloned())
        .concurrency(job.concurrency);
    if let Some(review) = &job.review {
        scan = scan.review(review.clone());
    }
    for control in &job.controls {
        scan = scan.with_shared(Arc::clone(control));
    }
    scan
}

async fn scanned(job: &Job, scan: Scan<'_>, stopped: oneshot::Receiver<String>, told: &Mutex<Progress>) -> Outcome {
    let end = end(stopped, job.deadline).boxed().shared();
    let now = Timestamp::from_second(Timestamp::now().as_second()).ok();
    let source = Covered::cover(job.source.open(&job.regions).boxed(), &end, |why| {
        Error::source_failed(format!("the scan ended before the account was known: {why}"))
    })
    .await?;
    // A snapshot has its moment recorded or must be given one; what is read now is judged now.
    let as_of = match job.as_of.or(source.as_of()) {
        Some(as_of) => Some(as_of),
        None if job.source.is_of_now() => now,
        None => None,
    };
    let scan = scan.until(end).on_event(|event| tell(event, told));
    let Some(as_of) = as_of else { return Ok((scan.run(&source).await?, None)) };
    let (scan, source) = (scan.as_of(as_of), Trace::new(source));
    match &job.record {
        None => Ok((scan.run(&source).await?, None)),
        Some(folder) => {
            let record = Record::create(source, folder, as_of)?;
            let report = scan.run(&record).await?;
            Ok((report, record.finish().err()))
        }
    }
}

pub(crate) type End = Shared<futures::future::BoxFuture<'static, String>>;

/// Ends when somebody stops the scan, or at the deadline, and tells which.
async fn end(stopped: oneshot::Receiver<String>, deadline: Option<Duration>) -> String {
    let stopped = async {
        match stopped.await {
            Ok(reason) => reason,
            // Who could stop it is gone: it runs to its end.
            Err(oneshot::Canceled) => std::future::pending().await,
        }
    };
    let late = async {
        match deadline {
            Some(deadline) => {
                tokio::time::sleep(deadline).await;
                passed(deadline)
            }
            None => std::future::pending().await,
        }
    };
    match select(std::pin::pin!(stopped), std::pin::pin!(late)).await {
        Either::Left((reason, _)) | Either::Right((reason, _)) => reason,
    }
}

fn tell(event: &Event, told: &Mutex<Progress>) {
    let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
    match event {
        Event::Planned { tables } => told.tables = tables.values().sum(),
        Event::Fetched { dataset, place, .. } => {
            told.done += 1;
            told.last = place.region_name().map_or_else(|| dataset.clone(), |region| format!("{dataset} in {region}"));
        }
        Event::Skipped { .. } => told.done += 1,
        _ => {}
    }
}

impl<S: DataSource> Covered<S> {
    /// A source whose coverage is known, or why it is not: the scan ended first.
    pub(crate) async fn cover(
        opened: futures::future::BoxFuture<'_, Result<S, Error>>,
        end: &End,
        ended: impl Fn(String) -> Error,
    ) -> Result<Self, Error> {
        let covered = async {
            let source = opened.await?;
            let coverage = source.coverage().await?;
            Ok(Self::new(source, coverage))
        };
        match select(std::pin::pin!(covered), end.clone()).await {
            Either::Left((covered, _)) => covered,
            Either::Right((why, _)) => Err(ended(why)),
        }
    }
}
