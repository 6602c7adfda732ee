//! What people decided, in words: the entries of a review that somebody should look at, and what they make of findings.

use serde_json::Value;

use crate::finding::Finding;
use crate::locale::Locale;
use crate::msg;
use crate::msg::{Message, json_value};
use crate::report::Report;
use crate::review::{Answer, Attestation, EntryState, Exception, Reviewed, ReviewedAttestation, ReviewedException};

/// The entries that take no effect, a sentence each, in the order of their files.
pub(super) fn without_effect(report: &Report, locale: &Locale) -> Vec<String> {
    let Some(Reviewed { exceptions, attestations }) = &report.review else { return Vec::new() };
    let of_exceptions = exceptions.iter().map(|entry| (entry.state, exception(entry)));
    let of_attestations = attestations.iter().map(|entry| (entry.state, attestation(entry)));
    let problems = of_exceptions.chain(of_attestations).filter(|(state, _)| state.is_problem());
    problems.map(|(_, told)| locale.text(&told)).collect()
}

fn exception(entry: &ReviewedException) -> Message {
    let ReviewedException { exception, state, named: n, applied, tags_unread } = entry;
    let why = match state {
        EntryState::TagsUnread if *tags_unread == 0 => {
            msg!("the tags of what it may be about were not read; nothing of that fails")
        }
        EntryState::TagsUnread => msg!(
            "findings that fail, whose tags were not read, and which it does not cover: {unread}; findings that it covers: {applied}",
            unread = tags_unread,
            applied
        ),
        EntryState::Expired => msg!("held until {day}; findings that it names: {n}", day = exception.expires, n),
        EntryState::Unused => msg!("findings that it names: {n}, of which none fails", n),
        state => reason(*state, exception.benchmark.as_deref()),
    };
    let tags: Vec<_> =
        exception.tags.iter().flatten().map(|(key, value)| msg!("tag {key}={value}", key, value)).collect();
    let rest = [&exception.resource, &exception.region, &exception.account].into_iter().flatten();
    let rest: Vec<_> = rest.map(json_value).chain(tags.iter().map(json_value)).collect();
    let about = about(&exception.recommendation, rest);
    let (owner, ticket) = (&exception.owner, &exception.ticket);
    msg!("exception for {about} ({owner}, {ticket}): {why}", about, owner, ticket, why)
}

fn attestation(entry: &ReviewedAttestation) -> Message {
    let ReviewedAttestation { attestation, state, named: n, .. } = entry;
    let why = match state {
        EntryState::Expired => {
            msg!("was valid until {day}; findings that it names: {n}", day = attestation.valid_until, n)
        }
        EntryState::InTheFuture => {
            msg!("it is dated {day}, after the moment of this report", day = attestation.dated)
        }
        EntryState::Unused => {
            msg!("findings that it names: {n}, each decided by facts or another attestation", n)
        }
        state => reason(*state, attestation.benchmark.as_deref()),
    };
    let rest = [&attestation.resource, &attestation.region, &attestation.account].into_iter().flatten();
    let about = about(&attestation.recommendation, rest.map(json_value).collect());
    msg!("attestation for {about} (by {by}): {why}", about, by = attestation.by, why)
}

fn reason(state: EntryState, benchmark: Option<&str>) -> Message {
    match state {
        EntryState::OtherBenchmark => {
            msg!("it is for version {version} of the benchmark", version = benchmark.unwrap_or_default())
        }
        _ => msg!("it names no finding of this report; is it misspelt, or no longer needed?"),
    }
}

fn about(recommendation: &str, rest: Vec<Value>) -> Message {
    if rest.is_empty() {
        msg!("{name}", name = recommendation)
    } else {
        msg!("{recommendation} on {rest}", recommendation, rest)
    }
}

/// Who settled a finding, to what, and why that is to be believed.
pub(super) fn attested(finding: &Finding, locale: &Locale) -> Option<String> {
    finding.attestation.as_ref().map(|attestation| {
        let Attestation { by, dated, valid_until, evidence, .. } = &**attestation;
        locale.text(&match attestation.answer {
            // In capitals, as a fail is not always told by a colour.
            Answer::Fail => msg!(
                "Attested as FAIL by {by} on {dated}, valid until {valid_until}: {evidence}",
                by,
                dated,
                valid_until,
                evidence
            ),
            Answer::Pass => msg!(
                "Attested as pass by {by} on {dated}, valid until {valid_until}: {evidence}",
                by,
                dated,
                valid_until,
                evidence
            ),
        })
    })
}

/// Who accepts that a finding fails, until when, and why.
pub(super) fn excepted(finding: &Finding, locale: &Locale) -> Option<String> {
    finding.exception.as_ref().map(|exception| {
        let Exception { expires, owner, ticket, reason, .. } = &**exception;
        locale.text(&msg!("Excepted until {expires} by {owner} ({ticket}): {reason}", expires, owner, ticket, reason))
    })
}

/// All that people decided about a finding, a sentence each.
pub(super) fn decided(finding: &Finding, locale: &Locale) -> impl Iterator<Item = String> {
    attested(finding, locale).into_iter().chain(excepted(finding, locale))
}

/// The status with what people make of it, in a few words.
pub(super) fn standing(finding: &Finding) -> Message {
    let (status, settled) = (Message::from(finding.status), finding.settled.map(Message::from));
    match (settled, finding.exception.is_some()) {
        (None, false) => status,
        (None, true) => msg!("{status}, excepted", status),
        (Some(settled), false) => msg!("{status}, attested as {settled}", status, settled),
        (Some(settled), true) => msg!("{status}, attested as {settled}, excepted", status, settled),
    }
}

/// How many findings and recommendations people decided about; nothing without a review.
pub(super) fn summary(report: &Report, locale: &Locale) -> Option<String> {
    report.review.as_ref()?;
    let (fails, excepted) = (report.summary.findings.fail, report.summary.excepted);
    let attested = report.summary.decided_by_attestations;
    Some(locale.text(&msg!(
        "Fails that exceptions cover: {excepted} of {fails}. Decided by attestations: {attested}.",
        excepted,
        fails,
        attested
    )))
}

#[cfg(test)]
mod tests {
    use super::super::{FORMATS, Format, Options, sample};
    use crate::finding::Status;
    use crate::review::Review;

    #[test]
    fn what_people_decided_stands_in_every_format() {
        const EXCEPTED: &str = "Excepted until 2024-06-30 by web team (WEB-1): rotates in June";
        const ATTESTED: &str = "Attested as pass by Ann Example on 2024-04-01, valid until 2024-12-31: https";
        const EXPIRED: &str =
            "exception for iam.keys on old (data team, DATA-2): held until 2024-04-30; findings that it names: 1";
        const COUNTED: &str = "Fails that exceptions cover: 1 of 2. Decided by attestations: 0.";
        // What stands in a format, and how often.
        let rows: &[(&str, &[(&str, usize)])] = &[
            (
                "text",
                &[
                    ("FAIL     2 fail, 1 unknown, 1 pass", 1),
                    ("pass     1 pass", 1),
                    ("manual   AWS::IAM::User eve", 1),
                    (EXCEPTED, 1),
                    ("Attested as pass by Ann Example", 1),
                    ("WITHOUT EFFECT IN THE REVIEW: 1", 1),
                    ("exception for iam.keys on old (data team, DATA-2): held until 2024-04-30; findings", 1),
                    (COUNTED, 1),
                ],
            ),
            (
                "json",
                &[
                    ("\"settled\": \"pass\"", 1),
                    ("\"status\": \"manual\"", 1),
                    ("\"ticket\": \"WEB-1\"", 2),
                    ("\"by\": \"Ann Example\"", 2),
                    ("\"state\": \"expired\"", 1),
                ],
            ),
            (
                "jsonl",
                &[
                    ("\"settled\":\"pass\"", 1),
                    ("\"status\":\"manual\"", 1),
                    ("\"ticket\":\"WEB-1\"", 1),
                    ("\"by\":\"Ann Example\"", 1),
                ],
            ),
            (
                "csv",
                &[
                    ("\"manual\",\"AWS::IAM::User\",\"eve\"", 1),
                    ("\"pass\",\"Ann Example\",\"Attested as pass by", 1),
                    ("\"fail\",\"\",\"\",\"Excepted until 2024-06-30 by web team (WEB-1): rotates in June\",", 1),
                    ("\"fail\",\"\",\"\",\"\",\"\"\r\n", 1),
                ],
            ),
            (
                "markdown",
                &[
                    ("| **Findings** | 2 | 1 | 0 | 2 | 1 |", 1),
                    ("  - 👤 manual → ✅ pass `AWS::IAM::User eve`: Look at the badge. · Attested as pass by", 1),
                    (EXCEPTED, 1),
                    ("> **Without effect in the review: 1**", 1),
                    (EXPIRED, 1),
                    (COUNTED, 1),
                ],
            ),
            (
                "html",
                &[
                    ("<li class=\"f\" data-s=\"fail\"", 2),
                    ("<li class=\"f\" data-s=\"pass\"", 2),
                    ("<span class=\"status manual\">manual</span> → <span class=\"status pass\">pass</span>", 1),
                    ("<span class=\"excepted\">excepted</span>", 1),
                    (EXCEPTED, 1),
                    (ATTESTED, 1),
                    ("Without effect in the review: 1", 1),
                    (EXPIRED, 1),
                    (COUNTED, 1),
                ],
            ),
            (
                "junit",
                &[
                    ("tests=\"6\" failures=\"1\" errors=\"1\"", 1),
                    ("tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\"", 1),
                    ("tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\"", 1),
                    ("<failure", 1),
                    ("<failure type=\"fail\" message=\"The key is 99 days", 1),
                    ("<skipped type=\"fail\" message=\"fail. Excepted until 2024-06-30 by web team (WEB-1)", 1),
                    ("status: manual, attested as pass\nAttested as pass by Ann Example", 1),
                ],
            ),
            (
                "sarif",
                &[
                    ("\"suppressions\":[{\"justification\":\"Excepted until 2024-06-30 by web team", 1),
                    ("\"kind\":\"external\"", 1),
                    ("\"status\":\"accepted\"", 1),
                    ("\"suppressions\":[]", 5),
                    ("\"kind\":\"fail\",\"level\":\"error\"", 2),
                    ("\"kind\":\"review\"", 0),
                    ("\"settled\":\"pass\"", 1),
                    ("\"by\":\"Ann Example\"", 1),
                ],
            ),
            (
                "sarif-github",
                &[
                    ("\"level\":\"error\",\"locations\"", 1),
                    ("\"level\":\"note\",\"locations\"", 1),
                    (EXCEPTED, 1),
                    ("\"ruleId\":\"acme.badges\"", 0),
                    ("Findings left out that pass or do not apply: 3.", 1),
                ],
            ),
            (
                "ocsf",
                &[
                    ("\"status\":\"Suppressed\",\"status_id\":3", 1),
                    ("\"status\":\"New\",\"status_id\":1", 5),
                    ("\"status\":\"Fail\",\"status_code\":\"fail\"", 2),
                    ("\"status\":\"Pass\",\"status_code\":\"manual\"", 1),
                    ("\"comment\":\"Excepted until 2024-06-30", 1),
                    ("\"comment\":\"Attested as pass by", 1),
                    ("\"settled\":\"pass\"", 1),
                    ("manual, attested as pass on AWS::IAM::User eve", 1),
                    ("fail, excepted on arn:aws:iam", 1),
                ],
            ),
            (
                "asff",
                &[
                    ("\"Status\":\"FAILED\"", 2),
                    ("\"Status\":\"PASSED\"", 2),
                    ("\"cis-aws/Status\":\"manual\"", 1),
                    ("\"cis-aws/Settled\":\"pass\"", 1),
                    ("\"cis-aws/AttestedBy\":\"Ann Example\"", 1),
                    ("\"cis-aws/Exception\":\"Excepted until 2024-06-30", 1),
                    ("\"Note\"", 0),
                    ("\"Workflow\"", 0),
                ],
            ),
            (
                "oscal",
                &[
                    ("\"deadline\":\"2024-06-30T23:59:59Z\"", 1),
                    ("\"status\":\"deviation-approved\"", 1),
                    ("\"related-risks\":[{\"risk-uuid\"", 1),
                    ("\"name\":\"settled\"", 1),
                    ("\"name\":\"attested-by\"", 1),
                    (EXCEPTED, 2),
                    (ATTESTED, 1),
                ],
            ),
        ];
        let report = sample::reviewed();
        for format in FORMATS.iter().filter(|format| !format.binary) {
            let Some((_, wanted)) = rows.iter().find(|(name, _)| *name == format.name) else {
                panic!("{} has no row", format.name)
            };
            let mut out = Vec::new();
            format.write(&report, &Options::default(), &mut out).unwrap();
            let out = String::from_utf8(out).unwrap();
            let told: Vec<_> = wanted.iter().map(|(part, _)| (*part, out.matches(part).count())).collect();
            assert_eq!(told, *wanted, "{}:\n{out}", format.name);
        }
    }

    /// Each state that is worth a look, on the screen, in a pull request and in a browser.
    #[test]
    fn what_takes_no_effect_is_told_with_the_reason() {
        let exception = |more: &str| format!("[[exceptions]]\n{more}\nowner = 'web'\nreason = 'r'\nticket = 'W-1'\n");
        let attestation =
            |more: &str| format!("[[attestations]]\n{more}\nanswer = 'pass'\nby = 'Ann'\nevidence = 'e'\n");
        let (held, dated) = ("expires = 2024-05-01", "dated = 2024-04-01\nvalid_until = 2024-05-01");
        for (entry, told) in [
            (
                exception("recommendation = 'iam.keys'\nexpires = 2024-04-30"),
                "exception for iam.keys (web, W-1): held until 2024-04-30; findings that it names: 4",
            ),
            (
                exception(&format!("recommendation = 'iam.kesy'\n{held}")),
                "exception for iam.kesy (web, W-1): it names no finding of this report; is it misspelt, or no longer needed?",
            ),
            (
                exception(&format!(
                    "recommendation = 'iam.keys'\nresource = 'nobody'\nregion = 'eu-central-1'\n{held}"
                )),
                "exception for iam.keys on nobody, eu-central-1 (web, W-1): it names no finding",
            ),
            (
                exception(&format!("recommendation = '1.1'\nbenchmark = '0.9'\n{held}")),
                "exception for 1.1 (web, W-1): it is for version 0.9 of the benchmark",
            ),
            (
                exception(&format!("recommendation = 'acme.*'\n{held}")),
                "exception for acme.* (web, W-1): findings that it names: 1, of which none fails",
            ),
            (
                exception(&format!("recommendation = 'iam.keys'\ntags = {{ team = 'w*' }}\n{held}")),
                "exception for iam.keys on tag team=w* (web, W-1): findings that fail, whose tags were not read, and which it \
                 does not cover: 1; findings that it covers: 1",
            ),
            (
                exception(&format!("recommendation = 'acme.*'\ntags = {{ team = 'w*' }}\n{held}")),
                "exception for acme.* on tag team=w* (web, W-1): the tags of what it may be about were not read; nothing of that \
                 fails",
            ),
            (
                attestation("recommendation = 'acme.*'\ndated = 2024-04-01\nvalid_until = 2024-04-30"),
                "attestation for acme.* (by Ann): was valid until 2024-04-30; findings that it names: 1",
            ),
            (
                attestation("recommendation = 'acme.*'\ndated = 2024-05-02\nvalid_until = 2024-06-30"),
                "attestation for acme.* (by Ann): it is dated 2024-05-02, after the moment of this report",
            ),
            (
                attestation(&format!("recommendation = 'acme.bagdes'\n{dated}")),
                "attestation for acme.bagdes (by Ann): it names no finding of this report; is it misspelt, or no longer needed?",
            ),
            (
                attestation(&format!("recommendation = 'iam.mfa'\n{dated}")),
                "attestation for iam.mfa (by Ann): findings that it names: 1, each decided by facts or another attestation",
            ),
        ] {
            let mut report = sample::whole();
            report.findings.push(sample::finding("iam.keys", Status::Fail, "old", "The key is old."));
            Review::from_toml(&entry).unwrap().apply(&mut report);
            let bare = |text: &str| text.replace('\\', "").split_whitespace().collect::<Vec<_>>().join(" ");
            for name in ["text", "markdown", "html"] {
                let mut out = Vec::new();
                name.parse::<Format>().unwrap().write(&report, &Options::default(), &mut out).unwrap();
                let out = bare(&String::from_utf8(out).unwrap());
                assert_eq!(out.matches(&bare(told)).count(), 1, "{name}: {told:?} is not in\n{out}");
            }
        }
    }
}
