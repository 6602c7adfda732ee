//! How what a check of Python's finds is put right.

use cis_core::{CautionKind, Error, Remediation};
use pyo3::prelude::*;
use serde_json::Value;

use crate::errors;

/// A way as `cis_aws._remediation` gives it.
#[derive(FromPyObject)]
enum Way {
    Steps(Vec<String>),
    NotThisWay(String),
}

/// What a check says of it; none where it says nothing. A placeholder that nothing fills, or a command that is not a simple
/// one, is an error.
pub(crate) fn remediation(key: &str, check: &Bound<'_, PyAny>) -> PyResult<Option<Remediation>> {
    let py = check.py();
    let given = check.getattr_opt("remediation")?;
    let described = py.import("cis_aws._remediation")?.call_method1("described", (key, given))?;
    if described.is_none() {
        return Ok(None);
    }
    let invalid = |why: String| errors::raised(py, Error::input(format!("remediation of {key}: {why}")));
    let mut told = Remediation::new(described.getattr("summary")?.extract::<String>()?);
    for (kind, text) in described.getattr("cautions")?.extract::<Vec<(String, String)>>()? {
        let kind: CautionKind =
            serde_json::from_value(Value::from(kind)).map_err(|error| invalid(error.to_string()))?;
        told = told.caution(kind, text);
    }
    let way = |name: &str| described.getattr(name)?.extract::<Way>();
    told = match way("console")? {
        Way::Steps(steps) => told.console(steps),
        Way::NotThisWay(why) => told.no_console(why),
    };
    told = match way("cli")? {
        Way::Steps(steps) => told.cli(steps),
        Way::NotThisWay(why) => told.no_cli(why),
    };
    told = match way("terraform")? {
        Way::Steps(steps) => told.terraform(steps),
        Way::NotThisWay(why) => told.no_terraform(why),
    };
    let faults = told.faults();
    if faults.is_empty() { Ok(Some(told)) } else { Err(invalid(faults.join("; "))) }
}
