//! Judges one requirement at one place, whatever the control does.

use super::engine::Engine;
use super::in_parallel::of_each;
use crate::control::{Findings, Target, Verdict};
use crate::facts::{Facts, Setting, Store};
use crate::finding::Finding;
use crate::msg;
use crate::place::{Place, PlaceKind};
use crate::plan::Judge;
use crate::scan::{Event, caught};

impl Engine<'_> {
    /// Judges what can be judged.
    pub(super) fn judge_due(&mut self, on_event: &mut dyn FnMut(&Event)) {
        let due = std::mem::take(&mut self.due);
        // By one thread each is told of when it is judged, and lets its tables go.
        let together = if self.threads == 1 { 1 } else { due.len().max(1) };
        for due in due.chunks(together) {
            self.judge_together(due, on_event);
        }
    }

    fn judge_together(&mut self, due: &[usize], on_event: &mut dyn FnMut(&Event)) {
        let judged = of_each(self.threads, due, |&index| {
            let evaluation = self.evaluations.get(index)?;
            let judge = self.plan.judges.get(evaluation.judge)?;
            let facts = Facts::new(self.setting, &self.store, &judge.reads, evaluation.place.clone());
            Some((judge_at(judge, &facts), &judge.key))
        });
        for (&index, judged) in due.iter().zip(judged) {
            let (Some(evaluation), Some((findings, key))) = (self.evaluations.get_mut(index), judged) else { continue };
            evaluation.findings = findings;
            on_event(&Event::Judged { key: key.clone(), place: evaluation.place.clone() });
            for read in std::mem::take(&mut evaluation.reads) {
                self.release(read);
            }
        }
    }
}

/// The findings of one requirement at one place: never none, whatever the control does.
pub(crate) fn judge_at(judge: &Judge, facts: &Facts<'_>) -> Vec<Finding> {
    let recommendation = judge.recommendation.as_ref().map(|recommendation| recommendation.id.as_str());
    let mut given = Findings::default();
    match &judge.control {
        None => {
            let message = msg!("This recommendation is not implemented yet: nothing was judged.");
            given.push(Target::place(), Verdict::fault(message));
        }
        Some(control) => {
            let outcome = caught(|| {
                let mut given = Findings::default();
                let gap = control.evaluate(facts, &mut given).err();
                (given, gap)
            });
            match outcome {
                Ok((all, gap)) => {
                    given = all;
                    if let Some(gap) = gap {
                        given.push(Target::place(), gap);
                    } else if given.is_empty() {
                        let message = msg!("The control gave no finding here: nothing was judged.");
                        given.push(Target::place(), Verdict::fault(message));
                    }
                }
                Err(fault) => {
                    let message = msg!("The control ended in a fault of its own: {fault}.", fault);
                    given.push(Target::place(), Verdict::fault(message));
                }
            }
        }
    }
    given.stamp(recommendation, &judge.key, &judge.info, facts)
}

/// What must be said of a control that reads regions, where not every region is known, or none is scanned.
pub(crate) fn about_regions(judge: &Judge, setting: &Setting, nothing_else: bool) -> Vec<Finding> {
    let reads_regions = judge.info.judged_at == PlaceKind::Region
        || judge.reads.datasets().any(|info| info.place() == PlaceKind::Region);
    let mut given = Findings::default();
    if reads_regions && let Some(gap) = &setting.regions_gap {
        let message = msg!("Not every region is known: {gap}.", gap = gap.in_message());
        given.push(Target::place(), Verdict::unknown(message, gap.clone()));
    } else if nothing_else {
        let message = msg!("No region was scanned: nothing was judged.");
        given.push(Target::place(), Verdict::fault(message));
    }
    let (store, account) = (Store::new(), Place::account(&setting.account_id));
    let facts = Facts::new(setting, &store, &judge.reads, account);
    let recommendation = judge.recommendation.as_ref().map(|recommendation| recommendation.id.as_str());
    given.stamp(recommendation, &judge.key, &judge.info, &facts)
}
