//! Pace and patience against a bucket of tokens as AWS has them, in a time that is only reckoned.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "some thousands of calls and seconds"
)]

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use aws_smithy_types::retry::RetryConfig;
use proptest::prelude::*;

use super::pace::{Pace, Slot};
use super::{AT_FIRST, CALLS_AT_ONCE, Patience};

/// An operation, its quota, and who calls it.
#[derive(Debug, Clone, Copy)]
struct Case {
    /// Tokens that the bucket holds, and that it gets a second.
    burst: f64,
    rate: f64,
    /// Seconds from a call to its answer, and how far that varies, as a part of it.
    latency: f64,
    unsteady: f64,
    /// How many make calls, one after the other each.
    callers: usize,
    /// What the SDK draws for its backoff, of 0 to 1.
    backoff: f64,
}

#[derive(Debug)]
struct Outcome {
    calls: usize,
    lost: usize,
    seconds: f64,
}

enum Event {
    Waits(usize),
    Arrives(usize, Slot),
    Answered(usize, Slot, bool),
}

/// What one caller is at.
struct Caller {
    attempt: u32,
    patience: Patience,
}

/// Timers wake up on the next whole millisecond.
const GRAIN: f64 = 0.001;

impl Case {
    /// How many calls are made, so that the quota is felt for some seconds.
    fn needed(&self) -> usize {
        (4.0 * self.rate).max(1000.0) as usize
    }

    /// The seconds that the same callers take, with the same answers, where calls beyond the quota are held until there is room
    /// for them, instead of refused: nobody who keeps to the quota is faster.
    fn least(&self) -> f64 {
        self.run(true).seconds
    }

    fn run(&self, held: bool) -> Outcome {
        let mut pace = Pace::default();
        let mut events: BTreeMap<(u64, usize), Event> = BTreeMap::new();
        let mut happened = 0;
        let mut at = |events: &mut BTreeMap<_, _>, seconds: f64, event| {
            happened += 1;
            events.insert(((seconds * 1e9) as u64, happened), event);
        };
        let mut noise = 1u64;
        let mut half = || {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let drawn = (noise >> 40) as f64 / (1u64 << 24) as f64;
            self.latency / 2.0 * (1.0 + self.unsteady * (2.0 * drawn - 1.0))
        };
        let config = RetryConfig::standard().with_max_attempts(5);
        let fresh = |answered| Caller { attempt: 0, patience: Patience::new(config.clone(), answered) };
        let mut callers: Vec<_> = (0..self.callers).map(|_| fresh(0)).collect();
        let mut idle: Vec<_> = (0..self.callers).collect();
        let mut line = VecDeque::new();
        let (mut at_once, mut under_way) = (AT_FIRST, 0);
        let (mut level, mut filled_at) = (self.burst, 0.0);
        let (mut started, mut ended, mut now) = (0, 0, 0.0);
        let mut outcome = Outcome { calls: 0, lost: 0, seconds: 0.0 };
        while ended < self.needed() {
            while under_way < at_once && started < self.needed() {
                let Some(caller) = idle.pop() else { break };
                callers[caller] = fresh(pace.answered_well());
                (started, under_way) = (started + 1, under_way + 1);
                line.push_back(caller);
            }
            let mut asks_at = f64::INFINITY;
            while let Some(&caller) = line.front() {
                match pace.ask(Duration::from_secs_f64(now)) {
                    Ok(slot) => {
                        line.pop_front();
                        outcome.calls += 1;
                        callers[caller].attempt += 1;
                        at(&mut events, now + half(), Event::Arrives(caller, slot));
                    }
                    Err(due) => {
                        asks_at = (due.as_secs_f64() / GRAIN).ceil() * GRAIN;
                        assert!(due.as_secs_f64() > now, "it is asked again and again at {now}");
                        break;
                    }
                }
            }
            let next = events.first_key_value().map_or(f64::INFINITY, |((nanos, _), _)| *nanos as f64 / 1e9);
            if asks_at < next {
                now = asks_at;
                continue;
            }
            let (_, event) = events.pop_first().expect("somebody is under way or waits");
            now = next.max(now);
            match event {
                Event::Waits(caller) => line.push_back(caller),
                Event::Arrives(caller, slot) => {
                    level = (level + (now - filled_at) * self.rate).min(self.burst);
                    filled_at = now;
                    let lacks = (1.0 - level).max(0.0);
                    let passes = held || lacks <= 0.0;
                    level -= if passes { 1.0 } else { 0.0 };
                    let wait = if held { lacks / self.rate } else { 0.0 };
                    at(&mut events, now + wait + half(), Event::Answered(caller, slot, passes));
                }
                Event::Answered(caller, slot, passed) => {
                    let moment = Duration::from_secs_f64(now);
                    if passed {
                        pace.answered(moment, slot);
                        at_once = CALLS_AT_ONCE.min(at_once + 1);
                    } else {
                        pace.throttled(moment, slot);
                        let Caller { attempt, patience } = &mut callers[caller];
                        let retries = patience.after(true, pace.answered_well());
                        if *attempt < retries.max_attempts() {
                            let backoff = retries.initial_backoff() * 2u32.pow(*attempt - 1);
                            let backoff = backoff.min(retries.max_backoff()).as_secs_f64() * self.backoff;
                            at(&mut events, now + backoff, Event::Waits(caller));
                            continue;
                        }
                        outcome.lost += 1;
                    }
                    idle.push(caller);
                    (ended, under_way) = (ended + 1, under_way - 1);
                }
            }
        }
        Outcome { seconds: now, ..outcome }
    }

    /// What is wrong with how it went.
    fn wrong(&self) -> Option<String> {
        let Outcome { calls, lost, seconds } = self.run(false);
        let (calls, time) = (calls as f64 / self.needed() as f64, seconds / self.least());
        // Of a smaller bucket tokens are lost between two beats of the clock, or between calls that left evenly and do not arrive
        // so: to hold calls back makes up for that, and no pace does.
        let spread = self.latency * self.unsteady;
        let at_most = if self.burst / self.rate < spread { 2.0 } else { 1.3 };
        let in_time = time <= at_most || self.burst / self.rate < 25.0 * GRAIN;
        let well = lost == 0 && calls <= 1.2 && in_time;
        (!well).then(|| format!("{self:?}: {lost} lost, {calls:.2} x the calls, {time:.2} x the time"))
    }
}

/// Over the quotas that AWS publishes, and far around them, the quota is kept and used.
#[test]
fn nothing_is_lost_and_few_calls_are_wasted_and_little_time() {
    let mut wrong = Vec::new();
    for burst in [1.0, 2.0, 5.0, 10.0, 30.0, 100.0] {
        for rate in [0.5, 1.0, 5.0, 10.0, 20.0, 50.0, 200.0, 1000.0] {
            for latency in [0.005, 0.02, 0.05, 0.2] {
                for callers in [1, 2, 4, 16, 32, 64] {
                    for backoff in [0.0, 0.5, 1.0] {
                        wrong.extend(Case { burst, rate, latency, unsteady: 0.0, callers, backoff }.wrong());
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nor_is_it_where_answers_take_unequally_long(
        burst in 2.0..100.0f64,
        rate in 0.5..400.0f64,
        latency in 0.005..0.2f64,
        unsteady in 0.0..0.5f64,
        callers in 1..=64usize,
        backoff in 0.0..1.0f64,
    ) {
        let case = Case { burst, rate, latency, unsteady, callers, backoff };
        prop_assert_eq!(case.wrong(), None);
    }
}

/// A bucket that never fills again: every call is tried as often as the configuration says.
#[test]
fn throttled_for_ever_ends() {
    for callers in [1, 16, 64] {
        let never = Case { burst: 0.0, rate: 1e-9, latency: 0.05, unsteady: 0.0, callers, backoff: 1.0 };
        let Outcome { calls, lost, .. } = never.run(false);
        assert_eq!((lost, calls), (never.needed(), 5 * never.needed()), "{callers} callers");
    }
}
