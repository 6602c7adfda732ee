//! Whether filters together catch every event that another one catches.
//!
//! The truth of a pattern depends on an event only through what its tests say of each field. Values of a field that no test
//! tells apart are one cell; there are finitely many, each with an example, and fields are independent but for those that
//! stand inside each other. So a search over one cell per field is a proof, or ends at an event.
//!
//! Never negate an operator here: `!=` is not the opposite of `=` on a missing field, null, or an object. Truth is negated.

mod bits;
mod cells;
mod entail;
mod event;
mod familiar;
mod intervals;
mod mixed;
mod question;
mod reason;
mod regions;
mod search;
mod texts;

use serde_json::Value;

use crate::budget::{Budget, Exhausted};

use super::error::PatternError;
use super::rules::{Rule, Rules};
use super::selector::Selector;
use super::tree::Pattern;
use cells::cells;
use question::{Field, Question};
use search::{Found, search};
use texts::Texts;

pub use event::Counterexample;
pub use reason::NotProven;

/// The work for one question. A step is about one position of one text pattern, or one test of one event; this many take
/// far less than 100 ms in a release build. What the benchmark's filters need is below a hundredth of it.
const STEPS: u64 = 1_000_000;

/// The answer of [`covers`].
#[derive(Debug, Clone, PartialEq)]
pub enum Coverage {
    /// Every event that the required pattern matches is matched by one of the filters, however AWS fills the gaps of its
    /// description.
    Covered,
    /// This event is lost: the required pattern matches it, and no filter does.
    NotCovered(Counterexample),
    /// Neither is known, and why.
    NotProven(NotProven),
}

/// Whether some filters together match every event that a required pattern matches.
///
/// Events are CloudTrail records: fields such as `eventName` are text or missing, `readOnly` is a boolean or missing, every
/// other field can be anything. No text is taken for impossible, and no field for always present.
///
/// "Covered" holds under every setting of the [`Rule`]s that matter. A counterexample has been tried with
/// [`Pattern::matches_under`]; it says which rules it assumes, as few as can be. Filters that are not understood, and those
/// that do not look at JSON or look at `[*]`, are left out: they could only catch more, so without them the answer is
/// "covered" or "not proven".
///
/// The answer is never "not proven" if all patterns are JSON patterns without `[*]`, indices above 100 and numbers of
/// more than fifteen digits, and the work stays in its bound; one case aside, where a text that is compared both with a
/// number and with wildcards would have to be found. The bound counts steps, so that an answer is the same on every machine;
/// it takes well below 100 ms.
///
/// ```
/// use cis_aws::pattern::{Coverage, Pattern, covers};
/// use serde_json::json;
///
/// let required = Pattern::parse("{ $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed != Yes }")?;
///
/// // Without the field, `!=` may hold, and `= No` never does.
/// let filter = [Pattern::parse("{ $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed = No }")];
/// let Coverage::NotCovered(lost) = covers(&required, &filter) else { unreachable!() };
/// assert_eq!(lost.event(), &json!({"eventName": "ConsoleLogin", "additionalEventData": {"MFAUsed": "z"}}));
///
/// let filter = [Pattern::parse("ConsoleLogin")];
/// let Coverage::NotProven(reason) = covers(&required, &filter) else { unreachable!() };
/// assert_eq!(reason.code(), "not_json");
/// # Ok::<(), cis_aws::pattern::PatternError>(())
/// ```
pub fn covers(required: &Pattern, filters: &[Result<Pattern, PatternError>]) -> Coverage {
    let (mut usable, mut left_out) = (Vec::new(), Vec::new());
    for (index, filter) in filters.iter().enumerate() {
        match NotProven::of_filter(index, filter) {
            Ok(filter) => usable.push(filter),
            Err(reason) => left_out.push(reason),
        }
    }
    let opaque = NotProven::of_required(required);
    let not_proven =
        |reason| Coverage::NotProven(opaque.clone().or_else(|| left_out.first().cloned()).unwrap_or(reason));
    match decide(required, &usable, &mut Budget::new(STEPS)) {
        Ok(None) => Coverage::Covered,
        Err(reason) => not_proven(reason),
        Ok(Some(lost)) if opaque.is_none() && left_out.is_empty() => Coverage::NotCovered(lost),
        Ok(Some(_)) => not_proven(NotProven::TooComplex),
    }
}

/// An event that is lost, if there is one, for filters that all can be followed.
fn decide(required: &Pattern, filters: &[&Pattern], budget: &mut Budget) -> Result<Option<Counterexample>, NotProven> {
    if filters.iter().any(|filter| **filter == Pattern::All || *filter == required) {
        return Ok(None);
    }
    let question = Question::new(required, filters).map_err(|_| NotProven::TooComplex)?;
    if entail::by_form(required, filters, &question, &mut budget.split(40)) {
        return Ok(None);
    }
    let mut known = KnownTexts::default();
    let (mut perhaps, mut exhausted) = (false, false);
    let settings = question.rules.settings();
    for (number, rules) in settings.iter().enumerate() {
        // Every setting has a share of what is left; the first, the one to expect, has half.
        let mut share = budget.split(2);
        let texts = known.under(*rules, &question.fields, &mut share);
        budget.give_back(share);
        let rest = if number == 0 { 2 } else { settings.len() - number };
        let mut share = budget.split(rest as u64);
        match texts.and_then(|texts| judge(&question, *rules, texts, &mut share)) {
            Ok(Found::Nothing) => {}
            Ok(Found::Perhaps) => perhaps = true,
            Ok(Found::Event { values, event }) => {
                if is_lost(required, filters, &event, *rules) {
                    return Ok(Some(counterexample(&question, values, event, *rules)));
                }
                perhaps = true;
            }
            Err(Exhausted) => exhausted = true,
        }
        budget.give_back(share);
    }
    match (exhausted, perhaps) {
        (true, _) => Err(NotProven::TooComplex),
        (false, true) => Err(NotProven::NoExample),
        (false, false) => Ok(None),
    }
}

fn judge(question: &Question, rules: Rules, texts: &[Texts<'_>], budget: &mut Budget) -> Result<Found, Exhausted> {
    let divided = question.fields.iter().zip(texts).map(|(field, texts)| cells(field, rules, texts, budget));
    let divided = divided.collect::<Result<Vec<_>, _>>()?;
    search(question, &divided, rules, budget)
}

/// The texts of every field, which are costly, and which only one rule divides in another way.
#[derive(Default)]
struct KnownTexts<'a> {
    plain: Option<Vec<Texts<'a>>>,
    inner_star: Option<Vec<Texts<'a>>>,
}

impl<'a> KnownTexts<'a> {
    fn under(&mut self, rules: Rules, fields: &'a [Field], budget: &mut Budget) -> Result<&[Texts<'a>], Exhausted> {
        let inner_star = rules.has(Rule::InnerStar);
        let known = if inner_star { &mut self.inner_star } else { &mut self.plain };
        let texts = if let Some(texts) = known {
            texts
        } else {
            let texts = fields.iter().map(|field| Texts::new(field, inner_star, budget));
            known.insert(texts.collect::<Result<Vec<_>, _>>()?)
        };
        for texts in texts.iter_mut() {
            texts.find_examples(rules, budget)?;
        }
        Ok(texts)
    }
}

/// The evaluator has the last word: a counterexample that it does not confirm is none. An opaque required pattern is not
/// asked, since its example never leaves this module.
fn is_lost(required: &Pattern, filters: &[&Pattern], event: &Value, rules: Rules) -> bool {
    (NotProven::of_required(required).is_some() || required.matches_under(event, rules) == Some(true))
        && filters.iter().all(|filter| filter.matches_under(event, rules) == Some(false))
}

fn counterexample(question: &Question, values: Vec<(usize, Value)>, event: Value, rules: Rules) -> Counterexample {
    let named =
        values.into_iter().filter_map(|(field, value)| Some((question.fields.get(field)?.selector.clone(), value)));
    let mut fields: Vec<(Selector, Value)> = named.collect();
    let below: Vec<Selector> = fields.iter().map(|(selector, _)| selector.clone()).collect();
    // What stands inside shows the object or array around it.
    fields.retain(|(selector, value)| !(value.is_object() && below.iter().any(|other| selector.is_above(other))));
    fields.sort_by_key(|(selector, _)| match selector.path().as_str() {
        "eventSource" => 0,
        "eventName" => 1,
        _ => 2,
    });
    Counterexample { fields, event, assumes: rules.on().collect() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    /// The answer, and the steps that it took.
    fn asked(required: &str, filters: &[String]) -> (&'static str, u64) {
        let required = Pattern::parse(required).unwrap();
        let filters: Vec<_> = filters.iter().map(|filter| Pattern::parse(filter).unwrap()).collect();
        let mut budget = Budget::new(STEPS);
        let answer = match decide(&required, &filters.iter().collect::<Vec<_>>(), &mut budget) {
            Ok(None) => "covered",
            Ok(Some(_)) => "lost",
            Err(_) => "not proven",
        };
        (answer, STEPS - budget.left())
    }

    #[test]
    fn work_is_bounded() {
        let all = |count: usize, separator: &str, test: &dyn Fn(usize) -> String| {
            format!("{{ {} }}", (0..count).map(test).collect::<Vec<_>>().join(separator))
        };
        let each = |count: usize, test: &dyn Fn(usize) -> String| -> Vec<String> {
            (0..count).map(|n| format!("{{ {} }}", test(n))).collect()
        };
        let names = |n: usize| format!("$.eventName = Name{n}Of{n}");
        let prefixes = |n: usize| format!("$.eventName = Name{n}*");
        let contains = |n: usize| format!("$.eventName = \"*name{n}x*\"");
        let pairs = |n: usize| format!("($.a{n} = 1 || $.b{n} = 2)");
        let turned = |n: usize| format!("($.b{} = 2 || $.a{} = 1)", 59 - n, 59 - n);
        let swapped = |n: usize| format!("($.b{n} != 2 || $.a{n} != 1)");
        let far = |n: usize| format!("$.x{n}{} != \"*a*\"", "[100]".repeat(30));
        let mixed = |n: usize| format!("($.m{n} > {n} && $.m{n} = \"*7*\" && $.m{n} = \"*3\")");
        let any = "{ $.eventName = * }".to_owned();
        let stars = |text: &str, count: usize| vec![format!("{{ $.eventName = \"{}\" }}", text.repeat(count))];
        let cases: [(&str, String, Vec<String>, &str, u64); 18] = [
            (
                "100,000 tests by themselves",
                all(100_000, "||", &names),
                vec![all(100_000, " || ", &names)],
                "covered",
                0,
            ),
            ("100,000 tests by fewer", all(100_000, "||", &names), vec![all(99_999, "||", &names)], "not proven", 0),
            ("5,000 tests by fewer", all(5_000, "||", &names), vec![all(4_999, "||", &names)], "not proven", STEPS),
            ("100,000 filters", any.clone(), each(100_000, &names), "not proven", 0),
            ("25 names by 100 filters", all(25, "||", &names), each(100, &prefixes), "covered", STEPS / 4),
            ("the form of 2^60 terms", all(60, "&&", &pairs), vec![all(60, " && ", &turned)], "covered", STEPS / 20),
            ("2^60 terms", all(60, "&&", &pairs), vec![all(60, "&&", &swapped)], "lost", STEPS),
            ("2^60 texts", all(60, "||", &contains), vec![all(60, "&&", &contains)], "not proven", STEPS),
            ("2^60 texts by 60 filters", all(60, "||", &contains), each(60, &contains), "not proven", STEPS),
            ("fields inside 30 arrays", all(60, "&&", &far), Vec::new(), "lost", STEPS),
            ("texts that are numbers", all(60, "||", &mixed), vec![all(60, "&&", &mixed)], "not proven", STEPS),
            ("a far character", any.clone(), vec!["{ $.eventName = %a.{300}b% }".to_owned()], "not proven", STEPS),
            (
                "thousands of optional characters",
                any.clone(),
                vec!["{ $.eventName = %^[ab]{,1900}$|^[bc]{,1900}$% }".to_owned()],
                "not proven",
                STEPS,
            ),
            ("a text of 500,000 stars", any.clone(), stars("*a", 500_000), "not proven", STEPS),
            ("stars by stars", stars("a*", 5_000).concat(), stars("a*", 4_999), "covered", STEPS),
            (
                "a long text by one that starts so",
                stars("a", 5_000).concat(),
                vec!["{ $.eventName = aa* }".into()],
                "covered",
                STEPS,
            ),
            (
                "200 fields",
                all(100, "&&", &|n| format!("$.f{n} = x")),
                vec![all(100, "||", &|n| format!("$.g{n} = x"))],
                "not proven",
                STEPS,
            ),
            ("201 fields", all(201, "&&", &|n| format!("$.f{n} = x")), Vec::new(), "not proven", 0),
        ];
        let mut wrong = Vec::new();
        for (name, required, filters, wanted, most) in cases {
            let (answer, steps) = asked(&required, &filters);
            println!("{steps:>8} steps, {answer}: {name}");
            if answer != wanted || steps > most {
                wrong.push(name);
            }
        }
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
