//! AWS Identity and Access Management.

mod authorization_details;
mod credential_report;

pub use authorization_details::{
    AttachedPolicy, GroupDetail, GroupDetails, InlinePolicy, InstanceProfile, ManagedPolicy, PermissionsBoundary,
    PolicyDetails, PolicyVersion, RoleDetail, RoleDetails, UnlistedPolicies, UnlistedPolicy, UserDetail, UserDetails,
};
pub use credential_report::{
    AccessKey, BrokenLine, Credential, CredentialReport, CredentialReports, Flag, Line, SigningCertificate, When,
};

use std::collections::BTreeMap;

use cis_core::{Dataset, Fact, Gap, Layout, Operation, PlaceKind, gap_text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::time::Time;

/// Counts and switches of the account's IAM. Place: account. One row. Source: `GetAccountSummary`.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>
#[derive(Debug)]
pub struct AccountSummary;

impl Dataset for AccountSummary {
    type Row = SummaryMap;
    const NAME: &'static str = "iam.account_summary";
    const PLACE: PlaceKind = PlaceKind::Account;
    const OPERATIONS: &'static [Operation] = &[Operation::named("iam:GetAccountSummary")];
    const LAYOUT: Layout = Layout::single(&["SummaryMap"]);
}

/// The summary map: a number by name, such as `AccountMFAEnabled` (0 or 1) or `Users`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct SummaryMap(pub BTreeMap<String, Value>);

impl SummaryMap {
    /// A number of the map; a gap where it is missing or no number.
    pub fn get(&self, name: &str) -> Result<i64, Gap> {
        let number = self.0.get(name).and_then(Value::as_i64);
        number.ok_or_else(|| {
            Gap::malformed(gap_text!("SummaryMap has no number {name}"))
                .operation("iam:GetAccountSummary")
                .dataset(AccountSummary::NAME)
        })
    }
}

/// The account's password policy. Place: account. No row: `NoSuchEntity`, none is set.
/// Source: `GetAccountPasswordPolicy`.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountPasswordPolicy.html>
#[derive(Debug)]
pub struct PasswordPolicy;

impl Dataset for PasswordPolicy {
    type Row = PasswordRules;
    const NAME: &'static str = "iam.password_policy";
    const PLACE: PlaceKind = PlaceKind::Account;
    const OPERATIONS: &'static [Operation] = &[Operation::named("iam:GetAccountPasswordPolicy")];
    const LAYOUT: Layout = Layout::single(&["PasswordPolicy"]);
}

/// The rules of the password policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct PasswordRules {
    /// In characters.
    pub minimum_password_length: Fact<i64>,
    /// How many passwords are remembered. Left out: reuse is allowed.
    #[serde(default)]
    pub password_reuse_prevention: Option<Fact<i64>>,
}

/// The virtual MFA devices that are assigned to a user. Place: account. Order: as AWS lists them.
/// Source: `ListVirtualMFADevices` with `AssignmentStatus=Assigned`, all pages.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListVirtualMFADevices.html>
#[derive(Debug)]
pub struct VirtualMfaDevices;

impl Dataset for VirtualMfaDevices {
    type Row = VirtualMfaDevice;
    const NAME: &'static str = "iam.virtual_mfa_devices";
    const PLACE: PlaceKind = PlaceKind::Account;
    const OPERATIONS: &'static [Operation] = &[Operation::named("iam:ListVirtualMFADevices")];
    const LAYOUT: Layout = Layout::list(&["VirtualMFADevices"]);
}

/// A virtual MFA device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct VirtualMfaDevice {
    /// Its ARN.
    pub serial_number: String,
    /// Whose it is. Old entries of root's leave it out.
    #[serde(default)]
    pub user: Option<DeviceUser>,
    /// When it was enabled.
    #[serde(default)]
    pub enable_date: Option<Time>,
}

/// Whose a virtual MFA device is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct DeviceUser {
    /// The ARN of the user, or of root.
    #[serde(default)]
    pub arn: Option<String>,
}

/// The server certificates stored in IAM. Place: account. Order: as AWS lists them.
/// Source: `ListServerCertificates`, all pages.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServerCertificates.html>
#[derive(Debug)]
pub struct ServerCertificates;

impl Dataset for ServerCertificates {
    type Row = ServerCertificate;
    const NAME: &'static str = "iam.server_certificates";
    const PLACE: PlaceKind = PlaceKind::Account;
    const OPERATIONS: &'static [Operation] = &[Operation::named("iam:ListServerCertificates")];
    const LAYOUT: Layout = Layout::list(&["ServerCertificateMetadataList"]);
}

/// A server certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct ServerCertificate {
    /// Its ARN, path included.
    pub arn: String,
    /// Its name.
    pub server_certificate_name: String,
    /// When it expires.
    pub expiration: Fact<Time>,
    /// When it was uploaded.
    #[serde(default)]
    pub upload_date: Option<Time>,
}

/// The SAML identity providers. Place: account. Source: `ListSAMLProviders`.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListSAMLProviders.html>
#[derive(Debug)]
pub struct SamlProviders;

impl Dataset for SamlProviders {
    type Row = SamlProvider;
    const NAME: &'static str = "iam.saml_providers";
    const PLACE: PlaceKind = PlaceKind::Account;
    const OPERATIONS: &'static [Operation] = &[Operation::named("iam:ListSAMLProviders")];
    const LAYOUT: Layout = Layout::list(&["SAMLProviderList"]);
}

/// A SAML identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct SamlProvider {
    /// Its ARN.
    pub arn: String,
    /// Until when its metadata is valid.
    #[serde(default)]
    pub valid_until: Option<Time>,
}

/// The `OpenID` Connect identity providers. Place: account. Source: `ListOpenIDConnectProviders`.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOpenIDConnectProviders.html>
#[derive(Debug)]
pub struct OidcProviders;

impl Dataset for OidcProviders {
    type Row = OidcProvider;
    const NAME: &'static str = "iam.oidc_providers";
    const PLACE: PlaceKind = PlaceKind::Account;
    const OPERATIONS: &'static [Operation] = &[Operation::named("iam:ListOpenIDConnectProviders")];
    const LAYOUT: Layout = Layout::list(&["OpenIDConnectProviderList"]);
}

/// An `OpenID` Connect identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct OidcProvider {
    /// Its ARN.
    pub arn: String,
}

/// What is centrally managed of root in the organization's member accounts. Place: account. No row: the account is no
/// management or delegated administrator account, so that it cannot be known here.
/// Source: `ListOrganizationsFeatures`.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOrganizationsFeatures.html>
#[derive(Debug)]
pub struct OrganizationsFeatures;

impl Dataset for OrganizationsFeatures {
    type Row = EnabledFeatures;
    const NAME: &'static str = "iam.organizations_features";
    const PLACE: PlaceKind = PlaceKind::Account;
    const OPERATIONS: &'static [Operation] = &[Operation::named("iam:ListOrganizationsFeatures")];
    const LAYOUT: Layout = Layout::single(&[]);
}

/// The centrally managed features of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct EnabledFeatures {
    /// The organization.
    pub organization_id: String,
    /// `RootCredentialsManagement`, `RootSessions`.
    #[serde(default)]
    pub enabled_features: Vec<String>,
}
