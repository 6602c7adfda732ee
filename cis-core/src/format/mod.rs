//! Reports as bytes. One file a format; [`FORMATS`] lists them.
//!
//! Every format is a function that writes to any `io::Write` as it goes: [`json()`] and so on. [`Format`] is one of them by
//! its name, for programs that let people choose.
//!
//! ```
//! use cis_core::format::{FORMATS, Format};
//! let json: Format = "json".parse()?;
//! assert_eq!(json.name, "json");
//! let names: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
//! assert!(names.contains(&"jsonl"));
//! let error = "pdf".parse::<Format>().unwrap_err().to_string();
//! assert!(error.starts_with(r#"format "pdf" is not known (known: "#));
//! # Ok::<(), cis_core::Error>(())
//! ```

mod asff;
#[cfg(feature = "csv")]
mod csv;
#[cfg(feature = "html")]
mod html;
mod items;
mod json;
mod jsonl;
#[cfg(feature = "junit")]
mod junit;
mod markdown;
mod markup;
mod ocsf;
#[cfg(feature = "oscal")]
mod oscal;
mod outline;
#[cfg(feature = "text")]
mod page;
#[cfg(feature = "parquet")]
mod parquet;
mod parts;
mod remediation;
mod reviewed;
#[cfg(test)]
mod sample;
#[cfg(feature = "sarif")]
mod sarif;
mod scope;
mod statuses;
#[cfg(feature = "text")]
mod text;
mod unread;
#[cfg(feature = "html")]
mod words;

pub use asff::{ASFF_BATCH_BYTES, ASFF_BATCH_FINDINGS, ASFF_TEXT_LIMITS, AsffOptions, asff};
#[cfg(feature = "csv")]
pub use csv::{CSV_COLUMNS, csv};
#[cfg(feature = "html")]
pub use html::html;
pub use json::json;
pub use jsonl::jsonl;
#[cfg(feature = "junit")]
pub use junit::junit;
pub use markdown::{MarkdownOptions, markdown};
pub use ocsf::{OCSF_VERSION, OcsfOptions, ocsf};
#[cfg(feature = "oscal")]
pub use oscal::{OSCAL_VERSION, oscal};
pub use outline::resource_name;
#[cfg(feature = "text")]
pub use page::{Cell, Page, Style, TextOptions, harmless};
#[cfg(feature = "parquet")]
pub use parquet::{parquet, parquet_schema};
pub use remediation::{remediation_markdown, remediation_text};
#[cfg(feature = "sarif")]
pub use sarif::{SarifOptions, sarif};
#[cfg(feature = "text")]
pub use text::text;

use std::io::{self, Write};
use std::str::FromStr;

use crate::compare::Comparison;
use crate::error::Error;
use crate::locale::Locale;
use crate::report::Report;

/// The formats of this build.
pub const FORMATS: &[Format] = &[
    #[cfg(feature = "text")]
    text::FORMAT,
    json::FORMAT,
    jsonl::FORMAT,
    #[cfg(feature = "csv")]
    csv::FORMAT,
    markdown::FORMAT,
    #[cfg(feature = "html")]
    html::FORMAT,
    #[cfg(feature = "junit")]
    junit::FORMAT,
    #[cfg(feature = "sarif")]
    sarif::FORMAT,
    #[cfg(feature = "sarif")]
    sarif::GITHUB,
    ocsf::FORMAT,
    asff::FORMAT,
    #[cfg(feature = "oscal")]
    oscal::FORMAT,
    #[cfg(feature = "parquet")]
    parquet::FORMAT,
];

/// What formats call the tool that made a report.
const TOOL: &str = "cis-aws";

/// A form that a report can be written in.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Format {
    /// What it is chosen by, such as `json`.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub about: &'static str,
    /// The end of a file's name, without the dot.
    pub extension: &'static str,
    /// Whether its bytes are no text.
    pub binary: bool,
    write: fn(&Report, &Options, &mut dyn Write) -> io::Result<()>,
}

impl Format {
    /// Writes the report in this form.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(&self, report: &Report, options: &Options, to: &mut dyn Write) -> io::Result<()> {
        (self.write)(report, options, to)
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Format {}

impl FromStr for Format {
    type Err = Error;

    /// The format of this name.
    fn from_str(name: &str) -> Result<Self, Error> {
        FORMATS.iter().find(|format| format.name == name).copied().ok_or_else(|| {
            let known: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
            Error::input(format!("format {name:?} is not known (known: {})", known.join(", ")))
        })
    }
}

/// What can be said to the formats that ask for something. [`Default`] is good for all of them.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Options {
    /// The language of what is written for people: all of text, Markdown and HTML; titles, messages, gaps, what people
    /// decided and how to put things right in CSV, JUnit, SARIF, OCSF, ASFF and OSCAL, whose words for machines stay as they are. JSON, JSON Lines and Parquet are data
    /// in English alone; with their templates and values they can be told in any language. By default English.
    pub locale: Locale,
    /// How text is laid out.
    #[cfg(feature = "text")]
    pub text: TextOptions,
    /// How much Markdown is written.
    pub markdown: MarkdownOptions,
    /// Where Security Hub's findings are imported to.
    pub asff: AsffOptions,
    /// What OCSF's events tell beside the report.
    pub ocsf: OcsfOptions,
}

impl Options {
    /// Has the formats that systems keep findings by (`asff`, `ocsf`) close those of an older report that are no more in the
    /// newer one, which is the one to be written: see [`Comparison::no_more`].
    ///
    /// # Errors
    /// As [`Comparison::no_more`].
    pub fn since(&mut self, old: &Report, new: &Report) -> Result<(), Error> {
        let closed = Comparison::no_more(old, new)?;
        self.asff.archived = closed.iter().map(|&finding| finding.clone()).collect();
        self.ocsf.closed.clone_from(&self.asff.archived);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::finding::Status;

    #[test]
    fn names_are_unique_and_found() {
        let names: BTreeSet<_> = FORMATS.iter().map(|format| format.name).collect();
        assert_eq!(names.len(), FORMATS.len());
        for format in FORMATS {
            assert_eq!(format.name.parse::<Format>().ok(), Some(*format));
            let option = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(format.name.chars().all(option) && !format.about.ends_with('.'), "{}", format.name);
        }
    }

    #[test]
    fn every_format_takes_every_text_and_gives_the_same_bytes() {
        for format in FORMATS {
            let written = |report: &Report| {
                let mut out = Vec::new();
                format.write(report, &Options::default(), &mut out).unwrap();
                out
            };
            for text in sample::HOSTILE {
                let report = sample::all_of(text);
                let out = written(&report);
                assert_eq!(out, written(&report), "{}: {text:?}", format.name);
                assert!(format.binary || String::from_utf8(out).is_ok(), "{}: {text:?}", format.name);
            }
        }
    }

    /// Takes so many bytes and no more.
    struct Full(usize);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            if taken == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(taken) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_an_error_wherever_it_strikes() {
        let report = sample::whole();
        for format in FORMATS {
            let mut whole = Vec::new();
            format.write(&report, &Options::default(), &mut whole).unwrap();
            for room in [0, 1, whole.len() / 2, whole.len() - 1] {
                let error = format.write(&report, &Options::default(), &mut Full(room)).map_err(|error| error.kind());
                assert_eq!(error, Err(io::ErrorKind::StorageFull), "{} in {room} bytes", format.name);
            }
            assert!(format.write(&report, &Options::default(), &mut Full(whole.len())).is_ok(), "{}", format.name);
        }
    }

    /// Remembers its largest write.
    struct Largest(usize);

    impl Write for Largest {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.max(bytes.len());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_long_report_is_written_as_it_goes() {
        let message = "x".repeat(1_000);
        let findings = (0..3_000).map(|n| sample::finding("iam.keys", Status::Fail, &format!("user-{n}"), &message));
        let report = sample::report(&[("1.1", "iam.keys", "Keys")], findings.collect(), Vec::new());
        for format in FORMATS.iter().filter(|format| !format.binary) {
            let mut largest = Largest(0);
            format.write(&report, &Options::default(), &mut largest).unwrap();
            assert!(largest.0 <= ASFF_BATCH_BYTES + 1, "{}: {} bytes at once", format.name, largest.0);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn json_is_json_whatever_the_texts(text in any::<String>()) {
            let report = sample::all_of(&text);
            for format in FORMATS {
                let mut out = Vec::new();
                format.write(&report, &Options::default(), &mut out).unwrap();
                let lines: Vec<_> = if format.extension.ends_with("jsonl") {
                    out.split_inclusive(|&byte| byte == b'\n').collect()
                } else if format.extension.ends_with("json") || format.extension == "sarif" {
                    vec![&*out]
                } else {
                    Vec::new()
                };
                for line in lines {
                    prop_assert!(serde_json::from_slice::<serde_json::Value>(line).is_ok(), "{}", format.name);
                }
            }
        }
    }
}
