//! Another tool that embeds the library: its own data source, no AWS SDK, no files.
//!
//! The tool keeps an inventory of what it read of AWS long ago. It answers for two datasets, in AWS's own JSON; whatever
//! else a control reads is a gap, and the report says so.
//!
//! `cargo run -p cis-examples --example embed`
#![allow(clippy::print_stdout, reason = "it is a program")]

use async_trait::async_trait;
use cis_core::{Coverage, DataSource, Error, GapKind, Region, Request, Scan, Status, Table, Wanted, snapshot};
use serde_json::{Value, json};

struct Inventory {
    read_at: jiff::Timestamp,
}

impl Inventory {
    /// What this tool knows, in the shape of the AWS API's own answers.
    fn answer(dataset: &str, region: Option<&str>) -> Option<Value> {
        match (dataset, region) {
            ("iam.password_policy", None) => {
                Some(json!({"PasswordPolicy": {"MinimumPasswordLength": 16, "PasswordReusePrevention": 24}}))
            }
            ("accessanalyzer.analyzers", Some("eu-central-1")) => Some(json!({"analyzers": [
                {"arn": "arn:aws:access-analyzer:eu-central-1:111122223333:analyzer/org", "name": "org",
                 "type": "ORGANIZATION", "status": "ACTIVE"}]})),
            ("accessanalyzer.analyzers", Some("eu-west-1")) => Some(json!({"analyzers": []})),
            _ => None,
        }
    }
}

#[async_trait]
impl DataSource for Inventory {
    async fn coverage(&self) -> Result<Coverage, Error> {
        Ok(Coverage {
            account_id: "111122223333".into(),
            partition: "aws".into(),
            regions: vec![Region::enabled("eu-central-1"), Region::enabled("eu-west-1")],
            regions_gap: None,
            as_of: Some(self.read_at),
        })
    }

    async fn fetch(&self, request: &Request) -> Table {
        let dataset = &request.dataset;
        match Self::answer(dataset.name(), request.place.region_name()) {
            Some(document) => snapshot::from_document(dataset, document, &Wanted::All).read_at(self.read_at),
            None => Table::gap(dataset.gap(GapKind::NotSupported, "the inventory does not have it")),
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let source = Inventory { read_at: "2026-01-01T00:00:00Z".parse()? };
    let (benchmark, registry) = (cis_aws::benchmark("2.0.0")?, cis_aws::registry());
    let report = futures::executor::block_on(Scan::new(&benchmark, &registry).run(&source))?;
    for recommendation in
        report.recommendations.iter().filter(|recommendation| recommendation.status != Status::Unknown)
    {
        println!("{:6} {:14} {}", recommendation.id, recommendation.status, recommendation.title);
    }
    println!("{} recommendations rest on what the inventory does not have", report.summary.rest_on_gaps);
    Ok(())
}
