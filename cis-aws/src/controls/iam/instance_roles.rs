use std::collections::{BTreeMap, HashSet};

use cis_core::prelude::*;
use serde_json::json;

use crate::controls::Mode;
use crate::datasets::ec2::{Instance, Instances};
use crate::datasets::iam::RoleDetails;

const DESCRIBE: &str = "ec2:DescribeInstances";
const DETAILS: &str = "iam:GetAccountAuthorizationDetails";

control! {
    /// EC2 instances have an instance profile that holds a role.
    ///
    /// ## Why it matters
    /// A program on an instance without a role needs keys from somewhere: a file, an image, user data. Those last until
    /// somebody ends them; a role's keys last for hours and are never written down.
    pub struct InstanceRoles {
        /// `decide`: an instance without a role fails. `assist`: a person judges each region, by a list.
        pub mode: Mode = Mode::Decide,
    }
    key: "iam.instance_roles", title: "EC2 instances have an IAM role",
    resource_type: "AWS::EC2::Instance", judged_at: Region,
}

impl Control for InstanceRoles {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Give the instance a profile that holds a role with no more than the instance needs. Then remove keys that are \
                 stored on it: that there are none is not looked at here.",
            )
            .console([
                "EC2, Instances, {resource}: Actions, Security, \"Modify IAM role\".",
                "Choose a role, and \"Update IAM role\".",
            ])
            .cli([
                "aws iam add-role-to-instance-profile --instance-profile-name <PROFILE_NAME> --role-name <ROLE_NAME>",
                "aws ec2 associate-iam-instance-profile --instance-id {resource} --iam-instance-profile Name=<PROFILE_NAME> --region {region}",
            ])
            .terraform([r#"
                resource "aws_iam_instance_profile" "this" {
                  name = "<PROFILE_NAME>"
                  role = "<ROLE_NAME>"
                }

                # In the resource of the instance:
                resource "aws_instance" "this" {
                  # ... other configuration ...
                  iam_instance_profile = aws_iam_instance_profile.this.name
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<Instances>().and::<RoleDetails>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let instances = facts.rows::<Instances>()?.only(|instance| !is_gone(instance));
        if instances.is_empty() {
            instances.whole()?;
            let message = msg!("No instance is here but terminated ones and ones that are shutting down: nothing to judge.");
            let verdict = Verdict::not_applicable(message);
            findings.push(Target::place(), verdict.evidence(DESCRIBE, "instances in other states", &0));
            return Ok(());
        }
        let roles = Roles::read(facts, &instances);
        if self.mode == Mode::Assist {
            findings.push(Target::place(), overview(&instances, &roles));
            return Ok(());
        }
        let (partition, account) = (facts.partition(), facts.account_id());
        let region = facts.place().region_name().unwrap_or_default();
        findings.each(
            &instances,
            |instance| {
                let id = &instance.instance_id;
                Target::arn(format!("arn:{partition}:ec2:{region}:{account}:instance/{id}")).tags(&instance.tags)
            },
            |instance| judge(instance, &roles),
        );
        Ok(())
    }
}

/// A terminated instance stays listed for about an hour.
fn is_gone(instance: &Instance) -> bool {
    matches!(&instance.state, Fact::Known(state) if matches!(state.name.as_str(), "terminated" | "shutting-down"))
}

fn judge(instance: &Instance, roles: &Result<Roles<'_>, Gap>) -> Result<Verdict, Gap> {
    let state = instance.state.known()?;
    let verdict = match instance.iam_instance_profile.as_ref().map(|profile| &profile.arn) {
        None => Verdict::fail(msg!("The instance has no instance profile; it must have one that holds a role."))
            .evidence(DESCRIBE, "IamInstanceProfile", &None::<&str>),
        Some(profile) => {
            let role = roles.as_ref().map_err(Gap::clone)?.of(profile)?;
            let verdict = match role {
                Some(role) => Verdict::pass(msg!("The instance has the role {role}.", role)),
                None => Verdict::fail(msg!(
                    "The instance profile {profile} holds no role; it must hold one.",
                    profile
                )),
            };
            let verdict = verdict.evidence(DESCRIBE, "IamInstanceProfile.Arn", profile);
            verdict.evidence(DETAILS, "role of the instance profile", &role)
        }
    };
    Ok(verdict.evidence(DESCRIBE, "State.Name", &state.name).evidence(DESCRIBE, "tag Name", &instance.name()))
}

/// What a person needs to judge a region: the instances that call AWS with keys from elsewhere, if they call it at all.
fn overview(instances: &Rows<'_, Instance>, roles: &Result<Roles<'_>, Gap>) -> Verdict {
    let shown = |instance: &Instance| json!({"InstanceId": instance.instance_id, "Name": instance.name()});
    let without: Vec<_> =
        instances.iter().filter(|instance| instance.iam_instance_profile.is_none()).map(shown).collect();
    let verdict = Verdict::manual(msg!(
        "Without an instance profile: {without} of {n} instances here; a person must judge whether any needs access to AWS.",
        n = instances.len(),
        without = without.len()
    ));
    let without_role = roles.as_ref().map_err(Gap::clone).and_then(|roles| {
        let mut found = Vec::new();
        for instance in instances.iter() {
            if let Some(profile) = &instance.iam_instance_profile
                && roles.of(&profile.arn)?.is_none()
            {
                found.push(shown(instance));
            }
        }
        Ok(found)
    });
    let verdict = verdict
        .evidence(DESCRIBE, "instances", &instances.len())
        .evidence(DESCRIBE, "instances without a profile", &without)
        .evidence_if_read(DETAILS, "instances whose profile holds no role", without_role);
    // The answer is a person's whatever is missing; it is only shown.
    let states = instances.iter().filter_map(|instance| instances.known(&instance.state).err());
    states.chain(instances.cut_off().iter().cloned()).fold(verdict, |verdict, gap| {
        verdict.evidence(DESCRIBE, "not read", &Fact::<&str>::from(gap))
    })
}

/// The roles of the instance profiles here. Made once a region: a look at every role for each instance would be
/// 10,000 times 10,000.
struct Roles<'a> {
    by_profile: BTreeMap<&'a str, &'a str>,
    /// Why a profile that is not here may have a role all the same.
    missing: Option<Gap>,
}

impl<'a> Roles<'a> {
    fn read(facts: &Facts<'a>, instances: &Rows<'_, Instance>) -> Result<Self, Gap> {
        let roles = facts.rows::<RoleDetails>()?;
        // Looked up in, never gone through: each region looks at all roles.
        let here: HashSet<&str> =
            instances.iter().filter_map(|instance| Some(&*instance.iam_instance_profile.as_ref()?.arn)).collect();
        let mut by_profile = BTreeMap::new();
        let mut missing = roles.cut_off().first().cloned();
        for role in roles.iter() {
            match roles.known(&role.instance_profile_list) {
                Ok(profiles) => {
                    let profiles = profiles.iter().filter(|profile| here.contains(&*profile.arn));
                    by_profile.extend(profiles.map(|profile| (&*profile.arn, &*role.arn)));
                }
                Err(gap) => missing = missing.or(Some(gap)),
            }
        }
        Ok(Self { by_profile, missing })
    }

    /// The role in a profile; none if it is known that there is none.
    fn of(&self, profile: &str) -> Result<Option<&'a str>, Gap> {
        match (self.by_profile.get(profile), &self.missing) {
            (Some(role), _) => Ok(Some(role)),
            (None, Some(gap)) => Err(gap.clone()),
            (None, None) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, unread};

    use super::*;

    const BARE: &str = "arn:aws:ec2:us-east-1:123456789012:instance/i-bare";
    const WITH: &str = "arn:aws:ec2:us-east-1:123456789012:instance/i-with";

    fn instances(list: &[String]) -> FactSet {
        // Each in a reservation of its own, as most are.
        let list = list.iter().map(|instance| format!(r#"{{"ReservationId": "r-1", "Instances": [{instance}]}}"#));
        aws::<Instances>(&format!(r#"{{"Reservations": [{}]}}"#, list.collect::<Vec<_>>().join(",")))
    }

    fn bare(state: &str) -> String {
        format!(
            r#"{{"InstanceId": "i-bare", "State": {{"Code": 16, "Name": "{state}"}},
                 "Tags": [{{"Key": "Name", "Value": "build"}}]}}"#
        )
    }

    fn with(profile: &str) -> String {
        format!(
            r#"{{"InstanceId": "i-with", "State": {{"Code": 16, "Name": "running"}}, "IamInstanceProfile":
                {{"Id": "AIPACKCEVSQ6C2EXAMPLE", "Arn": "arn:aws:iam::123456789012:instance-profile/{profile}"}}}}"#
        )
    }

    /// A role `web`, in the profile `web`.
    fn web_role() -> FactSet {
        roles(r#""InstanceProfileList": [{"InstanceProfileName": "web", "Path": "/",
            "Arn": "arn:aws:iam::123456789012:instance-profile/web"}]"#)
    }

    fn roles(web: &str) -> FactSet {
        aws::<RoleDetails>(&format!(
            r#"{{"RoleDetailList": [
                {{"RoleName": "idle", "Arn": "arn:aws:iam::123456789012:role/idle", "InstanceProfileList": []}},
                {{"RoleName": "web", "Arn": "arn:aws:iam::123456789012:role/web", {web}}}]}}"#
        ))
    }

    #[test]
    fn cases_2_0_0() {
        let both = || instances(&[bare("running"), with("web")]);
        Cases::of(InstanceRoles { mode: Mode::Decide })
            .named("2.0.0")
            .pass("a profile with a role", instances(&[with("web")]).and(web_role()))
            .fail("no profile, as with Default Host Management", instances(&[bare("running")]).and(web_role()))
            .holds_without::<RoleDetails>()
            .fail("a profile without a role", instances(&[with("empty")]).and(web_role()))
            .fail("a profile of the same name in another path", instances(&[with("team/web")]).and(web_role()))
            .fail("pending", instances(&[bare("pending")]).and(web_role()))
            .holds_without::<RoleDetails>()
            .fail("stopping", instances(&[bare("stopping")]).and(web_role()))
            .holds_without::<RoleDetails>()
            .fail("stopped: it can be started", instances(&[bare("stopped")]).and(web_role()))
            .holds_without::<RoleDetails>()
            .not_applicable("shutting down", instances(&[bare("shutting-down")]).and(web_role()))
            .holds_without::<RoleDetails>()
            .not_applicable("terminated", instances(&[bare("terminated")]).and(web_role()))
            .holds_without::<RoleDetails>()
            .not_applicable("no instances", instances(&[]).and(web_role()))
            .holds_without::<RoleDetails>()
            .fail("a state that AWS may add is judged", instances(&[bare("hibernated")]).and(web_role()))
            .holds_without::<RoleDetails>()
            .unknown(
                "the state is missing: it may be terminated",
                instances(&[r#"{"InstanceId": "i-bare"}"#.into()]).and(web_role()),
            )
            .each(
                "one with and one without",
                both().and(web_role()),
                &[(BARE, Status::Fail), (WITH, Status::Pass)],
            )
            .partly_without::<RoleDetails>()
            .each(
                "the roles are denied: only what rests on them is unknown",
                both().and(unread::<RoleDetails>(GapKind::Denied)),
                &[(BARE, Status::Fail), (WITH, Status::Unknown)],
            )
            .partly_without::<RoleDetails>()
            .pass("a page of roles is missing, not this one", instances(&[with("web")]).and(web_role()).cut_off::<RoleDetails>())
            .unknown(
                "a page of roles is missing, which may hold this one",
                instances(&[with("other")]).and(web_role()).cut_off::<RoleDetails>(),
            )
            .unknown(
                "the profiles of a role are missing from the answer",
                instances(&[with("web")]).and(roles(r#""InstanceProfileList": null"#)),
            )
            .each(
                "a page of instances is missing: what was read is judged, and the rest is unknown",
                instances(&[bare("running")]).and(web_role()).cut_off::<Instances>(),
                &[("123456789012", Status::Unknown), (BARE, Status::Fail)],
            )
            .holds_without::<RoleDetails>()
            .unknown("no instance, and the list broke off", instances(&[]).and(web_role()).cut_off::<Instances>())
            .unknown("the instances are denied", unread::<Instances>(GapKind::Denied).and(web_role()))
            .each(
                "a region that is denied spoils itself alone",
                both().and(web_role()).and_region(unread::<Instances>(GapKind::Denied).in_region("eu-west-1")),
                &[("123456789012", Status::Unknown), (BARE, Status::Fail), (WITH, Status::Pass)],
            )
            .partly_without::<RoleDetails>()
            .each(
                "another partition",
                instances(&[bare("running")]).and(web_role()).in_region("cn-north-1").partition("aws-cn"),
                &[("arn:aws-cn:ec2:cn-north-1:123456789012:instance/i-bare", Status::Fail)],
            )
            .holds_without::<RoleDetails>()
            .check();
    }

    #[test]
    fn cases_1_5_0() {
        let both = || instances(&[bare("running"), with("empty")]);
        Cases::of(InstanceRoles { mode: Mode::Assist })
            .named("1.5.0")
            .manual("a list for a person", both().and(web_role()))
            .manual("all have a role, which does not say that they use it", instances(&[with("web")]).and(web_role()))
            .manual("the roles are denied", both().and(unread::<RoleDetails>(GapKind::Denied)))
            .manual("a page of roles is missing", both().and(web_role()).cut_off::<RoleDetails>())
            .manual("a page of instances is missing", both().and(web_role()).cut_off::<Instances>())
            .manual("a state is missing", instances(&[r#"{"InstanceId": "i-bare"}"#.into()]).and(web_role()))
            .not_applicable("no instances", instances(&[]).and(web_role()))
            .holds_without::<RoleDetails>()
            .not_applicable("terminated", instances(&[bare("terminated")]).and(web_role()))
            .holds_without::<RoleDetails>()
            .unknown("no instance, and the list broke off", instances(&[]).and(web_role()).cut_off::<Instances>())
            .unknown("the instances are denied", unread::<Instances>(GapKind::Denied).and(web_role()))
            .each(
                "one answer a region",
                both().and(web_role()).and_region(instances(&[]).in_region("eu-west-1")),
                &[("123456789012", Status::NotApplicable), ("123456789012", Status::Manual)],
            )
            .holds_without::<RoleDetails>()
            .check();
    }
}
