//! A snapshot as a data source: a folder, one compressed file, or files that are compiled in.

mod archive;
mod document;
mod files;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

use async_trait::async_trait;
use cis_core::snapshot::{self, MANIFEST, Manifest};
use cis_core::{
    Collection, Coverage, DataSource, DatasetInfo, Error, Gap, GapKind, Place, Region, RegionStatus, Request, Table,
    gap_text,
};

use self::files::{Files, Unreadable};
use crate::datasets::ec2::Regions;

/// How much of a snapshot is read at most, so that a damaged or hostile one ends in an error and not in a full memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The bytes of one file, uncompressed. Default: 256 MiB; the authorization details of an account with 5,000 users
    /// and 10,000 roles take about 60.
    pub file_bytes: u64,
    /// The bytes of all files of an archive together, uncompressed: an archive is held in memory. Default: 1 GiB. A
    /// folder's files are read when they are asked for, so that this does not bound them.
    pub total_bytes: u64,
    /// The entries of an archive, folders included; in a folder, those of `regions/`. Default: 20,000.
    pub files: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_bytes: 256 << 20, total_bytes: 1 << 30, files: 20_000 }
    }
}

/// What was read of an account earlier, in the format that [`cis_core::snapshot`] gives: as a folder, or as one
/// `.tar.gz` of it.
///
/// Reading runs nothing and writes nothing. What is wrong with one file is a gap in that one dataset at that one place;
/// only a manifest or an archive that cannot be read is an error. A folder's files are read when they are asked for; an
/// archive is read whole when it is opened, within [`Limits`].
///
/// ```no_run
/// let source = cis_aws::sources::SnapshotSource::open("account.tar.gz".as_ref())?;
/// assert_eq!(source.manifest().account_id.len(), 12);
/// # Ok::<(), cis_core::Error>(())
/// ```
pub struct SnapshotSource {
    manifest: Manifest,
    files: Files,
}

impl SnapshotSource {
    /// Opens a folder or a `.tar.gz` within the default limits.
    ///
    /// # Errors
    /// Nothing there; neither a folder nor a gzip-compressed tar archive; no manifest, or one that cannot be understood
    /// or is of a newer format; an archive that is damaged, too large, or holds links, devices or paths that leave it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::open_with(path, Limits::default())
    }

    /// Opens a folder or a `.tar.gz` within limits of your own.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(path: &Path, limits: Limits) -> Result<Self, Error> {
        let files = || {
            let unreadable = |error: std::io::Error| Error::document(format!("cannot be read: {error}")).because(error);
            let metadata = fs::metadata(path).map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => {
                    Error::document("there is nothing; name the folder of a snapshot, or its .tar.gz").because(error)
                }
                _ => unreadable(error),
            })?;
            if metadata.is_dir() {
                return Files::in_folder(path, limits).map_err(unreadable);
            }
            // Opening a pipe would wait for a writer.
            if !metadata.is_file() {
                return Err(Error::document("it is neither a folder nor a file"));
            }
            let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
            let start = file.fill_buf().map_err(unreadable)?;
            if start.starts_with(&[0x1f, 0x8b]) {
                return archive::read(file, &limits).map(Files::InMemory);
            }
            let found = match start.first() {
                Some(b'{') => "it is a JSON document; name the folder that it lies in",
                Some(_) => "it is not compressed with gzip; name the folder of a snapshot, or its .tar.gz",
                None => "the file is empty; copy it again",
            };
            Err(Error::document(found))
        };
        files().and_then(Self::new).map_err(|error| error.at(path.display().to_string()))
    }

    /// A snapshot whose files are in memory, by their path in it (`account/ec2.regions.json`).
    ///
    /// # Errors
    /// The manifest is missing or cannot be understood.
    pub fn from_files(files: impl IntoIterator<Item = (String, Cow<'static, [u8]>)>) -> Result<Self, Error> {
        Self::new(Files::InMemory(files.into_iter().collect::<BTreeMap<_, _>>()))
    }

    fn new(files: Files) -> Result<Self, Error> {
        let manifest = files.read(MANIFEST).map_err(|Unreadable { message, .. }| Error::document(message))?;
        let Some(manifest) = manifest else {
            return Err(Error::document(format!("it is not a snapshot: it has no {MANIFEST}")));
        };
        let manifest = Manifest::parse(document::without_mark(&manifest))?;
        Ok(Self { manifest, files })
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The content of a file; none if it is not there.
    ///
    /// # Errors
    /// Why it could not be read.
    #[cfg(feature = "redact")]
    pub(crate) fn file(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, Gap> {
        let content = self.files.read(path).map_err(|Unreadable { kind, message }| Gap::new(kind, message))?;
        Ok(content.map(|content| match content {
            Cow::Borrowed(bytes) => Cow::Borrowed(document::without_mark(bytes)),
            Cow::Owned(bytes) => Cow::Owned(document::without_mark(&bytes).to_vec()),
        }))
    }

    /// The names of the folders in a folder that hold something.
    ///
    /// # Errors
    /// Why it could not be listed.
    #[cfg(feature = "redact")]
    pub(crate) fn folders(&self, parent: &str) -> Result<std::collections::BTreeSet<String>, Gap> {
        self.files.folders(parent).map_err(|Unreadable { kind, message }| Gap::new(kind, message))
    }

    fn table(&self, request: &Request) -> Table {
        let (info, place) = (&request.dataset, &request.place);
        let gap = |kind, message: String| {
            let gap = info.gap(kind, message);
            Table::gap(place.region_name().map_or(gap.clone(), |region| gap.region(region)))
        };
        let mut looked_for = Vec::new();
        for name in [Some(info.name()), info.layout().within].into_iter().flatten() {
            let path = match snapshot::path_in(&self.manifest.account_id, name, place) {
                Ok(path) => path,
                Err(error) => return gap(GapKind::NotSupported, error.to_string()),
            };
            match self.files.read(&path) {
                Err(Unreadable { kind, message }) => return gap(kind, message),
                Ok(Some(bytes)) => return document::table(request, &path, &bytes, name != info.name()),
                Ok(None) => looked_for.push(path),
            }
        }
        let nowhere = looked_for.into_iter().reduce(|path, other| gap_text!("{path} and no {other}"));
        let nowhere = nowhere.unwrap_or_default();
        if place.account_id() != self.manifest.account_id {
            let account = &self.manifest.account_id;
            let message = gap_text!("the snapshot is of account {account} and has no {nowhere}");
            return gap(GapKind::OtherAccount, message);
        }
        gap(GapKind::NotSupported, gap_text!("the snapshot has no {nowhere}"))
    }

    /// What the snapshot covers.
    pub(crate) fn covered(&self) -> Coverage {
        let Manifest { account_id, partition, as_of, .. } = self.manifest.clone();
        let (regions, gap) = match &self.manifest.regions {
            Some(regions) => (regions.clone(), None),
            None => self.regions(),
        };
        let regions_gap = self.manifest.regions_gap.clone().or(gap);
        Coverage { account_id, partition, regions, regions_gap, as_of }
    }

    /// The regions where the manifest lists none: those that AWS listed, and those that something was read of.
    fn regions(&self) -> (Vec<Region>, Option<Gap>) {
        let info = DatasetInfo::of::<Regions>();
        let table = self.table(&Request::new(info.clone(), Place::account(&self.manifest.account_id)));
        let mut regions: Vec<Region> = table.to_json().unwrap_or_default().iter().filter_map(region).collect();
        let mut gap = table.why_nothing().or(table.cut_off_by().first()).cloned();
        if let Some(gap) = gap.as_mut().filter(|gap| gap.kind == GapKind::NotSupported) {
            gap.message = gap_text!("the snapshot does not list the account's regions: {why}", why = gap.message);
        }
        match self.files.folders("regions") {
            Ok(names) => {
                let unlisted = names.into_iter().filter(|name| !regions.iter().any(|region| region.name == *name));
                let unlisted: Vec<_> = unlisted.map(Region::enabled).collect();
                regions.extend(unlisted);
            }
            Err(Unreadable { kind, message }) => {
                gap.get_or_insert(info.gap(kind, message));
            }
        }
        (regions, gap)
    }
}

fn region(row: &serde_json::Value) -> Option<Region> {
    let text = |name: &str| row.get(name).and_then(serde_json::Value::as_str);
    let status = match text("OptInStatus") {
        Some("opt-in-not-required" | "opted-in") => RegionStatus::Enabled,
        Some("not-opted-in") => RegionStatus::NotEnabled,
        _ => RegionStatus::Unknown,
    };
    Some(Region { name: text("RegionName")?.to_owned(), status })
}

/// Shows which account and when, never the contents.
impl fmt::Debug for SnapshotSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnapshotSource").field("manifest", &self.manifest).field("files", &self.files).finish()
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl DataSource for SnapshotSource {
    async fn coverage(&self) -> Result<Coverage, Error> {
        Ok(self.covered())
    }

    async fn fetch(&self, request: &Request) -> Table {
        self.table(request)
    }

    fn collection(&self) -> Option<Collection> {
        self.manifest.collection.clone()
    }
}
