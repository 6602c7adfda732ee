//! How far a scan is, for somebody who looks on.

use cis_core::Event;
use cis_core::format::harmless;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error where that is a terminal; silent otherwise. Gone from the screen when dropped.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(super) fn new(is_terminal: bool) -> Self {
        let target = if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        // The template is ours: a test sees that it is right.
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style);
        }
        Self { bar }
    }

    pub(super) fn tell(&self, event: &Event) {
        match event {
            Event::Planned { tables } => self.bar.set_length(*tables as u64),
            Event::Fetched { dataset, place, .. } => {
                self.bar.inc(1);
                let within = place.region_name().map(|region| format!(" in {region}")).unwrap_or_default();
                self.bar.set_message(harmless(&format!("{dataset}{within}")).into_owned());
            }
            Event::Skipped { .. } => self.bar.inc(1),
            _ => {}
        }
    }
}

const TEMPLATE: &str = "[{bar:30}] {pos}/{len} tables read, {elapsed}  {wide_msg}";

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_read_and_what_need_not_be() {
        ProgressStyle::with_template(TEMPLATE).unwrap();
        let progress = Progress::new(false);
        let place = || cis_core::Place::region("123456789012", "eu-west-1");
        progress.tell(&Event::Planned { tables: 2 });
        progress.tell(&Event::Fetched { dataset: "ec2.instances".into(), place: place(), rows: 1, gap: None });
        progress.tell(&Event::Judged { key: "ec2.imdsv2".into(), place: place() });
        progress.tell(&Event::Skipped { dataset: "ec2.images".into(), place: place() });
        assert_eq!((progress.bar.position(), progress.bar.length()), (2, Some(2)));
        assert_eq!(progress.bar.message(), "ec2.instances in eu-west-1");
    }
}
