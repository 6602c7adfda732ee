//! What a fault may do to a report, and what it may not.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use cis_core::{Finding, Report, Status};

use super::by_id;

/// Findings by their identity.
pub(crate) type Findings = BTreeMap<String, Finding>;

/// What became of the findings of a faultless report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Those that are unknown now, or that an unknown of the same requirement at the same place stands for.
    pub(crate) unknown: usize,
    /// Those whose verdict stands and whose evidence shows the gap.
    pub(crate) held: usize,
    /// Those of a resource that is gone.
    pub(crate) gone: usize,
    /// Other verdicts that are right: those that follow from a resource that is gone, and those of [`FAILS_WITHOUT`].
    pub(crate) argued: Vec<String>,
    pub(crate) passes_gained: Vec<String>,
    pub(crate) fails_gained: Vec<String>,
    pub(crate) lost: Vec<String>,
    /// Anything else that changed: another verdict, or a finding that does not rest on the operation.
    pub(crate) others: Vec<String>,
    pub(crate) panics: Vec<String>,
}

impl Changes {
    /// Everything that must not be.
    pub(crate) fn wrong(&self) -> Vec<String> {
        let lists = [
            ("pass gained", &self.passes_gained),
            ("fail gained", &self.fails_gained),
            ("lost", &self.lost),
            ("changed", &self.others),
            ("panic", &self.panics),
        ];
        lists.into_iter().flat_map(|(what, list)| list.iter().map(move |one| format!("{what}: {one}"))).collect()
    }
}

impl AddAssign for Changes {
    fn add_assign(&mut self, more: Self) {
        self.unknown += more.unknown;
        self.held += more.held;
        self.gone += more.gone;
        self.argued.extend(more.argued);
        self.passes_gained.extend(more.passes_gained);
        self.fails_gained.extend(more.fails_gained);
        self.lost.extend(more.lost);
        self.others.extend(more.others);
        self.panics.extend(more.panics);
    }
}

/// Where another fact contradicts the requirement, one that is gone may make a pass a fail: the account summary shows that root
/// has a key, and only the credential report tells that it is inactive.
const FAILS_WITHOUT: [&str; 1] = ["iam.root_access_key"];

/// What went wrong.
pub(crate) struct Fault<'a> {
    /// Whether an operation is one of those that failed.
    pub(crate) operation: &'a dyn Fn(&str) -> bool,
    /// Where. None: everywhere.
    pub(crate) region: Option<&'a str>,
    /// A resource that is really gone.
    pub(crate) gone: Option<&'a str>,
}

impl Fault<'_> {
    /// Whether a finding says that it rests on the fault.
    fn shows(&self, finding: &Finding) -> bool {
        let failed = |operation: Option<&str>| operation.is_some_and(self.operation);
        let evidence =
            || finding.evidence.iter().any(|evidence| gaps(&evidence.value).into_iter().any(|at| failed(Some(at))));
        finding.gaps.iter().any(|gap| failed(gap.operation.as_deref())) || evidence()
    }
}

impl Fault<'_> {
    /// Whether a finding is about the region of the fault, or about the account.
    fn is_at(&self, finding: &Finding) -> bool {
        let region = finding.resource.region.as_deref();
        region.is_none() || self.region.is_none() || region == self.region
    }
}

/// The operations of the gaps inside a value.
fn gaps(value: &serde_json::Value) -> Vec<&str> {
    match value {
        serde_json::Value::Object(members) => {
            let own = members.get("$gap").and_then(|gap| gap.get("operation")?.as_str());
            own.into_iter().chain(members.values().flat_map(gaps)).collect()
        }
        serde_json::Value::Array(items) => items.iter().flat_map(gaps).collect(),
        _ => Vec::new(),
    }
}

/// Compares a report with the one without the fault.
pub(crate) fn changes(whole: &Findings, report: Report, fault: &Fault<'_>) -> Changes {
    let mut changes = Changes::default();
    let spoiled = by_id(report);
    let unknown = |finding: &Finding| finding.status == Status::Unknown && fault.shows(finding);
    for (id, was) in whole {
        let Some(is) = spoiled.get(id) else {
            let region = &was.resource.region;
            let stands_for = |other: &Finding| {
                let here = other.resource.region.is_none() || region.is_none() || other.resource.region == *region;
                other.control == was.control && here && unknown(other)
            };
            if spoiled.values().any(stands_for) {
                changes.unknown += 1;
            } else if fault.gone.is_some_and(|gone| is_of(was, gone)) {
                changes.gone += 1;
            } else {
                changes.lost.push(told(was, None));
            }
            continue;
        };
        if is == was {
            continue;
        }
        if is.status != was.status && unknown(is) {
            changes.unknown += 1;
        } else if is.status == was.status && (fault.shows(is) || fault.is_at(is)) {
            changes.held += 1;
        } else {
            changes.differs(fault, is, Some(was));
        }
    }
    for (_, is) in spoiled.iter().filter(|(id, _)| !whole.contains_key(*id)) {
        if !unknown(is) {
            changes.differs(fault, is, None);
        }
    }
    let panics = |finding: &&Finding| {
        let faults = ["ended in a fault of its own", "gave no finding here"];
        faults.iter().any(|fault| finding.message.contains(fault))
            || finding.gaps.iter().any(|gap| gap.message.contains("ended in a fault of its own"))
    };
    changes.panics.extend(spoiled.values().filter(panics).map(|finding| told(finding, None)));
    changes
}

impl Changes {
    fn differs(&mut self, fault: &Fault<'_>, is: &Finding, was: Option<&Finding>) {
        let before = was.map(|was| was.status);
        let line = told(is, was);
        match is.status {
            Status::Pass if before != Some(Status::Pass) => self.passes_gained.push(line),
            _ if fault.gone.is_some() => self.argued.push(line),
            Status::Fail if FAILS_WITHOUT.contains(&is.control.as_str()) => self.argued.push(line),
            Status::Fail if before != Some(Status::Fail) => self.fails_gained.push(line),
            _ => self.others.push(line),
        }
    }
}

/// Whether a finding is about a resource, by its name or ARN, or one in it.
fn is_of(finding: &Finding, name: &str) -> bool {
    let resource = &finding.resource;
    let names = [Some(&*resource.id), resource.arn.as_deref(), resource.sub.as_deref()];
    names.into_iter().flatten().any(|text| text == name || text.ends_with(&format!(":{name}")) || name.ends_with(text))
}

fn told(is: &Finding, was: Option<&Finding>) -> String {
    let before = was.map_or("nothing".to_owned(), |was| format!("{} ({})", was.status, was.message));
    let (control, status) = (&is.control, is.status);
    let resource = is.resource.name();
    let region = is.resource.region.as_deref().unwrap_or("-");
    format!("{control} on {resource} in {region}: {before} -> {status} ({})", is.message)
}
