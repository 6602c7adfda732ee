//! What a scan promises, whatever the controls and the source.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use cis_core::prelude::*;
use cis_core::{
    Benchmark, Coverage, DataSource, Each, Error, ErrorKind, Event, MemorySource, Region, RegionStatus, Registry,
    Report, Request, Scan, ScopeStatus, Selection, Table, layer,
};
use futures::executor::block_on;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
struct Thing {
    name: String,
    good: Fact<bool>,
}

macro_rules! dataset {
    ($type:ident, $name:literal, $place:ident, after: $after:expr, each: $each:expr) => {
        struct $type;
        impl Dataset for $type {
            type Row = Thing;
            const NAME: &'static str = $name;
            const PLACE: PlaceKind = PlaceKind::$place;
            const AFTER: &'static [fn() -> DatasetInfo] = $after;
            const EACH: Option<Each<Thing>> = $each;
            const OPERATIONS: &'static [Operation] = &[Operation::named(concat!($name, ":List"))];
        }
    };
}

dataset!(Things, "acme.things", Account, after: &[], each: None);
dataset!(Details, "acme.details", Account, after: &[DatasetInfo::of::<Things>], each: Some(Each {
    listed: Some(|request| request.names::<Things>(|thing| Some(&thing.name))),
    name: |thing| &thing.name,
    unread: |name, gap| Thing { name, good: gap.into() },
}));
dataset!(Doors, "acme.doors", Region, after: &[], each: None);
dataset!(Locks, "acme.locks", Region, after: &[], each: None);

type Evaluate = fn(&Facts<'_>, &mut Findings) -> Result<(), Gap>;

/// A control made of what it says and does.
struct Acme {
    key: &'static str,
    at: PlaceKind,
    reads: Reads,
    evaluate: Evaluate,
}

impl Control for Acme {
    fn info(&self) -> ControlInfo {
        ControlInfo::new(self.key, self.key, "Acme::Thing", self.at)
    }

    fn reads(&self) -> Reads {
        self.reads.clone()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        (self.evaluate)(facts, findings)
    }
}

fn judged<D: Dataset<Row = Thing>>(facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
    let operation = D::OPERATIONS[0].name;
    findings.each(
        &facts.rows::<D>()?,
        |row| row.name.clone(),
        |row| {
            let good = *row.good.known()?;
            let verdict = if good { Verdict::pass(msg!("It is good.")) } else { Verdict::fail(msg!("It is bad.")) };
            Ok(verdict.evidence(operation, "good", &good))
        },
    );
    Ok(())
}

fn things(key: &'static str) -> Acme {
    Acme { key, at: PlaceKind::Account, reads: Reads::of::<Things>(), evaluate: judged::<Things> }
}

fn doors(key: &'static str) -> Acme {
    Acme { key, at: PlaceKind::Region, reads: Reads::of::<Doors>(), evaluate: judged::<Doors> }
}

fn thing(name: &str, good: bool) -> Thing {
    Thing { name: name.into(), good: Fact::Known(good) }
}

fn at(time: &str) -> jiff::Timestamp {
    time.parse().unwrap()
}

const ACCOUNT: &str = "123456789012";

fn account() -> MemorySource {
    MemorySource::new(ACCOUNT)
        .as_of(at("2026-01-01T00:00:00Z"))
        .region(Region::enabled("eu-west-1"))
        .region(Region::enabled("us-east-1"))
        .region(Region { name: "me-south-1".into(), status: RegionStatus::NotEnabled })
        .with::<Things>(vec![thing("b", false), thing("a", true)])
        .with_region::<Doors>("eu-west-1", vec![thing("front", true)])
        .with_region::<Doors>("us-east-1", vec![thing("back", false)])
}

/// A benchmark of the keys that the registry does not know, so that only what is added with `with` is judged.
fn benchmark(entries: &[(&str, &str, u8)]) -> Benchmark {
    let entry = |(id, key, level): &(&str, &str, u8)| {
        format!(
            "[[recommendation]]\nid = {id:?}\nkey = {key:?}\ntitle = {key:?}\nsection = \"S\"\nlevel = {level}\nassessment = \"automated\"\n"
        )
    };
    let entries: String = entries.iter().map(entry).collect();
    Benchmark::from_toml(&format!("name = \"Acme\"\nversion = \"1\"\n{entries}")).unwrap()
}

/// Reads the things of the account, and the doors of the accounts that they name.
fn doors_elsewhere(key: &'static str, reads: Reads) -> Acme {
    let evaluate: Evaluate = |facts, findings| {
        for thing in facts.rows::<Things>()?.iter() {
            findings.judge(thing.name.clone(), || {
                let rows = facts.at::<Doors>(&Place::region(&thing.name, "eu-west-1"))?;
                let doors: Vec<_> = rows.iter().map(|door| &door.name).collect();
                Ok(Verdict::pass(msg!("Doors: {doors}.", doors)))
            });
        }
        Ok(())
    };
    Acme { key, at: PlaceKind::Account, reads, evaluate }
}

fn named(facts: &Facts<'_>) -> std::collections::BTreeSet<Place> {
    let things = facts.rows::<Things>().into_iter().flat_map(|rows| rows.iter().collect::<Vec<_>>());
    things.map(|thing| Place::region(&thing.name, "eu-west-1")).collect()
}

const OTHERS: [&str; 2] = ["999988887777", "999988886666"];

/// An account whose things name itself and two others, one of which the source covers.
fn accounts() -> MemorySource {
    let doors = |name| Table::rows::<Doors>(vec![thing(name, true)]);
    MemorySource::new(ACCOUNT)
        .as_of(at("2026-01-01T00:00:00Z"))
        .region(Region::enabled("eu-west-1"))
        .with::<Things>(vec![thing(ACCOUNT, true), thing(OTHERS[0], true), thing(OTHERS[1], true)])
        .put("acme.doors", Place::region(ACCOUNT, "eu-west-1"), doors("home"))
        .put("acme.doors", Place::region(OTHERS[0], "eu-west-1"), doors("away"))
}

#[test]
fn places_in_other_accounts_are_asked_for_once_the_facts_name_them() {
    let reads = || Reads::of::<Things>().and::<Doors>().in_other_accounts(named);
    let undeclared = Reads::of::<Things>().and::<Doors>();
    let narrowed = Reads::of::<Things>()
        .only::<Doors>(|facts| {
            let home = facts.place().account_id() == ACCOUNT;
            Ok(if home { Wanted::Nothing } else { Wanted::All })
        })
        .in_other_accounts(named);
    // Each of the two waits for what the other narrows.
    let circle = Reads::of::<Things>().only::<Locks>(|_| Ok(Wanted::All)).in_other_accounts(named);
    let circle = circle.only::<Doors>(|_| Ok(Wanted::All)).in_other_accounts(named);
    let round = Reads::of::<Things>().only::<Doors>(|_| Ok(Wanted::All)).in_other_accounts(named);
    let round = round.only::<Locks>(|_| Ok(Wanted::All)).in_other_accounts(named);
    let told = |reads: Vec<Reads>| {
        let keys = ["acme.first", "acme.second"];
        let controls = reads.into_iter().zip(keys).map(|(reads, key)| doors_elsewhere(key, reads)).collect();
        let report = scanned(&accounts(), controls);
        let ours = report.findings.into_iter().filter(|finding| finding.control == "acme.first");
        let shown = ours.map(|finding| match finding.gaps.first() {
            Some(gap) => format!("{} {:?}", finding.status, gap.kind),
            None => format!("{} {}", finding.status, finding.message),
        });
        (shown.collect::<Vec<_>>(), report.unread.len())
    };
    let (home, away, nowhere) = ("pass Doors: home.", "pass Doors: away.", "unknown OtherAccount");
    let unsupported = "unknown NotSupported";
    let all = [home, nowhere, away];
    for (why, reads, expected) in [
        ("one that is covered, one that is not", vec![reads()], all),
        ("two controls", vec![reads(), reads()], all),
        ("not declared", vec![undeclared.clone()], [home, unsupported, unsupported]),
        ("declared by another control", vec![undeclared, reads()], [home, unsupported, unsupported]),
        ("narrowed at home", vec![narrowed.clone()], [unsupported, nowhere, away]),
        ("narrowed for one control alone", vec![narrowed, reads()], all),
        ("controls that wait for each other", vec![circle, round], all),
    ] {
        let (found, _) = told(reads);
        assert_eq!(found, expected, "{why}");
    }
    let (_, unread) = told(vec![reads()]);
    // What is not covered is said by the finding, and by it alone; the other control is not implemented.
    assert_eq!(unread, 1);
}

fn scan(
    source: &dyn DataSource,
    controls: Vec<Acme>,
    configure: impl Fn(Scan<'_>) -> Scan<'_>,
) -> Result<Report, Error> {
    let benchmark = benchmark(&[("1", "acme.first", 1), ("2", "acme.second", 2)]);
    let registry = Registry::default();
    let scan = controls.into_iter().fold(Scan::new(&benchmark, &registry), Scan::with);
    block_on(configure(scan).run(source))
}

fn scanned(source: &dyn DataSource, controls: Vec<Acme>) -> Report {
    scan(source, controls, |scan| scan).unwrap()
}

/// The first recommendation alone.
fn alone(source: &dyn DataSource, control: Acme) -> Report {
    let select = || Selection { select: vec!["1".into()], level: None };
    scan(source, vec![control], |scan| scan.select(select())).unwrap()
}

/// `recommendation or key: resource [region] status` a finding.
fn lines(report: &Report) -> Vec<String> {
    let line = |finding: &cis_core::Finding| {
        let resource = &finding.resource;
        let region = resource.region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
        let id = finding.recommendation.as_ref().unwrap_or(&finding.control);
        format!("{id}: {}{region} {}", resource.id, finding.status)
    };
    report.findings.iter().map(line).collect()
}

/// Counts what it is asked, and answers after a while that differs from read to read.
struct Counting<S> {
    inner: S,
    asked: Arc<Mutex<BTreeMap<String, usize>>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl<S> Counting<S> {
    fn new(inner: S) -> Self {
        Self { inner, asked: Arc::default(), requests: Arc::default() }
    }
}

#[async_trait]
impl<S: DataSource> DataSource for Counting<S> {
    async fn coverage(&self) -> Result<Coverage, Error> {
        self.inner.coverage().await
    }

    async fn fetch(&self, request: &Request) -> Table {
        *self.asked.lock().unwrap().entry(format!("{} {}", request.dataset.name(), request.place)).or_default() += 1;
        self.requests.lock().unwrap().push(request.clone());
        let turns = request.dataset.name().len() * 7 % 5 + request.place.region_name().map_or(0, str::len) % 4;
        for _ in 0..turns {
            futures::pending_once().await;
        }
        self.inner.fetch(request).await
    }
}

mod futures {
    pub(crate) use ::futures::executor;

    /// Gives way once.
    pub(crate) async fn pending_once() {
        let mut gave_way = false;
        std::future::poll_fn(|context| {
            if gave_way {
                return std::task::Poll::Ready(());
            }
            gave_way = true;
            context.waker().wake_by_ref();
            std::task::Poll::Pending
        })
        .await;
    }
}

#[test]
fn every_fact_is_fetched_once_whoever_reads_it() {
    let source = Counting::new(account());
    let report =
        scanned(&source, vec![things("acme.first"), doors("acme.second"), doors("acme.third"), things("acme.fourth")]);
    let asked = source.asked.lock().unwrap();
    let expected = [
        "acme.doors eu-west-1 of account 123456789012",
        "acme.doors us-east-1 of account 123456789012",
        "acme.things account 123456789012",
    ];
    assert_eq!(
        asked.iter().map(|(what, times)| (what.as_str(), *times)).collect::<Vec<_>>(),
        expected.map(|what| (what, 1))
    );
    assert_eq!(
        lines(&report),
        [
            "1: a pass",
            "1: b fail",
            "2: front in eu-west-1 pass",
            "2: back in us-east-1 fail",
            "acme.fourth: a pass",
            "acme.fourth: b fail",
            "acme.third: front in eu-west-1 pass",
            "acme.third: back in us-east-1 fail",
        ],
        "the benchmark's order, then by resource; controls outside it last"
    );
}

#[test]
fn nothing_is_fetched_that_nobody_selected_reads() {
    let source = Counting::new(account());
    let only = Selection { select: vec!["1".into()], level: None };
    let benchmark = benchmark(&[("1", "acme.first", 1), ("2", "acme.second", 2)]);
    let registry = Registry::default();
    let scan = Scan::new(&benchmark, &registry).with(things("acme.first")).with(doors("acme.second")).select(only);
    assert_eq!(scan.plan().unwrap().actions().into_iter().collect::<Vec<_>>(), ["acme.things:List"]);
    let report = block_on(scan.run(&source)).unwrap();
    assert_eq!(source.asked.lock().unwrap().len(), 1);
    assert_eq!(report.recommendations.len(), 1);
}

#[test]
fn the_same_facts_give_the_same_bytes_whatever_the_concurrency() {
    let bytes = |concurrency: usize, threads: usize| {
        let controls = vec![things("acme.first"), doors("acme.second"), doors("acme.third")];
        let scanned =
            scan(&Counting::new(account()), controls, |scan| scan.concurrency(concurrency).threads(threads)).unwrap();
        serde_json::to_string(&scanned).unwrap()
    };
    let one = bytes(1, 1);
    for (concurrency, threads) in [(0, 0), (2, 1), (1, 2), (3, 3), (64, 16)] {
        assert_eq!(bytes(concurrency, threads), one, "{concurrency} tables, {threads} threads");
    }
}

#[test]
fn facts_that_a_dataset_comes_after_are_read_first_and_handed_over() {
    let source = Counting::new(account().with::<Details>(vec![thing("a", true)]));
    let details =
        Acme { key: "acme.first", at: PlaceKind::Account, reads: Reads::of::<Details>(), evaluate: judged::<Details> };
    scanned(&source, vec![details]);
    let requests = source.requests.lock().unwrap();
    let order: Vec<_> = requests.iter().map(|request| request.dataset.name()).collect();
    assert_eq!(order, ["acme.things", "acme.details"]);
    assert_eq!(requests[1].rows::<Things>().unwrap().len(), 2);
}

/// Wants the details of the good things only.
fn narrowed(key: &'static str, good: bool) -> Acme {
    let wanted = move |facts: &Facts<'_>| {
        let things = facts.rows::<Things>()?;
        let names = things.iter().filter(|row| row.good == Fact::Known(good)).map(|row| row.name.clone());
        Ok(Wanted::names(names))
    };
    let evaluate: Evaluate = |facts, findings| {
        facts.rows::<Things>()?;
        judged::<Details>(facts, findings)
    };
    Acme { key, at: PlaceKind::Account, reads: Reads::of::<Things>().only::<Details>(wanted), evaluate }
}

#[test]
fn a_narrowed_read_asks_for_the_union_and_not_at_all_for_nothing() {
    let wanted = |controls: Vec<Acme>, source: MemorySource| {
        let source = Counting::new(source);
        let report = scanned(&source, controls);
        let requests = source.requests.lock().unwrap();
        let of_details = requests.iter().find(|request| request.dataset.name() == "acme.details");
        (of_details.map(|request| request.only.clone()), report)
    };
    let details = || account().with::<Details>(vec![thing("a", true)]);
    let names = |names: &[&str]| Some(Wanted::names(names.iter().map(|&name| name.to_owned())));
    assert_eq!(wanted(vec![narrowed("acme.first", true)], details()).0, names(&["a"]));
    assert_eq!(
        wanted(vec![narrowed("acme.first", true), narrowed("acme.second", false)], details()).0,
        names(&["a", "b"])
    );
    let whole =
        Acme { key: "acme.second", at: PlaceKind::Account, reads: Reads::of::<Details>(), evaluate: judged::<Details> };
    assert_eq!(
        wanted(vec![narrowed("acme.first", true), whole], details()).0,
        Some(Wanted::All),
        "somebody wants all of it"
    );

    let (asked, report) = wanted(vec![narrowed("acme.first", true)], details().with::<Things>(vec![thing("b", false)]));
    assert_eq!(asked, None, "nothing is wanted");
    assert_eq!(report.findings[0].status, Status::Unknown, "what was not asked for reads as a gap");

    let denied = layer::Deny::new(details(), [layer::Rule::denied().dataset("acme.things")]);
    let report = scanned(&denied, vec![narrowed("acme.first", true)]);
    assert_eq!(report.findings[0].gaps[0].code.as_deref(), Some("AccessDenied"));
}

/// Wants the details of things by name, whether they are listed or not, and judges those alone.
fn by_name(key: &'static str) -> Acme {
    const NAMES: [&str; 2] = ["a", "stranger"];
    let evaluate: Evaluate = |facts, findings| {
        let rows = facts.rows::<Details>()?;
        for name in NAMES {
            findings.judge(name.to_owned(), || {
                let row = rows.iter().find(|row| row.name == name);
                let good = rows.known(&row.ok_or_else(|| Gap::malformed("it has no row"))?.good)?;
                let verdict =
                    if *good { Verdict::pass(msg!("It is good.")) } else { Verdict::fail(msg!("It is bad.")) };
                Ok(verdict.evidence("acme.details:List", "good", good))
            });
        }
        Ok(())
    };
    let wanted = |_: &Facts<'_>| Ok(Wanted::names(NAMES.map(str::to_owned)));
    Acme { key, at: PlaceKind::Account, reads: Reads::none().only::<Details>(wanted), evaluate }
}

fn details(key: &'static str) -> Acme {
    Acme { key, at: PlaceKind::Account, reads: Reads::of::<Details>(), evaluate: judged::<Details> }
}

#[test]
fn who_wants_all_loses_nobody_a_name_and_sees_no_stranger() {
    let rows = || vec![thing("a", true), thing("b", false), thing("stranger", false)];
    let wanted = |controls: Vec<Acme>, source: MemorySource| {
        let source = Counting::new(source);
        let report = scanned(&source, controls);
        let asked = source.asked.lock().unwrap().values().copied().max();
        assert_eq!(asked, Some(1), "each dataset is fetched once");
        let requests = source.requests.lock().unwrap();
        let only: Vec<_> = requests.iter().filter(|request| request.dataset.name() == "acme.details").collect();
        (only[0].only.clone(), lines(&report))
    };
    let whole = account().with::<Details>(rows());
    let stranger = Wanted::AllAnd(["stranger".to_owned()].into());
    let (only, both) = wanted(vec![details("acme.first"), by_name("acme.second")], whole.clone());
    assert_eq!(only, stranger, "what the list has need not be named");
    assert_eq!(both, ["1: a pass", "1: b fail", "2: a pass", "2: stranger fail"], "either as if it were alone");

    let narrowed = Acme { reads: Reads::none().only::<Details>(|_| Ok(Wanted::All)), ..details("acme.first") };
    let (only, both) = wanted(vec![narrowed, by_name("acme.second")], whole.clone());
    assert_eq!(only, stranger);
    assert_eq!(both, ["1: a pass", "1: b fail", "2: a pass", "2: stranger fail"], "likewise who narrows it to all");

    let (only, found) = wanted(vec![by_name("acme.second")], whole.clone());
    assert_eq!(only, Wanted::names(["a", "stranger"].map(str::to_owned)));
    assert_eq!(found.last().map(String::as_str), Some("2: stranger fail"));

    // The stranger of whom the source knows nothing is unknown to the one that named it, and no matter of the other's.
    let rows = vec![thing("a", true), thing("b", false)];
    let (_, both) = wanted(vec![details("acme.first"), by_name("acme.second")], account().with::<Details>(rows));
    assert_eq!(both, ["1: a pass", "1: b fail", "2: a pass", "2: stranger unknown"]);

    // A recording holds the stranger's row whoever is asked later.
    let (only, found) = wanted(vec![details("acme.first")], whole.clone());
    assert_eq!((only, found[..2].to_vec()), (Wanted::All, vec!["1: a pass".to_owned(), "1: b fail".to_owned()]));
    assert!(!found.iter().any(|line| line.contains("stranger")), "{found:?}");

    let listed = account()
        .with::<Things>(vec![thing("a", true), thing("stranger", true)])
        .with::<Details>(rows_of(&["a", "stranger"]));
    let (only, _) = wanted(vec![details("acme.first"), by_name("acme.second")], listed);
    assert_eq!(only, Wanted::All, "the list has them all");
}

fn rows_of(names: &[&str]) -> Vec<Thing> {
    names.iter().map(|name| thing(name, true)).collect()
}

#[test]
fn a_resource_that_a_source_leaves_out_is_unknown() {
    let place = || Place::account(ACCOUNT);
    let table = || Table::rows::<Details>(rows_of(&["a"]));
    let gap = || Gap::new(GapKind::Throttled, "slow").code("Throttling");
    let found = |source: MemorySource| {
        let report = alone(&source, details("acme.first"));
        (lines(&report), report.findings)
    };
    let put = |table: Table| account().put("acme.details", place(), table);

    let (seen, findings) = found(put(table()));
    assert_eq!(seen, ["1: a pass", "1: b unknown"]);
    let left_out = &findings[1].gaps[0];
    assert_eq!(left_out.to_string(), "acme.details:List on b: the source has no answer for it");
    assert_eq!(left_out.dataset.as_deref(), Some("acme.details"));

    let (seen, findings) = found(put(table().cut_off(gap())));
    assert_eq!(seen, ["1: 123456789012 unknown", "1: a pass", "1: b unknown"]);
    assert_eq!(
        findings[2].gaps[0].code.as_deref(),
        Some("Throttling"),
        "why the list is not whole is why it is missing"
    );

    let gone = Gap::new(GapKind::Failed, "there is no such thing").resource("b");
    assert_eq!(found(put(table().vanished(gone))).0, ["1: a pass"], "what was gone has no verdict");

    let list = || Table::rows::<Things>(rows_of(&["a"]));
    let short = put(table()).put("acme.things", place(), list().cut_off(gap()));
    assert_eq!(found(short).0, ["1: 123456789012 unknown", "1: a pass"], "a list that is not whole hides some");
    let unlisted = put(table()).put("acme.things", place(), Table::gap(gap()));
    assert_eq!(found(unlisted).0, ["1: 123456789012 unknown"], "without a list nobody knows whose a row is");
    let none = put(Table::gap(gap()));
    assert_eq!(found(none).0, ["1: 123456789012 unknown"], "nothing was read: one gap says so");
}

#[test]
fn a_service_that_is_not_in_a_region_leaves_nothing_to_judge() {
    let place = Place::region(ACCOUNT, "us-east-1");
    let source = account().put(
        "acme.doors",
        place,
        Table::no_service(&DatasetInfo::of::<Doors>(), "the atlas has no doors there"),
    );
    let report = alone(&source, doors("acme.first"));
    assert_eq!(lines(&report), ["1: front in eu-west-1 pass", "1: 123456789012 in us-east-1 not_applicable"]);
    let message = "The service is not in this region (the atlas has no doors there): nothing to judge.";
    assert_eq!(report.findings[1].message, message);
    assert_eq!(report.unread, [], "nothing that could not be read");
}

#[test]
fn controls_that_narrow_each_other_in_a_circle_still_end() {
    let first = Acme {
        key: "acme.first",
        at: PlaceKind::Account,
        reads: Reads::of::<Things>().only::<Details>(|_| Ok(Wanted::All)),
        evaluate: judged::<Details>,
    };
    let second = Acme {
        key: "acme.second",
        at: PlaceKind::Account,
        reads: Reads::of::<Locks>().only::<Doors>(|_| Ok(Wanted::All)),
        evaluate: |_, findings| {
            findings.push(Target::place(), Verdict::manual(msg!("Look.")));
            Ok(())
        },
    };
    let circle = Acme {
        key: "acme.third",
        at: PlaceKind::Account,
        reads: Reads::of::<Doors>().only::<Locks>(|_| Ok(Wanted::All)),
        evaluate: |_, findings| {
            findings.push(Target::place(), Verdict::manual(msg!("Look.")));
            Ok(())
        },
    };
    let report = scanned(&account(), vec![first, second, circle]);
    assert_eq!(report.findings.iter().filter(|finding| finding.status == Status::Manual).count(), 2);
}

#[test]
fn a_control_that_misbehaves_spoils_itself_alone() {
    let cases: [(&str, Evaluate, &str); 4] = [
        (
            "it panics after a verdict",
            |_, findings| {
                findings.push(Target::id("x"), Verdict::pass(msg!("Fine.")));
                panic!("index out of range")
            },
            "The control ended in a fault of its own: index out of range.",
        ),
        ("it gives no finding", |_, _| Ok(()), "The control gave no finding here: nothing was judged."),
        (
            "it reads what it does not declare",
            |facts, _| facts.rows::<Doors>().map(|_| ()),
            "This could not be judged: acme.doors: the control reads this dataset without declaring it.",
        ),
        (
            "it reads past a gap with ?",
            |_, _| Err(Gap::new(GapKind::Throttled, "Rate exceeded").code("Throttling")),
            "This could not be judged: acme.things:List answered Throttling.",
        ),
    ];
    for (why, evaluate, message) in cases {
        let bad = Acme { key: "acme.first", at: PlaceKind::Account, reads: Reads::of::<Things>(), evaluate };
        let report = scanned(&account(), vec![bad, things("acme.second")]);
        assert_eq!(lines(&report), ["1: 123456789012 unknown", "2: a pass", "2: b fail"], "{why}");
        assert_eq!(report.findings[0].message, message, "{why}");
    }
}

#[test]
fn a_verdict_before_a_gap_is_kept() {
    let evaluate: Evaluate = |facts, findings| {
        judged::<Things>(facts, findings)?;
        Err(Gap::malformed("the rest is missing"))
    };
    let control = Acme { key: "acme.first", at: PlaceKind::Account, reads: Reads::of::<Things>(), evaluate };
    let report = scanned(&account(), vec![control, things("acme.second")]);
    assert_eq!(lines(&report)[..3], ["1: 123456789012 unknown", "1: a pass", "1: b fail"]);
}

#[test]
fn a_resource_judged_twice_has_one_finding_the_graver() {
    let evaluate: Evaluate = |_, findings| {
        findings.push(Target::id("x"), Verdict::pass(msg!("Fine.")).evidence("acme.things:List", "f", "1"));
        findings.push(Target::id("x"), Verdict::fail(msg!("Bad.")).evidence("acme.things:List", "f", "2"));
        findings.push(Target::id("x").sub("part"), Verdict::pass(msg!("Fine.")));
        Ok(())
    };
    let control = Acme { key: "acme.first", at: PlaceKind::Account, reads: Reads::of::<Things>(), evaluate };
    let report = scanned(&account(), vec![control, things("acme.second")]);
    assert_eq!(lines(&report)[..2], ["1: x fail", "1: x pass"], "the part is a finding of its own");
    assert_eq!(report.findings[0].evidence.len(), 2, "no evidence is lost");
}

struct Panicking;

#[async_trait]
impl DataSource for Panicking {
    async fn coverage(&self) -> Result<Coverage, Error> {
        account().coverage().await
    }

    async fn fetch(&self, request: &Request) -> Table {
        assert_ne!(request.dataset.name(), "acme.things", "a bug");
        account().fetch(request).await
    }
}

#[test]
fn a_source_that_panics_spoils_that_read_alone() {
    let report = scanned(&Panicking, vec![things("acme.first"), doors("acme.second")]);
    assert_eq!(lines(&report), ["1: 123456789012 unknown", "2: front in eu-west-1 pass", "2: back in us-east-1 fail"]);
    assert!(report.unread[0].message.contains("a bug"), "{}", report.unread[0].message);
}

#[test]
fn what_has_no_control_is_shown_as_not_implemented() {
    let report = scanned(&account(), vec![things("acme.first")]);
    let second = report.findings_of("2").next().unwrap();
    assert_eq!((second.status, second.control.as_str()), (Status::Unknown, "acme.second"));
    assert!(second.message.contains("not implemented"), "{}", second.message);
}

#[test]
fn regions() {
    let run = |source: &dyn DataSource, regions: &[&str]| {
        scan(source, vec![things("acme.first"), doors("acme.second")], |scan| {
            scan.regions(regions.iter().map(|&region| region.to_owned()))
        })
    };
    let scope = |report: &Report| -> Vec<_> { report.scope.iter().map(|region| region.status).collect() };

    let all = run(&account(), &[]).unwrap();
    assert_eq!(scope(&all), [ScopeStatus::Scanned, ScopeStatus::NotEnabled, ScopeStatus::Scanned]);

    let one = run(&account(), &["us-east-1"]).unwrap();
    assert_eq!(scope(&one), [ScopeStatus::LeftOut, ScopeStatus::NotEnabled, ScopeStatus::Scanned]);
    assert_eq!(lines(&one)[2..], ["2: back in us-east-1 fail"], "a region that was left out has no finding");

    let none = run(&account(), &["me-south-1"]).unwrap();
    assert_eq!(lines(&none)[2..], ["2: 123456789012 unknown"], "never silence: no region was scanned");

    let error = run(&account(), &["eu-wst-1"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    assert_eq!(error.to_string(), r#"region "eu-wst-1" is not known (known: eu-west-1, me-south-1, us-east-1)"#);

    let changing = account().region(Region { name: "af-south-1".into(), status: RegionStatus::Unknown });
    let report = run(&changing, &[]).unwrap();
    assert_eq!(
        lines(&report)[2],
        "2: 123456789012 in af-south-1 unknown",
        "being enabled: unknown for that region alone"
    );
    assert_eq!(report.unread[0].region.as_deref(), Some("af-south-1"));

    let unlisted = account().regions_gap(Gap::new(GapKind::Denied, "no").operation("ec2:DescribeRegions"));
    let report = run(&unlisted, &[]).unwrap();
    assert_eq!(
        lines(&report)[2..],
        ["2: 123456789012 unknown", "2: front in eu-west-1 pass", "2: back in us-east-1 fail"],
        "one unknown more for what reads regions, none for what does not"
    );
    let named = run(&unlisted, &["ap-south-1"]).unwrap();
    assert!(
        named.scope.iter().any(|region| region.region == "ap-south-1" && region.status == ScopeStatus::Scanned),
        "where the list is not whole the caller's word counts"
    );
}

#[test]
fn an_account_wide_verdict_does_not_forget_a_region_that_was_left_out() {
    let evaluate: Evaluate = |facts, findings| {
        let whole: Result<Vec<_>, Gap> = facts.regions::<Doors>().into_iter().map(|(_, rows)| rows).collect();
        let count: usize = whole?.iter().map(Rows::len).sum();
        findings.push(
            Target::place(),
            Verdict::pass(msg!("{count} doors.", count)).evidence("acme.doors:List", "count", &count),
        );
        Ok(())
    };
    let control = || Acme { key: "acme.first", at: PlaceKind::Account, reads: Reads::of::<Doors>(), evaluate };
    assert_eq!(scanned(&account(), vec![control()]).findings[0].message, "2 doors.");
    let report = scan(&account(), vec![control()], |scan| scan.regions(["us-east-1".to_owned()])).unwrap();
    assert_eq!(report.findings[0].gaps[0].kind, GapKind::LeftOut);
}

#[test]
fn a_region_control_sees_other_regions_only_where_it_says_so() {
    let evaluate: Evaluate = |facts, findings| {
        let seen = facts.regions::<Doors>().into_iter().filter(|(_, rows)| rows.is_ok()).count();
        findings.push(Target::place(), Verdict::manual(msg!("{seen} seen.", seen)));
        Ok(())
    };
    let control = |reads| Acme { key: "acme.first", at: PlaceKind::Region, reads, evaluate };
    let seen = |reads| scanned(&account(), vec![control(reads)]).findings[0].message.clone();
    assert_eq!(seen(Reads::of::<Doors>()), "1 seen.");
    assert_eq!(seen(Reads::of::<Doors>().everywhere()), "2 seen.");
}

/// Answers about the doors of us-east-1 last of all.
struct SlowThere(MemorySource);

#[async_trait]
impl DataSource for SlowThere {
    async fn coverage(&self) -> Result<Coverage, Error> {
        self.0.coverage().await
    }

    async fn fetch(&self, request: &Request) -> Table {
        let slow = request.dataset.name() == "acme.doors" && request.place.region_name() == Some("us-east-1");
        for _ in 0..if slow { 100 } else { 0 } {
            futures::pending_once().await;
        }
        self.0.fetch(request).await
    }
}

/// Else every region's tables would be kept until the slowest region has answered.
#[test]
fn what_narrows_a_read_waits_for_other_regions_only_where_it_sees_them() {
    let lock = |name| vec![thing(name, true)];
    let source = account().with_region::<Locks>("eu-west-1", lock("a")).with_region::<Locks>("us-east-1", lock("b"));
    let source = SlowThere(source);
    let locks = |reads: Reads, seen: bool| {
        let wanted = move |facts: &Facts<'_>| facts.rows::<Doors>().is_ok() == seen;
        reads.only::<Locks>(move |facts| Ok(if wanted(facts) { Wanted::All } else { Wanted::Nothing }))
    };
    let order = |at, reads: Vec<Reads>| {
        let evaluate: Evaluate = |_, findings| {
            findings.push(Target::place(), Verdict::pass(msg!("It is good.")));
            Ok(())
        };
        let (benchmark, registry) = (benchmark(&[("1", "acme.first", 1)]), Registry::default());
        let keys = ["acme.first", "acme.second"];
        let controls = keys.into_iter().zip(reads).map(|(key, reads)| Acme { key, at, reads, evaluate });
        let mut fetched = Vec::new();
        let scan = controls.fold(Scan::new(&benchmark, &registry), Scan::with).on_event(|event| {
            if let Event::Fetched { dataset, place, .. } = event {
                fetched.push(format!("{dataset} {}", place.region_name().unwrap()));
            }
        });
        block_on(scan.run(&source)).unwrap();
        fetched
    };
    let waiting = ["acme.doors eu-west-1", "acme.doors us-east-1", "acme.locks eu-west-1", "acme.locks us-east-1"];
    let by_region = ["acme.doors eu-west-1", "acme.locks eu-west-1", "acme.doors us-east-1", "acme.locks us-east-1"];
    let at_once = ["acme.doors eu-west-1", "acme.locks eu-west-1", "acme.locks us-east-1", "acme.doors us-east-1"];
    let beside = locks(Reads::none().only::<Doors>(|_| Ok(Wanted::All)), false).beside();
    let of_own = || locks(Reads::of::<Doors>(), true);
    let all_or_nothing = || Reads::of::<Doors>().only_if::<Locks>(|facts| Ok(facts.rows::<Doors>().is_ok()));
    let whole = Reads::of::<Locks>;
    for (why, at, reads, expected) in [
        ("its own region alone", PlaceKind::Region, vec![of_own()], by_region),
        ("every region", PlaceKind::Region, vec![locks(Reads::of::<Doors>().everywhere(), true)], waiting),
        ("nothing of what it is read beside, even where that is in", PlaceKind::Region, vec![beside], at_once),
        ("names may come on top of all", PlaceKind::Region, vec![of_own(), whole()], by_region),
        ("all or nothing", PlaceKind::Region, vec![all_or_nothing()], by_region),
        ("all or nothing, where another wants all", PlaceKind::Region, vec![all_or_nothing(), whole()], at_once),
    ] {
        assert_eq!(order(at, reads), expected, "{why}");
    }
}

/// Answers about doors, and never about things.
struct Hanging;

#[async_trait]
impl DataSource for Hanging {
    async fn coverage(&self) -> Result<Coverage, Error> {
        account().coverage().await
    }

    async fn fetch(&self, request: &Request) -> Table {
        if request.dataset.name() == "acme.things" {
            std::future::pending::<()>().await;
        }
        account().fetch(request).await
    }
}

#[test]
fn a_cancelled_scan_gives_what_it_has_and_says_what_it_has_not() {
    let (end, ended) = ::futures::channel::oneshot::channel::<()>();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        let _ = end.send(());
    });
    let benchmark = benchmark(&[("1", "acme.first", 1), ("2", "acme.second", 2)]);
    let registry = Registry::default();
    let scan = Scan::new(&benchmark, &registry).with(things("acme.first")).with(doors("acme.second")).until(async {
        _ = ended.await;
        "patience ran out"
    });
    let report = block_on(scan.run(&Hanging)).unwrap();
    assert_eq!(lines(&report), ["1: 123456789012 unknown", "2: front in eu-west-1 pass", "2: back in us-east-1 fail"]);
    assert_eq!(report.unread.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Cancelled]);
    assert_eq!(report.unread[0].message, "the scan ended before this was read: patience ran out");
}

struct HangingAway;

#[async_trait]
impl DataSource for HangingAway {
    async fn coverage(&self) -> Result<Coverage, Error> {
        accounts().coverage().await
    }

    async fn fetch(&self, request: &Request) -> Table {
        if request.place.account_id() != ACCOUNT {
            std::future::pending::<()>().await;
        }
        accounts().fetch(request).await
    }
}

#[test]
fn a_cancelled_scan_does_not_wait_for_other_accounts() {
    let (end, ended) = ::futures::channel::oneshot::channel::<()>();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        let _ = end.send(());
    });
    let benchmark = benchmark(&[("1", "acme.first", 1)]);
    let registry = Registry::default();
    let control = doors_elsewhere("acme.first", Reads::of::<Things>().and::<Doors>().in_other_accounts(named));
    let scan = Scan::new(&benchmark, &registry).with(control).until(async {
        _ = ended.await;
        "patience ran out"
    });
    let report = block_on(scan.run(&HangingAway)).unwrap();
    let gaps = report.findings.iter().map(|finding| finding.gaps.first().map(|gap| gap.kind));
    assert_eq!(gaps.collect::<Vec<_>>(), [None, Some(GapKind::Cancelled), Some(GapKind::Cancelled)]);
}

#[test]
fn without_an_account_or_a_moment_there_is_no_scan() {
    let nowhen = MemorySource::new(ACCOUNT);
    let error = scan(&nowhen, vec![things("acme.first")], |scan| scan).unwrap_err();
    assert!(error.to_string().contains("no moment to judge at"), "{error}");
    let given = scan(&nowhen, vec![things("acme.first")], |scan| scan.as_of(at("2026-01-01T00:00:00Z"))).unwrap();
    assert_eq!(given.as_of.to_string(), "2026-01-01T00:00:00Z");
}

#[test]
fn selection() {
    let benchmark = benchmark(&[("1.1", "acme.first", 1), ("1.10", "acme.second", 2), ("2.1", "door.third", 1)]);
    let registry = Registry::default();
    let keys = |select: &[&str], level: Option<u8>| {
        let select = select.iter().map(|&pattern| pattern.to_owned()).collect();
        let scan = Scan::new(&benchmark, &registry).with(things("own.check")).select(Selection { select, level });
        scan.plan().map(|plan| plan.keys().map(str::to_owned).collect::<Vec<_>>()).map_err(|error| error.to_string())
    };
    let all = ["acme.first", "acme.second", "door.third", "own.check"];
    for (why, select, level, expected) in [
        ("all", &[][..], None, &all[..]),
        ("an id is whole: 1.1 is not 1.10", &["1.1"], None, &["acme.first"]),
        ("a glob over ids", &["1.*"], None, &["acme.first", "acme.second"]),
        ("a glob over keys, and a key of one's own", &["door.*", "own.check"], None, &["door.third", "own.check"]),
        ("level 1 alone", &[], Some(1), &["acme.first", "door.third", "own.check"]),
        ("level 2 is both", &[], Some(2), &all[..]),
    ] {
        assert_eq!(keys(select, level).unwrap(), expected, "{why}");
    }
    assert!(keys(&["1.9"], None).unwrap_err().contains("matches \"1.9\""));
    assert!(keys(&[], Some(3)).unwrap_err().contains("level 3 is not known"));
    assert!(keys(&["1.10"], Some(1)).unwrap_err().contains("nothing is selected"));
}

#[test]
fn a_control_of_ones_own_serves_every_requirement_that_names_it() {
    let mut benchmark = benchmark(&[("1", "acme.first", 1), ("2", "acme.second", 1)]);
    for recommendation in &mut benchmark.recommendations {
        recommendation.control = Some("own.check".to_owned());
    }
    let registry = Registry::default();
    let scan = Scan::new(&benchmark, &registry).with(things("own.check"));
    assert_eq!(scan.plan().unwrap().keys().collect::<Vec<_>>(), ["acme.first", "acme.second"]);
    let report = block_on(scan.run(&account())).unwrap();
    assert!(report.findings.iter().all(|finding| finding.status != Status::Unknown), "{:?}", lines(&report));
    let twice = Scan::new(&benchmark, &registry).with(things("own.check")).with(doors("own.check"));
    assert!(twice.plan().unwrap_err().to_string().contains("two controls have the key \"own.check\""));
}

#[test]
fn gaps_are_in_the_report_whether_a_control_names_them_or_not() {
    let source = layer::Deny::new(account(), [layer::Rule::denied().operation("acme.doors:*").region("us-*")]);
    let report = scanned(&source, vec![things("acme.first"), doors("acme.second")]);
    assert_eq!(lines(&report)[2..], ["2: front in eu-west-1 pass", "2: 123456789012 in us-east-1 unknown"]);
    let gap = &report.unread[0];
    assert_eq!(report.unread.len(), 1);
    assert_eq!(report.findings.last().unwrap().gaps, std::slice::from_ref(gap));
    let named =
        [&gap.dataset, &gap.operation, &gap.region, &gap.code, &gap.action].map(|text| text.as_deref().unwrap());
    assert_eq!(named, ["acme.doors", "acme.doors:List", "us-east-1", "AccessDenied", "acme.doors:List"]);
    assert_eq!(report.summary.rest_on_gaps, 1);
}

#[test]
fn a_list_that_is_cut_off_is_judged_as_far_as_it_goes() {
    let place = Place::account(ACCOUNT);
    let cut = |rows: Vec<Thing>| {
        let table =
            Table::rows::<Things>(rows).cut_off(Gap::new(GapKind::Throttled, "Rate exceeded").code("Throttling"));
        scanned(&account().put("acme.things", place.clone(), table), vec![things("acme.first")])
    };
    assert_eq!(lines(&cut(vec![thing("a", true)]))[..2], ["1: 123456789012 unknown", "1: a pass"]);
    assert_eq!(lines(&cut(vec![]))[0], "1: 123456789012 unknown", "empty and cut off is not: nothing there");
    let told: Vec<_> = cut(vec![]).unread.into_iter().map(|gap| gap.operation.unwrap()).collect();
    assert_eq!(told, ["acme.things:List"], "told once, by the table and by the finding alike");
    let whole = scanned(&account().with::<Things>(vec![]), vec![things("acme.first")]);
    assert_eq!(lines(&whole)[0], "1: 123456789012 not_applicable");
}

#[test]
fn evidence_is_stamped_with_the_time_of_its_read() {
    let read = at("2025-12-31T23:59:00Z");
    let table = Table::rows::<Things>(vec![thing("a", true)]).read_at(read);
    let source = account().put("acme.things", Place::account(ACCOUNT), table);
    let report = scanned(&source, vec![things("acme.first")]);
    assert_eq!(report.findings[0].evidence[0].read_at, Some(read));
}

#[test]
fn what_is_there_at_once_is_judged_before_more_is_read() {
    let regions: Vec<String> = (0..20).map(|number| format!("eu-north-{number}")).collect();
    let source = regions.iter().fold(account(), |source, region| {
        source
            .region(Region::enabled(region))
            .with_region::<Doors>(region, vec![thing("front", true)])
            .with_region::<Locks>(region, vec![thing("bolt", true)])
    });
    let both = || {
        let reads = Reads::of::<Doors>().and::<Locks>();
        Acme { key: "acme.first", at: PlaceKind::Region, reads, evaluate: judged::<Doors> }
    };
    for (threads, most) in [(1, 1), (2, 8)] {
        let (mut held, mut most_held) = (0_usize, 0);
        let note = |event: &Event| match event {
            Event::Fetched { dataset, .. } if dataset == Doors::NAME => {
                held += 1;
                most_held = held.max(most_held);
            }
            Event::Judged { .. } => held -= 1,
            _ => {}
        };
        let (benchmark, registry) = (benchmark(&[("1", "acme.first", 1)]), Registry::default());
        let scan = Scan::new(&benchmark, &registry).with(both()).threads(threads).on_event(note);
        assert_eq!(block_on(scan.run(&source)).unwrap().findings.len(), 22);
        assert_eq!(most_held, most, "tables of doors at once, with {threads} threads");
    }
}

#[test]
fn events_tell_what_happens() {
    let seen = Mutex::new(Vec::new());
    let note = |event: &Event| {
        seen.lock().unwrap().push(match event {
            Event::Planned { tables } => {
                let at = |(place, tables): (&Place, &usize)| format!("{tables} in {place}");
                format!("planned {}", tables.iter().map(at).collect::<Vec<_>>().join(", "))
            }
            Event::Asked { dataset, place } => format!("asked {dataset} of {place}"),
            Event::Fetched { dataset, rows, .. } => format!("fetched {dataset} {rows}"),
            Event::Judged { key, .. } => format!("judged {key}"),
            other => format!("{other:?}"),
        });
    };
    let benchmark = benchmark(&[("1", "acme.first", 1)]);
    let registry = Registry::default();
    block_on(Scan::new(&benchmark, &registry).with(things("acme.first")).on_event(note).run(&account())).unwrap();
    assert_eq!(
        *seen.lock().unwrap(),
        [
            "planned 1 in account 123456789012",
            "asked acme.things of account 123456789012",
            "fetched acme.things 2",
            "judged acme.first",
        ]
    );
}

#[test]
fn a_resource_that_vanished_is_named_and_gives_no_finding() {
    let gone = Gap::new(GapKind::Failed, "there is no such thing").code("NoSuchThing").resource("c");
    let table = Table::rows::<Things>(vec![thing("a", true)]).vanished(gone);
    let source = account().put("acme.things", Place::account(ACCOUNT), table);
    let report = scanned(&source, vec![things("acme.first")]);
    assert_eq!(lines(&report)[0], "1: a pass");
    assert_eq!(report.unread[0].resource.as_deref(), Some("c"));
}

#[test]
fn a_source_that_forgets_the_list_for_a_name_does_not_conform() {
    /// Takes "all, and these" for "these".
    struct Forgetful(MemorySource);

    #[async_trait]
    impl DataSource for Forgetful {
        async fn coverage(&self) -> Result<Coverage, Error> {
            self.0.coverage().await
        }

        async fn fetch(&self, request: &Request) -> Table {
            match &request.only {
                Wanted::AllAnd(_) if request.dataset.name() == Details::NAME => Table::rows::<Details>(Vec::new()),
                _ => self.0.fetch(request).await,
            }
        }
    }

    let datasets = [DatasetInfo::of::<Things>(), DatasetInfo::of::<Details>()];
    let memory = || account().with::<Details>(rows_of(&["a"]));
    block_on(cis_core::testkit::source_conformance(&memory(), &datasets));
    let broken = || block_on(cis_core::testkit::source_conformance(&Forgetful(memory()), &datasets));
    let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(broken)).unwrap_err();
    let told = told.downcast_ref::<String>().unwrap();
    assert!(told.ends_with("a is lost where another is named beside the list"), "{told}");
}
