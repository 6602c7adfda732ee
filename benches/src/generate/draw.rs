//! What is drawn from the seed.

use rand::RngExt;
use rand::distr::uniform::{SampleRange, SampleUniform};
use rand_pcg::Pcg64;

/// Draws what looks random and is the same for the same seed and name.
pub(super) struct Draw(Pcg64);

impl Draw {
    /// A stream of its own for each name, so that no table depends on which were made before it.
    pub(super) fn new(seed: u64, name: &str) -> Self {
        Self(Pcg64::new(seed.into(), hash(name).into()))
    }

    pub(super) fn below<T: SampleUniform, R: SampleRange<T>>(&mut self, range: R) -> T {
        self.0.random_range(range)
    }

    /// True in so many of a hundred cases.
    pub(super) fn percent(&mut self, percent: u32) -> bool {
        self.below(0..100_u32) < percent
    }

    /// One of these. `default` of none.
    pub(super) fn one<T: Copy + Default>(&mut self, of: &[T]) -> T {
        if of.is_empty() {
            return T::default();
        }
        of.get(self.below(0..of.len())).copied().unwrap_or_default()
    }

    /// From 1 to `most`: mostly a few, seldom many.
    pub(super) fn skewed(&mut self, most: usize) -> usize {
        let bits = self.below(0..=most.max(1).ilog2() + 1);
        let bound = self.below(0..1_usize << bits);
        (1 + self.below(0..=bound)).min(most.max(1))
    }
}

/// FNV-1a: small, and the same everywhere. <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Scatters numbers, no two to the same place: the end of `SplitMix64`.
pub(super) fn scatter(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_name_draw_the_same() {
        let draw = |seed, name| {
            let mut draw = Draw::new(seed, name);
            [0; 8].map(|_| draw.below(0..1_000_000_u32))
        };
        assert_eq!(draw(7, "a"), draw(7, "a"));
        assert_ne!(draw(7, "a"), draw(7, "b"));
        assert_ne!(draw(7, "a"), draw(8, "a"));
    }

    #[test]
    fn skewed_numbers_reach_both_ends_and_are_mostly_small() {
        let mut draw = Draw::new(1, "rules");
        let mut drawn: Vec<usize> = (0..20_000).map(|_| draw.skewed(120)).collect();
        drawn.sort_unstable();
        assert_eq!((drawn.first(), drawn.last()), (Some(&1), Some(&120)));
        assert!(drawn.get(10_000).is_some_and(|median| *median <= 5));
    }
}
