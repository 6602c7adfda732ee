//! Benchmarks: those that the package holds, those of one's own, and the change from one to another.

use std::sync::Arc;

use cis_core::{Benchmark, Change, Recommendation};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyType};

use crate::convert::{self, Gaps};
use crate::errors;

/// A named, versioned list of recommendations.
///
/// Examples
/// --------
/// >>> import cis_aws
/// >>> benchmark = cis_aws.Benchmark.load("2.0.0")
/// >>> benchmark["1.4"].key
/// 'iam.root_access_key'
#[pyclass(frozen, name = "Benchmark", module = "cis_aws")]
pub(crate) struct PyBenchmark(Arc<Benchmark>);

impl PyBenchmark {
    pub(crate) fn benchmark(&self) -> &Benchmark {
        &self.0
    }

    fn recommendation(&self, index: usize) -> PyRecommendation {
        PyRecommendation { benchmark: Arc::clone(&self.0), index }
    }
}

#[pymethods]
impl PyBenchmark {
    /// A version of the CIS AWS Foundations Benchmark.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     A version that the package does not hold.
    #[classmethod]
    fn load(_class: &Bound<'_, PyType>, py: Python<'_>, version: &str) -> PyResult<Self> {
        let benchmark = cis_aws::benchmark(version).map_err(|error| errors::raised(py, error))?;
        Ok(Self(Arc::new(benchmark)))
    }

    /// A benchmark from the text of a TOML file: ``name``, ``version`` and a ``[[recommendation]]`` for each, with ``id``,
    /// ``key``, ``title``, ``section``, ``level``, ``assessment``, and where wanted ``control`` and ``parameters``.
    ///
    /// Raises
    /// ------
    /// DocumentError
    ///     It is not TOML, or not a benchmark.
    #[classmethod]
    fn from_toml(_class: &Bound<'_, PyType>, py: Python<'_>, text: &str) -> PyResult<Self> {
        Benchmark::from_toml(text).map(|benchmark| Self(Arc::new(benchmark))).map_err(|error| errors::raised(py, error))
    }

    /// A benchmark from a dict of the same shape as the TOML file.
    ///
    /// Raises
    /// ------
    /// DocumentError
    ///     It is no benchmark.
    #[classmethod]
    fn from_dict(_class: &Bound<'_, PyType>, py: Python<'_>, benchmark: &Bound<'_, PyAny>) -> PyResult<Self> {
        let benchmark = Benchmark::from_json(convert::from_python(benchmark)?);
        benchmark.map(|benchmark| Self(Arc::new(benchmark))).map_err(|error| errors::raised(py, error))
    }

    /// Such as ``CIS AWS Foundations``.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// Such as ``2.0.0``.
    #[getter]
    fn version(&self) -> &str {
        &self.0.version
    }

    /// The day of its release, if known.
    #[getter]
    fn released(&self) -> Option<&str> {
        self.0.released.as_deref()
    }

    /// The recommendations, in the benchmark's order.
    #[getter]
    fn recommendations<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let all = (0..self.0.recommendations.len()).map(|index| Bound::new(py, self.recommendation(index)));
        PyList::new(py, all.collect::<PyResult<Vec<_>>>()?)
    }

    /// A recommendation by its id or key.
    fn __getitem__(&self, id_or_key: &str) -> PyResult<PyRecommendation> {
        let is_it = |one: &Recommendation| one.id == id_or_key || one.key == id_or_key;
        let index = self.0.recommendations.iter().position(is_it);
        let index = index.ok_or_else(|| pyo3::exceptions::PyKeyError::new_err(id_or_key.to_owned()))?;
        Ok(self.recommendation(index))
    }

    fn __len__(&self) -> usize {
        self.0.recommendations.len()
    }

    fn __repr__(&self) -> String {
        format!("<Benchmark: {} {}, {} recommendations>", self.0.name, self.0.version, self.0.recommendations.len())
    }
}

/// One entry of a benchmark.
#[pyclass(frozen, name = "Recommendation", module = "cis_aws")]
pub(crate) struct PyRecommendation {
    benchmark: Arc<Benchmark>,
    index: usize,
}

impl PyRecommendation {
    fn one(&self) -> PyResult<&Recommendation> {
        self.benchmark.recommendations.get(self.index).ok_or_else(|| crate::gone("recommendation"))
    }
}

#[pymethods]
impl PyRecommendation {
    /// Such as ``1.4``.
    #[getter]
    fn id(&self) -> PyResult<&str> {
        Ok(&self.one()?.id)
    }

    /// The requirement: the same in every version.
    #[getter]
    fn key(&self) -> PyResult<&str> {
        Ok(&self.one()?.key)
    }

    /// The benchmark's title.
    #[getter]
    fn title(&self) -> PyResult<&str> {
        Ok(&self.one()?.title)
    }

    /// The section's name.
    #[getter]
    fn section(&self) -> PyResult<&str> {
        Ok(&self.one()?.section)
    }

    /// The profile: 1 or 2.
    #[getter]
    fn level(&self) -> PyResult<u8> {
        Ok(self.one()?.level)
    }

    /// ``automated`` or ``manual``.
    #[getter]
    fn assessment(&self) -> PyResult<&'static str> {
        Ok(self.one()?.assessment.as_str())
    }

    /// The key of the control that judges it.
    #[getter]
    fn control(&self) -> PyResult<&str> {
        Ok(self.one()?.control_key())
    }

    /// The control's parameters in this version.
    #[getter]
    fn parameters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        convert::object_to_python(py, &self.one()?.parameters, Gaps::Shown)
    }

    /// As a dict that `Benchmark.from_dict` takes: to put it into a benchmark of one's own.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let one = self.one()?;
        let dict = PyDict::new(py);
        dict.set_item("id", &one.id)?;
        dict.set_item("key", &one.key)?;
        dict.set_item("title", &one.title)?;
        dict.set_item("section", &one.section)?;
        if let Some(subsection) = &one.subsection {
            dict.set_item("subsection", subsection)?;
        }
        dict.set_item("level", one.level)?;
        dict.set_item("assessment", one.assessment.as_str())?;
        dict.set_item("control", one.control_key())?;
        dict.set_item("parameters", self.parameters(py)?)?;
        Ok(dict)
    }

    fn __repr__(&self) -> PyResult<String> {
        let one = self.one()?;
        Ok(format!("<{} {}: {}>", one.id, one.key, one.title))
    }
}

/// The versions of the CIS AWS Foundations Benchmark that the package holds, oldest first.
///
/// Examples
/// --------
/// >>> import cis_aws
/// >>> [benchmark.version for benchmark in cis_aws.benchmarks()]
/// ['1.5.0', '2.0.0']
#[pyfunction]
pub(crate) fn benchmarks(py: Python<'_>) -> PyResult<Vec<PyBenchmark>> {
    let all = cis_aws::versions().map(cis_aws::benchmark);
    let all = all.map(|benchmark| benchmark.map(|benchmark| PyBenchmark(Arc::new(benchmark))));
    all.collect::<Result<_, _>>().map_err(|error| errors::raised(py, error))
}

/// Every change from one benchmark to another, in the order of ids.
#[pyfunction]
pub(crate) fn changes(before: &Bound<'_, PyBenchmark>, after: &Bound<'_, PyBenchmark>) -> Vec<PyChange> {
    let changes = Benchmark::diff(before.get().benchmark(), after.get().benchmark());
    changes.into_iter().map(PyChange).collect()
}

/// Explains a control in Markdown, by its key: what holds, why, how to fix it, what it reads.
///
/// Raises
/// ------
/// InputError
///     A key that no control has.
///
/// Examples
/// --------
/// >>> import cis_aws
/// >>> "iam:GetAccountPasswordPolicy" in cis_aws.explain("iam.password_min_length")
/// True
#[pyfunction]
pub(crate) fn explain(py: Python<'_>, key: &str) -> PyResult<String> {
    cis_aws::explain(key).map_err(|error| errors::raised(py, error))
}

/// One change of one recommendation between two versions.
#[pyclass(frozen, name = "Change", module = "cis_aws")]
pub(crate) struct PyChange(Change);

#[pymethods]
impl PyChange {
    /// ``added``, ``removed``, ``renumbered``, ``title``, ``assessment``, ``level``, ``scope``, ``audit``,
    /// ``remediation`` or ``text``.
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind.as_str()
    }

    /// The requirement.
    #[getter]
    fn key(&self) -> &str {
        &self.0.key
    }

    /// Its id in the version before; None if it was not there.
    #[getter]
    fn id_from(&self) -> Option<&str> {
        self.0.id_from.as_deref()
    }

    /// Its id in the version after; None if it is not there.
    #[getter]
    fn id_to(&self) -> Option<&str> {
        self.0.id_to.as_deref()
    }

    /// What was there before: a title, an id, a level, an assessment, a scope.
    #[getter]
    fn before<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::to_python(py, &self.0.from, Gaps::Shown)
    }

    /// What is there now.
    #[getter]
    fn after<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::to_python(py, &self.0.to, Gaps::Shown)
    }

    /// One sentence on it, where there is one.
    #[getter]
    fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// What the change left as it was: ``audit``, ``remediation``.
    #[getter]
    fn unchanged(&self) -> Vec<String> {
        self.0.unchanged.clone()
    }

    fn __repr__(&self) -> String {
        let Change { kind, key, id_from, id_to, .. } = &self.0;
        let id = id_to.as_ref().or(id_from.as_ref()).map(String::as_str).unwrap_or_default();
        format!("<{id} {key}: {}>", kind.as_str())
    }
}
