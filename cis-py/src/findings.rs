//! Findings as a sequence that makes its items when they are asked for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use arrow_array::RecordBatch;
use cis_core::{Finding, Report, Status};
use pyo3::exceptions::{PyIndexError, PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyList, PySlice, PyString};
use wildmatch::WildMatch;

use crate::arrow;
use crate::convert::{self, Gaps};
use crate::errors;

/// The findings of a report, or some of them: a sequence.
///
/// Examples
/// --------
/// >>> import cis_aws
/// >>> report = cis_aws.scan(cis_aws.DemoSource(), progress=False)
/// >>> failed = report.findings.filter(status="fail", select="iam.*")
/// >>> {finding.status for finding in failed}
/// {'fail'}
#[pyclass(frozen, sequence, name = "Findings", module = "cis_aws")]
pub(crate) struct PyFindings {
    report: Arc<Report>,
    /// The numbers of the findings; None: all.
    picked: Option<Vec<usize>>,
    /// Made once, and shared by everybody who reads them.
    batches: OnceLock<Result<Vec<RecordBatch>, String>>,
}

impl PyFindings {
    pub(crate) fn all(report: Arc<Report>) -> Self {
        Self { report, picked: None, batches: OnceLock::new() }
    }

    fn of(&self, picked: Vec<usize>) -> Self {
        Self { report: Arc::clone(&self.report), picked: Some(picked), batches: OnceLock::new() }
    }

    fn numbers(&self) -> Box<dyn Iterator<Item = usize> + '_> {
        match &self.picked {
            None => Box::new(0..self.report.findings.len()),
            Some(picked) => Box::new(picked.iter().copied()),
        }
    }

    fn number(&self, index: usize) -> Option<usize> {
        match &self.picked {
            None => (index < self.report.findings.len()).then_some(index),
            Some(picked) => picked.get(index).copied(),
        }
    }

    /// Those that are wanted.
    pub(crate) fn only(&self, wanted: impl Fn(&Finding) -> bool) -> Self {
        let is_wanted = |number: &usize| self.report.findings.get(*number).is_some_and(&wanted);
        self.of(self.numbers().filter(is_wanted).collect())
    }

    fn finding(&self, number: usize) -> PyFinding {
        PyFinding { report: Arc::clone(&self.report), number }
    }
}

#[pymethods]
impl PyFindings {
    fn __len__(&self) -> usize {
        self.picked.as_ref().map_or(self.report.findings.len(), Vec::len)
    }

    fn __getitem__<'py>(&self, py: Python<'py>, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if let Ok(slice) = index.cast::<PySlice>() {
            let length = isize::try_from(self.__len__())?;
            let indices = slice.indices(length)?;
            let (mut at, mut picked) = (indices.start, Vec::new());
            for _ in 0..indices.slicelength {
                picked.extend(usize::try_from(at).ok().and_then(|at| self.number(at)));
                at += indices.step;
            }
            return Ok(Bound::new(py, self.of(picked))?.into_any());
        }
        let index: isize = index.extract()?;
        let from_start = if index < 0 { self.__len__().checked_add_signed(index) } else { usize::try_from(index).ok() };
        let number = from_start.and_then(|index| self.number(index));
        let number = number.ok_or_else(|| PyIndexError::new_err("there are not that many findings"))?;
        Ok(Bound::new(py, self.finding(number))?.into_any())
    }

    fn __iter__(slf: Bound<'_, Self>) -> PyFindingIterator {
        PyFindingIterator { findings: slf.unbind(), next: AtomicUsize::new(0) }
    }

    /// The findings that meet every condition.
    ///
    /// Parameters
    /// ----------
    /// status : str or iterable of str, optional
    ///     ``pass``, ``fail``, ``unknown``, ``manual``, ``not_applicable``.
    /// select : str or iterable of str, optional
    ///     Recommendations by id or key; ``*`` and ``?`` are wildcards.
    /// region : str or iterable of str, optional
    ///     Regions; an account's own findings have none.
    /// resource : str or iterable of str, optional
    ///     Resources by ARN or id; ``*`` and ``?`` are wildcards.
    /// where : callable, optional
    ///     Is given a `Finding` and says whether it is wanted.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     A status that there is not.
    #[pyo3(signature = (*, status=None, select=None, region=None, resource=None, r#where=None))]
    fn filter(
        &self,
        py: Python<'_>,
        status: Option<Bound<'_, PyAny>>,
        select: Option<Bound<'_, PyAny>>,
        region: Option<Bound<'_, PyAny>>,
        resource: Option<Bound<'_, PyAny>>,
        r#where: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let [status, select, region, resource] = [texts(status)?, texts(select)?, texts(region)?, texts(resource)?];
        let known: Vec<_> = Status::ALL.iter().map(|status| status.as_str()).collect();
        if let Some(other) = status.iter().flatten().find(|status| !known.contains(&status.as_str())) {
            let message = format!("status {other:?} is not known (known: {})", known.join(", "));
            return Err(errors::raised(py, cis_core::Error::input(message)));
        }
        let patterns = |texts: Option<Vec<String>>| {
            texts.map(|texts| texts.iter().map(|text| WildMatch::new(text)).collect::<Vec<_>>())
        };
        let (select, resource) = (patterns(select), patterns(resource));
        let any = |patterns: &Option<Vec<WildMatch>>, names: [Option<&str>; 2]| {
            patterns.as_ref().is_none_or(|patterns| {
                patterns.iter().any(|pattern| names.iter().flatten().any(|name| pattern.matches(name)))
            })
        };
        let some = self.only(|finding| {
            let about = &finding.resource;
            status.as_ref().is_none_or(|status| status.iter().any(|status| status == finding.status.as_str()))
                && any(&select, [Some(&finding.control), finding.recommendation.as_deref()])
                && region.as_ref().is_none_or(|region| about.region.as_ref().is_some_and(|at| region.contains(at)))
                && any(&resource, [Some(&about.id), about.arn.as_deref()])
        });
        let Some(wanted) = r#where else { return Ok(some) };
        let mut picked = Vec::new();
        for number in some.numbers() {
            if wanted.call1((some.finding(number),))?.is_truthy()? {
                picked.push(number);
            }
        }
        Ok(some.of(picked))
    }

    /// An Arrow stream of them: the Arrow PyCapsule interface. The columns are made when they are first asked for; every
    /// reader shares them.
    #[pyo3(signature = (requested_schema=None))]
    pub(crate) fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // The interface leaves it to the producer to follow it; the schema is always the same.
        drop(requested_schema);
        let batches = py.detach(|| {
            self.batches.get_or_init(|| {
                let findings = self.numbers().filter_map(|number| self.report.findings.get(number));
                arrow::batches(&self.report, findings).map_err(|error| error.to_string())
            })
        });
        let batches = batches.as_ref().map_err(|error| PyRuntimeError::new_err(error.clone()))?;
        arrow::stream(py, batches)
    }

    /// A ``pyarrow.Table`` of them. Needs pyarrow.
    fn to_arrow<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("cis_aws._frames")?.call_method1("to_arrow", (slf,))
    }

    /// A ``pandas.DataFrame`` of them. Needs pandas and pyarrow.
    fn to_pandas<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("cis_aws._frames")?.call_method1("to_pandas", (slf,))
    }

    /// A ``polars.DataFrame`` of them. Needs polars.
    fn to_polars<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("cis_aws._frames")?.call_method1("to_polars", (slf,))
    }

    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        slf.py().import("cis_aws._html")?.call_method1("findings", (slf,))?.extract()
    }

    fn __repr__(&self) -> String {
        format!("<Findings: {}>", self.__len__())
    }
}

/// A text, or several.
fn texts(value: Option<Bound<'_, PyAny>>) -> PyResult<Option<Vec<String>>> {
    let Some(value) = value else { return Ok(None) };
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Some(vec![text.extract()?]));
    }
    let items = value.try_iter()?.map(|item| item?.extract::<String>());
    items.collect::<PyResult<Vec<_>>>().map(Some).map_err(|_| PyTypeError::new_err("expected text, or several"))
}

#[pyclass(frozen, name = "FindingIterator", module = "cis_aws._native")]
pub(crate) struct PyFindingIterator {
    findings: Py<PyFindings>,
    next: AtomicUsize,
}

#[pymethods]
impl PyFindingIterator {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self) -> Option<PyFinding> {
        let findings = self.findings.get();
        findings.number(self.next.fetch_add(1, Ordering::Relaxed)).map(|number| findings.finding(number))
    }
}

/// The verdict of one control on one resource.
#[pyclass(frozen, name = "Finding", module = "cis_aws")]
pub(crate) struct PyFinding {
    report: Arc<Report>,
    number: usize,
}

impl PyFinding {
    fn one(&self) -> PyResult<&Finding> {
        self.report.findings.get(self.number).ok_or_else(|| crate::gone("finding"))
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

    /// ``pass``, ``fail``, ``unknown``, ``manual`` or ``not_applicable``.
    #[getter]
    fn status(&self) -> PyResult<&'static str> {
        Ok(self.one()?.status.as_str())
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
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyDict>> {
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
    fn read_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, pyo3::types::PyDateTime>>> {
        self.one()?.read_at.map(|at| convert::moment_to_python(py, at)).transpose()
    }

    fn __repr__(&self) -> PyResult<String> {
        let evidence = self.one()?;
        Ok(format!("<{} {}: {}>", evidence.operation, evidence.field, evidence.value))
    }
}
