//! Answers in the form that each service sends them in.

mod cbor;
mod json;
mod xml;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

pub(crate) use cbor::decode as decode_cbor;

use super::model::{Kind, Member, Protocol, Service, Shape, TimeFormat};
use super::refusal::Refusal;
use super::route::Call;

/// An answer as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wire {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// The answer of an operation, from a value in the shape that the AWS CLI prints. Members that the model does not have, null
/// ones and those that hold a gap are left out.
pub(crate) fn answer(call: &Call<'_>, value: &Value, id: &str) -> Wire {
    let Call { service, protocol, name, operation, .. } = *call;
    let output = operation.output.as_deref().and_then(|output| service.shape(output));
    let body = match protocol {
        Protocol::Query => xml::query(service, name, operation, output, value, id),
        Protocol::Ec2 => xml::ec2(service, name, output, value, id),
        Protocol::RestXml => xml::rest(service, operation, output, value),
        Protocol::Json | Protocol::RestJson => Ok(json::answer(service, output, value)),
        Protocol::Cbor => Ok(cbor::answer(service, output, value)),
    };
    match body {
        Ok(body) => Wire { status: 200, headers: headers(service, protocol, id), body },
        // Writing to memory does not fail; what would is a fault of the mock, and looks like one.
        Err(error) => {
            Wire { status: 500, headers: headers(service, protocol, id), body: error.to_string().into_bytes() }
        }
    }
}

/// An error in a service's own form.
pub(crate) fn refuse(service: &Service, protocol: Protocol, refusal: &Refusal, id: &str) -> Wire {
    let mut headers = headers(service, protocol, id);
    headers.extend(refusal.headers.iter().cloned());
    if service.protocol == Protocol::Cbor {
        // The code that the service had when it spoke the query protocol, and still has for its users.
        headers.push(("x-amzn-query-error", format!("{};Sender", refusal.code)));
    }
    let body = match protocol {
        Protocol::Query => xml::query_error(service, refusal, id),
        Protocol::Ec2 => xml::ec2_error(refusal, id),
        Protocol::RestXml => xml::rest_error(service, refusal, id),
        Protocol::Json => Ok(json::error(refusal, true)),
        Protocol::RestJson => {
            headers.push(("x-amzn-errortype", refusal.code.clone()));
            Ok(json::error(refusal, false))
        }
        Protocol::Cbor => Ok(cbor::error(refusal)),
    };
    Wire { status: refusal.status, headers, body: body.unwrap_or_default() }
}

fn headers(service: &Service, protocol: Protocol, id: &str) -> Vec<(&'static str, String)> {
    let (kind, request) = match protocol {
        Protocol::Query | Protocol::Ec2 => ("text/xml".to_owned(), "x-amzn-requestid"),
        Protocol::RestXml => ("application/xml".to_owned(), "x-amz-request-id"),
        Protocol::Json => {
            (format!("application/x-amz-json-{}", service.json_version.as_deref().unwrap_or("1.1")), "x-amzn-requestid")
        }
        Protocol::RestJson => ("application/json".to_owned(), "x-amzn-requestid"),
        Protocol::Cbor => ("application/cbor".to_owned(), "x-amzn-requestid"),
    };
    let mut headers = vec![("content-type", kind), (request, id.to_owned())];
    if protocol == Protocol::Cbor {
        headers.push(("smithy-protocol", "rpc-v2-cbor".to_owned()));
    }
    headers
}

/// Whether a member is sent.
fn is_sent(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null() && value.get("$gap").is_none())
}

/// RFC 3986's, in which IAM sends documents.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyDetail.html>
const DOCUMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A plain value as text. The AWS CLI prints IAM's documents as JSON and blobs in base64.
fn text(member: &Member, shape: &Shape, value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match shape.kind {
        Kind::Timestamp => time(value).map_or(text, |at| match format(member, shape, TimeFormat::Iso8601) {
            TimeFormat::Iso8601 => at.to_string(),
            TimeFormat::UnixTimestamp => seconds(at).to_string(),
        }),
        Kind::Blob if STANDARD.decode(&text).is_err() => STANDARD.encode(&text),
        Kind::String if member.shape == "policyDocumentType" && !text.contains('%') => {
            utf8_percent_encode(&text, DOCUMENT).to_string()
        }
        _ => text,
    }
}

fn format(member: &Member, shape: &Shape, default: TimeFormat) -> TimeFormat {
    member.timestamp_format.or(shape.timestamp_format).unwrap_or(default)
}

/// A moment as the AWS CLI prints it, in its first version or its second.
fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(seconds) => {
            let seconds = seconds.as_f64()?;
            Timestamp::from_duration(jiff::SignedDuration::try_from_secs_f64(seconds).ok()?).ok()
        }
        _ => None,
    }
}

/// Seconds since 1970, without a fraction where there is none.
fn seconds(at: Timestamp) -> Value {
    if at.subsec_nanosecond() == 0 { Value::from(at.as_second()) } else { Value::from(at.as_duration().as_secs_f64()) }
}

#[cfg(test)]
mod tests;
