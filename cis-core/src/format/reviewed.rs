//! What people decided, as text: the entries of a review that somebody should look at, and the marks of findings.

use std::io::{self, Write};

use super::page::{Cell, Page, Style, shortened};
use super::text::counted;
use crate::finding::Finding;
use crate::report::Report;
use crate::review::{Answer, Attestation, EntryState, Exception, Reviewed, ReviewedAttestation, ReviewedException};

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

/// What people decided about a finding.
pub(super) fn marks(finding: &Finding) -> Vec<(String, Style)> {
    let attested = finding.attestation.as_ref().map(|attestation| {
        let (answer, style) = match attestation.answer {
            Answer::Fail => ("FAIL", Style::Bad),
            Answer::Pass => ("pass", Style::Good),
        };
        let Attestation { by, dated, valid_until, evidence, .. } = &**attestation;
        (format!("Attested as {answer} by {by} on {dated}, valid until {valid_until}: {evidence}"), style)
    });
    let excepted = finding.exception.as_ref().map(|exception| {
        let Exception { expires, owner, ticket, reason, .. } = &**exception;
        (format!("Excepted until {expires} by {owner} ({ticket}): {reason}"), Style::Doubt)
    });
    attested.into_iter().chain(excepted).collect()
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

#[cfg(test)]
mod tests {
    use super::super::page::TextOptions;
    use super::super::text::text;
    use crate::Review;
    use crate::finding::Status;
    use crate::review::tests::{finding, report};

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
        let mut report = report(vec![
            finding("s3.public", Status::Fail, "www", None),
            finding("s3.public", Status::Fail, "old", None),
            finding("s3.sensitive", Status::Manual, "data", None),
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
}
