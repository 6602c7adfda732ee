//! The report as OSCAL assessment results
//! (<https://pages.nist.gov/OSCAL-Reference/models/v1.2.1/assessment-results/json-reference/>).

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::items::{Items, object};
use super::outline::{Requirement, resource_name, sections};
use super::parts::{audited, line, lines};
use super::remediation::{Fixes, remediation_markdown};
use super::statuses::spread;
use super::{Format, TOOL, reviewed};
use crate::benchmark::Assessment;
use crate::finding::{Finding, Resource, Status};
use crate::locale::Locale;
use crate::msg;
use crate::report::Report;
use crate::review::Exception;

pub(super) const FORMAT: Format = Format {
    name: "oscal",
    about: "for compliance tools: OSCAL 1.2.1 assessment results",
    extension: "oscal.json",
    binary: false,
    write: |report, options, to| oscal(report, &options.locale, to),
};

/// The version of OSCAL that is written.
pub const OSCAL_VERSION: &str = "1.2.1";

/// What our UUIDs are names in (version 5).
const NAMES: Uuid = Uuid::from_u128(0x9a3c_2f0e_7d51_4b86_a1f4_5c0d_e872_6b39);

/// The namespace of properties that OSCAL has no name for.
const NS: &str = "urn:cis-aws:oscal";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Document<T> {
    assessment_results: T,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct AssessmentResults<R> {
    uuid: Uuid,
    metadata: Value,
    import_ap: Value,
    results: [R; 1],
    back_matter: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Judgement<I, O, R, F> {
    uuid: Uuid,
    title: String,
    description: String,
    start: Value,
    props: Value,
    // OSCAL takes no empty arrays.
    #[serde(skip_serializing_if = "Option::is_none")]
    local_definitions: Option<Definitions<I>>,
    reviewed_controls: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    observations: Option<O>,
    #[serde(skip_serializing_if = "Option::is_none")]
    risks: Option<R>,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<F>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remarks: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Definitions<I> {
    inventory_items: I,
}

/// Writes one OSCAL result: an inventory item for each resource, an observation for each of our findings, a finding for each
/// requirement, by its key as the control's id (OSCAL's ids begin with no digit).
///
/// | status of the requirement | `state` | `reason` |
/// | --- | --- | --- |
/// | pass | `satisfied` | `pass` |
/// | not applicable | `satisfied` | `other`, with remarks |
/// | fail | `not-satisfied` | `fail` |
/// | manual, unknown | `not-satisfied` | `other`, with remarks |
///
/// That status counts what attestations settle. A fail that an exception covers is a risk with the status
/// `deviation-approved`, its deadline the exception's last day; the other fails of a requirement are one risk with the status
/// `open`, and how to put them right is its remediation. The property `status` has our own word. UUIDs are made of the findings' ids, so that they are the same in the next scan.
/// What could not be read stands in the remarks of the result.
///
/// # Errors
/// Those of the writer.
pub fn oscal(report: &Report, locale: &Locale, mut to: impl Write) -> io::Result<()> {
    // UUIDs are the same in every language.
    let series = line(&audited(report).to_string());
    let once = format!("{series}, as of {}", report.as_of);
    let plan = named(&["plan", &series]);
    let title = line(&locale.text(&audited(report)));
    let sections = sections(report);
    let requirements: Vec<_> = sections.iter().flat_map(|section| &section.requirements).collect();
    let mut controls: Vec<_> = requirements.iter().map(|requirement| token(requirement.key)).collect();
    controls.sort_unstable();
    controls.dedup();
    let selection = if controls.is_empty() {
        json!({"include-all": {}})
    } else {
        json!({"include-controls": controls.iter().map(|id| json!({"control-id": id})).collect::<Vec<_>>()})
    };
    let resources: BTreeMap<Uuid, &Resource> =
        report.findings.iter().map(|finding| (item_uuid(&finding.resource), &finding.resource)).collect();
    let excepted = || report.findings.iter().filter_map(|finding| Some((finding, finding.exception.as_deref()?)));
    let fixes = Fixes::of(report, locale);
    let open = || requirements.iter().filter_map(|requirement| open_risk((report, locale, &fixes), requirement));
    let result = Judgement {
        uuid: named(&["result", &once]),
        title: title.clone(),
        description: locale.text(&msg!(
            "The account was judged from what could be read of it. Findings: {n}.",
            n = report.findings.len()
        )),
        start: json!(report.as_of),
        props: json!([
            prop("account-id", &report.account_id),
            prop("partition", &report.partition),
            prop("unread", &report.unread.len().to_string()),
        ]),
        local_definitions: (!resources.is_empty()).then_some(Definitions {
            inventory_items: Items(|| resources.iter().map(|(&uuid, resource)| inventory_item(uuid, resource))),
        }),
        reviewed_controls: json!({"control-selections": [selection]}),
        observations: (!report.findings.is_empty()).then_some(Items(|| {
            requirements.iter().flat_map(|requirement| {
                requirement.findings.iter().map(|finding| observation((report, locale), requirement, finding))
            })
        })),
        risks: (excepted().next().is_some() || open().next().is_some())
            .then_some(Items(|| excepted().map(|(finding, accepted)| risk(locale, finding, accepted)).chain(open()))),
        findings: (!requirements.is_empty())
            .then_some(Items(|| requirements.iter().map(|all| finding((report, locale), all)))),
        remarks: (!report.unread.is_empty())
            .then(|| format!("{}:\n{}", locale.text(&msg!("What could not be read")), lines(&report.unread, locale))),
    };
    let document = Document {
        assessment_results: AssessmentResults {
            uuid: named(&["assessment-results", &once]),
            metadata: json!({
                "title": title,
                "last-modified": report.as_of,
                "version": report.as_of.to_string(),
                "oscal-version": OSCAL_VERSION,
                "props": [prop("tool", &format!("{TOOL} {}", env!("CARGO_PKG_VERSION")))],
            }),
            import_ap: json!({"href": format!("#{plan}")}),
            results: [result],
            back_matter: json!({"resources": [{
                "uuid": plan,
                "title": locale.text(&msg!("Assessment plan")),
                "description": locale.text(&msg!(
                    "There is no plan as a document of its own: the controls reviewed are those of the result."
                )),
            }]}),
        },
    };
    serde_json::to_writer(&mut to, &document)?;
    to.write_all(b"\n")
}

fn named(parts: &[&str]) -> Uuid {
    Uuid::new_v5(&NAMES, json!(parts).to_string().as_bytes())
}

fn item_uuid(resource: &Resource) -> Uuid {
    named(&[
        "item",
        &resource.account_id,
        resource.region.as_deref().unwrap_or_default(),
        &resource.kind,
        resource.name(),
    ])
}

fn prop(name: &str, value: &str) -> Value {
    json!({"name": name, "ns": NS, "value": line(value)})
}

fn inventory_item(uuid: Uuid, resource: &Resource) -> Value {
    let mut props = vec![
        json!({"name": "asset-id", "value": line(resource.name())}),
        prop("resource-type", &resource.kind),
        prop("account-id", &resource.account_id),
    ];
    props.extend(resource.region.as_deref().map(|region| prop("region", region)));
    json!({"uuid": uuid, "description": line(&format!("{} {}", resource.kind, resource.name())), "props": props})
}

fn observation_uuid(finding: &Finding) -> Uuid {
    named(&["observation", &finding.id()])
}

fn observation((report, locale): (&Report, &Locale), requirement: &Requirement<'_>, finding: &Finding) -> Value {
    let by_hand = requirement.judged.is_some_and(|judged| judged.assessment == Assessment::Manual);
    let name = resource_name(&finding.resource, locale)
        .unwrap_or_else(|| locale.text(&msg!("account {account}", account = finding.resource.account_id)));
    let evidence: Vec<_> = finding
        .evidence
        .iter()
        .map(|one| json!({"description": line(&format!("{} {}: {}", one.operation, one.field, one.value))}))
        .collect();
    let headline =
        msg!("{standing}: {title}", standing = reviewed::standing(finding), title = requirement.title(locale));
    let read_at = finding.evidence.iter().filter_map(|evidence| evidence.read_at).max();
    let mut props = vec![prop("status", finding.status.as_str()), prop("finding-id", &finding.id())];
    props.extend(finding.resource.sub.as_deref().map(|sub| prop("sub-resource", sub)));
    props.extend(finding.settled.map(|status| prop("settled", status.as_str())));
    props.extend(finding.attestation.as_ref().map(|attestation| prop("attested-by", &attestation.by)));
    let remarks: Vec<_> =
        reviewed::decided(finding, locale).chain(finding.gaps.iter().map(|gap| locale.gap(gap))).collect();
    object([
        ("uuid", Some(json!(observation_uuid(finding)))),
        ("title", Some(line(&locale.text(&headline)).into())),
        ("description", Some(line(&locale.message(finding)).into())),
        ("props", Some(json!(props))),
        ("methods", Some(if by_hand { json!(["EXAMINE"]) } else { json!(["TEST"]) })),
        ("types", Some(json!(["finding"]))),
        (
            "subjects",
            Some(json!([{
                "subject-uuid": item_uuid(&finding.resource),
                "type": "inventory-item",
                "title": line(&name),
            }])),
        ),
        ("relevant-evidence", (!evidence.is_empty()).then(|| json!(evidence))),
        ("collected", Some(json!(read_at.unwrap_or(report.as_of)))),
        ("remarks", (!remarks.is_empty()).then(|| remarks.join("\n").into())),
    ])
}

fn risk_uuid(finding: &Finding) -> Uuid {
    named(&["risk", &finding.id()])
}

/// A fail that an exception covers.
fn risk(locale: &Locale, finding: &Finding, exception: &Exception) -> Value {
    let told = reviewed::excepted(finding, locale).unwrap_or_default();
    let title = msg!("{control}: excepted until {day}", control = finding.control, day = exception.expires);
    json!({
        "uuid": risk_uuid(finding),
        "title": line(&locale.text(&title)),
        "description": line(&locale.message(finding)),
        "statement": line(&told),
        "props": [prop("owner", &exception.owner), prop("ticket", &exception.ticket)],
        "status": "deviation-approved",
        // The last moment of its last day.
        "deadline": format!("{}T23:59:59Z", exception.expires),
        "related-observations": [{"observation-uuid": observation_uuid(finding)}],
    })
}

fn open_risk_uuid(report: &Report, key: &str) -> Uuid {
    named(&["open risk", &report.account_id, key])
}

/// The findings of a requirement that fail and that no exception covers, where the report says how to put them right.
fn to_fix<'a>(report: &Report, requirement: &'a Requirement<'_>) -> Vec<&'a Finding> {
    let fails = |finding: &&Finding| finding.verdict() == Status::Fail && finding.exception.is_none();
    let known = report.remediation.contains_key(requirement.key);
    requirement.findings.iter().copied().filter(|finding| known && fails(finding)).collect()
}

/// A requirement that fails and that the report says how to put right.
fn open_risk((report, locale, fixes): (&Report, &Locale, &Fixes<'_>), requirement: &Requirement<'_>) -> Option<Value> {
    let fails = to_fix(report, requirement);
    let filled = fixes.of_all(requirement.key, &fails).filter(|_| !fails.is_empty())?;
    let title = line(&locale.text(&msg!("{title} fails", title = requirement.title(locale))));
    let related = fails.iter().map(|finding| json!({"observation-uuid": observation_uuid(finding)}));
    Some(json!({
        "uuid": open_risk_uuid(report, requirement.key),
        "title": title,
        "description": title,
        "statement": line(&fails.first().map(|finding| locale.message(finding)).unwrap_or_default()),
        "status": "open",
        "remediations": [{
            "uuid": named(&["remediation", &report.account_id, requirement.key]),
            "lifecycle": "recommendation",
            "title": locale.text(&msg!("How to fix")),
            "description": remediation_markdown(&filled, locale).trim(),
        }],
        "related-observations": related.collect::<Vec<_>>(),
    }))
}

fn finding((report, locale): (&Report, &Locale), requirement: &Requirement<'_>) -> Value {
    let (state, reason) = match requirement.status {
        Status::Pass => ("satisfied", "pass"),
        Status::NotApplicable => ("satisfied", "other"),
        Status::Fail => ("not-satisfied", "fail"),
        Status::Manual | Status::Unknown => ("not-satisfied", "other"),
    };
    let remarks = match requirement.status {
        Status::Pass | Status::Fail => None,
        Status::NotApplicable => Some(msg!("Not applicable: there is nothing to judge.")),
        Status::Manual => Some(msg!("Manual: a person must decide.")),
        Status::Unknown => Some(msg!("Unknown: the facts could not be had.")),
    };
    let id = requirement.id().map(|id| format!("{id} ")).unwrap_or_default();
    let mut props = vec![prop("status", requirement.status.as_str())];
    if let Some(judged) = requirement.judged {
        props.extend([
            prop("recommendation", &judged.id),
            prop("section", &judged.section),
            prop("level", &judged.level.to_string()),
            prop("assessment", judged.assessment.as_str()),
        ]);
    }
    let related: Vec<_> =
        requirement.findings.iter().map(|finding| json!({"observation-uuid": observation_uuid(finding)})).collect();
    let excepted = requirement.findings.iter().filter(|finding| finding.exception.is_some());
    let mut risks: Vec<_> = excepted.map(|finding| json!({"risk-uuid": risk_uuid(finding)})).collect();
    if !to_fix(report, requirement).is_empty() {
        risks.push(json!({"risk-uuid": open_risk_uuid(report, requirement.key)}));
    }
    object([
        ("uuid", Some(json!(named(&["finding", &report.account_id, requirement.key])))),
        ("title", Some(line(&format!("{id}{}", requirement.title(locale))).into())),
        ("description", Some(line(&spread(requirement.counts, locale)).into())),
        ("props", Some(json!(props))),
        (
            "target",
            Some(json!({
                "type": "objective-id",
                "target-id": token(requirement.key),
                "status": object([
                    ("state", Some(state.into())),
                    ("reason", Some(reason.into())),
                    ("remarks", remarks.map(|remarks| locale.text(&remarks).into())),
                ]),
            })),
        ),
        ("related-observations", (!related.is_empty()).then(|| json!(related))),
        ("related-risks", (!risks.is_empty()).then(|| json!(risks))),
    ])
}

/// The key as an OSCAL token: it begins with a letter or `_`, and has those, digits, `-` and `.` alone.
fn token(key: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '_' };
    let token: String = key.chars().map(kept).collect();
    if token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') { token } else { format!("_{token}") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::sample;
    use super::*;

    fn result(report: &Report) -> Value {
        let mut out = Vec::new();
        oscal(report, &Locale::default(), &mut out).unwrap();
        serde_json::from_slice::<Value>(&out).unwrap()["assessment-results"]["results"][0].clone()
    }

    fn uuids(list: &Value, name: &str) -> BTreeSet<String> {
        list.as_array().unwrap().iter().map(|item| item[name].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_finding_is_a_requirement_and_an_observation_a_finding() {
        let report = sample::whole();
        let result = result(&report);
        let told: Vec<_> = result["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| {
                let status = &finding["target"]["status"];
                json!([finding["target"]["target-id"], status["state"], status["reason"]])
            })
            .collect();
        let expected = [
            json!(["iam.keys", "not-satisfied", "fail"]),
            json!(["iam.mfa", "satisfied", "other"]),
            json!(["iam.none", "satisfied", "other"]),
            json!(["acme.badges", "not-satisfied", "other"]),
        ];
        assert_eq!(told, expected);
        let observations = uuids(&result["observations"], "uuid");
        assert_eq!(observations.len(), report.findings.len());
        let related: BTreeSet<_> = result["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|finding| finding.get("related-observations"))
            .flat_map(|related| uuids(related, "observation-uuid"))
            .collect();
        assert_eq!(related, observations);
        let items = uuids(&result["local-definitions"]["inventory-items"], "uuid");
        for observation in result["observations"].as_array().unwrap() {
            assert!(items.contains(observation["subjects"][0]["subject-uuid"].as_str().unwrap()));
        }
        assert!(result["remarks"].as_str().unwrap().contains("answered AccessDenied"));
    }

    #[test]
    fn how_to_fix_is_the_remediation_of_an_open_risk() {
        let result = result(&sample::with_remediation());
        let [risk] = result["risks"].as_array().unwrap().as_slice() else { panic!("{result}") };
        assert_eq!(risk["status"], "open");
        let told = &risk["remediations"][0];
        assert_eq!(told["lifecycle"], "recommendation");
        assert!(told["description"].as_str().unwrap().contains("--user-name cid --max-items 90"), "{told}");
        assert_eq!(result["findings"][0]["related-risks"][0]["risk-uuid"], risk["uuid"]);
        let fails = result["observations"].as_array().unwrap().iter();
        let fails = fails.filter(|one| one["description"].as_str().unwrap().contains("91 days old"));
        let fails: Vec<_> = fails.map(|one| json!({"observation-uuid": one["uuid"]})).collect();
        assert_eq!(risk["related-observations"], json!(fails));
    }

    #[test]
    fn uuids_are_the_same_in_the_next_scan() {
        let (first, mut second) = (sample::whole(), sample::whole());
        second.as_of = "2024-05-02T00:00:00Z".parse().unwrap();
        let (first, second) = (result(&first), result(&second));
        assert_eq!(uuids(&first["observations"], "uuid"), uuids(&second["observations"], "uuid"));
        assert_eq!(uuids(&first["findings"], "uuid"), uuids(&second["findings"], "uuid"));
        assert_ne!(first["uuid"], second["uuid"], "another result");
    }

    #[test]
    fn keys_become_tokens() {
        for (key, expected) in
            [("iam.root_mfa", "iam.root_mfa"), ("1.4", "_1.4"), ("", "_"), ("a b/監", "a_b__"), ("-x", "_-x")]
        {
            assert_eq!(token(key), expected);
        }
    }
}
