//! What the benchmarks share: scans of generated accounts with their answer checked, and how they are measured.
#![allow(dead_code, reason = "each benchmark uses some of it")]
#![allow(
    clippy::cast_precision_loss,
    clippy::similar_names,
    clippy::unchecked_time_subtraction,
    reason = "it measures"
)]

use std::collections::BTreeSet;
use std::time::Duration;

use cis_benches::generate::{Account, Size};
use cis_core::{Benchmark, DataSource, Registry, Report, Scan, Selection};
use rustix::time::{ClockId, clock_gettime};

pub(crate) const SEED: u64 = 5;

/// Judges generated accounts under one version.
pub(crate) struct Judge {
    benchmark: Benchmark,
    registry: Registry,
}

impl Judge {
    pub(crate) fn new() -> Self {
        Self { benchmark: cis_aws::benchmark("2.0.0").unwrap(), registry: cis_aws::registry() }
    }

    /// A scan of what the patterns select; of everything without any.
    pub(crate) fn select<'a>(&'a self, patterns: &[&str]) -> Scan<'a> {
        let select = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        Scan::new(&self.benchmark, &self.registry).select(Selection { select, level: None })
    }

    /// Whether exactly what is planted fails, of what the report is about, and nothing is unknown.
    #[track_caller]
    pub(crate) fn check(&self, account: &Account, report: &Report) {
        let about: BTreeSet<_> = report.recommendations.iter().map(|judged| judged.key.as_str()).collect();
        let mut planted = account.planted(&self.benchmark);
        planted.retain(|(key, _)| about.contains(key.as_str()));
        assert!(Account::failing(report) == planted, "what fails is not what is planted");
        assert!(report.unread.is_empty(), "{:?}", report.unread.first());
    }
}

/// An account of the mixture that everything is designed for.
pub(crate) fn account(resources: usize) -> Account {
    Account::new(SEED, Size::DESIGN.of_about(resources)).unwrap()
}

/// Runs a scan on this thread alone.
pub(crate) fn run(scan: Scan<'_>, source: &dyn DataSource) -> Report {
    block_on(scan.run(source)).unwrap()
}

/// What a future gives, on this thread alone.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// The processor time that this thread took so far: what else the machine does counts little in it.
pub(crate) fn cpu() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap()
}

/// The least processor time of several runs, and what the last one gave. What is given is let go outside the time.
pub(crate) fn best<T>(runs: usize, mut work: impl FnMut() -> T) -> (Duration, T) {
    let mut timed = || {
        let before = cpu();
        let given = std::hint::black_box(work());
        (cpu() - before, given)
    };
    let (mut least, mut last) = timed();
    for _ in 1..runs {
        drop(last);
        let (took, given) = timed();
        least = least.min(took);
        last = given;
    }
    (least, last)
}

/// The exponent of growth: the slope of the line that fits the logarithms best.
pub(crate) fn exponent(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let logs: Vec<_> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let (mean_x, mean_y) =
        (logs.iter().map(|(x, _)| x).sum::<f64>() / count, logs.iter().map(|(_, y)| y).sum::<f64>() / count);
    let above: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    above / logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum::<f64>()
}

/// A whole number with its thousands apart.
pub(crate) fn whole(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().map_or_else(|_| "?".to_owned(), |number| number.to_string());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub(crate) fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
