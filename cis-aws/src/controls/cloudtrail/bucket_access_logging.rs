use cis_core::prelude::*;
use serde_json::json;

use super::buckets::{ByBucket, LIST, Owned, TrailBuckets, is_gone};
use crate::datasets::cloudtrail::Trails;
use crate::datasets::s3::{BucketLoggings, Buckets};

control! {
    /// The bucket that a trail delivers to logs who accesses it.
    ///
    /// Judged is every bucket that a trail names, once. Data events of a trail are not access logs.
    ///
    /// ## Why it matters
    /// Who reads or deletes the logs of CloudTrail leaves a trace there.
    pub struct BucketAccessLogging {}
    key: "cloudtrail.bucket_access_logging", title: "Access to the bucket of a trail is logged",
    resource_type: "AWS::S3::Bucket", judged_at: Account,
}

const GET: &str = "s3:GetBucketLogging";
const FIELD: &str = "LoggingEnabled";

impl Control for BucketAccessLogging {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Log access to the bucket, into another bucket of the same region and account: into itself, each delivered \
                 log would be logged in turn. The other bucket's policy must let the service logging.s3.amazonaws.com write.",
            )
            .caution(CautionKind::Costs, "The logs take storage: give them a lifecycle rule.")
            .console([
                "S3, bucket {resource}, Properties, \"Server access logging\": choose Edit, Enable.",
                "Choose a bucket of the same region and account as destination, and save.",
            ])
            .cli([
                r#"aws s3api put-bucket-logging --bucket {resource} --bucket-logging-status '{"LoggingEnabled": {"TargetBucket": "<LOG_BUCKET>", "TargetPrefix": "{resource}/"}}'"#,
            ])
            .terraform([r#"
                resource "aws_s3_bucket_logging" "trail" {
                  bucket        = "{resource}"
                  target_bucket = "<LOG_BUCKET>"
                  target_prefix = "{resource}/"
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<Trails>().only::<BucketLoggings>(|facts| Ok(TrailBuckets::wanted(facts))).and::<Buckets>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let owned = Owned::read(facts);
        let loggings = ByBucket::read::<BucketLoggings>(facts, |row| (&row.bucket, &row.logging_enabled));
        TrailBuckets::read(facts).each(facts, findings, |name| {
            let logging = loggings.of(name);
            if is_gone(&logging) {
                let message = msg!("The bucket does not exist, so that anyone can claim its name and receive the logs; it must exist and log access.");
                return Ok(Verdict::fail(message).evidence_if_read(GET, FIELD, logging));
            }
            let bucket = owned.own(name)?;
            let logging = logging?;
            let Some(enabled) = logging else {
                let message = msg!("Access logging is off; it must be on.");
                return Ok(Verdict::fail(message).evidence(GET, FIELD, logging));
            };
            let target = enabled.target_bucket.as_deref().filter(|target| !target.is_empty());
            let target = target.ok_or_else(|| {
                let gap = Gap::malformed("the answer names no target bucket").dataset(BucketLoggings::NAME);
                gap.operation(GET)
            })?;
            let verdict = if target == name {
                Verdict::pass(msg!("Access logging is on, into the bucket itself: each delivered log is logged in turn."))
            } else {
                Verdict::pass(msg!("Access logging is on, into {target}.", target))
            };
            let verdict = verdict.evidence(GET, FIELD, logging);
            Ok(verdict.evidence_if_read(LIST, "target bucket", owned.find(target).map(|found| {
                let region = |bucket: &crate::datasets::s3::Bucket| bucket.bucket_region.clone();
                json!({"in the account": found.is_some(), "region": found.and_then(region), "region of the bucket": region(bucket)})
            })))
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, rows, unread};
    use serde_json::Value;

    use super::super::buckets::account::{buckets, denied, gone, trails};
    use super::*;

    fn loggings(list: &[(&str, Value)]) -> FactSet {
        let list: Vec<_> = list.iter().map(|(bucket, logging)| json!({"Bucket": bucket, "LoggingEnabled": logging})).collect();
        aws::<BucketLoggings>(&json!({ "Buckets": list }).to_string())
    }

    /// One trail that delivers to the bucket `logs`, whose logging is this.
    fn one(logging: Value) -> FactSet {
        trails(&[("main", "logs")]).and(buckets(&["access", "logs"])).and(loggings(&[("logs", logging)]))
    }

    #[test]
    fn cases() {
        let to = |target: &str| json!({"TargetBucket": target, "TargetPrefix": ""});
        Cases::of(BucketAccessLogging {})
            .pass("on, with an empty prefix", one(to("access")))
            .pass("into itself: a loop, and on", one(to("logs")))
            .pass("the target is not in the account any more", one(to("deleted")))
            .pass("two trails, one bucket: one finding that names both", trails(&[("main", "logs"), ("second", "logs")])
                .and(buckets(&["logs", "access"])).and(loggings(&[("logs", to("access"))])))
            .pass("a trail and its shadow: one finding", one(to("access")).and_region(trails(&[("main", "logs")]).in_region("eu-west-1")))
            .fail("off", one(Value::Null))
            .fail("the bucket does not exist", trails(&[("main", "logs")]).and(buckets(&[])).and(loggings(&[("logs", gone("s3:GetBucketLogging"))])))
            .holds_without::<Buckets>()
            .unknown("the answer names no target", one(json!({"TargetPrefix": "x"})))
            .unknown("denied", one(denied("s3:GetBucketLogging")))
            .unknown("the bucket of another account, even if it could be read", trails(&[("org", "central")]).and(buckets(&["logs"])).and(loggings(&[("central", to("access"))])))
            .unknown("the bucket of another account, which was not asked", trails(&[("org", "central")]).and(buckets(&["logs"])).and(loggings(&[])))
            .unknown("the buckets could not be listed", one(to("access")).and(unread::<Buckets>(GapKind::Denied)))
            .unknown("the list of buckets was cut off before it", trails(&[("main", "logs")]).and(buckets(&[])).and(loggings(&[("logs", to("a"))])).cut_off::<Buckets>())
            .unknown("no answer for the bucket", trails(&[("main", "logs")]).and(buckets(&["logs"])).and(loggings(&[])))
            .unknown("a trail that names no bucket", trails(&[("main", "")]).and(buckets(&["logs"])))
            .each("two buckets, one denied",
                trails(&[("a", "one"), ("b", "two")]).and(buckets(&["one", "two"])).and(loggings(&[("one", to("two")), ("two", denied("s3:GetBucketLogging"))])),
                &[("arn:aws:s3:::one", Status::Pass), ("arn:aws:s3:::two", Status::Unknown)])
            .each("trails of one region could not be read", one(to("access")).and_region(unread::<Trails>(GapKind::Denied).in_region("eu-west-1")),
                &[("arn:aws:s3:::logs", Status::Pass), ("123456789012", Status::Unknown)])
            .each("another partition", one(to("access")).partition("aws-cn"), &[("arn:aws-cn:s3:::logs", Status::Pass)])
            .unknown("trails could not be read anywhere", unread::<Trails>(GapKind::Denied).and(buckets(&["logs"])))
            .not_applicable("no trail", rows::<Trails>([]).and(buckets(&["logs"])))
            .holds_without::<Buckets>()
            .check();
    }
}
