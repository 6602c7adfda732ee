//! Layers: sources around sources, put together as a tool needs them.
//!
//! What would the report say of an account whose certificates may not be listed, with the security contact out of the
//! company's own directory? Every read is told to the log and kept, and the same scan is run again over what was kept.
//!
//! `cargo run -p cis-examples --example layers`
#![allow(clippy::print_stdout, reason = "it is a program")]

use cis_aws::datasets::account::{AlternateContact, SecurityAlternateContact};
use cis_aws::sources::{SnapshotSource, demo};
use cis_core::layer::{Deny, Record, Route, Rule, Trace};
use cis_core::{DataSource, Dataset, MemorySource, Report, Scan, Selection};

fn scan(source: &dyn DataSource) -> Result<Report, cis_core::Error> {
    let (benchmark, registry) = (cis_aws::benchmark("2.0.0")?, cis_aws::registry());
    let select = ["1.2", "1.8", "1.19"].map(str::to_owned).to_vec();
    let scan = Scan::new(&benchmark, &registry).select(Selection { select, level: None });
    futures::executor::block_on(scan.run(source))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The library tells tracing what it does and writes nothing itself: where that goes is the tool's choice.
    tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_writer(std::io::stderr).init();

    let contact = AlternateContact {
        email_address: Some("soc@example.com".into()),
        phone_number: Some("+1 202 555 0199".into()),
        ..AlternateContact::default()
    };
    let directory = MemorySource::new("123456789012").with::<SecurityAlternateContact>(vec![contact]);

    let account = demo()?;
    let as_of = account.manifest().as_of.ok_or("the demo account has no moment")?;
    // From the inside out. Deny is innermost, so that only the account's reads are denied and not the directory's; Record
    // lies around both, so that it keeps what the controls saw; Trace is outermost and tells of all of it, the denials included.
    let denied = Deny::new(account, [Rule::denied().operation("iam:ListServerCertificates")]);
    let routed = Route::new(denied).to(SecurityAlternateContact::NAME, directory);
    let folder = tempfile::tempdir()?;
    let recorded = Record::create(routed, folder.path(), as_of)?;
    let report = scan(&Trace::new(&recorded))?;
    // A read cannot fail, so what could not be written is told at the end.
    recorded.finish()?;

    for finding in &report.findings {
        println!("{:5} {:8} {}", finding.recommendation.as_deref().unwrap_or("-"), finding.status, finding.message);
    }
    let again = scan(&SnapshotSource::open(folder.path())?)?;
    println!("what was kept gives the same findings: {}", again.findings == report.findings);
    Ok(())
}
