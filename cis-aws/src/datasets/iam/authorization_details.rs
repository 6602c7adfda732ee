//! Users, groups, roles and policies with all that they grant: `GetAccountAuthorizationDetails`.
//!
//! One call chain each, with the API's `Filter`, so that only what a selected control reads is fetched, and a page that
//! fails in one list leaves the others whole. Policy documents are percent-encoded text on the wire and JSON objects in the
//! output of the AWS CLI; both stand here as they came.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>

use cis_core::{Dataset, Fact, Layout, Operation, PlaceKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::TagList;
use crate::time::Time;

const DOCUMENT: &str = "iam.authorization_details";
const OPERATIONS: &[Operation] = &[Operation::named("iam:GetAccountAuthorizationDetails")];

/// The IAM users. Place: account. Order: as AWS lists them. Source: `GetAccountAuthorizationDetails`, `Filter=User`.
#[derive(Debug)]
pub struct UserDetails;

impl Dataset for UserDetails {
    type Row = UserDetail;
    const NAME: &'static str = "iam.user_details";
    const PLACE: PlaceKind = PlaceKind::Account;
    const OPERATIONS: &'static [Operation] = OPERATIONS;
    const LAYOUT: Layout = Layout::list(&["UserDetailList"]).within(DOCUMENT);
}

/// A user with its policies and groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct UserDetail {
    /// Its ARN, path included.
    pub arn: String,
    /// Its name.
    pub user_name: String,
    /// When it was made.
    #[serde(default)]
    pub create_date: Option<Time>,
    /// Its inline policies. AWS leaves the list out where there is none.
    #[serde(default)]
    pub user_policy_list: Vec<InlinePolicy>,
    /// The managed policies attached to it.
    pub attached_managed_policies: Fact<Vec<AttachedPolicy>>,
    /// The names of its groups.
    #[serde(default)]
    pub group_list: Vec<String>,
    /// Its permissions boundary, where AWS says so: its absence proves nothing.
    #[serde(default)]
    pub permissions_boundary: Option<PermissionsBoundary>,
    /// Its tags.
    #[serde(default)]
    pub tags: TagList,
}

/// The IAM groups. Place: account. Order: as AWS lists them. Source: `GetAccountAuthorizationDetails`, `Filter=Group`.
#[derive(Debug)]
pub struct GroupDetails;

impl Dataset for GroupDetails {
    type Row = GroupDetail;
    const NAME: &'static str = "iam.group_details";
    const PLACE: PlaceKind = PlaceKind::Account;
    const OPERATIONS: &'static [Operation] = OPERATIONS;
    const LAYOUT: Layout = Layout::list(&["GroupDetailList"]).within(DOCUMENT);
}

/// A group with its policies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct GroupDetail {
    /// Its ARN, path included.
    pub arn: String,
    /// Its name.
    pub group_name: String,
    /// Its inline policies. AWS leaves the list out where there is none.
    #[serde(default)]
    pub group_policy_list: Vec<InlinePolicy>,
    /// The managed policies attached to it.
    pub attached_managed_policies: Fact<Vec<AttachedPolicy>>,
}

/// The IAM roles. Place: account. Order: as AWS lists them. Source: `GetAccountAuthorizationDetails`, `Filter=Role`.
#[derive(Debug)]
pub struct RoleDetails;

impl Dataset for RoleDetails {
    type Row = RoleDetail;
    const NAME: &'static str = "iam.role_details";
    const PLACE: PlaceKind = PlaceKind::Account;
    const OPERATIONS: &'static [Operation] = OPERATIONS;
    const LAYOUT: Layout = Layout::list(&["RoleDetailList"]).within(DOCUMENT);
}

/// A role with its policies and instance profiles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct RoleDetail {
    /// Its ARN, path included.
    pub arn: String,
    /// Its name.
    pub role_name: String,
    /// Such as `/aws-reserved/sso.amazonaws.com/`.
    #[serde(default)]
    pub path: Option<String>,
    /// Who may assume it: a policy document.
    #[serde(default)]
    pub assume_role_policy_document: Option<Value>,
    /// Its inline policies. AWS leaves the list out where there is none.
    #[serde(default)]
    pub role_policy_list: Vec<InlinePolicy>,
    /// The managed policies attached to it.
    pub attached_managed_policies: Fact<Vec<AttachedPolicy>>,
    /// The instance profiles that hold it.
    pub instance_profile_list: Fact<Vec<InstanceProfile>>,
    /// Its permissions boundary, where AWS says so: its absence proves nothing.
    #[serde(default)]
    pub permissions_boundary: Option<PermissionsBoundary>,
    /// Its tags.
    #[serde(default)]
    pub tags: TagList,
}

/// The customer managed policies, and the AWS managed ones that are attached to something. Place: account. Order: as AWS
/// lists them. Source: `GetAccountAuthorizationDetails`, `Filter=LocalManagedPolicy,AWSManagedPolicy`.
#[derive(Debug)]
pub struct PolicyDetails;

impl Dataset for PolicyDetails {
    type Row = ManagedPolicy;
    const NAME: &'static str = "iam.policy_details";
    const PLACE: PlaceKind = PlaceKind::Account;
    const OPERATIONS: &'static [Operation] = OPERATIONS;
    const LAYOUT: Layout = Layout::list(&["Policies"]).within(DOCUMENT);
}

/// A managed policy with its versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct ManagedPolicy {
    /// Its ARN, path included.
    pub arn: String,
    /// The version in force.
    #[serde(default)]
    pub default_version_id: Option<String>,
    /// How many principals it is attached to.
    #[serde(default)]
    pub attachment_count: Option<i64>,
    /// How many principals it bounds. A boundary grants nothing.
    #[serde(default)]
    pub permissions_boundary_usage_count: Option<i64>,
    /// Its versions.
    #[serde(default)]
    pub policy_version_list: Vec<PolicyVersion>,
}

impl ManagedPolicy {
    /// The document of the version in force.
    pub fn document(&self) -> Option<&Value> {
        let in_force = |version: &&PolicyVersion| match &self.default_version_id {
            Some(id) => version.version_id.as_ref() == Some(id),
            None => version.is_default_version == Some(true),
        };
        self.policy_version_list.iter().find(in_force)?.document.as_ref()
    }
}

/// Policies that a principal has attached and that the account's list of policies lacks. Place: account. Names asked for:
/// policy ARNs. Source: one `GetPolicy` and one `GetPolicyVersion` each.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html>
#[derive(Debug)]
pub struct UnlistedPolicies;

impl Dataset for UnlistedPolicies {
    type Row = UnlistedPolicy;
    const NAME: &'static str = "iam.unlisted_policies";
    const PLACE: PlaceKind = PlaceKind::Account;
    const OPERATIONS: &'static [Operation] =
        &[Operation::named("iam:GetPolicy"), Operation::named("iam:GetPolicyVersion")];
    const LAYOUT: Layout = Layout::list(&["Policies"]);
}

/// A policy that was read on its own, or why it could not be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct UnlistedPolicy {
    /// Its ARN.
    pub arn: String,
    /// The policy with its version in force.
    pub policy: Fact<ManagedPolicy>,
}

/// An inline policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct InlinePolicy {
    /// Its name.
    pub policy_name: String,
    /// A policy document.
    #[serde(default)]
    pub policy_document: Option<Value>,
}

/// A managed policy attached to a principal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct AttachedPolicy {
    /// Its ARN.
    pub policy_arn: String,
    /// Its name.
    #[serde(default)]
    pub policy_name: Option<String>,
}

/// A permissions boundary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct PermissionsBoundary {
    /// The ARN of the policy.
    pub permissions_boundary_arn: String,
}

/// An instance profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct InstanceProfile {
    /// Its ARN.
    pub arn: String,
}

/// A version of a managed policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct PolicyVersion {
    /// Such as `v3`.
    #[serde(default)]
    pub version_id: Option<String>,
    /// Whether it is in force.
    #[serde(default)]
    pub is_default_version: Option<bool>,
    /// The policy document.
    #[serde(default)]
    pub document: Option<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_in_force_counts() {
        let policy = |json: &str| serde_json::from_str::<ManagedPolicy>(json).unwrap();
        let two = policy(
            r#"{"Arn": "arn:aws:iam::123456789012:policy/p", "DefaultVersionId": "v2", "PolicyVersionList": [
                {"VersionId": "v1", "IsDefaultVersion": false, "Document": "old"},
                {"VersionId": "v2", "IsDefaultVersion": true, "Document": "new"}]}"#,
        );
        assert_eq!(two.document(), Some(&Value::from("new")));
        assert_eq!(policy(r#"{"Arn": "a", "DefaultVersionId": "v3"}"#).document(), None, "not among the versions");
    }
}
