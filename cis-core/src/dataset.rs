//! What one kind of fact about an account is: its place, its rows, the operations behind it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::gap::Gap;
use crate::place::PlaceKind;
use crate::table::AnyRows;

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
    /// Where the rows stand in a document: by default a list `rows`.
    const LAYOUT: Layout = Layout::list(&["rows"]);
}

type Decode = dyn Fn(Vec<Value>) -> (Arc<dyn AnyRows>, Vec<Gap>) + Send + Sync;

/// A [`Dataset`] as a value: for sources, plans and datasets that have no Rust type.
#[derive(Clone)]
pub struct DatasetInfo {
    name: Arc<str>,
    place: PlaceKind,
    after: Arc<[DatasetInfo]>,
    operations: Arc<[(String, String)]>,
    layout: Layout,
    decode: Arc<Decode>,
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
        }
    }

    /// A dataset without a Rust type: its rows are JSON values as they are. `operations` pairs each
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
            decode: Arc::new(decode_rows::<Value>),
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

    /// Turns JSON values into rows of this dataset's type. A value of the wrong shape is left out and gives a gap that
    /// names its number, so that the list counts as cut off.
    pub(crate) fn decode(&self, values: Vec<Value>) -> (Arc<dyn AnyRows>, Vec<Gap>) {
        (self.decode)(values)
    }

    /// A gap about a read of this dataset: names the dataset, its first operation and the IAM action of that.
    pub fn gap(&self, kind: crate::GapKind, message: impl Into<String>) -> Gap {
        let gap = Gap::new(kind, message).dataset(self.name());
        match self.operations.first() {
            Some((name, action)) => gap.operation(name).action(action),
            None => gap,
        }
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
                gaps.push(Gap::malformed(format!("row {} could not be understood: {wrong}", index + 1)));
            }
        }
    }
    (Arc::new(rows), gaps)
}
