use std::collections::BTreeSet;

use cis_core::prelude::*;
use serde_json::Value;

use super::principals::{GET, Principals, some_of};
use crate::datasets::iam::{GroupDetails, PolicyDetails, RoleDetail, RoleDetails, UserDetails};
use crate::policy::{Document, allows_service};

control! {
    /// A role exists through which incidents can be taken to AWS Support.
    ///
    /// The AWS managed policy `AWSSupportAccess` must be attached to a role. Other policies can reach AWS Support as well;
    /// the audit does not count them, so the finding names the roles that have one and leaves it to a person to accept it.
    ///
    /// ## Why it matters
    /// In an incident nobody should have to use an administrator's credentials, or root's, to open a case.
    pub struct SupportRole {}
    key: "iam.support_role", title: "A role has the policy AWSSupportAccess",
    resource_type: "AWS::::Account", judged_at: Account,
}

impl Control for SupportRole {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Create a role that the incident team can assume, and attach AWSSupportAccess to it.",
            )
            .console([
                "IAM, Roles, \"Create role\": choose who may assume it.",
                "Add the permission AWSSupportAccess, name the role, and create it.",
            ])
            .cli([
                r#"aws iam create-role --role-name <ROLE_NAME> --assume-role-policy-document '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "<PRINCIPAL_ARN>"}, "Action": "sts:AssumeRole"}]}'"#,
                "aws iam attach-role-policy --role-name <ROLE_NAME> --policy-arn arn:{partition}:iam::aws:policy/AWSSupportAccess",
            ])
            .terraform([r#"
                resource "aws_iam_role" "support" {
                  name = "<ROLE_NAME>"
                  assume_role_policy = jsonencode({
                    Version   = "2012-10-17"
                    Statement = [{ Effect = "Allow", Principal = { AWS = "<PRINCIPAL_ARN>" }, Action = "sts:AssumeRole" }]
                  })
                }

                resource "aws_iam_role_policy_attachment" "support" {
                  role       = aws_iam_role.support.name
                  policy_arn = "arn:{partition}:iam::aws:policy/AWSSupportAccess"
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<RoleDetails>().and::<UserDetails>().and::<GroupDetails>().and::<PolicyDetails>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        // A customer's policy may bear the same name: the whole ARN decides.
        let policy_arn = format!("arn:{}:iam::aws:policy/AWSSupportAccess", facts.partition());
        let roles = facts.rows::<RoleDetails>()?;
        let has = |role: &RoleDetail| {
            let attached = role.attached_managed_policies.known().map_err(|gap| gap.operation(GET).resource(&role.arn))?;
            Ok(attached.iter().any(|policy| policy.policy_arn == policy_arn))
        };
        let principals = Principals::read(facts);
        if roles.any(has)? {
            let with: Vec<&RoleDetail> = roles.iter().filter(|role| has(role) == Ok(true)).collect();
            let (first, count) = (&with.first().map(|role| &role.arn), with.len());
            let message = msg!("AWSSupportAccess is attached to {first} (roles that have it: {count}).", first, count);
            let trusted: Vec<_> = with.iter().take(10).map(|role| trust(role)).collect();
            findings.push(
                Target::place(),
                Verdict::pass(message)
                    .evidence(GET, "RoleDetailList", &some_of(with.iter().map(|role| &role.arn)))
                    .evidence(GET, "AssumeRolePolicyDocument", &trusted),
            );
            return Ok(());
        }

        let elsewhere: Vec<_> = principals.known.iter().filter(|principal| principal.has(&policy_arn) == Ok(true)).collect();
        let others = other_roles(facts, &roles);
        let message = match (&others, elsewhere.len()) {
            (_, count @ 1..) => msg!("AWSSupportAccess is attached to users or groups ({count}) and to no role; it must be attached to a role.", count),
            (Ok(roles), _) if !roles.is_empty() => {
                let (first, count) = (&roles.first(), roles.len());
                msg!("AWSSupportAccess is attached to no role; {first} reaches AWS Support through another policy (roles that do: {count}), which the audit does not count.", count, first)
            }
            _ => msg!("AWSSupportAccess is attached to no role; it must be attached to one."),
        };
        findings.push(
            Target::place(),
            Verdict::fail(message)
                .evidence(GET, "RoleDetailList with AWSSupportAccess", &some_of::<&str>([]))
                .evidence(GET, "users and groups with AWSSupportAccess", &some_of(elsewhere.iter().map(|principal| principal.arn)))
                .evidence_if_read(GET, "roles with another policy that allows support:*", others.map(some_of)),
        );
        Ok(())
    }
}

/// Who may assume a role, as its trust policy says.
fn trust(role: &RoleDetail) -> Value {
    let document = role.assume_role_policy_document.as_ref().map(Document::from_value);
    let principals = match document {
        Some(Ok(document)) => cis_core::json_value(&document.to_value()),
        Some(Err(error)) => Value::from(error.to_string()),
        None => Value::Null,
    };
    serde_json::json!({ "role": role.arn, "trust": principals })
}

/// The roles that may do everything on AWS Support through another policy, by ARN. For a person, not for the verdict.
fn other_roles<'a>(facts: &Facts<'a>, roles: &Rows<'a, RoleDetail>) -> Result<Vec<&'a str>, Gap> {
    let reaches = |document: &Value| {
        matches!(Document::from_value(document), Ok(document) if allows_service(&document, "support").is_some())
    };
    let policies = facts.rows::<PolicyDetails>()?;
    let reaching = policies.iter().filter(|policy| policy.document().is_some_and(reaches));
    let reaching: BTreeSet<&str> = reaching.map(|policy| policy.arn.as_str()).collect();
    let mut found = Vec::new();
    for role in roles.iter() {
        let attached = roles.known(&role.attached_managed_policies)?;
        let managed = attached.iter().any(|policy| reaching.contains(policy.policy_arn.as_str()));
        if managed || role.role_policy_list.iter().any(|policy| policy.policy_document.as_ref().is_some_and(reaches)) {
            found.push(role.arn.as_str());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, unread};

    use super::super::principals::account::{ADMIN, account, policy, principal};
    use super::*;

    const SUPPORT: &str = "arn:aws:iam::aws:policy/AWSSupportAccess";
    const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

    #[test]
    fn cases() {
        let role = |name: &str, policies: &[&str]| principal("role", name, policies);
        let mut cases = Cases::of(SupportRole {});
        for (name, facts) in [
            ("attached to a role", account(&[], &[], &[role("a", &[]), role("incidents", &[SUPPORT])], &[])),
            ("attached to a role of Identity Center", account(&[], &[], &[role("aws-reserved/sso.amazonaws.com/AWSReservedSSO_Support_1", &[SUPPORT])], &[])),
        ] {
            cases = cases.pass(name, facts).holds_without::<UserDetails>().holds_without::<GroupDetails>().holds_without::<PolicyDetails>();
        }
        for (name, facts) in [
            ("attached to nothing", account(&[], &[], &[role("a", &[])], &[])),
            ("no role at all", account(&[], &[], &[], &[])),
            ("attached to a user only", account(&[principal("user", "u", &[SUPPORT])], &[], &[], &[])),
            ("attached to a group only", account(&[], &[principal("group", "g", &[SUPPORT])], &[role("a", &[])], &[])),
            ("another policy reaches it: named for a person", account(&[], &[], &[role("admin", &[ADMINISTRATOR])], &[policy(ADMINISTRATOR, 1, ADMIN)])),
            ("a customer's policy of the same name does not count", account(&[], &[], &[role("a", &["arn:aws:iam::123456789012:policy/AWSSupportAccess"])], &[])),
            ("the service's own role does not count", account(&[], &[], &[role("aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport", &["arn:aws:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy"])], &[])),
            ("another partition's policy", account(&[], &[], &[role("a", &[SUPPORT])], &[]).partition("aws-cn")),
        ] {
            cases = cases.fail(name, facts).holds_without::<UserDetails>().holds_without::<GroupDetails>().holds_without::<PolicyDetails>();
        }
        cases
            .unknown("denied", account(&[], &[], &[], &[]).and(unread::<RoleDetails>(GapKind::Denied)))
            .unknown("the list of roles was cut off before one was found", account(&[], &[], &[role("a", &[])], &[]).cut_off::<RoleDetails>())
            .pass("one was found before the list was cut off", account(&[], &[], &[role("a", &[SUPPORT])], &[]).cut_off::<RoleDetails>())
            .holds_without::<UserDetails>().holds_without::<GroupDetails>().holds_without::<PolicyDetails>()
            .unknown("a role whose attachments are missing from the answer", account(&[], &[], &[serde_json::json!({"Arn": "arn:aws:iam::123456789012:role/a", "RoleName": "a"})], &[]))
            .check();
    }
}
