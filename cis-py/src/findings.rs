//! Findings as a sequence that makes its items when they are asked for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use arrow_array::RecordBatch;
use cis_core::{Finding, Report, Status};
use pyo3::exceptions::{PyIndexError, PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PySlice, PyString};
use wildmatch::WildMatch;

use crate::arrow;
use crate::errors;
use crate::finding::PyFinding;

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
        PyFinding::new(Arc::clone(&self.report), number)
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
    ///     What the facts give: ``pass``, ``fail``, ``unknown``, ``manual``, ``not_applicable``.
    /// select : str or iterable of str, optional
    ///     Recommendations by id or key; ``*`` and ``?`` are wildcards.
    /// region : str or iterable of str, optional
    ///     Regions; an account's own findings have none.
    /// resource : str or iterable of str, optional
    ///     Resources by ARN or id; ``*`` and ``?`` are wildcards.
    /// where : callable, optional
    ///     Is given a `Finding` and says whether it is wanted.
    /// verdict : str or iterable of str, optional
    ///     As ``status``, with what attestations settle as they settle it.
    /// excepted : bool, optional
    ///     Whether an exception covers it.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     A status that there is not.
    #[pyo3(signature = (
        *, status=None, select=None, region=None, resource=None, r#where=None, verdict=None, excepted=None
    ))]
    #[allow(clippy::too_many_arguments, reason = "each is a keyword of its own in Python")]
    fn filter(
        &self,
        py: Python<'_>,
        status: Option<Bound<'_, PyAny>>,
        select: Option<Bound<'_, PyAny>>,
        region: Option<Bound<'_, PyAny>>,
        resource: Option<Bound<'_, PyAny>>,
        r#where: Option<Bound<'_, PyAny>>,
        verdict: Option<Bound<'_, PyAny>>,
        excepted: Option<bool>,
    ) -> PyResult<Self> {
        let [status, verdict] = [texts(status)?, texts(verdict)?];
        let [select, region, resource] = [texts(select)?, texts(region)?, texts(resource)?];
        let known: Vec<_> = Status::ALL.iter().map(|status| status.as_str()).collect();
        if let Some(other) = status.iter().chain(&verdict).flatten().find(|status| !known.contains(&status.as_str())) {
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
        let is_one = |wanted: &Option<Vec<String>>, is: Status| {
            wanted.as_ref().is_none_or(|all| all.iter().any(|one| one == is.as_str()))
        };
        let some = self.only(|finding| {
            let about = &finding.resource;
            is_one(&status, finding.status)
                && is_one(&verdict, finding.verdict())
                && excepted.is_none_or(|excepted| excepted == finding.exception.is_some())
                && any(&select, [Some(&finding.control), finding.recommendation.as_deref()])
                && region
                    .as_ref()
                    .is_none_or(|region| about.region.as_ref().is_some_and(|at| region.iter().any(|one| one == at)))
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
