//! Errors as services answer them.

use cis_core::{Gap, GapKind};

use super::model::{Protocol, Service};

/// An error of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// More elements of S3's.
    pub(crate) elements: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        let (code, message) = (code.into(), message.into());
        Self { status, code, message, headers: Vec::new(), elements: Vec::new() }
    }

    /// An error by its code or by the name of its shape, with the status that the model gives it.
    pub(crate) fn coded(service: &Service, code: &str, message: impl Into<String>) -> Self {
        let declared = service.errors.iter().find(|(shape, declared)| *shape == code || declared.code == code);
        match declared {
            Some((_, declared)) => Self::new(declared.status, &declared.code, message),
            None => Self::new(status(service, code), code, message),
        }
    }

    /// What a service answers to a caller that a policy denies the action.
    pub(crate) fn denied(service: &Service, caller: &str, action: &str) -> Self {
        let code = match (service.protocol, service.name.as_str()) {
            (_, "sns") => "AuthorizationError",
            (Protocol::Ec2, _) => "UnauthorizedOperation",
            (Protocol::Query | Protocol::RestXml | Protocol::Cbor, _) => "AccessDenied",
            (Protocol::Json | Protocol::RestJson, _) => "AccessDeniedException",
        };
        let message = format!(
            "User: {caller} is not authorized to perform: {action} because no identity-based policy allows the {action} \
             action"
        );
        Self::coded(service, code, message)
    }

    /// What it answers to one that asks too often.
    pub(crate) fn throttled(service: &Service) -> Self {
        let code = match (service.protocol, service.name.as_str()) {
            (_, "account" | "macie2" | "organizations") => "TooManyRequestsException",
            (Protocol::Ec2, _) => "RequestLimitExceeded",
            (Protocol::RestXml, _) => "SlowDown",
            (Protocol::Query | Protocol::Cbor, _) => "Throttling",
            (Protocol::Json | Protocol::RestJson, _) => "ThrottlingException",
        };
        Self::coded(service, code, "Rate exceeded")
    }

    /// What it answers to credentials that have expired.
    pub(crate) fn expired(service: &Service) -> Self {
        let message = "The security token included in the request is expired";
        match service.protocol {
            Protocol::Ec2 => Self::new(400, "RequestExpired", "Request has expired."),
            Protocol::RestXml => Self::new(400, "ExpiredToken", "The provided token has expired."),
            Protocol::Query => Self::new(403, "ExpiredToken", message),
            Protocol::Cbor | Protocol::Json | Protocol::RestJson => Self::new(403, "ExpiredTokenException", message),
        }
    }

    /// What it answers in a region that is not enabled in the account.
    pub(crate) fn not_opted_in(service: &Service) -> Self {
        let message = "The security token included in the request is invalid.";
        match service.protocol {
            Protocol::Ec2 => {
                Self::new(401, "AuthFailure", "AWS was not able to validate the provided access credentials")
            }
            Protocol::Json | Protocol::RestJson | Protocol::Cbor => {
                Self::new(403, "UnrecognizedClientException", message)
            }
            Protocol::Query | Protocol::RestXml => Self::new(403, "InvalidClientTokenId", message),
        }
    }

    /// What it answers to a request that was signed too long ago, or in time to come.
    pub(crate) fn clock_skewed(service: &Service) -> Self {
        match service.protocol {
            Protocol::RestXml => {
                let message = "The difference between the request time and the current time is too large.";
                Self::new(403, "RequestTimeTooSkewed", message)
            }
            Protocol::Ec2 => Self::new(400, "RequestExpired", "Request has expired."),
            Protocol::Query => Self::new(403, "SignatureDoesNotMatch", "Signature expired"),
            Protocol::Json | Protocol::RestJson | Protocol::Cbor => {
                Self::new(403, "InvalidSignatureException", "Signature expired")
            }
        }
    }

    /// A fault of the service's own.
    pub(crate) fn fault(service: &Service, status: u16) -> Self {
        let code = match (service.protocol, status) {
            (_, 503) => "ServiceUnavailable",
            (Protocol::Query | Protocol::Cbor, _) => "InternalFailure",
            (Protocol::Json | Protocol::RestJson, _) => "InternalServerException",
            (Protocol::Ec2 | Protocol::RestXml, _) => "InternalError",
        };
        Self::new(status, code, "We encountered an internal error. Please try again.")
    }

    /// What the snapshot cannot say, since it was never read.
    pub(crate) fn not_in_snapshot(message: impl Into<String>) -> Self {
        Self::new(400, "NotInSnapshot", message)
    }

    /// A gap of a snapshot as the error that it came from. None: what came was no answer that could be understood.
    pub(crate) fn of_gap(service: &Service, gap: &Gap) -> Option<Self> {
        let message = gap.message.clone();
        Some(match (&gap.code, gap.kind) {
            (Some(code), GapKind::Unreachable) => Self::new(503, code, message),
            (Some(code), _) => Self::coded(service, code, message),
            (None, GapKind::Malformed) => return None,
            (None, GapKind::Denied) => Self { message, ..Self::denied(service, "", "") },
            (None, GapKind::Throttled) => Self { message, ..Self::throttled(service) },
            (None, GapKind::ExpiredCredentials) => Self { message, ..Self::expired(service) },
            (None, GapKind::NotOptedIn) => Self { message, ..Self::not_opted_in(service) },
            (None, GapKind::Unreachable) => Self { message, ..Self::fault(service, 503) },
            (None, _) => Self::not_in_snapshot(message),
        })
    }
}

/// The status of codes that no model declares: those that every service has.
fn status(service: &Service, code: &str) -> u16 {
    match code {
        "AccessDeniedException" if service.protocol == Protocol::RestJson => 403,
        "AccessDenied"
        | "AllAccessDisabled"
        | "AuthorizationError"
        | "ExpiredToken"
        | "InvalidClientTokenId"
        | "OptInRequired"
        | "RequestTimeTooSkewed"
        | "SignatureDoesNotMatch"
        | "UnauthorizedOperation" => 403,
        "AuthFailure" => 401,
        "MethodNotAllowed" => 405,
        "NoSuchBucket"
        | "NoSuchBucketPolicy"
        | "NoSuchEntity"
        | "NoSuchPublicAccessBlockConfiguration"
        | "ServerSideEncryptionConfigurationNotFoundError" => 404,
        "ThrottlingException" if service.protocol == Protocol::RestJson => 429,
        "TooManyRequestsException" => 429,
        "RequestLimitExceeded" | "SlowDown" | "ServiceUnavailable" => 503,
        "InternalError" | "InternalFailure" | "InternalServerException" => 500,
        _ => 400,
    }
}
