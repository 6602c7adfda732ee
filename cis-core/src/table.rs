//! The rows of one dataset at one place, without their type; and a typed view of them.

use std::any::Any;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::dataset::{Dataset, DatasetInfo};
use crate::fact::Fact;
use crate::gap::{Gap, GapKind};
use crate::place::Place;

/// Rows whose type is not known here.
pub(crate) trait AnyRows: fmt::Debug + Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn len(&self) -> usize;
    fn json(&self, index: usize) -> Option<Value>;
}

impl<R: Serialize + fmt::Debug + Send + Sync + Any> AnyRows for Vec<R> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn json(&self, index: usize) -> Option<Value> {
        self.get(index).map(|row| serde_json::to_value(row).unwrap_or_default())
    }
}

/// What a source gives back for one dataset at one place: rows, or the gap; and the gaps that cut the list off.
///
/// Cheap to clone. Rows are typed behind it and also to be had as JSON.
#[derive(Debug, Clone)]
pub struct Table {
    rows: Result<Arc<dyn AnyRows>, Gap>,
    /// Rows that the source left out, each with a gap. INVARIANT: of the same type.
    also: Vec<Arc<dyn AnyRows>>,
    /// The numbers of rows about resources that are not in the list of them: some control named them.
    beyond: BTreeSet<usize>,
    cut_off: Vec<Gap>,
    vanished: Vec<Gap>,
    no_service: Option<String>,
    read_at: Option<Timestamp>,
}

impl Table {
    /// The rows of the dataset `D`, whole.
    pub fn rows<D: Dataset>(rows: Vec<D::Row>) -> Self {
        Self::new(Ok(Arc::new(rows)), Vec::new())
    }

    /// Nothing could be read, for this reason.
    pub fn gap(gap: Gap) -> Self {
        Self::new(Err(gap), Vec::new())
    }

    /// Rows from JSON values. A value of the wrong shape is left out, and the list then counts as cut off.
    pub fn from_json(info: &DatasetInfo, values: Vec<Value>) -> Self {
        let (rows, gaps) = info.decode(values);
        let gaps = gaps.into_iter().map(|gap| info.gap(gap.kind, gap.message));
        Self::new(Ok(rows), gaps.collect())
    }

    fn new(rows: Result<Arc<dyn AnyRows>, Gap>, cut_off: Vec<Gap>) -> Self {
        let (also, beyond, vanished) = (Vec::new(), BTreeSet::new(), Vec::new());
        Self { rows, also, beyond, cut_off, vanished, no_service: None, read_at: None }
    }

    /// The service is not in this region at all, so that nothing can be there: no rows, and what rests on them is not
    /// applicable. `why` says who says so, in a sentence without its full stop. A service that only does not answer is a
    /// gap.
    pub fn no_service(info: &DatasetInfo, why: impl Into<String>) -> Self {
        Self { no_service: Some(why.into()), ..Self::from_json(info, Vec::new()) }
    }

    /// Rows that the source left out.
    pub(crate) fn also(mut self, rows: Arc<dyn AnyRows>) -> Self {
        self.also.push(rows);
        self
    }

    /// Says which rows are about resources that are not in the list of them.
    pub(crate) fn beyond(self, rows: BTreeSet<usize>) -> Self {
        Self { beyond: rows, ..self }
    }

    /// Whether some rows are about resources that are not in the list of them.
    pub(crate) fn has_beyond(&self) -> bool {
        !self.beyond.is_empty()
    }

    /// Every row, if they are of this type.
    pub(crate) fn rows_of<R: 'static>(&self) -> impl Iterator<Item = &R> {
        self.parts().filter_map(|rows| rows.as_any().downcast_ref::<Vec<R>>()).flatten()
    }

    /// Whether a resource was gone when it was read.
    pub(crate) fn is_gone(&self, resource: &str) -> bool {
        self.vanished.iter().any(|gap| gap.resource.as_deref() == Some(resource))
    }

    /// Says that the list was cut off: what came is there, the rest is missing for this reason.
    #[must_use]
    pub fn cut_off(mut self, gap: Gap) -> Self {
        self.cut_off.push(gap);
        self
    }

    /// As [`cut_off`](Self::cut_off), unless it says so already.
    pub(crate) fn also_cut_off(self, gap: &Gap) -> Self {
        if self.cut_off.contains(gap) { self } else { self.cut_off(gap.clone()) }
    }

    /// Says that a resource was listed and was gone when it was read: it has no row and gives no finding, and the report
    /// names it among what could not be read.
    #[must_use]
    pub fn vanished(mut self, gap: Gap) -> Self {
        self.vanished.push(gap);
        self
    }

    /// Says when it was read.
    #[must_use]
    pub fn read_at(self, at: Timestamp) -> Self {
        Self { read_at: Some(at), ..self }
    }

    /// Says the table's own gaps in other words: why nothing could be read, and what cut the list off. Gaps inside rows
    /// stay as they are.
    ///
    /// ```
    /// use cis_core::{Gap, Table};
    /// let table = Table::gap(Gap::malformed("no JSON"));
    /// let named = table.map_gaps(|gap| Gap { message: format!("a.json: {}", gap.message), ..gap });
    /// assert_eq!(named.why_nothing(), Some(&Gap::malformed("a.json: no JSON")));
    /// ```
    #[must_use]
    pub fn map_gaps(self, in_other_words: impl Fn(Gap) -> Gap) -> Self {
        Self {
            rows: self.rows.map_err(&in_other_words),
            cut_off: self.cut_off.into_iter().map(&in_other_words).collect(),
            vanished: self.vanished.into_iter().map(in_other_words).collect(),
            ..self
        }
    }

    /// When it was read, if the source said so.
    pub fn when_read(&self) -> Option<Timestamp> {
        self.read_at
    }

    /// The number of rows that are there.
    pub fn len(&self) -> usize {
        self.parts().map(AnyRows::len).sum()
    }

    fn parts(&self) -> impl Iterator<Item = &dyn AnyRows> {
        self.rows.as_ref().ok().into_iter().chain(&self.also).map(|rows| &**rows)
    }

    /// Whether no row is there.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows as JSON, or the gap.
    pub fn to_json(&self) -> Result<Vec<Value>, Gap> {
        self.rows.as_ref().map_err(Gap::clone)?;
        Ok(self.parts().flat_map(|rows| (0..rows.len()).filter_map(|index| rows.json(index))).collect())
    }

    /// Who says that the service is not in this region, if so.
    pub fn why_no_service(&self) -> Option<&str> {
        self.no_service.as_deref()
    }

    /// The reason why nothing could be read, if so.
    pub fn why_nothing(&self) -> Option<&Gap> {
        self.rows.as_ref().err()
    }

    /// The reasons why the list is not whole.
    pub fn cut_off_by(&self) -> &[Gap] {
        &self.cut_off
    }

    /// The resources that were gone when they were read.
    pub fn gone(&self) -> &[Gap] {
        &self.vanished
    }

    /// Every gap that is in the table itself (those inside rows are the rows' own).
    pub(crate) fn gaps(&self) -> impl Iterator<Item = &Gap> {
        self.why_nothing().into_iter().chain(self.cut_off_by()).chain(self.gone())
    }

    /// The typed rows, seen from a place. `beyond`: also those about resources that are not in the list of them.
    pub(crate) fn typed<D: Dataset>(&self, place: &Place, beyond: bool) -> Result<Rows<'_, D::Row>, Gap> {
        let region = place.region_name();
        let named = |gap: &Gap| gap.clone().met_at(D::NAME, region);
        let rows = self.rows.as_ref().map_err(named)?;
        let Some(rows) = rows.as_any().downcast_ref::<Vec<D::Row>>() else {
            return Err(Gap::new(GapKind::NotSupported, "the source gave rows of another type").met_at(D::NAME, region));
        };
        let hidden = |index: &usize| !beyond && self.beyond.contains(index);
        let picked = if self.also.is_empty() && (beyond || self.beyond.is_empty()) {
            Picked::All(rows)
        } else {
            let shown = self.rows_of::<D::Row>().enumerate().filter(|(index, _)| !hidden(index));
            Picked::Some(shown.map(|(_, row)| row).collect())
        };
        Ok(Rows {
            picked,
            no_service: self.no_service.as_deref(),
            cut_off: self.cut_off.iter().map(named).collect(),
            dataset: D::NAME,
            region: region.map(str::to_owned),
        })
    }
}

/// The rows that a control without Rust types sees, as JSON. Cheap to clone, and holds the table that it shows.
#[derive(Debug, Clone)]
pub struct UntypedRows {
    table: Table,
    /// The numbers of the rows that are seen.
    seen: Vec<usize>,
    cut_off: Vec<Gap>,
    dataset: String,
    region: Option<String>,
}

impl UntypedRows {
    /// A table, seen from a place. `beyond`: also rows about resources that are not in the list of them.
    pub(crate) fn new(table: &Table, dataset: &str, place: &Place, beyond: bool) -> Result<Self, Gap> {
        let region = place.region_name();
        let named = |gap: &Gap| gap.clone().met_at(dataset, region);
        if let Some(gap) = table.why_nothing() {
            return Err(named(gap));
        }
        Ok(Self {
            seen: (0..table.len()).filter(|index| beyond || !table.beyond.contains(index)).collect(),
            cut_off: table.cut_off.iter().map(named).collect(),
            dataset: dataset.to_owned(),
            region: region.map(str::to_owned),
            table: table.clone(),
        })
    }

    /// The number of rows that are there.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether no row is there. An empty list that was cut off is not "nothing there".
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// A row by its number from 0, in the shape of the API's own answer; a gap inside stands as `{"$gap": {..}}`.
    pub fn json(&self, index: usize) -> Option<Value> {
        let mut index = *self.seen.get(index)?;
        for rows in self.table.parts() {
            match index.checked_sub(rows.len()) {
                None => return rows.json(index),
                Some(rest) => index = rest,
            }
        }
        None
    }

    /// The gaps that cut the list off.
    pub fn cut_off(&self) -> &[Gap] {
        &self.cut_off
    }

    /// Who says that the service is not in this region at all, if so.
    pub fn no_service(&self) -> Option<&str> {
        self.table.why_no_service()
    }

    /// The dataset's name.
    pub fn dataset(&self) -> &str {
        &self.dataset
    }

    /// The region that they were read in; none for an account's.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }
}

/// The rows that a control sees. Knows when its list was cut off.
#[derive(Debug, Clone)]
pub struct Rows<'a, R> {
    picked: Picked<'a, R>,
    no_service: Option<&'a str>,
    cut_off: Vec<Gap>,
    dataset: &'static str,
    region: Option<String>,
}

#[derive(Debug, Clone)]
enum Picked<'a, R> {
    All(&'a [R]),
    Some(Vec<&'a R>),
}

impl<'a, R> Rows<'a, R> {
    /// The rows that are there, in the dataset's order. For a verdict over the whole list use
    /// [`all`](Self::all), [`any`](Self::any) or [`every`](Self::every), which know when some are missing.
    pub fn iter(&self) -> impl Iterator<Item = &'a R> + '_ {
        let (all, some) = match &self.picked {
            Picked::All(rows) => (*rows, [].as_slice()),
            Picked::Some(rows) => ([].as_slice(), rows.as_slice()),
        };
        all.iter().chain(some.iter().copied())
    }

    /// The number of rows that are there.
    pub fn len(&self) -> usize {
        match &self.picked {
            Picked::All(rows) => rows.len(),
            Picked::Some(rows) => rows.len(),
        }
    }

    /// Whether no row is there. An empty list that was cut off is not "nothing there": see [`all`](Self::all).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The whole list, or the gap that cut it off.
    pub fn all(&self) -> Result<Vec<&'a R>, Gap> {
        self.whole()?;
        Ok(self.iter().collect())
    }

    /// Nothing if the list is whole, else the gap that cut it off.
    pub fn whole(&self) -> Result<(), Gap> {
        self.cut_off.first().map_or(Ok(()), |gap| Err(gap.clone()))
    }

    /// The gaps that cut the list off.
    pub fn cut_off(&self) -> &[Gap] {
        &self.cut_off
    }

    /// The one row of a dataset that has at most one; none if it is known that there is none.
    pub fn single(&self) -> Result<Option<&'a R>, Gap> {
        match self.iter().next() {
            Some(row) => Ok(Some(row)),
            None => self.whole().map(|()| None),
        }
    }

    /// The one row of a dataset that has exactly one; a gap where there is none.
    pub fn one(&self) -> Result<&'a R, Gap> {
        let none = || Gap::malformed("the answer holds no row").met_at(self.dataset, self.region.as_deref());
        self.single()?.ok_or_else(none)
    }

    /// The value of a fact inside one of these rows; its gap then names the dataset and the region. Needed outside
    /// [`Findings::each`](crate::Findings::each) by a control that reads several datasets.
    pub fn known<'f, T>(&self, fact: &'f Fact<T>) -> Result<&'f T, Gap> {
        fact.known().map_err(|gap| gap.met_at(self.dataset, self.region.as_deref()))
    }

    /// Whether a row holds: true beats the missing rest, the missing rest beats false.
    pub fn any(&self, holds: impl Fn(&R) -> Result<bool, Gap>) -> Result<bool, Gap> {
        crate::fact::any(self.iter().map(holds).chain(self.cut_off.iter().map(|gap| Err(gap.clone()))))
    }

    /// Whether every row holds: false beats the missing rest, the missing rest beats true.
    pub fn every(&self, holds: impl Fn(&R) -> Result<bool, Gap>) -> Result<bool, Gap> {
        crate::fact::all(self.iter().map(holds).chain(self.cut_off.iter().map(|gap| Err(gap.clone()))))
    }

    /// The rows that are wanted; what was cut off stays cut off.
    #[must_use]
    pub fn only(self, wanted: impl Fn(&R) -> bool) -> Self {
        let rows = self.iter().filter(|row| wanted(row)).collect();
        Self { picked: Picked::Some(rows), ..self }
    }

    /// The parts of every row, as rows; what was cut off stays cut off.
    pub fn nested<U>(&self, parts: impl Fn(&'a R) -> &'a [U]) -> Rows<'a, U> {
        Rows {
            picked: Picked::Some(self.iter().flat_map(parts).collect()),
            no_service: self.no_service,
            cut_off: self.cut_off.clone(),
            dataset: self.dataset,
            region: self.region.clone(),
        }
    }

    /// Who says that the service is not in this region at all, if so: there are no rows then, and none can be.
    pub fn no_service(&self) -> Option<&'a str> {
        self.no_service
    }

    /// The dataset's name.
    pub fn dataset(&self) -> &'static str {
        self.dataset
    }

    /// The region that they were read in; none for an account's.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }
}
