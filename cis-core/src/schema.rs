//! JSON Schemas (draft 2020-12) of the documents that this library writes and reads.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::compare::{Comparison, Migration};
use crate::report::Report;
use crate::review::File;
use crate::snapshot::Manifest;

/// The schema of a [`Report`] as JSON: every member is there, absent values are null, and there is no other member.
///
/// ```
/// let schema = cis_core::schema::report();
/// assert_eq!(schema["additionalProperties"], false);
/// ```
pub fn report() -> Value {
    generate::<Report>(SchemaSettings::draft2020_12().for_serialize())
}

/// The schema of a snapshot's [`Manifest`]. Members that may be left out are not required, so that it can be written by
/// hand. A reader passes over members that it does not know; the schema does not, so that a misspelt one is found.
pub fn manifest() -> Value {
    generate::<Manifest>(SchemaSettings::draft2020_12().for_deserialize())
}

/// The schema of a [`Comparison`] as JSON.
pub fn comparison() -> Value {
    generate::<Comparison>(SchemaSettings::draft2020_12().for_serialize())
}

/// The schema of a [`Migration`] as JSON.
pub fn migration() -> Value {
    generate::<Migration>(SchemaSettings::draft2020_12().for_serialize())
}

/// The schema of a [`Review`](crate::Review)'s file, for editors and pipelines.
pub fn review() -> Value {
    generate::<File>(SchemaSettings::draft2020_12().for_deserialize())
}

/// The schema of a type as it is read: a row of a dataset. Other members than those named may stand there, as in AWS's own
/// answers.
pub fn row<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    settings.with_transform(RecursiveTransform(for_readers)).into_generator().into_root_schema_for::<T>().to_value()
}

fn generate<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let settings = settings.with_transform(RecursiveTransform(close)).with_transform(RecursiveTransform(for_readers));
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// No other members than those that are named.
fn close(schema: &mut Schema) {
    if schema.get("properties").is_some() {
        schema.insert("additionalProperties".into(), false.into());
    }
}

/// Takes out what only a reader of the Rust code can use.
fn for_readers(schema: &mut Schema) {
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = plain_words(text);
    }
    // `uint64` and its like are no formats of JSON Schema, and strict validators refuse them.
    let number =
        |format: &Value| format.as_str().is_some_and(|format| format.trim_start_matches('u').starts_with("int"));
    if schema.get("format").is_some_and(number) {
        schema.remove("format");
    }
}

/// Documentation without its examples and links, which are for rustdoc, a line a paragraph.
fn plain_words(text: &str) -> String {
    let text = text.split("```").next().unwrap_or_default();
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.trim_end();
    while let Some((before, link)) = rest.split_once("[`") {
        let Some((name, after)) = link.split_once("`]") else { break };
        plain.extend([before, "`", name, "`"]);
        rest = after.strip_prefix('(').and_then(|target| target.split_once(')')).map_or(after, |(_, after)| after);
    }
    plain.push_str(rest);
    let paragraphs: Vec<_> = plain.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect();
    paragraphs.join("\n")
}

/// A moment: RFC 3339.
pub(crate) fn moment(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "format": "date-time"})
}

/// A day.
pub(crate) fn day(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "format": "date"})
}

/// Keys of tags, each with the pattern of its value; or null.
pub(crate) fn tag_patterns(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["object", "null"],
        "additionalProperties": {"type": "string"},
        "propertyNames": {"pattern": "\\S"},
        "minProperties": 1
    })
}

/// A moment, or null.
pub(crate) fn moment_or_null(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": ["string", "null"], "format": "date-time"})
}

/// A manifest's regions, or null.
pub(crate) fn regions(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["array", "null"],
        "items": {
            "type": "object",
            "properties": {
                "name": {"description": "Such as `eu-central-1`.", "type": "string"},
                "status": {
                    "description": "Whether it is enabled in the account.",
                    "enum": ["enabled", "not_enabled", "unknown"]
                }
            },
            "required": ["name", "status"]
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RegionStatus;

    #[test]
    fn documentation_becomes_words() {
        for (text, plain) in [
            ("see [`identity`]. Unique", "see `identity`. Unique"),
            ("[`Gap`](crate::Gap) it is", "`Gap` it is"),
            ("no link [at] all, nor [`here", "no link [at] all, nor [`here"),
            ("two\nlines\n\nand a paragraph\n\n```\nlet x = 1;\n```\nmore", "two lines\nand a paragraph"),
        ] {
            assert_eq!(plain_words(text), plain);
        }
    }

    #[test]
    fn rows_may_have_members_that_we_do_not_read() {
        let schema = row::<crate::Gap>();
        assert_eq!(schema.get("additionalProperties"), None);
        assert_eq!(report()["$defs"]["Gap"]["additionalProperties"], false);
    }

    #[test]
    fn numbers_have_no_format_of_our_own() {
        let schema = report();
        assert_eq!(schema["$defs"]["Counts"]["properties"]["pass"].get("format"), None);
        assert_eq!(schema["properties"]["as_of"]["format"], "date-time");
    }

    #[test]
    fn the_regions_of_a_manifest_have_the_states_that_there_are() {
        let all = [RegionStatus::Enabled, RegionStatus::NotEnabled, RegionStatus::Unknown];
        let schema = regions(&mut SchemaGenerator::default()).to_value();
        assert_eq!(schema["items"]["properties"]["status"]["enum"], crate::json_value(&all));
    }
}
