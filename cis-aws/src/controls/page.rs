//! A control explained: the page that `docs/controls/` holds.

use std::fmt::Write as _;

use cis_core::format::remediation_markdown;
use cis_core::{Error, Locale, Parameters, PlaceKind, Recommendation};

/// Explains a control in Markdown, by its key: what holds, why, how to fix it, what it reads and which IAM actions that
/// takes, its parameters, and which recommendations of which version it judges.
///
/// ```
/// let page = cis_aws::explain("iam.password_min_length")?;
/// assert!(page.contains("iam:GetAccountPasswordPolicy"));
/// # Ok::<(), cis_core::Error>(())
/// ```
///
/// # Errors
/// A key that no control has.
pub fn explain(key: &str) -> Result<String, Error> {
    let registry = super::registry();
    let Some(control) = registry.make(key, &Parameters::new())? else {
        return Err(Error::input(format!("control {key:?} is not known; `audit list` shows those that are")));
    };
    let info = control.info();
    let mut page = format!("# {key}\n\n**{}**\n\n{}\n\n", info.title, info.docs.trim());
    // Writing to a string cannot fail.
    if let Some(remediation) = control.remediation() {
        let _ = writeln!(page, "## How to fix\n\n{}", remediation_markdown(&remediation.general(), &Locale::default()));
    }
    let _ = writeln!(page, "## What it judges\n");
    let place = match info.judged_at {
        PlaceKind::Account => "the account",
        PlaceKind::Region => "each region",
    };
    let _ = writeln!(page, "Judged once in {place}; resources of type `{}`.\n", info.resource_type);
    let _ = writeln!(
        page,
        "| version | id | key | level | assessment | title | parameters |\n| --- | --- | --- | --- | --- | --- | --- |"
    );
    for version in crate::versions() {
        for recommendation in crate::benchmark(version)?.recommendations.iter().filter(|one| one.control_key() == key) {
            let _ = writeln!(page, "{}", row(version, recommendation));
        }
    }
    if !info.parameters.is_empty() {
        let _ = writeln!(page, "\n## Parameters\n\n| name | default | meaning |\n| --- | --- | --- |");
        for parameter in &info.parameters {
            let _ = writeln!(
                page,
                "| `{}` | `{}` | {} |",
                parameter.name,
                cell(&parameter.default.to_string()),
                cell(parameter.docs)
            );
        }
    }
    let _ = writeln!(page, "\n## Reads\n");
    if control.reads().datasets().next().is_none() {
        let _ = writeln!(page, "Nothing: no API tells.");
        return Ok(page);
    }
    let _ = writeln!(page, "| dataset | operation | IAM action |\n| --- | --- | --- |");
    for info in control.reads().datasets() {
        for (operation, action) in info.operations() {
            let _ = writeln!(page, "| `{}` | `{operation}` | `{action}` |", info.name());
        }
    }
    Ok(page)
}

fn row(version: &str, recommendation: &Recommendation) -> String {
    let Recommendation { id, key, level, assessment, title, parameters, .. } = recommendation;
    let parameters: Vec<_> =
        parameters.iter().map(|(name, value)| format!("`{name} = {}`", cell(&value.to_string()))).collect();
    let assessment = assessment.as_str();
    format!("| {version} | {id} | `{key}` | {level} | {assessment} | {} | {} |", cell(title), parameters.join(", "))
}

/// Text for a cell of a table: in one line, no bar that would end it.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
