//! What the event selectors of a trail record: all management events, and the object events of which buckets.
//!
//! Several selectors are a union; the fields of an advanced selector must all match, and of a field's values one. A field
//! or operator that is not understood narrows: its selector then counts for nothing, so that no event is held for recorded
//! that may not be.
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html>

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::datasets::cloudtrail::{AdvancedEventSelector, EventSelector, FieldSelector, Selectors};

/// The sources whose management events CloudTrail itself offers to leave out, for their volume.
const EXCLUDABLE: [&str; 2] = ["kms.amazonaws.com", "rdsdata.amazonaws.com"];

/// Whether an event changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::controls) enum Direction {
    /// It does not.
    Read,
    /// It does.
    Write,
}

/// What a trail records whose selectors were never set: every management event and no data event.
pub(in crate::controls) fn default_selectors() -> &'static Selectors {
    static DEFAULT: LazyLock<Selectors> = LazyLock::new(|| {
        let selector = EventSelector {
            read_write_type: None,
            include_management_events: None,
            exclude_management_event_sources: Vec::new(),
            data_resources: Vec::new(),
        };
        Selectors { event_selectors: Some(vec![selector]), advanced_event_selectors: None }
    });
    &DEFAULT
}

/// Which directions a selector records.
#[derive(Debug, Clone, Copy)]
struct Sides {
    read: bool,
    write: bool,
}

impl Sides {
    fn basic(selector: &EventSelector) -> Self {
        let (read, write) = match selector.read_write_type.as_deref() {
            None | Some("All") => (true, true),
            Some("ReadOnly") => (true, false),
            Some("WriteOnly") => (false, true),
            Some(_) => (false, false),
        };
        Self { read, write }
    }

    /// What the values of a `readOnly` field leave of them; none if the field is not understood.
    fn narrowed(self, field: &FieldSelector) -> Option<Self> {
        let values = only_equals(field)?;
        let has = |value: &str| values.iter().any(|other| other == value);
        Some(Self { read: self.read && has("true"), write: self.write && has("false") })
    }

    fn has(self, direction: Direction) -> bool {
        match direction {
            Direction::Read => self.read,
            Direction::Write => self.write,
        }
    }
}

fn basic(selectors: &Selectors) -> impl Iterator<Item = &EventSelector> {
    selectors.event_selectors.iter().flatten()
}

fn advanced(selectors: &Selectors) -> impl Iterator<Item = &AdvancedEventSelector> {
    selectors.advanced_event_selectors.iter().flatten()
}

/// The values of a field with `Equals` alone.
fn only_equals(field: &FieldSelector) -> Option<&[String]> {
    let others =
        [&field.not_equals, &field.starts_with, &field.not_starts_with, &field.ends_with, &field.not_ends_with];
    (!field.equals.is_empty() && others.iter().all(|values| values.is_empty())).then_some(&field.equals)
}

/// The values of a field with `NotEquals` alone.
fn only_not_equals(field: &FieldSelector) -> Option<&[String]> {
    let others = [&field.equals, &field.starts_with, &field.not_starts_with, &field.ends_with, &field.not_ends_with];
    (!field.not_equals.is_empty() && others.iter().all(|values| values.is_empty())).then_some(&field.not_equals)
}

fn may_equal(field: &FieldSelector, value: &str) -> bool {
    only_equals(field).is_some_and(|values| values.iter().any(|other| other == value))
}

/// The management events that a trail records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::controls) struct Management<'a> {
    /// The sources whose reads are left out; none if no selector records reads.
    read: Option<BTreeSet<&'a str>>,
    /// The same of writes.
    write: Option<BTreeSet<&'a str>>,
}

impl<'a> Management<'a> {
    /// What these selectors record together.
    pub(in crate::controls) fn of(selectors: &'a Selectors) -> Self {
        let mut all = Self { read: None, write: None };
        for selector in basic(selectors).filter(|selector| selector.include_management_events != Some(false)) {
            let excluded = selector.exclude_management_event_sources.iter().map(String::as_str).collect();
            all.add(Sides::basic(selector), &excluded);
        }
        for selector in advanced(selectors) {
            if let Some((sides, excluded)) = management(selector) {
                all.add(sides, &excluded);
            }
        }
        all
    }

    fn add(&mut self, sides: Sides, excluded: &BTreeSet<&'a str>) {
        for (left_out, recorded) in [(&mut self.read, sides.read), (&mut self.write, sides.write)] {
            if recorded {
                // What one selector leaves out another may record.
                match left_out {
                    None => *left_out = Some(excluded.clone()),
                    Some(before) => before.retain(|source| excluded.contains(source)),
                }
            }
        }
    }

    fn left_out(&self, direction: Direction) -> Option<&BTreeSet<&'a str>> {
        match direction {
            Direction::Read => self.read.as_ref(),
            Direction::Write => self.write.as_ref(),
        }
    }

    /// Whether every event of a direction is recorded, but for the sources that CloudTrail itself offers to leave out.
    pub(in crate::controls) fn has(&self, direction: Direction) -> bool {
        self.left_out(direction).is_some_and(|sources| sources.iter().all(|source| EXCLUDABLE.contains(source)))
    }

    /// Whether every event is recorded, reads and writes, but for the sources that CloudTrail itself offers to leave out.
    pub(in crate::controls) fn is_whole(&self) -> bool {
        self.has(Direction::Read) && self.has(Direction::Write)
    }

    /// Whether every event of a source (`kms.amazonaws.com`) is recorded, reads and writes.
    pub(in crate::controls) fn covers(&self, source: &str) -> bool {
        [&self.read, &self.write]
            .into_iter()
            .all(|left_out| left_out.as_ref().is_some_and(|sources| !sources.contains(source)))
    }

    /// The sources that are left out of a direction that is recorded otherwise.
    pub(in crate::controls) fn excluded(&self) -> BTreeSet<&'a str> {
        [&self.read, &self.write].into_iter().flatten().flatten().copied().collect()
    }
}

/// What an advanced selector records of management events, and the sources that it leaves out; none if it is for others,
/// or records only some of them.
fn management(selector: &AdvancedEventSelector) -> Option<(Sides, BTreeSet<&str>)> {
    let (mut category, mut sides, mut excluded) = (false, Sides { read: true, write: true }, BTreeSet::new());
    for field in &selector.field_selectors {
        match field.field.as_str() {
            "eventCategory" if may_equal(field, "Management") => category = true,
            "readOnly" => sides = sides.narrowed(field)?,
            "eventSource" => excluded.extend(only_not_equals(field)?.iter().map(String::as_str)),
            _ => return None,
        }
    }
    category.then_some((sides, excluded))
}

/// The buckets of whose objects a trail records every event of a direction.
#[derive(Debug)]
pub(in crate::controls) struct ObjectEvents<'a> {
    scopes: Vec<Scope<'a>>,
}

impl<'a> ObjectEvents<'a> {
    /// What these selectors record together.
    pub(in crate::controls) fn of(selectors: &'a Selectors, partition: &str, direction: Direction) -> Self {
        let root = format!("arn:{partition}:s3:::");
        let basic = basic(selectors).filter(|selector| Sides::basic(selector).has(direction)).map(|selector| {
            let resources = selector.data_resources.iter();
            let objects = resources.filter(|resource| resource.kind.as_deref() == Some("AWS::S3::Object"));
            let mut only = Names::default();
            for value in objects.flat_map(|resource| &resource.values).filter(|value| !value.is_empty()) {
                only.add_prefix(&root, value);
            }
            Scope { only: Some(only), but: Names::default() }
        });
        let advanced = advanced(selectors).filter_map(|selector| object_events(selector, &root, direction));
        Self { scopes: basic.chain(advanced).collect() }
    }

    /// Whether it is those of every bucket, present and future.
    pub(in crate::controls) fn all_buckets(&self) -> bool {
        self.scopes.iter().any(|scope| scope.only.as_ref().is_none_or(Names::all) && scope.but.is_empty())
    }

    /// Whether it is those of every object of a bucket.
    pub(in crate::controls) fn covers(&self, bucket: &str) -> bool {
        self.scopes.iter().any(|scope| scope.covers(bucket))
    }
}

/// The buckets of one selector: these, or all but those.
#[derive(Debug)]
struct Scope<'a> {
    /// None: all.
    only: Option<Names<'a>>,
    but: Names<'a>,
}

impl Scope<'_> {
    fn covers(&self, bucket: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.hold_whole(bucket)) && !self.but.touch(bucket)
    }
}

/// The buckets of a list of ARNs, to be looked up by name.
#[derive(Debug, Default)]
struct Names<'a> {
    whole: BTreeSet<&'a str>,
    /// Buckets of which the list names some objects.
    part: BTreeSet<&'a str>,
    /// Beginnings of bucket names; empty: every bucket.
    beginnings: Vec<&'a str>,
}

impl<'a> Names<'a> {
    /// A beginning of object ARNs.
    fn add_prefix(&mut self, root: &str, value: &'a str) {
        match value.strip_prefix(root).map(|rest| (rest, rest.split_once('/'))) {
            Some((_, Some((bucket, "")))) => _ = self.whole.insert(bucket),
            Some((_, Some((bucket, _)))) => _ = self.part.insert(bucket),
            Some((beginning, None)) => self.beginnings.push(beginning),
            None if root.starts_with(value) => self.beginnings.push(""),
            None => {}
        }
    }

    /// One object's ARN.
    fn add_exact(&mut self, root: &str, value: &'a str) {
        if let Some(rest) = value.strip_prefix(root) {
            self.part.insert(rest.split_once('/').map_or(rest, |(bucket, _)| bucket));
        }
    }

    fn begin(&self, bucket: &str) -> bool {
        self.beginnings.iter().any(|beginning| bucket.starts_with(beginning))
    }

    fn hold_whole(&self, bucket: &str) -> bool {
        self.whole.contains(bucket) || self.begin(bucket)
    }

    fn touch(&self, bucket: &str) -> bool {
        self.hold_whole(bucket) || self.part.contains(bucket)
    }

    fn all(&self) -> bool {
        self.beginnings.contains(&"")
    }

    fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.part.is_empty() && self.beginnings.is_empty()
    }
}

/// The buckets of whose objects an advanced selector records every event of a direction; none if it is for others.
fn object_events<'a>(selector: &'a AdvancedEventSelector, root: &str, direction: Direction) -> Option<Scope<'a>> {
    let (mut category, mut objects, mut sides) = (false, false, Sides { read: true, write: true });
    let mut scope = Scope { only: None, but: Names::default() };
    for field in &selector.field_selectors {
        match field.field.as_str() {
            "eventCategory" if may_equal(field, "Data") => category = true,
            "resources.type" if may_equal(field, "AWS::S3::Object") => objects = true,
            // Object events have no other source.
            "eventSource" if may_equal(field, "s3.amazonaws.com") => {}
            "readOnly" => sides = sides.narrowed(field)?,
            "resources.ARN" => scope.narrow(field, root)?,
            _ => return None,
        }
    }
    (category && objects && sides.has(direction)).then_some(scope)
}

impl<'a> Scope<'a> {
    /// Takes in a field on ARNs: one of what it is must match, and none of what it is not. None if that leaves no bucket
    /// whole.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html>
    fn narrow(&mut self, field: &'a FieldSelector, root: &str) -> Option<()> {
        let FieldSelector { equals, not_equals, starts_with, not_starts_with, ends_with, not_ends_with, .. } = field;
        let is = [equals, starts_with, ends_with].into_iter().any(|values| !values.is_empty());
        let is_not = [not_equals, not_starts_with].into_iter().any(|values| !values.is_empty());
        if !not_ends_with.is_empty() || !(is || is_not) || (is && self.only.is_some()) {
            return None;
        }
        if is {
            // What equals or ends with a value are single objects: they add no whole bucket.
            let only = self.only.get_or_insert_default();
            for value in starts_with.iter().filter(|value| !value.is_empty()) {
                only.add_prefix(root, value);
            }
        }
        for value in not_starts_with {
            self.but.add_prefix(root, value);
        }
        for value in not_equals {
            self.but.add_exact(root, value);
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};
    use serde_json::{Value, json};

    use super::*;

    fn read(value: Value) -> Selectors {
        serde_json::from_value(value).unwrap()
    }

    fn classic(selectors: Value) -> Selectors {
        read(json!({ "EventSelectors": selectors }))
    }

    /// Advanced selectors; each field as `[field, operator, values]`.
    fn fields(selectors: &[Value]) -> Selectors {
        let field = |parts: &Value| json!({"Field": parts[0], (parts[1].as_str().unwrap()): parts[2]});
        let selector = |parts: &Value| {
            let fields: Vec<_> = parts.as_array().unwrap().iter().map(field).collect();
            json!({"Name": "Management events selector", "FieldSelectors": fields})
        };
        read(json!({"AdvancedEventSelectors": selectors.iter().map(selector).collect::<Vec<_>>()}))
    }

    #[test]
    fn management_events() {
        let management = || json!(["eventCategory", "Equals", ["Management"]]);
        // Name, selectors, whether reads are recorded, whether writes are, what is left out.
        let table: Vec<(&str, Selectors, bool, bool, &[&str])> = vec![
            ("the default", default_selectors().clone(), true, true, &[]),
            ("both lists are absent: nothing is known to be recorded", read(json!({})), false, false, &[]),
            ("an empty classic selector means all", classic(json!([{}])), true, true, &[]),
            ("reads alone", classic(json!([{"ReadWriteType": "ReadOnly"}])), true, false, &[]),
            ("writes alone", classic(json!([{"ReadWriteType": "WriteOnly"}])), false, true, &[]),
            ("a type that nobody knows", classic(json!([{"ReadWriteType": "Some"}])), false, false, &[]),
            (
                "reads in one and writes in another are a union",
                classic(json!([{"ReadWriteType": "ReadOnly"}, {"ReadWriteType": "WriteOnly"}])),
                true,
                true,
                &[],
            ),
            ("data events only", classic(json!([{"IncludeManagementEvents": false}])), false, false, &[]),
            (
                "exclusions are told and break nothing",
                classic(json!([{"ExcludeManagementEventSources": ["kms.amazonaws.com", "rdsdata.amazonaws.com"]}])),
                true,
                true,
                &["kms.amazonaws.com", "rdsdata.amazonaws.com"],
            ),
            (
                "what one leaves out another records",
                classic(json!([{"ExcludeManagementEventSources": ["kms.amazonaws.com"]}, {}])),
                true,
                true,
                &[],
            ),
            (
                "what one leaves out another records of reads alone",
                classic(
                    json!([{"ExcludeManagementEventSources": ["kms.amazonaws.com"]}, {"ReadWriteType": "ReadOnly"}]),
                ),
                true,
                true,
                &["kms.amazonaws.com"],
            ),
            ("advanced, no readOnly", fields(&[json!([management()])]), true, true, &[]),
            ("advanced reads", fields(&[json!([management(), ["readOnly", "Equals", ["true"]]])]), true, false, &[]),
            ("advanced writes", fields(&[json!([management(), ["readOnly", "Equals", ["false"]]])]), false, true, &[]),
            (
                "advanced reads and writes in two",
                fields(&[
                    json!([management(), ["readOnly", "Equals", ["true"]]]),
                    json!([management(), ["readOnly", "Equals", ["false"]]]),
                ]),
                true,
                true,
                &[],
            ),
            (
                "readOnly with another operator is not understood",
                fields(&[json!([management(), ["readOnly", "NotEquals", ["true"]]])]),
                false,
                false,
                &[],
            ),
            (
                "an operator that nobody knows",
                fields(&[json!([management(), ["readOnly", "Matches", ["true"]]])]),
                false,
                false,
                &[],
            ),
            (
                "data selectors say nothing of management events, whatever their name",
                fields(&[json!([
                    ["eventCategory", "Equals", ["Data"]],
                    ["resources.type", "Equals", ["AWS::S3::Object"]]
                ])]),
                false,
                false,
                &[],
            ),
            ("no category", fields(&[json!([["readOnly", "Equals", ["true"]]])]), false, false, &[]),
            ("no field", fields(&[json!([])]), false, false, &[]),
            (
                "advanced exclusion",
                fields(&[json!([management(), ["eventSource", "NotEquals", ["kms.amazonaws.com"]]])]),
                true,
                true,
                &["kms.amazonaws.com"],
            ),
            (
                "a source left out that CloudTrail does not offer to: not all events",
                fields(&[json!([management(), ["eventSource", "NotEquals", ["iam.amazonaws.com"]]])]),
                false,
                false,
                &["iam.amazonaws.com"],
            ),
            (
                "one source alone",
                fields(&[json!([management(), ["eventSource", "Equals", ["iam.amazonaws.com"]]])]),
                false,
                false,
                &[],
            ),
            (
                "narrowed by another field",
                fields(&[json!([management(), ["eventName", "NotEquals", ["Decrypt"]]])]),
                false,
                false,
                &[],
            ),
            (
                "narrowed, beside one that is not",
                fields(&[json!([management(), ["eventName", "Equals", ["Decrypt"]]]), json!([management()])]),
                true,
                true,
                &[],
            ),
        ];
        for (name, selectors, reads, writes, excluded) in table {
            let seen = Management::of(&selectors);
            assert_eq!((seen.has(Direction::Read), seen.has(Direction::Write)), (reads, writes), "{name}");
            assert_eq!(seen.is_whole(), reads && writes, "{name}");
            assert_eq!(seen.excluded().into_iter().collect::<Vec<_>>(), excluded, "{name}");
        }
    }

    #[test]
    fn a_source_is_covered_unless_it_is_left_out() {
        let selectors = classic(json!([{"ExcludeManagementEventSources": ["kms.amazonaws.com"]}]));
        let seen = Management::of(&selectors);
        assert!(!seen.covers("kms.amazonaws.com") && seen.covers("iam.amazonaws.com"));
        let reads = classic(json!([{"ReadWriteType": "ReadOnly"}]));
        assert!(!Management::of(&reads).covers("iam.amazonaws.com"), "writes are missing");
    }

    /// One classic selector for all directions with these values of S3 objects.
    fn objects(values: &[&str]) -> Selectors {
        classic(json!([{"DataResources": [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]},
            {"Type": "AWS::S3::Object", "Values": values}]}]))
    }

    /// One advanced selector of S3 object events with more fields.
    fn data(more: &[Value]) -> Value {
        let mut fields = vec![
            json!(["eventCategory", "Equals", ["Data"]]),
            json!(["resources.type", "Equals", ["AWS::S3::Object"]]),
        ];
        fields.extend_from_slice(more);
        json!(fields)
    }

    fn arn(operator: &str, values: &[&str]) -> Value {
        json!(["resources.ARN", operator, values])
    }

    #[test]
    fn object_events_of_buckets() {
        // Name, selectors, whether all buckets are covered, and which of `prod` and `prod-logs`.
        let table: Vec<(&str, Selectors, bool, &[&str])> = vec![
            ("the default records no data events", default_selectors().clone(), false, &[]),
            ("every bucket, the short value", objects(&["arn:aws:s3"]), true, &["prod", "prod-logs"]),
            ("every bucket, the long value", objects(&["arn:aws:s3:::"]), true, &["prod", "prod-logs"]),
            ("an empty value is none", objects(&[""]), false, &[]),
            ("one bucket", objects(&["arn:aws:s3:::prod/"]), false, &["prod"]),
            ("a bucket is no prefix of another", objects(&["arn:aws:s3:::prod-logs/"]), false, &["prod-logs"]),
            (
                "without the slash it is the beginning of a name",
                objects(&["arn:aws:s3:::prod"]),
                false,
                &["prod", "prod-logs"],
            ),
            ("a part of a bucket", objects(&["arn:aws:s3:::prod/in/"]), false, &[]),
            ("the bucket of another partition", objects(&["arn:aws-cn:s3:::prod/", "arn:aws-cn:s3"]), false, &[]),
            ("no type", classic(json!([{"DataResources": [{"Values": ["arn:aws:s3"]}]}])), false, &[]),
            ("no ARN limit", fields(&[data(&[])]), true, &["prod", "prod-logs"]),
            (
                "its own source does not narrow",
                fields(&[data(&[json!(["eventSource", "Equals", ["s3.amazonaws.com"]])])]),
                true,
                &["prod", "prod-logs"],
            ),
            (
                "another source does",
                fields(&[data(&[json!(["eventSource", "Equals", ["s3-outposts.amazonaws.com"]])])]),
                false,
                &[],
            ),
            (
                "beginning of every ARN",
                fields(&[data(&[arn("StartsWith", &["arn:aws:s3:::"])])]),
                true,
                &["prod", "prod-logs"],
            ),
            ("one bucket, advanced", fields(&[data(&[arn("StartsWith", &["arn:aws:s3:::prod/"])])]), false, &["prod"]),
            ("a part, advanced", fields(&[data(&[arn("StartsWith", &["arn:aws:s3:::prod/in/"])])]), false, &[]),
            ("Equals names one object", fields(&[data(&[arn("Equals", &["arn:aws:s3:::prod/"])])]), false, &[]),
            (
                "all but one bucket",
                fields(&[data(&[arn("NotStartsWith", &["arn:aws:s3:::prod-logs/"])])]),
                false,
                &["prod"],
            ),
            (
                "all but a part of one",
                fields(&[data(&[arn("NotStartsWith", &["arn:aws:s3:::prod/tmp"])])]),
                false,
                &["prod-logs"],
            ),
            (
                "all but one object",
                fields(&[data(&[arn("NotEquals", &["arn:aws:s3:::prod/a"])])]),
                false,
                &["prod-logs"],
            ),
            ("all but everything", fields(&[data(&[arn("NotStartsWith", &["arn:aws:s3"])])]), false, &[]),
            ("all but some kind of file", fields(&[data(&[arn("NotEndsWith", &[".tmp"])])]), false, &[]),
            ("some kind of file", fields(&[data(&[arn("EndsWith", &[".csv"])])]), false, &[]),
            ("an operator that nobody knows", fields(&[data(&[arn("Matches", &["*"])])]), false, &[]),
            (
                "two fields on ARNs",
                fields(&[data(&[arn("StartsWith", &["arn:aws:s3:::prod/"]), arn("StartsWith", &["arn:aws:s3:::"])])]),
                false,
                &[],
            ),
            ("one kind of event", fields(&[data(&[json!(["eventName", "Equals", ["GetObject"]])])]), false, &[]),
            (
                "one caller",
                fields(&[data(&[json!(["userIdentity.arn", "NotEquals", ["arn:aws:iam::123456789012:role/app"]])])]),
                false,
                &[],
            ),
            (
                "other data events",
                fields(&[json!([
                    ["eventCategory", "Equals", ["Data"]],
                    ["resources.type", "Equals", ["AWS::Lambda::Function"]]
                ])]),
                false,
                &[],
            ),
            ("no category", fields(&[json!([["resources.type", "Equals", ["AWS::S3::Object"]]])]), false, &[]),
            ("no resource type", fields(&[json!([["eventCategory", "Equals", ["Data"]]])]), false, &[]),
            (
                "the bucket that one leaves out another names",
                fields(&[
                    data(&[arn("NotStartsWith", &["arn:aws:s3:::prod/"])]),
                    data(&[arn("StartsWith", &["arn:aws:s3:::prod/"])]),
                ]),
                false,
                &["prod", "prod-logs"],
            ),
        ];
        for (name, selectors, all, covered) in table {
            for direction in [Direction::Read, Direction::Write] {
                let seen = ObjectEvents::of(&selectors, "aws", direction);
                assert_eq!(seen.all_buckets(), all, "{name}");
                let covers: Vec<_> = ["prod", "prod-logs"].into_iter().filter(|bucket| seen.covers(bucket)).collect();
                assert_eq!(covers, covered, "{name}");
            }
        }
    }

    #[test]
    fn object_events_have_a_direction() {
        let sides = |selectors: &Selectors| {
            [Direction::Read, Direction::Write]
                .map(|direction| ObjectEvents::of(selectors, "aws", direction).all_buckets())
        };
        let classic_type = |kind: &str| {
            classic(
                json!([{"ReadWriteType": kind, "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}]),
            )
        };
        assert_eq!(sides(&classic_type("ReadOnly")), [true, false]);
        assert_eq!(sides(&classic_type("WriteOnly")), [false, true]);
        let (reads, writes) =
            (data(&[json!(["readOnly", "Equals", ["true"]])]), data(&[json!(["readOnly", "Equals", ["false"]])]));
        assert_eq!(sides(&fields(std::slice::from_ref(&reads))), [true, false]);
        assert_eq!(sides(&fields(std::slice::from_ref(&writes))), [false, true]);
        assert_eq!(sides(&fields(&[reads, writes])), [true, true]);
    }

    /// An event, and what CloudTrail's documentation says of whether a selector matches it, with no thought of what a whole
    /// list covers.
    #[derive(Debug, Clone)]
    struct Event {
        category: &'static str,
        read_only: bool,
        source: &'static str,
        name: &'static str,
        /// The ARN of an S3 object, for data events.
        arn: String,
    }

    impl Event {
        fn recorded(&self, selectors: &Selectors) -> bool {
            basic(selectors).any(|selector| self.matches_basic(selector))
                || advanced(selectors).any(|selector| selector.field_selectors.iter().all(|field| self.matches(field)))
        }

        fn matches_basic(&self, selector: &EventSelector) -> bool {
            let direction = match selector.read_write_type.as_deref() {
                Some("ReadOnly") => self.read_only,
                Some("WriteOnly") => !self.read_only,
                _ => true,
            };
            direction
                && if self.category == "Management" {
                    selector.include_management_events != Some(false)
                        && !selector.exclude_management_event_sources.iter().any(|source| source == self.source)
                } else {
                    let mut values = selector.data_resources.iter().flat_map(|resource| &resource.values);
                    values.any(|value| self.arn.starts_with(value.as_str()))
                }
        }

        fn matches(&self, field: &FieldSelector) -> bool {
            let value = match field.field.as_str() {
                "eventCategory" => self.category,
                "readOnly" => ["false", "true"][usize::from(self.read_only)],
                "eventSource" => self.source,
                "eventName" => self.name,
                "resources.type" if self.category == "Data" => "AWS::S3::Object",
                "resources.ARN" if self.category == "Data" => &self.arn,
                _ => return false,
            };
            let FieldSelector { equals, not_equals, starts_with, not_starts_with, ends_with, not_ends_with, .. } =
                field;
            let is = equals.iter().any(|other| value == other)
                || starts_with.iter().any(|other| value.starts_with(other.as_str()))
                || ends_with.iter().any(|other| value.ends_with(other.as_str()));
            let is_not = not_equals.iter().any(|other| value == other)
                || not_starts_with.iter().any(|other| value.starts_with(other.as_str()))
                || not_ends_with.iter().any(|other| value.ends_with(other.as_str()));
            !is_not && (is || (equals.is_empty() && starts_with.is_empty() && ends_with.is_empty()))
        }
    }

    const SOURCES: [&str; 4] = ["iam.amazonaws.com", "kms.amazonaws.com", "rdsdata.amazonaws.com", "s3.amazonaws.com"];
    const OPERATORS: [&str; 6] = ["Equals", "NotEquals", "StartsWith", "NotStartsWith", "EndsWith", "NotEndsWith"];
    const BUCKETS: [&str; 3] = ["prod", "prod-logs", "other"];
    const ARNS: [&str; 10] = [
        "arn:aws:s3",
        "arn:aws:s3:::",
        "arn:aws:s3:::prod",
        "arn:aws:s3:::prod/",
        "arn:aws:s3:::prod/a",
        "arn:aws:s3:::prod-logs/",
        "arn:aws:s3:::prod-logs/a.tmp",
        "arn:aws-cn:s3:::prod/",
        ".tmp",
        "arn:aws:s3:::other/",
    ];

    fn events() -> Vec<Event> {
        let mut all = Vec::new();
        for read_only in [false, true] {
            for name in ["GetObject", "Other"] {
                for source in SOURCES {
                    all.push(Event { category: "Management", read_only, source, name, arn: String::new() });
                }
                for bucket in BUCKETS {
                    for key in ["a", "a.tmp", "b"] {
                        let arn = format!("arn:aws:s3:::{bucket}/{key}");
                        all.push(Event { category: "Data", read_only, source: "s3.amazonaws.com", name, arn });
                    }
                }
            }
        }
        all
    }

    fn field() -> impl Strategy<Value = Value> {
        let of = |field: &'static str, values: &'static [&'static str]| {
            (select(&OPERATORS), subsequence(values, 1..=2))
                .prop_map(move |(operator, values)| json!([field, operator, values]))
        };
        prop_oneof![
            4 => select(&["Management", "Data"]).prop_map(|category| json!(["eventCategory", "Equals", [category]])),
            2 => Just(json!(["resources.type", "Equals", ["AWS::S3::Object"]])),
            2 => of("readOnly", &["true", "false"]),
            2 => of("eventSource", &SOURCES),
            1 => of("eventName", &["GetObject", "Other"]),
            4 => of("resources.ARN", &ARNS),
        ]
    }

    fn classics() -> impl Strategy<Value = Selectors> {
        let kind = select(&["All", "ReadOnly", "WriteOnly"]);
        let one = (kind, any::<bool>(), subsequence(&SOURCES[..], 0..=2), subsequence(&ARNS[..8], 0..=2)).prop_map(
            |(kind, management, excluded, values)| {
                json!({"ReadWriteType": kind, "IncludeManagementEvents": management, "ExcludeManagementEventSources": excluded,
                       "DataResources": [{"Type": "AWS::S3::Object", "Values": values}]})
            },
        );
        prop::collection::vec(one, 1..4).prop_map(|selectors| classic(json!(selectors)))
    }

    fn selectors() -> impl Strategy<Value = Selectors> {
        let one = prop::collection::vec(field(), 1..5).prop_map(|fields| json!(fields));
        let advanced = prop::collection::vec(one, 1..4).prop_map(|selectors| fields(&selectors));
        prop_oneof![classics(), advanced]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// What is said to be recorded is: no event that a generator can think of slips through.
        #[test]
        fn nothing_is_said_to_be_recorded_that_is_not(selectors in selectors()) {
            let management = Management::of(&selectors);
            for event in events() {
                let direction = if event.read_only { Direction::Read } else { Direction::Write };
                let recorded = event.recorded(&selectors);
                if event.category == "Management" {
                    let said = management.covers(event.source)
                        || (management.has(direction) && !EXCLUDABLE.contains(&event.source));
                    prop_assert!(!said || recorded, "{event:?}");
                } else {
                    let objects = ObjectEvents::of(&selectors, "aws", direction);
                    let bucket = BUCKETS.into_iter().find(|bucket| event.arn.contains(&format!(":{bucket}/"))).unwrap();
                    prop_assert!(!objects.covers(bucket) || recorded, "{event:?}");
                    prop_assert!(!objects.all_buckets() || objects.covers(bucket), "{bucket}");
                }
            }
        }

        /// Of classic selectors the answer is exact: what is not said to be recorded is not.
        #[test]
        fn classic_selectors_are_answered_exactly(selectors in classics()) {
            let management = Management::of(&selectors);
            for source in SOURCES {
                let of_source = |event: &Event| event.category == "Management" && event.source == source;
                let all = events().iter().filter(|event| of_source(event)).all(|event| event.recorded(&selectors));
                prop_assert_eq!(management.covers(source), all, "{}", source);
            }
        }
    }
}
