//! CBOR, as Smithy's RPC v2 has it: <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minicbor::data::{IanaTag, Type};
use minicbor::{Decoder, Encoder};
use serde_json::{Map, Value, json};

use super::super::model::{Kind, Member, Service, Shape};
use super::super::refusal::Refusal;
use super::{is_sent, time};

type Cbor = Encoder<Vec<u8>>;
type Written = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

pub(super) fn answer(service: &Service, output: Option<&Shape>, value: &Value) -> Vec<u8> {
    let mut cbor = Encoder::new(Vec::new());
    let written = match output {
        Some(shape) => members(&mut cbor, service, shape, value),
        None => cbor.map(0).map(|_| ()),
    };
    // Writing to memory does not fail.
    written.map(|()| cbor.into_writer()).unwrap_or_default()
}

pub(super) fn error(refusal: &Refusal) -> Vec<u8> {
    let mut cbor = Encoder::new(Vec::new());
    let body = json!({"__type": format!("com.amazonaws.cloudwatch#{}", refusal.code), "message": refusal.message});
    plain(&mut cbor, &body).map(|()| cbor.into_writer()).unwrap_or_default()
}

fn members(cbor: &mut Cbor, service: &Service, shape: &Shape, value: &Value) -> Written {
    let sent = shape.members.iter().filter_map(|(name, member)| Some((name, member, is_sent(value.get(name))?)));
    let sent: Vec<_> = sent.collect();
    cbor.map(sent.len() as u64)?;
    for (name, member, value) in sent {
        cbor.str(member.wire(name))?;
        one(cbor, service, member, value)?;
    }
    Ok(())
}

fn one(cbor: &mut Cbor, service: &Service, member: &Member, value: &Value) -> Written {
    let Some(shape) = service.shape(&member.shape) else { return plain(cbor, value) };
    match (shape.kind, value) {
        (Kind::Structure, Value::Object(_)) => members(cbor, service, shape, value),
        (Kind::List, Value::Array(items)) => {
            cbor.array(items.len() as u64)?;
            items.iter().try_for_each(|value| match &shape.member {
                Some(item) => one(cbor, service, item, value),
                None => plain(cbor, value),
            })
        }
        (Kind::Map, Value::Object(entries)) => {
            cbor.map(entries.len() as u64)?;
            entries.iter().try_for_each(|(name, value)| {
                cbor.str(name)?;
                match &shape.value {
                    Some(of) => one(cbor, service, of, value),
                    None => plain(cbor, value),
                }
            })
        }
        (Kind::Timestamp, value) => match time(value) {
            Some(at) => {
                cbor.tag(IanaTag::Timestamp)?;
                if at.subsec_nanosecond() == 0 {
                    cbor.i64(at.as_second())?;
                } else {
                    cbor.f64(at.as_duration().as_secs_f64())?;
                }
                Ok(())
            }
            None => plain(cbor, value),
        },
        (Kind::Float | Kind::Double, Value::Number(number)) => {
            cbor.f64(number.as_f64().unwrap_or_default())?;
            Ok(())
        }
        (Kind::Blob, Value::String(text)) => {
            cbor.bytes(&STANDARD.decode(text).unwrap_or_else(|_| text.clone().into_bytes()))?;
            Ok(())
        }
        (_, value) => plain(cbor, value),
    }
}

fn plain(cbor: &mut Cbor, value: &Value) -> Written {
    match value {
        Value::Null => cbor.null()?,
        Value::Bool(yes) => cbor.bool(*yes)?,
        Value::Number(number) => match number.as_i64() {
            Some(number) => cbor.i64(number)?,
            None => cbor.f64(number.as_f64().unwrap_or_default())?,
        },
        Value::String(text) => cbor.str(text)?,
        Value::Array(items) => {
            cbor.array(items.len() as u64)?;
            return items.iter().try_for_each(|value| plain(cbor, value));
        }
        Value::Object(members) => {
            cbor.map(members.len() as u64)?;
            return members.iter().try_for_each(|(name, value)| {
                cbor.str(name)?;
                plain(cbor, value)
            });
        }
    };
    Ok(())
}

/// A request's body as JSON. None: it is no CBOR, or holds what requests do not.
pub(crate) fn decode(body: &[u8]) -> Option<Value> {
    item(&mut Decoder::new(body), 0)
}

fn item(cbor: &mut Decoder<'_>, depth: usize) -> Option<Value> {
    // No request is nested so deep; a hostile one would end the stack.
    if depth > 32 {
        return None;
    }
    Some(match cbor.datatype().ok()? {
        Type::Bool => cbor.bool().ok()?.into(),
        Type::Null | Type::Undefined => {
            cbor.skip().ok()?;
            Value::Null
        }
        Type::F32 => cbor.f32().ok()?.into(),
        Type::F64 => cbor.f64().ok()?.into(),
        Type::String | Type::StringIndef => cbor.str_iter().ok()?.collect::<Result<Vec<_>, _>>().ok()?.concat().into(),
        Type::Tag => {
            cbor.tag().ok()?;
            item(cbor, depth + 1)?
        }
        Type::Array | Type::ArrayIndef => {
            let mut left = cbor.array().ok()?;
            let mut items = Vec::new();
            while more(cbor, &mut left)? {
                items.push(item(cbor, depth + 1)?);
            }
            items.into()
        }
        Type::Map | Type::MapIndef => {
            let mut left = cbor.map().ok()?;
            let mut members = Map::new();
            while more(cbor, &mut left)? {
                let name = cbor.str().ok()?.to_owned();
                members.insert(name, item(cbor, depth + 1)?);
            }
            members.into()
        }
        _ => cbor.i64().ok()?.into(),
    })
}

/// Whether a list goes on: it says how long it is, or where it ends.
fn more(cbor: &mut Decoder<'_>, left: &mut Option<u64>) -> Option<bool> {
    match left {
        Some(0) => Some(false),
        Some(left) => {
            *left -= 1;
            Some(true)
        }
        None if cbor.datatype().ok()? == Type::Break => {
            cbor.set_position(cbor.position() + 1);
            Some(false)
        }
        None => Some(true),
    }
}
