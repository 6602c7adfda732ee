//! The report as a table for a terminal.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::Format;
use super::outline::{gravity, is_told, plain, resource_name, sections};
use super::page::{Cell, Page, Style, TextOptions, shortened};
use super::parts::counted;
use super::reviewed;
use super::unread::unread_groups;
use crate::facts::ScopeStatus;
use crate::finding::{Finding, Status};
use crate::report::{Calls, Collection, Counts, Report};

pub(super) const FORMAT: Format = Format {
    name: "text",
    about: "for people: a table of at most 100 columns",
    extension: "txt",
    binary: false,
    write: |report, options, to| text(report, options.text, to),
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
pub fn text(report: &Report, options: TextOptions, to: impl Write) -> io::Result<()> {
    let mut page = Page::new(to, options);
    header(report, &mut page)?;
    unread(report, &mut page)?;
    without_effect(report, &mut page)?;

    for section in sections(report) {
        page.blank()?;
        page.text(0, section.name.unwrap_or("Outside the benchmark"), Style::Strong)?;
        for requirement in section.requirements {
            let (id, title) = (requirement.id().unwrap_or_default(), requirement.title());
            row(&mut page, id, title, requirement.status, requirement.counts)?;
            below(&mut page, requirement.findings)?;
        }
    }
    page.blank()?;
    summary(report, &mut page)
}

fn header<W: Write>(report: &Report, page: &mut Page<W>) -> io::Result<()> {
    page.text(0, &format!("{} {}", report.benchmark.name, report.benchmark.version), Style::Strong)?;
    let account = format!("Account {} (partition {}), judged as of ", report.account_id, report.partition);
    page.text(0, &format!("{account}{}", report.as_of), Style::Plain)?;
    let states = [
        (ScopeStatus::Scanned, "Regions scanned", Style::Plain),
        (ScopeStatus::LeftOut, "Regions left out", Style::Doubt),
        (ScopeStatus::NotEnabled, "Regions not enabled", Style::Plain),
        (ScopeStatus::Unknown, "Regions whose state is not known", Style::Bad),
    ];
    for (status, words, style) in states {
        let regions = report.scope.iter().filter(|region| region.status == status);
        let names: Vec<_> = regions.map(|region| region.region.as_str()).collect();
        if names.is_empty() && status == ScopeStatus::Scanned {
            page.text(0, &format!("{words}: none"), Style::Doubt)?;
        } else if !names.is_empty() {
            page.text(0, &format!("{words} ({}): {}", names.len(), names.join(", ")), style)?;
        }
    }
    Ok(())
}

fn unread<W: Write>(report: &Report, page: &mut Page<W>) -> io::Result<()> {
    if report.unread.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let reads = counted(report.unread.len(), "read", "reads");
    page.text(0, &format!("NOT EVERYTHING COULD BE READ: {reads} failed"), Style::Bad)?;
    page.text(0, "What rests on them is unknown below, neither passed nor failed.", Style::Bad)?;
    let groups = unread_groups(report);
    for group in groups.iter().take(UNREAD) {
        let named = |word: &str, names: &BTreeSet<&str>| {
            if names.is_empty() { String::new() } else { format!(" {word} {}", some_of(names)) }
        };
        let (on, within) = (named("on", &group.resources), named("in", &group.regions));
        let allow = group.action.map(|action| format!("; allow {action}")).unwrap_or_default();
        let told = shortened(&group.reason, LONG);
        page.row(2, &[Cell::new("!", 2), Cell::rest(format!("{}{on}{within}: {told}{allow}", group.subject))])?;
    }
    and_more(page, 2, groups.len().saturating_sub(UNREAD))
}

/// The entries of the review that take no effect. None is left out: there are as many as people wrote.
fn without_effect<W: Write>(report: &Report, page: &mut Page<W>) -> io::Result<()> {
    let entries = reviewed::without_effect(report);
    if entries.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let n = counted(entries.len(), "entry", "entries");
    page.text(0, &format!("WITHOUT EFFECT: {n} of the review"), Style::Doubt)?;
    for told in entries {
        page.row(2, &[Cell::new("!", 2), Cell::rest(shortened(&told, LONG))])?;
    }
    Ok(())
}

fn row<W: Write>(page: &mut Page<W>, id: &str, title: &str, status: Status, counts: Counts) -> io::Result<()> {
    let (word, style) = words(status);
    let gravest_first = Status::ALL.into_iter().rev().filter(|&status| counts.get(status) > 0);
    let counts: Vec<_> = gravest_first.map(|status| format!("{} {}", counts.get(status), plain(status))).collect();
    let (id, title) = (Cell::new(id, 6), Cell::rest(shortened(title, LONG)));
    page.row(2, &[id, title, Cell::new(word, 7).style(style), Cell::new(counts.join(", "), 28)])
}

/// What fails, is unknown or is for a person to decide, gravest first.
fn below<W: Write>(page: &mut Page<W>, mut findings: Vec<&Finding>) -> io::Result<()> {
    findings.retain(|finding| is_told(finding));
    findings.sort_by_key(|finding| std::cmp::Reverse(gravity(finding)));
    let more = findings.len().saturating_sub(FINDINGS);
    for finding in findings.into_iter().take(FINDINGS) {
        let (word, style) = words(finding.status);
        let message = shortened(&finding.message, LONG);
        match resource_name(&finding.resource) {
            // The account, which the header names.
            None => page.row(10, &[Cell::new(word, 7).style(style), Cell::rest(message)])?,
            Some(name) => {
                page.row(10, &[Cell::new(word, 7).style(style), Cell::rest(shortened(&name, LONG))])?;
                page.row(10, &[Cell::new("", 7), Cell::rest(message)])?;
            }
        }
        let attested = reviewed::attested(finding).map(|told| (told, words(finding.verdict()).1));
        let excepted = reviewed::excepted(finding).map(|told| (told, Style::Doubt));
        for (told, style) in attested.into_iter().chain(excepted) {
            page.row(10, &[Cell::new("", 7), Cell::rest(shortened(&told, LONG)).style(style)])?;
        }
    }
    and_more(page, 10, more)
}

fn summary<W: Write>(report: &Report, page: &mut Page<W>) -> io::Result<()> {
    let summary = &report.summary;
    let spread = |counts: Counts| {
        let all = [Status::Pass, Status::Fail, Status::Unknown, Status::Manual, Status::NotApplicable];
        all.map(|status| format!("{} {}", counts.get(status), plain(status))).join(", ")
    };
    let recommendations = counted(report.recommendations.len(), "recommendation", "recommendations");
    page.text(0, &format!("{recommendations}: {}.", spread(summary.recommendations)), Style::Strong)?;
    let findings = counted(report.findings.len(), "finding", "findings");
    page.text(0, &format!("{findings}: {}.", spread(summary.findings)), Style::Plain)?;
    let how = format!(
        "Decided by facts: {}. For a person to decide, assisted by facts: {}. Resting on gaps in them: {}.",
        summary.decided_by_facts, summary.assisted, summary.rest_on_gaps,
    );
    page.text(0, &how, Style::Plain)?;
    if let Some(told) = reviewed::summary(report) {
        page.text(0, &told, Style::Plain)?;
    }
    match &report.collection {
        None => Ok(()),
        Some(collection) => page.text(0, &calls(collection), Style::Plain),
    }
}

/// What it took to read the facts.
fn calls(collection: &Collection) -> String {
    let Calls { sent, retries, throttled, failed } = collection.total();
    let operations = counted(collection.calls.len(), "operation", "operations");
    let calls = if sent == 1 { "call" } else { "calls" };
    format!("Read by {sent} API {calls} of {operations}: {retries} repeated, {throttled} throttled, {failed} failed.")
}

fn and_more<W: Write>(page: &mut Page<W>, indent: usize, more: usize) -> io::Result<()> {
    if more == 0 {
        return Ok(());
    }
    page.text(indent, &format!("and {more} more; --format json has all"), Style::Doubt)
}

/// The first few names, and how many more there are.
fn some_of(names: &BTreeSet<&str>) -> String {
    let shown: Vec<_> = names.iter().take(NAMES).copied().collect();
    match names.len().saturating_sub(NAMES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// What is bad stands in capitals, as colours are not always there.
fn words(status: Status) -> (&'static str, Style) {
    match status {
        Status::Fail => ("FAIL", Style::Bad),
        Status::Unknown => ("UNKNOWN", Style::Doubt),
        Status::Manual => ("manual", Style::Strong),
        Status::Pass => ("pass", Style::Good),
        Status::NotApplicable => ("n/a", Style::Faint),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::super::sample::{self, finding, report};
    use super::*;
    use crate::Review;
    use crate::gap::{Gap, GapKind};

    fn written(report: &Report, colour: bool) -> String {
        let mut out = Vec::new();
        text(report, TextOptions { colour, ..TextOptions::default() }, &mut out).unwrap();
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

NOT EVERYTHING COULD BE READ: 3 reads failed
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

3 recommendations: 1 pass, 1 fail, 0 unknown, 0 manual, 1 not applicable.
5 findings: 2 pass, 1 fail, 1 unknown, 1 manual, 0 not applicable.
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
        text(&report, TextOptions::default(), &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        for lines in [
            "WITHOUT EFFECT: 2 entries of the review\n",
            "  !   exception for s3.public on old (web team, WEB-0): held until 2025-12-31, on 1 finding\n",
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
            findings[1].resource.sub = Some(hostile.clone());
            findings[3].control.clone_from(&hostile);
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
