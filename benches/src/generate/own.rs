//! What is the account's own: contacts, organization, password policy, regions, identity providers.

use std::collections::BTreeMap;

use cis_aws::Time;
use cis_aws::datasets::account::{
    AlternateContact, BillingAlternateContact, Contact, ContactInformation, OperationsAlternateContact,
    SecurityAlternateContact,
};
use cis_aws::datasets::ec2::{Region, Regions};
use cis_aws::datasets::iam::{
    AccountSummary, OidcProvider, OidcProviders, OrganizationsFeatures, PasswordPolicy, PasswordRules, SamlProvider,
    SamlProviders, ServerCertificate, ServerCertificates, SummaryMap,
};
use cis_aws::datasets::organizations::{Organization, OrganizationDetail};
use cis_core::{Fact, Table};

use super::planted::CERTIFICATES;
use super::{Account, DAY, NOT_OPTED_IN, table_of};

impl Account {
    pub(super) fn own(&self, name: &str) -> Option<Table> {
        let contact = |kind: &str| {
            let set = kind != "SECURITY" || !self.violates("account.security_contact");
            let contact = AlternateContact {
                alternate_contact_type: Some(kind.to_owned()),
                name: Some("Cloud team".into()),
                title: Some("On call".into()),
                email_address: Some(format!("cloud-{}@example.com", kind.to_lowercase())),
                phone_number: Some("+1 202 555 0142".into()),
            };
            if set { vec![contact] } else { Vec::new() }
        };
        table_of::<SecurityAlternateContact>(name, || contact("SECURITY"))
            .or_else(|| table_of::<BillingAlternateContact>(name, || contact("BILLING")))
            .or_else(|| table_of::<OperationsAlternateContact>(name, || contact("OPERATIONS")))
            .or_else(|| table_of::<ContactInformation>(name, || vec![information()]))
            .or_else(|| table_of::<Organization>(name, || vec![organization()]))
            // A member account is not told.
            .or_else(|| table_of::<OrganizationsFeatures>(name, Vec::new))
            .or_else(|| table_of::<Regions>(name, || self.listed_regions()))
            .or_else(|| table_of::<PasswordPolicy>(name, || vec![self.password_rules()]))
            .or_else(|| table_of::<AccountSummary>(name, || vec![self.summary()]))
            .or_else(|| table_of::<ServerCertificates>(name, || self.certificates()))
            .or_else(|| table_of::<SamlProviders>(name, || vec![self.saml_provider()]))
            .or_else(|| table_of::<OidcProviders>(name, || vec![self.oidc_provider()]))
    }

    fn listed_regions(&self) -> Vec<Region> {
        let region = |name: &&str, status: &str| Region {
            region_name: (*name).to_owned(),
            opt_in_status: Some(status.to_owned()),
        };
        let on = self.regions().iter().map(|name| region(name, "opt-in-not-required"));
        on.chain(NOT_OPTED_IN.iter().map(|name| region(name, "not-opted-in"))).collect()
    }

    fn password_rules(&self) -> PasswordRules {
        PasswordRules {
            minimum_password_length: Fact::Known(if self.violates("iam.password_min_length") { 8 } else { 14 }),
            password_reuse_prevention: Some(Fact::Known(if self.violates("iam.password_reuse") { 5 } else { 24 })),
        }
    }

    fn summary(&self) -> SummaryMap {
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let numbers = [
            ("AccountAccessKeysPresent", i64::from(self.violates("iam.root_access_key"))),
            ("AccountMFAEnabled", i64::from(!self.violates("iam.root_mfa"))),
            ("AccountPasswordPresent", 1),
            ("AccountSigningCertificatesPresent", 0),
            ("Groups", count(self.size.groups)),
            ("Policies", count(self.size.policies)),
            ("Roles", count(self.size.roles)),
            ("ServerCertificates", count(self.size.certificates)),
            ("Users", count(self.size.users)),
        ];
        SummaryMap(
            numbers.into_iter().map(|(name, number)| (name.to_owned(), number.into())).collect::<BTreeMap<_, _>>(),
        )
    }

    pub(super) fn certificate_arn(&self, index: usize) -> String {
        format!("arn:aws:iam::{}:server-certificate/site-{index:04}", self.account_id())
    }

    fn certificates(&self) -> Vec<ServerCertificate> {
        let mut draw = self.draw("iam.server_certificates");
        let certificate = |index| {
            let days = draw.below(5..360_i64);
            let expired = self.violation(CERTIFICATES, self.size.certificates, index).is_some();
            ServerCertificate {
                arn: self.certificate_arn(index),
                server_certificate_name: format!("site-{index:04}"),
                expiration: Fact::Known(Time(self.ago(if expired { days * DAY } else { -days * DAY }))),
                upload_date: Some(Time(self.ago((days + 400) * DAY))),
            }
        };
        (0..self.size.certificates).map(certificate).collect()
    }

    fn saml_provider(&self) -> SamlProvider {
        SamlProvider {
            arn: format!("arn:aws:iam::{}:saml-provider/identity-center", self.account_id()),
            valid_until: Some(Time(self.ago(-3650 * DAY))),
        }
    }

    fn oidc_provider(&self) -> OidcProvider {
        let account_id = self.account_id();
        OidcProvider { arn: format!("arn:aws:iam::{account_id}:oidc-provider/token.actions.example.com") }
    }
}

fn information() -> Contact {
    Contact {
        full_name: Some("Example Corp Cloud Team".into()),
        company_name: Some("Example Corp".into()),
        address_line1: Some("1 Example Street".into()),
        city: Some("Anytown".into()),
        postal_code: Some("20000".into()),
        country_code: Some("US".into()),
        phone_number: Some("+1 202 555 0142".into()),
        website_url: Some("https://www.example.com".into()),
    }
}

fn organization() -> OrganizationDetail {
    OrganizationDetail {
        id: "o-exampleorgid".into(),
        master_account_id: Some("999999999999".into()),
        feature_set: Some("ALL".into()),
    }
}
