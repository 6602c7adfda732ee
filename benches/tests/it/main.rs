//! One program, since to link another with the AWS SDK takes longer than most of these tests; and what waits does so beside what
//! does not.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic, and some print their table"
)]

mod call_table;
#[cfg(feature = "live")]
mod calls;
#[cfg(feature = "live")]
mod faults;
mod generate;
#[cfg(feature = "live")]
mod least_privilege;
#[cfg(feature = "live")]
mod live;
mod mock;
#[cfg(feature = "live")]
mod quotas;
#[cfg(feature = "live")]
mod support;
