//! JSON.

use serde_json::{Map, Value, json};

use super::super::model::{Kind, Member, Service, Shape, TimeFormat};
use super::super::refusal::Refusal;
use super::{format, is_sent, seconds, text, time};

pub(super) fn answer(service: &Service, output: Option<&Shape>, value: &Value) -> Vec<u8> {
    let value = output.map_or_else(|| json!({}), |shape| members(service, shape, value));
    value.to_string().into_bytes()
}

/// `typed`: the code stands in the body, and not in a header.
pub(super) fn error(refusal: &Refusal, typed: bool) -> Vec<u8> {
    // The services differ in how they write the name; the SDKs read either.
    let mut body = json!({"message": refusal.message});
    if let (Value::Object(members), true) = (&mut body, typed) {
        members.insert("__type".into(), refusal.code.clone().into());
    }
    body.to_string().into_bytes()
}

fn members(service: &Service, shape: &Shape, value: &Value) -> Value {
    let member = |(name, member): (&String, &Member)| {
        let value = is_sent(value.get(name))?;
        Some((member.wire(name).to_owned(), one(service, member, value)))
    };
    Value::Object(shape.members.iter().filter_map(member).collect::<Map<_, _>>())
}

fn one(service: &Service, member: &Member, value: &Value) -> Value {
    let Some(shape) = service.shape(&member.shape) else { return Value::Null };
    match (shape.kind, value) {
        (Kind::Structure, Value::Object(_)) => members(service, shape, value),
        (Kind::List, Value::Array(items)) => {
            let Some(item) = &shape.member else { return json!([]) };
            items.iter().filter_map(|value| is_sent(Some(value))).map(|value| one(service, item, value)).collect()
        }
        (Kind::Map, Value::Object(entries)) => {
            let Some(of) = &shape.value else { return json!({}) };
            let entries = entries.iter().map(|(name, value)| (name.clone(), one(service, of, value)));
            Value::Object(entries.collect())
        }
        (Kind::Timestamp, value) => time(value).map_or_else(
            || value.clone(),
            |at| match format(member, shape, TimeFormat::UnixTimestamp) {
                TimeFormat::Iso8601 => at.to_string().into(),
                TimeFormat::UnixTimestamp => seconds(at),
            },
        ),
        (Kind::String | Kind::Blob, value) if !value.is_boolean() && !value.is_number() => {
            text(member, shape, value).into()
        }
        (_, value) => value.clone(),
    }
}
