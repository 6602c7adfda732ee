//! The native part of the Python package `cis_aws`: classes and functions over `cis-core` and `cis-aws`, and no logic of its
//! own.

mod arrow;
mod benchmark;
mod checks;
mod convert;
mod errors;
mod finding;
mod findings;
mod live;
mod locale;
mod logging;
mod patterns;
mod policies;
mod python_source;
mod remediation;
mod report;
mod review;
mod scan;
mod sources;
mod threads;

use std::ffi::OsString;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

// A scan runs on a thread of its own. For such a thread glibc takes memory from the system a page at a time, and locks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a Python object points to is not there: nothing that a caller can bring about.
fn gone(what: &str) -> PyErr {
    PyRuntimeError::new_err(format!("the {what} is not there: please report it"))
}

/// Runs the command line, whose first argument is the program's name. Gives the exit code.
#[pyfunction]
fn main(py: Python<'_>, args: Vec<OsString>) -> u8 {
    py.detach(|| cis_aws::cli::main(args)).code()
}

/// The native part of `cis_aws`.
#[pymodule]
mod _native {
    use super::{Bound, PyModule, PyModuleMethods, PyResult};

    #[pymodule_export]
    use super::benchmark::{PyBenchmark, PyChange, PyRecommendation, benchmarks, changes, explain};
    #[pymodule_export]
    use super::checks::{PyRawFacts, PyRawRows, datasets};
    #[pymodule_export]
    use super::errors::{gap_denied_by, gap_text};
    #[pymodule_export]
    use super::finding::{PyEvidence, PyFinding, PyRemediation};
    #[pymodule_export]
    use super::findings::{PyFindingIterator, PyFindings};
    #[pymodule_export]
    use super::live::PyLiveSource;
    #[pymodule_export]
    use super::locale::PyLocale;
    #[pymodule_export]
    use super::main;
    #[pymodule_export]
    use super::python_source::{PyPlace, PyRequest};
    #[pymodule_export]
    use super::report::{PyJudged, PyReport};
    #[pymodule_export]
    use super::review::{PyComparison, PyDifference, compare};
    #[pymodule_export]
    use super::scan::{Running, start};
    #[pymodule_export]
    use super::sources::{PyDemoSource, PyRoute, PySnapshotSource};

    #[pymodule_export]
    use super::patterns::{PyCoverage, PyPattern, covers, matches, parse_pattern};
    #[pymodule_export]
    use super::policies::{
        PyDocument, PyPlainHttpDenied, PyPublic, PyStatement, allows, denies_plain_http, grants_full_admin,
        grants_near_admin, is_public, open_statements, parse_policy,
    };

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::logging::install();
        super::threads::install(module.py())?;
        module.add("FORMATS", super::report::formats())?;
        module.add("LOCALES", cis_core::Locale::TAGS.to_vec())?;
        module.add("HAS_LIVE_SOURCE", cfg!(feature = "live"))?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
