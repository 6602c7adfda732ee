//! What people have decided about findings, and what changed between two reports.

use std::path::PathBuf;
use std::sync::Arc;

use cis_core::{Comparison, Difference, DifferenceKind, Error, Review, Status};
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyDict, PyList, PyMapping};

use crate::convert::{self, Gaps};
use crate::errors;
use crate::report::PyReport;

/// The review of files and dicts together.
pub(crate) fn review(py: Python<'_>, parts: &[Bound<'_, PyAny>]) -> PyResult<Review> {
    let mut all = Review::default();
    for part in parts {
        let read = if part.cast::<PyMapping>().is_ok() {
            Review::from_json(convert::from_python(part)?)
        } else {
            let path: PathBuf = part.extract()?;
            py.detach(|| Review::read(&path))
        };
        all = all.and(read.map_err(|error| errors::raised(py, error.at("review")))?);
    }
    Ok(all)
}

/// What changed from one report of an account to a later one: `compare` makes it.
#[pyclass(frozen, name = "Comparison", module = "cis_aws")]
pub(crate) struct PyComparison(Arc<Comparison>);

/// What changed from an older report to a newer one.
#[pyfunction]
pub(crate) fn compare(py: Python<'_>, old: &Bound<'_, PyReport>, new: &Bound<'_, PyReport>) -> PyResult<PyComparison> {
    let (old, new) = (old.get().report(), new.get().report());
    let comparison = py.detach(|| Comparison::new(old, new)).map_err(|error| errors::raised(py, error))?;
    Ok(PyComparison(Arc::new(comparison)))
}

impl PyComparison {
    fn those<'py>(&self, py: Python<'py>, wanted: impl Fn(&Difference) -> bool) -> PyResult<Bound<'py, PyList>> {
        let all = self.0.differences.iter().enumerate().filter(|(_, difference)| wanted(difference));
        let all = all.map(|(index, _)| Bound::new(py, PyDifference { comparison: Arc::clone(&self.0), index }));
        PyList::new(py, all.collect::<PyResult<Vec<_>>>()?)
    }
}

#[pymethods]
impl PyComparison {
    /// The benchmark's name, the same in both reports.
    #[getter]
    fn benchmark(&self) -> &str {
        &self.0.benchmark.name
    }

    /// The benchmark's version, the same in both reports.
    #[getter]
    fn version(&self) -> &str {
        &self.0.benchmark.version
    }

    /// The 12-digit id of the account of both.
    #[getter]
    fn account_id(&self) -> &str {
        &self.0.account_id
    }

    /// The moment of the older report, in UTC.
    #[getter]
    fn old_as_of<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        convert::moment_to_python(py, self.0.old_as_of)
    }

    /// The moment of the newer report, in UTC.
    #[getter]
    fn new_as_of<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        convert::moment_to_python(py, self.0.new_as_of)
    }

    /// What only one of them looked at, each a list of names: ``regions_only_old``, ``regions_only_new``,
    /// ``keys_only_old``, ``keys_only_new``.
    #[getter]
    fn scope<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::to_python(py, &cis_core::json_value(&self.0.scope), Gaps::Shown)
    }

    /// The findings that changed, and those that still fail: by kind, from what is most worth a look, then in the order of the
    /// reports.
    #[getter]
    fn differences<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.those(py, |_| true)
    }

    /// The differences of a kind: ``new_fail``, ``newly_unknown``, ``still_failing``, ``resolved``, ``gone``,
    /// ``no_longer_unknown``, ``otherwise``, ``not_compared``.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     A kind that there is not.
    fn of<'py>(&self, py: Python<'py>, kind: &str) -> PyResult<Bound<'py, PyList>> {
        let Some(kind) = DifferenceKind::ALL.into_iter().find(|one| word(*one) == kind) else {
            let known = DifferenceKind::ALL.map(word).join(", ");
            return Err(errors::raised(py, Error::input(format!("kind {kind:?} is not known (known: {known})"))));
        };
        self.those(py, |difference| difference.kind == kind)
    }

    /// How many differences there are of each kind.
    #[getter]
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counts = PyDict::new(py);
        for kind in DifferenceKind::ALL {
            counts.set_item(word(kind), self.0.of(kind).count())?;
        }
        Ok(counts)
    }

    /// The comparison as a dict, in the shape of the JSON of ``audit compare``.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::to_python(py, &cis_core::json_value(&*self.0), Gaps::Shown)
    }

    fn __repr__(&self) -> String {
        let Comparison { account_id, old_as_of, new_as_of, .. } = &*self.0;
        let counts = DifferenceKind::ALL.into_iter().map(|kind| (kind, self.0.of(kind).count()));
        let shown: Vec<_> =
            counts.filter(|(_, count)| *count > 0).map(|(kind, count)| format!("{count} {}", word(kind))).collect();
        let shown = if shown.is_empty() { "no difference".to_owned() } else { shown.join(", ") };
        format!("<Comparison: {account_id} from {old_as_of} to {new_as_of}: {shown}>")
    }
}

/// As it is written in JSON.
fn word(kind: DifferenceKind) -> String {
    cis_core::json_value(&kind).as_str().unwrap_or_default().to_owned()
}

/// A finding that changed from one report to another, or still fails.
#[pyclass(frozen, name = "Difference", module = "cis_aws")]
pub(crate) struct PyDifference {
    comparison: Arc<Comparison>,
    index: usize,
}

impl PyDifference {
    fn one(&self) -> PyResult<&Difference> {
        self.comparison.differences.get(self.index).ok_or_else(|| crate::gone("difference"))
    }
}

#[pymethods]
impl PyDifference {
    /// What became of it: see `Comparison.of`.
    #[getter]
    fn kind(&self) -> PyResult<String> {
        Ok(word(self.one()?.kind))
    }

    /// The finding's id, the same in both reports.
    #[getter]
    fn id(&self) -> PyResult<&str> {
        Ok(&self.one()?.id)
    }

    /// The recommendation's id in the benchmark; None for a control outside it.
    #[getter]
    fn recommendation(&self) -> PyResult<Option<&str>> {
        Ok(self.one()?.recommendation.as_deref())
    }

    /// The key of the requirement.
    #[getter]
    fn control(&self) -> PyResult<&str> {
        Ok(&self.one()?.control)
    }

    /// The CloudFormation type of the resource.
    #[getter]
    fn resource_type(&self) -> PyResult<&str> {
        Ok(&self.one()?.resource.kind)
    }

    /// The resource's id or name within its type.
    #[getter]
    fn resource_id(&self) -> PyResult<&str> {
        Ok(&self.one()?.resource.id)
    }

    /// The resource's whole ARN; None if it has none.
    #[getter]
    fn resource_arn(&self) -> PyResult<Option<&str>> {
        Ok(self.one()?.resource.arn.as_deref())
    }

    /// The region; None for what an account has once.
    #[getter]
    fn region(&self) -> PyResult<Option<&str>> {
        Ok(self.one()?.resource.region.as_deref())
    }

    /// A part of the resource that is judged on its own; None most often.
    #[getter]
    fn sub(&self) -> PyResult<Option<&str>> {
        Ok(self.one()?.resource.sub.as_deref())
    }

    /// The verdict before; None if there was no such finding.
    #[getter]
    fn was(&self) -> PyResult<Option<&'static str>> {
        Ok(self.one()?.was.map(Status::as_str))
    }

    /// The verdict now: where there is no such finding any more, what now stands for it; None if nothing does.
    #[getter]
    fn now(&self) -> PyResult<Option<&'static str>> {
        Ok(self.one()?.now.map(Status::as_str))
    }

    /// The sentence of the newer report, or of the older one if the newer has none.
    #[getter]
    fn message(&self) -> PyResult<&str> {
        Ok(&self.one()?.message)
    }

    /// Whether an exception covers it in the newer report.
    #[getter]
    fn excepted(&self) -> PyResult<bool> {
        Ok(self.one()?.excepted)
    }

    /// Of what still fails: the moment of the older report, since when it is known to fail; else None.
    #[getter]
    fn since<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDateTime>>> {
        self.one()?.since.map(|since| convert::moment_to_python(py, since)).transpose()
    }

    fn __repr__(&self) -> PyResult<String> {
        let one = self.one()?;
        let named = one.resource.arn.as_deref().unwrap_or(&one.resource.id);
        Ok(format!("<{} {}: {} on {named}>", word(one.kind), one.control, one.message))
    }
}
