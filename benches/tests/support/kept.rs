//! What was read of a source, kept; and a source in the place of another for some of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use cis_core::{Coverage, DataSource, Error, Place, Request, Table, Wanted};

/// Reads each table of a source once.
pub struct Kept<S> {
    inner: S,
    tables: Mutex<BTreeMap<(String, Place, String), (Wanted, Table)>>,
}

impl<S> Kept<S> {
    pub fn new(inner: S) -> Self {
        Self { inner, tables: Mutex::default() }
    }

    /// Everything that was read of a dataset: where, what was wanted, what came.
    pub fn read(&self, dataset: &str) -> Vec<(Place, Wanted, Table)> {
        let tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let of = tables.iter().filter(|((name, ..), _)| name == dataset);
        of.map(|((_, place, _), (wanted, table))| (place.clone(), wanted.clone(), table.clone())).collect()
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
        match known {
            Some(table) => table,
            None => {
                let table = self.inner.fetch(request).await;
                lock().insert(key, (request.only.clone(), table.clone()));
                table
            }
        }
    }
}

/// What is read of the source in front.
pub enum Part {
    /// These datasets, and of those that regions have, in this region alone.
    Datasets(Vec<String>, Option<String>),
    /// Whose account it is, and its regions.
    Coverage,
}

/// A source in front of another, for a part of what is read.
pub struct Before<F, B> {
    pub front: F,
    pub back: B,
    pub part: Part,
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
