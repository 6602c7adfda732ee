//! A scan in a window: what it is doing is shown while it runs, and closing the window ends it with the report of what was
//! read by then.
//!
//! `cargo run -p cis-examples --example progress`
#![allow(clippy::print_stdout, reason = "it is a program")]

use std::sync::mpsc;
use std::thread;

use cis_core::{Event, GapKind, Scan, Selection};
use futures::channel::oneshot;

/// The person closes the window when so many tables are in.
const SEEN_ENOUGH: usize = 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (benchmark, registry, source) = (cis_aws::benchmark("2.0.0")?, cis_aws::registry(), cis_aws::sources::demo()?);

    // The scan waits while it tells what happens, so that whatever may take long belongs at the other end of a channel.
    let (events, told) = mpsc::channel::<Event>();
    let (close, closed) = oneshot::channel::<()>();
    let window = thread::spawn(move || {
        let (mut tables, mut read, mut close) = (0, 0, Some(close));
        for event in told {
            match event {
                // Told again where a fact leads to another account, so that it is kept and not added up.
                Event::Planned { tables: at } => tables = at.values().sum(),
                Event::Fetched { dataset, gap: None, .. } => {
                    read += 1;
                    println!("{read:3} of {tables} {dataset}");
                }
                // There are more events, and will be still more: a window shows those that it knows.
                _ => {}
            }
            if read == SEEN_ENOUGH
                && let Some(close) = close.take()
            {
                // Whoever no longer listens has ended the scan already.
                let _ = close.send(());
            }
        }
    });

    let scan = Scan::new(&benchmark, &registry)
        .select(Selection { select: vec!["5.*".into()], level: None })
        // One table at a time, for lines in an order; leave it out for a scan that is fast.
        .concurrency(1)
        .on_event(move |event| {
            // A window that is gone does not end the scan: `until` does.
            let _ = events.send(event.clone());
        })
        // Any future will do: a deadline, Ctrl-C, a button. What it gives is the reason that the report shows.
        .until(async { closed.await.map_or("nobody looks on", |()| "the window was closed") });
    let report = futures::executor::block_on(scan.run(&source))?;
    window.join().map_err(|_| "the window broke")?;

    let missed = report.unread.iter().filter(|gap| gap.kind == GapKind::Cancelled).count();
    println!("{} recommendations rest on {missed} tables that were not read", report.summary.rest_on_gaps);
    if let Some(gap) = report.unread.first() {
        println!("{}", gap.message);
    }
    Ok(())
}
