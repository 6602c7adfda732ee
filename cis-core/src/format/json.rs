//! The report as JSON.

use std::io::{self, Write};

use crate::report::Report;

/// Writes the report as indented JSON with a line feed at its end. Absent values are null, times RFC 3339 in UTC; the same
/// report gives the same bytes.
///
/// # Errors
/// Those of the writer.
pub fn json(report: &Report, mut to: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut to, report)?;
    to.write_all(b"\n")
}
