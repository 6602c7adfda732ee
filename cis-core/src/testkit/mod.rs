//! For tests of controls, data sources and layers: yours as well as ours.
//!
//! [`Cases`] runs a control on tables of facts and takes each declared read away in turn; [`source_conformance`] and
//! [`layer_conformance`] hold a data source or layer to the rules that every scan relies on.
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test kit reports by panicking, as assert! does"
)]

mod cases;
mod conformance;
mod facts;

pub use cases::{Cases, judge};
pub use conformance::{layer_conformance, source_conformance};
pub use facts::{FactSet, aws, denied, known, no_service, rows, unread};
