//! How fast one operation may be called, learned from its answers alone. Knows no clock, no runtime and no SDK: every moment is
//! a time since the same start.
//!
//! AWS fills a bucket of tokens for each operation at a steady rate, and takes one for each call that it lets pass. Neither the
//! rate nor the bucket's size is told. So nothing waits until a call is throttled. From then on calls get slots:
//!
//! - **Seeking**: a throttled answer says that the bucket is dry. Until a call is let pass again, each gap between two slots is
//!   four times the one before it; the gap after which one passed is the first guess of the rate.
//! - **Starting**: the rate grows fast, by half with each call or by a window each round trip, up to the next throttled answer.
//! - **Following**: between two moments in which the bucket was dry, it let pass what it was filled with. That is a measurement
//!   of its rate, and the rate goes on from a little below it and grows by a little with each call, as in TCP.

use std::collections::VecDeque;
use std::time::Duration;

/// The gap in seconds with which seeking begins. With [`WIDER`], five calls in a row last more than two seconds, in which a
/// bucket of one token in two seconds fills.
const FIRST_GAP: f64 = 0.025;
/// How much wider each gap gets as long as nothing passes.
const WIDER: f64 = 4.0;
/// The widest gap in seconds that seeking goes to.
const WIDEST_GAP: f64 = 2.0;
/// After so many seconds in which nothing passed, calls no longer wait: what is to fail, shall fail soon.
const DEAD: f64 = 5.0;
/// The slowest that following goes, in calls a second.
const SLOWEST: f64 = 0.2;
/// How late in seconds a slot may be taken without delaying the ones after it: the grain of timers.
const LATE: f64 = 0.005;
/// What the way from seconds to a moment and back may lose, in seconds.
const ROUNDING: f64 = 1e-6;
/// Where following begins, as a part of the measured rate.
const BELOW: f64 = 0.95;
/// How far above the measured rate following goes at most, before it takes that for the new measure.
const ABOVE: f64 = 1.25;
/// How many calls it takes following to grow by the measured rate.
const GROWTH: f64 = 200.0;
/// What one throttled answer leaves of a rate at least, when following and when starting.
const LEFT: f64 = 0.6;
const LEFT_AT_START: f64 = 0.5;
/// How many calls a measurement is made over, where there were so many.
const SAMPLE: u32 = 32;

/// The pace of one operation.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// How many calls were answered well.
    good: u32,
    /// How long an answer takes, in seconds, smoothed.
    latency: f64,
    slowed: Option<Slowed>,
}

/// What is known of an operation that was throttled.
#[derive(Debug)]
struct Slowed {
    /// Slots a second.
    rate: f64,
    /// The rate that was measured. None: it was not yet, and the rate is growing fast.
    measured: Option<f64>,
    /// When it was last slowed. Calls that left before say nothing about the rate since.
    since: f64,
    /// How many calls were answered well when growth began.
    grown_from: f64,
    /// Moments in which the bucket was dry, and how many calls had been answered well by then.
    dry: VecDeque<(f64, u32)>,
    last_slot: f64,
    quiet: Option<Quiet>,
}

/// A time in which calls were throttled and none was answered well.
#[derive(Debug)]
struct Quiet {
    since: f64,
    slots: i32,
}

/// Leave to make a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    at: f64,
    /// The rate of which it is a slot.
    rate: f64,
    /// Whether the call would have been made sooner if it might.
    waited: bool,
}

impl Pace {
    /// A slot, or the time to ask again if none comes sooner.
    pub(super) fn ask(&mut self, now: Duration) -> Result<Slot, Duration> {
        let now = now.as_secs_f64();
        let Some(slowed) = &mut self.slowed else {
            return Ok(Slot { at: now, rate: f64::INFINITY, waited: false });
        };
        let gap = slowed.gap(now);
        let due = slowed.last_slot + gap;
        if due - now > ROUNDING {
            return Err(Duration::from_secs_f64(due));
        }
        slowed.last_slot = due.max(now - (LATE - gap).max(0.0));
        if let Some(quiet) = &mut slowed.quiet {
            quiet.slots += 1;
        }
        let rate = if gap > 0.0 { 1.0 / gap } else { slowed.rate };
        Ok(Slot { at: now, rate, waited: now - due < LATE })
    }

    /// How many calls were answered, and not throttled.
    pub(super) fn answered_well(&self) -> u32 {
        self.good
    }

    /// A call was answered, and not throttled.
    pub(super) fn answered(&mut self, now: Duration, slot: Slot) {
        let now = now.as_secs_f64();
        self.good = self.good.saturating_add(1);
        let took = (now - slot.at).max(0.001);
        self.latency += (took - self.latency) * if self.good == 1 { 1.0 } else { 0.1 };
        let Some(slowed) = &mut self.slowed else { return };
        if let Some(quiet) = slowed.quiet.take()
            && slot.at > quiet.since
            && slot.rate < 0.9 * slowed.rate / slowed.measured.map_or(1.0, |_| WIDER)
        {
            // It passed after a wide gap, and nothing did after the gaps before it. A measured rate is not given up for one.
            slowed.rate = slot.rate.max(SLOWEST);
            // One that came later than its slot may have found a bucket that was full again, which tells no rate.
            slowed.measured = (!slot.waited).then_some(slowed.rate);
            slowed.grown_from = self.good.into();
        }
        if slot.waited {
            slowed.grow(self.good.into(), self.latency);
        }
    }

    /// A call was throttled.
    pub(super) fn throttled(&mut self, now: Duration, slot: Slot) {
        let now = now.as_secs_f64();
        let slowed = self.slowed.get_or_insert_with(|| Slowed {
            rate: 1.0 / FIRST_GAP,
            measured: None,
            since: now,
            grown_from: 0.0,
            dry: VecDeque::new(),
            last_slot: now,
            quiet: None,
        });
        if slot.at > slowed.since {
            slowed.slow(now, self.good, slot.rate);
        }
        if slowed.dry.back().is_some_and(|(_, good)| *good == self.good) {
            slowed.dry.pop_back();
        }
        slowed.dry.push_back((now, self.good));
        slowed.quiet.get_or_insert(Quiet { since: now, slots: 0 });
    }
}

impl Slowed {
    /// Seconds between the last slot and the next.
    fn gap(&self, now: f64) -> f64 {
        let gap = 1.0 / self.rate;
        match &self.quiet {
            None => gap,
            Some(quiet) if now - quiet.since > DEAD => 0.0,
            Some(quiet) => (gap * WIDER.powi(quiet.slots)).min(gap.max(WIDEST_GAP)),
        }
    }

    /// Takes the lesson of a throttled call that had a slot of a rate.
    fn slow(&mut self, now: f64, good: u32, rate: f64) {
        if self.dry.back().is_some_and(|(_, before)| *before == good) {
            // Nothing passed since the last lesson; the gaps get wider by themselves.
            return;
        }
        while self.dry.get(1).is_some_and(|(_, before)| good - before >= SAMPLE) {
            self.dry.pop_front();
        }
        // At both ends there may have been up to a token in the bucket; and what it could not hold was lost. So this is never
        // more than the true rate.
        let passed = self.dry.front().map_or(0.0, |(at, before)| f64::from(good - before - 1) / (now - at).max(0.001));
        let left = if self.measured.is_some() { LEFT } else { LEFT_AT_START };
        if self.measured.is_none() {
            self.dry.clear();
        }
        let measured = passed.max(left * rate).max(SLOWEST);
        self.rate = BELOW * measured;
        self.measured = Some(measured);
        self.since = now;
        self.grown_from = good.into();
    }

    fn grow(&mut self, good: f64, latency: f64) {
        let Some(measured) = self.measured else {
            self.rate += (self.rate * 0.5).min(1.0 / latency);
            return;
        };
        let steps = good - self.grown_from;
        self.rate = measured * (BELOW + steps / GROWTH).min(ABOVE);
        if steps > 2.0 * (ABOVE - BELOW) * GROWTH {
            self.measured = Some(self.rate);
            self.grown_from = good - (1.0 - BELOW) * GROWTH;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds at which calls leave that ask as soon as they are told to, of which those from `dry` on are throttled, and
    /// answered at once.
    fn leave(calls: usize, dry: usize) -> Vec<u128> {
        let (mut pace, mut now) = (Pace::default(), Duration::ZERO);
        (0..calls)
            .map(|call| {
                let slot = loop {
                    match pace.ask(now) {
                        Ok(slot) => break slot,
                        Err(due) => now = due,
                    }
                };
                if call < dry {
                    pace.answered(now, slot);
                } else {
                    pace.throttled(now, slot);
                }
                now.as_millis()
            })
            .collect()
    }

    #[test]
    fn nothing_waits_until_a_call_is_throttled() {
        assert_eq!(leave(1000, 1000), vec![0; 1000]);
    }

    #[test]
    fn gaps_widen_while_nothing_passes_and_end_in_the_end() {
        let after_two = [0, 0, 0, 25, 125, 525, 2125, 4125, 6125, 6125, 6125];
        assert_eq!(leave(11, 2), after_two, "from 25 ms by four to 2 s, and no more waiting after 5 s");
    }

    /// After a hundred calls in a second, of which the last was throttled, the pace is that of a second before it.
    #[test]
    fn what_passed_between_two_dry_moments_is_the_rate() {
        let mut pace = Pace::default();
        let ms = Duration::from_millis;
        let early = pace.ask(ms(0)).unwrap();
        pace.throttled(ms(0), early);
        let mut passed = 0u32;
        let dry = (1..).find_map(|now| {
            let slot = pace.ask(ms(now)).ok()?;
            // Fifty a second, and no more than one at once.
            if u64::from(passed) < now / 20 {
                pace.answered(ms(now), slot);
                passed += 1;
                None
            } else {
                pace.throttled(ms(now), slot);
                (now > 4000).then_some(now)
            }
        });
        let slowed = pace.slowed.as_ref().unwrap();
        assert!((40.0..50.0).contains(&slowed.rate), "{dry:?}: {slowed:?}");
        // One that left before says nothing about the rate since.
        let rate = slowed.rate;
        pace.throttled(ms(10_000), early);
        assert_eq!(pace.slowed.unwrap().rate.to_bits(), rate.to_bits());
    }
}
