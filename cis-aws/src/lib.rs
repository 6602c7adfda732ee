#![doc = include_str!("../README.md")]

mod arn;
mod benchmarks;
mod budget;
#[cfg(feature = "cli")]
pub mod cli;
pub mod controls;
pub mod datasets;
mod locale;
pub mod pattern;
pub mod permissions;
pub mod policy;
#[cfg(feature = "redact")]
pub mod redact;
pub mod sources;
mod time;

pub use arn::Arn;
pub use benchmarks::{benchmark, versions};
pub use controls::{explain, registry};
pub use locale::locale;
pub use time::Time;
