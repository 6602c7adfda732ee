//! One scan, several formats: one that is called by its function, one that somebody chose by its name, and one of your own.
//!
//! `cargo run -p cis-examples --example formats -- junit`
#![allow(clippy::print_stdout, reason = "it is a program")]

use std::io::{self, Write};

use cis_core::format::{self, Format, MarkdownOptions, Options};
use cis_core::{Locale, Report, Scan, Status};

/// A format of your own is a function: what fails, a line each, for a chat.
fn chat(report: &Report, mut to: impl Write) -> io::Result<()> {
    for finding in report.findings.iter().filter(|finding| finding.status == Status::Fail) {
        writeln!(to, "{}: {} {}", finding.control, finding.resource.name(), finding.message)?;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (benchmark, registry) = (cis_aws::benchmark("2.0.0")?, cis_aws::registry());
    let source = cis_aws::sources::demo()?;
    let report = futures::executor::block_on(Scan::new(&benchmark, &registry).run(&source))?;

    let mut comment = Vec::new();
    format::markdown(&report, MarkdownOptions::default(), &Locale::default(), &mut comment)?;
    println!("markdown: {} bytes", comment.len());

    let chosen: Format = std::env::args().nth(1).as_deref().unwrap_or("jsonl").parse()?;
    let mut written = Vec::new();
    chosen.write(&report, &Options::default(), &mut written)?;
    println!("{} ({}): {} bytes", chosen.name, chosen.about, written.len());

    let mut lines = Vec::new();
    chat(&report, &mut lines)?;
    println!("chat: {} bytes", lines.len());
    Ok(())
}
