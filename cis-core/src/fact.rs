//! A value that was read, or the gap where it should be; and logic that knows three values.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::sync::LazyLock;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::gap::Gap;
use crate::gap_text;

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

thread_local! {
    /// Whether a value of the wrong shape ends the read, instead of becoming a gap.
    static STRICT: Cell<bool> = const { Cell::new(false) };
}

/// Reads with lists inside facts going straight into their types. A fact of the wrong shape, or one that is not there, is then
/// an error of the whole read: half of a list may be taken in by then, so that whoever asks for this reads again without it.
pub(crate) fn strictly<T>(read: impl FnOnce() -> T) -> T {
    /// Also where a row's own code panics.
    struct Ends(bool);
    impl Drop for Ends {
        fn drop(&mut self) {
            STRICT.set(self.0);
        }
    }
    let _ends = Ends(STRICT.replace(true));
    read()
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Fact<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if STRICT.get() {
            return deserializer.deserialize_any(Strict(PhantomData));
        }
        let value = match Value::deserialize(deserializer) {
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
        Ok(Self::of(value).unwrap_or_else(|error| Self::from(Gap::misshapen(&error))))
    }
}

impl<T: DeserializeOwned> Fact<T> {
    /// What a JSON value says.
    fn of(value: Value) -> Result<Self, serde_json::Error> {
        if value.get("$gap").is_some() {
            return Ok(match serde_json::from_value::<GapJson<Gap>>(value) {
                Ok(json) => Self::Gap(Box::new(json.gap)),
                Err(error) => Self::from(Gap::malformed(gap_text!("the gap recorded here could not be read: {error}"))),
            });
        }
        serde_json::from_value(value).map(Self::Known)
    }
}

/// Reads a fact under [`strictly`]: a list straight into its type, anything else, which is small, by way of a value.
struct Strict<T>(PhantomData<T>);

impl<T: DeserializeOwned> Strict<T> {
    fn of<E: de::Error>(value: impl Into<Value>) -> Result<Fact<T>, E> {
        Fact::of(value.into()).map_err(E::custom)
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for Strict<T> {
    type Value = Fact<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Fact<T>, A::Error> {
        T::deserialize(List(list)).map(Fact::Known)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Fact<T>, A::Error> {
        Self::of(Value::deserialize(MapAccessDeserializer::new(members))?)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Fact<T>, E> {
        Self::of(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Fact<T>, E> {
        Self::of(value)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Fact<T>, E> {
        Self::of(value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Fact<T>, E> {
        Self::of(value)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Fact<T>, E> {
        Self::of(value)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Fact<T>, E> {
        Self::of(value)
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Fact<T>, E> {
        Self::of(value)
    }
}

/// A list as a deserializer: an optional list is one that is there.
struct List<A>(A);

impl<'de, A: SeqAccess<'de>> Deserializer<'de> for List<A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_seq(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
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
