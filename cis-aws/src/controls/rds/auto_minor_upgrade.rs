use std::collections::BTreeMap;

use cis_core::prelude::*;

use super::engines::{CLUSTERS, INSTANCES, each_database, left_out, other_services};
use crate::datasets::rds::{DbClusters, DbInstances};

control! {
    /// RDS databases take minor engine upgrades by themselves.
    ///
    /// Judged is the setting of each instance, also where the engine makes little of it, and that of a cluster without
    /// instances. An Aurora cluster is upgraded only if all of its instances and the cluster itself have the setting: each
    /// instance has its own verdict, and the evidence names what keeps its cluster back. Not judged are RDS Custom, where the
    /// setting must be off, and Aurora Serverless v1, which has no instances.
    ///
    /// ## Why it matters
    /// Minor versions hold the fixes of security holes. A database that waits for a person to upgrade it waits long.
    pub struct AutoMinorUpgrade {
        /// Engines that are not judged: those of other services, which the API lists too.
        pub engines_excluded: Vec<String> = other_services(),
    }
    key: "rds.auto_minor_upgrade", title: "RDS databases upgrade minor versions by themselves",
    resource_type: "AWS::RDS::DBInstance", judged_at: Region,
}

const FIELD: &str = "AutoMinorVersionUpgrade";

impl Control for AutoMinorUpgrade {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Turn automatic minor upgrades on; of an Aurora cluster, for every instance. The instances of a Multi-AZ DB \
                 cluster cannot be modified: there it is set on the cluster.",
            )
            .caution(CautionKind::Interrupts, "Upgrades come in the maintenance window, mostly with a restart.")
            .console([
                "In the region {region}: RDS, Databases, {resource}, Modify.",
                "Under Maintenance, enable \"Auto minor version upgrade\", and save.",
            ])
            .cli_for("AWS::RDS::DBInstance", [
                "aws rds modify-db-instance --db-instance-identifier {resource} --auto-minor-version-upgrade --region {region}",
                "aws rds modify-db-cluster --db-cluster-identifier <CLUSTER_NAME> --auto-minor-version-upgrade --region {region}",
            ])
            .cli_for("AWS::RDS::DBCluster", [
                "aws rds modify-db-cluster --db-cluster-identifier {resource} --auto-minor-version-upgrade --region {region}",
            ])
            .terraform_for("AWS::RDS::DBInstance", [
                r#"
                # In the resource of the instance:
                resource "aws_db_instance" "this" {
                  # ... other configuration ...
                  identifier                 = "{resource}"
                  auto_minor_version_upgrade = true
                }
                "#,
                r#"
                # Of Aurora, in the resource of each instance:
                resource "aws_rds_cluster_instance" "this" {
                  # ... other configuration ...
                  auto_minor_version_upgrade = true
                }
                "#,
            ])
            .terraform([r#"
                # Of a cluster, in the resource of the cluster, too:
                resource "aws_rds_cluster" "this" {
                  # ... other configuration ...
                  auto_minor_version_upgrade = true
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<DbInstances>().and::<DbClusters>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let clusters = facts.rows::<DbClusters>();
        // The cluster's own setting; null where AWS has none of it.
        let of_cluster = |name: &str| -> Result<Option<bool>, Gap> {
            let rows = clusters.as_ref().map_err(Gap::clone)?;
            match rows.iter().find(|cluster| cluster.db_cluster_identifier.as_deref() == Some(name)) {
                Some(cluster) => Ok(cluster.auto_minor_version_upgrade),
                None => rows.whole().map(|()| None),
            }
        };
        let mut off: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for instance in facts.rows::<DbInstances>().iter().flat_map(Rows::iter) {
            if let (Some(cluster), Some(false)) =
                (instance.db_cluster_identifier.as_deref(), instance.auto_minor_version_upgrade)
            {
                off.entry(cluster).or_default().push(&instance.db_instance_arn);
            }
        }
        each_database(
            facts,
            findings,
            |instance| {
                let on = instance.auto_minor_version_upgrade;
                let verdict = self.judge(instance.engine.as_deref(), on, INSTANCES)?;
                let Some(cluster) = instance.db_cluster_identifier.as_deref() else { return Ok(verdict) };
                let verdict = verdict.evidence_if_read(CLUSTERS, "AutoMinorVersionUpgrade of the cluster", of_cluster(cluster));
                Ok(match off.get(cluster).filter(|_| on == Some(true)) {
                    Some(others) => {
                        verdict.evidence(INSTANCES, "members that keep the cluster from being upgraded", others)
                    }
                    None => verdict,
                })
            },
            |cluster| {
                let engine = cluster.engine.as_deref();
                if left_out(engine, CLUSTERS, |engine| self.leaves_out(engine))?.is_none()
                    && cluster.engine_mode.as_deref() == Some("serverless")
                {
                    let message = msg!("The cluster is Aurora Serverless v1: it has no instance that the setting is for.");
                    return Ok(Verdict::not_applicable(message).evidence(CLUSTERS, "EngineMode", "serverless"));
                }
                self.judge(engine, cluster.auto_minor_version_upgrade, CLUSTERS)
            },
        );
        Ok(())
    }
}

impl AutoMinorUpgrade {
    fn leaves_out(&self, engine: &str) -> bool {
        engine.starts_with("custom-") || self.engines_excluded.iter().any(|excluded| excluded == engine)
    }

    fn judge(&self, engine: Option<&str>, on: Option<bool>, operation: &'static str) -> Result<Verdict, Gap> {
        if let Some(verdict) = left_out(engine, operation, |engine| self.leaves_out(engine))? {
            return Ok(verdict);
        }
        let on = on.ok_or_else(|| Gap::malformed(gap_text!("{what} is missing from the answer", what = FIELD)).operation(operation))?;
        let verdict = if on {
            Verdict::pass(msg!("Minor versions are upgraded automatically."))
        } else {
            Verdict::fail(msg!("Minor versions are not upgraded automatically; they must be."))
        };
        Ok(verdict.evidence(operation, FIELD, &on))
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, unread};

    use super::*;

    const A: &str = "arn:aws:rds:us-east-1:123456789012:db:a";
    const B: &str = "arn:aws:rds:us-east-1:123456789012:db:b";

    const C: &str = "arn:aws:rds:us-east-1:123456789012:cluster:c";

    fn db(name: &str, more: &str) -> String {
        format!(r#"{{"DBInstanceArn": "arn:aws:rds:us-east-1:123456789012:db:{name}" {more}}}"#)
    }

    fn dbs(list: &[String]) -> FactSet {
        aws::<DbInstances>(&format!(r#"{{"DBInstances": [{}]}}"#, list.join(",")))
    }

    fn clusters(list: &[&str]) -> FactSet {
        let cluster = |more: &&str| {
            format!(r#"{{"DBClusterArn": "{C}", "DBClusterIdentifier": "c", "Engine": "aurora-mysql" {more}}}"#)
        };
        let list: Vec<_> = list.iter().map(cluster).collect();
        aws::<DbClusters>(&format!(r#"{{"DBClusters": [{}]}}"#, list.join(",")))
    }

    /// A cluster with the two members of the tests.
    fn with_members(on: bool) -> FactSet {
        let members = r#""DBClusterMembers": [{"DBInstanceIdentifier": "a"}, {"DBInstanceIdentifier": "b"}]"#;
        clusters(&[&format!(r#", "AutoMinorVersionUpgrade": {on}, {members}"#)])
    }

    #[test]
    fn cases() {
        let none = || clusters(&[]);
        let one = |engine: &str, on: bool| {
            dbs(&[db("a", &format!(r#", "Engine": "{engine}", "AutoMinorVersionUpgrade": {on}"#))]).and(none())
        };
        let member = |name, on: bool| {
            db(
                name,
                &format!(r#", "Engine": "aurora-mysql", "DBClusterIdentifier": "c", "AutoMinorVersionUpgrade": {on}"#),
            )
        };
        let headless = |more: &str| dbs(&[]).and(clusters(&[&format!(r#", "EngineMode": "provisioned", "DBClusterMembers": [] {more}"#)]));
        Cases::of(AutoMinorUpgrade::default())
            .partly_without::<DbInstances>()
            .partly_without::<DbClusters>()
            .pass("on", one("postgres", true))
            .fail("off", one("postgres", false))
            .fail("SQL Server: the setting is judged whatever comes of it", one("sqlserver-ee", false))
            .not_applicable("DocumentDB", one("docdb", false))
            .not_applicable("Neptune", one("neptune", false))
            .not_applicable("RDS Custom, where it must be off", one("custom-oracle-ee", false))
            .each(
                "members that disagree: the evidence of the others says so",
                dbs(&[member("a", true), member("b", false)]).and(with_members(true)),
                &[(A, Status::Pass), (B, Status::Fail)],
            )
            .each(
                "the cluster itself is off: members are judged by their own setting, and the evidence says so",
                dbs(&[member("a", true), member("b", true)]).and(with_members(false)),
                &[(A, Status::Pass), (B, Status::Pass)],
            )
            .each(
                "a member whose cluster is not in the list",
                dbs(&[member("a", true)]).and(none()),
                &[(A, Status::Pass)],
            )
            .each(
                "an instance of a Multi-AZ DB cluster, which AWS sets with the cluster",
                dbs(&[db("a", r#", "Engine": "mysql", "DBClusterIdentifier": "c", "AutoMinorVersionUpgrade": false"#)]).and(with_members(false)),
                &[(A, Status::Fail)],
            )
            .pass("a cluster without instances, on", headless(r#", "AutoMinorVersionUpgrade": true"#))
            .fail("a cluster without instances, off", headless(r#", "AutoMinorVersionUpgrade": false"#))
            .unknown("a cluster without instances whose setting is missing from the answer", headless(""))
            .not_applicable(
                "Aurora Serverless v1 has no instances",
                dbs(&[]).and(clusters(&[r#", "EngineMode": "serverless", "AutoMinorVersionUpgrade": false, "DBClusterMembers": []"#])),
            )
            .not_applicable(
                "a cluster of DocumentDB without instances",
                dbs(&[]).and(aws::<DbClusters>(&format!(r#"{{"DBClusters": [{{"DBClusterArn": "{C}", "Engine": "docdb", "DBClusterMembers": []}}]}}"#))),
            )
            .unknown("the members of a cluster are missing from the answer", dbs(&[]).and(clusters(&[r#", "AutoMinorVersionUpgrade": true"#])))
            .unknown("the field is missing from the answer", dbs(&[db("a", r#", "Engine": "mysql""#)]).and(none()))
            .unknown(
                "the engine is missing: it may be another service's",
                dbs(&[db("a", r#", "AutoMinorVersionUpgrade": false"#)]).and(none()),
            )
            .not_applicable("no database", dbs(&[]).and(none()))
            .unknown("the instances are denied", unread::<DbInstances>(GapKind::Denied).and(none()))
            .each(
                "the clusters are denied: there may be one without instances",
                one("mysql", true).and(unread::<DbClusters>(GapKind::Denied)),
                &[("123456789012", Status::Unknown), (A, Status::Pass)],
            )
            .each(
                "a page is missing",
                one("mysql", false).cut_off::<DbInstances>(),
                &[("123456789012", Status::Unknown), (A, Status::Fail)],
            )
            .each(
                "a page of clusters is missing",
                dbs(&[member("a", true)]).and(none()).cut_off::<DbClusters>(),
                &[("123456789012", Status::Unknown), (A, Status::Pass)],
            )
            .check();
    }
}
