//! Amazon RDS.

use aws_sdk_rds::Client;
use aws_sdk_rds::types;
use cis_core::{Dataset, Request, Table};

use super::guard::Guard;
use super::pages::{self, Missing, Next, Page};
use super::session::client;
use super::{Live, each, tags, told, word};
use crate::datasets::rds::{
    DbCluster, DbClusterMember, DbClusters, DbInstance, DbInstances, DbSubnetGroup, Endpoint, Subnet, VpcSecurityGroup,
};

/// What an answer holds even where there is nothing to tell.
const MEMBERS: &[(&str, &str)] = &[("DescribeDBClusters", "DBClusters"), ("DescribeDBInstances", "DBInstances")];

/// The most that RDS gives on a page.
const PAGE: i32 = 100;

pub(super) async fn fetch(source: &Live, account_id: &str, request: &Request) -> Option<Table> {
    let region = request.place.region_name()?;
    let make = || client!(aws_sdk_rds, source, account_id, region, Guard::Xml(MEMBERS));
    let client: &Client = &source.rds.get(region, make);
    Some(match request.dataset.name() {
        DbInstances::NAME => {
            let call = source.call(request, "rds:DescribeDBInstances", region);
            let listed = pages::all(call, |marker| async move {
                let answer = client.describe_db_instances().max_records(PAGE).set_marker(marker).send().await;
                let answer = answer.map_err(|error| call.failed(&error))?;
                let list = answer.db_instances.ok_or_else(|| call.malformed("the answer lacks DBInstances"))?;
                Ok(Page::new(list.into_iter().map(instance), Next::token(answer.marker)))
            });
            listed.await.table::<DbInstances>()
        }
        DbClusters::NAME => {
            let call = source.call(request, "rds:DescribeDBClusters", region);
            let listed = pages::all(call, |marker| async move {
                let answer = client.describe_db_clusters().max_records(PAGE).set_marker(marker).send().await;
                let answer = answer.map_err(|error| call.failed(&error))?;
                let list = answer.db_clusters.ok_or_else(|| call.malformed("the answer lacks DBClusters"))?;
                Ok(Page::new(list.into_iter().map(cluster), Next::token(answer.marker)))
            });
            listed.await.table::<DbClusters>()
        }
        _ => return None,
    })
}

fn instance(instance: types::DbInstance) -> Result<DbInstance, Missing> {
    Ok(DbInstance {
        db_instance_arn: instance.db_instance_arn.ok_or(Missing("DBInstanceArn"))?,
        db_instance_identifier: instance.db_instance_identifier,
        engine: instance.engine,
        storage_encrypted: instance.storage_encrypted,
        storage_encryption_type: instance.storage_encryption_type.map(word),
        db_cluster_identifier: instance.db_cluster_identifier,
        auto_minor_version_upgrade: instance.auto_minor_version_upgrade,
        publicly_accessible: instance.publicly_accessible,
        endpoint: instance.endpoint.map(|endpoint| Endpoint { port: endpoint.port.map(i64::from) }),
        db_subnet_group: instance.db_subnet_group.map(|group| DbSubnetGroup {
            vpc_id: group.vpc_id,
            subnets: each(group.subnets, |subnet| Subnet { subnet_identifier: subnet.subnet_identifier }),
        }),
        vpc_security_groups: each(instance.vpc_security_groups, |group| VpcSecurityGroup {
            vpc_security_group_id: group.vpc_security_group_id,
        }),
        tag_list: tags(instance.tag_list, tag),
    })
}

fn cluster(cluster: types::DbCluster) -> Result<DbCluster, Missing> {
    Ok(DbCluster {
        db_cluster_arn: cluster.db_cluster_arn.ok_or(Missing("DBClusterArn"))?,
        db_cluster_identifier: cluster.db_cluster_identifier,
        engine: cluster.engine,
        engine_mode: cluster.engine_mode,
        storage_encrypted: cluster.storage_encrypted,
        storage_encryption_type: cluster.storage_encryption_type.map(word),
        auto_minor_version_upgrade: cluster.auto_minor_version_upgrade,
        db_cluster_members: told("DBClusterMembers", cluster.db_cluster_members, |member| DbClusterMember {
            db_instance_identifier: member.db_instance_identifier,
        }),
        tag_list: tags(cluster.tag_list, tag),
    })
}

fn tag(tag: types::Tag) -> (Option<String>, Option<String>) {
    (tag.key, tag.value)
}
