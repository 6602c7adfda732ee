//! The report as a table for a terminal.

use std::io::{self, Write};

use crate::report::Report;

/// x
pub fn text(_report: &Report, mut _to: impl Write) -> io::Result<()> {
    Ok(())
}
