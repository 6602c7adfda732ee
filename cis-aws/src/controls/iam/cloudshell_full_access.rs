use cis_core::prelude::*;
use serde_json::{Value, json};

use super::principals::{GET, Principal, Principals, some_of};
use crate::datasets::iam::{GroupDetails, PolicyDetails, RoleDetails, UserDetails};
use crate::policy::{Allows, Document, Effect, Patterns, action_matches, allows, full_admin};

control! {
    /// The AWS managed policy `AWSCloudShellFullAccess` is attached to nobody.
    ///
    /// ## Why it matters
    /// It lets its holder move files between CloudShell and their own machine, and CloudShell has its own way to the
    /// internet: data can leave the account past every control on the network.
    pub struct CloudshellFullAccess {}
    key: "iam.cloudshell_full_access", title: "AWSCloudShellFullAccess is attached to nobody",
    resource_type: "AWS::IAM::User", judged_at: Account,
}

/// What moves files out of and into a CloudShell environment.
const TRANSFER: [&str; 2] = ["cloudshell:GetFileUploadUrls", "cloudshell:GetFileDownloadUrls"];

impl Control for CloudshellFullAccess {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Detach the policy, and grant CloudShell by a policy of your own that leaves out, or denies, \
                 cloudshell:GetFileUploadUrls and cloudshell:GetFileDownloadUrls. Where the policy stays beside such a Deny, the \
                 finding shows the Deny as the ground for an exception.",
            )
            .caution(CautionKind::CutsAccess, "Who had CloudShell by this policy alone has it no more.")
            .console([
                "IAM, Policies, AWSCloudShellFullAccess, \"Entities attached\".",
                "Choose {resource}, then Detach.",
            ])
            .cli_for("AWS::IAM::User", [
                "aws iam detach-user-policy --user-name {resource} --policy-arn arn:{partition}:iam::aws:policy/AWSCloudShellFullAccess",
            ])
            .cli_for("AWS::IAM::Group", [
                "aws iam detach-group-policy --group-name {resource} --policy-arn arn:{partition}:iam::aws:policy/AWSCloudShellFullAccess",
            ])
            .cli_for("AWS::IAM::Role", [
                "aws iam detach-role-policy --role-name {resource} --policy-arn arn:{partition}:iam::aws:policy/AWSCloudShellFullAccess",
            ])
            .terraform([r#"
                # Take out the attachment of AWSCloudShellFullAccess, and attach this in its place:
                resource "aws_iam_policy" "cloudshell" {
                  name = "cloudshell-without-files"
                  policy = jsonencode({
                    Version = "2012-10-17"
                    Statement = [
                      { Effect = "Allow", Action = "cloudshell:*", Resource = "*" },
                      {
                        Effect   = "Deny"
                        Action   = ["cloudshell:GetFileUploadUrls", "cloudshell:GetFileDownloadUrls"]
                        Resource = "*"
                      },
                    ]
                  })
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<UserDetails>().and::<GroupDetails>().and::<RoleDetails>().and::<PolicyDetails>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let policy_arn = format!("arn:{}:iam::aws:policy/AWSCloudShellFullAccess", facts.partition());
        let principals = Principals::read(facts);
        for principal in &principals.known {
            if principal.has(&policy_arn) == Ok(true) {
                let message = msg!("AWSCloudShellFullAccess is attached; it must be attached to nobody.");
                let verdict = Verdict::fail(message)
                    .evidence(GET, "AttachedManagedPolicies", &policy_arn)
                    .evidence(GET, "inline Deny of file transfer", &denies_transfer(principal));
                findings.push(principal.target(), verdict);
            }
        }
        principals.unknown(findings);
        if findings.is_empty() {
            let bounds = |principal: &&Principal<'_>| {
                principal.boundary.is_some_and(|boundary| boundary.permissions_boundary_arn == policy_arn)
            };
            let bounded = principals.known.iter().filter(bounds).map(|principal| principal.arn);
            let message = msg!("AWSCloudShellFullAccess is attached to no user, group or role.");
            findings.push(
                Target::place(),
                Verdict::pass(message)
                    .evidence(GET, "principals with AWSCloudShellFullAccess", &some_of::<&str>([]))
                    .evidence(GET, "principals that it bounds only", &some_of(bounded))
                    .evidence_if_read(GET, "other policies that allow CloudShell file transfer", others(facts, &principals)),
            );
        }
        Ok(())
    }
}

/// The inline statements of a principal that deny file transfer: the mitigation that the benchmark recommends.
fn denies_transfer(principal: &Principal<'_>) -> Vec<Value> {
    let mut denies = Vec::new();
    for policy in principal.inline {
        let document = policy.policy_document.as_ref().map(Document::from_value);
        let Some(Ok(document)) = document else { continue };
        for statement in &document.statements {
            let covers = |action: &str| match &statement.actions {
                Patterns::Only(patterns) => patterns.iter().any(|pattern| action_matches(pattern, action)),
                Patterns::AllBut(patterns) => !patterns.iter().any(|pattern| action_matches(pattern, action)),
            };
            if statement.effect == Effect::Deny && TRANSFER.iter().any(|action| covers(action)) {
                denies.push(json!({ "PolicyName": policy.policy_name, "Statement": statement }));
            }
        }
    }
    denies
}

/// Other policies that let files be moved, short of administrator policies: managed ones by ARN, inline ones by holder.
fn others(facts: &Facts<'_>, principals: &Principals<'_>) -> Result<Value, Gap> {
    let moves_files = |document: &Value| match Document::from_value(document) {
        Ok(document) if full_admin(&document).is_none() => {
            TRANSFER.iter().any(|action| !matches!(allows(&document, action, "*"), Allows::No(_)))
        }
        _ => false,
    };
    let policies = facts.rows::<PolicyDetails>()?;
    policies.whole()?;
    let attached = policies.iter().filter(|policy| policy.attachment_count.is_none_or(|count| count > 0));
    let managed = attached.filter(|policy| policy.document().is_some_and(moves_files)).map(|policy| policy.arn.clone());
    let inline = principals.known.iter().flat_map(|principal| {
        let moving = principal.inline.iter().filter(|policy| policy.policy_document.as_ref().is_some_and(moves_files));
        moving.map(|policy| format!("{} inline {}", principal.arn, policy.policy_name))
    });
    Ok(some_of(managed.chain(inline)))
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, unread};

    use super::super::principals::account::{account, policy, principal};
    use super::*;

    const FULL: &str = "arn:aws:iam::aws:policy/AWSCloudShellFullAccess";
    const SHELL: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "cloudshell:*", "Resource": "*"}}"#;

    fn user(extra: &Value) -> Value {
        let mut user = principal("user", "u", &[]);
        for (name, value) in extra.as_object().unwrap() {
            user[name] = value.clone();
        }
        user
    }

    #[test]
    fn cases() {
        let deny = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": TRANSFER, "Resource": "*"}]});
        let denied = user(&json!({"AttachedManagedPolicies": [{"PolicyArn": FULL}], "UserPolicyList": [{"PolicyName": "no-files", "PolicyDocument": deny}]}));
        let bounded = user(&json!({"PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": FULL}}));
        let partly = |cases: Cases| cases.partly_without::<UserDetails>().partly_without::<GroupDetails>().partly_without::<RoleDetails>().holds_without::<PolicyDetails>();
        let mut cases = Cases::of(CloudshellFullAccess {});
        for (name, facts) in [
            ("attached to a group only", account(&[], &[principal("group", "g", &[FULL])], &[], &[])),
            ("attached to a user, beside an inline Deny of file transfer", account(&[denied], &[], &[], &[])),
            ("attached to a user, a group and a role: each is told", account(&[principal("user", "u", &[FULL])], &[principal("group", "g", &[FULL])], &[principal("role", "r", &[FULL])], &[])),
        ] {
            // Another list that is missing adds an unknown and takes no fail away.
            cases = partly(cases.fail(name, facts));
        }
        let gov = "arn:aws-us-gov:iam::aws:policy/AWSCloudShellFullAccess";
        cases = partly(cases.fail("GovCloud has an ARN of its own", account(&[], &[], &[principal("role", "r", &[gov])], &[]).partition("aws-us-gov")));
        for (name, facts) in [
            ("attached to nobody", account(&[user(&json!({}))], &[], &[], &[])),
            ("as a boundary it grants nothing", account(&[bounded], &[], &[], &[])),
            ("another policy that allows it is told", account(&[], &[], &[principal("role", "r", &[])], &[policy("arn:aws:iam::123456789012:policy/shell", 1, SHELL)])),
            ("nobody at all", account(&[], &[], &[], &[])),
        ] {
            cases = cases.pass(name, facts).holds_without::<PolicyDetails>();
        }
        let denied = |facts: FactSet| facts.and(unread::<RoleDetails>(GapKind::Denied));
        let cases = cases
            .unknown("roles denied and no match elsewhere", denied(account(&[user(&json!({}))], &[], &[], &[])))
            .unknown("groups cut off and no match", account(&[], &[principal("group", "g", &[])], &[], &[]).cut_off::<GroupDetails>());
        partly(cases.each("roles denied, a match among the users", denied(account(&[principal("user", "u", &[FULL])], &[], &[], &[])), &[
            ("123456789012", Status::Unknown), ("arn:aws:iam::123456789012:user/u", Status::Fail)]))
        .check();
    }
}
