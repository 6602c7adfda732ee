//! The guide to snapshots: its commands are run, with a stand-in for the AWS CLI that answers from the demo account.
#![cfg(all(unix, feature = "demo"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use cis_aws::datasets;
use cis_aws::datasets::macie2::Session;
use cis_aws::sources::{SnapshotSource, demo};
use cis_core::snapshot::path;
use cis_core::{
    DataSource, DatasetInfo, Error, Gap, GapKind, Place, PlaceKind, RegionStatus, Request, Scan, Selection,
};
use futures::executor::block_on;

const GUIDE: &str = include_str!("../../docs/snapshot.md");

/// Answers as the AWS CLI does, from the folder `$DEMO`: text for `--query`, errors on the standard error.
const STAND_IN: &str = r#"#!/bin/sh
fail() { echo "An error occurred ($1) when calling the Some operation: $2" >&2; exit 254; }
command="$1 $2"
case "$*" in
    *--alternate-contact-type*) kind=$(echo "$4" | tr '[:upper:]' '[:lower:]') ;;
    *--region*) region=$4 ;;
esac
case "$command" in
    "sts get-caller-identity") [ "$4" = Arn ] && echo arn:aws:sts::123456789012:assumed-role/a/b || echo 123456789012; exit ;;
    "iam generate-credential-report") echo COMPLETE; exit ;;
    "iam list-organizations-features") fail AccountNotManagementOrDelegatedAdministratorException "no" ;;
    "iam list-open-id-connect-providers") file=account/iam.oidc_providers.json ;;
    "iam get-account-authorization-details") file=account/iam.authorization_details.json ;;
    "iam get-account-password-policy") file=account/iam.password_policy.json ;;
    "account get-alternate-contact") file=account/account.${kind}_alternate_contact.json ;;
    "organizations describe-organization") file=account/organizations.organization.json ;;
    "ec2 describe-regions")
        case "$*" in *--query*) echo "us-east-1	eu-central-1	ap-northeast-1"; exit ;; esac
        file=account/ec2.regions.json ;;
    "ec2 describe-instances") file=regions/$region/ec2.instances.json ;;
    "accessanalyzer list-analyzers") file=regions/$region/accessanalyzer.analyzers.json ;;
    *) file=account/$1.$(echo "$2" | sed 's/^get-//; s/^list-//; s/-/_/g').json ;;
esac
grep -q '"$gap"' "$DEMO/$file" && fail UnauthorizedOperation "denied"
grep -q '": null' "$DEMO/$file" && fail ResourceNotFoundException "none"
cat "$DEMO/$file"
"#;

#[test]
fn its_commands_make_the_demo_account() {
    let folder = tempfile::tempdir().unwrap();
    let script = GUIDE.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let aws = folder.path().join("bin/aws");
    fs::create_dir(aws.parent().unwrap()).unwrap();
    fs::write(&aws, STAND_IN).unwrap();
    fs::set_permissions(&aws, fs::Permissions::from_mode(0o755)).unwrap();
    let search = format!("{}:{}", aws.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let demo_folder = concat!(env!("CARGO_MANIFEST_DIR"), "/demo/snapshot");
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script).current_dir(folder.path()).env("PATH", search).env("DEMO", demo_folder);
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let demo = demo().unwrap();
    let expected = block_on(demo.coverage()).unwrap();
    for form in ["snapshot", "snapshot.tar.gz"] {
        let made = SnapshotSource::open(&folder.path().join(form)).unwrap();
        let mut coverage = block_on(made.coverage()).unwrap();
        assert!(coverage.as_of.is_some(), "{form}");
        coverage.as_of = expected.as_of;
        assert_eq!(coverage, expected, "{form}");
        for info in of_section_1() {
            for place in places(info.place(), &expected.regions) {
                let request = Request::new(info.clone(), place);
                let (found, demo) = (block_on(made.fetch(&request)), block_on(demo.fetch(&request)));
                let at = format!("{form}: {} at {}", info.name(), request.place);
                let missing = |gap: Gap| assert_eq!(gap.kind, GapKind::NotSupported, "{at}");
                match demo.to_json() {
                    // An answer that it takes several commands to put together.
                    Ok(_) if info.name() == "iam.unlisted_policies" => missing(found.to_json().unwrap_err()),
                    Ok(rows) => assert_eq!(found.to_json().as_ref(), Ok(&rows), "{at}"),
                    Err(_) => missing(found.to_json().unwrap_err()),
                }
            }
        }
    }
    assert!(!Path::new(&folder.path().join("snapshot/error.txt")).exists());
}

/// What the script is for: the datasets that section 1 reads.
fn of_section_1() -> Vec<DatasetInfo> {
    let (benchmark, registry) = (cis_aws::benchmark("2.0.0").unwrap(), cis_aws::registry());
    let select = Selection { select: vec!["1.*".into()], level: None };
    let plan = Scan::new(&benchmark, &registry).select(select).plan().unwrap();
    plan.datasets().cloned().collect()
}

fn places(kind: PlaceKind, regions: &[cis_core::Region]) -> Vec<Place> {
    let enabled = regions.iter().filter(|region| region.status == RegionStatus::Enabled);
    match kind {
        PlaceKind::Account => vec![Place::account("123456789012")],
        PlaceKind::Region => enabled.map(|region| Place::region("123456789012", &region.name)).collect(),
    }
}

#[test]
fn it_names_every_dataset() -> Result<(), Error> {
    // The contacts' files are written in one loop.
    let spelled_out = GUIDE
        .replace("$region", "us-east-1")
        .replace("regions/REGION", "regions/us-east-1")
        .replace("${lower}", "security")
        + "account/account.billing_alternate_contact.json account/account.operations_alternate_contact.json";
    for info in datasets::all() {
        let place = match info.place() {
            PlaceKind::Account => Place::account("123456789012"),
            PlaceKind::Region => Place::region("123456789012", "us-east-1"),
        };
        let file = path(info.name(), &place)?;
        assert!(spelled_out.contains(&file), "docs/snapshot.md does not say where {file} comes from");
    }
    Ok(())
}

#[test]
fn its_examples_are_read() {
    let mut examples = GUIDE.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let manifest = r#"{"format": "cis-snapshot", "version": 1, "account_id": "123456789012"}"#;
    let (gap, no_service, policies) = (examples.next().unwrap(), examples.next().unwrap(), examples.next().unwrap());
    assert_eq!(examples.next(), None);
    let files = BTreeMap::from([
        ("snapshot.json", manifest),
        ("account/iam.account_summary.json", gap),
        ("account/iam.unlisted_policies.json", policies),
        ("regions/us-gov-west-1/macie2.session.json", no_service),
    ]);
    let files = files.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec().into()));
    let source = SnapshotSource::from_files(files).unwrap();
    let fetch = |name: &str| {
        let info = datasets::all().into_iter().find(|info| info.name() == name).unwrap();
        block_on(source.fetch(&Request::new(info, Place::account("123456789012"))))
    };
    assert_eq!(fetch("iam.account_summary").why_nothing().map(|gap| gap.kind), Some(GapKind::Denied));
    let macie = Request::new(DatasetInfo::of::<Session>(), Place::region("123456789012", "us-gov-west-1"));
    assert!(block_on(source.fetch(&macie)).why_no_service().unwrap().ends_with("Macie in us-gov-west-1"));
    let policies = fetch("iam.unlisted_policies");
    assert_eq!((policies.len(), policies.cut_off_by().len()), (1, 0));
    assert!(!policies.to_json().unwrap().first().unwrap().to_string().contains("$gap"));
}

/// The files that it says hold nothing where AWS answers with an error, each with the content.
fn files_of_nothing() -> Vec<(String, String)> {
    let table = GUIDE.split("## What AWS says where there is nothing").nth(1).unwrap();
    let table = table.split("## ").next().unwrap();
    let code = |cell: &str| cell.split('`').nth(1).unwrap().to_owned();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let rows: Vec<Vec<&str>> = rows.map(|line| line.trim_matches('|').split(" | ").collect()).collect();
    let mut files = Vec::new();
    for row in &rows {
        let [named, _, holds] = row[..] else { panic!("three columns: {row:?}") };
        let named = named.split('`').skip(1).step_by(2);
        files.extend(named.map(|file| (file.replace("REGION", "us-east-1"), code(holds))));
    }
    files
}

#[test]
fn what_it_says_of_nothing_reads_as_nothing() {
    let files = files_of_nothing();
    assert!(files.len() >= 8, "{files:?}");
    for (path, content) in files {
        let manifest = r#"{"format": "cis-snapshot", "version": 1, "account_id": "123456789012"}"#;
        let both = [("snapshot.json".to_owned(), manifest.to_owned()), (path.clone(), content.clone())];
        let both = both.map(|(path, text)| (path, text.into_bytes().into()));
        let source = SnapshotSource::from_files(both).unwrap();
        let name = path.rsplit('/').next().unwrap().strip_suffix(".json").unwrap();
        let info = datasets::all().into_iter().find(|info| info.name() == name).unwrap();
        let place = if path.starts_with("account/") {
            Place::account("123456789012")
        } else {
            Place::region("123456789012", "us-east-1")
        };
        let table = block_on(source.fetch(&Request::new(info, place)));
        assert_eq!(table.to_json(), Ok(Vec::new()), "{path}: {content}");
        assert_eq!(table.cut_off_by(), [], "{path}: {content}");
    }
}

#[test]
fn it_names_every_kind_of_gap() {
    let kinds = GUIDE.split("The kinds are ").nth(1).unwrap().split(". A fact").next().unwrap();
    for kind in kinds.split('`').skip(1).step_by(2) {
        let read: Result<GapKind, _> = serde_json::from_str(&format!("{kind:?}"));
        assert!(read.is_ok(), "{kind}");
    }
}
