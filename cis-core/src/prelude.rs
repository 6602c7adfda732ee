//! What a control needs: `use cis_core::prelude::*;`.

pub use crate::fact::{self, Fact};
pub use crate::{
    CautionKind, Control, ControlInfo, Dataset, DatasetInfo, Facts, Findings, Gap, GapKind, Layout, Operation, Place,
    PlaceKind, Reads, Remediation, Rows, Status, Target, Verdict, Wanted, control, gap_text, msg,
};
