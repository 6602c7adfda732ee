//! The format of snapshots: what was read of an account, as JSON documents in the shape of AWS's own answers.
//!
//! ```text
//! snapshot.json                              the manifest: format, version, account, partition, moment, regions
//! account/iam.password_policy.json           what an account has once
//! regions/eu-west-1/ec2.instances.json       what it has in each region
//! accounts/999988887777/regions/...          what was read in another account, where a control follows something there
//! ```
//!
//! A document is an answer of the AWS API, so that the output of `aws ... --output json` drops in: where the rows stand is
//! the dataset's [`Layout`](crate::Layout). Members that begin with `$` are ours: `$read_at` (when it was read), `$gap` (it
//! could not be read, and why), `$cut_off` (a list of gaps: the list is not whole), `$only` (the names that were asked for,
//! where not all were), `$vanished` (a list of gaps: resources that were gone when they were read), `$no_service` (the
//! service is not in this region, and who says so). Reading and writing files is the business of sources and layers; here
//! is what they hold.

mod straight;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::collect::source::{Coverage, Region, Wanted};
use crate::dataset::DatasetInfo;
use crate::error::Error;
use crate::gap::{Gap, GapKind};
use crate::gap_text;
use crate::place::Place;
use crate::report::Collection;
use crate::table::Table;

pub(crate) use self::straight::read;
pub use self::straight::straight;

/// The name of the manifest.
pub const MANIFEST: &str = "snapshot.json";
/// What the manifest gives as `format`.
pub const FORMAT: &str = "cis-snapshot";
/// The version of the format that this library writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// The manifest of a snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Manifest {
    /// Always `cis-snapshot`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = FORMAT)))]
    pub format: String,
    /// The version of the format.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = VERSION)))]
    pub version: u32,
    /// The 12-digit account id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9]{12}$")))]
    pub account_id: String,
    /// The partition; `aws` if it is not said.
    #[serde(default = "default_partition")]
    pub partition: String,
    /// The moment that verdicts are to be given for.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::moment_or_null"))]
    pub as_of: Option<Timestamp>,
    /// Every region that is known. Left out: those of `ec2.regions`, else those that have a folder.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::regions"))]
    pub regions: Option<Vec<Region>>,
    /// Why the list of regions is not whole, if it is not.
    #[serde(default)]
    pub regions_gap: Option<Gap>,
    /// What the reads took, where that was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<Collection>,
}

fn default_partition() -> String {
    "aws".to_owned()
}

impl Manifest {
    /// The manifest for what a source covers.
    pub fn new(coverage: &Coverage, as_of: Timestamp) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            account_id: coverage.account_id.clone(),
            partition: coverage.partition.clone(),
            as_of: Some(as_of),
            regions: Some(coverage.regions.clone()),
            regions_gap: coverage.regions_gap.clone(),
            collection: None,
        }
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// Not JSON, not a snapshot's manifest, a newer version, an account id that is not 12 digits.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        let at = |error: Error| error.at(MANIFEST);
        let value: Value =
            serde_json::from_slice(text).map_err(|error| at(Error::document(format!("it is not JSON: {error}"))))?;
        if value.get("format").and_then(Value::as_str) != Some(FORMAT) {
            return Err(at(Error::document(format!("it is not a snapshot's manifest: \"format\" must be {FORMAT:?}"))));
        }
        // The version comes first: a newer format may have other fields.
        match value.get("version").and_then(Value::as_u64) {
            Some(version) if (1..=u64::from(VERSION)).contains(&version) => {}
            Some(version) => {
                let message = format!(
                    "format version {version} is not known (known: 1 to {VERSION}); a newer release may read it"
                );
                return Err(at(Error::document(message)));
            }
            None => return Err(at(Error::document("\"version\" is missing or not a number"))),
        }
        let manifest: Self = serde_json::from_value(value).map_err(|error| at(Error::document(error.to_string())))?;
        if manifest.account_id.len() != 12 || !manifest.account_id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(at(Error::document(format!("account_id {:?} is not 12 digits", manifest.account_id))));
        }
        Ok(manifest)
    }
}

/// Where a dataset at a place stands in a snapshot, with `/` between folders.
///
/// # Errors
/// A name that is not made of letters, digits, `.`, `_` and `-`, or that begins with `.`: it could leave the folder.
pub fn path(dataset: &str, place: &Place) -> Result<String, Error> {
    plain(dataset)?;
    match place.region_name() {
        None => Ok(format!("account/{dataset}.json")),
        Some(region) => {
            plain(region)?;
            Ok(format!("regions/{region}/{dataset}.json"))
        }
    }
}

/// Where a dataset at a place stands in the snapshot of an account: [`path`], under `accounts/ID/` for another account's.
///
/// # Errors
/// As [`path`].
pub fn path_in(account_id: &str, dataset: &str, place: &Place) -> Result<String, Error> {
    let path = path(dataset, place)?;
    if place.account_id() == account_id {
        return Ok(path);
    }
    plain(place.account_id())?;
    Ok(format!("accounts/{}/{path}", place.account_id()))
}

fn plain(name: &str) -> Result<(), Error> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if name.bytes().all(legal) && !name.is_empty() && !name.starts_with('.') {
        return Ok(());
    }
    Err(Error::input(format!("{name:?} cannot be the name of a file in a snapshot")))
}

/// A table as a document.
pub fn to_document(info: &DatasetInfo, table: &Table, only: &Wanted) -> Value {
    let mut document = match (table.to_json(), table.why_no_service()) {
        (Err(gap), _) => json!({ "$gap": gap }),
        (Ok(_), Some(why)) => json!({ "$no_service": why }),
        (Ok(rows), None) => nest(info, rows),
    };
    if let Value::Object(members) = &mut document {
        if let Some(at) = table.when_read() {
            members.insert("$read_at".into(), json!(at));
        }
        if !table.cut_off_by().is_empty() {
            members.insert("$cut_off".into(), json!(table.cut_off_by()));
        }
        if !table.gone().is_empty() {
            members.insert("$vanished".into(), json!(table.gone()));
        }
        if let Wanted::Names(names) = only {
            members.insert("$only".into(), json!(names));
        }
    }
    document
}

fn nest(info: &DatasetInfo, rows: Vec<Value>) -> Value {
    let layout = info.layout();
    let mut path = layout.path.iter().rev();
    let mut value = if layout.single {
        let row = rows.into_iter().next().unwrap_or_default();
        match path.next() {
            Some(last) => json!({ *last: row }),
            // The whole document is the row; an empty one says that there is none.
            None if row.is_null() => Value::Object(Map::new()),
            None => row,
        }
    } else {
        match path.next() {
            Some(last) => json!({ *last: rows }),
            None => json!({ "rows": rows }),
        }
    };
    for name in path {
        value = json!({ *name: [value] });
    }
    value
}

/// A document as a table. What it lacks is a gap: a member on the way to the rows, a later page, names that were not asked
/// for when it was recorded.
pub fn from_document(info: &DatasetInfo, document: Value, wanted: &Wanted) -> Table {
    let malformed = |message: String| info.gap(GapKind::Malformed, message);
    let Value::Object(mut members) = document else {
        return Table::gap(malformed(gap_text!("the document is not a JSON object")));
    };
    let mut ours = |name: &str| members.remove(name).filter(|value| !value.is_null());
    let (gap, cut_off, read_at, only) = (ours("$gap"), ours("$cut_off"), ours("$read_at"), ours("$only"));
    let (vanished, no_service) = (ours("$vanished"), ours("$no_service"));
    let mut gaps = Vec::new();
    let read_at: Option<Timestamp> = match read_at.map(serde_json::from_value).transpose() {
        Ok(at) => at,
        Err(error) => return Table::gap(malformed(not_understood("$read_at", &error))),
    };
    let when = |table: Table| match read_at {
        Some(at) => table.read_at(at),
        None => table,
    };
    if let Some(gap) = gap {
        let gap = serde_json::from_value(gap).unwrap_or_else(|error| malformed(not_understood("$gap", &error)));
        return when(Table::gap(gap));
    }
    // Whoever says that there is no service and shows what it has, or that a list is not whole, has something wrong.
    match no_service {
        None => {}
        Some(Value::String(why)) if !why.is_empty() && members.is_empty() && cut_off.is_none() => {
            return when(Table::no_service(info, why));
        }
        Some(_) => {
            let message = gap_text!("$no_service must be a text that says who says so, and stand without an answer");
            return when(Table::gap(malformed(message)));
        }
    }
    match cut_off.map(serde_json::from_value::<Vec<Gap>>) {
        None => {}
        Some(Ok(recorded)) => gaps.extend(recorded),
        Some(Err(error)) => gaps.push(malformed(not_understood("$cut_off", &error))),
    }
    let gone: Vec<Gap> = match vanished.map(serde_json::from_value).transpose() {
        Ok(recorded) => recorded.unwrap_or_default(),
        Err(error) => return Table::gap(malformed(not_understood("$vanished", &error))),
    };
    match only {
        None => {}
        Some(Value::Array(names)) => {
            let recorded = |name: &str| names.iter().any(|recorded| recorded == name);
            let whole = match wanted {
                Wanted::Nothing => true,
                Wanted::All | Wanted::AllAnd(_) => false,
                Wanted::Names(wanted) => wanted.iter().all(|name| recorded(name)),
            };
            if !whole {
                gaps.push(info.gap(GapKind::CutOff, "only some resources were asked for when this was recorded"));
            }
        }
        Some(_) => gaps.push(malformed(gap_text!("$only must be a list of names"))),
    }
    // A misspelt word on what is missing must not pass for a list that is whole.
    let misspelt = members.iter().filter(|(name, value)| name.starts_with('$') && !value.is_null());
    gaps.extend(misspelt.map(|(name, _)| malformed(gap_text!("the member {name} is not known"))));
    if let Some(token) = later_page(&members) {
        gaps.push(
            info.gap(GapKind::CutOff, gap_text!("the answer has a later page ({token}) that is not in the snapshot")),
        );
    }
    match unnest(info, members) {
        Err(message) => when(Table::gap(malformed(message))),
        Ok(rows) => {
            let table = gaps.into_iter().fold(Table::from_json(info, rows), Table::cut_off);
            when(gone.into_iter().fold(table, Table::vanished))
        }
    }
}

fn not_understood(member: &str, error: &serde_json::Error) -> String {
    gap_text!("{member} could not be understood: {error}")
}

/// The members by which AWS's answers say that they go on: a text, or true.
pub const PAGES: [&str; 7] =
    ["IsTruncated", "Truncated", "NextToken", "nextToken", "Marker", "NextMarker", "ContinuationToken"];

/// The member by which an answer says that it goes on.
fn later_page(members: &Map<String, Value>) -> Option<&'static str> {
    let says = |value: &Value| match value {
        Value::Bool(yes) => *yes,
        Value::String(text) => !text.is_empty(),
        _ => false,
    };
    PAGES.into_iter().find(|name| members.get(*name).is_some_and(says))
}

fn unnest(info: &DatasetInfo, members: Map<String, Value>) -> Result<Vec<Value>, String> {
    let layout = info.layout();
    if layout.path.is_empty() && layout.single && members.is_empty() {
        return Ok(Vec::new());
    }
    let mut values = vec![Value::Object(members)];
    for (depth, name) in layout.path.iter().enumerate() {
        let mut inside = Vec::new();
        for value in values {
            let Value::Object(mut members) = value else {
                return Err(gap_text!("what holds {name:?} is not a JSON object"));
            };
            let last = depth + 1 == layout.path.len();
            match members.remove(*name) {
                None => return Err(gap_text!("the member {name:?} is missing")),
                Some(Value::Null) if layout.single && last => {}
                Some(row) if layout.single && last => inside.push(row),
                Some(Value::Array(items)) => inside.extend(items),
                Some(object @ Value::Object(_)) if !last => inside.push(object),
                Some(_) => return Err(gap_text!("the member {name:?} is not a list")),
            }
        }
        values = inside;
    }
    Ok(values)
}
