//! Facts for a test, in a few lines.

use serde::de::DeserializeOwned;

use crate::collect::source::Wanted;
use crate::dataset::{Dataset, DatasetInfo};
use crate::fact::Fact;
use crate::facts::{ScopeRegion, ScopeStatus, Setting, Store};
use crate::gap::{Gap, GapKind};
use crate::place::{Place, PlaceKind};
use crate::snapshot;
use crate::table::Table;

const REGION: &str = "us-east-1";

/// A fact whose value is this JSON.
pub fn known<T: DeserializeOwned>(json: &str) -> Fact<T> {
    Fact::Known(serde_json::from_str(json).expect("the JSON of a known fact fits its type"))
}

/// A fact that may not be read, as AWS says so of an operation (`service:Operation`).
pub fn denied<T>(operation: &str) -> Fact<T> {
    let message = format!("the caller is not authorized to perform: {operation}");
    Fact::from(Gap::new(GapKind::Denied, message).operation(operation).code("AccessDenied").action(operation))
}

/// The rows of a dataset; a regional one's in `us-east-1`.
pub fn rows<D: Dataset>(rows: impl IntoIterator<Item = D::Row>) -> FactSet {
    FactSet::new().put(&DatasetInfo::of::<D>(), REGION, Table::rows::<D>(rows.into_iter().collect()))
}

/// The rows of a dataset from a document in AWS's own shape, as in a snapshot.
pub fn aws<D: Dataset>(document: &str) -> FactSet {
    let info = DatasetInfo::of::<D>();
    let value = serde_json::from_str(document).expect("the document is JSON");
    FactSet::new().put(&info, REGION, snapshot::from_document(&info, value, &Wanted::All))
}

/// A dataset that could not be read, for a reason of this kind.
pub fn unread<D: Dataset>(kind: GapKind) -> FactSet {
    let info = DatasetInfo::of::<D>();
    FactSet::new().put(&info, REGION, Table::gap(gap(&info, kind)))
}

/// A dataset whose service is not in the region.
pub fn no_service<D: Dataset>(why: &str) -> FactSet {
    let info = DatasetInfo::of::<D>();
    FactSet::new().put(&info, REGION, Table::no_service(&info, why))
}

/// A gap as a source would give it.
pub(super) fn gap(info: &DatasetInfo, kind: GapKind) -> Gap {
    let (code, message) = match kind {
        GapKind::Denied => (Some("AccessDenied"), "the caller is not authorized"),
        GapKind::Throttled => (Some("Throttling"), "Rate exceeded"),
        GapKind::Malformed => (None, "the answer breaks off"),
        GapKind::NotSupported => (None, "the source does not have it"),
        _ => (None, "it could not be read"),
    };
    let gap = info.gap(kind, message);
    match code {
        Some(code) => gap.code(code),
        None => gap,
    }
}

/// The facts of one case: account 123456789012 in partition `aws` with the one region `us-east-1`, as of
/// 2026-01-01T00:00:00Z, unless said otherwise.
#[derive(Debug, Clone)]
pub struct FactSet {
    pub(super) setting: Setting,
    pub(super) tables: Store,
}

impl Default for FactSet {
    fn default() -> Self {
        Self::new()
    }
}

impl FactSet {
    /// No facts at all.
    pub fn new() -> Self {
        let setting = Setting {
            account_id: "123456789012".into(),
            partition: "aws".into(),
            as_of: "2026-01-01T00:00:00Z".parse().expect("a fixed time"),
            scope: vec![ScopeRegion { region: REGION.into(), status: ScopeStatus::Scanned }],
            regions_gap: None,
        };
        Self { setting, tables: Store::new() }
    }

    fn put(mut self, info: &DatasetInfo, region: &str, table: Table) -> Self {
        let account = &self.setting.account_id;
        let place = match info.place() {
            PlaceKind::Account => Place::account(account),
            PlaceKind::Region => Place::region(account, region),
        };
        let table = if table.when_read().is_none() { table.read_at(self.setting.as_of) } else { table };
        self.tables.insert((info.name().to_owned(), place), table);
        self
    }

    /// These facts and others. Where both have a table, the other's counts.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.tables.extend(other.tables);
        self
    }

    /// The regional facts moved to another region, which is then scanned too.
    #[must_use]
    pub fn in_region(mut self, region: &str) -> Self {
        self.setting.scope = vec![ScopeRegion { region: region.into(), status: ScopeStatus::Scanned }];
        let account = self.setting.account_id.clone();
        let moved = |place: Place| match place.kind() {
            PlaceKind::Account => place,
            PlaceKind::Region => Place::region(&account, region),
        };
        self.tables = self.tables.into_iter().map(|((name, place), table)| ((name, moved(place)), table)).collect();
        self
    }

    /// The facts moved to another account, to be joined to those of the scanned one with [`and`](Self::and).
    #[must_use]
    pub fn in_account(mut self, account_id: &str) -> Self {
        let moved = |place: &Place| match place.region_name() {
            Some(region) => Place::region(account_id, region),
            None => Place::account(account_id),
        };
        self.tables = self.tables.into_iter().map(|((name, place), table)| ((name, moved(&place)), table)).collect();
        self
    }

    /// These facts and those of other regions; the scopes are joined.
    #[must_use]
    pub fn and_region(mut self, other: Self) -> Self {
        self.setting.scope.extend(other.setting.scope);
        self.setting.scope.sort_by(|a, b| a.region.cmp(&b.region));
        self.tables.extend(other.tables);
        self
    }

    /// The moment that verdicts are given for, RFC 3339.
    #[must_use]
    pub fn as_of(mut self, at: &str) -> Self {
        self.setting.as_of = at.parse().expect("as_of is RFC 3339");
        self
    }

    /// The partition.
    #[must_use]
    pub fn partition(mut self, partition: &str) -> Self {
        self.setting.partition = partition.into();
        self
    }

    /// The list of regions is not whole, for a reason of this kind: there may be more than those of the facts.
    #[must_use]
    pub fn regions_gap(mut self, kind: GapKind) -> Self {
        let gap = Gap::new(kind, "the list of regions could not be read").dataset("ec2.regions");
        self.setting.regions_gap = Some(gap.operation("ec2:DescribeRegions").action("ec2:DescribeRegions"));
        self
    }

    /// The list of a dataset was cut off by a throttled page, wherever it is.
    #[must_use]
    pub fn cut_off<D: Dataset>(mut self) -> Self {
        let info = DatasetInfo::of::<D>();
        let all = std::mem::take(&mut self.tables);
        self.tables = all
            .into_iter()
            .map(|((name, place), table)| {
                let cut = name == D::NAME;
                ((name, place), if cut { table.cut_off(gap(&info, GapKind::Throttled)) } else { table })
            })
            .collect();
        self
    }

    pub(super) fn has(&self, dataset: &str) -> bool {
        self.tables.keys().any(|(name, _)| name == dataset)
    }

    /// The same facts with a dataset gone everywhere: with a gap in its place, or not there at all.
    pub(super) fn without(&self, info: &DatasetInfo, kind: Option<GapKind>) -> Self {
        let mut facts = self.clone();
        facts.tables = std::mem::take(&mut facts.tables)
            .into_iter()
            .filter_map(|((name, place), table)| {
                if name != info.name() {
                    return Some(((name, place), table));
                }
                kind.map(|kind| ((name, place), Table::gap(gap(info, kind))))
            })
            .collect();
        facts
    }
}
