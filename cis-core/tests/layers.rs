//! Every layer passes on what it does not know, and composes.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use async_trait::async_trait;
use cis_core::layer::{Deny, Record, Route, Rule, Trace};
use cis_core::testkit::{layer_conformance, source_conformance};
use cis_core::{
    Calls, Collection, Coverage, DataSource, DatasetInfo, Error, Gap, GapKind, MemorySource, Place, PlaceKind, Region,
    Request, Table, Wanted, snapshot,
};
use futures::executor::block_on;
use serde_json::json;

fn info(name: &str) -> DatasetInfo {
    let operations = [(format!("{name}:List"), format!("{name}:Read"))];
    DatasetInfo::untyped(name, PlaceKind::Region, [], operations)
}

fn as_of() -> jiff::Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

#[test]
fn every_layer_conforms() {
    block_on(async {
        layer_conformance(|source| Deny::new(source, [Rule::denied().dataset("somebody.else")])).await;
        layer_conformance(Trace::new).await;
        layer_conformance(|source| Route::new(source).to("acme.*", MemorySource::new("123456789012"))).await;
        let folder = tempfile::tempdir().unwrap();
        layer_conformance(|source| Record::create(source, folder.path(), as_of()).unwrap()).await;
        layer_conformance(|source| Trace::new(Route::new(Deny::new(source, [])))).await;
    });
}

#[test]
fn a_memory_source_conforms() {
    let doors = info("acme.doors");
    let place = Place::region("123456789012", "eu-west-1");
    let table = Table::from_json(&doors, vec![json!({"Name": "front"})]);
    let source = MemorySource::new("123456789012").region(Region::enabled("eu-west-1")).put("acme.doors", place, table);
    block_on(source_conformance(&source, &[doors]));
}

#[test]
fn deny_rules() {
    let doors = info("acme.doors");
    let place = Place::region("123456789012", "eu-west-1");
    let memory =
        MemorySource::new("123456789012").put("acme.doors", place.clone(), Table::from_json(&doors, vec![json!({})]));
    let named =
        || Request::new(info("acme.doors"), place.clone()).only(Wanted::names(["front".to_owned(), "back".to_owned()]));
    let whole = || Request::new(info("acme.doors"), place.clone());
    for (why, rule, request, denied) in [
        ("an empty rule matches everything", Rule::denied(), whole(), true),
        ("an operation", Rule::denied().operation("acme.doors:List"), whole(), true),
        ("an operation by a glob", Rule::denied().operation("acme.*"), whole(), true),
        ("another operation", Rule::denied().operation("acme.locks:List"), whole(), false),
        ("a region", Rule::denied().region("eu-*"), whole(), true),
        ("another region", Rule::denied().region("us-*"), whole(), false),
        ("both must match", Rule::denied().region("eu-*").dataset("acme.locks"), whole(), false),
        ("a resource that is asked for", Rule::denied().resource("fro*"), named(), true),
        ("a resource that is not asked for", Rule::denied().resource("side"), named(), false),
        ("a resource where all are asked for", Rule::denied().resource("front"), whole(), false),
    ] {
        let answer = block_on(Deny::new(memory.clone(), [rule]).fetch(&request));
        assert_eq!(answer.why_nothing().is_some(), denied, "{why}");
        if let Some(gap) = answer.why_nothing() {
            assert_eq!(gap.operation.as_deref(), Some("acme.doors:List"), "{why}");
            assert_eq!(gap.action.as_deref(), Some("acme.doors:Read"), "{why}");
            assert_eq!(gap.region.as_deref(), Some("eu-west-1"), "{why}");
        }
    }
}

#[test]
fn a_route_takes_its_datasets_and_no_others() {
    let place = Place::region("123456789012", "eu-west-1");
    let table = |name: &str| Table::from_json(&info(name), vec![json!({"of": name})]);
    let inner = MemorySource::new("123456789012").put("ec2.things", place.clone(), table("ec2.things"));
    let own = MemorySource::new("123456789012").put("acme.doors", place.clone(), table("acme.doors"));
    let both = Route::new(inner).to("acme.*", own);
    for name in ["ec2.things", "acme.doors"] {
        let answer = block_on(both.fetch(&Request::new(info(name), place.clone())));
        assert_eq!(answer.to_json().unwrap(), [json!({"of": name})]);
    }
}

#[test]
fn a_route_takes_its_account_and_no_other() {
    let doors = info("acme.doors");
    let table = |of: &str| Table::from_json(&info("acme.doors"), vec![json!({"of": of})]);
    let source = |account_id: &str| {
        MemorySource::new(account_id).put("acme.doors", Place::region(account_id, "eu-west-1"), table(account_id))
    };
    let both = Route::new(source("123456789012")).account("999988887777", source("999988887777"));
    let fetched = |account_id: &str| {
        let request = Request::new(doors.clone(), Place::region(account_id, "eu-west-1"));
        block_on(both.fetch(&request)).to_json()
    };
    for account_id in ["123456789012", "999988887777"] {
        assert_eq!(fetched(account_id).unwrap(), [json!({"of": account_id})]);
    }
    assert_eq!(fetched("111122223333").unwrap_err().kind, GapKind::OtherAccount);
    assert_eq!(block_on(both.coverage()).unwrap().account_id, "123456789012");
}

#[test]
fn a_route_counts_the_calls_of_all_its_sources() {
    /// A source that made some calls.
    struct Counts(MemorySource, &'static str, u64);

    #[async_trait]
    impl DataSource for Counts {
        async fn coverage(&self) -> Result<Coverage, Error> {
            self.0.coverage().await
        }

        async fn fetch(&self, request: &Request) -> Table {
            self.0.fetch(request).await
        }

        fn collection(&self) -> Option<Collection> {
            let mut collection = Collection::default();
            collection.add(self.1, Calls { sent: self.2, ..Calls::default() });
            Some(collection)
        }
    }

    let counts = |account_id: &str, operation, sent| Counts(MemorySource::new(account_id), operation, sent);
    let all = Route::new(counts("123456789012", "ec2:DescribeVpcs", 1))
        .to("acme.*", counts("123456789012", "acme:ListDoors", 2))
        .account("999988887777", counts("999988887777", "ec2:DescribeVpcs", 4))
        .to("acme.locks", MemorySource::new("123456789012"));
    let counted: Vec<_> = all.collection().unwrap().calls.into_iter().map(|(name, calls)| (name, calls.sent)).collect();
    assert_eq!(counted, [("acme:ListDoors".to_owned(), 2), ("ec2:DescribeVpcs".to_owned(), 5)]);
}

#[test]
fn a_recording_keeps_other_accounts_apart() {
    let folder = tempfile::tempdir().unwrap();
    let doors = info("acme.doors");
    let table = |of: &str| Table::from_json(&info("acme.doors"), vec![json!({"of": of})]);
    let (here, there) = (Place::region("123456789012", "eu-west-1"), Place::region("999988887777", "eu-west-1"));
    let memory = MemorySource::new("123456789012").put("acme.doors", here.clone(), table("here"));
    let record =
        Record::create(memory.put("acme.doors", there.clone(), table("there")), folder.path(), as_of()).unwrap();
    block_on(async {
        record.coverage().await.unwrap();
        record.fetch(&Request::new(doors.clone(), here.clone())).await;
        record.fetch(&Request::new(doors.clone(), there.clone())).await;
    });
    record.finish().unwrap();
    for (place, of, path) in [
        (here, "here", "regions/eu-west-1/acme.doors.json"),
        (there, "there", "accounts/999988887777/regions/eu-west-1/acme.doors.json"),
    ] {
        assert_eq!(snapshot::path_in("123456789012", "acme.doors", &place).unwrap(), path);
        let document = serde_json::from_slice(&std::fs::read(folder.path().join(path)).unwrap()).unwrap();
        let back = snapshot::from_document(&doors, document, &Wanted::All);
        assert_eq!(back.to_json().unwrap(), [json!({"of": of})]);
    }
    let outside = snapshot::path_in("123456789012", "acme.doors", &Place::account("../.."));
    assert!(outside.unwrap_err().to_string().contains("cannot be the name of a file"));
}

#[test]
fn a_recording_holds_rows_gaps_and_times() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::region("123456789012", "eu-west-1");
    let (doors, locks) = (info("acme.doors"), info("acme.locks"));
    let cut = Gap::new(GapKind::Throttled, "Rate exceeded").code("Throttling");
    let table = Table::from_json(&doors, vec![json!({"Name": "front"})]).read_at(as_of()).cut_off(cut.clone());
    let gone = Gap::new(GapKind::Failed, "there is no such door").code("NoSuchDoor").resource("side");
    let table = table.vanished(gone.clone());
    let memory =
        MemorySource::new("123456789012").region(Region::enabled("eu-west-1")).put("acme.doors", place.clone(), table);
    let record = Record::create(memory, folder.path(), as_of()).unwrap();
    block_on(async {
        record.coverage().await.unwrap();
        record.fetch(&Request::new(doors.clone(), place.clone())).await;
        record.fetch(&Request::new(locks.clone(), place.clone())).await;
    });
    record.finish().unwrap();

    let read = |path: &str| std::fs::read(folder.path().join(path)).unwrap();
    let manifest = snapshot::Manifest::parse(&read("snapshot.json")).unwrap();
    assert_eq!((manifest.account_id.as_str(), manifest.as_of), ("123456789012", Some(as_of())));
    let table = |info: &DatasetInfo| {
        let document = serde_json::from_slice(&read(&snapshot::path(info.name(), &place).unwrap())).unwrap();
        snapshot::from_document(info, document, &Wanted::All)
    };
    let back = table(&doors);
    assert_eq!(back.to_json().unwrap(), [json!({"Name": "front"})]);
    assert_eq!((back.when_read(), back.cut_off_by()), (Some(as_of()), &[cut][..]));
    assert_eq!(back.gone(), [gone]);
    assert_eq!(table(&locks).why_nothing().map(|gap| gap.kind), Some(GapKind::NotSupported));

    let error = Record::create(MemorySource::new("123456789012"), folder.path(), as_of()).unwrap_err();
    assert!(error.to_string().contains("not empty"), "{error}");
}

#[test]
fn a_document_says_that_there_is_no_service() {
    let doors = info("acme.doors");
    let read = |document| snapshot::from_document(&doors, document, &Wanted::All);
    let table = read(json!({"$no_service": "the atlas has none", "$read_at": "2026-01-01T00:00:00Z"}));
    assert_eq!((table.why_no_service(), table.to_json()), (Some("the atlas has none"), Ok(vec![])));
    assert_eq!(table.when_read(), Some(as_of()));
    let again = read(snapshot::to_document(&doors, &table, &Wanted::All));
    assert_eq!((again.why_no_service(), again.when_read()), (table.why_no_service(), table.when_read()));
    for contradiction in [
        json!({"$no_service": ""}),
        json!({"$no_service": true}),
        json!({"$no_service": ["a"]}),
        json!({"$no_service": "a", "rows": []}),
        json!({"$no_service": "a", "$cut_off": []}),
    ] {
        let table = read(contradiction.clone());
        assert_eq!(table.why_nothing().map(|gap| gap.kind), Some(GapKind::Malformed), "{contradiction}");
        assert_eq!(table.why_no_service(), None, "{contradiction}");
    }
    let denied = read(json!({"$no_service": "a", "$gap": {"kind": "denied"}}));
    assert_eq!(denied.why_nothing().map(|gap| gap.kind), Some(GapKind::Denied), "a gap is believed before all else");
}

#[test]
fn a_recording_that_cannot_be_written_is_told_at_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::region("123456789012", "eu-west-1");
    let record = Record::create(MemorySource::new("123456789012"), folder.path(), as_of()).unwrap();
    block_on(record.fetch(&Request::new(info("../../escape"), place)));
    let error = record.finish().unwrap_err();
    assert!(error.to_string().contains("cannot be the name of a file"), "{error}");
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
}
