//! Selectors: where in an event a test looks.

use std::fmt;

use serde_json::Value;

/// A property selector such as `$.userIdentity.type` or `$.resources[0].ARN`.
///
/// Source: [JSON filter
/// patterns](https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/matching-terms-json-log-events.html).
///
/// ```
/// use cis_aws::pattern::Selector;
/// use serde_json::json;
///
/// let selector = Selector::parse("$.resources[0].ARN")?;
/// let event = json!({"resources": [{"ARN": "arn:aws:s3:::logs"}]});
/// assert_eq!(selector.find(&event), Some(&json!("arn:aws:s3:::logs")));
/// assert_eq!(selector.find(&json!({"resources": null})), None);
/// assert_eq!((selector.to_string().as_str(), selector.path().as_str()), ("$.resources[0].ARN", "resources[0].ARN"));
/// # Ok::<(), cis_aws::pattern::PatternError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector {
    steps: Vec<Step>,
}

/// One step of a [`Selector`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// `.name`: a property of an object.
    Name(String),
    /// `[0]`: an element of an array, from 0.
    Index(usize),
    /// `[*]`: any element of an array.
    AnyIndex,
}

impl Selector {
    /// The steps; the first is a name.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The selector as it is written, without the leading `$.`.
    pub fn path(&self) -> String {
        let text = self.to_string();
        text.strip_prefix("$.").map_or_else(|| text.clone(), str::to_owned)
    }

    /// Whether `[*]` is among the steps, so that one event can have several values here.
    pub fn has_wildcard(&self) -> bool {
        self.steps.contains(&Step::AnyIndex)
    }

    /// The value of an event at this selector; the first one, where `[*]` finds several.
    ///
    /// `None` is a missing field: a step does not exist, or leads through null or a scalar. A field that is null is
    /// there, with the value null.
    pub fn find<'a>(&self, event: &'a Value) -> Option<&'a Value> {
        self.find_all(event).into_iter().next()
    }

    /// All values of an event at this selector: at most one without `[*]`.
    pub(super) fn find_all<'a>(&self, event: &'a Value) -> Vec<&'a Value> {
        let mut values = vec![event];
        for step in &self.steps {
            match step {
                Step::Name(name) => {
                    values = values.into_iter().filter_map(|value| value.as_object()?.get(name)).collect();
                }
                Step::Index(index) => {
                    values = values.into_iter().filter_map(|value| value.as_array()?.get(*index)).collect();
                }
                Step::AnyIndex => {
                    values = values.into_iter().filter_map(Value::as_array).flatten().collect();
                }
            }
        }
        values
    }

    pub(super) fn new(steps: Vec<Step>) -> Self {
        Self { steps }
    }

    /// Whether the other selector looks inside the value of this one.
    pub(super) fn is_above(&self, other: &Self) -> bool {
        self.steps.len() < other.steps.len() && other.steps.starts_with(&self.steps)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for step in &self.steps {
            match step {
                Step::Name(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::AnyIndex => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_step_through_anything_else_is_missing() {
        let event = json!({"a": {"b": 1}, "l": [[7, 8], null], "n": null, "t": "text"});
        let find = |text: &str| Selector::parse(text).unwrap().find(&event).cloned();
        assert_eq!(find("$.a.b"), Some(json!(1)));
        assert_eq!(find("$.l[0][1]"), Some(json!(8)));
        assert_eq!(find("$.l[1]"), Some(Value::Null));
        for missing in ["$.b", "$.a.b.c", "$.a[0]", "$.l.a", "$.l[2]", "$.l[1].x", "$.n.x", "$.t[0]", "$.t.x"] {
            assert_eq!(find(missing), None, "{missing}");
        }
    }

    #[test]
    fn a_wildcard_finds_every_element() {
        let event = json!({"a": [{"b": 1}, {"c": 2}, {"b": 3}]});
        let found = Selector::parse("$.a[*].b").unwrap();
        assert_eq!(found.find_all(&event), [&json!(1), &json!(3)]);
        assert!(found.has_wildcard());
    }
}
