//! A snapshot that is there, redacted into a folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cis_core::layer::Rewrite;
use cis_core::snapshot::{self, MANIFEST, Manifest};
use cis_core::{DatasetInfo, Error, Gap, Place, PlaceKind, json_value};
use serde_json::{Value, json};

use super::{Redactor, document};
use crate::datasets;
use crate::sources::SnapshotSource;

/// Takes the place of a file that is no JSON: it is none either.
const NO_JSON: &[u8] = b"redacted\n";

impl Redactor {
    /// Writes a snapshot with its names replaced into a folder, which is made, or must be empty. It is there whole or not at
    /// all.
    ///
    /// Only the files of this crate's datasets are written. One that cannot be read or understood is written as one that
    /// cannot be understood, so that what rests on it is unknown there as well.
    ///
    /// # Errors
    /// The folder is not empty or cannot be written; folders of the snapshot cannot be listed.
    pub fn snapshot(&self, source: &SnapshotSource, folder: &Path) -> Result<(), Error> {
        let named = |error: Error| error.at(format!("snapshot folder {}", folder.display()));
        let failed = |error: std::io::Error| named(Error::write(error.to_string()).because(error));
        let is_there = match fs::read_dir(folder) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    let message = "the folder is not empty; name a new one, a snapshot never mixes with another";
                    return Err(named(Error::write(message)));
                }
                true
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
            Err(error) => return Err(failed(error)),
        };
        let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(failed)?;
        // Beside its place, so that it can be moved there; gone if anything below fails.
        let beside = tempfile::Builder::new().prefix(".redact-").tempdir_in(parent).map_err(failed)?;
        self.write(source, beside.path())?;
        if is_there {
            fs::remove_dir(folder).map_err(failed)?;
        }
        fs::rename(beside.path(), folder).map_err(failed)?;
        // Moved away: nothing is left to remove.
        let _: PathBuf = beside.keep();
        Ok(())
    }

    fn write(&self, source: &SnapshotSource, folder: &Path) -> Result<(), Error> {
        let account_id = &source.manifest().account_id;
        let mut written = BTreeSet::new();
        for (place, container) in files(source)? {
            let path = snapshot::path_in(account_id, &container, &place)?;
            let Some(content) = self.content(&container, source.file(&path)) else { continue };
            let own = self.place(&Place::account(account_id));
            let path = snapshot::path_in(own.account_id(), &container, &self.place(&place))?;
            // Two names can't become one: that would mix what belongs to two places.
            if !written.insert(path.clone()) {
                return Err(Error::document("two of its folders get one name; redact it with another key").at(path));
            }
            write(&folder.join(path), &content)?;
        }
        let covered = source.covered();
        // What a reader would take from the files, some of which are left out.
        let manifest =
            Manifest { regions: Some(covered.regions), regions_gap: covered.regions_gap, ..source.manifest().clone() };
        write(&folder.join(MANIFEST), &pretty(&json_value(&self.manifest(&manifest))))
    }

    /// What a file becomes; nothing if it is not there.
    fn content(&self, name: &str, content: Result<Option<std::borrow::Cow<'_, [u8]>>, Gap>) -> Option<Vec<u8>> {
        let bytes = match content {
            Ok(bytes) => bytes?,
            Err(gap) => return Some(pretty(&json!({ "$gap": self.gap(&gap) }))),
        };
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Some(Vec::new());
        }
        // A reader says what is wrong with that encoding.
        if let Some(mark @ ([0xff, 0xfe] | [0xfe, 0xff])) = bytes.get(..2) {
            return Some(mark.to_vec());
        }
        let Ok(found) = serde_json::from_slice::<Value>(&bytes) else { return Some(NO_JSON.to_vec()) };
        let all = datasets::all();
        let inside: Vec<&DatasetInfo> =
            all.iter().filter(|info| info.name() == name || info.layout().within == Some(name)).collect();
        Some(pretty(&document::document(&self.cipher, &inside, &found)))
    }
}

/// Every file that a snapshot may have: its place, and the name of its dataset or of what several are in.
fn files(source: &SnapshotSource) -> Result<Vec<(Place, String)>, Error> {
    let listed = |parent: &str| source.folders(parent).map_err(|gap| Error::document(gap.message).at("the snapshot"));
    let own = source.manifest().account_id.clone();
    let others = listed("accounts")?;
    let mut places = Vec::new();
    for account_id in std::iter::once(&own).chain(others.iter().filter(|other| **other != own)) {
        places.push(Place::account(account_id));
        let regions = if *account_id == own { "regions".to_owned() } else { format!("accounts/{account_id}/regions") };
        places.extend(listed(&regions)?.iter().map(|region| Place::region(account_id, region)));
    }
    let names: BTreeSet<(String, PlaceKind)> = datasets::all()
        .iter()
        .flat_map(|info| {
            let names = [Some(info.name()), info.layout().within].into_iter().flatten();
            names.map(|name| (name.to_owned(), info.place())).collect::<Vec<_>>()
        })
        .collect();
    let of_place = |place: &Place| {
        let names = names.iter().filter(|(_, kind)| *kind == place.kind());
        names.map(|(name, _)| name.clone()).collect::<Vec<_>>()
    };
    Ok(places
        .into_iter()
        .flat_map(|place| of_place(&place).into_iter().map(move |name| (place.clone(), name)))
        .collect())
}

fn pretty(value: &Value) -> Vec<u8> {
    let mut text = format!("{value:#}").into_bytes();
    text.push(b'\n');
    text
}

fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::write(error.to_string()).at(path.display().to_string()).because(error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, content).map_err(failed)
}
