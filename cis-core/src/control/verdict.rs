//! How a control says what it saw: verdicts on targets, gathered in [`Findings`].

use std::borrow::Cow;
use std::cmp::Ordering;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use smol_str::SmolStr;

use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Identified, Resource, Status};
use crate::gap::Gap;
use crate::msg::{Message, json_value};
use crate::place::{Place, PlaceKind};
use crate::table::{Rows, UntypedRows};
use crate::tags::Tags;
use crate::values::Values;
use crate::{ControlInfo, fact::Fact};

/// A status, the sentence that says why, and what was observed.
///
/// Cheap to clone, the sentence above all: what is the same for many resources is made once, and each gets a clone of it.
#[derive(Debug, Clone)]
pub struct Verdict {
    status: Status,
    /// Empty as its template is: told by the gap, once the engine has filled in what the gap does not say itself.
    message: SmolStr,
    template: Cow<'static, str>,
    values: Values,
    gaps: Vec<Gap>,
    evidence: Vec<Evidence>,
}

impl Verdict {
    fn new(status: Status, message: Message) -> Self {
        let (message, template, values) = message.into_parts();
        Self { status, message, template, values, gaps: Vec::new(), evidence: Vec::new() }
    }

    /// The facts meet the requirement.
    pub fn pass(message: Message) -> Self {
        Self::new(Status::Pass, message)
    }

    /// The facts contradict the requirement.
    pub fn fail(message: Message) -> Self {
        Self::new(Status::Fail, message)
    }

    /// A person must decide.
    pub fn manual(message: Message) -> Self {
        Self::new(Status::Manual, message)
    }

    /// There is nothing to judge.
    pub fn not_applicable(message: Message) -> Self {
        Self::new(Status::NotApplicable, message)
    }

    /// There is nothing to judge, since the service is not in this region: [`Rows::no_service`] says who says so.
    pub fn no_service(why: &str) -> Self {
        Self::not_applicable(crate::msg!(
            "The service is not in this region ({why}): nothing to judge.",
            why = Message::new(why.to_owned(), [])
        ))
    }

    /// The facts could not be had. Returning the gap with `?` does the same with a general sentence.
    pub fn unknown(message: Message, gap: Gap) -> Self {
        Self::new(Status::Unknown, message).gap(gap)
    }

    /// Unknown for a reason that is no unread fact: the control's own fault.
    pub fn fault(message: Message) -> Self {
        Self::new(Status::Unknown, message)
    }

    /// One more gap that the verdict rests on.
    #[must_use]
    pub fn gap(mut self, gap: Gap) -> Self {
        self.gaps.push(gap);
        self
    }

    /// One more observation: the operation that it came from (`service:Operation`, one that the control's reads declare),
    /// the field, and the value. A [`Fact`] or [`Rows`] goes in as it is and then shows its gap.
    #[must_use]
    pub fn evidence(
        self,
        operation: impl Into<Cow<'static, str>>,
        field: impl Into<Cow<'static, str>>,
        value: &(impl Serialize + ?Sized),
    ) -> Self {
        self.observed(operation.into(), field.into(), json_value(value))
    }

    /// As [`evidence`](Self::evidence), of a value that is JSON already.
    #[must_use]
    pub fn evidence_json(
        self,
        operation: impl Into<Cow<'static, str>>,
        field: impl Into<Cow<'static, str>>,
        value: Value,
    ) -> Self {
        self.observed(operation.into(), field.into(), value)
    }

    fn observed(mut self, operation: Cow<'static, str>, field: Cow<'static, str>, value: Value) -> Self {
        // Most verdicts have one or two, and a report holds them all.
        self.evidence.reserve_exact(if self.evidence.is_empty() { 2 } else { 1 });
        self.evidence.push(Evidence { operation, field, value, read_at: None });
        self
    }

    /// One more observation whose read may have failed: shows the gap in the value's place.
    #[must_use]
    pub fn evidence_if_read<T: Serialize>(
        self,
        operation: impl Into<Cow<'static, str>>,
        field: impl Into<Cow<'static, str>>,
        read: Result<T, Gap>,
    ) -> Self {
        self.evidence(operation, field, &Fact::from(read))
    }

    /// The status.
    pub fn status(&self) -> Status {
        self.status
    }
}

impl From<Gap> for Verdict {
    fn from(gap: Gap) -> Self {
        Self {
            status: Status::Unknown,
            message: SmolStr::default(),
            template: Cow::Borrowed(""),
            values: Values::default(),
            gaps: vec![gap],
            evidence: Vec::new(),
        }
    }
}

/// What a verdict is about, as the control names it. The engine adds type, account and region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    kind: Option<SmolStr>,
    id: Option<SmolStr>,
    arn: Option<String>,
    region: Option<SmolStr>,
    sub: Option<SmolStr>,
    tags: Option<Tags>,
}

impl Target {
    const PLACE: Self = Self { kind: None, id: None, arn: None, region: None, sub: None, tags: None };

    /// The place that is being judged: the account, or the account in this region.
    pub fn place() -> Self {
        Self::PLACE
    }

    /// A resource by its whole ARN; its id is the ARN's last part.
    pub fn arn(arn: impl Into<String>) -> Self {
        let arn = arn.into();
        let last = arn.bytes().rposition(|byte| matches!(byte, b'/' | b':')).map_or(0, |at| at + 1);
        let id = SmolStr::new(arn.get(last..).unwrap_or_default());
        Self { id: Some(id), arn: Some(arn), ..Self::PLACE }
    }

    /// A resource without an ARN, by its id or name.
    pub fn id(id: impl Into<SmolStr>) -> Self {
        Self { id: Some(id.into()), ..Self::PLACE }
    }

    /// Names a part of the resource that is judged on its own.
    #[must_use]
    pub fn sub(self, sub: impl Into<SmolStr>) -> Self {
        Self { sub: Some(sub.into()), ..self }
    }

    /// Says the CloudFormation type, where it differs from the control's.
    #[must_use]
    pub fn kind(self, kind: impl Into<SmolStr>) -> Self {
        Self { kind: Some(kind.into()), ..self }
    }

    /// Says the region, where it is not the place's.
    #[must_use]
    pub fn region(self, region: impl Into<SmolStr>) -> Self {
        Self { region: Some(region.into()), ..self }
    }

    /// Gives its tags, where they stand in a row at hand; nothing where they were not read. Findings on it whose control does
    /// not read them get them, too.
    #[must_use]
    pub fn tags(self, tags: impl Into<Option<Tags>>) -> Self {
        Self { tags: tags.into(), ..self }
    }
}

/// The type of the account as a resource, and of the account in one region.
pub const ACCOUNT_TYPE: &str = "AWS::::Account";

impl From<String> for Target {
    /// An ARN if it is one, else an id.
    fn from(name: String) -> Self {
        if name.starts_with("arn:") { Self::arn(name) } else { Self::id(name) }
    }
}

/// Where a control puts its verdicts.
#[derive(Debug, Default)]
pub struct Findings {
    /// As far as the control knows them: [`stamp`](Self::stamp) fills in the rest.
    given: Vec<Finding>,
    /// Which of them are about the place.
    on_place: Vec<usize>,
}

impl Findings {
    /// A verdict on a target.
    pub fn push(&mut self, target: impl Into<Target>, verdict: impl Into<Verdict>) {
        let (Target { kind, id, arn, region, sub, tags }, verdict) = (target.into(), verdict.into());
        if id.is_none() {
            self.on_place.push(self.given.len());
        }
        self.given.push(Finding {
            recommendation: None,
            control: SmolStr::default(),
            status: verdict.status,
            settled: None,
            attestation: None,
            exception: None,
            resource: Resource {
                kind: kind.unwrap_or_default(),
                id: id.unwrap_or_default(),
                arn,
                region,
                account_id: SmolStr::default(),
                sub,
                tags,
            },
            message: verdict.message,
            template: verdict.template,
            values: verdict.values,
            gaps: verdict.gaps,
            evidence: verdict.evidence,
        });
    }

    /// A verdict on a target; a gap inside makes this target unknown and nothing else.
    pub fn judge(&mut self, target: impl Into<Target>, verdict: impl FnOnce() -> Result<Verdict, Gap>) {
        self.push(target, verdict().unwrap_or_else(Verdict::from));
    }

    /// A verdict on every row. Where the list is whole and empty, the place is not applicable; where it was cut off, the
    /// place is unknown besides the rows that are there.
    pub fn each<'a, R, T: Into<Target>>(
        &mut self,
        rows: &Rows<'a, R>,
        target: impl Fn(&'a R) -> T,
        verdict: impl Fn(&'a R) -> Result<Verdict, Gap>,
    ) {
        self.given.reserve(rows.len());
        for row in rows.iter() {
            let met = |gap: Gap| gap.met_at(rows.dataset(), rows.region());
            self.judge(target(row), || verdict(row).map_err(met));
        }
        self.rest(rows);
    }

    /// What [`each`](Self::each) adds for the list as a whole, for a control that goes through the rows itself.
    pub fn rest<R>(&mut self, rows: &Rows<'_, R>) {
        self.rest_of(rows.dataset(), rows.cut_off(), rows.is_empty(), rows.no_service());
    }

    /// As [`rest`](Self::rest), for a control without Rust types. `is_empty`: none of the rows is judged.
    pub fn untyped_rest(&mut self, rows: &UntypedRows, is_empty: bool) {
        self.rest_of(rows.dataset(), rows.cut_off(), is_empty, rows.no_service());
    }

    fn rest_of(&mut self, dataset: &str, cut_off: &[Gap], is_empty: bool, no_service: Option<&str>) {
        for gap in cut_off {
            let message = crate::msg!("The list is not complete: {gap}.", gap = gap.in_message());
            self.push(Target::place(), Verdict::unknown(message, gap.clone()));
        }
        if is_empty && cut_off.is_empty() {
            let none =
                || Verdict::not_applicable(crate::msg!("{dataset} has no rows here: nothing to judge.", dataset));
            self.push(Target::place(), no_service.map_or_else(none, Verdict::no_service));
        }
    }

    /// Whether no verdict was given yet.
    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// The messages given so far; the testkit looks for placeholders without a value.
    #[cfg(feature = "testkit")]
    pub(crate) fn messages(&self) -> impl Iterator<Item = Message> {
        self.given.iter().map(|finding| Message::with_values(finding.template.clone(), finding.values.clone()))
    }

    /// Stamps recommendation, key, place and read times, in the order of resources, each identity once.
    pub(crate) fn stamp(
        self,
        recommendation: Option<&str>,
        key: &str,
        info: &ControlInfo,
        facts: &Facts<'_>,
    ) -> Vec<Finding> {
        let Self { given: mut findings, on_place } = self;
        let place = facts.place();
        // A text that is long is shared by the findings of one place and no more: whoever counts who shares it does so from one
        // thread most often.
        let (recommendation, control) = (recommendation.map(SmolStr::new), SmolStr::new(key));
        let (kind, account_id) = (SmolStr::new(&info.resource_type), SmolStr::new(place.account_id()));
        let region = place.region_name().map(SmolStr::new);
        for at in on_place {
            let Some(Finding { resource, .. }) = findings.get_mut(at) else { continue };
            resource.id.clone_from(&account_id);
            if resource.kind.is_empty() {
                resource.kind = SmolStr::new_static(ACCOUNT_TYPE);
            }
        }
        let mut times = Times { facts, known: Vec::new() };
        for finding in &mut findings {
            finding.recommendation.clone_from(&recommendation);
            finding.control.clone_from(&control);
            let resource = &mut finding.resource;
            resource.account_id.clone_from(&account_id);
            if resource.kind.is_empty() {
                resource.kind.clone_from(&kind);
            }
            if resource.region.is_none() {
                resource.region.clone_from(&region);
            }
            for observed in &mut finding.evidence {
                observed.read_at = times.when_read(observed, resource);
            }
            if !finding.gaps.is_empty() {
                name_gaps(finding, facts);
            }
        }
        in_order(findings)
    }
}

/// Fills in what gaps do not say themselves, and then tells the first where the verdict has no other words.
fn name_gaps(finding: &mut Finding, facts: &Facts<'_>) {
    finding.gaps = std::mem::take(&mut finding.gaps).into_iter().map(|gap| name_gap(gap, facts)).collect();
    if finding.template.is_empty() {
        let gap = finding.gaps.first().map(Gap::in_message);
        let message = crate::msg!("This could not be judged: {gap}.", gap);
        (finding.message, finding.template, finding.values) = message.into_parts();
    }
}

/// When operations were read: looked up once for each operation and region, as one control's verdicts name few.
struct Times<'a> {
    facts: &'a Facts<'a>,
    known: Vec<(Cow<'static, str>, Option<SmolStr>, Option<Timestamp>)>,
}

impl Times<'_> {
    fn when_read(&mut self, observed: &Evidence, resource: &Resource) -> Option<Timestamp> {
        let operation = &observed.operation;
        let same = |(of, region, _): &&(Cow<'static, str>, _, _)| of == operation && *region == resource.region;
        if let Some((_, _, at)) = self.known.iter().find(same) {
            return *at;
        }
        let place = match &resource.region {
            Some(region) => Place::region(&resource.account_id, region),
            None => Place::account(&resource.account_id),
        };
        let at = self.facts.when_read(operation, &place);
        self.known.push((operation.clone(), resource.region.clone(), at));
        at
    }
}

/// What findings are in the order of: resource, and then whatever else they are identified by.
fn place_of(finding: &Finding) -> (Option<&str>, &str, Option<&str>, Identified<'_>) {
    let identified = finding.identified_by();
    let (_, region, _, name, sub) = identified;
    (region, name, sub, identified)
}

/// The order of findings: by resource. Of one resource the graver comes first, so that it stands when they are
/// [merged](merge).
fn by_resource(one: &Finding, other: &Finding) -> Ordering {
    place_of(one).cmp(&place_of(other)).then_with(|| other.status.cmp(&one.status))
}

/// Fills in what a gap does not say itself, from what the control declares: dataset, operation, IAM action, region.
fn name_gap(mut gap: Gap, facts: &Facts<'_>) -> Gap {
    let info = match (&gap.dataset, &gap.operation) {
        (Some(dataset), _) => facts.declared().find(|info| info.name() == dataset),
        (None, Some(operation)) => facts.datasets_of(operation).into_iter().next(),
        (None, None) => {
            // Where a control reads one dataset there is no doubt which one has the gap.
            let mut declared = facts.declared();
            declared.next().filter(|_| declared.next().is_none())
        }
    };
    let Some(info) = info else { return gap };
    gap.dataset.get_or_insert_with(|| info.name().to_owned());
    let mut gap = info.name_operation(gap);
    if gap.region.is_none() && info.place() == PlaceKind::Region {
        gap.region = facts.place().region_name().map(str::to_owned);
    }
    gap
}

/// Whether findings are sorted by resource and each resource is there once.
fn is_in_order(findings: &[Finding]) -> bool {
    findings.is_sorted_by(|before, after| place_of(before) < place_of(after))
}

/// Whether findings can follow others, where both are in order, and all are in order then.
pub(crate) fn follow(before: &[Finding], findings: &[Finding]) -> bool {
    match (before.last(), findings.first()) {
        (Some(before), Some(after)) => place_of(before) < place_of(after),
        _ => true,
    }
}

/// Sorts findings by resource and [merges](merge) them.
pub(crate) fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    if is_in_order(&findings) {
        return findings;
    }
    // A finding is large: their numbers are sorted. Names that begin alike mostly differ soon after.
    let alike = begin_alike(&findings);
    let next = |finding: &Finding| {
        let rest = alike.and_then(|alike| finding.resource.name().as_bytes().get(alike..)).unwrap_or_default();
        let mut bytes = [0; 8];
        bytes.iter_mut().zip(rest).for_each(|(byte, &next)| *byte = next);
        u64::from_be_bytes(bytes)
    };
    let mut order: Vec<(u64, usize)> = findings.iter().enumerate().map(|(at, finding)| (next(finding), at)).collect();
    order.sort_by(|(next, at), (other, other_at)| {
        next.cmp(other).then_with(|| match (findings.get(*at), findings.get(*other_at)) {
            (Some(one), Some(other)) => by_resource(one, other),
            _ => Ordering::Equal,
        })
    });
    let mut order: Vec<usize> = order.into_iter().map(|(_, at)| at).collect();
    rearrange(&mut findings, &mut order);
    merge(&mut findings);
    findings
}

/// Puts items in order, without a second list of them: `order` has the number of each that is wanted, from the first on.
fn rearrange<T>(items: &mut [T], order: &mut [usize]) {
    for start in 0..order.len() {
        let mut at = start;
        // Round a circle of items that each stand in the next one's place, to where it began.
        while let Some(wanted) = order.get_mut(at).map(|wanted| std::mem::replace(wanted, at))
            && wanted != start
            && wanted != at
        {
            items.swap(at, wanted);
            at = wanted;
        }
    }
}

/// Gives each identity once, of findings in order: where a control judged a resource twice, the graver verdict stands, and
/// gaps and evidence of both.
fn merge(findings: &mut Vec<Finding>) {
    findings.dedup_by(|finding, kept| {
        if finding.identified_by() != kept.identified_by() {
            return false;
        }
        if kept.resource.tags.is_none() {
            kept.resource.tags = finding.resource.tags.take();
        }
        for gap in finding.gaps.drain(..) {
            if !kept.gaps.contains(&gap) {
                kept.gaps.push(gap);
            }
        }
        for evidence in finding.evidence.drain(..) {
            if !kept.evidence.contains(&evidence) {
                kept.evidence.push(evidence);
            }
        }
        true
    });
}

/// How many bytes the names of all resources have in common at their beginning; none where they are in several regions, which
/// come first.
fn begin_alike(findings: &[Finding]) -> Option<usize> {
    let (first, others) = findings.split_first()?;
    let name = first.resource.name().as_bytes();
    let mut alike = name.len();
    for Finding { resource, .. } in others {
        if resource.region != first.resource.region {
            return None;
        }
        let other = resource.name().as_bytes();
        if name.get(..alike) != other.get(..alike) {
            alike = name.iter().zip(other).take_while(|(one, other)| one == other).count();
        }
    }
    Some(alike)
}

impl<R: Serialize> Serialize for Rows<'_, R> {
    /// A list of the rows, with each gap that cut it off at its end.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let gaps = self.cut_off().iter().map(|gap| json_value(&Fact::<Value>::from(gap.clone())));
        serializer.collect_seq(self.iter().map(json_value).chain(gaps))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
    }
}
