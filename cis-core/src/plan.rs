//! What a scan will do: the controls that are selected, and the union of what they read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wildmatch::WildMatch;

use crate::benchmark::{Benchmark, Recommendation};
use crate::control::{Control, ControlInfo, Reads, Registry};
use crate::dataset::DatasetInfo;
use crate::error::Error;

/// Which recommendations and custom controls are wanted.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Ids or keys, `*` and `?` as wildcards. Empty: all.
    pub select: Vec<String>,
    /// The profile: 1 for level 1 alone, 2 for both, as profile 2 includes profile 1. None: both.
    pub level: Option<u8>,
}

/// A requirement that is judged, and by what.
pub(crate) struct Judge {
    pub(crate) recommendation: Option<Recommendation>,
    pub(crate) key: String,
    /// None: not implemented.
    pub(crate) control: Option<Arc<dyn Control>>,
    pub(crate) info: ControlInfo,
    pub(crate) reads: Reads,
}

impl Judge {
    pub(crate) fn new(recommendation: Option<&Recommendation>, key: &str, control: Option<Arc<dyn Control>>) -> Self {
        let not_implemented = || {
            let title = recommendation.map(|recommendation| recommendation.title.clone()).unwrap_or_default();
            let kind = crate::control::ACCOUNT_TYPE;
            ControlInfo::new(key.to_owned(), title, kind, crate::PlaceKind::Account)
        };
        Self {
            recommendation: recommendation.cloned(),
            key: key.to_owned(),
            info: control.as_ref().map_or_else(not_implemented, |control| control.info()),
            reads: control.as_ref().map_or_else(Reads::none, |control| control.reads()),
            control,
        }
    }
}

/// What a scan will do, before it does it: known without asking any source.
pub struct Plan {
    pub(crate) judges: Vec<Judge>,
    datasets: BTreeMap<String, DatasetInfo>,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys: Vec<_> = self.judges.iter().map(|judge| &judge.key).collect();
        f.debug_struct("Plan").field("keys", &keys).field("datasets", &self.datasets.keys()).finish()
    }
}

impl Plan {
    pub(crate) fn new(
        benchmark: &Benchmark,
        registry: &Registry,
        custom: &[Arc<dyn Control>],
        selection: &Selection,
    ) -> Result<Self, Error> {
        if let Some(level) = selection.level
            && !matches!(level, 1 | 2)
        {
            return Err(Error::input(format!("level {level} is not known (known: 1, 2)")));
        }
        let mut own: BTreeMap<String, &Arc<dyn Control>> = BTreeMap::new();
        for control in custom {
            let key = control.info().key.into_owned();
            if own.insert(key.clone(), control).is_some() {
                return Err(Error::input(format!(
                    "two controls have the key {key:?}: one would take the other's place"
                )));
            }
        }
        let mut placed = BTreeSet::new();
        let mut judges = Vec::new();
        for recommendation in &benchmark.recommendations {
            let at = |error: Error| error.at(format!("{} {}", benchmark.name, benchmark.version));
            let control = match own.get(recommendation.control_key()) {
                Some(&control) => {
                    placed.insert(recommendation.control_key());
                    Some(Arc::clone(control))
                }
                None => {
                    registry.make(recommendation.control_key(), &recommendation.parameters).map_err(at)?.map(Arc::from)
                }
            };
            judges.push(Judge::new(Some(recommendation), &recommendation.key, control));
        }
        let beside = own.iter().filter(|(key, _)| !placed.contains(key.as_str()));
        judges.extend(beside.map(|(key, &control)| Judge::new(None, key, Some(Arc::clone(control)))));
        let judges = selected(judges, selection, benchmark)?;
        let mut datasets = BTreeMap::new();
        for judge in &judges {
            for info in judge.reads.datasets() {
                add(info, &mut datasets);
            }
        }
        Ok(Self { judges, datasets })
    }

    /// The keys of the selected requirements, in the benchmark's order, custom controls last.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.judges.iter().map(|judge| judge.key.as_str())
    }

    /// The datasets that will be read, by name: what the controls read and what those come after.
    pub fn datasets(&self) -> impl Iterator<Item = &DatasetInfo> {
        self.datasets.values()
    }

    /// The IAM actions that reading them may take, in order.
    pub fn actions(&self) -> BTreeSet<&str> {
        self.datasets().flat_map(DatasetInfo::operations).map(|(_, action)| action).collect()
    }
}

fn add(info: &DatasetInfo, datasets: &mut BTreeMap<String, DatasetInfo>) {
    if datasets.insert(info.name().to_owned(), info.clone()).is_none() {
        for before in info.after() {
            add(before, datasets);
        }
    }
}

fn selected(judges: Vec<Judge>, selection: &Selection, benchmark: &Benchmark) -> Result<Vec<Judge>, Error> {
    let names = |judge: &Judge| -> [Option<String>; 2] {
        [Some(judge.key.clone()), judge.recommendation.as_ref().map(|recommendation| recommendation.id.clone())]
    };
    let patterns: Vec<WildMatch> = selection.select.iter().map(|pattern| WildMatch::new(pattern)).collect();
    let matches = |pattern: &WildMatch, judge: &Judge| names(judge).iter().flatten().any(|name| pattern.matches(name));
    for (pattern, text) in patterns.iter().zip(&selection.select) {
        if !judges.iter().any(|judge| matches(pattern, judge)) {
            let version = &benchmark.version;
            return Err(Error::input(format!(
                "no id or key of {} {version} matches {text:?}; `audit list --benchmark {version}` shows them",
                benchmark.name
            )));
        }
    }
    let wanted = |judge: &Judge| {
        let level = judge.recommendation.as_ref().map_or(1, |recommendation| recommendation.level);
        selection.level.is_none_or(|most| level <= most)
            && (patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, judge)))
    };
    let judges: Vec<_> = judges.into_iter().filter(wanted).collect();
    if judges.is_empty() {
        return Err(Error::input("nothing is selected: no selected recommendation has the level asked for"));
    }
    Ok(judges)
}
