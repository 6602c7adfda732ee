//! Whatever can answer "the rows of this dataset at this place".

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dataset::{Dataset, DatasetInfo, Listed};
use crate::error::Error;
use crate::gap::{Gap, GapKind};
use crate::gap_text;
use crate::place::Place;
use crate::report::Collection;
use crate::table::{Rows, Table};

/// A source of facts: the live account, a snapshot, your own inventory. A **layer** is a source around a source.
///
/// Small on purpose. `fetch` cannot fail: what could not be read is a gap in the table, or in a row of it. Every source and
/// layer should pass `testkit::source_conformance`.
#[async_trait]
pub trait DataSource: Send + Sync {
    /// Which account this source answers for, and what is known of its regions. Asked once, before anything else.
    ///
    /// # Errors
    /// Where the account cannot be named there is nothing to scan: wrong or expired credentials, no endpoint, no snapshot.
    async fn coverage(&self) -> Result<Coverage, Error>;

    /// The rows of one dataset at one place.
    async fn fetch(&self, request: &Request) -> Table;

    /// What all reads up to now took, where the source counts that. Asked once, after everything else, for the report.
    fn collection(&self) -> Option<Collection> {
        None
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: DataSource + ?Sized> DataSource for &S {
    async fn coverage(&self) -> Result<Coverage, Error> {
        (**self).coverage().await
    }

    async fn fetch(&self, request: &Request) -> Table {
        (**self).fetch(request).await
    }

    fn collection(&self) -> Option<Collection> {
        (**self).collection()
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: DataSource + ?Sized> DataSource for Box<S> {
    async fn coverage(&self) -> Result<Coverage, Error> {
        (**self).coverage().await
    }

    async fn fetch(&self, request: &Request) -> Table {
        (**self).fetch(request).await
    }

    fn collection(&self) -> Option<Collection> {
        (**self).collection()
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: DataSource + ?Sized> DataSource for Arc<S> {
    async fn coverage(&self) -> Result<Coverage, Error> {
        (**self).coverage().await
    }

    async fn fetch(&self, request: &Request) -> Table {
        (**self).fetch(request).await
    }

    fn collection(&self) -> Option<Collection> {
        (**self).collection()
    }
}

/// Which account a source answers for, and what is known of its regions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The 12-digit account id.
    pub account_id: String,
    /// The partition: `aws`, `aws-cn`, `aws-us-gov`, ...
    pub partition: String,
    /// The regions that are known, in any order.
    pub regions: Vec<Region>,
    /// Why the list of regions is not whole, if it is not.
    pub regions_gap: Option<Gap>,
    /// The moment that verdicts are to be given for: a snapshot's recorded moment. None for a live account.
    pub as_of: Option<Timestamp>,
}

/// A region and whether it can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// Such as `eu-central-1`.
    pub name: String,
    /// Whether it is enabled in the account.
    pub status: RegionStatus,
}

impl Region {
    /// A region that is enabled in the account.
    pub fn enabled(name: impl Into<String>) -> Self {
        Self { name: name.into(), status: RegionStatus::Enabled }
    }
}

/// Whether a region is enabled in the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegionStatus {
    /// Opted in, or needs no opt-in.
    Enabled,
    /// Not opted in.
    NotEnabled,
    /// Being enabled or disabled, or not known.
    Unknown,
}

/// Which resources of a dataset are wanted at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Every one that the source lists.
    All,
    /// Every one that the source lists, and these whether listed or not: a trail may name the bucket of another account.
    /// Never empty.
    AllAnd(BTreeSet<String>),
    /// These alone, by the name that the dataset's documentation gives. Never empty: see [`Wanted::names`].
    Names(BTreeSet<String>),
    /// None: the source need not be asked.
    Nothing,
}

impl Wanted {
    /// These names, or nothing if there are none.
    pub fn names(names: impl IntoIterator<Item = String>) -> Self {
        let names: BTreeSet<_> = names.into_iter().collect();
        if names.is_empty() { Self::Nothing } else { Self::Names(names) }
    }

    /// Whether a resource of this name is wanted.
    pub fn wants(&self, name: &str) -> bool {
        match self {
            Self::All | Self::AllAnd(_) => true,
            Self::Names(names) => names.contains(name),
            Self::Nothing => false,
        }
    }

    /// What either wants.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (some, Self::Nothing) | (Self::Nothing, some) => some,
            (Self::All, Self::All) => Self::All,
            (Self::Names(mut names), Self::Names(more)) => {
                names.extend(more);
                Self::Names(names)
            }
            (Self::All, Self::Names(names) | Self::AllAnd(names))
            | (Self::Names(names) | Self::AllAnd(names), Self::All) => Self::AllAnd(names),
            (Self::AllAnd(mut names), Self::AllAnd(more) | Self::Names(more))
            | (Self::Names(more), Self::AllAnd(mut names)) => {
                names.extend(more);
                Self::AllAnd(names)
            }
        }
    }
}

/// What a source is asked: a dataset at a place, which resources, and the facts that the dataset comes after.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Request {
    /// The dataset.
    pub dataset: DatasetInfo,
    /// The place.
    pub place: Place,
    /// The partition of the account.
    pub partition: Arc<str>,
    /// Which resources are wanted.
    pub only: Wanted,
    after: BTreeMap<(String, Place), Table>,
}

impl Request {
    /// A request for all resources of a dataset at a place, with no facts before it.
    pub fn new(dataset: DatasetInfo, place: Place) -> Self {
        Self { dataset, place, partition: "aws".into(), only: Wanted::All, after: BTreeMap::new() }
    }

    /// Narrows the request.
    #[must_use]
    pub fn only(mut self, wanted: Wanted) -> Self {
        self.only = wanted;
        self
    }

    /// Hands over facts that the dataset comes after.
    #[must_use]
    pub fn with(mut self, dataset: &str, place: Place, table: Table) -> Self {
        self.after.insert((dataset.to_owned(), place), table);
        self
    }

    /// The rows of a dataset that this one comes after, at this request's place (an account's also from a region).
    pub fn rows<D: Dataset>(&self) -> Result<Rows<'_, D::Row>, Gap> {
        let places = [self.place.clone(), self.place.to_account()];
        let found =
            places.iter().find_map(|place| Some((place, self.after.get(&(D::NAME.to_owned(), place.clone()))?)));
        let none = || {
            Gap::new(GapKind::NotSupported, gap_text!("{dataset} was not handed over", dataset = D::NAME))
                .dataset(D::NAME)
        };
        let (place, table) = found.ok_or_else(none)?;
        table.typed::<D>(place, true)
    }

    /// The names that a dataset lists that this one comes after, for [`Each::listed`](crate::Each::listed): those of the
    /// rows of which `name` gives one.
    pub fn names<D: Dataset>(&self, name: impl Fn(&D::Row) -> Option<&str>) -> Listed {
        match self.rows::<D>() {
            Err(gap) => Listed { names: BTreeSet::new(), cut_off: vec![gap] },
            Ok(rows) => Listed {
                names: rows.iter().filter_map(name).map(str::to_owned).collect(),
                cut_off: rows.cut_off().to_vec(),
            },
        }
    }

    /// What a source answered, with nothing lost: where the dataset has a row for each resource of another
    /// ([`Each`](crate::Each)), a resource that is wanted and has no row gets one with a gap, unless it was gone; and where
    /// all are wanted and the list of them was cut off or could not be read, so is this one cut off. The engine does it with
    /// every answer.
    #[must_use]
    pub fn complete(&self, table: Table) -> Table {
        if table.why_nothing().is_some() || table.why_no_service().is_some() {
            return table;
        }
        let listed = self.dataset.listed(self);
        let none = Listed::default();
        let list = listed.as_ref().unwrap_or(&none);
        let (wanted, cut_off) = match &self.only {
            Wanted::Nothing => return table,
            Wanted::All => (Cow::Borrowed(&list.names), list.cut_off.as_slice()),
            Wanted::AllAnd(names) => (Cow::Owned(list.names.union(names).cloned().collect()), list.cut_off.as_slice()),
            Wanted::Names(names) => (Cow::Borrowed(names), [].as_slice()),
        };
        if self.only == Wanted::All && listed.is_some() && self.dataset.is_about(&list.names, &table) {
            return cut_off.iter().fold(table.beyond(BTreeSet::new()), Table::also_cut_off);
        }
        let why = table.cut_off_by().first().cloned().unwrap_or_else(|| {
            let gap = self.dataset.gap(GapKind::NotSupported, "the source has no answer for it");
            self.place.region_name().map_or(gap.clone(), |region| gap.region(region))
        });
        let table = self.dataset.completed(&wanted, table, &why);
        let beyond = |name: &str| match (&listed, &self.only) {
            (Some(listed), _) => !listed.names.contains(name),
            (None, Wanted::AllAnd(names)) => names.contains(name),
            (None, _) => false,
        };
        let beyond = self.dataset.those(&beyond, &table);
        cut_off.iter().fold(table.beyond(beyond), Table::also_cut_off)
    }

    /// The tables handed over for a dataset at every place, in the order of places.
    pub fn tables(&self, dataset: &str) -> impl Iterator<Item = (&Place, &Table)> {
        self.after.iter().filter(move |((name, _), _)| name == dataset).map(|((_, place), table)| (place, table))
    }
}
