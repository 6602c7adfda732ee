use cis_core::prelude::*;

use super::bucket;
use crate::datasets::s3::{AccountPublicAccessBlock, BucketPublicAccessBlocks, Buckets, PublicAccessBlock};

control! {
    /// All four settings of Block Public Access hold for every bucket.
    ///
    /// Each can be set on the bucket or in the account, and one that is not set is off. S3 applies both, so a setting
    /// that is on in one of them holds. What the account read shows includes what an organization policy sets. The blocks
    /// of access points are not looked at.
    ///
    /// ## Why it matters
    /// One careless ACL or policy makes a bucket public. With these settings it has no effect or is refused.
    pub struct BlockPublicAccess {}
    key: "s3.block_public_access", title: "Block Public Access is on for every S3 bucket",
    resource_type: "AWS::S3::Bucket", judged_at: Account,
}

const GET: &str = "s3:GetPublicAccessBlock";
const GET_ACCOUNT: &str = "s3control:GetPublicAccessBlock";
const FIELD: &str = "PublicAccessBlockConfiguration";

type Block<'a> = Result<Option<&'a PublicAccessBlock>, Gap>;

impl Control for BlockPublicAccess {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Turn all four settings on for the bucket, or better for the whole account (aws s3control \
                 put-public-access-block). A bucket that is public on purpose, such as a web site's, takes an exception.",
            )
            .caution(CautionKind::CutsAccess, "Whoever reads the bucket by a public ACL or policy is cut off.")
            .console([
                "S3, bucket {resource}, Permissions: under \"Block public access (bucket settings)\" choose Edit.",
                "Choose \"Block all public access\", save, and confirm.",
                "For the account: S3, \"Block Public Access settings for this account\".",
            ])
            .cli([
                "aws s3api put-public-access-block --bucket {resource} --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
            ])
            .terraform([
                r#"
                resource "aws_s3_bucket_public_access_block" "this" {
                  bucket                  = "{resource}"
                  block_public_acls       = true
                  ignore_public_acls      = true
                  block_public_policy     = true
                  restrict_public_buckets = true
                }
                "#,
                r#"
                # For the account, in its place:
                resource "aws_s3_account_public_access_block" "this" {
                  block_public_acls       = true
                  ignore_public_acls      = true
                  block_public_policy     = true
                  restrict_public_buckets = true
                }
                "#,
            ]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<Buckets>().and::<AccountPublicAccessBlock>().only_if::<BucketPublicAccessBlocks>(|facts| {
            // A gap in the account's settings leaves the buckets' to decide.
            Ok(!is_complete(&of_account(facts)))
        })
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let account = of_account(facts);
        let arn = |bucket: &str| bucket::arn(facts, bucket);
        if is_complete(&account) {
            let buckets = facts.rows::<Buckets>()?;
            for bucket in buckets.iter() {
                let message = msg!("All four settings are on in the account.");
                findings.push(arn(&bucket.name), with_account(Verdict::pass(message), &account));
            }
            rest(&buckets, &account, findings);
            return Ok(());
        }
        match facts.rows::<BucketPublicAccessBlocks>() {
            Ok(rows) => {
                for row in rows.iter() {
                    let block = rows.known(&row.public_access_block_configuration).map(Option::as_ref);
                    let block = block.map_err(|gap| bucket::about(gap, &row.bucket));
                    findings.push(arn(&row.bucket), judge(&account, &block));
                }
                rest(&rows, &account, findings);
            }
            Err(gap) => {
                let buckets = facts.rows::<Buckets>()?;
                for bucket in buckets.iter() {
                    let block = Err(bucket::about(gap.clone(), &bucket.name));
                    findings.push(arn(&bucket.name), judge(&account, &block));
                }
                rest(&buckets, &account, findings);
            }
        }
        Ok(())
    }
}

/// A verdict on one bucket: the bucket's settings decide alone, or with the account's.
fn judge(account: &Block<'_>, block: &Block<'_>) -> Verdict {
    let verdict = match (account, block) {
        _ if is_complete(block) => Verdict::pass(msg!("All four settings are on for the bucket.")),
        (Ok(account), Ok(block)) => {
            let off = off(&[*account, *block]);
            if off.is_empty() {
                let (bucket, account) = (on(*block), on(*account));
                Verdict::pass(msg!(
                    "All four settings are on: {bucket} for the bucket, {account} in the account.",
                    bucket,
                    account
                ))
            } else {
                Verdict::fail(msg!(
                    "Off for the bucket and in the account: {off}; each must be on in one of them.",
                    off
                ))
            }
        }
        (Err(gap), Ok(_)) | (Ok(_), Err(gap)) => Verdict::from(gap.clone()),
        (Err(account), Err(gap)) => Verdict::from(gap.clone()).gap(account.clone()),
    };
    with_account(verdict.evidence_if_read(GET, FIELD, block.clone()), account)
}

fn with_account(verdict: Verdict, account: &Block<'_>) -> Verdict {
    verdict.evidence_if_read(GET_ACCOUNT, FIELD, account.clone())
}

/// What is to be said of the list as a whole.
fn rest<R>(rows: &Rows<'_, R>, account: &Block<'_>, findings: &mut Findings) {
    if rows.is_empty() && rows.cut_off().is_empty() {
        let verdict = Verdict::not_applicable(msg!("The account has no bucket."));
        findings.push(Target::place(), with_account(verdict, account));
    } else {
        findings.rest(rows);
    }
}

/// The account's settings; none where none is set.
fn of_account<'a>(facts: &Facts<'a>) -> Block<'a> {
    facts.rows::<AccountPublicAccessBlock>()?.single()
}

/// The settings that are on, by AWS's names.
fn on(block: Option<&PublicAccessBlock>) -> Vec<&'static str> {
    let settings = |block: &PublicAccessBlock| {
        [
            ("BlockPublicAcls", block.block_public_acls),
            ("IgnorePublicAcls", block.ignore_public_acls),
            ("BlockPublicPolicy", block.block_public_policy),
            ("RestrictPublicBuckets", block.restrict_public_buckets),
        ]
    };
    let on = block.into_iter().flat_map(settings).filter(|(_, on)| *on == Some(true));
    on.map(|(name, _)| name).collect()
}

/// The settings that are on in none of these.
fn off(blocks: &[Option<&PublicAccessBlock>]) -> Vec<&'static str> {
    let on: Vec<_> = blocks.iter().flat_map(|block| on(*block)).collect();
    let all = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
    all.into_iter().filter(|name| !on.contains(name)).collect()
}

/// Whether these settings are known and all four on.
fn is_complete(block: &Block<'_>) -> bool {
    matches!(block, Ok(block) if off(&[*block]).is_empty())
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, unread};
    use serde_json::{Value, json};

    use super::*;

    /// The four settings, a letter each: `1` on, `0` off, `-` left out.
    fn block(settings: &str) -> Value {
        let names = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
        let set = names.into_iter().zip(settings.chars()).filter(|(_, letter)| *letter != '-');
        Value::Object(set.map(|(name, letter)| (name.to_owned(), json!(letter == '1'))).collect())
    }

    fn account(settings: Option<&str>) -> FactSet {
        let block = settings.map(block);
        aws::<AccountPublicAccessBlock>(&json!({ "PublicAccessBlockConfiguration": block }).to_string())
    }

    fn denied_account() -> FactSet {
        unread::<AccountPublicAccessBlock>(GapKind::Denied)
    }

    fn denied() -> Value {
        json!({"$gap": {"kind": "denied", "operation": "s3:GetPublicAccessBlock", "code": "AccessDenied",
            "action": "s3:GetBucketPublicAccessBlock"}})
    }

    fn buckets(names: &[&str]) -> FactSet {
        let list: Vec<_> = names.iter().map(|name| json!({ "Name": name })).collect();
        aws::<Buckets>(&json!({ "Buckets": list }).to_string())
    }

    /// One bucket and its block.
    fn bucket(block: Value) -> FactSet {
        let row = json!({"Bucket": "b", "PublicAccessBlockConfiguration": block});
        buckets(&["b"]).and(aws::<BucketPublicAccessBlocks>(&json!({ "Buckets": [row] }).to_string()))
    }

    #[test]
    fn cases() {
        let mut cases = Cases::of(BlockPublicAccess {});
        for (name, facts) in [
            ("all four in the account, and the bucket's were not asked for", buckets(&["b"])),
            ("all four in the account, and none on the bucket", bucket(Value::Null)),
            ("all four in the account, and some on the bucket", bucket(block("1010"))),
            ("all four in the account, and the bucket denied", bucket(denied())),
            ("all four in the account, and every bucket denied", buckets(&["b"]).and(unread::<BucketPublicAccessBlocks>(GapKind::Denied))),
        ] {
            cases = cases.pass(name, facts.and(account(Some("1111")))).holds_without::<BucketPublicAccessBlocks>();
        }
        for (name, facts) in [
            ("all four on the bucket, and none in the account", account(None)),
            ("all four on the bucket, and some in the account", account(Some("0101"))),
            ("all four on the bucket, and the account denied", denied_account()),
        ] {
            cases = cases.pass(name, bucket(block("1111")).and(facts)).holds_without::<Buckets>().holds_without::<AccountPublicAccessBlock>();
        }
        // The buckets' own list is what names them, where it was read.
        for (name, of_bucket, of_account) in [
            ("two on the bucket, the other two in the account", block("1100"), Some("0011")),
            ("together, with overlap and what is left out", block("11-1"), Some("-111")),
        ] {
            cases = cases.pass(name, bucket(of_bucket).and(account(of_account))).holds_without::<Buckets>();
        }
        for (name, of_bucket, of_account) in [
            ("none is set anywhere", Value::Null, None),
            ("all are off everywhere", block("0000"), Some("0000")),
            ("three on the bucket: all four are asked for", block("1110"), None),
            ("the two that make a bucket private today are not all four", block("0101"), None),
            ("the same one is off in both", block("1101"), Some("1101")),
            ("an element that is left out is off", block("111-"), Some("----")),
            ("three in the account", Value::Null, Some("0111")),
        ] {
            cases = cases.fail(name, bucket(of_bucket).and(account(of_account))).holds_without::<Buckets>();
        }
        for (name, of_bucket, of_account) in [
            ("the account denied, and three on the bucket", block("1110"), denied_account()),
            ("the account denied, and none on the bucket", Value::Null, denied_account()),
            ("the bucket denied, and three in the account", denied(), account(Some("1110"))),
            ("the bucket denied, and none in the account", denied(), account(None)),
            ("both denied", denied(), denied_account()),
            ("a setting that is no boolean", json!({"BlockPublicAcls": "true"}), account(None)),
        ] {
            cases = cases.unknown(name, bucket(of_bucket).and(of_account));
        }
        let three = |middle: Value| {
            let row = |bucket: &str, block: Value| json!({"Bucket": bucket, "PublicAccessBlockConfiguration": block});
            let rows = json!({"Buckets": [row("a", block("1111")), row("m", middle), row("z", block("0000"))]});
            buckets(&["a", "m", "z"]).and(aws::<BucketPublicAccessBlocks>(&rows.to_string()))
        };
        cases
            .each("one bucket of three is denied", three(denied()).and(account(None)), &[
                ("arn:aws:s3:::a", Status::Pass), ("arn:aws:s3:::m", Status::Unknown), ("arn:aws:s3:::z", Status::Fail)])
            .holds_without::<Buckets>().partly_without::<AccountPublicAccessBlock>()
            .each("every bucket denied: each is named", buckets(&["a", "b"]).and(account(None)).and(unread::<BucketPublicAccessBlocks>(GapKind::Denied)), &[
                ("arn:aws:s3:::a", Status::Unknown), ("arn:aws:s3:::b", Status::Unknown)])
            .each("the list of buckets was cut off", bucket(Value::Null).and(account(Some("1111"))).cut_off::<Buckets>(), &[
                ("123456789012", Status::Unknown), ("arn:aws:s3:::b", Status::Pass)])
            .holds_without::<BucketPublicAccessBlocks>()
            .unknown("the buckets could not be listed", account(Some("1111")).and(unread::<Buckets>(GapKind::Denied)))
            .each("another partition", buckets(&["b"]).and(account(Some("1111"))).partition("aws-cn"), &[("arn:aws-cn:s3:::b", Status::Pass)])
            .not_applicable("no bucket, and all four in the account", buckets(&[]).and(account(Some("1111"))))
            .holds_without::<AccountPublicAccessBlock>()
            .not_applicable("no bucket, and none in the account", buckets(&[]).and(account(None)).and(aws::<BucketPublicAccessBlocks>(r#"{"Buckets": []}"#)))
            .holds_without::<Buckets>().holds_without::<AccountPublicAccessBlock>().holds_without::<BucketPublicAccessBlocks>()
            .check();
    }
}
