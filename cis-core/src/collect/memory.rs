//! Facts in memory as a data source.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;

use super::source::{Coverage, DataSource, Region, Request};
use crate::dataset::Dataset;
use crate::error::Error;
use crate::gap::{Gap, GapKind};
use crate::place::{Place, PlaceKind};
use crate::table::Table;

/// Facts in memory as a data source: for tests, generated accounts, and tools that have read them already.
///
/// ```
/// # use cis_core::{Dataset, MemorySource, Operation, PlaceKind};
/// # #[derive(Debug, serde::Serialize, serde::Deserialize)] struct Badge { owner: String }
/// # struct Badges;
/// # impl Dataset for Badges {
/// #     type Row = Badge; const NAME: &'static str = "acme.badges"; const PLACE: PlaceKind = PlaceKind::Account;
/// #     const OPERATIONS: &'static [Operation] = &[Operation::named("acme:ListBadges")];
/// # }
/// let source = MemorySource::new("123456789012")
///     .as_of("2026-01-01T00:00:00Z".parse()?)
///     .with::<Badges>(vec![Badge { owner: "ann".into() }]);
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct MemorySource {
    coverage: Coverage,
    tables: BTreeMap<(String, Place), Table>,
}

impl MemorySource {
    /// An account in partition `aws` without regions and without facts. `account_id` has 12 digits.
    pub fn new(account_id: impl Into<String>) -> Self {
        let coverage = Coverage {
            account_id: account_id.into(),
            partition: "aws".into(),
            regions: Vec::new(),
            regions_gap: None,
            as_of: None,
        };
        Self { coverage, tables: BTreeMap::new() }
    }

    /// The partition.
    #[must_use]
    pub fn partition(mut self, partition: impl Into<String>) -> Self {
        self.coverage.partition = partition.into();
        self
    }

    /// The moment that verdicts are given for.
    #[must_use]
    pub fn as_of(mut self, as_of: Timestamp) -> Self {
        self.coverage.as_of = Some(as_of);
        self
    }

    /// One more region.
    #[must_use]
    pub fn region(mut self, region: Region) -> Self {
        self.coverage.regions.push(region);
        self
    }

    /// Says why the list of regions is not whole.
    #[must_use]
    pub fn regions_gap(mut self, gap: Gap) -> Self {
        self.coverage.regions_gap = Some(gap);
        self
    }

    /// The rows of an account's dataset.
    #[must_use]
    pub fn with<D: Dataset>(self, rows: Vec<D::Row>) -> Self {
        let place = Place::account(&self.coverage.account_id);
        self.put(D::NAME, place, Table::rows::<D>(rows))
    }

    /// The rows of a dataset in a region.
    #[must_use]
    pub fn with_region<D: Dataset>(self, region: &str, rows: Vec<D::Row>) -> Self {
        let place = Place::region(&self.coverage.account_id, region);
        self.put(D::NAME, place, Table::rows::<D>(rows))
    }

    /// A table at a place.
    #[must_use]
    pub fn put(mut self, dataset: &str, place: Place, table: Table) -> Self {
        self.tables.insert((dataset.to_owned(), place), table);
        self
    }
}

#[async_trait]
impl DataSource for MemorySource {
    async fn coverage(&self) -> Result<Coverage, Error> {
        Ok(self.coverage.clone())
    }

    async fn fetch(&self, request: &Request) -> Table {
        if let Some(table) = self.tables.get(&(request.dataset.name().to_owned(), request.place.clone())) {
            return table.clone();
        }
        let (kind, message) = if request.place.account_id() == self.coverage.account_id {
            (GapKind::NotSupported, "the source does not have it")
        } else {
            (GapKind::OtherAccount, "it lies in an account that the source does not answer for")
        };
        let gap = request.dataset.gap(kind, message);
        Table::gap(match (request.dataset.place(), request.place.region_name()) {
            (PlaceKind::Region, Some(region)) => gap.region(region),
            _ => gap,
        })
    }
}
