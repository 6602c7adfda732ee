use std::collections::BTreeMap;

use cis_core::Message;
use cis_core::prelude::*;
use serde::{Deserialize, Serialize};

use crate::datasets::ec2::{FlowLog, FlowLogs as Logs, Vpcs};

const VPCS: &str = "ec2:DescribeVpcs";
const LOGS: &str = "ec2:DescribeFlowLogs";

control! {
    /// Every VPC has a flow log of what it rejects.
    ///
    /// One log of the whole VPC that is active, takes rejected or all traffic and is delivered is enough, wherever it goes.
    /// Logs of subnets or network interfaces leave out what is added later and don't count.
    ///
    /// ## Why it matters
    /// Rejected traffic shows who looks for a way in, and from which of your machines. Without a log nobody can say so later.
    pub struct FlowLogs {
        /// `reject`: the log must take rejected traffic. `any`: any log counts.
        pub traffic: Traffic = Traffic::Reject,
        /// Whether a log that can't be delivered counts as none.
        pub delivery_must_work: bool = true,
    }
    key: "vpc.flow_logs", title: "Every VPC has a flow log", resource_type: "AWS::EC2::VPC", judged_at: Region,
}

/// What a flow log must take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Traffic {
    /// Rejected traffic, or all.
    Reject,
    /// Anything.
    Any,
}

impl Control for FlowLogs {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Create a flow log of the whole VPC that takes rejected traffic, to CloudWatch Logs, S3 or Firehose. Where a log \
                 is there and fails, its role or the destination's policy keeps it from writing.",
            )
            .caution(CautionKind::Costs, "The destination charges for what it takes in and keeps: set a retention.")
            .console([
                "In the region {region}: VPC, \"Your VPCs\", {resource}: Actions, \"Create flow log\".",
                "Choose the filter Reject or All, a destination and, for CloudWatch Logs, a role; then create it.",
            ])
            .cli([
                "aws ec2 create-flow-logs --resource-type VPC --resource-ids {resource} --traffic-type REJECT --log-destination-type cloud-watch-logs --log-group-name <LOG_GROUP_NAME> --deliver-logs-permission-arn <ROLE_ARN> --region {region}",
            ])
            .terraform([r#"
                resource "aws_flow_log" "this" {
                  vpc_id          = "{resource}"
                  traffic_type    = "REJECT"
                  log_destination = "<LOG_GROUP_ARN>"
                  iam_role_arn    = "<ROLE_ARN>"
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<Vpcs>().and::<Logs>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let vpcs = facts.rows::<Vpcs>()?;
        let logs = facts.rows::<Logs>();
        let mut by_resource: BTreeMap<&str, Vec<&FlowLog>> = BTreeMap::new();
        for log in logs.iter().flat_map(Rows::iter) {
            by_resource.entry(log.resource_id.as_deref().unwrap_or_default()).or_default().push(log);
        }
        let narrower = by_resource.iter().filter(|(of, _)| of.starts_with("subnet-") || of.starts_with("eni-"));
        let narrower: usize = narrower.map(|(_, logs)| logs.len()).sum();
        let (partition, account) = (facts.partition(), facts.account_id());
        let region = facts.place().region_name().unwrap_or_default();
        findings.each(
            &vpcs,
            |vpc| {
                let owner = vpc.owner_id.as_deref().unwrap_or(account);
                Target::arn(format!("arn:{partition}:ec2:{region}:{owner}:vpc/{}", vpc.vpc_id)).tags(&vpc.tags)
            },
            |vpc| {
                if let Some(owner) = vpc.owner_id.as_deref().filter(|owner| *owner != account) {
                    let message = msg!("The VPC belongs to account {owner} and is judged there.", owner);
                    return Ok(Verdict::not_applicable(message).evidence(VPCS, "OwnerId", owner));
                }
                let logs = logs.as_ref().map_err(Gap::clone)?;
                let own = by_resource.get(vpc.vpc_id.as_str()).map(Vec::as_slice).unwrap_or_default();
                // A log that does not say what it is of may be this VPC's.
                let unnamed = by_resource.get("").map(|_| Gap::malformed("a flow log has no ResourceId"));
                let gaps = logs.cut_off().iter().cloned().chain(unnamed);
                let met = |gap: Gap| gap.dataset(Logs::NAME);
                let works = fact::any(own.iter().map(|log| self.works(log)).chain(gaps.map(Err))).map_err(met)?;
                let verdict = if works {
                    let working = own.iter().filter(|log| matches!(self.works(log), Ok(true)));
                    let logs: Vec<_> = working.map(|log| &log.flow_log_id).collect();
                    Verdict::pass(self.has_one(&logs))
                } else if own.is_empty() {
                    Verdict::fail(msg!("The VPC has no flow log of its own; it must have one."))
                } else {
                    let has: Vec<_> = own.iter().map(|log| self.told(log)).collect();
                    Verdict::fail(self.has_none(&has))
                };
                Ok(verdict
                    .evidence(LOGS, "FlowLogs", own)
                    .evidence(LOGS, "flow logs of subnets and interfaces in the region", &narrower)
                    .evidence(VPCS, "IsDefault", &vpc.is_default))
            },
        );
        Ok(())
    }
}

impl FlowLogs {
    fn works(&self, log: &FlowLog) -> Result<bool, Gap> {
        let id = &log.flow_log_id;
        let missing = |field: &str| Gap::malformed(gap_text!("the flow log has no {field}")).resource(id);
        let active = log.flow_log_status.as_deref().ok_or_else(|| missing("FlowLogStatus"))? == "ACTIVE";
        let delivered = !self.delivery_must_work || delivered(log);
        if !active || !delivered || self.traffic == Traffic::Any {
            return Ok(active && delivered);
        }
        let traffic = log.traffic_type.as_deref().ok_or_else(|| missing("TrafficType"))?;
        Ok(matches!(traffic, "REJECT" | "ALL"))
    }

    /// The VPC has logs that do all that one must.
    fn has_one(&self, logs: &[&String]) -> Message {
        match (self.traffic == Traffic::Any, self.delivery_must_work) {
            (false, true) => msg!(
                "The VPC has a flow log that is active, takes rejected traffic and is not kept from its destination: {logs}.",
                logs
            ),
            (false, false) => msg!("The VPC has a flow log that is active and takes rejected traffic: {logs}.", logs),
            (true, true) => {
                msg!("The VPC has a flow log that is active and is not kept from its destination: {logs}.", logs)
            }
            (true, false) => msg!("The VPC has a flow log that is active: {logs}.", logs),
        }
    }

    /// It has logs, none of which does; what each one lacks.
    fn has_none(&self, has: &[Message]) -> Message {
        match (self.traffic == Traffic::Any, self.delivery_must_work) {
            (false, true) => msg!(
                "The VPC has no flow log that is active, takes rejected traffic and is not kept from its destination: {has}.",
                has
            ),
            (false, false) => msg!("The VPC has no flow log that is active and takes rejected traffic: {has}.", has),
            (true, true) => {
                msg!("The VPC has no flow log that is active and is not kept from its destination: {has}.", has)
            }
            (true, false) => msg!("The VPC has no flow log that is active: {has}.", has),
        }
    }

    /// What a log lacks.
    fn told(&self, log: &FlowLog) -> Message {
        let FlowLog { flow_log_id: id, flow_log_status: status, traffic_type: traffic, .. } = log;
        let status = status.as_deref();
        match (status, traffic, &log.deliver_logs_error_message) {
            (None, ..) => msg!("{id} is without a status", id),
            (Some(status), ..) if status != "ACTIVE" => msg!("{id} is {status}", id, status),
            (_, _, Some(error)) if self.delivery_must_work && !delivered(log) => {
                msg!("{id} is not delivered ({error})", id, error)
            }
            (_, _, None) if self.delivery_must_work && !delivered(log) => {
                msg!("{id} is not delivered, and no reason is given", id)
            }
            (_, Some(traffic), _) => msg!("{id} takes {traffic} traffic", id, traffic),
            (_, None, _) => msg!("{id} takes unknown traffic", id),
        }
    }
}

/// Left out: nothing was delivered yet, and nothing failed. A log that is too fast for its destination loses a part.
fn delivered(log: &FlowLog) -> bool {
    log.deliver_logs_status.as_deref() != Some("FAILED")
        || log.deliver_logs_error_message.as_deref() == Some("Rate limited")
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, unread};

    use super::*;

    const ONE: &str = "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1";
    const TWO: &str = "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-2";

    fn vpcs(list: &[(&str, &str)]) -> FactSet {
        let list =
            list.iter().map(|(id, owner)| format!(r#"{{"VpcId": "{id}", "OwnerId": "{owner}", "IsDefault": true}}"#));
        aws::<Vpcs>(&format!(r#"{{"Vpcs": [{}]}}"#, list.collect::<Vec<_>>().join(",")))
    }

    fn one() -> FactSet {
        vpcs(&[("vpc-1", "123456789012")])
    }

    fn log(of: &str, status: &str, traffic: &str, more: &str) -> String {
        format!(
            r#"{{"FlowLogId": "fl-1", "ResourceId": "{of}", "FlowLogStatus": "{status}", "TrafficType": "{traffic}", "LogDestinationType": "s3" {more}}}"#
        )
    }

    fn failed(reason: &str) -> String {
        log(
            "vpc-1",
            "ACTIVE",
            "ALL",
            &format!(r#", "DeliverLogsStatus": "FAILED", "DeliverLogsErrorMessage": "{reason}""#),
        )
    }

    fn logs(list: &[String]) -> FactSet {
        aws::<Logs>(&format!(r#"{{"FlowLogs": [{}]}}"#, list.join(",")))
    }

    #[test]
    fn cases() {
        let good = || log("vpc-1", "ACTIVE", "REJECT", r#", "DeliverLogsStatus": "SUCCESS""#);
        Cases::of(FlowLogs::default())
            .pass("rejected traffic", one().and(logs(&[good()])))
            .pass("all traffic, not yet delivered", one().and(logs(&[log("vpc-1", "ACTIVE", "ALL", "")])))
            .pass(
                "to Firehose in another account",
                one().and(logs(&[good().replace("\"s3\"", "\"kinesis-data-firehose\"")])),
            )
            .pass("rate limited: a part is lost, which the evidence shows", one().and(logs(&[failed("Rate limited")])))
            .pass(
                "one that works among three that don't",
                one().and(logs(&[
                    failed("Access error"),
                    log("vpc-1", "INACTIVE", "ALL", ""),
                    log("vpc-1", "ACTIVE", "ACCEPT", ""),
                    good(),
                ])),
            )
            .fail("no log", one().and(logs(&[])))
            .fail("accepted traffic only", one().and(logs(&[log("vpc-1", "ACTIVE", "ACCEPT", "")])))
            .fail("not active", one().and(logs(&[log("vpc-1", "INACTIVE", "ALL", "")])))
            .fail("the destination refuses it", one().and(logs(&[failed("Access error")])))
            .fail("it fails for an unknown reason", one().and(logs(&[failed("Unknown error")])))
            .fail(
                "logs of a subnet and an interface, which leave out what is added later",
                one().and(logs(&[log("subnet-1", "ACTIVE", "ALL", ""), log("eni-1", "ACTIVE", "ALL", "")])),
            )
            .fail("the log of a transit gateway", one().and(logs(&[log("tgw-1", "ACTIVE", "ALL", "")])))
            .each(
                "one VPC with a log does not pass another",
                vpcs(&[("vpc-1", "123456789012"), ("vpc-2", "123456789012")]).and(logs(&[good()])),
                &[(ONE, Status::Pass), (TWO, Status::Fail)],
            )
            .not_applicable("a shared VPC", vpcs(&[("vpc-1", "210987654321")]).and(logs(&[])))
            .holds_without::<Logs>()
            .not_applicable("no VPC", vpcs(&[]).and(logs(&[])))
            .holds_without::<Logs>()
            .unknown("the flow logs are denied", one().and(unread::<Logs>(GapKind::Denied)))
            .unknown("the VPCs are denied", unread::<Vpcs>(GapKind::Denied).and(logs(&[])))
            .pass("a page of flow logs is missing, not this one", one().and(logs(&[good()])).cut_off::<Logs>())
            .unknown("a page of flow logs is missing, which may hold one", one().and(logs(&[])).cut_off::<Logs>())
            .each(
                "a page of VPCs is missing",
                one().and(logs(&[good()])).cut_off::<Vpcs>(),
                &[("123456789012", Status::Unknown), (ONE, Status::Pass)],
            )
            .partly_without::<Logs>()
            .unknown(
                "the status of the log is missing",
                one().and(logs(&[r#"{"FlowLogId": "fl-1", "ResourceId": "vpc-1", "TrafficType": "ALL"}"#.into()])),
            )
            .unknown(
                "the traffic of the log is missing",
                one().and(logs(&[r#"{"FlowLogId": "fl-1", "ResourceId": "vpc-1", "FlowLogStatus": "ACTIVE"}"#.into()])),
            )
            .unknown(
                "a log that does not say what it is of",
                one().and(logs(&[r#"{"FlowLogId": "fl-1", "FlowLogStatus": "ACTIVE", "TrafficType": "ALL"}"#.into()])),
            )
            .each(
                "another partition",
                one().and(logs(&[good()])).in_region("cn-north-1").partition("aws-cn"),
                &[("arn:aws-cn:ec2:cn-north-1:123456789012:vpc/vpc-1", Status::Pass)],
            )
            .check();
        Cases::of(FlowLogs { traffic: Traffic::Any, delivery_must_work: false })
            .named("any-log")
            .pass("accepted traffic", one().and(logs(&[log("vpc-1", "ACTIVE", "ACCEPT", "")])))
            .pass("not delivered", one().and(logs(&[failed("Access error")])))
            .fail("not active", one().and(logs(&[log("vpc-1", "INACTIVE", "ALL", "")])))
            .check();
    }
}
