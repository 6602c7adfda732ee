//! Serves a snapshot as AWS would: `cargo run -p cis-benches --bin aws-mock -- SNAPSHOT`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use cis_aws::sources::{SnapshotSource, demo};
use cis_benches::mock::{Mock, Options, Quotas, Rule};
use cis_core::Error;
use clap::Parser;

/// Serves a snapshot over AWS's own protocols, every service behind one address, until it is interrupted. Its first line on
/// standard output is that address.
#[derive(Debug, Parser)]
#[command(name = "aws-mock")]
struct Arguments {
    /// A folder or a .tar.gz. Without it, the demo account.
    snapshot: Option<PathBuf>,
    /// Where to listen. Default: a free port of 127.0.0.1.
    #[arg(long, value_name = "HOST:PORT")]
    address: Option<SocketAddr>,
    /// The most rows on a page. Default: as AWS has it.
    #[arg(long, value_name = "ROWS")]
    page_size: Option<usize>,
    /// How long every answer takes at least.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency_ms: u64,
    /// Enforce AWS's request quotas.
    #[arg(long)]
    quotas: bool,
    /// The IAM actions that are allowed, such as ec2:DescribeVpcs; all others are denied. May be repeated. Default: all.
    #[arg(long, value_name = "ACTION")]
    allow: Vec<String>,
    /// What is to go wrong, such as '{"effect": "deny", "on": "ec2:DescribeVpcs", "region": "eu-west-1"}'. May be repeated;
    /// the first that fits decides.
    #[arg(long, value_name = "JSON", value_parser = |text: &str| serde_json::from_str::<Rule>(text))]
    rule: Vec<Rule>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(3)
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Error> {
    let source = match &arguments.snapshot {
        Some(path) => SnapshotSource::open(path)?,
        None => demo()?,
    };
    let options = Options {
        page_size: arguments.page_size,
        latency: Duration::from_millis(arguments.latency_ms),
        quotas: if arguments.quotas { Quotas::aws() } else { Quotas::none() },
        allowed: Some(arguments.allow)
            .filter(|actions| !actions.is_empty())
            .map(|actions| actions.into_iter().collect()),
        rules: arguments.rule,
        address: arguments.address,
        keep: false,
    };
    let mock = Mock::serve(source, options).await?;
    println!("{}", mock.url());
    // Whoever started it waits for this line.
    let _ = std::io::stdout().flush();
    let _ = tokio::signal::ctrl_c().await;
    for (operation, calls) in mock.calls() {
        eprintln!("{operation}: {} calls, {} throttled", calls.all, calls.throttled);
    }
    Ok(())
}
