//! What a control says of itself.

use std::borrow::Cow;

use serde_json::Value;

use crate::place::PlaceKind;

/// What a control says of itself.
#[derive(Debug, Clone)]
pub struct ControlInfo {
    /// Its key, `service.name`.
    pub key: Cow<'static, str>,
    /// What must hold, in a few words of our own.
    pub title: Cow<'static, str>,
    /// The CloudFormation type of the resources that it judges.
    pub resource_type: Cow<'static, str>,
    /// Whether it is judged once for the account or once in each region, whatever it reads.
    pub judged_at: PlaceKind,
    /// What is judged and why it matters, in Markdown. How to put it right: [`Control::remediation`](crate::Control::remediation).
    pub docs: Cow<'static, str>,
    /// Its parameters.
    pub parameters: Vec<ParameterInfo>,
}

impl ControlInfo {
    /// A control without documentation or parameters.
    pub fn new(
        key: impl Into<Cow<'static, str>>,
        title: impl Into<Cow<'static, str>>,
        resource_type: impl Into<Cow<'static, str>>,
        judged_at: PlaceKind,
    ) -> Self {
        Self {
            key: key.into(),
            title: title.into(),
            resource_type: resource_type.into(),
            judged_at,
            docs: Cow::Borrowed(""),
            parameters: Vec::new(),
        }
    }
}

/// A parameter of a control: a field of its struct, set by the benchmark file.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterInfo {
    /// The field's name; a unit is part of it (`max_age_days`).
    pub name: &'static str,
    /// What it means.
    pub docs: &'static str,
    /// Its value where the benchmark file says nothing.
    pub default: Value,
}
