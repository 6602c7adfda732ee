//! The same calls by the AWS SDK alone: what a scan is measured beside.
//!
//! No list is looked at for what to ask next, no answer is checked, kept or turned into rows, and nothing paces the calls:
//! each is made, and its answer dropped.

use std::collections::BTreeMap;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_s3control::config::endpoint::{Endpoint, EndpointFuture, Params, ResolveEndpoint};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use cis_core::Error;
use futures::future::{BoxFuture, join_all};
use futures::stream::{self, StreamExt};

use crate::limit::TOKENS;
use crate::mock::Request;

/// How many calls of a service in a region are under way at once, as in a scan.
const CALLS_AT_ONCE: usize = 64;

/// What was asked for without the later pages of each list, which the SDK asks for by itself.
pub fn first_pages(asked: Vec<Request>) -> Vec<Request> {
    let is_first = |request: &Request| !TOKENS.iter().any(|token| request.parameters.contains_key(*token));
    asked.into_iter().filter(is_first).collect()
}

/// Makes these calls at this address, the services and regions side by side.
///
/// # Errors
/// An operation that is none of a scan's.
pub async fn make(url: &str, calls: Vec<Request>) -> Result<(), Error> {
    let http =
        aws_smithy_http_client::Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(std::time::Duration::from_secs(5))
        .read_timeout(std::time::Duration::from_mins(1));
    let sdk = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .timeout_config(timeouts.build())
        .region(Region::new("us-east-1"))
        .endpoint_url(url)
        .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"))
        .load()
        .await;
    let mut groups: BTreeMap<(String, String), Vec<Request>> = BTreeMap::new();
    for call in calls {
        let service = call.operation.split(':').next().unwrap_or_default().to_owned();
        groups.entry((service, call.region.clone())).or_default().push(call);
    }
    let groups = groups.into_iter().map(|((service, region), calls)| {
        let sdk = sdk.to_builder().region(Region::new(region)).build();
        async move {
            let client = client(&service, &sdk, url)?;
            let made = stream::iter(calls).map(client).buffer_unordered(CALLS_AT_ONCE);
            made.collect::<Vec<_>>().await.into_iter().collect::<Result<(), _>>()
        }
    });
    join_all(groups).await.into_iter().collect()
}

type Made = BoxFuture<'static, Result<(), Error>>;

fn not_known(what: &str) -> Error {
    Error::input(format!("{what} is no operation that a scan calls: it needs a line in benches/src/bare.rs"))
}

fn one(call: &Request, name: &str) -> String {
    call.parameters.get(name).and_then(|values| values.first()).cloned().unwrap_or_default()
}

fn all<T: for<'a> From<&'a str>>(call: &Request, name: &str) -> Option<Vec<T>> {
    let values = call.parameters.get(name)?;
    Some(values.iter().map(|value| T::from(value.as_str())).collect())
}

fn number(call: &Request, name: &str) -> Option<i32> {
    one(call, name).parse().ok()
}

/// How the calls of one service are made: an operation by itself, or all pages of it.
macro_rules! service {
    ($client:expr; $($operation:literal => $kind:ident |$c:ident, $call:ident| $ask:expr,)*) => {{
        let client = $client;
        Box::new(move |call: Request| -> Made {
            let client = client.clone();
            Box::pin(async move {
                match call.operation.as_str() {
                    $($operation => {
                        let ($c, $call) = (&client, &call);
                        service!(@$kind $ask);
                    })*
                    other => return Err(not_known(other)),
                }
                Ok(())
            })
        })
    }};
    // That something is not there is an answer, too. What was not answered shows in the count of the calls.
    (@one $ask:expr) => { drop($ask.send().await) };
    (@pages $ask:expr) => {{
        let mut pages = $ask.into_paginator().send();
        while let Some(Ok(page)) = pages.next().await {
            drop(page);
        }
    }};
}

fn client(service: &str, sdk: &SdkConfig, url: &str) -> Result<Box<dyn Fn(Request) -> Made + Send + Sync>, Error> {
    Ok(match service {
        "accessanalyzer" => service! { aws_sdk_accessanalyzer::Client::new(sdk);
            "accessanalyzer:ListAnalyzers" => pages |c, _call| c.list_analyzers(),
        },
        "account" => service! { aws_sdk_account::Client::new(sdk);
            "account:GetAlternateContact" => one |c, call| c
                .get_alternate_contact()
                .alternate_contact_type(one(call, "AlternateContactType").as_str().into()),
            "account:GetContactInformation" => one |c, _call| c.get_contact_information(),
        },
        "cloudtrail" => service! { aws_sdk_cloudtrail::Client::new(sdk);
            "cloudtrail:DescribeTrails" => one |c, _call| c.describe_trails(),
            "cloudtrail:GetEventSelectors" => one |c, call| c.get_event_selectors().trail_name(one(call, "TrailName")),
            "cloudtrail:GetTrailStatus" => one |c, call| c.get_trail_status().name(one(call, "Name")),
        },
        "cloudwatch" => service! { aws_sdk_cloudwatch::Client::new(sdk);
            "cloudwatch:DescribeAlarms" => pages |c, call| c
                .describe_alarms()
                .set_alarm_types(all(call, "AlarmTypes"))
                .set_max_records(number(call, "MaxRecords")),
        },
        "config" => service! { aws_sdk_config::Client::new(sdk);
            "config:DescribeConfigurationRecorderStatus" => one |c, _call| c.describe_configuration_recorder_status(),
            "config:DescribeConfigurationRecorders" => one |c, _call| c.describe_configuration_recorders(),
            "config:DescribeDeliveryChannels" => one |c, _call| c.describe_delivery_channels(),
        },
        "ec2" => service! { aws_sdk_ec2::Client::new(sdk);
            "ec2:DescribeFlowLogs" => pages |c, call| c
                .describe_flow_logs()
                .set_max_results(number(call, "MaxResults")),
            "ec2:DescribeInstances" => pages |c, call| c
                .describe_instances()
                .set_max_results(number(call, "MaxResults")),
            "ec2:DescribeManagedPrefixLists" => pages |c, call| c
                .describe_managed_prefix_lists()
                .set_max_results(number(call, "MaxResults")),
            "ec2:DescribeNetworkAcls" => pages |c, call| c
                .describe_network_acls()
                .set_max_results(number(call, "MaxResults")),
            "ec2:DescribeRegions" => one |c, _call| c.describe_regions().all_regions(true),
            "ec2:DescribeRouteTables" => pages |c, call| c
                .describe_route_tables()
                .set_max_results(number(call, "MaxResults")),
            "ec2:DescribeSecurityGroups" => pages |c, call| c
                .describe_security_groups()
                .set_max_results(number(call, "MaxResults")),
            "ec2:DescribeVpcPeeringConnections" => pages |c, call| c
                .describe_vpc_peering_connections()
                .set_max_results(number(call, "MaxResults")),
            "ec2:DescribeVpcs" => pages |c, call| c.describe_vpcs().set_max_results(number(call, "MaxResults")),
            "ec2:GetEbsEncryptionByDefault" => one |c, _call| c.get_ebs_encryption_by_default(),
            "ec2:GetInstanceMetadataDefaults" => one |c, _call| c.get_instance_metadata_defaults(),
            "ec2:GetManagedPrefixListEntries" => pages |c, call| c
                .get_managed_prefix_list_entries()
                .prefix_list_id(one(call, "PrefixListId"))
                .set_max_results(number(call, "MaxResults")),
        },
        "efs" => service! { aws_sdk_efs::Client::new(sdk);
            "efs:DescribeFileSystems" => pages |c, call| c
                .describe_file_systems()
                .set_max_items(number(call, "MaxItems")),
        },
        "iam" => service! { aws_sdk_iam::Client::new(sdk);
            "iam:GenerateCredentialReport" => one |c, _call| c.generate_credential_report(),
            "iam:GetAccountAuthorizationDetails" => pages |c, call| c
                .get_account_authorization_details()
                .set_filter(all(call, "Filter"))
                .set_max_items(number(call, "MaxItems")),
            "iam:GetAccountPasswordPolicy" => one |c, _call| c.get_account_password_policy(),
            "iam:GetAccountSummary" => one |c, _call| c.get_account_summary(),
            "iam:GetCredentialReport" => one |c, _call| c.get_credential_report(),
            "iam:GetPolicy" => one |c, call| c.get_policy().policy_arn(one(call, "PolicyArn")),
            "iam:GetPolicyVersion" => one |c, call| c
                .get_policy_version()
                .policy_arn(one(call, "PolicyArn"))
                .version_id(one(call, "VersionId")),
            "iam:ListOpenIDConnectProviders" => one |c, _call| c.list_open_id_connect_providers(),
            "iam:ListOrganizationsFeatures" => one |c, _call| c.list_organizations_features(),
            "iam:ListSAMLProviders" => one |c, _call| c.list_saml_providers(),
            "iam:ListServerCertificates" => pages |c, call| c
                .list_server_certificates()
                .set_max_items(number(call, "MaxItems")),
            "iam:ListVirtualMFADevices" => pages |c, call| c
                .list_virtual_mfa_devices()
                .assignment_status(one(call, "AssignmentStatus").as_str().into())
                .set_max_items(number(call, "MaxItems")),
        },
        "kms" => service! { aws_sdk_kms::Client::new(sdk);
            "kms:DescribeKey" => one |c, call| c.describe_key().key_id(one(call, "KeyId")),
            "kms:GetKeyRotationStatus" => one |c, call| c.get_key_rotation_status().key_id(one(call, "KeyId")),
            "kms:ListAliases" => pages |c, call| c.list_aliases().set_limit(number(call, "Limit")),
            "kms:ListKeys" => pages |c, call| c.list_keys().set_limit(number(call, "Limit")),
        },
        "logs" => service! { aws_sdk_cloudwatchlogs::Client::new(sdk);
            "logs:DescribeMetricFilters" => pages |c, call| c
                .describe_metric_filters()
                .log_group_name(one(call, "logGroupName")),
        },
        "macie2" => service! { aws_sdk_macie2::Client::new(sdk);
            "macie2:GetAutomatedDiscoveryConfiguration" => one |c, _call| c.get_automated_discovery_configuration(),
            "macie2:GetMacieSession" => one |c, _call| c.get_macie_session(),
            "macie2:ListClassificationJobs" => pages |c, _call| c.list_classification_jobs(),
        },
        "organizations" => service! { aws_sdk_organizations::Client::new(sdk);
            "organizations:DescribeOrganization" => one |c, _call| c.describe_organization(),
        },
        "rds" => service! { aws_sdk_rds::Client::new(sdk);
            "rds:DescribeDBClusters" => pages |c, call| c
                .describe_db_clusters()
                .set_max_records(number(call, "MaxRecords")),
            "rds:DescribeDBInstances" => pages |c, call| c
                .describe_db_instances()
                .set_max_records(number(call, "MaxRecords")),
        },
        "s3" => service! { s3(sdk, url);
            "s3:GetBucketAcl" => one |c, call| c.get_bucket_acl().bucket(one(call, "Bucket")),
            "s3:GetBucketEncryption" => one |c, call| c.get_bucket_encryption().bucket(one(call, "Bucket")),
            "s3:GetBucketLogging" => one |c, call| c.get_bucket_logging().bucket(one(call, "Bucket")),
            "s3:GetBucketPolicy" => one |c, call| c.get_bucket_policy().bucket(one(call, "Bucket")),
            "s3:GetBucketPolicyStatus" => one |c, call| c.get_bucket_policy_status().bucket(one(call, "Bucket")),
            "s3:GetBucketVersioning" => one |c, call| c.get_bucket_versioning().bucket(one(call, "Bucket")),
            "s3:GetPublicAccessBlock" => one |c, call| c.get_public_access_block().bucket(one(call, "Bucket")),
            "s3:ListBuckets" => pages |c, call| c.list_buckets().set_max_buckets(number(call, "MaxBuckets")),
        },
        "s3control" => service! { s3control(sdk, url);
            "s3control:GetPublicAccessBlock" => one |c, call| c
                .get_public_access_block()
                .account_id(one(call, "AccountId")),
        },
        "securityhub" => service! { aws_sdk_securityhub::Client::new(sdk);
            "securityhub:DescribeHub" => one |c, _call| c.describe_hub(),
        },
        "sns" => service! { aws_sdk_sns::Client::new(sdk);
            "sns:ListSubscriptionsByTopic" => pages |c, call| c
                .list_subscriptions_by_topic()
                .topic_arn(one(call, "TopicArn")),
        },
        "sts" => service! { aws_sdk_sts::Client::new(sdk);
            "sts:GetCallerIdentity" => one |c, _call| c.get_caller_identity(),
        },
        other => return Err(not_known(other)),
    })
}

fn s3(sdk: &SdkConfig, url: &str) -> aws_sdk_s3::Client {
    // To a path without a slash at its end the SDK joins the bucket's name.
    let config = aws_sdk_s3::config::Builder::from(sdk).force_path_style(true).endpoint_url(format!("{url}/"));
    aws_sdk_s3::Client::from_conf(config.build())
}

/// S3 Control puts the account's id before the host, which only AWS's own hosts know.
#[derive(Debug)]
struct AsGiven(String);

impl ResolveEndpoint for AsGiven {
    fn resolve_endpoint<'a>(&'a self, _: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(Endpoint::builder().url(self.0.clone()).build()))
    }
}

fn s3control(sdk: &SdkConfig, url: &str) -> aws_sdk_s3control::Client {
    let config = aws_sdk_s3control::config::Builder::from(sdk).endpoint_resolver(AsGiven(url.to_owned()));
    aws_sdk_s3control::Client::from_conf(config.build())
}
