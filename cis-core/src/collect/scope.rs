//! Which regions are scanned.

use jiff::Timestamp;

use super::source::{Coverage, RegionStatus};
use crate::error::Error;
use crate::facts::{ScopeRegion, ScopeStatus, Setting};

/// What a source covers, what the caller wants of it, and for which moment.
pub(crate) fn setting(coverage: Coverage, wanted: &[String], as_of: Option<Timestamp>) -> Result<Setting, Error> {
    let Some(as_of) = as_of.or(coverage.as_of) else {
        return Err(Error::input("there is no moment to judge at: the source has none recorded; give one as `as_of`"));
    };
    let mut scope: Vec<ScopeRegion> = Vec::new();
    for region in coverage.regions {
        let left_out = !wanted.is_empty() && !wanted.contains(&region.name);
        let status = match region.status {
            RegionStatus::NotEnabled => ScopeStatus::NotEnabled,
            _ if left_out => ScopeStatus::LeftOut,
            RegionStatus::Enabled => ScopeStatus::Scanned,
            RegionStatus::Unknown => ScopeStatus::Unknown,
        };
        scope.push(ScopeRegion { region: region.name, status });
    }
    scope.sort_by(|a, b| a.region.cmp(&b.region));
    scope.dedup_by(|a, b| a.region == b.region);
    for name in wanted {
        if scope.iter().any(|known| known.region == *name) {
            continue;
        }
        if coverage.regions_gap.is_none() {
            let known: Vec<_> = scope.iter().map(|region| region.region.as_str()).collect();
            return Err(Error::input(format!("region {name:?} is not known (known: {})", known.join(", "))));
        }
        // The source could not list its regions, so the caller's word is all there is.
        scope.push(ScopeRegion { region: name.clone(), status: ScopeStatus::Scanned });
        scope.sort_by(|a, b| a.region.cmp(&b.region));
    }
    Ok(Setting {
        account_id: coverage.account_id,
        partition: coverage.partition,
        as_of,
        scope,
        regions_gap: coverage.regions_gap,
    })
}
