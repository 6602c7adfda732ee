//! The links of the chain from an event to a person, and how one is broken.

use cis_core::{Gap, Message};
use serde::Serialize;
use serde_json::{Value, json};

/// A link, in the order of the way that an event takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Link {
    /// A trail of every region covers the account.
    Trail,
    /// It records now.
    Logging,
    /// It records the management events that are meant.
    ManagementEvents,
    /// It delivers to a log group that is there.
    LogGroup,
    /// The group's metric filters catch the events.
    Filter,
    /// A metric alarm reads the filter's metric.
    Alarm,
    /// The alarm notifies a topic.
    Action,
    /// Somebody hears the topic.
    Subscriber,
}

/// What is missing where a chain ends.
#[derive(Debug, Clone)]
pub(super) struct Broken {
    pub(super) link: Link,
    /// The operation that told.
    pub(super) operation: &'static str,
    pub(super) message: Message,
    pub(super) resource: String,
    pub(super) expected: Value,
    pub(super) observed: Value,
    /// Why it could be neither proven nor refuted; none where it is refuted.
    pub(super) not_proven: Option<&'static str>,
    /// A point that a reader must know before they rely on it.
    pub(super) note: Option<&'static str>,
}

impl Broken {
    pub(super) fn new(
        link: Link,
        operation: &'static str,
        resource: impl Into<String>,
        (expected, observed): (impl Serialize, impl Serialize),
        message: Message,
    ) -> Self {
        let (expected, observed) = (json!(expected), json!(observed));
        Self { link, operation, message, resource: resource.into(), expected, observed, not_proven: None, note: None }
    }

    pub(super) fn not_proven(self, reason: &'static str) -> Self {
        Self { not_proven: Some(reason), ..self }
    }

    pub(super) fn note(self, note: Option<&'static str>) -> Self {
        Self { note: note.or(self.note), ..self }
    }

    /// For evidence.
    pub(super) fn shown(&self) -> Value {
        let Self { link, resource, expected, observed, not_proven, note, .. } = self;
        let mut shown = json!({ "link": link, "resource": resource, "expected": expected, "observed": observed });
        for (name, value) in [("not_proven", not_proven), ("note", note)] {
            if let (Some(object), Some(value)) = (shown.as_object_mut(), value) {
                object.insert(name.into(), json!(value));
            }
        }
        shown
    }
}

/// Whether a link holds.
#[derive(Debug, Clone)]
pub(super) enum State {
    Holds,
    Broken(Box<Broken>),
    Unread(Gap),
}

impl State {
    pub(super) fn of(told: Result<Option<Broken>, Gap>) -> Self {
        match told {
            Ok(None) => Self::Holds,
            Ok(Some(broken)) => Self::Broken(Box::new(broken)),
            Err(gap) => Self::Unread(gap),
        }
    }
}
