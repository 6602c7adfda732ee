//! The time that latency and quotas allow for calls, whoever makes them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::mock::{Quotas, Request};

/// What an operation cannot be asked for without: in its own region, or in the one where it is read.
const AFTER: &[(&str, &[&str])] = &[
    ("ec2:DescribeRegions", &["sts:GetCallerIdentity"]),
    ("ec2:DescribeManagedPrefixLists", &["ec2:DescribeSecurityGroups"]),
    ("ec2:GetManagedPrefixListEntries", &["ec2:DescribeManagedPrefixLists"]),
    ("cloudtrail:GetEventSelectors", &["cloudtrail:DescribeTrails"]),
    ("cloudtrail:GetTrailStatus", &["cloudtrail:DescribeTrails"]),
    ("cloudwatch:DescribeAlarms", &["cloudtrail:DescribeTrails"]),
    ("iam:GetCredentialReport", &["iam:GenerateCredentialReport"]),
    ("iam:GetPolicy", &["iam:GetAccountAuthorizationDetails"]),
    ("iam:GetPolicyVersion", &["iam:GetPolicy"]),
    ("kms:DescribeKey", &["kms:ListKeys"]),
    ("kms:GetKeyRotationStatus", &["kms:DescribeKey"]),
    ("kms:ListAliases", &["kms:ListKeys"]),
    ("logs:DescribeMetricFilters", &["cloudtrail:DescribeTrails"]),
    ("s3:GetBucketAcl", &["cloudtrail:DescribeTrails"]),
    ("s3:GetBucketLogging", &["cloudtrail:DescribeTrails"]),
    ("s3:GetBucketPolicy", &["s3:ListBuckets"]),
    ("s3:GetBucketPolicyStatus", &["cloudtrail:DescribeTrails"]),
    ("s3:GetBucketVersioning", &["s3:ListBuckets"]),
    ("s3:GetPublicAccessBlock", &["s3:ListBuckets"]),
    ("sns:ListSubscriptionsByTopic", &["cloudwatch:DescribeAlarms", "logs:DescribeMetricFilters"]),
];

/// Those that are asked for once, whatever the regions.
const OF_THE_ACCOUNT: &[&str] = &["account", "iam", "organizations", "s3", "s3control", "sts"];

/// The members that ask for a later page.
pub(crate) const TOKENS: [&str; 4] = ["ContinuationToken", "Marker", "NextToken", "nextToken"];

/// The shortest time in which these calls can be answered, each no sooner than `latency` after it is made, within these
/// quotas, however many are under way at once: a page comes after the one before it, and what is named by a list after the
/// list.
pub fn of(calls: &[Request], latency: Duration, quotas: &Quotas) -> Duration {
    let lanes = Lanes { calls, latency, quotas };
    let operations: std::collections::BTreeSet<_> = calls.iter().map(|call| call.operation.as_str()).collect();
    operations.into_iter().map(|operation| lanes.end(operation)).max().unwrap_or_default()
}

struct Lanes<'a> {
    calls: &'a [Request],
    latency: Duration,
    quotas: &'a Quotas,
}

impl Lanes<'_> {
    /// When the last answer of an operation may be there.
    fn end(&self, operation: &str) -> Duration {
        let of = self.calls.iter().filter(|call| call.operation == operation);
        let (mut lists, mut regions): (BTreeMap<_, u32>, BTreeMap<_, u32>) = (BTreeMap::new(), BTreeMap::new());
        for call in of {
            let mut parameters = call.parameters.clone();
            parameters.retain(|name, _| !TOKENS.contains(&name.as_str()));
            *lists.entry((&call.region, parameters)).or_default() += 1;
            *regions.entry(&call.region).or_default() += 1;
        }
        let pages = self.latency * lists.into_values().max().unwrap_or_default();
        let throttled = self.quotas.of(operation).map_or(Duration::ZERO, |quota| {
            let most = f64::from(regions.into_values().max().unwrap_or_default());
            Duration::from_secs_f64((most - quota.burst).max(0.0) / quota.per_second) + self.latency
        });
        self.start(operation) + pages.max(throttled)
    }

    fn start(&self, operation: &str) -> Duration {
        let after = AFTER.iter().find(|(name, _)| *name == operation).map(|(_, after)| *after);
        let service = operation.split(':').next().unwrap_or_default();
        let regions: &[&str] = if OF_THE_ACCOUNT.contains(&service) { &[] } else { &["ec2:DescribeRegions"] };
        // The first answer is enough to go on: of a list of many pages, the first one may name what is asked for last.
        let first = |operation: &&str| self.start(operation) + self.latency;
        after.unwrap_or(regions).iter().map(first).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mock::Quota;

    fn call(operation: &str, (name, value): (&str, &str)) -> Request {
        let given = (!name.is_empty()).then(|| (name.to_owned(), vec![value.to_owned()]));
        let parameters = given.into_iter().collect();
        Request { operation: operation.into(), region: "us-east-1".into(), parameters }
    }

    #[test]
    fn chains_and_buckets() {
        let chain = ["sts:GetCallerIdentity", "ec2:DescribeRegions", "kms:ListKeys", "kms:DescribeKey"];
        let chain = chain.map(|operation| call(operation, ("", "")));
        let pages = [("", ""), ("Marker", "1"), ("Marker", "2")].map(|page| call("iam:ListServerCertificates", page));
        let buckets = ["a", "b", "c", "d", "e"].map(|name| call("s3:GetBucketPolicy", ("Bucket", name)));
        let quota = Quotas::none().with("s3:GetBucketPolicy", Quota { burst: 1.0, per_second: 10.0 });
        for (why, calls, quotas, expected) in [
            ("nothing", &[][..], Quotas::none(), 0),
            ("each waits for the one before", &chain, Quotas::none(), 80),
            ("so does each page", &pages, Quotas::none(), 60),
            ("resources do not wait for one another", &buckets, Quotas::none(), 40),
            ("a bucket of tokens", &buckets, quota, 20 + 400 + 20),
        ] {
            assert_eq!(of(calls, Duration::from_millis(20), &quotas), Duration::from_millis(expected), "{why}");
        }
    }
}
