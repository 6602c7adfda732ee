//! Log lines on standard error, where `--log` asks for them.

use std::io::{self, Write, stderr};

use cis_core::format::harmless;
use cis_core::{Collection, Event, Report};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::args::LogLevel;

/// The crates whose lines are shown. No others: those of the AWS SDK put whole requests into theirs, headers and bodies, and
/// with them whatever the credentials are.
const OURS: [&str; 2] = ["cis_core", "cis_aws"];

/// Writes what happens on this thread to standard error, until it is dropped. A scan runs on the thread that began it.
#[must_use]
pub(super) fn begin(level: LogLevel) -> Option<DefaultGuard> {
    let level = match level {
        LogLevel::Off => return None,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let ours = Targets::new().with_targets(OURS.map(|target| (target, level)));
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| Line(stderr()));
    Some(tracing_subscriber::registry().with(ours).with(lines).set_default())
}

/// Tells what the layer around the source does not see.
pub(super) fn tell(event: &Event) {
    match event {
        Event::Planned { tables } => {
            tracing::info!(tables = tables.values().sum::<usize>(), places = tables.len(), "planned");
        }
        Event::Skipped { dataset, place } => tracing::debug!(dataset, %place, "nothing of it is wanted"),
        Event::Judged { key, place } => tracing::trace!(key, %place, "judged"),
        _ => {}
    }
}

/// Tells what came of a scan, and what it took where the source counts that.
pub(super) fn ended(report: &Report) {
    let total = report.collection.as_ref().map(Collection::total).unwrap_or_default();
    tracing::info!(
        findings = report.findings.len(),
        unread = report.unread.len(),
        calls = total.sent,
        retries = total.retries,
        throttled = total.throttled,
        failed = total.failed,
        "ended"
    );
}

/// Writes each event as one line that does nothing to a terminal, whatever names and messages it holds.
struct Line<W>(W);

impl<W: Write> Write for Line<W> {
    // The subscriber hands over a whole event at once.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        self.0.write_all(format!("{}\n", harmless(text.trim_end())).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_event_is_one_line_whatever_it_holds() {
        let kept = Kept::default();
        let to = kept.clone();
        let lines =
            tracing_subscriber::fmt::layer().with_ansi(false).without_time().with_writer(move || Line(to.clone()));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            tracing::warn!(gap = %"one\n2026-01-01 INFO forged\u{1b}[2J", "not read");
        });
        let written = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(written.lines().count(), 1, "{written}");
        assert!(written.contains("one") && !written.contains('\u{1b}') && written.ends_with('\n'), "{written}");
    }
}
