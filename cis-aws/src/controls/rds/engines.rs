//! Which databases a control judges: the API lists those of other services too.

use cis_core::{Gap, Verdict, msg};

use crate::datasets::rds::DbInstance;

pub(super) const INSTANCES: &str = "rds:DescribeDBInstances";

/// Not applicable where the engine is left out; nothing where it is judged. An engine that is not told may be either.
pub(super) fn left_out(
    engine: Option<&str>,
    operation: &str,
    leaves_out: impl Fn(&str) -> bool,
) -> Result<Option<Verdict>, Gap> {
    let engine = engine.ok_or_else(|| Gap::malformed("Engine is missing from the answer").operation(operation))?;
    Ok(leaves_out(engine).then(|| {
        let message = msg!("The engine is {engine}, which the recommendation is not about.", engine);
        Verdict::not_applicable(message).evidence(operation, "Engine", engine)
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
