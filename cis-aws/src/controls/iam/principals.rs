//! Users, groups and roles as one list: what is attached to them, and what they hold inline.

use cis_core::prelude::*;

use crate::datasets::TagList;
use crate::datasets::iam::{AttachedPolicy, GroupDetails, InlinePolicy, PermissionsBoundary, RoleDetails, UserDetails};

/// The operation behind users, groups, roles and policies, for evidence.
pub(super) const GET: &str = "iam:GetAccountAuthorizationDetails";

/// How many names a finding lists at most; the count is always given.
const SHOWN: usize = 50;

/// A user, group or role.
#[derive(Debug, Clone, Copy)]
pub(super) struct Principal<'a> {
    pub(super) arn: &'a str,
    /// The CloudFormation type.
    pub(super) kind: &'static str,
    pub(super) attached: &'a Fact<Vec<AttachedPolicy>>,
    pub(super) inline: &'a [InlinePolicy],
    pub(super) boundary: Option<&'a PermissionsBoundary>,
    /// None of a group: AWS has no tags on groups.
    pub(super) tags: Option<&'a TagList>,
}

impl Principal<'_> {
    /// What a verdict on it is about.
    pub(super) fn target(&self) -> Target {
        Target::arn(self.arn).kind(self.kind).tags(self.tags.and_then(TagList::read).cloned())
    }

    /// Whether a policy is attached.
    pub(super) fn has(&self, policy_arn: &str) -> Result<bool, Gap> {
        let attached = self.attached.known().map_err(|gap| gap.operation(GET).resource(self.arn))?;
        Ok(attached.iter().any(|policy| policy.policy_arn == policy_arn))
    }
}

/// The principals that were read, and why there may be more.
#[derive(Debug)]
pub(super) struct Principals<'a> {
    pub(super) known: Vec<Principal<'a>>,
    /// Lists that could not be read or were cut off, and principals whose attachments could not be read.
    pub(super) gaps: Vec<Gap>,
}

impl<'a> Principals<'a> {
    /// All three lists.
    pub(super) fn read(facts: &Facts<'a>) -> Self {
        let mut all = Self { known: Vec::new(), gaps: Vec::new() };
        all.add(facts.rows::<UserDetails>(), |user| Principal {
            arn: &user.arn,
            kind: "AWS::IAM::User",
            attached: &user.attached_managed_policies,
            inline: &user.user_policy_list,
            boundary: user.permissions_boundary.as_ref(),
            tags: Some(&user.tags),
        });
        all.add(facts.rows::<GroupDetails>(), |group| Principal {
            arn: &group.arn,
            kind: "AWS::IAM::Group",
            attached: &group.attached_managed_policies,
            inline: &group.group_policy_list,
            boundary: None,
            tags: None,
        });
        all.add(facts.rows::<RoleDetails>(), |role| Principal {
            arn: &role.arn,
            kind: "AWS::IAM::Role",
            attached: &role.attached_managed_policies,
            inline: &role.role_policy_list,
            boundary: role.permissions_boundary.as_ref(),
            tags: Some(&role.tags),
        });
        all
    }

    fn add<R>(&mut self, rows: Result<Rows<'a, R>, Gap>, principal: impl Fn(&'a R) -> Principal<'a>) {
        match rows {
            Err(gap) => self.gaps.push(gap),
            Ok(rows) => {
                self.gaps.extend(rows.cut_off().iter().cloned());
                for row in rows.iter() {
                    let principal = principal(row);
                    if let Err(gap) = rows.known(principal.attached) {
                        self.gaps.push(gap.resource(principal.arn));
                    }
                    self.known.push(principal);
                }
            }
        }
    }

    /// One unknown on the account for each thing that is missing.
    pub(super) fn unknown(&self, findings: &mut Findings) {
        for gap in &self.gaps {
            findings.push(Target::place(), gap.clone());
        }
    }
}

/// Some names and the count of all, for evidence that stays small in an account that is not.
pub(super) fn some_of<T: ToString>(names: impl IntoIterator<Item = T>) -> serde_json::Value {
    let mut names = names.into_iter();
    let shown: Vec<String> = names.by_ref().take(SHOWN).map(|name| name.to_string()).collect();
    let count = shown.len() + names.count();
    serde_json::json!({ "count": count, "first": shown })
}

/// An account's users, groups, roles and policies, in a few words, for the tests of the controls that read them.
#[cfg(test)]
pub(super) mod account {
    use cis_core::testkit::{FactSet, aws};
    use serde_json::{Value, json};

    use crate::datasets::iam::{GroupDetails, PolicyDetails, RoleDetails, UserDetails};

    pub(in crate::controls::iam) const ADMIN: &str =
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#;

    pub(in crate::controls::iam) fn policy(arn: &str, attachments: i64, document: &str) -> Value {
        json!({"Arn": arn, "DefaultVersionId": "v1", "AttachmentCount": attachments,
               "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": document}]})
    }

    pub(in crate::controls::iam) fn principal(kind: &str, name: &str, policies: &[&str]) -> Value {
        let attached: Vec<_> = policies.iter().map(|arn| json!({"PolicyArn": arn})).collect();
        let (name_field, plural) = match kind {
            "user" => ("UserName", "user"),
            "group" => ("GroupName", "group"),
            _ => ("RoleName", "role"),
        };
        json!({"Arn": format!("arn:aws:iam::123456789012:{plural}/{name}"), name_field: name, "AttachedManagedPolicies": attached, "InstanceProfileList": []})
    }

    pub(in crate::controls::iam) fn account(
        users: &[Value],
        groups: &[Value],
        roles: &[Value],
        policies: &[Value],
    ) -> FactSet {
        aws::<UserDetails>(&json!({ "UserDetailList": users }).to_string())
            .and(aws::<GroupDetails>(&json!({ "GroupDetailList": groups }).to_string()))
            .and(aws::<RoleDetails>(&json!({ "RoleDetailList": roles }).to_string()))
            .and(aws::<PolicyDetails>(&json!({ "Policies": policies }).to_string()))
    }
}
