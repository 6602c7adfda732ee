//! AWS Account Management: who can be reached about the account.

use cis_core::{Dataset, Layout, Operation, PlaceKind};
use serde::{Deserialize, Serialize};

/// The account's contact information. Place: account. At most one row.
/// Source: `GetContactInformation`.
/// <https://docs.aws.amazon.com/accounts/latest/reference/API_GetContactInformation.html>
#[derive(Debug)]
pub struct ContactInformation;

impl Dataset for ContactInformation {
    type Row = Contact;
    const NAME: &'static str = "account.contact_information";
    const PLACE: PlaceKind = PlaceKind::Account;
    const OPERATIONS: &'static [Operation] = &[Operation::named("account:GetContactInformation")];
    const LAYOUT: Layout = Layout::single(&["ContactInformation"]);
}

/// The account's contact information. Personal: never shown in clear.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct Contact {
    /// A person's name.
    pub full_name: Option<String>,
    /// The company.
    pub company_name: Option<String>,
    /// Street and number.
    pub address_line1: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// ISO 3166 country code.
    pub country_code: Option<String>,
    /// In international format.
    pub phone_number: Option<String>,
    /// The company's site.
    pub website_url: Option<String>,
}

macro_rules! alternate_contact {
    ($name:ident, $dataset:literal, $kind:literal) => {
        #[doc = concat!("The alternate contact of type `", $kind, "`. Place: account. No row: none is set.")]
        #[doc = concat!("Source: `GetAlternateContact` with `AlternateContactType=", $kind, "`.")]
        /// <https://docs.aws.amazon.com/accounts/latest/reference/API_GetAlternateContact.html>
        #[derive(Debug)]
        pub struct $name;

        impl Dataset for $name {
            type Row = AlternateContact;
            const NAME: &'static str = $dataset;
            const PLACE: PlaceKind = PlaceKind::Account;
            const OPERATIONS: &'static [Operation] = &[Operation::named("account:GetAlternateContact")];
            const LAYOUT: Layout = Layout::single(&["AlternateContact"]);
        }
    };
}

alternate_contact!(SecurityAlternateContact, "account.security_alternate_contact", "SECURITY");
alternate_contact!(BillingAlternateContact, "account.billing_alternate_contact", "BILLING");
alternate_contact!(OperationsAlternateContact, "account.operations_alternate_contact", "OPERATIONS");

/// An alternate contact. Personal: never shown in clear.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct AlternateContact {
    /// `SECURITY`, `BILLING` or `OPERATIONS`.
    pub alternate_contact_type: Option<String>,
    /// A person's or team's name.
    pub name: Option<String>,
    /// Their title.
    pub title: Option<String>,
    /// Their mail address.
    pub email_address: Option<String>,
    /// Their phone number.
    pub phone_number: Option<String>,
}
