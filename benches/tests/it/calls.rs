//! The calls of a live scan, counted at the server, beside the least that its formula gives.

use std::collections::BTreeMap;

use cis_benches::generate::{Account, Size};
use cis_benches::mock::{Mock, Options};
use cis_core::{Report, Scan};

/// Scans a whole benchmark live: the report, and the calls that were counted beside those of the formulas, by operation.
async fn counted(version: &str, account: &Account) -> (Report, BTreeMap<String, (u64, u64)>) {
    let mock = Mock::serve(account.clone(), Options::default()).await.unwrap();
    let source = cis_benches::live::source(&mock.url()).await.unwrap();
    let (benchmark, registry) = (cis_aws::benchmark(version).unwrap(), cis_aws::registry());
    let scan = Scan::new(&benchmark, &registry).as_of(account.as_of());
    let plan = scan.plan().unwrap();
    let least = account.calls(plan.datasets().map(cis_core::DatasetInfo::name));
    let report = scan.run(&source).await.unwrap();
    let mut calls: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (operation, counted) in mock.calls() {
        calls.entry(operation).or_default().0 = counted.all;
    }
    for (operation, least) in least {
        calls.entry(operation.to_owned()).or_default().1 = u64::try_from(least).unwrap();
    }
    let planted = account.planted(&benchmark);
    assert!(Account::failing(&report) == planted, "{version}: not what is planted");
    assert!(report.unread.is_empty(), "{version}: {:?}", report.unread);
    (report, calls)
}

#[tokio::test]
async fn as_many_calls_are_made_as_the_formulas_say() {
    let nothing = Size {
        users: 0,
        certificates: 0,
        unlisted_policies: 0,
        prefix_lists: 0,
        peerings: 0,
        instances: 0,
        db_instances: 0,
        db_clusters: 0,
        file_systems: 0,
        keys: 0,
        trails: 0,
        alarms: 0,
        ..Size::SMALL
    };
    let pages = Size {
        regions: 2,
        users: 2_300,
        roles: 1_001,
        certificates: 1_000,
        instances: 1_001,
        security_groups: 1_001,
        route_tables: 98,
        db_instances: 99,
        file_systems: 101,
        keys: 30,
        filters: 80,
        alarms: 230,
        ..Size::SMALL
    };
    for (why, seed, size) in [("small", 1, Size::SMALL), ("nothing", 2, nothing), ("several pages of each", 3, pages)] {
        let account = Account::new(seed, size).unwrap();
        for version in cis_aws::versions() {
            let (_, calls) = counted(version, &account).await;
            let differ: Vec<_> = calls.iter().filter(|(_, (counted, least))| counted != least).collect();
            assert!(differ.is_empty(), "{why}, {version}: (counted, by formula): {differ:?}");
        }
    }
}

/// 5,000 users, 10,000 roles, 2,000 buckets, 17 regions with 1,000 security groups each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_account_takes_hardly_more_calls_than_it_must() {
    let account = Account::new(5, Size::LARGE).unwrap();
    let (report, calls) = counted("2.0.0", &account).await;
    let (mut counted, mut least) = (0, 0);
    println!("| operation | calls | least |\n| --- | ---: | ---: |");
    for (operation, (made, must)) in &calls {
        println!("| {operation} | {made} | {must} |");
        counted += made;
        least += must;
    }
    println!("| all | {counted} | {least} |\n\n{} findings", report.findings.len());
    assert!(least > 9_000 && counted * 100 <= least * 102, "{counted} calls, and {least} would do");
}
