//! The scan: plan, collect, judge as soon as the facts are in, report.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;

use crate::benchmark::Benchmark;
use crate::collect::engine::{Collected, Engine};
use crate::collect::scope;
use crate::collect::source::DataSource;
use crate::control::{Control, Registry};
use crate::error::Error;
use crate::finding::Status;
use crate::gap::Gap;
use crate::place::Place;
use crate::plan::{Plan, Selection};
use crate::report::{BenchmarkName, Counts, Judged, Report, Summary, Tallies};
use crate::review::Review;
use crate::tags;

/// What happens during a scan.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// The scan knows what it may read. Told again where facts name places in other accounts.
    Planned {
        /// How many tables there are at each place, those that are in by now included.
        tables: BTreeMap<Place, usize>,
    },
    /// The source was asked for a table.
    Asked {
        /// The dataset.
        dataset: String,
        /// The place.
        place: Place,
    },
    /// A table is in. Told without having been asked for, with a gap, where the scan ends before that.
    Fetched {
        /// The dataset.
        dataset: String,
        /// The place.
        place: Place,
        /// The number of rows that are there.
        rows: usize,
        /// Why nothing could be read, or why the list is not whole.
        gap: Option<Gap>,
    },
    /// No selected control wants anything of this table.
    Skipped {
        /// The dataset.
        dataset: String,
        /// The place.
        place: Place,
    },
    /// A requirement was judged at a place.
    Judged {
        /// The requirement.
        key: String,
        /// The place.
        place: Place,
    },
}

type OnEvent<'a> = Box<dyn FnMut(&Event) + Send + 'a>;

/// A scan, to be configured and then run on a source.
///
/// ```
/// use cis_core::MemorySource;
/// use cis_core::{Benchmark, Registry, Scan};
/// # let benchmark = Benchmark::from_toml(r#"
/// #     name = "Acme baseline"
/// #     version = "1"
/// #     recommendation = [{ id = "1", key = "acme.none", title = "None", section = "S", level = 1, assessment = "manual" }]
/// # "#)?;
/// let registry = Registry::default();
/// let scan = Scan::new(&benchmark, &registry);
/// let report = futures::executor::block_on(scan.run(&MemorySource::new("123456789012").as_of("2026-01-01T00:00:00Z".parse()?)))?;
/// assert_eq!(report.findings[0].message, "This recommendation is not implemented yet: nothing was judged.");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Scan<'a> {
    benchmark: &'a Benchmark,
    registry: &'a Registry,
    custom: Vec<Arc<dyn Control>>,
    selection: Selection,
    regions: Vec<String>,
    as_of: Option<Timestamp>,
    concurrency: usize,
    threads: usize,
    on_event: OnEvent<'a>,
    until: BoxFuture<'a, String>,
    review: Option<Review>,
}

impl fmt::Debug for Scan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan")
            .field("benchmark", &self.benchmark.version)
            .field("selection", &self.selection)
            .field("regions", &self.regions)
            .field("as_of", &self.as_of)
            .finish_non_exhaustive()
    }
}

impl<'a> Scan<'a> {
    /// A scan of a whole benchmark with the controls of a registry, in every enabled region.
    pub fn new(benchmark: &'a Benchmark, registry: &'a Registry) -> Self {
        Self {
            benchmark,
            registry,
            custom: Vec::new(),
            selection: Selection::default(),
            regions: Vec::new(),
            as_of: None,
            concurrency: 64,
            threads: 1,
            on_event: Box::new(|_| ()),
            until: Box::pin(std::future::pending()),
            review: None,
        }
    }

    /// Judges a control of one's own beside the benchmark's. Where its key is one that the benchmark names, it takes the
    /// place of the registry's control; else its findings have no recommendation.
    #[must_use]
    pub fn with(mut self, control: impl Control + 'static) -> Self {
        self.custom.push(Arc::new(control));
        self
    }

    /// As [`with`](Self::with), for a control that is shared.
    #[must_use]
    pub fn with_shared(mut self, control: Arc<dyn Control>) -> Self {
        self.custom.push(control);
        self
    }

    /// Only these recommendations and custom controls.
    #[must_use]
    pub fn select(self, selection: Selection) -> Self {
        Self { selection, ..self }
    }

    /// Only these regions; the others are left out of the scope, and the report says so. Empty: all enabled ones.
    #[must_use]
    pub fn regions(self, regions: impl IntoIterator<Item = String>) -> Self {
        Self { regions: regions.into_iter().collect(), ..self }
    }

    /// The moment that verdicts are given for. By default the one that the source has recorded.
    #[must_use]
    pub fn as_of(self, as_of: Timestamp) -> Self {
        Self { as_of: Some(as_of), ..self }
    }

    /// How many tables are read at once at most. By default 64; 0 counts as 1. The report does not depend on it.
    #[must_use]
    pub fn concurrency(self, tables: usize) -> Self {
        Self { concurrency: tables.max(1), ..self }
    }

    /// How many threads judge at once, this one among them. By default 1: none is started; 0 counts as 1. The others live while
    /// the facts that are in are judged, and controls are then called from several threads at once. The report does not
    /// depend on it. On Linux the C library's allocator has threads wait for one another: a program gains most from several
    /// with another one, such as mimalloc.
    #[must_use]
    pub fn threads(self, threads: usize) -> Self {
        Self { threads: threads.max(1), ..self }
    }

    /// Tells what happens, as it happens. The scan waits while it is told: hand on what takes long. The calls that were made
    /// by then are known to the source ([`DataSource::collection`]), which may be asked from anywhere.
    ///
    /// ```
    /// # use cis_core::{Benchmark, Event, Registry, Scan};
    /// # fn watched(benchmark: &Benchmark, registry: &Registry) {
    /// let (mut tables, mut read) = (0, 0);
    /// let scan = Scan::new(benchmark, registry).on_event(move |event| match event {
    ///     Event::Planned { tables: at } => tables = at.values().sum::<usize>(),
    ///     Event::Fetched { .. } | Event::Skipped { .. } => {
    ///         read += 1;
    ///         eprintln!("{read} of {tables} tables are in");
    ///     }
    ///     _ => {}
    /// });
    /// # }
    /// ```
    #[must_use]
    pub fn on_event(self, on_event: impl FnMut(&Event) + Send + 'a) -> Self {
        Self { on_event: Box::new(on_event), ..self }
    }

    /// Ends the scan when a future does (a deadline, Ctrl-C), which gives the reason: what was not read by then is a gap of
    /// kind cancelled that names it, and the report is given back all the same. Calls that are under way are dropped, not
    /// waited for.
    ///
    /// ```
    /// # use cis_core::{Benchmark, Registry, Scan};
    /// # fn limited(benchmark: &Benchmark, registry: &Registry, closed: impl Future<Output = ()> + Send) {
    /// let scan = Scan::new(benchmark, registry).until(async { closed.await; "the window was closed" });
    /// # }
    /// ```
    #[must_use]
    pub fn until<E: Into<String>>(self, end: impl Future<Output = E> + Send + 'a) -> Self {
        Self { until: Box::pin(async { end.await.into() }), ..self }
    }

    /// Marks the findings with exceptions and attestations: see [`Review::apply`].
    #[must_use]
    pub fn review(self, review: Review) -> Self {
        Self { review: Some(review), ..self }
    }

    /// What the scan will do, without asking any source.
    ///
    /// # Errors
    /// A selection that matches nothing, a level that is not known, parameters that a control does not have, two controls of
    /// one's own with the same key.
    pub fn plan(&self) -> Result<Plan, Error> {
        Plan::new(self.benchmark, self.registry, &self.custom, &self.selection)
    }

    /// Reads what the selected controls read, and judges it.
    ///
    /// # Errors
    /// As [`plan`](Self::plan); a source that cannot name its account; a region that is not known; no moment to judge at.
    /// Whatever goes wrong later is in the report.
    pub async fn run(self, source: &dyn DataSource) -> Result<Report, Error> {
        let plan = self.plan()?;
        let mut until = self.until.fuse();
        let coverage = futures::select! {
            coverage = source.coverage().fuse() => coverage?,
            why = until => {
                return Err(Error::source_failed(format!("the scan ended before the account was known: {why}")));
            }
        };
        let setting = scope::setting(coverage, &self.regions, self.as_of)?;
        let engine = Engine::new(&plan, &setting, self.threads);
        let Collected { mut findings, unread } = engine.run(source, self.concurrency, self.on_event, &mut until).await;

        let judged = plan.judges.iter().filter_map(|judge| judge.recommendation.as_ref());
        let recommendations = judged.map(|recommendation| Judged {
            id: recommendation.id.clone(),
            key: recommendation.key.clone(),
            title: recommendation.title.clone(),
            section: recommendation.section.clone(),
            level: recommendation.level,
            assessment: recommendation.assessment,
            status: Status::Unknown,
            counts: Counts::default(),
        });
        tags::share(&mut findings);
        let tallies = Tallies::of(&findings);
        let fixed = plan.judges.iter().filter(|judge| tallies.has_open(&judge.key));
        let remediation: BTreeMap<_, _> = fixed
            .filter_map(|judge| {
                // A control that panics here has given its findings all the same.
                let told = caught(|| judge.control.as_ref().and_then(|control| control.remediation())).ok()??;
                Some((judge.key.clone(), told.of_report(&setting.partition)))
            })
            .collect();
        let mut report = Report {
            benchmark: BenchmarkName { name: self.benchmark.name.clone(), version: self.benchmark.version.clone() },
            account_id: setting.account_id,
            partition: setting.partition,
            as_of: setting.as_of,
            scope: setting.scope,
            summary: Summary::default(),
            review: None,
            recommendations: recommendations.collect(),
            findings,
            unread,
            remediation,
            collection: source.collection(),
        };
        match self.review {
            Some(review) => review.apply_of(&mut report, Some(self.benchmark)),
            None => report.count(&tallies),
        }
        Ok(report)
    }
}

/// Runs what may panic; the panic's message if it does.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).map_err(|panic| panic_message(&*panic))
}

/// What a panic said.
pub(crate) fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it gave no message".to_owned())
}
