//! The sub-command `list`: the recommendations of a version, what judges each, and what that reads.

use std::io::Write;

use cis_core::format::{Cell, Page, Style};
use cis_core::{
    Assessment, Benchmark, BenchmarkName, Error, FilledRemediation, Locale, Parameters, Recommendation, Registry,
    Remediation, Scan, Selection, msg,
};
use serde::Serialize;
use serde_json::Map;

use super::args::{Format, ListArgs};
use super::console::Console;
use super::scan::benchmark;

#[derive(Debug, Serialize)]
struct Listing {
    benchmark: BenchmarkName,
    recommendations: Vec<Listed>,
}

#[derive(Debug, Serialize)]
struct Listed {
    id: String,
    key: String,
    title: String,
    section: String,
    level: u8,
    assessment: Assessment,
    /// Null: not implemented.
    control: Option<String>,
    parameters: Parameters,
    datasets: Vec<String>,
    actions: Vec<String>,
    /// Null: nothing is said.
    remediation: Option<FilledRemediation>,
}

impl Listing {
    fn new(benchmark: &Benchmark, registry: &Registry) -> Result<Self, Error> {
        let listed = benchmark.recommendations.iter().map(|recommendation| listed(benchmark, registry, recommendation));
        Ok(Self {
            benchmark: BenchmarkName { name: benchmark.name.clone(), version: benchmark.version.clone() },
            recommendations: listed.collect::<Result<_, _>>()?,
        })
    }
}

fn listed(benchmark: &Benchmark, registry: &Registry, recommendation: &Recommendation) -> Result<Listed, Error> {
    let control = recommendation.control_key();
    let selection = Selection { select: vec![recommendation.id.clone()], level: None };
    let remediation = registry.make(control, &recommendation.parameters)?.and_then(|control| control.remediation());
    let plan = Scan::new(benchmark, registry).select(selection).plan()?;
    Ok(Listed {
        id: recommendation.id.clone(),
        key: recommendation.key.clone(),
        title: recommendation.title.clone(),
        section: recommendation.section.clone(),
        level: recommendation.level,
        assessment: recommendation.assessment,
        control: registry.keys().find(|key| *key == control).map(str::to_owned),
        parameters: recommendation.parameters.clone(),
        datasets: plan.datasets().map(|info| info.name().to_owned()).collect(),
        actions: plan.actions().into_iter().map(str::to_owned).collect(),
        remediation: remediation.map(|remediation| general(&remediation, &recommendation.key)),
    })
}

/// How to put right what a recommendation finds, for no resource.
fn general(remediation: &Remediation, key: &str) -> FilledRemediation {
    remediation.fill(&Map::from_iter([("key".to_owned(), key.into())]), None)
}

pub(super) fn list(args: &ListArgs, console: &mut Console<'_>) -> Result<(), Error> {
    let listing = Listing::new(&benchmark(&args.benchmark)?, &crate::registry())?;
    let options = console.text_options();
    console.print(|to| match args.format {
        Format::Json => json(&listing, to),
        Format::Text => text(&listing, &args.language.locale, Page::new(to, options)),
    })
}

/// JSON as the report's: indented, with a line feed at its end.
pub(super) fn json(value: &impl Serialize, to: &mut dyn Write) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut *to, value)?;
    to.write_all(b"\n")
}

fn text(listing: &Listing, locale: &Locale, mut page: Page<impl Write>) -> std::io::Result<()> {
    page.text(0, &format!("{} {}", listing.benchmark.name, listing.benchmark.version), Style::Strong)?;
    let mut section = None;
    for listed in &listing.recommendations {
        if section != Some(&listed.section) {
            section = Some(&listed.section);
            page.blank()?;
            page.text(0, &locale.words(&listed.section), Style::Strong)?;
        }
        let row = |id: &str, level: &str, assessment: &str, rest: Cell<'_>| {
            page.row(2, &[Cell::new(id, 6), Cell::new(level, 8), Cell::new(assessment, 9), rest])
        };
        row_of(listed, locale, row)?;
    }
    page.blank()?;
    let n = listing.recommendations.len();
    let implemented = listing.recommendations.iter().filter(|listed| listed.control.is_some()).count();
    let told = msg!("Recommendations: {n}, of which implemented: {implemented}.", n, implemented);
    page.text(0, &locale.text(&told), Style::Strong)
}

fn row_of(
    listed: &Listed,
    locale: &Locale,
    mut row: impl FnMut(&str, &str, &str, Cell<'_>) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let assessment = locale.text(&listed.assessment.into());
    let level = locale.text(&msg!("level {level}", level = listed.level));
    row(&listed.id, &level, &assessment, Cell::rest(locale.title(&listed.title)))?;
    let key = &listed.key;
    match &listed.control {
        None => {
            let told = locale.text(&msg!("{key}: not implemented", key));
            row("", "", "", Cell::rest(told).style(Style::Doubt))
        }
        Some(control) if control == key => row("", "", "", Cell::rest(&**key).style(Style::Faint)),
        Some(control) => {
            let told = locale.text(&msg!("{key} by the control {control}", key, control));
            row("", "", "", Cell::rest(told).style(Style::Faint))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::cli::Exit;
    use crate::cli::tests::audit;

    #[test]
    fn as_json() {
        let (exit, out, err) = audit(&["list", "--benchmark", "1.5.0", "--format", "json"]);
        assert_eq!((exit, err.as_str()), (Exit::NothingFails, ""));
        let listing: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(listing["benchmark"], json!({"name": "CIS AWS Foundations", "version": "1.5.0"}));
        let first = &listing["recommendations"][0];
        assert_eq!((&first["id"], &first["key"]), (&json!("1.1"), &json!("account.contact_details")));
        let members: Vec<_> = first.as_object().unwrap().keys().map(String::as_str).collect();
        let mut expected = [
            "id",
            "key",
            "title",
            "section",
            "level",
            "assessment",
            "control",
            "parameters",
            "datasets",
            "actions",
            "remediation",
        ];
        expected.sort_unstable();
        let mut sorted = members.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, expected);
    }

    #[test]
    fn as_text() {
        let (exit, out, err) = audit(&["list"]);
        assert_eq!((exit, err.as_str()), (Exit::NothingFails, ""));
        assert!(out.starts_with("CIS AWS Foundations 2.0.0\n\nIdentity and Access Management\n  1.1 "), "{out}");
        assert!(out.lines().all(|line| line.chars().count() <= 100), "{out}");
        for recommendation in crate::benchmark("2.0.0").unwrap().recommendations {
            assert!(out.contains(&recommendation.key), "{}", recommendation.key);
        }
    }
}
