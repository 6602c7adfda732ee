//! How what a control finds is put right: in the console, by the AWS CLI, by Terraform. Told to people, never done.

mod fill;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::control::ACCOUNT_TYPE;
use crate::finding::Finding;
use crate::msg;
use crate::msg::{Message, json_value, placeholders};

/// How to put right what a control finds, in three ways, with placeholders for what each finding is about.
///
/// | placeholder | stands for |
/// | --- | --- |
/// | `{resource}` | the resource's id or name |
/// | `{arn}` | its whole ARN |
/// | `{sub}` | the part of it that is judged |
/// | `{region}` | the region |
/// | `{account}` | the 12-digit id of the account |
/// | `{partition}` | the partition, such as `aws` |
/// | `{key}` | the key of the requirement |
/// | `{min}` and the like | a parameter of the control: see [`parameters`](Self::parameters) |
///
/// What a person must choose stands as `<TOPIC_ARN>`, and so does a placeholder that a finding has no value for:
/// `<RESOURCE>`.
///
/// ```
/// use cis_core::{CautionKind, Remediation};
/// let remediation = Remediation::new("Set a later end for badge {resource}.")
///     .caution(CautionKind::CutsAccess, "The old badge stops to open doors.")
///     .console(["Open Badges, {resource}, and choose Renew."])
///     .cli(["acme renew-badge --badge-name {resource} --days {max_age_days}"])
///     .no_terraform("Badges are no resource of Terraform's.")
///     .value("max_age_days", &365);
/// assert!(remediation.faults().is_empty());
/// let filled = remediation.fill(&[("resource".to_owned(), "o'neil; reboot".into())].into_iter().collect(), None);
/// assert_eq!(filled.cli.texts().next(), Some(r#"acme renew-badge --badge-name "o'neil; reboot" --days 365"#));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Remediation {
    /// What to do, in a few sentences.
    pub summary: String,
    /// What to know before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cautions: Vec<Caution>,
    /// What to do in the console: sentences.
    #[serde(default, skip_serializing_if = "Way::is_empty")]
    pub console: Way,
    /// What to call: each step a simple command of a POSIX shell, without pipes, redirections or variables.
    #[serde(default, skip_serializing_if = "Way::is_empty")]
    pub cli: Way,
    /// Configuration of Terraform. A placeholder for text stands within quotes.
    #[serde(default, skip_serializing_if = "Way::is_empty")]
    pub terraform: Way,
    /// What is the same for every finding: parameters of the control, and the partition.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub values: Map<String, Value>,
}

/// One way to put something right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// What to do, in order. Empty: nothing is said of this way.
    Steps(Vec<Step>),
    /// It cannot, or should not, be done this way: why.
    NotThisWay(String),
}

/// One sentence, command or piece of configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// What to do.
    pub text: String,
    /// The CloudFormation type that it is for alone, where a control judges several; absent: for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
}

/// What to know before something is put right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Caution {
    /// What is at stake.
    pub kind: CautionKind,
    /// The caution, a sentence or two.
    pub text: String,
}

/// What is at stake where something is put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CautionKind {
    /// More than the one setting is set at once.
    ReplacesAll,
    /// It costs money.
    Costs,
    /// It may cut off people or programs.
    CutsAccess,
    /// It may interrupt what runs.
    Interrupts,
    /// It cannot be taken back.
    CannotBeUndone,
}

impl From<CautionKind> for Message {
    /// As people write it, to begin a line: `Costs money`.
    fn from(kind: CautionKind) -> Self {
        match kind {
            CautionKind::ReplacesAll => msg!("Sets more than this"),
            CautionKind::Costs => msg!("Costs money"),
            CautionKind::CutsAccess => msg!("May cut off access"),
            CautionKind::Interrupts => msg!("May interrupt what runs"),
            CautionKind::CannotBeUndone => msg!("Cannot be undone"),
        }
    }
}

/// A [`Remediation`] with the values of one finding, or with none. Commands are quoted for a POSIX shell and configuration
/// for Terraform, so that no name of a resource is more than a name there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FilledRemediation {
    /// What to do, in a few sentences.
    pub summary: String,
    /// What to know before.
    pub cautions: Vec<Caution>,
    /// What to do in the console: sentences.
    pub console: Way,
    /// What to call: commands of a POSIX shell.
    pub cli: Way,
    /// Configuration of Terraform.
    pub terraform: Way,
}

impl Remediation {
    /// What to do, in a few sentences of plain text.
    pub fn new(summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            cautions: Vec::new(),
            console: Way::default(),
            cli: Way::default(),
            terraform: Way::default(),
            values: Map::new(),
        }
    }

    /// One more thing to know before.
    #[must_use]
    pub fn caution(mut self, kind: CautionKind, text: impl Into<String>) -> Self {
        self.cautions.push(Caution { kind, text: text.into() });
        self
    }

    /// More steps in the console.
    #[must_use]
    pub fn console<T: Into<String>>(mut self, steps: impl IntoIterator<Item = T>) -> Self {
        self.console.extend(None, steps);
        self
    }

    /// Why it cannot be done in the console.
    #[must_use]
    pub fn no_console(self, why: impl Into<String>) -> Self {
        Self { console: Way::NotThisWay(why.into()), ..self }
    }

    /// More commands, each a simple one.
    #[must_use]
    pub fn cli<T: Into<String>>(mut self, commands: impl IntoIterator<Item = T>) -> Self {
        self.cli.extend(None, commands);
        self
    }

    /// More commands, for resources of this CloudFormation type alone.
    #[must_use]
    pub fn cli_for<T: Into<String>>(mut self, resource_type: &str, commands: impl IntoIterator<Item = T>) -> Self {
        self.cli.extend(Some(resource_type), commands);
        self
    }

    /// Why it cannot be done by the AWS CLI.
    #[must_use]
    pub fn no_cli(self, why: impl Into<String>) -> Self {
        Self { cli: Way::NotThisWay(why.into()), ..self }
    }

    /// More configuration of Terraform. The indentation that its lines have in common goes, and empty lines at its ends.
    #[must_use]
    pub fn terraform<T: Into<String>>(mut self, configuration: impl IntoIterator<Item = T>) -> Self {
        self.terraform.extend(None, configuration.into_iter().map(dedented));
        self
    }

    /// More configuration of Terraform, for resources of this CloudFormation type alone.
    #[must_use]
    pub fn terraform_for<T: Into<String>>(mut self, resource_type: &str, more: impl IntoIterator<Item = T>) -> Self {
        self.terraform.extend(Some(resource_type), more.into_iter().map(dedented));
        self
    }

    /// Why it cannot be done by Terraform.
    #[must_use]
    pub fn no_terraform(self, why: impl Into<String>) -> Self {
        Self { terraform: Way::NotThisWay(why.into()), ..self }
    }

    /// A value that is the same for every finding.
    #[must_use]
    pub fn value(mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Self {
        self.values.insert(name.to_owned(), json_value(value));
        self
    }

    /// The parameters of a control as values, each by the name of its field: `.parameters(self)`. Those that no placeholder
    /// names are left out.
    #[must_use]
    pub fn parameters(mut self, control: &impl Serialize) -> Self {
        if let Value::Object(parameters) = json_value(control) {
            let named = self.placeholders();
            self.values.extend(parameters.into_iter().filter(|(name, _)| named.contains(name)));
        }
        self
    }

    /// For a finding: with its resource, where it is about one, and of the steps those that are for its type.
    pub fn for_finding(&self, finding: &Finding) -> FilledRemediation {
        let resource = &finding.resource;
        let is_account = resource.kind == ACCOUNT_TYPE;
        let own = |text: Option<&str>| text.filter(|_| !is_account).map(Value::from);
        let arn_partition = resource.arn.as_deref().and_then(|arn| arn.strip_prefix("arn:")?.split(':').next());
        let known = [
            ("account", Some(resource.account_id.as_str().into())),
            ("key", Some(finding.control.as_str().into())),
            ("region", resource.region.as_deref().map(Value::from)),
            ("resource", own(Some(&resource.id))),
            ("arn", own(resource.arn.as_deref())),
            ("sub", resource.sub.as_deref().map(Value::from)),
            ("partition", arn_partition.map(Value::from)),
        ];
        let known = known.into_iter().filter_map(|(name, value)| value.map(|value| (name.to_owned(), value)));
        self.fill(&known.collect(), (!is_account).then_some(&*resource.kind))
    }

    /// For no finding: what would be filled stands as `<RESOURCE>` and the like.
    pub fn general(&self) -> FilledRemediation {
        self.fill(&Map::new(), None)
    }

    /// With these values by the names of their placeholders, beside those of its own. `resource_type`: only the steps that
    /// are for it; none: all of them. What acts on a terminal or turns the direction of writing is never filled in, nor, in
    /// a command, what the AWS CLI would read as more than a text: its placeholder stays.
    pub fn fill(&self, values: &Map<String, Value>, resource_type: Option<&str>) -> FilledRemediation {
        let values = fill::Values { given: values, own: &self.values };
        let text = |text: &str| fill::text(text, &values);
        let way = |way: &Way, fill: &dyn Fn(&str) -> String| match way {
            Way::NotThisWay(why) => Way::NotThisWay(text(why)),
            Way::Steps(steps) => {
                let wanted = |step: &&Step| {
                    let either = step.resource_type.as_ref().zip(resource_type);
                    either.is_none_or(|(of_step, wanted)| of_step == wanted)
                };
                let filled = |step: &Step| Step { text: fill(&step.text), resource_type: step.resource_type.clone() };
                Way::Steps(steps.iter().filter(wanted).map(filled).collect())
            }
        };
        FilledRemediation {
            summary: text(&self.summary),
            cautions: self
                .cautions
                .iter()
                .map(|caution| Caution { kind: caution.kind, text: text(&caution.text) })
                .collect(),
            console: way(&self.console, &text),
            cli: way(&self.cli, &|command| fill::command(command, &values)),
            terraform: way(&self.terraform, &|configuration| fill::configuration(configuration, &values)),
        }
    }

    /// What is wrong with it: a placeholder that nothing can fill, a command that is not a simple one. Empty in a right one;
    /// the testkit looks.
    pub fn faults(&self) -> Vec<String> {
        let nobody_fills = |name: &String| !FILLED.contains(&name.as_str()) && !self.values.contains_key(name);
        let unknown = self.placeholders().into_iter().filter(nobody_fills);
        let unknown = unknown.map(|name| format!("nothing fills the placeholder {{{name}}}"));
        let not_simple = self.cli.texts().filter_map(|command| {
            let why = fill::not_simple(command)?;
            Some(format!("not a simple command, for {why}: {command}"))
        });
        unknown.chain(not_simple).collect()
    }

    /// What of it is told to people in words, as templates: what to do, cautions, steps in the console, and why not this way.
    /// Another language has a text of its own for each, with the same placeholders: see
    /// [`Locale::remediation`](crate::Locale::remediation). Commands and configuration are the same in every language.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let why = [&self.console, &self.cli, &self.terraform].into_iter().filter_map(|way| match way {
            Way::NotThisWay(why) => Some(why.as_str()),
            Way::Steps(_) => None,
        });
        let cautions = self.cautions.iter().map(|caution| caution.text.as_str());
        [self.summary.as_str()].into_iter().chain(cautions).chain(self.console.texts()).chain(why)
    }

    /// The same with each of its [`texts`](Self::texts) as `told` has it.
    #[cfg(feature = "locales")]
    pub(crate) fn with_texts(&self, told: impl Fn(&str) -> String) -> Self {
        let mut same = self.clone();
        let cautions = same.cautions.iter_mut().map(|caution| &mut caution.text);
        let steps = if let Way::Steps(steps) = &mut same.console { steps.as_mut_slice() } else { &mut [] };
        let steps = steps.iter_mut().map(|step| &mut step.text);
        for text in cautions.chain(steps).chain([&mut same.summary]) {
            *text = told(text);
        }
        for way in [&mut same.console, &mut same.cli, &mut same.terraform] {
            if let Way::NotThisWay(why) = way {
                *why = told(why);
            }
        }
        same
    }

    /// The remediation as a report has it: it knows the partition, and no value that nothing names.
    pub(crate) fn of_report(mut self, partition: &str) -> Self {
        self.values.insert("partition".to_owned(), partition.into());
        let named = self.placeholders();
        self.values.retain(|name, _| named.contains(name));
        self
    }

    fn placeholders(&self) -> BTreeSet<String> {
        let texts = self.texts().chain(self.cli.texts()).chain(self.terraform.texts());
        texts.flat_map(placeholders).map(str::to_owned).collect()
    }
}

/// The text without the indentation that its lines have in common, and without empty lines at its ends.
fn dedented(text: impl Into<String>) -> String {
    let text = text.into();
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let indent = lines().map(|line| line.len() - line.trim_start_matches(' ').len()).min().unwrap_or_default();
    let lines: Vec<_> = text.lines().map(|line| line.get(indent..).unwrap_or_default()).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

/// The placeholders that [`Remediation::for_finding`] fills, where the finding has a value.
const FILLED: [&str; 7] = ["account", "arn", "key", "partition", "region", "resource", "sub"];

impl Way {
    /// The steps' texts, in order; none where it is not done this way.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.steps().iter().map(|step| step.text.as_str())
    }

    /// The steps in order; none where it is not done this way.
    pub fn steps(&self) -> &[Step] {
        match self {
            Self::Steps(steps) => steps,
            Self::NotThisWay(_) => &[],
        }
    }

    /// Whether nothing is said of this way.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Steps(steps) if steps.is_empty())
    }

    fn extend<T: Into<String>>(&mut self, resource_type: Option<&str>, more: impl IntoIterator<Item = T>) {
        let mut steps = self.steps().to_vec();
        let resource_type = resource_type.map(str::to_owned);
        steps.extend(more.into_iter().map(|text| Step { text: text.into(), resource_type: resource_type.clone() }));
        *self = Self::Steps(steps);
    }
}

impl Default for Way {
    fn default() -> Self {
        Self::Steps(Vec::new())
    }
}
