//! The verdict of one control on one resource, and how a control gives it.

use std::borrow::Cow;
use std::{fmt, io};

use jiff::Timestamp;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use crate::gap::Gap;
use crate::msg;
use crate::msg::Message;
use crate::review::{Attestation, Exception};
use crate::tags::Tags;
use crate::values::Values;

/// The status of a finding or of a recommendation. Ordered from the least to the gravest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// There is nothing to judge.
    NotApplicable,
    /// The facts meet the requirement.
    Pass,
    /// A person must decide.
    Manual,
    /// The facts could not be had.
    Unknown,
    /// The facts contradict the requirement.
    Fail,
}

impl Status {
    /// The five statuses, from the least to the gravest.
    pub const ALL: [Self; 5] = [Self::NotApplicable, Self::Pass, Self::Manual, Self::Unknown, Self::Fail];

    /// Of these there may be something to put right.
    pub(crate) const OPEN: [Self; 3] = [Self::Manual, Self::Unknown, Self::Fail];

    /// As it is written in reports: `not_applicable`, `pass`, `manual`, `unknown`, `fail`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotApplicable => "not_applicable",
            Self::Pass => "pass",
            Self::Manual => "manual",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        }
    }
}

impl From<Status> for Message {
    /// As people write it: `not applicable`.
    fn from(status: Status) -> Self {
        match status {
            Status::Fail => msg!("fail"),
            Status::Unknown => msg!("unknown"),
            Status::Manual => msg!("manual"),
            Status::Pass => msg!("pass"),
            Status::NotApplicable => msg!("not applicable"),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resource {
    /// The CloudFormation type, such as `AWS::IAM::User`; `AWS::::Account` for the account or the account in one region.
    #[serde(rename = "type")]
    pub kind: SmolStr,
    /// The id or name within its type.
    pub id: SmolStr,
    /// The whole ARN, if it has one.
    pub arn: Option<String>,
    /// The region; null for what an account has once.
    pub region: Option<SmolStr>,
    /// The 12-digit id of the account that it was judged in.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9]{12}$")))]
    pub account_id: SmolStr,
    /// A part of the resource that is judged on its own.
    pub sub: Option<SmolStr>,
    /// Its tags, by key; empty where it has none. Absent where they were not read: no control of the scan reads a dataset that
    /// tells them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags>,
}

impl Resource {
    /// What it is named by: the ARN, or else the id.
    pub fn name(&self) -> &str {
        self.arn.as_deref().unwrap_or(&self.id)
    }
}

/// An observed value that a verdict rests on, the operation that it came from, and when it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Evidence {
    /// `service:Operation`.
    pub operation: Cow<'static, str>,
    /// What was observed: a field of the answer, or a word for what was worked out of it.
    pub field: Cow<'static, str>,
    /// The value; a gap stands as `{"$gap": {..}}`.
    pub value: Value,
    /// When it was read (UTC); null where the source did not say.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::moment_or_null"))]
    pub read_at: Option<Timestamp>,
}

/// The verdict of one control on one resource.
// In JSON its id stands first.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = with_id))]
pub struct Finding {
    /// The recommendation's id in the benchmark; null for a control outside it.
    pub recommendation: Option<SmolStr>,
    /// The key of the requirement.
    pub control: SmolStr,
    /// The verdict that the facts give. No review changes it.
    pub status: Status,
    /// What an attestation settles it to: pass or fail. Absent where none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Status>,
    /// The attestation that settles it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attestation: Option<Box<Attestation>>,
    /// The exception that covers it: only where it fails, and still counts as a fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<Box<Exception>>,
    /// What it is about.
    pub resource: Resource,
    /// One sentence: what is, and what must be.
    pub message: SmolStr,
    /// The message with its values taken out.
    pub template: Cow<'static, str>,
    /// The values of the message, by name. A part that has words of its own is `{"$message": ..}`, a gap `{"$gap": ..}`.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Map<String, Value>"))]
    pub values: Values,
    /// Why facts could not be had, where the verdict rests on that.
    pub gaps: Vec<Gap>,
    /// What was observed.
    pub evidence: Vec<Evidence>,
}

impl Finding {
    /// The stable identity: see [`identity`]. Unique in a report, and the same in the next scan. Worked out at each call, as
    /// most of a report's findings are never asked for it.
    pub fn id(&self) -> String {
        identity(&self.control, &self.resource)
    }

    /// The parts that [`id`](Self::id) is made of: equal where it is, and cheaper.
    pub(crate) fn identified_by(&self) -> Identified<'_> {
        let Resource { account_id, region, sub, .. } = &self.resource;
        (account_id, region.as_deref(), &self.control, self.resource.name(), sub.as_deref())
    }

    /// What counts: what an attestation settles it to, else the status.
    pub fn verdict(&self) -> Status {
        self.settled.unwrap_or(self.status)
    }

    /// Whether there may be something to put right: it fails, is unknown or is for a person to decide.
    pub(crate) fn is_open(&self) -> bool {
        Status::OPEN.contains(&self.status)
    }
}

/// Account, region, key, ARN or else id, part.
pub(crate) type Identified<'a> = (&'a str, Option<&'a str>, &'a str, &'a str, Option<&'a str>);

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            recommendation,
            control,
            status,
            settled,
            attestation,
            exception,
            resource,
            message,
            template,
            values,
            gaps,
            evidence,
        } = self;
        let reviewed =
            [settled.is_some(), attestation.is_some(), exception.is_some()].into_iter().filter(|&there| there).count();
        let mut members = serializer.serialize_struct("Finding", 10 + reviewed)?;
        members.serialize_field("id", &String::from_utf8_lossy(&hex_identity(control, resource)))?;
        members.serialize_field("recommendation", recommendation)?;
        members.serialize_field("control", control)?;
        members.serialize_field("status", status)?;
        if settled.is_some() {
            members.serialize_field("settled", settled)?;
        }
        if attestation.is_some() {
            members.serialize_field("attestation", attestation)?;
        }
        if exception.is_some() {
            members.serialize_field("exception", exception)?;
        }
        members.serialize_field("resource", resource)?;
        members.serialize_field("message", message)?;
        members.serialize_field("template", template)?;
        members.serialize_field("values", values)?;
        members.serialize_field("gaps", gaps)?;
        members.serialize_field("evidence", evidence)?;
        members.end()
    }
}

/// Adds the member that is no field.
#[cfg(feature = "schema")]
fn with_id(schema: &mut schemars::Schema) {
    let told = serde_json::json!({
        "description": "The stable identity: see `identity`. Unique in a report, and the same in the next scan.",
        "type": "string",
        "pattern": "^[0-9a-f]{32}$",
    });
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.insert("id".to_owned(), told);
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.insert(0, "id".into());
    }
}

/// The stable identity of a finding: the first 32 hex digits of SHA-256 over the compact JSON array
/// `[account_id, region or null, key, resource ARN or else id, sub or null]`.
///
/// ```
/// use cis_core::{finding, Resource};
/// let resource = Resource {
///     kind: "AWS::::Account".into(), id: "123456789012".into(), arn: None, region: None,
///     account_id: "123456789012".into(), sub: None, tags: None,
/// };
/// assert_eq!(finding::identity("iam.root_mfa", &resource).len(), 32);
/// ```
pub fn identity(key: &str, resource: &Resource) -> String {
    String::from_utf8_lossy(&hex_identity(key, resource)).into_owned()
}

/// The digits of [`identity`].
fn hex_identity(key: &str, resource: &Resource) -> [u8; 32] {
    let parts = (&resource.account_id, &resource.region, key, resource.name(), &resource.sub);
    let mut hashed = Hashed(Sha256::new());
    // Text and nothing else, to where all can be written.
    let _ = serde_json::to_writer(&mut hashed, &parts);
    let mut hex = [b'0'; 32];
    for (digits, byte) in hex.chunks_exact_mut(2).zip(hashed.0.finalize()) {
        for (digit, half) in digits.iter_mut().zip([byte >> 4, byte & 15]) {
            *digit = if half < 10 { b'0' + half } else { b'a' + half - 10 };
        }
    }
    hex
}

struct Hashed(Sha256);

impl io::Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
