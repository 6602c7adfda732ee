//! Whether a pattern matches an event.

use serde_json::Value;

use super::Number;
use super::rules::{Rule, Rules};
use super::tree::{Check, Comparison, Expr, Pattern, Test};

impl Pattern {
    /// Whether the pattern matches an event, by what AWS documents, or what was observed where it does not.
    ///
    /// A field is missing if a step of its selector does not exist or leads through null or a scalar. Then `NOT EXISTS`
    /// holds and nothing else does, `!=` included. At an object or array every test fails. `= *` asks for a text,
    /// number or boolean. Texts are compared with case, and not with numbers.
    ///
    /// `None` for terms and columns: they look at the text of an event, of which its JSON value is not enough to tell.
    ///
    /// Source: [JSON filter
    /// patterns](https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/matching-terms-json-log-events.html).
    ///
    /// ```
    /// use cis_aws::pattern::Pattern;
    /// use serde_json::json;
    ///
    /// let root = Pattern::parse(r#"{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS }"#)?;
    /// assert_eq!(root.matches(&json!({"userIdentity": {"type": "Root"}})), Some(true));
    /// assert_eq!(root.matches(&json!({"userIdentity": {"type": "Root", "invokedBy": "AWS Internal"}})), Some(false));
    /// assert_eq!(Pattern::parse("Root")?.matches(&json!({"userIdentity": {"type": "Root"}})), None);
    /// # Ok::<(), cis_aws::pattern::PatternError>(())
    /// ```
    pub fn matches(&self, event: &Value) -> Option<bool> {
        self.matches_under(event, Rules::default())
    }

    /// The same under another setting of what AWS does not document.
    pub fn matches_under(&self, event: &Value, rules: Rules) -> Option<bool> {
        match self {
            Self::All => Some(true),
            Self::Json(expr) => Some(expr.matches_under(event, rules)),
            Self::Terms(_) | Self::Columns(_) => None,
        }
    }
}

impl Expr {
    /// As [`Pattern::matches_under`], of a JSON pattern.
    pub fn matches_under(&self, event: &Value, rules: Rules) -> bool {
        !(rules.has(Rule::ContainerPoisons) && self.ends_at_container(event)) && self.holds(event, rules)
    }

    fn holds(&self, event: &Value, rules: Rules) -> bool {
        match self {
            Self::Test(test) => test.holds(event, rules),
            Self::And(parts) => parts.iter().all(|part| part.holds(event, rules)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(event, rules)),
        }
    }

    fn ends_at_container(&self, event: &Value) -> bool {
        match self {
            Self::Test(test) => test.selector.find_all(event).into_iter().any(is_container),
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|part| part.ends_at_container(event)),
        }
    }
}

impl Test {
    /// Under `[*]` one element that passes is enough; AWS does not say what `!=` means there.
    fn holds(&self, event: &Value, rules: Rules) -> bool {
        let values = self.selector.find_all(event);
        if values.is_empty() {
            return self.check.holds(None, rules);
        }
        values.into_iter().any(|value| self.check.holds(Some(value), rules))
    }
}

impl Check {
    /// Whether a value passes; `None` is a missing field.
    pub(super) fn holds(&self, value: Option<&Value>, rules: Rules) -> bool {
        let Some(value) = value else {
            return *self == Self::NotExists || (self.is_negated() && rules.has(Rule::NeqMissing));
        };
        match (value, self) {
            (Value::Null, Self::IsNull) | (Value::Bool(true), Self::IsTrue) | (Value::Bool(false), Self::IsFalse) => {
                true
            }
            (Value::Array(_) | Value::Object(_), _)
            | (_, Self::NotExists | Self::IsNull | Self::IsTrue | Self::IsFalse) => false,
            (Value::Null, _) => self.is_negated() && rules.has(Rule::NeqNull),
            (Value::String(value), Self::Text { negated, text }) => {
                text.matches(value, rules.has(Rule::InnerStar)) != *negated
            }
            (Value::String(value), Self::Regex { negated, regex }) => regex.is_match(value) != *negated,
            (Value::String(value), Self::Number { comparison, number }) => {
                rules.has(Rule::NumOnText)
                    && match Number::parse(value) {
                        Some(value) => comparison.holds(value.value(), number.value()),
                        None => *comparison == Comparison::NotEqual,
                    }
            }
            (Value::Bool(_), Self::Number { comparison, .. }) => {
                rules.has(Rule::NumOnText) && *comparison == Comparison::NotEqual
            }
            (Value::Number(value), Self::Number { comparison, number }) => {
                value.as_f64().is_some_and(|value| comparison.holds(value, number.value()))
            }
            (Value::Bool(_) | Value::Number(_), Self::Text { negated, text }) => {
                (text.is_any() && !negated)
                    || (rules.has(Rule::TextOnScalar)
                        && text.matches(&value.to_string(), rules.has(Rule::InnerStar)) != *negated)
            }
            (Value::Bool(_) | Value::Number(_), Self::Regex { negated, regex }) => {
                rules.has(Rule::TextOnScalar) && regex.is_match(&value.to_string()) != *negated
            }
        }
    }
}

/// Whether a value is an object or an array.
pub(super) fn is_container(value: &Value) -> bool {
    value.is_object() || value.is_array()
}
