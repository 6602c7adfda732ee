//! The values of a field, divided into cells that nothing that is asked of the field can tell apart.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::number::Number;
use super::super::rules::{Rule, Rules};
use super::super::tree::{Check, Comparison};
use super::bits::Bits;
use super::intervals::json;
use super::question::{Field, Kind};
use super::texts::Texts;
use crate::budget::{Budget, Exhausted};

/// Values that pass the same checks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cell {
    pub(super) place: Place,
    /// An example; `None` is a missing field, or a cell that perhaps is empty: see `proven`.
    pub(super) value: Option<Value>,
    /// Whether the cell is known not to be empty. Where text is compared with numbers, one can be without an example: it
    /// then counts against "covered", but makes no counterexample.
    pub(super) proven: bool,
    /// Which checks of the field pass.
    pub(super) passed: Bits,
}

/// Whether there can be something below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Missing,
    Leaf,
    Container,
}

/// The cells of a field under some rules: together they are all values that it can have.
pub(super) fn cells(
    field: &Field,
    rules: Rules,
    texts: &Texts<'_>,
    budget: &mut Budget,
) -> Result<Vec<Cell>, Exhausted> {
    let mut divider = Divider { field, rules, texts, budget, cells: Vec::new(), known: BTreeMap::new() };
    if matches!(field.kind, Kind::Text | Kind::Any) {
        divider.texts()?;
    }
    if field.kind == Kind::Any {
        divider.numbers()?;
    }
    if matches!(field.kind, Kind::Boolean | Kind::Any) {
        divider.add(Place::Leaf, Some(Value::Bool(true)))?;
        divider.add(Place::Leaf, Some(Value::Bool(false)))?;
    }
    if field.kind == Kind::Any {
        divider.add(Place::Leaf, Some(Value::Null))?;
        divider.add(Place::Container, Some(Value::Object(Map::new())))?;
    }
    divider.add(Place::Missing, None)?;
    Ok(divider.cells)
}

struct Divider<'a> {
    field: &'a Field,
    rules: Rules,
    texts: &'a Texts<'a>,
    budget: &'a mut Budget,
    cells: Vec<Cell>,
    /// Cells by what tells them apart.
    known: BTreeMap<(Place, Bits), usize>,
}

impl Divider<'_> {
    /// Values that pass the same checks are one cell, with the first example that is proven.
    fn push(&mut self, cell: Cell) {
        let number = *self.known.entry((cell.place, cell.passed.clone())).or_insert(self.cells.len());
        match self.cells.get_mut(number) {
            None => self.cells.push(cell),
            Some(known) if cell.proven && !known.proven => *known = cell,
            Some(_) => {}
        }
    }

    /// A cell whose checks are answered by trying them.
    fn add(&mut self, place: Place, value: Option<Value>) -> Result<(), Exhausted> {
        self.budget.spend(self.field.checks.len())?;
        let passed = self.by_check(|check| check.holds(value.as_ref(), self.rules));
        self.push(Cell { place, value, proven: true, passed });
        Ok(())
    }

    fn texts(&mut self) -> Result<(), Exhausted> {
        let unmatched = self.unmatched();
        let not_number = self.by_check(|check| {
            matches!(check, Check::Number { comparison: Comparison::NotEqual, .. }) && self.rules.has(Rule::NumOnText)
        });
        let examples = self.texts.numeric_texts().filter(|_| self.rules.has(Rule::NumOnText));
        for region in self.texts.regions() {
            self.budget.spend(unmatched.words() + region.matched.len() + 1)?;
            let mut passed = unmatched.clone();
            self.texts.turn(&mut passed, region);
            let Some(examples) = examples.filter(|_| self.texts.is_numeric(region)) else {
                passed.add(&not_number);
                let value = Some(Value::String(region.witness.clone()));
                self.push(Cell { place: Place::Leaf, value, proven: true, passed });
                continue;
            };
            for (interval, sample) in self.texts.intervals().samples().into_iter().enumerate() {
                let value = examples.get(&(interval, region.matched.clone())).cloned();
                // The one text of a region is one number.
                if value.is_some() || !self.texts.is_one_text(region) {
                    self.push_number(sample, &passed, value)?;
                }
            }
        }
        Ok(())
    }

    fn numbers(&mut self) -> Result<(), Exhausted> {
        let samples = self.texts.intervals().samples();
        let Some(examples) = self.texts.numbers().filter(|_| self.rules.has(Rule::TextOnScalar)) else {
            return samples.into_iter().try_for_each(|sample| self.add(Place::Leaf, json(sample)));
        };
        let unmatched = self.unmatched();
        for region in self.texts.regions().iter().filter(|region| self.texts.is_json_number(region)) {
            let mut passed = unmatched.clone();
            self.texts.turn(&mut passed, region);
            let own = Number::parse(&region.witness).map(|own| self.texts.intervals().index(own.value()));
            for (interval, sample) in samples.iter().enumerate() {
                let value = examples.get(&(interval, region.matched.clone())).cloned();
                if value.is_some() || !self.texts.is_one_text(region) || own == Some(interval) {
                    self.push_number(*sample, &passed, value)?;
                }
            }
        }
        Ok(())
    }

    /// A cell of an interval, given the answers of the checks that compare with text.
    fn push_number(&mut self, sample: f64, texts: &Bits, value: Option<Value>) -> Result<(), Exhausted> {
        self.budget.spend(self.field.checks.len())?;
        let mut passed = texts.clone();
        passed.add(&self.by_check(|check| match check {
            Check::Number { comparison, number } => comparison.holds(sample, number.value()),
            _ => false,
        }));
        self.push(Cell { place: Place::Leaf, proven: value.is_some(), value, passed });
        Ok(())
    }

    fn by_check(&self, passes: impl Fn(&Check) -> bool) -> Bits {
        Bits::new(self.field.checks.len(), |index| self.field.checks.get(index).is_some_and(&passes))
    }

    /// The checks with text that pass where no pattern matches.
    fn unmatched(&self) -> Bits {
        self.by_check(|check| check.is_negated() && !matches!(check, Check::Number { .. }))
    }
}
