//! The sub-command `remediation`: how to put right what a recommendation finds.

use std::io::{self, Write};

use cis_core::format::{Page, Style, TextOptions, harmless, remediation_text, resource_name};
use cis_core::{
    Benchmark, BenchmarkName, Error, FilledRemediation, Finding, Locale, Recommendation, Remediation, Report, Resource,
    SmolStr, Status, msg,
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::args::{Format, RemediationArgs};
use super::compare::Given;
use super::console::Console;
use super::list::json;
use super::scan::benchmark;
use crate::Arn;

#[derive(Debug, Serialize)]
struct Told {
    benchmark: BenchmarkName,
    id: String,
    key: String,
    title: String,
    /// With the resource that was named, or with none.
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation: Option<FilledRemediation>,
    /// Of a report: with the resource of each.
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Vec<ToldFinding>>,
}

#[derive(Debug, Serialize)]
struct ToldFinding {
    id: String,
    status: Status,
    resource: Resource,
    message: SmolStr,
    remediation: FilledRemediation,
}

pub(super) fn remediation(args: &RemediationArgs, console: &mut Console<'_>) -> Result<(), Error> {
    let given = args.report.as_deref().map(Given::open).transpose()?;
    let of_report = given.as_ref().and_then(Given::version);
    let version = args.benchmark.as_deref().or(of_report).unwrap_or("2.0.0").to_owned();
    let benchmark = benchmark(&version)?;
    let wanted = recommendation(&benchmark, &args.recommendation)?;
    let known = crate::registry().make(wanted.control_key(), &wanted.parameters)?;
    let remediation = known.and_then(|control| control.remediation()).ok_or_else(|| {
        Error::input(format!("nothing is known of how to fix {} {:?}", benchmark.name, args.recommendation))
    })?;
    // As JSON it is data, in English alone.
    let english = Locale::default();
    let locale = if args.format == Format::Text { &args.language.locale } else { &english };
    let findings =
        given.map(|given| findings(&given.report(&version, None)?, wanted, &remediation, args, locale)).transpose()?;
    let general = || locale.remediation(&remediation).fill(&values(args, &wanted.key), None);
    let told = Told {
        remediation: findings.is_none().then(general),
        findings,
        benchmark: BenchmarkName { name: benchmark.name.clone(), version },
        id: wanted.id.clone(),
        key: wanted.key.clone(),
        title: locale.title(&wanted.title).to_owned(),
    };
    let options = console.text_options();
    console.print(|to| match args.format {
        Format::Json => json(&told, to),
        Format::Text => text(&told, to, options, locale),
    })
}

fn recommendation<'a>(benchmark: &'a Benchmark, id_or_key: &str) -> Result<&'a Recommendation, Error> {
    let named = |one: &&Recommendation| one.id == id_or_key || one.key == id_or_key;
    benchmark.recommendations.iter().find(named).ok_or_else(|| {
        let version = &benchmark.version;
        Error::input(format!(
            "no id or key of {} {version} is {id_or_key:?}; `audit list --benchmark {version}` shows them",
            benchmark.name
        ))
    })
}

/// What the command line says of the resource.
fn values(args: &RemediationArgs, key: &str) -> Map<String, Value> {
    let arn = args.resource.as_deref().and_then(Arn::parse);
    let part = |part: fn(&Arn) -> &str| arn.as_ref().map(part).filter(|text| !text.is_empty());
    let name = args.resource.as_deref().map(|name| match &arn {
        Some(_) => name.rsplit(['/', ':']).next().unwrap_or_default(),
        None => name,
    });
    let known = [
        ("key", Some(key)),
        ("resource", name),
        ("arn", arn.as_ref().and(args.resource.as_deref())),
        ("region", args.region.as_deref().or(part(Arn::region))),
        ("account", part(Arn::account_id)),
        ("partition", part(Arn::partition)),
    ];
    known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect()
}

/// The findings of a report that there is something to put right in.
fn findings(
    report: &Report,
    wanted: &Recommendation,
    known: &Remediation,
    args: &RemediationArgs,
    locale: &Locale,
) -> Result<Vec<ToldFinding>, Error> {
    let is_meant = |finding: &&Finding| {
        let Resource { arn, id, .. } = &finding.resource;
        args.resource.as_ref().is_none_or(|resource| arn.as_ref() == Some(resource) || id == resource)
    };
    let of_resource: Vec<_> = report.findings_of(&wanted.key).filter(is_meant).collect();
    if let (true, Some(resource)) = (of_resource.is_empty(), &args.resource) {
        return Err(Error::input(format!("the report has no finding of {} on {resource:?}", wanted.key)));
    }
    let remediation = locale.remediation(report.remediation.get(&wanted.key).unwrap_or(known));
    let open = of_resource.into_iter().filter(|finding| matches!(finding.verdict(), Status::Fail | Status::Manual));
    let told = open.map(|finding| ToldFinding {
        id: finding.id(),
        status: finding.verdict(),
        resource: finding.resource.clone(),
        message: locale.message(finding).into_owned().into(),
        remediation: remediation.for_finding(finding),
    });
    Ok(told.collect())
}

fn text(told: &Told, to: &mut dyn Write, options: TextOptions, locale: &Locale) -> io::Result<()> {
    let heading = |to: &mut dyn Write, text: &str, style| Page::new(to, options).text(0, text, style);
    let Told { benchmark, id, title, key, .. } = told;
    heading(to, &format!("{} {}, {id} {title}", benchmark.name, benchmark.version), Style::Strong)?;
    heading(to, key, Style::Faint)?;
    if let Some(remediation) = &told.remediation {
        to.write_all(b"\n")?;
        ways(remediation, to, options, locale)?;
    }
    for finding in told.findings.iter().flatten() {
        to.write_all(b"\n")?;
        let on = resource_name(&finding.resource, locale);
        let on = on.unwrap_or_else(|| locale.text(&msg!("the account")));
        heading(to, &format!("{}: {on}", locale.text(&finding.status.into())), Style::Strong)?;
        heading(to, &finding.message, Style::Plain)?;
        to.write_all(b"\n")?;
        ways(&finding.remediation, to, options, locale)?;
    }
    if told.findings.as_ref().is_some_and(Vec::is_empty) {
        to.write_all(b"\n")?;
        let nothing = msg!("Nothing of it fails or is for a person to decide.");
        heading(to, &locale.text(&nothing), Style::Plain)?;
    }
    Ok(())
}

/// What to do is wrapped; steps and commands are not, so that they can be copied.
fn ways(filled: &FilledRemediation, to: &mut dyn Write, options: TextOptions, locale: &Locale) -> io::Result<()> {
    let text = remediation_text(filled, locale);
    let (summary, ways) = text.split_once("\n\n").unwrap_or((&text, ""));
    for line in summary.lines() {
        Page::new(&mut *to, options).text(0, line, Style::Plain)?;
    }
    to.write_all(b"\n")?;
    for line in ways.lines() {
        writeln!(to, "{}", harmless(line))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::cli::Exit;
    use crate::cli::tests::audit;

    #[test]
    fn of_a_resource_of_none_and_of_what_is_not_known() {
        let told = |args: &[&str]| {
            let (exit, out, err) = audit(&[&["remediation"], args].concat());
            assert_eq!((exit, err.as_str()), (Exit::NothingFails, ""), "{args:?}");
            out
        };
        let general = told(&["2.1.4"]);
        assert!(general.contains("s3.block_public_access\n\nTurn all four settings on"), "{general}");
        assert!(general.contains("\n  aws s3api put-public-access-block --bucket '<RESOURCE>' --public-"), "{general}");
        let bucket = told(&["s3.block_public_access", "--resource", "arn:aws-cn:s3:::a;b"]);
        assert!(bucket.contains("aws s3api put-public-access-block --bucket 'a;b' --public-access"), "{bucket}");
        let key = "arn:aws-cn:kms:cn-north-1:123456789012:key/k-1";
        let key = told(&["kms.key_rotation", "--resource", key]);
        assert!(key.contains("--key-id arn:aws-cn:kms:cn-north-1:123456789012:key/k-1 --region cn-north-1"), "{key}");
        let instance = told(&["ec2.imdsv2", "--resource", "i-1", "--region", "eu-west-1"]);
        assert!(instance.contains("--instance-id i-1 --http-tokens required --region eu-west-1"), "{instance}");
        let old = told(&["1.8", "--benchmark", "1.5.0", "--format", "json"]);
        let old: Value = serde_json::from_str(&old).unwrap();
        assert_eq!((&old["key"], &old["benchmark"]["version"]), (&json!("iam.password_min_length"), &json!("1.5.0")));

        let japanese = told(&["2.1.4", "--locale", "ja"]);
        let expected = "\nAWS CLI:\n  aws s3api put-public-access-block --bucket '<RESOURCE>' --public-";
        assert!(
            japanese.contains(expected) && japanese.contains("\nコンソール:\n  1. S3 でバケット <RESOURCE> "),
            "{japanese}"
        );
        let [english, data] = ["en", "ja"].map(|tag| told(&["2.1.4", "--format", "json", "--locale", tag]));
        assert_eq!(english, data, "data is in English alone");

        let (exit, _, err) = audit(&["remediation", "9.9"]);
        let told =
            "error: no id or key of CIS AWS Foundations 2.0.0 is \"9.9\"; `audit list --benchmark 2.0.0` shows them\n";
        assert_eq!((exit, err.as_str()), (Exit::CouldNotRun, told));
    }

    #[test]
    fn of_a_report() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        let (_, out, _) = audit(&["demo", "--select", "s3.*", "--format", "json"]);
        std::fs::write(&path, &out).unwrap();
        let path = path.to_str().unwrap();
        let report: cis_core::Report = serde_json::from_str(&out).unwrap();
        let fails: Vec<_> = report
            .findings_of("s3.block_public_access")
            .filter(|finding| finding.status == cis_core::Status::Fail)
            .map(|finding| finding.resource.id.as_str())
            .collect();
        let (exit, out, _) = audit(&["remediation", "2.1.4", "--report", path]);
        assert_eq!(exit, Exit::NothingFails);
        assert!(fails.len() > 1, "{out}");
        for bucket in &fails {
            assert!(out.contains(&format!("aws s3api put-public-access-block --bucket {bucket} ")), "{bucket}: {out}");
        }
        let (_, japanese, _) = audit(&["remediation", "2.1.4", "--report", path, "--locale", "ja"]);
        assert_eq!(japanese.matches("\n不合格: arn:aws:s3:::").count(), fails.len(), "{japanese}");
        let (_, nothing, _) = audit(&["remediation", "1.1", "--report", path]);
        assert!(
            nothing.ends_with("account.contact_details\n\nNothing of it fails or is for a person to decide.\n"),
            "{nothing}"
        );
        let (_, one, _) =
            audit(&["remediation", "2.1.4", "--report", path, "--resource", fails[0], "--format", "json"]);
        let one: Value = serde_json::from_str(&one).unwrap();
        let [finding] = one["findings"].as_array().unwrap().as_slice() else { panic!("{one}") };
        assert_eq!((&finding["resource"]["id"], &finding["status"]), (&json!(fails[0]), &json!("fail")));
        let (exit, _, err) = audit(&["remediation", "2.1.4", "--report", path, "--resource", "no-such"]);
        let told = "error: the report has no finding of s3.block_public_access on \"no-such\"\n";
        assert_eq!((exit, err.as_str()), (Exit::CouldNotRun, told));
    }
}
