//! `delta --on`: what another version of the benchmark changes for an account.

use std::io::{self, Write};
use std::path::Path;

use cis_core::format::{Cell, Page, Style};
use cis_core::{Benchmark, ChangeKind, Error, Locale, Message, Migration, Moved, MovedKind, msg};

use super::args::{DeltaArgs, Format};
use super::compare::{rows, scanned, verdicts};
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
    args: &DeltaArgs,
    console: &mut Console<'_>,
) -> Result<(), Error> {
    let source = SnapshotSource::open(path)?;
    let (old, new) = (scanned(&source, &before.version, None)?, scanned(&source, &after.version, None)?);
    let migration = Migration::new((before, &old), (after, &new))?;
    let options = console.text_options();
    console.print(|to| match args.format {
        Format::Json => json(&migration, to),
        Format::Text => text(&migration, &args.language.locale, Page::new(to, options)),
    })
}

fn text(migration: &Migration, locale: &Locale, mut page: Page<impl Write>) -> io::Result<()> {
    let Migration { benchmark, from, to, account_id, as_of, .. } = migration;
    let told = |page: &mut Page<_>, message: &Message, style| page.text(0, &locale.text(message), style);
    let title = msg!("{benchmark}: what going from {from} to {to} changes for an account", benchmark, from, to);
    told(&mut page, &title, Style::Strong)?;
    let judged = msg!("Account {account}, judged as of {moment} under both", account = account_id, moment = as_of);
    told(&mut page, &judged, Style::Plain)?;
    for (kind, title) in [
        (MovedKind::Verdict, msg!("Other verdicts")),
        (MovedKind::Added, msg!("Recommendations that come")),
        (MovedKind::Removed, msg!("Recommendations that go")),
    ] {
        let found: Vec<_> = migration.of(kind).collect();
        if found.is_empty() {
            continue;
        }
        page.blank()?;
        told(&mut page, &msg!("{title} ({n})", title, n = found.len()), Style::Strong)?;
        for moved in found {
            requirement(&mut page, locale, moved)?;
        }
    }
    page.blank()?;
    let [verdicts, added, removed] =
        [MovedKind::Verdict, MovedKind::Added, MovedKind::Removed].map(|kind| migration.of(kind).count());
    let summary = msg!(
        "{verdicts} with other verdicts, {added} that come, {removed} that go; {unchanged} are judged the same.",
        verdicts,
        added,
        removed,
        unchanged = migration.unchanged
    );
    told(&mut page, &summary, Style::Strong)
}

fn requirement<W: Write>(page: &mut Page<W>, locale: &Locale, moved: &Moved) -> io::Result<()> {
    let ids = match (&moved.id_from, &moved.id_to) {
        (Some(from), Some(to)) if from != to => locale.text(&msg!("{from} -> {to}", from, to)),
        (from, to) => to.as_ref().or(from.as_ref()).cloned().unwrap_or_default(),
    };
    let verdicts = locale.text(&verdicts(moved.was, moved.now));
    let title = format!("{} ({})", locale.title(&moved.title), moved.key);
    page.row(2, &[Cell::new(ids, 14), Cell::rest(title), Cell::new(verdicts, 24)])?;
    for change in &moved.changes {
        let why = sentence(change, locale);
        // A number or a title is no reason for a verdict.
        if !why.is_empty() && !matches!(change.kind, ChangeKind::Renumbered | ChangeKind::Title) {
            let kind = locale.text(&change.kind.into());
            page.row(18, &[Cell::new(kind, 11), Cell::rest(why).style(Style::Faint)])?;
        }
    }
    rows(page, locale, &moved.findings.iter().collect::<Vec<_>>(), SHOWN)
}
