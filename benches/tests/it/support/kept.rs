//! What was read of a source, kept; and a source in the place of another for some of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use cis_core::{Coverage, DataSource, Error, Place, Request, Table};
use serde_json::{Value, json};

/// By dataset, place and what is wanted.
type Key = (String, Place, String);

/// Reads each table of a source once.
pub(crate) struct Kept<S> {
    inner: S,
    tables: Mutex<BTreeMap<Key, (Request, Table)>>,
}

impl<S> Kept<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner, tables: Mutex::default() }
    }

    /// Everything that was read of a dataset: what was asked, what came.
    pub(crate) fn read(&self, dataset: &str) -> Vec<(Request, Table)> {
        let tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        tables.iter().filter(|((name, ..), _)| name == dataset).map(|(_, read)| read.clone()).collect()
    }
}

#[async_trait]
impl<S: DataSource> DataSource for Kept<S> {
    async fn coverage(&self) -> Result<Coverage, Error> {
        self.inner.coverage().await
    }

    async fn fetch(&self, request: &Request) -> Table {
        let key = (request.dataset.name().to_owned(), request.place.clone(), format!("{:?}", request.only));
        let lock = || self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().get(&key).map(|(_, table)| table.clone());
        if let Some(table) = known {
            return table;
        }
        let table = self.inner.fetch(request).await;
        lock().insert(key, (request.clone(), table.clone()));
        table
    }
}

/// Everything that a table says, but for the moment at which it was read.
pub(crate) fn content(table: &Table) -> Value {
    json!({
        "rows": table.to_json().map_err(|gap| json!({ "$gap": gap })),
        "no service": table.why_no_service(),
        "cut off": table.cut_off_by(),
        "gone": table.gone(),
    })
}

/// What is read of the source in front.
pub(crate) enum Part {
    /// These datasets, and of those that regions have, in this region alone.
    Datasets(Vec<String>, Option<String>),
    /// Whose account it is, and its regions.
    Coverage,
}

/// A source in front of another, for a part of what is read.
pub(crate) struct Before<F, B> {
    pub(crate) front: F,
    pub(crate) back: B,
    pub(crate) part: Part,
}

#[async_trait]
impl<F: DataSource, B: DataSource> DataSource for Before<F, B> {
    async fn coverage(&self) -> Result<Coverage, Error> {
        match self.part {
            Part::Coverage => self.front.coverage().await,
            Part::Datasets(..) => self.back.coverage().await,
        }
    }

    async fn fetch(&self, request: &Request) -> Table {
        let in_front = match &self.part {
            Part::Coverage => false,
            Part::Datasets(datasets, region) => {
                let here = request.place.region_name().is_none_or(|at| region.as_deref().is_none_or(|one| one == at));
                here && datasets.iter().any(|dataset| dataset == request.dataset.name())
            }
        };
        if in_front { self.front.fetch(request).await } else { self.back.fetch(request).await }
    }
}
