//! The facts of a source as they were written down, each read once.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use cis_core::{Coverage, DataSource, Dataset, DatasetInfo, Gap, Layout, Operation, Place, PlaceKind, Request, Table};
use serde_json::Value;
use tokio::sync::OnceCell;

/// A dataset whose rows are not read into a type: they keep members that ours do not have.
pub(crate) struct Raw<D>(PhantomData<D>);

impl<D: Dataset> Dataset for Raw<D> {
    type Row = Value;
    const NAME: &'static str = D::NAME;
    const PLACE: PlaceKind = D::PLACE;
    const OPERATIONS: &'static [Operation] = D::OPERATIONS;
    const LAYOUT: Layout = D::LAYOUT;
}

/// Instances in their reservations, as EC2 sends them.
pub(crate) struct Reservations;

impl Dataset for Reservations {
    type Row = Value;
    const NAME: &'static str = "ec2.instances";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("ec2:DescribeInstances")];
    const LAYOUT: Layout = Layout::list(&["Reservations"]);
}

/// What was read of a dataset at a place.
#[derive(Debug)]
pub(crate) struct Rows {
    all: Result<Vec<Value>, Gap>,
    /// Why the list is not whole.
    pub(crate) cut_off: Vec<Gap>,
    /// What was listed and then gone.
    pub(crate) gone: Vec<Gap>,
    by_name: BTreeMap<String, usize>,
}

/// The members that name the resource of a row.
const NAMES: &[&str] =
    &["Arn", "Bucket", "KeyArn", "KeyId", "Name", "PrefixListId", "TopicArn", "TrailARN", "logGroupName"];

impl Rows {
    fn new(table: &Table) -> Self {
        let all = table.to_json();
        let mut by_name = BTreeMap::new();
        for (index, row) in all.iter().flatten().enumerate() {
            for name in NAMES.iter().filter_map(|name| row.get(*name)?.as_str()) {
                by_name.entry(name.to_owned()).or_insert(index);
            }
        }
        Self { all, cut_off: table.cut_off_by().to_vec(), gone: table.gone().to_vec(), by_name }
    }

    /// The rows, or why nothing could be read.
    pub(crate) fn rows(&self) -> Result<&[Value], &Gap> {
        self.all.as_deref()
    }

    /// The row of a resource.
    pub(crate) fn named(&self, name: &str) -> Option<&Value> {
        self.all.as_ref().ok()?.get(*self.by_name.get(name)?)
    }

    /// That a resource was gone when it was read.
    pub(crate) fn gone(&self, name: &str) -> Option<&Gap> {
        self.gone.iter().find(|gap| gap.resource.as_deref() == Some(name))
    }
}

type Cell = Arc<OnceCell<Arc<Rows>>>;

/// A source's facts.
pub(crate) struct Tables {
    source: Box<dyn DataSource>,
    pub(crate) coverage: Coverage,
    read: Mutex<BTreeMap<(String, Place), Cell>>,
}

impl Tables {
    pub(crate) fn new(source: Box<dyn DataSource>, coverage: Coverage) -> Self {
        Self { source, coverage, read: Mutex::default() }
    }

    pub(crate) async fn get<D: Dataset>(&self, region: &str) -> Arc<Rows> {
        let account_id = &self.coverage.account_id;
        let place = match D::PLACE {
            PlaceKind::Account => Place::account(account_id),
            PlaceKind::Region => Place::region(account_id, region),
        };
        let cell = {
            let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(read.entry((D::NAME.to_owned(), place.clone())).or_default())
        };
        let rows = cell.get_or_init(|| async {
            // Of a recording that asked for some resources alone, those are all that there is.
            let request = Request::new(DatasetInfo::of::<D>(), place).only(cis_core::Wanted::Nothing);
            Arc::new(Rows::new(&self.source.fetch(&request).await))
        });
        Arc::clone(rows.await)
    }
}
