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
    /// One for each requirement of a benchmark, to be given to [`Scan::with`](cis_core::Scan::with), and the benchmark that
    /// they belong to: in it no two requirements have one control.
    ///
    /// # Errors
    /// Parameters in the benchmark's file that a control does not have.
    pub fn of(benchmark: &Benchmark, registry: &Registry) -> Result<(Benchmark, Vec<Self>), Error> {
        let (mut own, mut all) = (benchmark.clone(), Vec::new());
        for recommendation in &mut own.recommendations {
            if let Some(of) = registry.make(recommendation.control_key(), &recommendation.parameters)? {
                all.push(Self { key: recommendation.key.clone(), of });
            }
            recommendation.control = None;
            recommendation.parameters.clear();
        }
        Ok((own, all))
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cis_core::{Scan, Status};
    use futures::executor::block_on;

    use super::*;

    #[test]
    fn it_reads_what_a_scan_reads_and_judges_nothing() {
        let (benchmark, registry) = (cis_aws::benchmark("2.0.0").unwrap(), cis_aws::registry());
        let (unjudged, controls) = Reading::of(&benchmark, &registry).unwrap();
        let reading = controls.into_iter().fold(Scan::new(&unjudged, &registry), Scan::with);
        let datasets = |scan: &Scan<'_>| -> BTreeSet<String> {
            scan.plan().unwrap().datasets().map(|info| info.name().to_owned()).collect()
        };
        assert_eq!(datasets(&reading), datasets(&Scan::new(&benchmark, &registry)));
        let report = block_on(reading.run(&cis_aws::sources::demo().unwrap())).unwrap();
        assert_eq!(report.recommendations.len(), benchmark.recommendations.len());
        let judged = report.findings.iter().find(|finding| finding.status != Status::NotApplicable);
        assert!(judged.is_none(), "{judged:?}");
    }
}
