//! A report in the order that people read it: sections, requirements, findings.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::reviewed;
use crate::control::ACCOUNT_TYPE;
use crate::finding::{Finding, Resource, Status};
use crate::locale::Locale;
use crate::msg;
use crate::msg::Message;
use crate::report::{Counts, Judged, Report};

/// A section of the benchmark.
pub(super) struct Section<'a> {
    /// Its name; none for what controls outside the benchmark found.
    pub(super) name: Option<&'a str>,
    pub(super) requirements: Vec<Requirement<'a>>,
}

impl<'a> Section<'a> {
    /// Its name, also of what stands outside the benchmark.
    pub(super) fn title(&self, locale: &Locale) -> Cow<'a, str> {
        self.name.map_or_else(|| locale.text(&msg!("Outside the benchmark")).into(), |name| locale.words(name))
    }
}

/// A requirement with its findings.
pub(super) struct Requirement<'a> {
    /// Its recommendation, if it stands in the benchmark.
    pub(super) judged: Option<&'a Judged>,
    pub(super) key: &'a str,
    pub(super) status: Status,
    pub(super) counts: Counts,
    /// In the report's order.
    pub(super) findings: Vec<&'a Finding>,
}

impl<'a> Requirement<'a> {
    /// The recommendation's id.
    pub(super) fn id(&self) -> Option<&'a str> {
        self.judged.map(|judged| judged.id.as_str())
    }

    /// The recommendation's title, or else the key.
    pub(super) fn title<'l>(&self, locale: &'l Locale) -> &'l str
    where
        'a: 'l,
    {
        self.judged.map_or(self.key, |judged| locale.title(&judged.title))
    }
}

/// The recommendation that a report has for the requirement of a finding, which may be another report's.
pub(super) fn judged_as<'a>(report: &'a Report, finding: &Finding) -> Option<&'a Judged> {
    report.recommendations.iter().find(|judged| judged.key == finding.control)
}

/// The sections in the benchmark's order, then what stands outside it by key.
pub(super) fn sections(report: &Report) -> Vec<Section<'_>> {
    let mut findings: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        findings.entry(&finding.control).or_default().push(finding);
    }
    let mut sections: Vec<Section<'_>> = Vec::new();
    for judged in &report.recommendations {
        let requirement = Requirement {
            judged: Some(judged),
            key: &judged.key,
            status: judged.status,
            counts: judged.counts,
            findings: findings.remove(judged.key.as_str()).unwrap_or_default(),
        };
        match sections.last_mut() {
            Some(section) if section.name == Some(&judged.section) => section.requirements.push(requirement),
            _ => sections.push(Section { name: Some(&judged.section), requirements: vec![requirement] }),
        }
    }
    let outside = findings.into_iter().map(|(key, findings)| {
        let statuses = findings.iter().map(|finding| finding.verdict());
        let status = statuses.clone().max().unwrap_or(Status::Unknown);
        Requirement { judged: None, key, status, counts: Counts::of(statuses), findings }
    });
    let outside: Vec<_> = outside.collect();
    if !outside.is_empty() {
        sections.push(Section { name: None, requirements: outside });
    }
    sections
}

/// The findings in the report's order, each with its recommendation if it has one.
pub(super) fn findings(report: &Report) -> impl Iterator<Item = (&Finding, Option<&Judged>)> {
    let judged: BTreeMap<_, _> = report.recommendations.iter().map(|judged| (judged.key.as_str(), judged)).collect();
    report.findings.iter().map(move |finding| (finding, judged.get(finding.control.as_str()).copied()))
}

/// What a finding is about, in words. None for the account itself.
pub fn resource_name(resource: &Resource, locale: &Locale) -> Option<String> {
    named(resource).map(|name| locale.text(&name))
}

/// What a finding is about, in words: the account, if it is nothing less.
pub(super) fn resource_or_account(resource: &Resource) -> Message {
    named(resource).unwrap_or_else(|| msg!("the account"))
}

fn named(resource: &Resource) -> Option<Message> {
    let name = match (&resource.arn, resource.kind == ACCOUNT_TYPE) {
        (Some(arn), _) => msg!("{arn}", arn),
        (None, true) if resource.region.is_none() && resource.sub.is_none() => return None,
        (None, true) => msg!("the account"),
        (None, false) => msg!("{kind} {id}", kind = resource.kind, id = resource.id),
    };
    let name = match &resource.sub {
        Some(part) => msg!("{name}, {part}", name, part),
        None => name,
    };
    // An ARN mostly names its region.
    let english = name.to_string();
    Some(match resource.region.as_ref().filter(|region| !english.contains(&format!(":{region}:"))) {
        Some(region) => msg!("{name} in {region}", name, region),
        None => name,
    })
}

/// What a list of findings shows: recommendation, verdict, resource.
pub(super) fn headline(finding: &Finding, judged: Option<&Judged>, locale: &Locale) -> String {
    let title = judged
        .map_or_else(|| finding.control.to_string(), |judged| format!("{} {}", judged.id, locale.title(&judged.title)));
    let (standing, resource) = (reviewed::standing(finding), resource_or_account(&finding.resource));
    locale.text(&msg!("{title}: {standing} on {resource}", title, standing, resource))
}

/// How soon people should see a finding: by its status or what an attestation makes of it, whichever is graver. Nobody's word
/// takes a finding out of sight.
pub(super) fn gravity(finding: &Finding) -> Status {
    finding.status.max(finding.verdict())
}

/// Whether a finding is told one by one where not all are.
pub(super) fn is_told(finding: &Finding) -> bool {
    finding.is_open()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn every_finding_stands_once() {
        let report = sample::whole();
        let sections = sections(&report);
        let names: Vec<_> = sections.iter().map(|section| section.name).collect();
        assert_eq!(names, [Some("Identity"), None]);
        let ids = sections.iter().flat_map(|section| &section.requirements).flat_map(|all| &all.findings);
        let mut ids: Vec<_> = ids.map(|finding| finding.id()).collect();
        let mut all: Vec<_> = report.findings.iter().map(Finding::id).collect();
        ids.sort();
        all.sort();
        assert_eq!(ids, all);
    }

    #[test]
    fn resources_are_named_whole() {
        let named = |change: fn(&mut Resource)| {
            let mut named = sample::finding("iam.keys", Status::Fail, "ann", "").resource;
            change(&mut named);
            resource_name(&named, &Locale::default())
        };
        let arn = "arn:aws:ec2:eu-west-1:123456789012:instance/i-1";
        for (why, name, expected) in [
            ("no ARN", named(|_| ()), Some("AWS::IAM::User ann")),
            (
                "a part",
                named(|named| named.sub = Some("access key 1".into())),
                Some("AWS::IAM::User ann, access key 1"),
            ),
            ("the account, which every header names", named(|named| named.kind = ACCOUNT_TYPE.into()), None),
            (
                "the account in a region",
                named(|named| (named.kind, named.region) = (ACCOUNT_TYPE.into(), Some("eu-west-1".into()))),
                Some("the account in eu-west-1"),
            ),
            (
                "an ARN that names its region",
                named(|named| {
                    named.arn = Some("arn:aws:ec2:eu-west-1:123456789012:instance/i-1".into());
                    named.region = Some("eu-west-1".into());
                }),
                Some(arn),
            ),
            (
                "an ARN that does not",
                named(|named| {
                    (named.arn, named.region) = (Some("arn:aws:s3:::logs".into()), Some("eu-west-1".into()));
                }),
                Some("arn:aws:s3:::logs in eu-west-1"),
            ),
        ] {
            assert_eq!(name.as_deref(), expected, "{why}");
        }
    }
}
