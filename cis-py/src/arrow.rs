//! Findings as Arrow record batches, and those as a stream that Python's frames read without copying.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::builder::{
    Date32Builder, Int8Builder, LargeStringBuilder, ListBuilder, StringBuilder, StringDictionaryBuilder, StructBuilder,
    TimestampMicrosecondBuilder, make_builder,
};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchIterator};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use cis_core::{Finding, Gap, Judged, Report, Status, json_value};
use jiff::civil::{Date, date};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

/// The findings of one batch: few enough for 32-bit offsets in the nested columns.
const ROWS: usize = 65_536;

fn word() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

fn moment() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn evidence_fields() -> Fields {
    Fields::from(vec![
        Field::new("operation", DataType::Utf8, false),
        Field::new("field", DataType::Utf8, false),
        Field::new("value", DataType::LargeUtf8, false),
        Field::new("read_at", moment(), true),
    ])
}

fn gap_fields() -> Fields {
    Fields::from(vec![
        Field::new("kind", DataType::Utf8, false),
        Field::new("dataset", DataType::Utf8, true),
        Field::new("operation", DataType::Utf8, true),
        Field::new("region", DataType::Utf8, true),
        Field::new("resource", DataType::Utf8, true),
        Field::new("code", DataType::Utf8, true),
        Field::new("message", DataType::LargeUtf8, false),
        Field::new("action", DataType::Utf8, true),
    ])
}

fn list_of(fields: Fields) -> DataType {
    DataType::List(Arc::new(Field::new("item", DataType::Struct(fields), false)))
}

/// A row a finding. JSON (the message's values, an observed value, tags) is text.
fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::Utf8, false),
        Field::new("recommendation", word(), true),
        Field::new("control", word(), false),
        Field::new("title", word(), true),
        Field::new("section", word(), true),
        Field::new("level", DataType::Int8, true),
        Field::new("status", word(), false),
        Field::new("settled", word(), true),
        Field::new("excepted_until", DataType::Date32, true),
        Field::new("account_id", word(), false),
        Field::new("region", word(), true),
        Field::new("resource_type", word(), false),
        Field::new("resource_id", DataType::LargeUtf8, false),
        Field::new("resource_arn", DataType::LargeUtf8, true),
        Field::new("sub", DataType::LargeUtf8, true),
        Field::new("message", DataType::LargeUtf8, false),
        Field::new("template", word(), false),
        Field::new("values", DataType::LargeUtf8, false),
        Field::new("evidence", list_of(evidence_fields()), false),
        Field::new("gaps", list_of(gap_fields()), false),
        Field::new("tags", DataType::LargeUtf8, true),
    ]))
}

/// The columns of some findings.
///
/// # Errors
/// The columns are not those of the schema: a fault of this file's.
pub(crate) fn batches<'a>(
    report: &Report,
    findings: impl Iterator<Item = &'a Finding>,
) -> Result<Vec<RecordBatch>, ArrowError> {
    let judged: BTreeMap<&str, &Judged> =
        report.recommendations.iter().map(|judged| (judged.id.as_str(), judged)).collect();
    let (mut batches, mut columns, mut rows) = (Vec::new(), Columns::new(), 0);
    for finding in findings {
        if rows == ROWS {
            batches.push(columns.finish()?);
            (columns, rows) = (Columns::new(), 0);
        }
        let judged = finding.recommendation.as_ref().and_then(|id| judged.get(id.as_str()));
        columns.push(finding, judged.copied());
        rows += 1;
    }
    if rows > 0 {
        batches.push(columns.finish()?);
    }
    Ok(batches)
}

/// Batches as a capsule of the Arrow C stream interface. Their buffers are shared, not copied.
pub(crate) fn stream<'py>(py: Python<'py>, batches: &[RecordBatch]) -> PyResult<Bound<'py, PyCapsule>> {
    let batches: Vec<_> = batches.iter().cloned().map(Ok).collect();
    let reader = RecordBatchIterator::new(batches, schema());
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), c"arrow_array_stream")
}

type Words = StringDictionaryBuilder<Int32Type>;

struct Columns {
    id: StringBuilder,
    recommendation: Words,
    control: Words,
    title: Words,
    section: Words,
    level: Int8Builder,
    status: Words,
    settled: Words,
    excepted_until: Date32Builder,
    account_id: Words,
    region: Words,
    resource_type: Words,
    resource_id: LargeStringBuilder,
    resource_arn: LargeStringBuilder,
    sub: LargeStringBuilder,
    message: LargeStringBuilder,
    template: Words,
    values: LargeStringBuilder,
    evidence: ListBuilder<StructBuilder>,
    gaps: ListBuilder<StructBuilder>,
    tags: LargeStringBuilder,
}

impl Columns {
    fn new() -> Self {
        let list = |fields: Fields| {
            let builders = fields.iter().map(|field| match field.name().as_str() {
                // `make_builder` leaves the time zone out.
                "read_at" => Box::new(TimestampMicrosecondBuilder::new().with_timezone("UTC")) as _,
                _ => make_builder(field.data_type(), 0),
            });
            let item = Field::new("item", DataType::Struct(fields.clone()), false);
            ListBuilder::new(StructBuilder::new(fields.clone(), builders.collect())).with_field(item)
        };
        Self {
            id: StringBuilder::new(),
            recommendation: Words::new(),
            control: Words::new(),
            title: Words::new(),
            section: Words::new(),
            level: Int8Builder::new(),
            status: Words::new(),
            settled: Words::new(),
            excepted_until: Date32Builder::new(),
            account_id: Words::new(),
            region: Words::new(),
            resource_type: Words::new(),
            resource_id: LargeStringBuilder::new(),
            resource_arn: LargeStringBuilder::new(),
            sub: LargeStringBuilder::new(),
            message: LargeStringBuilder::new(),
            template: Words::new(),
            values: LargeStringBuilder::new(),
            evidence: list(evidence_fields()),
            gaps: list(gap_fields()),
            tags: LargeStringBuilder::new(),
        }
    }

    fn push(&mut self, finding: &Finding, judged: Option<&Judged>) {
        let about = &finding.resource;
        self.id.append_value(finding.id());
        self.recommendation.append_option(finding.recommendation.as_deref());
        self.control.append_value(&finding.control);
        self.title.append_option(judged.map(|judged| &judged.title));
        self.section.append_option(judged.map(|judged| &judged.section));
        self.level.append_option(judged.and_then(|judged| i8::try_from(judged.level).ok()));
        self.status.append_value(finding.status.as_str());
        self.settled.append_option(finding.settled.map(Status::as_str));
        self.excepted_until.append_option(finding.exception.as_ref().map(|exception| days(exception.expires)));
        self.account_id.append_value(&about.account_id);
        self.region.append_option(about.region.as_deref());
        self.resource_type.append_value(&about.kind);
        self.resource_id.append_value(&about.id);
        self.resource_arn.append_option(about.arn.as_deref());
        self.sub.append_option(about.sub.as_deref());
        self.message.append_value(&finding.message);
        self.template.append_value(&finding.template);
        self.values.append_value(json_value(&finding.values).to_string());
        for evidence in &finding.evidence {
            let item = self.evidence.values();
            text(item, 0, Some(&evidence.operation));
            text(item, 1, Some(&evidence.field));
            long_text(item, 2, &evidence.value.to_string());
            if let Some(read_at) = item.field_builder::<TimestampMicrosecondBuilder>(3) {
                read_at.append_option(evidence.read_at.map(jiff::Timestamp::as_microsecond));
            }
            item.append(true);
        }
        self.evidence.append(true);
        for gap in &finding.gaps {
            let Gap { dataset, operation, region, resource, kind, code, message, action } = gap;
            let item = self.gaps.values();
            text(item, 0, json_value(kind).as_str());
            text(item, 1, dataset.as_deref());
            text(item, 2, operation.as_deref());
            text(item, 3, region.as_deref());
            text(item, 4, resource.as_deref());
            text(item, 5, code.as_deref());
            long_text(item, 6, message);
            text(item, 7, action.as_deref());
            item.append(true);
        }
        self.gaps.append(true);
        self.tags.append_option(about.tags.as_ref().map(|tags| json_value(tags).to_string()));
    }

    fn finish(mut self) -> Result<RecordBatch, ArrowError> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.id.finish()),
            Arc::new(self.recommendation.finish()),
            Arc::new(self.control.finish()),
            Arc::new(self.title.finish()),
            Arc::new(self.section.finish()),
            Arc::new(self.level.finish()),
            Arc::new(self.status.finish()),
            Arc::new(self.settled.finish()),
            Arc::new(self.excepted_until.finish()),
            Arc::new(self.account_id.finish()),
            Arc::new(self.region.finish()),
            Arc::new(self.resource_type.finish()),
            Arc::new(self.resource_id.finish()),
            Arc::new(self.resource_arn.finish()),
            Arc::new(self.sub.finish()),
            Arc::new(self.message.finish()),
            Arc::new(self.template.finish()),
            Arc::new(self.values.finish()),
            Arc::new(self.evidence.finish()),
            Arc::new(self.gaps.finish()),
            Arc::new(self.tags.finish()),
        ];
        RecordBatch::try_new(schema(), columns)
    }
}

/// Days since 1970-01-01.
fn days(day: Date) -> i32 {
    (day - date(1970, 1, 1)).get_days()
}

fn text(item: &mut StructBuilder, field: usize, value: Option<&str>) {
    if let Some(builder) = item.field_builder::<StringBuilder>(field) {
        builder.append_option(value);
    }
}

fn long_text(item: &mut StructBuilder, field: usize, value: &str) {
    if let Some(builder) = item.field_builder::<LargeStringBuilder>(field) {
        builder.append_value(value);
    }
}
