//! The inside, piece by piece: time and allocations of each, by divan.
#![allow(clippy::unwrap_used, missing_docs, reason = "it measures")]

mod support;

use cis_aws::policy::Document;
use cis_core::{Report, Resource, finding, format};
use divan::counter::{BytesCount, ItemsCount};
use divan::{AllocProfiler, Bencher, black_box};

use self::support::{Judge, account, run};

#[global_allocator]
static ALLOCATED: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// One requirement over accounts of so many resources, from facts in memory.
#[divan::bench(args = [1_000, 10_000, 100_000], max_time = 3)]
fn security_groups(bencher: Bencher<'_, '_>, resources: usize) {
    requirement(bencher, resources, "5.2");
}

#[divan::bench(args = [1_000, 10_000, 100_000], max_time = 3)]
fn policies(bencher: Bencher<'_, '_>, resources: usize) {
    requirement(bencher, resources, "1.16");
}

#[divan::bench(args = [1_000, 10_000, 100_000], max_time = 3)]
fn buckets(bencher: Bencher<'_, '_>, resources: usize) {
    requirement(bencher, resources, "2.1.1");
}

fn requirement(bencher: Bencher<'_, '_>, resources: usize, id: &str) {
    let (judge, account) = (Judge::new(), account(resources));
    let memory = account.memory();
    let report = run(judge.select(&[id]), &memory);
    judge.check(&account, &report);
    bencher.counter(ItemsCount::new(report.findings.len())).bench_local(|| run(judge.select(&[id]), &memory));
}

#[divan::bench]
fn identity(bencher: Bencher<'_, '_>) {
    let resource = Resource {
        kind: "AWS::EC2::SecurityGroup".into(),
        id: "sg-0123456789abcdef0".into(),
        arn: Some("arn:aws:ec2:eu-west-1:123456789012:security-group/sg-0123456789abcdef0".into()),
        region: Some("eu-west-1".into()),
        account_id: "123456789012".into(),
        sub: None,
        tags: None,
    };
    bencher.bench_local(|| finding::identity(black_box("vpc.security_group_admin_ports_ipv4"), black_box(&resource)));
}

#[divan::bench]
fn policy_document(bencher: Bencher<'_, '_>) {
    let text = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::data/*",
         "Condition": {"StringEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}}},
        {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}"#;
    bencher.counter(BytesCount::of_str(text)).bench_local(|| Document::parse(black_box(text)).unwrap());
}

fn report() -> Report {
    let (judge, account) = (Judge::new(), account(10_000));
    let report = run(judge.select(&[]), &account);
    judge.check(&account, &report);
    report
}

#[divan::bench(max_time = 3)]
fn report_to_json(bencher: Bencher<'_, '_>) {
    let report = report();
    let mut bytes = Vec::new();
    format::json(&report, &mut bytes).unwrap();
    bencher.counter(BytesCount::new(bytes.len())).bench_local(|| {
        bytes.clear();
        format::json(&report, &mut bytes).unwrap();
    });
}
