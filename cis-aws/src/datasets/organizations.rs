//! AWS Organizations.

use cis_core::{Dataset, Layout, Operation, PlaceKind};
use serde::{Deserialize, Serialize};

/// The organization that the account is in. Place: account. No row: `AWSOrganizationsNotInUseException`, it is in none.
/// Source: `DescribeOrganization`.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganization.html>
#[derive(Debug)]
pub struct Organization;

impl Dataset for Organization {
    type Row = OrganizationDetail;
    const NAME: &'static str = "organizations.organization";
    const PLACE: PlaceKind = PlaceKind::Account;
    const OPERATIONS: &'static [Operation] = &[Operation::named("organizations:DescribeOrganization")];
    const LAYOUT: Layout = Layout::single(&["Organization"]);
}

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct OrganizationDetail {
    /// Such as `o-exampleorgid`.
    pub id: String,
    /// The id of the management account.
    #[serde(default)]
    pub master_account_id: Option<String>,
    /// `ALL` or `CONSOLIDATED_BILLING`.
    #[serde(default)]
    pub feature_set: Option<String>,
}
