//! A named, versioned list of recommendations.

mod diff;
mod load;

pub use diff::{Change, ChangeKind};

use serde::{Deserialize, Serialize};

use crate::control::Parameters;
use crate::msg;
use crate::msg::Message;

/// Whether the benchmark says that a recommendation can be audited automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Assessment {
    /// Automated.
    Automated,
    /// Manual.
    Manual,
}

impl Assessment {
    /// As the benchmark writes it, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Automated => "automated",
            Self::Manual => "manual",
        }
    }
}

impl From<Assessment> for Message {
    fn from(assessment: Assessment) -> Self {
        match assessment {
            Assessment::Automated => msg!("automated"),
            Assessment::Manual => msg!("manual"),
        }
    }
}

/// One entry of a benchmark.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recommendation {
    /// Such as "1.4" or "2.1.1".
    pub id: String,
    /// The name of the requirement, the same in every version.
    pub key: String,
    /// The benchmark's title.
    pub title: String,
    /// The title in other languages, by language code.
    #[serde(default)]
    pub title_in: std::collections::BTreeMap<String, String>,
    /// The section's name.
    pub section: String,
    /// The subsection's name, if it stands in one.
    #[serde(default)]
    pub subsection: Option<String>,
    /// The profile: 1 or 2.
    pub level: u8,
    /// Whether the benchmark calls it automated or manual.
    pub assessment: Assessment,
    /// The key of the control that judges it, where that control serves several requirements.
    #[serde(default)]
    pub control: Option<String>,
    /// The control's parameters in this version.
    #[serde(default)]
    pub parameters: Parameters,
}

impl Recommendation {
    /// The key of the control that judges it.
    pub fn control_key(&self) -> &str {
        self.control.as_deref().unwrap_or(&self.key)
    }
}

/// What a version changed in a recommendation against an earlier version, in words: what the lists cannot show.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// The earlier version.
    pub since: String,
    /// The kind of change. A note on a change that the lists show (`added`, `level`, ...) says more about it.
    pub kind: ChangeKind,
    /// The requirement.
    pub key: String,
    /// One sentence.
    pub note: String,
    /// What was there before, for a change of scope.
    #[serde(default)]
    pub from: Option<String>,
    /// What is there now, for a change of scope.
    #[serde(default)]
    pub to: Option<String>,
    /// What was left as it was: `audit`, `remediation`.
    #[serde(default)]
    pub unchanged: Vec<String>,
}

/// A named, versioned list of recommendations.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Benchmark {
    /// Such as "CIS AWS Foundations".
    pub name: String,
    /// Such as "2.0.0".
    pub version: String,
    /// The day of its release, if known.
    #[serde(default)]
    pub released: Option<String>,
    /// The recommendations, in the benchmark's order.
    #[serde(rename = "recommendation")]
    pub recommendations: Vec<Recommendation>,
    /// What changed against earlier versions.
    #[serde(default, rename = "note")]
    pub notes: Vec<Note>,
}

impl Benchmark {
    /// The recommendation of a key.
    pub fn by_key(&self, key: &str) -> Option<&Recommendation> {
        self.recommendations.iter().find(|recommendation| recommendation.key == key)
    }

    /// The recommendation of an id.
    pub fn by_id(&self, id: &str) -> Option<&Recommendation> {
        self.recommendations.iter().find(|recommendation| recommendation.id == id)
    }
}
