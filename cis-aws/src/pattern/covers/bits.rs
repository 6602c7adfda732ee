//! Sets of small numbers.

/// A set of numbers below a length.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// The numbers below a length of which something holds.
    pub(super) fn new(length: usize, holds: impl Fn(usize) -> bool) -> Self {
        let mut bits = Self(vec![0; length.div_ceil(64)]);
        for number in (0..length).filter(|number| holds(*number)) {
            bits.flip(number);
        }
        bits
    }

    pub(super) fn flip(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word ^= 1 << (number % 64);
        }
    }

    pub(super) fn has(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    /// Adds the numbers of another set of the same length.
    pub(super) fn add(&mut self, other: &Self) {
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }

    /// How many machine words it takes, which is what copying it costs.
    pub(super) fn words(&self) -> usize {
        self.0.len()
    }
}
