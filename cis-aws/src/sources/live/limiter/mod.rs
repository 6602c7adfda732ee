//! The one limiter of a service in a region: how many calls are under way at once, how soon the next may leave, and how
//! often a call that was throttled is tried again.
//!
//! The SDK's adaptive mode would do it, but slows a whole service, not the one operation that AWS throttles, and to half a
//! call a second at the first throttled answer; nor can a service's client be given another strategy. So calls wait in
//! front of the connection ([`Turnstile`]), and what is told here to the SDK's standard strategy is by its own
//! configuration ([`Patience`]). Attempts, signatures, backoff and the verdict on errors stay the SDK's.

mod pace;
#[cfg(test)]
mod simulation;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::retry::RetryConfig;
use tokio::sync::{Mutex as Line, Notify, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

use pace::{Pace, Slot};

/// How many calls are under way at once to one service in one region, and so to one of its operations.
const CALLS_AT_ONCE: usize = 64;

/// How many at once to one operation at first. Each answer lets in one more, so that a small quota shows before a crowd of
/// calls has run into it, and a large one is used after a few round trips.
const AT_FIRST: usize = 8;

/// The limiter of a service in a region.
#[derive(Debug)]
pub(super) struct Limiter {
    started: Instant,
    under_way: Arc<Semaphore>,
    lanes: Mutex<BTreeMap<Box<str>, Arc<Lane>>>,
}

impl Default for Limiter {
    fn default() -> Self {
        let under_way = Arc::new(Semaphore::new(CALLS_AT_ONCE));
        Self { started: Instant::now(), under_way, lanes: Mutex::default() }
    }
}

impl Limiter {
    /// A turn for an attempt at an operation.
    pub(super) fn turn(&self, operation: &str) -> Turn {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes.entry(operation.into()).or_insert_with(|| {
            Arc::new(Lane {
                started: self.started,
                all_under_way: Arc::clone(&self.under_way),
                under_way: Semaphore::new(AT_FIRST),
                line: Line::default(),
                state: Mutex::new(State { pace: Pace::default(), at_once: AT_FIRST }),
                changed: Notify::new(),
            })
        });
        let lane = Arc::clone(lane);
        Turn(Arc::new(Attempt { lane, asked: Instant::now(), left: OnceLock::new() }))
    }
}

/// The calls of one operation. AWS throttles each on its own.
#[derive(Debug)]
struct Lane {
    started: Instant,
    all_under_way: Arc<Semaphore>,
    under_way: Semaphore,
    /// Its head waits for the next slot; the others for it, in order of arrival.
    line: Line<()>,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    pace: Pace,
    at_once: usize,
}

impl Lane {
    fn state<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    async fn slot(&self) -> Slot {
        let _head = self.line.lock().await;
        loop {
            let due = match self.state(|state| state.pace.ask(self.now())) {
                Ok(slot) => return slot,
                Err(due) => due,
            };
            tokio::select! {
                () = sleep_until(self.started + due) => {}
                () = self.changed.notified() => {}
            }
        }
    }
}

/// An attempt's leave to be made: asked for in front of the connection, and answered for after it.
#[derive(Debug, Clone)]
pub(super) struct Turn(Arc<Attempt>);

#[derive(Debug)]
struct Attempt {
    lane: Arc<Lane>,
    asked: Instant,
    left: OnceLock<(Instant, Slot)>,
}

impl Turn {
    /// Waits until it may leave. It is under way as long as the permits are held.
    async fn take(&self) -> [Option<SemaphorePermit<'_>>; 2] {
        let Attempt { lane, left, .. } = &*self.0;
        // Neither semaphore is ever closed, so that there is a permit in the end. The one of the service comes last: an
        // operation that waits for its quota keeps no other from being called.
        let own = lane.under_way.acquire().await.ok();
        let slot = lane.slot().await;
        let shared = lane.all_under_way.acquire().await.ok();
        let _ = left.set((Instant::now(), slot));
        [own, shared]
    }

    /// How long it has waited for its leave, and how long it has been under way.
    pub(super) fn times(&self) -> (Duration, Duration) {
        match self.0.left.get() {
            Some((left, _)) => (left.duration_since(self.0.asked), left.elapsed()),
            None => (self.0.asked.elapsed(), Duration::ZERO),
        }
    }

    /// How many calls of the operation were answered well by now.
    pub(super) fn answered_well(&self) -> u32 {
        self.0.lane.state(|state| state.pace.answered_well())
    }

    /// The service has answered; or throttled it.
    pub(super) fn answered(&self, throttled: bool) {
        let Attempt { lane, left, .. } = &*self.0;
        let Some((_, slot)) = left.get() else { return };
        let now = lane.now();
        lane.state(|state| {
            if throttled {
                state.pace.throttled(now, *slot);
            } else {
                state.pace.answered(now, *slot);
                if state.at_once < CALLS_AT_ONCE {
                    state.at_once += 1;
                    lane.under_way.add_permits(1);
                }
            }
        });
        lane.changed.notify_one();
    }
}

/// An HTTP client whose requests wait for the turn that they carry. One without a turn does not wait.
#[derive(Debug)]
pub(super) struct Turnstile<C>(C);

impl Turnstile<SharedHttpClient> {
    pub(super) fn before(client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Self(client))
    }
}

#[deny(clippy::missing_trait_methods)]
impl HttpClient for Turnstile<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Turnstile(self.0.http_connector(settings, components)))
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        cfg: &ConfigBag,
    ) -> Result<(), BoxError> {
        HttpClient::validate_base_client_config(&self.0, components, cfg)
    }

    fn validate_final_config(&self, components: &RuntimeComponents, cfg: &ConfigBag) -> Result<(), BoxError> {
        HttpClient::validate_final_config(&self.0, components, cfg)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

impl HttpConnector for Turnstile<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(turn) = request.extension::<Turn>().cloned() else { return self.0.call(request) };
        let connector = self.0.clone();
        HttpConnectorFuture::new(async move {
            let _under_way = turn.take().await;
            connector.call(request).await
        })
    }
}

/// How much further a call that is throttled is tried, in the SDK's own terms.
///
/// As long as other calls of the operation are answered, being throttled says that it is not yet this call's turn, and uses
/// up none of its attempts; nor does it back off, for it waits for its next slot. Where none is, its attempts count as with
/// any other fault, and after the first of them it backs off too.
#[derive(Debug, Clone)]
pub(super) struct Patience {
    config: RetryConfig,
    /// The attempts that are not counted.
    spared: u32,
    /// The attempts since others were last answered.
    in_vain: u32,
    answered_well: u32,
}

impl Storable for Patience {
    type Storer = StoreReplace<Self>;
}

/// How many times the configured attempts a call is made at most: against a service that lets everybody pass but one.
const AT_MOST: u32 = 4;

/// How many attempts in vain are followed by a slot alone: a wider gap is enough where the rate was but taken for too high.
const PACED: u32 = 2;

impl Patience {
    /// That of a call that is about to be made, when so many calls of its operation have been answered well.
    pub(super) fn new(config: RetryConfig, answered_well: u32) -> Self {
        Self { config, spared: 0, in_vain: 0, answered_well }
    }

    /// What holds for the next attempt after an answer.
    pub(super) fn after(&mut self, throttled: bool, answered_well: u32) -> RetryConfig {
        let attempts = self.config.max_attempts();
        let config = self.config.clone();
        if !throttled {
            return config.with_max_attempts(attempts.saturating_add(self.spared));
        }
        if answered_well > self.answered_well {
            self.answered_well = answered_well;
            self.in_vain = 0;
            self.spared = attempts.saturating_mul(AT_MOST - 1).min(self.spared + 1);
        } else {
            self.in_vain += 1;
        }
        let config = config.with_max_attempts(attempts.saturating_add(self.spared));
        if self.in_vain <= PACED { config.with_max_backoff(Duration::ZERO) } else { config }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_throttling_costs_a_call() {
        // Of each throttled answer, how many calls have been answered well by then; then the attempts that are allowed, and
        // whether the SDK's backoff comes on top.
        let cases: [(&str, &[u32], u32, bool); 5] = [
            ("nobody is let pass", &[0, 0, 0], 5, true),
            ("the first attempts in vain", &[0, 0], 5, false),
            ("others are let pass", &[1, 2, 9], 8, false),
            ("others were, and no longer are", &[1, 2, 2, 2, 2], 7, true),
            ("all others are, for ever", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18], 20, false),
        ];
        for (case, answers, attempts, backs_off) in cases {
            let mut patience = Patience::new(RetryConfig::standard().with_max_attempts(5), 0);
            let retries = answers.iter().map(|answered_well| patience.after(true, *answered_well)).last().unwrap();
            assert_eq!((retries.max_attempts(), !retries.max_backoff().is_zero()), (attempts, backs_off), "{case}");
            let fault = patience.after(false, 99);
            assert_eq!(
                (fault.max_attempts(), fault.max_backoff().is_zero()),
                (attempts, false),
                "{case}: then a fault"
            );
        }
    }

    #[test]
    fn an_operation_has_one_lane_and_its_own() {
        let limiter = Limiter::default();
        let lane = |operation| limiter.turn(operation).0.lane.clone();
        assert!(Arc::ptr_eq(&lane("ListKeys"), &lane("ListKeys")));
        assert!(!Arc::ptr_eq(&lane("ListKeys"), &lane("ListAliases")));
    }
}
