//! The language that a report is written in.

use std::borrow::Cow;

use cis_core::{Error, Locale, Message};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::Map;

use crate::convert;
use crate::errors;
use crate::finding::{PyFinding, PyRemediation};

/// The language with this tag, with all that the package says in it.
pub(crate) fn locale(tag: &str) -> Result<Locale, Error> {
    let locale = cis_aws::locale(tag)?;
    if tag == "en" { Ok(locale) } else { locale.with_messages("python.ftl", include_str!("../locales/ja/python.ftl")) }
}

/// What a caller names a language by: its tag, or a `Locale`; else the one that is there.
pub(crate) fn given(wanted: Option<&Bound<'_, PyAny>>, there: &Locale) -> PyResult<Locale> {
    let Some(wanted) = wanted else { return Ok(there.clone()) };
    if let Ok(locale) = wanted.cast::<PyLocale>() {
        return Ok(locale.get().0.clone());
    }
    let Ok(tag) = wanted.extract::<Cow<'_, str>>() else {
        return Err(PyTypeError::new_err("a locale is a tag such as \"ja\", or a cis_aws.Locale"));
    };
    locale(&tag).map_err(|error| errors::raised(wanted.py(), error))
}

/// The language that a report is written in.
///
/// Parameters
/// ----------
/// tag : str
///     One of `cis_aws.LOCALES`: ``en``, ``ja``.
///
/// Raises
/// ------
/// InputError
///     The language is not known.
///
/// Examples
/// --------
/// >>> import cis_aws
/// >>> japanese = cis_aws.Locale("ja")
/// >>> report = cis_aws.scan(cis_aws.DemoSource(), select=["1.8"], progress=False)
/// >>> japanese.message(report.findings[0])
/// 'パスワードの最小文字数が 12 文字です。14 文字以上を必須にする必要があります。'
/// >>> japanese.title(report.recommendations[0].title)
/// 'IAM パスワードポリシーで 14 文字以上を必須にする'
#[pyclass(frozen, name = "Locale", module = "cis_aws")]
pub(crate) struct PyLocale(pub(crate) Locale);

#[pymethods]
impl PyLocale {
    #[new]
    fn new(py: Python<'_>, tag: &str) -> PyResult<Self> {
        locale(tag).map(Self).map_err(|error| errors::raised(py, error))
    }

    /// The BCP 47 tag, such as ``ja``.
    #[getter]
    fn tag(&self) -> &str {
        self.0.tag()
    }

    /// The same language with more messages, such as those of your own checks: the text of a Fluent file
    /// (https://projectfluent.org), each message by its English template in kebab case.
    ///
    /// Parameters
    /// ----------
    /// file : str
    ///     The file's name, for errors.
    /// fluent : str
    ///     Its text.
    ///
    /// Raises
    /// ------
    /// DocumentError
    ///     It is not Fluent.
    /// InputError
    ///     The language is English, whose words are the templates.
    ///
    /// Examples
    /// --------
    /// >>> import cis_aws
    /// >>> acme = cis_aws.Locale("ja").with_messages("acme.ftl", "the-badge-of-name-expired = { $name } のバッジは期限切れです。")
    /// >>> acme.text("The badge of {name} expired.", name="ann")
    /// 'ann のバッジは期限切れです。'
    fn with_messages(&self, py: Python<'_>, file: &str, fluent: &str) -> PyResult<Self> {
        self.0.clone().with_messages(file, fluent).map(Self).map_err(|error| errors::raised(py, error))
    }

    /// A message in this language; in English where it is not known.
    ///
    /// Parameters
    /// ----------
    /// template : str
    ///     The English template, with ``{name}`` for each value.
    /// **values
    ///     The values.
    #[pyo3(signature = (template, /, **values))]
    fn text(&self, template: &str, values: Option<&Bound<'_, PyDict>>) -> PyResult<String> {
        let mut all = Map::new();
        for (name, value) in values.into_iter().flatten() {
            all.insert(name.extract()?, convert::from_python(&value)?);
        }
        Ok(self.0.text(&Message::with_values(template.to_owned(), all)))
    }

    /// The title of a recommendation, by the English one.
    fn title(&self, english: &str) -> String {
        self.0.title(english).to_owned()
    }

    /// The message of a finding.
    fn message(&self, finding: &PyFinding) -> PyResult<String> {
        finding.message_in(&self.0)
    }

    /// How to put a finding right, in words of this language; commands and configuration are the same in each. None as in
    /// `Finding.remediation`.
    ///
    /// Examples
    /// --------
    /// >>> import cis_aws
    /// >>> report = cis_aws.scan(cis_aws.DemoSource(), select="2.1.4", progress=False)
    /// >>> fix = cis_aws.Locale("ja").remediation(report.findings.filter(status="fail")[0])
    /// >>> print(fix.cautions[0][1])
    /// 公開の ACL やポリシーを使ってバケットを読み取っている利用者はアクセスできなくなります。
    fn remediation(&self, finding: &PyFinding) -> PyResult<Option<PyRemediation>> {
        finding.remediation_in(&self.0)
    }

    /// What a `Gap` says.
    fn gap(&self, gap: &Bound<'_, PyAny>) -> PyResult<String> {
        match errors::gap_from_python(gap)? {
            Some(gap) => Ok(self.0.gap(&gap)),
            None => Err(PyTypeError::new_err("it is no Gap")),
        }
    }

    fn __repr__(&self) -> String {
        format!("<Locale: {}>", self.0.tag())
    }
}
