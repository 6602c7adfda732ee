//! A bound on work that is the same on every machine.

/// There was not enough work left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exhausted;

/// Work that may still be done, in steps. How much a step is, says who makes the budget.
#[derive(Debug)]
pub(crate) struct Budget {
    left: u64,
}

impl Budget {
    pub(crate) fn new(steps: u64) -> Self {
        Self { left: steps }
    }

    /// What tests of the bound count.
    #[cfg(test)]
    pub(crate) fn left(&self) -> u64 {
        self.left
    }

    /// A part of what is left, to be given back.
    pub(crate) fn split(&mut self, parts: u64) -> Self {
        let left = self.left / parts.max(1);
        self.left -= left;
        Self { left }
    }

    pub(crate) fn give_back(&mut self, rest: Self) {
        self.left += rest.left;
    }

    pub(crate) fn spend(&mut self, steps: usize) -> Result<(), Exhausted> {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        let left = self.left.checked_sub(steps);
        self.left = left.unwrap_or(0);
        left.map(|_| ()).ok_or(Exhausted)
    }
}
