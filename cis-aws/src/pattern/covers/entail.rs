//! Coverage that the form of two patterns shows: the same parts in another order, or more alternatives.
//!
//! Cheap where the search is not: two copies of a pattern whose normal form is exponential.

use super::super::rules::Rule;
use super::super::tree::{Expr, Pattern};
use super::question::{Kind, Question, Side};
use crate::budget::{Budget, Exhausted};

/// Whether the form alone shows that one of the filters matches whatever the required pattern matches. Cheaper than the
/// search, or not tried to the end: this may spend `budget`, which is small.
pub(super) fn by_form(required: &Pattern, filters: &[&Pattern], question: &Question, budget: &mut Budget) -> bool {
    let Pattern::Json(required) = required else { return false };
    let required = normal(required);
    let shows = |(filter, side): (&&Pattern, &Side)| {
        let Pattern::Json(filter) = filter else { return false };
        !may_be_poisoned(question, side) && implies(&required, &normal(filter), budget) == Ok(true)
    };
    filters.iter().zip(&question.filters).any(shows)
}

/// Whether a container can make the filter false where the required pattern is true: an event that the required pattern
/// matches has none at its own fields, but may have one at another field.
fn may_be_poisoned(question: &Question, side: &Side) -> bool {
    question.rules.has(Rule::ContainerPoisons)
        && side
            .fields
            .difference(&question.required.fields)
            .any(|field| question.fields.get(*field).is_none_or(|field| field.kind == Kind::Any))
}

/// Nested parts of the same kind made one, sorted, each once.
fn normal(expr: &Expr) -> Expr {
    let (parts, is_and) = match expr {
        Expr::Test(test) => return Expr::Test(test.clone()),
        Expr::And(parts) => (parts, true),
        Expr::Or(parts) => (parts, false),
    };
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match normal(part) {
            Expr::And(inner) if is_and => flat.extend(inner),
            Expr::Or(inner) if !is_and => flat.extend(inner),
            part => flat.push(part),
        }
    }
    flat.sort_unstable();
    flat.dedup();
    match flat.pop() {
        Some(only) if flat.is_empty() => only,
        last => {
            flat.extend(last);
            if is_and { Expr::And(flat) } else { Expr::Or(flat) }
        }
    }
}

fn implies(left: &Expr, right: &Expr, budget: &mut Budget) -> Result<bool, Exhausted> {
    budget.spend(1)?;
    if left == right {
        return Ok(true);
    }
    if let Expr::Or(parts) = left {
        return all(parts, |part| implies(part, right, budget));
    }
    if let Expr::And(parts) = right {
        return all(parts, |part| implies(left, part, budget));
    }
    if let Expr::Or(parts) = right
        && (parts.binary_search(left).is_ok() || any(parts, |part| implies(left, part, budget))?)
    {
        return Ok(true);
    }
    match left {
        Expr::And(parts) => any(parts, |part| implies(part, right, budget)),
        _ => Ok(false),
    }
}

fn all(parts: &[Expr], mut holds: impl FnMut(&Expr) -> Result<bool, Exhausted>) -> Result<bool, Exhausted> {
    for part in parts {
        if !holds(part)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn any(parts: &[Expr], mut holds: impl FnMut(&Expr) -> Result<bool, Exhausted>) -> Result<bool, Exhausted> {
    for part in parts {
        if holds(part)? {
            return Ok(true);
        }
    }
    Ok(false)
}
