//! A value that was read, or the gap where it should be; and logic that knows three values.

use std::sync::LazyLock;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::gap::Gap;

/// A value that was read, or the reason why it could not be.
///
/// The one way to the value is [`known`](Fact::known); there is no default, so that code can't read past a gap. In JSON a
/// known fact is its value and a gap is `{"$gap": {..}}`. A value of the wrong shape is a gap of kind malformed: it
/// spoils this fact and nothing beside it, and so does a field that is not there, which the gap then names (give the field
/// no `#[serde(default)]`, whose gap knows no name).
///
/// ```
/// use cis_core::{Fact, Gap};
/// fn both(a: &Fact<u32>, b: &Fact<u32>) -> Result<u32, Gap> { Ok(a.known()? + b.known()?) }
/// let denied: Fact<u32> = serde_json::from_str(r#"{"$gap": {"kind": "denied"}}"#)?;
/// assert!(both(&Fact::Known(1), &denied).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact<T> {
    /// It was read.
    Known(T),
    /// It could not be read.
    Gap(Box<Gap>),
}

impl<T> Fact<T> {
    /// The value, or the gap. With `?` in a control the gap becomes an `unknown` finding.
    pub fn known(&self) -> Result<&T, Gap> {
        match self {
            Self::Known(value) => Ok(value),
            Self::Gap(gap) => Err(Gap::clone(gap)),
        }
    }

    /// A field that the answer left out although it must be there.
    ///
    /// ```
    /// use cis_core::Fact;
    /// let left_out = Fact::<u32>::missing("MinimumPasswordLength");
    /// assert_eq!(left_out.known().unwrap_err().message, "MinimumPasswordLength is missing from the answer");
    /// ```
    pub fn missing(field: &str) -> Self {
        Self::from(Gap::missing(field))
    }

    /// The same fact about a part of the value.
    pub fn map<U>(self, part: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Self::Known(value) => Fact::Known(part(value)),
            Self::Gap(gap) => Fact::Gap(gap),
        }
    }
}

impl<T> From<Result<T, Gap>> for Fact<T> {
    fn from(read: Result<T, Gap>) -> Self {
        match read {
            Ok(value) => Self::Known(value),
            Err(gap) => Self::Gap(Box::new(gap)),
        }
    }
}

impl<T> From<Gap> for Fact<T> {
    fn from(gap: Gap) -> Self {
        Self::Gap(Box::new(gap))
    }
}

#[derive(Serialize, Deserialize)]
struct GapJson<G> {
    #[serde(rename = "$gap")]
    gap: G,
}

impl<T: Serialize> Serialize for Fact<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => value.serialize(serializer),
            Self::Gap(gap) => GapJson { gap: &**gap }.serialize(serializer),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Fact<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = match serde_json::Value::deserialize(deserializer) {
            Ok(value) => value,
            // Serde's derived code asks a field that is not there for its value, and hears its name. What else may be
            // wrong is wrong with the whole document.
            Err(error) => {
                return match error.to_string().strip_prefix("missing field `").and_then(|rest| rest.split_once('`')) {
                    Some((field, _)) => Ok(Self::missing(field)),
                    None => Err(error),
                };
            }
        };
        if value.get("$gap").is_some() {
            return Ok(match serde_json::from_value::<GapJson<Gap>>(value) {
                Ok(json) => Self::Gap(Box::new(json.gap)),
                Err(error) => Self::from(Gap::malformed(format!("the gap recorded here could not be read: {error}"))),
            });
        }
        Ok(match serde_json::from_value(value) {
            Ok(known) => Self::Known(known),
            Err(error) => Self::from(Gap::misshapen(&error)),
        })
    }
}

impl<T> Default for Fact<T> {
    /// A field that the answer left out although it must be there.
    fn default() -> Self {
        static LEFT_OUT: LazyLock<Gap> = LazyLock::new(|| Gap::malformed("the field is missing from the answer"));
        Self::from(LEFT_OUT.clone())
    }
}

#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Fact<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Fact_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let value = generator.subschema_for::<T>();
        let gap = generator.subschema_for::<Gap>();
        schemars::json_schema!({
            "anyOf": [value, {"type": "object", "required": ["$gap"], "properties": {"$gap": gap}}]
        })
    }
}

/// Whether any of the values is true, where some could not be had: a *true* beats a gap, a gap beats a *false*.
///
/// ```
/// use cis_core::{Gap, fact};
/// let gap = || Err(Gap::malformed("?"));
/// assert_eq!(fact::any([Ok(false), gap(), Ok(true)]), Ok(true));
/// assert!(fact::any([Ok(false), gap()]).is_err());
/// ```
pub fn any(values: impl IntoIterator<Item = Result<bool, Gap>>) -> Result<bool, Gap> {
    decided_by(true, values)
}

/// Whether all the values are true, where some could not be had: a *false* beats a gap, a gap beats a *true*.
pub fn all(values: impl IntoIterator<Item = Result<bool, Gap>>) -> Result<bool, Gap> {
    decided_by(false, values)
}

fn decided_by(decisive: bool, values: impl IntoIterator<Item = Result<bool, Gap>>) -> Result<bool, Gap> {
    let mut first_gap = None;
    for value in values {
        match value {
            Ok(value) if value == decisive => return Ok(decisive),
            Ok(_) => {}
            Err(gap) => first_gap = first_gap.or(Some(gap)),
        }
    }
    first_gap.map_or(Ok(!decisive), Err)
}

/// The first value that could be had, in the order given; the gap of the first if none could.
///
/// For a fact that two sources tell: the fresher one first.
pub fn first<T>(values: impl IntoIterator<Item = Result<T, Gap>>) -> Result<T, Gap> {
    let mut first_gap = None;
    for value in values {
        match value {
            Ok(value) => return Ok(value),
            Err(gap) => first_gap = first_gap.or(Some(gap)),
        }
    }
    Err(first_gap.unwrap_or_else(|| Gap::malformed("nothing was read")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Row {
        length: Fact<u32>,
        #[serde(flatten)]
        inner: Fact<Inner>,
    }

    #[derive(Debug, Serialize, Deserialize)]
    struct Inner {
        on: Fact<bool>,
        at: i64,
    }

    #[test]
    fn a_field_that_is_not_there_is_named() {
        for (json, length, inner) in [
            (r#"{"Length": 8, "on": true, "at": 1}"#, None, None),
            (r#"{"on": true, "at": 1}"#, Some("Length is missing from the answer"), None),
            (
                r#"{"Length": null, "at": 1}"#,
                Some("invalid type: null, expected u32"),
                Some("on is missing from the answer"),
            ),
            (r#"{"Length": 8, "on": true}"#, None, Some("missing field `at`")),
            (r#"{"Length": {"$gap": {"kind": "denied", "message": "no"}}, "on": false, "at": 1}"#, Some("no"), None),
        ] {
            let from_text: Row = serde_json::from_str(json).unwrap();
            let from_value: Row = serde_json::from_value(serde_json::from_str(json).unwrap()).unwrap();
            for row in [from_text, from_value] {
                assert_eq!(row.length.known().err().map(|gap| gap.message).as_deref(), length, "{json}");
                let inner_gap = row.inner.known().and_then(|inner| inner.on.known().copied()).err();
                assert_eq!(inner_gap.map(|gap| gap.message).as_deref(), inner, "{json}");
            }
        }
        for broken in [r#"{"Length": "#, r#"{"Length": 8, "on": tru"#] {
            assert!(serde_json::from_str::<Row>(broken).is_err(), "a document that breaks off is no gap of one field");
        }
    }
}
