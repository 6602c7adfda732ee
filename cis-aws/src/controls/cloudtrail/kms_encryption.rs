use cis_core::prelude::*;

use super::trails::{AllTrails, DESCRIBE, GET_STATUS, lists_and_statuses};
use crate::datasets::cloudtrail::Status as TrailState;

control! {
    /// Every trail encrypts its log files with a KMS key of its own.
    ///
    /// The default encryption of the bucket is something else and does not count. The key may be another account's; whether
    /// it works is not judged, but the last delivery's error is shown.
    ///
    /// ## Why it matters
    /// To read the logs then takes leave of the key as well as of the bucket: one policy that is too wide does not do.
    pub struct KmsEncryption {}
    key: "cloudtrail.kms_encryption", title: "Trails encrypt their log files with a KMS key",
    resource_type: "AWS::CloudTrail::Trail", judged_at: Account,
}

impl Control for KmsEncryption {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Give the trail a KMS key of the bucket's region. Its policy must first allow the service \
                 cloudtrail.amazonaws.com to generate data keys and to describe the key, and those who read the logs to decrypt.",
            )
            .caution(CautionKind::Costs, "A key costs money each month, and so do calls of it.")
            .caution(CautionKind::CutsAccess, "Where the key's policy does not let CloudTrail encrypt, delivery stops; who may not decrypt reads no more logs.")
            .console([
                "CloudTrail, Trails, {resource}: under \"General details\" choose Edit.",
                "Turn on \"Log file SSE-KMS encryption\", choose a key, and save. A key that is made here gets the right policy.",
            ])
            .cli(["aws cloudtrail update-trail --name {arn} --kms-key-id <KEY_ARN> --region {region}"])
            .terraform([r#"
                # In the resource of the trail:
                resource "aws_cloudtrail" "trail" {
                  # ... other configuration ...
                  name           = "{resource}"
                  s3_bucket_name = "<BUCKET_NAME>"
                  kms_key_id     = "<KEY_ARN>"
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        lists_and_statuses()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        AllTrails::read(facts).each(facts, findings, |trail| {
            let error = |status: &TrailState| status.latest_delivery_error.clone();
            let key = trail.row.kms_key_id.as_deref().filter(|key| !key.is_empty());
            let verdict = match key {
                Some(key) => Verdict::pass(msg!("Log files are encrypted with {key}.", key)),
                None => Verdict::fail(msg!("Log files are not encrypted with a KMS key; the trail must name one.")),
            };
            let verdict = verdict.evidence(DESCRIBE, "KmsKeyId", &trail.row.kms_key_id);
            Ok(verdict.evidence_if_read(GET_STATUS, "LatestDeliveryError", trail.status(facts).map(error)))
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, unread};

    use super::super::trails::account::{FOREIGN, MAIN, status, trails};
    use super::*;
    use crate::datasets::cloudtrail::{TrailStatuses, Trails};

    const KEY: &str = r#""KmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/1""#;

    fn main(more: &str) -> FactSet {
        trails(&[(MAIN, more)]).and(status(&[(MAIN, r#""IsLogging": true"#)]))
    }

    #[test]
    fn cases() {
        Cases::of(KmsEncryption {})
            .pass("a key", main(KEY))
            .holds_without::<TrailStatuses>()
            .pass("another account's key", main(r#""KmsKeyId": "arn:aws:kms:us-east-1:999999999999:key/1""#))
            .holds_without::<TrailStatuses>()
            .pass("a key that is disabled: the error is shown", trails(&[(MAIN, KEY)]).and(status(&[(MAIN, r#""IsLogging": true, "LatestDeliveryError": "KMS.DisabledException""#)])))
            .holds_without::<TrailStatuses>()
            .fail("no key, whatever the bucket's own encryption", main(r#""S3BucketName": "logs""#))
            .holds_without::<TrailStatuses>()
            .fail("an empty text in a snapshot", main(r#""KmsKeyId": """#))
            .holds_without::<TrailStatuses>()
            .each("another account's trail is judged too", trails(&[(MAIN, KEY), (FOREIGN, "")]).and(status(&[(MAIN, "")])), &[(MAIN, Status::Pass), (FOREIGN, Status::Fail)])
            .holds_without::<TrailStatuses>()
            .not_applicable("no trail", trails(&[]))
            .unknown("denied", unread::<Trails>(GapKind::Denied))
            .check();
    }
}
