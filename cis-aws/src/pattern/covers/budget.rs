//! A bound on work that is the same on every machine.

/// The work for one question. A step is about one position of one text pattern, or one test of one event; this many take
/// far less than 100 ms in a release build. What the benchmark's filters need is below a hundredth of it.
const STEPS: u64 = 1_000_000;

/// There was not enough work left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exhausted;

/// Work that may still be done.
#[derive(Debug)]
pub(super) struct Budget {
    left: u64,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { left: STEPS }
    }

    /// For what is tried first because it is cheap.
    pub(super) fn small() -> Self {
        Self { left: STEPS / 40 }
    }

    /// A part of what is left, to be given back.
    pub(super) fn split(&mut self, parts: u64) -> Self {
        let left = self.left / parts.max(1);
        self.left -= left;
        Self { left }
    }

    pub(super) fn give_back(&mut self, rest: Self) {
        self.left += rest.left;
    }

    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Exhausted> {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        let left = self.left.checked_sub(steps);
        self.left = left.unwrap_or(0);
        left.map(|_| ()).ok_or(Exhausted)
    }
}
