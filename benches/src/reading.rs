//! A scan that reads all that a benchmark reads and judges nothing.

use std::fmt;

use cis_core::{Benchmark, Control, ControlInfo, Error, Facts, Findings, Gap, Reads, Registry, Target, Verdict, msg};

/// A control that reads what another one does, and judges nothing.
pub struct Reading {
    key: String,
    of: Box<dyn Control>,
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").field("key", &self.key).finish_non_exhaustive()
    }
}

impl Reading {
    /// One for each requirement of a benchmark, to be given to [`Scan::with`](cis_core::Scan::with), where it takes the place of
    /// the registry's control.
    ///
    /// # Errors
    /// Parameters in the benchmark's file that a control does not have.
    pub fn of(benchmark: &Benchmark, registry: &Registry) -> Result<Vec<Self>, Error> {
        let mut all = Vec::new();
        for recommendation in &benchmark.recommendations {
            if let Some(of) = registry.make(recommendation.control_key(), &recommendation.parameters)? {
                all.push(Self { key: recommendation.key.clone(), of });
            }
        }
        Ok(all)
    }
}

impl Control for Reading {
    fn info(&self) -> ControlInfo {
        ControlInfo { key: self.key.clone().into(), ..self.of.info() }
    }

    fn reads(&self) -> Reads {
        self.of.reads()
    }

    fn evaluate(&self, _: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        findings.push(Target::place(), Verdict::not_applicable(msg!("It is not judged.")));
        Ok(())
    }
}
