//! Text as a filter pattern, then the pattern on events. The event is what follows the first line that is `---`, if any.
#![no_main]

use cis_aws::pattern::{Pattern, Rule, Rules};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|text: &str| {
    let (text, event) = text.split_once("\n---\n").unwrap_or((text, ""));
    let pattern = match Pattern::parse(text) {
        Ok(pattern) => pattern,
        Err(error) => {
            assert!(error.offset() <= text.len() && text.is_char_boundary(error.offset()), "{error}");
            return;
        }
    };
    let written = pattern.to_string();
    let again = Pattern::parse(&written).unwrap_or_else(|error| panic!("{written:?}: {error}"));
    assert_eq!(pattern, again, "{written:?}");
    assert_eq!(written, again.to_string());

    let given: Option<Value> = serde_json::from_str(event).ok();
    let fixed = [
        json!(null),
        json!({}),
        json!({"eventName": "CreateTrail", "a": {"b": [1, "x", null, true]}, "x": 5}),
        json!([{"a": 1}]),
    ];
    for event in fixed.iter().chain(&given) {
        for rules in settings() {
            let matched = pattern.matches_under(event, rules);
            assert_eq!(matched.is_some(), matches!(pattern, Pattern::All | Pattern::Json(_)));
            assert_eq!(matched, again.matches_under(event, rules));
        }
    }
});

fn settings() -> impl Iterator<Item = Rules> {
    let all: Rules = Rule::ALL.into_iter().collect();
    std::iter::once(Rules::default()).chain(Rule::ALL.into_iter().map(|rule| Rules::default().with(rule))).chain([all])
}
