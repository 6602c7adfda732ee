//! Accounts of any size, made from a seed: the same seed and size give the same account, byte for byte.
//!
//! Sizes are spread as they are in real accounts: most policies are small and a few huge, security groups have from 1 to 120
//! rules. Violations are planted: [`Account::planted`] says which, and a scan must find exactly those.

pub mod calls;
mod compute;
mod draw;
mod network;
mod own;
mod people;
mod planted;
mod policies;
mod size;
mod storage;
mod watch;

use std::path::Path;

use async_trait::async_trait;
use cis_core::layer::Record;
use cis_core::{
    Coverage, DataSource, Dataset, DatasetInfo, Error, Gap, GapKind, MemorySource, Place, PlaceKind, Region,
    RegionStatus, Request, Table,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

pub use self::planted::Violation;
pub use self::size::Size;

/// The regions that every account has without asking for them, the first one first.
/// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>
const REGIONS: [&str; 17] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
];

/// Regions that must be asked for, and are not.
const NOT_OPTED_IN: [&str; 3] = ["af-south-1", "ap-east-1", "me-south-1"];

/// A generated account: a data source whose tables are made when they are asked for, each on its own, and are not kept.
///
/// ```
/// use cis_benches::generate::{Account, Size};
/// use cis_core::Scan;
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let account = Account::new(7, Size { regions: 1, users: 10, ..Size::default() })?;
/// let (benchmark, registry) = (cis_aws::benchmark("2.0.0")?, cis_aws::registry());
/// let report = Scan::new(&benchmark, &registry).run(&account).await?;
/// assert_eq!(Account::failing(&report), account.planted(&benchmark));
/// # Ok::<(), cis_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Account {
    seed: u64,
    size: Size,
    id: String,
    /// What section 4 watches for: the key, and the patterns that catch it, one a version where they differ.
    monitored: Vec<(String, Vec<String>)>,
}

impl Account {
    /// An account of that size; what is too small for an account is taken as the least that one has.
    ///
    /// # Errors
    /// The benchmarks' files, which say what filters must catch, cannot be read.
    pub fn new(seed: u64, size: Size) -> Result<Self, Error> {
        let id = format!("{:012}", 100_000_000_000 + draw::scatter(seed) % 800_000_000_000);
        Ok(Self { seed, size: size.with_the_least(), id, monitored: watch::monitored()? })
    }

    /// Its size, with what it could not do without.
    pub fn size(&self) -> &Size {
        &self.size
    }

    /// The 12 digits of its id.
    pub fn account_id(&self) -> &str {
        &self.id
    }

    /// The moment that it is judged at.
    pub fn as_of(&self) -> Timestamp {
        // 2026-03-02T00:30:00Z
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_772_411_400)
    }

    /// The names of its enabled regions.
    pub fn regions(&self) -> &'static [&'static str] {
        REGIONS.get(..self.size.regions).unwrap_or(&REGIONS)
    }

    /// Every place that a dataset can be read at.
    fn places(&self, kind: PlaceKind) -> Vec<Place> {
        match kind {
            PlaceKind::Account => vec![Place::account(&self.id)],
            PlaceKind::Region => self.regions().iter().map(|name| Place::region(&self.id, name)).collect(),
        }
    }

    /// The whole account as facts in memory.
    pub fn memory(&self) -> MemorySource {
        let coverage = self.covers();
        let mut memory = MemorySource::new(&self.id).as_of(self.as_of());
        for region in coverage.regions {
            memory = memory.region(region);
        }
        for info in cis_aws::datasets::all() {
            for place in self.places(info.place()) {
                let table = self.table(&info, &place);
                memory = memory.put(info.name(), place, table);
            }
        }
        memory
    }

    /// Writes the account as a snapshot (`docs/snapshot.md`) into a folder, which is made and must be empty. One table is in
    /// memory at a time.
    ///
    /// # Errors
    /// The folder is not empty, or something cannot be written.
    pub async fn write(&self, folder: &Path) -> Result<(), Error> {
        let recording = Record::create(self, folder, self.as_of())?;
        recording.coverage().await?;
        for info in cis_aws::datasets::all() {
            for place in self.places(info.place()) {
                recording.fetch(&Request::new(info.clone(), place)).await;
            }
        }
        recording.finish()
    }

    fn covers(&self) -> Coverage {
        let off = NOT_OPTED_IN.map(|name| Region { name: name.to_owned(), status: RegionStatus::NotEnabled });
        Coverage {
            account_id: self.id.clone(),
            partition: "aws".into(),
            regions: self.regions().iter().map(|name| Region::enabled(*name)).chain(off).collect(),
            regions_gap: None,
            as_of: Some(self.as_of()),
        }
    }

    fn table(&self, info: &DatasetInfo, place: &Place) -> Table {
        let region = match (info.place(), place.region_name()) {
            (PlaceKind::Account, _) => Some(0),
            (PlaceKind::Region, name) => self.regions().iter().position(|region| Some(*region) == name),
        };
        let mine = place.account_id() == self.id;
        let table = region.filter(|_| mine).and_then(|region| {
            let name = info.name();
            let of_account = || self.own(name).or_else(|| self.people(name)).or_else(|| self.storage(name));
            of_account()
                .or_else(|| self.network(name, region))
                .or_else(|| self.compute(name, region))
                .or_else(|| self.watch(name, region))
        });
        table.unwrap_or_else(|| {
            let (kind, message) = if mine {
                (GapKind::NotSupported, "the generated account does not have it")
            } else {
                (GapKind::OtherAccount, "it lies in an account that the source does not answer for")
            };
            let gap: Gap = info.gap(kind, message);
            Table::gap(place.region_name().map_or(gap.clone(), |region| gap.region(region)))
        })
    }

    /// The moment so many seconds before the account is judged.
    fn ago(&self, seconds: i64) -> Timestamp {
        self.as_of() - SignedDuration::from_secs(seconds)
    }

    /// An id as EC2 gives them, no two the same.
    fn id(&self, prefix: &str, region: usize, index: usize) -> String {
        let number = ((region as u64) << 32) | index as u64;
        format!("{prefix}-0{:016x}", draw::scatter(number ^ draw::scatter(self.seed ^ draw::hash(prefix))))
    }

    /// The ARN of a resource of EC2's.
    fn ec2_arn(&self, region: usize, kind: &str, id: &str) -> String {
        format!("arn:aws:ec2:{}:{}:{kind}/{id}", region_name(region), self.id)
    }
}

/// Seconds of a day.
const DAY: i64 = 86_400;

fn region_name(region: usize) -> &'static str {
    REGIONS.get(region).copied().unwrap_or_default()
}

/// A table of these rows, where this is the dataset.
fn table_of<D: Dataset>(name: &str, rows: impl FnOnce() -> Vec<D::Row>) -> Option<Table> {
    (name == D::NAME).then(|| Table::rows::<D>(rows()))
}

/// Text as a JSON value.
fn text(value: impl Into<String>) -> Value {
    Value::String(value.into())
}

#[async_trait]
impl DataSource for Account {
    async fn coverage(&self) -> Result<Coverage, Error> {
        Ok(self.covers())
    }

    async fn fetch(&self, request: &Request) -> Table {
        self.table(&request.dataset, &request.place)
    }
}
