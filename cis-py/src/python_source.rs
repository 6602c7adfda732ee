//! A data source that is written in Python.

use std::sync::Arc;

use async_trait::async_trait;
use cis_core::{
    Coverage, DataSource, Error, Gap, GapKind, PlaceKind, Region, RegionStatus, Request, Table, Wanted, gap_text,
};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFrozenSet, PyList, PyTuple};

use crate::convert::{self, Gaps};
use crate::errors;
use crate::threads;

/// An object with `coverage()` and `fetch(request)`. Each call has a thread, so that those that run side by side do so in Python,
/// too.
#[derive(Clone)]
pub(crate) struct PythonSource {
    /// `cis_aws._sources.Bridge`: awaits what is to be awaited, and puts answers into one form.
    bridge: Arc<Py<PyAny>>,
}

impl PythonSource {
    pub(crate) fn new(source: &Bound<'_, PyAny>) -> PyResult<Self> {
        let bridge = source.py().import("cis_aws._sources")?.call_method1("bridge", (source,))?;
        Ok(Self { bridge: Arc::new(bridge.unbind()) })
    }

    pub(crate) fn close(&self) {
        // What cannot be told ends with the interpreter.
        let _ = threads::attached(|py| self.bridge.call_method0(py, "close"));
    }

    /// Asks one of the bridge's methods. None: the interpreter is ending.
    async fn asked<T: Send + 'static>(
        &self,
        method: &'static str,
        request: Option<Request>,
        then: impl for<'py> FnOnce(PyResult<Bound<'py, PyAny>>) -> T + Send + 'static,
    ) -> Option<T> {
        let bridge = Arc::clone(&self.bridge);
        threads::awaited(
            move |py| {
                let request = request.map(|request| Bound::new(py, PyRequest(request))).transpose()?;
                Ok((bridge.bind(py).getattr(method)?, PyTuple::new(py, request)?))
            },
            then,
        )
        .await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl DataSource for PythonSource {
    async fn coverage(&self) -> Result<Coverage, Error> {
        let covered = |answer: PyResult<Bound<'_, PyAny>>| {
            answer.and_then(|covered| coverage(&covered)).map_err(|error| {
                Error::source_failed(format!("the data source's coverage() raised {error}")).because(error)
            })
        };
        let asked = self.asked("coverage", None, covered).await;
        asked.unwrap_or_else(|| Err(Error::source_failed(threads::ENDS)))
    }

    async fn fetch(&self, request: &Request) -> Table {
        let asked = request.clone();
        let read = move |answer: PyResult<Bound<'_, PyAny>>| {
            answer.and_then(|answer| table(&asked, &answer)).unwrap_or_else(|error| Table::gap(raised(&asked, &error)))
        };
        let fetched = self.asked("fetch", Some(request.clone()), read).await;
        fetched.unwrap_or_else(|| Table::gap(met(request.dataset.gap(GapKind::Cancelled, threads::ENDS), request)))
    }

    fn collection(&self) -> Option<cis_core::Collection> {
        None
    }
}

/// The gap that was raised, or the fault of the source that anything else is.
fn raised(request: &Request, error: &PyErr) -> Gap {
    let gap = threads::attached(|py| errors::gap_from_python(error.value(py)).ok().flatten()).flatten();
    let fault = || request.dataset.gap(GapKind::Failed, gap_text!("the data source raised {error}"));
    met(gap.unwrap_or_else(fault), request)
}

/// A gap that names dataset and region.
fn met(gap: Gap, request: &Request) -> Gap {
    let gap = if gap.dataset.is_some() { gap } else { gap.dataset(request.dataset.name()) };
    match (gap.region.is_some(), request.place.region_name()) {
        (false, Some(region)) => gap.region(region),
        _ => gap,
    }
}

fn coverage(covered: &Bound<'_, PyAny>) -> PyResult<Coverage> {
    let regions: Vec<(String, String)> = covered.getattr("regions")?.extract()?;
    let regions = regions.into_iter().map(|(name, status)| {
        let status = match status.as_str() {
            "enabled" => RegionStatus::Enabled,
            "not_enabled" => RegionStatus::NotEnabled,
            _ => RegionStatus::Unknown,
        };
        Region { name, status }
    });
    let as_of = covered.getattr("as_of")?;
    Ok(Coverage {
        account_id: covered.getattr("account_id")?.extract()?,
        partition: covered.getattr("partition")?.extract()?,
        regions: regions.collect(),
        regions_gap: errors::gap_from_python(&covered.getattr("regions_gap")?)?,
        as_of: if as_of.is_none() { None } else { Some(convert::moment_from_python(&as_of)?) },
    })
}

/// What the bridge gives: a gap, or rows and what is to be said of them.
fn table(request: &Request, answer: &Bound<'_, PyAny>) -> PyResult<Table> {
    let info = &request.dataset;
    if let Some(gap) = errors::gap_from_python(answer)? {
        return Ok(Table::gap(met(gap, request)));
    }
    let no_service: Option<String> = answer.getattr("no_service")?.extract()?;
    let (mut rows, mut cut_off) = (Vec::new(), Vec::new());
    for (index, row) in answer.getattr("rows")?.try_iter()?.enumerate() {
        threads::breathe(answer.py(), index)?;
        let row = row?;
        match errors::gap_from_python(&row)? {
            Some(gap) => cut_off.push(gap),
            None => match convert::from_python(&row) {
                Ok(row) => rows.push(row),
                Err(error) if error.is_instance_of::<PyTypeError>(row.py()) => {
                    cut_off.push(info.gap(GapKind::Malformed, format!("row {}: {error}", index + 1)));
                }
                Err(error) => return Err(error),
            },
        }
    }
    for gap in answer.getattr("cut_off")?.try_iter()? {
        let gap = errors::gap_from_python(&gap?)?;
        cut_off.push(gap.ok_or_else(|| PyTypeError::new_err("cut_off holds something that is no cis_aws.Gap"))?);
    }
    if let Some(why) = no_service {
        if !rows.is_empty() || !cut_off.is_empty() {
            return Err(PyTypeError::new_err("it says that the service is not there, and gives rows or gaps"));
        }
        return Ok(Table::no_service(info, why));
    }
    let table = cut_off.into_iter().fold(Table::from_json(info, rows), |table, gap| table.cut_off(met(gap, request)));
    let read_at = answer.getattr("read_at")?;
    Ok(if read_at.is_none() { table } else { table.read_at(convert::moment_from_python(&read_at)?) })
}

/// What a data source is asked: the rows of one dataset at one place.
#[pyclass(frozen, name = "Request", module = "cis_aws")]
pub(crate) struct PyRequest(Request);

#[pymethods]
impl PyRequest {
    /// The name of the dataset.
    #[getter]
    fn dataset(&self) -> &str {
        self.0.dataset.name()
    }

    /// The place: an account, or an account in a region.
    #[getter]
    fn place(&self) -> PyPlace {
        PyPlace { account_id: self.0.place.account_id().into(), region: self.0.place.region_name().map(str::to_owned) }
    }

    /// The partition: ``aws``, ``aws-cn``, ``aws-us-gov``, ...
    #[getter]
    fn partition(&self) -> &str {
        &self.0.partition
    }

    /// The names of the resources that are wanted; None for all that the source lists.
    #[getter]
    fn only<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyFrozenSet>>> {
        match &self.0.only {
            Wanted::All | Wanted::AllAnd(_) => Ok(None),
            Wanted::Names(names) => PyFrozenSet::new(py, names).map(Some),
            Wanted::Nothing => PyFrozenSet::empty(py).map(Some),
        }
    }

    /// The names of resources that are wanted although the source may not list them; most often empty.
    #[getter]
    fn also<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyFrozenSet>> {
        match &self.0.only {
            Wanted::AllAnd(names) => PyFrozenSet::new(py, names),
            _ => PyFrozenSet::empty(py),
        }
    }

    /// The rows of the datasets that this one comes after, by their name. Where one could not be read, its value is the
    /// ``cis_aws.Gap``.
    #[getter]
    fn facts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let facts = PyDict::new(py);
        for info in self.0.dataset.after() {
            for (place, table) in self.0.tables(info.name()) {
                if *place != self.0.place && *place != self.0.place.to_account() {
                    continue;
                }
                let rows = match table.to_json() {
                    Err(gap) => errors::gap_to_python(py, &gap)?,
                    Ok(rows) => {
                        let rows = rows.iter().map(|row| convert::to_python(py, row, Gaps::Raised));
                        PyList::new(py, rows.collect::<PyResult<Vec<_>>>()?)?.into_any()
                    }
                };
                facts.set_item(info.name(), rows)?;
            }
        }
        Ok(facts)
    }

    /// The operations that a read of the dataset may call, each with its IAM action.
    #[getter]
    fn operations(&self) -> Vec<(String, String)> {
        self.0.dataset.operations().map(|(name, action)| (name.to_owned(), action.to_owned())).collect()
    }

    fn __repr__(&self) -> String {
        format!("Request({:?}, {})", self.0.dataset.name(), self.0.place)
    }
}

/// An account, or an account in one region.
#[pyclass(frozen, name = "Place", module = "cis_aws", eq, hash)]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PyPlace {
    /// The 12-digit id of the account.
    #[pyo3(get)]
    pub(crate) account_id: String,
    /// The region; None for the account itself.
    #[pyo3(get)]
    pub(crate) region: Option<String>,
}

#[pymethods]
impl PyPlace {
    fn __repr__(&self) -> String {
        match &self.region {
            Some(region) => format!("Place({:?}, {region:?})", self.account_id),
            None => format!("Place({:?})", self.account_id),
        }
    }
}

/// What a dataset's place kind is called.
pub(crate) fn place_kind(py: Python<'_>, name: &str) -> PyResult<PlaceKind> {
    match name {
        "account" => Ok(PlaceKind::Account),
        "region" => Ok(PlaceKind::Region),
        other => {
            let message = format!("place {other:?} is not known (known: account, region)");
            Err(errors::raised(py, Error::input(message)))
        }
    }
}
