#![doc = include_str!("../README.md")]

extern crate self as cis_core;

mod benchmark;
mod collect;
mod compare;
mod control;
mod dataset;
mod error;
pub mod fact;
mod facts;
pub mod finding;
pub mod format;
mod gap;
mod locale;
mod msg;
mod place;
mod plan;
pub mod prelude;
mod remediation;
mod report;
mod review;
mod scan;
#[cfg(feature = "schema")]
pub mod schema;
pub mod snapshot;
mod table;
mod tags;
#[cfg(feature = "testkit")]
pub mod testkit;
mod values;

pub use benchmark::{Assessment, Benchmark, Change, ChangeKind, Note, Recommendation};
pub use collect::layer;
pub use collect::memory::MemorySource;
pub use collect::source::{Coverage, DataSource, Region, RegionStatus, Request, Wanted};
pub use compare::{Comparison, Difference, DifferenceKind, Migration, Moved, MovedKind, ScopeDifference};
pub use control::{
    ACCOUNT_TYPE, Control, ControlInfo, Findings, Make, ParameterInfo, Parameters, Reads, Registry, Target, Verdict,
    make_control,
};
pub use dataset::{Dataset, DatasetInfo, Each, Layout, Listed, Operation};
pub use error::{Error, ErrorKind};
pub use fact::Fact;
pub use facts::{Facts, ScopeRegion, ScopeStatus, Setting};
pub use finding::{Evidence, Finding, Resource, Status};
pub use gap::{DeniedBy, Gap, GapKind};
pub use locale::{Locale, message_id};
pub use msg::{Message, json_value};
pub use place::{Place, PlaceKind};
pub use plan::{Plan, Selection};
pub use remediation::{Caution, CautionKind, FilledRemediation, Remediation, Step, Way};
pub use report::{BenchmarkName, Calls, Collection, Counts, Judged, Report, Summary};
pub use review::{
    Answer, Attestation, EntryState, Exception, Review, Reviewed, ReviewedAttestation, ReviewedException,
};
pub use scan::{Event, Scan};
pub use table::{Rows, Table, UntypedRows};
pub use tags::Tags;
pub use values::Values;

#[doc(hidden)]
pub use control::trim_docs;
#[doc(hidden)]
pub use serde;
/// A short text, or one that many findings share: cheap to clone, and a `&str` wherever one is asked for.
pub use smol_str::SmolStr;
