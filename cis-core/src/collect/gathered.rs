//! The findings of a scan in one list from the start, however they come in: there may be millions, and a list of each
//! control's would be there beside the whole one while that is made.

use std::cmp::Ordering;
use std::ops::Range;

use crate::control::{by_resource, follow, merge, rearrange};
use crate::finding::Finding;

/// Findings as they come in, until they are put in order.
#[derive(Debug, Default)]
pub(super) struct Gathered(Vec<Finding>);

/// Where findings that came in together stand.
pub(super) type Part = Range<usize>;

impl Gathered {
    /// Takes findings in that are in order, and says where they stand.
    pub(super) fn take_in(&mut self, mut part: Vec<Finding>) -> Part {
        let Self(findings) = self;
        let first = findings.len();
        if findings.capacity() - first < part.len() {
            // Half of a list that was doubled could be room for nothing.
            findings.reserve_exact(part.len().max(first / 4));
        }
        findings.append(&mut part);
        first..findings.len()
    }

    pub(super) fn of(&self, part: &Part) -> &[Finding] {
        self.0.get(part.clone()).unwrap_or_default()
    }

    /// The findings of one control after another, each given as its parts: in order of resource within each.
    pub(super) fn in_order(self, controls: impl IntoIterator<Item = Vec<Part>>) -> Vec<Finding> {
        let mut order: Vec<usize> = Vec::with_capacity(self.0.len());
        let mut all_in_turn = true;
        for parts in controls {
            let (first, mut in_turn, mut before) = (order.len(), true, [].as_slice());
            for part in parts {
                let findings = self.of(&part);
                in_turn &= follow(before, findings);
                if !findings.is_empty() {
                    before = findings;
                }
                order.extend(part);
            }
            if !in_turn {
                let of_control = order.get_mut(first..).unwrap_or_default();
                of_control.sort_by(|one, other| match (self.0.get(*one), self.0.get(*other)) {
                    (Some(one), Some(other)) => by_resource(one, other),
                    _ => Ordering::Equal,
                });
            }
            all_in_turn &= in_turn;
        }
        let Self(mut findings) = self;
        rearrange(&mut findings, &mut order);
        drop(order);
        if !all_in_turn {
            merge(&mut findings);
        }
        findings.shrink_to_fit();
        findings
    }
}
