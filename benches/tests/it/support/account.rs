//! The demo account with more of what it has little of.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cis_aws::sources::SnapshotSource;
use serde_json::{Value, json};

type Files = BTreeMap<String, Value>;

/// The demo account, in which every list has at least three entries in some region, so that it can be read in three pages or
/// more, and everything that is read one by one is there three times.
pub(crate) fn three_of_everything() -> SnapshotSource {
    let mut files = demo();
    no_region_denied(&mut files);
    fewer_buckets(&mut files);
    more_trails(&mut files);
    more_subscriptions(&mut files);
    more_prefix_lists(&mut files);
    more_policies(&mut files);
    let here = |file: &str| format!("regions/us-east-1/{file}.json");
    let analyzers = list(&mut files, &here("accessanalyzer.analyzers"), "analyzers");
    copy(analyzers, "external-access", "external-access-2");
    let alarms = list(&mut files, &here("cloudwatch.alarms"), "CompositeAlarms");
    copy(alarms, "network-perimeter", "network-perimeter-2");
    copy(alarms, "network-perimeter", "network-perimeter-3");
    let bytes = |(path, document): (String, Value)| (path, Cow::Owned(document.to_string().into_bytes()));
    SnapshotSource::from_files(files.into_iter().map(bytes)).unwrap()
}

fn demo() -> Files {
    fn add(folder: &Path, root: &Path, files: &mut Files) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(&path, root, files);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                files.insert(name, serde_json::from_slice(&fs::read(&path).unwrap()).unwrap());
            }
        }
    }
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../cis-aws/demo/snapshot"));
    let mut files = Files::new();
    add(root, root, &mut files);
    files
}

/// The demo account has a region in which everything is denied; where nothing is known, no fault shows.
fn no_region_denied(files: &mut Files) {
    const DENIED: &str = "ap-northeast-1";
    files.retain(|path, _| !path.starts_with(&format!("regions/{DENIED}/")));
    for (path, list, name, status, not) in [
        ("snapshot.json", "regions", "name", "status", "not_enabled"),
        ("account/ec2.regions.json", "Regions", "RegionName", "OptInStatus", "not-opted-in"),
    ] {
        let regions = files.get_mut(path).unwrap()[list].as_array_mut().unwrap();
        let region = regions.iter_mut().find(|region| region[name] == DENIED).unwrap();
        region[status] = json!(not);
    }
}

/// A third of the buckets, since each is read by eight calls, and those of three trails.
fn fewer_buckets(files: &mut Files) {
    let buckets = list(files, "account/s3.buckets.json", "Buckets").clone();
    let name = |bucket: &Value| bucket["Name"].as_str().unwrap().to_owned();
    let left_out = buckets.iter().enumerate().filter(|(number, _)| number % 3 != 0).map(|(_, bucket)| name(bucket));
    let left_out: Vec<String> = left_out.filter(|name| !name.contains("trail")).collect();
    for (_, file) in files.iter_mut().filter(|(path, _)| path.starts_with("account/s3.")) {
        if let Some(rows) = file.get_mut("Buckets").and_then(Value::as_array_mut) {
            copy(rows, "example-trail-main", "example-trail-network");
            rows.retain(|row| {
                ["Name", "Bucket"].iter().all(|member| !left_out.iter().any(|name| row[*member] == **name))
            });
        }
    }
}

fn list<'f>(files: &'f mut Files, path: &str, member: &str) -> &'f mut Vec<Value> {
    files.get_mut(path).unwrap()[member].as_array_mut().unwrap()
}

/// The first entry that holds a text once more, with another text in its place.
fn copy(entries: &mut Vec<Value>, text: &str, instead: &str) {
    let one = entries.iter().map(Value::to_string).find(|one| one.contains(text)).unwrap();
    entries.push(serde_json::from_str(&one.replace(text, instead)).unwrap());
}

/// A third trail with a log group, which the other region shows too, and filters in all three groups.
fn more_trails(files: &mut Files) {
    let here = |file: &str| format!("regions/us-east-1/{file}.json");
    for file in ["cloudtrail.trail_statuses", "cloudtrail.event_selectors"] {
        copy(list(files, &here(file), "Trails"), "function-calls", "network-calls");
    }
    for region in ["us-east-1", "eu-central-1"] {
        let trails = list(files, &format!("regions/{region}/cloudtrail.trails.json"), "trailList");
        copy(trails, "function-calls", "network-calls");
        let added = trails.last_mut().unwrap();
        added["S3BucketName"] = json!("example-trail-network");
        added["CloudWatchLogsLogGroupArn"] =
            json!("arn:aws:logs:us-east-1:123456789012:log-group:aws-cloudtrail-logs-network:*");
    }
    let groups = list(files, &here("logs.metric_filters"), "logGroups");
    copy(groups, "aws-cloudtrail-logs-functions", "aws-cloudtrail-logs-network");
    // Short ones: proving what a long one catches takes its time.
    let short = |filter: &&Value| {
        ["RootUsage", "ConsoleSignInFailures", "KeyDisabledOrDeleted"].iter().any(|name| filter["filterName"] == *name)
    };
    let filters: Vec<Value> = groups[0]["metricFilters"].as_array().unwrap().iter().filter(short).cloned().collect();
    for group in groups {
        group["metricFilters"] = filters.clone().into();
    }
}

/// Three subscriptions to each topic, and three topics of an alarm.
fn more_subscriptions(files: &mut Files) {
    let alarms = list(files, "regions/us-east-1/cloudwatch.alarms.json", "MetricAlarms");
    let alarm = alarms.iter_mut().find(|alarm| alarm["AlarmName"].as_str().unwrap().contains("Root")).unwrap();
    alarm["AlarmActions"] = ["network-team", "on-call", "security-alerts"]
        .map(|topic| format!("arn:aws:sns:us-east-1:123456789012:{topic}"))
        .to_vec()
        .into();
    for topic in list(files, "regions/us-east-1/sns.topic_subscriptions.json", "Topics") {
        let Some(subscriptions) = topic["Subscriptions"].as_array_mut() else { continue };
        while subscriptions.len() < 3 {
            subscriptions.push(subscriptions[0].clone());
        }
    }
}

/// A third prefix list of the account's own that a security group names, and three entries in each.
fn more_prefix_lists(files: &mut Files) {
    const ADDED: &str = "pl-0a00000000000000a";
    let lists = list(files, "regions/us-east-1/ec2.managed_prefix_lists.json", "PrefixLists");
    let Some(last) = lists.last().and_then(|last| last["PrefixListId"].as_str()).map(str::to_owned) else { return };
    copy(lists, &last, ADDED);
    for of in lists {
        if let Some(entries) = of["Entries"].as_array_mut() {
            entries.insert(0, json!({"Cidr": "192.0.2.0/24", "Description": "added"}));
        }
    }
    let groups = list(files, "regions/us-east-1/ec2.security_groups.json", "SecurityGroups");
    let names = |group: &&mut Value| group.to_string().contains(&last);
    let group = groups.iter_mut().find(names).unwrap();
    group["IpPermissions"][0]["PrefixListIds"].as_array_mut().unwrap().push(json!({"PrefixListId": ADDED}));
}

/// Three policies that are attached and in no list, all of which can be read.
fn more_policies(files: &mut Files) {
    let policies = list(files, "account/iam.unlisted_policies.json", "Policies");
    policies.truncate(1);
    copy(policies, "canary-rollout", "canary-metrics");
    copy(policies, "canary-rollout", "canary-traces");
    let roles = list(files, "account/iam.authorization_details.json", "RoleDetailList");
    let role = roles.iter_mut().find(|role| role.to_string().contains("canary-metrics")).unwrap();
    copy(role["AttachedManagedPolicies"].as_array_mut().unwrap(), "canary-metrics", "canary-traces");
}
