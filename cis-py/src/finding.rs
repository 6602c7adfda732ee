//! One finding, and its evidence.

use std::sync::Arc;

use cis_core::{Finding, Locale, Report, Status};
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyDict, PyList};

use crate::convert::{self, Gaps};
use crate::errors;

/// The verdict of one control on one resource.
#[pyclass(frozen, name = "Finding", module = "cis_aws")]
pub(crate) struct PyFinding {
    report: Arc<Report>,
    number: usize,
}

impl PyFinding {
    pub(crate) fn new(report: Arc<Report>, number: usize) -> Self {
        Self { report, number }
    }

    fn one(&self) -> PyResult<&Finding> {
        self.report.findings.get(self.number).ok_or_else(|| crate::gone("finding"))
    }
}

impl PyFinding {
    pub(crate) fn message_in(&self, locale: &Locale) -> PyResult<String> {
        Ok(locale.message(self.one()?).into_owned())
    }
}

#[pymethods]
impl PyFinding {
    /// The stable identity: 32 hex digits, unique in a report, the same in the next scan.
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

    /// The verdict that the facts give: ``pass``, ``fail``, ``unknown``, ``manual`` or ``not_applicable``. No review changes it.
    #[getter]
    fn status(&self) -> PyResult<&'static str> {
        Ok(self.one()?.status.as_str())
    }

    /// What an attestation settles it to: ``pass`` or ``fail``; None where none does.
    #[getter]
    fn settled(&self) -> PyResult<Option<&'static str>> {
        Ok(self.one()?.settled.map(Status::as_str))
    }

    /// What counts: what an attestation settles it to, else the status.
    #[getter]
    fn verdict(&self) -> PyResult<&'static str> {
        Ok(self.one()?.verdict().as_str())
    }

    /// The attestation that settles it, in the shape of the report's JSON; None where none does.
    #[getter]
    fn attestation<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::to_python(py, &cis_core::json_value(&self.one()?.attestation), Gaps::Shown)
    }

    /// The exception that covers it, in the shape of the report's JSON: only where it fails, and it still counts as a fail. None
    /// where none does.
    #[getter]
    fn exception<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::to_python(py, &cis_core::json_value(&self.one()?.exception), Gaps::Shown)
    }

    /// The CloudFormation type of the resource; ``AWS::::Account`` for the account, or the account in one region.
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

    /// The 12-digit id of the account.
    #[getter]
    fn account_id(&self) -> PyResult<&str> {
        Ok(&self.one()?.resource.account_id)
    }

    /// A part of the resource that is judged on its own; None most often.
    #[getter]
    fn sub(&self) -> PyResult<Option<&str>> {
        Ok(self.one()?.resource.sub.as_deref())
    }

    /// One sentence: what is, and what must be.
    #[getter]
    fn message(&self) -> PyResult<&str> {
        Ok(&self.one()?.message)
    }

    /// The message with its values taken out.
    #[getter]
    fn template(&self) -> PyResult<&str> {
        Ok(&self.one()?.template)
    }

    /// The values of the message, by name.
    #[getter]
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        convert::object_to_python(py, &self.one()?.values, Gaps::Shown)
    }

    /// Why facts could not be had, where the verdict rests on that: each a `Gap`.
    #[getter]
    fn gaps<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let gaps = self.one()?.gaps.iter().map(|gap| errors::gap_to_python(py, gap));
        PyList::new(py, gaps.collect::<PyResult<Vec<_>>>()?)
    }

    /// What was observed.
    #[getter]
    fn evidence<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let evidence = (0..self.one()?.evidence.len()).map(|index| PyEvidence {
            report: Arc::clone(&self.report),
            number: self.number,
            index,
        });
        PyList::new(py, evidence.map(|evidence| Bound::new(py, evidence)).collect::<PyResult<Vec<_>>>()?)
    }

    /// The finding as a dict, in the shape of the report's JSON.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::to_python(py, &cis_core::json_value(self.one()?), Gaps::Shown)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        match other.cast::<Self>() {
            Ok(other) => Ok(self.one()? == other.get().one()?),
            Err(_) => Ok(false),
        }
    }

    fn __hash__(&self) -> PyResult<u64> {
        // The id is hex, and as good as random.
        let id = self.one()?.id.get(..15).unwrap_or_default();
        Ok(u64::from_str_radix(id, 16).unwrap_or_default())
    }

    fn __repr__(&self) -> PyResult<String> {
        let finding = self.one()?;
        let named = finding.resource.arn.as_deref().unwrap_or(&finding.resource.id);
        Ok(format!("<{}: {} on {named}: {}>", finding.control, finding.status, finding.message))
    }
}

/// An observed value that a verdict rests on, the operation that it came from, and when it was read.
#[pyclass(frozen, name = "Evidence", module = "cis_aws")]
pub(crate) struct PyEvidence {
    report: Arc<Report>,
    number: usize,
    index: usize,
}

impl PyEvidence {
    fn one(&self) -> PyResult<&cis_core::Evidence> {
        let evidence = self.report.findings.get(self.number).and_then(|finding| finding.evidence.get(self.index));
        evidence.ok_or_else(|| crate::gone("evidence"))
    }
}

#[pymethods]
impl PyEvidence {
    /// ``service:Operation``.
    #[getter]
    fn operation(&self) -> PyResult<&str> {
        Ok(&self.one()?.operation)
    }

    /// What was observed: a field of the answer, or a word for what was worked out of it.
    #[getter]
    fn field(&self) -> PyResult<&str> {
        Ok(&self.one()?.field)
    }

    /// The value; a gap stands as ``{"$gap": {...}}``.
    #[getter]
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::to_python(py, &self.one()?.value, Gaps::Shown)
    }

    /// When it was read, in UTC; None where the source did not say.
    #[getter]
    fn read_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDateTime>>> {
        self.one()?.read_at.map(|at| convert::moment_to_python(py, at)).transpose()
    }

    fn __repr__(&self) -> PyResult<String> {
        let evidence = self.one()?;
        Ok(format!("<{} {}: {}>", evidence.operation, evidence.field, evidence.value))
    }
}
