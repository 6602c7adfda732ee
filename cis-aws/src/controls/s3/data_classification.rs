use std::collections::BTreeMap;

use cis_core::prelude::*;
use serde_json::json;

use crate::datasets::macie2::{AutomatedDiscovery, ClassificationJobs, Session};
use crate::datasets::s3::Buckets;

control! {
    /// The data in S3 is inventoried, classified and secured.
    ///
    /// A person decides; no fact does. The evidence shows what Amazon Macie does in each region: whether it is enabled,
    /// how many jobs classify, whether it discovers by itself. Macie that is enabled without either has classified
    /// nothing, and another tool does as well. Jobs of a delegated administrator are not seen from a member account.
    ///
    /// ## Why it matters
    /// Nobody protects data that nobody knows of.
    pub struct DataClassification {}
    key: "s3.data_classification", title: "Data in S3 is discovered, classified and secured",
    resource_type: "AWS::::Account", judged_at: Account,
}

/// The bucket's region where the list does not tell it.
const NOT_TOLD: &str = "not told";

impl Control for DataClassification {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Enable Macie in each region that has buckets, and turn on automated discovery or create a job; or use a tool of \
                 your own. Then record an attestation that says so.",
            )
            .caution(CautionKind::Costs, "Macie charges for each bucket and for the data that it inspects.")
            .console([
                "In each region that has buckets: Macie, \"Get started\", \"Enable Macie\".",
                "\"Automated sensitive data discovery\": Enable. Or Jobs, \"Create job\".",
            ])
            .cli([
                "aws macie2 enable-macie --region <REGION>",
                "aws macie2 update-automated-discovery-configuration --status ENABLED --region <REGION>",
            ])
            .terraform([r#"
                resource "aws_macie2_account" "this" {
                  status = "ENABLED"
                }

                resource "aws_macie2_classification_job" "weekly" {
                  name     = "<JOB_NAME>"
                  job_type = "SCHEDULED"

                  schedule_frequency {
                    weekly_schedule = "MONDAY"
                  }

                  s3_job_definition {
                    bucket_definitions {
                      account_id = "{account}"
                      buckets    = ["<BUCKET_NAME>"]
                    }
                  }

                  depends_on = [aws_macie2_account.this]
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<Buckets>().and::<Session>().and::<ClassificationJobs>().and::<AutomatedDiscovery>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let buckets = facts.rows::<Buckets>()?;
        if buckets.is_empty() {
            findings.rest(&buckets);
            return Ok(());
        }
        let mut per_region: BTreeMap<&str, usize> = BTreeMap::new();
        for bucket in buckets.iter() {
            *per_region.entry(bucket.bucket_region.as_deref().unwrap_or(NOT_TOLD)).or_default() += 1;
        }
        let macie = by_region::<Session, _>(facts, |rows| {
            let session = rows.single()?;
            Ok(session.map_or(none(&rows), |session| session.status.as_deref().unwrap_or("not told")))
        });
        let jobs = by_region::<ClassificationJobs, _>(facts, |rows| {
            let jobs = rows.all()?;
            Ok(jobs.into_iter().filter(|job| job.job_status.as_deref() != Some("CANCELLED")).count())
        });
        let discovery = by_region::<AutomatedDiscovery, _>(facts, |rows| {
            let configuration = rows.single()?;
            Ok(configuration.map_or(none(&rows), |found| found.status.as_deref().unwrap_or("not told")))
        });

        let told = |region: &str| if region == NOT_TOLD { json!(msg!("not told")) } else { json!(region) };
        let (count, regions) = (buckets.len(), per_region.keys().map(|region| told(region)).collect::<Vec<_>>());
        let enabled = those(&macie, |status| *status == "ENABLED");
        let working = those(&jobs, |jobs| *jobs > 0);
        let unread: Vec<_> = macie.iter().filter(|(_, fact)| matches!(fact, Fact::Gap(_))).map(|(region, _)| region).collect();
        let message = msg!(
            "The data of {count} buckets (in {regions}) must be inventoried and classified, by Macie or another tool: decide whether it is. Macie is seen enabled in: {enabled}; with jobs in: {working}; not to be read in: {unread}.",
            count,
            regions,
            enabled,
            working,
            unread
        );
        let verdict = Verdict::manual(message)
            .evidence("s3:ListBuckets", "buckets by region", &per_region)
            .evidence("macie2:GetMacieSession", "status by region", &macie)
            .evidence("macie2:ListClassificationJobs", "jobs not cancelled by region", &jobs)
            .evidence("macie2:GetAutomatedDiscoveryConfiguration", "status by region", &discovery);
        let verdict = buckets.cut_off().iter().fold(verdict, |verdict, gap| verdict.gap(gap.clone()));
        findings.push(Target::place(), verdict);
        Ok(())
    }
}

/// What it means that a region has no row.
fn none<R>(rows: &Rows<'_, R>) -> &'static str {
    if rows.no_service().is_some() { "not in this region" } else { "not enabled" }
}

/// A fact of each region that is or may be enabled; the gap where it could not be read.
fn by_region<'a, D: Dataset, T>(
    facts: &Facts<'a>,
    fact: impl Fn(Rows<'a, D::Row>) -> Result<T, Gap>,
) -> BTreeMap<String, Fact<T>> {
    let regions = facts.regions::<D>().into_iter();
    let named = regions.filter_map(|(place, rows)| Some((place.region_name()?.to_owned(), rows)));
    named.map(|(region, rows)| (region, Fact::from(rows.and_then(&fact)))).collect()
}

/// The regions whose fact is known and so.
fn those<T>(facts: &BTreeMap<String, Fact<T>>, is_so: impl Fn(&T) -> bool) -> Vec<&str> {
    let is_so = |fact: &Fact<T>| matches!(fact, Fact::Known(value) if is_so(value));
    facts.iter().filter(|(_, fact)| is_so(fact)).map(|(region, _)| region.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, no_service, rows, unread};
    use serde_json::json;

    use super::*;

    fn buckets(regions: &[Option<&str>]) -> FactSet {
        let row = |(n, region): (usize, Option<&str>)| json!({"Name": format!("b{n}"), "BucketRegion": region});
        let list: Vec<_> = regions.iter().copied().enumerate().map(row).collect();
        aws::<Buckets>(&json!({ "Buckets": list }).to_string())
    }

    /// Macie in a region: its status, the statuses of its jobs, automated discovery.
    fn macie(status: &str, jobs: &[&str], discovery: &str) -> FactSet {
        let jobs: Vec<_> = jobs.iter().map(|status| json!({"jobId": "1", "jobStatus": status, "jobType": "SCHEDULED"})).collect();
        aws::<Session>(&json!({ "status": status }).to_string())
            .and(aws::<ClassificationJobs>(&json!({ "items": jobs }).to_string()))
            .and(aws::<AutomatedDiscovery>(&json!({ "status": discovery }).to_string()))
    }

    fn not_enabled() -> FactSet {
        let none = rows::<Session>([]);
        none.and(rows::<ClassificationJobs>([])).and(rows::<AutomatedDiscovery>([]))
    }

    fn nowhere() -> FactSet {
        let why = "AWS lists no endpoint of it there";
        no_service::<Session>(why).and(no_service::<ClassificationJobs>(why)).and(no_service::<AutomatedDiscovery>(why))
    }

    fn denied() -> FactSet {
        unread::<Session>(GapKind::Denied)
            .and(unread::<ClassificationJobs>(GapKind::Denied))
            .and(unread::<AutomatedDiscovery>(GapKind::Denied))
    }

    #[test]
    fn cases() {
        let some = || buckets(&[Some("us-east-1"), Some("eu-west-1"), Some("us-east-1"), None]);
        let mut cases = Cases::of(DataClassification {});
        for (name, facts) in [
            ("Macie with jobs, one cancelled, and discovery", macie("ENABLED", &["RUNNING", "CANCELLED", "COMPLETE"], "ENABLED")),
            ("Macie enabled with no job has classified nothing", macie("ENABLED", &[], "DISABLED")),
            ("Macie is paused", macie("PAUSED", &["USER_PAUSED"], "DISABLED")),
            ("Macie is not enabled", not_enabled()),
            ("Macie is not enabled, as a snapshot says it", aws::<Session>("{}").and(aws::<ClassificationJobs>(r#"{"items": []}"#)).and(aws::<AutomatedDiscovery>("{}"))),
            ("Macie is not in the region", nowhere()),
            ("evidence that is denied leaves it to a person", denied()),
            ("two regions, one denied", macie("ENABLED", &["IDLE"], "ENABLED").and_region(denied().in_region("eu-west-1"))),
            ("jobs of which not all pages came", macie("ENABLED", &["IDLE"], "ENABLED").cut_off::<ClassificationJobs>()),
        ] {
            cases = cases
                .manual(name, facts.and(some()))
                .holds_without::<Session>()
                .holds_without::<ClassificationJobs>()
                .holds_without::<AutomatedDiscovery>();
        }
        cases
            .manual("the list of buckets was cut off", not_enabled().and(some()).cut_off::<Buckets>())
            .unknown("no bucket was seen before a page failed", not_enabled().and(buckets(&[])).cut_off::<Buckets>())
            .unknown("the buckets could not be listed", not_enabled().and(unread::<Buckets>(GapKind::Denied)))
            .not_applicable("no bucket", not_enabled().and(buckets(&[])))
            .holds_without::<Session>().holds_without::<ClassificationJobs>().holds_without::<AutomatedDiscovery>()
            .check();
    }
}
