//! What one kind of fact about an account is: its place, its rows, the operations behind it.

use std::any::Any;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::collect::source::Request;
use crate::gap::Gap;
use crate::gap_text;
use crate::place::PlaceKind;
use crate::snapshot;
use crate::table::{AnyRows, Table};

/// One API operation and the IAM action that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operation {
    /// `service:Operation`, with the AWS CLI's service name: `s3api` is written `s3`.
    pub name: &'static str,
    /// The IAM action that allows it, such as `s3:ListAllMyBuckets`.
    pub action: &'static str,
}

impl Operation {
    /// An operation whose IAM action has the same name.
    pub const fn named(name: &'static str) -> Self {
        Self { name, action: name }
    }
}

/// Where the rows stand in one JSON document of the shape that AWS's own answers have.
///
/// `path` names the members from the root. A list on the way is gone through item by item, so that
/// `["Reservations", "Instances"]` gives every instance of every reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The member names from the root to the rows.
    pub path: &'static [&'static str],
    /// Whether there is at most one row, which is then not in a list. `null` there means no row.
    pub single: bool,
    /// A document that holds these rows beside others, under its own name: the answer to
    /// `GetAccountAuthorizationDetails` holds users, groups, roles and policies.
    pub within: Option<&'static str>,
}

impl Layout {
    /// A list of rows at a path of member names.
    pub const fn list(path: &'static [&'static str]) -> Self {
        Self { path, single: false, within: None }
    }

    /// At most one row, at a path of member names (the whole document, if the path is empty).
    pub const fn single(path: &'static [&'static str]) -> Self {
        Self { path, single: true, within: None }
    }

    /// Says that the rows also stand in a document of another name.
    #[must_use]
    pub const fn within(self, document: &'static str) -> Self {
        Self { within: Some(document), ..self }
    }
}

/// Says that a dataset has a row for each resource that another dataset lists.
///
/// What a source leaves out is then not lost: the engine puts a row with a gap in its place ([`Request::complete`]). And a
/// resource that is not in the list, because some control named it, is shown to controls that name resources and to no
/// other: who wants all sees what is listed.
///
/// ```
/// # use cis_core::{Dataset, DatasetInfo, Each, Fact, Operation, PlaceKind, Request, Gap};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Debug, Serialize, Deserialize)] struct Door { name: String }
/// # struct Doors;
/// # impl Dataset for Doors {
/// #     type Row = Door; const NAME: &'static str = "acme.doors"; const PLACE: PlaceKind = PlaceKind::Account;
/// #     const OPERATIONS: &'static [Operation] = &[Operation::named("acme:ListDoors")];
/// # }
/// #[derive(Debug, Serialize, Deserialize)]
/// struct Lock { door: String, kind: Fact<String> }
/// /// The lock of each door.
/// struct Locks;
/// impl Dataset for Locks {
///     type Row = Lock;
///     const NAME: &'static str = "acme.locks";
///     const PLACE: PlaceKind = PlaceKind::Account;
///     const AFTER: &'static [fn() -> DatasetInfo] = &[DatasetInfo::of::<Doors>];
///     const EACH: Option<Each<Lock>> = Some(Each {
///         listed: Some(|request| request.names::<Doors>(|door| Some(&door.name))),
///         name: |lock| &lock.door,
///         unread: |door, gap| Lock { door, kind: gap.into() },
///     });
///     const OPERATIONS: &'static [Operation] = &[Operation::named("acme:GetLock")];
/// }
/// ```
#[derive(Debug)]
pub struct Each<R> {
    /// The names that the other dataset lists at the request's place, and the gaps that cut that list off:
    /// [`Request::names`]. None: no dataset lists them, each is named by whoever wants it.
    pub listed: Option<fn(&Request) -> Listed>,
    /// The name of the resource that a row is about.
    pub name: fn(&R) -> &str,
    /// The row of a resource, by its name, of which nothing is known for this reason.
    pub unread: fn(String, Gap) -> R,
}

/// The names of resources, and why there may be more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// The names.
    pub names: BTreeSet<String>,
    /// The gaps that cut the list off, or the one for which there is none.
    pub cut_off: Vec<Gap>,
}

/// One kind of fact about an account. Implemented by a type without values.
///
/// ```
/// use cis_core::{Dataset, Operation, PlaceKind};
/// #[derive(Debug, serde::Serialize, serde::Deserialize)]
/// struct Badge { owner: String, expires_at: jiff::Timestamp }
/// /// Door badges. Place: account. Order: by owner.
/// struct Badges;
/// impl Dataset for Badges {
///     type Row = Badge;
///     const NAME: &'static str = "acme.badges";
///     const PLACE: PlaceKind = PlaceKind::Account;
///     const OPERATIONS: &'static [Operation] = &[Operation::named("acme:ListBadges")];
/// }
/// ```
pub trait Dataset: 'static {
    /// One row, in the shape of the API's own answer.
    type Row: Serialize + DeserializeOwned + fmt::Debug + Send + Sync + 'static;
    /// `service.noun`, unique among all datasets of a scan.
    const NAME: &'static str;
    /// Where it is read.
    const PLACE: PlaceKind;
    /// The datasets whose facts it is read with, each as `DatasetInfo::of::<D>`: the engine reads those first and hands
    /// them over in the request (`s3.bucket_versioning` comes after `s3.buckets`).
    const AFTER: &'static [fn() -> DatasetInfo] = &[];
    /// Every operation that a read may call.
    const OPERATIONS: &'static [Operation];
    /// For a dataset that has a row for each resource of another: how the two belong together. None: it lists by itself.
    const EACH: Option<Each<Self::Row>> = None;
    /// Where the rows stand in a document: by default a list `rows`.
    const LAYOUT: Layout = Layout::list(&["rows"]);
}

type IsAbout = dyn Fn(&BTreeSet<String>, &Table) -> bool + Send + Sync;
type Those = dyn Fn(&dyn Fn(&str) -> bool, &Table) -> BTreeSet<usize> + Send + Sync;
type Complete = dyn Fn(&BTreeSet<String>, Table, &Gap) -> Table + Send + Sync;
type Decode = dyn Fn(Vec<Value>) -> (Arc<dyn AnyRows>, Vec<Gap>) + Send + Sync;
type Straight = fn(&str) -> Option<Table>;

/// A [`Dataset`] as a value: for sources, plans and datasets that have no Rust type.
#[derive(Clone)]
pub struct DatasetInfo {
    name: Arc<str>,
    place: PlaceKind,
    after: Arc<[DatasetInfo]>,
    operations: Arc<[(String, String)]>,
    layout: Layout,
    decode: Arc<Decode>,
    /// None: rows without a Rust type.
    straight: Option<Straight>,
    each: Option<Arc<EachInfo>>,
}

/// An [`Each`] without the type of its rows.
struct EachInfo {
    listed: Option<fn(&Request) -> Listed>,
    /// Whether the rows are one for each of these names, in their order.
    is_about: Box<IsAbout>,
    /// Adds the rows that are missing of these names, each with this gap.
    complete: Box<Complete>,
    /// The numbers of the rows whose name is such.
    those: Box<Those>,
}

impl EachInfo {
    fn of<R>(each: Each<R>) -> Self
    where
        R: Serialize + fmt::Debug + Send + Sync + Any,
    {
        let Each { listed, name, unread } = each;
        Self {
            listed,
            is_about: Box::new(move |names, table| table.rows_of::<R>().map(name).eq(names.iter().map(String::as_str))),
            complete: Box::new(move |names, table, gap| {
                let have: BTreeSet<&str> = table.rows_of::<R>().map(name).collect();
                let missing = names.iter().filter(|name| !have.contains(name.as_str()) && !table.is_gone(name));
                let rows: Vec<R> = missing.map(|name| unread(name.clone(), gap.clone().resource(name))).collect();
                if rows.is_empty() { table } else { table.also(Arc::new(rows)) }
            }),
            those: Box::new(move |is_so, table| {
                let rows = table.rows_of::<R>().enumerate();
                rows.filter(|(_, row)| is_so(name(row))).map(|(index, _)| index).collect()
            }),
        }
    }
}

impl DatasetInfo {
    /// The dataset `D` as a value.
    pub fn of<D: Dataset>() -> Self {
        Self {
            name: D::NAME.into(),
            place: D::PLACE,
            after: D::AFTER.iter().map(|info| info()).collect(),
            operations: D::OPERATIONS.iter().map(|op| (op.name.to_owned(), op.action.to_owned())).collect(),
            layout: D::LAYOUT,
            decode: Arc::new(decode_rows::<D::Row>),
            straight: Some(snapshot::read::<D>),
            each: D::EACH.map(|each| Arc::new(EachInfo::of(each))),
        }
    }

    /// A dataset without a Rust type: its rows are JSON objects as they are. `operations` pairs each
    /// `service:Operation` with its IAM action.
    pub fn untyped(
        name: &str,
        place: PlaceKind,
        after: impl IntoIterator<Item = DatasetInfo>,
        operations: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        Self {
            name: name.into(),
            place,
            after: after.into_iter().collect(),
            operations: operations.into_iter().collect(),
            layout: Layout::list(&["rows"]),
            decode: Arc::new(decode_rows::<Map<String, Value>>),
            straight: None,
            each: None,
        }
    }

    /// `service.noun`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is read.
    pub fn place(&self) -> PlaceKind {
        self.place
    }

    /// The datasets that are read before it.
    pub fn after(&self) -> &[DatasetInfo] {
        &self.after
    }

    /// Every operation that a read may call, each with its IAM action.
    pub fn operations(&self) -> impl Iterator<Item = (&str, &str)> {
        self.operations.iter().map(|(name, action)| (name.as_str(), action.as_str()))
    }

    /// Where the rows stand in a document.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Of a dataset that has a row for each resource of another: which there are, by the facts that a request hands over.
    /// None: no other lists them.
    pub(crate) fn listed(&self, request: &Request) -> Option<Listed> {
        self.each.as_ref().and_then(|each| each.listed).map(|listed| listed(request))
    }

    /// Whether the rows are one for each of these names, in their order, so that none is missing and none is beyond: as AWS
    /// lists most.
    pub(crate) fn is_about(&self, names: &BTreeSet<String>, table: &Table) -> bool {
        self.each.as_ref().is_some_and(|each| (each.is_about)(names, table))
    }

    /// The table with a row for each of these names that it has none of, each with this gap.
    pub(crate) fn completed(&self, names: &BTreeSet<String>, table: Table, gap: &Gap) -> Table {
        match &self.each {
            Some(each) => (each.complete)(names, table, gap),
            None => table,
        }
    }

    /// The numbers of the rows whose name is such.
    pub(crate) fn those(&self, is_so: &dyn Fn(&str) -> bool, table: &Table) -> BTreeSet<usize> {
        self.each.as_ref().map(|each| (each.those)(is_so, table)).unwrap_or_default()
    }

    /// Turns JSON values into rows of this dataset's type. A value of the wrong shape is left out and gives a gap that
    /// names its number, so that the list counts as cut off.
    pub(crate) fn decode(&self, values: Vec<Value>) -> (Arc<dyn AnyRows>, Vec<Gap>) {
        (self.decode)(values)
    }

    /// Reads a document straight into rows: see [`snapshot::straight`].
    pub(crate) fn straight(&self, text: &str) -> Option<Table> {
        self.straight.and_then(|straight| straight(text))
    }

    /// A gap about a read of this dataset: names the dataset, its first operation and the IAM action of that.
    pub fn gap(&self, kind: crate::GapKind, message: impl Into<String>) -> Gap {
        let gap = Gap::new(kind, message).dataset(self.name());
        match self.operations.first() {
            Some((name, action)) => gap.operation(name).action(action),
            None => gap,
        }
    }

    /// Names the operation behind a gap of this dataset, and its IAM action, where the gap does not.
    pub(crate) fn name_operation(&self, mut gap: Gap) -> Gap {
        if gap.dataset.as_deref() != Some(self.name()) {
            return gap;
        }
        let operation = match &gap.operation {
            Some(operation) => self.operations().find(|(name, _)| name == operation),
            None => self.operations().next(),
        };
        if let Some((name, action)) = operation {
            gap.operation.get_or_insert_with(|| name.to_owned());
            gap.action.get_or_insert_with(|| action.to_owned());
        }
        gap
    }
}

impl fmt::Debug for DatasetInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatasetInfo")
            .field("name", &self.name)
            .field("place", &self.place)
            .field("after", &self.after)
            .field("operations", &self.operations)
            .finish_non_exhaustive()
    }
}

fn decode_rows<R>(values: Vec<Value>) -> (Arc<dyn AnyRows>, Vec<Gap>)
where
    R: Serialize + DeserializeOwned + fmt::Debug + Send + Sync + Any,
{
    let mut rows = Vec::with_capacity(values.len());
    let mut gaps = Vec::new();
    for (index, value) in values.into_iter().enumerate() {
        match serde_json::from_value::<R>(value) {
            Ok(row) => rows.push(row),
            Err(error) => {
                let wrong = Gap::misshapen(&error).message;
                gaps.push(Gap::malformed(gap_text!("row {row} could not be understood: {wrong}", row = index + 1)));
            }
        }
    }
    (Arc::new(rows), gaps)
}
