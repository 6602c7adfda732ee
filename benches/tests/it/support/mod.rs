//! What the tests share that read the mock through the AWS SDK.
#![allow(dead_code, reason = "no single test needs all of it")]

pub(crate) mod account;
pub(crate) mod faulty;
pub(crate) mod kept;
pub(crate) mod verdicts;
pub(crate) mod without;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use cis_aws::sources::live::{LiveConfig, LiveSource, SdkConfig, SharedCredentialsProvider};
use cis_benches::mock::Mock;
use cis_core::{Benchmark, DataSource, Finding, Recommendation, Registry, Report, Scan, Selection};
use serde_json::Value;

/// The region that scans start in.
pub(crate) const START: &str = "us-east-1";

/// The versions that scans are made of, the one with more recommendations first.
pub(crate) const VERSIONS: [&str; 2] = ["2.0.0", "1.5.0"];

/// The mock as a live source that tries each call twice.
pub(crate) async fn live(mock: &Mock) -> LiveSource {
    cis_benches::live::source(&mock.url()).await.unwrap()
}

/// How often [`quick`] tries a call.
pub(crate) const ATTEMPTS: u32 = 3;

/// The mock as a live source that tries again at once, and waits for an answer no longer than told.
pub(crate) fn quick(mock: &Mock, read_timeout: Duration) -> LiveSource {
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(Duration::from_millis(1))
        .with_max_backoff(Duration::from_millis(2));
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(30)).read_timeout(read_timeout).build();
    let sdk = SdkConfig::builder()
        .endpoint_url(mock.url())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(retries)
        .timeout_config(timeouts)
        .build();
    let config = LiveConfig { report_wait: Duration::from_secs(10), ..LiveConfig::default() };
    LiveSource::with_sdk_config(sdk, config)
}

/// The benchmarks and their controls.
pub(crate) struct Judges {
    pub(crate) benchmarks: Vec<Benchmark>,
    pub(crate) registry: Registry,
}

impl Judges {
    pub(crate) fn all() -> Self {
        let benchmarks = VERSIONS.iter().map(|version| cis_aws::benchmark(version).unwrap()).collect();
        Self { benchmarks, registry: cis_aws::registry() }
    }

    /// A scan with some requirements, by key; with all, where none is named.
    pub(crate) fn scan<'a>(&'a self, benchmark: &'a Benchmark, keys: &[String]) -> Scan<'a> {
        Scan::new(benchmark, &self.registry).select(Selection { select: keys.to_vec(), level: None })
    }

    /// The requirements of each version, each with the datasets that are read for it. Of the second version only those that
    /// the first does not judge in the same way: the same control with the same parameters gives the same.
    pub(crate) fn requirements(&self) -> Vec<Vec<(String, Vec<String>)>> {
        let first = &self.benchmarks[0];
        let of = |benchmark: &Benchmark| {
            let differs = |recommendation: &&Recommendation| {
                let same = |other: &Recommendation| {
                    other.control_key() == recommendation.control_key() && other.parameters == recommendation.parameters
                };
                benchmark.version == first.version || !first.by_key(&recommendation.key).is_some_and(same)
            };
            let reads = |recommendation: &Recommendation| {
                let key = recommendation.key.clone();
                let plan = self.scan(benchmark, std::slice::from_ref(&key)).plan().unwrap();
                let datasets = plan.datasets().map(|info| info.name().to_owned()).collect();
                (key, datasets)
            };
            benchmark.recommendations.iter().filter(differs).map(reads).collect()
        };
        self.benchmarks.iter().map(of).collect()
    }
}

/// The findings of a report by their identity, without the moments at which something was read.
pub(crate) fn by_id(report: Report) -> BTreeMap<String, Finding> {
    let timeless = |mut finding: Finding| {
        finding.evidence.iter_mut().for_each(|evidence| evidence.read_at = None);
        (finding.id(), finding)
    };
    report.findings.into_iter().map(timeless).collect()
}

/// A report as JSON, without the moments at which something was read and the calls that it took.
pub(crate) async fn report(version: &str, source: &dyn DataSource, as_of: jiff::Timestamp) -> Value {
    let (benchmark, registry) = (cis_aws::benchmark(version).unwrap(), cis_aws::registry());
    let report = Scan::new(&benchmark, &registry).as_of(as_of).run(source).await.unwrap();
    timeless(report)
}

/// A report as JSON, without the moments at which something was read and the calls that it took.
pub(crate) fn timeless(report: Report) -> Value {
    let mut value = serde_json::to_value(report).unwrap();
    forget_times(&mut value);
    value
}

fn forget_times(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("read_at");
            members.remove("collection");
            members.values_mut().for_each(forget_times);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_times),
        _ => {}
    }
}

/// Where two values differ, one line a place.
fn differences(path: &str, left: &Value, right: &Value, found: &mut Vec<String>) {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            for name in left.keys().chain(right.keys().filter(|name| !left.contains_key(*name))) {
                let of = |members: &serde_json::Map<String, Value>| members.get(name).cloned().unwrap_or(Value::Null);
                differences(&format!("{path}.{name}"), &of(left), &of(right), found);
            }
        }
        (Value::Array(left), Value::Array(right)) => {
            let only = |these: &[Value], those: &[Value]| {
                these.iter().filter(|one| !those.contains(one)).cloned().collect::<Vec<_>>()
            };
            let (here, there) = (only(left, right), only(right, left));
            if here.len() == there.len() {
                let pairs = here.iter().zip(&there);
                pairs.for_each(|(left, right)| differences(&format!("{path}[..]"), left, right, found));
            } else {
                found.extend(here.iter().map(|one| format!("{path}: only live: {one}")));
                found.extend(there.iter().map(|one| format!("{path}: only offline: {one}")));
            }
            if here.is_empty() && there.is_empty() && left != right {
                found.push(format!("{path}: another order"));
            }
        }
        (left, right) if left != right => found.push(format!("{path}: {left} is not {right}")),
        _ => {}
    }
}

#[track_caller]
pub(crate) fn assert_same(why: &str, live: &Value, offline: &Value) {
    let mut found = Vec::new();
    differences("", live, offline, &mut found);
    assert!(found.is_empty(), "{why}: {} differences (live is not offline):\n{}", found.len(), found.join("\n"));
}
