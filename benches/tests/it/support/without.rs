//! What AWS answers to a caller who may not take one IAM action, worked out of a snapshot.

use async_trait::async_trait;
use cis_core::{Coverage, DataSource, Error, Gap, GapKind, Region, Request, Table, Wanted};
use serde_json::{Value, json};

use super::START;

/// A source as it looks to a caller without one action.
pub(crate) struct Without<S> {
    pub(crate) inner: S,
    pub(crate) action: String,
}

impl<S> Without<S> {
    fn denied(&self, dataset: &str, operation: &str) -> Gap {
        let gap = Gap::new(GapKind::Denied, "no policy allows it").code("AccessDenied").dataset(dataset);
        gap.operation(operation).action(&self.action)
    }
}

#[async_trait]
impl<S: DataSource> DataSource for Without<S> {
    /// Who may not list the regions knows of the one where the scan starts.
    async fn coverage(&self) -> Result<Coverage, Error> {
        let coverage = self.inner.coverage().await?;
        if self.action != "ec2:DescribeRegions" {
            return Ok(coverage);
        }
        let gap = self.denied("ec2.regions", "ec2:DescribeRegions");
        Ok(Coverage { regions: vec![Region::enabled(START)], regions_gap: Some(gap), ..coverage })
    }

    async fn fetch(&self, request: &Request) -> Table {
        let info = &request.dataset;
        let table = self.inner.fetch(request).await;
        let Some((operation, _)) = info.operations().find(|(_, action)| *action == self.action) else { return table };
        let gap = request
            .place
            .region_name()
            .map_or(self.denied(info.name(), operation), |region| self.denied(info.name(), operation).region(region));
        let Some(spoiled) = spoiled(operation) else { return Table::gap(gap) };
        let value = json!({ "$gap": gap });
        let rows = match (spoiled, table.to_json()) {
            (_, Err(gap)) => return Table::gap(gap),
            (Spoiled::Nothing, _) => return table,
            (Spoiled::Members(members, unless), Ok(mut rows)) => {
                for row in rows.iter_mut().filter(|row| unless.is_empty() || row[unless].is_null()) {
                    for member in members.iter().filter(|member| !row[**member].is_null()).collect::<Vec<_>>() {
                        row[*member] = value.clone();
                    }
                }
                rows
            }
            (Spoiled::Policies, Ok(_)) => {
                let Wanted::Names(names) = &request.only else { return Table::gap(gap) };
                names.iter().map(|arn| json!({"Arn": arn, "Policy": value})).collect()
            }
            // A row for each resource that is wanted, with this gap.
            (Spoiled::Rows, Ok(_)) => {
                let none = Table::from_json(info, Vec::<Value>::new()).cut_off(gap);
                request.complete(none).to_json().unwrap()
            }
        };
        Table::from_json(info, rows)
    }
}

/// What is lost with an operation that does not list.
enum Spoiled {
    Nothing,
    /// These members of each row that has them; not of the rows that have the other one.
    Members(&'static [&'static str], &'static str),
    /// All of each row but its name.
    Rows,
    /// The same of policies that no list has.
    Policies,
}

fn spoiled(operation: &str) -> Option<Spoiled> {
    Some(match operation {
        // It only spares calls.
        "kms:ListAliases" => Spoiled::Nothing,
        "kms:DescribeKey" => Spoiled::Members(&["KeyMetadata", "RotationStatus"], "AwsAlias"),
        "kms:GetKeyRotationStatus" => Spoiled::Members(&["RotationStatus"], "AwsAlias"),
        "ec2:GetManagedPrefixListEntries" => Spoiled::Members(&["Entries"], ""),
        "iam:GetPolicy" | "iam:GetPolicyVersion" => Spoiled::Policies,
        "cloudtrail:GetEventSelectors"
        | "cloudtrail:GetTrailStatus"
        | "logs:DescribeMetricFilters"
        | "s3:GetBucketAcl"
        | "s3:GetBucketEncryption"
        | "s3:GetBucketLogging"
        | "s3:GetBucketPolicy"
        | "s3:GetBucketPolicyStatus"
        | "s3:GetBucketVersioning"
        | "s3:GetPublicAccessBlock"
        | "sns:ListSubscriptionsByTopic" => Spoiled::Rows,
        _ => return None,
    })
}
