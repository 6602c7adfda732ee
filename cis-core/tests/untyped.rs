//! A control without Rust types sees what a typed one sees, and says the same of a list that is empty or cut off.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use cis_core::prelude::*;
use cis_core::{Benchmark, MemorySource, Operation, Region, Registry, Report, Scan, Selection, Table};
use futures::executor::block_on;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
struct Door {
    name: String,
    is_open: bool,
}

struct Doors;
impl Dataset for Doors {
    type Row = Door;
    const NAME: &'static str = "acme.doors";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("acme:ListDoors")];
}

fn shut(is_open: bool) -> Verdict {
    if is_open { Verdict::fail(msg!("It is open.")) } else { Verdict::pass(msg!("It is shut.")) }
}

struct Typed;
impl Control for Typed {
    fn info(&self) -> ControlInfo {
        ControlInfo::new("acme.doors_shut", "Doors are shut", "Acme::Door", PlaceKind::Region)
    }

    fn reads(&self) -> Reads {
        Reads::of::<Doors>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let doors = facts.rows::<Doors>()?;
        findings.each(&doors, |door| door.name.clone(), |door| Ok(shut(door.is_open)));
        Ok(())
    }
}

struct Untyped;
impl Control for Untyped {
    fn info(&self) -> ControlInfo {
        Typed.info()
    }

    fn reads(&self) -> Reads {
        Typed.reads()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let doors = facts.untyped_rows("acme.doors")?;
        for index in 0..doors.len() {
            let door = doors.json(index).unwrap();
            findings.push(door["name"].as_str().unwrap().to_owned(), shut(door["is_open"].as_bool().unwrap()));
        }
        findings.untyped_rest(&doors, doors.is_empty());
        assert_eq!(facts.untyped_regions("acme.doors").len(), 4, "a region is there, readable or not");
        assert_eq!(facts.untyped_rows("acme.windows").unwrap_err().kind, GapKind::NotSupported, "it is not declared");
        assert_eq!((doors.dataset(), doors.region()), ("acme.doors", facts.place().region_name()));
        Ok(())
    }
}

fn report(control: impl Control + 'static) -> Report {
    let info = DatasetInfo::of::<Doors>();
    let doors = |doors: &[(&str, bool)]| {
        Table::rows::<Doors>(doors.iter().map(|&(name, is_open)| Door { name: name.to_owned(), is_open }).collect())
    };
    let place = |region| Place::region("123456789012", region);
    let source = MemorySource::new("123456789012")
        .as_of("2026-01-01T00:00:00Z".parse().unwrap())
        .region(Region::enabled("a"))
        .region(Region::enabled("b"))
        .region(Region::enabled("c"))
        .region(Region::enabled("d"))
        .put("acme.doors", place("a"), doors(&[("front", false), ("back", true)]))
        .put("acme.doors", place("b"), doors(&[("only", false)]).cut_off(info.gap(GapKind::Throttled, "Rate exceeded")))
        .put("acme.doors", place("c"), doors(&[]))
        .put("acme.doors", place("d"), Table::gap(info.gap(GapKind::Denied, "no").code("AccessDenied")));
    let benchmark = Benchmark::from_json(serde_json::json!({
        "name": "Acme", "version": "1",
        "recommendation": [{
            "id": "1", "key": "acme.doors_shut", "title": "Doors are shut", "section": "Doors", "level": 1,
            "assessment": "automated",
        }],
    }));
    let (benchmark, registry) = (benchmark.unwrap(), Registry::default());
    let scan = Scan::new(&benchmark, &registry).with(control).select(Selection::default());
    block_on(scan.run(&source)).unwrap()
}

#[test]
fn the_same_report() {
    let (typed, untyped) = (report(Typed), report(Untyped));
    assert_eq!(typed, untyped);
    let statuses: Vec<_> = typed.findings.iter().map(|finding| finding.status.as_str()).collect();
    assert_eq!(statuses, ["fail", "pass", "unknown", "pass", "not_applicable", "unknown"]);
}

#[test]
fn a_benchmark_from_json_is_checked() {
    let error = Benchmark::from_json(serde_json::json!({"name": "Acme", "version": "1", "recommendation": []}));
    assert_eq!(error.unwrap_err().to_string(), "the benchmark has no recommendation");
    let error = Benchmark::from_json(serde_json::json!({"name": "Acme"})).unwrap_err();
    assert_eq!(error.context().collect::<Vec<_>>(), ["benchmark"]);
    assert!(error.message().contains("missing field `version`"), "{error}");
}
