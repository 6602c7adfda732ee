//! The program `audit`: see `audit --help`.

use std::process::Termination;

fn main() -> impl Termination {
    cis_aws::cli::main(std::env::args_os())
}
