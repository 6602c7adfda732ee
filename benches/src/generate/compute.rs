//! What runs and stores in a region: instances, databases, file systems, keys.

use cis_aws::datasets::ec2::{
    EbsEncryption, EbsEncryptionByDefault, IamInstanceProfile, Instance, InstanceMetadataDefaults, InstanceState,
    Instances, MetadataDefaults, MetadataOptions,
};
use cis_aws::datasets::efs::{FileSystem, FileSystems};
use cis_aws::datasets::kms::{Key, KeyMetadata, Keys, RotationStatus};
use cis_aws::datasets::rds::{
    DbCluster, DbClusterMember, DbClusters, DbInstance, DbInstances, DbSubnetGroup, Endpoint, Subnet, VpcSecurityGroup,
};
use cis_core::{Fact, Table, Tags};

use super::planted::{DATABASES, FILE_SYSTEMS, INSTANCES, KEYS};
use super::{Account, region_name, table_of};

/// Of so many keys the first is AWS's.
const OF_AWS: usize = 4;

impl Account {
    pub(super) fn compute(&self, name: &str, region: usize) -> Option<Table> {
        let encrypted = self.region_violation(region) != Some("ebs.encryption");
        table_of::<Instances>(name, || self.instances(region))
            .or_else(|| {
                let row = EbsEncryption { ebs_encryption_by_default: Fact::Known(encrypted) };
                table_of::<EbsEncryptionByDefault>(name, || vec![row])
            })
            .or_else(|| {
                let row = MetadataDefaults { http_tokens: None, http_tokens_enforced: None, managed_by: None };
                table_of::<InstanceMetadataDefaults>(name, || vec![row])
            })
            .or_else(|| table_of::<DbInstances>(name, || self.databases(region)))
            .or_else(|| {
                table_of::<DbClusters>(name, || {
                    (0..self.size.db_clusters).map(|index| self.cluster(region, index)).collect()
                })
            })
            .or_else(|| {
                table_of::<FileSystems>(name, || {
                    (0..self.size.file_systems).map(|index| self.file_system(region, index)).collect()
                })
            })
            .or_else(|| table_of::<Keys>(name, || (0..self.size.keys).map(|index| self.key(region, index)).collect()))
    }

    pub(super) fn instance_arn(&self, region: usize, index: usize) -> String {
        self.ec2_arn(region, "instance", &self.id("i", region, index))
    }

    fn instances(&self, region: usize) -> Vec<Instance> {
        let mut draw = self.draw(&format!("ec2.instances {region}"));
        let instance = |index: usize| {
            let violation = self.violation_in(INSTANCES, self.size.instances, region, index);
            let state = draw.one(&["running", "running", "running", "stopped", "terminated"]);
            let state = if violation.is_some() { "running" } else { state };
            let profile = IamInstanceProfile { arn: self.instance_profile_arn() };
            let tokens = if violation == Some("ec2.imdsv2") { "optional" } else { "required" };
            Instance {
                instance_id: self.id("i", region, index),
                state: Fact::Known(InstanceState { name: state.to_owned() }),
                iam_instance_profile: (violation != Some("iam.instance_roles")).then_some(profile),
                metadata_options: Fact::Known(MetadataOptions {
                    state: Some("applied".into()),
                    http_tokens: Some(tokens.to_owned()),
                    http_endpoint: Some("enabled".into()),
                    http_put_response_hop_limit: Some(2),
                    http_protocol_ipv6: Some("disabled".into()),
                }),
                tags: Tags::from_iter([("Name", format!("server-{index:05}"))]).into(),
            }
        };
        (0..self.size.instances).map(instance).collect()
    }

    pub(super) fn database_arn(&self, region: usize, index: usize) -> String {
        self.rds_arn(region, "db", &format!("database-{index:04}"))
    }

    fn rds_arn(&self, region: usize, kind: &str, name: &str) -> String {
        format!("arn:aws:rds:{}:{}:{kind}:{name}", region_name(region), self.account_id())
    }

    /// Those in no cluster, and then two for each cluster.
    fn databases(&self, region: usize) -> Vec<DbInstance> {
        let alone = (0..self.size.db_instances).map(|index| {
            let violation = self.violation_in(DATABASES, self.size.db_instances, region, index);
            let mut instance = self.database(region, format!("database-{index:04}"), None);
            instance.storage_encrypted = Some(violation != Some("rds.encryption"));
            instance.auto_minor_version_upgrade = Some(violation != Some("rds.auto_minor_upgrade"));
            instance.publicly_accessible = Some(violation == Some("rds.public_access"));
            instance
        });
        let members = (0..2 * self.size.db_clusters).map(|index| {
            let cluster = Some(format!("cluster-{:04}", index / 2));
            self.database(region, format!("member-{index:04}"), cluster)
        });
        alone.chain(members).collect()
    }

    fn database(&self, region: usize, name: String, cluster: Option<String>) -> DbInstance {
        let in_cluster = cluster.is_some();
        DbInstance {
            db_instance_arn: self.rds_arn(region, "db", &name),
            db_instance_identifier: Some(name),
            engine: Some(if in_cluster { "aurora-postgresql" } else { "postgres" }.into()),
            storage_encrypted: Some(true),
            storage_encryption_type: None,
            db_cluster_identifier: cluster,
            auto_minor_version_upgrade: Some(true),
            publicly_accessible: Some(false),
            endpoint: Some(Endpoint { port: Some(5432) }),
            db_subnet_group: Some(DbSubnetGroup {
                vpc_id: Some(self.vpc_id(region, 0)),
                subnets: vec![Subnet { subnet_identifier: Some(self.subnet_id(region, 0)) }],
            }),
            vpc_security_groups: vec![VpcSecurityGroup {
                vpc_security_group_id: Some(self.security_group_id(region, self.size.vpcs)),
            }],
            tag_list: Tags::default().into(),
        }
    }

    fn cluster(&self, region: usize, index: usize) -> DbCluster {
        let name = format!("cluster-{index:04}");
        let member = |number: usize| DbClusterMember { db_instance_identifier: Some(format!("member-{number:04}")) };
        DbCluster {
            db_cluster_arn: self.rds_arn(region, "cluster", &name),
            db_cluster_identifier: Some(name),
            engine: Some("aurora-postgresql".into()),
            engine_mode: Some("provisioned".into()),
            storage_encrypted: Some(true),
            storage_encryption_type: None,
            auto_minor_version_upgrade: Some(true),
            db_cluster_members: Fact::Known(vec![member(2 * index), member(2 * index + 1)]),
            tag_list: Tags::default().into(),
        }
    }

    pub(super) fn file_system_arn(&self, region: usize, index: usize) -> String {
        let id = self.id("fs", region, index);
        format!("arn:aws:elasticfilesystem:{}:{}:file-system/{id}", region_name(region), self.account_id())
    }

    fn file_system(&self, region: usize, index: usize) -> FileSystem {
        FileSystem {
            file_system_id: self.id("fs", region, index),
            file_system_arn: Some(self.file_system_arn(region, index)),
            encrypted: Some(self.violation_in(FILE_SYSTEMS, self.size.file_systems, region, index).is_none()),
            life_cycle_state: Some("available".into()),
            owner_id: Some(self.account_id().to_owned()),
            tags: Tags::default().into(),
        }
    }

    /// Keys of a region that are the account's own.
    pub(super) fn own_keys(&self) -> usize {
        self.size.keys - self.size.keys.div_ceil(OF_AWS)
    }

    /// The ARN of one of them.
    pub(super) fn own_key_arn(&self, region: usize, index: usize) -> String {
        // After each of AWS's come three others.
        self.key_arn(region, index + index / (OF_AWS - 1) + 1)
    }

    fn key_id(&self, region: usize, index: usize) -> String {
        let id = self.id("key", region, index);
        let digits = id.trim_start_matches("key-0");
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        format!("{}-{}-4000-8000-{}0000{:04x}", part(0, 8), part(8, 12), part(12, 16), region)
    }

    pub(super) fn key_arn(&self, region: usize, index: usize) -> String {
        format!("arn:aws:kms:{}:{}:key/{}", region_name(region), self.account_id(), self.key_id(region, index))
    }

    fn key(&self, region: usize, index: usize) -> Key {
        let (key_id, key_arn) = (self.key_id(region, index), self.key_arn(region, index));
        if index.is_multiple_of(OF_AWS) {
            let aws_alias = Some(format!("alias/aws/service-{index}"));
            return Key {
                key_id,
                key_arn,
                aws_alias,
                key_metadata: Fact::Known(None),
                rotation_status: Fact::Known(None),
            };
        }
        let own = index - index / OF_AWS - 1;
        let violation = self.violation_in(KEYS, self.own_keys(), region, own);
        // Every ninth cannot rotate by itself, for which no status is asked.
        let spec = if self.can_rotate(region, index) { "SYMMETRIC_DEFAULT" } else { "RSA_2048" };
        let metadata = KeyMetadata {
            key_manager: Some("CUSTOMER".into()),
            key_spec: Some(spec.to_owned()),
            customer_master_key_spec: Some(spec.to_owned()),
            key_state: Some("Enabled".into()),
            origin: Some("AWS_KMS".into()),
            multi_region: Some(false),
            multi_region_configuration: None,
        };
        let status =
            RotationStatus { key_rotation_enabled: Some(violation.is_none()), rotation_period_in_days: Some(365) };
        Key {
            key_id,
            key_arn,
            aws_alias: None,
            key_metadata: Fact::Known(Some(metadata)),
            rotation_status: Fact::Known((spec == "SYMMETRIC_DEFAULT").then_some(status)),
        }
    }

    /// Whether a key is one of the account's own that can rotate: all but every ninth.
    pub(super) fn can_rotate(&self, region: usize, index: usize) -> bool {
        if index.is_multiple_of(OF_AWS) {
            return false;
        }
        let own = index - index / OF_AWS - 1;
        own % 9 != 8 || self.violation_in(KEYS, self.own_keys(), region, own).is_some()
    }
}
