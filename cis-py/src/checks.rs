//! Controls that are written in Python.

use std::collections::BTreeMap;
use std::sync::Arc;

use cis_core::{
    ACCOUNT_TYPE, Control, ControlInfo, DatasetInfo, Error, Facts, Findings, Gap, GapKind, Message, Place, PlaceKind,
    Reads, Remediation, Tags, Target, UntypedRows, Verdict, gap_text, msg,
};
use jiff::Timestamp;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyDict, PyList, PyString};
use serde_json::Value;

use crate::convert::{self, Gaps};
use crate::errors;
use crate::python_source::{PyPlace, place_kind};
use crate::remediation::remediation;
use crate::threads::{self, Over};

/// A control in Python: `cis_aws._checks` calls it and gathers what it says.
struct Check {
    asked: Arc<Py<PyAny>>,
    info: ControlInfo,
    reads: Reads,
    remediation: Option<Remediation>,
    /// The operation that evidence without one came from.
    operation: String,
    over: Arc<Over>,
}

/// The control that a Python object is, in a scan that may be over early.
pub(crate) fn control(check: &Bound<'_, PyAny>, over: &Arc<Over>) -> PyResult<Arc<dyn Control>> {
    let py = check.py();
    let described = py.import("cis_aws._checks")?.call_method1("described", (check,))?;
    let text = |name: &str| described.getattr(name)?.extract::<String>();
    let key = text("key")?;
    let datasets = described.getattr("reads")?.try_iter()?.map(|dataset| info(&dataset?));
    let datasets: Vec<DatasetInfo> = datasets.collect::<PyResult<_>>()?;
    let judged_at = described.getattr("judged_at")?;
    let judged_at = match (judged_at.is_none(), datasets.first()) {
        (false, _) => place_kind(py, &judged_at.extract::<String>()?)?,
        (true, Some(info)) => info.place(),
        (true, None) => PlaceKind::Account,
    };
    let resource_type: Option<String> = described.getattr("resource_type")?.extract()?;
    let remediation = remediation(&key, check)?;
    let info = ControlInfo {
        docs: text("docs")?.into(),
        ..ControlInfo::new(key, text("title")?, resource_type.unwrap_or_else(|| ACCOUNT_TYPE.to_owned()), judged_at)
    };
    let operation = datasets.first().and_then(|info| info.operations().next());
    let operation = operation.map_or_else(|| "python".to_owned(), |(name, _)| name.to_owned());
    let everywhere: bool = described.getattr("everywhere")?.extract()?;
    let reads = datasets.into_iter().fold(Reads::none(), |reads, info| {
        let regional = info.place() == PlaceKind::Region;
        let reads = reads.and_info(info);
        if everywhere && regional { reads.everywhere() } else { reads }
    });
    let asked = Arc::new(check.clone().unbind());
    Ok(Arc::new(Check { asked, info, reads, remediation, operation, over: Arc::clone(over) }))
}

/// A dataset by its name, or one of Python's own.
fn info(dataset: &Bound<'_, PyAny>) -> PyResult<DatasetInfo> {
    let py = dataset.py();
    if let Ok(name) = dataset.cast::<PyString>() {
        let name: String = name.extract()?;
        let known = cis_aws::datasets::all().into_iter().find(|info| info.name() == name);
        return known.ok_or_else(|| {
            let message = format!("dataset {name:?} is not known; `cis_aws.datasets()` names those that are");
            errors::raised(py, Error::input(message))
        });
    }
    let name: String = dataset.getattr("name")?.extract()?;
    let place = place_kind(py, &dataset.getattr("place")?.extract::<String>()?)?;
    let after = dataset.getattr("after")?.try_iter()?.map(|before| info(&before?));
    let after: Vec<_> = after.collect::<PyResult<_>>()?;
    let operations: Vec<(String, String)> = dataset.getattr("operations")?.extract()?;
    Ok(DatasetInfo::untyped(&name, place, after, operations))
}

/// Every dataset that the package knows: name, place kind, operations with their IAM actions.
#[pyfunction]
pub(crate) fn datasets(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let all = PyDict::new(py);
    for info in cis_aws::datasets::all() {
        let place = if info.place() == PlaceKind::Account { "account" } else { "region" };
        let operations: Vec<(&str, &str)> = info.operations().collect();
        all.set_item(info.name(), (place, operations))?;
    }
    Ok(all)
}

impl Control for Check {
    fn info(&self) -> ControlInfo {
        self.info.clone()
    }

    fn reads(&self) -> Reads {
        self.reads.clone()
    }

    fn remediation(&self) -> Option<Remediation> {
        self.remediation.clone()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let (seen, check, operation) = (Seen::of(facts, &self.reads), Arc::clone(&self.asked), self.operation.clone());
        let given = threads::called(
            &self.over,
            |py| {
                let args = (check.bind(py), PyRawFacts(seen)).into_pyobject(py)?;
                Ok((py.import("cis_aws._checks")?.getattr("evaluate")?, args))
            },
            move |answer| given(answer, &operation),
        );
        let cancelled = |why| Gap::new(GapKind::Cancelled, gap_text!("the scan ended before the check did: {why}"));
        for one in given.map_err(cancelled)? {
            match one {
                Given::Verdict(about, verdict) => findings.push(about, verdict),
                Given::Rest(rows, is_empty) => findings.untyped_rest(&rows, is_empty),
            }
        }
        Ok(())
    }
}

/// What a check gives: a verdict, or what is to be said of a whole list.
enum Given {
    Verdict(Target, Verdict),
    Rest(UntypedRows, bool),
}

/// Everything that a check gave, up to what nobody could make sense of.
fn given(answer: PyResult<Bound<'_, PyAny>>, operation: &str) -> Vec<Given> {
    let mut given = Vec::new();
    let taken = answer.and_then(|answer| {
        for (index, one) in answer.try_iter()?.enumerate() {
            threads::breathe(answer.py(), index)?;
            given.push(one_given(&one?, operation)?);
        }
        Ok(())
    });
    if let Err(error) = taken {
        let fault = msg!("The check could not be asked: {fault}.", fault = error.to_string());
        given.push(Given::Verdict(Target::place(), Verdict::fault(fault)));
    }
    given
}

fn one_given(one: &Bound<'_, PyAny>, operation: &str) -> PyResult<Given> {
    let (about, said): (Bound<'_, PyAny>, Bound<'_, PyAny>) = one.extract()?;
    if let Ok(rows) = about.cast::<PyRawRows>() {
        return Ok(Given::Rest(rows.get().0.clone(), said.extract()?));
    }
    let (about, verdict) = match target(&about) {
        Ok(about) => (about, verdict(&said, operation)),
        // What it was about is lost with it; that there was something is not.
        Err(error) => (Target::place(), Err(error)),
    };
    let fault =
        |error: PyErr| Verdict::fault(msg!("The check's verdict is not valid: {fault}.", fault = error.to_string()));
    Ok(Given::Verdict(about, verdict.unwrap_or_else(fault)))
}

fn verdict(said: &Bound<'_, PyAny>, operation: &str) -> PyResult<Verdict> {
    if let Some(gap) = errors::gap_from_python(said)? {
        return Ok(gap.into());
    }
    let template: String = said.getattr("message")?.extract()?;
    let Value::Object(values) = convert::from_python(&said.getattr("values")?)? else {
        return Err(PyTypeError::new_err("its values are no mapping"));
    };
    let message = Message::with_values(template, values);
    let mut gaps = Vec::new();
    for gap in said.getattr("gaps")?.try_iter()? {
        let gap = errors::gap_from_python(&gap?)?;
        gaps.push(gap.ok_or_else(|| PyTypeError::new_err("its gaps are no cis_aws.Gap"))?);
    }
    let status: String = said.getattr("status")?.extract()?;
    let mut gaps = gaps.into_iter();
    let judged = match status.as_str() {
        "pass" => Verdict::pass(message),
        "fail" => Verdict::fail(message),
        "manual" => Verdict::manual(message),
        "not_applicable" => Verdict::not_applicable(message),
        "unknown" => match gaps.next() {
            Some(gap) => Verdict::unknown(message, gap),
            None => Verdict::fault(message),
        },
        other => return Err(PyTypeError::new_err(format!("its status is {other:?}"))),
    };
    let mut judged = gaps.fold(judged, Verdict::gap);
    for evidence in said.getattr("evidence")?.try_iter()? {
        let (from, field, value): (Option<String>, String, Bound<'_, PyAny>) = evidence?.extract()?;
        let from = from.unwrap_or_else(|| operation.to_owned());
        judged = judged.evidence(from, field, &convert::from_python(&value)?);
    }
    Ok(judged)
}

fn target(about: &Bound<'_, PyAny>) -> PyResult<Target> {
    let text = |name: &str| about.getattr(name)?.extract::<Option<String>>();
    let mut target = match (text("arn")?, text("id")?) {
        (Some(arn), _) => Target::arn(arn),
        (None, Some(id)) => Target::from(id),
        (None, None) => Target::place(),
    };
    if let Some(kind) = text("type")? {
        target = target.kind(kind);
    }
    if let Some(region) = text("region")? {
        target = target.region(region);
    }
    if let Some(sub) = text("sub")? {
        target = target.sub(sub);
    }
    if let Some(tags) = about.getattr("tags")?.extract::<Option<BTreeMap<String, String>>>()? {
        target = target.tags(Tags::from_iter(tags));
    }
    Ok(target)
}

type Read = Result<UntypedRows, Gap>;

/// What a control sees, in a form that Python can hold.
struct Seen {
    place: Place,
    partition: String,
    as_of: Timestamp,
    scope: Vec<(String, Value)>,
    regions_gap: Option<Gap>,
    here: BTreeMap<String, Read>,
    regions: BTreeMap<String, Vec<(String, Read)>>,
}

impl Seen {
    fn of(facts: &Facts<'_>, reads: &Reads) -> Self {
        let (mut here, mut regions) = (BTreeMap::new(), BTreeMap::new());
        for info in reads.datasets() {
            let name = info.name().to_owned();
            if info.place() == PlaceKind::Region {
                let all = facts.untyped_regions(&name).into_iter();
                let named = all.filter_map(|(place, rows)| Some((place.region_name()?.to_owned(), rows)));
                regions.insert(name.clone(), named.collect());
            }
            here.insert(name.clone(), facts.untyped_rows(&name));
        }
        let scope = facts.scope().iter().map(|one| (one.region.clone(), cis_core::json_value(&one.status)));
        Self {
            place: facts.place().clone(),
            partition: facts.partition().to_owned(),
            as_of: facts.as_of(),
            scope: scope.collect(),
            regions_gap: facts.regions_gap().cloned(),
            here,
            regions,
        }
    }
}

/// What a control sees: `cis_aws.Facts` is around it.
#[pyclass(frozen, name = "RawFacts", module = "cis_aws._native")]
pub(crate) struct PyRawFacts(Seen);

#[pymethods]
impl PyRawFacts {
    #[getter]
    fn place(&self) -> PyPlace {
        let place = &self.0.place;
        PyPlace { account_id: place.account_id().to_owned(), region: place.region_name().map(str::to_owned) }
    }

    #[getter]
    fn partition(&self) -> &str {
        &self.0.partition
    }

    #[getter]
    fn as_of<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        convert::moment_to_python(py, self.0.as_of)
    }

    #[getter]
    fn scope<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let scope = PyDict::new(py);
        for (region, status) in &self.0.scope {
            scope.set_item(region, convert::to_python(py, status, Gaps::Shown)?)?;
        }
        Ok(scope)
    }

    #[getter]
    fn regions_gap<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.regions_gap.as_ref().map(|gap| errors::gap_to_python(py, gap)).transpose()
    }

    /// The rows of a dataset here, or the gap.
    fn rows<'py>(&self, py: Python<'py>, dataset: &str) -> PyResult<Bound<'py, PyAny>> {
        match self.0.here.get(dataset) {
            Some(read) => handed(py, read),
            None => handed(py, &Err(undeclared(dataset))),
        }
    }

    /// The rows of a dataset in every region, each with rows or the gap.
    fn regions<'py>(&self, py: Python<'py>, dataset: &str) -> PyResult<Bound<'py, PyList>> {
        match self.0.regions.get(dataset) {
            Some(regions) => {
                let regions = regions.iter().map(|(region, read)| Ok((region, handed(py, read)?)));
                PyList::new(py, regions.collect::<PyResult<Vec<_>>>()?)
            }
            None if self.0.here.contains_key(dataset) => {
                let message = format!("dataset {dataset:?} is an account's: read it with rows()");
                Err(errors::raised(py, Error::input(message)))
            }
            None => Err(PyErr::from_value(errors::gap_to_python(py, &undeclared(dataset))?)),
        }
    }
}

fn undeclared(dataset: &str) -> Gap {
    Gap::new(GapKind::NotSupported, "the control reads this dataset without declaring it").dataset(dataset)
}

fn handed<'py>(py: Python<'py>, read: &Read) -> PyResult<Bound<'py, PyAny>> {
    match read {
        Ok(rows) => Ok(Bound::new(py, PyRawRows(rows.clone()))?.into_any()),
        Err(gap) => errors::gap_to_python(py, gap),
    }
}

/// The rows of a dataset at a place: `cis_aws.Rows` is around it.
#[pyclass(frozen, name = "RawRows", module = "cis_aws._native")]
pub(crate) struct PyRawRows(UntypedRows);

#[pymethods]
impl PyRawRows {
    fn __len__(&self) -> usize {
        self.0.len()
    }

    /// A row as a dict in which gaps are `Gap` objects.
    fn row<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Bound<'py, PyAny>> {
        let row = self.0.json(index).ok_or_else(|| crate::gone("row"))?;
        convert::to_python(py, &row, Gaps::Raised)
    }

    #[getter]
    fn cut_off<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let gaps = self.0.cut_off().iter().map(|gap| errors::gap_to_python(py, gap));
        PyList::new(py, gaps.collect::<PyResult<Vec<_>>>()?)
    }

    #[getter]
    fn no_service(&self) -> Option<&str> {
        self.0.no_service()
    }

    #[getter]
    fn dataset(&self) -> &str {
        self.0.dataset()
    }

    #[getter]
    fn region(&self) -> Option<&str> {
        self.0.region()
    }
}
