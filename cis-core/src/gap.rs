//! The reason why a fact could not be had.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::msg::Message;
use crate::{gap_text, msg};

/// What kind of reason a [`Gap`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GapKind {
    /// The caller may not read it. By which kind of policy: [`Gap::denied_by`].
    Denied,
    /// The service asked to slow down until the retries were used up.
    Throttled,
    /// The region is not enabled in the account, or not for these credentials.
    NotOptedIn,
    /// The service could not be reached, or answered with a fault of its own (5xx) until the retries were used up.
    Unreachable,
    /// The credentials expired.
    ExpiredCredentials,
    /// The answer came and could not be understood.
    Malformed,
    /// The data source does not have this dataset.
    NotSupported,
    /// It lies in an account that this data source does not answer for.
    OtherAccount,
    /// The list was cut off: what came is there, the rest is not.
    CutOff,
    /// The caller left it out of the scope.
    LeftOut,
    /// It was read too long ago to say anything.
    Stale,
    /// The scan ended before it was read.
    Cancelled,
    /// The service answered with an error that none of the other kinds names.
    Failed,
}

/// Which kind of policy denied a call, as far as the service said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeniedBy {
    /// A policy of the caller: identity-based, session, or permissions boundary.
    Identity,
    /// A policy of the resource, such as a bucket policy.
    Resource,
    /// A service control policy, or another policy of the organization.
    Organization,
    /// The service did not say.
    Unclear,
}

/// The reason why a fact could not be had: what was tried, where, what came back, and what would allow it.
///
/// A gap is data, not an error: it travels with `?` from a [`Fact`](crate::Fact) through a control to the engine, which
/// turns it into an `unknown` finding for exactly what rests on it.
///
/// ```
/// use cis_core::{Gap, GapKind};
/// let gap = Gap::new(GapKind::Denied, "User auditor is not authorized")
///     .operation("s3:GetBucketVersioning").code("AccessDenied").action("s3:GetBucketVersioning").resource("logs");
/// assert_eq!(gap.to_string(), "s3:GetBucketVersioning on logs answered AccessDenied; allow s3:GetBucketVersioning");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Gap {
    /// The dataset that was read.
    #[serde(default)]
    pub dataset: Option<String>,
    /// The API operation that was tried, `service:Operation`.
    #[serde(default)]
    pub operation: Option<String>,
    /// The region it was tried in; null for what an account has once.
    #[serde(default)]
    pub region: Option<String>,
    /// The resource that was asked for, where the call is one per resource.
    #[serde(default)]
    pub resource: Option<String>,
    /// What kind of reason this is.
    pub kind: GapKind,
    /// The error code that came back, as the service wrote it.
    #[serde(default)]
    pub code: Option<String>,
    /// What came back, in words. Never holds a secret.
    #[serde(default)]
    pub message: String,
    /// The IAM action that would allow the read.
    #[serde(default)]
    pub action: Option<String>,
}

impl Gap {
    /// A gap of a kind, with what came back in words: the service's, or ours by [`gap_text!`](crate::gap_text).
    pub fn new(kind: GapKind, message: impl Into<String>) -> Self {
        Self {
            dataset: None,
            operation: None,
            region: None,
            resource: None,
            kind,
            code: None,
            message: message.into(),
            action: None,
        }
    }

    /// An answer, or a part of one, that could not be understood.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(GapKind::Malformed, message)
    }

    /// A field that the answer left out although it must be there.
    pub(crate) fn missing(field: &str) -> Self {
        Self::malformed(gap_text!("{what} is missing from the answer", what = field))
    }

    /// A value that does not have the type that it must have. The value itself is left out: it may be personal.
    pub(crate) fn misshapen(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let Some((found, expected)) = text.rsplit_once(", expected ") else { return Self::malformed(text) };
        let found = found.split(['"', '`']).next().unwrap_or_default().trim_end();
        Self::malformed(format!("{found}, expected {expected}"))
    }

    /// Names the dataset.
    #[must_use]
    pub fn dataset(mut self, name: impl Into<String>) -> Self {
        self.dataset = Some(name.into());
        self
    }

    /// Names the operation that was tried.
    #[must_use]
    pub fn operation(mut self, name: impl Into<String>) -> Self {
        self.operation = Some(name.into());
        self
    }

    /// Names the region.
    #[must_use]
    pub fn region(mut self, name: impl Into<String>) -> Self {
        self.region = Some(name.into());
        self
    }

    /// Names the resource.
    #[must_use]
    pub fn resource(mut self, name: impl Into<String>) -> Self {
        self.resource = Some(name.into());
        self
    }

    /// Gives the error code that came back.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Names the IAM action that would allow the read.
    #[must_use]
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }

    /// What came back. It may be a sentence of ours, which a catalogue knows: see [`gap_text!`](crate::gap_text).
    pub(crate) fn text(&self) -> Message {
        Message::new(self.message.clone(), [])
    }

    /// As a value of a message, whose words follow the language of the report: `{"$gap": {..}}`.
    pub fn in_message(&self) -> Value {
        json!({ "$gap": self })
    }

    /// Which kind of policy denied the call, by the phrases that AWS documents for access-denied messages
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>). None if it was not denied.
    pub fn denied_by(&self) -> Option<DeniedBy> {
        if self.kind != GapKind::Denied {
            return None;
        }
        let says = |phrase: &str| self.message.contains(phrase);
        Some(if says("service control policy") || says("resource control policy") || says("VPC endpoint policy") {
            DeniedBy::Organization
        } else if says("resource-based policy") {
            DeniedBy::Resource
        } else if says("identity-based policy") || says("session policy") || says("permissions boundary") {
            DeniedBy::Identity
        } else {
            DeniedBy::Unclear
        })
    }

    /// Fills in what is not yet named, from the place and dataset it was met at. A gap that names another dataset came
    /// from there, so that the region says nothing of it.
    pub(crate) fn met_at(mut self, dataset: &str, region: Option<&str>) -> Self {
        if self.dataset.get_or_insert_with(|| dataset.to_owned()) == dataset && self.region.is_none() {
            self.region = region.map(str::to_owned);
        }
        self
    }
}

/// Its words, which another language has others for.
impl From<&Gap> for Message {
    fn from(gap: &Gap) -> Self {
        let action = gap.action.as_deref().filter(|_| gap.kind == GapKind::Denied);
        let text = || gap.text();
        let Some(subject) = gap.operation.as_deref().or(gap.dataset.as_deref()) else {
            return match (gap.code.as_deref(), action) {
                (Some(code), None) => msg!("{code}", code),
                (Some(code), Some(action)) => msg!("{code}; allow {action}", code, action),
                (None, None) => text(),
                (None, Some(action)) => msg!("{message}; allow {action}", message = text(), action),
            };
        };
        let read = match (gap.resource.as_deref(), gap.region.as_deref()) {
            (None, None) => msg!("{subject}", subject),
            (Some(resource), None) => msg!("{subject} on {resource}", subject, resource),
            (None, Some(region)) => msg!("{subject} in {region}", subject, region),
            (Some(resource), Some(region)) => msg!("{subject} on {resource} in {region}", subject, resource, region),
        };
        match (gap.code.as_deref(), action) {
            (Some(code), None) => msg!("{read} answered {code}", read, code),
            (Some(code), Some(action)) => msg!("{read} answered {code}; allow {action}", read, code, action),
            (None, None) => msg!("{read}: {message}", read, message = text()),
            (None, Some(action)) => msg!("{read}: {message}; allow {action}", read, message = text(), action),
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Message::from(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_named_for_the_dataset_that_was_met_there() {
        let gap = || Gap::malformed("?");
        let met = gap().met_at("ec2.instances", Some("us-east-1"));
        assert_eq!((met.dataset.as_deref(), met.region.as_deref()), (Some("ec2.instances"), Some("us-east-1")));
        let roles = gap().dataset("iam.role_details").met_at("ec2.instances", Some("us-east-1"));
        assert_eq!((roles.dataset.as_deref(), roles.region), (Some("iam.role_details"), None), "an account's dataset");
    }

    #[test]
    fn what_is_misshapen_is_not_shown() {
        let shown = |json: &str| Gap::misshapen(&serde_json::from_str::<Vec<u8>>(json).unwrap_err()).message;
        assert_eq!(shown(r#"["+81 3 1234 5678"]"#), "invalid type: string, expected u8 at line 1 column 18");
        assert_eq!(shown("[4711]"), "invalid value: integer, expected u8 at line 1 column 5");
        assert_eq!(shown(r#""a, expected b""#), "invalid type: string, expected a sequence at line 1 column 15");
        assert_eq!(shown("["), "EOF while parsing a list at line 1 column 1");
    }
}
