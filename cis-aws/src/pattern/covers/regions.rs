//! All texts, divided by which of some patterns match them.
//!
//! The patterns run in step over every text at once: a state is the set of positions that they can be at, and a text is
//! told from another only by the state that it leads to. Breadth first, so the first text to reach a state is a shortest.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::RangeInclusive;

use super::super::automaton::{Class, Sequence, Unit};
use crate::budget::{Budget, Exhausted};

/// The texts that exactly these patterns match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Region {
    /// Indices of patterns, rising.
    pub(super) matched: Vec<usize>,
    /// A shortest text of the region, though not the empty one if there is another.
    pub(super) witness: String,
}

/// The regions that are not empty. Each pattern is given by its alternatives.
pub(super) fn regions(patterns: &[Cow<'_, [Sequence]>], budget: &mut Budget) -> Result<Vec<Region>, Exhausted> {
    match of_literals(patterns, budget)? {
        Some(regions) => Ok(regions),
        None => by_machine(patterns, budget),
    }
}

fn by_machine(patterns: &[Cow<'_, [Sequence]>], budget: &mut Budget) -> Result<Vec<Region>, Exhausted> {
    let machine = Machine::new(patterns, budget)?;
    let start = machine.start();
    let mut states = vec![(start, None)];
    // The start is not among them: a text that leads back to it is another witness than the empty one.
    let mut numbers: HashMap<State, usize> = HashMap::new();
    let mut found: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
    let mut next = 0;
    while let Some((state, _)) = states.get(next) {
        let state = state.clone();
        // The empty text is state 0, and gives way to the next one.
        let first = found.entry(machine.matched(&state)).or_insert(next);
        if *first == 0 {
            *first = next;
        }
        for symbol in machine.symbols(&state, budget)? {
            budget.spend(state.len() + 1)?;
            let after = machine.step(&state, symbol);
            budget.spend(after.len())?;
            if !numbers.contains_key(&after) {
                numbers.insert(after.clone(), states.len());
                states.push((after, Some((next, symbol))));
            }
        }
        next += 1;
    }
    let witness = |number: usize| {
        let mut symbols = Vec::new();
        let mut at = number;
        while let Some((_, Some((before, symbol)))) = states.get(at) {
            symbols.push(*symbol);
            at = *before;
        }
        symbols.into_iter().rev().collect()
    };
    Ok(found.into_iter().map(|(matched, number)| Region { matched, witness: witness(number) }).collect())
}

/// The same for patterns that match one text each, as names of events mostly do: each text, and all others.
fn of_literals(patterns: &[Cow<'_, [Sequence]>], budget: &mut Budget) -> Result<Option<Vec<Region>>, Exhausted> {
    let mut texts: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut named: BTreeSet<char> = BTreeSet::new();
    for (pattern, alternatives) in patterns.iter().enumerate() {
        let [sequence] = &**alternatives else { return Ok(None) };
        let Some(text) = sequence.iter().map(Unit::only).collect::<Option<String>>() else { return Ok(None) };
        budget.spend(sequence.len() + 1)?;
        named.extend(text.chars());
        texts.entry(text).or_default().push(pattern);
    }
    let Some(others) = foreign_to(&named) else { return Ok(None) };
    let mut regions: Vec<_> = texts.into_iter().map(|(witness, matched)| Region { matched, witness }).collect();
    regions.push(Region { matched: Vec::new(), witness: others.to_string() });
    regions.sort_by(|one, other| one.matched.cmp(&other.matched));
    Ok(Some(regions))
}

/// What stands at a position: a unit, or the end of an alternative.
struct Slot<'a> {
    unit: Option<&'a Unit>,
    pattern: usize,
    sequence: usize,
    /// Only a run is left: the pattern matches whatever follows.
    settled: bool,
}

/// Positions, rising; numbers from the count of slots on are patterns that match whatever follows.
type State = Vec<usize>;

struct Machine<'a> {
    slots: Vec<Slot<'a>>,
    starts: Vec<usize>,
    /// Characters by what the classes say of them: the first one of a group stands for all that no pattern names, and if
    /// there is none, the group lists those that are named.
    groups: Vec<Vec<char>>,
}

impl<'a> Machine<'a> {
    fn new(patterns: &'a [Cow<'_, [Sequence]>], budget: &mut Budget) -> Result<Self, Exhausted> {
        budget.spend(patterns.iter().flat_map(|pattern| pattern.iter()).map(|sequence| sequence.len() + 1).sum())?;
        let (mut slots, mut starts) = (Vec::new(), Vec::new());
        for (pattern, alternatives) in patterns.iter().enumerate() {
            for sequence in alternatives.iter() {
                let number = starts.len();
                starts.push(slots.len());
                for (index, unit) in sequence.iter().enumerate() {
                    let settled = unit.is_run() && index + 1 == sequence.len();
                    slots.push(Slot { unit: Some(unit), pattern, sequence: number, settled });
                }
                slots.push(Slot { unit: None, pattern, sequence: number, settled: false });
            }
        }
        let groups = groups(&slots, budget)?;
        Ok(Self { slots, starts, groups })
    }

    fn start(&self) -> State {
        let mut positions = Vec::new();
        for start in &self.starts {
            self.enter(&mut positions, *start);
        }
        self.reduced(positions)
    }

    /// Adds a position, and those behind it that optional units let it skip to. Positions are entered in rising order.
    fn enter(&self, positions: &mut Vec<usize>, mut position: usize) {
        // Whatever has skipped as far as here has skipped on as well: many optional units in a row cost no square.
        if positions.last().is_some_and(|last| *last >= position) {
            return;
        }
        positions.push(position);
        while self.slots.get(position).and_then(|slot| slot.unit).is_some_and(|unit| unit.optional) {
            position += 1;
            positions.push(position);
        }
    }

    /// Leaves out positions without a say: those of a pattern that is settled, and those before a run that has been
    /// reached, which reads all that they could.
    fn reduced(&self, mut positions: Vec<usize>) -> State {
        positions.sort_unstable();
        positions.dedup();
        let mut settled: Vec<usize> = positions
            .iter()
            .filter_map(|position| match self.slots.get(*position) {
                None => position.checked_sub(self.slots.len()),
                Some(slot) => slot.settled.then_some(slot.pattern),
            })
            .collect();
        settled.sort_unstable();
        settled.dedup();
        // From the back, since the last run of a sequence is the one that counts.
        let mut behind_run = None;
        let mut state: State = settled.iter().rev().map(|pattern| self.slots.len() + pattern).collect();
        for position in positions.iter().rev() {
            let Some(slot) = self.slots.get(*position) else { continue };
            if behind_run == Some(slot.sequence) || settled.binary_search(&slot.pattern).is_ok() {
                continue;
            }
            if slot.unit.is_some_and(Unit::is_run) {
                behind_run = Some(slot.sequence);
            }
            state.push(*position);
        }
        state.reverse();
        state
    }

    fn step(&self, state: &State, symbol: char) -> State {
        let mut positions = Vec::new();
        for position in state {
            match self.slots.get(*position) {
                None => positions.push(*position),
                Some(Slot { unit: Some(unit), .. }) if unit.class.has(symbol) => {
                    self.enter(&mut positions, if unit.repeats { *position } else { position + 1 });
                }
                Some(_) => {}
            }
        }
        self.reduced(positions)
    }

    /// The patterns that match a text that ends here.
    fn matched(&self, state: &State) -> Vec<usize> {
        let matched: BTreeSet<usize> = state
            .iter()
            .filter_map(|position| match self.slots.get(*position) {
                None => position.checked_sub(self.slots.len()),
                Some(slot) => slot.unit.is_none().then_some(slot.pattern),
            })
            .collect();
        matched.into_iter().collect()
    }

    /// Enough characters to go on with: those that a position names, and of each group one that none does.
    fn symbols(&self, state: &State, budget: &mut Budget) -> Result<Vec<char>, Exhausted> {
        budget.spend(state.len() + self.groups.len())?;
        let named: BTreeSet<char> = state
            .iter()
            .filter_map(|position| match self.slots.get(*position)?.unit?.class {
                Class::One(c) => Some(c),
                Class::Ranges { .. } => None,
            })
            .collect();
        let others = self.groups.iter().filter_map(|group| group.iter().copied().find(|c| !named.contains(c)));
        let others: Vec<char> = others.collect();
        // Others first: a witness is better off with a letter of no pattern than with a piece of one.
        Ok(others.into_iter().chain(named).collect())
    }
}

fn groups(slots: &[Slot<'_>], budget: &mut Budget) -> Result<Vec<Vec<char>>, Exhausted> {
    let mut classes: BTreeSet<&Class> = BTreeSet::new();
    let mut named: BTreeSet<char> = BTreeSet::new();
    for unit in slots.iter().filter_map(|slot| slot.unit) {
        match &unit.class {
            Class::One(c) => {
                named.insert(*c);
            }
            class @ Class::Ranges { .. } => {
                if !class.is_any() {
                    classes.insert(class);
                }
            }
        }
    }
    if classes.is_empty() {
        return Ok(foreign_to(&named).map(|c| vec![c]).into_iter().collect());
    }
    // INVARIANT: classes tell ASCII characters apart only, so one character outside of ASCII that no pattern names stands
    // for all of them.
    let outside = OUTSIDE.into_iter().find(|c| !named.contains(c));
    let candidates = READABLE.chars().chain(outside).chain((0..128u8).map(char::from)).chain(named.iter().copied());
    let mut groups: BTreeMap<Vec<bool>, Vec<char>> = BTreeMap::new();
    for c in candidates {
        budget.spend(2 * classes.len())?;
        let group = groups.entry(classes.iter().map(|class| class.has(c)).collect()).or_default();
        // Once there is a character that nobody names, others of its group say nothing more.
        if group.first().is_none_or(|first| named.contains(first)) {
            if named.contains(&c) { group.push(c) } else { group.insert(0, c) }
        }
    }
    Ok(groups.into_values().collect())
}

/// A character that no pattern names.
fn foreign_to(named: &BTreeSet<char>) -> Option<char> {
    READABLE.chars().chain(OUTSIDE).find(|c| !named.contains(c))
}

/// Characters to make witnesses of, those that read best first.
const READABLE: &str = "zqxabcdefghijklmnoprstuvwyABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const OUTSIDE: RangeInclusive<char> = '\u{E9}'..=char::MAX;

#[cfg(test)]
mod tests {
    use super::super::super::automaton::reads;
    use super::super::super::{Regex, Text};
    use super::*;

    fn compiled(patterns: &[&str]) -> Vec<Cow<'static, [Sequence]>> {
        let one = |pattern: &&str| match pattern.strip_prefix('%') {
            Some(regex) => Regex::parse(regex).unwrap().alternatives().to_vec().into(),
            None => vec![Text::new(*pattern).sequence(true)].into(),
        };
        patterns.iter().map(one).collect()
    }

    fn all(patterns: &[&str]) -> Vec<(Vec<usize>, String)> {
        let regions = regions(&compiled(patterns), &mut Budget::new(1_000_000)).unwrap();
        regions.into_iter().map(|region| (region.matched, region.witness)).collect()
    }

    fn region(matched: &[usize], witness: &str) -> (Vec<usize>, String) {
        (matched.to_vec(), witness.to_owned())
    }

    #[test]
    fn texts_by_what_matches_them() {
        assert_eq!(all(&[]), [region(&[], "z")]);
        assert_eq!(all(&["*"]), [region(&[0], "z")]);
        assert_eq!(all(&[""]), [region(&[], "z"), region(&[0], "")]);
        assert_eq!(all(&["ab", "a*"]), [region(&[], "z"), region(&[0, 1], "ab"), region(&[1], "a")]);
        assert_eq!(
            all(&["*z", "z*"]),
            [region(&[], "q"), region(&[0], "qz"), region(&[0, 1], "z"), region(&[1], "zq")]
        );
        assert_eq!(all(&["%^a?$"]), [region(&[], "z"), region(&[0], "a")]);
        assert_eq!(
            all(&["%^[^z]*$", "é*"]),
            [region(&[], "z"), region(&[0], "q"), region(&[0, 1], "é"), region(&[1], "éz")]
        );
    }

    #[test]
    fn texts_without_wildcards_have_the_same_regions_without_the_machine() {
        for patterns in [
            &[][..],
            &[""],
            &["a"],
            &["", "a"],
            &["ab", "a", "b", "ab"],
            &["z", "zq", "q", "x"],
            &["é", "DeleteTrail", "DeleteTrails", "StopLogging"],
        ] {
            let (patterns, budget) = (compiled(patterns), &mut Budget::new(1_000_000));
            let literals = of_literals(&patterns, budget).unwrap();
            assert_eq!(literals, Some(by_machine(&patterns, budget).unwrap()), "{patterns:?}");
        }
        for other in ["a*", "%^ab?$", "%^[a]b$", "%^a$|^b$"] {
            assert_eq!(of_literals(&compiled(&["a", other]), &mut Budget::new(1_000)).unwrap(), None, "{other}");
        }
    }

    /// Every short text lies in a region that was found, and every witness in its own.
    #[test]
    fn regions_are_complete() {
        let pool = [
            "a*",
            "*a",
            "*ab*",
            "b",
            "ab",
            "",
            "*",
            "a*b",
            "*a*b*",
            "%^[ab]$",
            "%a.b|^b",
            "%^.{2}$",
            "%[^a]$",
            "%^a*b?a$|^b*c",
        ];
        let texts: Vec<String> = (0..=5)
            .flat_map(|length| {
                (0..3usize.pow(length)).map(move |n| {
                    (0..length).map(|place| ['a', 'b', 'c'][n / 3usize.pow(place) % 3]).collect::<String>()
                })
            })
            .collect();
        for first in 0..pool.len() {
            for second in 0..pool.len() {
                for third in second..pool.len() {
                    let patterns = compiled(&[pool[first], pool[second], pool[third]]);
                    let matched =
                        |text: &str| -> Vec<usize> { (0..3).filter(|index| reads(&patterns[*index], text)).collect() };
                    let found = regions(&patterns, &mut Budget::new(1_000_000)).unwrap();
                    for region in &found {
                        assert_eq!(region.matched, matched(&region.witness), "{region:?}");
                    }
                    for text in &texts {
                        let wanted = matched(text);
                        assert!(found.iter().any(|region| region.matched == wanted), "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn work_is_bounded() {
        // Sixty texts that may occur anywhere in any order: 2^60 states.
        let many: Vec<String> = (0..60).map(|n| format!("*name{n}x*")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(regions(&compiled(&many), &mut Budget::new(1_000_000)), Err(Exhausted));
    }
}
