//! Metric math that rises with each of the metrics in it.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html>

use std::collections::BTreeSet;

/// Functions inside each other.
const MAX_DEPTH: usize = 16;

/// The ids of metrics with each of which an expression rises: sums, maxima, and steps above 0. None for any other
/// expression, about which nothing is proven.
pub(super) fn rises_with<'a>(expression: &'a str, metrics: &BTreeSet<&'a str>) -> Option<BTreeSet<&'a str>> {
    rises(expression, metrics, 0)
}

fn rises<'a>(text: &'a str, metrics: &BTreeSet<&'a str>, depth: usize) -> Option<BTreeSet<&'a str>> {
    let text = text.trim();
    if depth > MAX_DEPTH {
        return None;
    }
    let all = |parts: Vec<&'a str>| {
        let parts: Option<Vec<_>> = parts.into_iter().map(|part| rises(part, metrics, depth + 1)).collect();
        Some(parts?.into_iter().flatten().collect())
    };
    let terms = split(text, '+')?;
    if terms.len() > 1 {
        return all(terms);
    }
    if let Some(id) = metrics.get(text) {
        return Some(BTreeSet::from([*id]));
    }
    let (name, inside) = text.split_once('(')?;
    let inside = inside.strip_suffix(')')?;
    let arguments = split(inside, ',')?;
    match (name.trim().to_ascii_uppercase().as_str(), arguments.as_slice()) {
        ("SUM" | "MAX", [list]) if is_all_metrics(list) => Some(metrics.clone()),
        ("SUM" | "MAX", [list]) => all(split(list.trim().strip_prefix('[')?.strip_suffix(']')?, ',')?),
        ("FILL", [filled, with]) if with.trim() == "0" => rises(filled, metrics, depth + 1),
        ("IF", [condition, one, zero]) if one.trim() == "1" && zero.trim() == "0" => {
            let (left, right) = condition.split_once('>')?;
            (right.trim() == "0").then(|| rises(left, metrics, depth + 1))?
        }
        _ => None,
    }
}

fn is_all_metrics(text: &str) -> bool {
    let letters: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    letters.eq_ignore_ascii_case("METRICS()")
}

/// The parts between separators that stand in no parentheses; none if these don't match.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut from, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, character) in text.char_indices() {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.checked_sub(1)?,
            _ if character == separator && depth == 0 => {
                parts.push(text.get(from..at)?);
                from = at + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text.get(from..)?);
    (depth == 0).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_expression_rises_with() {
        let metrics = BTreeSet::from(["m1", "m2", "m3"]);
        let found = |text: &'static str| rises_with(text, &metrics).map(|ids| ids.into_iter().collect::<Vec<_>>());
        for (text, ids) in [
            ("m1", &["m1"][..]),
            ("SUM([m1, m2])", &["m1", "m2"]),
            ("sum([m1,m2])", &["m1", "m2"]),
            ("MAX([m3])", &["m3"]),
            ("SUM(METRICS())", &["m1", "m2", "m3"]),
            ("MAX( METRICS( ) )", &["m1", "m2", "m3"]),
            ("m1+m2 + m3", &["m1", "m2", "m3"]),
            ("FILL(m1, 0)", &["m1"]),
            ("FILL(m1,0)+FILL(m2,0)", &["m1", "m2"]),
            ("SUM([FILL(m1,0), m2])", &["m1", "m2"]),
            ("IF(m1>0,1,0)", &["m1"]),
            ("IF(m1 + m2 > 0, 1, 0)", &["m1", "m2"]),
        ] {
            assert_eq!(found(text).as_deref(), Some(ids), "{text}");
        }
        for text in [
            "",
            "m4",
            "m1-m2",
            "m1*0",
            "m1/m2",
            "-m1",
            "AVG([m1])",
            "MIN([m1,m2])",
            "FILL(m1,REPEAT)",
            "FILL(m1, 5)",
            "IF(m1>5,1,0)",
            "IF(m1>=0,1,0)",
            "IF(m1>0,0,1)",
            "SUM([m1,-m2])",
            "ANOMALY_DETECTION_BAND(m1)",
            "METRICS()",
            "SUM(m1)",
            "SELECT SUM(X) FROM Y",
            "SUM([m1)",
            "SUM([m1]",
            "m1)",
            "m1+",
            "RATE(m1)",
            "SUM([])",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
        assert_eq!(rises_with(&"SUM([".repeat(10_000), &metrics), None, "as deep as can be");
    }
}
