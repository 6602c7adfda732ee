//! What every data source and layer must keep.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use crate::collect::memory::MemorySource;
use crate::collect::source::{Coverage, DataSource, RegionStatus, Request, Wanted};
use crate::dataset::{DatasetInfo, Listed};
use crate::error::Error;
use crate::gap::GapKind;
use crate::place::{Place, PlaceKind};
use crate::table::Table;
use crate::{Gap, Region};

/// Holds a source to the rules that every scan relies on, for the datasets that it is meant to have: its account is a
/// 12-digit id and stays the same; a read gives the same twice; rows have the dataset's type; a gap names its dataset; a
/// resource that is listed is not lost, also where others are named beside the list; and what the source does not have (an
/// unknown dataset, another account) is a gap and never an empty list.
///
/// # Panics
/// Where a rule is broken; the message says which.
pub async fn source_conformance(source: &dyn DataSource, datasets: &[DatasetInfo]) {
    let coverage = source.coverage().await.expect("the source names its account");
    let Coverage { account_id, partition, .. } = &coverage;
    assert!(account_id.len() == 12 && account_id.bytes().all(|b| b.is_ascii_digit()), "account id {account_id:?}");
    assert!(partition.starts_with("aws"), "partition {partition:?}");
    let names: BTreeSet<_> = coverage.regions.iter().map(|region| &region.name).collect();
    assert_eq!(names.len(), coverage.regions.len(), "a region is listed twice");
    assert_eq!(coverage, source.coverage().await.expect("asked again"), "coverage changes when asked again");

    for info in datasets {
        for place in places(&coverage, info.place()) {
            let at = format!("{} at {place}", info.name());
            let request = Request::new(info.clone(), place.clone());
            let (once, again) = (source.fetch(&request).await, source.fetch(&request).await);
            let (rows, more) = (once.to_json(), again.to_json());
            assert_eq!(rows, more, "{at}: another answer when asked again");
            match rows {
                Ok(rows) => {
                    let typed = Table::from_json(info, rows.clone());
                    assert_eq!(typed.cut_off_by(), [], "{at}: rows of another type");
                    assert_eq!(typed.to_json().as_ref(), Ok(&rows), "{at}: rows that change on the way to their type");
                }
                Err(gap) => check_gap(&gap, info, &at),
            }
            for gap in once.cut_off_by() {
                check_gap(gap, info, &at);
            }
            assert!(once.why_no_service().is_none() || once.is_empty(), "{at}: rows of a service that is not there");
            check_listed(source, &coverage, request, &at).await;
        }
    }

    let stranger = DatasetInfo::untyped("testkit.unheard_of", PlaceKind::Account, [], []);
    let request = Request::new(stranger, Place::account(account_id));
    let gap =
        source.fetch(&request).await.to_json().expect_err("a dataset that nobody has is a gap, not an empty list");
    assert_eq!(gap.kind, GapKind::NotSupported, "a dataset that nobody has: {gap}");
    if let Some(info) = datasets.iter().find(|info| info.place() == PlaceKind::Account) {
        let request = Request::new(info.clone(), Place::account("999999999999"));
        let gap = source.fetch(&request).await.to_json().expect_err("another account is a gap, not an empty list");
        assert_eq!(gap.kind, GapKind::OtherAccount, "another account: {gap}");
    }
}

/// Of a dataset that has a row for each resource of another: none of those that are listed is lost.
async fn check_listed(source: &dyn DataSource, coverage: &Coverage, mut request: Request, at: &str) {
    for before in request.dataset.after().to_vec() {
        for place in places(coverage, before.place()) {
            let table = source.fetch(&Request::new(before.clone(), place.clone())).await;
            request = request.with(before.name(), place, table);
        }
    }
    let info = request.dataset.clone();
    let Some(Listed { names, cut_off }) = info.listed(&request) else { return };
    let stranger = request.clone().only(Wanted::AllAnd(BTreeSet::from(["testkit-stranger".to_owned()])));
    let (all, more) = (source.fetch(&request).await, source.fetch(&stranger).await);
    let has = |table: &Table, name: &String| !info.those(&|other| other == name, table).is_empty();
    if all.why_nothing().is_none() {
        for name in names.iter().filter(|name| has(&all, name)) {
            assert!(has(&more, name), "{at}: {name} is lost where another is named beside the list");
        }
    }
    let whole = request.complete(all);
    if whole.why_nothing().or(whole.cut_off_by().first()).is_none() && whole.why_no_service().is_none() {
        assert_eq!(cut_off, [], "{at}: whole, although the list of its resources is not");
        for name in &names {
            assert!(has(&whole, name) || whole.is_gone(name), "{at}: {name} is listed, and has neither row nor gap");
        }
    }
}

fn places(coverage: &Coverage, kind: PlaceKind) -> Vec<Place> {
    match kind {
        PlaceKind::Account => vec![Place::account(&coverage.account_id)],
        PlaceKind::Region => {
            let enabled = coverage.regions.iter().filter(|region| region.status == RegionStatus::Enabled);
            enabled.map(|region| Place::region(&coverage.account_id, &region.name)).collect()
        }
    }
}

fn check_gap(gap: &Gap, info: &DatasetInfo, at: &str) {
    assert!(!gap.message.is_empty(), "{at}: a gap without a message");
    if let Some(dataset) = &gap.dataset {
        assert_eq!(dataset, info.name(), "{at}: a gap of another dataset");
    }
}

/// Holds a layer to passing on what it does not know: made around a source, it gives the same coverage and the same tables,
/// and hands on each request whole (dataset, place, wanted names, facts before it).
///
/// # Panics
/// Where it does not.
pub async fn layer_conformance<L: DataSource>(layer: impl FnOnce(Arc<dyn DataSource>) -> L) {
    let info = DatasetInfo::untyped("testkit.things", PlaceKind::Region, [], []);
    let account = "123456789012";
    let place = Place::region(account, "eu-west-1");
    let table =
        Table::from_json(&info, vec![serde_json::json!({"Name": "a"})]).cut_off(Gap::new(GapKind::Throttled, "slow"));
    let memory = MemorySource::new(account).region(Region::enabled("eu-west-1")).put(info.name(), place.clone(), table);
    let spy = Arc::new(Spy { inner: memory, seen: Mutex::default() });
    let layer = layer(spy.clone());

    assert_eq!(layer.coverage().await.ok(), spy.inner.coverage().await.ok(), "the layer changes the coverage");
    let before = Table::from_json(&info, vec![serde_json::json!({"Name": "b"})]);
    let request = Request::new(info.clone(), place.clone()).only(Wanted::names(["a".to_owned()])).with(
        "testkit.before",
        place.clone(),
        before,
    );
    let (through, direct) = (layer.fetch(&request).await, spy.inner.fetch(&request).await);
    assert_eq!(through.to_json(), direct.to_json(), "the layer changes rows");
    assert_eq!(through.cut_off_by(), direct.cut_off_by(), "the layer loses what cut a list off");
    let elsewhere = Request::new(info, Place::region(account, "eu-west-2"));
    assert!(layer.fetch(&elsewhere).await.to_json().is_err(), "the layer loses a gap");

    let seen = spy.seen.lock().expect("nobody panicked");
    let first = seen.first().expect("the layer asks its source");
    assert_eq!(first.only, request.only, "the layer widens or narrows a request");
    assert_eq!(first.place, place, "the layer moves a request");
    assert_eq!(first.tables("testkit.before").count(), 1, "the layer loses the facts before a request");
}

struct Spy {
    inner: MemorySource,
    seen: Mutex<Vec<Request>>,
}

#[async_trait]
impl DataSource for Spy {
    async fn coverage(&self) -> Result<Coverage, Error> {
        self.inner.coverage().await
    }

    async fn fetch(&self, request: &Request) -> Table {
        self.seen.lock().expect("nobody panicked").push(request.clone());
        self.inner.fetch(request).await
    }
}
