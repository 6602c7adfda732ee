//! The controls that can be made from a benchmark file, by key.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Control;
use crate::error::Error;

/// The parameters of a control, as a benchmark file gives them.
pub type Parameters = Map<String, Value>;

/// Makes a control from its parameters.
pub type Make = fn(&Parameters) -> Result<Box<dyn Control>, Error>;

/// The controls that can be made, by key.
#[derive(Clone, Default)]
pub struct Registry {
    entries: BTreeMap<&'static str, Make>,
}

impl Registry {
    /// A registry of these entries.
    pub fn new(entries: impl IntoIterator<Item = (&'static str, Make)>) -> Self {
        Self { entries: entries.into_iter().collect() }
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.entries.keys().copied()
    }

    /// Makes a control. None if there is no control of this key.
    ///
    /// # Errors
    /// Parameters that the control does not have, or of the wrong type.
    pub fn make(&self, key: &str, parameters: &Parameters) -> Result<Option<Box<dyn Control>>, Error> {
        match self.entries.get(key) {
            Some(make) => make(parameters).map(Some).map_err(|error| error.at(format!("control {key}"))),
            None => Ok(None),
        }
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.keys()).finish()
    }
}

/// Makes a control whose struct holds its parameters: unknown ones are refused, missing ones take their default.
pub fn make_control<C: Control + DeserializeOwned + 'static>(
    parameters: &Parameters,
) -> Result<Box<dyn Control>, Error> {
    let control: C = serde_json::from_value(Value::Object(parameters.clone()))
        .map_err(|error| Error::input(format!("parameters: {error}")))?;
    Ok(Box::new(control))
}
