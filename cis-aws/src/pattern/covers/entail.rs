//! Coverage that the form of two patterns shows: the same parts in another order, or more alternatives.
//!
//! Cheap where the search is not: two copies of a pattern whose normal form is exponential.

use super::super::rules::Rule;
use super::super::tree::{Expr, Pattern};
use super::budget::{Budget, Exhausted};
use super::question::{Kind, Question, Side};

/// Whether the form alone shows that the filter matches whatever the required pattern matches.
pub(super) fn by_form(required: &Pattern, filter: &Pattern, question: &Question, side: &Side) -> bool {
    let (Pattern::Json(required), Pattern::Json(filter)) = (required, filter) else { return false };
    // An event that the required pattern matches has no container at its fields, but may have one at another field.
    let may_be_poisoned = question.rules.has(Rule::ContainerPoisons)
        && side
            .fields
            .difference(&question.required.fields)
            .any(|field| question.fields.get(*field).is_none_or(|field| field.kind == Kind::Any));
    !may_be_poisoned && implies(&normal(required), &normal(filter), &mut Budget::small()) == Ok(true)
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
