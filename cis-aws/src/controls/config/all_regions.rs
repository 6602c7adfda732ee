use cis_core::prelude::*;
use cis_core::{Message, ScopeStatus};

use crate::datasets::config::{DeliveryChannels, Recorder, RecorderStatus, RecorderStatuses, Recorders};

const RECORDERS: &str = "config:DescribeConfigurationRecorders";
const STATUSES: &str = "config:DescribeConfigurationRecorderStatus";
const CHANNELS: &str = "config:DescribeDeliveryChannels";

/// Regions where a recorder cannot record IAM's types, one a line.
const WITHOUT_IAM: &str = include_str!("regions_without_iam.txt");

control! {
    /// AWS Config records all that it can in every region, and IAM's types in one of them.
    ///
    /// Each region is judged on its own: a recorder of the account's own that records every supported type, is recording,
    /// delivered last without an error, and has a delivery channel with a bucket. One more verdict, on the account, is about
    /// IAM's types, which one recording region need include.
    ///
    /// ## Why it matters
    /// Without a record of how resources were set up, nobody can tell when something was opened, or by which change.
    pub struct AllRegions {}
    key: "config.all_regions", title: "AWS Config records every supported type in every region",
    resource_type: "AWS::::Account", judged_at: Account,
}

impl Control for AllRegions {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "In each region, let a recorder record every supported type and deliver to a bucket. In one region it must \
                 include the global types, IAM's: there set includeGlobalResourceTypes to true. A recorder that is there keeps \
                 its name: give it in place of default.",
            )
            .caution(CautionKind::Costs, "AWS Config charges for each configuration item that it records.")
            .caution(CautionKind::ReplacesAll, "The recorder is set as a whole: its role is replaced, and types that were excluded are recorded, too.")
            .console([
                "In the region {region}: AWS Config, Settings, Edit.",
                "Record all resource types, in one region with the globally recorded ones (IAM's), and choose a bucket.",
                "See that the recorder is on and that its last delivery went well.",
            ])
            .cli([
                "aws iam create-service-linked-role --aws-service-name config.amazonaws.com",
                r#"aws configservice put-configuration-recorder --configuration-recorder '{"name": "default", "roleARN": "arn:{partition}:iam::{account}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig", "recordingGroup": {"allSupported": true, "includeGlobalResourceTypes": false}}' --region {region}"#,
                r#"aws configservice put-delivery-channel --delivery-channel '{"name": "default", "s3BucketName": "<BUCKET_NAME>"}' --region {region}"#,
                "aws configservice start-configuration-recorder --configuration-recorder-name default --region {region}",
            ])
            .terraform([r#"
                resource "aws_config_configuration_recorder" "this" {
                  name     = "default"
                  role_arn = "arn:{partition}:iam::{account}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"

                  recording_group {
                    all_supported                 = true
                    include_global_resource_types = false # true in one region
                  }
                }

                resource "aws_config_delivery_channel" "this" {
                  name           = "default"
                  s3_bucket_name = "<BUCKET_NAME>"
                  depends_on     = [aws_config_configuration_recorder.this]
                }

                resource "aws_config_configuration_recorder_status" "this" {
                  name       = aws_config_configuration_recorder.this.name
                  is_enabled = true
                  depends_on = [aws_config_delivery_channel.this]
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<Recorders>().and::<RecorderStatuses>().and::<DeliveryChannels>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let regions: Vec<_> = facts.regions::<Recorders>().into_iter().map(|(place, rows)| Region::read(facts, place, rows)).collect();
        for region in &regions {
            let name = region.place.region_name().unwrap_or_default();
            let left_out = |scope: &cis_core::ScopeRegion| scope.region == name && scope.status == ScopeStatus::LeftOut;
            if !facts.scope().iter().any(left_out) {
                findings.push(Target::place().region(name), region.verdict());
            }
        }
        findings.push(Target::place(), global_types(&regions, facts.regions_gap()));
        Ok(())
    }
}

/// What a recorder must be, and what it is called where it is not.
struct Requirement {
    lacking: Message,
    holds: Result<bool, Gap>,
}

/// A region and what was read of it.
struct Region<'a> {
    place: Place,
    recorders: Result<Rows<'a, Recorder>, Gap>,
    statuses: Result<Rows<'a, RecorderStatus>, Gap>,
    channels: Result<Rows<'a, crate::datasets::config::DeliveryChannel>, Gap>,
}

impl<'a> Region<'a> {
    fn read(facts: &Facts<'a>, place: Place, recorders: Result<Rows<'a, Recorder>, Gap>) -> Self {
        // One that is linked to a service records for that service alone.
        let own = |recorder: &Recorder| recorder.service_principal.as_deref().is_none_or(str::is_empty);
        Self {
            recorders: recorders.map(|rows| rows.only(own)),
            statuses: facts.at::<RecorderStatuses>(&place),
            channels: facts.at::<DeliveryChannels>(&place),
            place,
        }
    }

    fn channel(&self) -> Requirement {
        let channels = self.channels.as_ref().map_err(Gap::clone);
        let delivers = channels.and_then(|rows| rows.any(|row| Ok(row.s3_bucket_name.as_deref().is_some_and(|name| !name.is_empty()))));
        Requirement { lacking: msg!("there is no delivery channel with a bucket"), holds: delivers }
    }

    /// What a recorder of this region must be.
    fn requirements(&self, recorder: &Recorder) -> Vec<Requirement> {
        let name = &recorder.name;
        let status = self.status(name);
        let recording = status.clone().and_then(|status| status.recording.ok_or_else(|| self.missing("recording", name)));
        vec![
            Requirement { lacking: records_less(recorder), holds: self.records_all(recorder) },
            Requirement { lacking: msg!("{name} is stopped", name), holds: recording },
            Requirement { lacking: msg!("{name} failed at its last delivery", name), holds: status.and_then(last_succeeded) },
            self.channel(),
        ]
    }

    /// A status, by its recorder's name: names are the region's own.
    fn status(&self, name: &str) -> Result<&'a RecorderStatus, Gap> {
        let rows = self.statuses.as_ref().map_err(Gap::clone)?;
        if let Some(row) = rows.iter().find(|row| row.name.as_deref() == Some(name)) {
            return Ok(row);
        }
        rows.whole()?;
        Err(self.missing("the status", name))
    }

    fn records_all(&self, recorder: &Recorder) -> Result<bool, Gap> {
        let missing = || Gap { operation: Some(RECORDERS.into()), dataset: Some(Recorders::NAME.into()), ..self.missing("allSupported", &recorder.name) };
        let group = recorder.recording_group.as_ref().ok_or_else(missing)?;
        let strategy = group.recording_strategy.as_ref().and_then(|strategy| strategy.use_only.as_deref());
        match (group.all_supported, strategy) {
            (Some(true), _) | (_, Some("ALL_SUPPORTED_RESOURCE_TYPES")) => Ok(true),
            (Some(false), _) | (None, Some(_)) => Ok(false),
            (None, None) => Err(missing()),
        }
    }

    fn missing(&self, what: &str, recorder: &str) -> Gap {
        let gap = Gap::malformed(gap_text!("{what} is missing from the answer")).dataset(RecorderStatuses::NAME);
        let gap = gap.operation(STATUSES).resource(recorder);
        match self.place.region_name() {
            Some(region) => gap.region(region),
            None => gap,
        }
    }

    /// Whether a recorder is all that it must be.
    fn holds(&self, recorder: &Recorder) -> Result<bool, Gap> {
        fact::all(self.requirements(recorder).into_iter().map(|requirement| requirement.holds))
    }

    /// Who says that AWS Config is not in the region, if so.
    fn no_service(&self) -> Option<&'a str> {
        let said = [
            self.recorders.as_ref().map(Rows::no_service),
            self.statuses.as_ref().map(Rows::no_service),
            self.channels.as_ref().map(Rows::no_service),
        ];
        said.into_iter().flatten().flatten().next()
    }

    fn verdict(&self) -> Verdict {
        if let Some(why) = self.no_service() {
            return Verdict::no_service(why);
        }
        let good = |rows: &Rows<'a, Recorder>| rows.iter().find(|recorder| self.holds(recorder) == Ok(true)).map(|recorder| &recorder.name);
        let verdict = match self.recorders.as_ref().map(good) {
            Ok(Some(recorder)) => Verdict::pass(msg!("Every supported type is recorded here by: {recorder}.", recorder)),
            _ => self.not_good(),
        };
        verdict
            .evidence_if_read(RECORDERS, "ConfigurationRecorders", self.recorders.clone())
            .evidence_if_read(STATUSES, "ConfigurationRecordersStatus", self.statuses.clone())
            .evidence_if_read(CHANNELS, "DeliveryChannels", self.channels.clone())
    }

    /// What is known to be lacking, or else what is not known.
    fn not_good(&self) -> Verdict {
        let (mut requirements, mut unread) = (vec![self.channel()], Vec::new());
        match &self.recorders {
            Err(gap) => unread.push(gap.clone()),
            Ok(rows) => {
                unread.extend(rows.cut_off().iter().cloned());
                if rows.is_empty() && rows.cut_off().is_empty() {
                    requirements.push(Requirement { lacking: msg!("there is no recorder of the account's own"), holds: Ok(false) });
                }
                for recorder in rows.iter() {
                    requirements.extend(self.requirements(recorder).into_iter().take(3));
                }
            }
        }
        let reasons: Vec<_> = requirements.iter().filter(|one| one.holds == Ok(false)).map(|one| &one.lacking).collect();
        if !reasons.is_empty() {
            return Verdict::fail(msg!("AWS Config does not record every supported type here: {reasons}.", reasons));
        }
        let mut requirements = requirements.into_iter();
        let channel = requirements.next().and_then(|channel| channel.holds.err());
        let recorders = requirements.filter_map(|one| one.holds.err());
        let mut gaps = channel.into_iter().chain(unread).chain(recorders);
        let first = gaps.next().unwrap_or_else(|| self.missing("a recorder", ""));
        gaps.fold(Verdict::from(first), Verdict::gap)
    }

    /// Whether IAM's types can be recorded here.
    fn can_record_iam(&self) -> bool {
        let name = self.place.region_name().unwrap_or_default();
        !WITHOUT_IAM.lines().any(|line| line == name)
    }

    /// Whether the flag is set here in vain.
    fn asks_in_vain(&self) -> bool {
        let asks = |recorder: &Recorder| recorder.recording_group.as_ref().is_some_and(|group| group.include_global_resource_types == Some(true));
        !self.can_record_iam() && self.recorders.iter().any(|rows| rows.iter().any(asks))
    }

    /// Whether IAM's types are recorded here.
    fn records_iam(&self) -> Result<bool, Gap> {
        if !self.can_record_iam() {
            return Ok(false);
        }
        let includes = |recorder: &Recorder| {
            let missing = || Gap { operation: Some(RECORDERS.into()), dataset: Some(Recorders::NAME.into()), ..self.missing("includeGlobalResourceTypes", &recorder.name) };
            let flag = recorder.recording_group.as_ref().and_then(|group| group.include_global_resource_types);
            flag.ok_or_else(missing)
        };
        let rows = self.recorders.as_ref().map_err(Gap::clone)?;
        rows.any(|recorder| fact::all([self.holds(recorder), includes(recorder)]))
    }
}

/// Whether the last delivery went well. AWS writes the words in any case.
fn last_succeeded(status: &RecorderStatus) -> Result<bool, Gap> {
    let last = status.last_status.as_deref().unwrap_or("not set");
    match last.to_ascii_lowercase().as_str() {
        "success" => Ok(true),
        "failure" => Ok(false),
        _ => {
            let text = gap_text!("the last status is {last}: the recorder just started, scan again");
            Err(Gap::new(GapKind::Stale, text).dataset(RecorderStatuses::NAME).operation(STATUSES))
        }
    }
}

/// How a recorder that does not record every type is called.
fn records_less(recorder: &Recorder) -> Message {
    let excluded = recorder.recording_group.as_ref().and_then(|group| group.exclusion_by_resource_types.as_ref());
    match excluded.map(|excluded| excluded.resource_types.as_slice()) {
        None | Some([]) => msg!("{name} does not record every supported type", name = recorder.name),
        Some(types) => msg!("{name} leaves out {types}", name = recorder.name, types),
    }
}

/// The verdict on the account: IAM's types are recorded somewhere. Regions that nobody listed may do it too.
fn global_types(regions: &[Region<'_>], unlisted: Option<&Gap>) -> Verdict {
    let told: Vec<_> = regions.iter().map(|region| (region.place.region_name().unwrap_or_default(), region.records_iam())).collect();
    let recording: Vec<_> = told.iter().filter(|(_, holds)| *holds == Ok(true)).map(|(name, _)| *name).collect();
    let unread = told.iter().filter_map(|(_, holds)| holds.as_ref().err());
    let none_known = Gap::new(GapKind::NotSupported, "no region is known to look for recorders in").dataset(Recorders::NAME);
    let mut gaps = unread.chain(unlisted).chain(regions.is_empty().then_some(&none_known));
    let verdict = if !recording.is_empty() {
        Verdict::pass(msg!("Global types (IAM) are recorded in: {recording}.", recording))
    } else if let Some(gap) = gaps.next() {
        let message = msg!("No region was seen to record global types (IAM), but one may: {gap}.", gap = gap.in_message());
        gaps.fold(Verdict::unknown(message, gap.clone()), |verdict, gap| verdict.gap(gap.clone()))
    } else {
        Verdict::fail(msg!("No region records global types (IAM); one that meets the requirement and can record them must."))
    };
    let verdict = verdict.evidence(RECORDERS, "regions with includeGlobalResourceTypes", &recording);
    let in_vain: Vec<_> = regions.iter().filter(|region| region.asks_in_vain()).map(|region| region.place.region_name()).collect();
    if in_vain.is_empty() {
        return verdict;
    }
    verdict.evidence(RECORDERS, "regions with includeGlobalResourceTypes that cannot record IAM's types", &in_vain)
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, no_service, unread};

    use super::*;

    const ACCOUNT: &str = "123456789012";
    const ALL: &str = r#""allSupported": true, "includeGlobalResourceTypes": false"#;
    const GLOBAL: &str = r#""allSupported": true, "includeGlobalResourceTypes": true"#;
    const GOOD: &str = r#""recording": true, "lastStatus": "SUCCESS""#;

    fn recorders(list: &str) -> FactSet {
        aws::<Recorders>(&format!(r#"{{"ConfigurationRecorders": [{list}]}}"#))
    }

    fn channels(list: &str) -> FactSet {
        aws::<DeliveryChannels>(&format!(r#"{{"DeliveryChannels": [{list}]}}"#))
    }

    fn statuses(list: &str) -> FactSet {
        aws::<RecorderStatuses>(&format!(r#"{{"ConfigurationRecordersStatus": [{list}]}}"#))
    }

    /// A region with one recorder, its status, and a channel.
    fn region(group: &str, status: &str) -> FactSet {
        recorders(&format!(r#"{{"name": "default", "recordingGroup": {{{group}}}}}"#))
            .and(statuses(&format!(r#"{{"name": "default", {status}}}"#)))
            .and(channels(r#"{"name": "default", "s3BucketName": "config"}"#))
    }

    fn nowhere() -> FactSet {
        let why = "AWS lists no endpoint of it there";
        no_service::<Recorders>(why).and(no_service::<RecorderStatuses>(why)).and(no_service::<DeliveryChannels>(why))
    }

    fn empty() -> FactSet {
        recorders("").and(statuses("")).and(channels(""))
    }

    #[test]
    fn cases() {
        use Status::{Fail, Pass, Unknown};
        let good = || region(GLOBAL, GOOD);
        let denied = || unread::<Recorders>(GapKind::Denied).and(unread::<RecorderStatuses>(GapKind::Denied)).and(unread::<DeliveryChannels>(GapKind::Denied));
        Cases::of(AllRegions {})
            .partly_without::<Recorders>()
            .partly_without::<RecorderStatuses>()
            .partly_without::<DeliveryChannels>()
            .pass("a region that records all, global types too", good())
            .pass("the status in another case, and the strategy instead of the flag", region(r#""recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"}, "includeGlobalResourceTypes": true"#, r#""recording": true, "lastStatus": "Success""#))
            .pass("daily, some types continuously: told as evidence", recorders(&format!(r#"{{"name": "default", "recordingGroup": {{{GLOBAL}}}, "recordingScope": "PAID", "recordingMode": {{"recordingFrequency": "DAILY", "recordingModeOverrides": [{{"resourceTypes": ["AWS::EC2::Instance"], "recordingFrequency": "CONTINUOUS"}}]}}}}"#)).and(statuses(&format!(r#"{{"name": "default", {GOOD}}}"#))).and(channels(r#"{"name": "default", "s3BucketName": "config"}"#)))
            .each("global types in one region only: needed once", good().and_region(region(ALL, GOOD).in_region("eu-west-1")), &[(ACCOUNT, Pass), (ACCOUNT, Pass), (ACCOUNT, Pass)])
            .each("global types nowhere", region(ALL, GOOD), &[(ACCOUNT, Fail), (ACCOUNT, Pass)])
            .fail("the region with the flag is stopped", region(GLOBAL, r#""recording": false, "lastStatus": "SUCCESS""#))
            .holds_without::<DeliveryChannels>()
            .each("the flag in a region that cannot record IAM's types, beside one that does not have it", region(GLOBAL, GOOD).in_region("ap-southeast-4").and_region(region(ALL, GOOD)), &[(ACCOUNT, Fail), (ACCOUNT, Pass), (ACCOUNT, Pass)])
            .each("the flag in a region that cannot record IAM's types", region(GLOBAL, GOOD).in_region("eu-south-2"), &[(ACCOUNT, Fail), (ACCOUNT, Pass)])
            .each(
                "a region without AWS Config cannot record",
                good().and_region(nowhere().in_region("eu-west-9")),
                &[(ACCOUNT, Pass), (ACCOUNT, Status::NotApplicable), (ACCOUNT, Pass)],
            )
            .fail("no recorder, no channel", empty())
            .holds_without::<RecorderStatuses>()
            .holds_without::<DeliveryChannels>()
            .fail("some types excluded, which are named", region(r#""allSupported": false, "includeGlobalResourceTypes": false, "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"}, "exclusionByResourceTypes": {"resourceTypes": ["AWS::EC2::Instance"]}"#, GOOD))
            .holds_without::<RecorderStatuses>()
            .holds_without::<DeliveryChannels>()
            .fail("some types included", region(r#""allSupported": false, "includeGlobalResourceTypes": false, "recordingStrategy": {"useOnly": "INCLUSION_BY_RESOURCE_TYPES"}"#, GOOD))
            .holds_without::<RecorderStatuses>()
            .holds_without::<DeliveryChannels>()
            .fail("the last delivery failed", region(GLOBAL, r#""recording": true, "lastStatus": "Failure", "lastErrorCode": "AccessDenied""#))
            .holds_without::<DeliveryChannels>()
            .fail("no channel", good().and(channels("")))
            .holds_without::<RecorderStatuses>()
            .fail("a channel without a bucket", good().and(channels(r#"{"name": "default"}"#)))
            .holds_without::<RecorderStatuses>()
            .fail("a recorder that is linked to a service alone", good().and(recorders(r#"{"name": "linked", "servicePrincipal": "securityhub.amazonaws.com", "recordingGroup": {"allSupported": true, "includeGlobalResourceTypes": true}}"#)))
            .holds_without::<RecorderStatuses>()
            .holds_without::<DeliveryChannels>()
            .unknown("just started", region(GLOBAL, r#""recording": true, "lastStatus": "Pending""#))
            .unknown("no status yet", region(GLOBAL, r#""recording": true"#))
            .each("the status of another recorder says nothing", good().and(statuses(r#"{"name": "other", "recording": true, "lastStatus": "SUCCESS"}"#)), &[(ACCOUNT, Unknown), (ACCOUNT, Unknown)])
            .unknown("what it records is missing from the answer", good().and(recorders(r#"{"name": "default"}"#)))
            .unknown("all is denied", denied())
            .each("a region that is denied may hold the flag", region(ALL, GOOD).and_region(denied().in_region("ap-east-1")), &[(ACCOUNT, Unknown), (ACCOUNT, Unknown), (ACCOUNT, Pass)])
            .each("a region that is denied, beside one with the flag", good().and_region(denied().in_region("ap-east-1")), &[(ACCOUNT, Pass), (ACCOUNT, Unknown), (ACCOUNT, Pass)])
            .each("a denied region that cannot record IAM's types hides no flag", region(ALL, GOOD).and_region(denied().in_region("me-central-1")), &[(ACCOUNT, Fail), (ACCOUNT, Unknown), (ACCOUNT, Pass)])
            .each("regions that nobody listed may record them", region(ALL, GOOD).regions_gap(GapKind::Denied), &[(ACCOUNT, Unknown), (ACCOUNT, Pass)])
            .each("the same name in two regions is two recorders", good().and_region(region(GLOBAL, r#""recording": false, "lastStatus": "SUCCESS""#).in_region("eu-west-1")), &[(ACCOUNT, Pass), (ACCOUNT, Fail), (ACCOUNT, Pass)])
            .check();
    }
}
