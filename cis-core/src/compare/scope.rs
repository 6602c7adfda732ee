//! What a report looked at.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::facts::ScopeStatus;
use crate::finding::Finding;
use crate::report::Report;

/// What only one of two reports looked at. Findings of that alone are not compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScopeDifference {
    /// Regions that only the older one scanned.
    pub regions_only_old: Vec<String>,
    /// Regions that only the newer one scanned, beside those that were not enabled before: nothing lay there.
    pub regions_only_new: Vec<String>,
    /// Keys that only the older one judged.
    pub keys_only_old: Vec<String>,
    /// Keys that only the newer one judged.
    pub keys_only_new: Vec<String>,
}

impl ScopeDifference {
    pub(super) fn between(old: &Report, new: &Report) -> Self {
        let (old, new) = (Scope::of(old), Scope::of(new));
        let only = |these: &BTreeSet<&str>, those: &BTreeSet<&str>| {
            these.difference(those).map(|&name| name.to_owned()).collect()
        };
        Self {
            regions_only_old: only(&old.regions, &new.regions),
            regions_only_new: only(&new.regions, &(&old.regions | &old.not_enabled)),
            keys_only_old: only(&old.keys, &new.keys),
            keys_only_new: only(&new.keys, &old.keys),
        }
    }

    /// Whether both looked at the same.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// What a report looked at: the regions that it scanned and the requirements that it judged.
pub(super) struct Scope<'a> {
    regions: BTreeSet<&'a str>,
    not_enabled: BTreeSet<&'a str>,
    keys: BTreeSet<&'a str>,
}

impl<'a> Scope<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let regions = |status| {
            let of_status = report.scope.iter().filter(move |region| region.status == status);
            of_status.map(|region| region.region.as_str()).collect()
        };
        let judged = report.recommendations.iter().map(|judged| judged.key.as_str());
        Self {
            regions: regions(ScopeStatus::Scanned),
            not_enabled: regions(ScopeStatus::NotEnabled),
            keys: judged.chain(report.findings.iter().map(|finding| finding.control.as_str())).collect(),
        }
    }

    /// Whether a report of this scope would have a finding that one of another scope has. A region that neither scanned
    /// makes no difference: what lies there is judged at the account.
    pub(super) fn covers(&self, finding: &Finding, other: &Self) -> bool {
        let region = finding.resource.region.as_deref();
        self.keys.contains(finding.control.as_str())
            && region.is_none_or(|region| self.regions.contains(region) || !other.regions.contains(region))
    }

    /// As [`covers`](Self::covers), of a finding of a later report: of a region that was not enabled this one says that nothing
    /// was there.
    pub(super) fn covers_later(&self, finding: &Finding, later: &Self) -> bool {
        let region = finding.resource.region.as_deref();
        let was_empty = region.is_some_and(|region| self.not_enabled.contains(region));
        self.covers(finding, later) || (was_empty && self.keys.contains(finding.control.as_str()))
    }
}
