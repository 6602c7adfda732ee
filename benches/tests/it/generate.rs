//! Generated accounts: what they hold, and that a scan finds what is planted in them and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cis_aws::sources::SnapshotSource;
use cis_benches::generate::{Account, Size, Violation};
use cis_core::{DataSource, Report, Scan, Status};

async fn report(version: &str, source: &dyn DataSource) -> Report {
    let (benchmark, registry) = (cis_aws::benchmark(version).unwrap(), cis_aws::registry());
    Scan::new(&benchmark, &registry).run(source).await.unwrap()
}

#[track_caller]
fn assert_exactly_planted(why: &str, version: &str, account: &Account, report: &Report) {
    let benchmark = cis_aws::benchmark(version).unwrap();
    let (planted, failing) = (account.planted(&benchmark), Account::failing(report));
    let only =
        |these: &BTreeSet<Violation>, those: &BTreeSet<Violation>| these.difference(those).cloned().collect::<Vec<_>>();
    assert_eq!(only(&planted, &failing), [], "{why}, {version}: planted and not found");
    assert_eq!(only(&failing, &planted), [], "{why}, {version}: found and not planted");
    let unknown: Vec<_> = report.findings.iter().filter(|finding| finding.status == Status::Unknown).collect();
    assert!(unknown.is_empty(), "{why}, {version}: {:?}", unknown.first());
    assert!(report.unread.is_empty(), "{why}, {version}: {:?}", report.unread);
}

/// Seeds that differ plant other violations of the account's own.
#[tokio::test]
async fn exactly_what_is_planted_fails() {
    let nothing = Size {
        regions: 1,
        users: 0,
        groups: 0,
        roles: 0,
        policies: 0,
        unlisted_policies: 0,
        certificates: 0,
        buckets: 0,
        trails: 0,
        security_groups: 0,
        prefix_lists: 0,
        vpcs: 0,
        network_acls: 0,
        route_tables: 0,
        peerings: 0,
        instances: 0,
        db_instances: 0,
        db_clusters: 0,
        file_systems: 0,
        keys: 0,
        filters: 0,
        alarms: 0,
    };
    let odd = Size { regions: 2, users: 101, buckets: 107, security_groups: 103, vpcs: 7, keys: 13, ..Size::SMALL };
    let cases = [
        ("nothing but what every account has", 3, nothing),
        ("small", 1, Size::SMALL),
        ("small, another seed", 2, Size::SMALL),
        ("sizes that are no multiple of anything", 4, odd),
        ("medium", 5, Size::MEDIUM),
    ];
    for (why, seed, size) in cases {
        let account = Account::new(seed, size).unwrap();
        for version in cis_aws::versions() {
            let report = report(version, &account).await;
            assert_exactly_planted(why, version, &account, &report);
        }
    }
}

/// What is planted, taken over a few seeds, is of every requirement that can fail.
#[test]
fn every_requirement_that_can_fail_is_planted() {
    let planted = |version: &str| -> BTreeSet<String> {
        let benchmark = cis_aws::benchmark(version).unwrap();
        let seeds = (0..40).map(|seed| Account::new(seed, Size { users: 200, buckets: 200, ..Size::SMALL }).unwrap());
        seeds.flat_map(|account| account.planted(&benchmark)).map(|(key, _)| key).collect()
    };
    // Why no account can be made to fail it alone.
    let never: BTreeMap<&str, &str> = BTreeMap::from([
        ("account.contact_details", "always for a person"),
        ("account.security_questions", "always for a person"),
        ("cloudtrail.all_regions", "nothing of section 4 could hold without such a trail"),
        ("cloudtrail.s3_write_events", "the same code as that of reads"),
        ("iam.central_identity", "always for a person"),
        ("s3.data_classification", "always for a person"),
        ("vpc.peering_routes", "always for a person"),
    ]);
    let both: BTreeSet<String> = cis_aws::versions().flat_map(planted).collect();
    for version in cis_aws::versions() {
        for recommendation in cis_aws::benchmark(version).unwrap().recommendations {
            let key = recommendation.key.as_str();
            assert_ne!(both.contains(key), never.contains_key(key), "{version}: {key}");
        }
    }
}

#[tokio::test]
async fn an_account_is_the_same_in_memory_and_as_a_snapshot() {
    let account = Account::new(11, Size::SMALL).unwrap();
    let folder = tempfile::tempdir().unwrap();
    account.write(folder.path()).await.unwrap();
    let snapshot = SnapshotSource::open(folder.path()).unwrap();
    for version in cis_aws::versions() {
        let made = report(version, &account).await;
        let sources: [(&str, &dyn DataSource); 2] = [("memory", &account.memory()), ("snapshot", &snapshot)];
        for (what, source) in sources {
            let other = report(version, source).await;
            assert_exactly_planted(what, version, &account, &other);
            assert!(made.findings == other.findings, "{version}: {what}: other findings");
        }
    }
}

fn files(root: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(root, &path, found);
        } else {
            found.insert(path.strip_prefix(root).unwrap().to_owned(), std::fs::read(&path).unwrap());
        }
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let written = async |seed| {
        let folder = tempfile::tempdir().unwrap();
        let account = Account::new(seed, Size { regions: 2, ..Size::SMALL }).unwrap();
        account.write(folder.path()).await.unwrap();
        let mut found = BTreeMap::new();
        files(folder.path(), folder.path(), &mut found);
        found
    };
    let (one, again, other) = (written(5).await, written(5).await, written(6).await);
    assert!(one.len() > 57);
    assert!(one == again && one != other);
}

/// Of security groups: the rules of a group run from 1 to 120; of policies: most are small, and some nearly fill what IAM takes.
#[tokio::test]
async fn sizes_are_spread_as_in_real_accounts() {
    use cis_aws::datasets::{ec2, iam};
    use cis_core::{DatasetInfo, Place, Request};
    let account = Account::new(1, Size { regions: 1, security_groups: 4000, policies: 600, ..Size::SMALL }).unwrap();
    let rows = async |info: DatasetInfo| {
        let place = Place::region(account.account_id(), "us-east-1");
        account.fetch(&Request::new(info, place)).await.to_json().unwrap()
    };
    let groups = rows(DatasetInfo::of::<ec2::SecurityGroups>()).await;
    let sources = ["IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds"];
    let rules = |group: &serde_json::Value| -> usize {
        let permissions = group["IpPermissions"].as_array().unwrap();
        permissions.iter().flat_map(|one| sources.map(|name| one[name].as_array().unwrap().len())).sum()
    };
    let mut rules: Vec<usize> = groups.iter().filter(|group| group["GroupName"] != "default").map(rules).collect();
    rules.sort_unstable();
    assert!(*rules.first().unwrap() == 1 && (100..=130).contains(rules.last().unwrap()), "{:?}", rules.last());
    assert!((2..=6).contains(&rules[rules.len() / 2]), "half have at most {}", rules[rules.len() / 2]);
    let policies = rows(DatasetInfo::of::<iam::PolicyDetails>()).await;
    let mut lengths: Vec<usize> =
        policies.iter().map(|policy| policy["PolicyVersionList"][0]["Document"].to_string().len()).collect();
    lengths.sort_unstable();
    assert!((5_000..=6_144).contains(lengths.last().unwrap()), "{:?}", lengths.last());
    assert!(lengths[lengths.len() / 2] < 1_500, "half have at most {}", lengths[lengths.len() / 2]);
}
