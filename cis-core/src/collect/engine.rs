//! Collects every table once, and judges a control at a place as soon as its facts are in.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::task::Poll;

use futures::FutureExt;
use futures::future::{BoxFuture, Fuse};
use futures::stream::{FuturesUnordered, StreamExt};

use super::judge::about_regions;
use super::layout::{Evaluation, Fetch, Search, Then};
use super::source::{DataSource, Request, Wanted};
use crate::control::{Reads, follow, in_order};
use crate::dataset::DatasetInfo;
use crate::facts::{Facts, Setting, Store};
use crate::finding::Finding;
use crate::gap::{Gap, GapKind};
use crate::gap_text;
use crate::place::Place;
use crate::plan::Plan;
use crate::scan::{Event, caught, panic_message};
use crate::table::Table;

/// What came out: findings in the plan's order, then by resource, and what could not be read.
pub(crate) struct Collected {
    pub(crate) findings: Vec<Finding>,
    pub(crate) unread: Vec<Gap>,
}

pub(crate) struct Engine<'a> {
    pub(super) plan: &'a Plan,
    pub(super) setting: &'a Setting,
    pub(super) fetches: Vec<Fetch<'a>>,
    pub(super) searches: Vec<Search<'a>>,
    /// How many fetches and searches are not done.
    pub(super) left: usize,
    pub(super) evaluations: Vec<Evaluation>,
    /// What to ask for before all else that is ready.
    urgent: VecDeque<usize>,
    /// The evaluations whose facts are in.
    pub(super) due: Vec<usize>,
    /// How many threads judge.
    pub(super) threads: usize,
    pub(super) store: Store,
    pub(super) unread: BTreeSet<Gap>,
}

impl<'a> Engine<'a> {
    pub(crate) fn new(plan: &'a Plan, setting: &'a Setting, threads: usize) -> Self {
        let mut engine = Self {
            plan,
            setting,
            fetches: Vec::new(),
            searches: Vec::new(),
            left: 0,
            evaluations: Vec::new(),
            urgent: VecDeque::new(),
            due: Vec::new(),
            threads,
            store: Store::new(),
            unread: BTreeSet::new(),
        };
        for region in &setting.scope {
            engine.fill_unscanned(&region.region, region.status);
        }
        engine.lay_out_fetches();
        engine.lay_out_searches();
        engine.lay_out_evaluations();
        engine.left = engine.fetches.len() + engine.searches.len();
        engine
    }

    /// Adds the tables in other accounts that the facts name, for all that waits for them to wait for each.
    fn search(&mut self, index: usize, ready: &mut VecDeque<usize>, on_event: &mut dyn FnMut(&Event)) {
        let Some(search) = self.searches.get_mut(index).filter(|search| !search.done) else { return };
        search.done = true;
        self.left -= 1;
        let (info, by, mut then) = (search.info, std::mem::take(&mut search.by), std::mem::take(&mut search.then));
        // What was let go to break a circle does not wait again.
        then.retain(|then| !matches!(then, Then::Fetch(index) if self.waits_for(*index) == 0));
        let mut named: BTreeMap<Place, Vec<&'a Reads>> = BTreeMap::new();
        let mut told: Vec<(&'a Reads, BTreeSet<Place>)> = Vec::new();
        for reads in by {
            let alike = told.iter().find(|(others, _)| reads.want_alike(others, info.name()));
            let places = alike.map_or_else(|| self.elsewhere(info, reads), |(_, places)| places.clone());
            told.push((reads, places));
        }
        for (reads, places) in told {
            for place in places {
                if place.account_id() != self.setting.account_id && place.kind() == info.place() {
                    named.entry(place).or_default().push(reads);
                }
            }
        }
        let added = !named.is_empty();
        for (place, by) in named {
            let at = self.fetches.len();
            let narrows = |reads: &&Reads| reads.entry(info.name()).is_some_and(|read| read.narrow.is_some());
            let (narrowed_by, whole): (Vec<_>, Vec<_>) = by.into_iter().partition(narrows);
            self.left += 1;
            self.fetches.push(Fetch {
                info,
                place,
                after: Vec::new(),
                whole: !whole.is_empty(),
                narrowed_by,
                waits_for: 0,
                then: then.clone(),
                started: false,
                hurried: false,
                done: false,
                readers: 0,
            });
            for &waiting in &then {
                self.wait(waiting);
                let held = match waiting {
                    Then::Fetch(index) => self.fetches.get_mut(index).map(|fetch| fetch.after.push(at)),
                    Then::Evaluate(index) => self.evaluations.get_mut(index).map(|one| one.reads.push(at)),
                    // The evaluations that it is for hold the table.
                    Then::Search(_) => None,
                };
                if let (Some(()), Some(fetch)) = (held, self.fetches.get_mut(at)) {
                    fetch.readers += 1;
                }
            }
            ready.push_back(at);
        }
        if added {
            on_event(&Event::Planned { tables: self.tables() });
        }
        self.go_on(then, ready, on_event);
    }

    /// The places in other accounts where a control reads a dataset.
    fn elsewhere(&self, info: &DatasetInfo, reads: &Reads) -> BTreeSet<Place> {
        let seen = reads.seen_by(info.name());
        let facts = Facts::new(self.setting, &self.store, &seen, Place::account(&self.setting.account_id));
        let places = reads.entry(info.name()).and_then(|read| read.elsewhere.as_ref());
        // A panic is a fault of the control's, which must not lose another control a row.
        places.and_then(|places| caught(|| places(&facts)).ok()).unwrap_or_default()
    }

    pub(crate) async fn run(
        mut self,
        source: &dyn DataSource,
        concurrency: usize,
        mut on_event: Box<dyn FnMut(&Event) + Send + '_>,
        until: &mut Fuse<BoxFuture<'_, String>>,
    ) -> Collected {
        on_event(&Event::Planned { tables: self.tables() });
        let evaluations = self.evaluations.iter().enumerate();
        self.due = evaluations.filter(|(_, evaluation)| evaluation.waits_for == 0).map(|(index, _)| index).collect();
        // With several threads enough at a time for all of them to have work until nearly the end, and no more: what waits to
        // be judged holds its tables.
        let enough = if self.threads == 1 { 1 } else { 4 * self.threads };
        let mut ready: VecDeque<usize> = (0..self.fetches.len()).filter(|&index| self.waits_for(index) == 0).collect();
        let mut running = FuturesUnordered::new();
        let mut ended: Option<String> = None;
        for index in 0..self.searches.len() {
            if self.searches.get(index).is_some_and(|search| search.waits_for == 0) {
                self.search(index, &mut ready, &mut on_event);
            }
        }
        'next: while self.left > 0 {
            if self.due.len() >= enough {
                self.judge_due(&mut on_event);
            }
            if let Poll::Ready(why) = futures::poll!(&mut *until) {
                ended = Some(why);
            }
            while ended.is_none() && running.len() < concurrency {
                let Some(index) = self.urgent.pop_front().or_else(|| ready.pop_front()) else { break };
                if self.fetches.get_mut(index).is_none_or(|fetch| std::mem::replace(&mut fetch.started, true)) {
                    continue;
                }
                if let Some(request) = self.request(index) {
                    on_event(&Event::Asked {
                        dataset: request.dataset.name().to_owned(),
                        place: request.place.clone(),
                    });
                    let mut fetch = fetch(source, index, request);
                    // A source that need not wait, as for a snapshot's file, has its table judged before more are asked for:
                    // else as many would be there at once as may be read at once.
                    if let Poll::Ready((index, table)) = futures::poll!(&mut fetch) {
                        self.arrived(index, Some(table), &mut ready, &mut on_event);
                        continue 'next;
                    }
                    running.push(fetch);
                } else {
                    self.arrived(index, None, &mut ready, &mut on_event);
                }
            }
            if let Some(why) = &ended {
                let message = gap_text!("the scan ended before this was read: {why}");
                running.clear();
                for index in 0..self.fetches.len() {
                    if self.fetches.get(index).is_some_and(|fetch| !fetch.done) {
                        let gap = self.gap(index, GapKind::Cancelled, &message);
                        self.arrived(index, gap.map(Table::gap), &mut ready, &mut on_event);
                    }
                }
                for index in 0..self.searches.len() {
                    self.search(index, &mut ready, &mut on_event);
                }
            } else if running.is_empty() {
                // Nothing runs and nothing is ready: controls narrow each other's reads in a circle. Read one of them whole.
                let stuck = self.fetches.iter().position(|fetch| !fetch.done && fetch.waits_for > 0);
                if let Some(fetch) = stuck.and_then(|index| self.fetches.get_mut(index)) {
                    fetch.waits_for = 0;
                    fetch.whole = true;
                    fetch.narrowed_by = Vec::new();
                }
                let search = self.searches.iter().position(|search| !search.done);
                match (stuck, search) {
                    (Some(stuck), _) => ready.push_back(stuck),
                    (None, Some(search)) => self.search(search, &mut ready, &mut on_event),
                    (None, None) => {}
                }
            } else {
                // What is there is taken in first, and then judged before anything is waited for.
                let mut idle = if self.due.is_empty() { Fuse::terminated() } else { std::future::ready(()).fuse() };
                futures::select_biased! {
                    why = &mut *until => ended = Some(why),
                    next = running.next() => if let Some((index, table)) = next {
                        self.arrived(index, Some(table), &mut ready, &mut on_event);
                    },
                    () = idle => self.judge_due(&mut on_event),
                }
            }
        }
        self.judge_due(&mut on_event);
        self.finish()
    }

    /// How many tables there are at each place.
    fn tables(&self) -> BTreeMap<Place, usize> {
        let mut tables = BTreeMap::new();
        for fetch in &self.fetches {
            *tables.entry(fetch.place.clone()).or_default() += 1;
        }
        tables
    }

    fn waits_for(&self, index: usize) -> usize {
        self.fetches.get(index).map_or(0, |fetch| fetch.waits_for)
    }

    fn gap(&self, index: usize, kind: GapKind, message: &str) -> Option<Gap> {
        let fetch = self.fetches.get(index)?;
        Some(fetch.info.gap(kind, message).met_at(fetch.info.name(), fetch.place.region_name()))
    }

    /// What is to be asked of the source; nothing, where no control wants anything of it.
    fn request(&self, index: usize) -> Option<Request> {
        let fetch = self.fetches.get(index)?;
        let start = if fetch.whole { Wanted::All } else { Wanted::Nothing };
        let name = fetch.info.name();
        let mut differing: Vec<&Reads> = Vec::new();
        for &reads in &fetch.narrowed_by {
            if !differing.iter().any(|others| reads.want_alike(others, name)) {
                differing.push(reads);
            }
        }
        let wanted = differing.into_iter().fold(start, |wanted, reads| wanted.or(self.wanted(fetch, reads)));
        if wanted == Wanted::Nothing {
            return None;
        }
        let mut request = Request::new(fetch.info.clone(), fetch.place.clone());
        request.partition = self.setting.partition.as_str().into();
        for before in fetch.after.iter().filter_map(|&before| self.fetches.get(before)) {
            if fetch.info.after().iter().any(|info| info.name() == before.info.name())
                && let Some(table) = self.store.get(&key(before))
            {
                request = request.with(before.info.name(), before.place.clone(), table.clone());
            }
        }
        let wanted = match wanted {
            Wanted::AllAnd(names) => match fetch.info.listed(&request) {
                Some(listed) => {
                    Wanted::All.or(Wanted::names(names.into_iter().filter(|name| !listed.names.contains(name))))
                }
                None => Wanted::AllAnd(names),
            },
            wanted => wanted,
        };
        Some(request.only(wanted))
    }

    fn wanted(&self, fetch: &Fetch<'_>, reads: &Reads) -> Wanted {
        let seen = reads.seen_by(fetch.info.name());
        let facts = Facts::new(self.setting, &self.store, &seen, fetch.place.clone());
        let narrow = reads.entry(fetch.info.name()).and_then(|read| read.narrow.as_ref());
        match narrow {
            None => Wanted::All,
            // A gap in what it rests on is a gap in what is read of it: there is nothing to ask for. A panic is a fault
            // of the control's, which must not lose another control a row.
            Some(narrow) => caught(|| narrow(&facts)).map_or(Wanted::All, |wanted| wanted.unwrap_or(Wanted::Nothing)),
        }
    }

    fn arrived(
        &mut self,
        index: usize,
        table: Option<Table>,
        ready: &mut VecDeque<usize>,
        on_event: &mut dyn FnMut(&Event),
    ) {
        let Some(fetch) = self.fetches.get_mut(index) else { return };
        fetch.done = true;
        self.left -= 1;
        let (info, place) = (fetch.info, fetch.place.clone());
        let dataset = info.name().to_owned();
        let then = std::mem::take(&mut fetch.then);
        match table {
            None => on_event(&Event::Skipped { dataset, place }),
            Some(table) => {
                let named = |gap: &Gap| info.name_operation(gap.clone().met_at(&dataset, place.region_name()));
                let others = place.account_id() != self.setting.account_id;
                // That the source does not cover another account says nothing of the scan: the findings that rest on it do.
                let told = table.gaps().filter(|gap| !(others && gap.kind == GapKind::OtherAccount));
                self.unread.extend(told.map(named));
                on_event(&Event::Fetched {
                    dataset: dataset.clone(),
                    place: place.clone(),
                    rows: table.len(),
                    gap: table.gaps().next().map(named),
                });
                self.store.insert((dataset, place), table);
            }
        }
        self.go_on(then, ready, on_event);
        for before in self.fetches.get_mut(index).map(|fetch| std::mem::take(&mut fetch.after)).unwrap_or_default() {
            self.release(before);
        }
    }

    /// What waited waits for one thing less.
    fn go_on(&mut self, then: Vec<Then>, ready: &mut VecDeque<usize>, on_event: &mut dyn FnMut(&Event)) {
        let mut freed = Vec::new();
        for next in then {
            match next {
                Then::Search(next) => {
                    if let Some(search) = self.searches.get_mut(next)
                        && !search.done
                    {
                        search.waits_for -= 1;
                        if search.waits_for == 0 {
                            self.search(next, ready, on_event);
                        }
                    }
                }
                Then::Fetch(next) => {
                    if let Some(fetch) = self.fetches.get_mut(next)
                        && !fetch.done
                        && fetch.waits_for > 0
                    {
                        fetch.waits_for -= 1;
                        if fetch.waits_for == 0 {
                            freed.push(next);
                        }
                    }
                }
                Then::Evaluate(next) => {
                    let Some(evaluation) = self.evaluations.get_mut(next) else { continue };
                    evaluation.waits_for -= 1;
                    if evaluation.waits_for == 0 {
                        self.due.push(next);
                    } else {
                        self.hurry(next);
                    }
                }
            }
        }
        // The later of a chain of calls, often one for each resource: what waited for nothing has time.
        for next in freed.into_iter().rev() {
            self.urgent.push_front(next);
        }
    }

    /// One reader fewer; a table is freed after its last.
    pub(super) fn release(&mut self, index: usize) {
        let Some(fetch) = self.fetches.get_mut(index) else { return };
        fetch.readers -= 1;
        if fetch.readers == 0 {
            let key = key(fetch);
            self.store.remove(&key);
        }
    }

    /// What an evaluation still waits for is asked for next, so that the tables that it holds are soon let go.
    fn hurry(&mut self, evaluation: usize) {
        let Some(evaluation) = self.evaluations.get(evaluation) else { return };
        for &read in &evaluation.reads {
            if let Some(fetch) = self.fetches.get_mut(read)
                && fetch.waits_for == 0
                && !fetch.started
                && !fetch.hurried
            {
                fetch.hurried = true;
                self.urgent.push_back(read);
            }
        }
    }

    fn finish(mut self) -> Collected {
        let judged: usize = self.evaluations.iter().map(|evaluation| evaluation.findings.len()).sum();
        // With room for one about the regions from each: there may be millions, each of which is moved once, and lets what it
        // was in go.
        let mut findings: Vec<Finding> = Vec::with_capacity(judged + self.plan.judges.len());
        // INVARIANT: evaluations are in the order of the plan's judges, and the findings of each are in order.
        let mut evaluations = self.evaluations.into_iter().peekable();
        for (index, judge) in self.plan.judges.iter().enumerate() {
            let first = findings.len();
            let of_judge = std::iter::from_fn(|| evaluations.next_if(|evaluation| evaluation.judge == index));
            let mut in_turn = true;
            let mut take = |part: Vec<Finding>, findings: &mut Vec<Finding>| {
                in_turn &= follow(findings.get(first..).unwrap_or_default(), &part);
                self.unread.extend(part.iter().flat_map(|finding| finding.gaps.iter().cloned()));
                findings.extend(part);
            };
            for evaluation in of_judge {
                take(evaluation.findings, &mut findings);
            }
            let nothing = findings.len() == first;
            take(about_regions(judge, self.setting, nothing), &mut findings);
            if !in_turn {
                let of_judge = findings.split_off(first);
                findings.extend(in_order(of_judge));
            }
        }
        Collected { findings, unread: self.unread.into_iter().collect() }
    }
}

fn key(fetch: &Fetch<'_>) -> (String, Place) {
    (fetch.info.name().to_owned(), fetch.place.clone())
}

fn fetch(source: &dyn DataSource, index: usize, request: Request) -> BoxFuture<'_, (usize, Table)> {
    Box::pin(async move {
        let table = AssertUnwindSafe(source.fetch(&request)).catch_unwind().await.unwrap_or_else(|panic| {
            let fault = panic_message(&*panic);
            let message = gap_text!("the data source ended in a fault of its own: {fault}");
            Table::gap(request.dataset.gap(GapKind::Failed, message))
        });
        (index, request.complete(table))
    })
}
