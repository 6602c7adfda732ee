use std::collections::BTreeMap;

use cis_core::prelude::*;

use super::engines::{INSTANCES, left_out, other_services, shown};
use crate::datasets::rds::DbInstances;

control! {
    /// RDS instances take minor engine upgrades by themselves.
    ///
    /// Judged is the setting of each instance, also where the engine makes little of it. Not judged are RDS Custom, where it
    /// must be off, and clusters without instances.
    ///
    /// ## Why it matters
    /// Minor versions hold the fixes of security holes. A database that waits for a person to upgrade it waits long.
    /// ## How to fix
    /// `aws rds modify-db-instance --auto-minor-version-upgrade --apply-immediately`. Upgrades then come in the maintenance
    /// window. In an Aurora cluster every instance must have it.
    pub struct AutoMinorUpgrade {
        /// Engines that are not judged: those of other services, which the API lists too.
        pub engines_excluded: Vec<String> = other_services(),
    }
    key: "rds.auto_minor_upgrade", title: "RDS instances upgrade minor versions by themselves",
    resource_type: "AWS::RDS::DBInstance", judged_at: Region,
}

impl Control for AutoMinorUpgrade {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn reads(&self) -> Reads {
        Reads::of::<DbInstances>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let instances = facts.rows::<DbInstances>()?;
        let mut off: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for instance in instances.iter().filter(|instance| instance.auto_minor_version_upgrade == Some(false)) {
            if let Some(cluster) = &instance.db_cluster_identifier {
                off.entry(cluster).or_default().push(&instance.db_instance_arn);
            }
        }
        let excluded = |engine: &str| {
            engine.starts_with("custom-") || self.engines_excluded.iter().any(|excluded| excluded == engine)
        };
        findings.each(
            &instances,
            |instance| Target::arn(&instance.db_instance_arn),
            |instance| {
                if let Some(verdict) = left_out(instance.engine.as_deref(), INSTANCES, excluded)? {
                    return Ok(verdict);
                }
                let on = instance.auto_minor_version_upgrade;
                let on = on.ok_or_else(|| Gap::malformed("AutoMinorVersionUpgrade is missing from the answer"))?;
                let verdict = if on {
                    Verdict::pass(msg!("Minor versions are upgraded automatically."))
                } else {
                    Verdict::fail(msg!("Minor versions are not upgraded automatically; they must be."))
                };
                let verdict = shown(verdict.evidence(INSTANCES, "AutoMinorVersionUpgrade", &on), instance);
                let others = instance.db_cluster_identifier.as_deref().and_then(|cluster| off.get(cluster));
                Ok(match others.filter(|_| on) {
                    Some(others) => {
                        verdict.evidence(INSTANCES, "members that keep the cluster from being upgraded", others)
                    }
                    None => verdict,
                })
            },
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, unread};

    use super::*;

    const A: &str = "arn:aws:rds:us-east-1:123456789012:db:a";
    const B: &str = "arn:aws:rds:us-east-1:123456789012:db:b";

    fn db(name: &str, more: &str) -> String {
        format!(r#"{{"DBInstanceArn": "arn:aws:rds:us-east-1:123456789012:db:{name}" {more}}}"#)
    }

    fn dbs(list: &[String]) -> FactSet {
        aws::<DbInstances>(&format!(r#"{{"DBInstances": [{}]}}"#, list.join(",")))
    }

    #[test]
    fn cases() {
        let one = |engine: &str, on: bool| {
            dbs(&[db("a", &format!(r#", "Engine": "{engine}", "AutoMinorVersionUpgrade": {on}"#))])
        };
        let member = |name, on: bool| {
            db(
                name,
                &format!(r#", "Engine": "aurora-mysql", "DBClusterIdentifier": "c", "AutoMinorVersionUpgrade": {on}"#),
            )
        };
        Cases::of(AutoMinorUpgrade::default())
            .pass("on", one("postgres", true))
            .fail("off", one("postgres", false))
            .fail("SQL Server: the setting is judged whatever comes of it", one("sqlserver-ee", false))
            .not_applicable("DocumentDB", one("docdb", false))
            .not_applicable("Neptune", one("neptune", false))
            .not_applicable("RDS Custom, where it must be off", one("custom-oracle-ee", false))
            .each(
                "members that disagree: the evidence of the others says so",
                dbs(&[member("a", true), member("b", false)]),
                &[(A, Status::Pass), (B, Status::Fail)],
            )
            .unknown("the field is missing from the answer", dbs(&[db("a", r#", "Engine": "mysql""#)]))
            .unknown(
                "the engine is missing: it may be another service's",
                dbs(&[db("a", r#", "AutoMinorVersionUpgrade": false"#)]),
            )
            .not_applicable("no instance", dbs(&[]))
            .unknown("denied", unread::<DbInstances>(GapKind::Denied))
            .each(
                "a page is missing",
                one("mysql", false).cut_off::<DbInstances>(),
                &[("123456789012", Status::Unknown), (A, Status::Fail)],
            )
            .check();
    }
}
