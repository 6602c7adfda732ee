//! What is to go wrong.

use std::ops::RangeBounds;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Something that goes wrong with some calls: the first rule that fits a call decides.
///
/// ```
/// use cis_benches::mock::{Effect, Page, Rule};
/// let rule = Rule::new(Effect::Cut).on("ec2:DescribeInstances").region("eu-west-1").page(Page::Last).calls(1..=2);
/// let text = r#"{"effect": "cut", "on": "ec2:DescribeInstances", "region": "eu-west-1", "page": "last",
///                "first": 1, "last": 2}"#;
/// assert_eq!(serde_json::from_str::<Rule>(text).unwrap(), rule);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What happens.
    pub effect: Effect,
    /// `service:Operation`, or a service. None: any.
    #[serde(default)]
    pub on: Option<String>,
    /// The region that the request is signed for. None: any.
    #[serde(default)]
    pub region: Option<String>,
    /// The resource that it asks for: a bucket, a key's or topic's ARN. None: any, and none.
    #[serde(default)]
    pub resource: Option<String>,
    /// The page of a list. None: any.
    #[serde(default)]
    pub page: Option<Page>,
    /// The first call that it holds for, counted from 1 over the calls that fit it.
    #[serde(default = "one")]
    pub first: usize,
    /// The last. None: for ever.
    #[serde(default)]
    pub last: Option<usize>,
}

/// One page of a list that has several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Page {
    /// The first.
    First,
    /// Any but the first and the last.
    Middle,
    /// The last. Of a list with one page that one.
    Last,
}

/// What happens with a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// A policy denies it: the service's own code.
    Deny,
    /// It comes too soon: the service's own code.
    Throttle,
    /// A fault of the service with this status, 500 or more.
    Fault(u16),
    /// An error with this code and status.
    Error {
        /// The status.
        status: u16,
        /// The code.
        code: String,
        /// What it says.
        message: String,
    },
    /// The credentials have expired.
    Expire,
    /// The clocks differ too much.
    SkewClock,
    /// The region is not enabled.
    NotOptedIn,
    /// The resource is not there (any more).
    Vanish,
    /// The answer comes this many milliseconds later.
    DelayMs(u64),
    /// No answer comes, and the connection stays.
    Hang,
    /// The connection ends before the answer.
    Reset,
    /// The connection ends in the middle of the answer.
    Cut,
    /// The answer ends in the middle, as if it were whole.
    BreakOff,
    /// The answer is no document, with a status of success.
    Corrupt,
    /// The answer is a document of another kind (a proxy's page), with a status of success.
    Foreign,
    /// The page says that it is followed by itself.
    RepeatToken,
}

fn one() -> usize {
    1
}

impl Rule {
    /// A rule for every call.
    pub fn new(effect: Effect) -> Self {
        Self { effect, on: None, region: None, resource: None, page: None, first: 1, last: None }
    }

    /// For one operation, `service:Operation`, or all of a service.
    #[must_use]
    pub fn on(mut self, operation: impl Into<String>) -> Self {
        self.on = Some(operation.into());
        self
    }

    /// For one region.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// For one resource.
    #[must_use]
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = Some(resource.into());
        self
    }

    /// For one page of a list.
    #[must_use]
    pub fn page(mut self, page: Page) -> Self {
        self.page = Some(page);
        self
    }

    /// For some of the calls that fit all else, counted from 1.
    #[must_use]
    pub fn calls(mut self, which: impl RangeBounds<usize>) -> Self {
        use std::ops::Bound::{Excluded, Included, Unbounded};
        self.first = match which.start_bound() {
            Included(first) => *first,
            Excluded(before) => before + 1,
            Unbounded => 1,
        };
        self.last = match which.end_bound() {
            Included(last) => Some(*last),
            Excluded(after) => Some(after.saturating_sub(1)),
            Unbounded => None,
        };
        self
    }

    /// Whether it is about a call, whichever it is in number.
    pub(crate) fn fits(&self, seen: &Seen<'_>) -> bool {
        let is =
            |wanted: &Option<String>, found: Option<&str>| wanted.as_deref().is_none_or(|wanted| Some(wanted) == found);
        let service = seen.operation.split(':').next();
        let page = match self.page {
            None => true,
            Some(Page::First) => seen.page == 0,
            Some(Page::Middle) => seen.page > 0 && !seen.is_last,
            Some(Page::Last) => seen.is_last,
        };
        (is(&self.on, Some(seen.operation)) || is(&self.on, service))
            && is(&self.region, Some(seen.region))
            && is(&self.resource, seen.resource)
            && page
    }

    /// Whether it is about a call of a number, counted from 1.
    pub(crate) fn counts(&self, number: usize) -> bool {
        number >= self.first && self.last.is_none_or(|last| number <= last)
    }
}

/// What rules look at.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) operation: &'a str,
    pub(crate) region: &'a str,
    pub(crate) resource: Option<&'a str>,
    pub(crate) page: usize,
    pub(crate) is_last: bool,
}

impl Effect {
    /// How much later the answer comes.
    pub(crate) fn delay(&self) -> Duration {
        match self {
            Self::DelayMs(ms) => Duration::from_millis(*ms),
            _ => Duration::ZERO,
        }
    }
}
