//! What a control reads, and which of it is wanted.

use std::any::TypeId;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::collect::source::Wanted;
use crate::dataset::{Dataset, DatasetInfo};
use crate::facts::Facts;
use crate::gap::Gap;
use crate::place::Place;

type Narrow = dyn Fn(&Facts<'_>) -> Result<Wanted, Gap> + Send + Sync;
type Elsewhere = dyn Fn(&Facts<'_>) -> BTreeSet<Place> + Send + Sync;

/// The datasets that a control reads. What is not declared here reads as a gap.
///
/// A control that is judged in a region sees the account's datasets and its own region's; one that is judged at the
/// account sees every region. [`everywhere`](Self::everywhere) lets the former see every region too.
#[derive(Debug, Clone, Default)]
pub struct Reads {
    entries: Vec<Read>,
}

/// One dataset that a control reads.
#[derive(Clone)]
pub(crate) struct Read {
    pub(crate) info: DatasetInfo,
    /// How many of those declared before it what narrows it sees.
    sees: usize,
    pub(crate) everywhere: bool,
    pub(crate) narrow: Option<Arc<Narrow>>,
    /// Whether what narrows it may name resources, which nobody else may know of.
    pub(crate) names: bool,
    pub(crate) elsewhere: Option<Arc<Elsewhere>>,
    /// Which functions these two are; none where it is not there, or holds something of its own.
    narrow_is: Option<TypeId>,
    elsewhere_is: Option<TypeId>,
}

impl fmt::Debug for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Read")
            .field("dataset", &self.info.name())
            .field("sees", &self.sees)
            .field("everywhere", &self.everywhere)
            .field("narrowed", &self.narrow.is_some())
            .field("in_other_accounts", &self.elsewhere.is_some())
            .finish_non_exhaustive()
    }
}

impl Reads {
    /// Nothing: the control rests on no fact.
    pub fn none() -> Self {
        Self::default()
    }

    /// One dataset, whole.
    pub fn of<D: Dataset>() -> Self {
        Self::none().and::<D>()
    }

    /// One more dataset, whole.
    #[must_use]
    pub fn and<D: Dataset>(self) -> Self {
        self.and_info(DatasetInfo::of::<D>())
    }

    /// One more dataset, given as a value.
    #[must_use]
    pub fn and_info(mut self, info: DatasetInfo) -> Self {
        self.push(info, None);
        self
    }

    /// One more dataset, of which only some resources are wanted. Which, `wanted` tells at each place from the facts that
    /// are declared before it; where it gives a gap, nothing is asked for. The engine asks for the union over all
    /// controls, and not at all where that is nothing; what was not asked for reads as a gap.
    #[must_use]
    pub fn only<D: Dataset>(
        mut self,
        wanted: impl Fn(&Facts<'_>) -> Result<Wanted, Gap> + Send + Sync + 'static,
    ) -> Self {
        let is = which(&wanted);
        let narrow: Arc<Narrow> = Arc::new(wanted);
        self.push(DatasetInfo::of::<D>(), Some(narrow));
        if let Some(last) = self.entries.last_mut() {
            last.narrow_is = is;
        }
        self
    }

    /// As [`only`](Self::only), where all of the dataset is wanted or nothing of it. A scan in which somebody else wants all
    /// of it need not wait for those facts, and asks for it at once.
    #[must_use]
    pub fn only_if<D: Dataset>(self, wanted: impl Fn(&Facts<'_>) -> Result<bool, Gap> + Send + Sync + 'static) -> Self {
        let is = which(&wanted);
        let mut reads = self.only::<D>(move |facts| Ok(if wanted(facts)? { Wanted::All } else { Wanted::Nothing }));
        if let Some(last) = reads.entries.last_mut() {
            last.names = false;
            last.narrow_is = is;
        }
        reads
    }

    fn push(&mut self, info: DatasetInfo, narrow: Option<Arc<Narrow>>) {
        let sees = self.entries.len();
        self.entries.push(Read {
            info,
            sees,
            everywhere: false,
            narrow,
            names: true,
            elsewhere: None,
            narrow_is: None,
            elsewhere_is: None,
        });
    }

    /// The dataset declared last is read beside the one before it, not after: what narrows it sees the facts that what narrows
    /// that one sees, and no more. Without this a scan reads one after the other.
    #[must_use]
    pub fn beside(mut self) -> Self {
        if let [.., before, last] = self.entries.as_mut_slice() {
            last.sees = before.sees;
        }
        self
    }

    /// The dataset declared last is read in every region, also by a control that is judged in one.
    #[must_use]
    pub fn everywhere(mut self) -> Self {
        if let Some(last) = self.entries.last_mut() {
            last.everywhere = true;
        }
        self
    }

    /// The dataset declared last is also read at places in other accounts (an organization trail's log group). Which,
    /// `places` tells, seen from the account, from the facts that are declared before it; those in the scanned account are
    /// read anyway. What narrows the read is asked at each such place too. The source is asked, and what it does not cover
    /// is a gap of kind [`OtherAccount`](crate::GapKind::OtherAccount). For controls that see every region.
    #[must_use]
    pub fn in_other_accounts(mut self, places: impl Fn(&Facts<'_>) -> BTreeSet<Place> + Send + Sync + 'static) -> Self {
        if let Some(last) = self.entries.last_mut() {
            last.elsewhere_is = which(&places);
            last.elsewhere = Some(Arc::new(places));
        }
        self
    }

    /// The datasets, in the order of their declaration.
    pub fn datasets(&self) -> impl Iterator<Item = &DatasetInfo> {
        self.entries.iter().map(|read| &read.info)
    }

    /// Those that what narrows a dataset sees.
    pub(crate) fn seen_by(&self, dataset: &str) -> Self {
        let sees = self.entry(dataset).map_or(self.entries.len(), |read| read.sees);
        Self { entries: self.entries.iter().take(sees).cloned().collect() }
    }

    /// Whether others want the same of a dataset, whatever the facts: what narrows it, and all that this sees, is the same
    /// function, which holds nothing of its own. Controls of one kind do, and it is worked out once for all of them.
    pub(crate) fn want_alike(&self, others: &Self, dataset: &str) -> bool {
        let upto = |reads: &Self| reads.entries.iter().position(|read| read.info.name() == dataset);
        match (upto(self), upto(others)) {
            (Some(one), Some(other)) if one == other => {
                let both = self.entries.iter().zip(&others.entries);
                both.take(one + 1).all(|(one, other)| one.is_like(other))
            }
            _ => false,
        }
    }

    pub(crate) fn entry(&self, dataset: &str) -> Option<&Read> {
        self.entries.iter().find(|read| read.info.name() == dataset)
    }
}

impl Read {
    fn is_like(&self, other: &Self) -> bool {
        let same = |there: bool, is: Option<TypeId>, other_there: bool, other_is: Option<TypeId>| {
            there == other_there && is == other_is && (!there || is.is_some())
        };
        self.info.name() == other.info.name()
            && (self.sees, self.everywhere) == (other.sees, other.everywhere)
            && same(self.narrow.is_some(), self.narrow_is, other.narrow.is_some(), other.narrow_is)
            && same(self.elsewhere.is_some(), self.elsewhere_is, other.elsewhere.is_some(), other.elsewhere_is)
    }
}

/// Which function this is, unless it holds something of its own, which may differ from call to call.
fn which<F: 'static>(_: &F) -> Option<TypeId> {
    (size_of::<F>() == 0).then(TypeId::of::<F>)
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::place::PlaceKind;
    use crate::{Operation, dataset};

    #[derive(Debug, Serialize, Deserialize)]
    struct Row {}

    macro_rules! datasets {
        ($($name:ident $text:literal),*) => { $(
            struct $name;
            impl dataset::Dataset for $name {
                type Row = Row;
                const NAME: &'static str = $text;
                const PLACE: PlaceKind = PlaceKind::Account;
                const OPERATIONS: &'static [Operation] = &[];
            }
        )* };
    }

    datasets!(Doors "acme.doors", Locks "acme.locks");

    #[allow(clippy::unnecessary_wraps, reason = "what narrows a read gives a result")]
    fn all(_: &Facts<'_>) -> Result<Wanted, Gap> {
        Ok(Wanted::All)
    }

    #[test]
    fn the_same_function_over_the_same_reads_wants_the_same() {
        let held = |wanted: Wanted| Reads::of::<Doors>().only::<Locks>(move |_| Ok(wanted.clone()));
        let same = || Reads::of::<Doors>().only::<Locks>(all);
        for (why, one, other, alike) in [
            ("a function", same(), same(), true),
            ("what is read after it does not matter", same(), same().and::<Doors>(), true),
            ("another function", same(), Reads::of::<Doors>().only::<Locks>(|_| Ok(Wanted::Nothing)), false),
            ("one that holds something", held(Wanted::All), held(Wanted::Nothing), false),
            ("whole", same(), Reads::of::<Doors>().and::<Locks>(), false),
            ("it sees more", same(), Reads::of::<Locks>().only::<Doors>(all), false),
            ("it sees every region", same(), Reads::of::<Doors>().everywhere().only::<Locks>(all), false),
            ("places elsewhere", same(), same().in_other_accounts(|_| BTreeSet::new()), false),
            ("not read", same(), Reads::of::<Doors>(), false),
        ] {
            assert_eq!(one.want_alike(&other, "acme.locks"), alike, "{why}");
            assert_eq!(other.want_alike(&one, "acme.locks"), alike, "{why}, the other way round");
        }
    }
}
