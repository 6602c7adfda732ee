//! A live scan of an account that meets its quotas: nothing is lost, and few calls are wasted.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]
#![allow(clippy::cast_precision_loss, reason = "some hundreds of calls")]

use std::time::{Duration, Instant};

use cis_aws::datasets::ec2;
use cis_aws::sources::demo;
use cis_aws::sources::live::{LiveConfig, LiveSource};
use cis_benches::mock::{Effect, Mock, Options, Quota, Quotas, Rule};
use cis_core::{DataSource, DatasetInfo, Gap, GapKind, Place, Report, Request, Scan};

async fn live(mock: &Mock) -> LiveSource {
    let config =
        LiveConfig { max_attempts: LiveConfig::default().max_attempts, ..cis_benches::live::config(&mock.url()) };
    LiveSource::connect(config).await.unwrap()
}

/// A mock of the demo account that answers a row at a time, so that it takes many calls.
async fn mock(quotas: Quotas, rules: Vec<Rule>) -> Mock {
    let options =
        Options { page_size: Some(1), latency: Duration::from_millis(20), quotas, rules, ..Options::default() };
    Mock::serve(demo().unwrap(), options).await.unwrap()
}

async fn scan(mock: &Mock) -> Report {
    let (benchmark, registry) = (cis_aws::benchmark("2.0.0").unwrap(), cis_aws::registry());
    let as_of = demo().unwrap().manifest().as_of.unwrap();
    Scan::new(&benchmark, &registry).as_of(as_of).run(&live(mock).await).await.unwrap()
}

/// What a report says, without the moments of reading.
fn said(report: &Report) -> (Vec<String>, Vec<Gap>) {
    let finding = |finding: &cis_core::Finding| format!("{} {:?} {}", finding.id, finding.status, finding.message);
    (report.findings.iter().map(finding).collect(), report.unread.clone())
}

/// The quota of every operation that is called often: a fifth of what AWS publishes for EC2, so that a small account meets it.
const TIGHT: Quota = Quota { burst: 4.0, per_second: 4.0 };

/// How many calls in one region are often. Below, a bucket is learned only when there is no more to be called.
const OFTEN: u64 = 24;

#[tokio::test]
async fn a_scan_within_tight_quotas_says_the_same_and_wastes_few_calls() {
    let free = mock(Quotas::none(), Vec::new()).await;
    let expected = said(&scan(&free).await);
    let needed = free.calls_by_region();
    let often: Vec<_> = needed.iter().filter(|(_, calls)| calls.all >= OFTEN).collect();
    let quotas = often.iter().fold(Quotas::none(), |quotas, ((operation, _), _)| quotas.with(operation, TIGHT));
    // What the slowest bucket takes.
    let slowest =
        often.iter().map(|(_, calls)| (calls.all as f64 - TIGHT.burst) / TIGHT.per_second).fold(0.0, f64::max);

    let tight = mock(quotas, Vec::new()).await;
    let started = Instant::now();
    let report = scan(&tight).await;
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!(said(&report), expected);
    let sum = |mock: &Mock| mock.calls().values().map(|calls| calls.all).sum::<u64>();
    let throttled: u64 = tight.calls().values().map(|calls| calls.throttled).sum();
    let (calls, least) = (sum(&tight), sum(&free));
    println!(
        "{calls} calls of {least} needed, {throttled} throttled; {seconds:.1} s, the slowest quota {slowest:.1} s"
    );
    assert!(throttled > 0 && calls - throttled == least, "{throttled} of {calls}; {least} are needed");
    assert!(calls as f64 <= 1.2 * least as f64, "{calls} calls where {least} do");

    // What the report tells of it is what the server saw. Beside it the snapshot holds a call that was throttled when it was made.
    let told = report.collection.unwrap().calls;
    for (operation, calls) in tight.calls() {
        let told = told.get(&operation).unwrap_or_else(|| panic!("{operation} is not told"));
        assert_eq!(told.sent, calls.all, "{operation}");
        if calls.throttled > 0 {
            assert_eq!((told.throttled, told.retries), (calls.throttled, calls.throttled), "{operation}");
        }
    }
}

#[tokio::test]
async fn throttled_for_ever_is_a_gap_after_so_many_attempts() {
    let mock = mock(Quotas::none(), vec![Rule::new(Effect::Throttle).on("ec2:DescribeVpcs")]).await;
    let source = live(&mock).await;
    let place = |region| Place::region("123456789012", region);
    let table = source.fetch(&Request::new(DatasetInfo::of::<ec2::Vpcs>(), place("us-east-1"))).await;
    assert_eq!(table.why_nothing().map(|gap| gap.kind), Some(GapKind::Throttled));
    let attempts = u64::from(LiveConfig::default().max_attempts);
    assert_eq!(mock.calls().get("ec2:DescribeVpcs").unwrap().all, attempts);
    // Another operation of the service does not suffer.
    let groups = source.fetch(&Request::new(DatasetInfo::of::<ec2::SecurityGroups>(), place("us-east-1"))).await;
    assert!(groups.why_nothing().is_none() && groups.cut_off_by().is_empty());
}
