use cis_core::prelude::*;

use super::bucket;
use crate::datasets::s3::{BucketEncryptions, EncryptionRule};

control! {
    /// Every bucket has a rule that encrypts new objects by default.
    ///
    /// ## Why it matters
    /// An object that is stored in clear is read by whoever gets at the storage. Since 2023-01-05 S3 encrypts every new
    /// object by itself, which is why later versions of the benchmark dropped this; what counts here is the rule that is
    /// read, never that date.
    pub struct DefaultEncryption {}
    key: "s3.default_encryption", title: "S3 buckets encrypt new objects by default",
    resource_type: "AWS::S3::Bucket", judged_at: Account,
}

impl Control for DefaultEncryption {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Set a default rule: AES256 for keys of S3, or aws:kms for a key of AWS KMS, which can be in another account.",
            )
            .caution(CautionKind::ReplacesAll, "The rule takes the place of the bucket's own, if it has one that cannot be read here.")
            .console([
                "S3, bucket {resource}, Properties: under \"Default encryption\" choose Edit.",
                "Choose \"Server-side encryption with Amazon S3 managed keys (SSE-S3)\", or with a KMS key, and save.",
            ])
            .cli([
                r#"aws s3api put-bucket-encryption --bucket {resource} --server-side-encryption-configuration '{"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}'"#,
            ])
            .terraform([r#"
                resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
                  bucket = "{resource}"

                  rule {
                    apply_server_side_encryption_by_default {
                      sse_algorithm = "AES256"
                    }
                  }
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<BucketEncryptions>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        const GET: &str = "s3:GetBucketEncryption";
        const FIELD: &str = "ServerSideEncryptionConfiguration";
        let rows = facts.rows::<BucketEncryptions>()?;
        bucket::each(facts, findings, &rows, |row| &row.bucket, |row| {
                let configuration = row.server_side_encryption_configuration.known()?;
                let Some(configuration) = configuration else {
                    let message = msg!("No default encryption is set; a rule must name AES256, aws:kms or aws:kms:dsse.");
                    return Ok(Verdict::fail(message).evidence(GET, FIELD, configuration));
                };
                let mut algorithms = configuration.rules.iter().filter_map(algorithm);
                let encrypts = |algorithm: &&str| matches!(*algorithm, "AES256" | "aws:kms" | "aws:kms:dsse");
                let verdict = match (algorithms.clone().find(encrypts), algorithms.next()) {
                    (Some(algorithm), _) => {
                        Verdict::pass(msg!("New objects are encrypted by default with {algorithm}.", algorithm))
                    }
                    (None, None) => Verdict::fail(msg!(
                        "The default encryption has no rule with an algorithm; one must name AES256, aws:kms or aws:kms:dsse."
                    )),
                    (None, Some(algorithm)) => {
                        let gap = Gap::malformed(gap_text!("the algorithm {algorithm} is not known"));
                        return Err(gap.operation(GET));
                    }
                };
                Ok(verdict.evidence(GET, FIELD, configuration))
            });
        Ok(())
    }
}

/// The algorithm of a rule, if it has one: a rule can also hold other settings alone.
fn algorithm(rule: &EncryptionRule) -> Option<&str> {
    let algorithm = rule.apply_server_side_encryption_by_default.as_ref()?.sse_algorithm.as_deref();
    algorithm.filter(|algorithm| !algorithm.is_empty())
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, denied, rows, unread};
    use serde_json::{Value, json};

    use super::*;
    use crate::datasets::s3::BucketEncryption;

    fn buckets(list: &[(&str, Value)]) -> FactSet {
        let row = |(bucket, configuration): &(&str, Value)| {
            json!({"Bucket": bucket, "ServerSideEncryptionConfiguration": configuration})
        };
        let list: Vec<_> = list.iter().map(row).collect();
        aws::<BucketEncryptions>(&json!({ "Buckets": list }).to_string())
    }

    #[test]
    fn cases() {
        let by = |algorithm: &str| json!({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}});
        let one = |rules: Value| buckets(&[("b", json!({ "Rules": rules }))]);
        let other_account = json!({"ApplyServerSideEncryptionByDefault": {
            "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:us-east-1:999999999999:key/1"}, "BucketKeyEnabled": true});
        let refused = BucketEncryption {
            bucket: "refused".into(),
            server_side_encryption_configuration: denied("s3:GetBucketEncryption"),
        };
        let open = BucketEncryption {
            bucket: "open".into(),
            server_side_encryption_configuration: cis_core::testkit::known(
                r#"{"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}"#,
            ),
        };
        Cases::of(DefaultEncryption {})
            .pass("keys of S3", one(json!([by("AES256")])))
            .pass("a key of KMS", one(json!([by("aws:kms")])))
            .pass("two layers", one(json!([by("aws:kms:dsse")])))
            .pass("a key in another account", one(json!([other_account])))
            .pass("the second rule has the algorithm", one(json!([{"BucketKeyEnabled": true}, by("AES256")])))
            .fail("none: ServerSideEncryptionConfigurationNotFoundError", buckets(&[("b", Value::Null)]))
            .fail("a rule with a bucket key alone", one(json!([{"BucketKeyEnabled": true}])))
            .fail("no rule", one(json!([])))
            .fail("an algorithm that is empty", one(json!([by("")])))
            .unknown("an algorithm that nobody knows yet", one(json!([by("aws:new")])))
            .unknown("no field in the answer: the default of 2023 is not inferred", aws::<BucketEncryptions>(r#"{"Buckets": [{"Bucket": "b"}]}"#))
            .unknown("the rules are no list", one(json!(true)))
            .each("one bucket of two is denied", rows::<BucketEncryptions>([open, refused]), &[
                ("arn:aws:s3:::open", Status::Pass),
                ("arn:aws:s3:::refused", Status::Unknown),
            ])
            .unknown("denied for all", unread::<BucketEncryptions>(GapKind::Denied))
            .each("the list of buckets was cut off", one(json!([by("AES256")])).cut_off::<BucketEncryptions>(), &[
                ("123456789012", Status::Unknown),
                ("arn:aws:s3:::b", Status::Pass),
            ])
            .each("another partition", one(json!([by("AES256")])).partition("aws-cn"), &[("arn:aws-cn:s3:::b", Status::Pass)])
            .not_applicable("no bucket", buckets(&[]))
            .check();
    }
}
