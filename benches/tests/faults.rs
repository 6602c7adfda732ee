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
use cis_benches::mock::{Effect, Mock, Options, Rule};
use cis_core::{DataSource, Report};
use futures::stream::{self, StreamExt};
use support::faulty::{At, Kind, PATIENCE, is_paged, kinds, resources};
use support::kept::{Before, Kept, Part};
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
        Arc::new(Self { kept: Kept::new(Arc::clone(&account)), account, judges: Judges::all() })
    }

    fn keys(&self, dataset: impl Fn(&str) -> bool) -> Keys {
        self.judges.benchmarks.iter().map(|benchmark| self.judges.reading(benchmark, &dataset)).collect()
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
        let most = read.iter().max_by_key(|(place, _, table)| (count(table), place.region_name() == Some(START)));
        let Some((place, _, table)) = most else {
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
}

impl Run {
    async fn new(lab: Arc<Lab>, row: Row) -> Self {
        let keys = lab.keys(|dataset| row.dataset.as_deref().is_none_or(|one| one == dataset));
        let options = Options { page_size: Some(row.page_size), ..Options::default() };
        let mock = Mock::serve(Arc::clone(&lab.account), options).await.unwrap();
        let whole = lab.scan(&keys, &lab.kept).await.unwrap().into_iter().map(by_id).collect();
        Self { lab, row, keys, mock, whole }
    }

    /// The reports where one dataset is read of the mock, in one region, and all else of the snapshot.
    async fn scan(
        &self,
        rule: Option<Rule>,
        patience: Duration,
    ) -> (Result<Vec<Report>, Ended>, Vec<serde_json::Value>, usize) {
        self.mock.clear();
        rule.into_iter().for_each(|rule| self.mock.rule(rule));
        if self.row.operation == "account:ListRegions" {
            self.mock.rule(Rule::new(Effect::Deny).on("ec2:DescribeRegions"));
        }
        let part = match &self.row.dataset {
            Some(dataset) => Part::Datasets(vec![dataset.clone()], self.row.region.clone()),
            None => Part::Coverage,
        };
        let front = Kept::new(quick(&self.mock, patience));
        let source = Before { front, back: &self.lab.kept, part };
        let reports = self.lab.scan(&self.keys, &source).await;
        let read = source.front.read(self.row.dataset.as_deref().unwrap_or_default());
        let rows = read.iter().flat_map(|(_, _, table)| table.to_json().unwrap_or_default()).collect();
        (reports, rows, read.len().max(1))
    }

    /// The places where the operation can fail. Without a fault, nothing is changed by reading of the mock.
    async fn places(&self) -> Vec<At> {
        let row = &self.row;
        let (reports, rows, reads) = self.scan(None, LONG).await;
        let reports: Vec<_> = reports.unwrap().into_iter().map(by_id).collect();
        assert_eq!(reports, self.whole, "{row:?} without a fault");
        let region = row.region.as_deref();
        let calls = self.mock.calls_by_region().into_iter();
        let calls = calls
            .filter(|((operation, at), _)| *operation == row.operation && region.is_none_or(|region| region == at));
        let calls = calls.map(|(_, calls)| calls.all).sum::<u64>() / reads as u64;
        if let Some(names) = resources(&row.operation, &rows) {
            let names: Vec<_> = names.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
            assert!(names.len() >= 3, "{row:?} is called for {names:?}");
            return At::resources(&names, is_paged(&row.operation));
        }
        assert!(calls == 1 || calls >= 3, "{row:?} is called {calls} times");
        At::pages(calls > 1)
    }

    async fn case(&self, kind: &Kind, at: &At) -> Outcome {
        let row = &self.row;
        let mut rule = kind.rule(&row.operation);
        rule.region = row.region.clone();
        rule.page = at.page;
        rule.resource = at.resource.clone();
        let (reports, ..) = self.scan(Some(rule), if kind.is_slow() { PATIENCE } else { LONG }).await;
        assert!(self.mock.fitted()[0] > 0, "{row:?}: nothing called {at:?}");
        let listed = ["ec2:DescribeRegions", "account:ListRegions"];
        let operation =
            |operation: &str| operation == row.operation || (row.dataset.is_none() && listed.contains(&operation));
        let gone = at.resource.as_deref().filter(|_| kind.effect == Effect::Vanish);
        let fault = Fault { operation: &operation, gone };
        let mut all = Changes::default();
        let ended = match reports {
            Err(ended) => Some(ended),
            Ok(reports) => {
                for (whole, report) in self.whole.iter().zip(reports) {
                    all += changes(whole, report, &fault);
                }
                None
            }
        };
        let dataset = row.dataset.clone().unwrap_or_else(|| "(before all)".into());
        Outcome { operation: row.operation.clone(), dataset, kind: kind.name, at: at.clone(), changes: all, ended }
    }
}

async fn cases(lab: Arc<Lab>, row: Row, kinds: Vec<Kind>) -> Vec<Outcome> {
    let run = Run::new(lab, row).await;
    let mut outcomes = Vec::new();
    for at in run.places().await {
        for kind in kinds.iter().filter(|kind| kind.fits(&at)) {
            outcomes.push(run.case(kind, &at).await);
        }
    }
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
