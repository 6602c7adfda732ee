//! The values of a message, by name.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// The values of a message, by name and in order of name. In JSON an object. Cheap to clone.
///
/// ```
/// use cis_core::Values;
/// let values: Values = [("max", 90), ("age", 91)].into_iter().collect();
/// assert_eq!(values.get("age"), Some(&91.into()));
/// assert_eq!(serde_json::to_string(&values)?, r#"{"age":91,"max":90}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
// A list: a report holds those of every finding, each has a few, and a map of the standard library takes room for eleven.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values(Arc<[(Cow<'static, str>, Value)]>);

impl Values {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// Each name with its value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<Cow<'static, str>>, V: Into<Value>> FromIterator<(N, V)> for Values {
    /// Of two values with the same name the later one counts.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(values: I) -> Self {
        let values = values.into_iter();
        // Most messages that many findings have in common have none.
        if values.size_hint() == (0, Some(0)) {
            return Self::default();
        }
        let mut values: Arc<[(Cow<'static, str>, Value)]> =
            values.map(|(name, value)| (name.into(), value.into())).collect();
        if let Some(values) = Arc::get_mut(&mut values) {
            values.sort_by(|(one, _), (other, _)| one.cmp(other));
        }
        let is_last = |at: usize| values.get(at).map(|(name, _)| name) != values.get(at + 1).map(|(name, _)| name);
        if !(0..values.len()).all(is_last) {
            let last = values.iter().enumerate().filter(|(at, _)| is_last(*at));
            values = last.map(|(_, value)| value.clone()).collect();
        }
        Self(values)
    }
}

impl From<Map<String, Value>> for Values {
    fn from(values: Map<String, Value>) -> Self {
        values.into_iter().collect()
    }
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_of_two_values_counts() {
        let values: Values = [("b", 1), ("a", 2), ("b", 3)].into_iter().collect();
        assert_eq!(values.iter().collect::<Vec<_>>(), [("a", &2.into()), ("b", &3.into())]);
        assert_eq!((values.get("c"), values.is_empty()), (None, false));
    }
}
