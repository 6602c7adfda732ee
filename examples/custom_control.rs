//! A control of one's own with a dataset of its own, judged together with the benchmark's.
//!
//! `cargo run -p cis-examples --example custom_control`
#![allow(clippy::print_stdout, reason = "it is a program")]

use cis_core::prelude::*;
use cis_core::{MemorySource, Scan, Selection, layer::Route};
use serde::{Deserialize, Serialize};

/// A laptop of the company's inventory.
#[derive(Debug, Serialize, Deserialize)]
struct Laptop {
    owner: String,
    /// The inventory may not be allowed to tell.
    disk_encrypted: Fact<bool>,
}

/// The laptops of the people with access to the account. Place: account.
struct Laptops;

impl Dataset for Laptops {
    type Row = Laptop;
    const NAME: &'static str = "acme.laptops";
    const PLACE: PlaceKind = PlaceKind::Account;
    const OPERATIONS: &'static [Operation] = &[Operation::named("acme:ListLaptops")];
}

control! {
    /// The disk of every laptop is encrypted.
    pub struct LaptopDisk {}
    key: "acme.laptop_disk", title: "Laptop disks are encrypted", resource_type: "Acme::Laptop", judged_at: Account,
}

impl Control for LaptopDisk {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn reads(&self) -> Reads {
        Reads::of::<Laptops>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let laptops = facts.rows::<Laptops>()?;
        findings.each(
            &laptops,
            |laptop| laptop.owner.clone(),
            |laptop| {
                let encrypted = *laptop.disk_encrypted.known()?;
                let verdict = if encrypted {
                    Verdict::pass(msg!("The disk is encrypted."))
                } else {
                    Verdict::fail(msg!("The disk is not encrypted; it must be."))
                };
                Ok(verdict.evidence("acme:ListLaptops", "disk_encrypted", &encrypted))
            },
        );
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let laptop = |owner: &str, disk_encrypted| Laptop { owner: owner.into(), disk_encrypted };
    let inventory = MemorySource::new("123456789012").with::<Laptops>(vec![
        laptop("ann", Fact::Known(true)),
        laptop("bob", Fact::Known(false)),
        laptop("eve", Fact::from(Gap::new(GapKind::Denied, "not yours to read").operation("acme:ListLaptops"))),
    ]);
    let source = Route::new(cis_aws::sources::demo()?).to("acme.*", inventory);

    let (benchmark, registry) = (cis_aws::benchmark("2.0.0")?, cis_aws::registry());
    let select = ["1.1?", "acme.*"].map(str::to_owned).to_vec();
    let scan = Scan::new(&benchmark, &registry).with(LaptopDisk {}).select(Selection { select, level: None });
    let report = futures::executor::block_on(scan.run(&source))?;
    for finding in report.findings.iter().filter(|finding| finding.status != Status::Pass) {
        println!("{:14} {:28} {}: {}", finding.status, finding.control, finding.resource.id, finding.message);
    }
    Ok(())
}
