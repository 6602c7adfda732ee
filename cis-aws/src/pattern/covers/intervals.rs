//! All numbers, divided by the constants that they are compared with.

use std::collections::BTreeSet;

use serde_json::{Number as JsonNumber, Value};

use super::super::number::Number;
use super::super::tree::Check;

/// Below the first constant, it, between it and the next, and so on.
#[derive(Debug)]
pub(super) struct Intervals {
    /// Rising, each once.
    constants: Vec<f64>,
}

impl Intervals {
    pub(super) fn new(checks: &[Check]) -> Self {
        let numbers = checks.iter().filter_map(|check| match check {
            Check::Number { number, .. } => Some(number),
            _ => None,
        });
        Self { constants: numbers.collect::<BTreeSet<_>>().into_iter().map(Number::value).collect() }
    }

    /// One number of each interval, rising.
    pub(super) fn samples(&self) -> Vec<f64> {
        let step = |number: f64| number.abs().max(1.0);
        let mut samples = Vec::new();
        let mut before: Option<f64> = None;
        for constant in self.constants.iter().copied() {
            samples.push(match before {
                None => constant - step(constant),
                Some(before) => between(before, constant),
            });
            samples.push(constant);
            before = Some(constant);
        }
        samples.push(before.map_or(0.0, |last| last + step(last)));
        samples
    }

    /// The index of the interval that a number lies in.
    pub(super) fn index(&self, value: f64) -> usize {
        let below = self.constants.partition_point(|constant| *constant < value);
        #[expect(clippy::float_cmp, reason = "a cell is exact")]
        let is_constant = self.constants.get(below).is_some_and(|constant| *constant == value);
        2 * below + usize::from(is_constant)
    }
}

/// A number between two others, an integer if there is one.
fn between(low: f64, high: f64) -> f64 {
    let integer = low.floor() + 1.0;
    if integer < high && integer > low { integer } else { low + (high - low) / 2.0 }
}

/// A JSON number, without a fraction if it has none.
pub(super) fn json(number: f64) -> Option<Value> {
    /// Integers up to here are exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "an integer that a double holds exactly")]
        return Some(Value::from(number as i64));
    }
    JsonNumber::from_f64(number).map(Value::Number)
}

#[cfg(test)]
mod tests {
    use super::super::super::tree::Comparison;
    use super::*;

    #[test]
    fn samples_lie_in_their_intervals() {
        let named =
            ["5", "-3", "5.000000001", "6", "1e280", "-1e280", "0", "0.0", "123456789012345", "123456789012346"];
        let check = |text: &&str| Check::Number { comparison: Comparison::Less, number: Number::parse(text).unwrap() };
        let checks: Vec<Check> = named.iter().map(check).collect();
        let intervals = Intervals::new(&checks);
        let samples = intervals.samples();
        assert_eq!(samples.len(), 2 * 9 + 1);
        for (number, sample) in samples.into_iter().enumerate() {
            assert_eq!(intervals.index(sample), number, "{sample}");
            assert_eq!(json(sample).and_then(|value| value.as_f64()), Some(sample));
        }
    }
}
