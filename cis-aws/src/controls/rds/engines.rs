//! Which databases a control judges: the API lists those of other services too.

use cis_core::prelude::*;

use crate::datasets::rds::{DbCluster, DbClusters, DbInstance, DbInstances};

pub(super) const INSTANCES: &str = "rds:DescribeDBInstances";
pub(super) const CLUSTERS: &str = "rds:DescribeDBClusters";

/// A verdict on every instance, and on every cluster without instances: one with members is judged by them.
pub(super) fn each_database<'a>(
    facts: &Facts<'a>,
    findings: &mut Findings,
    of_instance: impl Fn(&'a DbInstance) -> Result<Verdict, Gap>,
    of_cluster: impl Fn(&'a DbCluster) -> Result<Verdict, Gap>,
) {
    match facts.rows::<DbInstances>() {
        Ok(instances) => {
            for instance in instances.iter() {
                findings.judge(Target::arn(&instance.db_instance_arn).tags(&instance.tag_list), || {
                    let verdict = of_instance(instance).map_err(|gap| named(gap, DbInstances::NAME))?;
                    Ok(shown(verdict, instance))
                });
            }
            rest(&instances, findings);
        }
        Err(gap) => findings.push(Target::place(), gap),
    }
    match facts.rows::<DbClusters>() {
        Ok(clusters) => {
            for cluster in clusters.iter() {
                if matches!(&cluster.db_cluster_members, Fact::Known(members) if !members.is_empty()) {
                    continue;
                }
                let target = Target::arn(&cluster.db_cluster_arn).kind("AWS::RDS::DBCluster").tags(&cluster.tag_list);
                findings.judge(target, || {
                    clusters.known(&cluster.db_cluster_members)?;
                    let verdict = of_cluster(cluster).map_err(|gap| named(gap, DbClusters::NAME))?;
                    Ok(verdict.evidence(CLUSTERS, "Engine", &cluster.engine).evidence(
                        CLUSTERS,
                        "DBClusterMembers",
                        &[(); 0],
                    ))
                });
            }
            rest(&clusters, findings);
        }
        // There may be a cluster without instances.
        Err(gap) => findings.push(Target::place(), gap),
    }
    if findings.is_empty() {
        findings.push(Target::place(), Verdict::not_applicable(msg!("No database is here.")));
    }
}

/// What is missing of a list. That one of the two is empty says nothing.
fn rest<R>(rows: &Rows<'_, R>, findings: &mut Findings) {
    if !rows.cut_off().is_empty() {
        findings.rest(rows);
    }
}

/// Names the dataset in a gap that names none.
fn named(mut gap: Gap, dataset: &str) -> Gap {
    gap.dataset.get_or_insert_with(|| dataset.to_owned());
    gap
}

/// Not applicable where the engine is left out (whoever asks shows the engine); nothing where it is judged. An engine that is not told may be either.
pub(super) fn left_out(
    engine: Option<&str>,
    operation: &'static str,
    leaves_out: impl Fn(&str) -> bool,
) -> Result<Option<Verdict>, Gap> {
    let engine = engine.ok_or_else(|| Gap::malformed("Engine is missing from the answer").operation(operation))?;
    Ok(leaves_out(engine).then(|| {
        Verdict::not_applicable(msg!("The engine is {engine}, which the recommendation is not about.", engine))
    }))
}

/// Engines of Amazon `DocumentDB` and Neptune.
pub(super) fn other_services() -> Vec<String> {
    vec!["docdb".into(), "neptune".into()]
}

/// What every finding on an instance shows.
pub(super) fn shown(verdict: Verdict, instance: &DbInstance) -> Verdict {
    verdict.evidence(INSTANCES, "Engine", &instance.engine).evidence(
        INSTANCES,
        "DBClusterIdentifier",
        &instance.db_cluster_identifier,
    )
}
