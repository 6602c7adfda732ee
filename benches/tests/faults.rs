//! The fault matrix: everything that can go wrong with a call, for every operation of a scan, at every place of it; and what
//! the report then says. A verdict may become unknown, and nothing else may happen.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic, and this one prints its table"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use cis_aws::sources::SnapshotSource;
use cis_aws::sources::live::LiveSource;
use cis_benches::mock::{Effect, Mock, Options, Rule};
use cis_core::{Coverage, DataSource, Report, Request};
use futures::stream::{self, StreamExt};
use serde_json::Value;
use support::faulty::{At, Kind, PATIENCE, is_paged, kinds, resources};
use support::kept::{Before, Kept, Part, content};
use support::verdicts::{Changes, Fault, Findings, changes};
use support::{Judges, START, by_id, quick};

/// How long an answer is waited for where it comes: longer than anything takes on a busy machine.
const LONG: Duration = Duration::from_mins(1);

/// When a scan is said to hang.
const HANGS: Duration = Duration::from_mins(2);

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
        let account = Arc::new(support::account::three_of_everything());
        let judges = Judges::all();
        let requirements = judges.requirements();
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

/// An operation of one dataset.
#[derive(Debug, Clone)]
struct Row {
    operation: String,
    /// None: it is asked before anything is read.
    dataset: Option<String>,
    /// The region with most of it, where it is faulty; None for what an account has once.
    region: Option<String>,
    page_size: usize,
}

/// Every operation of every dataset that is read, and those before them.
fn rows(lab: &Lab) -> Vec<Row> {
    let mut rows = Vec::new();
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
        let (dataset, region) = (Some(info.name().to_owned()), place.region_name().map(str::to_owned));
        rows.extend(info.operations().map(|(operation, _)| Row {
            operation: operation.to_owned(),
            dataset: dataset.clone(),
            region: region.clone(),
            page_size,
        }));
    }
    let before = ["sts:GetCallerIdentity", "ec2:DescribeRegions", "account:ListRegions"];
    rows.extend(before.map(|operation| Row { operation: operation.into(), dataset: None, region: None, page_size: 6 }));
    rows
}

/// What became of one case.
#[derive(Debug)]
struct Outcome {
    operation: String,
    dataset: String,
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
        let keys = lab.keys(|dataset| row.dataset.as_deref().is_none_or(|one| one == dataset));
        let options = Options { page_size: Some(row.page_size), ..Options::default() };
        let mock = Mock::serve(Arc::clone(&lab.account), options).await.unwrap();
        let whole = lab.scan(&keys, &lab.kept).await.unwrap().into_iter().map(by_id).collect();
        Self { lab, row, keys, mock, whole, read: Vec::new(), coverage: None }
    }

    /// The mock as a source, with a fault.
    fn live(&self, rule: Option<Rule>, patience: Duration) -> Kept<LiveSource> {
        self.mock.clear();
        rule.into_iter().for_each(|rule| self.mock.rule(rule));
        if self.row.operation == "account:ListRegions" {
            self.mock.rule(Rule::new(Effect::Deny).on("ec2:DescribeRegions"));
        }
        Kept::new(quick(&self.mock, patience))
    }

    /// The reports where one dataset is read of the mock, in one region, and all else of the snapshot.
    async fn scan(&self, live: &Kept<LiveSource>) -> Result<Vec<Report>, Ended> {
        let part = match &self.row.dataset {
            Some(dataset) => Part::Datasets(vec![dataset.clone()], self.row.region.clone()),
            None => Part::Coverage,
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
        let read = live.read(row.dataset.as_deref().unwrap_or_default());
        let rows: Vec<_> = read.iter().flat_map(|(_, table)| table.to_json().unwrap_or_default()).collect();
        let reads = read.len().max(1) as u64;
        self.read = read.into_iter().map(|(request, table)| (request, content(&table))).collect();
        self.coverage = match row.dataset {
            None => Some(live.coverage().await.unwrap()),
            Some(_) => None,
        };
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
            Ok(false) if kind.passes() => all.others.push("what passes was not read again".into()),
            Ok(false) => match self.scan(&live).await {
                Err(why) => ended = Some(why),
                Ok(reports) => {
                    let listed = ["ec2:DescribeRegions", "account:ListRegions"];
                    let operation = |operation: &str| {
                        operation == row.operation || (row.dataset.is_none() && listed.contains(&operation))
                    };
                    let gone = at.resource.as_deref().filter(|_| kind.effect == Effect::Vanish);
                    let fault = Fault { operation: &operation, gone };
                    for (whole, report) in self.whole.iter().zip(reports) {
                        all += changes(whole, report, &fault);
                    }
                }
            },
        }
        assert!(self.mock.fitted()[0] > 0, "{row:?}: nothing called {at:?}");
        let dataset = row.dataset.clone().unwrap_or_else(|| "(before all)".into());
        Outcome { operation: row.operation.clone(), dataset, kind: kind.name, at: at.clone(), changes: all, ended }
    }
}

async fn cases(lab: Arc<Lab>, row: Row, kinds: Vec<Kind>) -> Vec<Outcome> {
    let started = std::time::Instant::now();
    let mut run = Run::new(lab, row).await;
    let mut outcomes = Vec::new();
    for at in run.places().await {
        for kind in kinds.iter().filter(|kind| kind.fits(&at)) {
            outcomes.push(run.case(kind, &at).await);
        }
    }
    println!("  {} {:?} {}: {:?}", run.row.operation, run.row.dataset, outcomes.len(), started.elapsed());
    outcomes
}

/// Operations without which nothing is unknown, and why.
const NOTHING_RESTS_ON: [(&str, &str); 3] = [
    ("ec2:DescribeRegions", "account:ListRegions is asked instead"),
    ("iam:GenerateCredentialReport", "a report that is stored is read all the same"),
    ("kms:ListAliases", "it only spares a kms:DescribeKey for each of AWS's own keys"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_a_verdict_only_becomes_unknown() {
    let started = std::time::Instant::now();
    let lab = Lab::new();
    let everything = lab.keys(|_| true);
    lab.scan(&everything, &lab.kept).await.unwrap();
    let rows = rows(&lab);
    let (slow, fast): (Vec<_>, Vec<_>) = kinds().into_iter().partition(Kind::is_slow);
    println!("survey {:?}", started.elapsed());
    let mut outcomes = Vec::new();
    // What waits for an answer that does not come takes no time of the processor, and all of it waits at once.
    for (kinds, at_once) in [(fast, 4), (slow, rows.len())] {
        let tasks = rows.iter().map(|row| tokio::spawn(cases(Arc::clone(&lab), row.clone(), kinds.clone())));
        let mut tasks = stream::iter(tasks).buffered(at_once);
        while let Some(of_row) = tasks.next().await {
            outcomes.extend(of_row.unwrap());
        }
        println!("{at_once} {:?}", started.elapsed());
    }
    check(&outcomes);
}

fn check(outcomes: &[Outcome]) {
    let mut by_kind: BTreeMap<&str, (usize, Changes)> = BTreeMap::new();
    let mut by_operation: BTreeMap<(&str, &str), (usize, Changes)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for outcome in outcomes {
        let kind = by_kind.entry(outcome.kind).or_default();
        let operation = by_operation.entry((&outcome.operation, &outcome.dataset)).or_default();
        for (count, all) in [kind, operation] {
            *count += 1;
            *all += outcome.changes.clone();
        }
        let at = format!(
            "{} of {}, {} ({:?}): {}",
            outcome.operation, outcome.dataset, outcome.at.name, outcome.at.resource, outcome.kind
        );
        wrong.extend(outcome.changes.wrong().into_iter().map(|what| format!("{at}: {what}")));
        if let Some(ended) = &outcome.ended {
            wrong.push(format!("{at}: {ended:?}"));
        }
    }
    for (kind, (cases, all)) in &by_kind {
        println!("{kind:28} {cases:6} {:8} {:6} {:6}", all.unknown, all.held, all.gone);
    }
    for ((operation, dataset), (cases, all)) in &by_operation {
        println!("{operation:42} {dataset:34} {cases:6} {:8} {:6} {:6}", all.unknown, all.held, all.gone);
    }
    for line in outcomes.iter().flat_map(|outcome| &outcome.changes.followed) {
        println!("followed: {line}");
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
