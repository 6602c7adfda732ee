//! The exit codes.

use std::process::{ExitCode, Termination};

use cis_core::{Report, Status};

/// How the program ended. What a code means of `pattern covers`, which scans nothing, is said in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// 0: nothing fails and nothing is unknown. Findings that a person must decide may be there. (Every event is caught.)
    NothingFails = 0,
    /// 1: something fails that no valid exception covers. (An event is lost.)
    Fails = 1,
    /// 2: nothing does, but something is unknown. (Not proven.)
    Unknown = 2,
    /// 3: the scan could not run, for instance as the command line is wrong. (The required pattern is not understood.)
    CouldNotRun = 3,
}

impl Exit {
    pub(super) fn of(report: &Report) -> Self {
        match report.worst_not_excepted() {
            Some(Status::Fail) => Self::Fails,
            Some(Status::Unknown) => Self::Unknown,
            Some(Status::Manual | Status::Pass | Status::NotApplicable) | None => Self::NothingFails,
        }
    }

    /// The code that the process ends with.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}
