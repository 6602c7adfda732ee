//! Makes reads fail, to see what rests on them.

use async_trait::async_trait;
use wildmatch::WildMatch;

use crate::collect::source::{Coverage, DataSource, Request, Wanted};
use crate::error::Error;
use crate::gap::{Gap, GapKind};
use crate::report::Collection;
use crate::table::Table;

/// What fails, and with which gap. An empty rule matches every read.
///
/// ```
/// use cis_core::{Gap, GapKind, layer::Rule};
/// let rule = Rule::new(Gap::new(GapKind::Denied, "no").code("AccessDenied")).operation("ec2:Describe*").region("eu-west-1");
/// ```
#[derive(Debug, Clone)]
pub struct Rule {
    operation: Option<String>,
    dataset: Option<String>,
    region: Option<String>,
    resource: Option<String>,
    gap: Gap,
}

impl Rule {
    /// Every read fails with this gap; the layer names dataset, operation, region and action in it.
    pub fn new(gap: Gap) -> Self {
        Self { operation: None, dataset: None, region: None, resource: None, gap }
    }

    /// Every read is denied, as AWS denies.
    pub fn denied() -> Self {
        Self::new(
            Gap::new(GapKind::Denied, "the caller is not authorized to perform this operation").code("AccessDenied"),
        )
    }

    /// Only datasets that call an operation (`service:Operation`, `*` and `?` as wildcards).
    #[must_use]
    pub fn operation(self, pattern: impl Into<String>) -> Self {
        Self { operation: Some(pattern.into()), ..self }
    }

    /// Only a dataset (wildcards).
    #[must_use]
    pub fn dataset(self, pattern: impl Into<String>) -> Self {
        Self { dataset: Some(pattern.into()), ..self }
    }

    /// Only in a region (wildcards). Never matches what an account has once.
    #[must_use]
    pub fn region(self, pattern: impl Into<String>) -> Self {
        Self { region: Some(pattern.into()), ..self }
    }

    /// Only reads that ask for some resources by name, and for one of this name (wildcards).
    #[must_use]
    pub fn resource(self, pattern: impl Into<String>) -> Self {
        Self { resource: Some(pattern.into()), ..self }
    }

    fn hit(&self, request: &Request) -> Option<Gap> {
        let info = &request.dataset;
        let matches = |pattern: &Option<String>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| WildMatch::new(pattern).matches(text))
        };
        let (operation, action) = info.operations().find(|(name, _)| matches(&self.operation, name)).unzip();
        let resource = match (&self.resource, &request.only) {
            (None, _) => None,
            (Some(pattern), Wanted::Names(names)) => {
                Some(names.iter().find(|name| WildMatch::new(pattern).matches(name))?.clone())
            }
            (Some(_), _) => return None,
        };
        let region = request.place.region_name();
        let in_region = self.region.is_none() || region.is_some_and(|region| matches(&self.region, region));
        if !in_region || !matches(&self.dataset, info.name()) || (operation.is_none() && self.operation.is_some()) {
            return None;
        }
        Some(Gap {
            dataset: Some(info.name().to_owned()),
            operation: self.gap.operation.clone().or(operation.map(str::to_owned)),
            region: region.map(str::to_owned),
            resource: resource.or(self.gap.resource.clone()),
            action: self.gap.action.clone().or(action.map(str::to_owned)),
            ..self.gap.clone()
        })
    }
}

/// Makes the reads that a rule matches fail; passes on the others. For tests: what rests on a denied operation must become
/// unknown, and nothing else may change.
#[derive(Debug, Clone)]
pub struct Deny<S> {
    inner: S,
    rules: Vec<Rule>,
}

impl<S> Deny<S> {
    /// A layer around a source. The first rule that matches decides.
    pub fn new(inner: S, rules: impl IntoIterator<Item = Rule>) -> Self {
        Self { inner, rules: rules.into_iter().collect() }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: DataSource> DataSource for Deny<S> {
    async fn coverage(&self) -> Result<Coverage, Error> {
        self.inner.coverage().await
    }

    async fn fetch(&self, request: &Request) -> Table {
        match self.rules.iter().find_map(|rule| rule.hit(request)) {
            Some(gap) => Table::gap(gap),
            None => self.inner.fetch(request).await,
        }
    }

    fn collection(&self) -> Option<Collection> {
        self.inner.collection()
    }
}
