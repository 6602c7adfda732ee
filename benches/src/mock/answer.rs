//! What each operation answers, from the facts of a source.

use std::sync::Arc;

use cis_aws::datasets::{
    accessanalyzer, account, cloudtrail, cloudwatch, config, ec2, efs, iam, kms, logs, macie2, organizations, rds, s3,
    securityhub, sns,
};
use cis_core::{Dataset, Gap, GapKind, RegionStatus};
use serde_json::{Map, Value, json};

use super::pages::{self, Page};
use super::refusal::Refusal;
use super::route::Call;
use super::tables::{Raw, Reservations, Rows, Tables};

/// What is answered.
#[derive(Debug)]
pub(crate) enum Reply {
    /// The members of the answer, and which page of how many rows it is.
    Good(Map<String, Value>, Position),
    Refused(Refusal),
    /// Something with a status of success that is no answer: what was recorded as malformed.
    Garbage,
}

/// Where in a list an answer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    /// The number of the page, from 0.
    pub(crate) page: usize,
    pub(crate) from: usize,
    pub(crate) is_last: bool,
}

const ALONE: Position = Position { page: 0, from: 0, is_last: true };

/// What is answered instead, where there is nothing to answer with.
type Result<T> = std::result::Result<T, Box<Reply>>;

impl From<Refusal> for Box<Reply> {
    fn from(refusal: Refusal) -> Self {
        Self::new(Reply::Refused(refusal))
    }
}

/// What says which account it is, and how it is read.
pub(crate) struct Account {
    pub(crate) tables: Tables,
    /// Who asks.
    pub(crate) caller: String,
    /// Bounds every page.
    pub(crate) page_size: Option<usize>,
}

/// The code of S3's, KMS's and others' by which they say that a resource is not there.
pub(crate) fn not_there(operation: &str) -> &'static str {
    match operation {
        "cloudtrail:GetEventSelectors" | "cloudtrail:GetTrailStatus" => "TrailNotFoundException",
        "ec2:GetManagedPrefixListEntries" => "InvalidPrefixListID.NotFound",
        "iam:GetPolicy" | "iam:GetPolicyVersion" => "NoSuchEntity",
        "kms:DescribeKey" | "kms:GetKeyRotationStatus" => "NotFoundException",
        "sns:ListSubscriptionsByTopic" => "NotFound",
        operation if operation.starts_with("s3:Get") => "NoSuchBucket",
        _ => "ResourceNotFoundException",
    }
}

/// The member of a request that names the resource.
pub(crate) fn resource<'c>(call: &'c Call<'_>) -> Option<&'c str> {
    const NAMES: &[&str] = &[
        "AlternateContactType",
        "Bucket",
        "KeyId",
        "Name",
        "PolicyArn",
        "PrefixListId",
        "TopicArn",
        "TrailName",
        "logGroupName",
    ];
    NAMES.iter().find_map(|name| call.param(name))
}

impl Account {
    pub(crate) async fn answer(&self, call: &Call<'_>) -> Reply {
        match self.reply(call).await {
            Ok((members, position)) => Reply::Good(members, position),
            Err(instead) => *instead,
        }
    }

    async fn reply(&self, call: &Call<'_>) -> Result<(Map<String, Value>, Position)> {
        let alone = |value: Value| Ok((object(value), ALONE));
        let enabled = |region: &&cis_core::Region| region.name == call.region;
        let status = self.tables.coverage.regions.iter().find(enabled).map(|region| region.status);
        // Credentials are not valid where the region is not enabled; that of S3 and of what is global is not looked at.
        let global = matches!(call.service.name.as_str(), "account" | "iam" | "organizations" | "s3" | "s3control");
        if status == Some(RegionStatus::NotEnabled) && !global {
            return Err(Refusal::not_opted_in(call.service).into());
        }
        match call.full_name().as_str() {
            "sts:GetCallerIdentity" => {
                let user_id = "AROAEXAMPLEEXAMPLEAUD:cis-audit";
                alone(json!({"Account": self.tables.coverage.account_id, "Arn": self.caller, "UserId": user_id}))
            }
            "account:ListRegions" => self.regions(call),

            "account:GetContactInformation" => {
                let row = self.single::<account::ContactInformation>(call).await?;
                alone(json!({"ContactInformation": some(call, row, "ResourceNotFoundException")?}))
            }
            "account:GetAlternateContact" => {
                let row = match call.param("AlternateContactType") {
                    Some("BILLING") => self.single::<account::BillingAlternateContact>(call).await?,
                    Some("OPERATIONS") => self.single::<account::OperationsAlternateContact>(call).await?,
                    _ => self.single::<account::SecurityAlternateContact>(call).await?,
                };
                alone(json!({"AlternateContact": some(call, row, "ResourceNotFoundException")?}))
            }
            "organizations:DescribeOrganization" => {
                let row = self.single::<organizations::Organization>(call).await?;
                alone(json!({"Organization": some(call, row, "AWSOrganizationsNotInUseException")?}))
            }

            "iam:GenerateCredentialReport" => self.generate_report(call).await,
            "iam:GetCredentialReport" => self.credential_report(call).await,
            "iam:GetAccountAuthorizationDetails" => self.authorization_details(call).await,
            "iam:GetAccountSummary" => {
                let row = self.single::<iam::AccountSummary>(call).await?;
                alone(json!({"SummaryMap": some(call, row, "NoSuchEntity")?}))
            }
            "iam:GetAccountPasswordPolicy" => {
                let row = self.single::<iam::PasswordPolicy>(call).await?;
                alone(json!({"PasswordPolicy": some(call, row, "NoSuchEntity")?}))
            }
            "iam:ListVirtualMFADevices" => {
                // Those that are assigned are all that is read.
                let unassigned = call.param("AssignmentStatus") == Some("Unassigned");
                self.list::<iam::VirtualMfaDevices>(call, "VirtualMFADevices", |_| !unassigned).await
            }
            "iam:ListServerCertificates" => {
                self.list::<iam::ServerCertificates>(call, "ServerCertificateMetadataList", all).await
            }
            "iam:ListSAMLProviders" => self.list::<iam::SamlProviders>(call, "SAMLProviderList", all).await,
            "iam:ListOpenIDConnectProviders" => {
                self.list::<iam::OidcProviders>(call, "OpenIDConnectProviderList", all).await
            }
            "iam:ListOrganizationsFeatures" => {
                let row = self.single::<iam::OrganizationsFeatures>(call).await?;
                alone(some(call, row, "AccountNotManagementOrDelegatedAdministratorException")?)
            }
            "iam:GetPolicy" | "iam:GetPolicyVersion" => self.policy(call).await,

            "ec2:DescribeRegions" => self.describe_regions(call).await,
            "ec2:DescribeInstances" => self.instances(call).await,
            "ec2:DescribeFlowLogs" => self.list::<ec2::FlowLogs>(call, "FlowLogs", all).await,
            "ec2:DescribeNetworkAcls" => self.list::<ec2::NetworkAcls>(call, "NetworkAcls", all).await,
            "ec2:DescribeRouteTables" => self.list::<ec2::RouteTables>(call, "RouteTables", all).await,
            "ec2:DescribeSecurityGroups" => self.list::<ec2::SecurityGroups>(call, "SecurityGroups", all).await,
            "ec2:DescribeVpcPeeringConnections" => {
                self.list::<ec2::VpcPeeringConnections>(call, "VpcPeeringConnections", all).await
            }
            "ec2:DescribeVpcs" => self.list::<ec2::Vpcs>(call, "Vpcs", all).await,
            "ec2:DescribeManagedPrefixLists" => self.prefix_lists(call).await,
            "ec2:GetManagedPrefixListEntries" => {
                let id = call.param("PrefixListId").unwrap_or_default();
                let of = self.of_resource::<ec2::PrefixLists>(call, id, || gone(call)).await?;
                self.inside(call, &of, "Entries", "Entries")
            }
            "ec2:GetEbsEncryptionByDefault" => {
                let row = self.single::<ec2::EbsEncryptionByDefault>(call).await?;
                alone(row.unwrap_or_default())
            }
            "ec2:GetInstanceMetadataDefaults" => {
                let row = self.single::<ec2::InstanceMetadataDefaults>(call).await?;
                alone(json!({"AccountLevel": row.unwrap_or_else(|| json!({}))}))
            }

            "cloudtrail:DescribeTrails" => self.list::<cloudtrail::Trails>(call, "trailList", all).await,
            "cloudtrail:GetTrailStatus" => {
                let name = call.param("Name").unwrap_or_default();
                alone(self.of_resource::<cloudtrail::TrailStatuses>(call, name, || unread(call)).await?)
            }
            "cloudtrail:GetEventSelectors" => {
                let name = call.param("TrailName").unwrap_or_default();
                alone(self.of_resource::<cloudtrail::EventSelectors>(call, name, || unread(call)).await?)
            }
            "cloudwatch:DescribeAlarms" => self.alarms(call).await,
            "config:DescribeConfigurationRecorders" => {
                self.list::<config::Recorders>(call, "ConfigurationRecorders", all).await
            }
            "config:DescribeConfigurationRecorderStatus" => {
                self.list::<config::RecorderStatuses>(call, "ConfigurationRecordersStatus", all).await
            }
            "config:DescribeDeliveryChannels" => {
                self.list::<config::DeliveryChannels>(call, "DeliveryChannels", all).await
            }
            "efs:DescribeFileSystems" => self.list::<efs::FileSystems>(call, "FileSystems", all).await,
            "rds:DescribeDBClusters" => self.list::<rds::DbClusters>(call, "DBClusters", all).await,
            "rds:DescribeDBInstances" => self.list::<rds::DbInstances>(call, "DBInstances", all).await,
            "accessanalyzer:ListAnalyzers" => self.list::<accessanalyzer::Analyzers>(call, "analyzers", all).await,

            "macie2:GetMacieSession" => {
                let row = self.single::<macie2::Session>(call).await?;
                alone(row.ok_or_else(no_macie)?)
            }
            "macie2:GetAutomatedDiscoveryConfiguration" => {
                let row = self.single::<macie2::AutomatedDiscovery>(call).await?;
                alone(row.ok_or_else(no_macie)?)
            }
            "macie2:ListClassificationJobs" => self.list::<macie2::ClassificationJobs>(call, "items", all).await,
            "securityhub:DescribeHub" => {
                let row = self.single::<securityhub::Hub>(call).await?.unwrap_or_default();
                match row.get("Error").filter(|error| !error.is_null()) {
                    Some(error) => {
                        Err(Refusal::coded(call.service, text(error, "Code"), text(error, "Message")).into())
                    }
                    None => alone(row),
                }
            }

            "kms:ListKeys" => self.keys(call).await,
            "kms:ListAliases" => self.aliases(call).await,
            "kms:DescribeKey" => {
                let key = call.param("KeyId").unwrap_or_default();
                let key = self.of_resource::<kms::Keys>(call, key, || gone(call)).await?;
                let metadata = fact(call, &key, "KeyMetadata")?.cloned();
                // Of a key that an alias shows to be AWS's the rest is not read.
                let unread = || json!({"KeyId": text(&key, "KeyId"), "Arn": text(&key, "KeyArn"), "KeyManager": "AWS"});
                alone(json!({"KeyMetadata": metadata.unwrap_or_else(unread)}))
            }
            "kms:GetKeyRotationStatus" => {
                let key = call.param("KeyId").unwrap_or_default();
                let key = self.of_resource::<kms::Keys>(call, key, || gone(call)).await?;
                match fact(call, &key, "RotationStatus")? {
                    Some(status) => alone(status.clone()),
                    None => {
                        Err(Refusal::coded(call.service, "UnsupportedOperationException", "It cannot rotate").into())
                    }
                }
            }
            "logs:DescribeMetricFilters" => {
                let group = call.param("logGroupName").unwrap_or_default();
                let of = self.of_resource::<logs::MetricFilters>(call, group, || unread(call)).await?;
                self.inside(call, &of, "metricFilters", "metricFilters")
            }
            "sns:ListSubscriptionsByTopic" => {
                let topic = call.param("TopicArn").unwrap_or_default();
                let of = self.of_resource::<sns::TopicSubscriptions>(call, topic, || unread(call)).await?;
                self.inside(call, &of, "Subscriptions", "Subscriptions")
            }

            "s3control:GetPublicAccessBlock" => {
                let row = self.single::<s3::AccountPublicAccessBlock>(call).await?;
                let block = some(call, row, "NoSuchPublicAccessBlockConfiguration")?;
                alone(json!({"PublicAccessBlockConfiguration": block}))
            }
            "s3:ListBuckets" => self.list::<s3::Buckets>(call, "Buckets", all).await,
            "s3:GetBucketAcl" => alone(self.of_bucket::<s3::BucketAcls>(call, None).await?),
            "s3:GetBucketEncryption" => {
                let none = ("ServerSideEncryptionConfiguration", "ServerSideEncryptionConfigurationNotFoundError");
                alone(self.of_bucket::<s3::BucketEncryptions>(call, Some(none)).await?)
            }
            "s3:GetBucketLogging" => alone(self.of_bucket::<s3::BucketLoggings>(call, None).await?),
            "s3:GetBucketPolicy" => {
                let none = ("Policy", "NoSuchBucketPolicy");
                alone(self.of_bucket::<s3::BucketPolicies>(call, Some(none)).await?)
            }
            "s3:GetBucketPolicyStatus" => {
                let none = ("PolicyStatus", "NoSuchBucketPolicy");
                alone(self.of_bucket::<s3::BucketPolicyStatuses>(call, Some(none)).await?)
            }
            "s3:GetBucketVersioning" => alone(self.of_bucket::<s3::BucketVersionings>(call, None).await?),
            "s3:GetPublicAccessBlock" => {
                let none = ("PublicAccessBlockConfiguration", "NoSuchPublicAccessBlockConfiguration");
                alone(self.of_bucket::<s3::BucketPublicAccessBlocks>(call, Some(none)).await?)
            }
            name => Err(Refusal::new(501, "NotImplemented", format!("the mock does not serve {name}")).into()),
        }
    }

    /// The one row of a dataset, where there is one.
    async fn single<D: Dataset>(&self, call: &Call<'_>) -> Result<Option<Value>> {
        let table = self.tables.get::<Raw<D>>(&call.region).await;
        let rows = table.rows().map_err(|gap| of_gap(call, gap))?;
        Ok(rows.first().cloned())
    }

    /// A page of the rows of a dataset that are wanted.
    async fn list<D: Dataset>(
        &self,
        call: &Call<'_>,
        member: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<(Map<String, Value>, Position)> {
        let table = self.tables.get::<Raw<D>>(&call.region).await;
        let rows = table.rows().map_err(|gap| of_gap(call, gap))?;
        let rows: Vec<&Value> = rows.iter().filter(|row| wanted(row)).collect();
        let (page, position) = self.page(call, &rows, &table.cut_off)?;
        let mut members = Map::new();
        members.insert(member.to_owned(), page.iter().map(|row| (*row).clone()).collect());
        self.told(call, &mut members, position, rows.len(), &table.cut_off);
        Ok((members, position))
    }

    /// The rows of the page that is asked for. A list that was cut off ends in the error that cut it off.
    fn page<'r, T>(&self, call: &Call<'_>, rows: &'r [T], cut_off: &[Gap]) -> Result<(&'r [T], Position)> {
        let page = Page::of(call, self.page_size)?;
        if let (Some(gap), true) = (cut_off.first(), page.from >= rows.len() && page.from > 0) {
            return Err(of_gap(call, gap).into());
        }
        let end = page.from.saturating_add(page.size).min(rows.len());
        let inside = rows.get(page.from.min(end)..end).unwrap_or_default();
        let is_last = page.next(rows.len()).is_none();
        Ok((inside, Position { page: page.number(), from: page.from, is_last }))
    }

    /// Says how a list goes on.
    fn told(&self, call: &Call<'_>, members: &mut Map<String, Value>, at: Position, rows: usize, cut_off: &[Gap]) {
        let next = Page::of(call, self.page_size).ok().and_then(|page| page.next(rows));
        // Past the last row lies what cut the list off.
        let next = next.or_else(|| (!cut_off.is_empty() && at.is_last).then_some(rows.max(1)));
        pages::go_on(call, members, next);
    }

    /// A page of a list that stands in the row of a resource.
    fn inside(
        &self,
        call: &Call<'_>,
        row: &Value,
        fact_name: &str,
        member: &str,
    ) -> Result<(Map<String, Value>, Position)> {
        let list = fact(call, row, fact_name)?.and_then(Value::as_array);
        let list = list.ok_or_else(|| gone(call))?;
        let (page, position) = self.page(call, list, &[])?;
        let mut members = Map::new();
        members.insert(member.to_owned(), page.to_vec().into());
        self.told(call, &mut members, position, list.len(), &[]);
        Ok((members, position))
    }

    /// The row of a resource. `absent`: what is answered of one that the snapshot does not have.
    async fn of_resource<D: Dataset>(
        &self,
        call: &Call<'_>,
        name: &str,
        absent: impl FnOnce() -> Refusal,
    ) -> Result<Value> {
        let table = self.tables.get::<Raw<D>>(&call.region).await;
        table.rows().map_err(|gap| of_gap(call, gap))?;
        if let Some(gap) = table.gone(name) {
            return Err(of_gap(call, gap).into());
        }
        let row = table.named(name).ok_or_else(absent)?;
        match gap(row) {
            Some(gap) => Err(of_gap(call, &gap).into()),
            None => Ok(row.clone()),
        }
    }

    /// What a dataset says of a bucket; `none`: the member that is null where there is none, and S3's code for that.
    async fn of_bucket<D: Dataset>(&self, call: &Call<'_>, none: Option<(&str, &str)>) -> Result<Value> {
        let name = call.param("Bucket").unwrap_or_default();
        let buckets = self.tables.get::<Raw<s3::Buckets>>(&call.region).await;
        let owned = buckets.named(name);
        let home = owned.and_then(|bucket| bucket.get("BucketRegion")?.as_str());
        if let Some(home) = home.filter(|home| *home != call.region) {
            let message = "The bucket you are attempting to access must be addressed using the specified endpoint.";
            let mut moved = Refusal::new(301, "PermanentRedirect", message);
            moved.headers.push(("x-amz-bucket-region", home.to_owned()));
            moved.elements.push(("Bucket", name.to_owned()));
            return Err(moved.into());
        }
        // One that the account does not own may be another's, or nobody's: the snapshot does not say, and S3 says as much.
        let absent = || match owned {
            Some(_) => unread(call),
            None => Refusal::new(403, "AccessDenied", "Access Denied"),
        };
        let row = self.of_resource::<D>(call, name, absent).await?;
        for member in object(row.clone()).values() {
            if let Some(gap) = gap(member) {
                return Err(of_gap(call, &gap).into());
            }
        }
        match none {
            Some((member, code)) if row.get(member).is_none_or(Value::is_null) => {
                Err(Refusal::coded(call.service, code, "There is none").into())
            }
            _ => Ok(row),
        }
    }

    fn regions(&self, call: &Call<'_>) -> Result<(Map<String, Value>, Position)> {
        let coverage = &self.tables.coverage;
        if let Some(gap) = &coverage.regions_gap {
            return Err(of_gap(call, gap).into());
        }
        let region = |region: &cis_core::Region| {
            let status = match region.status {
                RegionStatus::Enabled => "ENABLED",
                RegionStatus::NotEnabled => "DISABLED",
                RegionStatus::Unknown => "ENABLING",
            };
            json!({"RegionName": region.name, "RegionOptStatus": status})
        };
        let rows: Vec<Value> = coverage.regions.iter().map(region).collect();
        let (page, position) = self.page(call, &rows, &[])?;
        let mut members = Map::new();
        members.insert("Regions".to_owned(), page.to_vec().into());
        self.told(call, &mut members, position, rows.len(), &[]);
        Ok((members, position))
    }

    /// The regions that were read; where the snapshot only has their names, those.
    async fn describe_regions(&self, call: &Call<'_>) -> Result<(Map<String, Value>, Position)> {
        let coverage = &self.tables.coverage;
        let table = self.tables.get::<Raw<ec2::Regions>>(&call.region).await;
        let rows: Vec<Value> = match table.rows() {
            Ok(rows) => rows.to_vec(),
            Err(gap) if gap.kind == GapKind::NotSupported && coverage.regions_gap.is_none() => {
                let region = |region: &cis_core::Region| {
                    let status = match region.status {
                        RegionStatus::Enabled => json!("opted-in"),
                        RegionStatus::NotEnabled => json!("not-opted-in"),
                        RegionStatus::Unknown => Value::Null,
                    };
                    json!({"RegionName": region.name, "OptInStatus": status})
                };
                coverage.regions.iter().map(region).collect()
            }
            Err(gap) => return Err(of_gap(call, gap).into()),
        };
        let every = call.param("AllRegions") == Some("true");
        let wanted = |row: &Value| every || text(row, "OptInStatus") != "not-opted-in";
        let rows: Vec<Value> = rows.into_iter().filter(wanted).collect();
        Ok((object(json!({"Regions": rows})), ALONE))
    }

    async fn generate_report(&self, call: &Call<'_>) -> Result<(Map<String, Value>, Position)> {
        let table = self.tables.get::<Raw<iam::CredentialReports>>(&call.region).await;
        match table.rows() {
            Err(gap) if gap.operation.as_deref() == Some("iam:GenerateCredentialReport") => {
                Err(of_gap(call, gap).into())
            }
            _ => Ok((object(json!({"State": "COMPLETE", "Description": "No report exists"})), ALONE)),
        }
    }

    async fn credential_report(&self, call: &Call<'_>) -> Result<(Map<String, Value>, Position)> {
        let table = self.tables.get::<Raw<iam::CredentialReports>>(&call.region).await;
        match table.rows() {
            Err(gap) if gap.operation.as_deref() == Some("iam:GenerateCredentialReport") => {
                Err(Refusal::coded(call.service, "ReportNotPresent", "No report exists").into())
            }
            Err(gap) => Err(of_gap(call, gap).into()),
            Ok(rows) => Ok((object(rows.first().cloned().unwrap_or_default()), ALONE)),
        }
    }

    /// Users, groups, roles and policies, as far as they are asked for, page by page through all of them.
    async fn authorization_details(&self, call: &Call<'_>) -> Result<(Map<String, Value>, Position)> {
        let asked = call.list("Filter");
        let wants = |kind: &str| asked.is_empty() || asked.iter().any(|asked| asked == kind);
        let mut tables: Vec<(&str, Arc<Rows>)> = Vec::new();
        if wants("User") {
            tables.push(("UserDetailList", self.tables.get::<Raw<iam::UserDetails>>(&call.region).await));
        }
        if wants("Group") {
            tables.push(("GroupDetailList", self.tables.get::<Raw<iam::GroupDetails>>(&call.region).await));
        }
        if wants("Role") {
            tables.push(("RoleDetailList", self.tables.get::<Raw<iam::RoleDetails>>(&call.region).await));
        }
        if wants("LocalManagedPolicy") || wants("AWSManagedPolicy") {
            tables.push(("Policies", self.tables.get::<Raw<iam::PolicyDetails>>(&call.region).await));
        }
        let mut rows: Vec<(&str, &Value)> = Vec::new();
        let mut cut_off = Vec::new();
        for (member, table) in &tables {
            let of = table.rows().map_err(|gap| of_gap(call, gap))?;
            let wanted = |row: &&Value| {
                let kind = if text(row, "Arn").contains(":iam::aws:policy/") {
                    "AWSManagedPolicy"
                } else {
                    "LocalManagedPolicy"
                };
                *member != "Policies" || wants(kind)
            };
            rows.extend(of.iter().filter(wanted).map(|row| (*member, row)));
            cut_off.extend(table.cut_off.iter().cloned());
        }
        let (page, position) = self.page(call, &rows, &cut_off)?;
        let mut members = Map::new();
        // IAM sends all four, those that nobody asked for empty.
        for list in ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"] {
            let of = page.iter().filter(|(member, _)| *member == list).map(|(_, row)| (*row).clone());
            members.insert(list.to_owned(), of.collect());
        }
        self.told(call, &mut members, position, rows.len(), &cut_off);
        Ok((members, position))
    }

    /// A policy that was read on its own, or its version.
    async fn policy(&self, call: &Call<'_>) -> Result<(Map<String, Value>, Position)> {
        let arn = call.param("PolicyArn").unwrap_or_default();
        let row = self.of_resource::<iam::UnlistedPolicies>(call, arn, || unread(call)).await?;
        let unread = row.get("Policy").and_then(gap);
        let version = call.name == "GetPolicyVersion";
        match &unread {
            Some(gap) if gap.operation.as_deref() == Some("iam:GetPolicyVersion") && !version => {
                let policy = json!({"Arn": text(&row, "Arn"), "DefaultVersionId": "v1"});
                return Ok((object(json!({"Policy": policy})), ALONE));
            }
            Some(gap) => return Err(of_gap(call, gap).into()),
            None => {}
        }
        let policy = fact(call, &row, "Policy")?.ok_or_else(|| gone(call))?;
        if !version {
            let mut policy = object(policy.clone());
            policy.remove("PolicyVersionList");
            return Ok((object(json!({"Policy": policy})), ALONE));
        }
        let versions = policy.get("PolicyVersionList").and_then(Value::as_array);
        let id = call.param("VersionId");
        let of = versions.into_iter().flatten().find(|version| version.get("VersionId").and_then(Value::as_str) == id);
        Ok((object(json!({"PolicyVersion": of.ok_or_else(|| gone(call))?})), ALONE))
    }

    /// Instances, each in its reservation. EC2 counts instances, and so a reservation may go on over the page.
    async fn instances(&self, call: &Call<'_>) -> Result<(Map<String, Value>, Position)> {
        let table = self.tables.get::<Reservations>(&call.region).await;
        let reservations = table.rows().map_err(|gap| of_gap(call, gap))?;
        let mut rows = Vec::new();
        for (number, reservation) in reservations.iter().enumerate() {
            match reservation.get("Instances").and_then(Value::as_array) {
                Some(instances) => rows.extend(instances.iter().map(|instance| (number, Some(reservation), instance))),
                // A source that knows of no reservations.
                None => rows.push((0, None, reservation)),
            }
        }
        let (page, position) = self.page(call, &rows, &table.cut_off)?;
        let mut together: Vec<(usize, Map<String, Value>, Vec<Value>)> = Vec::new();
        for (number, reservation, instance) in page {
            match together.last_mut() {
                Some((last, _, instances)) if last == number => instances.push((*instance).clone()),
                _ => {
                    let of = reservation.map(|of| object(of.clone())).unwrap_or_default();
                    together.push((*number, of, vec![(*instance).clone()]));
                }
            }
        }
        let whole = together.into_iter().map(|(_, mut of, instances)| {
            of.insert("Instances".into(), instances.into());
            Value::Object(of)
        });
        let mut members = object(json!({"Reservations": whole.collect::<Vec<_>>()}));
        self.told(call, &mut members, position, rows.len(), &table.cut_off);
        Ok((members, position))
    }

    async fn prefix_lists(&self, call: &Call<'_>) -> Result<(Map<String, Value>, Position)> {
        let table = self.tables.get::<Raw<ec2::PrefixLists>>(&call.region).await;
        let rows = table.rows().map_err(|gap| of_gap(call, gap))?.iter().map(|row| {
            let mut row = object(row.clone());
            row.remove("Entries");
            Value::Object(row)
        });
        let gone = table.gone.iter().filter_map(|gap| Some(json!({"PrefixListId": gap.resource.as_deref()?})));
        let rows: Vec<Value> = rows.chain(gone).collect();
        let (page, position) = self.page(call, &rows, &table.cut_off)?;
        let mut members = object(json!({"PrefixLists": page}));
        self.told(call, &mut members, position, rows.len(), &table.cut_off);
        Ok((members, position))
    }

    async fn keys(&self, call: &Call<'_>) -> Result<(Map<String, Value>, Position)> {
        let table = self.tables.get::<Raw<kms::Keys>>(&call.region).await;
        let rows = table.rows().map_err(|gap| of_gap(call, gap))?;
        let rows = rows.iter().map(|key| json!({"KeyId": key["KeyId"], "KeyArn": key["KeyArn"]}));
        let gone = table.gone.iter().filter_map(|gap| {
            let arn = gap.resource.as_deref()?;
            Some(json!({"KeyId": arn.rsplit('/').next(), "KeyArn": arn}))
        });
        let rows: Vec<Value> = rows.chain(gone).collect();
        let (page, position) = self.page(call, &rows, &table.cut_off)?;
        let mut members = object(json!({"Keys": page}));
        self.told(call, &mut members, position, rows.len(), &table.cut_off);
        Ok((members, position))
    }

    async fn aliases(&self, call: &Call<'_>) -> Result<(Map<String, Value>, Position)> {
        let table = self.tables.get::<Raw<kms::Keys>>(&call.region).await;
        let rows = table.rows().map_err(|gap| of_gap(call, gap))?;
        let alias = |key: &Value| {
            let name = key.get("AwsAlias")?.as_str()?;
            let arn = text(key, "KeyArn").rsplit_once(":key/").map(|(start, _)| format!("{start}:{name}"));
            Some(json!({"AliasName": name, "AliasArn": arn, "TargetKeyId": key["KeyId"]}))
        };
        let rows: Vec<Value> = rows.iter().filter_map(alias).collect();
        let (page, position) = self.page(call, &rows, &[])?;
        let mut members = object(json!({"Aliases": page}));
        self.told(call, &mut members, position, rows.len(), &[]);
        Ok((members, position))
    }

    /// Alarms of the kinds that are asked for; where none is named, metric alarms.
    async fn alarms(&self, call: &Call<'_>) -> Result<(Map<String, Value>, Position)> {
        let asked = call.list("AlarmTypes");
        let metric = asked.is_empty() || asked.iter().any(|kind| kind == "MetricAlarm");
        let composite = asked.iter().any(|kind| kind == "CompositeAlarm");
        let mut tables = Vec::new();
        if composite {
            let table = self.tables.get::<Raw<cloudwatch::CompositeAlarms>>(&call.region).await;
            tables.push(("CompositeAlarms", table));
        }
        if metric {
            tables.push(("MetricAlarms", self.tables.get::<Raw<cloudwatch::MetricAlarms>>(&call.region).await));
        }
        let mut rows: Vec<(&str, &Value)> = Vec::new();
        let mut cut_off = Vec::new();
        for (member, table) in &tables {
            rows.extend(table.rows().map_err(|gap| of_gap(call, gap))?.iter().map(|row| (*member, row)));
            cut_off.extend(table.cut_off.iter().cloned());
        }
        let (page, position) = self.page(call, &rows, &cut_off)?;
        let mut members = Map::new();
        for list in ["CompositeAlarms", "MetricAlarms"] {
            let of = page.iter().filter(|(member, _)| *member == list).map(|(_, row)| (*row).clone());
            members.insert(list.to_owned(), of.collect());
        }
        self.told(call, &mut members, position, rows.len(), &cut_off);
        Ok((members, position))
    }
}

fn all(_: &Value) -> bool {
    true
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// What AWS answers where there is nothing.
fn some(call: &Call<'_>, row: Option<Value>, none: &str) -> Result<Value> {
    Ok(row.ok_or_else(|| Refusal::coded(call.service, none, "There is none"))?)
}

fn no_macie() -> Refusal {
    Refusal::new(403, "AccessDeniedException", "Macie is not enabled")
}

/// What is answered of a resource that was not read: no list says that it is not there.
fn unread(call: &Call<'_>) -> Refusal {
    Refusal::not_in_snapshot(format!("the snapshot says nothing of {}", resource(call).unwrap_or("it")))
}

fn gone(call: &Call<'_>) -> Refusal {
    let message = format!("{} is not there", resource(call).unwrap_or("it"));
    Refusal::coded(call.service, not_there(&call.full_name()), message)
}

/// The gap that a value holds in its place.
fn gap(value: &Value) -> Option<Gap> {
    serde_json::from_value(value.get("$gap")?.clone()).ok()
}

/// A fact of a row: none where it is null, and its gap as the error that it came from.
fn fact<'v>(call: &Call<'_>, row: &'v Value, member: &str) -> Result<Option<&'v Value>> {
    let value = row.get(member).filter(|value| !value.is_null());
    match value.and_then(gap) {
        Some(gap) => Err(of_gap(call, &gap).into()),
        None => Ok(value),
    }
}

fn of_gap(call: &Call<'_>, gap: &Gap) -> Reply {
    Refusal::of_gap(call.service, gap).map_or(Reply::Garbage, Reply::Refused)
}
