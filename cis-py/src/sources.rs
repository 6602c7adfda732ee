//! The sources that Python knows, as data sources: the embedded account, snapshots, the live account, those written in
//! Python, and several joined by dataset.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use cis_aws::sources::SnapshotSource;
use cis_core::layer::Route;
use cis_core::{Collection, Coverage, DataSource, Error, Request, Table};
use jiff::Timestamp;
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::convert;
use crate::errors;
use crate::live::{Live, PyLiveSource};
use crate::python_source::PythonSource;

/// A source that a scan can be given.
pub(crate) enum Source {
    Snapshot(Arc<SnapshotSource>),
    Live(Box<Live>),
    Python(PythonSource),
    Routed(Box<Source>, Vec<(String, Source)>),
}

impl Source {
    /// The source that a Python value is.
    pub(crate) fn of(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(demo) = value.cast::<PyDemoSource>() {
            return Ok(Self::Snapshot(Arc::clone(&demo.get().source)));
        }
        if let Ok(snapshot) = value.cast::<PySnapshotSource>() {
            return Ok(Self::Snapshot(Arc::clone(&snapshot.get().source)));
        }
        if let Ok(live) = value.cast::<PyLiveSource>() {
            return Ok(Self::Live(Box::new(live.get().live(value.py()))));
        }
        if let Ok(route) = value.cast::<PyRoute>() {
            let PyRoute { source, routes } = route.get();
            let routes =
                routes.iter().map(|(pattern, source)| Ok((pattern.clone(), Self::of(source.bind(value.py()))?)));
            return Ok(Self::Routed(Box::new(Self::of(source.bind(value.py()))?), routes.collect::<PyResult<_>>()?));
        }
        PythonSource::new(value).map(Self::Python)
    }

    /// Whether the AWS SDK, which wants threads, has a part in it.
    pub(crate) fn is_live(&self) -> bool {
        match self {
            Self::Live(_) => true,
            Self::Snapshot(_) | Self::Python(_) => false,
            Self::Routed(source, routes) => source.is_live() || routes.iter().any(|(_, source)| source.is_live()),
        }
    }

    /// Whether it tells of now, unless it says otherwise.
    pub(crate) fn is_of_now(&self) -> bool {
        match self {
            Self::Live(_) | Self::Python(_) => true,
            Self::Snapshot(_) => false,
            Self::Routed(source, _) => source.is_of_now(),
        }
    }

    /// Makes it ready to be read. Regions that the caller names are read also where the account's could not be listed.
    pub(crate) async fn open(&self, regions: &[String]) -> Result<Box<dyn DataSource>, Error> {
        Ok(match self {
            Self::Snapshot(source) => Box::new(Arc::clone(source)),
            Self::Live(live) => live.connect(regions).await?,
            Self::Python(source) => Box::new(source.clone()),
            Self::Routed(source, routes) => {
                let mut all = Route::new(Box::pin(source.open(regions)).await?);
                for (pattern, source) in routes {
                    all = all.to(pattern, Box::pin(source.open(regions)).await?);
                }
                Box::new(all)
            }
        })
    }

    /// The scan is over: whatever still runs for it in Python is told so.
    pub(crate) fn close(&self) {
        match self {
            Self::Snapshot(_) | Self::Live(_) => {}
            Self::Python(source) => source.close(),
            Self::Routed(source, routes) => {
                source.close();
                for (_, source) in routes {
                    source.close();
                }
            }
        }
    }
}

/// A source that was asked for its coverage: it is not asked twice.
pub(crate) struct Covered<S> {
    inner: S,
    coverage: Coverage,
}

impl<S> Covered<S> {
    pub(crate) fn new(inner: S, coverage: Coverage) -> Self {
        Self { inner, coverage }
    }

    pub(crate) fn as_of(&self) -> Option<Timestamp> {
        self.coverage.as_of
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: DataSource> DataSource for Covered<S> {
    async fn coverage(&self) -> Result<Coverage, Error> {
        Ok(self.coverage.clone())
    }

    async fn fetch(&self, request: &Request) -> Table {
        self.inner.fetch(request).await
    }

    fn collection(&self) -> Option<Collection> {
        self.inner.collection()
    }
}

/// The demo account that the package carries: invented, and the same in every scan.
///
/// Examples
/// --------
/// >>> import cis_aws
/// >>> cis_aws.DemoSource().account_id
/// '123456789012'
#[pyclass(frozen, name = "DemoSource", module = "cis_aws")]
pub(crate) struct PyDemoSource {
    source: Arc<SnapshotSource>,
}

#[pymethods]
impl PyDemoSource {
    #[new]
    fn new(py: Python<'_>) -> PyResult<Self> {
        let source = cis_aws::sources::demo().map_err(|error| errors::raised(py, error))?;
        Ok(Self { source: Arc::new(source) })
    }

    /// The 12-digit id of the account.
    #[getter]
    fn account_id(&self) -> &str {
        &self.source.manifest().account_id
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyType>, ()) {
        (slf.get_type(), ())
    }

    #[allow(clippy::unused_self, reason = "Python asks an object")]
    fn __repr__(&self) -> &'static str {
        "DemoSource()"
    }
}

/// What was read of an account earlier: a folder, or one ``.tar.gz`` of it.
///
/// Parameters
/// ----------
/// path : str or os.PathLike
///     The folder, or the file.
///
/// Raises
/// ------
/// DocumentError
///     Nothing is there, or it is no snapshot.
///
/// Examples
/// --------
/// >>> import cis_aws
/// >>> cis_aws.SnapshotSource("nowhere")
/// Traceback (most recent call last):
///     ...
/// cis_aws.DocumentError: nowhere: there is nothing; name the folder of a snapshot, or its .tar.gz
#[pyclass(frozen, name = "SnapshotSource", module = "cis_aws")]
pub(crate) struct PySnapshotSource {
    source: Arc<SnapshotSource>,
    path: PathBuf,
}

#[pymethods]
impl PySnapshotSource {
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let source = py.detach(|| SnapshotSource::open(&path)).map_err(|error| errors::raised(py, error))?;
        Ok(Self { source: Arc::new(source), path })
    }

    /// The 12-digit id of the account.
    #[getter]
    fn account_id(&self) -> &str {
        &self.source.manifest().account_id
    }

    /// The moment that it has recorded to be judged at, in UTC; None if it has none.
    #[getter]
    fn as_of<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, pyo3::types::PyDateTime>>> {
        self.source.manifest().as_of.map(|as_of| convert::moment_to_python(py, as_of)).transpose()
    }

    /// For pickle: opened again where it arrives.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyType>, (PathBuf,)) {
        (slf.get_type(), (slf.get().path.clone(),))
    }

    fn __repr__(&self) -> String {
        format!("SnapshotSource({:?})", self.path.display().to_string())
    }
}

/// Sends datasets by name to other sources: the home of a dataset of one's own beside the account's.
///
/// Parameters
/// ----------
/// source
///     Answers for the account, and for every dataset that no route names.
/// routes : dict
///     Sources by the name of a dataset; ``*`` and ``?`` are wildcards; the first match decides.
#[pyclass(frozen, name = "Route", module = "cis_aws")]
pub(crate) struct PyRoute {
    source: Py<PyAny>,
    routes: Vec<(String, Py<PyAny>)>,
}

#[pymethods]
impl PyRoute {
    #[new]
    fn new(source: Py<PyAny>, routes: &Bound<'_, pyo3::types::PyDict>) -> PyResult<Self> {
        let routes = routes.iter().map(|(pattern, source)| Ok((pattern.extract()?, source.unbind())));
        Ok(Self { source, routes: routes.collect::<PyResult<_>>()? })
    }

    fn __repr__(&self) -> String {
        let patterns: Vec<_> = self.routes.iter().map(|(pattern, _)| pattern).collect();
        format!("Route({}, {patterns:?})", self.source)
    }
}
