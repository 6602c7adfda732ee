//! Rust's tracing events as records of Python's `logging`.
//!
//! Loggers are named as Rust's modules are, below `cis_aws`: `cis_aws.sources.live`, `cis_aws.core.collect`. What spans around
//! an event say (dataset, account, region) stands behind its message.

use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicU8, Ordering};

use pyo3::prelude::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use crate::threads;

/// The level from which on Python wants to hear, in Python's numbers. Looked up when a scan starts: asking Python at every
/// event would cost more than the event.
static WANTED: AtomicU8 = AtomicU8::new(30);

/// Sends events to Python from now on. Where another subscriber is there already, nothing changes.
pub(crate) fn install() {
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(ToPython));
}

/// Looks which levels Python wants to hear.
pub(crate) fn look(py: Python<'_>) {
    let level = || -> PyResult<u8> {
        let logger = py.import("logging")?.call_method1("getLogger", ("cis_aws",))?;
        logger.call_method0("getEffectiveLevel")?.extract()
    };
    WANTED.store(level().unwrap_or(30), Ordering::Relaxed);
    tracing::callsite::rebuild_interest_cache();
}

fn python_level(level: Level) -> u8 {
    match level {
        Level::ERROR => 40,
        Level::WARN => 30,
        Level::INFO => 20,
        Level::DEBUG => 10,
        Level::TRACE => 5,
    }
}

struct ToPython;

/// What a span says, as it is written behind a message.
struct Said(String);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for ToPython {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        // Ours alone: what the HTTP client has to say is for those who write it.
        let ours = metadata.target().starts_with("cis_");
        // A span says what its events are about, whatever its own level.
        ours && (metadata.is_span() || python_level(*metadata.level()) >= WANTED.load(Ordering::Relaxed))
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut said = Said(String::new());
        attributes.record(&mut said);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(said);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(said) = span.extensions_mut().get_mut::<Said>()
        {
            values.record(said);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(Said(said)) = span.extensions().get::<Said>() {
                text.fields.push_str(said);
            }
        }
        let fields = text.fields.trim_start();
        let message = if fields.is_empty() { text.message } else { format!("{} ({fields})", text.message) };
        let name = event.metadata().target().replace("::", ".");
        let name = name.strip_prefix("cis_core").map_or_else(|| name.clone(), |rest| format!("cis_aws.core{rest}"));
        let level = python_level(*event.metadata().level());
        // A record that cannot be handed over must not end the scan.
        let _ = threads::attached(|py| {
            let logger = py.import("logging")?.call_method1("getLogger", (name,))?;
            logger.call_method1("log", (level, "%s", message)).map(drop)
        });
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = write!(self.0, " {}={value}", field.name());
    }
}

#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            let _ = write!(self.message, "{value:?}");
        } else {
            let _ = write!(self.fields, " {}={value:?}", field.name());
        }
    }
}
