//! XML: the query protocol, EC2's, and S3's.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use serde_json::Value;

use super::super::model::{Kind, Member, Operation, Service, Shape};
use super::super::refusal::Refusal;
use super::{is_sent, text};

type Xml = Writer<Vec<u8>>;

const S3: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

pub(super) fn query(
    service: &Service,
    name: &str,
    operation: &Operation,
    output: Option<&Shape>,
    value: &Value,
    id: &str,
) -> io::Result<Vec<u8>> {
    let namespace = service.xml_namespace.as_deref();
    document(&format!("{name}Response"), namespace, |xml| {
        let content = |xml: &mut Xml| output.map_or(Ok(()), |shape| members(xml, service, shape, value));
        match &operation.wrapper {
            Some(wrapper) => element(xml, wrapper, content)?,
            None => content(xml)?,
        }
        element(xml, "ResponseMetadata", |xml| leaf(xml, "RequestId", id))
    })
}

pub(super) fn ec2(
    service: &Service,
    name: &str,
    output: Option<&Shape>,
    value: &Value,
    id: &str,
) -> io::Result<Vec<u8>> {
    // Its namespace has a slash at its end, which the model lacks.
    let namespace = service.xml_namespace.as_ref().map(|namespace| format!("{}/", namespace.trim_end_matches('/')));
    document(&format!("{name}Response"), namespace.as_deref(), |xml| {
        leaf(xml, "requestId", id)?;
        output.map_or(Ok(()), |shape| members(xml, service, shape, value))
    })
}

pub(super) fn rest(
    service: &Service,
    operation: &Operation,
    output: Option<&Shape>,
    value: &Value,
) -> io::Result<Vec<u8>> {
    let Some(output) = output else { return Ok(Vec::new()) };
    let payload = output.payload.as_ref().and_then(|name| Some((name, output.members.get(name)?)));
    match payload {
        None => {
            let root = operation.root.as_deref().or(operation.output.as_deref()).unwrap_or("Result");
            document(root, Some(S3), |xml| members(xml, service, output, value))
        }
        Some((name, member)) => {
            let (Some(shape), Some(value)) = (service.shape(&member.shape), is_sent(value.get(name))) else {
                return Ok(Vec::new());
            };
            if shape.kind == Kind::Structure {
                document(member.wire(name), Some(S3), |xml| members(xml, service, shape, value))
            } else {
                Ok(text(member, shape, value).into_bytes())
            }
        }
    }
}

pub(super) fn query_error(service: &Service, refusal: &Refusal, id: &str) -> io::Result<Vec<u8>> {
    document("ErrorResponse", service.xml_namespace.as_deref(), |xml| {
        element(xml, "Error", |xml| {
            leaf(xml, "Type", if refusal.status < 500 { "Sender" } else { "Receiver" })?;
            told(xml, refusal)
        })?;
        leaf(xml, "RequestId", id)
    })
}

pub(super) fn ec2_error(refusal: &Refusal, id: &str) -> io::Result<Vec<u8>> {
    document("Response", None, |xml| {
        element(xml, "Errors", |xml| element(xml, "Error", |xml| told(xml, refusal)))?;
        leaf(xml, "RequestID", id)
    })
}

pub(super) fn rest_error(service: &Service, refusal: &Refusal, id: &str) -> io::Result<Vec<u8>> {
    let content = |xml: &mut Xml| {
        told(xml, refusal)?;
        refusal.elements.iter().try_for_each(|(name, text)| leaf(xml, name, text))
    };
    if service.name == "s3" {
        return document("Error", None, |xml| {
            content(xml)?;
            leaf(xml, "RequestId", id)
        });
    }
    // S3 Control wraps its errors.
    document("ErrorResponse", None, |xml| {
        element(xml, "Error", content)?;
        leaf(xml, "RequestId", id)
    })
}

fn told(xml: &mut Xml, refusal: &Refusal) -> io::Result<()> {
    leaf(xml, "Code", &refusal.code)?;
    leaf(xml, "Message", &refusal.message)
}

fn document(
    root: &str,
    namespace: Option<&str>,
    content: impl FnOnce(&mut Xml) -> io::Result<()>,
) -> io::Result<Vec<u8>> {
    let mut xml = Writer::new(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec());
    let mut start = BytesStart::new(root);
    if let Some(namespace) = namespace {
        start.push_attribute(("xmlns", namespace));
    }
    xml.write_event(Event::Start(start))?;
    content(&mut xml)?;
    xml.write_event(Event::End(BytesEnd::new(root)))?;
    Ok(xml.into_inner())
}

fn element(xml: &mut Xml, name: &str, content: impl FnOnce(&mut Xml) -> io::Result<()>) -> io::Result<()> {
    xml.write_event(Event::Start(BytesStart::new(name)))?;
    content(xml)?;
    xml.write_event(Event::End(BytesEnd::new(name)))
}

fn leaf(xml: &mut Xml, name: &str, content: &str) -> io::Result<()> {
    element(xml, name, |xml| xml.write_event(Event::Text(BytesText::new(content))))
}

fn members(xml: &mut Xml, service: &Service, shape: &Shape, value: &Value) -> io::Result<()> {
    for (name, member) in &shape.members {
        if let Some(value) = is_sent(value.get(name)).filter(|_| !member.xml_attribute) {
            one(xml, service, member.wire(name), member, value)?;
        }
    }
    Ok(())
}

fn one(xml: &mut Xml, service: &Service, name: &str, member: &Member, value: &Value) -> io::Result<()> {
    let Some(shape) = service.shape(&member.shape) else { return Ok(()) };
    match (shape.kind, value) {
        (Kind::Structure, Value::Object(of)) => {
            let mut start = BytesStart::new(name);
            if let Some(namespace) = &shape.xml_namespace {
                start.push_attribute((format!("xmlns:{}", namespace.prefix).as_str(), namespace.uri.as_str()));
            }
            for (name, member) in shape.members.iter().filter(|(_, member)| member.xml_attribute) {
                if let Some(Value::String(text)) = of.get(name) {
                    start.push_attribute((member.wire(name), text.as_str()));
                }
            }
            xml.write_event(Event::Start(start))?;
            members(xml, service, shape, value)?;
            xml.write_event(Event::End(BytesEnd::new(name)))
        }
        (Kind::List, Value::Array(items)) => {
            let Some(item) = &shape.member else { return Ok(()) };
            let mut sent = items.iter().filter_map(|value| is_sent(Some(value)));
            if shape.flattened || member.flattened {
                return sent.try_for_each(|value| one(xml, service, item.wire(name), item, value));
            }
            element(xml, name, |xml| sent.try_for_each(|value| one(xml, service, item.wire("member"), item, value)))
        }
        (Kind::Map, Value::Object(entries)) => {
            let (Some(key), Some(of)) = (&shape.key, &shape.value) else { return Ok(()) };
            let entry = |xml: &mut Xml, (name, value): (&String, &Value)| {
                leaf(xml, key.wire("key"), name)?;
                one(xml, service, of.wire("value"), of, value)
            };
            if shape.flattened || member.flattened {
                return entries.iter().try_for_each(|pair| element(xml, name, |xml| entry(xml, pair)));
            }
            element(xml, name, |xml| entries.iter().try_for_each(|pair| element(xml, "entry", |xml| entry(xml, pair))))
        }
        _ => leaf(xml, name, &text(member, shape, value)),
    }
}
