//! Rust's errors and gaps as Python exceptions, whose classes are written in Python (`cis_aws/_errors.py`), and back.

use cis_aws::pattern::PatternError;
use cis_aws::policy::PolicyError;
use cis_core::{Error, ErrorKind, Gap};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use crate::convert::{self, Gaps};

const MODULE: &str = "cis_aws._errors";

macro_rules! class {
    ($py:expr, $name:literal) => {{
        static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        CLASS.import($py, MODULE, $name)
    }};
}

/// An error that the caller must act on, as an exception. One that came out of Python is its cause.
pub(crate) fn raised(py: Python<'_>, error: Error) -> PyErr {
    exception(py, error).map_or_else(|error| error, PyErr::from_value)
}

fn exception(py: Python<'_>, error: Error) -> PyResult<Bound<'_, PyAny>> {
    let class = match error.kind() {
        ErrorKind::Document => class!(py, "DocumentError")?,
        ErrorKind::Source => class!(py, "SourceError")?,
        ErrorKind::Write => class!(py, "WriteError")?,
        // The kind may get more values; what the caller gave is the likeliest to be wrong.
        _ => class!(py, "InputError")?,
    };
    let fields = PyDict::new(py);
    fields.set_item("kind", error.kind().as_str())?;
    fields.set_item("message", error.message())?;
    fields.set_item("context", error.context().collect::<Vec<_>>())?;
    let exception = class.call((error.to_string(),), Some(&fields))?;
    let cause = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<PyErr>());
    if let Some(cause) = cause {
        exception.setattr("__cause__", cause.value(py))?;
    }
    Ok(exception)
}

/// What a policy's parser has to say.
pub(crate) fn policy(py: Python<'_>, error: &PolicyError) -> PyErr {
    let exception = || {
        let fields = PyDict::new(py);
        let (line, column) = error.position().unzip();
        fields.set_item("line", line)?;
        fields.set_item("column", column)?;
        fields.set_item("statement", error.statement_index())?;
        fields.set_item("element", error.element_name())?;
        class!(py, "PolicyError")?.call((error.to_string(),), Some(&fields))
    };
    exception().map_or_else(|error| error, PyErr::from_value)
}

/// What a filter pattern's parser has to say.
pub(crate) fn pattern(py: Python<'_>, error: &PatternError) -> PyErr {
    pattern_value(py, error).map_or_else(|error| error, PyErr::from_value)
}

fn pattern_value<'py>(py: Python<'py>, error: &PatternError) -> PyResult<Bound<'py, PyAny>> {
    let fields = PyDict::new(py);
    let (line, column) = error.position();
    fields.set_item("offset", error.offset())?;
    fields.set_item("line", line)?;
    fields.set_item("column", column)?;
    fields.set_item("problem", error.problem())?;
    class!(py, "PatternError")?.call((error.to_string(),), Some(&fields))
}

/// A gap as a `cis_aws.Gap`.
pub(crate) fn gap_to_python<'py>(py: Python<'py>, gap: &Gap) -> PyResult<Bound<'py, PyAny>> {
    let fields = match cis_core::json_value(gap) {
        serde_json::Value::Object(fields) => convert::object_to_python(py, &fields, Gaps::Shown)?,
        _ => PyDict::new(py),
    };
    class!(py, "Gap")?.call((), Some(&fields))
}

/// The gap that a Python value is, if it is one.
pub(crate) fn gap_from_python(value: &Bound<'_, PyAny>) -> PyResult<Option<Gap>> {
    if !value.is_instance(class!(value.py(), "Gap")?)? {
        return Ok(None);
    }
    fields_of(&value.call_method0("to_dict")?).map(Some)
}

fn fields_of(fields: &Bound<'_, PyAny>) -> PyResult<Gap> {
    serde_json::from_value(convert::from_python(fields)?)
        .map_err(|error| PyTypeError::new_err(format!("the fields of a gap are not valid: {error}")))
}

/// What a gap with these fields says, in a sentence without its full stop. For `Gap.__str__`.
#[pyfunction]
pub(crate) fn gap_text(fields: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(fields_of(fields)?.to_string())
}

/// Which kind of policy denied the call, of a gap with these fields. For `Gap.denied_by`.
#[pyfunction]
pub(crate) fn gap_denied_by(fields: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    Ok(fields_of(fields)?.denied_by().map(|by| format!("{by:?}").to_lowercase()))
}
