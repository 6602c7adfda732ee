//! JSON values and moments, to Python and back.

use cis_core::Gap;
use jiff::Timestamp;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyDate, PyDateTime, PyDelta, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple, PyType, PyTzInfo,
};
use serde_json::{Map, Number, Value};

use crate::errors;

/// How deep a value may be nested; a list that holds itself ends here.
const DEPTH: usize = 100;

/// What becomes of `{"$gap": {..}}` on the way to Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gaps {
    /// It stays as it is: a report shows it.
    Shown,
    /// It becomes a `cis_aws.Gap`: a row's fact that could not be read.
    Raised,
}

/// A JSON value as Python's own types.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value, gaps: Gaps) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(value) => PyBool::new(py, *value).to_owned().into_any(),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into_pyobject(py)?.into_any(),
            (None, Some(number)) => number.into_pyobject(py)?.into_any(),
            (None, None) => PyFloat::new(py, number.as_f64().unwrap_or(f64::NAN)).into_any(),
        },
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(to_python(py, item, gaps)?)?;
            }
            list.into_any()
        }
        Value::Object(object) => match object.get("$gap") {
            Some(gap) if gaps == Gaps::Raised => {
                let gap = serde_json::from_value::<Gap>(gap.clone());
                let gap = gap.unwrap_or_else(|error| Gap::malformed(format!("the gap recorded here: {error}")));
                let gap = errors::gap_to_python(py, &gap)?;
                if object.len() == 1 {
                    return Ok(gap);
                }
                // Other fields beside it are known: a name, where the rest of the answer was denied.
                let row = object_to_python(py, object, gaps)?;
                row.set_item("$gap", gap)?;
                row.into_any()
            }
            _ => object_to_python(py, object, gaps)?.into_any(),
        },
    })
}

/// A JSON object as a dict.
pub(crate) fn object_to_python<'py, 'v>(
    py: Python<'py>,
    object: impl IntoIterator<Item = (impl AsRef<str>, &'v Value)>,
    gaps: Gaps,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in object {
        dict.set_item(name.as_ref(), to_python(py, value, gaps)?)?;
    }
    Ok(dict)
}

/// A Python value as JSON. Mappings with text as keys, sequences that are lists or tuples, numbers, text, booleans, `None`,
/// moments (RFC 3339), days, and gaps (`{"$gap": {..}}`); anything else is a `TypeError` that says where it stands.
pub(crate) fn from_python(value: &Bound<'_, PyAny>) -> PyResult<Value> {
    from_python_at(value, &mut String::new(), DEPTH)
}

fn from_python_at(value: &Bound<'_, PyAny>, path: &mut String, depth: usize) -> PyResult<Value> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(PyValueError::new_err(format!("{} is nested more than {DEPTH} deep", shown(path))));
    };
    if value.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(value) = value.cast::<PyBool>() {
        return Ok(Value::Bool(value.is_true()));
    }
    if value.cast::<PyString>().is_ok() {
        return Ok(Value::String(value.extract()?));
    }
    // NumPy's whole numbers are none of Python's, and count as such.
    if value.cast::<PyInt>().is_ok() || value.hasattr("__index__")? {
        if let Ok(number) = value.extract::<i64>() {
            return Ok(number.into());
        }
        return value
            .extract::<u64>()
            .map(Value::from)
            .map_err(|_| PyValueError::new_err(format!("{} is a whole number of more than 64 bits", shown(path))));
    }
    if let Ok(number) = value.cast::<PyFloat>() {
        return Number::from_f64(number.value())
            .map(Value::Number)
            .ok_or_else(|| PyValueError::new_err(format!("{} is not a finite number", shown(path))));
    }
    if let Some(gap) = errors::gap_from_python(value)? {
        return Ok(serde_json::json!({ "$gap": cis_core::json_value(&gap) }));
    }
    if value.cast::<PyList>().is_ok() || value.cast::<PyTuple>().is_ok() {
        let mut list = Vec::with_capacity(value.len()?);
        for (index, item) in value.try_iter()?.enumerate() {
            list.push(inside(path, &format!("[{index}]"), |path| from_python_at(&item?, path, depth))?);
        }
        return Ok(Value::Array(list));
    }
    if let Ok(mapping) = value.cast::<PyMapping>() {
        // What shows rows to checks hides its gaps behind exceptions; as data they are to be seen.
        static ROW: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let items = if value.is_instance(ROW.import(value.py(), "cis_aws._rows", "Row")?)? {
            value.getattr("_data")?.cast::<PyMapping>()?.items()?
        } else {
            mapping.items()?
        };
        let mut object = Map::new();
        for item in items.try_iter()? {
            let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item?.extract()?;
            let name: String = name.extract().map_err(|_| {
                let kind = name.get_type().name().map(|name| name.to_string()).unwrap_or_default();
                PyTypeError::new_err(format!("{} has a key of type {kind}; keys are text", shown(path)))
            })?;
            let value = inside(path, &format!(".{name}"), |path| from_python_at(&value, path, depth))?;
            // A gap beside other fields stands there by itself.
            let value = match value {
                Value::Object(mut gap) if name == "$gap" && gap.len() == 1 => {
                    gap.remove("$gap").unwrap_or(Value::Object(gap))
                }
                value => value,
            };
            object.insert(name, value);
        }
        return Ok(Value::Object(object));
    }
    if let Ok(moment) = value.cast::<PyDateTime>() {
        return moment_from_python(moment).map(|moment| Value::String(moment.to_string()));
    }
    // After moments, which are days to Python.
    if value.cast::<PyDate>().is_ok() {
        return value.call_method0("isoformat")?.extract().map(Value::String);
    }
    let kind = value.get_type().fully_qualified_name()?.to_string();
    Err(PyTypeError::new_err(format!("{} is a {kind}, which is no JSON value", shown(path))))
}

fn inside<T>(path: &mut String, step: &str, then: impl FnOnce(&mut String) -> PyResult<T>) -> PyResult<T> {
    let length = path.len();
    path.push_str(step);
    let done = then(path);
    path.truncate(length);
    done
}

fn shown(path: &str) -> &str {
    if path.is_empty() { "the value" } else { path.trim_start_matches('.') }
}

/// An aware `datetime` in UTC.
pub(crate) fn moment_to_python(py: Python<'_>, moment: Timestamp) -> PyResult<Bound<'_, PyDateTime>> {
    let utc = PyTzInfo::utc(py)?.to_owned();
    let whole = moment.as_second();
    #[allow(clippy::cast_precision_loss, reason = "seconds of the years 1 to 9999 are exact")]
    let at = PyDateTime::from_timestamp(py, whole as f64, Some(&utc))?;
    // Added apart: as one number with the seconds they would be rounded.
    let micros = moment.subsec_microsecond();
    if micros == 0 {
        return Ok(at);
    }
    let more = PyDelta::new(py, 0, 0, micros, true)?;
    Ok(at.as_any().add(more)?.cast_into::<PyDateTime>()?)
}

/// The moment of an aware `datetime`.
pub(crate) fn moment_from_python(moment: &Bound<'_, PyAny>) -> PyResult<Timestamp> {
    let text: String = moment.call_method0("isoformat")?.extract()?;
    text.parse()
        .map_err(|_| PyValueError::new_err(format!("{text} has no time zone; give one, such as datetime.timezone.utc")))
}
