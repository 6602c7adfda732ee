//! The controls, by service. Each reads facts and knows neither sources nor the AWS SDK.
#![deny(clippy::disallowed_methods, reason = "`?` is the only way past a gap")]

pub mod account;
pub mod iam;
mod mode;
mod page;

pub use mode::Mode;
pub use page::explain;

use cis_core::Registry;

/// Every control of this crate, by key.
pub fn registry() -> Registry {
    Registry::new([account::entries(), iam::entries()].into_iter().flatten())
}
