//! A document straight into rows, without a [`Value`](serde_json::Value) between: for those with nothing wrong with them,
//! which are nearly all.

use std::fmt;

use jiff::Timestamp;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::PAGES;
use crate::dataset::{Dataset, DatasetInfo};
use crate::fact;
use crate::table::Table;

/// The table of a document that is an answer of the AWS API and nothing else, `$read_at` aside: some four times as fast as
/// [`from_document`](super::from_document), in a third of the memory. None where something is wrong with the document, or
/// more is to be told of it: `from_document` tells it, and gives the same rows.
///
/// A member that no row has is not looked into: a number there that is too large, say, goes unseen.
pub fn straight(info: &DatasetInfo, text: &str) -> Option<Table> {
    info.straight(text)
}

/// As [`straight`], of a dataset with its type.
pub(crate) fn read<D: Dataset>(text: &str) -> Option<Table> {
    if D::LAYOUT.single || D::LAYOUT.path.is_empty() {
        return None;
    }
    let mut read = Read { rows: Vec::new(), read_at: None };
    let document = Object { path: D::LAYOUT.path, is_document: true, into: &mut read };
    let whole = fact::strictly(|| {
        let mut json = serde_json::Deserializer::from_str(text);
        document.deserialize(&mut json).and_then(|()| json.end())
    });
    whole.ok()?;
    let table = Table::rows::<D>(read.rows);
    Some(match read.read_at {
        Some(at) => table.read_at(at),
        None => table,
    })
}

struct Read<R> {
    rows: Vec<R>,
    read_at: Option<Timestamp>,
}

/// The document, or an object on the way to the rows.
struct Object<'a, R> {
    /// The members from here to the rows.
    path: &'static [&'static str],
    is_document: bool,
    into: &'a mut Read<R>,
}

impl<'de, R: DeserializeOwned> DeserializeSeed<'de> for Object<'_, R> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, R: DeserializeOwned> Visitor<'de> for Object<'_, R> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let (name, rest) = self.path.split_first().ok_or_else(|| A::Error::custom("no way to the rows"))?;
        let mut found = false;
        while let Some(member) = members.next_key::<String>()? {
            if member == *name {
                if std::mem::replace(&mut found, true) {
                    return Err(A::Error::custom("the rows are there twice"));
                }
                if rest.is_empty() {
                    members.next_value_seed(Rows(&mut self.into.rows))?;
                } else {
                    members.next_value_seed(Objects { path: rest, into: self.into })?;
                }
            } else if !self.is_document {
                members.next_value::<IgnoredAny>()?;
            } else if member == "$read_at" {
                self.into.read_at = members.next_value()?;
            } else if member.starts_with('$') {
                members.next_value::<()>()?;
            } else if PAGES.contains(&member.as_str()) {
                if members.next_value::<Option<bool>>()? == Some(true) {
                    return Err(A::Error::custom("there is a later page"));
                }
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        if found { Ok(()) } else { Err(A::Error::custom("the rows are missing")) }
    }
}

/// Objects on the way to the rows: a list of them, or one.
struct Objects<'a, R> {
    path: &'static [&'static str],
    into: &'a mut Read<R>,
}

impl<'de, R: DeserializeOwned> DeserializeSeed<'de> for Objects<'_, R> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, R: DeserializeOwned> Visitor<'de> for Objects<'_, R> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects, or one")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { path, into } = self;
        while list.next_element_seed(Object { path, is_document: false, into })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<(), A::Error> {
        Object { path: self.path, is_document: false, into: self.into }.visit_map(members)
    }
}

/// The list of rows.
struct Rows<'a, R>(&'a mut Vec<R>);

impl<'de, R: DeserializeOwned> DeserializeSeed<'de> for Rows<'_, R> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, R: DeserializeOwned> Visitor<'de> for Rows<'_, R> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(row) = list.next_element()? {
            self.0.push(row);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::Value;

    use super::super::from_document;
    use crate::dataset::{Layout, Operation};
    use crate::place::PlaceKind;
    use crate::{Dataset, DatasetInfo, Fact, Wanted};

    #[derive(Debug, Serialize, Deserialize)]
    struct Door {
        name: String,
        locks: Fact<Option<Vec<Lock>>>,
        #[serde(flatten)]
        frame: Fact<Frame>,
    }

    #[derive(Debug, Serialize, Deserialize)]
    struct Lock {
        kind: Fact<String>,
        turns: Option<i64>,
    }

    #[derive(Debug, Serialize, Deserialize)]
    struct Frame {
        #[serde(default)]
        wide: Option<f64>,
    }

    struct Doors;
    impl Dataset for Doors {
        type Row = Door;
        const NAME: &'static str = "acme.doors";
        const PLACE: PlaceKind = PlaceKind::Account;
        const OPERATIONS: &'static [Operation] = &[Operation::named("acme:ListDoors")];
        const LAYOUT: Layout = Layout::list(&["floors", "doors"]);
    }

    /// Whether each is read straight; where it is, the table is the same either way.
    #[test]
    fn what_is_read_straight_is_what_is_read_by_way_of_a_value() {
        let doors = |doors: &str| format!(r#"{{"floors": [{{"doors": [{doors}]}}]}}"#);
        let lock = |lock: &str| doors(&format!(r#"{{"name": "a", "locks": [{lock}], "wide": 1.5}}"#));
        let with = |member: &str| format!(r#"{{{member}, "floors": [{{"doors": [{{"name": "a", "locks": null}}]}}]}}"#);
        let cases: [(&str, String, bool); 29] = [
            ("no rows", doors(""), true),
            ("no floor", r#"{"floors": []}"#.into(), true),
            ("one floor, not in a list", r#"{"floors": {"doors": []}}"#.into(), true),
            ("rows", lock(r#"{"kind": "bolt", "turns": 2}, {"kind": "chain"}"#), true),
            ("nothing known", doors(r#"{"name": "a", "locks": null}"#), true),
            ("a gap for a list", doors(r#"{"name": "a", "locks": {"$gap": {"kind": "denied"}}}"#), true),
            ("a gap in a list", lock(r#"{"kind": {"$gap": {"kind": "denied", "message": "no"}}}"#), true),
            ("a gap that says nothing", lock(r#"{"kind": {"$gap": 3}}"#), true),
            ("members that no row has", with(r#""more": [{"a": [1, 2.5, "x"]}], "other": null"#), true),
            ("when it was read", with(r#""$read_at": "2026-01-02T03:04:05Z""#), true),
            ("the last page", with(r#""IsTruncated": false, "NextToken": null"#), true),
            ("nothing to be told", with(r#""$cut_off": null"#), true),
            ("text with escapes", doors(r#"{"name": "a\u00e4\n", "locks": null}"#), true),
            ("a later page", with(r#""NextToken": "abc""#), false),
            ("a later page, as EFS says it", with(r#""NextMarker": "abc""#), false),
            ("cut off", with(r#""$cut_off": [{"kind": "throttled"}]"#), false),
            ("only some", with(r#""$only": ["a"]"#), false),
            ("a moment that is none", with(r#""$read_at": "yesterday""#), false),
            ("a list of the wrong shape", doors(r#"{"name": "a", "locks": 3}"#), false),
            ("an item of the wrong shape", lock(r#"{"kind": 3}"#), false),
            ("a fact that is not there", lock(r#"{"turns": 2}"#), false),
            ("a row of the wrong shape", doors(r#"{"locks": null}"#), false),
            ("a member twice", with(r#""floors": []"#), false),
            ("a field twice", doors(r#"{"name": "a", "name": "b", "locks": null}"#), false),
            ("no floors", r#"{"doors": []}"#.into(), false),
            ("floors in lists", r#"{"floors": [[{"doors": []}]]}"#.into(), false),
            ("it breaks off", r#"{"floors": [{"doors": ["#.into(), false),
            ("there is more behind it", doors("") + "{}", false),
            ("a gap and nothing else", r#"{"$gap": {"kind": "denied"}}"#.into(), false),
        ];
        let info = DatasetInfo::of::<Doors>();
        for (why, text, is_straight) in cases {
            let straight = super::straight(&info, &text);
            assert_eq!(straight.is_some(), is_straight, "{why}");
            if let Some(table) = straight {
                let value: Value = serde_json::from_str(&text).unwrap();
                let other = from_document(&info, value, &Wanted::All);
                let of = |table: &crate::Table| format!("{table:?}");
                assert_eq!(of(&table), of(&other), "{why}");
            }
            let after: Fact<u8> = serde_json::from_str("[]").unwrap();
            assert!(after.known().is_err(), "{why}: facts are read as before");
        }
    }
}
