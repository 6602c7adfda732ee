use cis_core::prelude::*;
use serde_json::{Value, json};

use super::buckets::{ByBucket, Owned, TrailBuckets, is_gone};
use crate::controls::s3::bucket;
use crate::datasets::cloudtrail::Trails;
use crate::datasets::s3::{
    AccountPublicAccessBlock, BucketAcls, BucketPolicies, BucketPolicyStatuses, BucketPublicAccessBlocks, Buckets,
    Grant, PolicyStatus, PublicAccessBlock,
};
use crate::policy::{Document, Effect, Public, confused_deputies, is_public, open_statements};

control! {
    /// The bucket that a trail delivers to is open to nobody else.
    ///
    /// Judged is every bucket that a trail names, once, by the letter: no grant of its ACL to everyone or to every AWS
    /// account, and no Allow of its policy that everyone could use, each by itself, whatever a Deny or Block Public Access
    /// makes of it. Whether strangers really get in stands in the evidence. A bucket of another account is judged there.
    ///
    /// ## Why it matters
    /// The logs tell who does what in the account, from where: a map for an attacker.
    pub struct BucketNotPublic {
        /// Whether a condition on who may call (2.0.0) restricts an Allow for everyone; in 1.5.0 none does.
        pub conditions_restrict: bool = true,
        /// Pass what Block Public Access leaves without effect today, instead of asking that the grant be removed.
        pub blocked_grant_passes: bool = false,
    }
    key: "cloudtrail.bucket_not_public", title: "The bucket of a trail is not public",
    resource_type: "AWS::S3::Bucket", judged_at: Account,
}

const ACL: &str = "s3:GetBucketAcl";
const POLICY: &str = "s3:GetBucketPolicy";

impl Control for BucketNotPublic {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Take the public grants out of the bucket's ACL, and take the statements that everyone could use out of its \
                 policy, or restrict them to an account or organization. CloudTrail itself writes as the service \
                 cloudtrail.amazonaws.com, best with aws:SourceArn set to the trail. If the bucket does not exist, create it \
                 or point the trail elsewhere.",
            )
            .caution(CautionKind::ReplacesAll, "Both commands set the whole ACL and the whole policy: keep the statements that CloudTrail needs.")
            .caution(CautionKind::CutsAccess, "Whoever reads the logs by a public grant is cut off, and so is CloudTrail by a policy without its statements.")
            .console([
                "S3, bucket {resource}, Permissions.",
                "Under \"Access control list\", take out what is granted to Everyone and to \"Authenticated users group\".",
                "Under \"Bucket policy\", take out or restrict the statements whose principal is everyone.",
                "Under \"Block public access\", turn all four settings on.",
            ])
            .cli([
                "aws s3api get-bucket-policy --bucket {resource} --query Policy --output text",
                "aws s3api put-bucket-policy --bucket {resource} --policy file://policy.json",
                "aws s3api put-bucket-acl --bucket {resource} --acl private",
                "aws s3api put-public-access-block --bucket {resource} --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
            ])
            .terraform([
                r#"
                resource "aws_s3_bucket_acl" "trail" {
                  bucket = "{resource}"
                  acl    = "private"
                }
                "#,
                r#"
                # A trail with a prefix writes to <PREFIX>/AWSLogs, one of an organization to AWSLogs/<ORGANIZATION_ID>, too.
                resource "aws_s3_bucket_policy" "trail" {
                  bucket = "{resource}"
                  policy = jsonencode({
                    Version = "2012-10-17"
                    Statement = [
                      {
                        Effect    = "Allow"
                        Principal = { Service = "cloudtrail.amazonaws.com" }
                        Action    = "s3:GetBucketAcl"
                        Resource  = "arn:{partition}:s3:::{resource}"
                        Condition = { StringEquals = { "aws:SourceArn" = "<TRAIL_ARN>" } }
                      },
                      {
                        Effect    = "Allow"
                        Principal = { Service = "cloudtrail.amazonaws.com" }
                        Action    = "s3:PutObject"
                        Resource  = "arn:{partition}:s3:::{resource}/AWSLogs/{account}/*"
                        Condition = {
                          StringEquals = {
                            "aws:SourceArn" = "<TRAIL_ARN>"
                            "s3:x-amz-acl"  = "bucket-owner-full-control"
                          }
                        }
                      },
                    ]
                  })
                }
                "#,
                r#"
                resource "aws_s3_bucket_public_access_block" "trail" {
                  bucket                  = "{resource}"
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
        Reads::of::<Trails>()
            .only::<BucketAcls>(|facts| Ok(TrailBuckets::wanted(facts)))
            .only::<BucketPolicies>(|facts| Ok(TrailBuckets::wanted(facts)))
            .beside()
            .only::<BucketPolicyStatuses>(|facts| Ok(TrailBuckets::wanted(facts)))
            .beside()
            .only::<BucketPublicAccessBlocks>(|facts| Ok(TrailBuckets::wanted(facts)))
            .beside()
            .and::<AccountPublicAccessBlock>()
            .and::<Buckets>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let owned = Owned::read(facts);
        let acls = ByBucket::read::<BucketAcls>(facts, |row| (&row.bucket, &row.grants));
        let policies = ByBucket::read::<BucketPolicies>(facts, |row| (&row.bucket, &row.policy));
        let statuses = ByBucket::read::<BucketPolicyStatuses>(facts, |row| (&row.bucket, &row.policy_status));
        let blocks = ByBucket::read::<BucketPublicAccessBlocks>(facts, |row| {
            (&row.bucket, &row.public_access_block_configuration)
        });
        let account = facts.rows::<AccountPublicAccessBlock>().and_then(|rows| rows.single());
        TrailBuckets::read(facts).each(facts, findings, |name| {
            let seen = Seen {
                arn: bucket::arn(facts, name),
                own: owned.own(name).map(|_| ()),
                grants: acls.of(name).map(Vec::as_slice),
                policy: policies.of(name).and_then(|policy| policy.as_ref().map(parse).transpose()),
                status: statuses.of(name).map(Option::as_ref),
                blocks: [account.clone(), blocks.of(name).map(Option::as_ref)],
            };
            self.judge(&seen)
        });
        Ok(())
    }
}

fn parse(policy: &Value) -> Result<Document, Gap> {
    let gap = |error: crate::policy::PolicyError| {
        Gap::malformed(error.to_string()).dataset(BucketPolicies::NAME).operation(POLICY)
    };
    Document::from_value(policy).map_err(gap)
}

/// What is known of one bucket.
struct Seen<'a> {
    arn: String,
    own: Result<(), Gap>,
    grants: Result<&'a [Grant], Gap>,
    policy: Result<Option<Document>, Gap>,
    status: Result<Option<&'a PolicyStatus>, Gap>,
    /// The account's settings and the bucket's.
    blocks: [Result<Option<&'a PublicAccessBlock>, Gap>; 2],
}

impl BucketNotPublic {
    fn judge(&self, seen: &Seen<'_>) -> Result<Verdict, Gap> {
        if is_gone(&seen.grants) || is_gone(&seen.policy) {
            let message = msg!(
                "The bucket does not exist, so that anyone can claim its name and receive the logs; it must exist and be closed."
            );
            return Ok(Verdict::fail(message).evidence_if_read(ACL, "Grants", seen.grants.clone()));
        }
        let grants: Vec<&Grant> = match &seen.grants {
            Ok(grants) => grants.iter().filter(|grant| is_to_everyone(grant)).collect(),
            // Told below, unless the policy fails the bucket by itself.
            Err(_) => Vec::new(),
        };
        let open = match &seen.policy {
            Ok(Some(document)) => open_statements(document, self.conditions_restrict),
            Ok(None) | Err(_) => Vec::new(),
        };
        let ignored = seen.blocked(|block| block.ignore_public_acls);
        let restricted = seen.blocked(|block| block.restrict_public_buckets);
        let evidence = |verdict: Verdict| {
            let statements: Vec<_> = open.iter().map(|found| found.statement).collect();
            let verdict = verdict
                .evidence_if_read(ACL, "public grants", seen.grants.as_ref().map(|_| &grants).map_err(Gap::clone))
                .evidence_if_read(POLICY, "open statements", seen.policy.as_ref().map(|_| &statements).map_err(Gap::clone));
            seen.effect(verdict)
        };

        let counts = |found: bool, blocked: &Result<bool, Gap>| -> Result<bool, Gap> {
            Ok(found && !(self.blocked_grant_passes && *blocked.as_ref().map_err(Gap::clone)?))
        };
        let by_acl = counts(!grants.is_empty(), &ignored);
        let by_policy = counts(!open.is_empty(), &restricted);
        if fact::any([by_acl.clone(), by_policy.clone()])? {
            let numbers: Vec<_> = open.iter().map(|found| found.index + 1).collect();
            let message = match (matches!(by_acl, Ok(true)), matches!(by_policy, Ok(true))) {
                (true, true) => msg!("The ACL and statement {numbers} of the policy are open to everyone; neither may be.", numbers),
                (true, false) => msg!("The ACL grants access to everyone or to every AWS account; it must not."),
                _ => msg!("The policy is open to everyone in statement {numbers}; it must not be.", numbers),
            };
            let verdict = evidence(Verdict::fail(message));
            return Ok(verdict
                .evidence_if_read("s3:GetPublicAccessBlock", "public ACLs are ignored today", ignored)
                .evidence_if_read("s3:GetPublicAccessBlock", "public policies are restricted today", restricted));
        }

        seen.own.clone()?;
        seen.grants.clone()?;
        let policy = seen.policy.as_ref().map_err(Gap::clone)?;
        if open.is_empty() && matches!(&seen.status, Ok(Some(status)) if status.is_public == Some(true)) {
            let message = msg!("S3 calls the policy public, though no statement of it is found open: decide which is right.");
            return Ok(evidence(Verdict::manual(message)).evidence(POLICY, "Policy", policy));
        }
        Ok(evidence(Verdict::pass(if open.is_empty() && grants.is_empty() {
            msg!("Neither the ACL nor the policy is open to everyone.")
        } else {
            msg!("What is open to everyone has no effect today: Block Public Access is on.")
        })))
    }
}

impl Seen<'_> {
    /// Whether a setting of Block Public Access holds: in the account or on the bucket.
    fn blocked(&self, setting: impl Fn(&PublicAccessBlock) -> Option<bool>) -> Result<bool, Gap> {
        let on = |block: &Result<Option<&PublicAccessBlock>, Gap>| {
            block.clone().map(|block| block.and_then(&setting) == Some(true))
        };
        fact::any(self.blocks.iter().map(on))
    }

    /// What the whole policy comes to, and what S3 says of it.
    fn effect(&self, verdict: Verdict) -> Verdict {
        let is_public = self.status.as_ref().map(|status| status.and_then(|status| status.is_public));
        let verdict =
            verdict.evidence_if_read("s3:GetBucketPolicyStatus", "IsPublic", is_public.map_err(Gap::clone));
        let Ok(Some(document)) = &self.policy else { return verdict };
        let objects = format!("{}/*", self.arn);
        let answers = [is_public_for(document, &self.arn), is_public_for(document, &objects)];
        let denies: Vec<_> = document.statements.iter().filter(|found| found.effect == Effect::Deny).collect();
        let deputies: Vec<_> = confused_deputies(document).into_iter().map(|found| found.statement).collect();
        let mut verdict = verdict.evidence(POLICY, "effect on strangers", &answers);
        if !denies.is_empty() {
            verdict = verdict.evidence(POLICY, "Deny statements", &denies);
        }
        if !deputies.is_empty() {
            verdict = verdict.evidence(POLICY, "confused deputy: a service is let in without aws:SourceArn", &deputies);
        }
        verdict
    }
}

fn is_public_for(document: &Document, resource: &str) -> Value {
    match is_public(document, "s3:*", resource) {
        Public::Yes { statement, witness } => {
            json!({"public": true, "statement": statement.index + 1, "witness": witness.to_string()})
        }
        Public::NotProven { statement } => {
            json!({"public": null, "not proven": "the policy is too complex", "statement": statement.index + 1})
        }
        Public::No { restricted_by } => {
            let by: Vec<_> = restricted_by.iter().map(|restriction| restriction.as_str()).collect();
            json!({"public": false, "resource": resource, "restricted by": by})
        }
    }
}

/// Whether a grant is to everyone or to every AWS account. The scheme of the URI is `http` in the API and `https` in texts.
fn is_to_everyone(grant: &Grant) -> bool {
    let uri = grant.grantee.as_ref().and_then(|grantee| grantee.uri.as_deref());
    let path = uri.and_then(|uri| uri.split_once("://")).map(|(_, path)| path.trim());
    matches!(path, Some("acs.amazonaws.com/groups/global/AllUsers" | "acs.amazonaws.com/groups/global/AuthenticatedUsers"))
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, rows, unread};

    use super::super::buckets::account::{buckets, denied, gone, trails};
    use super::*;

    fn acl(uri: &str) -> Value {
        json!([{"Grantee": {"ID": "79a5", "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"},
            {"Grantee": {"URI": uri, "Type": "Group"}, "Permission": "READ_ACP"}])
    }

    fn private() -> Value {
        json!([{"Grantee": {"ID": "79a5", "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}])
    }

    fn statement(principal: &str, condition: &str) -> Value {
        json!(format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", {principal}, "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::logs/*", "Condition": {condition}}}]}}"#
        ))
    }

    /// Everyone, under a condition.
    fn when(condition: &str) -> Value {
        statement(r#""Principal": "*""#, condition)
    }

    fn account(on: bool) -> FactSet {
        aws::<AccountPublicAccessBlock>(&json!({"PublicAccessBlockConfiguration": {
            "BlockPublicAcls": on, "IgnorePublicAcls": on, "BlockPublicPolicy": on, "RestrictPublicBuckets": on}}).to_string())
    }

    /// The bucket `logs`, which one trail delivers to, without what the account owns.
    fn bare(grants: Value, policy: Value, is_public: bool) -> FactSet {
        let rows = |field: &str, value: Value| json!({"Buckets": [{"Bucket": "logs", field: value}]}).to_string();
        trails(&[("main", "logs")])
            .and(aws::<BucketAcls>(&rows("Grants", grants)))
            .and(aws::<BucketPolicies>(&rows("Policy", policy)))
            .and(aws::<BucketPolicyStatuses>(&rows("PolicyStatus", json!({ "IsPublic": is_public }))))
            .and(aws::<BucketPublicAccessBlocks>(&rows("PublicAccessBlockConfiguration", Value::Null)))
            .and(account(false))
    }

    fn one(grants: Value, policy: Value) -> FactSet {
        bare(grants, policy, false).and(buckets(&["logs"]))
    }

    /// Of these only the ACL, the policy, the trails and who owns the bucket decide.
    fn decided(cases: Cases) -> Cases {
        cases
            .holds_without::<BucketPolicyStatuses>()
            .holds_without::<BucketPublicAccessBlocks>()
            .holds_without::<AccountPublicAccessBlock>()
    }

    const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
    const ORG: &str = r#"{"StringEquals": {"aws:PrincipalOrgID": "o-abc"}}"#;

    /// Conditions that restrict who may call in 2.0.0.
    const RESTRICT: [(&str, &str); 8] = [
        ("an organization", ORG),
        ("an organization, the key without case", r#"{"StringEquals": {"AWS:principalorgid": "o-abc"}}"#),
        ("paths of an organization", r#"{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abc/*/ou-x/*"}}"#),
        ("an account", r#"{"StringEquals": {"aws:PrincipalAccount": "111122223333"}}"#),
        ("roles of an account", r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}"#),
        ("a VPC endpoint", r#"{"StringEquals": {"aws:SourceVpce": "vpce-1"}}"#),
        ("a private range", r#"{"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#),
        ("an organization and more", r#"{"StringEquals": {"aws:PrincipalOrgID": "o-abc"}, "Bool": {"aws:SecureTransport": "true"}}"#),
    ];

    /// Conditions that do not, in any version.
    const OPEN: [(&str, &str); 21] = [
        ("no condition", "{}"),
        ("IfExists: an anonymous request lacks the key", r#"{"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abc"}}"#),
        ("ForAllValues holds for none", r#"{"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-abc"}}"#),
        ("any organization", r#"{"Null": {"aws:PrincipalOrgID": "false"}}"#),
        ("all but an organization", r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-abc"}}"#),
        ("a star", r#"{"StringLike": {"aws:PrincipalOrgID": "*"}}"#),
        ("every organization", r#"{"StringLike": {"aws:PrincipalOrgID": "o-*"}}"#),
        ("every principal", r#"{"ArnLike": {"aws:PrincipalArn": "*"}}"#),
        ("one value of two is open", r#"{"StringLike": {"aws:PrincipalOrgID": ["o-abc", "*"]}}"#),
        ("a policy variable", r#"{"StringEquals": {"aws:PrincipalOrgID": "${aws:PrincipalOrgID}"}}"#),
        ("aws:userid of any session", r#"{"StringLike": {"aws:userid": "AROAEXAMPLE:*"}}"#),
        ("the referer", r#"{"StringEquals": {"aws:Referer": "https://example.com"}}"#),
        ("the user agent", r#"{"StringEquals": {"aws:UserAgent": "x"}}"#),
        ("TLS", r#"{"Bool": {"aws:SecureTransport": "true"}}"#),
        ("a prefix", r#"{"StringEquals": {"s3:prefix": "AWSLogs/"}}"#),
        ("a canned ACL", r#"{"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}"#),
        ("a date", r#"{"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}"#),
        ("the organization of the resource", r#"{"StringEquals": {"aws:ResourceOrgID": "o-abc"}}"#),
        ("every address", r#"{"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}"#),
        ("half of all addresses", r#"{"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}"#),
        ("an address, if there is one", r#"{"IpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"}}"#),
    ];

    const SERVICE: &str = r#""Principal": {"Service": "cloudtrail.amazonaws.com"}"#;

    fn common(mut cases: Cases) -> Cases {
        for (name, grants) in [
            ("a grant to everyone", acl(ALL_USERS)),
            ("a grant to every AWS account", acl("http://acs.amazonaws.com/groups/global/AuthenticatedUsers")),
            ("the URI as the benchmark writes it", acl("https://acs.amazonaws.com/groups/global/AllUsers ")),
        ] {
            cases = decided(cases.fail(name, one(grants, Value::Null))).holds_without::<BucketPolicies>().holds_without::<Buckets>();
        }
        cases = decided(cases.fail("a grant to everyone on the bucket of another account", bare(acl(ALL_USERS), denied(POLICY), false).and(buckets(&[]))))
            .holds_without::<BucketPolicies>().holds_without::<Buckets>();
        for (name, condition) in OPEN {
            cases = decided(cases.fail(name, one(private(), when(condition)))).holds_without::<BucketAcls>().holds_without::<Buckets>();
        }
        let denied_to_others = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/*"},
            {"Sid": "OrgOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::logs/*",
             "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-abc"}}}]});
        for (name, policy) in [
            ("a Deny closes what an Allow opens: by the letter it is open", denied_to_others),
            ("everyone in a list of principals", statement(r#""Principal": {"AWS": ["arn:aws:iam::111122223333:root", "*"]}"#, "{}")),
            ("everyone beside a service", statement(r#""Principal": {"AWS": "*", "Service": "cloudtrail.amazonaws.com"}"#, "{}")),
            ("a web identity host", statement(r#""Principal": {"Federated": "graph.facebook.com"}"#, "{}")),
            ("everyone but one", statement(r#""NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}"#, "{}")),
        ] {
            cases = decided(cases.fail(name, one(private(), policy))).holds_without::<BucketAcls>().holds_without::<Buckets>();
        }
        cases = decided(cases.fail("an ACL and a policy, both open", one(acl(ALL_USERS), when("{}"))))
            .holds_without::<BucketAcls>().holds_without::<BucketPolicies>().holds_without::<Buckets>();
        cases = decided(cases.fail("blocked today by Block Public Access: the grant is to be removed", one(acl(ALL_USERS), Value::Null).and(account(true))))
            .holds_without::<BucketPolicies>().holds_without::<Buckets>();
        cases = decided(cases.fail("the bucket does not exist", bare(gone(ACL), gone(POLICY), false).and(buckets(&[]))))
            .holds_without::<BucketPolicies>().holds_without::<BucketAcls>().holds_without::<Buckets>();
        for (name, facts) in [
            ("a private ACL and no policy", one(private(), Value::Null)),
            ("the log delivery group is not everyone", one(acl("http://acs.amazonaws.com/groups/s3/LogDelivery"), Value::Null)),
            ("CloudTrail without a source: a confused deputy", one(private(), statement(SERVICE, "{}"))),
            ("CloudTrail for one trail", one(private(), statement(SERVICE, r#"{"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:us-east-1:123456789012:trail/main"}}"#))),
            ("a fixed account", one(private(), statement(r#""Principal": {"AWS": "999999999999"}"#, "{}"))),
            ("the policy status could not be read", one(private(), Value::Null).and(unread::<BucketPolicyStatuses>(GapKind::Denied))),
        ] {
            cases = decided(cases.pass(name, facts));
        }
        cases
            .manual("S3 calls public what we do not", bare(private(), statement(SERVICE, "{}"), true).and(buckets(&["logs"])))
            .turns_without::<BucketPolicyStatuses>(Status::Pass)
            .holds_without::<BucketPublicAccessBlocks>().holds_without::<AccountPublicAccessBlock>()
            .unknown("the bucket of another account", bare(private(), Value::Null, false).and(buckets(&["other"])))
            .unknown("a service control policy denies both reads", one(denied(ACL), denied(POLICY)))
            .unknown("the ACL is denied", one(denied(ACL), Value::Null))
            .unknown("the policy is denied", one(private(), denied(POLICY)))
            .unknown("the policy is no policy", one(private(), json!("<html>")))
            .unknown("the buckets could not be listed", bare(private(), Value::Null, false).and(unread::<Buckets>(GapKind::Denied)))
            .unknown("trails could not be read", one(private(), Value::Null).and(unread::<Trails>(GapKind::Denied)))
            .not_applicable("no trail", rows::<Trails>([]).and(buckets(&["logs"])).and(account(false)))
            .holds_without::<Buckets>().holds_without::<AccountPublicAccessBlock>()
    }

    #[test]
    fn cases() {
        let mut cases = common(Cases::of(BucketNotPublic::default()));
        for (name, condition) in RESTRICT {
            cases = decided(cases.pass(name, one(private(), when(condition))));
        }
        cases.check();
    }

    #[test]
    fn cases_of_1_5_0() {
        let mut cases =
            common(Cases::of(BucketNotPublic { conditions_restrict: false, ..BucketNotPublic::default() }).named("1.5.0"));
        for (name, condition) in RESTRICT {
            cases = decided(cases.fail(name, one(private(), when(condition)))).holds_without::<BucketAcls>().holds_without::<Buckets>();
        }
        cases.check();
    }

    #[test]
    fn blocked() {
        Cases::of(BucketNotPublic { blocked_grant_passes: true, ..BucketNotPublic::default() })
            .named("blocked_grant_passes")
            .pass("ignored by the account", one(acl(ALL_USERS), Value::Null).and(account(true)))
            .holds_without::<BucketPolicyStatuses>().holds_without::<BucketPublicAccessBlocks>()
            .fail("not ignored", one(acl(ALL_USERS), Value::Null))
            .holds_without::<BucketPolicyStatuses>().holds_without::<BucketPolicies>().holds_without::<Buckets>()
            .unknown("whether it is ignored could not be read", one(acl(ALL_USERS), Value::Null).and(unread::<AccountPublicAccessBlock>(GapKind::Denied)))
            .check();
    }
}
