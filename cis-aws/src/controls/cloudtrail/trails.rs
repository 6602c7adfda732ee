//! The trails of an account, seen from every region and each taken once; and how each is doing, asked in its home region.

use std::collections::{BTreeMap, BTreeSet};

use cis_core::ScopeStatus;
use cis_core::prelude::*;
use serde_json::{Value, json};

use super::selectors::default_selectors;
use crate::datasets::cloudtrail::{EventSelectors, Selectors, Status as TrailState, Trail, TrailStatuses, Trails};

/// The operation behind the lists of trails, for evidence.
pub(in crate::controls) const DESCRIBE: &str = "cloudtrail:DescribeTrails";
/// The operation behind a trail's status.
pub(in crate::controls) const GET_STATUS: &str = "cloudtrail:GetTrailStatus";
/// The operation behind a trail's selectors.
pub(in crate::controls) const GET_SELECTORS: &str = "cloudtrail:GetEventSelectors";

/// The trails as every region sees them.
pub(in crate::controls) fn lists() -> Reads {
    Reads::of::<Trails>().everywhere()
}

/// The trails, and the status of each, asked in its home region: here, and in the account that owns it where the source
/// covers that, as a member of an organization may be refused.
pub(in crate::controls) fn lists_and_statuses() -> Reads {
    lists().only::<TrailStatuses>(whose_home_is_here).in_other_accounts(homes_elsewhere)
}

/// The trails, and the status and selectors of each, asked where [`lists_and_statuses`] asks.
pub(in crate::controls) fn reads() -> Reads {
    lists_and_statuses().only::<EventSelectors>(whose_home_is_here).beside().in_other_accounts(homes_elsewhere)
}

/// A trail is asked for where it lives even if that region's own list could not be read: its shadow elsewhere names it.
#[allow(clippy::unnecessary_wraps, reason = "what narrows a read gives a result")]
fn whose_home_is_here(facts: &Facts<'_>) -> Result<Wanted, Gap> {
    let here = facts.place().region_name();
    let all = AllTrails::read(facts);
    let is_owner = |trail: &&SeenTrail<'_>| {
        let account_id = facts.place().account_id();
        account_id == facts.account_id() || account_id == trail.owner
    };
    let at_home = all.trails.iter().filter(|trail| trail.home.is_some() && trail.home == here).filter(is_owner);
    Ok(Wanted::names(at_home.map(|trail| trail.arn().to_owned())))
}

/// Where the trails of other accounts live.
fn homes_elsewhere(facts: &Facts<'_>) -> BTreeSet<Place> {
    let all = AllTrails::read(facts);
    all.trails.iter().filter(|trail| trail.is_foreign).filter_map(SeenTrail::home_with_owner).collect()
}

/// Every trail that is seen from some region, in order of ARN, and the regions that may hide more.
#[derive(Debug)]
pub(in crate::controls) struct AllTrails<'a> {
    pub(in crate::controls) trails: Vec<SeenTrail<'a>>,
    /// Regions whose list could not be read, or not wholly, with the reason.
    pub(in crate::controls) unread: Vec<(Place, Gap)>,
    /// Whether the whole list of some region was read.
    pub(in crate::controls) answered: bool,
    /// Why there may be regions that nobody listed.
    unlisted: Option<Gap>,
}

/// A trail. Names are not unique, so that it goes by its ARN alone.
#[derive(Debug)]
pub(in crate::controls) struct SeenTrail<'a> {
    pub(in crate::controls) row: &'a Trail,
    /// The place that the row was read at: the home region, where that could be read.
    place: Place,
    /// The region that it must be asked in.
    pub(in crate::controls) home: Option<&'a str>,
    /// The account that owns it.
    pub(in crate::controls) owner: &'a str,
    /// Whether that is another account: the organization's management account, or its delegate.
    pub(in crate::controls) is_foreign: bool,
}

/// What a trail records.
#[derive(Debug)]
pub(in crate::controls) struct Recording<'a> {
    pub(in crate::controls) selectors: &'a Selectors,
    /// Why the selectors could not be read, where the list of trails says that they are the default.
    pub(in crate::controls) inferred_without: Option<Gap>,
}

impl<'a> AllTrails<'a> {
    /// The lists of every region. A region that was left out of the scan is there with a gap.
    pub(in crate::controls) fn read(facts: &Facts<'a>) -> Self {
        let mut by_arn: BTreeMap<&str, SeenTrail<'a>> = BTreeMap::new();
        let (mut unread, mut answered) = (Vec::new(), false);
        for (place, rows) in facts.regions::<Trails>() {
            let rows = match rows {
                Ok(rows) => rows,
                Err(gap) => {
                    unread.push((place, gap));
                    continue;
                }
            };
            answered |= rows.cut_off().is_empty();
            unread.extend(rows.cut_off().iter().map(|gap| (place.clone(), gap.clone())));
            for row in rows.iter() {
                let home = home(row);
                // At home a trail is seen first-hand; elsewhere the row is its shadow.
                let at_home = home.is_some() && home == place.region_name();
                if at_home || !by_arn.contains_key(row.trail_arn.as_str()) {
                    by_arn.insert(&row.trail_arn, SeenTrail::new(row, home, &place, facts.account_id()));
                }
            }
        }
        if facts.scope().iter().all(|region| region.status == ScopeStatus::NotEnabled) {
            let gap = Gap::new(GapKind::NotSupported, "no region is known to look for trails in").dataset(Trails::NAME);
            unread.push((facts.place().to_account(), gap));
        }
        let unlisted = facts.regions_gap().cloned();
        Self { trails: by_arn.into_values().collect(), unread, answered, unlisted }
    }

    /// Why a trail that covers every region may be missing: for a verdict that none does something. A region that nobody
    /// listed hides none, as any region that answers shows all of them.
    pub(in crate::controls) fn gaps(&self) -> impl Iterator<Item = &Gap> {
        self.unread.iter().map(|(_, gap)| gap).chain(self.unlisted.iter().filter(|_| !self.answered))
    }

    /// Why any trail may be missing, one of a single region too.
    pub(in crate::controls) fn gaps_of_any(&self) -> impl Iterator<Item = &Gap> {
        self.unread.iter().map(|(_, gap)| gap).chain(&self.unlisted)
    }

    /// A verdict on every trail, and one unknown for each region of the scan that could not be read.
    pub(in crate::controls) fn each(
        &self,
        facts: &Facts<'a>,
        findings: &mut Findings,
        verdict: impl Fn(&SeenTrail<'a>) -> Result<Verdict, Gap>,
    ) {
        for trail in &self.trails {
            let owned = |verdict: Verdict| {
                if trail.is_foreign { verdict.evidence(DESCRIBE, "owner", trail.owner) } else { verdict }
            };
            findings.judge(Target::arn(trail.arn()).in_region(trail.home), || {
                verdict(trail).map(owned).map_err(|gap| trail.named(gap))
            });
        }
        tell_unread(&self.unread, self.trails.is_empty(), facts, findings);
    }
}

/// One unknown for each region of the scan whose list of trails could not be read; where all were, no region is left that
/// nobody listed and there is no trail, that there is nothing to judge.
pub(super) fn tell_unread(unread: &[(Place, Gap)], no_trail: bool, facts: &Facts<'_>, findings: &mut Findings) {
    let left_out = |place: &Place| {
        let mut scope = facts.scope().iter();
        scope.any(|region| region.status == ScopeStatus::LeftOut && place.region_name() == Some(&region.region))
    };
    let mut complete = true;
    for (place, gap) in unread.iter().filter(|(place, _)| !left_out(place)) {
        complete = false;
        findings.push(Target::place().in_region(place.region_name()), gap.clone());
    }
    if let (true, true, Some(gap)) = (complete, no_trail, facts.regions_gap()) {
        findings.push(Target::place(), gap.clone());
    } else if complete && no_trail {
        let message = msg!(
            "No trail is seen from any region of the scan: nothing to judge (cloudtrail.all_regions judges that there is none)."
        );
        findings.push(Target::place(), Verdict::not_applicable(message).evidence(DESCRIBE, "trails", &0));
    }
}

/// The region that a trail lives in, where the row or its ARN says so.
fn home(row: &Trail) -> Option<&str> {
    let from_arn = || row.trail_arn.split(':').nth(3).filter(|region| !region.is_empty());
    row.home_region.as_deref().filter(|region| !region.is_empty()).or_else(from_arn)
}

/// The account in an ARN; empty where it is none. Many trails are looked at, from each region.
fn owner(arn: &str) -> &str {
    let mut parts = arn.splitn(6, ':');
    match (parts.next(), parts.nth(3), parts.next()) {
        (Some("arn"), Some(account_id), Some(_)) => account_id,
        _ => "",
    }
}

/// A target where a region may be known.
trait InRegion {
    fn in_region(self, region: Option<&str>) -> Self;
}

impl InRegion for Target {
    fn in_region(self, region: Option<&str>) -> Self {
        match region {
            Some(region) => self.region(region),
            None => self,
        }
    }
}

impl<'a> SeenTrail<'a> {
    fn new(row: &'a Trail, home: Option<&'a str>, place: &Place, account_id: &str) -> Self {
        let owner = owner(&row.trail_arn);
        Self { row, place: place.clone(), home, owner, is_foreign: owner != account_id }
    }

    pub(in crate::controls) fn arn(&self) -> &'a str {
        &self.row.trail_arn
    }

    /// A flag of the list of trails; a gap where the answer left it out, which does not mean false.
    pub(in crate::controls) fn flag(&self, field: &str, value: Option<bool>) -> Result<bool, Gap> {
        let missing = || {
            let gap = Gap::malformed(gap_text!("{what} is missing from the answer", what = field));
            let gap = gap.dataset(Trails::NAME).operation(DESCRIBE).resource(self.arn());
            match self.place.region_name() {
                Some(region) => gap.region(region),
                None => gap,
            }
        };
        value.ok_or_else(missing)
    }

    /// A gap about what its row lacks, and the place that the row was read at.
    pub(in crate::controls) fn lacks(&self, what: &str) -> (Place, Gap) {
        let gap = Gap::malformed(what).dataset(Trails::NAME).resource(self.arn());
        (self.place.clone(), gap)
    }

    /// Whether it covers every region.
    pub(in crate::controls) fn is_multi_region(&self) -> Result<bool, Gap> {
        self.flag("IsMultiRegionTrail", self.row.is_multi_region_trail)
    }

    /// The home region in the account that owns it, if both are known.
    fn home_with_owner(&self) -> Option<Place> {
        (!self.owner.is_empty()).then_some(Place::region(self.owner, self.home?))
    }

    /// Its status, from its home region.
    pub(in crate::controls) fn status(&self, facts: &Facts<'a>) -> Result<&'a TrailState, Gap> {
        self.asked::<TrailStatuses, _>(facts, |row| &row.trail_arn, |row| &row.status)
    }

    /// What is known of it in its home region: told to the account, or else to the one that owns it, where that was read.
    fn asked<D: Dataset, T>(
        &self,
        facts: &Facts<'a>,
        arn: impl Fn(&D::Row) -> &str,
        fact: impl Fn(&'a D::Row) -> &'a Fact<T>,
    ) -> Result<&'a T, Gap>
    where
        T: 'a,
    {
        let told = |rows: Rows<'a, D::Row>| {
            let row = rows.iter().find(|row| arn(row) == self.arn());
            let row = row.ok_or_else(|| self.no_row(&rows))?;
            rows.known(fact(row)).map_err(|gap| self.named(gap))
        };
        let here = self.at_home::<D>(facts).and_then(told);
        match (here, self.home_with_owner().filter(|_| self.is_foreign)) {
            (Err(refused), Some(home)) => facts.at::<D>(&home).and_then(told).map_err(|_| refused),
            (here, _) => here,
        }
    }

    /// Whether it records now.
    pub(in crate::controls) fn is_logging(&self, facts: &Facts<'a>) -> Result<bool, Gap> {
        let status = self.status(facts)?;
        let told = status.is_logging.known().map_err(|gap| gap.dataset(TrailStatuses::NAME).operation(GET_STATUS));
        told.copied().map_err(|gap| self.named(gap))
    }

    /// What it records. Where the selectors could not be read and the list of trails says that there are none but the
    /// default, that is what it records.
    pub(in crate::controls) fn recording(&self, facts: &Facts<'a>) -> Result<Recording<'a>, Gap> {
        match self.selectors(facts) {
            Ok(selectors) => Ok(Recording { selectors, inferred_without: None }),
            Err(gap) if self.row.has_custom_event_selectors == Some(false) => {
                Ok(Recording { selectors: default_selectors(), inferred_without: Some(gap) })
            }
            Err(gap) => Err(gap),
        }
    }

    fn selectors(&self, facts: &Facts<'a>) -> Result<&'a Selectors, Gap> {
        let selectors = self.asked::<EventSelectors, _>(facts, |row| &row.trail_arn, |row| &row.selectors)?;
        let none = |list: Option<usize>| list.is_none_or(|length| length == 0);
        if none(selectors.event_selectors.as_ref().map(Vec::len))
            && none(selectors.advanced_event_selectors.as_ref().map(Vec::len))
        {
            // AWS answers the default in full, so that an answer without selectors is a broken one.
            let gap = Gap::malformed("the answer holds no selector").dataset(EventSelectors::NAME);
            return Err(self.named(gap.operation(GET_SELECTORS)));
        }
        Ok(selectors)
    }

    /// The rows of a dataset in the home region.
    fn at_home<D: Dataset>(&self, facts: &Facts<'a>) -> Result<Rows<'a, D::Row>, Gap> {
        let gap = |kind, message: &str| self.named(Gap::new(kind, message).dataset(D::NAME));
        let Some(home) = self.home else {
            return Err(gap(GapKind::Malformed, "the trail's home region is not known"));
        };
        let in_scope =
            facts.scope().iter().any(|region| region.region == home && region.status != ScopeStatus::NotEnabled);
        if let (false, Some(unlisted)) = (in_scope, facts.regions_gap()) {
            let message = "the trail's home region is not among those that are known, and not all could be listed";
            return Err(gap(unlisted.kind, message).region(home));
        }
        if !in_scope {
            let gap = gap(GapKind::NotOptedIn, "the trail's home region is not enabled in the account");
            return Err(gap.region(home));
        }
        facts.at::<D>(&Place::region(facts.account_id(), home)).map_err(|gap| self.named(gap))
    }

    /// Why the home region's rows hold none of this trail.
    fn no_row<R>(&self, rows: &Rows<'_, R>) -> Gap {
        let missing = || {
            let gap = Gap::malformed("the answer holds no row of this trail").dataset(rows.dataset());
            match rows.region() {
                Some(region) => gap.region(region),
                None => gap,
            }
        };
        self.named(rows.whole().err().unwrap_or_else(missing))
    }

    /// A gap, with the trail named unless it names another resource.
    pub(in crate::controls) fn named(&self, gap: Gap) -> Gap {
        if gap.resource.is_none() { gap.resource(self.arn()) } else { gap }
    }

    /// What the list of trails says of it, for evidence.
    pub(in crate::controls) fn described(&self) -> Value {
        let Trail {
            trail_arn,
            home_region,
            is_multi_region_trail,
            include_global_service_events,
            is_organization_trail,
            has_custom_event_selectors,
            ..
        } = self.row;
        let mut described = json!({
            "TrailARN": trail_arn, "HomeRegion": home_region, "IsMultiRegionTrail": is_multi_region_trail,
            "IsOrganizationTrail": is_organization_trail, "HasCustomEventSelectors": has_custom_event_selectors,
        });
        if let (Some(described), Some(global)) = (described.as_object_mut(), include_global_service_events) {
            described.insert("IncludeGlobalServiceEvents".into(), json!(global));
        }
        described
    }
}

/// Trails in AWS's own shape, in a few words, for the tests of the controls that read them.
#[cfg(test)]
pub(in crate::controls) mod account {
    use cis_core::Dataset;
    use cis_core::testkit::{FactSet, aws};

    use crate::datasets::cloudtrail::{EventSelectors, TrailStatuses, Trails};

    /// A trail of the account, at home in us-east-1.
    pub(in crate::controls) const MAIN: &str = "arn:aws:cloudtrail:us-east-1:123456789012:trail/main";
    /// A trail of the organization's management account, of the same name and home.
    pub(in crate::controls) const FOREIGN: &str = "arn:aws:cloudtrail:us-east-1:999999999999:trail/main";
    /// What AWS answers for a trail whose selectors were never set.
    pub(in crate::controls) const DEFAULT: &str = r#""EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [], "ExcludeManagementEventSources": []}]"#;

    fn rows<D: Dataset>(member: &str, rows: &[(&str, &str)]) -> FactSet {
        let row = |(arn, more): &(&str, &str)| {
            let comma = if more.is_empty() { "" } else { ", " };
            format!(r#"{{"TrailARN": "{arn}"{comma}{more}}}"#)
        };
        let rows: Vec<_> = rows.iter().map(row).collect();
        aws::<D>(&format!(r#"{{"{member}": [{}]}}"#, rows.join(", ")))
    }

    /// Trails as us-east-1 sees them, by ARN, each with more fields. Their home is their ARN's region.
    pub(in crate::controls) fn trails(list: &[(&str, &str)]) -> FactSet {
        rows::<Trails>("trailList", list)
    }

    pub(in crate::controls) fn status(list: &[(&str, &str)]) -> FactSet {
        rows::<TrailStatuses>("Trails", list)
    }

    pub(in crate::controls) fn selectors(list: &[(&str, &str)]) -> FactSet {
        rows::<EventSelectors>("Trails", list)
    }

    /// Another region that sees a trail, and has none of its own.
    pub(in crate::controls) fn shadow(region: &str, arn: &str, more: &str) -> FactSet {
        trails(&[(arn, more)]).in_region(region)
    }

    /// Another region, the home of a trail that logs and has the default selectors.
    pub(in crate::controls) fn home(region: &str, arn: &str, more: &str) -> FactSet {
        let facts =
            trails(&[(arn, more)]).and(status(&[(arn, r#""IsLogging": true"#)])).and(selectors(&[(arn, DEFAULT)]));
        facts.in_region(region)
    }
}
