use cis_core::prelude::*;

use crate::datasets::iam::UserDetails;

control! {
    /// IAM users have no policies of their own: what they may do comes from groups.
    ///
    /// ## Why it matters
    /// Permissions given to one person at a time are forgotten one person at a time. A group shows who may do what, and
    /// leaving it takes all of it away.
    pub struct GroupPermissionsOnly {}
    key: "iam.group_permissions_only", title: "IAM users get permissions through groups only",
    resource_type: "AWS::IAM::User", judged_at: Account,
}

impl Control for GroupPermissionsOnly {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Put the user into a group that has the policies, then detach the user's managed policies and delete its inline \
                 ones.",
            )
            .caution(CautionKind::CutsAccess, "What no group of the user's grants is lost: look at the group's policies first.")
            .caution(CautionKind::CannotBeUndone, "A deleted inline policy is gone: keep its document (get-user-policy).")
            .console([
                "IAM, Users, {resource}, Groups: \"Add user to groups\".",
                "Permissions: remove each policy that is \"Attached directly\" or inline.",
            ])
            .cli([
                "aws iam add-user-to-group --user-name {resource} --group-name <GROUP_NAME>",
                "aws iam list-attached-user-policies --user-name {resource}",
                "aws iam detach-user-policy --user-name {resource} --policy-arn <POLICY_ARN>",
                "aws iam list-user-policies --user-name {resource}",
                "aws iam delete-user-policy --user-name {resource} --policy-name <POLICY_NAME>",
            ])
            .terraform([r#"
                # In place of aws_iam_user_policy and aws_iam_user_policy_attachment:
                resource "aws_iam_user_group_membership" "this" {
                  user   = "{resource}"
                  groups = ["<GROUP_NAME>"]
                }

                resource "aws_iam_group_policy_attachment" "this" {
                  group      = "<GROUP_NAME>"
                  policy_arn = "<POLICY_ARN>"
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<UserDetails>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        const GET: &str = "iam:GetAccountAuthorizationDetails";
        let users = facts.rows::<UserDetails>()?;
        findings.each(
            &users,
            |user| Target::arn(&user.arn).tags(&user.tags),
            |user| {
                let inline: Vec<_> = user.user_policy_list.iter().map(|policy| policy.policy_name.as_str()).collect();
                let attached = users.known(&user.attached_managed_policies);
                let attached = attached.map(|list| list.iter().map(|policy| policy.policy_arn.as_str()).collect::<Vec<_>>());
                let has_attached = attached.clone().map(|arns| !arns.is_empty());
                let verdict = if fact::any([Ok(!inline.is_empty()), has_attached])? {
                    let policies: Vec<_> = inline.iter().chain(attached.iter().flatten()).collect();
                    Verdict::fail(msg!(
                        "The user has policies of its own: {policies}; permissions must come through groups only.",
                        policies
                    ))
                } else {
                    Verdict::pass(msg!("No policy is attached to the user or inline in it."))
                };
                let verdict = verdict.evidence(GET, "UserPolicyList", &inline);
                Ok(verdict.evidence_if_read(GET, "AttachedManagedPolicies", attached))
            },
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, unread};

    use super::*;

    const ANN: &str = "arn:aws:iam::123456789012:user/team/ann";
    const INLINE: &str = r#""UserPolicyList": [{"PolicyName": "just-this-once", "PolicyDocument": {}}]"#;
    const ATTACHED: &str = r#""AttachedManagedPolicies":
        [{"PolicyName": "ReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]"#;
    const NONE_ATTACHED: &str = r#""AttachedManagedPolicies": []"#;

    fn users(lists: &[(&str, &str)]) -> FactSet {
        let list = lists.iter().map(|(name, lists)| {
            format!(
                r#"{{"Path": "/team/", "UserName": "{name}", "UserId": "AIDACKCEVSQ6C2EXAMPLE",
                     "Arn": "arn:aws:iam::123456789012:user/team/{name}", "CreateDate": "2024-01-01T00:00:00+00:00",
                     {lists}}}"#
            )
        });
        aws::<UserDetails>(&format!(r#"{{"UserDetailList": [{}]}}"#, list.collect::<Vec<_>>().join(",")))
    }

    fn ann(lists: &str) -> FactSet {
        users(&[("ann", lists)])
    }

    #[test]
    fn cases() {
        Cases::of(GroupPermissionsOnly {})
            .pass("in no group and without policies", ann(&format!(r#""GroupList": [], {NONE_ATTACHED}"#)))
            .pass(
                "in a group, whatever policies that has",
                ann(&format!(r#""GroupList": ["admins"], "UserPolicyList": [], {NONE_ATTACHED}"#)),
            )
            .pass(
                "a permissions boundary grants nothing",
                ann(&format!(
                    r#""PermissionsBoundary": {{"PermissionsBoundaryType": "Policy",
                        "PermissionsBoundaryArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}, {NONE_ATTACHED}"#
                )),
            )
            .fail("inline alone", ann(&format!("{INLINE}, {NONE_ATTACHED}")))
            .fail("attached alone", ann(ATTACHED))
            .fail("both in one finding", ann(&format!("{INLINE}, {ATTACHED}")))
            .fail(
                "a policy that only denies is a policy",
                ann(&format!(
                    r#""UserPolicyList": [{{"PolicyName": "deny", "PolicyDocument": {{"Version": "2012-10-17",
                        "Statement": [{{"Effect": "Deny", "Action": "*", "Resource": "*"}}]}}}}], {NONE_ATTACHED}"#
                )),
            )
            .unknown("the attached policies are missing from the answer", ann(r#""UserPolicyList": []"#))
            .fail("the same beside an inline policy", ann(INLINE))
            .each(
                "two users",
                users(&[("ann", NONE_ATTACHED), ("anna", ATTACHED)]),
                &[(ANN, Status::Pass), ("arn:aws:iam::123456789012:user/team/anna", Status::Fail)],
            )
            .not_applicable("no users", users(&[]))
            .each(
                "a page is missing: the users that were read are judged, and the rest is unknown",
                users(&[("ann", NONE_ATTACHED)]).cut_off::<UserDetails>(),
                &[("123456789012", Status::Unknown), (ANN, Status::Pass)],
            )
            .unknown("the first page is missing: not known to be none", users(&[]).cut_off::<UserDetails>())
            .unknown("denied", unread::<UserDetails>(GapKind::Denied))
            .check();
    }
}
