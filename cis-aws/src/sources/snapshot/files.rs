//! Where the files of a snapshot lie: in a folder, or in memory.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use cis_core::{GapKind, Place, gap_text, snapshot};

use super::Limits;

/// Why a file that is there could not be read.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) kind: GapKind,
    pub(super) message: String,
}

impl Unreadable {
    fn refused(message: String) -> Self {
        Self { kind: GapKind::Malformed, message }
    }

    fn failed(path: &str, error: &io::Error) -> Self {
        Self { kind: GapKind::Failed, message: gap_text!("{path} could not be read: {error}") }
    }
}

/// The files of a snapshot, by their path in it.
pub(super) enum Files {
    /// In a folder, read when asked. INVARIANT: `root` is canonical.
    InFolder { root: PathBuf, limits: Limits },
    /// In memory.
    InMemory(BTreeMap<String, Cow<'static, [u8]>>),
}

impl Files {
    pub(super) fn in_folder(root: &Path, limits: Limits) -> io::Result<Self> {
        Ok(Self::InFolder { root: root.canonicalize()?, limits })
    }

    /// The content of a file; none if it is not there.
    pub(super) fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, Unreadable> {
        match self {
            Self::InMemory(files) => Ok(files.get(path).map(|content| Cow::Borrowed(&**content))),
            Self::InFolder { root, limits } => Ok(read(root, path, limits.file_bytes)?.map(Cow::Owned)),
        }
    }

    /// The names of the folders in a folder that hold something; `parent` without a slash at its end.
    pub(super) fn folders(&self, parent: &str) -> Result<BTreeSet<String>, Unreadable> {
        let names = match self {
            Self::InMemory(files) => {
                let inside = |path: &String| {
                    let inside = path.strip_prefix(parent)?.strip_prefix('/')?;
                    Some(inside.split_once('/')?.0.to_owned())
                };
                files.keys().filter_map(inside).collect()
            }
            Self::InFolder { root, limits } => folders(root, parent, limits.files)?,
        };
        // A name that no file can be looked up by (a hidden folder) is none of ours.
        let ours = |name: &String| snapshot::path("ec2.regions", &Place::region("", name)).is_ok();
        Ok(names.into_iter().filter(ours).collect())
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InFolder { root, .. } => f.debug_tuple("InFolder").field(root).finish(),
            Self::InMemory(files) => f.debug_tuple("InMemory").field(&files.len()).finish(),
        }
    }
}

fn read(root: &Path, path: &str, most: u64) -> Result<Option<Vec<u8>>, Unreadable> {
    let whole = root.join(path);
    let failed = |error: io::Error| Unreadable::failed(path, &error);
    let real = match whole.canonicalize() {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if whole.is_symlink() {
                return Err(Unreadable::refused(gap_text!("{path} is a link to nothing")));
            }
            return Ok(None);
        }
        Err(error) => return Err(failed(error)),
    };
    if !real.starts_with(root) {
        let message = gap_text!("{path} is a link that leaves the snapshot's folder; put the file itself there");
        return Err(Unreadable::refused(message));
    }
    let metadata = fs::metadata(&real).map_err(failed)?;
    // Opening a pipe would wait for a writer; a device has no end.
    if !metadata.is_file() {
        return Err(Unreadable::refused(gap_text!("{path} is not a file")));
    }
    let larger = || Unreadable::refused(gap_text!("{path} is larger than the limit of {most} bytes for one file"));
    if metadata.len() > most {
        return Err(larger());
    }
    // With room for one byte more, by which its end shows, it need not grow. The file may, while it is read.
    let mut content = Vec::with_capacity(usize::try_from(metadata.len().saturating_add(1)).unwrap_or_default());
    File::open(&real).map_err(failed)?.take(most.saturating_add(1)).read_to_end(&mut content).map_err(failed)?;
    if u64::try_from(content.len()).is_ok_and(|length| length <= most) { Ok(Some(content)) } else { Err(larger()) }
}

fn folders(root: &Path, parent: &str, most: usize) -> Result<BTreeSet<String>, Unreadable> {
    let failed = |error: io::Error| Unreadable::failed(parent, &error);
    let entries = match fs::read_dir(root.join(parent)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut names = BTreeSet::new();
    for (number, entry) in entries.enumerate() {
        if number >= most {
            return Err(Unreadable::refused(gap_text!("{parent} has more entries than the limit of {most}")));
        }
        let path = entry.map_err(failed)?.path();
        // An empty folder says no more here than in an archive, where only files are looked at.
        let holds_something = fs::read_dir(&path).is_ok_and(|mut inside| inside.next().is_some());
        if let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|_| holds_something) {
            names.insert(name.to_owned());
        }
    }
    Ok(names)
}
