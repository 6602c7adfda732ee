//! From a plan and a source to tables: each dataset once per place.

pub(crate) mod engine;
mod in_parallel;
pub(crate) mod judge;
pub mod layer;
mod layout;
pub(crate) mod memory;
pub(crate) mod scope;
pub(crate) mod source;
