use cis_core::prelude::*;

use super::engines::{INSTANCES, left_out, other_services, shown};
use crate::datasets::rds::DbInstances;

control! {
    /// RDS instances are not publicly accessible.
    ///
    /// Judged is the setting alone: a closed security group or a private subnet does not make up for it, since either can
    /// change any day without anybody thinking of the database.
    ///
    /// ## Why it matters
    /// The name of such a database leads to a public address. From then on one wrong rule is enough to let everybody try
    /// passwords on it.
    /// ## How to fix
    /// `aws rds modify-db-instance --no-publicly-accessible --apply-immediately`. Who comes from outside then needs a VPN, a
    /// peered network or a bastion.
    pub struct PublicAccess {
        /// Engines that are not judged: those of other services, which the API lists too.
        pub engines_excluded: Vec<String> = other_services(),
    }
    key: "rds.public_access", title: "RDS instances are not publicly accessible",
    resource_type: "AWS::RDS::DBInstance", judged_at: Region,
}

impl Control for PublicAccess {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn reads(&self) -> Reads {
        Reads::of::<DbInstances>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let excluded = |engine: &str| self.engines_excluded.iter().any(|excluded| excluded == engine);
        findings.each(
            &facts.rows::<DbInstances>()?,
            |instance| Target::arn(&instance.db_instance_arn),
            |instance| {
                if let Some(verdict) = left_out(instance.engine.as_deref(), INSTANCES, excluded)? {
                    return Ok(verdict);
                }
                let public = instance.publicly_accessible;
                let public = public.ok_or_else(|| Gap::malformed("PubliclyAccessible is missing from the answer"))?;
                let verdict = if public {
                    Verdict::fail(msg!("The instance is publicly accessible; it must not be."))
                } else {
                    Verdict::pass(msg!("The instance is not publicly accessible."))
                };
                Ok(shown(verdict.evidence(INSTANCES, "PubliclyAccessible", &public), instance)
                    .evidence(INSTANCES, "Endpoint", &instance.endpoint)
                    .evidence(INSTANCES, "DBSubnetGroup", &instance.db_subnet_group)
                    .evidence(INSTANCES, "VpcSecurityGroups", &instance.vpc_security_groups))
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

    fn one(more: &str) -> FactSet {
        aws::<DbInstances>(&format!(r#"{{"DBInstances": [{{"DBInstanceArn": "{A}" {more}}}]}}"#))
    }

    #[test]
    fn cases() {
        let public = r#", "Engine": "mysql", "PubliclyAccessible": true, "Endpoint": {"Port": 3306}"#;
        Cases::of(PublicAccess::default())
            .pass("not public", one(r#", "Engine": "mysql", "PubliclyAccessible": false"#))
            .fail("public, whatever the network says", one(public))
            .not_applicable("DocumentDB", one(r#", "Engine": "docdb", "PubliclyAccessible": true"#))
            .not_applicable("Neptune", one(r#", "Engine": "neptune", "PubliclyAccessible": true"#))
            .unknown("the field is missing from the answer", one(r#", "Engine": "mysql""#))
            .unknown("the engine is missing: it may be another service's", one(r#", "PubliclyAccessible": true"#))
            .not_applicable("no instance", aws::<DbInstances>(r#"{"DBInstances": []}"#))
            .unknown("denied", unread::<DbInstances>(GapKind::Denied))
            .each("a page is missing", one(public).cut_off::<DbInstances>(), &[("123456789012", Status::Unknown), (A, Status::Fail)])
            .check();
    }
}
