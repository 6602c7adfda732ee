//! What is done with each member of a row: the whole list, so that a member that is not in it is left out.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What is done with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Names in it are replaced.
    Text,
    Bucket,
    Cidr,
    Contact,
    Mail,
    Prose,
    Region,
    /// Kept where it is a time.
    Time,
    /// Kept where it has the form of a value that AWS enumerates.
    Word,
    /// An ARN is replaced, all else is AWS's.
    Selected,
    /// `Name`, or replaced.
    TagKey,
    /// `default`, or replaced.
    GroupName,
    /// The URI of a group of AWS's, or replaced.
    Grantee,
    /// `PendingConfirmation` and the like, or replaced.
    Subscription,
    /// The rule of a composite alarm.
    Alarms,
    Expression,
    Filter,
    Namespace,
    Number,
    /// `AWS`, or replaced.
    Owner,
    Policy,
    Report,
}

const RULES: &[(&str, Rule)] = &[
    ("alarm-rule", Rule::Alarms),
    ("bucket", Rule::Bucket),
    ("cidr", Rule::Cidr),
    ("contact", Rule::Contact),
    ("expression", Rule::Expression),
    ("filter", Rule::Filter),
    ("grantee", Rule::Grantee),
    ("group-name", Rule::GroupName),
    ("mail", Rule::Mail),
    ("namespace", Rule::Namespace),
    ("number", Rule::Number),
    ("owner", Rule::Owner),
    ("policy", Rule::Policy),
    ("prose", Rule::Prose),
    ("region", Rule::Region),
    ("report", Rule::Report),
    ("selected", Rule::Selected),
    ("subscription", Rule::Subscription),
    ("tag-key", Rule::TagKey),
    ("text", Rule::Text),
    ("time", Rule::Time),
    ("word", Rule::Word),
];

const CONTACT: &str = "AlternateContactType=word Name=contact Title=contact EmailAddress=mail PhoneNumber=contact";
const ATTACHED: &str = "AttachedManagedPolicies.PolicyArn AttachedManagedPolicies.PolicyName";
const BOUNDARY: &str = "PermissionsBoundary.PermissionsBoundaryArn";
const BLOCK: &str = "BlockPublicAcls IgnorePublicAcls BlockPublicPolicy RestrictPublicBuckets";
const DIMENSIONS: &str = "Dimensions.Name Dimensions.Value";
const PEER: &str = "VpcId OwnerId Region=region CidrBlock=cidr CidrBlockSet.CidrBlock=cidr \
    Ipv6CidrBlockSet.Ipv6CidrBlock=cidr";
const PERMISSIONS: &str = "IpProtocol=word FromPort ToPort IpRanges.CidrIp=cidr Ipv6Ranges.CidrIpv6=cidr \
    PrefixListIds.PrefixListId UserIdGroupPairs.GroupId";
const MANAGED: &str = "Arn DefaultVersionId=word AttachmentCount PermissionsBoundaryUsageCount \
    PolicyVersionList.VersionId=word PolicyVersionList.IsDefaultVersion PolicyVersionList.Document=policy";

/// A dataset, its members, and members below others.
type Members = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// The members of each dataset's rows, each with its rule where it is another than `text`; lists are not written. What stands behind is
/// members below the member that is named first. `*` is any member, with a name that AWS
/// gave; `?` is any, with a name that somebody gave.
const DATASETS: &[Members] = &[
    ("accessanalyzer.analyzers", "arn name type=word status=word statusReason.code=word", &[]),
    ("account.billing_alternate_contact", CONTACT, &[]),
    (
        "account.contact_information",
        "FullName=contact CompanyName=contact AddressLine1=contact City=contact PostalCode=contact CountryCode=contact \
         PhoneNumber=contact WebsiteUrl=contact",
        &[],
    ),
    ("account.operations_alternate_contact", CONTACT, &[]),
    ("account.security_alternate_contact", CONTACT, &[]),
    (
        "cloudtrail.event_selectors",
        "TrailARN EventSelectors.ReadWriteType=word EventSelectors.IncludeManagementEvents \
         EventSelectors.ExcludeManagementEventSources=word EventSelectors.DataResources.Type=word \
         EventSelectors.DataResources.Values=selected AdvancedEventSelectors.Name",
        &[(
            "AdvancedEventSelectors.FieldSelectors",
            "Field=word Equals=selected NotEquals=selected StartsWith=selected NotStartsWith=selected EndsWith=selected \
             NotEndsWith=selected",
        )],
    ),
    (
        "cloudtrail.trail_statuses",
        "TrailARN IsLogging LatestDeliveryError=word LatestCloudWatchLogsDeliveryTime=time \
         LatestCloudWatchLogsDeliveryError=prose",
        &[],
    ),
    (
        "cloudtrail.trails",
        "TrailARN Name HomeRegion=region S3BucketName=bucket IsMultiRegionTrail IncludeGlobalServiceEvents \
         IsOrganizationTrail LogFileValidationEnabled CloudWatchLogsLogGroupArn KmsKeyId HasCustomEventSelectors",
        &[],
    ),
    (
        "cloudwatch.composite_alarms",
        "AlarmName AlarmArn ActionsEnabled AlarmActions AlarmRule=alarm-rule ActionsSuppressor",
        &[],
    ),
    (
        "cloudwatch.metric_alarms",
        "AlarmName AlarmArn ActionsEnabled AlarmActions MetricName Namespace=namespace Statistic=word Period \
         EvaluationPeriods DatapointsToAlarm Threshold ComparisonOperator=word ThresholdMetricId Metrics.Id \
         Metrics.Expression=expression Metrics.ReturnData Metrics.AccountId Metrics.MetricStat.Period \
         Metrics.MetricStat.Stat=word Metrics.MetricStat.Metric.Namespace=namespace Metrics.MetricStat.Metric.MetricName",
        &[("", DIMENSIONS), ("Metrics.MetricStat.Metric", DIMENSIONS)],
    ),
    ("config.delivery_channels", "name s3BucketName=bucket snsTopicARN", &[]),
    ("config.recorder_statuses", "name recording lastStatus=word lastErrorCode=word lastErrorMessage=prose", &[]),
    (
        "config.recorders",
        "name arn recordingGroup.allSupported recordingGroup.includeGlobalResourceTypes \
         recordingGroup.recordingStrategy.useOnly=word recordingGroup.exclusionByResourceTypes.resourceTypes=word \
         recordingMode.recordingFrequency=word recordingMode.recordingModeOverrides.resourceTypes=word \
         recordingMode.recordingModeOverrides.recordingFrequency=word recordingScope=word servicePrincipal=word",
        &[],
    ),
    ("ec2.ebs_encryption_by_default", "EbsEncryptionByDefault", &[]),
    (
        "ec2.flow_logs",
        "FlowLogId ResourceId FlowLogStatus=word TrafficType=word DeliverLogsStatus=word DeliverLogsErrorMessage=word \
         LogDestinationType=word",
        &[],
    ),
    ("ec2.instance_metadata_defaults", "HttpTokens=word HttpTokensEnforced=word ManagedBy=word", &[]),
    (
        "ec2.instances",
        "InstanceId State.Name=word IamInstanceProfile.Arn MetadataOptions.State=word MetadataOptions.HttpTokens=word \
         MetadataOptions.HttpEndpoint=word MetadataOptions.HttpPutResponseHopLimit MetadataOptions.HttpProtocolIpv6=word \
         Tags.Key=tag-key Tags.Value",
        &[],
    ),
    ("ec2.managed_prefix_lists", "PrefixListId PrefixListName OwnerId=owner Entries.Cidr=cidr", &[]),
    (
        "ec2.network_acls",
        "NetworkAclId OwnerId VpcId IsDefault Entries.RuleNumber Entries.Egress Entries.RuleAction=word \
         Entries.Protocol=word Entries.PortRange.From Entries.PortRange.To Entries.CidrBlock=cidr \
         Entries.Ipv6CidrBlock=cidr Associations.SubnetId Tags.Key=tag-key Tags.Value",
        &[],
    ),
    ("ec2.regions", "RegionName=region OptInStatus=word", &[]),
    (
        "ec2.route_tables",
        "RouteTableId VpcId OwnerId Routes.DestinationCidrBlock=cidr Routes.DestinationIpv6CidrBlock=cidr \
         Routes.DestinationPrefixListId Routes.GatewayId Routes.VpcPeeringConnectionId Routes.State=word \
         Associations.Main Associations.SubnetId",
        &[],
    ),
    (
        "ec2.security_groups",
        "GroupId GroupName=group-name OwnerId VpcId Tags.Key=tag-key Tags.Value",
        &[("IpPermissions", PERMISSIONS), ("IpPermissionsEgress", PERMISSIONS)],
    ),
    (
        "ec2.vpc_peering_connections",
        "VpcPeeringConnectionId Status.Code=word Tags.Key=tag-key Tags.Value",
        &[("RequesterVpcInfo", PEER), ("AccepterVpcInfo", PEER)],
    ),
    ("ec2.vpcs", "VpcId OwnerId IsDefault CidrBlock=cidr Tags.Key=tag-key Tags.Value", &[]),
    (
        "efs.file_systems",
        "FileSystemId FileSystemArn Encrypted LifeCycleState=word OwnerId Tags.Key=tag-key Tags.Value",
        &[],
    ),
    ("iam.account_summary", "*=word", &[]),
    ("iam.credential_report", "Content=report ReportFormat=word GeneratedTime=time", &[]),
    (
        "iam.group_details",
        "Arn GroupName GroupPolicyList.PolicyName GroupPolicyList.PolicyDocument=policy",
        &[("", ATTACHED)],
    ),
    ("iam.oidc_providers", "Arn", &[]),
    ("iam.organizations_features", "OrganizationId EnabledFeatures=word", &[]),
    ("iam.password_policy", "MinimumPasswordLength PasswordReusePrevention", &[]),
    ("iam.policy_details", MANAGED, &[]),
    (
        "iam.role_details",
        "Arn RoleName Path AssumeRolePolicyDocument=policy RolePolicyList.PolicyName RolePolicyList.PolicyDocument=policy \
         InstanceProfileList.Arn Tags.Key=tag-key Tags.Value",
        &[("", ATTACHED), ("", BOUNDARY)],
    ),
    ("iam.saml_providers", "Arn ValidUntil=time", &[]),
    ("iam.server_certificates", "Arn ServerCertificateName Expiration=time UploadDate=time", &[]),
    ("iam.unlisted_policies", "Arn", &[("Policy", MANAGED)]),
    (
        "iam.user_details",
        "Arn UserName CreateDate=time UserPolicyList.PolicyName UserPolicyList.PolicyDocument=policy GroupList \
         Tags.Key=tag-key Tags.Value",
        &[("", ATTACHED), ("", BOUNDARY)],
    ),
    ("iam.virtual_mfa_devices", "SerialNumber User.Arn EnableDate=time", &[]),
    (
        "kms.keys",
        "KeyId KeyArn AwsAlias=word KeyMetadata.KeyManager=word KeyMetadata.KeySpec=word \
         KeyMetadata.CustomerMasterKeySpec=word KeyMetadata.KeyState=word KeyMetadata.Origin=word KeyMetadata.MultiRegion \
         KeyMetadata.MultiRegionConfiguration.MultiRegionKeyType=word \
         KeyMetadata.MultiRegionConfiguration.PrimaryKey.Arn KeyMetadata.MultiRegionConfiguration.PrimaryKey.Region=region \
         RotationStatus.KeyRotationEnabled RotationStatus.RotationPeriodInDays",
        &[],
    ),
    (
        "logs.metric_filters",
        "logGroupName metricFilters.filterName metricFilters.filterPattern=filter metricFilters.applyOnTransformedLogs \
         metricFilters.fieldSelectionCriteria metricFilters.emitSystemFieldDimensions",
        &[(
            "metricFilters.metricTransformations",
            "metricName metricNamespace=namespace metricValue=number defaultValue dimensions.?",
        )],
    ),
    ("macie2.automated_discovery", "status=word", &[]),
    ("macie2.classification_jobs", "jobId jobStatus=word jobType=word", &[]),
    ("macie2.session", "status=word", &[]),
    ("organizations.organization", "Id MasterAccountId FeatureSet=word", &[]),
    (
        "rds.db_clusters",
        "DBClusterArn DBClusterIdentifier Engine=word EngineMode=word StorageEncrypted StorageEncryptionType=word \
         AutoMinorVersionUpgrade DBClusterMembers.DBInstanceIdentifier TagList.Key=tag-key TagList.Value",
        &[],
    ),
    (
        "rds.db_instances",
        "DBInstanceArn DBInstanceIdentifier Engine=word StorageEncrypted StorageEncryptionType=word DBClusterIdentifier \
         AutoMinorVersionUpgrade PubliclyAccessible Endpoint.Port DBSubnetGroup.VpcId \
         DBSubnetGroup.Subnets.SubnetIdentifier VpcSecurityGroups.VpcSecurityGroupId \
         TagList.Key=tag-key TagList.Value",
        &[],
    ),
    ("s3.account_public_access_block", BLOCK, &[]),
    ("s3.bucket_acls", "Bucket=bucket Grants.Grantee.URI=grantee Grants.Grantee.ID Grants.Permission=word", &[]),
    (
        "s3.bucket_encryptions",
        "Bucket=bucket ServerSideEncryptionConfiguration.Rules.ApplyServerSideEncryptionByDefault.SSEAlgorithm=word",
        &[],
    ),
    ("s3.bucket_loggings", "Bucket=bucket LoggingEnabled.TargetBucket=bucket LoggingEnabled.TargetPrefix", &[]),
    ("s3.bucket_policies", "Bucket=bucket Policy=policy", &[]),
    ("s3.bucket_policy_statuses", "Bucket=bucket PolicyStatus.IsPublic", &[]),
    ("s3.bucket_public_access_blocks", "Bucket=bucket", &[("PublicAccessBlockConfiguration", BLOCK)]),
    ("s3.bucket_versionings", "Bucket=bucket Status=word MFADelete=word MfaDelete=word", &[]),
    ("s3.buckets", "Name=bucket BucketRegion=region CreationDate=time", &[]),
    ("securityhub.hub", "HubArn SubscribedAt=time AutoEnableControls Error.Code=word Error.Message=prose", &[]),
    ("sns.topic_subscriptions", "TopicArn Subscriptions.SubscriptionArn=subscription Subscriptions.Protocol=word", &[]),
];

/// The members of an object and what is done with each; of a text, the rule.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) members: BTreeMap<&'static str, Node>,
    pub(super) rule: Option<Rule>,
}

impl Node {
    fn add(&mut self, list: &'static str, below: &'static str) {
        for entry in list.split_whitespace() {
            let (path, rule) = entry.split_once('=').unwrap_or((entry, "text"));
            // An unknown rule replaces, as `text` does; a test knows them all.
            let rule = RULES.iter().find(|(name, _)| *name == rule).map_or(Rule::Text, |(_, rule)| *rule);
            let steps = below.split('.').filter(|step| !step.is_empty()).chain(path.split('.'));
            let leaf = steps.fold(&mut *self, |node, step| node.members.entry(step).or_default());
            leaf.rule = Some(rule);
        }
    }
}

/// What is done with the rows of a dataset; none if it is not one of this crate.
pub(super) fn of(dataset: &str) -> Option<&'static Node> {
    static NODES: LazyLock<BTreeMap<&str, Node>> = LazyLock::new(|| {
        let node = |(name, list, more): &Members| {
            let mut node = Node::default();
            node.add(list, "");
            for (below, list) in *more {
                node.add(list, below);
            }
            (*name, node)
        };
        DATASETS.iter().map(node).collect()
    });
    NODES.get(dataset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dataset_has_rules_and_every_rule_is_known() {
        let ours: Vec<_> = DATASETS.iter().map(|(name, ..)| *name).collect();
        let all = crate::datasets::all();
        assert_eq!(ours, all.iter().map(cis_core::DatasetInfo::name).collect::<Vec<_>>());
        for (name, list, more) in DATASETS {
            for entry in
                std::iter::once(list).chain(more.iter().map(|(_, list)| list)).flat_map(|list| list.split_whitespace())
            {
                let rule = entry.split_once('=').map_or("text", |(_, rule)| rule);
                assert!(RULES.iter().any(|(known, _)| *known == rule), "{name}: {entry}");
            }
        }
    }

    /// A new field of a row is left out until it has a rule: this test asks for one.
    #[cfg(feature = "schema")]
    #[test]
    fn the_rules_are_of_the_members_that_rows_have() {
        for (dataset, schema) in crate::datasets::schemas() {
            let mut wanted = std::collections::BTreeSet::new();
            members(&schema, &schema, "", &mut wanted);
            let mut ours = std::collections::BTreeSet::new();
            leaves(of(dataset).unwrap(), "", &mut ours);
            // Another spelling of one that serde knows as an alias, and members that are named by AWS or by somebody.
            ours.retain(|path| path != "MfaDelete" && !path.ends_with(['*', '?']));
            wanted.remove("metricFilters.metricTransformations.dimensions");
            assert_eq!(ours, wanted, "{dataset}");
        }
    }

    #[cfg(feature = "schema")]
    fn leaves(node: &Node, path: &str, found: &mut std::collections::BTreeSet<String>) {
        for (name, node) in &node.members {
            let path = if path.is_empty() { (*name).to_owned() } else { format!("{path}.{name}") };
            if node.members.is_empty() {
                found.insert(path.clone());
            }
            leaves(node, &path, found);
        }
    }

    /// The paths of a schema's members that have none themselves.
    #[cfg(feature = "schema")]
    fn members(
        whole: &serde_json::Value,
        schema: &serde_json::Value,
        path: &str,
        found: &mut std::collections::BTreeSet<String>,
    ) {
        if let Some(reference) = schema["$ref"].as_str() {
            return members(whole, whole.pointer(reference.trim_start_matches('#')).unwrap(), path, found);
        }
        for list in ["anyOf", "oneOf", "allOf"] {
            for part in schema[list].as_array().into_iter().flatten() {
                members(whole, part, path, found);
            }
        }
        if schema["items"].is_object() {
            members(whole, &schema["items"], path, found);
        }
        for (name, part) in schema["properties"].as_object().into_iter().flatten() {
            if name.starts_with('$') {
                continue;
            }
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let before = found.len();
            members(whole, part, &path, found);
            if found.len() == before && !found.contains(&path) {
                found.insert(path);
            }
        }
    }
}
