//! The report as a table for a terminal.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::page::{Cell, Page, Style, TextOptions, shortened};
use crate::control::ACCOUNT_TYPE;
use crate::facts::ScopeStatus;
use crate::finding::{Finding, Resource, Status};
use crate::gap::{DeniedBy, Gap, GapKind};
use crate::report::{Counts, Report};

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
        let statuses = findings.iter().map(|finding| finding.status);
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
    for (alike, gaps) in groups.iter().take(UNREAD) {
        let named = |word: &str, name: fn(&Gap) -> Option<&str>| {
            let mut names: Vec<_> = gaps.iter().filter_map(|gap| name(gap)).collect();
            names.dedup();
            if names.is_empty() { String::new() } else { format!(" {word} {}", some_of(&names)) }
        };
        let on = named("on", |gap| gap.resource.as_deref());
        let within = named("in", |gap| gap.region.as_deref());
        let allow = alike.action.map(|action| format!("; allow {action}")).unwrap_or_default();
        let told = shortened(&alike.reason, LONG);
        page.row(2, &[Cell::new("!", 1), Cell::rest(format!("{}{on}{within}: {told}{allow}", alike.subject))])?;
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
        GapKind::Cancelled => "the scan ended before it was read",
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
    page.row(2, &[id, title, Cell::new(word, 14).style(style), Cell::new(counts.join(", "), 20)])
}

/// What fails, is unknown or is for a person to decide, gravest first.
fn below<W: Write>(page: &mut Page<W>, mut findings: Vec<&Finding>) -> io::Result<()> {
    findings.retain(|finding| matches!(finding.status, Status::Fail | Status::Unknown | Status::Manual));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.status));
    let more = findings.len().saturating_sub(FINDINGS);
    for finding in findings.into_iter().take(FINDINGS) {
        let (word, style) = words(finding.status);
        let name = resource(&finding.resource);
        page.row(10, &[Cell::new(word, 7).style(style), Cell::rest(shortened(&name, LONG))])?;
        page.row(10, &[Cell::new("", 7), Cell::rest(shortened(&finding.message, LONG))])?;
    }
    and_more(page, 10, more)
}

fn resource(resource: &Resource) -> String {
    let mut name = match (&resource.arn, resource.kind == ACCOUNT_TYPE) {
        (Some(arn), _) => arn.clone(),
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
        "Of the recommendations, facts decided {}; {} for a person to decide, assisted by what was read; {} on gaps: on \
         what could not be read or is not implemented.",
        summary.decided_by_facts,
        counted(summary.assisted, "is", "are"),
        counted(summary.rest_on_gaps, "rests", "rest"),
    );
    page.text(0, &how, Style::Plain)
}

fn and_more<W: Write>(page: &mut Page<W>, indent: usize, more: usize) -> io::Result<()> {
    if more == 0 {
        return Ok(());
    }
    page.text(indent, &format!("and {more} more; --format json has all"), Style::Doubt)
}

/// The first few names, and how many more there are.
fn some_of(names: &[&str]) -> String {
    let shown: Vec<_> = names.iter().take(NAMES).copied().collect();
    match names.len().saturating_sub(NAMES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn counted(n: usize, one: &str, many: &str) -> String {
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
        Status::NotApplicable => ("not applicable", Style::Faint),
    }
}
