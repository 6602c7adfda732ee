//! Writes a snapshot while scanning.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use crate::collect::source::{Coverage, DataSource, Request};
use crate::dataset::DatasetInfo;
use crate::error::Error;
use crate::place::Place;
use crate::report::Collection;
use crate::snapshot::{self, Manifest};
use crate::table::Table;

/// Changes what a recording writes, such as the names in it. What is not changed reaches the disk as it was read.
///
/// The answers must go together: a place of an account is under the id that the manifest then has for it.
pub trait Rewrite: std::fmt::Debug + Send + Sync {
    /// The manifest to write.
    fn manifest(&self, manifest: &Manifest) -> Manifest;

    /// The place under which a document is written.
    fn place(&self, place: &Place) -> Place;

    /// The document to write for a dataset, in the format of [`snapshot`](crate::snapshot).
    fn document(&self, dataset: &DatasetInfo, document: Value) -> Value;
}

/// Writes everything that is read into a snapshot folder, gaps as well, in the format of [`snapshot`](crate::snapshot).
///
/// The manifest is written once the account is known, and each table as soon as it is in, so that a scan that ends early
/// leaves a snapshot that is honest about what it lacks. Call [`finish`](Self::finish) after the scan: a read can't fail, so
/// what could not be written is told there.
#[derive(Debug)]
pub struct Record<S> {
    inner: S,
    folder: PathBuf,
    as_of: Timestamp,
    rewrite: Option<Box<dyn Rewrite>>,
    /// As it is written, once the account is known.
    manifest: OnceLock<Manifest>,
    failed: Mutex<Option<Error>>,
}

impl<S> Record<S> {
    /// A layer around a source, writing into `folder`, which is made and must be empty. `as_of` is the moment that the scan
    /// judges at and that the snapshot remembers.
    ///
    /// # Errors
    /// The folder is not empty, or cannot be made.
    pub fn create(inner: S, folder: impl Into<PathBuf>, as_of: Timestamp) -> Result<Self, Error> {
        let folder = folder.into();
        let at = |error: std::io::Error| {
            Error::write(error.to_string()).at(format!("snapshot folder {}", folder.display())).because(error)
        };
        std::fs::create_dir_all(&folder).map_err(at)?;
        if std::fs::read_dir(&folder).map_err(at)?.next().is_some() {
            let message = "the folder is not empty; name a new one, a recording never mixes with another";
            return Err(Error::write(message).at(format!("snapshot folder {}", folder.display())));
        }
        Ok(Self { inner, folder, as_of, rewrite: None, manifest: OnceLock::new(), failed: Mutex::new(None) })
    }

    /// Writes what this makes of what is read; the scan itself sees what is read.
    #[must_use]
    pub fn rewritten(mut self, rewrite: impl Rewrite + 'static) -> Self {
        self.rewrite = Some(Box::new(rewrite));
        self
    }

    fn write(&self, path: Result<String, Error>, document: &Value) {
        let written = path.and_then(|path| write_whole(&self.folder.join(path), document));
        if let Err(error) = written {
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            failed.get_or_insert(error);
        }
    }
}

impl<S: DataSource> Record<S> {
    /// Ends the recording: writes down what the reads took, where the source counts that.
    ///
    /// # Errors
    /// The first file that could not be written, of all.
    pub fn finish(self) -> Result<(), Error> {
        if let (Some(manifest), Some(collection)) = (self.manifest.get(), self.inner.collection()) {
            let manifest = Manifest { collection: Some(collection), ..manifest.clone() };
            self.write(Ok(snapshot::MANIFEST.to_owned()), &crate::json_value(&manifest));
        }
        let failed = self.failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        failed.map_or(Ok(()), Err)
    }
}

/// Writes a file beside its place and then moves it there, so that it is never half there.
fn write_whole(path: &Path, document: &Value) -> Result<(), Error> {
    let at = |error: std::io::Error| Error::write(error.to_string()).at(path.display().to_string()).because(error);
    let mut text = serde_json::to_vec_pretty(document)
        .map_err(|error| Error::write(error.to_string()).at(path.display().to_string()))?;
    text.push(b'\n');
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(at)?;
    }
    let beside = path.with_extension("json.part");
    std::fs::write(&beside, text).map_err(at)?;
    std::fs::rename(&beside, path).map_err(at)
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: DataSource> DataSource for Record<S> {
    async fn coverage(&self) -> Result<Coverage, Error> {
        let coverage = self.inner.coverage().await?;
        let manifest = self.manifest.get_or_init(|| {
            let manifest = Manifest::new(&coverage, self.as_of);
            self.rewrite.as_ref().map_or(manifest.clone(), |rewrite| rewrite.manifest(&manifest))
        });
        self.write(Ok(snapshot::MANIFEST.to_owned()), &crate::json_value(manifest));
        Ok(coverage)
    }

    async fn fetch(&self, request: &Request) -> Table {
        let table = self.inner.fetch(request).await;
        let mut document = snapshot::to_document(&request.dataset, &table, &request.only);
        let mut place = request.place.clone();
        if let Some(rewrite) = &self.rewrite {
            document = rewrite.document(&request.dataset, document);
            place = rewrite.place(&place);
        }
        let account_id = self.manifest.get().map_or(place.account_id(), |manifest| &manifest.account_id);
        self.write(snapshot::path_in(account_id, request.dataset.name(), &place), &document);
        table
    }

    fn collection(&self) -> Option<Collection> {
        self.inner.collection()
    }
}
