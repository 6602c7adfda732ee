//! The calls that a scan makes: of each dataset, which operations, and how often as a formula of the account's size.
//!
//! One list, of which `docs/calls.md` is written and which a test compares with what the mock counts, so that text and
//! truth cannot part.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Account;

/// How often an operation is called to read a dataset.
pub struct Row {
    /// The dataset; empty: before any is read.
    pub dataset: &'static str,
    /// `service:Operation`.
    pub operation: &'static str,
    /// The calls, in words and signs.
    pub formula: &'static str,
    /// What is asked only sometimes: who wants it when. Empty: always all.
    pub when: &'static str,
    /// The calls that a scan of a whole benchmark makes in this account.
    pub calls: fn(&Account) -> usize,
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row")
            .field("dataset", &self.dataset)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

/// A list has at least one page.
fn pages(rows: usize, size: usize) -> usize {
    rows.div_ceil(size).max(1)
}

fn in_regions(account: &Account, calls: impl Fn(usize) -> usize) -> usize {
    (0..account.size.regions).map(calls).sum()
}

const ALWAYS: &str = "";
const ONCE: &str = "1";
const A_REGION: &str = "1 a region";

const fn once(dataset: &'static str, operation: &'static str) -> Row {
    Row { dataset, operation, formula: ONCE, when: ALWAYS, calls: |_| 1 }
}

const fn a_region(dataset: &'static str, operation: &'static str) -> Row {
    Row { dataset, operation, formula: A_REGION, when: ALWAYS, calls: |account| account.size.regions }
}

/// Every operation of every dataset, in order of the datasets' names.
pub const ROWS: &[Row] = &[
    once("", "sts:GetCallerIdentity"),
    Row {
        dataset: "accessanalyzer.analyzers",
        operation: "accessanalyzer:ListAnalyzers",
        formula: "⌈analyzers / 100⌉ a region",
        when: ALWAYS,
        // At most two.
        calls: |account| account.size.regions,
    },
    once("account.billing_alternate_contact", "account:GetAlternateContact"),
    once("account.contact_information", "account:GetContactInformation"),
    once("account.operations_alternate_contact", "account:GetAlternateContact"),
    once("account.security_alternate_contact", "account:GetAlternateContact"),
    Row {
        dataset: "cloudtrail.event_selectors",
        operation: "cloudtrail:GetEventSelectors",
        formula: "1 a trail of the account",
        when: "in the trail's home region alone",
        calls: |account| 1 + account.size.trails,
    },
    Row {
        dataset: "cloudtrail.trail_statuses",
        operation: "cloudtrail:GetTrailStatus",
        formula: "1 a trail",
        when: "in the trail's home region alone",
        calls: |account| 1 + account.size.trails,
    },
    a_region("cloudtrail.trails", "cloudtrail:DescribeTrails"),
    Row {
        dataset: "cloudwatch.composite_alarms",
        operation: "cloudwatch:DescribeAlarms",
        formula: "⌈composite alarms / 100⌉ a region",
        when: "monitoring.*: where a trail that covers every region has its log group",
        calls: |account| watched_regions(account).map(|region| pages(account.alarm_counts(region).0, 100)).sum(),
    },
    Row {
        dataset: "cloudwatch.metric_alarms",
        operation: "cloudwatch:DescribeAlarms",
        formula: "⌈metric alarms / 100⌉ a region",
        when: "monitoring.*: where a trail that covers every region has its log group",
        calls: |account| watched_regions(account).map(|region| pages(account.alarm_counts(region).1, 100)).sum(),
    },
    a_region("config.delivery_channels", "config:DescribeDeliveryChannels"),
    a_region("config.recorder_statuses", "config:DescribeConfigurationRecorderStatus"),
    a_region("config.recorders", "config:DescribeConfigurationRecorders"),
    a_region("ec2.ebs_encryption_by_default", "ec2:GetEbsEncryptionByDefault"),
    Row {
        dataset: "ec2.flow_logs",
        operation: "ec2:DescribeFlowLogs",
        formula: "⌈flow logs / 1,000⌉ a region",
        when: ALWAYS,
        calls: |account| account.size.regions * pages(account.size.vpcs, 1000),
    },
    a_region("ec2.instance_metadata_defaults", "ec2:GetInstanceMetadataDefaults"),
    Row {
        dataset: "ec2.instances",
        operation: "ec2:DescribeInstances",
        formula: "⌈instances / 1,000⌉ a region",
        when: ALWAYS,
        calls: |account| account.size.regions * pages(account.size.instances, 1000),
    },
    Row {
        dataset: "ec2.managed_prefix_lists",
        operation: "ec2:DescribeManagedPrefixLists",
        formula: "⌈prefix lists / 100⌉ a region",
        when: "vpc.security_group_admin_ports: where a rule of a security group names one",
        // Two are AWS's.
        calls: |account| match account.size.prefix_lists {
            0 => 0,
            lists => account.size.regions * pages(2 + lists, 100),
        },
    },
    Row {
        dataset: "ec2.managed_prefix_lists",
        operation: "ec2:GetManagedPrefixListEntries",
        formula: "⌈entries / 100⌉ a prefix list that is not AWS's",
        when: "vpc.security_group_admin_ports: of those that a rule of a security group names",
        calls: |account| {
            let lists = 0..account.size.prefix_lists;
            account.size.regions * lists.map(|list| pages(Account::prefix_list_entries(list), 100)).sum::<usize>()
        },
    },
    Row {
        dataset: "ec2.network_acls",
        operation: "ec2:DescribeNetworkAcls",
        formula: "⌈network ACLs / 1,000⌉ a region",
        when: ALWAYS,
        calls: |account| account.size.regions * pages(account.size.network_acls, 1000),
    },
    once("ec2.regions", "ec2:DescribeRegions"),
    Row {
        dataset: "ec2.route_tables",
        operation: "ec2:DescribeRouteTables",
        formula: "⌈route tables / 100⌉ a region",
        when: "vpc.peering_routes: all; rds.public_access: where an RDS instance is public",
        calls: |account| account.size.regions * pages(account.size.vpcs + account.size.route_tables, 100),
    },
    Row {
        dataset: "ec2.security_groups",
        operation: "ec2:DescribeSecurityGroups",
        formula: "⌈security groups / 1,000⌉ a region",
        when: "vpc.security_group_admin_ports, vpc.default_security_group: all; rds.public_access: where an RDS instance \
               is public",
        calls: |account| account.size.regions * pages(account.size.security_groups, 1000),
    },
    Row {
        dataset: "ec2.vpc_peering_connections",
        operation: "ec2:DescribeVpcPeeringConnections",
        formula: "⌈peering connections / 1,000⌉ a region",
        when: ALWAYS,
        calls: |account| account.size.regions * pages(account.size.peerings, 1000),
    },
    Row {
        dataset: "ec2.vpcs",
        operation: "ec2:DescribeVpcs",
        formula: "⌈VPCs / 1,000⌉ a region",
        when: ALWAYS,
        calls: |account| account.size.regions * pages(account.size.vpcs, 1000),
    },
    Row {
        dataset: "efs.file_systems",
        operation: "efs:DescribeFileSystems",
        formula: "⌈file systems / 100⌉ a region",
        when: ALWAYS,
        calls: |account| account.size.regions * pages(account.size.file_systems, 100),
    },
    once("iam.account_summary", "iam:GetAccountSummary"),
    Row {
        formula: "1 (again, after 1, 2, 4, .. 10 s, while one is being made)",
        ..once("iam.credential_report", "iam:GetCredentialReport")
    },
    Row {
        when: "unless `LiveConfig::generate_report` is off",
        ..once("iam.credential_report", "iam:GenerateCredentialReport")
    },
    Row {
        dataset: "iam.group_details",
        operation: "iam:GetAccountAuthorizationDetails",
        formula: "⌈groups / 1,000⌉",
        when: ALWAYS,
        calls: |account| pages(account.size.groups, 1000),
    },
    once("iam.oidc_providers", "iam:ListOpenIDConnectProviders"),
    once("iam.organizations_features", "iam:ListOrganizationsFeatures"),
    once("iam.password_policy", "iam:GetAccountPasswordPolicy"),
    Row {
        dataset: "iam.policy_details",
        operation: "iam:GetAccountAuthorizationDetails",
        formula: "⌈(the account's policies + AWS's that are in use) / 1,000⌉",
        when: ALWAYS,
        calls: |account| pages(account.listed_policies(), 1000),
    },
    Row {
        dataset: "iam.role_details",
        operation: "iam:GetAccountAuthorizationDetails",
        formula: "⌈roles / 1,000⌉",
        when: ALWAYS,
        calls: |account| pages(account.size.roles, 1000),
    },
    once("iam.saml_providers", "iam:ListSAMLProviders"),
    Row {
        dataset: "iam.server_certificates",
        operation: "iam:ListServerCertificates",
        formula: "⌈server certificates / 1,000⌉",
        when: ALWAYS,
        calls: |account| pages(account.size.certificates, 1000),
    },
    Row {
        dataset: "iam.unlisted_policies",
        operation: "iam:GetPolicy",
        formula: "1 a policy",
        when: "iam.full_admin_policies: of policies that are attached and not among iam.policy_details",
        calls: |account| account.size.unlisted_policies,
    },
    Row {
        dataset: "iam.unlisted_policies",
        operation: "iam:GetPolicyVersion",
        formula: "1 a policy",
        when: "iam.full_admin_policies: of policies that are attached and not among iam.policy_details",
        calls: |account| account.size.unlisted_policies,
    },
    Row {
        dataset: "iam.user_details",
        operation: "iam:GetAccountAuthorizationDetails",
        formula: "⌈users / 1,000⌉",
        when: ALWAYS,
        calls: |account| pages(account.size.users, 1000),
    },
    Row {
        dataset: "iam.virtual_mfa_devices",
        operation: "iam:ListVirtualMFADevices",
        formula: "⌈assigned virtual MFA devices / 1,000⌉",
        when: ALWAYS,
        calls: |account| pages(account.devices().len(), 1000),
    },
    Row {
        dataset: "kms.keys",
        operation: "kms:ListKeys",
        formula: "⌈keys / 1,000⌉ a region",
        when: ALWAYS,
        calls: |account| account.size.regions * pages(account.size.keys, 1000),
    },
    Row {
        dataset: "kms.keys",
        operation: "kms:ListAliases",
        formula: "⌈aliases / 100⌉ a region",
        when: "where there is a key",
        // Those of AWS's keys alone.
        calls: |account| match account.size.keys {
            0 => 0,
            keys => account.size.regions * pages(keys - account.own_keys(), 100),
        },
    },
    Row {
        dataset: "kms.keys",
        operation: "kms:DescribeKey",
        formula: "1 a key",
        when: "of keys that no alias shows to be AWS's",
        calls: |account| account.size.regions * account.own_keys(),
    },
    Row {
        dataset: "kms.keys",
        operation: "kms:GetKeyRotationStatus",
        formula: "1 a key",
        when: "of the account's own symmetric keys whose material is AWS's and that are in use or disabled",
        calls: |account| {
            in_regions(account, |region| (0..account.size.keys).filter(|key| account.can_rotate(region, *key)).count())
        },
    },
    Row {
        dataset: "logs.metric_filters",
        operation: "logs:DescribeMetricFilters",
        formula: "⌈metric filters / 50⌉ a log group",
        when: "monitoring.*: of the log groups of trails that cover every region",
        calls: |account| {
            let filters = |trail: usize| if trail == 0 { account.filters() } else { 0 };
            watched_trails(account).map(|trail| pages(filters(trail), 50)).sum()
        },
    },
    a_region("macie2.automated_discovery", "macie2:GetAutomatedDiscoveryConfiguration"),
    Row {
        dataset: "macie2.classification_jobs",
        operation: "macie2:ListClassificationJobs",
        formula: "⌈jobs / 50⌉ a region",
        when: ALWAYS,
        // None: Macie is not enabled.
        calls: |account| account.size.regions,
    },
    a_region("macie2.session", "macie2:GetMacieSession"),
    once("organizations.organization", "organizations:DescribeOrganization"),
    Row {
        dataset: "rds.db_clusters",
        operation: "rds:DescribeDBClusters",
        formula: "⌈clusters / 100⌉ a region",
        when: ALWAYS,
        calls: |account| account.size.regions * pages(account.size.db_clusters, 100),
    },
    Row {
        dataset: "rds.db_instances",
        operation: "rds:DescribeDBInstances",
        formula: "⌈instances / 100⌉ a region",
        when: ALWAYS,
        calls: |account| account.size.regions * pages(account.size.db_instances + 2 * account.size.db_clusters, 100),
    },
    once("s3.account_public_access_block", "s3control:GetPublicAccessBlock"),
    Row {
        dataset: "s3.bucket_acls",
        operation: "s3:GetBucketAcl",
        formula: "1 a bucket",
        when: "cloudtrail.bucket_not_public: of buckets that trails deliver to",
        calls: |account| 1 + account.size.trails,
    },
    each_bucket("s3.bucket_encryptions", "s3:GetBucketEncryption"),
    Row {
        dataset: "s3.bucket_loggings",
        operation: "s3:GetBucketLogging",
        formula: "1 a bucket",
        when: "cloudtrail.bucket_access_logging: of buckets that trails deliver to",
        calls: |account| 1 + account.size.trails,
    },
    Row {
        when: "s3.deny_http: all; cloudtrail.bucket_not_public: of buckets that trails deliver to",
        ..each_bucket("s3.bucket_policies", "s3:GetBucketPolicy")
    },
    Row {
        dataset: "s3.bucket_policy_statuses",
        operation: "s3:GetBucketPolicyStatus",
        formula: "1 a bucket",
        when: "cloudtrail.bucket_not_public: of buckets that trails deliver to",
        calls: |account| 1 + account.size.trails,
    },
    Row {
        when: "s3.block_public_access: all, unless the account's settings block everything; \
               cloudtrail.bucket_not_public: of buckets that trails deliver to",
        ..each_bucket("s3.bucket_public_access_blocks", "s3:GetPublicAccessBlock")
    },
    each_bucket("s3.bucket_versionings", "s3:GetBucketVersioning"),
    Row {
        dataset: "s3.buckets",
        operation: "s3:ListBuckets",
        formula: "⌈buckets / 10,000⌉",
        when: ALWAYS,
        calls: |account| pages(account.size.buckets, 10_000),
    },
    a_region("securityhub.hub", "securityhub:DescribeHub"),
    Row {
        dataset: "sns.topic_subscriptions",
        operation: "sns:ListSubscriptionsByTopic",
        formula: "⌈subscriptions / 100⌉ a topic",
        when: "monitoring.*: of topics that an alarm tells which counts what a filter of such a log group does",
        // All of them tell one, which has one subscription.
        calls: |account| usize::from(account.alarm_counts(0).1 > account.alarm_counts(1).1),
    },
];

const fn each_bucket(dataset: &'static str, operation: &'static str) -> Row {
    Row { dataset, operation, formula: "1 a bucket", when: ALWAYS, calls: |account| account.size.buckets }
}

/// The trails that cover every region and deliver to a log group.
fn watched_trails(account: &Account) -> impl Iterator<Item = usize> + '_ {
    (0..=account.size.trails).filter(|trail| Account::is_multi_region(*trail) && account.has_log_group(*trail))
}

/// The regions of their log groups.
fn watched_regions(account: &Account) -> impl Iterator<Item = usize> + '_ {
    let watched = |region: &usize| watched_trails(account).any(|trail| account.home(trail) == *region);
    (0..account.size.regions).filter(watched)
}

impl Account {
    /// The least calls by operation with which these datasets can be read whole, once the caller is known.
    pub fn calls<'d>(&self, datasets: impl IntoIterator<Item = &'d str>) -> BTreeMap<&'static str, usize> {
        // The regions are asked for before all else.
        let mut read = vec!["", "ec2.regions"];
        read.extend(datasets);
        let mut calls = BTreeMap::new();
        for row in ROWS.iter().filter(|row| read.contains(&row.dataset)) {
            *calls.entry(row.operation).or_default() += (row.calls)(self);
        }
        calls.retain(|_, calls| *calls > 0);
        calls
    }
}

/// The rows as a table in Markdown.
pub fn table() -> String {
    let mut text = String::from("| dataset | operation | calls | asked only sometimes |\n| --- | --- | --- | --- |\n");
    for Row { dataset, operation, formula, when, .. } in ROWS {
        let dataset = if dataset.is_empty() { "(before all)".to_owned() } else { format!("`{dataset}`") };
        // Writing into text does not fail.
        let _ = writeln!(text, "| {dataset} | `{operation}` | {formula} | {when} |");
    }
    text
}
