//! How far a scan is, for somebody who looks on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use cis_core::format::harmless;
use cis_core::{DataSource, Event, Place};
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// Two lines on standard error where somebody looks on; silent otherwise. Gone from the screen when dropped.
pub(super) struct Progress {
    bar: ProgressBar,
    seen: Mutex<Seen>,
    source: Watched,
}

/// The source that counts its calls, once there is one.
type Watched = Arc<OnceLock<Arc<dyn DataSource>>>;

impl Progress {
    pub(super) fn new(is_seen: bool) -> Self {
        let target = if is_seen { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        let source = Watched::default();
        // The template is ours: a test sees that it is right.
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            let source = Arc::clone(&source);
            bar.set_style(style.with_key("calls", move |_: &ProgressState, to: &mut dyn fmt::Write| {
                // Nothing can be said where even this cannot be written.
                let _ = to.write_str(&calls(&source));
            }));
        }
        Self { bar, seen: Mutex::default(), source }
    }

    /// Shows the calls that a source makes, too.
    #[cfg_attr(not(feature = "live-base"), allow(dead_code, reason = "only a live source makes calls"))]
    pub(super) fn watch(&self, source: Arc<dyn DataSource>) {
        // Only the first is watched: a program scans once.
        let _ = self.source.set(source);
    }

    pub(super) fn tell(&self, event: &Event) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.take_in(event);
        if matches!(event, Event::Planned { .. }) && !self.bar.is_hidden() {
            // Calls are made, and time goes by, between two events. Not from the beginning on: until here notes are written.
            self.bar.enable_steady_tick(Duration::from_millis(200));
        }
        self.bar.set_length(seen.planned.values().sum::<usize>() as u64);
        self.bar.set_position(seen.done.values().sum::<usize>() as u64);
        self.bar.set_prefix(seen.regions());
        self.bar.set_message(seen.reading());
    }
}

const TEMPLATE: &str = "[{bar:20}] {pos}/{len} tables{prefix}{calls}, {elapsed}\n{wide_msg}";

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// What the events have told up to now.
#[derive(Debug, Default)]
struct Seen {
    planned: BTreeMap<Place, usize>,
    done: BTreeMap<Place, usize>,
    /// What the source was asked for and has not given, in the order of asking.
    asked: Vec<(String, Place)>,
}

impl Seen {
    fn take_in(&mut self, event: &Event) {
        match event {
            Event::Planned { tables } => self.planned.clone_from(tables),
            Event::Asked { dataset, place } => self.asked.push((dataset.clone(), place.clone())),
            Event::Fetched { dataset, place, .. } | Event::Skipped { dataset, place } => {
                *self.done.entry(place.clone()).or_default() += 1;
                self.asked.retain(|asked| (&asked.0, &asked.1) != (dataset, place));
            }
            _ => {}
        }
    }

    /// How many regions are done, of how many.
    fn regions(&self) -> String {
        let open = |(place, planned): (&Place, &usize)| self.done.get(place).is_none_or(|done| done < planned);
        let open: BTreeSet<_> =
            self.planned.iter().filter(|&at| open(at)).filter_map(|(place, _)| place.region_name()).collect();
        match self.planned.keys().filter_map(Place::region_name).collect::<BTreeSet<_>>().len() {
            0 => String::new(),
            all => format!(", {}/{all} regions", all - open.len()),
        }
    }

    /// What is being read: what has been waited for longest, since that is what the scan hangs on.
    fn reading(&self) -> String {
        let Some((dataset, place)) = self.asked.first() else { return String::new() };
        let within = place.region_name().map(|region| format!(" in {region}")).unwrap_or_default();
        let more = match self.asked.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        harmless(&format!("reading {dataset}{within}{more}")).into_owned()
    }
}

/// The calls that were made up to now.
fn calls(source: &Watched) -> String {
    let Some(collection) = source.get().and_then(DataSource::collection) else { return String::new() };
    let total = collection.total();
    let throttled = match total.throttled {
        0 => String::new(),
        throttled => format!(", {} throttled", HumanCount(throttled)),
    };
    format!(", {} calls{throttled}", HumanCount(total.sent))
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use cis_core::{Calls, Collection, Coverage, Error, MemorySource, Request, Table};

    use super::*;

    #[test]
    fn the_template_is_right() {
        ProgressStyle::with_template(TEMPLATE).unwrap();
    }

    #[test]
    fn it_tells_tables_regions_and_what_is_being_read() {
        let (account, west) = (Place::account("123456789012"), Place::region("123456789012", "eu-west-1"));
        let south = Place::region("123456789012", "eu-south-1");
        let (dataset, other) = (|| "ec2.instances".to_owned(), || "ec2.vpcs".to_owned());
        let planned = |tables: &[(&Place, usize)]| Event::Planned {
            tables: tables.iter().map(|(place, tables)| ((*place).clone(), *tables)).collect(),
        };
        let asked = |dataset: String, place: &Place| Event::Asked { dataset, place: place.clone() };
        let fetched =
            |dataset: String, place: &Place| Event::Fetched { dataset, place: place.clone(), rows: 1, gap: None };
        let progress = Progress::new(false);
        for (event, tables, regions, reading) in [
            (planned(&[(&account, 1), (&west, 2), (&south, 1)]), (0, 4), ", 0/2 regions", ""),
            (asked("iam.users".into(), &account), (0, 4), ", 0/2 regions", "reading iam.users"),
            (asked(dataset(), &west), (0, 4), ", 0/2 regions", "reading iam.users and 1 more"),
            (fetched("iam.users".into(), &account), (1, 4), ", 0/2 regions", "reading ec2.instances in eu-west-1"),
            (asked(dataset(), &south), (1, 4), ", 0/2 regions", "reading ec2.instances in eu-west-1 and 1 more"),
            (fetched(dataset(), &west), (2, 4), ", 0/2 regions", "reading ec2.instances in eu-south-1"),
            (
                Event::Skipped { dataset: other(), place: west.clone() },
                (3, 4),
                ", 1/2 regions",
                "reading ec2.instances in eu-south-1",
            ),
            (fetched(dataset(), &south), (4, 4), ", 2/2 regions", ""),
            // A trail led to another account.
            (planned(&[(&account, 1), (&west, 3), (&south, 1)]), (4, 5), ", 1/2 regions", ""),
        ] {
            progress.tell(&event);
            let bar = &progress.bar;
            assert_eq!((bar.position(), bar.length().unwrap()), tables, "{event:?}");
            assert_eq!((bar.prefix().as_str(), bar.message().as_str()), (regions, reading), "{event:?}");
        }
    }

    /// A source that has made this many calls, and was refused this many.
    struct Counts(u64, u64);

    #[async_trait]
    impl DataSource for Counts {
        async fn coverage(&self) -> Result<Coverage, Error> {
            MemorySource::new("123456789012").coverage().await
        }

        async fn fetch(&self, request: &Request) -> Table {
            MemorySource::new("123456789012").fetch(request).await
        }

        fn collection(&self) -> Option<Collection> {
            let mut collection = Collection::default();
            collection.add("iam:ListUsers", Calls { sent: self.0, throttled: self.1, ..Calls::default() });
            Some(collection)
        }
    }

    #[test]
    fn it_tells_calls_where_the_source_counts_them() {
        for (source, told) in [
            (None, ""),
            (Some(Arc::new(MemorySource::new("123456789012")) as Arc<dyn DataSource>), ""),
            (Some(Arc::new(Counts(1_234, 0))), ", 1,234 calls"),
            (Some(Arc::new(Counts(12, 3))), ", 12 calls, 3 throttled"),
        ] {
            let progress = Progress::new(false);
            if let Some(source) = source {
                progress.watch(source);
            }
            assert_eq!(calls(&progress.source), told);
        }
    }
}
