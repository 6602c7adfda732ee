//! Redacted snapshots: the same findings under other names, and none of the names.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod scenario;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cis_aws::redact::{Key, Redactor};
use cis_aws::sources::SnapshotSource;
use cis_core::layer::Record;
use cis_core::{DataSource, Finding, GapKind, Report, Scan, Selection};
use futures::executor::block_on;
use proptest::prelude::*;
use proptest::sample::select;
use scenario::{Scenario, Sets};
use serde::Deserialize;
use serde_json::{Value, json};

fn redactor() -> Redactor {
    Redactor::new(&Key::new([7; 32]).unwrap())
}

/// The demo account and the corpus.
fn snapshots() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = fs::read_dir(root.join("../corpus")).unwrap().map(|entry| entry.unwrap().path().join("snapshot"));
    let mut all: Vec<_> = corpus.filter(|folder| folder.is_dir()).chain([root.join("demo/snapshot")]).collect();
    all.sort();
    assert!(all.len() >= 6, "{all:?}");
    all
}

fn open(folder: &Path) -> SnapshotSource {
    SnapshotSource::open(folder).unwrap()
}

fn report(source: &dyn DataSource, version: &str, select: &[&str]) -> Report {
    let (benchmark, registry) = (cis_aws::benchmark(version).unwrap(), cis_aws::registry());
    let select = Selection { select: select.iter().map(|&key| key.to_owned()).collect(), level: None };
    block_on(Scan::new(&benchmark, &registry).select(select).run(source)).unwrap()
}

/// A value without its texts: numbers, booleans and how much of what there is.
fn skeleton(value: &Value) -> Value {
    match value {
        Value::String(_) => json!("text"),
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(skeleton).collect();
            // The order of names is another one.
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(members) => {
            let mut values: Vec<_> = members.values().map(skeleton).collect();
            values.sort_by_key(Value::to_string);
            json!({ "members": values })
        }
        other => other.clone(),
    }
}

/// What must stay of a finding: all but names, the resource under its new one.
fn kept(finding: &Finding, renamed: &dyn Fn(&str) -> String) -> String {
    let resource = &finding.resource;
    let evidence = finding.evidence.iter().map(|evidence| {
        (&evidence.operation, &evidence.field, skeleton(&evidence.value).to_string(), evidence.read_at)
    });
    let values: Vec<_> = finding.values.iter().map(|(name, value)| (name, skeleton(value).to_string())).collect();
    let gaps: BTreeSet<_> = finding.gaps.iter().map(|gap| (gap.kind, &gap.operation, &gap.action, &gap.code)).collect();
    // Without a fact the message is the source's.
    let template = if finding.gaps.is_empty() { &*finding.template } else { "" };
    let tags = resource.tags.as_ref().map(|tags| (tags.len(), tags.get("Name").is_some()));
    format!(
        "{:?} {} {} {template} {:?} {} {:?} {:?} {tags:?} {values:?} {gaps:?}\n   {:?}",
        finding.recommendation,
        finding.control,
        finding.status,
        resource.arn.as_deref().map(renamed),
        resource.kind,
        resource.region,
        resource.sub.is_some(),
        evidence.collect::<Vec<_>>(),
    )
}

fn assert_same(what: &str, redactor: &Redactor, before: &Report, after: &Report) {
    let all = |report: &Report, renamed: &dyn Fn(&str) -> String| {
        let mut all: Vec<_> = report.findings.iter().map(|finding| kept(finding, renamed)).collect();
        all.sort();
        all
    };
    let (expected, found) = (all(before, &|arn| redactor.text(arn)), all(after, &str::to_owned));
    let lacks = |one: &[String], other: &[String]| -> Vec<String> {
        one.iter().filter(|finding| !other.contains(finding)).cloned().collect()
    };
    let (missing, new) = (lacks(&expected, &found), lacks(&found, &expected));
    assert!(
        missing.is_empty() && new.is_empty() && expected.len() == found.len(),
        "{what}: expected\n{}\nfound\n{}",
        missing.join("\n"),
        new.join("\n")
    );
    assert_eq!(before.recommendations, after.recommendations, "{what}");
    assert_eq!(before.scope, after.scope, "{what}");
    assert_eq!(before.collection, after.collection, "{what}");
}

#[test]
fn findings_stay() {
    for snapshot in snapshots() {
        let folder = tempfile::tempdir().unwrap();
        let redactor = redactor();
        redactor.snapshot(&open(&snapshot), folder.path()).unwrap();
        for version in ["1.5.0", "2.0.0"] {
            let (before, after) = (open(&snapshot), open(folder.path()));
            let (before, after) = (report(&before, version, &[]), report(&after, version, &[]));
            assert_same(&format!("{} {version}", snapshot.display()), &redactor, &before, &after);
            assert!(before.findings.len() > 20);
        }
    }
}

#[derive(Debug, Deserialize)]
struct Row {
    #[serde(flatten)]
    scenario: Scenario,
}

/// Hand-made accounts, each with what makes a verdict hard.
#[test]
fn findings_stay_of_every_hand_made_account() {
    let fields = ["peer", "seen", "does", "why", "entries"];
    let files = [
        include_str!("cases/peers/iam.toml"),
        include_str!("cases/peers/storage.toml"),
        include_str!("cases/peers/logging.toml"),
        include_str!("cases/peers/monitoring.toml"),
        include_str!("cases/peers/networking.toml"),
        include_str!("cases/side_by_side.toml"),
    ];
    let rows = files.into_iter().flat_map(|text| {
        let (rows, sets): (Vec<Row>, Sets) = scenario::rows(text, &fields);
        rows.into_iter().map(move |row| (row.scenario, sets.clone()))
    });
    let mut count = 0;
    for (scenario, sets) in rows {
        let folder = tempfile::tempdir().unwrap();
        let redactor = redactor();
        redactor.snapshot(&scenario.source(&sets), folder.path()).unwrap();
        for (version, _) in scenario.expected() {
            let before = scenario.scan(version, &sets);
            let after = report(&open(folder.path()), version, &[&scenario.key]);
            assert_same(&format!("{} ({}) {version}", scenario.name, scenario.key), &redactor, &before, &after);
            count += 1;
        }
    }
    assert!(count > 200, "{count}");
}

/// Letters and digits of which a word has at least this many are looked for.
const TELLING: usize = 5;

/// The words of a text, and of what is encoded or written as JSON in it.
fn words(text: &str, found: &mut BTreeSet<String>) {
    if let Ok(value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str::<Value>(text) {
        return leaves(&value, found);
    }
    if text.trim_start().starts_with('%')
        && let Ok(decoded) = percent_encoding::percent_decode_str(text).decode_utf8()
        && decoded != text
    {
        return words(&decoded, found);
    }
    if text.len() > 100
        && let Ok(csv) = STANDARD.decode(text)
        && let Ok(csv) = String::from_utf8(csv)
    {
        return words(&csv, found);
    }
    let is_time = |cell: &&str| cell.trim_matches('"').parse::<jiff::Timestamp>().is_ok();
    for cell in text.split([',', '\n']).filter(|cell| !is_time(cell)) {
        found.extend(
            cell.split(|c: char| !c.is_alphanumeric())
                .filter(|word| word.chars().count() >= TELLING)
                .map(str::to_owned),
        );
    }
    // Addresses are words of digits that are too short by themselves. Inside the small blocks that stay, one may be another's.
    for word in text.split(|c: char| !(c.is_ascii_digit() || c == '.')) {
        let is_public = |ip: std::net::Ipv4Addr| {
            !(ip.is_private() || ip.is_documentation() || ip.is_unspecified() || ip.is_loopback())
        };
        if word.parse().is_ok_and(is_public) && !word.ends_with(".0.0.0") {
            found.insert(word.to_owned());
        }
    }
}

fn leaves(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => words(text, found),
        Value::Number(number) if number.to_string().len() >= 12 => words(&number.to_string(), found),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        Value::Object(members) => {
            for (name, value) in members {
                // A member's name may be somebody's: a condition key, a dimension.
                if !name.starts_with(|c: char| c.is_ascii_uppercase()) && name.contains([':', '/', ' ']) {
                    words(name, found);
                }
                leaves(value, found);
            }
        }
        Value::Number(_) | Value::Null | Value::Bool(_) => {}
    }
}

fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            all.extend(files(&entry));
        } else {
            all.insert(entry.clone(), String::from_utf8_lossy(&fs::read(&entry).unwrap()).into_owned());
        }
    }
    all
}

fn words_of(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, text) in files(folder) {
        words(path.strip_prefix(folder).unwrap().to_str().unwrap(), &mut found);
        words(&text, &mut found);
    }
    found
}

/// The words that may stay: AWS's, the format's, the benchmark's. One a line; names of people, teams, companies and things do
/// not belong here.
fn allowed() -> BTreeSet<String> {
    let mut allowed: BTreeSet<String> =
        include_str!("cases/redact_words.txt").split_whitespace().map(str::to_owned).collect();
    for version in cis_aws::versions() {
        for recommendation in &cis_aws::benchmark(version).unwrap().recommendations {
            leaves(&cis_core::json_value(&recommendation.parameters), &mut allowed);
        }
    }
    for info in cis_aws::datasets::all() {
        words(info.name(), &mut allowed);
        for (operation, action) in info.operations() {
            words(operation, &mut allowed);
            words(action, &mut allowed);
        }
    }
    allowed
}

#[test]
fn no_name_is_left() {
    let allowed = allowed();
    let (mut looked_for, mut told) = (0, BTreeSet::new());
    for snapshot in snapshots() {
        let folder = tempfile::tempdir().unwrap();
        redactor().snapshot(&open(&snapshot), folder.path()).unwrap();
        let names: BTreeSet<String> = words_of(&snapshot).difference(&allowed).cloned().collect();
        assert!(names.len() >= 5, "{}: {names:?}", snapshot.display());
        looked_for += names.len();
        let mut after = words_of(folder.path());
        for version in ["1.5.0", "2.0.0"] {
            let report = report(&open(folder.path()), version, &[]);
            leaves(&cis_core::json_value(&report.unread), &mut after);
            // Titles, templates and the names of fields are ours.
            for finding in report.findings {
                leaves(&cis_core::json_value(&finding.resource), &mut after);
                leaves(&cis_core::json_value(&finding.values), &mut after);
                leaves(&cis_core::json_value(&finding.gaps), &mut after);
                finding.evidence.iter().for_each(|evidence| leaves(&evidence.value, &mut after));
            }
        }
        told.extend(names.intersection(&after).cloned());
    }
    assert!(looked_for > 500, "{looked_for}");
    assert!(told.is_empty(), "{} words are left: {}", told.len(), told.into_iter().collect::<Vec<_>>().join(" "));
}

/// A recording that is redacted while it is written holds the same bytes as one that is redacted afterwards.
#[test]
fn a_recording_is_redacted_as_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let demo = || cis_aws::sources::demo().unwrap();
    let as_of = block_on(demo().coverage()).unwrap().as_of.unwrap();
    let plain = Record::create(demo(), at("plain"), as_of).unwrap();
    report(&plain, "2.0.0", &[]);
    plain.finish().unwrap();
    redactor().snapshot(&open(&at("plain")), &at("after")).unwrap();

    let redacted = Record::create(demo(), at("meanwhile"), as_of).unwrap().rewritten(redactor());
    let seen = report(&redacted, "2.0.0", &[]);
    redacted.finish().unwrap();
    assert_eq!(seen, report(&demo(), "2.0.0", &[]), "the scan itself sees what is there");

    let relative = |name: &str| -> BTreeMap<PathBuf, Value> {
        let strip = |(path, text): (PathBuf, String)| {
            (path.strip_prefix(at(name)).unwrap().to_owned(), serde_json::from_str(&text).unwrap())
        };
        files(&at(name)).into_iter().map(strip).collect()
    };
    let (after, meanwhile) = (relative("after"), relative("meanwhile"));
    assert_eq!(after.keys().collect::<Vec<_>>(), meanwhile.keys().collect::<Vec<_>>());
    for (path, document) in &after {
        assert_eq!(document, &meanwhile[path], "{}", path.display());
    }
}

const MANIFEST: &str = r#"{"format": "cis-snapshot", "version": 1, "account_id": "123456789012",
    "as_of": "2026-03-02T00:00:00Z"}"#;

fn source(files: &[(&str, &[u8])]) -> SnapshotSource {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), Cow::Owned(text.to_vec())));
    SnapshotSource::from_files(files.chain([("snapshot.json".to_owned(), Cow::Borrowed(MANIFEST.as_bytes()))])).unwrap()
}

fn redacted(source: &SnapshotSource) -> (tempfile::TempDir, SnapshotSource) {
    let folder = tempfile::tempdir().unwrap();
    redactor().snapshot(source, folder.path()).unwrap();
    let source = open(folder.path());
    (folder, source)
}

/// Whatever is wrong with a file stays wrong, so that nothing is judged that was not.
#[test]
fn what_cannot_be_read_stays_unread() {
    let contact = "account/account.security_alternate_contact.json";
    let policies = "account/s3.bucket_policies.json";
    let groups = "regions/eu-west-1/ec2.security_groups.json";
    let databases = "regions/eu-west-1/rds.db_instances.json";
    let cidr = r#"{"SecurityGroups": [{"GroupId": "sg-1", "VpcId": "vpc-1", "OwnerId": "123456789012",
        "IpPermissionsEgress": [], "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
        "IpRanges": [{"CidrIp": "999.1.1.1/0"}]}]}]}"#;
    let buckets = r#"{"Buckets": [{"Name": "annette"}]}"#;
    let policy = r#"{"Buckets": [{"Bucket": "annette", "Policy": "{\"Statement\": [{\"Effect\": \"annette\"}]}"}]}"#;
    let cases: Vec<(&str, &str, &[u8], &str, GapKind)> = vec![
        ("empty", contact, b"", "account.security_contact", GapKind::Malformed),
        ("no JSON", contact, b"annette", "account.security_contact", GapKind::Malformed),
        ("UTF-16", contact, b"\xff\xfea\0", "account.security_contact", GapKind::Malformed),
        ("a list", contact, b"[\"annette\"]", "account.security_contact", GapKind::Malformed),
        ("another answer", contact, b"{\"Annette\": 1}", "account.security_contact", GapKind::Malformed),
        (
            "of a wrong type",
            contact,
            b"{\"AlternateContact\": \"annette\"}",
            "account.security_contact",
            GapKind::Malformed,
        ),
        (
            "a gap",
            contact,
            b"{\"$gap\": {\"kind\": \"denied\", \"message\": \"annette\"}}",
            "account.security_contact",
            GapKind::Denied,
        ),
        (
            "a gap of no kind",
            contact,
            b"{\"$gap\": {\"kind\": \"annette\"}}",
            "account.security_contact",
            GapKind::Malformed,
        ),
        ("no range of addresses", groups, cidr.as_bytes(), "5.2", GapKind::Malformed),
        ("no policy", policies, policy.as_bytes(), "s3.deny_http", GapKind::Malformed),
        ("a later page", databases, b"{\"DBInstances\": [], \"Marker\": \"annette\"}", "2.3.2", GapKind::CutOff),
        ("no member of ours", databases, b"{\"DBInstances\": [], \"$annette\": 1}", "2.3.2", GapKind::Malformed),
    ];
    for (why, path, content, key, kind) in cases {
        let before = source(&[(path, content), ("account/s3.buckets.json", buckets.as_bytes())]);
        let (folder, after) = redacted(&before);
        let (before, after) = (report(&before, "2.0.0", &[key]), report(&after, "2.0.0", &[key]));
        assert_same(why, &redactor(), &before, &after);
        assert!(after.findings.iter().any(|finding| finding.gaps.iter().any(|gap| gap.kind == kind)), "{why}");
        let text: String = files(folder.path()).into_values().collect();
        assert!(!text.to_lowercase().contains("annette"), "{why}: {text}");
    }
}

#[test]
fn what_is_not_known_is_left_out() {
    let bucket =
        r#"{"Owner": {"DisplayName": "annette"}, "Buckets": [{"Name": "logs", "Note": "annette", "annette": {}}]}"#;
    let before = source(&[
        ("account/s3.buckets.json", bucket.as_bytes()),
        ("account/acme.people.json", b"{\"rows\": [\"annette\"]}"),
        ("notes/annette.json", b"{}"),
        ("regions/eu-west-1/acme.people.json", b"{}"),
    ]);
    let (folder, after) = redacted(&before);
    let written = files(folder.path());
    assert_eq!(written.len(), 2, "{written:?}");
    assert!(!written.values().any(|text| text.contains("annette")), "{written:?}");
    let regions = |source: &SnapshotSource| block_on(source.coverage()).unwrap().regions;
    assert_eq!(regions(&after), regions(&before), "a region is known by a file that is left out");
}

#[test]
fn a_key_decides() {
    let arn = "arn:aws:iam::123456789012:user/payments/annette";
    let by = |key: u8| Redactor::new(&Key::new([key; 32]).unwrap()).text(arn);
    assert_eq!(by(1), by(1));
    assert_ne!(by(1), by(2));
    let random = || Redactor::new(&Key::random().unwrap()).text(arn);
    assert_ne!(random(), random());
    assert!(Key::new([1; 31]).unwrap_err().to_string().contains("31 bytes"));
}

#[test]
fn forms_stay() {
    let redactor = redactor();
    for (why, text, kept) in [
        ("a user's ARN", "arn:aws:iam::123456789012:user/payments/annette", "arn:aws:iam::?:user/?/?"),
        ("root", "arn:aws-cn:iam::123456789012:root", "arn:aws-cn:iam::?:root"),
        (
            "AWS's own policy",
            "arn:aws:iam::aws:policy/job-function/Billing",
            "arn:aws:iam::aws:policy/job-function/Billing",
        ),
        (
            "a role of IAM Identity Center",
            "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_x",
            "arn:aws:iam::?:role/aws-reserved/sso.amazonaws.com/eu-west-1/?_?",
        ),
        (
            "a log group",
            "arn:aws:logs:eu-west-1:123456789012:log-group:acme/trail:*",
            "arn:aws:logs:eu-west-1:?:log-group:?/?:*",
        ),
        ("a security group", "sg-0123456789abcdef0", "sg-?"),
        ("an access key", "AKIAIOSFODNN7EXAMPLE", "AKIA"),
        ("an id", "mrk-1234abcd12ab34cd56ef1234567890ab", "mrk-?"),
        ("a UUID", "1234abcd-12ab-34cd-56ef-1234567890ab", "?-?-?-?-?"),
        ("a site", "https://example.com/people?id=annette", "?://?.?/???=?"),
        ("a variable", "arn:aws:s3:::homes/${aws:username}/*", "arn:aws:s3:::?/${aws:username}/*"),
        ("an ARN in a message", "User: arn:aws:iam::123456789012:user/ann is", "?: arn:aws:iam::?:user/? ?"),
        ("IPv6", "2001:db8::/32", "2001:db8::/32"),
        ("the internet", "0.0.0.0/0", "0.0.0.0/0"),
    ] {
        let redacted = redactor.text(text);
        assert_eq!(redacted.len(), text.len(), "{why}: {redacted}");
        let mut rest = redacted.as_str();
        for part in kept.split('?').filter(|part| !part.is_empty()) {
            let at = rest.find(part).unwrap_or_else(|| panic!("{why}: no {part} in {redacted}"));
            rest = &rest[at + part.len()..];
        }
        assert_eq!(redacted != text, kept.contains('?') || why == "an access key", "{why}: {redacted}");
    }
    let account = redactor.text("123456789012");
    for text in ["arn:aws:iam::123456789012:root", "logs-123456789012-x", "https://sqs/123456789012/q"] {
        assert!(redactor.text(text).contains(&account), "{text}");
    }
    assert!(redactor.bucket("logs-123456789012").contains(&account));
    assert!(
        redactor.text("arn:aws:s3:::logs-x/key").starts_with(&format!("arn:aws:s3:::{}/", redactor.bucket("logs-x")))
    );
}

fn bucket_name() -> impl Strategy<Value = String> {
    "[ab]{1,2}(-[ab1]{1,3})?"
}

fn range() -> impl Strategy<Value = String> {
    let block = select(vec![[0_u8, 0, 0, 0], [10, 0, 0, 0], [54, 0, 0, 0], [203, 0, 113, 0], [128, 0, 0, 0]]);
    prop_oneof![
        select(vec!["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "0.0.0.0/2", "64.0.0.0/2", "::/0", "oops", "10.0.0.0/33"])
            .prop_map(str::to_owned),
        (block, any::<u16>(), 0_u8..=32).prop_map(|([a, b, c, _], low, bits)| {
            format!("{a}.{}.{c}.{}/{bits}", b ^ low.to_be_bytes()[0], low.to_be_bytes()[1])
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn networks_judge_alike(rules in prop::collection::vec((range(), any::<bool>(), 1_i64..9), 0..6)) {
        let entries: Vec<_> = rules.iter().map(|(range, allow, number)| json!({
            "RuleNumber": number, "Egress": false, "RuleAction": if *allow { "allow" } else { "deny" }, "Protocol": "-1",
            "CidrBlock": range,
        })).collect();
        let ranges: Vec<_> = rules.iter().map(|(range, ..)| json!({"CidrIp": range})).collect();
        let acls = json!({"NetworkAcls": [{"NetworkAclId": "acl-1", "OwnerId": "123456789012", "Entries": entries}]});
        let groups = json!({"SecurityGroups": [{"GroupId": "sg-1", "GroupName": "web", "OwnerId": "123456789012",
            "IpPermissionsEgress": [], "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": ranges}]}]});
        let before = source(&[
            ("regions/eu-west-1/ec2.network_acls.json", acls.to_string().as_bytes()),
            ("regions/eu-west-1/ec2.security_groups.json", groups.to_string().as_bytes()),
        ]);
        let (_folder, after) = redacted(&before);
        let keys = ["5.*"];
        assert_same("networks", &redactor(), &report(&before, "2.0.0", &keys), &report(&after, "2.0.0", &keys));
    }

    #[test]
    fn selectors_judge_alike(
        buckets in prop::collection::btree_set(bucket_name(), 1..4),
        values in prop::collection::vec((bucket_name(), select(vec!["", "/", "/key", "-"]), any::<bool>()), 1..4),
    ) {
        let listed: Vec<_> = buckets.iter().map(|name| json!({"Name": name})).collect();
        let arn = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/annette";
        let fields: Vec<_> = values.iter().map(|(name, end, not)| {
            let operator = if *not { "NotStartsWith" } else { "StartsWith" };
            json!({"FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
                {"Field": "resources.ARN", operator: [format!("arn:aws:s3:::{name}{end}")]}]})
        }).collect();
        let trails = json!({"trailList": [{"TrailARN": arn, "HomeRegion": "eu-west-1", "IsMultiRegionTrail": true}]});
        let selectors = json!({"Trails": [{"TrailARN": arn, "AdvancedEventSelectors": fields}]});
        let statuses = json!({"Trails": [{"TrailARN": arn, "IsLogging": true}]});
        let before = source(&[
            ("account/s3.buckets.json", json!({ "Buckets": listed }).to_string().as_bytes()),
            ("regions/eu-west-1/cloudtrail.trails.json", trails.to_string().as_bytes()),
            ("regions/eu-west-1/cloudtrail.event_selectors.json", selectors.to_string().as_bytes()),
            ("regions/eu-west-1/cloudtrail.trail_statuses.json", statuses.to_string().as_bytes()),
        ]);
        let (_folder, after) = redacted(&before);
        let keys = ["cloudtrail.*"];
        assert_same("selectors", &redactor(), &report(&before, "2.0.0", &keys), &report(&after, "2.0.0", &keys));
    }

    /// No two texts get one pseudonym, in whatever alphabet.
    #[test]
    fn names_stay_apart(one in "[a-c1-3A-C-]{1,7}", other in "[a-c1-3A-C-]{1,7}") {
        let redactor = redactor();
        prop_assert_eq!(redactor.text(&one) == redactor.text(&other), one == other);
        prop_assert_eq!(redactor.bucket(&one) == redactor.bucket(&other), one == other);
        prop_assert_eq!(redactor.bucket(&one).starts_with(&redactor.bucket(&other)), one.starts_with(&other));
        prop_assert_eq!(redactor.text(&one).eq_ignore_ascii_case(&redactor.text(&other)), one.eq_ignore_ascii_case(&other));
    }
}
