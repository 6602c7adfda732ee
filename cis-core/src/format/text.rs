//! The report as a table for a terminal.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write};

use super::page::{Cell, Page, Style, TextOptions, shortened};
use super::reviewed;
use crate::control::ACCOUNT_TYPE;
use crate::facts::ScopeStatus;
use crate::finding::{Finding, Resource, Status};
use crate::gap::{DeniedBy, Gap, GapKind};
use crate::report::{Calls, Collection, Counts, Report};

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
    reviewed::entries(report, &mut page)?;

    let mut findings: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        findings.entry(&finding.control).or_default().push(finding);
    }
    let mut section = None;
    for judged in &report.recommendations {
        if section != Some(&judged.section) {
            section = Some(&judged.section);
            page.blank()?;
            page.text(0, &judged.section, Style::Strong)?;
        }
        row(&mut page, &judged.id, &judged.title, judged.status, judged.counts)?;
        below(&mut page, findings.remove(judged.key.as_str()).unwrap_or_default())?;
    }
    if !findings.is_empty() {
        page.blank()?;
        page.text(0, "Outside the benchmark", Style::Strong)?;
    }
    for (key, findings) in findings {
        let statuses = findings.iter().map(|finding| finding.verdict());
        let status = statuses.clone().max().unwrap_or(Status::Unknown);
        row(&mut page, "", key, status, Counts::of(statuses))?;
        below(&mut page, findings)?;
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

/// Gaps that differ in nothing but where they were met.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Alike<'a> {
    subject: &'a str,
    reason: String,
    action: Option<&'a str>,
}

fn unread<W: Write>(report: &Report, page: &mut Page<W>) -> io::Result<()> {
    if report.unread.is_empty() {
        return Ok(());
    }
    let mut groups: BTreeMap<Alike<'_>, Vec<&Gap>> = BTreeMap::new();
    for gap in &report.unread {
        let subject = gap.operation.as_deref().or(gap.dataset.as_deref()).unwrap_or("a read");
        let action = gap.action.as_deref().filter(|_| gap.kind == GapKind::Denied);
        groups.entry(Alike { subject, reason: reason(gap), action }).or_default().push(gap);
    }
    page.blank()?;
    let reads = counted(report.unread.len(), "read", "reads");
    page.text(0, &format!("NOT EVERYTHING COULD BE READ: {reads} failed"), Style::Bad)?;
    page.text(0, "What rests on them is unknown below, neither passed nor failed.", Style::Bad)?;
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, gaps)| std::cmp::Reverse(gaps.len()));
    for (alike, gaps) in groups.iter().take(UNREAD) {
        let named = |word: &str, name: fn(&Gap) -> Option<&str>| {
            let names: BTreeSet<_> = gaps.iter().filter_map(|gap| name(gap)).collect();
            if names.is_empty() { String::new() } else { format!(" {word} {}", some_of(&names)) }
        };
        let on = named("on", |gap| gap.resource.as_deref());
        let within = named("in", |gap| gap.region.as_deref());
        let allow = alike.action.map(|action| format!("; allow {action}")).unwrap_or_default();
        let told = shortened(&alike.reason, LONG);
        page.row(2, &[Cell::new("!", 2), Cell::rest(format!("{}{on}{within}: {told}{allow}", alike.subject))])?;
    }
    and_more(page, 2, groups.len().saturating_sub(UNREAD))
}

/// Why a fact could not be had, in words. The code that came back says it best; where there is none, the message.
fn reason(gap: &Gap) -> String {
    let kind = match gap.kind {
        GapKind::Denied => match gap.denied_by() {
            Some(DeniedBy::Identity) => "denied by a policy of the caller",
            Some(DeniedBy::Resource) => "denied by the resource's own policy",
            Some(DeniedBy::Organization) => "denied by a policy of the organization",
            Some(DeniedBy::Unclear) | None => "denied",
        },
        GapKind::Throttled => "throttled",
        GapKind::NotOptedIn => "the region is not enabled",
        GapKind::Unreachable => "not reachable",
        GapKind::ExpiredCredentials => "the credentials expired",
        GapKind::Malformed => "not understood",
        GapKind::NotSupported => "not in this source",
        GapKind::OtherAccount => "in another account",
        GapKind::CutOff => "the list was cut off",
        GapKind::LeftOut => "left out",
        GapKind::Stale => "read too long ago",
        GapKind::Cancelled => return gap.message.clone(),
        GapKind::Failed => "failed",
    };
    match &gap.code {
        Some(code) => format!("{kind} ({code})"),
        None if gap.message.is_empty() => kind.to_owned(),
        None => format!("{kind} ({})", gap.message),
    }
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
    findings.retain(|finding| matches!(finding.status, Status::Fail | Status::Unknown | Status::Manual));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.status));
    let more = findings.len().saturating_sub(FINDINGS);
    for finding in findings.into_iter().take(FINDINGS) {
        let (word, style) = words(finding.status);
        let message = shortened(&finding.message, LONG);
        let name = resource_name(&finding.resource);
        if name.is_empty() {
            page.row(10, &[Cell::new(word, 7).style(style), Cell::rest(message)])?;
        } else {
            page.row(10, &[Cell::new(word, 7).style(style), Cell::rest(shortened(&name, LONG))])?;
            page.row(10, &[Cell::new("", 7), Cell::rest(message)])?;
        }
        for (told, style) in reviewed::marks(finding) {
            page.row(10, &[Cell::new("", 7), Cell::rest(shortened(&told, LONG)).style(style)])?;
        }
    }
    and_more(page, 10, more)
}

/// What a finding is about, in one line. Empty for the account itself, which a header names.
pub fn resource_name(resource: &Resource) -> String {
    let mut name = match (&resource.arn, resource.kind == ACCOUNT_TYPE) {
        (Some(arn), _) => arn.clone(),
        (None, true) if resource.region.is_none() && resource.sub.is_none() => return String::new(),
        (None, true) => "the account".to_owned(),
        (None, false) => format!("{} {}", resource.kind, resource.id),
    };
    if let Some(sub) = &resource.sub {
        let _ = write!(name, ", {sub}");
    }
    // An ARN mostly names its region.
    if let Some(region) = resource.region.as_ref().filter(|region| !name.contains(&format!(":{region}:"))) {
        let _ = write!(name, " in {region}");
    }
    name
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
    reviewed::summary(report, page)?;
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

pub(super) fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn plain(status: Status) -> &'static str {
    match status {
        Status::Fail => "fail",
        Status::Unknown => "unknown",
        Status::Manual => "manual",
        Status::Pass => "pass",
        Status::NotApplicable => "not applicable",
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
    use serde_json::Map;
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::benchmark::Assessment;
    use crate::facts::ScopeRegion;
    use crate::report::{BenchmarkName, Judged, Summary};

    fn finding(key: &str, status: Status, name: &str, message: &str) -> Finding {
        Finding {
            id: "0".repeat(32),
            recommendation: key.starts_with("iam.").then(|| "1.1".to_owned()),
            control: key.to_owned(),
            status,
            settled: None,
            attestation: None,
            exception: None,
            resource: Resource {
                kind: "AWS::IAM::User".into(),
                id: name.into(),
                arn: None,
                region: None,
                account_id: "123456789012".into(),
                sub: None,
            },
            message: message.to_owned(),
            template: message.to_owned(),
            values: Map::new(),
            gaps: Vec::new(),
            evidence: Vec::new(),
        }
    }

    fn report(recommendations: &[(&str, &str, &str)], findings: Vec<Finding>, unread: Vec<Gap>) -> Report {
        let judged = |&(id, key, title): &(&str, &str, &str)| {
            let statuses = findings.iter().filter(|finding| finding.control == key).map(|finding| finding.status);
            Judged {
                id: id.into(),
                key: key.into(),
                title: title.into(),
                section: "Identity".into(),
                level: 1,
                assessment: Assessment::Automated,
                status: statuses.clone().max().unwrap_or(Status::NotApplicable),
                counts: Counts::of(statuses),
            }
        };
        let recommendations: Vec<_> = recommendations.iter().map(judged).collect();
        let region = |name: &str, status| ScopeRegion { region: name.into(), status };
        Report {
            benchmark: BenchmarkName { name: "Acme baseline".into(), version: "1".into() },
            account_id: "123456789012".into(),
            partition: "aws".into(),
            as_of: "2024-05-01T00:00:00Z".parse().unwrap(),
            scope: vec![
                region("ap-east-1", ScopeStatus::NotEnabled),
                region("eu-central-1", ScopeStatus::Scanned),
                region("eu-west-1", ScopeStatus::LeftOut),
            ],
            summary: Summary::of(&recommendations, &findings),
            recommendations,
            findings,
            unread,
            review: None,
            collection: None,
        }
    }

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
    fn resources_are_named_whole() {
        let named = |change: fn(&mut Resource)| {
            let mut named = finding("iam.keys", Status::Fail, "ann", "").resource;
            change(&mut named);
            resource_name(&named)
        };
        let arn = "arn:aws:ec2:eu-west-1:123456789012:instance/i-1";
        for (why, name, expected) in [
            ("no ARN", named(|_| ()), "AWS::IAM::User ann".to_owned()),
            (
                "a part",
                named(|named| named.sub = Some("access key 1".into())),
                "AWS::IAM::User ann, access key 1".into(),
            ),
            ("the account, which the header names", named(|named| named.kind = ACCOUNT_TYPE.into()), String::new()),
            (
                "the account in a region",
                named(|named| (named.kind, named.region) = (ACCOUNT_TYPE.into(), Some("eu-west-1".into()))),
                "the account in eu-west-1".into(),
            ),
            (
                "an ARN that names its region",
                named(|named| {
                    named.arn = Some("arn:aws:ec2:eu-west-1:123456789012:instance/i-1".into());
                    named.region = Some("eu-west-1".into());
                }),
                arn.into(),
            ),
            (
                "an ARN that does not",
                named(|named| {
                    (named.arn, named.region) = (Some("arn:aws:s3:::logs".into()), Some("eu-west-1".into()));
                }),
                "arn:aws:s3:::logs in eu-west-1".into(),
            ),
        ] {
            assert_eq!(name, expected, "{why}");
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
