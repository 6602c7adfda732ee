//! The change from one version of a benchmark to another.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Benchmark, Recommendation};
use crate::msg;
use crate::msg::Message;

/// What kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// The requirement is new.
    Added,
    /// The requirement is gone.
    Removed,
    /// Its id changed.
    Renumbered,
    /// Its title changed.
    Title,
    /// Automated became manual, or the reverse.
    Assessment,
    /// Its profile level changed.
    Level,
    /// What it covers changed.
    Scope,
    /// The audit procedure changed.
    Audit,
    /// The remediation procedure changed.
    Remediation,
    /// Its text changed: description, rationale, impact.
    Text,
}

impl ChangeKind {
    /// As it is written in benchmark files and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Renumbered => "renumbered",
            Self::Title => "title",
            Self::Assessment => "assessment",
            Self::Level => "level",
            Self::Scope => "scope",
            Self::Audit => "audit",
            Self::Remediation => "remediation",
            Self::Text => "text",
        }
    }
}

impl From<ChangeKind> for Message {
    fn from(kind: ChangeKind) -> Self {
        match kind {
            ChangeKind::Added => msg!("added"),
            ChangeKind::Removed => msg!("removed"),
            ChangeKind::Renumbered => msg!("renumbered"),
            ChangeKind::Title => msg!("title"),
            ChangeKind::Assessment => msg!("assessment"),
            ChangeKind::Level => msg!("level"),
            ChangeKind::Scope => msg!("scope"),
            ChangeKind::Audit => msg!("audit"),
            ChangeKind::Remediation => msg!("remediation"),
            ChangeKind::Text => msg!("text"),
        }
    }
}

/// One change of one recommendation between two versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Change {
    /// What kind.
    pub kind: ChangeKind,
    /// The requirement.
    pub key: String,
    /// Its id in the version before; null if it was not there.
    pub id_from: Option<String>,
    /// Its id in the version after; null if it is not there.
    pub id_to: Option<String>,
    /// What was there before: a title, an id, a level, an assessment, a scope.
    pub from: Value,
    /// What is there now.
    pub to: Value,
    /// One sentence on it, where the later version's file has one.
    pub note: Option<String>,
    /// What the change left as it was: `audit`, `remediation`.
    pub unchanged: Vec<String>,
}

impl Benchmark {
    /// Every change from `before` to `after`: what the two lists show, and what the notes of `after` on `before` say. In the
    /// order of ids, by the later version's id where there is one.
    pub fn diff(before: &Self, after: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        for old in &before.recommendations {
            match after.by_key(&old.key) {
                None => changes.push(change(ChangeKind::Removed, Some(old), None, json!(old.title), Value::Null)),
                Some(new) => changes.extend(listed(old, new)),
            }
        }
        for new in &after.recommendations {
            if before.by_key(&new.key).is_none() {
                changes.push(change(ChangeKind::Added, None, Some(new), Value::Null, json!(new.title)));
            }
        }
        for note in after.notes.iter().filter(|note| note.since == before.version) {
            let shown =
                |change: &&mut Change| change.note.is_none() && change.kind == note.kind && change.key == note.key;
            if let Some(shown) = changes.iter_mut().find(shown) {
                shown.note = Some(note.note.clone());
                shown.unchanged.clone_from(&note.unchanged);
            } else {
                let (old, new) = (before.by_key(&note.key), after.by_key(&note.key));
                let told = change(note.kind, old, new, json!(note.from), json!(note.to));
                changes.push(Change { note: Some(note.note.clone()), unchanged: note.unchanged.clone(), ..told });
            }
        }
        changes.sort_by_cached_key(|change| {
            let id = change.id_to.as_ref().or(change.id_from.as_ref());
            (id.map(|id| id_order(id)), change.id_to.is_some(), change.kind)
        });
        changes
    }
}

fn listed(old: &Recommendation, new: &Recommendation) -> impl Iterator<Item = Change> {
    let pairs = [
        (ChangeKind::Renumbered, json!(old.id), json!(new.id)),
        (ChangeKind::Title, json!(old.title), json!(new.title)),
        (ChangeKind::Assessment, json!(old.assessment), json!(new.assessment)),
        (ChangeKind::Level, json!(old.level), json!(new.level)),
    ];
    let differ = pairs.into_iter().filter(|(_, from, to)| from != to);
    differ.map(|(kind, from, to)| change(kind, Some(old), Some(new), from, to))
}

fn change(
    kind: ChangeKind,
    old: Option<&Recommendation>,
    new: Option<&Recommendation>,
    from: Value,
    to: Value,
) -> Change {
    let key = new.or(old).map(|recommendation| recommendation.key.clone()).unwrap_or_default();
    let id = |recommendation: &Recommendation| recommendation.id.clone();
    Change { kind, key, id_from: old.map(id), id_to: new.map(id), from, to, note: None, unchanged: Vec::new() }
}

/// Orders ids by their numbers, so that 1.10 comes after 1.9. What is not a number comes last.
pub(crate) fn id_order(id: &str) -> Vec<u64> {
    id.split('.').map(|part| part.parse().unwrap_or(u64::MAX)).collect()
}
