//! From an error of the SDK to the gap that says what could not be read, and why.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use cis_core::{DatasetInfo, Gap, GapKind, gap_text};

use super::guard::Malformed;

/// What is being called, for the gap if it fails.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    /// The dataset that is read.
    pub(super) info: &'a DatasetInfo,
    /// One of its operations.
    pub(super) operation: &'static str,
    /// The region, where the operation is one per region.
    pub(super) region: Option<&'a str>,
    /// Whether that is another region than the one where the credentials are known to work.
    pub(super) elsewhere: bool,
}

impl<'a> Call<'a> {
    /// A call for what an account has once.
    pub(super) fn global(info: &'a DatasetInfo, operation: &'static str) -> Self {
        Self { info, operation, region: None, elsewhere: false }
    }

    /// A gap of a kind.
    pub(super) fn gap(&self, kind: GapKind, message: impl Into<String>) -> Gap {
        let mut gap = self.info.gap(kind, message).operation(self.operation);
        // The dataset is the one place that knows the IAM action of an operation.
        if let Some((_, action)) = self.info.operations().find(|(name, _)| *name == self.operation) {
            gap = gap.action(action);
        }
        match self.region {
            Some(region) => gap.region(region),
            None => gap,
        }
    }

    /// The gap of an answer that came and could not be understood.
    pub(super) fn malformed(&self, message: impl Into<String>) -> Gap {
        self.gap(GapKind::Malformed, message)
    }

    /// The gap of a call that failed.
    pub(super) fn failed<E>(&self, error: &SdkError<E, HttpResponse>) -> Gap
    where
        E: StdError + ProvideErrorMetadata + 'static,
    {
        let Failure { kind, code, message } = failure(error, self.elsewhere);
        let gap = self.gap(kind, message);
        match code {
            Some(code) => gap.code(code),
            None => gap,
        }
    }
}

/// What an error of the SDK comes down to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) kind: GapKind,
    pub(super) code: Option<String>,
    pub(super) message: String,
}

/// What an error of the SDK comes down to. `elsewhere`: in another region than the one where the credentials work.
pub(super) fn failure<E>(error: &SdkError<E, HttpResponse>, elsewhere: bool) -> Failure
where
    E: StdError + ProvideErrorMetadata + 'static,
{
    let of = |kind, message| Failure { kind, code: None, message };
    match error {
        SdkError::TimeoutError(_) => of(GapKind::Unreachable, gap_text!("no answer came in time")),
        SdkError::ConstructionFailure(_) => of(GapKind::Failed, cause(error)),
        SdkError::DispatchFailure(_) => {
            match caused_by::<CredentialsError>(error) {
                // What follows is a list of everything that nobody has set up.
                Some(CredentialsError::CredentialsNotLoaded(_)) => {
                    of(GapKind::ExpiredCredentials, gap_text!("no credentials were found"))
                }
                Some(credentials) => of(GapKind::ExpiredCredentials, chain(credentials)),
                None => of(GapKind::Unreachable, cause(error)),
            }
        }
        SdkError::ResponseError(_) => match caused_by::<Malformed>(error) {
            Some(malformed) => of(GapKind::Malformed, malformed.to_string()),
            None => of(GapKind::Unreachable, gap_text!("the answer broke off: {why}", why = cause(error))),
        },
        _ => {
            let status = error.raw_response().map(|response| response.status().as_u16());
            let code = error.code().map(str::to_owned);
            let kind = classify(code.as_deref(), status, elsewhere);
            let message = match (&code, status) {
                (Some(code), _) => said(code, error.message()),
                (None, Some(status)) if (200..300).contains(&status) => {
                    gap_text!("the answer could not be understood: {why}", why = not_understood(&cause(error)))
                }
                (None, Some(status)) => gap_text!("the answer has status {status} and no error code"),
                (None, None) => gap_text!("the answer has no error code"),
            };
            Failure { kind, code, message }
        }
    }
}

/// The service's own words, less what has no place in a report.
fn said(code: &str, message: Option<&str>) -> String {
    // These messages quote the signed request, and with it the session token.
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
    if matches!(code, "SignatureDoesNotMatch" | "InvalidSignatureException" | "IncompleteSignature") {
        return gap_text!("the signature of the request does not match");
    }
    // EC2 adds a blob that differs in every answer and only `sts:DecodeAuthorizationMessage` can read.
    let message = message.unwrap_or_default();
    let words = message.split("Encoded authorization failure message").next().unwrap_or_default();
    without_values(words.trim())
}

/// A service's message without the values that it refuses, which may be an external id or a token: `1 validation error
/// detected: Value '..' at 'externalId' failed to satisfy constraint`.
fn without_values(message: &str) -> String {
    let mut parts = message.split("Value '");
    let mut words = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // The last end there is: the value itself may look like one.
        match part.rsplit_once("' at '") {
            Some((_, rest)) => words.extend(["Value at '", rest]),
            None => words.push_str("Value"),
        }
    }
    words
}

/// The kind of a gap by error code and status.
pub(super) fn classify(code: Option<&str>, status: Option<u16>, elsewhere: bool) -> GapKind {
    match (code.unwrap_or_default(), status) {
        (
            "AccessDenied"
            | "AccessDeniedException"
            | "AccessDeniedForDependencyException"
            | "AllAccessDisabled"
            | "AuthorizationError"
            | "AuthorizationErrorException"
            | "MethodNotAllowed"
            | "NotAuthorized"
            | "UnauthorizedOperation",
            _,
        )
        | ("", Some(403)) => GapKind::Denied,
        (
            "BandwidthLimitExceeded"
            | "EC2ThrottledException"
            // Of the reads here only `GenerateCredentialReport` answers so, and means: not so often.
            | "LimitExceeded"
            | "PriorRequestNotComplete"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "SlowDown"
            | "ThrottledException"
            | "Throttling"
            | "ThrottlingException"
            | "TooManyRequestsException",
            _,
        )
        | (_, Some(429)) => GapKind::Throttled,
        ("ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "TokenRefreshRequired", _) => {
            GapKind::ExpiredCredentials
        }
        ("OptInRequired", _) => GapKind::NotOptedIn,
        // Tokens of the global STS endpoint are not valid in regions that need an opt-in. Where the credentials worked a
        // moment ago, the same codes say that they no longer do.
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html
        ("AuthFailure" | "InvalidClientTokenId" | "UnrecognizedClientException", _) if elsewhere => GapKind::NotOptedIn,
        ("AuthFailure" | "InvalidClientTokenId" | "UnrecognizedClientException", _) => GapKind::ExpiredCredentials,
        (_, Some(500..)) => GapKind::Unreachable,
        ("", _) => GapKind::Malformed,
        _ => GapKind::Failed,
    }
}

/// The first cause of a type.
fn caused_by<'e, C: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e C> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

fn causes<'e>(error: &'e (dyn StdError + 'static)) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// What an error of the SDK's own says, down to its cause, in one line. For errors that hold no answer of a service.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in causes(error) {
        // A credential process may write anything to its standard error, secrets too.
        let text = cause.to_string();
        let text = text.split("Stderr:").next().unwrap_or_default();
        let line = without_values(&text.split_whitespace().collect::<Vec<_>>().join(" "));
        // Many causes repeat the one below.
        if !line.is_empty() && !parts.iter().any(|part| part.contains(&line)) {
            parts.push(line);
        }
    }
    parts.join(": ")
}

/// What was wrong with an answer, in our words where the SDK takes the answer of something that is not AWS (a proxy's page,
/// say) for a bug of its own.
fn not_understood(cause: &str) -> String {
    let (_, wrong) = cause.rsplit_once("invalid XML root: expected ").unwrap_or_default();
    match wrong.split_once(" but got ") {
        Some((root, _)) => gap_text!("its root is not {root}; look at what stands between here and AWS"),
        None => cause.replace(" This is likely a bug in the SDK.", ""),
    }
}

/// The same of an error whose own words only say at which step it was met.
fn cause(error: &(dyn StdError + 'static)) -> String {
    error.source().map_or_else(|| error.to_string(), chain)
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_runtime_api::http::{Response, StatusCode};
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;
    use cis_core::DeniedBy;

    use super::*;
    use crate::datasets::iam::{CredentialReports, UnlistedPolicies};

    type Error = SdkError<ErrorMetadata, HttpResponse>;

    fn response(status: u16) -> HttpResponse {
        Response::new(StatusCode::try_from(status).unwrap(), SdkBody::from("token=secret"))
    }

    fn service(status: u16, code: &str, message: &str) -> Error {
        let mut error = ErrorMetadata::builder();
        if !code.is_empty() {
            error = error.code(code).message(message);
        }
        SdkError::service_error(error.build(), response(status))
    }

    #[test]
    fn every_code_has_its_kind() {
        use GapKind::{Denied, ExpiredCredentials, Failed, Malformed, NotOptedIn, Throttled, Unreachable};
        // Status, code, kind where the credentials are known to work, kind in another region.
        let cases = [
            (403, "AccessDenied", Denied, Denied),
            (400, "AccessDeniedException", Denied, Denied),
            (403, "UnauthorizedOperation", Denied, Denied),
            (403, "AllAccessDisabled", Denied, Denied),
            (405, "MethodNotAllowed", Denied, Denied),
            (403, "AuthorizationError", Denied, Denied),
            (403, "", Denied, Denied),
            (401, "AuthFailure", ExpiredCredentials, NotOptedIn),
            (403, "InvalidClientTokenId", ExpiredCredentials, NotOptedIn),
            (403, "UnrecognizedClientException", ExpiredCredentials, NotOptedIn),
            (403, "OptInRequired", NotOptedIn, NotOptedIn),
            (403, "ExpiredToken", ExpiredCredentials, ExpiredCredentials),
            (400, "ExpiredTokenException", ExpiredCredentials, ExpiredCredentials),
            (400, "RequestExpired", ExpiredCredentials, ExpiredCredentials),
            (400, "Throttling", Throttled, Throttled),
            (400, "ThrottlingException", Throttled, Throttled),
            (503, "RequestLimitExceeded", Throttled, Throttled),
            (503, "SlowDown", Throttled, Throttled),
            (429, "", Throttled, Throttled),
            (429, "Anything", Throttled, Throttled),
            (409, "LimitExceeded", Throttled, Throttled),
            (500, "InternalError", Unreachable, Unreachable),
            (502, "", Unreachable, Unreachable),
            (200, "", Malformed, Malformed),
            (404, "", Malformed, Malformed),
            (400, "ValidationError", Failed, Failed),
            (403, "SignatureDoesNotMatch", Failed, Failed),
        ];
        for (status, code, here, elsewhere) in cases {
            let error = service(status, code, "words");
            assert_eq!(failure(&error, false).kind, here, "{status} {code}");
            assert_eq!(failure(&error, true).kind, elsewhere, "{status} {code} in another region");
            let code = Some(code).filter(|code| !code.is_empty());
            assert_eq!(failure(&error, true).code.as_deref(), code);
        }
    }

    #[test]
    fn a_value_that_is_refused_is_not_repeated() {
        for (message, words) in [
            ("Rate exceeded", "Rate exceeded"),
            (
                "1 validation error detected: Value 'secret' at 'externalId' failed to satisfy constraint: too short",
                "1 validation error detected: Value at 'externalId' failed to satisfy constraint: too short",
            ),
            (
                "2 validation errors detected: Value 'secret' at 'a' failed; Value 'secret' at 'b' failed",
                "2 validation errors detected: Value at 'a' failed; Value at 'b' failed",
            ),
            ("Value 'secret' at 'x' and secret' at 'externalId' failed", "Value at 'externalId' failed"),
            ("Value 'secret", "Value"),
        ] {
            assert_eq!(without_values(message), words, "{message}");
        }
        let refused = service(400, "ValidationError", "Value 'secret' at 'externalId' failed");
        assert_eq!(failure(&refused, false).message, "Value at 'externalId' failed");
    }

    #[test]
    fn what_never_was_an_answer() {
        let io = || std::io::Error::other("connection refused");
        let refused = Error::dispatch_failure(ConnectorError::io(io().into()));
        let credentials = CredentialsError::not_loaded("no providers in chain provided credentials");
        let signed_out = Error::dispatch_failure(ConnectorError::other(credentials.into(), None));
        let process = CredentialsError::provider_error("exited with code 1. Stderr: my secret");
        let process = Error::dispatch_failure(ConnectorError::other(process.into(), None));
        let cases = [
            (refused, GapKind::Unreachable, "io error: connection refused"),
            (signed_out, GapKind::ExpiredCredentials, "no credentials were found"),
            (process, GapKind::ExpiredCredentials, "an error occurred while loading credentials: exited with code 1."),
            (Error::timeout_error("slow"), GapKind::Unreachable, "no answer came in time"),
            (Error::construction_failure("no region"), GapKind::Failed, "no region"),
            (
                Error::response_error("unexpected end of file", response(200)),
                GapKind::Unreachable,
                "the answer broke off: unexpected end of file",
            ),
            (
                Error::response_error(Malformed("the answer lacks analyzers".into()), response(200)),
                GapKind::Malformed,
                "the answer lacks analyzers",
            ),
            (service(502, "", ""), GapKind::Unreachable, "the answer has status 502 and no error code"),
        ];
        for (error, kind, message) in cases {
            let expected = Failure { kind, code: None, message: message.into() };
            assert_eq!(failure(&error, false), expected);
        }
    }

    #[test]
    fn an_answer_that_the_sdk_cannot_read_is_told_in_our_words() {
        #[derive(Debug)]
        struct Unhandled(std::io::Error);
        impl std::fmt::Display for Unhandled {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("unhandled error")
            }
        }
        impl StdError for Unhandled {
            fn source(&self) -> Option<&(dyn StdError + 'static)> {
                Some(&self.0)
            }
        }
        impl ProvideErrorMetadata for Unhandled {
            fn meta(&self) -> &ErrorMetadata {
                static NONE: std::sync::LazyLock<ErrorMetadata> =
                    std::sync::LazyLock::new(|| ErrorMetadata::builder().build());
                &NONE
            }
        }
        let root = "encountered invalid XML root: expected AccessControlPolicy but got StartEl { name: \"html\" }. This is likely a bug in the SDK.";
        let cases = [
            (root, "its root is not AccessControlPolicy; look at what stands between here and AWS"),
            ("odd. This is likely a bug in the SDK.", "unhandled error: odd."),
            ("expected element name, saw <", "unhandled error: expected element name, saw <"),
        ];
        for (words, ours) in cases {
            let error = SdkError::service_error(Unhandled(std::io::Error::other(words)), response(200));
            let Failure { kind, code, message } = failure(&error, false);
            assert_eq!((kind, code), (GapKind::Malformed, None), "{words}");
            assert_eq!(message, format!("the answer could not be understood: {ours}"));
        }
    }

    #[test]
    fn no_secret_and_no_noise_gets_into_a_message() {
        let quoting = service(403, "SignatureDoesNotMatch", "The Canonical String: x-amz-security-token:secret");
        assert_eq!(failure(&quoting, false).message, "the signature of the request does not match");
        let words = "User: u is not authorized with an explicit deny in a service control policy.";
        let encoded = format!("{words} Encoded authorization failure message: qLb7-x");
        assert_eq!(failure(&service(403, "UnauthorizedOperation", &encoded), false).message, words);
        let info = DatasetInfo::of::<UnlistedPolicies>();
        let gap = Call::global(&info, "iam:GetPolicy").failed(&service(403, "UnauthorizedOperation", &encoded));
        assert_eq!(gap.denied_by(), Some(DeniedBy::Organization));
        assert!(!format!("{gap:?}").contains("token=secret"), "nothing of the body");
    }

    #[test]
    fn a_gap_names_the_call() {
        let info = DatasetInfo::of::<CredentialReports>();
        let call = Call { region: Some("eu-west-1"), ..Call::global(&info, "iam:GenerateCredentialReport") };
        let gap = call.failed(&service(403, "AccessDenied", "no"));
        let text =
            "iam:GenerateCredentialReport in eu-west-1 answered AccessDenied; allow iam:GenerateCredentialReport";
        assert_eq!(gap.to_string(), text);
        assert_eq!(gap.dataset.as_deref(), Some("iam.credential_report"));
        assert_eq!(call.malformed("odd").action.as_deref(), Some("iam:GenerateCredentialReport"));
    }
}
