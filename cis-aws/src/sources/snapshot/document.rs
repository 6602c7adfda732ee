//! One file of a snapshot as a table.

use std::collections::BTreeMap;

use cis_core::{Gap, GapKind, Request, Table, gap_text, snapshot};
use serde_json::Value;
use serde_json::value::RawValue;

/// The rows that a file holds. What is wrong with it is a gap that names the file; a gap that was recorded in it comes back
/// as it was. `shared`: the file holds rows of other datasets too.
pub(super) fn table(request: &Request, path: &str, bytes: &[u8], shared: bool) -> Table {
    let (info, region) = (&request.dataset, request.place.region_name());
    if let Some(table) = str::from_utf8(without_mark(bytes)).ok().and_then(|text| snapshot::straight(info, text)) {
        return table;
    }
    let ours = |gap: Gap| region.map_or(gap.clone(), |region| gap.region(region));
    let only = shared.then(|| info.layout().path.first().copied()).flatten();
    let document = match parse(bytes, only) {
        Ok(document) => document,
        Err(wrong) => return Table::gap(ours(info.gap(GapKind::Malformed, wrong.of(path)))),
    };
    let recorded = recorded(&document);
    snapshot::from_document(info, document, &request.only).map_gaps(|gap| {
        if recorded.contains(&gap) {
            return gap;
        }
        ours(Gap { message: gap_text!("{path}: {message}", message = gap.message), ..gap })
    })
}

/// Why a file is no document.
enum NoDocument {
    Empty,
    Utf16,
    NotJson(serde_json::Error),
}

impl NoDocument {
    fn of(&self, path: &str) -> String {
        match self {
            Self::Empty => gap_text!("{path} is empty; the command that was to write it may have failed"),
            Self::Utf16 => gap_text!("{path} is written in UTF-16; save it as UTF-8"),
            Self::NotJson(error) => gap_text!("{path} is not JSON: {error}"),
        }
    }
}

/// The gaps that a document holds.
fn recorded(document: &Value) -> Vec<Gap> {
    let gap = document.get("$gap").into_iter();
    let lists = ["$cut_off", "$vanished"].into_iter().filter_map(|name| document.get(name)?.as_array()).flatten();
    gap.chain(lists).filter_map(|gap| serde_json::from_value(gap.clone()).ok()).collect()
}

/// A file as JSON; with `only`, of its lists and objects that member and ours (`$gap`) alone: four datasets read one
/// answer, each a quarter of it.
fn parse(bytes: &[u8], only: Option<&str>) -> Result<Value, NoDocument> {
    let text = without_mark(bytes);
    if text.iter().all(u8::is_ascii_whitespace) {
        return Err(NoDocument::Empty);
    }
    if text.starts_with(&[0xff, 0xfe]) || text.starts_with(&[0xfe, 0xff]) {
        return Err(NoDocument::Utf16);
    }
    let Some(only) = only else {
        return serde_json::from_slice(text).map_err(NoDocument::NotJson);
    };
    let members: BTreeMap<String, &RawValue> = serde_json::from_slice(text).map_err(NoDocument::NotJson)?;
    let needed = |(name, value): &(String, &RawValue)| {
        name == only || name.starts_with('$') || !value.get().starts_with(['{', '['])
    };
    let members = members.into_iter().filter(needed);
    members
        .map(|(name, value)| Ok((name, serde_json::from_str::<Value>(value.get()).map_err(NoDocument::NotJson)?)))
        .collect::<Result<_, _>>()
        .map(Value::Object)
}

/// The text without the byte order mark that some shells write in front of it.
pub(super) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}
