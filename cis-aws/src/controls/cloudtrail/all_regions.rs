use cis_core::Message;
use cis_core::prelude::*;
use serde_json::{Map, Value, json};

use super::selectors::{Direction, Management};
use super::trails::{AllTrails, DESCRIBE, GET_SELECTORS, GET_STATUS, SeenTrail, reads};

control! {
    /// One trail covers every region, is logging, and records all management events, reads and writes.
    ///
    /// A trail of the organization counts for each of its accounts. Trails are not added up: one must do it all. Sources
    /// that CloudTrail offers to leave out for their volume (KMS, RDS Data API) may be left out, and are shown.
    ///
    /// ## Why it matters
    /// Whoever gets in is likely to act where nobody looks: in a region that is not used, or with reads alone. What no
    /// trail records cannot be found out afterwards.
    pub struct AllRegions {}
    key: "cloudtrail.all_regions", title: "One trail records the management events of every region",
    resource_type: "AWS::CloudTrail::Trail", judged_at: Account,
}

impl Control for AllRegions {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Have one trail cover every region, log, and record all management events, reads and writes. A trail that is \
                 there can be changed to that with update-trail in place of create-trail. The bucket's policy must let \
                 CloudTrail write.",
            )
            .caution(CautionKind::Costs, "The first copy of management events in each region is free; a second trail's is charged, and so is storage.")
            .caution(CautionKind::ReplacesAll, "Event selectors are set all at once: give those for data events that the trail has, too.")
            .console([
                "CloudTrail, Trails: choose \"Create trail\", or a trail and its \"General details\", Edit.",
                "A trail made in the console covers all regions.",
                "Under \"Management events\", choose Read and Write, and exclude nothing. See that Logging is on.",
            ])
            .cli([
                "aws cloudtrail create-trail --name <TRAIL_NAME> --s3-bucket-name <BUCKET_NAME> --is-multi-region-trail --enable-log-file-validation",
                r#"aws cloudtrail put-event-selectors --trail-name <TRAIL_NAME> --event-selectors '[{"ReadWriteType": "All", "IncludeManagementEvents": true}]'"#,
                "aws cloudtrail start-logging --name <TRAIL_NAME>",
            ])
            .terraform([r#"
                resource "aws_cloudtrail" "all_regions" {
                  name                          = "<TRAIL_NAME>"
                  s3_bucket_name                = "<BUCKET_NAME>"
                  is_multi_region_trail         = true
                  include_global_service_events = true
                  enable_log_file_validation    = true
                  enable_logging                = true

                  event_selector {
                    read_write_type           = "All"
                    include_management_events = true
                  }
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        reads()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let all = AllTrails::read(facts);
        let held: Vec<_> = all.trails.iter().map(|trail| (trail, holds(trail, facts))).collect();
        let good: Vec<_> = held.iter().filter(|(_, holds)| *holds == Ok(true)).map(|(trail, _)| trail.arn()).collect();
        let mut gaps = held.iter().filter_map(|(_, holds)| holds.as_ref().err()).chain(all.gaps());
        let verdict = if !good.is_empty() {
            Verdict::pass(msg!("Management events of every region are recorded by: {good}.", good))
        } else if let Some(gap) = gaps.next() {
            let message = msg!("No trail was seen to record the management events of every region, but one may: {gap}.", gap = gap.in_message());
            gaps.fold(Verdict::unknown(message, gap.clone()), |verdict, gap| verdict.gap(gap.clone()))
        } else if held.is_empty() {
            Verdict::fail(msg!("There is no trail; one must record the management events of every region."))
        } else {
            let lacking: Vec<_> = held.iter().map(|(trail, _)| lacks(trail, facts)).collect();
            Verdict::fail(msg!("No trail records all management events of every region, reads and writes: {lacking}.", lacking))
        };
        findings.push(Target::place(), evidence(verdict, &all, facts));
        Ok(())
    }
}

/// Whether a trail does it all.
fn holds<'a>(trail: &SeenTrail<'a>, facts: &Facts<'a>) -> Result<bool, Gap> {
    let records_all = trail.recording(facts).map(|recording| Management::of(recording.selectors).is_whole());
    fact::all([trail.is_multi_region(), trail.is_logging(facts), records_all])
}

/// What a trail lacks, in words. What could not be read of it is left out: something else is known to be lacking.
fn lacks<'a>(trail: &SeenTrail<'a>, facts: &Facts<'a>) -> Message {
    let mut lacks = Vec::new();
    if trail.is_multi_region() == Ok(false) {
        lacks.push(msg!("covers one region"));
    }
    if trail.is_logging(facts) == Ok(false) {
        lacks.push(msg!("is stopped"));
    }
    if let Ok(recording) = trail.recording(facts) {
        let seen = Management::of(recording.selectors);
        match (seen.has(Direction::Read), seen.has(Direction::Write)) {
            (true, true) => {}
            (true, false) => lacks.push(msg!("does not record all writes")),
            (false, true) => lacks.push(msg!("does not record all reads")),
            (false, false) => lacks.push(msg!("does not record all management events")),
        }
    }
    msg!("{trail} ({lacks})", trail = trail.arn(), lacks)
}

/// The trails, each with its status and selectors by ARN, or why they could not be read.
fn evidence<'a>(verdict: Verdict, all: &AllTrails<'a>, facts: &Facts<'a>) -> Verdict {
    let trails: Vec<Value> = all.trails.iter().map(SeenTrail::described).collect();
    let verdict = verdict.evidence(DESCRIBE, "trailList", &trails);
    if trails.is_empty() {
        return verdict;
    }
    let (mut status, mut selectors) = (Map::new(), Map::new());
    for trail in &all.trails {
        let told = trail.status(facts).map(|status| json!({"IsLogging": status.is_logging, "LatestDeliveryError": status.latest_delivery_error}));
        status.insert(trail.arn().into(), json!(Fact::from(told)));
        let told = trail.recording(facts).map(|recording| match recording.inferred_without {
            None => {
                let excluded = Management::of(recording.selectors).excluded();
                json!({"selectors": recording.selectors, "left_out": excluded})
            }
            Some(gap) => json!({"inferred": "HasCustomEventSelectors is false", "unread": Fact::<Value>::from(gap)}),
        });
        selectors.insert(trail.arn().into(), json!(Fact::from(told)));
    }
    verdict.evidence(GET_STATUS, "status", &status).evidence(GET_SELECTORS, "selectors", &selectors)
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, unread};

    use super::super::trails::account::{DEFAULT, FOREIGN, MAIN, home, selectors, shadow, status, trails};
    use super::*;
    use crate::datasets::cloudtrail::{EventSelectors, TrailStatuses, Trails};

    const OTHER: &str = "arn:aws:cloudtrail:us-east-1:123456789012:trail/other";

    fn trail(flags: &str, logging: bool, selected: &str) -> FactSet {
        trails(&[(MAIN, flags)]).and(status(&[(MAIN, &format!(r#""IsLogging": {logging}"#))])).and(selectors(&[(MAIN, selected)]))
    }

    fn multi(logging: bool, selected: &str) -> FactSet {
        trail(r#""IsMultiRegionTrail": true, "HasCustomEventSelectors": true"#, logging, selected)
    }

    fn foreign(flags: &str) -> FactSet {
        trails(&[(FOREIGN, flags)])
            .and(status(&[(FOREIGN, r#""IsLogging": true"#)]))
            .and(selectors(&[(FOREIGN, r#""$gap": {"kind": "failed", "operation": "cloudtrail:GetEventSelectors", "code": "TrailNotFoundException"}"#)]))
    }

    #[test]
    fn cases() {
        let single = || trail(r#""IsMultiRegionTrail": false, "HasCustomEventSelectors": false"#, true, DEFAULT);
        let two = |first: &str, second: &str| {
            trails(&[(MAIN, r#""IsMultiRegionTrail": true"#), (OTHER, r#""IsMultiRegionTrail": true"#)])
                .and(status(&[(MAIN, r#""IsLogging": true"#), (OTHER, r#""IsLogging": true"#)]))
                .and(selectors(&[(MAIN, first), (OTHER, second)]))
        };
        let denied = || unread::<Trails>(GapKind::Denied).in_region("ap-east-1");
        Cases::of(AllRegions {})
            .pass("one trail does it all", multi(true, DEFAULT))
            .pass("reads and writes in two selectors of one trail", multi(true, r#""EventSelectors": [{"ReadWriteType": "ReadOnly"}, {"ReadWriteType": "WriteOnly"}]"#))
            .fail("reads and writes in two trails: one is asked for", two(r#""EventSelectors": [{"ReadWriteType": "ReadOnly"}]"#, r#""EventSelectors": [{"ReadWriteType": "WriteOnly"}]"#))
            .holds_without::<TrailStatuses>()
            .fail("no trail", trails(&[]))
            .fail("a trail of one region", single())
            .holds_without::<TrailStatuses>()
            .holds_without::<EventSelectors>()
            .fail("a trail of one region in each region", single().and_region(home("eu-west-1", "arn:aws:cloudtrail:eu-west-1:123456789012:trail/eu", r#""IsMultiRegionTrail": false"#)))
            .holds_without::<TrailStatuses>()
            .holds_without::<EventSelectors>()
            .fail("stopped", multi(false, DEFAULT))
            .holds_without::<EventSelectors>()
            .fail("data events only", multi(true, r#""EventSelectors": [{"IncludeManagementEvents": false}]"#))
            .holds_without::<TrailStatuses>()
            .pass("advanced, without readOnly", multi(true, r#""AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]"#))
            .fail("advanced selectors of data events alone", multi(true, r#""AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]}]"#))
            .holds_without::<TrailStatuses>()
            .pass("KMS is left out, which is shown", multi(true, r#""EventSelectors": [{"ExcludeManagementEventSources": ["kms.amazonaws.com"]}]"#))
            .pass("one witness is enough", two(DEFAULT, r#""EventSelectors": [{"ReadWriteType": "ReadOnly"}]"#))
            .pass("seen from a region that is not its home, which was read too", multi(true, DEFAULT).and_region(shadow("eu-west-1", MAIN, r#""IsMultiRegionTrail": true"#)))
            .pass("the home region's list is denied, but the shadow names the trail",
                unread::<Trails>(GapKind::Denied).and(status(&[(MAIN, r#""IsLogging": true"#)])).and(selectors(&[(MAIN, DEFAULT)])).and_region(shadow("eu-west-1", MAIN, r#""IsMultiRegionTrail": true"#)))
            .unknown("its home region is outside of the scan", shadow("eu-west-1", MAIN, r#""IsMultiRegionTrail": true, "HasCustomEventSelectors": false"#))
            .pass("another account's: the selectors are refused, and are the default", foreign(r#""IsMultiRegionTrail": true, "IsOrganizationTrail": true, "HasCustomEventSelectors": false"#))
            .holds_without::<EventSelectors>()
            .unknown("another account's: the selectors are refused, and are not the default", foreign(r#""IsMultiRegionTrail": true, "IsOrganizationTrail": true, "HasCustomEventSelectors": true"#))
            .unknown("another account's: nothing is said of the selectors", foreign(r#""IsMultiRegionTrail": true"#))
            .pass("the last delivery failed: shown, not judged", trails(&[(MAIN, r#""IsMultiRegionTrail": true"#)]).and(status(&[(MAIN, r#""IsLogging": true, "LatestDeliveryError": "NoSuchBucket""#)])).and(selectors(&[(MAIN, DEFAULT)])))
            .unknown("whether it is multi-region is missing from the answer", trail("", true, DEFAULT))
            .unknown("whether it logs is missing from the answer", trails(&[(MAIN, r#""IsMultiRegionTrail": true"#)]).and(status(&[(MAIN, "")])).and(selectors(&[(MAIN, DEFAULT)])))
            .unknown("an answer without selectors", multi(true, ""))
            .unknown("no status of this trail", trails(&[(MAIN, r#""IsMultiRegionTrail": true"#)]).and(status(&[])).and(selectors(&[(MAIN, DEFAULT)])))
            .unknown("the trails are denied", unread::<Trails>(GapKind::Denied))
            .unknown("none does, and one region is denied", single().and_region(denied()))
            .unknown("none was seen in a list that broke off", trails(&[]).cut_off::<Trails>())
            .fail("not every region was listed, but any shows every trail that covers all", single().regions_gap(GapKind::Denied))
            .holds_without::<TrailStatuses>()
            .holds_without::<EventSelectors>()
            .unknown("a list that broke off, and not every region was listed", trails(&[]).cut_off::<Trails>().regions_gap(GapKind::Denied))
            .unknown("its home region is not among those that were listed, which are not all", shadow("eu-west-1", MAIN, r#""IsMultiRegionTrail": true"#).regions_gap(GapKind::Denied))
            .unknown("one does; that not every region was listed is told on the same account, and is graver", multi(true, DEFAULT).regions_gap(GapKind::Denied))
            .pass("one does, whatever a region hides", multi(true, DEFAULT).and_region(denied()))
            .check();
    }
}
