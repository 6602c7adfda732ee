//! The findings in the AWS Security Finding Format, for Security Hub CSPM
//! (<https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html>).

use std::io::{self, Write};

use serde_json::{Value, json};

use super::items::object;
use super::outline::{findings, headline, judged_as};
use super::remediation::{Fixes, brief};
use super::{Format, TOOL, parts, reviewed};
use crate::facts::ScopeStatus;
use crate::finding::{Finding, Status};
use crate::locale::Locale;
use crate::remediation::FilledRemediation;
use crate::report::{Judged, Report};
use crate::tags::Tags;

pub(super) const FORMAT: Format = Format {
    name: "asff",
    about: "for AWS Security Hub: ASFF, a BatchImportFindings request a line",
    extension: "asff.jsonl",
    binary: false,
    write: |report, options, to| asff(report, &options.asff, &options.locale, to),
};

/// Where the findings are imported to.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct AsffOptions {
    /// The ARN of the product that the findings are of. By default the account's own, which needs no registration:
    /// `arn:PARTITION:securityhub:REGION:ACCOUNT:product/ACCOUNT/default`.
    pub product_arn: Option<String>,
    /// The region of the default ARN: the one that the findings are imported to. By default the first scanned one.
    pub region: Option<String>,
    /// Findings of an earlier report that are no more: they are sent as they were, with the record state `ARCHIVED`. By
    /// default none.
    pub archived: Vec<Finding>,
}

/// How many findings one request takes
/// (<https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html>).
pub const ASFF_BATCH_FINDINGS: usize = 100;

/// How many bytes one request has at most. AWS takes 240 KB a finding and 6 MB a request
/// (<https://docs.aws.amazon.com/securityhub/latest/partnerguide/guidelines-batchimportfindings.html>); a request of 240 KB
/// keeps within both.
pub const ASFF_BATCH_BYTES: usize = 240_000;

/// How long texts may be, in UTF-16 units, by their path. From the API reference's `AwsSecurityFinding`, `Resource`,
/// `Severity`; AWS gives none for `Resources[].Id`, which has that of an ARN.
pub const ASFF_TEXT_LIMITS: [(&str, usize); 16] = [
    ("AwsAccountId", 12),
    ("CompanyName", 128),
    ("Description", 1024),
    ("FindingProviderFields.Severity.Original", 64),
    ("GeneratorId", 512),
    ("Id", 512),
    ("ProductArn", 2048),
    ("ProductFields.*", 2048),
    ("ProductName", 128),
    ("Remediation.Recommendation.Text", 512),
    ("Resources[].Id", 2048),
    ("Resources[].Region", 16),
    ("Resources[].Tags.*", 256),
    ("Resources[].Type", 256),
    ("Title", 256),
    ("Types[]", 256),
];

/// The types that ASFF has words of its own for, of those that CloudFormation names; any other is `Other`.
const TYPES: [(&str, &str); 17] = [
    ("AWS::::Account", "AwsAccount"),
    ("AWS::CloudTrail::Trail", "AwsCloudTrailTrail"),
    ("AWS::EC2::Instance", "AwsEc2Instance"),
    ("AWS::EC2::NetworkAcl", "AwsEc2NetworkAcl"),
    ("AWS::EC2::SecurityGroup", "AwsEc2SecurityGroup"),
    ("AWS::EC2::VPC", "AwsEc2Vpc"),
    ("AWS::EC2::VPCPeeringConnection", "AwsEc2VpcPeeringConnection"),
    ("AWS::IAM::Group", "AwsIamGroup"),
    ("AWS::IAM::ManagedPolicy", "AwsIamPolicy"),
    ("AWS::IAM::Policy", "AwsIamPolicy"),
    ("AWS::IAM::Role", "AwsIamRole"),
    ("AWS::IAM::User", "AwsIamUser"),
    ("AWS::KMS::Key", "AwsKmsKey"),
    ("AWS::Lambda::Function", "AwsLambdaFunction"),
    ("AWS::RDS::DBCluster", "AwsRdsDbCluster"),
    ("AWS::RDS::DBInstance", "AwsRdsDbInstance"),
    ("AWS::S3::Bucket", "AwsS3Bucket"),
];

/// Writes a request of `BatchImportFindings` a line, as the API and `aws securityhub batch-import-findings
/// --cli-input-json` take it: at most [`ASFF_BATCH_FINDINGS`] findings and [`ASFF_BATCH_BYTES`] bytes, no text longer than
/// [`ASFF_TEXT_LIMITS`].
///
/// | verdict | `Compliance.Status` | severity |
/// | --- | --- | --- |
/// | pass | `PASSED` | `INFORMATIONAL` |
/// | fail | `FAILED` | `MEDIUM` |
/// | unknown | `WARNING` | `MEDIUM`: it may be a fail |
/// | manual | `WARNING` | `LOW` |
/// | not applicable | `NOT_AVAILABLE` | `INFORMATIONAL` |
///
/// `Remediation` says how to put right what fails or is for a person to decide, with the commands where they fit.
/// `Compliance.StatusReasons` and `ProductFields` have our own status. `Id` is the finding's id, so that the next import
/// updates it; `UpdatedAt` is the moment that the verdict is given for.
///
/// What people decided stands in `ProductFields` (`Settled`, `AttestedBy`, `Attestation`, `Exception`): `Workflow` and `Note`
/// belong to who works on the findings, and AWS has providers leave them to `BatchUpdateFindings`
/// (<https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html>).
///
/// # Errors
/// Those of the writer.
pub fn asff(report: &Report, options: &AsffOptions, locale: &Locale, mut to: impl Write) -> io::Result<()> {
    let product_arn = product_arn(report, options);
    let fixes = Fixes::of(report, locale);
    let archived = options.archived.iter().map(|finding| (finding, judged_as(report, finding), "ARCHIVED"));
    let active = findings(report).map(|(finding, judged)| (finding, judged, "ACTIVE"));
    let mut batch = Batch::default();
    for (finding, judged, state) in active.chain(archived) {
        let item = serde_json::to_string(&item((report, locale, &fixes), finding, judged, &product_arn, state))?;
        if !batch.has_room(&item) {
            batch.write(&mut to)?;
        }
        batch.add(&item);
    }
    batch.write(&mut to)
}

fn product_arn(report: &Report, options: &AsffOptions) -> String {
    let (partition, account) = (&report.partition, &report.account_id);
    options.product_arn.clone().unwrap_or_else(|| {
        let mut scanned = report.scope.iter().filter(|region| region.status == ScopeStatus::Scanned);
        let first = scanned.next().map_or("us-east-1", |region| &region.region);
        let region = options.region.as_deref().unwrap_or(first);
        format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default")
    })
}

/// A request that is being put together.
#[derive(Default)]
struct Batch {
    items: String,
    count: usize,
}

const OPEN: &str = "{\"Findings\":[";
const CLOSE: &str = "]}";

impl Batch {
    fn has_room(&self, item: &str) -> bool {
        let bytes = OPEN.len() + self.items.len() + 1 + item.len() + CLOSE.len();
        self.count == 0 || (self.count < ASFF_BATCH_FINDINGS && bytes <= ASFF_BATCH_BYTES)
    }

    fn add(&mut self, item: &str) {
        if self.count > 0 {
            self.items.push(',');
        }
        self.items.push_str(item);
        self.count += 1;
    }

    /// Writes the request, if there is anything in it, and begins a new one.
    fn write(&mut self, to: &mut impl Write) -> io::Result<()> {
        if self.count > 0 {
            writeln!(to, "{OPEN}{}{CLOSE}", self.items)?;
        }
        *self = Self::default();
        Ok(())
    }
}

fn item(
    (report, locale, fixes): (&Report, &Locale, &Fixes<'_>),
    finding: &Finding,
    judged: Option<&Judged>,
    product_arn: &str,
    state: &str,
) -> Value {
    let (compliance, severity) = match finding.verdict() {
        Status::Pass => ("PASSED", "INFORMATIONAL"),
        Status::Fail => ("FAILED", "MEDIUM"),
        Status::Unknown => ("WARNING", "MEDIUM"),
        Status::Manual => ("WARNING", "LOW"),
        Status::NotApplicable => ("NOT_AVAILABLE", "INFORMATIONAL"),
    };
    let resource = &finding.resource;
    let kind = TYPES.iter().find(|(kind, _)| *kind == resource.kind).map_or("Other", |(_, kind)| kind);
    let standard = format!("{} {}", report.benchmark.name, report.benchmark.version);
    let classifier = report.benchmark.name.replace('/', " ");
    let message = locale.message(finding);
    let text = |path: &str, text: &str| Value::from(within(path, text));
    // An account has no ARN of its own that Security Hub would know; this is how its own controls name it.
    let resource_id =
        if kind == "AwsAccount" { format!("AWS::::Account:{}", resource.id) } else { resource.name().into() };
    object([
        ("SchemaVersion", Some("2018-10-08".into())),
        ("Id", Some(text("Id", &finding.id()))),
        ("ProductArn", Some(text("ProductArn", product_arn))),
        ("ProductName", Some(TOOL.into())),
        ("CompanyName", Some(TOOL.into())),
        ("GeneratorId", Some(text("GeneratorId", &format!("{TOOL}/{}", finding.control)))),
        ("AwsAccountId", Some(text("AwsAccountId", &report.account_id))),
        ("CreatedAt", Some(json!(report.as_of))),
        ("UpdatedAt", Some(json!(report.as_of))),
        ("Title", Some(text("Title", &headline(finding, judged, locale)))),
        ("Description", Some(text("Description", &message))),
        ("Remediation", fixes.of_finding(finding).map(|filled| remediation(&filled, locale))),
        (
            "Resources",
            Some(json!([object([
                ("Type", Some((*kind).into())),
                ("Id", Some(text("Resources[].Id", &resource_id))),
                ("Partition", partition(&report.partition)),
                ("Region", resource.region.as_deref().map(|region| text("Resources[].Region", region))),
                ("Tags", resource.tags.as_ref().filter(|tags| !tags.is_empty()).map(tags)),
            ])])),
        ),
        (
            "Compliance",
            Some(object([
                ("Status", Some(compliance.into())),
                ("SecurityControlId", Some(within("GeneratorId", &finding.control).into())),
                (
                    "RelatedRequirements",
                    judged.map(|judged| json!([within("Title", &format!("{standard}/{}", judged.id))])),
                ),
                (
                    "StatusReasons",
                    (!matches!(finding.verdict(), Status::Pass | Status::Fail)).then(|| {
                        let code = finding.status.as_str().to_ascii_uppercase();
                        let why = [&*message, &*parts::lines(&finding.gaps, locale)].join(" ");
                        json!([{"ReasonCode": code, "Description": within("ProductFields.*", &why)}])
                    }),
                ),
            ])),
        ),
        (
            "FindingProviderFields",
            Some(json!({
                "Severity": {"Label": severity, "Original": finding.status.as_str()},
                "Types": [within("Types[]", &format!("Software and Configuration Checks/Industry and Regulatory Standards/{classifier}"))],
            })),
        ),
        ("ProductFields", Some(product_fields(finding, judged, &standard, locale))),
        ("RecordState", Some(state.into())),
    ])
}

/// The tags of a resource. Security Hub takes no empty value, which a tag may have: a dash stands for it.
fn tags(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| (within("Tags", key), within("Resources[].Tags.*", value))).collect()
}

/// What to do, and the commands where there is room for all of them: half of a command is worse than none.
fn remediation(filled: &FilledRemediation, locale: &Locale) -> Value {
    const PATH: &str = "Remediation.Recommendation.Text";
    let whole = parts::line(&brief(filled, locale));
    let text = if within(PATH, &whole) == whole { whole } else { within(PATH, &filled.summary) };
    json!({"Recommendation": {"Text": text}})
}

/// The partitions that Security Hub has words for.
fn partition(partition: &str) -> Option<Value> {
    ["aws", "aws-cn", "aws-us-gov", "aws-us-iso", "aws-us-iso-b"].contains(&partition).then(|| partition.into())
}

fn product_fields(finding: &Finding, judged: Option<&Judged>, standard: &str, locale: &Locale) -> Value {
    let resource = &finding.resource;
    let evidence = finding.evidence.iter().map(|one| format!("{} {}: {}", one.operation, one.field, one.value));
    let evidence = evidence.collect::<Vec<_>>().join("; ");
    let fields = [
        ("Status", Some(finding.status.as_str().to_owned())),
        ("Settled", finding.settled.map(|status| status.as_str().to_owned())),
        ("AttestedBy", finding.attestation.as_ref().map(|attestation| attestation.by.clone())),
        ("Attestation", reviewed::attested(finding, locale)),
        ("Exception", reviewed::excepted(finding, locale)),
        ("Benchmark", Some(standard.to_owned())),
        ("Control", Some(finding.control.to_string())),
        ("Recommendation", judged.map(|judged| judged.id.clone())),
        ("Section", judged.map(|judged| judged.section.clone())),
        ("Level", judged.map(|judged| judged.level.to_string())),
        ("Assessment", judged.map(|judged| judged.assessment.as_str().to_owned())),
        ("ResourceType", Some(resource.kind.to_string())),
        ("ResourceAccountId", Some(resource.account_id.to_string())),
        ("SubResource", resource.sub.as_ref().map(ToString::to_string)),
        ("Gaps", (!finding.gaps.is_empty()).then(|| parts::lines(&finding.gaps, locale))),
        ("Evidence", (!evidence.is_empty()).then_some(evidence)),
    ];
    let there = fields.into_iter().filter_map(|(name, value)| {
        value.map(|value| (format!("{TOOL}/{name}"), Value::from(within("ProductFields.*", &value))))
    });
    Value::Object(there.collect())
}

/// The text within the limit of a path, on one line; what is cut off ends in an ellipsis. Never empty, as AWS takes no empty
/// text.
fn within(path: &str, text: &str) -> String {
    let most = ASFF_TEXT_LIMITS.iter().find(|(named, _)| *named == path).map_or(256, |(_, most)| *most);
    let line = parts::line(text);
    if line.encode_utf16().count() <= most {
        return line;
    }
    let mut room = most - 1;
    let kept = line.chars().take_while(|c| {
        let fits = c.len_utf16() <= room;
        room = room.saturating_sub(c.len_utf16());
        fits
    });
    kept.chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn batches(report: &Report, options: &AsffOptions) -> Vec<Vec<Value>> {
        let mut out = Vec::new();
        asff(report, options, &Locale::default(), &mut out).unwrap();
        let lines = String::from_utf8(out).unwrap();
        let batch = |line: &str| {
            assert!(line.len() <= ASFF_BATCH_BYTES, "{} bytes", line.len());
            let request: Value = serde_json::from_str(line).unwrap();
            request["Findings"].as_array().unwrap().clone()
        };
        lines.lines().map(batch).collect()
    }

    #[test]
    fn statuses() {
        let findings = batches(&sample::whole(), &AsffOptions::default()).concat();
        let told: Vec<_> = findings
            .iter()
            .map(|item| {
                let compliance = &item["Compliance"];
                let reason = &compliance["StatusReasons"][0]["ReasonCode"];
                json!([compliance["Status"], reason, item["FindingProviderFields"]["Severity"]["Label"]])
            })
            .collect();
        let expected = [
            json!(["PASSED", null, "INFORMATIONAL"]),
            json!(["WARNING", "UNKNOWN", "MEDIUM"]),
            json!(["FAILED", null, "MEDIUM"]),
            json!(["NOT_AVAILABLE", "NOT_APPLICABLE", "INFORMATIONAL"]),
            json!(["WARNING", "MANUAL", "LOW"]),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn commands_stand_whole_or_not_at_all() {
        let mut report = sample::with_remediation();
        let told = |report: &Report| -> Vec<_> {
            let findings = batches(report, &AsffOptions::default()).concat();
            findings
                .iter()
                .map(|one| one["Remediation"]["Recommendation"]["Text"].as_str().map(str::to_owned))
                .collect()
        };
        let whole =
            "Rotate the key of cid.  AWS CLI: aws iam list-access-keys --user-name cid --max-items 90".to_owned();
        assert_eq!(told(&report), [None, None, Some(whole), None, None], "of what fails alone");
        report.findings[2].resource.id = "x".repeat(220).into();
        let name = "x".repeat(220);
        assert_eq!(told(&report)[2], Some(format!("Rotate the key of {name}.")));
    }

    #[test]
    fn a_second_run_updates_and_what_is_gone_is_archived() {
        let (first, mut second) = (sample::whole(), sample::whole());
        second.as_of = "2024-05-02T00:00:00Z".parse().unwrap();
        let gone = second.findings.remove(0);
        let options = AsffOptions { archived: vec![gone.clone()], ..AsffOptions::default() };
        let told = |report: &Report, options: &AsffOptions| -> Vec<_> {
            let findings = batches(report, options).concat();
            findings
                .iter()
                .map(|item| (item["Id"].clone(), item["RecordState"].clone(), item["UpdatedAt"].clone()))
                .collect()
        };
        let before = told(&first, &AsffOptions::default());
        let after = told(&second, &options);
        let ids = |told: &[(Value, Value, Value)]| {
            let mut ids: Vec<_> = told.iter().map(|(id, ..)| id.to_string()).collect();
            ids.sort();
            ids
        };
        assert_eq!(ids(&before), ids(&after));
        assert!(before.iter().all(|(_, state, _)| state == "ACTIVE"));
        assert_eq!(after.last(), Some(&(json!(gone.id()), json!("ARCHIVED"), json!("2024-05-02T00:00:00Z"))));
    }

    #[test]
    fn tags_where_they_were_read() {
        let mut report = sample::whole();
        report.findings[0].resource.tags = Some([("idle", ""), ("team", "web")].into_iter().collect());
        report.findings[1].resource.tags = Some(Tags::default());
        let findings = batches(&report, &AsffOptions::default()).concat();
        let told: Vec<_> = findings.iter().map(|item| item["Resources"][0]["Tags"].clone()).collect();
        let expected =
            [json!({"idle": "-", "team": "web"}), Value::Null, json!({"team": "web"}), Value::Null, Value::Null];
        assert_eq!(told, expected);
    }

    #[test]
    fn product() {
        let mut report = sample::whole();
        let arn = |report: &Report, options: &AsffOptions| batches(report, options)[0][0]["ProductArn"].clone();
        let of = |region: Option<&str>, product_arn: Option<&str>| AsffOptions {
            region: region.map(str::to_owned),
            product_arn: product_arn.map(str::to_owned),
            ..AsffOptions::default()
        };
        let own = |region: &str| format!("arn:aws:securityhub:{region}:123456789012:product/123456789012/default");
        assert_eq!(arn(&report, &of(None, None)), own("eu-central-1"), "the first scanned region");
        assert_eq!(arn(&report, &of(Some("eu-west-1"), None)), own("eu-west-1"));
        let theirs = "arn:aws:securityhub:us-east-1::product/acme/audit";
        assert_eq!(arn(&report, &of(Some("eu-west-1"), Some(theirs))), theirs);
        report.partition = "aws-cn".into();
        report.scope.clear();
        assert_eq!(arn(&report, &of(None, None)), own("us-east-1").replace("arn:aws:", "arn:aws-cn:"));
    }

    /// The texts at a path of [`ASFF_TEXT_LIMITS`].
    fn at<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let found: Vec<&Value> = match (first, first.strip_suffix("[]")) {
            ("*", _) => value.as_object().into_iter().flat_map(|members| members.values()).collect(),
            (_, Some(list)) => value[list].as_array().into_iter().flatten().collect(),
            _ => value.get(first).into_iter().collect(),
        };
        match rest {
            None => found,
            Some(rest) => found.into_iter().flat_map(|value| at(value, rest)).collect(),
        }
    }

    #[test]
    fn no_text_is_longer_than_aws_takes_nor_empty() {
        let long = ["x".repeat(9_000), "\u{1f600}".repeat(9_000), "<\"\n監\u{301}".repeat(3_000)];
        let texts = sample::HOSTILE.iter().map(|text| (*text).to_owned()).chain(long);
        for text in texts {
            let report = sample::all_of(&text);
            let options = AsffOptions { product_arn: Some(text.clone()), ..AsffOptions::default() };
            let findings = batches(&report, &options).concat();
            assert_eq!(findings.len(), report.findings.len());
            for item in &findings {
                for (path, most) in ASFF_TEXT_LIMITS {
                    for value in at(item, path) {
                        let text = value.as_str().unwrap();
                        assert!(text.encode_utf16().count() <= most, "{path}: {} characters", text.len());
                        assert!(!text.trim().is_empty(), "{path} is empty");
                    }
                }
                assert!(item["ProductFields"].as_object().unwrap().len() <= 50);
            }
        }
    }

    #[test]
    fn requests_are_as_large_as_they_may_be() {
        for (message, per_batch) in [("Bad.".to_owned(), 100..=100), ("x".repeat(5_000), 20..=99)] {
            let finding = |n| {
                let mut finding = sample::finding("iam.keys", Status::Unknown, &format!("user-{n}"), &message);
                finding.gaps = vec![crate::gap::Gap::malformed(message.clone())];
                finding
            };
            let report = sample::report(&[("1.1", "iam.keys", "Keys")], (0..250).map(finding).collect(), Vec::new());
            let sizes: Vec<_> = batches(&report, &AsffOptions::default()).iter().map(Vec::len).collect();
            assert_eq!(sizes.iter().sum::<usize>(), 250);
            let (_, full) = sizes.split_last().unwrap();
            assert!(full.iter().all(|size| per_batch.contains(size)), "{sizes:?}");
        }
        let empty = sample::report(&[], Vec::new(), Vec::new());
        assert!(batches(&empty, &AsffOptions::default()).is_empty());
    }
}
