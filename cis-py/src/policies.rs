//! IAM policy documents: `cis_aws.policies`.

use std::sync::Arc;

use cis_aws::policy::{self, Allows, Deciding, Document, Public};
use cis_core::Error;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use crate::convert::{self, Gaps};
use crate::errors;

/// An IAM policy document, understood.
#[pyclass(frozen, name = "Document", module = "cis_aws.policies")]
pub(crate) struct PyDocument(Arc<Document>);

impl PyDocument {
    /// The document that a Python value is: one parsed before, JSON text, or a dict.
    fn of(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(document) = value.cast::<Self>() {
            return Ok(Self(Arc::clone(&document.get().0)));
        }
        let document = match value.cast::<PyString>() {
            Ok(text) => Document::parse(&text.extract::<String>()?),
            Err(_) => Document::from_value(&convert::from_python(value)?),
        };
        document.map(|document| Self(Arc::new(document))).map_err(|error| errors::policy(value.py(), &error))
    }

    fn statement(&self, found: Deciding<'_>) -> PyStatement {
        PyStatement { document: Arc::clone(&self.0), index: found.index }
    }
}

#[pymethods]
impl PyDocument {
    /// The version of the policy language.
    #[getter]
    fn version(&self) -> &'static str {
        self.0.version.as_str()
    }

    /// The document's ``Id``.
    #[getter]
    fn id(&self) -> Option<&str> {
        self.0.id.as_deref()
    }

    /// The statements, in order.
    #[getter]
    fn statements<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let statements = (0..self.0.statements.len())
            .map(|index| Bound::new(py, PyStatement { document: Arc::clone(&self.0), index }));
        PyList::new(py, statements.collect::<PyResult<Vec<_>>>()?)
    }

    /// The document in one normal form: lists everywhere, the version written out.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::to_python(py, &self.0.to_value(), Gaps::Shown)
    }

    fn __repr__(&self) -> String {
        format!("<Document: {} statements>", self.0.statements.len())
    }
}

/// A statement of a policy document.
#[pyclass(frozen, name = "Statement", module = "cis_aws.policies")]
pub(crate) struct PyStatement {
    document: Arc<Document>,
    index: usize,
}

impl PyStatement {
    fn one(&self) -> PyResult<&policy::Statement> {
        self.document.statements.get(self.index).ok_or_else(|| crate::gone("statement"))
    }
}

#[pymethods]
impl PyStatement {
    /// Its place in the document, from 0.
    #[getter]
    fn index(&self) -> usize {
        self.index
    }

    /// Its ``Sid``; None if it has none, or an empty one.
    #[getter]
    fn sid(&self) -> PyResult<Option<&str>> {
        Ok(self.one()?.sid.as_deref().filter(|sid| !sid.is_empty()))
    }

    /// ``Allow`` or ``Deny``.
    #[getter]
    fn effect(&self) -> PyResult<&'static str> {
        Ok(self.one()?.effect.as_str())
    }

    /// Whether it has conditions.
    #[getter]
    fn conditional(&self) -> PyResult<bool> {
        Ok(self.one()?.is_conditional())
    }

    /// The statement in one normal form.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        convert::to_python(py, &self.one()?.to_value(), Gaps::Shown)
    }

    fn __repr__(&self) -> PyResult<String> {
        let named = self.sid()?.map(|sid| format!(" {sid:?}")).unwrap_or_default();
        Ok(format!("<Statement {}{named}: {}>", self.index, self.effect()?))
    }
}

/// Parses a policy document: JSON text, URL-encoded or not, or a dict.
///
/// Raises
/// ------
/// PolicyError
///     It cannot be understood; says where.
///
/// Examples
/// --------
/// >>> from cis_aws import policies
/// >>> policies.parse('{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}').statements
/// [<Statement 0: Allow>]
#[pyfunction]
pub(crate) fn parse_policy(document: &Bound<'_, PyAny>) -> PyResult<PyDocument> {
    PyDocument::of(document)
}

/// The Allow statements that everyone could use, were each alone: the letter of the benchmark.
///
/// Parameters
/// ----------
/// document : str, dict or Document
/// version : str
///     The version of the benchmark: whether a condition such as ``aws:PrincipalOrgID`` closes a statement (from 2.0.0 on).
///
/// Examples
/// --------
/// >>> from cis_aws import policies
/// >>> policy = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*",
/// ...     "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abc"}}}}
/// >>> policies.open_statements(policy), policies.open_statements(policy, version="1.5.0")
/// ([], [<Statement 0: Allow>])
#[pyfunction]
#[pyo3(signature = (document, version="2.0.0"))]
pub(crate) fn open_statements(document: &Bound<'_, PyAny>, version: &str) -> PyResult<Vec<PyStatement>> {
    let py = document.py();
    let benchmark = cis_aws::benchmark(version).map_err(|error| errors::raised(py, error))?;
    // The file says how the version reads it, for the control that asks the same.
    let read = benchmark.by_key("cloudtrail.bucket_not_public");
    let read = read.and_then(|found| found.parameters.get("conditions_restrict")).and_then(serde_json::Value::as_bool);
    let Some(conditions_close) = read else {
        let message = format!("benchmark {version} does not say whether conditions close a statement");
        return Err(errors::raised(py, Error::input(message)));
    };
    let document = PyDocument::of(document)?;
    let open = policy::open_statements(&document.0, conditions_close);
    Ok(open.into_iter().map(|found| document.statement(found)).collect())
}

/// Whether a resource policy lets strangers in: the effect of the whole, Denies included.
///
/// Parameters
/// ----------
/// document : str, dict or Document
/// action, resource : str
///     Of which actions and resources; ``*`` and ``?`` are wildcards. For a bucket ask twice, with its ARN and with ``/*``
///     behind it.
///
/// Examples
/// --------
/// >>> from cis_aws import policies
/// >>> policy = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}}
/// >>> answer = policies.is_public(policy)
/// >>> answer.public, answer.witness
/// (True, 'anyone without credentials, over the internet: s3:getobject on *')
#[pyfunction]
#[pyo3(signature = (document, action="*", resource="*"))]
pub(crate) fn is_public(document: &Bound<'_, PyAny>, action: &str, resource: &str) -> PyResult<PyPublic> {
    let document = PyDocument::of(document)?;
    let answer = document.0.clone();
    let (public, statement, witness, restricted_by) = match policy::is_public(&answer, action, resource) {
        Public::Yes { statement, witness } => (Some(true), Some(statement), Some(witness.to_string()), Vec::new()),
        Public::No { restricted_by } => {
            (Some(false), None, None, restricted_by.into_iter().map(policy::Restriction::as_str).collect())
        }
        Public::NotProven { statement } => (None, Some(statement), None, Vec::new()),
    };
    let statement = statement.map(|found| found.index);
    Ok(PyPublic { document: document.0, public, statement, witness, restricted_by })
}

/// Whether a policy lets strangers in, and by what.
#[pyclass(frozen, name = "Public", module = "cis_aws.policies")]
pub(crate) struct PyPublic {
    document: Arc<Document>,
    /// True, False, or None where it takes more work to tell than is done.
    #[pyo3(get)]
    public: Option<bool>,
    statement: Option<usize>,
    /// A stranger's request that is allowed.
    #[pyo3(get)]
    witness: Option<String>,
    restricted_by: Vec<&'static str>,
}

#[pymethods]
impl PyPublic {
    /// The Allow that lets them in, or of which it is not known.
    #[getter]
    fn statement(&self) -> Option<PyStatement> {
        self.statement.map(|index| PyStatement { document: Arc::clone(&self.document), index })
    }

    /// What keeps strangers out: ``org``, ``account``, ``network``, ``service``.
    #[getter]
    fn restricted_by(&self) -> Vec<&'static str> {
        self.restricted_by.clone()
    }

    fn __repr__(&self) -> String {
        let said = match self.public {
            Some(true) => "True",
            Some(false) => "False",
            None => "None",
        };
        format!("<Public: {said}>")
    }
}

/// The statement that allows every action on every resource; None if there is none.
///
/// Examples
/// --------
/// >>> from cis_aws import policies
/// >>> policies.grants_full_admin({"Statement": {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}})
/// <Statement 0 "All": Allow>
#[pyfunction]
pub(crate) fn grants_full_admin(document: &Bound<'_, PyAny>) -> PyResult<Option<PyStatement>> {
    let document = PyDocument::of(document)?;
    Ok(policy::full_admin(&document.0).map(|found| document.statement(found)))
}

/// The statement that allows nearly everything, in a document that does not grant full administration; None if there is none.
#[pyfunction]
pub(crate) fn grants_near_admin(document: &Bound<'_, PyAny>) -> PyResult<Option<PyStatement>> {
    let document = PyDocument::of(document)?;
    Ok(policy::near_admin(&document.0).map(|found| document.statement(found)))
}

/// Whether an identity policy allows an action on a resource: ``yes``, ``no`` or ``conditional``, with the statement that
/// decides.
///
/// Examples
/// --------
/// >>> from cis_aws import policies
/// >>> policies.allows({"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}, "s3:GetObject", "*")
/// ('yes', <Statement 0: Allow>)
#[pyfunction]
pub(crate) fn allows(
    document: &Bound<'_, PyAny>,
    action: &str,
    resource: &str,
) -> PyResult<(&'static str, Option<PyStatement>)> {
    let document = PyDocument::of(document)?;
    let answer = policy::allows(&document.0, action, resource);
    let said = match answer {
        Allows::Yes(_) => "yes",
        Allows::Conditional(_) => "conditional",
        Allows::No(_) => "no",
    };
    Ok((said, answer.statement().map(|found| document.statement(found))))
}

/// Whether a bucket policy denies everyone every S3 action over plain HTTP.
///
/// Parameters
/// ----------
/// document : str, dict or Document
/// bucket : str
///     The bucket's ARN, or its name in the partition ``aws``.
///
/// Examples
/// --------
/// >>> from cis_aws import policies
/// >>> policy = {"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*",
/// ...     "Condition": {"Bool": {"aws:SecureTransport": False}}}}
/// >>> denied = policies.denies_plain_http(policy, "b")
/// >>> denied.objects, denied.bucket, bool(denied)
/// (True, False, False)
#[pyfunction]
pub(crate) fn denies_plain_http(document: &Bound<'_, PyAny>, bucket: &str) -> PyResult<PyPlainHttpDenied> {
    let document = PyDocument::of(document)?;
    let arn = if bucket.starts_with("arn:") { bucket.to_owned() } else { format!("arn:aws:s3:::{bucket}") };
    let denied = policy::denies_plain_http(&document.0, &arn);
    let statements = denied.statements.iter().map(|found| found.index).collect();
    Ok(PyPlainHttpDenied { bucket: denied.bucket, objects: denied.objects, statements, document: document.0.clone() })
}

/// For what of a bucket requests over plain HTTP are denied. True where it is for both.
#[pyclass(frozen, name = "PlainHttpDenied", module = "cis_aws.policies")]
pub(crate) struct PyPlainHttpDenied {
    document: Arc<Document>,
    /// Whether they are for the bucket itself.
    #[pyo3(get)]
    bucket: bool,
    /// Whether they are for all its objects.
    #[pyo3(get)]
    objects: bool,
    statements: Vec<usize>,
}

#[pymethods]
impl PyPlainHttpDenied {
    /// The statements that do it, in order.
    #[getter]
    fn statements(&self) -> Vec<PyStatement> {
        let statement = |&index: &usize| PyStatement { document: Arc::clone(&self.document), index };
        self.statements.iter().map(statement).collect()
    }

    fn __bool__(&self) -> bool {
        self.bucket && self.objects
    }

    fn __repr__(&self) -> String {
        format!("<PlainHttpDenied: bucket {}, objects {}>", self.bucket, self.objects)
    }
}
