//! The files of a `.tar.gz`, within limits and without ever touching a disk.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use cis_core::Error;
use cis_core::snapshot::MANIFEST;
use flate2::bufread::MultiGzDecoder;
use tar::{Archive, EntryType};

use super::Limits;

/// What headers, long names and padding between two entries may take. An honest archive needs a few KiB.
const BETWEEN: u64 = 1 << 20;

/// The JSON files of a compressed archive, by their path below the folder that holds the manifest.
///
/// Sizes are checked as they are declared, before anything of that size is read; and no read goes beyond what was declared,
/// so that nothing in the archive decides how much work it makes.
pub(super) fn read(file: impl BufRead, limits: &Limits) -> Result<BTreeMap<String, Cow<'static, [u8]>>, Error> {
    let left = Rc::new(Cell::new(BETWEEN));
    let mut archive = Archive::new(Capped { inner: MultiGzDecoder::new(file), left: Rc::clone(&left) });
    let mut files = BTreeMap::new();
    let (mut total, mut last) = (0_u64, String::from("the beginning"));
    let damaged = |last: &str, error: io::Error| {
        Error::document(format!("the archive is damaged or cut off after {last}: {error}; copy or make it again"))
            .because(error)
    };
    let entries = archive.entries().map_err(|error| damaged(&last, error))?;
    for (number, entry) in entries.enumerate() {
        if number >= limits.files {
            return Err(Error::document(format!("the archive has more entries than the limit of {}", limits.files)));
        }
        let mut entry = entry.map_err(|error| damaged(&last, error))?;
        let name = Name::of(&entry.path_bytes());
        name.check(entry.header().entry_type())?;
        let size = entry.size();
        if size > limits.file_bytes {
            return Err(name.refused(&format!(
                "declares {size} bytes, which is more than the limit of {} for one file",
                limits.file_bytes
            )));
        }
        total = total.saturating_add(size);
        if total > limits.total_bytes {
            let limit = limits.total_bytes;
            return Err(name.refused(&format!("takes the archive over the limit of {limit} bytes for all files")));
        }
        left.set(size.saturating_add(BETWEEN));
        if let Some(path) = name.wanted() {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).map_err(|error| damaged(&name.shown, error))?;
            if u64::try_from(content.len()) != Ok(size) {
                return Err(damaged(&name.shown, io::ErrorKind::UnexpectedEof.into()));
            }
            if files.insert(path, Cow::Owned(content)).is_some() {
                return Err(name.refused("is in the archive twice"));
            }
        }
        last = name.shown;
    }
    left.set(BETWEEN);
    nothing_more(archive.into_inner()).map_err(|error| damaged(&last, error))?;
    below_manifest(files)
}

/// Reads to the end, so that a checksum is checked that stands there.
fn nothing_more(mut rest: impl Read) -> io::Result<()> {
    let mut buffer = [0; 8192];
    loop {
        match rest.read(&mut buffer)? {
            0 => return Ok(()),
            count if buffer.iter().take(count).all(|&byte| byte == 0) => {}
            _ => return Err(io::Error::other("there is more behind its end")),
        }
    }
}

/// Takes away the one folder that an archive may have around everything.
fn below_manifest(files: BTreeMap<String, Cow<'static, [u8]>>) -> Result<BTreeMap<String, Cow<'static, [u8]>>, Error> {
    if files.contains_key(MANIFEST) {
        return Ok(files);
    }
    let around = |path: &String| {
        let (folder, name) = path.split_once('/')?;
        (name == MANIFEST).then(|| format!("{folder}/"))
    };
    let mut folders = files.keys().filter_map(around);
    match (folders.next(), folders.next()) {
        (Some(folder), None) => Ok(files
            .into_iter()
            .filter_map(|(path, content)| Some((path.strip_prefix(&folder)?.to_owned(), content)))
            .collect()),
        (Some(one), Some(other)) => Err(Error::document(format!(
            "the archive holds more than one snapshot, in {one} and in {other}; make one archive of each"
        ))),
        (None, _) => Err(Error::document(format!(
            "it is not a snapshot: the archive has no {MANIFEST} at its top, nor in one folder there"
        ))),
    }
}

/// The name of an entry.
struct Name {
    /// As it stands in the archive, in quotes.
    shown: String,
    /// Between the slashes, without empty ones and single dots.
    parts: Vec<String>,
    rooted: bool,
}

impl Name {
    fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let parts = text.split('/').filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect();
        Self { shown: format!("{text:?}"), parts, rooted: text.starts_with('/') }
    }

    fn refused(&self, what: &str) -> Error {
        Error::document(format!("the entry {} {what}", self.shown))
    }

    /// Nothing is written to a disk here; but what asks to leave its folder, or to point out of it, is no snapshot.
    fn check(&self, kind: EntryType) -> Result<(), Error> {
        let what = match kind {
            EntryType::Regular | EntryType::Directory | EntryType::XGlobalHeader => None,
            EntryType::Symlink | EntryType::Link => Some("a link"),
            EntryType::Char | EntryType::Block | EntryType::Fifo => Some("a device or a pipe"),
            _ => Some("of a kind that no snapshot needs"),
        };
        if let Some(what) = what {
            return Err(self.refused(&format!("is {what}; a snapshot holds plain files only")));
        }
        // `\` and `C:` lead elsewhere where Windows reads them.
        let leads_out = |part: &String| part == ".." || part.contains('\\');
        let drive = self.parts.first().is_some_and(|part| part.get(1..2) == Some(":"));
        if self.rooted || drive || self.parts.iter().any(leads_out) {
            return Err(self.refused("leads out of the archive; a snapshot holds plain paths only"));
        }
        Ok(())
    }

    /// The path, if it can be one of a snapshot's files: `folder/regions/name/dataset.json` at the longest.
    fn wanted(&self) -> Option<String> {
        let json = self.parts.last().is_some_and(|name| name.strip_suffix(".json").is_some());
        (json && self.parts.len() <= 4).then(|| self.parts.join("/"))
    }
}

/// Ends in an error, and not in more work, after so many bytes.
struct Capped<R> {
    inner: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(into.len());
        if most == 0 && !into.is_empty() {
            return Err(io::Error::other(format!("more than {BETWEEN} bytes follow that are no file's")));
        }
        let count = self.inner.read(into.get_mut(..most).unwrap_or_default())?;
        self.left.set(left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX)));
        Ok(count)
    }
}
