//! The findings as Apache Parquet, for data lakes and data frames.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::Compression;
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use arrow_array::builder::{StringBuilder, TimestampMillisecondBuilder, UInt8Builder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};

use super::Format;
use super::outline::findings;
use crate::finding::Finding;
use crate::report::{Judged, Report};

pub(super) const FORMAT: Format = Format {
    name: "parquet",
    about: "for data lakes: Apache Parquet, a finding a row",
    extension: "parquet",
    binary: true,
    write: |report, _, to| parquet(report, to),
};

/// How many findings are put together before they are written.
const ROW_GROUP: usize = 50_000;

/// The Arrow schema of the rows. Later versions add columns at the end alone.
///
/// `as_of` is in milliseconds, UTC. `recommendation`, `title`, `section`, `level` and `assessment` are null for a control
/// outside the benchmark; `resource_arn`, `region` and `sub` where the resource has none; `attested_by`, `attestation` and
/// `exception` where there is none. `values`, `gaps`, `evidence`, `attestation` and `exception` are JSON, as in the report.
/// `status` is what the facts give, `verdict` what counts once an attestation has settled it.
pub fn parquet_schema() -> SchemaRef {
    let text = |name| Field::new(name, DataType::Utf8, false);
    let maybe = |name| Field::new(name, DataType::Utf8, true);
    Arc::new(Schema::new(vec![
        text("benchmark"),
        text("benchmark_version"),
        text("partition"),
        text("account_id"),
        Field::new("as_of", DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())), false),
        maybe("recommendation"),
        text("control"),
        maybe("title"),
        maybe("section"),
        Field::new("level", DataType::UInt8, true),
        maybe("assessment"),
        text("status"),
        text("resource_type"),
        text("resource_id"),
        maybe("resource_arn"),
        maybe("region"),
        maybe("sub"),
        text("message"),
        text("template"),
        text("values"),
        text("gaps"),
        text("evidence"),
        text("id"),
        text("verdict"),
        maybe("attested_by"),
        maybe("attestation"),
        maybe("exception"),
        maybe("tags"),
    ]))
}

/// Writes a row for each finding, in the columns of [`parquet_schema`], compressed with Snappy.
///
/// # Errors
/// Those of the writer.
pub fn parquet(report: &Report, mut to: impl Write) -> io::Result<()> {
    let sink = Sink::default();
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = ArrowWriter::try_new(sink.clone(), parquet_schema(), Some(properties)).map_err(failed)?;
    let mut rows = findings(report).peekable();
    while rows.peek().is_some() {
        let batch = batch(report, rows.by_ref().take(ROW_GROUP))?;
        writer.write(&batch).and_then(|()| writer.flush()).map_err(failed)?;
        to.write_all(&sink.take())?;
    }
    writer.close().map_err(failed)?;
    to.write_all(&sink.take())?;
    to.flush()
}

fn failed(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

fn batch<'a>(
    report: &Report,
    rows: impl Iterator<Item = (&'a Finding, Option<&'a Judged>)>,
) -> io::Result<RecordBatch> {
    let rows: Vec<_> = rows.collect();
    let text = |of: &dyn Fn(&'a Finding) -> &'a str| -> ArrayRef {
        let mut column = StringBuilder::new();
        column.extend(rows.iter().map(|(finding, _)| Some(of(finding))));
        Arc::new(column.finish())
    };
    let same = |value: &str| -> ArrayRef {
        let mut column = StringBuilder::new();
        column.extend(rows.iter().map(|_| Some(value)));
        Arc::new(column.finish())
    };
    let maybe = |of: &dyn Fn(&'a Finding, Option<&'a Judged>) -> Option<&'a str>| -> ArrayRef {
        let mut column = StringBuilder::new();
        column.extend(rows.iter().map(|(finding, judged)| of(finding, *judged)));
        Arc::new(column.finish())
    };
    let maybe_json = |of: &dyn Fn(&Finding) -> serde_json::Result<Option<String>>| -> io::Result<ArrayRef> {
        let mut column = StringBuilder::new();
        for (finding, _) in &rows {
            column.append_option(of(finding)?);
        }
        Ok(Arc::new(column.finish()))
    };
    let json = |of: &dyn Fn(&Finding) -> serde_json::Result<String>| maybe_json(&|finding| of(finding).map(Some));
    let mut as_of = TimestampMillisecondBuilder::new().with_timezone("UTC");
    let mut level = UInt8Builder::new();
    for (_, judged) in &rows {
        as_of.append_value(report.as_of.as_millisecond());
        level.append_option(judged.map(|judged| judged.level));
    }
    let columns = vec![
        same(&report.benchmark.name),
        same(&report.benchmark.version),
        same(&report.partition),
        text(&|finding| &finding.resource.account_id),
        Arc::new(as_of.finish()),
        maybe(&|finding, _| finding.recommendation.as_deref()),
        text(&|finding| &finding.control),
        maybe(&|_, judged| judged.map(|judged| judged.title.as_str())),
        maybe(&|_, judged| judged.map(|judged| judged.section.as_str())),
        Arc::new(level.finish()),
        maybe(&|_, judged| judged.map(|judged| judged.assessment.as_str())),
        text(&|finding| finding.status.as_str()),
        text(&|finding| &finding.resource.kind),
        text(&|finding| &finding.resource.id),
        maybe(&|finding, _| finding.resource.arn.as_deref()),
        maybe(&|finding, _| finding.resource.region.as_deref()),
        maybe(&|finding, _| finding.resource.sub.as_deref()),
        text(&|finding| &finding.message),
        text(&|finding| &finding.template),
        json(&|finding| serde_json::to_string(&finding.values))?,
        json(&|finding| serde_json::to_string(&finding.gaps))?,
        json(&|finding| serde_json::to_string(&finding.evidence))?,
        maybe_json(&|finding| Ok(Some(finding.id())))?,
        text(&|finding| finding.verdict().as_str()),
        maybe(&|finding, _| finding.attestation.as_ref().map(|attestation| attestation.by.as_str())),
        maybe_json(&|finding| finding.attestation.as_ref().map(serde_json::to_string).transpose())?,
        maybe_json(&|finding| finding.exception.as_ref().map(serde_json::to_string).transpose())?,
        maybe_json(&|finding| finding.resource.tags.as_ref().map(serde_json::to_string).transpose())?,
    ];
    RecordBatch::try_new(parquet_schema(), columns).map_err(|error: ArrowError| io::Error::other(error))
}

/// What Parquet has written and the caller's writer has not had yet: the former must be its own and go between threads, the
/// latter need not.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn take(&self) -> Vec<u8> {
        mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use arrow_array::cast::AsArray;

    use super::super::sample;
    use super::*;

    fn read(report: &Report) -> Vec<RecordBatch> {
        let mut file = tempfile::tempfile().unwrap();
        parquet(report, &mut file).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        assert_eq!(reader.schema().fields(), parquet_schema().fields());
        reader.build().unwrap().map(Result::unwrap).collect()
    }

    fn texts(batch: &RecordBatch, column: &str) -> Vec<Option<String>> {
        batch.column_by_name(column).unwrap().as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
    }

    #[test]
    fn a_row_is_a_finding() {
        let report = sample::whole();
        let [batch] = &read(&report)[..] else { panic!("one batch") };
        let some = |texts: &[&str]| texts.iter().map(|&text| Some(text.to_owned())).collect::<Vec<_>>();
        assert_eq!(texts(batch, "status"), some(&["pass", "unknown", "fail", "not_applicable", "manual"]));
        let ids: Vec<_> = report.findings.iter().map(|finding| Some(finding.id())).collect();
        assert_eq!(texts(batch, "id"), ids);
        assert_eq!(texts(batch, "title")[4], None, "outside the benchmark");
        assert_eq!(texts(batch, "region")[2].as_deref(), Some("eu-central-1"));
        assert_eq!(texts(batch, "values")[2].as_deref(), Some(r#"{"age":91,"max":90}"#));
        assert_eq!(texts(batch, "tags")[1..=2], [None, Some(r#"{"team":"web"}"#.to_owned())], "where they were read");
    }

    #[test]
    fn what_people_decided_stands_in_columns() {
        let [batch] = &read(&sample::reviewed())[..] else { panic!("one batch") };
        let of = |column: &str, row: usize| texts(batch, column)[row].clone().unwrap_or_default();
        let (excepted, expired, attested) = (2, 3, 5);
        assert_eq!((&*of("status", attested), &*of("verdict", attested)), ("manual", "pass"));
        assert_eq!(of("attested_by", attested), "Ann Example");
        assert!(of("attestation", attested).contains(r#""valid_until":"2024-12-31""#));
        assert_eq!((&*of("status", excepted), &*of("verdict", excepted)), ("fail", "fail"));
        assert!(of("exception", excepted).contains(r#""ticket":"WEB-1""#));
        assert_eq!((&*of("verdict", expired), texts(batch, "exception")[expired].as_deref()), ("fail", None));
    }

    #[test]
    fn every_text_comes_back() {
        for text in sample::HOSTILE {
            let rows: Vec<_> = read(&sample::all_of(text)).iter().flat_map(|batch| texts(batch, "message")).collect();
            assert_eq!(rows, vec![Some(text.to_owned()); 6], "{text:?}");
        }
    }

    #[test]
    fn no_finding_is_no_row() {
        assert!(read(&sample::report(&[], Vec::new(), Vec::new())).is_empty());
    }
}
