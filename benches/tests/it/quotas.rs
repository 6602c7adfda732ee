//! A live scan of an account that meets its quotas: nothing is lost, and few calls are wasted.
#![allow(clippy::cast_precision_loss, reason = "some hundreds of calls")]

use std::time::{Duration, Instant};

use cis_aws::datasets::ec2;
use cis_aws::sources::live::{LiveConfig, LiveSource};
use cis_benches::generate::{Account, Size};
use cis_benches::mock::{Effect, Mock, Options, Quota, Quotas, Rule};
use cis_core::{DataSource, DatasetInfo, Gap, GapKind, Place, Report, Request, Scan};

async fn live(mock: &Mock) -> LiveSource {
    cis_benches::live::patient(&mock.url()).await.unwrap()
}

/// An account in which some operations are called hundreds of times in a region.
fn account() -> Account {
    Account::new(5, Size { buckets: 400, ..Size::SMALL }).unwrap()
}

async fn mock(quotas: Quotas, rules: Vec<Rule>) -> Mock {
    let options = Options { latency: Duration::from_millis(20), quotas, rules, ..Options::default() };
    Mock::serve(account(), options).await.unwrap()
}

async fn scan(mock: &Mock) -> Report {
    let (benchmark, registry) = (cis_aws::benchmark("2.0.0").unwrap(), cis_aws::registry());
    Scan::new(&benchmark, &registry).as_of(account().as_of()).run(&live(mock).await).await.unwrap()
}

/// What a report says, without the moments of reading.
fn said(report: &Report) -> (Vec<String>, Vec<Gap>) {
    let finding = |finding: &cis_core::Finding| format!("{} {:?} {}", finding.id(), finding.status, finding.message);
    (report.findings.iter().map(finding).collect(), report.unread.clone())
}

/// The quota of every operation that is called often.
const TIGHT: Quota = Quota { burst: 20.0, per_second: 20.0 };

/// How many calls in one region are often. Below, a bucket is learned only when there is no more to be called.
const OFTEN: u64 = 100;

/// How long a scan takes, and what it says.
async fn timed(mock: &Mock) -> (f64, Report) {
    let started = Instant::now();
    let report = scan(mock).await;
    (started.elapsed().as_secs_f64(), report)
}

#[tokio::test]
async fn a_scan_within_tight_quotas_says_the_same_and_wastes_few_calls() {
    let free = mock(Quotas::none(), Vec::new()).await;
    let (without, report) = timed(&free).await;
    let expected = said(&report);
    let needed = free.calls_by_region();
    let often: Vec<_> = needed.iter().filter(|(_, calls)| calls.all >= OFTEN).collect();
    let quotas = often.iter().fold(Quotas::none(), |quotas, ((operation, _), _)| quotas.with(operation, TIGHT));
    // What the slowest bucket takes.
    let slowest =
        often.iter().map(|(_, calls)| (calls.all as f64 - TIGHT.burst) / TIGHT.per_second).fold(0.0, f64::max);

    let known = mock(quotas.clone().held(), Vec::new()).await;
    let (allowed, report) = timed(&known).await;
    assert_eq!(said(&report), expected);

    let tight = mock(quotas, Vec::new()).await;
    let (seconds, report) = timed(&tight).await;
    assert_eq!(said(&report), expected);
    let sum = |mock: &Mock| mock.calls().values().map(|calls| calls.all).sum::<u64>();
    let throttled: u64 = tight.calls().values().map(|calls| calls.throttled).sum();
    let (calls, least) = (sum(&tight), sum(&free));
    println!(
        "{calls} calls of {least} needed, {throttled} throttled; {seconds:.1} s, {allowed:.1} s where calls are held instead of \
         refused, {without:.1} s without quotas; the slowest quota alone {slowest:.1} s"
    );
    assert!(throttled > 0 && calls - throttled == least, "{throttled} of {calls}; {least} are needed");
    assert!(calls as f64 <= 1.2 * least as f64, "{calls} calls where {least} do");

    // What the report tells of it is what the server saw.
    let told = report.collection.unwrap().calls;
    for (operation, calls) in tight.calls() {
        let told = told.get(&operation).unwrap_or_else(|| panic!("{operation} is not told"));
        assert_eq!(told.sent, calls.all, "{operation}");
        assert_eq!((told.throttled, told.retries), (calls.throttled, calls.throttled), "{operation}");
    }
}

#[tokio::test]
async fn throttled_for_ever_is_a_gap_after_so_many_attempts() {
    let mock = mock(Quotas::none(), vec![Rule::new(Effect::Throttle).on("ec2:DescribeVpcs")]).await;
    let source = live(&mock).await;
    let account_id = source.coverage().await.unwrap().account_id;
    let place = |region| Place::region(&account_id, region);
    let table = source.fetch(&Request::new(DatasetInfo::of::<ec2::Vpcs>(), place("us-east-1"))).await;
    assert_eq!(table.why_nothing().map(|gap| gap.kind), Some(GapKind::Throttled));
    let attempts = u64::from(LiveConfig::default().max_attempts);
    assert_eq!(mock.calls().get("ec2:DescribeVpcs").unwrap().all, attempts);
    // Another operation of the service does not suffer.
    let groups = source.fetch(&Request::new(DatasetInfo::of::<ec2::SecurityGroups>(), place("us-east-1"))).await;
    assert!(groups.why_nothing().is_none() && groups.cut_off_by().is_empty());
}
