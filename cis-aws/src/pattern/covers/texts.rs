//! The texts that a field can have, divided by the checks that compare it with text.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::Value;

use super::super::automaton::{Sequence, reads_counted};
use super::super::regex::Regex;
use super::super::rules::{Rule, Rules};
use super::super::tree::Check;
use super::bits::Bits;
use super::familiar;
use super::intervals::Intervals;
use super::mixed::{self, Both};
use super::question::{Field, Kind};
use super::regions::{Region, regions};
use crate::budget::{Budget, Exhausted};

/// The texts of a field under one reading of inner stars; the costly part, which the other rules don't change.
#[derive(Debug)]
pub(super) struct Texts<'a> {
    patterns: Vec<Cow<'a, [Sequence]>>,
    /// Per pattern, the checks that rest on it.
    checks: Vec<Vec<usize>>,
    /// Patterns that match one text only.
    literals: BTreeSet<usize>,
    /// The patterns of the numbers among the texts.
    numeric: Option<usize>,
    json_number: Option<usize>,
    regions: Vec<Region>,
    intervals: Intervals,
    /// Found when a rule asks for them.
    mixed: Option<BTreeMap<Both, Value>>,
    mixed_numbers: Option<BTreeMap<Both, Value>>,
}

// No groups here, so each combination of fraction and exponent is an alternative.
static NUMERIC: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::parse(
        "^[+-]?[0-9]+$|^[+-]?[0-9]+\\.[0-9]+$|^[+-]?[0-9]+[eE][+-]?[0-9]+$|^[+-]?[0-9]+\\.[0-9]+[eE][+-]?[0-9]+$",
    )
});
static JSON_NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::parse(
        "^-?0$|^-?[1-9][0-9]*$|^-?0\\.[0-9]+$|^-?[1-9][0-9]*\\.[0-9]+$|^-?0[eE][+-]?[0-9]+$|\
         ^-?[1-9][0-9]*[eE][+-]?[0-9]+$|^-?0\\.[0-9]+[eE][+-]?[0-9]+$|^-?[1-9][0-9]*\\.[0-9]+[eE][+-]?[0-9]+$",
    )
});

impl<'a> Texts<'a> {
    pub(super) fn new(field: &'a Field, inner_star: bool, budget: &mut Budget) -> Result<Self, Exhausted> {
        let mut patterns: Vec<Cow<'a, [Sequence]>> = Vec::new();
        let mut checks: Vec<Vec<usize>> = Vec::new();
        let mut literals = BTreeSet::new();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for (index, check) in field.checks.iter().enumerate() {
            let (key, alternatives, is_literal) = match check {
                Check::Text { text, .. } => {
                    budget.spend(text.as_str().len())?;
                    (text.to_string(), vec![text.sequence(inner_star)].into(), text.is_literal(inner_star))
                }
                Check::Regex { regex, .. } => (regex.to_string(), regex.alternatives().into(), false),
                _ => continue,
            };
            let pattern = *known.entry(key).or_insert(patterns.len());
            if pattern == patterns.len() {
                patterns.push(alternatives);
                checks.push(Vec::new());
            }
            if is_literal {
                literals.insert(pattern);
            }
            if let Some(checks) = checks.get_mut(pattern) {
                checks.push(index);
            }
        }
        let has_texts = !patterns.is_empty();
        let mut extra = |wanted: bool, regex: &'static LazyLock<Option<Regex>>| {
            let regex = regex.as_ref().filter(|_| wanted)?;
            patterns.push(regex.alternatives().into());
            Some(patterns.len() - 1)
        };
        let numeric = extra(field.checks.iter().any(|check| matches!(check, Check::Number { .. })), &NUMERIC);
        let json_number = extra(field.kind == Kind::Any && has_texts, &JSON_NUMBER);
        let mut regions = regions(&patterns, budget)?;
        // What the patterns name comes first, in their order, the required one's before the filters'.
        regions.sort_by_key(|region| !region.matched.iter().any(|pattern| literals.contains(pattern)));
        let intervals = Intervals::new(&field.checks);
        let (mixed, mixed_numbers) = (None, None);
        let mut texts =
            Self { patterns, checks, literals, numeric, json_number, regions, intervals, mixed, mixed_numbers };
        texts.make_readable(field, budget)?;
        Ok(texts)
    }

    /// Every region; together they are all texts.
    pub(super) fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// The patterns that match a text.
    pub(super) fn matched(&self, text: &str, budget: &mut Budget) -> Result<Vec<usize>, Exhausted> {
        let mut matched = Vec::new();
        for (pattern, alternatives) in self.patterns.iter().enumerate() {
            let mut steps = 1;
            if reads_counted(alternatives, text, &mut steps) {
                matched.push(pattern);
            }
            budget.spend(steps)?;
        }
        Ok(matched)
    }

    /// Turns the answers of a text that no pattern matches into those of a region: `=` begins to pass, `!=` ceases to.
    pub(super) fn turn(&self, passed: &mut Bits, region: &Region) {
        for checks in region.matched.iter().filter_map(|pattern| self.checks.get(*pattern)) {
            for check in checks {
                passed.flip(*check);
            }
        }
    }

    /// Finds examples of what is number and text both, if some rules ask for them.
    pub(super) fn find_examples(&mut self, rules: Rules, budget: &mut Budget) -> Result<(), Exhausted> {
        if rules.has(Rule::NumOnText) && self.numeric.is_some() && self.mixed.is_none() {
            self.mixed = Some(mixed::numeric_texts(self, budget)?);
        }
        if rules.has(Rule::TextOnScalar) && self.json_number.is_some() && self.mixed_numbers.is_none() {
            self.mixed_numbers = Some(mixed::numbers(self, budget)?);
        }
        Ok(())
    }

    /// The numbers that the field is compared with.
    pub(super) fn intervals(&self) -> &Intervals {
        &self.intervals
    }

    /// Numeric texts, if the texts of the field are compared with numbers.
    pub(super) fn numeric_texts(&self) -> Option<&BTreeMap<Both, Value>> {
        self.mixed.as_ref()
    }

    /// Numbers, if those of the field are compared with texts.
    pub(super) fn numbers(&self) -> Option<&BTreeMap<Both, Value>> {
        self.mixed_numbers.as_ref()
    }

    pub(super) fn is_numeric(&self, region: &Region) -> bool {
        self.numeric.is_some_and(|pattern| region.matched.contains(&pattern))
    }

    pub(super) fn is_json_number(&self, region: &Region) -> bool {
        self.json_number.is_some_and(|pattern| region.matched.contains(&pattern))
    }

    pub(super) fn is_one_text(&self, region: &Region) -> bool {
        region.matched.iter().any(|pattern| self.literals.contains(pattern))
    }

    /// Puts a value that people know in place of one that only the search has thought of.
    fn make_readable(&mut self, field: &Field, budget: &mut Budget) -> Result<(), Exhausted> {
        let familiar = familiar::values(&field.selector);
        for value in familiar {
            let matched = self.matched(value, budget)?;
            let region = self.regions.iter_mut().find(|region| region.matched == matched);
            if let Some(region) = region.filter(|region| !familiar.contains(&region.witness.as_str())) {
                (*value).clone_into(&mut region.witness);
            }
        }
        Ok(())
    }
}
