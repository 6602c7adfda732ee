use std::collections::BTreeSet;

use cis_core::prelude::*;
use serde_json::{Value, json};

use crate::datasets::ec2::{SecurityGroup, SecurityGroups, Vpc, Vpcs};

const GROUPS: &str = "ec2:DescribeSecurityGroups";
const VPCS: &str = "ec2:DescribeVpcs";

control! {
    /// The default security group of every VPC has no rules.
    ///
    /// Without rules nothing comes in and nothing goes out. Whether anything is in the group does not matter.
    ///
    /// ## Why it matters
    /// What is launched without a group gets the default one. Empty, it makes that mistake show at once; as AWS makes it,
    /// everything in the group can reach everything else in it, and the whole internet.
    pub struct DefaultSecurityGroup {}
    key: "vpc.default_security_group", title: "The default security group of every VPC has no rules",
    resource_type: "AWS::EC2::SecurityGroup", judged_at: Region,
}

impl Control for DefaultSecurityGroup {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Give what uses the default group a group of its own, then take out every rule of the default one. The group \
                 itself cannot be deleted.",
            )
            .caution(CautionKind::CutsAccess, "What is still in the group can reach nothing and be reached by nothing: look under \"Network interfaces\" first.")
            .console([
                "In the region {region}: VPC, \"Security groups\", the group named default.",
                "\"Inbound rules\", \"Edit inbound rules\": delete all, save. The same for \"Outbound rules\".",
            ])
            .cli_for("AWS::EC2::SecurityGroup", [
                "aws ec2 describe-network-interfaces --filters Name=group-id,Values={resource} --region {region}",
                "aws ec2 describe-security-group-rules --filters Name=group-id,Values={resource} --region {region}",
                "aws ec2 revoke-security-group-ingress --group-id {resource} --security-group-rule-ids <INBOUND_RULE_ID> --region {region}",
                "aws ec2 revoke-security-group-egress --group-id {resource} --security-group-rule-ids <OUTBOUND_RULE_ID> --region {region}",
            ])
            .cli_for("AWS::EC2::VPC", [
                "aws ec2 describe-security-groups --filters Name=vpc-id,Values={resource} Name=group-name,Values=default --region {region}",
            ])
            .terraform([r#"
                # Without ingress and egress, Terraform takes all rules out.
                resource "aws_default_security_group" "this" {
                  vpc_id = "<VPC_ID>"
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<SecurityGroups>().and::<Vpcs>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let groups = facts.rows::<SecurityGroups>()?;
        let (partition, account) = (facts.partition(), facts.account_id());
        let region = facts.place().region_name().unwrap_or_default();
        // One without a name may be it.
        let defaults = groups.clone().only(|group| group.group_name.as_deref().is_none_or(|name| name == "default"));
        for group in defaults.iter() {
            let owner = group.owner_id.as_deref().unwrap_or(account);
            let target = Target::arn(format!("arn:{partition}:ec2:{region}:{owner}:security-group/{}", group.group_id));
            let met = |gap: Gap| gap.dataset(SecurityGroups::NAME);
            findings.judge(target.tags(&group.tags), || judge(group, account).map_err(met));
        }
        for gap in groups.cut_off() {
            findings.push(Target::place(), gap.clone());
        }

        let vpcs = match facts.rows::<Vpcs>() {
            Ok(vpcs) => vpcs,
            // There may be a VPC whose default group was not seen.
            Err(gap) => {
                findings.push(Target::place(), gap);
                return Ok(());
            }
        };
        let seen: BTreeSet<_> = defaults.iter().filter_map(|group| group.vpc_id.as_deref()).collect();
        for vpc in vpcs.iter().filter(|vpc| !seen.contains(vpc.vpc_id.as_str())) {
            let owner = vpc.owner_id.as_deref().unwrap_or(account);
            let target = Target::arn(format!("arn:{partition}:ec2:{region}:{owner}:vpc/{}", vpc.vpc_id));
            let target = target.kind("AWS::EC2::VPC").tags(&vpc.tags);
            findings.judge(target, || without_group(vpc, owner, account, &groups));
        }
        for gap in vpcs.cut_off() {
            findings.push(Target::place(), gap.clone());
        }
        if findings.is_empty() {
            let message = msg!("No VPC is here, and so no default security group.");
            findings.push(Target::place(), Verdict::not_applicable(message).evidence(VPCS, "Vpcs", &vpcs.len()));
        }
        Ok(())
    }
}

fn judge(group: &SecurityGroup, account: &str) -> Result<Verdict, Gap> {
    if let Some(owner) = group.owner_id.as_deref().filter(|owner| *owner != account) {
        let message = msg!("The group belongs to account {owner} and is judged there.", owner);
        return Ok(Verdict::not_applicable(message).evidence(GROUPS, "OwnerId", owner));
    }
    if group.group_name.is_none() {
        return Err(Gap::malformed("the group has no GroupName, so that it may be the default one"));
    }
    let Some(vpc) = &group.vpc_id else {
        return Ok(Verdict::not_applicable(msg!("The group is in no VPC.")).evidence(GROUPS, "VpcId", &None::<&str>));
    };
    let inbound = group.ip_permissions.known().map(Vec::len);
    let outbound = group.ip_permissions_egress.known().map(Vec::len);
    let some = |count: &Result<usize, Gap>| count.as_ref().map(|count| *count > 0).map_err(Gap::clone);
    let verdict = if fact::any([some(&inbound), some(&outbound)])? {
        Verdict::fail(msg!(
            "The default group has {inbound} inbound and {outbound} outbound rules; it must have none.",
            inbound = told(&inbound),
            outbound = told(&outbound)
        ))
    } else {
        Verdict::pass(msg!("The default group has no rules."))
    };
    Ok(verdict.evidence(GROUPS, "VpcId", vpc).evidence(GROUPS, "IpPermissions", &group.ip_permissions).evidence(
        GROUPS,
        "IpPermissionsEgress",
        &group.ip_permissions_egress,
    ))
}

fn told(count: &Result<usize, Gap>) -> Value {
    count.as_ref().map_or_else(|_| json!(msg!("unread")), |count| json!(count))
}

/// A VPC whose default group is not in the list: every VPC has one.
fn without_group(vpc: &Vpc, owner: &str, account: &str, groups: &Rows<'_, SecurityGroup>) -> Result<Verdict, Gap> {
    if owner != account {
        let message = msg!("The VPC belongs to account {owner}; its default group is judged there.", owner);
        return Ok(Verdict::not_applicable(message).evidence(VPCS, "OwnerId", owner));
    }
    groups.whole()?;
    Err(Gap::malformed("the default security group of this VPC is not in the answer")
        .dataset(SecurityGroups::NAME)
        .resource(&vpc.vpc_id))
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, unread};

    use super::*;

    const GROUP: &str = "arn:aws:ec2:us-east-1:123456789012:security-group/sg-1";
    const OWN_VPC: &str = "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1";
    const SELF: &str = r#"{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-1"}]}"#;
    const ANYWHERE: &str = r#"{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}"#;

    fn group(id: &str, name: &str, owner: &str, inbound: &str, outbound: &str) -> String {
        format!(
            r#"{{"GroupId": "{id}", "GroupName": "{name}", "OwnerId": "{owner}", "VpcId": "vpc-1",
                 "IpPermissions": [{inbound}], "IpPermissionsEgress": [{outbound}]}}"#
        )
    }

    fn groups(list: &[String]) -> FactSet {
        aws::<SecurityGroups>(&format!(r#"{{"SecurityGroups": [{}]}}"#, list.join(",")))
    }

    fn vpc(owner: &str) -> FactSet {
        aws::<Vpcs>(&format!(r#"{{"Vpcs": [{{"VpcId": "vpc-1", "OwnerId": "{owner}", "IsDefault": true}}]}}"#))
    }

    fn own(inbound: &str, outbound: &str) -> FactSet {
        groups(&[group("sg-1", "default", "123456789012", inbound, outbound)]).and(vpc("123456789012"))
    }

    #[test]
    fn cases() {
        let no_vpc = || aws::<Vpcs>(r#"{"Vpcs": []}"#);
        Cases::of(DefaultSecurityGroup {})
            .partly_without::<Vpcs>()
            .pass("no rules", own("", ""))
            .fail("as AWS makes it", own(SELF, ANYWHERE))
            .fail("only what comes in", own(SELF, ""))
            .fail("only what goes out", own("", ANYWHERE))
            .pass("other groups of like names are not it", groups(&[
                group("sg-1", "default", "123456789012", "", ""),
                group("sg-2", "Default", "123456789012", SELF, ""),
                group("sg-3", "default-web", "123456789012", SELF, ""),
            ]).and(vpc("123456789012")))
            .unknown("a VPC whose default group is in no answer", groups(&[group("sg-2", "web", "123456789012", "", "")]).and(vpc("123456789012")))
            .each("the page with the default group is missing", groups(&[]).cut_off::<SecurityGroups>().and(vpc("123456789012")), &[("123456789012", Status::Unknown), (OWN_VPC, Status::Unknown)])
            .not_applicable("a group of another account", groups(&[group("sg-1", "default", "210987654321", SELF, "")]).and(vpc("210987654321")))
            .not_applicable("a shared VPC whose groups are not to be seen", groups(&[]).and(vpc("210987654321")))
            .not_applicable("a group without a VPC", aws::<SecurityGroups>(r#"{"SecurityGroups": [{"GroupId": "sg-1", "GroupName": "default", "OwnerId": "123456789012", "IpPermissions": [], "IpPermissionsEgress": []}]}"#).and(no_vpc()))
            .not_applicable("no VPC", groups(&[]).and(no_vpc()))
            .each("the VPCs are denied: the groups that were seen are judged", own(SELF, "").and(unread::<Vpcs>(GapKind::Denied)), &[("123456789012", Status::Unknown), (GROUP, Status::Fail)])
            .each("a page of VPCs is missing", own("", "").cut_off::<Vpcs>(), &[("123456789012", Status::Unknown), (GROUP, Status::Pass)])
            .unknown("the groups are denied", own("", "").and(unread::<SecurityGroups>(GapKind::Denied)))
            .unknown("the rules are missing from the answer", aws::<SecurityGroups>(r#"{"SecurityGroups": [{"GroupId": "sg-1", "GroupName": "default", "VpcId": "vpc-1", "IpPermissions": []}]}"#).and(vpc("123456789012")))
            .fail("one half of the rules is missing, and the other fails the group", aws::<SecurityGroups>(&format!(r#"{{"SecurityGroups": [{{"GroupId": "sg-1", "GroupName": "default", "VpcId": "vpc-1", "IpPermissions": [{SELF}]}}]}}"#)).and(vpc("123456789012")))
            .unknown("a group without a name may be it", aws::<SecurityGroups>(r#"{"SecurityGroups": [{"GroupId": "sg-1", "VpcId": "vpc-1", "IpPermissions": [], "IpPermissionsEgress": []}]}"#).and(vpc("123456789012")))
            .each("another partition", own("", "").in_region("cn-north-1").partition("aws-cn"), &[("arn:aws-cn:ec2:cn-north-1:123456789012:security-group/sg-1", Status::Pass)])
            .check();
    }
}
