//! Where facts come from: a snapshot, the demo account, the live account.

mod snapshot;

pub use snapshot::{Limits, SnapshotSource};
