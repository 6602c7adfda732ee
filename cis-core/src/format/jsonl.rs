//! The findings as JSON Lines (<https://jsonlines.org>).

use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;

use super::Format;
use crate::finding::Finding;
use crate::report::Report;

pub(super) const FORMAT: Format = Format {
    name: "jsonl",
    about: "for programs: a finding a line",
    extension: "jsonl",
    binary: false,
    write: |report, _, to| jsonl(report, to),
};

/// A finding with what the report says once for all of them.
#[derive(Serialize)]
struct Line<'a> {
    benchmark: &'a str,
    benchmark_version: &'a str,
    partition: &'a str,
    as_of: Timestamp,
    #[serde(flatten)]
    finding: &'a Finding,
}

/// Writes a JSON object a line, one for each finding: its members as in the report, and `benchmark`, `benchmark_version`,
/// `partition` and `as_of`. What could not be read stands in the `gaps` of the findings that rest on it.
///
/// # Errors
/// Those of the writer.
pub fn jsonl(report: &Report, mut to: impl Write) -> io::Result<()> {
    for finding in &report.findings {
        let line = Line {
            benchmark: &report.benchmark.name,
            benchmark_version: &report.benchmark.version,
            partition: &report.partition,
            as_of: report.as_of,
            finding,
        };
        serde_json::to_writer(&mut to, &line)?;
        to.write_all(b"\n")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::sample;
    use super::*;

    #[test]
    fn a_line_is_a_finding_and_its_report() {
        let report = sample::whole();
        let mut out = Vec::new();
        jsonl(&report, &mut out).unwrap();
        let lines: Vec<Value> =
            String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), report.findings.len());
        for (mut line, finding) in lines.into_iter().zip(&report.findings) {
            let members = line.as_object_mut().unwrap();
            assert_eq!(members.remove("benchmark"), Some(json!("Acme baseline")));
            assert_eq!(members.remove("benchmark_version"), Some(json!("1")));
            assert_eq!(members.remove("partition"), Some(json!("aws")));
            assert_eq!(members.remove("as_of"), Some(json!("2024-05-01T00:00:00Z")));
            assert_eq!(line, json!(finding));
        }
    }

    #[test]
    fn a_line_feed_in_a_text_ends_no_line() {
        let report = sample::all_of("a\nb\r\nc\u{2028}");
        let mut out = Vec::new();
        jsonl(&report, &mut out).unwrap();
        assert_eq!(out.split_inclusive(|&byte| byte == b'\n').count(), report.findings.len());
    }
}
