//! The fault matrix: everything that can go wrong with a call, for every operation of a scan, at every place of it; and what
//! the report then says. A verdict may become unknown, and nothing else may happen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::support::faulty::{At, Kind, PATIENCE, is_paged, kinds, resources};
use crate::support::kept::{Before, Kept, Part, content};
use crate::support::verdicts::{Changes, Fault, Findings, changes};
use crate::support::{Judges, START, by_id, quick};
use cis_aws::sources::SnapshotSource;
use cis_aws::sources::live::LiveSource;
use cis_benches::mock::{Effect, Mock, Options, Rule};
use cis_core::{Coverage, DataSource, Report, Request};
use futures::stream::{self, StreamExt};
use serde_json::Value;

/// How long an answer is waited for where it comes: longer than anything takes on a busy machine.
const LONG: Duration = Duration::from_mins(1);

/// When a scan is said to hang.
const HANGS: Duration = Duration::from_mins(2);

/// The one alarm of the fifteen of section 4 that is judged here. They are one control, told of other events; and proving that a
/// filter catches them all takes most of the time of a scan.
const ALARM: &str = "monitoring.root_usage";

/// What is shared by all cases.
struct Lab {
    account: Arc<SnapshotSource>,
    kept: Kept<Arc<SnapshotSource>>,
    judges: Judges,
    /// Of each version, with the datasets that they read.
    requirements: Vec<Vec<(String, Vec<String>)>>,
}

/// Why there is no report.
#[derive(Debug, PartialEq)]
enum Ended {
    Hangs,
    Error(String),
}

/// The requirements that are judged, by version.
type Keys = Vec<Vec<String>>;

impl Lab {
    fn new() -> Arc<Self> {
        let account = Arc::new(crate::support::account::three_of_everything());
        let judges = Judges::all();
        let mut requirements = judges.requirements();
        let alarm = |key: &str| key.starts_with("monitoring.") && key != ALARM;
        for of_version in &mut requirements {
            of_version.retain(|(key, _)| !alarm(key));
        }
        Arc::new(Self { kept: Kept::new(Arc::clone(&account)), account, judges, requirements })
    }

    /// The requirements for which any of some datasets is read.
    fn keys(&self, dataset: impl Fn(&str) -> bool) -> Keys {
        let reads = |(_, datasets): &&(String, Vec<String>)| datasets.iter().any(|one| dataset(one));
        let of = |version: &Vec<_>| version.iter().filter(reads).map(|(key, _)| key.clone()).collect();
        self.requirements.iter().map(of).collect()
    }

    /// A report of each version that has any of the requirements.
    async fn scan(&self, keys: &Keys, source: &dyn DataSource) -> Result<Vec<Report>, Ended> {
        let as_of = self.account.manifest().as_of.unwrap();
        let mut reports = Vec::new();
        for (benchmark, keys) in self.judges.benchmarks.iter().zip(keys).filter(|(_, keys)| !keys.is_empty()) {
            let scan = self.judges.scan(benchmark, keys).as_of(as_of).run(source);
            let report = tokio::time::timeout(HANGS, scan).await.map_err(|_| Ended::Hangs)?;
            reports.push(report.map_err(|error| Ended::Error(error.to_string()))?);
        }
        Ok(reports)
    }
}

/// An operation of one dataset, or all that is read of a service.
#[derive(Debug, Clone)]
struct Row {
    /// `service:Operation`, or the service.
    operation: String,
    /// None: it is asked before anything is read.
    datasets: Vec<String>,
    /// The region with most of it, where it is faulty. None: what an account has once, and a service everywhere.
    region: Option<String>,
    page_size: usize,
}

impl Row {
    fn is_service(&self) -> bool {
        !self.operation.contains(':')
    }

    fn is_before_all(&self) -> bool {
        self.datasets.is_empty()
    }

    /// Whether an operation is one that goes wrong here.
    fn is_of(&self, operation: &str) -> bool {
        // Of a region that is not known nothing is read.
        self.is_before_all() || operation == self.operation || operation.split(':').next() == Some(&self.operation)
    }
}

/// Every operation of every dataset that is read, and those before them; and every service as a whole.
fn rows(lab: &Lab) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut services: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for info in cis_aws::datasets::all() {
        let read = lab.kept.read(info.name());
        let count = |table: &cis_core::Table| table.to_json().map_or(0, |rows| rows.len());
        let here = |request: &Request| request.place.region_name() == Some(START);
        let most = read.iter().max_by_key(|(request, table)| (count(table), here(request)));
        let Some((Request { place, .. }, table)) = most else {
            assert_eq!(info.name(), "ec2.regions", "no control reads {}", info.name());
            continue;
        };
        let alone = info.operations().count() == 1 && resources(info.operations().next().unwrap().0, &[]).is_none();
        let page_size = if alone { (count(table) / 3).max(1) } else { 1 };
        let (dataset, region) = (info.name().to_owned(), place.region_name().map(str::to_owned));
        for (operation, _) in info.operations() {
            let (datasets, region) = (vec![dataset.clone()], region.clone());
            rows.push(Row { operation: operation.to_owned(), datasets, region, page_size });
            let service = operation.split(':').next().unwrap().to_owned();
            let of_service = services.entry(service).or_default();
            if !of_service.contains(&dataset) {
                of_service.push(dataset.clone());
            }
        }
    }
    let before = ["sts:GetCallerIdentity", "ec2:DescribeRegions", "account:ListRegions"];
    rows.extend(before.map(|of| Row { operation: of.into(), datasets: Vec::new(), region: None, page_size: 6 }));
    let whole = |(operation, datasets)| Row { operation, datasets, region: None, page_size: 1000 };
    rows.extend(services.into_iter().map(whole));
    rows
}

/// What became of one case.
#[derive(Debug)]
struct Outcome {
    row: Row,
    kind: &'static str,
    at: At,
    changes: Changes,
    ended: Option<Ended>,
}

/// One row of the matrix, run.
struct Run {
    lab: Arc<Lab>,
    row: Row,
    keys: Keys,
    mock: Mock,
    whole: Vec<Findings>,
    /// What is asked of the mock, and what comes of it without a fault.
    read: Vec<(Request, Value)>,
    coverage: Option<Coverage>,
}

impl Run {
    async fn new(lab: Arc<Lab>, row: Row) -> Self {
        let keys = lab.keys(|dataset| row.is_before_all() || row.datasets.iter().any(|one| one == dataset));
        let options = Options { page_size: Some(row.page_size), ..Options::default() };
        let mock = Mock::serve(Arc::clone(&lab.account), options).await.unwrap();
        let whole = lab.scan(&keys, &lab.kept).await.unwrap().into_iter().map(by_id).collect();
        Self { lab, row, keys, mock, whole, read: Vec::new(), coverage: None }
    }

    /// The mock as a source, with a fault.
    fn live(&self, rule: Option<Rule>, patience: Duration) -> Kept<LiveSource> {
        self.mock.clear();
        if let Some(rule) = rule {
            self.mock.rule(rule);
        }
        if self.row.operation == "account:ListRegions" {
            self.mock.rule(Rule::new(Effect::Deny).on("ec2:DescribeRegions"));
        }
        Kept::new(quick(&self.mock, patience))
    }

    /// The reports where one dataset is read of the mock, in one region, and all else of the snapshot.
    async fn scan(&self, live: &Kept<LiveSource>) -> Result<Vec<Report>, Ended> {
        let part = if self.row.is_before_all() {
            Part::Coverage
        } else {
            Part::Datasets(self.row.datasets.clone(), self.row.region.clone())
        };
        self.lab.scan(&self.keys, &Before { front: live, back: &self.lab.kept, part }).await
    }

    /// The places where the operation can fail. Without a fault, nothing is changed by reading of the mock.
    async fn places(&mut self) -> Vec<At> {
        let live = self.live(None, LONG);
        let reports: Vec<_> = self.scan(&live).await.unwrap().into_iter().map(by_id).collect();
        let row = &self.row;
        assert_eq!(reports, self.whole, "{row:?} without a fault");
        let region = row.region.as_deref();
        let is_here =
            |operation: &str, at: &str| operation == row.operation && region.is_none_or(|region| region == at);
        let calls = self.mock.calls_by_region().into_iter().filter(|((operation, at), _)| is_here(operation, at));
        let calls = calls.map(|(_, calls)| calls.all).sum::<u64>();
        let read: Vec<_> = row.datasets.iter().flat_map(|dataset| live.read(dataset)).collect();
        let rows: Vec<_> = read.iter().flat_map(|(_, table)| table.to_json().unwrap_or_default()).collect();
        let reads = read.len().max(1) as u64;
        self.read = read.into_iter().map(|(request, table)| (request, content(&table))).collect();
        if row.is_before_all() {
            self.coverage = Some(live.coverage().await.unwrap());
        }
        if row.is_service() {
            return vec![At { name: "everywhere", ..At::default() }];
        }
        if let Some(names) = resources(&row.operation, &rows) {
            let names: Vec<_> = names.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
            assert!(names.len() >= 3, "{row:?} is called for {names:?}");
            return At::resources(&names, is_paged(&row.operation));
        }
        assert!(calls == reads || calls >= 3 * reads, "{row:?} is called {calls} times for {reads} reads");
        At::pages(calls > reads)
    }

    /// Whether everything is read as without a fault.
    async fn reads_the_same(&self, live: &Kept<LiveSource>) -> bool {
        if let Some(coverage) = &self.coverage {
            return live.coverage().await.is_ok_and(|read| read == *coverage);
        }
        let mut same = true;
        for (request, whole) in &self.read {
            same &= content(&live.fetch(request).await) == *whole;
        }
        same
    }

    async fn case(&self, kind: &Kind, at: &At) -> Outcome {
        let row = &self.row;
        let mut rule = kind.rule(&row.operation);
        rule.region = row.region.clone();
        rule.page = at.page;
        rule.resource = at.resource.clone();
        let live = self.live(Some(rule), if kind.is_slow() { PATIENCE } else { LONG });
        let (mut all, mut ended) = (Changes::default(), None);
        match tokio::time::timeout(HANGS, self.reads_the_same(&live)).await {
            Err(_) => ended = Some(Ended::Hangs),
            // The same facts give the same findings.
            Ok(true) => {}
            Ok(false) if kind.passes() => all.others.push("it passed, and was not read again".into()),
            // A service is read in the order of a scan, each dataset with what came before it.
            Ok(false) => match self.scan(&live).await {
                Err(why) => ended = Some(why),
                Ok(reports) => {
                    let gone = at.resource.as_deref().filter(|_| kind.effect == Effect::Vanish);
                    let fault =
                        Fault { operation: &|operation| row.is_of(operation), region: row.region.as_deref(), gone };
                    for (whole, report) in self.whole.iter().zip(reports) {
                        all += changes(whole, report, &fault);
                    }
                }
            },
        }
        assert!(self.mock.fitted()[0] > 0, "{row:?}: nothing called {at:?}");
        Outcome { row: row.clone(), kind: kind.name, at: at.clone(), changes: all, ended }
    }
}

/// All cases of some kinds at the places of a row.
async fn cases(run: Run, places: Vec<At>, kinds: Vec<Kind>) -> (Run, Vec<At>, Vec<Outcome>) {
    let mut outcomes = Vec::new();
    for at in &places {
        for kind in kinds.iter().filter(|kind| kind.fits(at) && !(kind.is_slow() && run.row.is_service())) {
            outcomes.push(run.case(kind, at).await);
        }
    }
    (run, places, outcomes)
}

/// Operations without which nothing is unknown, and why.
const NOTHING_RESTS_ON: [(&str, &str); 4] = [
    ("ec2:DescribeRegions", "account:ListRegions is asked instead"),
    ("iam:GenerateCredentialReport", "a report that is stored is read all the same"),
    ("iam:ListOrganizationsFeatures", "it tells of a root user without credentials, and this account's has some"),
    ("kms:ListAliases", "it only spares a kms:DescribeKey for each of AWS's own keys"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_a_verdict_only_becomes_unknown() {
    let lab = Lab::new();
    lab.scan(&lab.keys(|_| true), &lab.kept).await.unwrap();
    let (slow, fast): (Vec<_>, Vec<_>) = kinds().into_iter().partition(Kind::is_slow);
    let fast = rows(&lab).into_iter().map(|row| {
        let (lab, kinds) = (Arc::clone(&lab), fast.clone());
        tokio::spawn(async move {
            let mut run = Run::new(lab, row).await;
            let places = run.places().await;
            cases(run, places, kinds).await
        })
    });
    let (mut outcomes, mut rows, mut panics) = (Vec::new(), Vec::new(), Vec::new());
    let mut fast = stream::iter(fast).buffer_unordered(8);
    while let Some(done) = fast.next().await {
        match done {
            Ok((run, places, of_row)) => {
                outcomes.extend(of_row);
                rows.push((run, places));
            }
            Err(panic) => panics.push(panic.to_string()),
        }
    }
    // Waiting for an answer that does not come takes no time of the processor: many wait at once.
    let slow = rows.into_iter().map(|(run, places)| tokio::spawn(cases(run, places, slow.clone())));
    let mut slow = stream::iter(slow).buffer_unordered(40);
    while let Some(done) = slow.next().await {
        match done {
            Ok((.., of_row)) => outcomes.extend(of_row),
            Err(panic) => panics.push(panic.to_string()),
        }
    }
    check(&outcomes, panics);
}

/// The name of a kind or of an operation, the number of its cases, and what changed in them.
type Sums = BTreeMap<String, (usize, Changes)>;

fn print(head: &str, sums: &Sums) {
    println!(
        "{head:42} {:>6} {:>8} {:>6} {:>5} {:>7} {:>6} {:>5}",
        "cases", "unknown", "held", "gone", "passes+", "fails+", "lost"
    );
    for (name, (cases, all)) in sums {
        let (passes, fails, lost) = (all.passes_gained.len(), all.fails_gained.len(), all.lost.len());
        println!("{name:42} {cases:6} {:8} {:6} {:5} {passes:7} {fails:6} {lost:5}", all.unknown, all.held, all.gone);
    }
}

fn check(outcomes: &[Outcome], panics: Vec<String>) {
    let (mut by_kind, mut by_operation, mut total) = (Sums::new(), Sums::new(), Changes::default());
    let (mut wrong, mut hangs) = (Vec::new(), 0);
    total.panics.clone_from(&panics);
    for Outcome { row, kind, at, changes, ended } in outcomes {
        for sum in [by_kind.entry((*kind).to_owned()), by_operation.entry(row.operation.clone())] {
            let (cases, all) = sum.or_default();
            *cases += 1;
            *all += changes.clone();
        }
        total += changes.clone();
        let resource = at.resource.as_deref().unwrap_or_default();
        let at = format!("{} of {:?}, {} {resource}: {kind}", row.operation, row.datasets, at.name);
        wrong.extend(changes.wrong().into_iter().map(|what| format!("{at}: {what}")));
        hangs += usize::from(*ended == Some(Ended::Hangs));
        match ended {
            // Without an account there is nothing to report on.
            Some(Ended::Error(error)) if row.operation == "sts:GetCallerIdentity" => {
                assert!(error.contains("sts:GetCallerIdentity in us-east-1"), "{error}");
            }
            Some(ended) => wrong.push(format!("{at}: {ended:?}")),
            None => {}
        }
    }
    print("kind", &by_kind);
    print("operation, or a service as a whole", &by_operation);
    let argued: BTreeSet<&String> = total.argued.iter().collect();
    for line in argued {
        println!("another verdict, and right: {line}");
    }
    println!(
        "{} cases: {} kinds x {} operations and services x places; {} findings changed to unknown; passes gained {}, fails gained \
         {}, findings lost {}, panics {}, hangs {hangs}",
        outcomes.len(),
        by_kind.len(),
        by_operation.len(),
        total.unknown,
        total.passes_gained.len(),
        total.fails_gained.len(),
        total.lost.len(),
        total.panics.len(),
    );
    let nothing: BTreeSet<&str> = by_operation
        .iter()
        .filter(|(_, (_, all))| all.unknown + all.held + all.gone == 0)
        .map(|(name, _)| name.as_str())
        .collect();
    println!("nothing rests on {nothing:?}");
    let argued = NOTHING_RESTS_ON.iter().map(|(operation, _)| *operation).chain(["sts:GetCallerIdentity"]);
    let argued: BTreeSet<&str> = argued.collect();
    wrong.extend(panics.into_iter().map(|panic| format!("panic: {panic}")));
    if nothing != argued {
        wrong.push(format!("nothing rests on {nothing:?}, argued are {argued:?}"));
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
