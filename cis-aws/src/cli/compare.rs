//! The sub-command `compare`: what changed from one report of an account to a later one.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write};
use std::path::Path;

use cis_core::format::{self, Cell, Page, Style, resource_name};
use cis_core::{Comparison, Difference, DifferenceKind, Error, Locale, Message, Report, Review, Scan, Status, msg};
use futures::executor::block_on;

use super::args::{CompareArgs, CompareFormat, FailOn};
use super::console::Console;
use super::exit::Exit;
use super::list::json;
use super::scan::{benchmark, options, review};
use crate::sources::SnapshotSource;

/// How many findings of a kind are shown at most, and how many of those that fail as before.
const SHOWN: usize = 50;
const SHOWN_STILL: usize = 10;

pub(super) fn compare(args: &CompareArgs, console: &mut Console<'_>) -> Result<Exit, Error> {
    let review = review(&args.review)?;
    let (old, new) = (Given::open(&args.old)?, Given::open(&args.new)?);
    let of_a_report = old.version().or_else(|| new.version());
    let version = args.benchmark.as_deref().or(of_a_report).unwrap_or("2.0.0").to_owned();
    let [old, new] = [(old, &args.old), (new, &args.new)].map(|(given, path)| {
        given.report(&version, review.as_ref()).map_err(|error| error.at(path.display().to_string()))
    });
    let (old, new) = (old?, new?);
    let comparison = Comparison::new(&old, &new)?;
    if comparison.old_as_of > comparison.new_as_of {
        console.note("OLD is of a later moment than NEW: are they the wrong way round?");
    }
    let mut options = options(&args.asff, &args.language, console);
    if matches!(args.format, CompareFormat::Asff | CompareFormat::Ocsf) {
        options.since(&old, &new)?;
    }
    console.print(|to| match args.format {
        CompareFormat::Json => json(&comparison, to),
        CompareFormat::Text => text(&comparison, &options.locale, Page::new(to, options.text)),
        CompareFormat::Asff => format::asff(&new, &options.asff, &options.locale, to),
        CompareFormat::Ocsf => format::ocsf(&new, &options.ocsf, &options.locale, to),
    })?;
    Ok(match args.fail_on {
        Some(FailOn::New) => exit(&comparison),
        None => Exit::NothingFails,
    })
}

fn exit(comparison: &Comparison) -> Exit {
    if comparison.of(DifferenceKind::NewFail).any(|difference| !difference.excepted) {
        Exit::Fails
    } else if comparison.of(DifferenceKind::NewlyUnknown).next().is_some() {
        Exit::Unknown
    } else {
        Exit::NothingFails
    }
}

/// What stands at a path: a report, or a snapshot to be scanned.
pub(super) enum Given {
    Report(Report),
    Snapshot(SnapshotSource),
}

impl Given {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let is_json = || -> io::Result<Option<BufReader<File>>> {
            if !path.is_file() {
                return Ok(None);
            }
            let mut file = BufReader::new(File::open(path)?);
            let begins = file.fill_buf()?.iter().find(|byte| !byte.is_ascii_whitespace());
            Ok((begins == Some(&b'{')).then_some(file))
        };
        let at = |error: Error| error.at(path.display().to_string());
        match is_json().map_err(|error| at(Error::document(format!("cannot be read: {error}")).because(error)))? {
            Some(file) => serde_json::from_reader(file).map(Self::Report).map_err(|error| {
                at(Error::document("it is no report; `audit snapshot --format json` writes one").because(error))
            }),
            None => SnapshotSource::open(path).map(Self::Snapshot),
        }
    }

    /// The report at a path, or of the snapshot that stands there.
    pub(super) fn report_at(path: &Path, version: &str, review: Option<&Review>) -> Result<Report, Error> {
        Self::open(path)?.report(version, review).map_err(|error| error.at(path.display().to_string()))
    }

    /// The version that a report is of.
    pub(super) fn version(&self) -> Option<&str> {
        match self {
            Self::Report(report) => Some(&report.benchmark.version),
            Self::Snapshot(_) => None,
        }
    }

    pub(super) fn report(self, version: &str, review: Option<&Review>) -> Result<Report, Error> {
        let source = match self {
            Self::Report(mut report) => {
                if let Some(review) = review {
                    review.apply(&mut report);
                }
                return Ok(report);
            }
            Self::Snapshot(source) => source,
        };
        scanned(&source, version, review)
    }
}

/// The report of a snapshot, at its own moment.
pub(super) fn scanned(source: &SnapshotSource, version: &str, review: Option<&Review>) -> Result<Report, Error> {
    let (benchmark, registry) = (benchmark(version)?, crate::registry());
    let scan = Scan::new(&benchmark, &registry);
    block_on(
        match review {
            Some(review) => scan.review(review.clone()),
            None => scan,
        }
        .run(source),
    )
}

fn text(comparison: &Comparison, locale: &Locale, mut page: Page<impl Write>) -> io::Result<()> {
    let Comparison { benchmark, account_id, old_as_of, new_as_of, .. } = comparison;
    let (name, version) = (&benchmark.name, &benchmark.version);
    let told = |page: &mut Page<_>, message: &Message, style| page.text(0, &locale.text(message), style);
    told(&mut page, &msg!("{name} {version}: what changed", name, version), Style::Strong)?;
    let when = msg!("Account {account}, from {old} to {new}", account = account_id, old = old_as_of, new = new_as_of);
    told(&mut page, &when, Style::Plain)?;
    let scope = &comparison.scope;
    let (old_regions, new_regions) = (&scope.regions_only_old, &scope.regions_only_new);
    let (old_keys, new_keys) = (&scope.keys_only_old, &scope.keys_only_new);
    let lists = [
        (
            old_regions,
            msg!(
                "Regions that only OLD scanned, and so not compared ({n}): {names}",
                n = old_regions.len(),
                names = old_regions
            ),
        ),
        (
            new_regions,
            msg!(
                "Regions that only NEW scanned, and so not compared ({n}): {names}",
                n = new_regions.len(),
                names = new_regions
            ),
        ),
        (
            old_keys,
            msg!("Judged in OLD alone, and so not compared ({n}): {names}", n = old_keys.len(), names = old_keys),
        ),
        (
            new_keys,
            msg!("Judged in NEW alone, and so not compared ({n}): {names}", n = new_keys.len(), names = new_keys),
        ),
    ];
    for (names, message) in lists {
        if !names.is_empty() {
            told(&mut page, &message, Style::Doubt)?;
        }
    }
    for kind in DifferenceKind::ALL {
        let found: Vec<_> = comparison.of(kind).collect();
        if found.is_empty() {
            continue;
        }
        page.blank()?;
        let (title, style) = title(kind);
        let title = if kind == DifferenceKind::StillFailing {
            msg!("{title} ({n}), since {moment} at least", title, n = found.len(), moment = old_as_of)
        } else {
            msg!("{title} ({n})", title, n = found.len())
        };
        told(&mut page, &title, style)?;
        let most = if kind == DifferenceKind::StillFailing { SHOWN_STILL } else { SHOWN };
        rows(&mut page, locale, &found, most)?;
    }
    page.blank()?;
    let count = |kind| msg!("{title}: {n}", title = title(kind).0, n = comparison.of(kind).count());
    told(&mut page, &msg!("{counts}.", counts = DifferenceKind::ALL.map(count)), Style::Strong)
}

/// Findings with their verdicts, at most so many.
pub(super) fn rows<W: Write>(
    page: &mut Page<W>,
    locale: &Locale,
    found: &[&Difference],
    most: usize,
) -> io::Result<()> {
    for difference in found.iter().take(most) {
        row(page, locale, difference)?;
    }
    match found.len().saturating_sub(most) {
        0 => Ok(()),
        more => page.text(2, &locale.text(&msg!("and {more} more; --format json has all", more)), Style::Doubt),
    }
}

/// A finding with its verdicts.
fn row<W: Write>(page: &mut Page<W>, locale: &Locale, difference: &Difference) -> io::Result<()> {
    let id = difference.recommendation.as_deref().unwrap_or_default();
    let named = resource_name(&difference.resource, locale).unwrap_or_else(|| locale.text(&msg!("the account")));
    let verdicts = locale.text(&verdicts(difference.was, difference.now));
    page.row(2, &[Cell::new(id, 6), Cell::new(verdicts, 24), Cell::rest(named)])?;
    let message = locale.difference(difference);
    let message =
        if difference.excepted { locale.text(&msg!("{message} (excepted)", message)).into() } else { message };
    page.row(2, &[Cell::new("", 6), Cell::new("", 24), Cell::rest(message)])
}

/// From one status to another.
pub(super) fn verdicts(was: Option<Status>, now: Option<Status>) -> Message {
    let word = |status: Option<Status>| status.map_or_else(|| msg!("none"), Message::from);
    msg!("{from} -> {to}", from = word(was), to = word(now))
}

fn title(kind: DifferenceKind) -> (Message, Style) {
    match kind {
        DifferenceKind::NewFail => (msg!("New fails"), Style::Bad),
        DifferenceKind::NewlyUnknown => (msg!("Newly unknown"), Style::Doubt),
        DifferenceKind::StillFailing => (msg!("Still failing"), Style::Strong),
        DifferenceKind::Resolved => (msg!("Resolved"), Style::Good),
        DifferenceKind::Gone => (msg!("Gone with their resource"), Style::Plain),
        DifferenceKind::NoLongerUnknown => (msg!("No longer unknown"), Style::Good),
        DifferenceKind::NotCompared => (msg!("Not compared"), Style::Doubt),
        _ => (msg!("Otherwise changed"), Style::Plain),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::{Value, json};

    use crate::cli::Exit;
    use crate::cli::tests::audit;

    const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/demo/snapshot");

    /// The demo account's report with these statuses of 1.8 and 1.9, which are fail and pass.
    fn report(folder: &tempfile::TempDir, demo: &Value, name: &str, [length, reuse]: [&str; 2]) -> String {
        let mut report = demo.clone();
        for finding in report["findings"].as_array_mut().unwrap() {
            match finding["control"].as_str() {
                Some("iam.password_min_length") => finding["status"] = json!(length),
                Some("iam.password_reuse") => finding["status"] = json!(reuse),
                _ => {}
            }
        }
        let path = folder.path().join(name);
        fs::write(&path, report.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    }

    #[test]
    fn reports_and_snapshots_and_their_exit_codes() {
        let folder = tempfile::tempdir().unwrap();
        let demo = serde_json::from_str(&audit(&["demo", "--format", "json"]).1).unwrap();
        let made = [("as_is", ["fail", "pass"]), ("better", ["pass", "pass"]), ("worse", ["fail", "fail"])];
        let [as_is, better, worse] = made.map(|(name, statuses)| report(&folder, &demo, name, statuses));
        let darker = report(&folder, &demo, "darker", ["fail", "unknown"]);
        let excepted = folder.path().join("review.yaml");
        fs::write(
            &excepted,
            "exceptions: [{recommendation: iam.password_*, owner: o, reason: r, ticket: t, expires: 2099-01-01}]",
        )
        .unwrap();
        let excepted = excepted.to_str().unwrap();
        for (why, args, exit, told) in [
            ("the same", &[DEMO, &as_is, "--fail-on", "new"][..], Exit::NothingFails, "New fails: 0"),
            ("a fail is new", &[&better, DEMO, "--fail-on", "new"], Exit::Fails, "New fails (1)"),
            ("and nobody asked", &[&better, &as_is], Exit::NothingFails, "New fails (1)"),
            ("a fail is resolved", &[&as_is, &better, "--fail-on", "new"], Exit::NothingFails, "Resolved (1)"),
            ("newly unknown", &[&as_is, &darker, "--fail-on", "new"], Exit::Unknown, "Newly unknown (1)"),
            ("no longer unknown", &[&darker, &as_is, "--fail-on", "new"], Exit::NothingFails, "No longer unknown (1)"),
            (
                "the new fail is excepted",
                &[&better, &worse, "--fail-on", "new", "--review", excepted],
                Exit::NothingFails,
                "(excepted)",
            ),
        ] {
            let (found, out, err) = audit(&[&["compare"], args].concat());
            assert_eq!((found, err.as_str()), (exit, ""), "{why}: {out}");
            assert!(out.contains(told), "{why}: {out}");
            assert!(out.lines().all(|line| line.chars().count() <= 100 && !line.ends_with(' ')), "{out}");
        }
    }

    #[test]
    fn systems_that_keep_findings_are_told_what_is_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let whole = audit(&["demo", "--format", "json"]).1;
        let mut less: Value = serde_json::from_str(&whole).unwrap();
        let gone = less["findings"].as_array_mut().unwrap().pop().unwrap();
        // In the older report alone, where it is of another resource.
        let mut more: Value = serde_json::from_str(&whole).unwrap();
        let mut other = gone.clone();
        (other["resource"]["arn"], other["resource"]["id"]) = (Value::Null, json!("another"));
        let other_id = serde_json::from_value::<cis_core::Finding>(other.clone()).unwrap().id();
        more["findings"].as_array_mut().unwrap().push(other);
        let made = [("whole", whole), ("less", less.to_string()), ("more", more.to_string())].map(|(name, text)| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        });
        let [whole, less, more] = &made;
        let id = &gone["id"];
        // The ids of what is told as no more.
        let closed = |format: &str, args: &[&str]| -> Vec<Value> {
            let (exit, out, err) = audit(&[args, &["--format", format]].concat());
            assert!(exit != Exit::CouldNotRun && err.is_empty(), "{err}");
            let lines = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            lines
                .flat_map(|line| match line["Findings"].as_array() {
                    Some(findings) => findings.clone(),
                    None => vec![line],
                })
                .filter(|one| one["RecordState"] == "ARCHIVED" || one["activity_name"] == "Close")
                .map(|one| one.get("Id").unwrap_or(&one["finding_info"]["uid"]).clone())
                .collect()
        };
        for format in ["asff", "ocsf"] {
            assert_eq!(closed(format, &["compare", whole, less]), std::slice::from_ref(id), "{format}");
            assert_eq!(closed(format, &["compare", less, whole]), [Value::Null; 0], "{format}: what is new");
            assert_eq!(closed(format, &["demo", "--since", more]), [other_id.as_str()], "{format}");
            assert_eq!(closed(format, &["demo", "--since", whole]), [Value::Null; 0], "{format}");
        }
        for (args, expected) in [
            (&["demo", "--since", whole][..], "--since: only asff and ocsf tell what is no more"),
            (&["demo", "--since", "nowhere", "--format", "asff"], "--since: nowhere: "),
            (
                &["demo", "--benchmark", "1.5.0", "--since", whole, "--format", "asff"],
                "--since: the reports are of different",
            ),
        ] {
            let (exit, _, err) = audit(args);
            assert!(exit == Exit::CouldNotRun && err.contains(expected), "{args:?}: {err}");
        }
    }

    #[test]
    fn a_snapshot_is_scanned_under_the_version_of_the_report_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("old.json");
        fs::write(&old, audit(&["demo", "--benchmark", "1.5.0", "--format", "json"]).1).unwrap();
        let old = old.to_str().unwrap();
        let (exit, out, _) = audit(&["compare", old, DEMO, "--format", "json"]);
        let comparison: Value = serde_json::from_str(&out).unwrap();
        assert_eq!((exit, &comparison["benchmark"]["version"]), (Exit::NothingFails, &json!("1.5.0")));
        let (exit, out, err) = audit(&["compare", old, DEMO, "--benchmark", "2.0.0"]);
        assert_eq!((exit, out.as_str()), (Exit::CouldNotRun, ""));
        assert!(err.contains("of different benchmarks"), "{err}");
    }

    #[test]
    fn what_is_neither_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file.json");
        let path = file.to_str().unwrap();
        for (why, text, told) in [
            ("another document", "{\"a\": 1}", "it is no report"),
            ("cut off", "{\"benchmark\": {", "it is no report"),
            ("lines of JSON", "[]", "file.json"),
        ] {
            fs::write(&file, text).unwrap();
            let (exit, out, err) = audit(&["compare", path, DEMO]);
            assert_eq!((exit, out.as_str()), (Exit::CouldNotRun, ""), "{why}");
            assert!(err.starts_with("error: ") && err.contains(told), "{why}: {err}");
        }
    }

    #[test]
    fn another_version_on_an_account() {
        let (exit, out, err) = audit(&["delta", "1.5.0", "2.0.0", "--on", DEMO]);
        assert_eq!((exit, err.as_str()), (Exit::NothingFails, ""));
        for told in
            ["Other verdicts (", "Recommendations that come (2)", "Recommendations that go (1)", "judged the same"]
        {
            assert!(out.contains(told), "{told}: {out}");
        }
        assert!(out.lines().all(|line| line.chars().count() <= 100 && !line.ends_with(' ')), "{out}");
        let (_, out, _) = audit(&["delta", "1.5.0", "2.0.0", "--on", DEMO, "--format", "json"]);
        let migration: Value = serde_json::from_str(&out).unwrap();
        assert_eq!((&migration["from"], &migration["to"]), (&json!("1.5.0"), &json!("2.0.0")));
    }
}
