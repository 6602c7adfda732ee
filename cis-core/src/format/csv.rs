//! The findings as CSV, safe to open in a spreadsheet.

use std::borrow::Cow;
use std::io::{self, Write};

use smol_str::SmolStr;

use super::outline::findings;
use super::{Format, parts, reviewed};
use crate::locale::Locale;
use crate::report::Report;

pub(super) const FORMAT: Format = Format {
    name: "csv",
    about: "for spreadsheets: a finding a row, formulas made harmless",
    extension: "csv",
    binary: false,
    write: |report, options, to| csv(report, &options.locale, to),
};

/// The columns, in order. Later versions add columns at the end alone.
pub const CSV_COLUMNS: [&str; 26] = [
    "benchmark",
    "benchmark_version",
    "partition",
    "account_id",
    "as_of",
    "recommendation",
    "control",
    "title",
    "section",
    "level",
    "assessment",
    "status",
    "resource_type",
    "resource_id",
    "resource_arn",
    "region",
    "sub",
    "message",
    "gaps",
    "evidence",
    "id",
    "verdict",
    "attested_by",
    "attestation",
    "exception",
    "tags",
];

/// Writes a row of [`CSV_COLUMNS`], then one for each finding (RFC 4180: UTF-8, commas, every cell in quotes, CR LF). Absent
/// values are empty cells; `gaps` is a sentence a line; `evidence` and `tags` are JSON. `status` is what the facts give, `verdict` what
/// counts once an attestation has settled it; `attestation` and `exception` are sentences.
///
/// A cell that a spreadsheet would take for a formula is written with an apostrophe before it, as OWASP says
/// (<https://owasp.org/www-community/attacks/CSV_Injection>): one that begins with `=`, `+`, `-`, `@`, a tab, a carriage
/// return, a line feed, or the wide form of one of the first four. A program that reads the cells takes it off again.
///
/// # Errors
/// Those of the writer.
pub fn csv(report: &Report, locale: &Locale, to: impl Write) -> io::Result<()> {
    let mut rows = ::csv::WriterBuilder::new()
        .quote_style(::csv::QuoteStyle::Always)
        .terminator(::csv::Terminator::CRLF)
        .from_writer(to);
    rows.write_record(CSV_COLUMNS)?;
    let as_of = report.as_of.to_string();
    for (finding, judged) in findings(report) {
        let resource = &finding.resource;
        let text = |value: &Option<SmolStr>| value.clone().unwrap_or_default();
        let level = judged.map(|judged| judged.level.to_string()).unwrap_or_default();
        let evidence =
            if finding.evidence.is_empty() { String::new() } else { serde_json::to_string(&finding.evidence)? };
        let tags = resource.tags.as_ref().map(serde_json::to_string).transpose()?.unwrap_or_default();
        let cells: [&str; CSV_COLUMNS.len()] = [
            &report.benchmark.name,
            &report.benchmark.version,
            &report.partition,
            &resource.account_id,
            &as_of,
            &text(&finding.recommendation),
            &finding.control,
            judged.map_or("", |judged| locale.title(&judged.title)),
            &judged.map_or(Cow::Borrowed(""), |judged| locale.words(&judged.section)),
            &level,
            judged.map_or("", |judged| judged.assessment.as_str()),
            finding.status.as_str(),
            &resource.kind,
            &resource.id,
            resource.arn.as_deref().unwrap_or_default(),
            &text(&resource.region),
            &text(&resource.sub),
            &locale.message(finding),
            &parts::lines(&finding.gaps, locale),
            &evidence,
            &finding.id(),
            finding.verdict().as_str(),
            finding.attestation.as_ref().map_or("", |attestation| &attestation.by),
            &reviewed::attested(finding, locale).unwrap_or_default(),
            &reviewed::excepted(finding, locale).unwrap_or_default(),
            &tags,
        ];
        rows.write_record(cells.map(inert).iter().map(|cell| cell.as_bytes()))?;
    }
    rows.flush()
}

/// The cell as no spreadsheet takes it for a formula.
fn inert(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn read(report: &Report) -> Vec<::csv::StringRecord> {
        let mut out = Vec::new();
        csv(report, &Locale::default(), &mut out).unwrap();
        let mut reader = ::csv::Reader::from_reader(&*out);
        assert_eq!(reader.headers().unwrap(), &CSV_COLUMNS[..]);
        reader.records().map(Result::unwrap).collect()
    }

    #[test]
    fn a_row_is_a_finding() {
        let report = sample::whole();
        let rows = read(&report);
        let statuses: Vec<_> = rows.iter().map(|row| row[11].to_owned()).collect();
        assert_eq!(statuses, ["pass", "unknown", "fail", "not_applicable", "manual"]);
        let fail: Vec<_> = rows[2].iter().collect();
        let evidence = "[{\"operation\":\"iam:GetCredentialReport\",\"field\":\"access_key_1_last_rotated\",\
                        \"value\":\"2024-01-31T00:00:00Z\",\"read_at\":\"2024-05-01T00:00:00Z\"}]";
        let expected = [
            "Acme baseline",
            "1",
            "aws",
            "123456789012",
            "2024-05-01T00:00:00Z",
            "1.1",
            "iam.keys",
            "Keys are rotated",
            "Identity",
            "1",
            "automated",
            "fail",
            "AWS::IAM::User",
            "cid",
            "arn:aws:iam::123456789012:user/cid",
            "eu-central-1",
            "access key 1",
            "The key is 91 days old; it must be at most 90.",
            "",
            evidence,
            &report.findings[2].id(),
            "fail",
            "",
            "",
            "",
            r#"{"team":"web"}"#,
        ];
        assert_eq!(fail, expected);
        assert_eq!(&rows[1][18], "iam:GetCredentialReport answered AccessDenied; allow iam:GetCredentialReport");
        assert_eq!((&rows[4][5], &rows[4][7]), ("", ""), "outside the benchmark");
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (cell, written) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("\n=1", "'\n=1"),
            ("＝1", "'＝1"),
            ("＠x", "'＠x"),
            ("1=1", "1=1"),
            ("'=1", "'=1"),
            ("", ""),
        ] {
            assert_eq!(inert(cell), written, "{cell:?}");
        }
        for text in sample::HOSTILE {
            for row in read(&sample::all_of(text)) {
                for cell in &row {
                    assert_eq!(inert(cell), cell, "{text:?}");
                }
            }
        }
    }
}
