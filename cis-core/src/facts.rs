//! The facts, seen from the place that is being judged.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::collect::source::Wanted;
use crate::control::{Read, Reads};
use crate::dataset::{Dataset, DatasetInfo};
use crate::gap::{Gap, GapKind};
use crate::place::{Place, PlaceKind};
use crate::table::{Rows, Table, UntypedRows};

/// What a scan did with a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ScopeStatus {
    /// It was read.
    Scanned,
    /// The caller left it out.
    LeftOut,
    /// It is not enabled in the account.
    NotEnabled,
    /// It is being enabled or disabled, or nothing is known of it.
    Unknown,
}

/// A region and what the scan did with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScopeRegion {
    /// Such as `eu-central-1`.
    pub region: String,
    /// What the scan did with it.
    pub status: ScopeStatus,
}

/// What is the same for every verdict of a scan: the account, the moment, the regions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The 12-digit account id.
    pub account_id: String,
    /// The partition.
    pub partition: String,
    /// The moment that verdicts are given for.
    pub as_of: Timestamp,
    /// Every region that is known, in order of name.
    pub scope: Vec<ScopeRegion>,
    /// Why the list of regions is not whole, if it is not.
    pub regions_gap: Option<Gap>,
}

/// The tables that were read, by dataset and place.
pub(crate) type Store = BTreeMap<(String, Place), Table>;

/// The facts, seen from the place that is being judged.
///
/// Every read is typed by its [`Dataset`] and ends in rows or in a [`Gap`]. A dataset that the control does not declare in
/// its [`reads`](crate::Control::reads) reads as a gap, and the testkit fails such a control.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    setting: &'a Setting,
    store: &'a Store,
    reads: &'a Reads,
    place: Place,
    /// Whether this is what a control looks at to say what it wants.
    narrowing: bool,
}

impl<'a> Facts<'a> {
    pub(crate) fn new(setting: &'a Setting, store: &'a Store, reads: &'a Reads, place: Place) -> Self {
        Self { setting, store, reads, place, narrowing: false }
    }

    /// The place that is being judged.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The 12-digit account id.
    pub fn account_id(&self) -> &'a str {
        &self.setting.account_id
    }

    /// The partition: `aws`, `aws-cn`, `aws-us-gov`, ... No ARN is a literal: build it from this.
    pub fn partition(&self) -> &'a str {
        &self.setting.partition
    }

    /// The moment that verdicts are given for. The only clock that a control has.
    pub fn as_of(&self) -> Timestamp {
        self.setting.as_of
    }

    /// Every region that is known, in order, and what the scan did with it.
    pub fn scope(&self) -> &'a [ScopeRegion] {
        &self.setting.scope
    }

    /// Why [`scope`](Self::scope), and with it [`regions`](Self::regions), does not name every region of the account: the
    /// gap of the read that lists them (of `ec2:DescribeRegions`, say). None where the list is whole.
    ///
    /// A region that nobody listed has no place and no rows, so a verdict that rests on absence over all regions ("no
    /// region has one") must take this gap for one more region that could not be read. One witness is enough for the
    /// contrary. Apart from that, the engine adds one unknown on the account to every control that reads regions.
    pub fn regions_gap(&self) -> Option<&'a Gap> {
        self.setting.regions_gap.as_ref()
    }

    /// The rows of a dataset here: an account's dataset also from a region.
    pub fn rows<D: Dataset>(&self) -> Result<Rows<'a, D::Row>, Gap> {
        match D::PLACE {
            PlaceKind::Account => self.at::<D>(&self.place.to_account()),
            PlaceKind::Region => self.at::<D>(&self.place),
        }
    }

    #[allow(clippy::type_complexity, reason = "a list of places, each with rows or a gap: a name would only hide it")]
    /// The rows of a dataset in every region that is or may be enabled, in order of name, each with rows or a gap. A
    /// region that was left out is there with a gap, so that an account-wide verdict does not forget it; regions that
    /// nobody listed are not: see [`regions_gap`](Self::regions_gap).
    pub fn regions<D: Dataset>(&self) -> Vec<(Place, Result<Rows<'a, D::Row>, Gap>)> {
        self.known_regions().map(|place| (place.clone(), self.at::<D>(&place))).collect()
    }

    fn known_regions(&self) -> impl Iterator<Item = Place> + '_ {
        let known = self.setting.scope.iter().filter(|region| region.status != ScopeStatus::NotEnabled);
        known.map(|region| Place::region(self.account_id(), &region.region))
    }

    /// The rows of a dataset at a named place: in another account as far as the control declares the place
    /// ([`Reads::in_other_accounts`]) and the source covers it, else a gap of kind [`GapKind::OtherAccount`].
    pub fn at<D: Dataset>(&self, place: &Place) -> Result<Rows<'a, D::Row>, Gap> {
        let (table, beyond) = self.table(D::NAME, place)?;
        table.typed::<D>(place, beyond)
    }

    /// As [`rows`](Self::rows), for a control without Rust types: the dataset by its name, the rows as JSON.
    pub fn untyped_rows(&self, dataset: &str) -> Result<UntypedRows, Gap> {
        // An undeclared dataset is a gap wherever it is looked for.
        let kind = self.reads.entry(dataset).map(|read| read.info.place());
        let place = if kind == Some(PlaceKind::Region) { self.place.clone() } else { self.place.to_account() };
        self.untyped_at(dataset, &place)
    }

    /// As [`regions`](Self::regions), for a control without Rust types.
    pub fn untyped_regions(&self, dataset: &str) -> Vec<(Place, Result<UntypedRows, Gap>)> {
        self.known_regions().map(|place| (place.clone(), self.untyped_at(dataset, &place))).collect()
    }

    /// As [`at`](Self::at), for a control without Rust types.
    pub fn untyped_at(&self, dataset: &str, place: &Place) -> Result<UntypedRows, Gap> {
        let (table, beyond) = self.table(dataset, place)?;
        UntypedRows::new(table, dataset, place, beyond)
    }

    /// A table that the control may see, and whether it sees resources there that are not in the dataset's list.
    fn table(&self, dataset: &str, place: &Place) -> Result<(&'a Table, bool), Gap> {
        let gap = |kind, message: &str| {
            let gap = Gap::new(kind, message).dataset(dataset);
            Err(match place.region_name() {
                Some(region) => gap.region(region),
                None => gap,
            })
        };
        let Some(read) = self.reads.entry(dataset) else {
            return gap(GapKind::NotSupported, "the control reads this dataset without declaring it");
        };
        let sees = read.everywhere
            || self.place.kind() == PlaceKind::Account
            || place.kind() == PlaceKind::Account
            || *place == self.place;
        if !sees {
            return gap(GapKind::NotSupported, "the control reads another region without declaring it");
        }
        // Without this, what another control asked for would be there or not, as the reads happen to come in.
        if place.account_id() != self.account_id() && read.elsewhere.is_none() {
            return gap(GapKind::NotSupported, "the control reads another account without declaring it");
        }
        match self.store.get(&(dataset.to_owned(), place.clone())) {
            // What is wanted need not be worked out where nothing is beyond.
            Some(table) => Ok((table, !table.has_beyond() || self.sees_beyond(read, place))),
            None if place.account_id() != self.account_id() => {
                gap(GapKind::OtherAccount, "it lies in an account that was not scanned")
            }
            None => gap(GapKind::NotSupported, "it was not asked for"),
        }
    }

    /// Whether the control sees resources that are not in the dataset's list. Who wants all wants what is in the list, and
    /// not what other controls named beyond it: its verdicts don't depend on who else is asked.
    fn sees_beyond(&self, read: &Read, place: &Place) -> bool {
        let Some(narrow) = &read.narrow else { return false };
        // Looked at from where it was asked; a control that looks at the dataset itself there must not go in a circle.
        self.narrowing || narrow(&Facts { place: place.clone(), narrowing: true, ..self.clone() }) != Ok(Wanted::All)
    }

    /// When the dataset behind an operation was read, seen from a place: there, else at the account, else last of all.
    pub(crate) fn when_read(&self, operation: &str, place: &Place) -> Option<Timestamp> {
        let datasets = self.datasets_of(operation);
        let at = |place: &Place| {
            let tables = datasets.iter().filter_map(|info| self.store.get(&(info.name().to_owned(), place.clone())));
            tables.filter_map(Table::when_read).max()
        };
        at(place).or_else(|| at(&place.to_account())).or_else(|| {
            let tables = self.store.iter().filter(|((name, _), _)| datasets.iter().any(|info| info.name() == name));
            tables.filter_map(|(_, table)| table.when_read()).max()
        })
    }

    /// The declared datasets that call an operation.
    pub(crate) fn datasets_of(&self, operation: &str) -> Vec<&'a DatasetInfo> {
        self.declared().filter(|info| info.operations().any(|(name, _)| name == operation)).collect()
    }

    /// The declared datasets.
    pub(crate) fn declared(&self) -> impl Iterator<Item = &'a DatasetInfo> + use<'a> {
        self.reads.datasets()
    }
}
