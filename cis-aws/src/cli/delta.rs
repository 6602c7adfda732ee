//! The sub-command `delta`: what changed from one version of the benchmark to another.

use std::collections::BTreeMap;
use std::io::{self, Write};

use cis_core::format::{Cell, Page, Style};
use cis_core::{Benchmark, Change, ChangeKind, Error, Locale, Message, msg};
use serde::Serialize;
use serde_json::Value;

use super::args::{DeltaArgs, Format};
use super::console::Console;
use super::list::json;
use super::migrate;

#[derive(Debug, Serialize)]
struct Delta<'a> {
    from: &'a str,
    to: &'a str,
    changes: Vec<Change>,
}

pub(super) fn delta(args: &DeltaArgs, console: &mut Console<'_>) -> Result<(), Error> {
    let before = crate::benchmark(&args.from).map_err(|error| error.at("FROM"))?;
    let after = crate::benchmark(&args.to).map_err(|error| error.at("TO"))?;
    if let Some(path) = &args.on {
        return migrate::migrate(&before, &after, path, args, console);
    }
    let changes = Benchmark::diff(&before, &after);
    let options = console.text_options();
    console.print(|to| match args.format {
        Format::Json => json(&Delta { from: &before.version, to: &after.version, changes }, to),
        Format::Text => text(&before, &after, &changes, &args.language.locale, Page::new(to, options)),
    })
}

fn text(
    before: &Benchmark,
    after: &Benchmark,
    changes: &[Change],
    locale: &Locale,
    mut page: Page<impl Write>,
) -> io::Result<()> {
    let (from, to) = (&before.version, &after.version);
    let title = msg!("{benchmark}: what changed from {from} to {to}", benchmark = after.name, from, to);
    page.text(0, &locale.text(&title), Style::Strong)?;
    let mut last = (None, None);
    for change in changes {
        // The later version's words, where it has the requirement.
        let Some(entry) = after.by_key(&change.key).or_else(|| before.by_key(&change.key)) else { continue };
        if last.0 != Some(&entry.section) {
            page.blank()?;
            page.text(0, &locale.words(&entry.section), Style::Strong)?;
        }
        if last.1 != Some(&entry.key) {
            page.text(2, &format!("{} ({})", locale.title(&entry.title), entry.key), Style::Plain)?;
        }
        last = (Some(&entry.section), Some(&entry.key));
        let kind = Cell::new(locale.text(&change.kind.into()), 11).style(style(change.kind));
        page.row(4, &[Cell::new(ids(change), 14), kind, Cell::rest(sentence(change, locale))])?;
        if !change.unchanged.is_empty() {
            let parts: Vec<_> = change.unchanged.iter().map(|part| Message::new(part.clone(), [])).collect();
            let same = locale.text(&msg!("({parts} unchanged)", parts));
            page.row(4, &[Cell::new("", 14), Cell::new("", 11), Cell::rest(same).style(Style::Faint)])?;
        }
    }
    page.blank()?;
    page.text(0, &locale.text(&summary(changes)), Style::Strong)?;
    if !after.notes.iter().any(|note| note.since == before.version) && from != to {
        let none = msg!(
            "What the lists cannot show (procedures, scope, wording) is not held for {from} to {to}: only what they show is above.",
            from,
            to
        );
        page.text(0, &locale.text(&none), Style::Doubt)?;
    }
    Ok(())
}

fn ids(change: &Change) -> String {
    match (&change.id_from, &change.id_to) {
        (Some(from), Some(to)) if from != to => format!("{from} -> {to}"),
        (Some(from), _) => from.clone(),
        (None, to) => to.clone().unwrap_or_default(),
    }
}

fn style(kind: ChangeKind) -> Style {
    match kind {
        ChangeKind::Added => Style::Good,
        ChangeKind::Removed => Style::Bad,
        ChangeKind::Assessment | ChangeKind::Level | ChangeKind::Scope => Style::Doubt,
        ChangeKind::Renumbered | ChangeKind::Title | ChangeKind::Audit | ChangeKind::Remediation | ChangeKind::Text => {
            Style::Plain
        }
    }
}

/// From what to what, and the note.
pub(super) fn sentence(change: &Change, locale: &Locale) -> String {
    let value = |value: &Value| match value {
        Value::String(text) if change.kind == ChangeKind::Title => format!("{:?}", locale.title(text)),
        Value::String(text) => locale.words(text).into_owned(),
        other => other.to_string(),
    };
    let note = change.note.as_deref().map(|note| locale.words(note));
    // These stand above and beside already: the title, the ids.
    let is_told = matches!(change.kind, ChangeKind::Added | ChangeKind::Removed | ChangeKind::Renumbered);
    match (&change.from, &change.to, note) {
        (from, to, None) if is_told || (from.is_null() && to.is_null()) => String::new(),
        (from, to, Some(note)) if is_told || (from.is_null() && to.is_null()) => note.into_owned(),
        (from, to, None) => locale.text(&msg!("{from} -> {to}.", from = value(from), to = value(to))),
        (from, to, Some(note)) => {
            locale.text(&msg!("{from} -> {to}. {note}", from = value(from), to = value(to), note))
        }
    }
}

fn summary(changes: &[Change]) -> Message {
    let mut counts = BTreeMap::new();
    for change in changes {
        *counts.entry(change.kind).or_insert(0) += 1;
    }
    let counts: Vec<_> = counts
        .into_iter()
        .map(|(kind, n): (ChangeKind, usize)| msg!("{title}: {n}", title = Message::from(kind), n))
        .collect();
    match changes.len() {
        0 => msg!("Nothing changed."),
        n => msg!("Changes ({n}): {counts}.", n, counts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Exit;
    use crate::cli::tests::audit;

    /// The words of a text, whatever the lines and columns that they stand in.
    fn words(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The third column of the entry lines, joined: the sentences in order.
    fn sentences(out: &str) -> String {
        let column = |line: &str| line.get(33..).unwrap_or_default().to_owned();
        words(&out.lines().filter(|line| line.starts_with("    ")).map(column).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn text_shows_every_change() {
        let (exit, out, err) = audit(&["delta", "1.5.0", "2.0.0"]);
        assert_eq!((exit, err.as_str()), (Exit::NothingFails, ""));
        assert!(out.lines().all(|line| line.chars().count() <= 100), "{out}");
        let (before, after) = (crate::benchmark("1.5.0").unwrap(), crate::benchmark("2.0.0").unwrap());
        let (all, in_order) = (words(&out), sentences(&out));
        for change in Benchmark::diff(&before, &after) {
            assert!(in_order.contains(&words(&sentence(&change, &Locale::default()))), "{change:?}\n{out}");
            let begin = format!("{} {}", ids(&change), change.kind.as_str());
            assert!(out.lines().any(|line| words(line).starts_with(&begin)), "{begin}\n{out}");
            for told in [&change.note, &change.id_from, &change.id_to, &change.from.as_str().map(str::to_owned)] {
                let told = told.as_deref().map(words).unwrap_or_default();
                assert!(in_order.contains(&told) || all.contains(&told), "{told}\n{out}");
            }
        }
        assert_eq!(out.matches("(audit, remediation unchanged)").count(), 8);
    }

    #[test]
    fn same_version_and_backwards() {
        let (_, out, _) = audit(&["delta", "2.0.0", "2.0.0"]);
        assert!(out.ends_with("\nNothing changed.\n"), "{out}");
        let (_, out, _) = audit(&["delta", "2.0.0", "1.5.0"]);
        assert!(words(&out).contains("is not held for 2.0.0 to 1.5.0"), "{out}");
    }
}
