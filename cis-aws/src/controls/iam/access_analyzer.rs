use cis_core::prelude::*;

use crate::datasets::accessanalyzer::{Analyzer, Analyzers};

control! {
    /// In every active region an IAM Access Analyzer looks for access from outside.
    ///
    /// ## Why it matters
    /// It tells which buckets, roles, keys and queues can be reached from outside the account or organization, also by
    /// policies that nobody reads. It sees only the region that it is in.
    pub struct AccessAnalyzer {}
    key: "iam.access_analyzer", title: "Access Analyzer is active in every region",
    resource_type: "AWS::AccessAnalyzer::Analyzer", judged_at: Region,
}

impl Control for AccessAnalyzer {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Create an analyzer of external access in each region; in an organization's administrator account one of type \
                 ORGANIZATION. Analyzers of unused or internal access are something else. Regions that nobody needs are better \
                 disabled.",
            )
            .console([
                "In the region {region}: IAM, \"Analyzer settings\" under \"Access Analyzer\", \"Create analyzer\".",
                "Choose \"Resource analysis - External access\" and the account or organization as zone of trust.",
            ])
            .cli(["aws accessanalyzer create-analyzer --analyzer-name external-access --type ACCOUNT --region {region}"])
            .terraform([r#"
                resource "aws_accessanalyzer_analyzer" "external_access" {
                  analyzer_name = "external-access"
                  type          = "ACCOUNT"
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<Analyzers>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        const LIST: &str = "accessanalyzer:ListAnalyzers";
        let analyzers = facts.rows::<Analyzers>()?;
        if let Some(why) = analyzers.no_service() {
            findings.push(Target::place(), Verdict::no_service(why));
            return Ok(());
        }
        if analyzers.any(|analyzer| Ok(looks_outside(analyzer)))? {
            let active = analyzers.only(looks_outside);
            let names: Vec<_> = active.iter().map(|analyzer| &analyzer.name).collect();
            let message = msg!("External access is analyzed by: {names}.", names);
            findings.push(Target::place(), Verdict::pass(message).evidence(LIST, "analyzers", &active));
            return Ok(());
        }
        let message = if analyzers.is_empty() {
            msg!("There is no access analyzer here; one of type ACCOUNT or ORGANIZATION must be ACTIVE (one in the organization's administrator account is not seen from this account).")
        } else {
            let found: Vec<_> = analyzers.iter().map(in_words).collect();
            msg!(
                "No external access analyzer is ACTIVE here, only: {found}; one of type ACCOUNT or ORGANIZATION must be (one in the organization's administrator account is not seen from this account).",
                found
            )
        };
        findings.push(Target::place(), Verdict::fail(message).evidence(LIST, "analyzers", &analyzers));
        Ok(())
    }
}

/// Whether an analyzer works and looks for access from outside. Other types look for other things.
fn looks_outside(analyzer: &Analyzer) -> bool {
    matches!(analyzer.kind.as_str(), "ACCOUNT" | "ORGANIZATION") && analyzer.status == "ACTIVE"
}

fn in_words(analyzer: &Analyzer) -> String {
    let Analyzer { name, kind, status, status_reason, .. } = analyzer;
    match status_reason {
        Some(reason) => format!("{name} ({kind}, {status}: {})", reason.code),
        None => format!("{name} ({kind}, {status})"),
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, no_service, unread};

    use super::*;

    fn analyzers(list: &[(&str, &str)]) -> FactSet {
        let list: Vec<_> = list.iter().map(|(kind, status)| analyzer("123456789012", kind, status)).collect();
        aws::<Analyzers>(&format!(r#"{{"analyzers": [{}]}}"#, list.join(",")))
    }

    fn analyzer(account: &str, kind: &str, status: &str) -> String {
        let name = format!("{}-{}", kind.to_lowercase(), status.to_lowercase());
        let reason = if status == "DISABLED" { r#", "statusReason": {"code": "AWS_SERVICE_ACCESS_DISABLED"}"# } else { "" };
        format!(
            r#"{{"arn": "arn:aws:access-analyzer:us-east-1:{account}:analyzer/{name}", "name": "{name}", "type": "{kind}",
            "createdAt": "2024-01-01T00:00:00+00:00", "status": "{status}"{reason}}}"#
        )
    }

    #[test]
    fn cases() {
        let denied = || unread::<Analyzers>(GapKind::Denied);
        Cases::of(AccessAnalyzer {})
            .pass("of the account", analyzers(&[("ACCOUNT", "ACTIVE")]))
            .pass("of the organization", analyzers(&[("ORGANIZATION", "ACTIVE")]))
            .pass("one failed, one active: one finding", analyzers(&[("ACCOUNT", "FAILED"), ("ORGANIZATION", "ACTIVE")]))
            .pass("one that the administrator account's scan handed in",
                aws::<Analyzers>(&format!(r#"{{"analyzers": [{}]}}"#, analyzer("999999999999", "ORGANIZATION", "ACTIVE"))))
            .pass("an active one was seen before a page failed", analyzers(&[("ACCOUNT", "ACTIVE")]).cut_off::<Analyzers>())
            .fail("none", analyzers(&[]))
            .fail("one of unused access looks for something else", analyzers(&[("ACCOUNT_UNUSED_ACCESS", "ACTIVE")]))
            .fail("internal access and a type that nobody knows yet", analyzers(&[("ORGANIZATION_INTERNAL_ACCESS", "ACTIVE"), ("ACCOUNT_NEW_ACCESS", "ACTIVE")]))
            .fail("still being created", analyzers(&[("ACCOUNT", "CREATING")]))
            .fail("creation failed", analyzers(&[("ACCOUNT", "FAILED")]))
            .fail("disabled since trusted access was removed", analyzers(&[("ORGANIZATION", "DISABLED")]))
            .unknown("none was seen before a page failed", analyzers(&[("ACCOUNT", "FAILED")]).cut_off::<Analyzers>())
            .unknown("denied, be it by a service control policy", denied())
            .unknown("a token that is not valid in an opted-in region", unread::<Analyzers>(GapKind::NotOptedIn))
            .not_applicable("the service is not in the region", no_service::<Analyzers>("AWS lists no endpoint of it there"))
            .unknown("no endpoint answers", unread::<Analyzers>(GapKind::Unreachable))
            .each("each region on its own: one has it, one cannot be read",
                analyzers(&[("ACCOUNT", "ACTIVE")]).and_region(denied().in_region("ap-east-1")),
                &[("123456789012", Status::Unknown), ("123456789012", Status::Pass)])
            .check();
    }
}
