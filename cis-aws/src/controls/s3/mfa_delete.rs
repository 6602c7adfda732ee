use cis_core::prelude::*;

use super::bucket;
use crate::datasets::s3::BucketVersionings;

control! {
    /// Deleting an object version needs a second factor.
    ///
    /// Both settings must be `Enabled`: without versioning there are no versions to keep, and a suspended bucket keeps no
    /// new ones.
    ///
    /// ## Why it matters
    /// Without it, one stolen key can destroy every version of every object.
    pub struct MfaDelete {
        /// Fail a bucket without it (1.5.0) instead of asking a person whether its data is sensitive (2.0.0).
        pub manual_as_fail: bool = false,
    }
    key: "s3.mfa_delete", title: "S3 buckets need MFA to delete object versions",
    resource_type: "AWS::S3::Bucket", judged_at: Account,
}

impl Control for MfaDelete {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Only the root user can, by the AWS CLI with an access key of root's and a code of root's device: make the key \
                 for this alone and delete it afterwards. Use it where data is sensitive.",
            )
            .caution(CautionKind::CutsAccess, "Automation that deletes versions or the bucket no longer works, and lifecycle rules cannot be set beside it.")
            .caution(CautionKind::Costs, "Versions that nobody deletes are stored and paid for.")
            .no_console("The console does not offer it.")
            .cli([
                "aws s3api put-bucket-versioning --bucket {resource} --versioning-configuration Status=Enabled,MFADelete=Enabled --mfa '<DEVICE_SERIAL_NUMBER> <CODE>'",
            ])
            .no_terraform("It takes root's key and a code of the moment, and Terraform should never run as root."),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<BucketVersionings>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let rows = facts.rows::<BucketVersionings>()?;
        bucket::each(facts, findings, &rows, |row| &row.bucket, |row| {
                let seen = row.versioning.known()?;
                let (status, mfa) = (seen.status.as_deref(), seen.mfa_delete.as_deref());
                let verdict = match (status, mfa) {
                    (Some("Enabled"), Some("Enabled")) => {
                        Verdict::pass(msg!("Versioning and MFA delete are Enabled."))
                    }
                    _ if self.manual_as_fail => Verdict::fail(msg!(
                        "Versioning is {status} and MFA delete is {mfa}; both must be Enabled.",
                        status,
                        mfa
                    )),
                    _ => Verdict::manual(msg!(
                        "Versioning is {status} and MFA delete is {mfa}; both must be Enabled if the bucket holds sensitive data: decide whether it does.",
                        status,
                        mfa
                    )),
                };
                Ok(verdict.evidence("s3:GetBucketVersioning", "VersioningConfiguration", seen))
            });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, unread};
    use serde_json::{Value, json};

    use super::*;

    fn buckets(list: &[Value]) -> FactSet {
        aws::<BucketVersionings>(&json!({ "Buckets": list }).to_string())
    }

    fn one(fields: &str) -> FactSet {
        let mut row: Value = serde_json::from_str(fields).unwrap();
        row["Bucket"] = json!("logs");
        buckets(&[row])
    }

    /// What lacks one of the two settings: a case for a person, or a fail.
    const LACKING: [(&str, &str); 7] = [
        ("MFA delete is off", r#"{"Status": "Enabled", "MFADelete": "Disabled"}"#),
        ("MFA delete was never set", r#"{"Status": "Enabled"}"#),
        ("the spelling of the XML", r#"{"Status": "Enabled", "MfaDelete": "Disabled"}"#),
        ("suspended: no new versions are kept", r#"{"Status": "Suspended", "MFADelete": "Enabled"}"#),
        ("suspended, and MFA delete off", r#"{"Status": "Suspended", "MFADelete": "Disabled"}"#),
        ("never versioned: S3 leaves both fields out", "{}"),
        ("a case that S3 never writes", r#"{"Status": "enabled", "MFADelete": "enabled"}"#),
    ];

    /// What both versions judge alike.
    fn with_common(cases: Cases) -> Cases {
        let refused = json!({"Bucket": "refused", "$gap": {"kind": "denied", "operation": "s3:GetBucketVersioning",
            "code": "AccessDenied", "action": "s3:GetBucketVersioning"}});
        let on = |bucket: &str| json!({"Bucket": bucket, "Status": "Enabled", "MFADelete": "Enabled"});
        cases
            .pass("both on", one(r#"{"Status": "Enabled", "MFADelete": "Enabled"}"#))
            .pass("both on, in the spelling of the XML", one(r#"{"Status": "Enabled", "MfaDelete": "Enabled"}"#))
            .each("one bucket of three is denied", buckets(&[on("a"), refused, on("z")]), &[
                ("arn:aws:s3:::a", Status::Pass),
                ("arn:aws:s3:::refused", Status::Unknown),
                ("arn:aws:s3:::z", Status::Pass),
            ])
            .unknown("denied for all", unread::<BucketVersionings>(GapKind::Denied))
            .unknown("the status is no text", one(r#"{"Status": true, "MFADelete": "Enabled"}"#))
            .unknown("none was seen before a page failed", buckets(&[]).cut_off::<BucketVersionings>())
            .each("another partition", one(r#"{"Status": "Enabled", "MFADelete": "Enabled"}"#).partition("aws-us-gov"), &[
                ("arn:aws-us-gov:s3:::logs", Status::Pass),
            ])
            .not_applicable("no bucket", buckets(&[]))
    }

    #[test]
    fn cases() {
        let mut cases = with_common(Cases::of(MfaDelete::default()));
        for (name, fields) in LACKING {
            cases = cases.manual(name, one(fields));
        }
        cases.check();
    }

    #[test]
    fn cases_of_1_5_0() {
        let mut cases = with_common(Cases::of(MfaDelete { manual_as_fail: true }).named("1.5.0"));
        for (name, fields) in LACKING {
            cases = cases.fail(name, one(fields));
        }
        cases.check();
    }
}
