//! Whether trails record the object events of buckets in one direction.

use cis_core::Message;
use cis_core::prelude::*;

use super::selectors::{Direction, ObjectEvents};
use super::trails::{AllTrails, DESCRIBE, GET_SELECTORS, reads};
use crate::datasets::s3::Buckets;

/// The trails with status and selectors, and the buckets.
pub(super) fn object_reads() -> Reads {
    reads().and::<Buckets>()
}

/// A trail and whether it counts: it covers every region and is logging.
struct Candidate<'a> {
    arn: &'a str,
    counts: Result<bool, Gap>,
    /// What it records, or why that is not known.
    objects: Result<ObjectEvents<'a>, Gap>,
}

impl Candidate<'_> {
    /// Whether it covers a bucket and counts.
    fn covers(&self, bucket: &str) -> Result<bool, Gap> {
        let objects = self.objects.as_ref().map_err(Gap::clone);
        fact::all([self.counts.clone(), objects.map(|objects| objects.covers(bucket))])
    }

    fn covers_all(&self) -> Result<bool, Gap> {
        let objects = self.objects.as_ref().map_err(Gap::clone);
        fact::all([self.counts.clone(), objects.map(ObjectEvents::all_buckets)])
    }

    /// Whether it would cover a bucket if it counted.
    fn would_cover(&self, bucket: &str) -> bool {
        self.counts == Ok(false) && self.objects.as_ref().is_ok_and(|objects| objects.covers(bucket))
    }
}

/// One pass on the account where a trail covers every bucket, else a verdict on each bucket.
pub(super) fn judge(
    facts: &Facts<'_>,
    findings: &mut Findings,
    direction: Direction,
    require_multi_region: bool,
) -> Result<(), Gap> {
    let all = AllTrails::read(facts);
    let candidates: Vec<_> = all
        .trails
        .iter()
        .map(|trail| Candidate {
            arn: trail.arn(),
            counts: if require_multi_region {
                fact::all([trail.is_multi_region(), trail.is_logging(facts)])
            } else {
                trail.is_logging(facts)
            },
            objects: trail
                .recording(facts)
                .map(|recording| ObjectEvents::of(recording.selectors, facts.partition(), direction)),
        })
        .collect();
    let buckets = facts.rows::<Buckets>();
    let none = matches!(&buckets, Ok(buckets) if buckets.is_empty() && buckets.cut_off().is_empty());
    let of_all: Vec<_> =
        candidates.iter().filter(|trail| trail.covers_all() == Ok(true)).map(|trail| trail.arn).collect();
    if !of_all.is_empty() && !none {
        let message = match direction {
            Direction::Read => {
                msg!("Object reads of every bucket, present and future, are recorded by: {of_all}.", of_all)
            }
            Direction::Write => {
                msg!("Object writes of every bucket, present and future, are recorded by: {of_all}.", of_all)
            }
        };
        findings.push(Target::place(), Verdict::pass(message).evidence(GET_SELECTORS, "trails", &of_all));
        return Ok(());
    }
    let partition = facts.partition();
    let seen: Vec<_> = candidates.iter().map(|trail| trail.arn).collect();
    let buckets = buckets?;
    findings.each(
        &buckets,
        |bucket| Target::arn(format!("arn:{partition}:s3:::{}", bucket.name)),
        |bucket| {
            let name = bucket.name.as_str();
            let by: Vec<_> =
                candidates.iter().filter(|trail| trail.covers(name) == Ok(true)).map(|trail| trail.arn).collect();
            if !by.is_empty() {
                let message = match direction {
                    Direction::Read => msg!("Object reads of this bucket are recorded by: {by}.", by),
                    Direction::Write => msg!("Object writes of this bucket are recorded by: {by}.", by),
                };
                return Ok(Verdict::pass(message).evidence(GET_SELECTORS, "trails", &by));
            }
            let unseen: Vec<_> = if require_multi_region { all.gaps().collect() } else { all.gaps_of_any().collect() };
            let unread = unseen.into_iter().map(|gap| Err(gap.clone()));
            fact::any(candidates.iter().map(|trail| trail.covers(name)).chain(unread))?;
            let uncounted: Vec<_> =
                candidates.iter().filter(|trail| trail.would_cover(name)).map(|trail| trail.arn).collect();
            let message = not_recorded(direction, require_multi_region, &uncounted);
            Ok(Verdict::fail(message).evidence(DESCRIBE, "trails", &seen).evidence(
                GET_SELECTORS,
                "selected by trails that do not count",
                &uncounted,
            ))
        },
    );
    Ok(())
}

/// `uncounted`: the trails that select the events and do not count.
fn not_recorded(direction: Direction, require_multi_region: bool, uncounted: &[&str]) -> Message {
    match (direction, uncounted.is_empty(), require_multi_region) {
        (Direction::Read, true, true) => {
            msg!("No trail records all object reads of this bucket; one that covers every region and is logging must.")
        }
        (Direction::Write, true, true) => {
            msg!("No trail records all object writes of this bucket; one that covers every region and is logging must.")
        }
        (Direction::Read, true, false) => {
            msg!("No trail records all object reads of this bucket; one that is logging must.")
        }
        (Direction::Write, true, false) => {
            msg!("No trail records all object writes of this bucket; one that is logging must.")
        }
        (Direction::Read, false, true) => msg!(
            "Object reads of this bucket are selected by {uncounted} alone, which is stopped or covers one region; a trail that covers every region and is logging must record them.",
            uncounted
        ),
        (Direction::Write, false, true) => msg!(
            "Object writes of this bucket are selected by {uncounted} alone, which is stopped or covers one region; a trail that covers every region and is logging must record them.",
            uncounted
        ),
        (Direction::Read, false, false) => msg!(
            "Object reads of this bucket are selected by {uncounted} alone, which is stopped; a trail that is logging must record them.",
            uncounted
        ),
        (Direction::Write, false, false) => msg!(
            "Object writes of this bucket are selected by {uncounted} alone, which is stopped; a trail that is logging must record them.",
            uncounted
        ),
    }
}

/// Accounts with a trail and buckets, and the cases that both directions share.
/// How to record both kinds of events: a selector that leaves one out would be changed again for the other.
pub(super) fn remediation() -> Remediation {
    Remediation::new(
        "On a trail of all regions, record the read and write events of objects in all buckets. A bucket that receives the \
         trail's own logs is better left out, with an exception.",
    )
    .caution(CautionKind::Costs, "Data events are charged by their number, and busy buckets have many.")
    .caution(CautionKind::ReplacesAll, "Event selectors are set all at once, advanced ones too: give those that the trail has, as well.")
    .console([
        "CloudTrail, Trails: choose a trail of all regions, and Edit under \"Data events\".",
        "Add the data event type S3, with the template \"Log all events\", and save.",
    ])
    .cli([
        "aws cloudtrail get-event-selectors --trail-name <TRAIL_ARN> --region <TRAIL_REGION>",
        r#"aws cloudtrail put-event-selectors --trail-name <TRAIL_ARN> --event-selectors '[{"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:{partition}:s3"]}]}]' --region <TRAIL_REGION>"#,
    ])
    .terraform([r#"
        # In the resource of the trail:
        resource "aws_cloudtrail" "trail" {
          # ... other configuration ...
          name                  = "<TRAIL_NAME>"
          s3_bucket_name        = "<BUCKET_NAME>"
          is_multi_region_trail = true

          event_selector {
            read_write_type           = "All"
            include_management_events = true

            data_resource {
              type   = "AWS::S3::Object"
              values = ["arn:{partition}:s3"]
            }
          }
        }
    "#])
}

#[cfg(test)]
pub(super) mod account {
    use cis_core::testkit::{Cases, FactSet, aws, unread};
    use cis_core::{Control, GapKind, Status};

    use super::super::trails::account::{DEFAULT, FOREIGN, MAIN, selectors, status, trails};
    use crate::datasets::cloudtrail::{EventSelectors, TrailStatuses, Trails};
    use crate::datasets::s3::Buckets;

    pub(in crate::controls::cloudtrail) fn buckets(names: &[&str]) -> FactSet {
        let rows: Vec<_> = names.iter().map(|name| format!(r#"{{"Name": "{name}"}}"#)).collect();
        aws::<Buckets>(&format!(r#"{{"Buckets": [{}]}}"#, rows.join(", ")))
    }

    /// A trail with these flags and selectors, and the buckets `prod` and `prod-logs`.
    pub(in crate::controls::cloudtrail) fn one(flags: &str, logging: bool, selected: &str) -> FactSet {
        trails(&[(MAIN, flags)])
            .and(status(&[(MAIN, &format!(r#""IsLogging": {logging}"#))]))
            .and(selectors(&[(MAIN, selected)]))
            .and(buckets(&["prod", "prod-logs"]))
    }

    /// A trail that counts, with these selectors, and the buckets `prod` and `prod-logs`.
    pub(in crate::controls::cloudtrail) fn trail(selected: &str) -> FactSet {
        one(r#""IsMultiRegionTrail": true, "HasCustomEventSelectors": true"#, true, selected)
    }

    pub(in crate::controls::cloudtrail) fn classic(kind: &str, value: &str) -> String {
        format!(
            r#""EventSelectors": [{{"ReadWriteType": "{kind}", "DataResources": [{{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}}]}}, {{"ReadWriteType": "{kind}", "DataResources": [{{"Type": "AWS::S3::Object", "Values": ["{value}"]}}]}}]"#
        )
    }

    /// Advanced selectors, each with these fields beside those of S3 data events.
    pub(in crate::controls::cloudtrail) fn advanced(selectors: &[&str]) -> String {
        let one = |more: &&str| {
            format!(
                r#"{{"FieldSelectors": [{{"Field": "eventCategory", "Equals": ["Data"]}}, {{"Field": "resources.type", "Equals": ["AWS::S3::Object"]}}{more}]}}"#
            )
        };
        let all: Vec<_> = selectors.iter().map(one).collect();
        format!(r#""AdvancedEventSelectors": [{}]"#, all.join(", "))
    }

    const PROD: &str = "arn:aws:s3:::prod";
    const LOGS: &str = "arn:aws:s3:::prod-logs";

    /// The cases that differ in nothing but the direction: `own` records it, `other` the other one.
    pub(in crate::controls::cloudtrail) fn shared(control: impl Control + 'static, own: &str, other: &str) -> Cases {
        let all = || classic("All", "arn:aws:s3");
        let prod = || classic("All", "arn:aws:s3:::prod/");
        let foreign = |flags: &str| {
            trails(&[(FOREIGN, &format!(r#""IsMultiRegionTrail": true, {flags}"#))])
                .and(status(&[(FOREIGN, r#""IsLogging": true"#)]))
                .and(selectors(&[(FOREIGN, r#""$gap": {"kind": "denied", "operation": "cloudtrail:GetEventSelectors", "code": "AccessDeniedException"}"#)]))
                .and(buckets(&["prod"]))
        };
        Cases::of(control)
            .pass("all buckets, by a selector after another service's", trail(&all()))
            .holds_without::<Buckets>()
            .pass("this direction alone", trail(&classic(own, "arn:aws:s3:::")))
            .holds_without::<Buckets>()
            .fail("the other direction alone", trail(&classic(other, "arn:aws:s3")))
            .holds_without::<TrailStatuses>()
            .pass("advanced, without a limit", trail(&advanced(&[""])))
            .holds_without::<Buckets>()
            .pass(
                "advanced reads and writes in two selectors",
                trail(&advanced(&[
                    r#", {"Field": "readOnly", "Equals": ["true"]}"#,
                    r#", {"Field": "readOnly", "Equals": ["false"]}"#,
                ])),
            )
            .holds_without::<Buckets>()
            .each("a bucket whose name begins another's", trail(&prod()), &[(PROD, Status::Pass), (LOGS, Status::Fail)])
            .partly_without::<TrailStatuses>()
            .fail("a part of each bucket", trail(&classic("All", "arn:aws:s3:::prod/in/")))
            .holds_without::<TrailStatuses>()
            .each(
                "all but the log bucket",
                trail(&advanced(&[r#", {"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::prod-logs/"]}"#])),
                &[(PROD, Status::Pass), (LOGS, Status::Fail)],
            )
            .partly_without::<TrailStatuses>()
            .fail(
                "one kind of event alone",
                trail(&advanced(&[r#", {"Field": "eventName", "Equals": ["GetObject"]}"#])),
            )
            .holds_without::<TrailStatuses>()
            .fail("stopped", one(r#""IsMultiRegionTrail": true"#, false, &all()))
            .holds_without::<EventSelectors>()
            .fail("a trail of one region, which is shown", one(r#""IsMultiRegionTrail": false"#, true, &all()))
            .holds_without::<TrailStatuses>()
            .holds_without::<EventSelectors>()
            .fail("the default records no data events", trail(DEFAULT))
            .holds_without::<TrailStatuses>()
            .fail("no trail", trails(&[]).and(buckets(&["prod"])))
            .fail(
                "another account's trail: the selectors are refused, and are the default",
                foreign(r#""HasCustomEventSelectors": false"#),
            )
            .holds_without::<TrailStatuses>()
            .holds_without::<EventSelectors>()
            .unknown(
                "another account's trail: the selectors are refused, and are not the default",
                foreign(r#""HasCustomEventSelectors": true"#),
            )
            .not_applicable("no bucket", trail(&prod()).and(buckets(&[])))
            .holds_without::<Trails>()
            .holds_without::<TrailStatuses>()
            .holds_without::<EventSelectors>()
            .not_applicable(
                "no bucket; were the list gone, the trail of all buckets would do",
                trail(&all()).and(buckets(&[])),
            )
            .turns_without::<Buckets>(Status::Pass)
            .holds_without::<Trails>()
            .holds_without::<TrailStatuses>()
            .holds_without::<EventSelectors>()
            .unknown(
                "the buckets are denied and no trail covers all",
                trail(&prod()).and(unread::<Buckets>(GapKind::Denied)),
            )
            .each(
                "a page of buckets is missing",
                trail(&prod()).and(buckets(&["prod"])).cut_off::<Buckets>(),
                &[("123456789012", Status::Unknown), (PROD, Status::Pass)],
            )
            .unknown(
                "not covered, and a region may hold a trail that does",
                trail(DEFAULT).and_region(unread::<Trails>(GapKind::Denied).in_region("ap-east-1")),
            )
            .each(
                "not covered: not every region was listed, but any shows every trail that covers all",
                trail(DEFAULT).regions_gap(GapKind::Denied),
                &[("123456789012", Status::Unknown), (PROD, Status::Fail), (LOGS, Status::Fail)],
            )
            .partly_without::<Trails>()
            .holds_without::<TrailStatuses>()
            .pass(
                "covered, whatever a region hides",
                trail(&all()).and_region(unread::<Trails>(GapKind::Denied).in_region("ap-east-1")),
            )
            .holds_without::<Buckets>()
            .fail("the value of another partition", trail(&all()).partition("aws-cn"))
            .holds_without::<TrailStatuses>()
    }
}
