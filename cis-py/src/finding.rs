//! One finding, and its evidence.

use std::sync::Arc;

use cis_core::format::{remediation_markdown, remediation_text};
use cis_core::{CautionKind, FilledRemediation, Finding, Locale, Report, Status, Way};
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

    pub(crate) fn remediation_in(&self, locale: &Locale) -> PyResult<Option<PyRemediation>> {
        let finding = self.one()?;
        let told = self.report.remediation.get(finding.control.as_str());
        let filled = told.map(|told| locale.remediation(told).for_finding(finding));
        Ok(filled.map(|filled| PyRemediation { filled, locale: locale.clone() }))
    }
}

#[pymethods]
impl PyFinding {
    /// The stable identity: 32 hex digits, unique in a report, the same in the next scan.
    #[getter]
    fn id(&self) -> PyResult<String> {
        Ok(self.one()?.id())
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

    /// The resource's tags, by key; empty where it has none, None where they were not read.
    #[getter]
    fn tags<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::to_python(py, &cis_core::json_value(&self.one()?.resource.tags), Gaps::Shown)
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
        convert::object_to_python(py, self.one()?.values.iter(), Gaps::Shown)
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

    /// How to put it right, with its resource: a `Remediation`. None where its control does not say how, or where nothing of
    /// the requirement fails, is unknown or is for a person to decide. Nothing of it is ever called by this package.
    ///
    /// Examples
    /// --------
    /// >>> import cis_aws
    /// >>> report = cis_aws.scan(cis_aws.DemoSource(), select="2.1.4", progress=False)
    /// >>> fail = report.findings.filter(status="fail")[0]
    /// >>> fail.remediation.cli[0].startswith("aws s3api put-public-access-block --bucket ")
    /// True
    #[getter]
    fn remediation(&self) -> PyResult<Option<PyRemediation>> {
        self.remediation_in(&Locale::default())
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
        let id = self.one()?.id();
        Ok(u64::from_str_radix(id.get(..15).unwrap_or_default(), 16).unwrap_or_default())
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

/// How to put a finding right: in the console, by the AWS CLI, by Terraform, with the finding's resource. Commands are quoted for
/// a POSIX shell. In another language: `Locale.remediation`. ``str()`` gives all of it as text, and a notebook shows it.
#[pyclass(frozen, name = "Remediation", module = "cis_aws")]
pub(crate) struct PyRemediation {
    filled: FilledRemediation,
    locale: Locale,
}

fn texts(way: &Way) -> Vec<&str> {
    way.texts().collect()
}

#[pymethods]
impl PyRemediation {
    /// What to do, in a few sentences.
    #[getter]
    fn summary(&self) -> &str {
        &self.filled.summary
    }

    /// What to know before: pairs of a kind (``replaces_all``, ``costs``, ``cuts_access``, ``interrupts``,
    /// ``cannot_be_undone``) and a text.
    #[getter]
    fn cautions(&self) -> Vec<(String, &str)> {
        let kind = |kind: CautionKind| cis_core::json_value(&kind).as_str().unwrap_or_default().to_owned();
        self.filled.cautions.iter().map(|caution| (kind(caution.kind), caution.text.as_str())).collect()
    }

    /// What to do in the console: sentences. Empty where it is not done this way.
    #[getter]
    fn console(&self) -> Vec<&str> {
        texts(&self.filled.console)
    }

    /// The commands of the AWS CLI. Empty where it is not done this way.
    #[getter]
    fn cli(&self) -> Vec<&str> {
        texts(&self.filled.cli)
    }

    /// Configuration of Terraform. Empty where it is not done this way.
    #[getter]
    fn terraform(&self) -> Vec<&str> {
        texts(&self.filled.terraform)
    }

    /// Why it is not done in some way, by ``console``, ``cli`` or ``terraform``.
    #[getter]
    fn not_this_way<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let told = PyDict::new(py);
        let ways =
            [("console", &self.filled.console), ("cli", &self.filled.cli), ("terraform", &self.filled.terraform)];
        for (name, way) in ways {
            if let Way::NotThisWay(why) = way {
                told.set_item(name, why)?;
            }
        }
        Ok(told)
    }

    fn __str__(&self) -> String {
        remediation_text(&self.filled, &self.locale)
    }

    fn __repr__(&self) -> String {
        format!("<Remediation: {}>", self.filled.summary)
    }

    fn _repr_markdown_(&self) -> String {
        remediation_markdown(&self.filled, &self.locale)
    }
}
