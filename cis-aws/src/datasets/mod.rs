//! What can be read of an AWS account: one type a dataset, one a row. Field names and shapes are the AWS API's own.

pub mod accessanalyzer;
pub mod account;
pub mod ec2;
pub mod iam;
pub mod organizations;

use cis_core::DatasetInfo;

macro_rules! datasets {
    ($($service:ident :: $name:ident),* $(,)?) => {
        /// Every dataset of this crate, in order of name.
        pub fn all() -> Vec<DatasetInfo> {
            let mut all = vec![$(DatasetInfo::of::<$service::$name>()),*];
            all.sort_by(|a, b| a.name().cmp(b.name()));
            all
        }

        /// The JSON Schema of a row of every dataset of this crate, by the dataset's name.
        #[cfg(feature = "schema")]
        pub fn schemas() -> std::collections::BTreeMap<&'static str, serde_json::Value> {
            use cis_core::Dataset;
            [$((
                $service::$name::NAME,
                cis_core::schema::row::<<$service::$name as Dataset>::Row>(),
            )),*].into_iter().collect()
        }
    };
}

datasets! {
    accessanalyzer::Analyzers,
    account::BillingAlternateContact,
    account::ContactInformation,
    account::OperationsAlternateContact,
    account::SecurityAlternateContact,
    ec2::Instances,
    ec2::Regions,
    iam::AccountSummary,
    iam::CredentialReports,
    iam::GroupDetails,
    iam::OidcProviders,
    iam::OrganizationsFeatures,
    iam::PasswordPolicy,
    iam::PolicyDetails,
    iam::RoleDetails,
    iam::SamlProviders,
    iam::ServerCertificates,
    iam::UnlistedPolicies,
    iam::UserDetails,
    iam::VirtualMfaDevices,
    organizations::Organization,
}
