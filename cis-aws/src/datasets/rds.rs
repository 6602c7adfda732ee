//! Amazon RDS.

use cis_core::{Dataset, Fact, Layout, Operation, PlaceKind};
use serde::{Deserialize, Serialize};

use super::TagList;

/// The database instances of a region, those of `DocumentDB` and Neptune among them. Place: region.
/// Source: `DescribeDBInstances` with `MaxRecords=100`, all pages.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html>
#[derive(Debug)]
pub struct DbInstances;

impl Dataset for DbInstances {
    type Row = DbInstance;
    const NAME: &'static str = "rds.db_instances";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("rds:DescribeDBInstances")];
    const LAYOUT: Layout = Layout::list(&["DBInstances"]);
}

/// A database instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct DbInstance {
    /// Its ARN.
    #[serde(rename = "DBInstanceArn")]
    pub db_instance_arn: String,
    /// Its name.
    #[serde(default, rename = "DBInstanceIdentifier")]
    pub db_instance_identifier: Option<String>,
    /// Such as `postgres`, `aurora-mysql`, `docdb`, `neptune`, `custom-oracle-ee`.
    #[serde(default)]
    pub engine: Option<String>,
    /// Whether its storage is encrypted.
    #[serde(default)]
    pub storage_encrypted: Option<bool>,
    /// `sse-kms`, `sse-rds`, `none`.
    #[serde(default)]
    pub storage_encryption_type: Option<String>,
    /// The cluster that it is a member of.
    #[serde(default, rename = "DBClusterIdentifier")]
    pub db_cluster_identifier: Option<String>,
    /// Whether minor versions are upgraded by themselves.
    #[serde(default)]
    pub auto_minor_version_upgrade: Option<bool>,
    /// Whether its name resolves to a public address.
    #[serde(default)]
    pub publicly_accessible: Option<bool>,
    /// Where it listens.
    #[serde(default)]
    pub endpoint: Option<Endpoint>,
    /// Its subnets.
    #[serde(default, rename = "DBSubnetGroup")]
    pub db_subnet_group: Option<DbSubnetGroup>,
    /// Its security groups.
    #[serde(default)]
    pub vpc_security_groups: Vec<VpcSecurityGroup>,
    /// Its tags.
    #[serde(default)]
    pub tag_list: TagList,
}

/// Where a database listens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Endpoint {
    /// The port.
    #[serde(default)]
    pub port: Option<i64>,
}

/// The subnets of a database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct DbSubnetGroup {
    /// Their VPC.
    #[serde(default)]
    pub vpc_id: Option<String>,
    /// The subnets.
    #[serde(default)]
    pub subnets: Vec<Subnet>,
}

/// A subnet of a database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Subnet {
    /// Its id.
    #[serde(default)]
    pub subnet_identifier: Option<String>,
}

/// A security group of a database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct VpcSecurityGroup {
    /// Its id.
    #[serde(default)]
    pub vpc_security_group_id: Option<String>,
}

/// The database clusters of a region. Place: region. Source: `DescribeDBClusters` with `MaxRecords=100`, all pages.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusters.html>
#[derive(Debug)]
pub struct DbClusters;

impl Dataset for DbClusters {
    type Row = DbCluster;
    const NAME: &'static str = "rds.db_clusters";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("rds:DescribeDBClusters")];
    const LAYOUT: Layout = Layout::list(&["DBClusters"]);
}

/// A database cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct DbCluster {
    /// Its ARN.
    #[serde(rename = "DBClusterArn")]
    pub db_cluster_arn: String,
    /// Its name.
    #[serde(default, rename = "DBClusterIdentifier")]
    pub db_cluster_identifier: Option<String>,
    /// Such as `aurora-mysql`, `docdb`, `neptune`.
    #[serde(default)]
    pub engine: Option<String>,
    /// `provisioned`; `serverless`: Aurora Serverless v1, which has no instances.
    #[serde(default)]
    pub engine_mode: Option<String>,
    /// Whether its storage is encrypted.
    #[serde(default)]
    pub storage_encrypted: Option<bool>,
    /// `sse-kms`, `sse-rds`, `none`.
    #[serde(default)]
    pub storage_encryption_type: Option<String>,
    /// Whether minor versions are upgraded by themselves. AWS has it of Aurora and of Multi-AZ DB clusters; without it in
    /// one of an Aurora cluster's instances, none of them is upgraded.
    #[serde(default)]
    pub auto_minor_version_upgrade: Option<bool>,
    /// Its instances.
    #[serde(rename = "DBClusterMembers")]
    pub db_cluster_members: Fact<Vec<DbClusterMember>>,
    /// Its tags.
    #[serde(default)]
    pub tag_list: TagList,
}

/// An instance of a cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct DbClusterMember {
    /// Its name.
    #[serde(default, rename = "DBInstanceIdentifier")]
    pub db_instance_identifier: Option<String>,
}
