//! The report, and what it holds, as Python objects.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cis_aws::cli::Output;
use cis_core::format::{FORMATS, Format, Options};
use cis_core::{Error, Locale, Report};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDateTime, PyDict, PyList, PyType};

use crate::convert::{self, Gaps};
use crate::errors;
use crate::findings::PyFindings;
use crate::locale::{self, PyLocale};

/// What a scan gives: recommendations, findings, what could not be read.
///
/// A frame or table of the findings: `to_pandas`, `to_polars`, `to_arrow`. In a notebook it shows itself.
///
/// Examples
/// --------
/// >>> import cis_aws
/// >>> report = cis_aws.scan(cis_aws.DemoSource(), select=["1.4"], progress=False)
/// >>> report.recommendations[0].status
/// 'pass'
#[pyclass(frozen, name = "Report", module = "cis_aws")]
pub(crate) struct PyReport {
    report: Arc<Report>,
    findings: Py<PyFindings>,
    /// What it is written in where nobody says otherwise.
    locale: Locale,
}

impl PyReport {
    pub(crate) fn report(&self) -> &Report {
        &self.report
    }

    fn options(
        &self,
        py: Python<'_>,
        since: Option<&Bound<'_, Self>>,
        locale: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Options> {
        let mut options = Options::default();
        options.locale = locale::given(locale, &self.locale)?;
        if let Some(old) = since {
            let old = old.get().report();
            py.detach(|| options.since(old, &self.report)).map_err(|error| errors::raised(py, error))?;
        }
        Ok(options)
    }
}

/// A report before it is Python's.
pub(crate) struct NewReport(Arc<Report>);

impl NewReport {
    pub(crate) fn new(report: Report) -> Self {
        Self(Arc::new(report))
    }
}

impl<'py> IntoPyObject<'py> for NewReport {
    type Target = PyReport;
    type Output = Bound<'py, PyReport>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyReport>> {
        let findings = Py::new(py, PyFindings::all(Arc::clone(&self.0)))?;
        Bound::new(py, PyReport { report: self.0, findings, locale: Locale::default() })
    }
}

#[pymethods]
impl PyReport {
    /// The benchmark's name, such as ``CIS AWS Foundations``.
    #[getter]
    fn benchmark(&self) -> &str {
        &self.report.benchmark.name
    }

    /// The benchmark's version, such as ``2.0.0``.
    #[getter]
    fn version(&self) -> &str {
        &self.report.benchmark.version
    }

    /// The 12-digit id of the account.
    #[getter]
    fn account_id(&self) -> &str {
        &self.report.account_id
    }

    /// The partition: ``aws``, ``aws-cn``, ``aws-us-gov``, ...
    #[getter]
    fn partition(&self) -> &str {
        &self.report.partition
    }

    /// The moment that verdicts are given for, in UTC.
    #[getter]
    fn as_of<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        convert::moment_to_python(py, self.report.as_of)
    }

    /// Every region that is known, in order of name, and what the scan did with it: ``scanned``, ``left_out``,
    /// ``not_enabled``, ``unknown``.
    #[getter]
    fn scope<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let scope = PyDict::new(py);
        for region in &self.report.scope {
            let status = cis_core::json_value(&region.status);
            scope.set_item(&region.region, convert::to_python(py, &status, Gaps::Shown)?)?;
        }
        Ok(scope)
    }

    /// The selected recommendations, in the benchmark's order.
    #[getter]
    fn recommendations<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let judged =
            (0..self.report.recommendations.len()).map(|index| PyJudged { report: Arc::clone(&self.report), index });
        PyList::new(py, judged.map(|judged| Bound::new(py, judged)).collect::<PyResult<Vec<_>>>()?)
    }

    /// The findings, in the benchmark's order, then by resource.
    #[getter]
    fn findings(&self, py: Python<'_>) -> Py<PyFindings> {
        self.findings.clone_ref(py)
    }

    /// What could not be read, in order, each a `Gap`.
    #[getter]
    fn unread<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let gaps = self.report.unread.iter().map(|gap| errors::gap_to_python(py, gap));
        PyList::new(py, gaps.collect::<PyResult<Vec<_>>>()?)
    }

    /// Counts over findings and recommendations, as in the report's JSON.
    #[getter]
    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::to_python(py, &cis_core::json_value(&self.report.summary), Gaps::Shown)
    }

    /// What became of each entry of the review, in the shape of the report's JSON: ``exceptions`` and ``attestations``, each with
    /// its ``state``, how many findings it names and how many it covers or settles. None without a review.
    #[getter]
    fn review<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::to_python(py, &cis_core::json_value(&self.report.review), Gaps::Shown)
    }

    /// The calls of the AWS API that it took, by operation; None where the source does not count them.
    #[getter]
    fn collection<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let calls = self.report.collection.as_ref().map(|collection| &collection.calls);
        convert::to_python(py, &cis_core::json_value(&calls), Gaps::Shown)
    }

    /// The gravest verdict of all findings; None if there is no finding.
    #[getter]
    fn worst(&self) -> Option<&'static str> {
        self.report.worst().map(cis_core::Status::as_str)
    }

    /// The gravest verdict of the findings that no exception covers, by which a pipeline passes or fails; None if there is no
    /// such finding.
    #[getter]
    fn worst_not_excepted(&self) -> Option<&'static str> {
        self.report.worst_not_excepted().map(cis_core::Status::as_str)
    }

    /// The report as JSON: the same text that ``audit --format json`` writes.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        let bytes = py
            .detach(|| rendered(&self.report, "json", &Options::default()))
            .map_err(|error| errors::raised(py, error))?;
        Ok(String::from_utf8(bytes)?)
    }

    /// A report from its JSON.
    ///
    /// Raises
    /// ------
    /// DocumentError
    ///     It is no report.
    #[classmethod]
    fn from_json(_class: &Bound<'_, PyType>, py: Python<'_>, text: &str) -> PyResult<NewReport> {
        let report = py.detach(|| serde_json::from_str(text));
        report
            .map(NewReport::new)
            .map_err(|error| errors::raised(py, Error::document(format!("it is not the JSON of a report: {error}"))))
    }

    /// The report as a dict, in the shape of its JSON.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::to_python(py, &cis_core::json_value(&*self.report), Gaps::Shown)
    }

    /// The language that it shows itself in, in a notebook, and is written in where `write` and `render` name none.
    #[getter]
    fn locale(&self) -> PyLocale {
        PyLocale(self.locale.clone())
    }

    /// The same report, which shows itself in another language. Its data stay as they are.
    ///
    /// Parameters
    /// ----------
    /// locale : str or Locale
    ///     A tag, one of `cis_aws.LOCALES`, or a `Locale` with messages of your own.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     The language is not known.
    fn localized(&self, py: Python<'_>, locale: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self {
            report: Arc::clone(&self.report),
            findings: self.findings.clone_ref(py),
            locale: locale::given(Some(locale), &self.locale)?,
        })
    }

    /// The report in a format, as bytes: one of `cis_aws.FORMATS`.
    ///
    /// Parameters
    /// ----------
    /// format : str
    ///     One of `cis_aws.FORMATS`.
    /// since : Report, optional
    ///     An older report of the account: what it found and is no more is told as archived (``asff``) or closed (``ocsf``).
    ///     Other formats tell nothing of it.
    /// locale : str or Locale, optional
    ///     The language of what is written for people; by default the report's own, English unless `localized`.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     The format or the language is not known; `since` is of another account or benchmark.
    #[pyo3(signature = (format, since=None, locale=None))]
    fn render<'py>(
        &self,
        py: Python<'py>,
        format: &str,
        since: Option<&Bound<'py, Self>>,
        locale: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let options = self.options(py, since, locale)?;
        let bytes = py.detach(|| rendered(&self.report, format, &options));
        Ok(PyBytes::new(py, &bytes.map_err(|error| errors::raised(py, error))?))
    }

    /// Writes the report to a file, whole or not at all.
    ///
    /// Parameters
    /// ----------
    /// path : str or os.PathLike
    ///     The file.
    /// format : str, optional
    ///     One of `cis_aws.FORMATS`; by default what the path's end says (``.json``, ``.txt``, ``.html``, ``.sarif`` ...).
    /// since : Report, optional
    ///     An older report of the account: what it found and is no more is told as archived (``asff``) or closed (``ocsf``).
    ///     Other formats tell nothing of it.
    /// locale : str or Locale, optional
    ///     The language of what is written for people; by default the report's own, English unless `localized`.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     The format or the language is not known; `since` is of another account or benchmark.
    /// WriteError
    ///     The file could not be written.
    #[pyo3(signature = (path, format=None, since=None, locale=None))]
    fn write(
        &self,
        py: Python<'_>,
        path: PathBuf,
        format: Option<&str>,
        since: Option<&Bound<'_, Self>>,
        locale: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let options = self.options(py, since, locale)?;
        let written = py.detach(|| {
            let format = format.map_or_else(|| by_name(&path), str::parse)?;
            Output::open_for(&path, "")?.write(|to| format.write(&self.report, &options, to))
        });
        written.map_err(|error| errors::raised(py, error))
    }

    /// The findings as an Arrow stream: the Arrow PyCapsule interface. Read it with ``pyarrow.table(report)``,
    /// ``polars.DataFrame(report)``, ``pandas.DataFrame.from_arrow(report)``.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, pyo3::types::PyCapsule>> {
        self.findings.get().__arrow_c_stream__(py, requested_schema)
    }

    /// The findings as a ``pyarrow.Table``. Needs pyarrow.
    fn to_arrow<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.get().findings.bind(slf.py()).call_method0("to_arrow")
    }

    /// The findings as a ``pandas.DataFrame``. Needs pandas and pyarrow.
    fn to_pandas<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.get().findings.bind(slf.py()).call_method0("to_pandas")
    }

    /// The findings as a ``polars.DataFrame``. Needs polars.
    fn to_polars<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.get().findings.bind(slf.py()).call_method0("to_polars")
    }

    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        slf.py().import("cis_aws._html")?.call_method1("report", (slf,))?.extract()
    }

    /// For pickle and copy: reports go from process to process as their JSON.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("from_json")?, (slf.get().to_json(slf.py())?,)))
    }

    fn __repr__(&self) -> String {
        let Report { benchmark, account_id, as_of, summary, .. } = &*self.report;
        let counts = &summary.recommendations;
        format!(
            "<Report: {} {} of {account_id} as of {as_of}: {} pass, {} fail, {} unknown, {} manual, {} not applicable>",
            benchmark.name,
            benchmark.version,
            counts.pass,
            counts.fail,
            counts.unknown,
            counts.manual,
            counts.not_applicable
        )
    }
}

/// The names of the formats that a report can be written in.
pub(crate) fn formats() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.name).collect()
}

fn rendered(report: &Report, format: &str, options: &Options) -> Result<Vec<u8>, Error> {
    let format: Format = format.parse()?;
    let mut bytes = Vec::new();
    let done = format.write(report, options, &mut bytes);
    done.map_err(|error| Error::write(error.to_string()).because(error))?;
    Ok(bytes)
}

/// The format that a file is meant to have by its name's end, the longest that fits.
fn by_name(path: &Path) -> Result<Format, Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let fits = |format: &&Format| name.ends_with(&format!(".{}", format.extension));
    // The first of several with the same end is the one without a special reader in mind.
    let longest = FORMATS.iter().rev().filter(fits).max_by_key(|format| format.extension.len());
    longest.copied().ok_or_else(|| {
        let known = FORMATS.iter().map(|format| format!(".{}", format.extension)).collect::<Vec<_>>().join(", ");
        Error::input(format!("{}: its end names no format (known: {known}); name one by format=", path.display()))
    })
}

/// A recommendation and how it stands.
#[pyclass(frozen, name = "Judged", module = "cis_aws")]
pub(crate) struct PyJudged {
    report: Arc<Report>,
    index: usize,
}

impl PyJudged {
    fn judged(&self) -> PyResult<&cis_core::Judged> {
        self.report.recommendations.get(self.index).ok_or_else(|| crate::gone("recommendation"))
    }
}

#[pymethods]
impl PyJudged {
    /// Such as ``1.4``.
    #[getter]
    fn id(&self) -> PyResult<&str> {
        Ok(&self.judged()?.id)
    }

    /// The requirement: the same in every version.
    #[getter]
    fn key(&self) -> PyResult<&str> {
        Ok(&self.judged()?.key)
    }

    /// The benchmark's title.
    #[getter]
    fn title(&self) -> PyResult<&str> {
        Ok(&self.judged()?.title)
    }

    /// The section's name.
    #[getter]
    fn section(&self) -> PyResult<&str> {
        Ok(&self.judged()?.section)
    }

    /// The profile: 1 or 2.
    #[getter]
    fn level(&self) -> PyResult<u8> {
        Ok(self.judged()?.level)
    }

    /// ``automated`` or ``manual``.
    #[getter]
    fn assessment(&self) -> PyResult<&'static str> {
        Ok(self.judged()?.assessment.as_str())
    }

    /// The gravest verdict of its findings: fail, unknown, manual, pass, not_applicable. What an exception covers counts as it is.
    #[getter]
    fn status(&self) -> PyResult<&'static str> {
        Ok(self.judged()?.status.as_str())
    }

    /// How many findings have which verdict.
    #[getter]
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::to_python(py, &cis_core::json_value(&self.judged()?.counts), Gaps::Shown)
    }

    /// Its findings.
    #[getter]
    fn findings(&self) -> PyResult<PyFindings> {
        let judged = self.judged()?;
        let ours = |finding: &cis_core::Finding| finding.recommendation.as_deref() == Some(judged.id.as_str());
        Ok(PyFindings::all(Arc::clone(&self.report)).only(ours))
    }

    fn __repr__(&self) -> PyResult<String> {
        let judged = self.judged()?;
        Ok(format!("<{} {}: {}>", judged.id, judged.key, judged.status))
    }
}
