//! The words of a report that is laid out for people, kept together so that another language is another value.

use crate::benchmark::Assessment;
use crate::finding::Status;
use crate::msg::Message;
use crate::remediation::CautionKind;

/// The words of one language. Those with `{name}` are templates: see [`fill`].
pub(super) struct Words {
    /// The BCP 47 tag.
    pub(super) language: &'static str,
    pub(super) account: &'static str,
    pub(super) all: &'static str,
    pub(super) allow: &'static str,
    pub(super) as_of: &'static str,
    pub(super) automated: &'static str,
    pub(super) by_level: &'static str,
    pub(super) by_section: &'static str,
    pub(super) excepted: &'static str,
    pub(super) evidence: &'static str,
    pub(super) field: &'static str,
    pub(super) findings: &'static str,
    pub(super) left_out: &'static str,
    pub(super) level: &'static str,
    pub(super) made_by: &'static str,
    pub(super) manual_assessment: &'static str,
    pub(super) more_rows: &'static str,
    pub(super) no_findings: &'static str,
    pub(super) no_region: &'static str,
    pub(super) none: &'static str,
    pub(super) none_match: &'static str,
    pub(super) not_enabled: &'static str,
    pub(super) operation: &'static str,
    pub(super) outside: &'static str,
    pub(super) read_at: &'static str,
    pub(super) recommendation: &'static str,
    pub(super) region: &'static str,
    pub(super) region_unknown: &'static str,
    pub(super) regions: &'static str,
    pub(super) reset: &'static str,
    pub(super) resources: &'static str,
    pub(super) scanned: &'static str,
    pub(super) search: &'static str,
    pub(super) section: &'static str,
    pub(super) service: &'static str,
    pub(super) shown: &'static str,
    pub(super) skip: &'static str,
    pub(super) status_label: &'static str,
    /// Gravest first, as in [`Status::ALL`] reversed.
    pub(super) statuses: [&'static str; 5],
    pub(super) summary: &'static str,
    pub(super) the_account: &'static str,
    pub(super) unread: &'static str,
    pub(super) unread_means: &'static str,
    pub(super) unread_more: &'static str,
    pub(super) value: &'static str,
    pub(super) without_effect: &'static str,
}

pub(super) const ENGLISH: Words = Words {
    language: "en",
    account: "Account {account} (partition {partition}),",
    all: "All",
    allow: "allow",
    as_of: "judged as of {moment}.",
    automated: "automated",
    by_level: "Recommendations by level",
    by_section: "Recommendations by section",
    evidence: "Evidence",
    excepted: "excepted",
    field: "Field",
    findings: "Findings",
    left_out: "Regions left out",
    level: "Level",
    made_by: "Made by {tool}. This file loads nothing and sends nothing.",
    manual_assessment: "manual",
    more_rows: "Show more ({n} left)",
    no_findings: "There are no findings.",
    no_region: "Account-wide",
    none: "none",
    none_match: "No finding matches.",
    not_enabled: "Regions not enabled",
    operation: "Operation",
    outside: "Outside the benchmark",
    read_at: "Read at",
    recommendation: "Recommendation",
    region: "Region",
    region_unknown: "Regions whose state is not known",
    regions: "regions",
    reset: "Clear filters",
    resources: "resources",
    scanned: "Regions scanned",
    search: "Search resources, messages and evidence",
    section: "Section",
    service: "Service",
    shown: "{n} of {all} findings match.",
    skip: "To the findings",
    status_label: "Status",
    statuses: ["fail", "unknown", "manual", "pass", "not applicable"],
    summary: "Summary",
    the_account: "the account",
    unread: "Not everything could be read: {n} failed",
    unread_means: "What rests on these reads is unknown below, neither passed nor failed.",
    unread_more: "{n} more reasons",
    value: "Value",
    without_effect: "Without effect in the review: {n}",
};

#[allow(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
impl Words {
    pub(super) fn status(&self, status: &Status) -> &'static str {
        let [fail, unknown, manual, pass, not_applicable] = self.statuses;
        match status {
            Status::Fail => fail,
            Status::Unknown => unknown,
            Status::Manual => manual,
            Status::Pass => pass,
            Status::NotApplicable => not_applicable,
        }
    }

    pub(super) fn assessment(&self, assessment: &Assessment) -> &'static str {
        match assessment {
            Assessment::Automated => self.automated,
            Assessment::Manual => self.manual_assessment,
        }
    }
}

/// The template with its values.
pub(super) fn fill(template: &str, values: &[(&'static str, &str)]) -> String {
    Message::new(template.to_owned(), values.iter().map(|&(name, value)| (name, value.into()))).to_string()
}

pub(super) const HOW_TO_FIX: &str = "How to fix";
pub(super) const CONSOLE: &str = "Console";
pub(super) const CLI: &str = "AWS CLI";
pub(super) const TERRAFORM: &str = "Terraform";
pub(super) const NOT_THIS_WAY: &str = "not this way";
pub(super) const FOR_ALL: &str = "For all:";
/// `{type}`: a type of resource.
pub(super) const FOR_TYPE: &str = "For {type}:";
/// Between two steps on one line.
pub(super) const THEN: &str = " Then: ";

/// What is at stake, in words.
pub(super) fn caution(kind: CautionKind) -> &'static str {
    match kind {
        CautionKind::ReplacesAll => "Sets more than this",
        CautionKind::Costs => "Costs money",
        CautionKind::CutsAccess => "May cut off access",
        CautionKind::Interrupts => "May interrupt what runs",
        CautionKind::CannotBeUndone => "Cannot be undone",
    }
}
