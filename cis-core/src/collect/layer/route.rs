//! Sends datasets by name, and accounts, to another source.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use wildmatch::WildMatch;

use crate::collect::source::{Coverage, DataSource, Request};
use crate::error::Error;
use crate::report::Collection;
use crate::table::Table;

/// Sends datasets by name to another source: the home of a dataset of one's own beside the account's; and other accounts to
/// theirs, so that what leads there (an organization trail's log group) can be followed. The account that is scanned and
/// its regions are the inner source's.
///
/// ```
/// # use cis_core::{MemorySource, layer::Route};
/// # let (account, badges) = (MemorySource::new("123456789012"), MemorySource::new("123456789012"));
/// let both = Route::new(account).to("acme.*", badges);
/// ```
pub struct Route<S> {
    inner: S,
    routes: Vec<(WildMatch, Box<dyn DataSource>)>,
    accounts: BTreeMap<String, Box<dyn DataSource>>,
}

impl<S> Route<S> {
    /// A layer around a source; without routes it passes everything on.
    pub fn new(inner: S) -> Self {
        Self { inner, routes: Vec::new(), accounts: BTreeMap::new() }
    }

    /// Sends the datasets whose name matches (`*` and `?` as wildcards) to a source. The first match decides.
    #[must_use]
    pub fn to(mut self, datasets: &str, source: impl DataSource + 'static) -> Self {
        self.routes.push((WildMatch::new(datasets), Box::new(source)));
        self
    }

    /// Sends what lies in another account to a source of that account. A dataset's route comes first.
    ///
    /// ```
    /// # use cis_core::{MemorySource, layer::Route};
    /// # let (member, management) = (MemorySource::new("123456789012"), MemorySource::new("999988887777"));
    /// let both = Route::new(member).account("999988887777", management);
    /// ```
    #[must_use]
    pub fn account(mut self, account_id: impl Into<String>, source: impl DataSource + 'static) -> Self {
        self.accounts.insert(account_id.into(), Box::new(source));
        self
    }
}

impl<S: fmt::Debug> fmt::Debug for Route<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes: Vec<_> = self.routes.iter().map(|(pattern, _)| pattern.to_string()).collect();
        let accounts: Vec<_> = self.accounts.keys().collect();
        f.debug_struct("Route")
            .field("inner", &self.inner)
            .field("routes", &routes)
            .field("accounts", &accounts)
            .finish()
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: DataSource> DataSource for Route<S> {
    async fn coverage(&self) -> Result<Coverage, Error> {
        self.inner.coverage().await
    }

    async fn fetch(&self, request: &Request) -> Table {
        let routed = self.routes.iter().find(|(pattern, _)| pattern.matches(request.dataset.name()));
        match routed {
            Some((_, source)) => source.fetch(request).await,
            None => match self.accounts.get(request.place.account_id()) {
                Some(source) => source.fetch(request).await,
                None => self.inner.fetch(request).await,
            },
        }
    }

    fn collection(&self) -> Option<Collection> {
        let sources = self.routes.iter().map(|(_, source)| source.collection());
        let accounts = self.accounts.values().map(DataSource::collection);
        let counted = std::iter::once(self.inner.collection()).chain(sources).chain(accounts).flatten();
        counted.reduce(|mut all, one| {
            one.calls.iter().for_each(|(operation, calls)| all.add(operation, *calls));
            all
        })
    }
}
