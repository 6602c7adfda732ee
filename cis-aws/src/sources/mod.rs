//! Where facts come from: a snapshot, the demo account, the live account.

#[cfg(feature = "demo")]
mod demo;
mod snapshot;

#[cfg(feature = "demo")]
pub use demo::demo;
pub use snapshot::{Limits, SnapshotSource};
