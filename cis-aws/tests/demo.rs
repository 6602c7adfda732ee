//! The demo account in all its forms.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::Command;

use cis_aws::datasets;
use cis_aws::sources::{SnapshotSource, demo};
use cis_core::layer::Record;
use cis_core::testkit::source_conformance;
use cis_core::{DataSource, Place, PlaceKind, RegionStatus, Request, Table};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::executor::block_on;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/demo");

fn requests(source: &dyn DataSource) -> Vec<Request> {
    let coverage = block_on(source.coverage()).unwrap();
    let account = Place::account(&coverage.account_id);
    let enabled: Vec<_> = coverage
        .regions
        .iter()
        .filter(|region| region.status == RegionStatus::Enabled)
        .map(|region| Place::region(&coverage.account_id, &region.name))
        .collect();
    let at = |kind| if kind == PlaceKind::Account { vec![account.clone()] } else { enabled.clone() };
    datasets::all()
        .iter()
        .flat_map(|info| at(info.place()).into_iter().map(|at| Request::new(info.clone(), at)))
        .collect()
}

fn assert_same(form: &str, source: &dyn DataSource) {
    let demo = demo().unwrap();
    block_on(source_conformance(source, &datasets::all()));
    assert_eq!(block_on(source.coverage()).unwrap(), block_on(demo.coverage()).unwrap(), "{form}");
    for request in requests(&demo) {
        let told = |table: &Table| (table.to_json(), table.cut_off_by().to_vec(), table.when_read());
        let (expected, found) = (block_on(demo.fetch(&request)), block_on(source.fetch(&request)));
        assert_eq!(told(&found), told(&expected), "{form}: {} at {}", request.dataset.name(), request.place);
    }
}

fn archive(folder: &Path, to: &Path) {
    let mut archive = tar::Builder::new(GzEncoder::new(fs::File::create(to).unwrap(), Compression::fast()));
    archive.append_dir_all("demo", folder).unwrap();
    archive.into_inner().unwrap().finish().unwrap();
}

#[test]
fn every_form_tells_the_same() {
    let made = tempfile::tempdir().unwrap();
    let folder = Path::new(FOLDER).join("snapshot");
    assert_same("folder", &SnapshotSource::open(&folder).unwrap());
    archive(&folder, &made.path().join("demo.tar.gz"));
    assert_same("archive", &SnapshotSource::open(&made.path().join("demo.tar.gz")).unwrap());

    let demo = demo().unwrap();
    let as_of = demo.manifest().as_of.unwrap();
    let record = Record::create(&demo, made.path().join("recorded"), as_of).unwrap();
    block_on(record.coverage()).unwrap();
    for request in requests(&demo) {
        block_on(record.fetch(&request));
    }
    record.finish().unwrap();
    assert_same("recording", &SnapshotSource::open(&made.path().join("recorded")).unwrap());
    archive(&made.path().join("recorded"), &made.path().join("recorded.tgz"));
    assert_same("archive of a recording", &SnapshotSource::open(&made.path().join("recorded.tgz")).unwrap());
}

#[test]
fn the_script_makes_what_is_committed() {
    let run = Command::new("python3").arg(Path::new(FOLDER).join("make.py")).arg("--check").output();
    let output = run.expect("python3, which the demo's script is for, is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
