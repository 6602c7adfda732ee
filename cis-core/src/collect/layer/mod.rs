//! Sources around sources. Each passes on what it does not know, and composes with every other.

mod deny;
mod record;
mod route;
mod trace;

pub use deny::{Deny, Rule};
pub use record::{Record, Rewrite};
pub use route::Route;
pub use trace::Trace;
