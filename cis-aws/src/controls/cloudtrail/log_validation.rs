use cis_core::prelude::*;

use super::trails::{AllTrails, DESCRIBE, lists};

control! {
    /// Every trail writes digests, by which a changed or deleted log file shows.
    ///
    /// Judged is every trail that is seen, once: stopped ones too, and those of the organization that another account
    /// owns and must change.
    ///
    /// ## Why it matters
    /// Without digests nobody can tell whether a log file is what CloudTrail delivered, or what an intruder left of it.
    pub struct LogValidation {}
    key: "cloudtrail.log_validation", title: "Trails validate their log files",
    resource_type: "AWS::CloudTrail::Trail", judged_at: Account,
}

impl Control for LogValidation {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Let the trail write digests. From then on, \"aws cloudtrail validate-logs\" tells whether a log file was changed. \
                 An organization's trail is changed in the account that owns it.",
            )
            .console([
                "CloudTrail, Trails, {resource}: under \"General details\" choose Edit.",
                "Under \"Additional settings\", enable \"Log file validation\", and save.",
            ])
            .cli(["aws cloudtrail update-trail --name {arn} --enable-log-file-validation --region {region}"])
            .terraform([r#"
                # In the resource of the trail:
                resource "aws_cloudtrail" "trail" {
                  # ... other configuration ...
                  name                       = "{resource}"
                  s3_bucket_name             = "<BUCKET_NAME>"
                  enable_log_file_validation = true
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        lists()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        const FIELD: &str = "LogFileValidationEnabled";
        AllTrails::read(facts).each(facts, findings, |trail| {
            let enabled = trail.flag(FIELD, trail.row.log_file_validation_enabled)?;
            let verdict = if enabled {
                Verdict::pass(msg!("Log file validation is on."))
            } else {
                Verdict::fail(msg!("Log file validation is off; it must be on."))
            };
            Ok(verdict.evidence(DESCRIBE, FIELD, &enabled))
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, unread};

    use super::super::trails::account::{FOREIGN, MAIN, shadow, trails};
    use super::*;
    use crate::datasets::cloudtrail::Trails;

    const ON: &str = r#""LogFileValidationEnabled": true"#;
    const OFF: &str = r#""LogFileValidationEnabled": false"#;

    #[test]
    fn cases() {
        Cases::of(LogValidation {})
            .pass("on", trails(&[(MAIN, ON)]))
            .fail("off", trails(&[(MAIN, OFF)]))
            .unknown("missing from the answer, which is not off", trails(&[(MAIN, "")]))
            .each("another account's trail of the same name is a trail of its own", trails(&[(MAIN, ON), (FOREIGN, OFF)]), &[(MAIN, Status::Pass), (FOREIGN, Status::Fail)])
            .pass("seen from two regions: one finding", trails(&[(MAIN, ON)]).and_region(shadow("eu-west-1", MAIN, ON)))
            .not_applicable("no trail: another control judges that", trails(&[]))
            .unknown("denied", unread::<Trails>(GapKind::Denied))
            .unknown("no trail in a list that broke off", trails(&[]).cut_off::<Trails>())
            .unknown("no trail in the regions that were listed, which are not all", trails(&[]).regions_gap(GapKind::Denied))
            .each("one region is denied", trails(&[(MAIN, ON)]).and_region(unread::<Trails>(GapKind::Denied).in_region("ap-east-1")), &[("123456789012", Status::Unknown), (MAIN, Status::Pass)])
            .check();
    }
}
