//! What can be read of an AWS account: one type a dataset, one a row. Field names and shapes are the AWS API's own.

pub mod accessanalyzer;
pub mod account;
pub mod cloudtrail;
pub mod cloudwatch;
pub mod config;
pub mod ec2;
pub mod efs;
pub mod iam;
pub mod kms;
pub mod logs;
pub mod macie2;
pub mod organizations;
pub mod rds;
pub mod s3;
pub mod securityhub;
pub mod sns;
mod tags;

pub use tags::TagList;

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
    cloudtrail::EventSelectors,
    cloudtrail::TrailStatuses,
    cloudtrail::Trails,
    cloudwatch::CompositeAlarms,
    cloudwatch::MetricAlarms,
    config::DeliveryChannels,
    config::RecorderStatuses,
    config::Recorders,
    ec2::EbsEncryptionByDefault,
    ec2::FlowLogs,
    ec2::InstanceMetadataDefaults,
    ec2::Instances,
    ec2::NetworkAcls,
    ec2::PrefixLists,
    ec2::Regions,
    ec2::RouteTables,
    ec2::SecurityGroups,
    ec2::VpcPeeringConnections,
    ec2::Vpcs,
    efs::FileSystems,
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
    kms::Keys,
    logs::MetricFilters,
    macie2::AutomatedDiscovery,
    macie2::ClassificationJobs,
    macie2::Session,
    organizations::Organization,
    rds::DbClusters,
    rds::DbInstances,
    s3::AccountPublicAccessBlock,
    s3::BucketAcls,
    s3::BucketEncryptions,
    s3::BucketLoggings,
    s3::BucketPolicies,
    s3::BucketPolicyStatuses,
    s3::BucketPublicAccessBlocks,
    s3::BucketVersionings,
    s3::Buckets,
    securityhub::Hub,
    sns::TopicSubscriptions,
}
