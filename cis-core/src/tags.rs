//! The tags of a resource.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::finding::Finding;

/// The tags of a resource: keys, each with its value, in order of key. Cheap to clone: all findings on a resource share them.
///
/// ```
/// use cis_core::Tags;
/// let tags: Tags = [("team", "web"), ("environment", "sandbox")].into_iter().collect();
/// assert_eq!(tags.get("team"), Some("web"));
/// assert_eq!(tags.iter().next(), Some(("environment", "sandbox")));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tags(
    // INVARIANT: in order of key, each key once; not there where there is none, which is then shared by counting nothing.
    Option<Arc<[(String, String)]>>,
);

impl Tags {
    fn pairs(&self) -> &[(String, String)] {
        self.0.as_deref().unwrap_or_default()
    }

    /// The value of a key. Upper and lower case differ, as for AWS.
    pub fn get(&self, key: &str) -> Option<&str> {
        let at = self.pairs().binary_search_by(|(known, _)| known.as_str().cmp(key)).ok()?;
        self.pairs().get(at).map(|(_, value)| value.as_str())
    }

    /// Keys and values, in order of key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs().iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.pairs().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Tags {
    /// Of a key that comes twice the last value stands.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(tags: I) -> Self {
        let sorted: BTreeMap<String, String> =
            tags.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        Self((!sorted.is_empty()).then(|| sorted.into_iter().collect()))
    }
}

impl Serialize for Tags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::<String, String>::deserialize(deserializer).map(Self::from_iter)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Tags {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Tags".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        BTreeMap::<String, String>::json_schema(generator)
    }
}

/// Gives findings whose control did not read the tags of the resource those that another control of the same scan did read,
/// by the resource's ARN.
pub(crate) fn share(findings: &mut [Finding]) {
    let given: Vec<(usize, Tags)> = {
        // Mostly all resources of a service have theirs or none has: how ARNs begin spares a look at the whole of most.
        let begin = |arn: &str| arn.as_bytes().first_chunk::<12>().copied();
        let without = findings.iter().filter(|finding| finding.resource.tags.is_none());
        let wanted: BTreeSet<_> = without.filter_map(|finding| finding.resource.arn.as_deref()).map(begin).collect();
        let arns = findings.iter().filter_map(|Finding { resource, .. }| {
            let tags = resource.tags.as_ref()?;
            Some((resource.arn.as_deref().filter(|arn| wanted.contains(&begin(arn)))?, tags))
        });
        // Looked up in, never gone through.
        let known: HashMap<&str, &Tags> = arns.collect();
        if known.is_empty() {
            return;
        }
        let without = findings.iter().enumerate().filter(|(_, finding)| finding.resource.tags.is_none());
        let found = without.filter_map(|(n, finding)| {
            let tags = known.get(finding.resource.arn.as_deref()?)?;
            Some((n, Tags::clone(tags)))
        });
        found.collect()
    };
    for (n, tags) in given {
        if let Some(finding) = findings.get_mut(n) {
            finding.resource.tags = Some(tags);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Status;
    use crate::review::tests::finding;

    #[test]
    fn findings_on_a_resource_share_what_one_control_read() {
        let tagged = |mut finding: Finding, tags: &[(&str, &str)]| {
            finding.resource.tags = Some(tags.iter().copied().collect());
            finding
        };
        let of = |key: &str, bucket: &str| finding(key, Status::Fail, bucket, None);
        let mut without_arn = of("s3.sensitive", "a");
        without_arn.resource.arn = None;
        let mut findings = [
            of("s3.public", "a"),
            tagged(of("s3.sensitive", "a"), &[("team", "web")]),
            without_arn,
            of("s3.public", "b"),
            tagged(of("s3.public", "c"), &[]),
            of("s3.sensitive", "c"),
        ];
        share(&mut findings);
        let tags: Vec<_> =
            findings.iter().map(|finding| serde_json::json!(finding.resource.tags).to_string()).collect();
        assert_eq!(tags, [r#"{"team":"web"}"#, r#"{"team":"web"}"#, "null", "null", "{}", "{}"]);
    }

    proptest! {
        #[test]
        fn they_are_a_map_in_order_of_key(pairs in prop::collection::vec((".{0,3}", ".{0,3}"), 0..8)) {
            let tags: Tags = pairs.iter().cloned().collect();
            let map: BTreeMap<String, String> = pairs.iter().cloned().collect();
            prop_assert_eq!(tags.len(), map.len());
            prop_assert_eq!(tags.is_empty(), map.is_empty());
            let expected: Vec<_> = map.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            prop_assert_eq!(tags.iter().collect::<Vec<_>>(), expected);
            for (key, _) in &pairs {
                prop_assert_eq!(tags.get(key), map.get(key).map(String::as_str));
            }
            prop_assert_eq!(tags.get("none of them"), None);
            let json = serde_json::to_string(&tags).unwrap();
            prop_assert_eq!(&json, &serde_json::to_string(&map).unwrap());
            prop_assert_eq!(serde_json::from_str::<Tags>(&json).unwrap(), tags);
        }
    }
}
