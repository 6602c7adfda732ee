//! The report as JSON.

use std::io::{self, Write};

use super::Format;
use crate::report::Report;

pub(super) const FORMAT: Format = Format {
    name: "json",
    about: "for programs: all there is",
    extension: "json",
    binary: false,
    write: |report, _, to| json(report, to),
};

/// Writes the report as indented JSON with a line feed at its end. Absent values are null, times RFC 3339 in UTC; the same
/// report gives the same bytes, and so does the report that is read from them.
///
/// # Errors
/// Those of the writer.
pub fn json(report: &Report, mut to: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut to, report)?;
    to.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn what_is_read_back_is_the_same() {
        for report in sample::HOSTILE.map(sample::all_of).into_iter().chain([sample::whole()]) {
            let mut bytes = Vec::new();
            json(&report, &mut bytes).unwrap();
            let read: Report = serde_json::from_slice(&bytes).unwrap();
            let mut again = Vec::new();
            json(&read, &mut again).unwrap();
            assert_eq!(read, report);
            assert_eq!(again, bytes);
        }
    }
}
