//! Where facts come from: a snapshot, the demo account, the live account.

#[cfg(feature = "demo")]
mod demo;
#[cfg(feature = "live-base")]
pub mod live;
mod snapshot;

#[cfg(feature = "demo")]
pub use demo::demo;
pub use snapshot::{Limits, SnapshotSource};
