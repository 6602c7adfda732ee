//! The findings as OCSF Compliance Findings (<https://schema.ocsf.io/1.5.0/classes/compliance_finding>).

use std::io::{self, Write};

use serde_json::{Value, json};

use super::items::object;
use super::outline::{findings, headline, judged_as};
use super::remediation::{Fixes, brief};
use super::{Format, TOOL, reviewed};
use crate::finding::{Finding, Status};
use crate::locale::Locale;
use crate::report::{Judged, Report};

pub(super) const FORMAT: Format = Format {
    name: "ocsf",
    about: "for security lakes: OCSF 1.5.0 Compliance Finding (class 2003), an event a line",
    extension: "ocsf.jsonl",
    binary: false,
    write: |report, options, to| ocsf(report, &options.ocsf, &options.locale, to),
};

/// What the events tell beside the report.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct OcsfOptions {
    /// Findings of an earlier report that are no more: each is told as it was by an event of the activity `Close`, status
    /// `Resolved`. By default none.
    pub closed: Vec<Finding>,
}

/// The version of OCSF that the events are of.
pub const OCSF_VERSION: &str = "1.5.0";

/// Writes an OCSF event a line, one for each finding: class 2003, Compliance Finding, with the profile `cloud`.
///
/// | verdict | `compliance.status_id` | `compliance.status` | `severity_id` |
/// | --- | --- | --- | --- |
/// | pass | 1 | `Pass` | 1 Informational |
/// | unknown | 2 | `Warning` | 0 Unknown |
/// | fail | 3 | `Fail` | 3 Medium |
/// | manual | 99 | `Manual` | 1 Informational |
/// | not applicable | 99 | `Not applicable` | 1 Informational |
///
/// `compliance.status_code` is our own word for the status, which no attestation changes. A fail that an exception covers has
/// `status_id` 3, `Suppressed`; `comment` says what people decided. CIS gives its recommendations no severity; Medium is for every
/// fail. `finding_info.uid` is the finding's id, the same in the next scan; `time` is the moment that the verdict is given
/// for. `remediation` says in brief how to put right what fails or is for a person to decide. What OCSF has no place for stands in
/// `unmapped`. The activity is `Create`; `Close` for [`OcsfOptions::closed`].
///
/// # Errors
/// Those of the writer.
pub fn ocsf(report: &Report, options: &OcsfOptions, locale: &Locale, mut to: impl Write) -> io::Result<()> {
    let fixes = Fixes::of(report, locale);
    let open = findings(report).map(|(finding, judged)| (finding, judged, Activity::Create));
    let closed = options.closed.iter().map(|finding| (finding, judged_as(report, finding), Activity::Close));
    for (finding, judged, activity) in open.chain(closed) {
        serde_json::to_writer(&mut to, &event((report, locale, &fixes), finding, judged, activity))?;
        to.write_all(b"\n")?;
    }
    Ok(())
}

/// What became of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activity {
    Create,
    Close,
}

fn event(
    (report, locale, fixes): (&Report, &Locale, &Fixes<'_>),
    finding: &Finding,
    judged: Option<&Judged>,
    activity: Activity,
) -> Value {
    let (activity_id, activity_name) = match activity {
        Activity::Create => (1, "Create"),
        Activity::Close => (3, "Close"),
    };
    let (compliance_id, compliance) = match finding.verdict() {
        Status::Pass => (1, "Pass"),
        Status::Unknown => (2, "Warning"),
        Status::Fail => (3, "Fail"),
        Status::Manual => (99, "Manual"),
        Status::NotApplicable => (99, "Not applicable"),
    };
    let (severity_id, severity) = match finding.verdict() {
        Status::Pass | Status::Manual | Status::NotApplicable => (1, "Informational"),
        Status::Unknown => (0, "Unknown"),
        Status::Fail => (3, "Medium"),
    };
    let (status_id, status) = match activity {
        Activity::Close => (4, "Resolved"),
        Activity::Create if finding.exception.is_some() => (3, "Suppressed"),
        Activity::Create => (1, "New"),
    };
    let decided: Vec<_> = reviewed::decided(finding, locale).collect();
    let resource = &finding.resource;
    let time = report.as_of.as_millisecond();
    let standard = format!("{} {}", report.benchmark.name, report.benchmark.version);
    let title = judged.map_or(finding.control.as_str(), |judged| locale.title(&judged.title));
    let message = locale.message(finding);
    let (id, region) = (finding.id(), resource.region.as_deref());
    let details: Vec<_> = finding.gaps.iter().map(|gap| locale.gap(gap)).collect();
    let evidences: Vec<_> = finding.evidence.iter().map(|evidence| json!({"data": evidence})).collect();
    object([
        ("activity_id", Some(activity_id.into())),
        ("activity_name", Some(activity_name.into())),
        ("category_name", Some("Findings".into())),
        ("category_uid", Some(2.into())),
        ("class_name", Some("Compliance Finding".into())),
        ("class_uid", Some(2003.into())),
        ("type_name", Some(format!("Compliance Finding: {activity_name}").into())),
        ("type_uid", Some((200_300 + activity_id).into())),
        ("time", Some(time.into())),
        ("severity_id", Some(severity_id.into())),
        ("severity", Some(severity.into())),
        ("status_id", Some(status_id.into())),
        ("status", Some(status.into())),
        ("comment", (!decided.is_empty()).then(|| decided.join(" ").into())),
        ("message", Some((&*message).into())),
        (
            "metadata",
            Some(json!({
                "version": OCSF_VERSION,
                "product": {"name": TOOL, "vendor_name": TOOL, "version": env!("CARGO_PKG_VERSION")},
                "profiles": ["cloud"],
                "event_code": finding.control,
                "uid": format!("{id}/{time}"),
            })),
        ),
        (
            "cloud",
            Some(object([
                ("provider", Some("AWS".into())),
                ("cloud_partition", Some(report.partition.as_str().into())),
                ("region", region.map(Value::from)),
                ("account", Some(json!({"uid": resource.account_id, "type": "AWS Account", "type_id": 10}))),
            ])),
        ),
        (
            "compliance",
            Some(object([
                ("control", Some(title.into())),
                ("requirements", finding.recommendation.as_ref().map(|id| json!([id]))),
                ("standards", Some(json!([standard]))),
                ("status", Some(compliance.into())),
                ("status_id", Some(compliance_id.into())),
                ("status_code", Some(finding.status.as_str().into())),
                ("status_details", (!details.is_empty()).then(|| json!(details))),
            ])),
        ),
        (
            "finding_info",
            Some(object([
                ("uid", Some(id.into())),
                ("title", Some(headline(finding, judged, locale).into())),
                ("desc", Some((&*message).into())),
                ("types", judged.map(|judged| json!([locale.words(&judged.section)]))),
                ("created_time", Some(time.into())),
                ("analytic", Some(json!({"uid": finding.control, "name": title, "type": "Rule", "type_id": 1}))),
            ])),
        ),
        (
            "resources",
            Some(json!([object([
                ("uid", Some(resource.name().into())),
                ("name", Some(resource.id.as_str().into())),
                ("type", Some(resource.kind.as_str().into())),
                ("region", region.map(Value::from)),
                ("cloud_partition", Some(report.partition.as_str().into())),
                (
                    "tags",
                    resource.tags.as_ref().map(|tags| {
                        tags.iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
                    }),
                ),
            ])])),
        ),
        ("remediation", fixes.of_finding(finding).map(|filled| json!({"desc": brief(&filled, locale)}))),
        ("evidences", (!evidences.is_empty()).then(|| json!(evidences))),
        (
            "unmapped",
            Some(object([
                ("template", Some((&*finding.template).into())),
                ("values", Some(json!(finding.values))),
                ("gaps", Some(json!(finding.gaps))),
                ("settled", finding.settled.map(|status| status.as_str().into())),
                ("attestation", finding.attestation.as_ref().map(|attestation| json!(attestation))),
                ("exception", finding.exception.as_ref().map(|exception| json!(exception))),
                ("sub", resource.sub.as_deref().map(Value::from)),
                ("level", judged.map(|judged| judged.level.into())),
                ("assessment", judged.map(|judged| judged.assessment.as_str().into())),
            ])),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn events(report: &Report) -> Vec<Value> {
        let mut out = Vec::new();
        ocsf(report, &OcsfOptions::default(), &Locale::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn statuses() {
        let events = events(&sample::whole());
        let told: Vec<_> = events
            .iter()
            .map(|event| {
                let compliance = &event["compliance"];
                json!([compliance["status_code"], compliance["status_id"], compliance["status"], event["severity_id"]])
            })
            .collect();
        let expected = [
            json!(["pass", 1, "Pass", 1]),
            json!(["unknown", 2, "Warning", 0]),
            json!(["fail", 3, "Fail", 3]),
            json!(["not_applicable", 99, "Not applicable", 1]),
            json!(["manual", 99, "Manual", 1]),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn what_is_no_more_is_closed() {
        let mut report = sample::whole();
        let gone = report.findings.remove(2);
        let options = OcsfOptions { closed: vec![gone.clone()] };
        let mut out = Vec::new();
        ocsf(&report, &options, &Locale::default(), &mut out).unwrap();
        let events: Vec<Value> =
            String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let told: Vec<_> =
            events.iter().map(|event| json!([event["activity_name"], event["type_uid"], event["status"]])).collect();
        let open = json!(["Create", 200_301, "New"]);
        assert_eq!(told, [open.clone(), open.clone(), open.clone(), open, json!(["Close", 200_303, "Resolved"])]);
        let last = &events[4];
        assert_eq!((&last["finding_info"]["uid"], &last["compliance"]["status"]), (&json!(gone.id()), &json!("Fail")));
        assert_eq!(last["resources"][0]["tags"], json!([{"name": "team", "value": "web"}]));
        let title = last["finding_info"]["title"].as_str().unwrap();
        assert!(title.starts_with("1.1 Keys are rotated: fail on "), "{title}");
    }

    #[test]
    fn how_to_fix_stands_by_what_fails() {
        let events = events(&sample::with_remediation());
        let told: Vec<_> = events.iter().filter_map(|event| event["remediation"]["desc"].as_str()).collect();
        let expected = "Rotate the key of cid.  AWS CLI: aws iam list-access-keys --user-name cid --max-items 90";
        assert_eq!(told, [expected]);
    }

    #[test]
    fn an_event_is_a_finding() {
        let report = sample::whole();
        let events = events(&report);
        let (fail, finding) = (&events[2], &report.findings[2]);
        assert_eq!((&fail["class_uid"], &fail["type_uid"]), (&json!(2003), &json!(200_301)));
        assert_eq!(fail["metadata"]["version"], OCSF_VERSION);
        assert_eq!(fail["finding_info"]["uid"], finding.id());
        assert_eq!(fail["time"], 1_714_521_600_000_i64, "milliseconds");
        assert_eq!(fail["compliance"]["requirements"], json!(["1.1"]));
        assert_eq!(fail["resources"][0]["uid"], "arn:aws:iam::123456789012:user/cid");
        assert_eq!(fail["evidences"][0]["data"]["value"], "2024-01-31T00:00:00Z");
        let why = "iam:GetCredentialReport answered AccessDenied; allow iam:GetCredentialReport";
        assert_eq!(events[1]["compliance"]["status_details"], json!([why]));
    }
}
