//! Values that are compared both as number and as text: numeric texts, and the JSON texts of numbers.
//!
//! Which of them there are is a question of arithmetic and spelling together, which is not decided here; likely ones are
//! tried. A combination without an example is not taken for impossible.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::number::Number;
use super::intervals::json;
use super::regions::Region;
use super::texts::Texts;
use crate::budget::{Budget, Exhausted};

/// The interval of a value, and the patterns that its text matches.
pub(super) type Both = (usize, Vec<usize>);

/// Numeric texts, one for each combination that was found.
pub(super) fn numeric_texts(texts: &Texts<'_>, budget: &mut Budget) -> Result<BTreeMap<Both, Value>, Exhausted> {
    let spelled = |number: f64| {
        let plain = json(number).map(|value| value.to_string()).unwrap_or_default();
        [format!("{plain}e0"), format!("0{plain}"), format!("+{plain}"), plain]
    };
    let mut examples = BTreeMap::new();
    // Later ones win, and the plain spelling of a sample comes last.
    for text in near_witnesses(texts).chain(texts.intervals().samples().into_iter().flat_map(spelled)) {
        let Some(number) = Number::parse(&text) else { continue };
        let matched = texts.matched(&text, budget)?;
        examples.insert((texts.intervals().index(number.value()), matched), Value::String(text));
    }
    Ok(examples)
}

/// The same for numbers, by their JSON text.
pub(super) fn numbers(texts: &Texts<'_>, budget: &mut Budget) -> Result<BTreeMap<Both, Value>, Exhausted> {
    let near = near_witnesses(texts).filter_map(|text| Number::parse(&text)).map(|number| number.value());
    let mut examples = BTreeMap::new();
    for number in near.chain(texts.intervals().samples()) {
        let Some(value) = json(number) else { continue };
        let matched = texts.matched(&value.to_string(), budget)?;
        examples.insert((texts.intervals().index(number), matched), value);
    }
    Ok(examples)
}

/// The witnesses of numeric texts, after larger and smaller numbers that begin or end as they do.
fn near_witnesses(texts: &Texts<'_>) -> impl Iterator<Item = String> {
    let numeric = |region: &&Region| texts.is_numeric(region) || texts.is_json_number(region);
    texts.regions().iter().filter(numeric).flat_map(|Region { witness, .. }| {
        let ends = ["e9", "e-9", "00000", ".5", "0"].map(|end| format!("{witness}{end}"));
        let starts = ["-1000000", "-1", "1000000", "1"].map(|start| format!("{start}{witness}"));
        ends.into_iter().chain(starts).chain([witness.clone()])
    })
}
