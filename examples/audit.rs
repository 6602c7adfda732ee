//! The program `audit`: see `audit --help`.

use std::process::Termination;

// Judging makes many small texts, by as many threads as there are processors: the C library's allocator has them wait for one
// another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> impl Termination {
    cis_aws::cli::main(std::env::args_os())
}
