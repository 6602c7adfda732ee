//! Small accounts in data files: the facts in AWS's own JSON, and what whole scans of them must give.
#![allow(dead_code, unreachable_pub, reason = "no single test needs all of it")]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cis_aws::datasets;
use cis_aws::sources::SnapshotSource;
use cis_core::{Benchmark, Finding, PlaceKind, Report, Scan, Selection};
use futures::executor::block_on;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

pub const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";
const AS_OF: &str = "2026-03-02T00:00:00Z";

/// An account, and the verdicts of one requirement on it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Scenario {
    /// What the case shows.
    pub name: String,
    /// The requirement.
    pub key: String,
    /// The enabled regions; one, if left out.
    #[serde(default)]
    pub regions: Vec<String>,
    /// Regions that the account has not enabled.
    #[serde(default)]
    pub not_enabled: Vec<String>,
    #[serde(default)]
    pub partition: Option<String>,
    /// Names of sets of facts, which those of the row replace.
    #[serde(default)]
    pub sets: Vec<String>,
    /// A dataset or document (`ec2.vpcs`, or `ec2.vpcs@eu-west-1` where it isn't the first region) and AWS's answer.
    #[serde(default)]
    pub facts: BTreeMap<String, String>,
    /// The credential report, of each line what differs from a user without credentials.
    #[serde(default)]
    pub report: Vec<BTreeMap<String, String>>,
    /// By version, or under `all` for every version that has the requirement: `status name`, in the report's order.
    pub expect: BTreeMap<String, Vec<String>>,
    /// What the messages and evidence must say.
    #[serde(default)]
    pub tells: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<R> {
    #[serde(default)]
    set: BTreeMap<String, BTreeMap<String, String>>,
    row: Vec<R>,
}

/// Facts that several rows share.
pub type Sets = BTreeMap<String, BTreeMap<String, String>>;

const FIELDS: [&str; 10] =
    ["name", "key", "regions", "not_enabled", "partition", "sets", "facts", "report", "expect", "tells"];

/// The rows of a file and its sets; a row has the fields of a scenario and these. What it has of rows is what comes out.
pub fn rows<R: DeserializeOwned>(text: &str, fields: &[&str]) -> (Vec<R>, Sets) {
    // serde can't refuse unknown fields where one type is flattened into another.
    let raw: File<toml::Table> = toml::from_str(text).unwrap_or_else(|error| panic!("{error}"));
    for row in &raw.row {
        let unknown: Vec<_> = row.keys().filter(|key| !FIELDS.iter().chain(fields).any(|field| field == key)).collect();
        assert!(unknown.is_empty(), "{:?}: there is no field {unknown:?}", row.get("name"));
    }

    let file: File<R> = toml::from_str(text).unwrap_or_else(|error| panic!("{error}"));
    let headings = text.lines().filter(|line| line.trim() == "[[row]]").count();
    assert_eq!(file.row.len(), headings, "a row was lost");
    (file.row, file.set)
}

/// The columns that AWS documents, and what a user without any credential has in them.
const COLUMNS: [(&str, &str); 22] = [
    ("user", ""),
    ("arn", ""),
    ("user_creation_time", "2020-01-01T00:00:00+00:00"),
    ("password_enabled", "false"),
    ("password_last_used", "N/A"),
    ("password_last_changed", "N/A"),
    ("password_next_rotation", "N/A"),
    ("mfa_active", "false"),
    ("access_key_1_active", "false"),
    ("access_key_1_last_rotated", "N/A"),
    ("access_key_1_last_used_date", "N/A"),
    ("access_key_1_last_used_region", "N/A"),
    ("access_key_1_last_used_service", "N/A"),
    ("access_key_2_active", "false"),
    ("access_key_2_last_rotated", "N/A"),
    ("access_key_2_last_used_date", "N/A"),
    ("access_key_2_last_used_region", "N/A"),
    ("access_key_2_last_used_service", "N/A"),
    ("cert_1_active", "false"),
    ("cert_1_last_rotated", "N/A"),
    ("cert_2_active", "false"),
    ("cert_2_last_rotated", "N/A"),
];

impl Scenario {
    pub fn region(&self) -> &str {
        self.regions.first().map_or(REGION, String::as_str)
    }

    fn partition(&self) -> &str {
        self.partition.as_deref().unwrap_or("aws")
    }

    fn credential_report(&self) -> String {
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(COLUMNS.map(|(name, _)| name)).unwrap();
        for cells in &self.report {
            let unknown: Vec<_> =
                cells.keys().filter(|name| !COLUMNS.iter().any(|(column, _)| column == name)).collect();
            assert!(unknown.is_empty(), "{}: there is no column {unknown:?}", self.name);
            let user = &cells["user"];
            let resource = if user == "<root_account>" { "root".to_owned() } else { format!("user/{user}") };
            let arn = format!("arn:{}:iam::{ACCOUNT}:{resource}", self.partition());
            let line = COLUMNS.map(|(name, usual)| match (cells.get(name), name) {
                (Some(cell), _) => cell.clone(),
                (None, "arn") => arn.clone(),
                _ => usual.to_owned(),
            });
            csv.write_record(line).unwrap();
        }
        let content = STANDARD.encode(csv.into_inner().unwrap());
        json!({"Content": content, "ReportFormat": "text/csv", "GeneratedTime": "2026-03-01T23:30:00Z"}).to_string()
    }

    /// The account as a snapshot.
    pub fn source(&self, sets: &Sets) -> SnapshotSource {
        let mut regions: Vec<_> = self.regions.iter().map(String::as_str).collect();
        if regions.is_empty() {
            regions.push(REGION);
        }
        let closed = self.not_enabled.iter().map(|name| json!({"name": name, "status": "not_enabled"}));
        let listed: Vec<_> =
            regions.iter().map(|name| json!({"name": name, "status": "enabled"})).chain(closed).collect();
        let manifest = json!({"format": "cis-snapshot", "version": 1, "account_id": ACCOUNT, "partition": self.partition(),
            "as_of": AS_OF, "regions": listed});
        let mut files = BTreeMap::from([("snapshot.json".to_owned(), manifest.to_string())]);
        if !self.report.is_empty() {
            let users = self.report.iter().filter(|cells| cells["user"] != "<root_account>").count();
            files
                .insert("account/iam.account_summary.json".into(), json!({"SummaryMap": {"Users": users}}).to_string());
            files.insert("account/iam.credential_report.json".into(), self.credential_report());
        }
        let all = datasets::all();
        let sets =
            self.sets.iter().map(|name| sets.get(name).unwrap_or_else(|| panic!("{}: no set {name}", self.name)));
        for (key, answer) in sets.chain([&self.facts]).flatten() {
            let (name, region) = key.split_once('@').unwrap_or((key, self.region()));
            let known = all.iter().find(|info| info.name() == name || info.layout().within == Some(name));
            let known = known.unwrap_or_else(|| panic!("{}: there is no dataset {name}", self.name));
            assert!(regions.contains(&region), "{}: {region} is no region of it", self.name);
            assert!(serde_json::from_str::<serde_json::Value>(answer).is_ok(), "{}: {key} is no JSON", self.name);
            let path = match known.place() {
                PlaceKind::Account => format!("account/{name}.json"),
                PlaceKind::Region => format!("regions/{region}/{name}.json"),
            };
            files.insert(path, answer.clone());
        }
        let files = files.into_iter().map(|(name, text)| (name, Cow::Owned(text.into_bytes())));
        SnapshotSource::from_files(files).unwrap()
    }

    /// A whole scan under a version, of this requirement alone.
    pub fn scan(&self, version: &str, sets: &Sets) -> Report {
        scan(&cis_aws::benchmark(version).unwrap(), &self.key, &self.source(sets))
    }

    /// The versions that have the requirement, and what each must give.
    pub fn expected(&self) -> Vec<(&'static str, &[String])> {
        let has = |version: &&str| cis_aws::benchmark(version).unwrap().by_key(&self.key).is_some();
        let versions: Vec<_> = cis_aws::versions().filter(has).collect();
        for version in self.expect.keys() {
            assert!(version == "all" || versions.contains(&version.as_str()), "{}: {version}", self.name);
        }
        let expected: Vec<_> = versions
            .into_iter()
            .filter_map(|version| {
                let verdicts = self.expect.get(version).or_else(|| self.expect.get("all"))?;
                Some((version, verdicts.as_slice()))
            })
            .collect();
        assert!(!expected.is_empty(), "{}: nothing is expected", self.name);
        expected
    }

    /// Runs the scans and compares every verdict. What is not as expected comes out.
    pub fn mistakes(&self, sets: &Sets) -> Vec<String> {
        let mut mistakes = Vec::new();
        for (version, expected) in self.expected() {
            let report = self.scan(version, sets);
            let found: Vec<_> = report.findings.iter().map(verdict).collect();
            let shown = shown(&report);
            let at = format!("{} ({}) under {version}", self.name, self.key);
            if found != expected {
                mistakes.push(format!("{at}: expected {expected:?}, found\n{shown}"));
            }
            for told in self.tells.iter().filter(|told| !shown.contains(*told)) {
                mistakes.push(format!("{at} does not say {told:?}:\n{shown}"));
            }
        }
        mistakes
    }
}

pub fn scan(benchmark: &Benchmark, key: &str, source: &SnapshotSource) -> Report {
    let registry = cis_aws::registry();
    let select = Selection { select: vec![key.to_owned()], level: None };
    block_on(Scan::new(benchmark, &registry).select(select).run(source)).unwrap()
}

/// `status name`: the last part of the ARN or id; a region's or the account's own finding by its name.
pub fn verdict(finding: &Finding) -> String {
    let resource = &finding.resource;
    let name = match (&resource.arn, &resource.region) {
        (Some(arn), _) => arn.rsplit([':', '/']).next().unwrap_or_default(),
        (None, Some(region)) if resource.id == ACCOUNT => region,
        (None, None) if resource.id == ACCOUNT => "account",
        _ => &resource.id,
    };
    match &resource.sub {
        Some(sub) => format!("{} {name} {sub}", finding.status),
        None => format!("{} {name}", finding.status),
    }
}

pub fn shown(report: &Report) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        _ = writeln!(text, "{}: {}", verdict(finding), finding.message);
        for evidence in &finding.evidence {
            _ = writeln!(text, "  {} {}: {}", evidence.operation, evidence.field, evidence.value);
        }
    }
    text
}
