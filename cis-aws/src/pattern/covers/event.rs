//! The event of a counterexample.

use std::fmt;

use cis_core::{Message, msg};
use serde_json::{Map, Value};

use super::super::number::Number;
use super::super::rules::Rule;
use super::super::selector::{Selector, Step};
use super::cells::{Cell, Place};
use super::question::Field;

/// An event that the required pattern matches and the filters don't.
///
/// Written out with `{}` it reads `eventName = DeleteTrail, eventSource = cloudtrail.amazonaws.com`.
#[derive(Debug, Clone, PartialEq)]
pub struct Counterexample {
    pub(super) fields: Vec<(Selector, Value)>,
    pub(super) event: Value,
    pub(super) assumes: Vec<Rule>,
}

impl Counterexample {
    /// The fields that make it one, eventSource and eventName first; every other field that the patterns name is missing.
    pub fn fields(&self) -> &[(Selector, Value)] {
        &self.fields
    }

    /// The event as JSON.
    pub fn event(&self) -> &Value {
        &self.event
    }

    /// The undocumented rules under which the filters don't match it; none if they never do.
    pub fn assumes(&self) -> &[Rule] {
        &self.assumes
    }
}

/// Its words, which another language has others for.
impl From<&Counterexample> for Message {
    fn from(lost: &Counterexample) -> Self {
        let field = |(selector, value): &(Selector, Value)| {
            let path = selector.path();
            match value {
                Value::String(text) if is_plain(text) => msg!("{path} = {value}", path, value = text),
                Value::Object(_) | Value::Array(_) => {
                    msg!("{path} = {value}", path, value = msg!("<array or object>"))
                }
                value => msg!("{path} = {value}", path, value = value.to_string()),
            }
        };
        let fields: Vec<_> = lost.fields.iter().map(field).collect();
        let event =
            if fields.is_empty() { msg!("an event without any of the fields") } else { msg!("{fields}", fields) };
        let rules: Vec<_> = lost.assumes.iter().copied().map(Message::from).collect();
        if rules.is_empty() { event } else { msg!("{event} (if {rules})", event, rules) }
    }
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Message::from(self))
    }
}

/// Whether a text without quotes can only be a text.
fn is_plain(text: &str) -> bool {
    let is_word = !text.contains([',', '"']) && text.trim() == text && !text.is_empty();
    is_word && !matches!(text, "true" | "false" | "null") && Number::parse(text).is_none()
}

/// An event with the chosen values, of as many fields as have been chosen, the number of each field that is there with it; `None` if no event has them.
pub(super) fn realize(fields: &[Field], chosen: &[Option<&Cell>]) -> Option<(Vec<(usize, Value)>, Value)> {
    let mut event = Value::Object(Map::new());
    let (mut values, mut absent) = (Vec::new(), Vec::new());
    for (number, (field, cell)) in fields.iter().zip(chosen).enumerate() {
        let Some(cell) = cell else { continue };
        match cell.place {
            Place::Missing => absent.push(&field.selector),
            Place::Container => values.push((number, Value::Object(Map::new()))),
            // A cell without a proven example is an event only perhaps; any value will do to see whether it would be one.
            Place::Leaf => values.push((number, cell.value.clone().unwrap_or(Value::Null))),
        }
    }
    for (number, value) in &values {
        let place = place(&mut event, &fields.get(*number)?.selector)?;
        match (&*place, value) {
            // What stands inside has made the container already.
            (Value::Array(_) | Value::Object(_), Value::Object(_)) => {}
            // Nothing has filled the place but the null that keeps it.
            (Value::Null, _) => *place = value.clone(),
            _ => return None,
        }
    }
    let holds = |(number, value): &(usize, Value)| {
        let found = fields.get(*number).and_then(|field| field.selector.find(&event));
        found.is_some_and(|found| {
            found == value || (found.is_array() && value.is_object()) || found.is_object() && value.is_object()
        })
    };
    let is_right = values.iter().all(holds) && absent.iter().all(|selector| selector.find(&event).is_none());
    is_right.then_some((values, event))
}

/// The place of a selector, made if it is not there; `None` if something else is in the way.
fn place<'a>(event: &'a mut Value, selector: &Selector) -> Option<&'a mut Value> {
    let mut place = event;
    for step in selector.steps() {
        place = match step {
            Step::Name(name) => {
                if place.is_null() {
                    *place = Value::Object(Map::new());
                }
                place.as_object_mut()?.entry(name.as_str()).or_insert(Value::Null)
            }
            Step::Index(index) => {
                if place.is_null() || place.as_object().is_some_and(Map::is_empty) {
                    *place = Value::Array(Vec::new());
                }
                let elements = place.as_array_mut()?;
                if elements.len() <= *index {
                    elements.resize(*index + 1, Value::Null);
                }
                elements.get_mut(*index)?
            }
            Step::AnyIndex => return None,
        };
    }
    Some(place)
}
