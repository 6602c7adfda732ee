//! CloudWatch Logs filter patterns: `cis_aws.patterns`.

use cis_aws::pattern::{self, Coverage, Pattern, PatternError};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyString};
use serde_json::Value;

use crate::convert::{self, Gaps};
use crate::errors;

/// A filter pattern, understood. ``str`` writes it out.
#[pyclass(frozen, name = "Pattern", module = "cis_aws.patterns")]
pub(crate) struct PyPattern(Pattern);

#[pymethods]
impl PyPattern {
    /// Whether it matches an event, a dict. None for a pattern that looks at the text of an event.
    fn matches(&self, event: &Bound<'_, PyAny>) -> PyResult<Option<bool>> {
        Ok(self.0.matches(&read_event(event)?))
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<Pattern: {}>", self.0)
    }
}

/// A pattern that was parsed before, or text that is parsed now.
fn read(pattern: &Bound<'_, PyAny>) -> PyResult<Result<Pattern, PatternError>> {
    match pattern.cast::<PyPattern>() {
        Ok(pattern) => Ok(Ok(pattern.get().0.clone())),
        Err(_) => Ok(Pattern::parse(&pattern.cast::<PyString>()?.extract::<String>()?)),
    }
}

fn understood(pattern: &Bound<'_, PyAny>) -> PyResult<Pattern> {
    read(pattern)?.map_err(|error| errors::pattern(pattern.py(), &error))
}

/// Parses a filter pattern.
///
/// Raises
/// ------
/// PatternError
///     It cannot be understood; says where.
///
/// Examples
/// --------
/// >>> from cis_aws import patterns
/// >>> patterns.parse("{ $.eventName == DeleteTrail }")
/// Traceback (most recent call last):
///     ...
/// cis_aws.PatternError: filter pattern cannot be read at line 1 column 16: expected a value, found "="
#[pyfunction]
pub(crate) fn parse_pattern(text: &Bound<'_, PyString>) -> PyResult<PyPattern> {
    understood(text.as_any()).map(PyPattern)
}

fn read_event(event: &Bound<'_, PyAny>) -> PyResult<Value> {
    if event.cast::<PyMapping>().is_err() {
        return Err(PyTypeError::new_err(format!("an event is a dict, not a {}", event.get_type().name()?)));
    }
    convert::from_python(event)
}

/// Whether a pattern matches an event. None for a pattern that looks at the text of an event.
///
/// Examples
/// --------
/// >>> from cis_aws import patterns
/// >>> patterns.matches("{ $.eventName = Delete* }", {"eventName": "DeleteTrail"})
/// True
#[pyfunction]
pub(crate) fn matches(pattern: &Bound<'_, PyAny>, event: &Bound<'_, PyAny>) -> PyResult<Option<bool>> {
    Ok(understood(pattern)?.matches(&read_event(event)?))
}

/// Whether filters together catch every event that a required pattern catches.
///
/// Parameters
/// ----------
/// required : str or Pattern
/// filters : iterable of str or Pattern
///     One that cannot be understood is left out; the answer is then never False.
///
/// Raises
/// ------
/// PatternError
///     The required pattern cannot be understood.
///
/// Examples
/// --------
/// >>> from cis_aws import patterns
/// >>> answer = patterns.covers("{ $.eventName = *Trail }", ["{ $.eventName = DeleteTrail }"])
/// >>> answer.covered
/// False
/// >>> patterns.matches("{ $.eventName = DeleteTrail }", answer.counterexample)
/// False
#[pyfunction]
pub(crate) fn covers(required: &Bound<'_, PyAny>, filters: &Bound<'_, PyAny>) -> PyResult<PyCoverage> {
    let py = required.py();
    let required = understood(required)?;
    let filters = match filters.cast::<PyString>() {
        Ok(one) => vec![read(one.as_any())?],
        Err(_) => filters.try_iter()?.map(|filter| read(&filter?)).collect::<PyResult<Vec<_>>>()?,
    };
    Ok(match py.detach(|| pattern::covers(&required, &filters)) {
        Coverage::Covered => PyCoverage { covered: Some(true), counterexample: None, reason: None, code: None },
        Coverage::NotCovered(lost) => PyCoverage {
            covered: Some(false),
            counterexample: Some(lost.event().clone()),
            reason: Some(lost.to_string()),
            code: None,
        },
        Coverage::NotProven(why) => {
            PyCoverage { covered: None, counterexample: None, reason: Some(why.to_string()), code: Some(why.code()) }
        }
    })
}

/// Whether filters catch every event that a required pattern catches.
#[pyclass(frozen, name = "Covered", module = "cis_aws.patterns")]
pub(crate) struct PyCoverage {
    /// True, False, or None where neither is proven.
    #[pyo3(get)]
    covered: Option<bool>,
    counterexample: Option<Value>,
    /// Why not: the lost event in words, or what stands against a proof.
    #[pyo3(get)]
    reason: Option<String>,
    /// A word for what stands against a proof; None if it is proven or refuted.
    #[pyo3(get)]
    code: Option<&'static str>,
}

#[pymethods]
impl PyCoverage {
    /// An event that is lost: the required pattern matches it, and no filter does.
    #[getter]
    fn counterexample<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.counterexample.as_ref().map(|event| convert::to_python(py, event, Gaps::Shown)).transpose()
    }

    fn __repr__(&self) -> String {
        match (self.covered, &self.reason) {
            (Some(true), _) => "<Covered: True>".to_owned(),
            (Some(false), reason) => format!("<Covered: False, lost: {}>", reason.as_deref().unwrap_or_default()),
            (None, reason) => format!("<Covered: None, not proven: {}>", reason.as_deref().unwrap_or_default()),
        }
    }
}
