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
            // Of a list that is doubled half can be room for nothing; one that grows by little is moved often.
            findings.reserve_exact(part.len().max(first / 2));
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Status;
    use crate::control::in_order;
    use crate::review::tests::finding;

    proptest! {
        #[test]
        fn each_item_comes_to_where_it_is_wanted(order in (0..40_usize).prop_flat_map(|number| {
            Just((0..number).collect::<Vec<_>>()).prop_shuffle()
        })) {
            let mut items: Vec<String> = (0..order.len()).map(|item| item.to_string()).collect();
            let wanted: Vec<_> = order.iter().map(ToString::to_string).collect();
            rearrange(&mut items, &mut order.clone());
            prop_assert_eq!(items, wanted);
        }

        /// As if each control's findings were put in order for themselves.
        #[test]
        fn findings_are_in_order_however_they_come_in(
            controls in prop::collection::vec(prop::collection::vec(prop::collection::vec(0..6_usize, 0..5), 0..4), 0..4),
            coming in any::<prop::sample::Index>(),
        ) {
            let made = |control: usize, things: &[usize]| {
                let key = format!("acme.{control}");
                in_order(things.iter().map(|thing| finding(&key, Status::Fail, &thing.to_string(), None)).collect())
            };
            let expected: Vec<Finding> = controls
                .iter()
                .enumerate()
                .flat_map(|(control, parts)| in_order(parts.iter().flat_map(|things| made(control, things)).collect()))
                .collect();
            let mut gathered = Gathered::default();
            let mut stand: Vec<Vec<Part>> = controls.iter().map(|parts| vec![0..0; parts.len()]).collect();
            // Any control's first part comes first, then the next control's, and then their second ones.
            let turns = (0..4).flat_map(|number| (0..controls.len()).map(move |control| (number, control)));
            for (number, control) in turns {
                let control = (control + coming.index(controls.len())) % controls.len();
                if let Some(things) = controls[control].get(number) {
                    stand[control][number] = gathered.take_in(made(control, things));
                }
            }
            prop_assert_eq!(gathered.in_order(stand), expected);
        }
    }
}
