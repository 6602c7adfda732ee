use cis_core::prelude::*;

use super::engines::{CLUSTERS, INSTANCES, each_database, left_out, other_services};
use crate::datasets::rds::{DbClusters, DbInstances};

control! {
    /// RDS databases are encrypted at rest.
    ///
    /// Judged is each instance, and each cluster without instances (Aurora Serverless v1). With which key does not matter, nor
    /// whether connections are encrypted.
    ///
    /// ## Why it matters
    /// Storage, snapshots, backups and read replicas stay unreadable to whoever gets at them and not at the key.
    pub struct Encryption {
        /// Engines that are not judged: those of other services, which the API lists too.
        pub engines_excluded: Vec<String> = other_services(),
    }
    key: "rds.encryption", title: "RDS databases are encrypted at rest",
    resource_type: "AWS::RDS::DBInstance", judged_at: Region,
}

impl Control for Encryption {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        const RESTORE_CLUSTER: &str = "aws rds restore-db-cluster-from-snapshot --db-cluster-identifier <NEW_CLUSTER_NAME> --snapshot-identifier <SNAPSHOT_NAME> --engine <ENGINE> --kms-key-id alias/aws/rds --db-subnet-group-name <SUBNET_GROUP_NAME> --vpc-security-group-ids <SECURITY_GROUP_ID> --db-cluster-parameter-group-name <PARAMETER_GROUP_NAME> --region {region}";
        const ADD_INSTANCE: &str = "aws rds create-db-instance --db-instance-identifier <NEW_INSTANCE_NAME> --db-cluster-identifier <NEW_CLUSTER_NAME> --db-instance-class <INSTANCE_CLASS> --engine <ENGINE> --region {region}";
        Some(
            Remediation::new(
                "Encryption is chosen when a database is made: take a snapshot, make an encrypted database of it, and move the \
                 applications over. An instance of Aurora is encrypted with its cluster: use the commands for a cluster.",
            )
            .caution(CautionKind::Interrupts, "What is written after the snapshot is not in the new database: stop the applications before.")
            .caution(CautionKind::Costs, "Both databases are paid for until the old one is gone.")
            .console([
                "In the region {region}: RDS, Databases, {resource}: Actions, \"Take snapshot\".",
                "Snapshots: choose it, then Actions, \"Copy snapshot\" with encryption (Aurora: encryption is chosen when restoring).",
                "Choose the copy, then Actions, \"Restore snapshot\". Move the applications over, and delete the old database.",
            ])
            .cli_for("AWS::RDS::DBInstance", [
                "aws rds create-db-snapshot --db-instance-identifier {resource} --db-snapshot-identifier <SNAPSHOT_NAME> --region {region}",
                "aws rds copy-db-snapshot --source-db-snapshot-identifier <SNAPSHOT_NAME> --target-db-snapshot-identifier <ENCRYPTED_SNAPSHOT_NAME> --kms-key-id alias/aws/rds --region {region}",
                "aws rds restore-db-instance-from-db-snapshot --db-instance-identifier <NEW_DATABASE_NAME> --db-snapshot-identifier <ENCRYPTED_SNAPSHOT_NAME> --db-subnet-group-name <SUBNET_GROUP_NAME> --vpc-security-group-ids <SECURITY_GROUP_ID> --db-parameter-group-name <PARAMETER_GROUP_NAME> --region {region}",
                "aws rds create-db-cluster-snapshot --db-cluster-identifier <CLUSTER_NAME> --db-cluster-snapshot-identifier <SNAPSHOT_NAME> --region {region}",
                RESTORE_CLUSTER,
                ADD_INSTANCE,
            ])
            .cli_for("AWS::RDS::DBCluster", [
                "aws rds create-db-cluster-snapshot --db-cluster-identifier {resource} --db-cluster-snapshot-identifier <SNAPSHOT_NAME> --region {region}",
                RESTORE_CLUSTER,
                ADD_INSTANCE,
            ])
            .terraform_for("AWS::RDS::DBInstance", [r#"
                # A new resource: on the old one, Terraform would delete the database and make an empty one.
                resource "aws_db_instance" "encrypted" {
                  identifier             = "<NEW_DATABASE_NAME>"
                  instance_class         = "<INSTANCE_CLASS>"
                  snapshot_identifier    = "<ENCRYPTED_SNAPSHOT_NAME>"
                  storage_encrypted      = true
                  db_subnet_group_name   = "<SUBNET_GROUP_NAME>"
                  vpc_security_group_ids = ["<SECURITY_GROUP_ID>"]
                  parameter_group_name   = "<PARAMETER_GROUP_NAME>"
                }
            "#])
            .terraform([r#"
                # Of Aurora, a new cluster with an instance. Without kms_key_id it would be as its snapshot is: not encrypted.
                resource "aws_rds_cluster" "encrypted" {
                  cluster_identifier              = "<NEW_CLUSTER_NAME>"
                  engine                          = "<ENGINE>"
                  snapshot_identifier             = "<SNAPSHOT_NAME>"
                  storage_encrypted               = true
                  kms_key_id                      = "<KEY_ARN>"
                  db_subnet_group_name            = "<SUBNET_GROUP_NAME>"
                  vpc_security_group_ids          = ["<SECURITY_GROUP_ID>"]
                  db_cluster_parameter_group_name = "<PARAMETER_GROUP_NAME>"
                }

                resource "aws_rds_cluster_instance" "encrypted" {
                  identifier         = "<NEW_INSTANCE_NAME>"
                  cluster_identifier = aws_rds_cluster.encrypted.id
                  engine             = aws_rds_cluster.encrypted.engine
                  instance_class     = "<INSTANCE_CLASS>"
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<DbInstances>().and::<DbClusters>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        each_database(
            facts,
            findings,
            |instance| {
                let kind = instance.storage_encryption_type.as_deref();
                self.judge(instance.engine.as_deref(), instance.storage_encrypted, kind, INSTANCES)
            },
            |cluster| {
                let kind = cluster.storage_encryption_type.as_deref();
                self.judge(cluster.engine.as_deref(), cluster.storage_encrypted, kind, CLUSTERS)
            },
        );
        Ok(())
    }
}

impl Encryption {
    fn judge(
        &self,
        engine: Option<&str>,
        encrypted: Option<bool>,
        kind: Option<&str>,
        operation: &'static str,
    ) -> Result<Verdict, Gap> {
        let excluded = |engine: &str| self.engines_excluded.iter().any(|excluded| excluded == engine);
        if let Some(verdict) = left_out(engine, operation, excluded)? {
            return Ok(verdict);
        }
        let verdict = match (encrypted, kind) {
            // sse-rds: a key of AWS's own. StorageEncrypted is then false.
            (Some(true), _) | (_, Some("sse-kms" | "sse-rds")) => Verdict::pass(msg!("The storage is encrypted.")),
            (Some(false), None | Some("none")) => Verdict::fail(msg!("The storage is not encrypted; it must be.")),
            (None, _) => return Err(Gap::malformed("StorageEncrypted is missing from the answer")),
            (Some(false), Some(kind)) => {
                return Err(Gap::malformed(gap_text!("StorageEncryptionType is {kind:?}, which is not known")));
            }
        };
        Ok(verdict.evidence(operation, "StorageEncrypted", &encrypted).evidence(
            operation,
            "StorageEncryptionType",
            &kind,
        ))
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, unread};

    use super::*;

    const DB: &str = "arn:aws:rds:us-east-1:123456789012:db:a";

    fn db(name: &str, more: &str) -> String {
        format!(
            r#"{{"DBInstanceArn": "arn:aws:rds:us-east-1:123456789012:db:{name}", "DBInstanceIdentifier": "{name}" {more}}}"#
        )
    }

    fn cluster(more: &str) -> FactSet {
        aws::<DbClusters>(&format!(
            r#"{{"DBClusters": [{{"DBClusterArn": "arn:aws:rds:us-east-1:123456789012:cluster:c", "DBClusterIdentifier": "c" {more}}}]}}"#
        ))
    }

    fn dbs(list: &[String]) -> FactSet {
        aws::<DbInstances>(&format!(r#"{{"DBInstances": [{}]}}"#, list.join(",")))
    }

    #[test]
    fn cases() {
        let none = || aws::<DbClusters>(r#"{"DBClusters": []}"#);
        let one = |more: &str| dbs(&[db("a", more)]).and(none());
        let encrypted = r#", "Engine": "postgres", "StorageEncrypted": true"#;
        let open = r#", "Engine": "postgres", "StorageEncrypted": false"#;
        Cases::of(Encryption::default())
            .partly_without::<DbInstances>()
            .partly_without::<DbClusters>()
            .pass("encrypted", one(encrypted))
            .pass("by a key of AWS's own", one(r#", "Engine": "mysql", "StorageEncrypted": false, "StorageEncryptionType": "sse-rds""#))
            .pass("by a key of the account, told by the type alone", one(r#", "Engine": "mysql", "StorageEncryptionType": "sse-kms""#))
            .fail("not encrypted", one(open))
            .fail("not encrypted, told twice", one(r#", "Engine": "mysql", "StorageEncrypted": false, "StorageEncryptionType": "none""#))
            .fail("a read replica is judged as it is read", one(r#", "Engine": "mysql", "StorageEncrypted": false, "ReadReplicaSourceDBInstanceIdentifier": "x""#))
            .not_applicable("DocumentDB", one(r#", "Engine": "docdb", "StorageEncrypted": false"#))
            .not_applicable("Neptune", one(r#", "Engine": "neptune", "StorageEncrypted": false"#))
            .unknown("the field is missing from the answer", one(r#", "Engine": "mysql""#))
            .unknown("the engine is missing: it may be another service's", one(r#", "StorageEncrypted": false"#))
            .unknown("a type that is not known", one(r#", "Engine": "mysql", "StorageEncrypted": false, "StorageEncryptionType": "sse-new""#))
            .each("a cluster with members is judged by them", dbs(&[db("a", r#", "Engine": "aurora-mysql", "DBClusterIdentifier": "c", "StorageEncrypted": false"#)]).and(cluster(r#", "Engine": "aurora-mysql", "StorageEncrypted": false, "DBClusterMembers": [{"DBInstanceIdentifier": "a"}]"#)), &[(DB, Status::Fail)])
            .fail("a cluster without members: serverless", dbs(&[]).and(cluster(r#", "Engine": "aurora-mysql", "StorageEncrypted": false, "DBClusterMembers": []"#)))
            .pass("a cluster without members, encrypted", dbs(&[]).and(cluster(r#", "Engine": "aurora-mysql", "StorageEncrypted": true, "DBClusterMembers": []"#)))
            .not_applicable("a cluster of DocumentDB without members", dbs(&[]).and(cluster(r#", "Engine": "docdb", "StorageEncrypted": false, "DBClusterMembers": []"#)))
            .unknown("the members of a cluster are missing from the answer", dbs(&[]).and(cluster(r#", "Engine": "aurora-mysql", "StorageEncrypted": false"#)))
            .not_applicable("no database", dbs(&[]).and(none()))
            .each("the clusters are denied: there may be one without members", dbs(&[db("a", open)]).and(unread::<DbClusters>(GapKind::Denied)), &[("123456789012", Status::Unknown), (DB, Status::Fail)])
            .unknown("the instances are denied", unread::<DbInstances>(GapKind::Denied).and(none()))
            .each("a page of instances is missing", one(encrypted).cut_off::<DbInstances>(), &[("123456789012", Status::Unknown), (DB, Status::Pass)])
            .each("a page of clusters is missing", one(encrypted).cut_off::<DbClusters>(), &[("123456789012", Status::Unknown), (DB, Status::Pass)])
            .check();
    }
}
