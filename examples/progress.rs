//! A scan in a window: what it is doing is shown while it runs, and closing the window ends it with the report of what was
//! read by then.
//!
//! `cargo run -p cis-examples --example progress`
#![allow(clippy::print_stdout, reason = "it is a program")]

use std::sync::mpsc;
use std::thread;

use cis_core::{Event, GapKind, Scan, Selection};
use futures::channel::oneshot;

/// Somebody has seen enough, and closes the window, when so many tables are in.
const ENOUGH: usize = 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (benchmark, registry, source) = (cis_aws::benchmark("2.0.0")?, cis_aws::registry(), cis_aws::sources::demo()?);

    // The scan waits while it tells what happens, so that whatever may take long belongs at the other end of a channel.
    let (line, lines) = mpsc::channel::<String>();
    let window = thread::spawn(move || {
        for line in lines {
            println!("{line}");
        }
    });

    let (close, closed) = oneshot::channel::<()>();
    let (mut tables, mut read, mut close) = (0, 0, Some(close));
    let scan = Scan::new(&benchmark, &registry)
        .select(Selection { select: vec!["5.*".into()], level: None })
        // One table at a time, for lines in an order; leave it out for a scan that is fast.
        .concurrency(1)
        .on_event(move |event| {
            match event {
                // Told again where a fact leads to another account, so that it is kept and not added up.
                Event::Planned { tables: at } => tables = at.values().sum::<usize>(),
                Event::Fetched { dataset, place, .. } => {
                    read += 1;
                    // A window that is gone does not end the scan: `until` does.
                    let _ = line.send(format!("{read:2} of {tables}: {dataset}, {place}"));
                }
                // There are more events, and there will be others: a window shows those that it knows.
                _ => {}
            }
            if read == ENOUGH
                && let Some(close) = close.take()
            {
                let _ = close.send(());
            }
        })
        // Any future will do: a deadline, Ctrl-C, a button. What it gives is the reason that the report shows.
        .until(async { closed.await.map_or("nobody looks on", |()| "the window was closed") });
    let report = futures::executor::block_on(scan.run(&source))?;
    window.join().map_err(|_| "the window broke")?;

    let missed: Vec<_> = report.unread.iter().filter(|gap| gap.kind == GapKind::Cancelled).collect();
    println!("{} findings; {} tables were not read", report.findings.len(), missed.len());
    if let Some(gap) = missed.first() {
        println!("{}", gap.message);
    }
    Ok(())
}
