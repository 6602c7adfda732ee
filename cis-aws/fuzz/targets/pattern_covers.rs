//! Lines as filter patterns: whether the others cover the first one, and whether the evaluator agrees.
#![no_main]

use cis_aws::pattern::{Coverage, Pattern, PatternError, Rules, covers};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let Ok(required) = Pattern::parse(lines.next().unwrap_or_default()) else { return };
    let filters: Vec<_> = lines.take(4).map(Pattern::parse).collect();

    let coverage = covers(&required, &filters);
    match &coverage {
        Coverage::Covered => {
            // An event that the required pattern matches has to be matched by a filter as well.
            if let Coverage::NotCovered(example) = covers(&required, &[]) {
                let rules = example.assumes().iter().copied().collect();
                assert!(is_matched(&filters, example.event(), rules), "{required} by {filters:?}: {example}");
            }
        }
        Coverage::NotCovered(lost) => {
            let rules: Rules = lost.assumes().iter().copied().collect();
            assert_eq!(required.matches_under(lost.event(), rules), Some(true), "{required}: {lost}");
            assert!(filters.iter().all(Result::is_ok), "{required} by {filters:?}");
            assert!(!is_matched(&filters, lost.event(), rules), "{required} by {filters:?}: {lost}");
        }
        Coverage::NotProven(reason) => assert!(reason.filter().is_none_or(|filter| filter < filters.len()), "{reason}"),
    }

    // A filter more never loses an event, and the pattern itself catches all of its own.
    let more: Vec<_> = filters.into_iter().chain([Ok(Pattern::All)]).collect();
    assert_eq!(covers(&required, &more), Coverage::Covered);
    let own = covers(&required, &[Ok(required.clone())]);
    assert!(!matches!(own, Coverage::NotCovered(_)), "{required}: {own:?}");
});

fn is_matched(filters: &[Result<Pattern, PatternError>], event: &serde_json::Value, rules: Rules) -> bool {
    filters.iter().flatten().any(|filter| filter.matches_under(event, rules) == Some(true))
}
