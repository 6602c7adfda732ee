//! `delta --on`: what another version of the benchmark changes for an account.

use std::io::{self, Write};
use std::path::Path;

use cis_core::format::{Cell, Page, Style};
use cis_core::{Benchmark, ChangeKind, Error, Migration, Moved, MovedKind, Status};

use super::args::Format;
use super::compare::{rows, scanned};
use super::console::Console;
use super::delta::sentence;
use super::list::json;
use crate::sources::SnapshotSource;

/// How many findings of a requirement are shown at most.
const SHOWN: usize = 10;

pub(super) fn migrate(
    before: &Benchmark,
    after: &Benchmark,
    path: &Path,
    format: Format,
    console: &mut Console<'_>,
) -> Result<(), Error> {
    let source = SnapshotSource::open(path)?;
    let (old, new) = (scanned(&source, &before.version, None)?, scanned(&source, &after.version, None)?);
    let migration = Migration::new((before, &old), (after, &new))?;
    let options = console.text_options();
    console.print(|to| match format {
        Format::Json => json(&migration, to),
        Format::Text => text(&migration, Page::new(to, options)),
    })
}

fn text(migration: &Migration, mut page: Page<impl Write>) -> io::Result<()> {
    let Migration { benchmark, from, to, account_id, as_of, .. } = migration;
    page.text(0, &format!("{benchmark}: what going from {from} to {to} changes for an account"), Style::Strong)?;
    page.text(0, &format!("Account {account_id}, judged as of {as_of} under both"), Style::Plain)?;
    for (kind, title) in [
        (MovedKind::Verdict, "Other verdicts"),
        (MovedKind::Added, "Recommendations that come"),
        (MovedKind::Removed, "Recommendations that go"),
    ] {
        let found: Vec<_> = migration.of(kind).collect();
        if found.is_empty() {
            continue;
        }
        page.blank()?;
        page.text(0, &format!("{title} ({})", found.len()), Style::Strong)?;
        for moved in found {
            requirement(&mut page, moved)?;
        }
    }
    page.blank()?;
    let [verdicts, added, removed] =
        [MovedKind::Verdict, MovedKind::Added, MovedKind::Removed].map(|kind| migration.of(kind).count());
    let told = format!(
        "{verdicts} with other verdicts, {added} that come, {removed} that go; {} are judged the same.",
        migration.unchanged
    );
    page.text(0, &told, Style::Strong)
}

fn requirement<W: Write>(page: &mut Page<W>, moved: &Moved) -> io::Result<()> {
    let ids = match (&moved.id_from, &moved.id_to) {
        (Some(from), Some(to)) if from != to => format!("{from} -> {to}"),
        (from, to) => to.as_ref().or(from.as_ref()).cloned().unwrap_or_default(),
    };
    let verdict = |status: Option<Status>| status.map_or("none", Status::as_str);
    let verdicts = format!("{} -> {}", verdict(moved.was), verdict(moved.now));
    page.row(
        2,
        &[Cell::new(ids, 14), Cell::rest(format!("{} ({})", moved.title, moved.key)), Cell::new(verdicts, 24)],
    )?;
    for change in &moved.changes {
        let why = sentence(change);
        // A number or a title is no reason for a verdict.
        if !why.is_empty() && !matches!(change.kind, ChangeKind::Renumbered | ChangeKind::Title) {
            page.row(18, &[Cell::new(change.kind.as_str(), 11), Cell::rest(why).style(Style::Faint)])?;
        }
    }
    rows(page, &moved.findings.iter().collect::<Vec<_>>(), SHOWN)
}
