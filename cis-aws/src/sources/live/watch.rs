//! Counts the calls that are made, tells each as a tracing span, and takes each through its service's limiter.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::retry::RetryConfig;
use cis_core::{Calls, Collection, GapKind};
use tracing::Span;

use super::gap::classify;
use super::limiter::{Limiter, Patience, Turn};

/// The calls of a source, counted over all its clients.
#[derive(Debug, Clone, Default)]
pub(super) struct Counted(Arc<Mutex<Collection>>);

impl Counted {
    /// What was counted up to now.
    pub(super) fn so_far(&self) -> Collection {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An interceptor for the one client of a service, by the name of its crate, in a region.
    pub(super) fn watch(&self, sdk: &str, region: &str) -> Watch {
        let service = match sdk.strip_prefix("aws_sdk_").unwrap_or(sdk) {
            "cloudwatchlogs" => "logs",
            service => service,
        };
        Watch { service: service.into(), region: region.into(), counted: self.clone(), limiter: Limiter::default() }
    }

    fn add(&self, operation: &str, calls: Calls) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(operation, calls);
    }
}

/// Counts the attempts of one client, and makes a span `call` of each, with operation, region, attempt, how long it waited
/// for its turn, duration without that (both in seconds) and the answer's status. At its end an event tells whether it was
/// answered, failed (with the error code) or, at info level, was throttled. Neither holds anything of a request but its name.
#[derive(Debug)]
pub(super) struct Watch {
    service: Box<str>,
    region: Box<str>,
    counted: Counted,
    limiter: Limiter,
}

/// An attempt that is under way.
#[derive(Debug, Clone)]
struct Attempt {
    span: Span,
    turn: Turn,
}

impl Storable for Attempt {
    type Storer = StoreReplace<Self>;
}

impl Watch {
    fn operation(&self, cfg: &ConfigBag) -> String {
        format!("{}:{}", self.service, name(cfg))
    }
}

fn name(cfg: &ConfigBag) -> &str {
    cfg.load::<Metadata>().map(Metadata::name).unwrap_or_default()
}

impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "cis-aws watch"
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = self.operation(cfg);
        let attempt = cfg.load::<RequestAttempts>().map_or(1, RequestAttempts::attempts);
        let span = tracing::debug_span!(
            "call",
            operation,
            region = &*self.region,
            attempt,
            waited = tracing::field::Empty,
            duration = tracing::field::Empty,
            status = tracing::field::Empty,
        );
        self.counted.add(&operation, Calls { sent: 1, retries: u64::from(attempt > 1), ..Calls::default() });
        let turn = self.limiter.turn(name(cfg));
        if cfg.load::<Patience>().is_none() {
            let retries = cfg.load::<RetryConfig>().cloned().unwrap_or_else(RetryConfig::standard);
            cfg.interceptor_state().store_put(Patience::new(retries, turn.answered_well()));
        }
        cfg.interceptor_state().store_put(Attempt { span, turn });
        Ok(())
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(Attempt { turn, .. }) = cfg.load::<Attempt>() {
            context.request_mut().add_extension(turn.clone());
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let status = context.response().map(|response| response.status().as_u16());
        let failed = matches!(context.output_or_error(), Some(Err(_)));
        let code = if failed { context.response().and_then(code) } else { None };
        let throttled = failed && classify(code.as_deref(), status, false) == GapKind::Throttled;
        if failed {
            let calls = if throttled {
                Calls { throttled: 1, ..Calls::default() }
            } else {
                Calls { failed: 1, ..Calls::default() }
            };
            self.counted.add(&self.operation(cfg), calls);
        }
        let Some(Attempt { span, turn }) = cfg.load::<Attempt>().cloned() else { return Ok(()) };
        let (waited, duration) = turn.times();
        span.record("waited", waited.as_secs_f64());
        span.record("duration", duration.as_secs_f64());
        if let Some(status) = status {
            span.record("status", status);
        }
        match (failed, throttled) {
            (false, _) => tracing::debug!(parent: &span, "answered"),
            (true, true) => tracing::info!(parent: &span, code, "throttled"),
            (true, false) => tracing::debug!(parent: &span, code, "failed"),
        }
        // A fault of the service, or none to be reached, says nothing about its quota.
        if throttled || status.is_some_and(|status| status < 500) {
            turn.answered(throttled);
        }
        if failed && let Some(mut patience) = cfg.load::<Patience>().cloned() {
            let retries = patience.after(throttled, turn.answered_well());
            cfg.interceptor_state().store_put(patience).store_put(retries);
        }
        Ok(())
    }
}

/// The error code of an answer, in any of AWS's protocols: only to be counted by, so that an odd answer has none.
fn code(response: &HttpResponse) -> Option<String> {
    if let Some(header) = response.headers().get("x-amzn-errortype") {
        return bare(header);
    }
    let text = std::str::from_utf8(response.body().bytes()?).ok()?;
    if let Some((_, rest)) = text.split_once("<Code>") {
        return rest.split_once("</Code>").map(|(code, _)| code.to_owned());
    }
    let body: serde_json::Value = serde_json::from_str(text).ok()?;
    ["__type", "code"].iter().find_map(|member| body.get(member)?.as_str()).and_then(bare)
}

/// `ThrottlingException` of `com.amazonaws#ThrottlingException:http://...`.
fn bare(code: &str) -> Option<String> {
    let code = code.split(':').next()?;
    code.rsplit('#').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::http::{Response, StatusCode};
    use aws_smithy_types::body::SdkBody;

    use super::*;

    #[test]
    fn codes_of_all_protocols() {
        let answer = |body: &'static str| Response::new(StatusCode::try_from(400).unwrap(), SdkBody::from(body));
        for (body, expected) in [
            ("<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>", Some("Throttling")),
            (
                "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>",
                Some("RequestLimitExceeded"),
            ),
            ("<Error><Code>SlowDown</Code></Error>", Some("SlowDown")),
            (r#"{"__type": "com.amazonaws.kms#ThrottlingException"}"#, Some("ThrottlingException")),
            (r#"{"code": "TooManyRequestsException"}"#, Some("TooManyRequestsException")),
            ("<html>Bad gateway</html>", None),
            ("", None),
        ] {
            assert_eq!(code(&answer(body)).as_deref(), expected, "{body}");
        }
        let mut response = answer("{}");
        response.headers_mut().insert("x-amzn-errortype", "AccessDeniedException:http://internal.amazon.com/");
        assert_eq!(code(&response).as_deref(), Some("AccessDeniedException"));
    }

    #[test]
    fn a_service_is_named_as_its_operations_are() {
        let service = |sdk| Counted::default().watch(sdk, "eu-west-1").service.to_string();
        assert_eq!([service("aws_sdk_cloudwatchlogs"), service("aws_sdk_ec2")], ["logs", "ec2"]);
    }
}
