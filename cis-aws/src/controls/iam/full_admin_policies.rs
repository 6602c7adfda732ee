use std::collections::{BTreeMap, BTreeSet};

use cis_core::prelude::*;
use serde::{Deserialize, Serialize};

use super::principals::{GET, Principals, some_of};
use crate::Arn;
use crate::datasets::iam::{
    GroupDetails, ManagedPolicy, PolicyDetails, RoleDetails, UnlistedPolicies, UnlistedPolicy, UserDetails,
};
use crate::policy::{Document, full_admin, near_admin};

control! {
    /// No attached policy grants everything on everything.
    ///
    /// Judged is the version in force of each managed policy that is attached to a user, group or role, AWS's own
    /// included: does one statement allow every action on every resource, whatever its condition and whatever another
    /// statement denies? A policy that only bounds permissions is not attached: it grants nothing.
    ///
    /// ## Why it matters
    /// Whoever takes over one principal with such a policy owns the account.
    pub struct FullAdminPolicies {
        /// What an AWS managed policy that grants everything (`AdministratorAccess`) gives.
        pub aws_managed: AwsManaged = AwsManaged::Fail,
        /// Whether inline policies are judged too; the benchmark's audit leaves them out.
        pub inline: Inline = Inline::Ignore,
    }
    key: "iam.full_admin_policies", title: "No attached policy allows every action on every resource",
    resource_type: "AWS::IAM::ManagedPolicy", judged_at: Account,
}

/// What an AWS managed policy that grants everything gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AwsManaged {
    /// A fail.
    Fail,
    /// A person decides.
    Manual,
    /// No finding.
    Skip,
}

/// Whether inline policies are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inline {
    /// They are not.
    Ignore,
    /// One that grants everything is a fail.
    Fail,
}

impl Control for FullAdminPolicies {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Grant what is needed by a narrower policy, then detach this one from all that have it. Where people must be \
                 administrators, keep it to few roles and record an exception that names them: the finding lists who has the \
                 policy. Of the commands, take those that fit who has it.",
            )
            .caution(CautionKind::CutsAccess, "Whoever works by this policy loses all that no other policy grants: attach the narrower one first.")
            .caution(CautionKind::CannotBeUndone, "A deleted inline policy is gone: keep its document.")
            .console([
                "IAM, Policies: open the policy, then \"Entities attached\".",
                "Attach a narrower policy to each entity, then detach this one.",
                "An inline policy stands under \"Permissions policies\" of its user, group or role: edit or remove it there.",
            ])
            .cli_for("AWS::IAM::ManagedPolicy", [
                "aws iam list-entities-for-policy --policy-arn {arn}",
                "aws iam detach-role-policy --role-name <ROLE_NAME> --policy-arn {arn}",
                "aws iam detach-group-policy --group-name <GROUP_NAME> --policy-arn {arn}",
                "aws iam detach-user-policy --user-name <USER_NAME> --policy-arn {arn}",
            ])
            .cli_for("AWS::IAM::Policy", [
                "aws iam delete-role-policy --role-name <ROLE_NAME> --policy-name {sub}",
                "aws iam delete-group-policy --group-name <GROUP_NAME> --policy-name {sub}",
                "aws iam delete-user-policy --user-name <USER_NAME> --policy-name {sub}",
            ])
            .terraform([r#"
                # Take out the attachment of the policy, and attach one that grants what is needed:
                resource "aws_iam_policy" "needed" {
                  name = "<POLICY_NAME>"
                  policy = jsonencode({
                    Version   = "2012-10-17"
                    Statement = [{ Effect = "Allow", Action = ["<ACTION>"], Resource = ["<RESOURCE_ARN>"] }]
                  })
                }

                resource "aws_iam_role_policy_attachment" "needed" {
                  role       = "<ROLE_NAME>"
                  policy_arn = aws_iam_policy.needed.arn
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<UserDetails>().and::<GroupDetails>().and::<RoleDetails>().and::<PolicyDetails>().only::<UnlistedPolicies>(
            |facts| {
                let policies = facts.rows::<PolicyDetails>()?;
                // A list that was cut off would make every later policy look unlisted.
                policies.whole()?;
                let listed: BTreeSet<_> = policies.iter().map(|policy| policy.arn.as_str()).collect();
                let attached = attached(&Principals::read(facts));
                let missing = attached.into_keys().filter(|arn| !listed.contains(arn));
                Ok(Wanted::names(missing.map(str::to_owned)))
            },
        )
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let policies = facts.rows::<PolicyDetails>()?;
        let principals = Principals::read(facts);
        let mut attached = attached(&principals);
        let mut complete = principals.gaps.is_empty();

        for policy in policies.iter() {
            let by = attached.remove(policy.arn.as_str());
            // The count also knows of principals that could not be read.
            if by.is_some() || policy.attachment_count.is_some_and(|count| count > 0) {
                self.judge(policy, GET, by.unwrap_or_default(), findings);
            }
        }
        for (arn, by) in attached {
            match unlisted(facts, &policies, arn) {
                Ok(policy) => self.judge(policy, "iam:GetPolicyVersion", by, findings),
                Err(gap) => findings.push(Target::arn(arn), gap),
            }
        }
        if self.inline == Inline::Fail {
            judge_inline(&principals, findings);
        }

        principals.unknown(findings);
        for gap in policies.cut_off() {
            complete = false;
            findings.push(Target::place(), gap.clone());
        }
        if complete && findings.is_empty() {
            findings.push(Target::place(), Verdict::not_applicable(msg!("No managed policy is attached to anything.")));
        }
        Ok(())
    }
}

/// Who has which policy attached, by the policy's ARN.
fn attached<'a>(principals: &Principals<'a>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut attached: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for principal in &principals.known {
        if let Ok(policies) = principal.attached.known() {
            for policy in policies {
                attached.entry(policy.policy_arn.as_str()).or_default().push(principal.arn);
            }
        }
    }
    attached
}

/// A policy that somebody has attached and that the account's list lacks.
fn unlisted<'a>(
    facts: &Facts<'a>,
    policies: &Rows<'a, ManagedPolicy>,
    arn: &str,
) -> Result<&'a ManagedPolicy, Gap> {
    policies.whole().map_err(|gap| gap.resource(arn))?;
    let rows = facts.rows::<UnlistedPolicies>().map_err(|gap| gap.resource(arn))?;
    let row = rows.iter().find(|row: &&UnlistedPolicy| row.arn == arn);
    let missing = || Gap::new(GapKind::Malformed, "the policy is attached but in no list").operation("iam:GetPolicy").resource(arn);
    rows.known(&row.ok_or_else(missing)?.policy).map_err(|gap| gap.resource(arn))
}

impl FullAdminPolicies {
    fn judge(&self, policy: &ManagedPolicy, operation: &'static str, by: Vec<&str>, findings: &mut Findings) {
        let aws_managed = Arn::parse(&policy.arn).is_some_and(|arn| arn.account_id() == "aws");
        let unreadable = |message: String| Gap::malformed(message).operation(operation).resource(&policy.arn);
        let mut skip = false;
        let mut verdict = || -> Result<Verdict, Gap> {
            let document = policy.document().ok_or_else(|| unreadable(gap_text!("the document of the version in force is missing")))?;
            let document = Document::from_value(document).map_err(|error| unreadable(error.to_string()))?;
            let version = policy.default_version_id.as_deref();
            let Some(deciding) = full_admin(&document) else {
                let near = near_admin(&document).is_some();
                let verdict = Verdict::pass(msg!("No statement allows every action on every resource."));
                return Ok(verdict.evidence(operation, "DefaultVersionId", &version).evidence(operation, "near_admin", &near));
            };
            let (number, principals) = (deciding.index + 1, by.len());
            let message = msg!(
                "Statement {number} of version {version} allows every action on every resource; it must be attached to nobody and is ({principals} seen).",
                number, version, principals
            );
            let verdict = match (aws_managed, self.aws_managed) {
                (true, AwsManaged::Manual) => Verdict::manual(message),
                (true, AwsManaged::Skip) => {
                    skip = true;
                    Verdict::manual(message)
                }
                _ => Verdict::fail(message),
            };
            Ok(verdict
                .evidence(operation, "DefaultVersionId", &version)
                .evidence(operation, "Statement", deciding.statement)
                .evidence(operation, "conditional", &deciding.is_conditional())
                .evidence(operation, "AttachmentCount", &policy.attachment_count)
                .evidence(GET, "principals", &some_of(&by)))
        };
        let verdict: Result<Verdict, Gap> = verdict();
        if !skip {
            findings.judge(Target::arn(&policy.arn), || verdict);
        }
    }
}

fn judge_inline(principals: &Principals<'_>, findings: &mut Findings) {
    for principal in &principals.known {
        for policy in principal.inline {
            let target = principal.target().kind("AWS::IAM::Policy").sub(&policy.policy_name);
            findings.judge(target, || {
                let unreadable = |message: String| Gap::malformed(message).operation(GET).resource(principal.arn);
                let document = policy.policy_document.as_ref();
                let document = document.ok_or_else(|| unreadable(gap_text!("the inline policy has no document")))?;
                let document = Document::from_value(document).map_err(|error| unreadable(error.to_string()))?;
                let name = &policy.policy_name;
                let Some(deciding) = full_admin(&document) else {
                    let message = msg!("No statement of the inline policy {name} allows every action on every resource.", name);
                    return Ok(Verdict::pass(message).evidence(GET, "PolicyName", name));
                };
                let number = deciding.index + 1;
                let message = msg!(
                    "Statement {number} of the inline policy {name} allows every action on every resource.",
                    number,
                    name
                );
                Ok(Verdict::fail(message).evidence(GET, "Statement", deciding.statement))
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, rows, unread};
    use serde_json::{Value, json};

    use super::super::principals::account::{ADMIN, account, policy, principal};
    use super::*;

    const READ: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}"#;

    const OWN: &str = "arn:aws:iam::123456789012:policy/team/own";
    const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

    /// A policy with this document, attached to one role.
    fn one(document: &str) -> FactSet {
        account(&[], &[], &[principal("role", "r", &[OWN])], &[policy(OWN, 1, document)])
    }

    /// A case whose policy is judged by its attachment count, also where a list of principals is missing.
    fn counted(cases: Cases) -> Cases {
        cases
            .partly_without::<UserDetails>()
            .partly_without::<GroupDetails>()
            .partly_without::<RoleDetails>()
    }

    #[test]
    fn cases() {
        let statement = |json: &str| one(&format!(r#"{{"Version": "2012-10-17", "Statement": [{json}]}}"#));
        let two_versions = json!({"Arn": OWN, "DefaultVersionId": "v2", "AttachmentCount": 1, "PolicyVersionList": [
            {"VersionId": "v1", "IsDefaultVersion": false, "Document": ADMIN},
            {"VersionId": "v2", "IsDefaultVersion": true, "Document": READ}]});
        let unlisted = |row: Value| {
            account(&[principal("user", "u", &[OWN])], &[], &[], &[]).and(aws::<UnlistedPolicies>(&json!({ "Policies": [row] }).to_string()))
        };
        let mut cases = Cases::of(FullAdminPolicies::default());
        for (name, facts) in [
            ("everything on everything", one(ADMIN)),
            ("a condition on the statement does not matter", statement(r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}"#)),
            ("a Deny beside it does not matter", statement(r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "*", "Resource": "*"}"#)),
            ("*:* is everything too", statement(r#"{"Effect": "Allow", "Action": ["*:*"], "Resource": ["arn:aws:s3:::b", "*"]}"#)),
            ("attached to a group without members", account(&[], &[principal("group", "g", &[OWN])], &[], &[policy(OWN, 1, ADMIN)])),
            ("AWS's own administrator policy", account(&[principal("user", "u", &[ADMINISTRATOR])], &[], &[], &[policy(ADMINISTRATOR, 1, ADMIN)])),
            ("attached by the count alone: the principals were not seen", account(&[], &[], &[], &[policy(OWN, 3, ADMIN)])),
            ("attached to 120 roles: one finding, evidence that stays small", account(
                &[], &[], &(0..120).map(|n| principal("role", &format!("r{n:03}"), &[OWN])).collect::<Vec<_>>(), &[policy(OWN, 120, ADMIN)])),
        ] {
            cases = counted(cases.fail(name, facts));
        }
        for (name, facts) in [
            ("one service", one(READ)),
            ("all actions and all resources, but in two statements", statement(r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b"}, {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#)),
            ("NotAction is near to it and not it", statement(r#"{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}"#)),
            ("an administrator version that is not in force", account(&[], &[], &[principal("role", "r", &[OWN])], &[two_versions])),
        ] {
            cases = counted(cases.pass(name, facts));
        }
        cases
            .not_applicable("attached to nothing: it grants nobody anything", account(&[], &[], &[], &[policy(OWN, 0, ADMIN)]))
            .not_applicable("no policy at all", account(&[], &[], &[], &[]))
            .each("the list of policies was cut off", one(ADMIN).cut_off::<PolicyDetails>(), &[("123456789012", Status::Unknown), (OWN, Status::Fail)])
            .partly_without::<UserDetails>().partly_without::<GroupDetails>().partly_without::<RoleDetails>()
            .each("users could not be read: what is counted is judged", one(ADMIN).and(unread::<UserDetails>(GapKind::Denied)), &[("123456789012", Status::Unknown), (OWN, Status::Fail)])
            .partly_without::<UserDetails>().partly_without::<GroupDetails>().partly_without::<RoleDetails>()
            .unknown("users could not be read and nothing is counted", account(&[], &[], &[], &[]).and(unread::<UserDetails>(GapKind::Denied)))
            .unknown("policies could not be read", one(ADMIN).and(unread::<PolicyDetails>(GapKind::Denied)))
            .unknown("the document is no policy", statement(r#"{"Effect": "allow", "Action": "*", "Resource": "*"}"#))
            .unknown("the document is not JSON", one("<html>"))
            .unknown("the document is missing", account(&[], &[], &[principal("role", "r", &[OWN])], &[json!({"Arn": OWN, "DefaultVersionId": "v1", "AttachmentCount": 1, "PolicyVersionList": []})]))
            .fail("attached, but not in the list: read on its own", unlisted(json!({"Arn": OWN, "Policy": policy(OWN, 1, ADMIN)})))
            .partly_without::<GroupDetails>().partly_without::<RoleDetails>()
            .unknown("attached, but not in the list, and denied", unlisted(json!({"Arn": OWN, "Policy": {"$gap": {"kind": "denied", "operation": "iam:GetPolicy", "code": "AccessDenied"}}})))
            .unknown("attached, but not in the list, and vanished", account(&[principal("user", "u", &[OWN])], &[], &[], &[]).and(rows::<UnlistedPolicies>([])))
            .unknown("a principal whose attachments are missing from the answer", account(&[json!({"Arn": "arn:aws:iam::123456789012:user/u", "UserName": "u"})], &[], &[], &[]))
            .check();
    }

    #[test]
    fn partitions_and_parameters() {
        let china = "arn:aws-cn:iam::aws:policy/AdministratorAccess";
        let facts = || account(&[], &[], &[principal("role", "r", &[china])], &[policy(china, 1, ADMIN)]).partition("aws-cn");
        let with = |aws_managed| FullAdminPolicies { aws_managed, ..FullAdminPolicies::default() };
        counted(Cases::of(with(AwsManaged::Fail)).named("aws_managed=fail").fail("China", facts())).check();
        counted(Cases::of(with(AwsManaged::Manual)).named("aws_managed=manual").manual("China", facts())).check();
        Cases::of(with(AwsManaged::Skip))
            .named("aws_managed=skip")
            .not_applicable("China", facts())
            .check();
    }

    #[test]
    fn inline() {
        let user = json!({"Arn": "arn:aws:iam::123456789012:user/u", "UserName": "u", "AttachedManagedPolicies": [], "UserPolicyList": [
            {"PolicyName": "all", "PolicyDocument": ADMIN}, {"PolicyName": "read", "PolicyDocument": READ}]});
        let facts = || account(std::slice::from_ref(&user), &[], &[], &[]);
        Cases::of(FullAdminPolicies { inline: Inline::Fail, ..FullAdminPolicies::default() })
            .named("inline=fail")
            .each("each inline policy is judged", facts(), &[
                ("arn:aws:iam::123456789012:user/u/all", Status::Fail),
                ("arn:aws:iam::123456789012:user/u/read", Status::Pass),
            ])
            .partly_without::<GroupDetails>().partly_without::<RoleDetails>()
            .check();
        Cases::of(FullAdminPolicies::default()).named("inline=ignore").not_applicable("the audit leaves them out", facts()).check();
    }
}
