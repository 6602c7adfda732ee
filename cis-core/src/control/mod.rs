//! What judges a requirement: facts in, findings out.

mod info;
mod macros;
mod reads;
mod registry;
mod verdict;

pub use info::{ControlInfo, ParameterInfo};
pub use macros::trim_docs;
pub(crate) use reads::Read;
pub use reads::Reads;
pub use registry::{Make, Parameters, Registry, make_control};
pub use verdict::{ACCOUNT_TYPE, Findings, Target, Verdict};
pub(crate) use verdict::{follow, in_order};

use crate::facts::Facts;
use crate::gap::Gap;
use crate::remediation::Remediation;

/// The code that judges a requirement. Pure: no I/O, no clock but [`Facts::as_of`], no randomness.
///
/// The [`control!`](crate::control) macro writes [`info`](Self::info) from a doc comment; an implementation by hand works
/// the same.
pub trait Control: Send + Sync {
    /// Key, title, resource type, and where it is judged.
    fn info(&self) -> ControlInfo;

    /// The datasets that it reads.
    fn reads(&self) -> Reads;

    /// Gives at least one verdict at the place that `facts` are seen from.
    ///
    /// # Errors
    /// A gap makes the place unknown, besides the verdicts that were already given. For a gap in one resource use
    /// [`Findings::judge`] or [`Findings::each`].
    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap>;

    /// How to put right what it finds, with these parameters; none by default. Reports carry it where something fails, is
    /// unknown or is for a person to decide.
    fn remediation(&self) -> Option<Remediation> {
        None
    }
}
