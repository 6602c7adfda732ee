//! Request quotas: a bucket of tokens for each operation in each region.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often an operation may be asked for in a region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quota {
    /// How many requests at once, after a while without any.
    pub burst: f64,
    /// How many a second in the long run.
    pub per_second: f64,
}

impl Quota {
    const fn new(burst: u32, per_second: u32) -> Self {
        Self { burst: burst as f64, per_second: per_second as f64 }
    }
}

/// The quota of each operation in each region.
///
/// ```
/// use cis_benches::mock::{Quota, Quotas};
/// let quotas = Quotas::aws().with("rds:DescribeDBInstances", Quota { burst: 1.0, per_second: 0.5 });
/// assert_eq!(quotas.of("cloudwatch:DescribeAlarms").map(|quota| quota.per_second), Some(9.0));
/// assert_eq!(Quotas::none().of("cloudwatch:DescribeAlarms"), None);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Quotas {
    aws: bool,
    own: BTreeMap<String, Quota>,
    held: bool,
}

/// What AWS publishes; an operation before its service. Where it gives no burst, that of one second is taken.
///
/// EC2: <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html> (actions that change nothing);
/// Account Management: <https://docs.aws.amazon.com/accounts/latest/reference/quotas.html>;
/// CloudTrail: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html> (get, describe,
/// list); CloudWatch: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html>;
/// CloudWatch Logs: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>;
/// KMS: <https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html>;
/// Security Hub: <https://docs.aws.amazon.com/securityhub/1.0/APIReference/Welcome.html> (all that have no quota of their
/// own); SNS: <https://docs.aws.amazon.com/general/latest/gr/sns.html>; S3:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html> (reads a second and prefix).
const PUBLISHED: &[(&str, Quota)] = &[
    ("account:GetAlternateContact", Quota::new(15, 10)),
    ("account:GetContactInformation", Quota::new(15, 10)),
    ("account:ListRegions", Quota::new(5, 5)),
    ("cloudtrail", Quota::new(10, 10)),
    ("cloudwatch:DescribeAlarms", Quota::new(9, 9)),
    ("ec2", Quota::new(100, 20)),
    ("kms:DescribeKey", Quota::new(2000, 2000)),
    ("kms:GetKeyRotationStatus", Quota::new(1000, 1000)),
    ("kms:ListAliases", Quota::new(500, 500)),
    ("kms:ListKeys", Quota::new(500, 500)),
    ("logs:DescribeMetricFilters", Quota::new(5, 5)),
    ("s3", Quota::new(5500, 5500)),
    ("securityhub", Quota::new(30, 10)),
    ("sns:ListSubscriptionsByTopic", Quota::new(30, 30)),
];

/// What is assumed of the services that publish nothing: Access Analyzer, Config, EFS, IAM, Macie, Organizations, RDS, S3
/// Control and STS.
const ASSUMED: Quota = Quota::new(20, 10);

impl Quotas {
    /// Those that AWS publishes; 10 requests a second and a burst of 20 where it publishes none.
    pub fn aws() -> Self {
        Self { aws: true, ..Self::default() }
    }

    /// None: everything is answered at once.
    pub fn none() -> Self {
        Self::default()
    }

    /// Another quota for one operation, `service:Operation`.
    #[must_use]
    pub fn with(mut self, operation: impl Into<String>, quota: Quota) -> Self {
        self.own.insert(operation.into(), quota);
        self
    }

    /// A call beyond its quota is held back until there is room for it, instead of refused: nobody who keeps to the quotas is
    /// faster than who is served like this.
    #[must_use]
    pub fn held(mut self) -> Self {
        self.held = true;
        self
    }

    /// The quota of an operation, `service:Operation`, in each region.
    pub fn of(&self, operation: &str) -> Option<Quota> {
        if let Some(own) = self.own.get(operation) {
            return Some(*own);
        }
        let service = operation.split(':').next();
        let published = PUBLISHED.iter().find(|(name, _)| *name == operation || Some(*name) == service);
        self.aws.then(|| published.map_or(ASSUMED, |(_, quota)| *quota))
    }
}

/// The buckets as they are filled now.
#[derive(Debug, Default)]
pub(crate) struct Buckets(Mutex<BTreeMap<(String, String), (f64, Instant)>>);

impl Buckets {
    /// Fills them all.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Takes a token: how long to hold the call until it is there. None: there is none left.
    pub(crate) fn take(&self, quotas: &Quotas, operation: &str, region: &str, now: Instant) -> Option<Duration> {
        let Some(quota) = quotas.of(operation) else { return Some(Duration::ZERO) };
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (operation.to_owned(), region.to_owned());
        let (left, filled_at) = buckets.entry(key).or_insert((quota.burst, now));
        let since = now.saturating_duration_since(*filled_at).as_secs_f64();
        *left = (*left + since * quota.per_second).min(quota.burst);
        *filled_at = now;
        let lacks = (1.0 - *left).max(0.0);
        if lacks > 0.0 && !quotas.held {
            return None;
        }
        *left -= 1.0;
        Some(Duration::from_secs_f64(lacks / quota.per_second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let (buckets, start) = (Buckets::default(), Instant::now());
        let quotas = Quotas::none().with("a:B", Quota { burst: 2.0, per_second: 4.0 });
        let at = |ms, region| buckets.take(&quotas, "a:B", region, start + Duration::from_millis(ms)).is_some();
        let taken: Vec<_> = [0, 0, 0, 200, 250, 250, 10_000, 10_000, 10_000].map(|ms| at(ms, "x")).into();
        assert_eq!(taken, [true, true, false, false, true, false, true, true, false], "two at once, four a second");
        assert!(at(10_000, "y"), "another region has its own");
        assert_eq!(buckets.take(&quotas, "a:C", "x", start), Some(Duration::ZERO), "no quota");
    }

    #[test]
    fn who_is_held_takes_the_tokens_in_turn() {
        let (buckets, start) = (Buckets::default(), Instant::now());
        let quotas = Quotas::none().with("a:B", Quota { burst: 2.0, per_second: 4.0 }).held();
        let held = |ms| buckets.take(&quotas, "a:B", "x", start + Duration::from_millis(ms)).unwrap().as_millis();
        assert_eq!([0, 0, 0, 0, 250, 10_000].map(held), [0, 0, 250, 500, 500, 0]);
    }

    #[test]
    fn the_most_exact_name_counts() {
        let of = |operation| Quotas::aws().of(operation);
        assert_eq!(of("account:ListRegions"), Some(Quota::new(5, 5)));
        assert_eq!(of("ec2:DescribeVpcs"), Some(Quota::new(100, 20)));
        assert_eq!(of("s3control:GetPublicAccessBlock"), Some(ASSUMED));
        assert_eq!(Quotas::none().of("ec2:DescribeVpcs"), None);
    }
}
