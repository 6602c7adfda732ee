//! The live account, with credentials from a boto3 session where one is given.

use cis_core::{DataSource, Error};
use pyo3::prelude::*;

use crate::errors;

/// How to reach the account, as Python says it.
#[derive(Debug)]
#[cfg_attr(not(feature = "live"), allow(dead_code, reason = "told in every build, used with a live source"))]
pub(crate) struct Live {
    session: Option<Py<PyAny>>,
    /// What the session says. Regions that a scan is of alone may lie in another partition, and what the caller says wins over
    /// both.
    session_region: Option<String>,
    profile: Option<String>,
    region: Option<String>,
    role_arn: Option<String>,
    external_id: Option<String>,
    role_session_name: Option<String>,
    endpoint_url: Option<String>,
    fips: Option<bool>,
    dual_stack: Option<bool>,
    max_attempts: u32,
}

/// The account that the AWS credentials belong to; reads only.
///
/// Parameters
/// ----------
/// session : boto3.Session, optional
///     Where credentials come from, fetched again before they expire, and the region to begin in. Without it the usual
///     chain: environment, profile, SSO, container, instance.
/// profile : str, optional
///     A profile of the AWS configuration; not with a session.
/// region : str, optional
///     The region to begin in: it names the partition. By default one of the scan's ``regions`` where they lie outside the
///     partition ``aws``, else the session's, or that of the environment or profile.
/// role_arn : str, optional
///     A role to assume; the account that is read is the role's.
/// external_id : str, optional
///     What the role's trust policy asks for.
/// role_session_name : str, optional
///     By default ``cis-aws``.
/// endpoint_url : str, optional
///     Sends every call to this endpoint, such as that of a local stand-in for AWS.
/// fips, dual_stack : bool, optional
///     Which endpoints to use; by default what the environment and the profile say.
/// max_attempts : int
///     How often a call is tried that was throttled or timed out.
///
/// Raises
/// ------
/// InputError
///     Arguments that do not go together.
/// SourceError
///     This build of the package has no live source.
#[pyclass(frozen, name = "LiveSource", module = "cis_aws")]
pub(crate) struct PyLiveSource(Live);

#[pymethods]
impl PyLiveSource {
    #[new]
    #[pyo3(signature = (
        session=None, profile=None, region=None, role_arn=None, external_id=None, endpoint_url=None, *,
        role_session_name=None, fips=None, dual_stack=None, max_attempts=5
    ))]
    #[allow(clippy::too_many_arguments, reason = "each is a keyword of its own in Python")]
    fn new(
        py: Python<'_>,
        session: Option<Py<PyAny>>,
        profile: Option<String>,
        region: Option<String>,
        role_arn: Option<String>,
        external_id: Option<String>,
        endpoint_url: Option<String>,
        role_session_name: Option<String>,
        fips: Option<bool>,
        dual_stack: Option<bool>,
        max_attempts: i64,
    ) -> PyResult<Self> {
        let invalid = |message: &str| Err(errors::raised(py, Error::input(message)));
        if cfg!(not(feature = "live")) {
            let message = "this build of cis_aws has no live source; build one that has: `pip install ./cis-py`";
            return Err(errors::raised(py, Error::source_failed(message)));
        }
        if session.is_some() && profile.is_some() {
            return invalid("a session and a profile are given; make the session with the profile");
        }
        if role_arn.is_none() && (external_id.is_some() || role_session_name.is_some()) {
            return invalid("external_id and role_session_name are of a role; give role_arn, too");
        }
        let Some(max_attempts) = u32::try_from(max_attempts).ok().filter(|attempts| *attempts > 0) else {
            return invalid(&format!("max_attempts {max_attempts} is not valid (expected 1 or more)"));
        };
        let session_region = match &session {
            Some(session) => session.bind(py).getattr("region_name")?.extract()?,
            None => None,
        };
        Ok(Self(Live {
            session,
            session_region,
            profile,
            region,
            role_arn,
            external_id,
            role_session_name,
            endpoint_url,
            fips,
            dual_stack,
            max_attempts,
        }))
    }

    fn __repr__(&self) -> String {
        let Live { profile, region, session_region, role_arn, endpoint_url, session, .. } = &self.0;
        let text = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("{name}={value:?}"));
        let shown = [
            session.as_ref().map(|_| "session=...".to_owned()),
            text("profile", profile),
            text("region", if region.is_some() { region } else { session_region }),
            text("role_arn", role_arn),
            text("endpoint_url", endpoint_url),
        ];
        format!("LiveSource({})", shown.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

impl PyLiveSource {
    pub(crate) fn live(&self, py: Python<'_>) -> Live {
        Live {
            session: self.0.session.as_ref().map(|session| session.clone_ref(py)),
            session_region: self.0.session_region.clone(),
            profile: self.0.profile.clone(),
            region: self.0.region.clone(),
            role_arn: self.0.role_arn.clone(),
            external_id: self.0.external_id.clone(),
            role_session_name: self.0.role_session_name.clone(),
            endpoint_url: self.0.endpoint_url.clone(),
            ..self.0
        }
    }
}

#[cfg(not(feature = "live"))]
impl Live {
    #[allow(clippy::unused_async, reason = "as the one with a live source")]
    pub(crate) async fn connect(&self, _: &[String]) -> Result<Box<dyn DataSource>, Error> {
        Err(Error::source_failed("this build of cis_aws has no live source"))
    }
}

#[cfg(feature = "live")]
impl Live {
    /// The account that the credentials belong to.
    pub(crate) async fn connect(&self, regions: &[String]) -> Result<Box<dyn DataSource>, Error> {
        use cis_aws::sources::live::{LiveConfig, LiveSource, Role};
        let credentials = self.session.as_ref().map(session::credentials).transpose()?;
        let config = LiveConfig {
            endpoint_url: self.endpoint_url.clone(),
            region: self.region.clone(),
            profile: self.profile.clone(),
            credentials,
            role: self.role_arn.clone().map(|arn| Role {
                arn,
                external_id: self.external_id.clone(),
                session_name: self.role_session_name.clone(),
            }),
            fips: self.fips,
            dual_stack: self.dual_stack,
            max_attempts: self.max_attempts,
            ..LiveConfig::default()
        }
        .for_regions(regions);
        let region = config.region.or_else(|| self.session_region.clone());
        Ok(Box::new(LiveSource::connect(LiveConfig { region, ..config }).await?))
    }
}

#[cfg(feature = "live")]
mod session {
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use aws_credential_types::Credentials;
    use aws_credential_types::provider::error::CredentialsError;
    use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
    use cis_core::Error;
    use pyo3::prelude::*;
    use pyo3::types::PyTuple;

    use crate::threads;

    /// How long credentials of a session are used before the session is asked again. botocore renews what expires ten
    /// minutes before it does, when it is asked.
    const FRESH: Duration = Duration::from_mins(4);

    /// The credentials of a boto3 session, asked for again and again.
    struct Session(Arc<Py<PyAny>>);

    impl std::fmt::Debug for Session {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Session(boto3)")
        }
    }

    pub(super) fn credentials(session: &Py<PyAny>) -> Result<SharedCredentialsProvider, Error> {
        let session = threads::attached(|py| session.clone_ref(py));
        let session = session.ok_or_else(|| Error::source_failed(threads::ENDS))?;
        Ok(SharedCredentialsProvider::new(Session(Arc::new(session))))
    }

    impl ProvideCredentials for Session {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let session = Arc::clone(&self.0);
            future::ProvideCredentials::new(async move {
                let asked = threads::awaited(
                    move |py| {
                        let ask = py.import("cis_aws._sources")?.getattr("credentials")?;
                        Ok((ask, PyTuple::new(py, [session.bind(py)])?))
                    },
                    |answer| -> PyResult<Option<(String, String, Option<String>)>> { answer?.extract() },
                );
                match asked.await {
                    Some(Ok(Some((id, secret, token)))) => Ok(held(id, secret, token)),
                    Some(Ok(None)) => Err(CredentialsError::not_loaded("the boto3 session has no credentials")),
                    Some(Err(error)) => Err(CredentialsError::provider_error(error)),
                    None => Err(CredentialsError::not_loaded(threads::ENDS)),
                }
            })
        }
    }

    fn held(id: String, secret: String, token: Option<String>) -> Credentials {
        Credentials::new(id, secret, token, Some(SystemTime::now() + FRESH), "boto3.Session")
    }
}
