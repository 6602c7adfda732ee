//! What people decided, as text: the entries of a review that somebody should look at, and the marks of findings.

use std::io::{self, Write};

use super::page::{Cell, Page, Style, shortened};
use super::text::counted;
use crate::finding::{Finding, Status};
use crate::report::Report;
use crate::review::{EntryState, Reviewed, ReviewedAttestation, ReviewedException};

/// How many columns the text of an entry takes at most.
const LONG: usize = 600;

/// The entries that take no effect. None is left out: there are as many as people wrote.
pub(super) fn entries<W: Write>(report: &Report, page: &mut Page<W>) -> io::Result<()> {
    let Some(Reviewed { exceptions, attestations }) = &report.review else { return Ok(()) };
    let of_exceptions = exceptions.iter().map(|entry| (entry.state, exception(entry)));
    let of_attestations = attestations.iter().map(|entry| (entry.state, attestation(entry)));
    let problems: Vec<_> = of_exceptions.chain(of_attestations).filter(|(state, _)| state.is_problem()).collect();
    if problems.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let entries = counted(problems.len(), "entry", "entries");
    page.text(0, &format!("WITHOUT EFFECT: {entries} of the review"), Style::Doubt)?;
    for (_, told) in problems {
        page.row(2, &[Cell::new("!", 2), Cell::rest(shortened(&told, LONG))])?;
    }
    Ok(())
}

fn exception(entry: &ReviewedException) -> String {
    let ReviewedException { exception, state, named, .. } = entry;
    let findings = counted(*named, "finding", "findings");
    let why = match state {
        EntryState::Expired => format!("held until {}, on {findings}", exception.expires),
        EntryState::Unused => format!("it names {findings}, of which none fails"),
        state => reason(*state, exception.benchmark.as_deref()),
    };
    let names = named_by(&exception.recommendation, [&exception.resource, &exception.region, &exception.account]);
    format!("exception for {names} ({}, {}): {why}", exception.owner, exception.ticket)
}

fn attestation(entry: &ReviewedAttestation) -> String {
    let ReviewedAttestation { attestation, state, named, .. } = entry;
    let findings = counted(*named, "finding", "findings");
    let why = match state {
        EntryState::Expired => format!("was valid until {}, for {findings}", attestation.valid_until),
        EntryState::InTheFuture => format!("it is dated {}, after the moment of this report", attestation.dated),
        EntryState::Unused => format!("it names {findings}, which facts or another attestation decide"),
        state => reason(*state, attestation.benchmark.as_deref()),
    };
    let names =
        named_by(&attestation.recommendation, [&attestation.resource, &attestation.region, &attestation.account]);
    format!("attestation for {names} (by {}): {why}", attestation.by)
}

fn reason(state: EntryState, benchmark: Option<&str>) -> String {
    match state {
        EntryState::OtherBenchmark => format!("it is for version {} of the benchmark", benchmark.unwrap_or_default()),
        _ => "it names no finding of this report; is it misspelt, or no longer needed?".to_owned(),
    }
}

fn named_by(recommendation: &str, rest: [&Option<String>; 3]) -> String {
    let rest: Vec<_> = rest.into_iter().flatten().map(String::as_str).collect();
    if rest.is_empty() { recommendation.to_owned() } else { format!("{recommendation} on {}", rest.join(", ")) }
}

/// What a person decided about a finding.
pub(super) fn mark(finding: &Finding) -> Option<(String, Style)> {
    if let Some(exception) = &finding.exception {
        let told = format!(
            "Excepted until {} by {} ({}): {}",
            exception.expires, exception.owner, exception.ticket, exception.reason
        );
        return Some((told, Style::Doubt));
    }
    let attestation = finding.attestation.as_ref()?;
    let (answer, style) = match attestation.answer.status() {
        Status::Fail => ("FAIL", Style::Bad),
        _ => ("pass", Style::Good),
    };
    let told = format!(
        "Attested as {answer} by {} on {}, valid until {}: {}",
        attestation.by, attestation.dated, attestation.valid_until, attestation.evidence
    );
    Some((told, style))
}

/// How many findings and recommendations people decided about; nothing without a review.
pub(super) fn summary<W: Write>(report: &Report, page: &mut Page<W>) -> io::Result<()> {
    if report.review.is_none() {
        return Ok(());
    }
    let (fails, excepted) = (report.summary.findings.fail, report.summary.excepted);
    let attested = report.summary.decided_by_attestations;
    let told = format!("Fails that exceptions cover: {excepted} of {fails}. Decided by attestations: {attested}.");
    page.text(0, &told, Style::Plain)
}
