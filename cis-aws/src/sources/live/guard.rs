//! Refuses answers with a status of success that the SDK would read as an empty or shorter list.
//!
//! The SDK's XML reader takes a document that breaks off for a whole one, and its JSON reader fills in members that the
//! service must send. Either would make "nothing there" out of "not read". The guard looks at the body of every answer
//! before the SDK hands it over.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextMut;
use aws_smithy_runtime_api::client::orchestrator::{Metadata, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use cis_core::gap_text;
use serde_json::value::RawValue;

/// An answer that is not what the operation answers.
#[derive(Debug)]
pub(super) struct Malformed(pub(super) String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Malformed {}

/// An interceptor for the clients of one service.
#[derive(Debug, Clone, Copy)]
pub(super) enum Guard {
    /// Query protocols: one document `<OperationResponse>`, which must hold the element named here beside the operation.
    Xml(&'static [(&'static str, &'static str)]),
    /// JSON protocols: one object, which must hold the member named here beside the operation.
    Json(&'static [(&'static str, &'static str)]),
    /// REST with XML: one document with the root named here beside the operation, which must hold the elements named behind
    /// it; or text, where that is what the operation answers.
    Rest(&'static [(&'static str, Content)]),
    /// RPC with CBOR. Its lists and maps say how long they are or where they end, and the SDK's reader refuses one that
    /// breaks off; what is left to look at is whether there is one. A member that must be there is looked for where the
    /// answer is read, since the SDK leaves out what does not come.
    Cbor,
}

/// What an operation of a REST service answers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content {
    /// A document with this root. Where the element is named, it must be there; where it is not, the root may be all.
    Root(&'static str, Option<&'static str>),
    /// A JSON object, as it is kept.
    Text,
}

impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "cis-aws guard"
    }

    // In this hook the body is loaded, and an error of kind "response" is tried again like a broken connection;
    // `read_after_deserialization` can only fail for good.
    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !matches!(context.output_or_error(), Some(Ok(_))) {
            return Ok(());
        }
        let operation = cfg.load::<Metadata>().map(Metadata::name).unwrap_or_default();
        let body = context.response().and_then(|response| response.body().bytes());
        let checked = match (body, self) {
            (None, _) => Err(Malformed(gap_text!("the answer has no body"))),
            (Some(body), Self::Xml(members)) => xml(&format!("{operation}Response"), member(members, operation), body),
            (Some(body), Self::Rest(contents)) => match contents.iter().find(|(of, _)| *of == operation) {
                Some((_, Content::Root(root, member))) if closes_itself(root, body) && member.is_none() => Ok(()),
                Some((_, Content::Root(root, member))) => xml(root, *member, body),
                Some((_, Content::Text)) => json(None, body),
                None => Err(Malformed(gap_text!("nobody knows what {operation} answers"))),
            },
            (Some(body), Self::Cbor) => cbor(body),
            (Some(body), Self::Json(members)) => json(member(members, operation), body),
        };
        if let (Err(malformed), Some(result)) = (checked, context.output_or_error_mut()) {
            *result = Err(OrchestratorError::response(malformed.into()));
        }
        Ok(())
    }
}

fn member(members: &'static [(&str, &'static str)], operation: &str) -> Option<&'static str> {
    members.iter().find(|(of, _)| *of == operation).map(|(_, member)| *member)
}

/// Whether a body is one XML document with the root that an operation answers with, from its beginning to its end, and with
/// an element that it cannot do without.
fn xml(expected: &str, member: Option<&str>, body: &[u8]) -> Result<(), Malformed> {
    let text = std::str::from_utf8(body).map_err(|_| Malformed(gap_text!("the answer is not UTF-8")))?;
    let root = root(text).ok_or_else(|| Malformed(gap_text!("the answer is no XML")))?;
    if local(root) != expected {
        let root: String = root.chars().take(64).collect();
        return Err(Malformed(gap_text!("the root of the answer is {root}, not {expected}")));
    }
    let closed = text.trim_end().strip_suffix('>').and_then(|text| text.trim_end().strip_suffix(root));
    if !closed.is_some_and(|text| text.ends_with("</")) {
        return Err(Malformed(gap_text!("the answer breaks off: it does not end with </{root}>")));
    }
    match member {
        Some(member) if !holds(text, member) => Err(Malformed(gap_text!("the answer lacks {member}"))),
        _ => Ok(()),
    }
}

/// Whether a body is one element and nothing in it, as S3 says "never set": `<VersioningConfiguration xmlns=".."/>`.
fn closes_itself(expected: &str, body: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(body) else {
        return false;
    };
    let tag = text.rsplit_once('<').map(|(before, tag)| (before.trim_end(), tag.trim_end()));
    let alone = |before: &str| before.trim_start_matches('\u{feff}').is_empty() || before.ends_with("?>");
    tag.is_some_and(|(before, tag)| alone(before) && tag.ends_with("/>")) && root(text).map(local) == Some(expected)
}

/// Whether a body begins as a CBOR map.
fn cbor(body: &[u8]) -> Result<(), Malformed> {
    match body.first() {
        Some(0xa0..=0xbf) => Ok(()),
        _ => Err(Malformed(gap_text!("the answer is no CBOR map"))),
    }
}

/// Whether an element of a name opens somewhere, empty or not.
fn holds(text: &str, member: &str) -> bool {
    let opens = |(at, _): (usize, &str)| {
        let before = text.get(..at).is_some_and(|text| text.ends_with(['<', ':']));
        let after = text.get(at + member.len()..).unwrap_or_default();
        before && after.starts_with(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))
    };
    text.match_indices(member).any(opens)
}

/// The name of the root element, prefix included.
fn root(text: &str) -> Option<&str> {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let after = if rest.starts_with("<?") {
            rest.split_once("?>")
        } else if rest.starts_with("<!--") {
            rest.split_once("-->")
        } else if rest.starts_with("<!") {
            rest.split_once('>')
        } else {
            break;
        };
        rest = after?.1.trim_start();
    }
    let tag = rest.strip_prefix('<')?;
    let end = tag.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))?;
    tag.get(..end).filter(|name| !name.is_empty())
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// Whether a body is one JSON object that holds a member, and that as an object, a list, true or false.
fn json(member: Option<&str>, body: &[u8]) -> Result<(), Malformed> {
    let object: BTreeMap<String, &RawValue> =
        serde_json::from_slice(body).map_err(|error| Malformed(gap_text!("the answer is no JSON object: {error}")))?;
    match member {
        Some(member) if !object.get(member).is_some_and(|value| value.get().starts_with(['{', '[', 't', 'f'])) => {
            Err(Malformed(gap_text!("the answer lacks {member}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_whole_or_refused() {
        let cases = [
            ("whole", "<?xml version=\"1.0\"?>\n<XResponse xmlns=\"y\"><a/></XResponse>\n", None),
            ("byte order mark and comment", "\u{feff}<!-- <b> --><XResponse></XResponse>", None),
            ("a prefix", "<n:XResponse></n:XResponse >", None),
            ("breaks off between elements", "<XResponse><a></a>", Some("breaks off")),
            ("breaks off inside the closing tag", "<XResponse><a></a></XRespon", Some("breaks off")),
            ("breaks off inside the opening tag", "<XResponse xmlns=\"", Some("breaks off")),
            ("closes itself", "<XResponse/>", Some("breaks off")),
            ("another operation's", "<YResponse></YResponse>", Some("is YResponse, not XResponse")),
            ("a page of a proxy", "<!DOCTYPE html><html></html>", Some("is html")),
            ("an error with status 200", "<ErrorResponse></ErrorResponse>", Some("is ErrorResponse")),
            ("text", "hello", Some("no XML")),
            ("nothing", "", Some("no XML")),
            ("a comment without end", "<!-- ", Some("no XML")),
        ];
        for (why, body, expected) in cases {
            let message = xml("XResponse", None, body.as_bytes()).err().map(|error| error.to_string());
            match expected {
                None => assert_eq!(message, None, "{why}"),
                Some(part) => assert!(message.as_ref().is_some_and(|m| m.contains(part)), "{why}: {message:?}"),
            }
        }
        assert!(xml("XResponse", None, b"<XResponse>\xff</XResponse>").is_err());
        for (why, body, good) in [
            ("an empty element", "<XResponse><List/></XResponse>", true),
            ("an element", "<XResponse><List><a/></List></XResponse>", true),
            ("a prefix", "<XResponse><n:List></n:List></XResponse>", true),
            ("not there", "<XResponse></XResponse>", false),
            ("another name that begins so", "<XResponse><Lists/></XResponse>", false),
            ("only text", "<XResponse>List</XResponse>", false),
        ] {
            assert_eq!(xml("XResponse", Some("List"), body.as_bytes()).is_ok(), good, "{why}");
        }
    }

    #[test]
    fn an_object_with_its_member_or_refused() {
        for (why, body, good) in [
            ("an empty list", r#"{"analyzers": []}"#, true),
            ("an object", r#"{"analyzers": {}, "more": 1}"#, true),
            ("missing", "{}", false),
            ("null reads as empty", r#"{"analyzers": null}"#, false),
            ("text", r#"{"analyzers": "x"}"#, false),
            ("a list", "[]", false),
            ("breaks off", r#"{"analyzers": [{"#, false),
            ("more behind it", "{\"analyzers\": []} x", false),
            ("nothing", "", false),
        ] {
            assert_eq!(json(Some("analyzers"), body.as_bytes()).is_ok(), good, "{why}");
        }
        assert!(json(Some("on"), br#"{"on": false}"#).is_ok(), "a member that is true or false");
        assert!(json(None, b"{}").is_ok(), "an operation without a member that must be there");
    }

    #[test]
    fn an_empty_element_is_an_answer_where_nothing_is_set() {
        for (why, body, good) in [
            ("all that it is", "<V/>", true),
            ("as S3 writes it", "<?xml version=\"1.0\"?>\n<V xmlns=\"http://s3.amazonaws.com/doc/\"/>\n", true),
            ("another", "<W/>", false),
            ("inside", "<V><W/>", false),
            ("after", "<W></W><V/>", false),
            ("breaks off", "<V xmlns=\"x\"", false),
            ("open", "<V>", false),
            ("nothing", "", false),
        ] {
            assert_eq!(closes_itself("V", body.as_bytes()), good, "{why}");
        }
        assert!(!closes_itself("V", b"<V\xff/>"));
    }

    #[test]
    fn a_map_of_cbor() {
        assert!(cbor(&[0xa0]).is_ok() && cbor(&[0xbf, 0xff]).is_ok());
        assert!(cbor(b"").is_err() && cbor(b"<html/>").is_err() && cbor(b"{}").is_err());
    }
}
