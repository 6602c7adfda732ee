//! The report as SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>).

use std::collections::BTreeMap;
use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Value, json};

use super::items::{Items, object};
use super::outline::{resource_name, sections};
use super::remediation::{remediation_markdown, remediation_text};
use super::{Format, TOOL, reviewed};
use crate::finding::{Finding, Resource, Status};
use crate::locale::Locale;
use crate::msg;
use crate::msg::Message;
use crate::report::Report;

pub(super) const FORMAT: Format = Format {
    name: "sarif",
    about: "for SARIF viewers: SARIF 2.1.0, all findings",
    extension: "sarif",
    binary: false,
    write: |report, options, to| sarif(report, SarifOptions::default(), &options.locale, to),
};

pub(super) const GITHUB: Format = Format {
    name: "sarif-github",
    about: "for GitHub code scanning: SARIF 2.1.0 within its limits, no finding that passes or does not apply",
    extension: "sarif",
    binary: false,
    write: |report, options, to| sarif(report, SarifOptions::github(), &options.locale, to),
};

/// Which findings are written, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SarifOptions {
    /// Writes for GitHub code scanning. By default not.
    ///
    /// It takes every result for an alert, whatever its kind, so that passes and what does not apply are left out. It rejects
    /// a run of more than 25,000 results and shows 5,000, takes a file of 10 MB at most (gzip), and wants a path for each
    /// result
    /// (<https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>).
    /// So the gravest 5,000 are written, without their evidence, each at a path that names its resource; a notification
    /// counts what was left out.
    pub for_github: bool,
}

impl SarifOptions {
    /// Writes for GitHub code scanning.
    pub fn github() -> Self {
        Self { for_github: true }
    }
}

/// How many results GitHub shows.
const GITHUB_RESULTS: usize = 5_000;
/// How many notifications are written at most; a last one counts the others.
const NOTIFICATIONS: usize = 1_000;
/// How many characters a text takes at most for GitHub, so that the file keeps within its limit.
const GITHUB_TEXT: usize = 1_000;

#[derive(Serialize)]
struct Log<R> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<R>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<R> {
    /// Absent: English, which is SARIF's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    tool: Value,
    automation_details: Value,
    invocations: Value,
    results: R,
    properties: Value,
}

/// Writes one SARIF run: a rule for each requirement, by its key; a result for each finding.
///
/// | status | `kind` | `level` |
/// | --- | --- | --- |
/// | fail | `fail` | `error` |
/// | unknown | `open` | `none` |
/// | manual | `review` | `none` |
/// | pass | `pass` | `none` |
/// | not applicable | `notApplicable` | `none` |
///
/// The status is that which attestations settle; `properties.status` is what the facts give, `properties.settled` what an
/// attestation makes of it. A fail that an exception covers has a suppression (`external`, `accepted`). A rule's help says how
/// to put right what it finds.
///
/// For GitHub, which knows levels alone, unknown is a `warning` of kind `fail` and manual a `note`; so is a fail that an
/// exception covers, as GitHub reads no suppression and fails a check on errors. `properties.status` says what they are. A result's fingerprint is the finding's id, its logical location the resource. What could not be read
/// stands in the notifications of the invocation.
///
/// # Errors
/// Those of the writer.
pub fn sarif(report: &Report, options: SarifOptions, locale: &Locale, mut to: impl Write) -> io::Result<()> {
    let sections = sections(report);
    let requirements: Vec<_> = sections.iter().flat_map(|section| &section.requirements).collect();
    let index: BTreeMap<_, _> = requirements.iter().enumerate().map(|(n, requirement)| (requirement.key, n)).collect();
    let rules: Vec<_> = sections
        .iter()
        .flat_map(|section| {
            section.requirements.iter().map(|requirement| rule((report, locale), requirement, section.name))
        })
        .collect();
    let (findings, left_out) = chosen(report, options);
    let log = Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            language: Some(locale.tag().to_owned()).filter(|tag| tag != "en"),
            tool: json!({"driver": {"name": TOOL, "version": env!("CARGO_PKG_VERSION"), "rules": rules}}),
            // Runs of one account and benchmark are one series: the next one replaces this one.
            automation_details: json!({
                "id": format!("{TOOL}/{}-{}/{}/", report.benchmark.name, report.benchmark.version, report.account_id),
            }),
            invocations: json!([{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications(report, left_out, locale),
            }]),
            results: Items(|| findings.iter().map(|finding| result((report, locale), finding, &index, options))),
            properties: json!({
                "benchmark": report.benchmark,
                "accountId": report.account_id,
                "partition": report.partition,
                "asOf": report.as_of,
                "summary": report.summary,
            }),
        }],
    };
    serde_json::to_writer(&mut to, &log)?;
    to.write_all(b"\n")
}

/// The findings to write, and how many are left out for their number and for their status.
fn chosen(report: &Report, options: SarifOptions) -> (Vec<&Finding>, [usize; 2]) {
    let mut findings: Vec<_> = report.findings.iter().collect();
    if !options.for_github {
        return (findings, [0, 0]);
    }
    let alert = |finding: &&Finding| matches!(finding.verdict(), Status::Fail | Status::Unknown | Status::Manual);
    findings.retain(alert);
    let quiet = report.findings.len() - findings.len();
    // As grave as their levels.
    let gravity = |finding: &Finding| if finding.exception.is_some() { Status::Manual } else { finding.verdict() };
    findings.sort_by_key(|finding| std::cmp::Reverse(gravity(finding)));
    let many = findings.len().saturating_sub(GITHUB_RESULTS);
    findings.truncate(GITHUB_RESULTS);
    (findings, [many, quiet])
}

fn rule(
    (report, locale): (&Report, &Locale),
    requirement: &super::outline::Requirement<'_>,
    section: Option<&str>,
) -> Value {
    let id = requirement.id().map(|id| format!("{id} ")).unwrap_or_default();
    let judged = requirement.judged;
    // GitHub shows ten tags.
    let tags = section.into_iter().map(str::to_owned).chain(
        judged
            .into_iter()
            .flat_map(|judged| [format!("level {}", judged.level), judged.assessment.as_str().to_owned()]),
    );
    let help = report.remediation.get(requirement.key).map(|remediation| {
        let told = locale.remediation(remediation).general();
        json!({"text": remediation_text(&told, locale), "markdown": remediation_markdown(&told, locale)})
    });
    let properties = object([
        ("tags", Some(json!(tags.collect::<Vec<_>>()))),
        ("recommendation", requirement.id().map(Value::from)),
        ("level", judged.map(|judged| judged.level.into())),
        ("assessment", judged.map(|judged| judged.assessment.as_str().into())),
        ("status", Some(requirement.status.as_str().into())),
    ]);
    object([
        ("id", Some(requirement.key.into())),
        ("name", Some(requirement.key.into())),
        ("shortDescription", Some(json!({"text": format!("{id}{}", requirement.title(locale))}))),
        ("help", help),
        ("properties", Some(properties)),
    ])
}

fn notifications(report: &Report, [many, quiet]: [usize; 2], locale: &Locale) -> Vec<Value> {
    let told = |level: &str, text: &Message| json!({"level": level, "message": {"text": locale.text(text)}});
    let mut all = Vec::new();
    if many > 0 {
        all.push(told(
            "warning",
            &msg!("Findings left out: {n}. GitHub shows {most} results at most.", n = many, most = GITHUB_RESULTS),
        ));
    }
    if quiet > 0 {
        all.push(told(
            "note",
            &msg!("Findings left out that pass or do not apply: {n}. GitHub would make alerts of them.", n = quiet),
        ));
    }
    all.extend(report.unread.iter().take(NOTIFICATIONS).map(|gap| told("error", &Message::from(gap))));
    let more = report.unread.len().saturating_sub(NOTIFICATIONS);
    if more > 0 {
        all.push(told("error", &msg!("More reads that failed: {n}; the format json has all of them.", n = more)));
    }
    all
}

fn result(
    (report, locale): (&Report, &Locale),
    finding: &Finding,
    index: &BTreeMap<&str, usize>,
    options: SarifOptions,
) -> Value {
    let github = options.for_github;
    let (kind, level) = match finding.verdict() {
        Status::Fail if github && finding.exception.is_some() => ("fail", "note"),
        Status::Fail => ("fail", "error"),
        Status::Unknown if github => ("fail", "warning"),
        Status::Manual if github => ("fail", "note"),
        Status::Unknown => ("open", "none"),
        Status::Manual => ("review", "none"),
        Status::Pass => ("pass", "none"),
        Status::NotApplicable => ("notApplicable", "none"),
    };
    let resource = &finding.resource;
    // What others know it by is the same in every language.
    let name =
        resource_name(resource, &Locale::default()).unwrap_or_else(|| format!("account {}", resource.account_id));
    let text = if github { github_text(finding, &name, locale) } else { locale.message(finding).into_owned() };
    let logical = object([
        ("name", Some(resource.id.as_str().into())),
        ("fullyQualifiedName", Some(name.into())),
        ("kind", Some("resource".into())),
    ]);
    let location = object([
        ("logicalLocations", Some(json!([logical]))),
        (
            "physicalLocation",
            github.then(|| json!({"artifactLocation": {"uri": path(resource)}, "region": {"startLine": 1}})),
        ),
    ]);
    object([
        ("ruleId", Some(finding.control.as_str().into())),
        ("ruleIndex", index.get(finding.control.as_str()).map(|&n| n.into())),
        ("kind", Some(kind.into())),
        ("level", Some(level.into())),
        ("message", Some(json!({"text": text}))),
        ("locations", Some(json!([location]))),
        ("fingerprints", Some(json!({"findingId/v1": finding.id()}))),
        // The standard's section 3.27.23: all results of a run have suppressions, or none has.
        ("suppressions", report.review.as_ref().map(|_| suppressions(finding, github, locale))),
        ("partialFingerprints", github.then(|| json!({"primaryLocationLineHash": finding.id()}))),
        (
            "properties",
            Some(object([
                ("status", Some(finding.status.as_str().into())),
                ("settled", finding.settled.map(|status| status.as_str().into())),
                ("attestation", (!github).then(|| finding.attestation.as_ref().map(|one| json!(one))).flatten()),
                ("exception", (!github).then(|| finding.exception.as_ref().map(|one| json!(one))).flatten()),
                ("resourceType", Some(resource.kind.as_str().into())),
                ("accountId", Some(resource.account_id.as_str().into())),
                ("region", resource.region.as_deref().map(Value::from)),
                ("sub", resource.sub.as_deref().map(Value::from)),
                ("gaps", (!github && !finding.gaps.is_empty()).then(|| json!(finding.gaps))),
                ("evidence", (!github && !finding.evidence.is_empty()).then(|| json!(finding.evidence))),
            ])),
        ),
    ])
}

fn suppressions(finding: &Finding, github: bool, locale: &Locale) -> Value {
    let accepted = |told: String| {
        object([
            ("kind", Some("external".into())),
            ("status", Some("accepted".into())),
            // For GitHub the message has it, which alone is shown; twice it might be too much.
            ("justification", (!github).then(|| told.into())),
        ])
    };
    json!(reviewed::excepted(finding, locale).map(accepted).into_iter().collect::<Vec<_>>())
}

/// The message with what GitHub shows nowhere else: the resource, why it is unknown, what people decided.
fn github_text(finding: &Finding, name: &str, locale: &Locale) -> String {
    let message = locale.message(finding);
    let message = match finding.verdict() {
        Status::Unknown => msg!("Unknown: {message}", message),
        Status::Manual => msg!("For a person to decide: {message}", message),
        _ => msg!("{message}", message),
    };
    let message = match finding.gaps.first() {
        Some(gap) => msg!("{message} ({gap})", message, gap = gap.in_message()),
        None => message,
    };
    // What people decided comes first, as the end may be cut off.
    let told = reviewed::decided(finding, locale);
    let told =
        told.collect::<Vec<_>>().into_iter().rev().fold(message, |rest, told| msg!("{told}. {rest}", told, rest));
    let text = locale.text(&msg!("{name}: {told}", name, told));
    match text.char_indices().nth(GITHUB_TEXT) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// A path that names the resource, as GitHub takes no result without one: account, region, type, id.
fn path(resource: &Resource) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
    let part = |text: &str| utf8_percent_encode(text, KEPT).to_string();
    let region = resource.region.as_deref().unwrap_or("global");
    let id = if resource.id.is_empty() { "-" } else { &resource.id };
    [&resource.account_id, region, &resource.kind.replace("::", "-"), id].map(part).join("/")
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::gap::Gap;

    fn written(report: &Report, options: SarifOptions) -> Value {
        let mut out = Vec::new();
        sarif(report, options, &Locale::default(), &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    fn schema() -> jsonschema::Validator {
        let mut schema: Value = serde_json::from_str(include_str!("../../tests/data/sarif-2.1.0.schema.json")).unwrap();
        // A language's pattern has a bracket that strict regular expressions refuse. We write no language.
        for object in ["run", "toolComponent"] {
            let language = &mut schema["definitions"][object]["properties"]["language"];
            language.as_object_mut().unwrap().remove("pattern").unwrap();
        }
        jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
    }

    #[test]
    fn the_schema_of_oasis_takes_it() {
        let schema = schema();
        let empty = sample::report(&[], Vec::new(), Vec::new());
        for report in sample::HOSTILE.map(sample::all_of).iter().chain([&sample::whole(), &empty]) {
            for options in [SarifOptions::default(), SarifOptions::github()] {
                let log = written(report, options);
                let errors: Vec<_> =
                    schema.iter_errors(&log).map(|e| format!("{e} at {}", e.instance_path())).collect();
                assert!(errors.is_empty(), "{errors:#?}");
            }
        }
        assert!(!schema.is_valid(&json!({"version": "2.1.0"})), "the schema refuses something");
    }

    #[test]
    fn a_rule_helps() {
        let log = written(&sample::with_remediation(), SarifOptions::github());
        let rules = &log["runs"][0]["tool"]["driver"]["rules"];
        let text = rules[0]["help"]["text"].as_str().unwrap();
        assert!(
            text.contains("\nAWS CLI:\n  aws iam list-access-keys --user-name '<RESOURCE>' --max-items 90\n"),
            "{text}"
        );
        let markdown = rules[0]["help"]["markdown"].as_str().unwrap();
        assert!(markdown.contains("- **May cut off access**: "), "{markdown}");
        assert_eq!(rules[1].get("help"), None);
    }

    #[test]
    fn kinds_and_levels() {
        let report = sample::whole();
        let told = |options| -> Vec<_> {
            let log = written(&report, options);
            let results = log["runs"][0]["results"].as_array().unwrap().clone();
            let of = |result: &Value, name: &str| result[name].as_str().unwrap().to_owned();
            results.iter().map(|result| format!("{} {}", of(result, "kind"), of(result, "level"))).collect()
        };
        assert_eq!(
            told(SarifOptions::default()),
            ["pass none", "open none", "fail error", "notApplicable none", "review none"]
        );
        assert_eq!(told(SarifOptions::github()), ["fail error", "fail warning", "fail note"]);
    }

    #[test]
    fn a_result_names_its_rule_its_resource_and_itself() {
        let report = sample::whole();
        let log = written(&report, SarifOptions::default());
        let (run, result) = (&log["runs"][0], &log["runs"][0]["results"][2]);
        assert_eq!(result["fingerprints"]["findingId/v1"], report.findings[2].id());
        let rule = run.pointer(&format!("/tool/driver/rules/{}", result["ruleIndex"])).unwrap();
        assert_eq!((&rule["id"], &result["ruleId"]), (&json!("iam.keys"), &json!("iam.keys")));
        assert_eq!(rule["shortDescription"]["text"], "1.1 Keys are rotated");
        assert_eq!(
            result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"],
            "arn:aws:iam::123456789012:user/cid, access key 1 in eu-central-1"
        );
        let told = &run["invocations"][0]["toolExecutionNotifications"][0];
        assert_eq!(
            told["message"]["text"],
            "iam:GetCredentialReport answered AccessDenied; allow iam:GetCredentialReport"
        );
        let github = written(&report, SarifOptions::github());
        let location = &github["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], "123456789012/eu-central-1/AWS-IAM-User/cid");
    }

    #[test]
    fn what_github_would_refuse_is_left_out_and_counted() {
        let mut findings: Vec<_> =
            (0..6_000).map(|n| sample::finding("iam.keys", Status::Manual, &format!("user-{n}"), "Look.")).collect();
        findings.push(sample::finding("iam.keys", Status::Fail, "the-one", "Bad."));
        findings.push(sample::finding("iam.keys", Status::Pass, "good", "Good."));
        let gaps = (0..1_500).map(|n| Gap::malformed("not JSON").dataset(format!("acme.rows{n}")));
        let report = sample::report(&[("1.1", "iam.keys", "Keys")], findings, gaps.collect());
        let run = &written(&report, SarifOptions::github())["runs"][0];
        let results = run["results"].as_array().unwrap();
        assert_eq!((results.len(), &results[0]["level"]), (GITHUB_RESULTS, &json!("error")));
        let told = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
        let texts: Vec<_> = told.iter().map(|told| told["message"]["text"].as_str().unwrap()).collect();
        assert!(texts[0].starts_with("Findings left out: 1001. GitHub shows 5000 results"), "{}", texts[0]);
        assert!(texts[1].starts_with("Findings left out that pass or do not apply: 1."), "{}", texts[1]);
        assert_eq!(texts.last(), Some(&"More reads that failed: 500; the format json has all of them."));
        assert_eq!(written(&report, SarifOptions::default())["runs"][0]["results"].as_array().unwrap().len(), 6_002);
    }

    #[test]
    fn the_largest_file_for_github_is_within_its_ten_megabytes() {
        // Gzip makes no file longer by more than a thousandth, so that what fits before fits after.
        let long: String = "0123456789".repeat(300);
        let findings = (0..6_000).map(|n| {
            let mut finding = sample::finding("iam.keys", Status::Fail, &format!("user-{n}"), &long);
            finding.gaps = vec![Gap::malformed(&*long)];
            finding
        });
        let report = sample::report(&[("1.1", "iam.keys", "Keys")], findings.collect(), Vec::new());
        let mut out = Vec::new();
        sarif(&report, SarifOptions::github(), &Locale::default(), &mut out).unwrap();
        assert!(out.len() < 10_000_000, "{} bytes", out.len());
    }
}
