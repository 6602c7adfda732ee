//! The report as a table for a terminal.

use std::borrow::Cow;
use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::Format;
use super::outline::{gravity, is_told, resource_name, sections};
use super::page::{Cell, Page, Style, TextOptions, shortened};
use super::reviewed;
use super::scope::{Regions, judged, regions};
use super::statuses::{self, spread};
use super::unread::unread_groups;
use crate::finding::{Finding, Status};
use crate::locale::Locale;
use crate::msg;
use crate::msg::Message;
use crate::report::{Calls, Collection, Counts, Report};

pub(super) const FORMAT: Format = Format {
    name: "text",
    about: "for people: a table of at most 100 columns",
    extension: "txt",
    binary: false,
    write: |report, options, to| text(report, options.text, &options.locale, to),
};

/// How many findings stand below one recommendation at most.
const FINDINGS: usize = 10;
/// How many groups of reads that failed are told at most, and how many places or resources of each.
const UNREAD: usize = 20;
const NAMES: usize = 8;
/// How many columns a message, or the name of a resource, takes at most.
const LONG: usize = 600;

/// Writes the report as a table, grouped by section: what could not be read first, then each recommendation with its status
/// and counts, below it what fails, is unknown or is for a person to decide; a summary in words last. No line is wider than
/// the options say. Long lists are cut, and each cut says so.
///
/// # Errors
/// Those of the writer.
pub fn text(report: &Report, options: TextOptions, locale: &Locale, to: impl Write) -> io::Result<()> {
    let mut sheet = Sheet { page: Page::new(to, options), locale, columns: status_columns(locale) };
    sheet.header(report)?;
    sheet.unread(report)?;
    sheet.without_effect(report)?;
    for section in sections(report) {
        sheet.page.blank()?;
        sheet.page.text(0, &section.title(locale), Style::Strong)?;
        for requirement in section.requirements {
            let (id, title) = (requirement.id().unwrap_or_default(), requirement.title(locale));
            sheet.row(id, title, requirement.status, requirement.counts)?;
            sheet.below(requirement.findings)?;
        }
    }
    sheet.page.blank()?;
    sheet.summary(report)
}

/// The columns that the longest status takes.
fn status_columns(locale: &Locale) -> usize {
    let columns = Status::ALL.map(|status| word(status, locale).0.width());
    columns.into_iter().max().unwrap_or_default()
}

struct Sheet<'a, W> {
    page: Page<W>,
    locale: &'a Locale,
    /// Those of a status.
    columns: usize,
}

impl<W: Write> Sheet<'_, W> {
    fn told(&mut self, indent: usize, message: &Message, style: Style) -> io::Result<()> {
        self.page.text(indent, &self.locale.text(message), style)
    }

    fn shortened<'t>(&self, text: &'t str) -> Cow<'t, str> {
        shortened(text, LONG, self.locale)
    }

    fn header(&mut self, report: &Report) -> io::Result<()> {
        self.page.text(0, &format!("{} {}", report.benchmark.name, report.benchmark.version), Style::Strong)?;
        self.told(0, &judged(report), Style::Plain)?;
        for (regions, is_doubtful) in regions(report) {
            let style = match regions {
                Regions::Unknown(_) => Style::Bad,
                _ if is_doubtful => Style::Doubt,
                _ => Style::Plain,
            };
            self.told(0, &regions.told(), style)?;
        }
        Ok(())
    }

    fn unread(&mut self, report: &Report) -> io::Result<()> {
        if report.unread.is_empty() {
            return Ok(());
        }
        self.page.blank()?;
        self.told(0, &msg!("NOT EVERYTHING COULD BE READ: {n} failed", n = report.unread.len()), Style::Bad)?;
        let means = msg!("What rests on them is unknown below, neither passed nor failed.");
        self.told(0, &means, Style::Bad)?;
        let groups = unread_groups(report, self.locale);
        for group in groups.iter().take(UNREAD) {
            let told = group.told(NAMES, str::to_owned, |reason| self.shortened(reason).into_owned());
            self.page.row(2, &[Cell::new("!", 2), Cell::rest(self.locale.text(&told))])?;
        }
        self.and_more(2, groups.len().saturating_sub(UNREAD))
    }

    /// The entries of the review that take no effect. None is left out: there are as many as people wrote.
    fn without_effect(&mut self, report: &Report) -> io::Result<()> {
        let entries = reviewed::without_effect(report, self.locale);
        if entries.is_empty() {
            return Ok(());
        }
        self.page.blank()?;
        self.told(0, &msg!("WITHOUT EFFECT IN THE REVIEW: {n}", n = entries.len()), Style::Doubt)?;
        for told in entries {
            self.page.row(2, &[Cell::new("!", 2), Cell::rest(shortened(&told, LONG, self.locale))])?;
        }
        Ok(())
    }

    fn row(&mut self, id: &str, title: &str, status: Status, counts: Counts) -> io::Result<()> {
        let (id, title) = (Cell::new(id, 6), Cell::rest(shortened(title, LONG, self.locale)));
        let counts = Cell::new(spread(counts, self.locale), 28);
        self.page.row(2, &[id, title, self.status(status), counts])
    }

    fn status(&self, status: Status) -> Cell<'static> {
        let (word, style) = word(status, self.locale);
        Cell::new(word, self.columns).style(style)
    }

    /// What fails, is unknown or is for a person to decide, gravest first.
    fn below(&mut self, mut findings: Vec<&Finding>) -> io::Result<()> {
        findings.retain(|finding| is_told(finding));
        findings.sort_by_key(|finding| std::cmp::Reverse(gravity(finding)));
        let more = findings.len().saturating_sub(FINDINGS);
        let (locale, columns) = (self.locale, self.columns);
        for finding in findings.into_iter().take(FINDINGS) {
            let message = locale.message(finding);
            let message = Cell::rest(shortened(&message, LONG, locale));
            match resource_name(&finding.resource, locale) {
                // The account, which the header names.
                None => self.page.row(10, &[self.status(finding.status), message])?,
                Some(name) => {
                    let name = Cell::rest(shortened(&name, LONG, locale));
                    self.page.row(10, &[self.status(finding.status), name])?;
                    self.page.row(10, &[Cell::new("", columns), message])?;
                }
            }
            let attested = reviewed::attested(finding, locale).map(|told| (told, word(finding.verdict(), locale).1));
            let excepted = reviewed::excepted(finding, locale).map(|told| (told, Style::Doubt));
            for (told, style) in attested.into_iter().chain(excepted) {
                let told = Cell::rest(shortened(&told, LONG, locale)).style(style);
                self.page.row(10, &[Cell::new("", columns), told])?;
            }
        }
        self.and_more(10, more)
    }

    fn summary(&mut self, report: &Report) -> io::Result<()> {
        let summary = &report.summary;
        let spread = |counts: Counts| {
            let all = [Status::Pass, Status::Fail, Status::Unknown, Status::Manual, Status::NotApplicable];
            statuses::counts(counts, all)
        };
        let (n, counts) = (report.recommendations.len(), spread(summary.recommendations));
        self.told(0, &msg!("Recommendations ({n}): {counts}.", n, counts), Style::Strong)?;
        let (n, counts) = (report.findings.len(), spread(summary.findings));
        self.told(0, &msg!("Findings ({n}): {counts}.", n, counts), Style::Plain)?;
        let how = msg!(
            "Decided by facts: {facts}. For a person to decide, assisted by facts: {assisted}. Resting on gaps in them: {gaps}.",
            facts = summary.decided_by_facts,
            assisted = summary.assisted,
            gaps = summary.rest_on_gaps
        );
        self.told(0, &how, Style::Plain)?;
        if let Some(told) = reviewed::summary(report, self.locale) {
            self.page.text(0, &told, Style::Plain)?;
        }
        match &report.collection {
            None => Ok(()),
            Some(collection) => self.told(0, &calls(collection), Style::Plain),
        }
    }

    fn and_more(&mut self, indent: usize, more: usize) -> io::Result<()> {
        if more == 0 {
            return Ok(());
        }
        self.told(indent, &msg!("and {more} more; --format json has all", more), Style::Doubt)
    }
}

/// What it took to read the facts.
fn calls(collection: &Collection) -> Message {
    let Calls { sent, retries, throttled, failed } = collection.total();
    msg!(
        "API calls: {sent} sent, {retries} repeated, {throttled} throttled, {failed} failed; different operations: {operations}.",
        sent,
        retries,
        throttled,
        failed,
        operations = collection.calls.len()
    )
}

/// What is bad stands in capitals where a language has them, as colours are not always there.
fn word(status: Status, locale: &Locale) -> (String, Style) {
    let word = locale.text(&statuses::short(status));
    match status {
        Status::Fail => (word.to_uppercase(), Style::Bad),
        Status::Unknown => (word.to_uppercase(), Style::Doubt),
        Status::Manual => (word, Style::Strong),
        Status::Pass => (word, Style::Good),
        Status::NotApplicable => (word, Style::Faint),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample::{self, finding, report};
    use super::*;
    use crate::Review;
    use crate::gap::{Gap, GapKind};

    fn written(report: &Report, colour: bool) -> String {
        let mut out = Vec::new();
        text(report, TextOptions { colour, ..TextOptions::default() }, &Locale::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn denied(region: &str) -> Gap {
        Gap::new(GapKind::Denied, "no identity-based policy allows the action")
            .operation("ec2:DescribeInstances")
            .code("UnauthorizedOperation")
            .action("ec2:DescribeInstances")
            .region(region)
    }

    #[test]
    fn whole() {
        let report = report(
            &[("1.1", "iam.keys", "Keys are rotated"), ("1.2", "iam.mfa", "MFA is on"), ("1.3", "iam.none", "None")],
            vec![
                finding("iam.keys", Status::Pass, "ann", "The key is 3 days old."),
                finding("iam.keys", Status::Unknown, "bob", "The report was denied."),
                finding("iam.keys", Status::Fail, "cid", "The key is 91 days old; it must be at most 90."),
                finding("iam.mfa", Status::Pass, "ann", "MFA is on."),
                finding("acme.badges", Status::Manual, "ann", "Look at the badge."),
            ],
            vec![denied("eu-central-1"), denied("us-east-1"), Gap::malformed("not JSON").dataset("iam.users")],
        );
        let expected = "\
Acme baseline 1
Account 123456789012 (partition aws), judged as of 2024-05-01T00:00:00Z
Regions scanned (1): eu-central-1
Regions left out (1): eu-west-1
Regions not enabled (1): ap-east-1

NOT EVERYTHING COULD BE READ: 3 failed
What rests on them is unknown below, neither passed nor failed.
  !   ec2:DescribeInstances in eu-central-1, us-east-1: denied by a policy of the caller
      (UnauthorizedOperation); allow ec2:DescribeInstances
  !   iam.users: not understood (not JSON)

Identity
  1.1     Keys are rotated                                     FAIL     1 fail, 1 unknown, 1 pass
          FAIL     AWS::IAM::User cid
                   The key is 91 days old; it must be at most 90.
          UNKNOWN  AWS::IAM::User bob
                   The report was denied.
  1.2     MFA is on                                            pass     1 pass
  1.3     None                                                 n/a

Outside the benchmark
          acme.badges                                          manual   1 manual
          manual   AWS::IAM::User ann
                   Look at the badge.

Recommendations (3): 1 pass, 1 fail, 0 unknown, 0 manual, 1 not applicable.
Findings (5): 2 pass, 1 fail, 1 unknown, 1 manual, 0 not applicable.
Decided by facts: 3. For a person to decide, assisted by facts: 0. Resting on gaps in them: 0.
";
        assert_eq!(written(&report, false), expected);
    }

    #[test]
    fn colours_change_no_letter() {
        let findings = vec![finding("iam.keys", Status::Fail, "cid", "The key is old.")];
        let report = report(&[("1.1", "iam.keys", "Keys are rotated")], findings, vec![denied("eu-west-1")]);
        let mut coloured = written(&report, true);
        for style in [Style::Strong, Style::Faint, Style::Good, Style::Doubt, Style::Bad] {
            coloured = coloured.replace(style.sequence(), "");
        }
        assert!(written(&report, true).contains("\u{1b}[1;31mFAIL\u{1b}[0m"));
        assert_eq!(coloured.replace("\u{1b}[0m", ""), written(&report, false));
    }

    #[test]
    fn what_is_left_out_says_so_and_never_is_the_gravest() {
        let passes = (0..50).map(|n| finding("iam.keys", Status::Manual, &format!("user-{n}"), "Look."));
        let mut findings: Vec<_> = passes.collect();
        findings.push(finding("iam.keys", Status::Fail, "the-one", "Bad."));
        let gaps = (0..30).map(|n| Gap::new(GapKind::Throttled, "").operation(format!("acme:Read{n}")));
        let places = (0..30).map(|n| denied(&format!("region-{n:02}")));
        let report = report(&[("1.1", "iam.keys", "Keys")], findings, gaps.chain(places).collect());
        let out = written(&report, false);
        assert!(out.contains("FAIL     AWS::IAM::User the-one"), "{out}");
        assert!(out.contains("          and 41 more; --format json has all"), "{out}");
        assert!(out.contains("  and 11 more; --format json has all"), "{out}");
        let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("region-07 and 22 more"), "{out}");
    }

    #[test]
    fn what_people_decided_stands_beside_what_the_facts_gave() {
        let review = Review::from_toml(
            r#"
            [[exceptions]]
            recommendation = "s3.public"
            resource = "www"
            owner = "web team"
            reason = "serves the website"
            ticket = "WEB-1"
            expires = 2026-12-31
            [[exceptions]]
            recommendation = "s3.public"
            resource = "old"
            owner = "web team"
            reason = "served it"
            ticket = "WEB-0"
            expires = 2025-12-31
            [[attestations]]
            recommendation = "s3.sensitive"
            answer = "fail"
            by = "Ann"
            dated = 2026-01-01
            evidence = "https://example.com/1"
            valid_until = 2026-12-31
            [[exceptions]]
            recommendation = "s3.sensitive"
            owner = "data team"
            reason = "moves away"
            ticket = "DATA-1"
            expires = 2026-12-31
            [[attestations]]
            recommendation = "s3.sensitiv"
            answer = "pass"
            by = "Ann"
            dated = 2026-01-01
            evidence = "https://example.com/2"
            valid_until = 2026-12-31
            "#,
        );
        let mut report = crate::review::tests::report(vec![
            crate::review::tests::finding("s3.public", Status::Fail, "www", None),
            crate::review::tests::finding("s3.public", Status::Fail, "old", None),
            crate::review::tests::finding("s3.sensitive", Status::Manual, "data", None),
        ]);
        review.unwrap().apply(&mut report);
        let mut out = Vec::new();
        text(&report, TextOptions::default(), &Locale::default(), &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        for lines in [
            "WITHOUT EFFECT IN THE REVIEW: 2\n",
            "  !   exception for s3.public on old (web team, WEB-0): held until 2025-12-31; findings that it\n",
            "  !   attestation for s3.sensitiv (by Ann): it names no finding of this report; is it misspelt, or\n",
            "FAIL     2 fail\n",
            "                   Excepted until 2026-12-31 by web team (WEB-1): serves the website\n",
            "FAIL     1 fail\n          manual   arn:aws:s3:::data\n",
            "                   Attested as FAIL by Ann on 2026-01-01, valid until 2026-12-31:\n",
            "                   Excepted until 2026-12-31 by data team (DATA-1): moves away\n",
            "Fails that exceptions cover: 2 of 3. Decided by attestations: 1.\n",
        ] {
            assert!(out.contains(lines), "{lines:?} is not in\n{out}");
        }
    }

    proptest! {
        #[test]
        fn fits_100_columns_whatever_the_values(
            long in "[a-z/:-]{0,900}",
            wide in "[監査ﾊﾞａ\u{1f600}\u{301} ]{0,200}",
            hostile in any::<String>(),
        ) {
            let mut findings = vec![
                finding("iam.keys", Status::Fail, &long, &wide),
                finding("iam.keys", Status::Unknown, &wide, &hostile),
                finding("iam.keys", Status::Manual, &hostile, &long),
                finding("acme.x", Status::Fail, &hostile, &wide),
            ];
            findings[0].resource.arn = Some(format!("arn:aws:iam::123456789012:user/{long}{hostile}"));
            findings[1].resource.sub = Some(hostile.as_str().into());
            findings[3].control = hostile.as_str().into();
            findings[3].exception = Some(sample::exception(&hostile));
            findings[2].attestation = Some(sample::attestation(&hostile));
            let gaps = vec![
                Gap::new(GapKind::Malformed, &*hostile).resource(&*long),
                Gap::new(GapKind::Denied, &*wide).operation(&*long).action(&*long).region(&*hostile).code(&*wide),
            ];
            let mut report = report(&[(&hostile, "iam.keys", &wide), (&long, "iam.mfa", &hostile)], findings, gaps);
            report.benchmark.name.clone_from(&hostile);
            report.partition.clone_from(&long);
            report.scope[0].region.clone_from(&long);
            report.scope[1].region.clone_from(&hostile);
            report.recommendations[1].section.clone_from(&wide);
            let out = written(&report, false);
            for line in out.lines() {
                prop_assert!(line.width() <= 100, "{} columns: {line:?}", line.width());
                prop_assert!(!line.contains(char::is_control), "{line:?}");
            }
        }
    }
}
