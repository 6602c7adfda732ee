//! The mock read through the AWS SDK, as a live scan reads an account.

use std::fs;
use std::path::Path;

use crate::support::{assert_same, live, report};
use cis_aws::datasets::{accessanalyzer, cloudwatch, ec2, iam, kms, s3};
use cis_aws::sources::{SnapshotSource, demo};
use cis_benches::mock::{Effect, Mock, Options, Page, Rule};
use cis_core::layer::Record;
use cis_core::{DataSource, DatasetInfo, GapKind, Place, PlaceKind, Request};
use serde_json::Value;

/// The property: what is said of the account that the mock serves is what is said of its snapshot.
async fn assert_live_is_offline(versions: &[&str], snapshot: impl Fn() -> SnapshotSource, options: Options) {
    let offline = snapshot();
    let as_of = offline.manifest().as_of.unwrap();
    let mock = Mock::serve(snapshot(), options).await.unwrap();
    for version in versions {
        let live = report(version, &live(&mock).await, as_of).await;
        assert_same(version, &live, &report(version, &offline, as_of).await);
    }
}

#[tokio::test]
async fn a_live_scan_of_the_demo_account_is_the_scan_of_its_snapshot() {
    assert_live_is_offline(&["2.0.0", "1.5.0"], || demo().unwrap(), Options::default()).await;
}

#[tokio::test]
async fn small_pages_say_the_same() {
    let options = Options { page_size: Some(3), ..Options::default() };
    assert_live_is_offline(&["2.0.0"], || demo().unwrap(), options).await;
}

/// What is recorded while things go wrong is served again, gaps and all.
#[tokio::test]
async fn a_recording_with_gaps_is_served_as_it_was() {
    let rules = vec![
        Rule::new(Effect::Deny).on("ec2:DescribeSecurityGroups").region("eu-central-1"),
        Rule::new(Effect::Throttle).on("cloudwatch:DescribeAlarms").page(Page::Middle),
        Rule::new(Effect::Deny).on("iam:ListServerCertificates").page(Page::Last),
        Rule::new(Effect::Fault(503)).on("rds:DescribeDBInstances"),
        Rule::new(Effect::Vanish).on("s3").resource("example-backups"),
        Rule::new(Effect::Deny).on("s3:GetBucketVersioning").resource("example-artifacts"),
        Rule::new(Effect::Vanish).on("kms:DescribeKey").calls(..=1),
        Rule::new(Effect::Expire).on("efs"),
        Rule::new(Effect::NotOptedIn).on("config").region("eu-central-1"),
        Rule::new(Effect::Deny).on("iam:GenerateCredentialReport"),
        Rule::new(Effect::Corrupt).on("securityhub"),
    ];
    let mock = Mock::serve(demo().unwrap(), Options { page_size: Some(2), rules, ..Options::default() }).await.unwrap();
    let as_of = demo().unwrap().manifest().as_of.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let recording = Record::create(live(&mock).await, folder.path(), as_of).unwrap();
    let first = report("2.0.0", &recording, as_of).await;
    recording.finish().unwrap();
    let recorded = || SnapshotSource::open(folder.path()).unwrap();
    assert_same("the recording", &first, &report("2.0.0", &recorded(), as_of).await);
    let mock = Mock::serve(recorded(), Options { page_size: Some(2), ..Options::default() }).await.unwrap();
    assert_same("its mock", &report("2.0.0", &live(&mock).await, as_of).await, &first);
}

/// Copies a folder, less the files that are left out.
fn copy(from: &Path, to: &Path, left_out: &[&str]) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target, left_out);
        } else if !left_out.iter().any(|part| path.ends_with(part)) {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// Why it is not known differs: a snapshot names the file, AWS's answer is an error.
#[tokio::test]
async fn what_was_never_read_has_the_same_status() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cis-aws/demo/snapshot");
    let left_out = [
        "account/ec2.regions.json",
        "account/iam.authorization_details.json",
        "account/organizations.organization.json",
        "account/s3.bucket_acls.json",
        "eu-central-1/cloudtrail.trails.json",
        "eu-central-1/config.recorders.json",
        "eu-central-1/ec2.security_groups.json",
        "us-east-1/kms.keys.json",
        "us-east-1/logs.metric_filters.json",
        "us-east-1/sns.topic_subscriptions.json",
    ];
    copy(&demo, folder.path(), &left_out);
    let offline = SnapshotSource::open(folder.path()).unwrap();
    let as_of = offline.manifest().as_of.unwrap();
    let mock = Mock::serve(SnapshotSource::open(folder.path()).unwrap(), Options::default()).await.unwrap();
    let statuses = |report: Value| {
        let of = |finding: &Value| (finding["control"].clone(), finding["id"].clone(), finding["status"].clone());
        report["findings"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    let live = statuses(report("2.0.0", &live(&mock).await, as_of).await);
    let offline = statuses(report("2.0.0", &offline, as_of).await);
    assert!(offline.len() > 100);
    let only = |these: &[(Value, Value, Value)], those: &[(Value, Value, Value)]| {
        these.iter().filter(|one| !those.contains(one)).map(|one| format!("{one:?}")).collect::<Vec<_>>()
    };
    assert_eq!((only(&live, &offline), only(&offline, &live)), (Vec::new(), Vec::new()), "(only live, only offline)");
}

/// What a live source makes of each effect, in each protocol.
#[tokio::test]
async fn every_effect_is_the_gap_that_it_stands_for() {
    use GapKind::{Denied, ExpiredCredentials, Failed, Malformed, NotOptedIn, Throttled, Unreachable};
    // An answer that makes no sense: some readers of the SDK call it a broken connection themselves.
    let unread = [Malformed, Unreachable];
    // Effect, and the kinds of gap that it may be.
    let cases: [(Effect, &[GapKind]); 11] = [
        (Effect::Deny, &[Denied]),
        (Effect::Throttle, &[Throttled]),
        (Effect::Fault(500), &[Unreachable]),
        (Effect::Fault(503), &[Unreachable]),
        (Effect::Expire, &[ExpiredCredentials]),
        // EC2 has one code for this and for credentials that have expired.
        (Effect::SkewClock, &[Failed, ExpiredCredentials]),
        (Effect::NotOptedIn, &[NotOptedIn, ExpiredCredentials]),
        (Effect::Cut, &[Unreachable]),
        (Effect::Reset, &[Unreachable]),
        (Effect::BreakOff, &unread),
        (Effect::Foreign, &unread),
    ];
    let checks = cases.map(|(effect, kinds)| async move {
        let operations = [
            "iam:ListServerCertificates",
            "ec2:DescribeVpcs",
            "s3:ListBuckets",
            "kms:ListKeys",
            "accessanalyzer:ListAnalyzers",
            "cloudwatch:DescribeAlarms",
        ];
        let rules = operations.map(|operation| Rule::new(effect.clone()).on(operation)).into();
        let mock = Mock::serve(demo().unwrap(), Options { rules, ..Options::default() }).await.unwrap();
        let source = live(&mock).await;
        let infos = [
            DatasetInfo::of::<iam::ServerCertificates>(),
            DatasetInfo::of::<ec2::Vpcs>(),
            DatasetInfo::of::<s3::Buckets>(),
            DatasetInfo::of::<kms::Keys>(),
            DatasetInfo::of::<accessanalyzer::Analyzers>(),
            DatasetInfo::of::<cloudwatch::MetricAlarms>(),
        ];
        for (info, operation) in infos.into_iter().zip(operations) {
            let place = match info.place() {
                PlaceKind::Account => Place::account("123456789012"),
                PlaceKind::Region => Place::region("123456789012", "eu-central-1"),
            };
            let table = source.fetch(&Request::new(info, place)).await;
            let gap = table.why_nothing().unwrap_or_else(|| panic!("{effect:?}: {operation} was read"));
            assert!(kinds.contains(&gap.kind), "{effect:?}: {operation}: {gap:?}");
            assert_eq!(gap.operation.as_deref(), Some(operation), "{effect:?}");
        }
        // What may pass is tried again.
        let again = matches!(effect, Effect::Throttle | Effect::Fault(_) | Effect::Cut | Effect::Reset);
        let calls = mock.calls()["iam:ListServerCertificates"];
        assert!(calls.all == if again { 2 } else { 1 } || kinds.contains(&Malformed), "{effect:?}: {calls:?}");
        assert_eq!(calls.throttled, if effect == Effect::Throttle { 2 } else { 0 });
    });
    futures::future::join_all(checks).await;
}

#[tokio::test]
async fn a_page_that_repeats_cuts_the_list_off() {
    let rules = vec![Rule::new(Effect::RepeatToken).page(Page::Middle)];
    let mock = Mock::serve(demo().unwrap(), Options { page_size: Some(2), rules, ..Options::default() }).await.unwrap();
    let request = Request::new(DatasetInfo::of::<iam::ServerCertificates>(), Place::account("123456789012"));
    let table = live(&mock).await.fetch(&request).await;
    let kinds: Vec<_> = table.cut_off_by().iter().map(|gap| gap.kind).collect();
    assert_eq!((table.len(), kinds), (2, vec![GapKind::Malformed]), "the page before it, once");
}
