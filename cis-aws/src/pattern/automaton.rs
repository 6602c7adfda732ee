//! What texts and regular expressions have in common: sequences of units, read by a set of positions.
//!
//! Neither has groups, so a pattern is a few alternatives, each a plain sequence. Reading takes at most text times
//! pattern, whatever the pattern, and the prover runs the same positions for many patterns in step.

/// A set of characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    One(char),
    /// Ranges, both ends included; negated, every character outside of them.
    Ranges {
        ranges: Vec<(char, char)>,
        negated: bool,
    },
}

impl Class {
    pub(super) fn any() -> Self {
        Self::Ranges { ranges: Vec::new(), negated: true }
    }

    pub(super) fn has(&self, c: char) -> bool {
        match self {
            Self::One(own) => *own == c,
            Self::Ranges { ranges, negated } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        }
    }

    /// Whether it holds every character.
    pub(super) fn is_any(&self) -> bool {
        matches!(self, Self::Ranges { ranges, negated: true } if ranges.is_empty())
    }
}

/// A class with its repetition: once, at most once, any number of times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) class: Class,
    pub(super) optional: bool,
    pub(super) repeats: bool,
}

impl Unit {
    pub(super) fn once(class: Class) -> Self {
        Self { class, optional: false, repeats: false }
    }

    pub(super) fn optional(class: Class) -> Self {
        Self { class, optional: true, repeats: false }
    }

    pub(super) fn repeated(class: Class) -> Self {
        Self { class, optional: true, repeats: true }
    }

    /// Any run of characters, also an empty one.
    pub(super) fn run() -> Self {
        Self::repeated(Class::any())
    }

    /// The character, where it reads one and nothing else.
    pub(super) fn only(&self) -> Option<char> {
        match self {
            Self { class: Class::One(c), optional: false, repeats: false } => Some(*c),
            _ => None,
        }
    }

    pub(super) fn is_run(&self) -> bool {
        self.optional && self.repeats && self.class.is_any()
    }
}

/// One alternative of a pattern; it has to read the whole text.
pub(super) type Sequence = Vec<Unit>;

/// Whether one of the alternatives reads the whole text.
pub(super) fn reads(alternatives: &[Sequence], text: &str) -> bool {
    reads_counted(alternatives, text, &mut 0)
}

/// The same, counting the positions that it was at.
pub(super) fn reads_counted(alternatives: &[Sequence], text: &str, steps: &mut usize) -> bool {
    alternatives.iter().any(|sequence| reads_all(sequence, text, steps))
}

fn reads_all(sequence: &[Unit], text: &str, steps: &mut usize) -> bool {
    // Position i: unit i is next. The last position is the end.
    let mut here = Vec::new();
    enter(sequence, &mut here, 0);
    *steps += here.len();
    for c in text.chars() {
        let mut next = Vec::new();
        for position in &here {
            if let Some(unit) = sequence.get(*position)
                && unit.class.has(c)
            {
                enter(sequence, &mut next, if unit.repeats { *position } else { position + 1 });
            }
        }
        if next.is_empty() {
            return false;
        }
        *steps += next.len();
        here = next;
    }
    here.last() == Some(&sequence.len())
}

/// Adds a position, and those behind it that optional units let it skip to. Positions rise, each is there once.
fn enter(sequence: &[Unit], positions: &mut Vec<usize>, position: usize) {
    let skipped = sequence.iter().skip(position).take_while(|unit| unit.optional).count();
    let first = positions.last().map_or(position, |last| position.max(last + 1));
    positions.extend(first..=position + skipped);
}
