//! What a scan fetches and judges, and what waits for what: known before anything is read, but for the places in other
//! accounts.

use std::collections::{BTreeMap, BTreeSet};

use super::engine::Engine;
use crate::control::Reads;
use crate::dataset::DatasetInfo;
use crate::facts::ScopeStatus;
use crate::finding::Finding;
use crate::gap::GapKind;
use crate::place::{Place, PlaceKind};
use crate::plan::Plan;
use crate::table::Table;

/// One dataset at one place.
#[allow(clippy::struct_excessive_bools, reason = "four things that come to pass in any order")]
pub(super) struct Fetch<'a> {
    pub(super) info: &'a DatasetInfo,
    pub(super) place: Place,
    /// Tables that this one comes after and whose facts go into the request.
    pub(super) after: Vec<usize>,
    /// Whether all of it is wanted, whatever narrows it.
    pub(super) whole: bool,
    /// The reads that narrow it, by control.
    pub(super) narrowed_by: Vec<&'a Reads>,
    pub(super) waits_for: usize,
    /// What waits for this table.
    pub(super) then: Vec<Then>,
    /// Whether the source was asked for it, or need not be.
    pub(super) started: bool,
    /// Whether it was put before others.
    pub(super) hurried: bool,
    pub(super) done: bool,
    /// How many may still read the table.
    pub(super) readers: usize,
}

/// The places in other accounts where one dataset is read too: known once the facts are in that name them.
pub(super) struct Search<'a> {
    pub(super) info: &'a DatasetInfo,
    /// The reads that name places.
    pub(super) by: Vec<&'a Reads>,
    pub(super) waits_for: usize,
    /// What waits for the places, and then for the tables there.
    pub(super) then: Vec<Then>,
    pub(super) done: bool,
}

/// One requirement at one place.
pub(super) struct Evaluation {
    pub(super) judge: usize,
    pub(super) place: Place,
    pub(super) reads: Vec<usize>,
    pub(super) waits_for: usize,
    pub(super) findings: Vec<Finding>,
}

/// What comes before something else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Before {
    Fetch(usize),
    Search(usize),
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Then {
    Fetch(usize),
    Search(usize),
    Evaluate(usize),
}

impl Engine<'_> {
    pub(super) fn places(&self, kind: PlaceKind) -> Vec<Place> {
        let account = &self.setting.account_id;
        match kind {
            PlaceKind::Account => vec![Place::account(account)],
            PlaceKind::Region => {
                let scanned = self.setting.scope.iter().filter(|region| region.status == ScopeStatus::Scanned);
                scanned.map(|region| Place::region(account, &region.region)).collect()
            }
        }
    }

    /// A region that is not scanned reads as a gap in every dataset.
    pub(super) fn fill_unscanned(&mut self, region: &str, status: ScopeStatus) {
        let (kind, message) = match status {
            ScopeStatus::LeftOut => (GapKind::LeftOut, "the region was left out of the scan"),
            ScopeStatus::Unknown => {
                (GapKind::NotOptedIn, "the region is being enabled or disabled, or its state is not known")
            }
            ScopeStatus::Scanned | ScopeStatus::NotEnabled => return,
        };
        for info in self.plan.datasets().filter(|info| info.place() == PlaceKind::Region) {
            let gap = info.gap(kind, message).region(region);
            if status == ScopeStatus::Unknown {
                self.unread.insert(gap.clone());
            }
            let place = Place::region(&self.setting.account_id, region);
            self.store.insert((info.name().to_owned(), place), Table::gap(gap));
        }
    }

    pub(super) fn lay_out_fetches(&mut self) {
        let mut at: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for info in self.plan.datasets() {
            for place in self.places(info.place()) {
                at.entry(info.name()).or_default().push(self.fetches.len());
                let (whole, narrowed_by) = narrowed_by(self.plan, info.name());
                self.fetches.push(Fetch {
                    info,
                    place,
                    after: Vec::new(),
                    whole,
                    narrowed_by,
                    waits_for: 0,
                    then: Vec::new(),
                    started: false,
                    hurried: false,
                    done: false,
                    readers: 0,
                });
            }
        }
        let everywhere = |dataset: &str| at.get(dataset).cloned().unwrap_or_default();
        let mut waits: Vec<(usize, BTreeSet<usize>)> = Vec::new();
        for (index, fetch) in self.fetches.iter().enumerate() {
            let seen_from = |other: &DatasetInfo| -> Vec<usize> {
                let same = |&at: &usize| {
                    other.place() == PlaceKind::Account
                        || fetch.place.kind() == PlaceKind::Account
                        || self.fetches.get(at).is_some_and(|other| other.place == fetch.place)
                };
                everywhere(other.name()).into_iter().filter(same).collect()
            };
            let after: BTreeSet<usize> = fetch.info.after().iter().flat_map(seen_from).collect();
            let mut before = after.clone();
            for reads in &fetch.narrowed_by {
                let seen = reads.seen_by(fetch.info.name());
                // What tells the names sees from this place what a control does that is judged here.
                before.extend(seen.datasets().flat_map(|info| match reads.entry(info.name()) {
                    Some(read) if read.everywhere => everywhere(info.name()),
                    _ => seen_from(info),
                }));
            }
            before.remove(&index);
            waits.push((index, before));
        }
        for (index, before) in waits {
            for &other in &before {
                if let Some(other) = self.fetches.get_mut(other) {
                    other.then.push(Then::Fetch(index));
                    other.readers += 1;
                }
            }
            if let Some(fetch) = self.fetches.get_mut(index) {
                fetch.waits_for = before.len();
                fetch.after = before.into_iter().collect();
            }
        }
    }

    /// A search waits for all that its reads declare before the dataset; what it narrows waits for it.
    pub(super) fn lay_out_searches(&mut self) {
        for info in self.plan.datasets() {
            let reads = self.plan.judges.iter().map(|judge| &judge.reads);
            let names = |reads: &&Reads| reads.entry(info.name()).is_some_and(|read| read.elsewhere.is_some());
            let by: Vec<_> = reads.filter(names).collect();
            if !by.is_empty() {
                self.searches.push(Search { info, by, waits_for: 0, then: Vec::new(), done: false });
            }
        }
        let mut waits: BTreeSet<(Before, Then)> = BTreeSet::new();
        for (index, search) in self.searches.iter().enumerate() {
            let before = search.by.iter().flat_map(|reads| self.declared_before(reads, search.info.name()));
            waits.extend(before.map(|before| (before, Then::Search(index))));
        }
        for (index, fetch) in self.fetches.iter().enumerate() {
            for reads in &fetch.narrowed_by {
                let before = self.declared_before(reads, fetch.info.name());
                let searched = before.filter(|before| matches!(before, Before::Search(_)));
                waits.extend(searched.map(|before| (before, Then::Fetch(index))));
            }
        }
        for (before, then) in waits {
            let waiting = match before {
                Before::Fetch(index) => self.fetches.get_mut(index).map(|fetch| &mut fetch.then),
                Before::Search(index) => self.searches.get_mut(index).map(|search| &mut search.then),
            };
            if let Some(waiting) = waiting {
                waiting.push(then);
                self.wait(then);
            }
        }
    }

    /// Everything that what narrows a dataset sees: the tables, and the searches for more of them.
    fn declared_before(&self, reads: &Reads, dataset: &str) -> impl Iterator<Item = Before> {
        let seen = reads.seen_by(dataset);
        let earlier: BTreeSet<&str> = seen.datasets().map(DatasetInfo::name).collect();
        let fetches = self.fetches.iter().enumerate().filter(|(_, fetch)| earlier.contains(fetch.info.name()));
        let searches = self.searches.iter().enumerate().filter(|(_, search)| earlier.contains(search.info.name()));
        let before: Vec<_> = fetches
            .map(|(index, _)| Before::Fetch(index))
            .chain(searches.map(|(index, _)| Before::Search(index)))
            .collect();
        before.into_iter()
    }

    /// One more thing to wait for.
    pub(super) fn wait(&mut self, then: Then) {
        match then {
            Then::Fetch(index) => self.fetches.get_mut(index).map(|fetch| fetch.waits_for += 1),
            Then::Search(index) => self.searches.get_mut(index).map(|search| search.waits_for += 1),
            Then::Evaluate(index) => self.evaluations.get_mut(index).map(|evaluation| evaluation.waits_for += 1),
        };
    }

    pub(super) fn lay_out_evaluations(&mut self) {
        for (number, judge) in self.plan.judges.iter().enumerate() {
            let places = match judge.info.judged_at {
                PlaceKind::Account => self.places(PlaceKind::Account),
                PlaceKind::Region => {
                    let unknown = self.setting.scope.iter().filter(|region| region.status == ScopeStatus::Unknown);
                    let unknown = unknown.map(|region| Place::region(&self.setting.account_id, &region.region));
                    self.places(PlaceKind::Region).into_iter().chain(unknown).collect()
                }
            };
            for place in places {
                let sees = |fetch: &Fetch<'_>| {
                    judge.reads.entry(fetch.info.name()).is_some_and(|read| {
                        read.everywhere
                            || place.kind() == PlaceKind::Account
                            || fetch.place.kind() == PlaceKind::Account
                            || fetch.place == place
                    })
                };
                let index = self.evaluations.len();
                let mut reads = Vec::new();
                for (at, fetch) in self.fetches.iter_mut().enumerate().filter(|(_, fetch)| sees(fetch)) {
                    reads.push(at);
                    fetch.then.push(Then::Evaluate(index));
                    fetch.readers += 1;
                }
                let searches = self.searches.iter_mut().filter(|search| {
                    judge.reads.entry(search.info.name()).is_some_and(|read| read.elsewhere.is_some())
                });
                let searches = searches.map(|search| search.then.push(Then::Evaluate(index))).count();
                let waits_for = reads.len() + searches;
                self.evaluations.push(Evaluation { judge: number, place, reads, waits_for, findings: Vec::new() });
            }
        }
    }
}

/// Whether somebody wants all of a dataset, and the reads that narrow it, which may then add no more than names.
fn narrowed_by<'a>(plan: &'a Plan, dataset: &str) -> (bool, Vec<&'a Reads>) {
    let (mut whole, mut narrowing) = (false, Vec::new());
    for judge in &plan.judges {
        match judge.reads.entry(dataset) {
            Some(read) if read.narrow.is_some() => narrowing.push(&judge.reads),
            Some(_) => whole = true,
            None => {}
        }
    }
    if whole {
        narrowing.retain(|reads| reads.entry(dataset).is_none_or(|read| read.names));
    }
    // Read by no control itself but only because another dataset comes after it: all of it.
    (whole || narrowing.is_empty(), narrowing)
}
