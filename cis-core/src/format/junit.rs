//! The report as JUnit XML, for the test view of a CI server.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::outline::{Requirement, resource_or_account, sections};
use super::{Format, parts, reviewed};
use crate::finding::{Finding, Status};
use crate::locale::Locale;
use crate::msg;
use crate::msg::Message;
use crate::report::{Counts, Report};

pub(super) const FORMAT: Format = Format {
    name: "junit",
    about: "for CI servers: JUnit XML, a suite a recommendation, a test case a finding",
    extension: "xml",
    binary: false,
    write: |report, options, to| junit(report, &options.locale, to),
};

/// Writes the report as JUnit XML, as the Jenkins xUnit plugin's schema `junit-10.xsd` has it: a `testsuite` for each
/// recommendation, a `testcase` for each finding.
///
/// A fail is a `failure`; unknown is an `error`, so that a pipeline does not take it for a pass; manual and not applicable
/// are `skipped`, their message beginning with that word. An attestation's answer counts. A fail that an exception covers is
/// `skipped` too, with the exception as its message and `fail` as its type, so that it fails no pipeline. `system-out` has the finding's id and its evidence, `system-err`
/// of a first suite without test cases what could not be read.
///
/// # Errors
/// Those of the writer.
pub fn junit(report: &Report, locale: &Locale, to: impl Write) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(to, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let all = report.summary.findings;
    let name = locale.text(&parts::audited(report));
    xml.create_element("testsuites")
        .with_attribute(("name", &*legal(&name)))
        .with_attributes(count(all, report.summary.excepted))
        .write_inner_content(|xml| {
            if !report.unread.is_empty() {
                xml.create_element("testsuite")
                    .with_attribute(("name", &*locale.text(&msg!("What could not be read"))))
                    .with_attributes(count(Counts::default(), 0))
                    .write_inner_content(|xml| text(xml, "system-err", &parts::lines(&report.unread, locale)))?;
            }
            for section in sections(report) {
                let name = section.title(locale);
                for requirement in &section.requirements {
                    suite(xml, report, locale, &name, requirement)?;
                }
            }
            Ok(())
        })?;
    xml.get_mut().write_all(b"\n")?;
    xml.get_mut().flush()
}

/// `excepted` is how many of those that fail an exception covers.
fn count(counts: Counts, excepted: usize) -> impl Iterator<Item = (&'static str, Cow<'static, str>)> {
    let number = |n: usize| Cow::Owned(n.to_string());
    let tests = Status::ALL.iter().map(|&status| counts.get(status)).sum();
    [
        ("tests", number(tests)),
        ("failures", number(counts.fail.saturating_sub(excepted))),
        ("errors", number(counts.unknown)),
    ]
    .into_iter()
}

fn suite<W: Write>(
    xml: &mut Writer<W>,
    report: &Report,
    locale: &Locale,
    section: &str,
    requirement: &Requirement<'_>,
) -> io::Result<()> {
    let id = requirement.id().map(|id| format!("{id} ")).unwrap_or_default();
    let counts = requirement.counts;
    let excepted = requirement.findings.iter().filter(|finding| finding.exception.is_some()).count();
    let skipped = counts.manual + counts.not_applicable + excepted;
    xml.create_element("testsuite")
        .with_attribute(("name", &*legal(&format!("{id}{}", requirement.title(locale)))))
        .with_attributes(count(counts, excepted))
        .with_attribute(("skipped", &*skipped.to_string()))
        .with_attribute(("timestamp", &*report.as_of.strftime("%Y-%m-%dT%H:%M:%S").to_string()))
        .write_inner_content(|xml| {
            xml.create_element("properties").write_inner_content(|xml| {
                property(xml, "control", requirement.key)?;
                property(xml, "section", section)?;
                property(xml, "status", requirement.status.as_str())?;
                if let Some(judged) = requirement.judged {
                    property(xml, "recommendation", &judged.id)?;
                    property(xml, "level", &judged.level.to_string())?;
                    property(xml, "assessment", judged.assessment.as_str())?;
                }
                Ok(())
            })?;
            requirement.findings.iter().try_for_each(|finding| case(xml, locale, finding))
        })?;
    Ok(())
}

fn property<W: Write>(xml: &mut Writer<W>, name: &str, value: &str) -> io::Result<()> {
    let value = legal(value);
    xml.create_element("property").with_attributes([("name", name), ("value", &*value)]).write_empty()?;
    Ok(())
}

fn case<W: Write>(xml: &mut Writer<W>, locale: &Locale, finding: &Finding) -> io::Result<()> {
    let name = locale.text(&resource_or_account(&finding.resource));
    xml.create_element("testcase")
        .with_attributes([("classname", &*legal(&finding.control)), ("name", &*legal(&name))])
        .write_inner_content(|xml| {
            let excepted = reviewed::excepted(finding, locale);
            let told_here = locale.message(finding);
            let (element, message) = match (finding.verdict(), &excepted) {
                (status, Some(told)) => {
                    let told =
                        msg!("{status}. {told}. {message}", status = Message::from(status), told, message = told_here);
                    ("skipped", locale.text(&told))
                }
                (Status::Pass, None) => ("", String::new()),
                (Status::Fail, None) => ("failure", told_here.into_owned()),
                (Status::Unknown, None) => ("error", told_here.into_owned()),
                (status @ (Status::Manual | Status::NotApplicable), None) => {
                    let told = msg!("{status}: {message}", status = Message::from(status), message = told_here);
                    ("skipped", locale.text(&told))
                }
            };
            if !element.is_empty() {
                xml.create_element(element)
                    .with_attributes([("type", finding.verdict().as_str()), ("message", &*legal(&message))])
                    .write_text_content(BytesText::new(&legal(&parts::lines(&finding.gaps, locale))))?;
            }
            let mut out = format!("id: {}", finding.id());
            if finding.settled.is_some() {
                let _ = write!(out, "\nstatus: {}", locale.text(&reviewed::standing(finding)));
            }
            for told in reviewed::decided(finding, locale) {
                let _ = write!(out, "\n{told}");
            }
            for evidence in &finding.evidence {
                let _ = write!(out, "\n{} {}: {}", evidence.operation, evidence.field, evidence.value);
            }
            text(xml, "system-out", &out)
        })?;
    Ok(())
}

fn text<W: Write>(xml: &mut Writer<W>, element: &str, text: &str) -> io::Result<()> {
    xml.create_element(element).write_text_content(BytesText::new(&legal(text)))?;
    Ok(())
}

/// The text without what XML 1.0 cannot hold, not even escaped (<https://www.w3.org/TR/xml/#charsets>): each such character
/// becomes the replacement character.
fn legal(text: &str) -> String {
    let illegal =
        |c: char| matches!(c, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    text.replace(illegal, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use quick_xml::events::BytesStart;
    use quick_xml::{Reader, events::Event};

    use super::super::sample;
    use super::*;

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        junit(report, &Locale::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// The elements in order: name, and the value of an attribute.
    fn elements(xml: &str, attribute: &str) -> Vec<(String, Option<String>)> {
        let mut reader = Reader::from_str(xml);
        let mut found = Vec::new();
        let mut element = |start: &BytesStart<'_>| {
            let value = start
                .try_get_attribute(attribute)
                .unwrap()
                .map(|value| value.normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap().into_owned());
            found.push((start.name().as_ref().to_owned(), value));
        };
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) | Event::Empty(start) => element(&start),
                Event::Eof => return found,
                _ => {}
            }
        }
    }

    #[test]
    fn a_case_is_a_finding() {
        let xml = written(&sample::whole());
        let told: Vec<_> = elements(&xml, "message")
            .into_iter()
            .filter(|(name, _)| ["testcase", "failure", "error", "skipped"].contains(&name.as_str()))
            .map(|(name, message)| message.map_or(name.clone(), |message| format!("{name}: {message}")))
            .collect();
        let expected = [
            "testcase",
            "testcase",
            "error: The credential report could not be read.",
            "testcase",
            "failure: The key is 91 days old; it must be at most 90.",
            "testcase",
            "skipped: not applicable: There is no password.",
            "testcase",
            "skipped: manual: Look at the badge.",
        ];
        assert_eq!(told, expected);
        assert!(
            xml.contains(
                r#"<testsuites name="Acme baseline 1, account 123456789012" tests="5" failures="1" errors="1">"#
            ),
            "{xml}"
        );
        assert!(
            xml.contains("What could not be read") && xml.contains("iam:GetCredentialReport answered AccessDenied")
        );
    }

    #[test]
    fn every_text_is_xml() {
        for text in sample::HOSTILE {
            let report = sample::all_of(text);
            let names: Vec<_> =
                elements(&written(&report), "name").into_iter().filter(|(name, _)| name == "testcase").collect();
            assert_eq!(names.len(), report.findings.len(), "{text:?}");
            let controls = elements(&written(&report), "classname");
            let outside = controls.iter().filter_map(|(_, name)| name.as_deref()).filter(|name| name.starts_with("x."));
            // An attribute's white space may become spaces; all else is as it was.
            let plain = |text: &str| text.replace(char::is_whitespace, " ");
            assert_eq!(outside.map(plain).collect::<Vec<_>>(), [plain(&legal(&format!("x.{text}")))], "{text:?}");
        }
    }
}
