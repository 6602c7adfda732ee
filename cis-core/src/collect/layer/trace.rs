//! A tracing span for every read.

use async_trait::async_trait;
use tracing::Instrument;

use crate::collect::source::{Coverage, DataSource, Request};
use crate::error::Error;
use crate::report::Collection;
use crate::table::Table;

/// Wraps every read in a `tracing` span named `fetch` with `dataset`, `account_id` and `region`, and ends it with an event:
/// at debug level the number of rows, at warn level each gap.
#[derive(Debug, Clone)]
pub struct Trace<S> {
    inner: S,
}

impl<S> Trace<S> {
    /// A layer around a source.
    pub fn new(inner: S) -> Self {
        Self { inner }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: DataSource> DataSource for Trace<S> {
    async fn coverage(&self) -> Result<Coverage, Error> {
        self.inner.coverage().instrument(tracing::info_span!("coverage")).await
    }

    async fn fetch(&self, request: &Request) -> Table {
        let place = &request.place;
        let span = tracing::info_span!(
            "fetch",
            dataset = request.dataset.name(),
            account_id = place.account_id(),
            region = place.region_name(),
        );
        async {
            let table = self.inner.fetch(request).await;
            for gap in table.gaps() {
                tracing::warn!(%gap, "not read");
            }
            tracing::debug!(rows = table.len(), "read");
            table
        }
        .instrument(span)
        .await
    }

    fn collection(&self) -> Option<Collection> {
        self.inner.collection()
    }
}
