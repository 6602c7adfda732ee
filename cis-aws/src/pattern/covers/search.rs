//! The search for an event that the required pattern matches and no filter does.
//!
//! One cell per field, field by field. A pattern is judged by what has been chosen so far: true, false, or open at a field
//! that has not been chosen yet. That field is the next one, so fields that no longer matter are never tried.

use serde_json::Value;

use super::super::rules::{Rule, Rules};
use super::cells::{Cell, Place};
use super::event::realize;
use super::question::{Node, Question, Relative, Side};
use crate::budget::{Budget, Exhausted};

/// What became of one search.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    /// There is no such event.
    Nothing,
    /// Values of the fields, by the number of the field, and an event that has them.
    Event { values: Vec<(usize, Value)>, event: Value },
    /// Only events with a value of which it is not known whether it exists.
    Perhaps,
}

pub(super) fn search(
    question: &Question,
    cells: &[Vec<Cell>],
    rules: Rules,
    budget: &mut Budget,
) -> Result<Found, Exhausted> {
    let poisons = rules.has(Rule::ContainerPoisons);
    let chosen = vec![None; question.fields.len()];
    let mut search = Search { question, cells, poisons, chosen, budget, perhaps: false };
    let filters: Vec<&Side> = question.filters.iter().collect();
    // Alternatives of the required pattern are questions of their own, each with fewer fields.
    let alternatives = match &question.required.node {
        Node::Or(parts) => parts.as_slice(),
        node => std::slice::from_ref(node),
    };
    for alternative in alternatives {
        if let Some(found) = search.extend(alternative, &filters)? {
            return Ok(found);
        }
    }
    Ok(if search.perhaps { Found::Perhaps } else { Found::Nothing })
}

/// What is known of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    True,
    False,
    /// It rests on this field, among others.
    Open(usize),
}

struct Search<'a> {
    question: &'a Question,
    cells: &'a [Vec<Cell>],
    poisons: bool,
    /// The cell of each field that has one already.
    chosen: Vec<Option<&'a Cell>>,
    budget: &'a mut Budget,
    perhaps: bool,
}

impl<'a> Search<'a> {
    /// Completes the choice in every way, until one is an event; `open` are the filters that can still match it.
    fn extend(&mut self, required: &Node, open: &[&'a Side]) -> Result<Option<Found>, Exhausted> {
        let required_now = self.judge(required, &self.question.required)?;
        if required_now == Known::False {
            return Ok(None);
        }
        let mut still_open = Vec::with_capacity(open.len());
        let mut next = None;
        for filter in open {
            match self.judge(&filter.node, filter)? {
                Known::True => return Ok(None),
                Known::False => {}
                Known::Open(field) => {
                    next = next.or(Some(field));
                    still_open.push(*filter);
                }
            }
        }
        if let Known::Open(field) = required_now {
            next = Some(field);
        }
        let Some(next) = next else { return self.finish() };
        // A field of a filter alone is best left out of the event.
        let is_required = self.question.required.fields.contains(&next);
        let cells: &'a [Vec<Cell>] = self.cells;
        let cells = || cells.get(next).into_iter().flatten();
        let first = cells().filter(|cell| is_required || cell.place == Place::Missing);
        let rest = cells().filter(|cell| !is_required && cell.place != Place::Missing);
        for cell in first.chain(rest) {
            if self.fits(next, cell.place) {
                self.choose(next, Some(cell));
                if let Some(found) = self.extend(required, &still_open)? {
                    return Ok(Some(found));
                }
            }
        }
        self.choose(next, None);
        Ok(None)
    }

    /// The event of a choice that decides everything. Fields that have not been chosen are of no matter.
    fn finish(&mut self) -> Result<Option<Found>, Exhausted> {
        self.budget.spend(self.question.event_size)?;
        let Some((values, event)) = realize(&self.question.fields, &self.chosen) else { return Ok(None) };
        if self.chosen.iter().flatten().all(|cell| cell.proven) {
            return Ok(Some(Found::Event { values, event }));
        }
        self.perhaps = true;
        Ok(None)
    }

    fn choose(&mut self, field: usize, cell: Option<&'a Cell>) {
        if let Some(place) = self.chosen.get_mut(field) {
            *place = cell;
        }
    }

    fn cell(&self, field: usize) -> Option<&'a Cell> {
        self.chosen.get(field).copied().flatten()
    }

    /// Whether a field can be so, given the fields above and below it: what is there stands in a container.
    fn fits(&self, field: usize, place: Place) -> bool {
        let is = |field: &usize, wanted: Place| self.cell(*field).is_none_or(|cell| cell.place == wanted);
        self.question.relatives.get(field).into_iter().flatten().all(|relative| match relative {
            Relative::Above(above) => place == Place::Missing || is(above, Place::Container),
            Relative::Below(below) => place == Place::Container || is(below, Place::Missing),
        })
    }

    fn judge(&mut self, node: &Node, side: &Side) -> Result<Known, Exhausted> {
        let known = self.known(node)?;
        if !self.poisons || known == Known::False {
            return Ok(known);
        }
        self.budget.spend(side.fields.len())?;
        let mut may_be_poisoned = None;
        for field in &side.fields {
            match self.cell(*field) {
                Some(cell) if cell.place == Place::Container => return Ok(Known::False),
                Some(_) => {}
                None => {
                    let mut cells = self.cells.get(*field).into_iter().flatten();
                    if may_be_poisoned.is_none() && cells.any(|cell| cell.place == Place::Container) {
                        may_be_poisoned = Some(*field);
                    }
                }
            }
        }
        Ok(match (known, may_be_poisoned) {
            (Known::True, Some(field)) => Known::Open(field),
            _ => known,
        })
    }

    fn known(&mut self, node: &Node) -> Result<Known, Exhausted> {
        self.budget.spend(1)?;
        let (parts, decisive, other) = match node {
            Node::True => return Ok(Known::True),
            Node::Check { field, check } => {
                return Ok(match self.cell(*field) {
                    Some(cell) if cell.passed.has(*check) => Known::True,
                    Some(_) => Known::False,
                    None => Known::Open(*field),
                });
            }
            Node::And(parts) => (parts, Known::False, Known::True),
            Node::Or(parts) => (parts, Known::True, Known::False),
        };
        let mut known = other;
        for part in parts {
            let part = self.known(part)?;
            if part == decisive {
                return Ok(decisive);
            }
            if known == other {
                known = part;
            }
        }
        Ok(known)
    }
}
