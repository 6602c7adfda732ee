//! Tags, as most services tell them.

use cis_core::Tags;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The tags of a resource, where they were read: in JSON a list of `Key` and `Value`.
///
/// A source whose answer has all tags gives an empty list where there is none. A list that is left out, or that is none, was not
/// read, since no verdict rests on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagList(Option<Tags>);

/// A tag.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
struct Tag {
    /// Its key.
    key: String,
    /// Its value.
    #[serde(default)]
    value: Option<String>,
}

impl TagList {
    /// The tags; none where they were not read.
    pub fn read(&self) -> Option<&Tags> {
        self.0.as_ref()
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.as_ref()?.get(key)
    }
}

impl From<Tags> for TagList {
    fn from(tags: Tags) -> Self {
        Self(Some(tags))
    }
}

impl From<&TagList> for Option<Tags> {
    fn from(list: &TagList) -> Self {
        list.0.clone()
    }
}

impl Serialize for TagList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tag = |(key, value): (&str, &str)| Tag { key: key.to_owned(), value: Some(value.to_owned()) };
        match &self.0 {
            Some(tags) => serializer.collect_seq(tags.iter().map(tag)),
            None => serializer.serialize_none(),
        }
    }
}

impl<'de> Deserialize<'de> for TagList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Told {
            List(Vec<Tag>),
            Nothing(IgnoredAny),
        }
        Ok(match Told::deserialize(deserializer)? {
            Told::List(tags) => {
                tags.into_iter().map(|tag| (tag.key, tag.value.unwrap_or_default())).collect::<Tags>().into()
            }
            Told::Nothing(_) => Self(None),
        })
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for TagList {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TagList".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Option::<Vec<Tag>>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Row {
        #[serde(default)]
        tags: TagList,
    }

    #[test]
    fn a_list_is_read_and_what_is_none_was_not() {
        for (why, json, written) in [
            (
                "in order of key",
                r#"[{"Key":"b","Value":"2"},{"Key":"a","Value":"1"}]"#,
                r#"[{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}]"#,
            ),
            ("it has none", "[]", "[]"),
            ("a value that is left out is empty", r#"[{"Key":"a"}]"#, r#"[{"Key":"a","Value":""}]"#),
            ("other members", r#"[{"Key":"a","Value":"1","ResourceId":"i-1"}]"#, r#"[{"Key":"a","Value":"1"}]"#),
            ("null", "null", "null"),
            ("a key that is missing: nobody knows how many there are", r#"[{"Value":"1"}]"#, "null"),
            ("no list", r#"{"a":"1"}"#, "null"),
            ("a gap", r#"{"$gap":{"kind":"denied"}}"#, "null"),
        ] {
            let read: TagList = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), written, "{why}");
            assert_eq!(read.read().is_some(), written != "null", "{why}");
        }
        assert_eq!(serde_json::from_str::<Row>("{}").unwrap().tags.read(), None, "left out");
    }
}
