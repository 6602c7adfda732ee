//! The command line.

use std::path::PathBuf;

use cis_core::Locale;
use cis_core::format::{self, FORMATS};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand, ValueEnum};
use jiff::{SignedDuration, Timestamp};

const EXIT_CODES: &str = "\
Exit codes of a scan:
  0  nothing fails (a person may still have something to decide)
  1  something fails that no valid exception covers
  2  nothing does, but something is unknown
  3  the scan could not run, or the command line is wrong";

const COMPARE_EXIT_CODES: &str = "\
Exit codes:
  0  compared; with --fail-on new: nothing new fails
  1  with --fail-on new: something new fails that no valid exception covers
  2  with --fail-on new: nothing new does, but something is newly unknown
  3  the two cannot be compared, or the command line is wrong";

const PARSE_EXIT_CODES: &str = "\
Exit codes:
  0  it is understood
  3  it is not, or the command line is wrong";

const COVERS_EXIT_CODES: &str = "\
Exit codes:
  0  every event is caught
  1  an event is lost
  2  not proven; always so if a filter is not understood, since it was left out
  3  the required pattern is not understood, or the command line is wrong";

const REDACT_EXIT_CODES: &str = "\
Exit codes:
  0  the redacted snapshot is written
  3  it is not, or the command line is wrong";

/// Audits an AWS account against the CIS AWS Foundations Benchmark.
#[derive(Debug, Parser)]
#[command(name = "audit", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
    /// Writes what the program does to standard error, down to this level; debug tells every call of AWS
    #[arg(long, value_enum, value_name = "LEVEL", default_value = "off", global = true, display_order = 100)]
    pub(super) log: LogLevel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogLevel {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Audits the demo account that is part of this program
    #[command(after_help = EXIT_CODES)]
    Demo(ScanArgs),
    /// Audits a recorded account: a snapshot's folder, or its .tar.gz
    #[command(after_help = EXIT_CODES)]
    Snapshot(SnapshotArgs),
    /// Audits the account that the AWS credentials belong to; reads only
    #[command(after_help = EXIT_CODES)]
    Live(LiveArgs),
    /// Writes a snapshot without the names in it: account ids, names and addresses are replaced, findings stay
    #[command(after_help = REDACT_EXIT_CODES)]
    Redact(RedactArgs),
    /// Tells who would audit which account, and which of the IAM actions are denied; reads what the account has once, and one region
    Preflight(PreflightArgs),
    /// Tells what changed from one report of an account to a later one
    #[command(after_help = COMPARE_EXIT_CODES)]
    Compare(CompareArgs),
    /// Shows what changed from one version of the benchmark to another, and what that changes for an account
    Delta(DeltaArgs),
    /// Lists the recommendations of a version, and what each one reads
    List(ListArgs),
    /// Tells how to put right what a recommendation finds: in the console, by the AWS CLI, by Terraform; does nothing itself
    Remediation(RemediationArgs),
    /// Prints the IAM policy that a live audit takes: exactly what the selected recommendations read
    Permissions(PermissionsArgs),
    /// Tells what an IAM policy document grants: administration, open statements, public access, plain HTTP
    IamPolicy(IamPolicyArgs),
    /// Tells what a CloudWatch Logs filter pattern says, and whether some filters catch all that another one does
    #[command(subcommand)]
    Pattern(PatternCommand),
}

#[derive(Debug, Subcommand)]
pub(super) enum PatternCommand {
    /// Shows a filter pattern as it is understood
    #[command(after_help = PARSE_EXIT_CODES)]
    Parse(PatternParseArgs),
    /// Tells whether filters together catch every event that a required pattern catches, or shows one that they lose
    #[command(after_help = COVERS_EXIT_CODES)]
    Covers(PatternCoversArgs),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people: a table of at most 100 columns
    Text,
    /// For programs: all there is
    Json,
}

#[derive(Debug, clap::Args)]
pub(super) struct ScanArgs {
    /// The version of the benchmark
    #[arg(long, value_name = "VERSION", default_value = "2.0.0")]
    pub(super) benchmark: String,
    /// The profile: 1 for level 1 alone, 2 for both levels; by default both
    #[arg(long, value_name = "1|2", value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(super) level: Option<u8>,
    /// Only these recommendations, by id or key; * and ? are wildcards; repeatable
    #[arg(long, value_name = "ID-OR-KEY")]
    pub(super) select: Vec<String>,
    /// Only these regions; repeatable; by default every enabled one
    #[arg(long, value_name = "REGION")]
    pub(super) region: Vec<String>,
    /// The moment to judge at, in RFC 3339; a day means its midnight in UTC. By default the start of a live scan, else the
    /// moment that the snapshot has recorded
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub(super) as_of: Option<Timestamp>,
    /// Exceptions and attestations: a TOML or YAML file; repeatable
    #[arg(long, value_name = "PATH")]
    pub(super) review: Vec<PathBuf>,
    /// The form of the report; repeatable, each with an --output of its own. By default text
    #[arg(long, value_name = "FORMAT", value_parser = report_format())]
    pub(super) format: Vec<format::Format>,
    /// Writes the report to this file, whole or not at all, instead of to standard output (-); repeatable, the first for the
    /// first --format and so on
    #[arg(long, value_name = "PATH")]
    pub(super) output: Vec<PathBuf>,
    /// For --format asff and ocsf: an older report as JSON, or snapshot; its findings that are no more are told as archived (asff)
    /// or closed (ocsf)
    #[arg(long, value_name = "OLD")]
    pub(super) since: Option<PathBuf>,
    #[command(flatten)]
    pub(super) asff: AsffArgs,
    #[command(flatten)]
    pub(super) language: Language,
}

#[derive(Debug, clap::Args)]
pub(super) struct AsffArgs {
    /// For --format asff: the region of Security Hub that the findings go to; by default the first one scanned
    #[arg(long, value_name = "REGION")]
    pub(super) asff_region: Option<String>,
    /// For --format asff: the ARN of the product that the findings are of; by default the account's own
    #[arg(long, value_name = "ARN", conflicts_with = "asff_region")]
    pub(super) asff_product_arn: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Language {
    /// The language of what is written for people; json, jsonl and parquet are data in English alone
    #[arg(long, value_name = "LOCALE", default_value = "en", value_parser = locale())]
    pub(super) locale: Locale,
}

#[derive(Debug, clap::Args)]
pub(super) struct SnapshotArgs {
    /// The snapshot's folder, or its .tar.gz
    #[arg(value_name = "PATH")]
    pub(super) path: PathBuf,
    #[command(flatten)]
    pub(super) scan: ScanArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct RedactArgs {
    /// The snapshot's folder, or its .tar.gz
    #[arg(value_name = "SNAPSHOT")]
    pub(super) snapshot: PathBuf,
    /// The folder for the redacted snapshot, which must be new or empty
    #[arg(value_name = "OUT")]
    pub(super) out: PathBuf,
    /// A secret of at least 32 bytes that decides the replacements, so that they agree between snapshots; by default a
    /// random one that is not kept
    #[arg(long, value_name = "FILE")]
    pub(super) key_file: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[cfg_attr(not(feature = "live-base"), allow(dead_code, reason = "told in every build, used with a live source"))]
pub(super) struct Reach {
    /// Sends every call to this endpoint, such as that of a local stand-in for AWS
    #[arg(long, value_name = "URL")]
    pub(super) endpoint_url: Option<String>,
    /// The profile of the AWS configuration
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// A role to assume; the account that is read is the role's
    #[arg(long, value_name = "ARN")]
    pub(super) role_arn: Option<String>,
    /// The external id that the role's trust policy asks for
    #[arg(long, value_name = "ID", requires = "role_arn")]
    pub(super) external_id: Option<String>,
    /// The name of the role's session; by default cis-aws
    #[arg(long, value_name = "NAME", requires = "role_arn")]
    pub(super) role_session_name: Option<String>,
    /// Uses FIPS endpoints
    #[arg(long)]
    pub(super) fips: bool,
    /// Uses endpoints that answer by IPv6, too
    #[arg(long)]
    pub(super) dual_stack: bool,
}

#[derive(Debug, clap::Args)]
#[cfg_attr(not(feature = "live-base"), allow(dead_code, reason = "told in every build, used with a live source"))]
pub(super) struct PreflightArgs {
    #[command(flatten)]
    pub(super) reach: Reach,
    /// The version of the benchmark
    #[arg(long, value_name = "VERSION", default_value = "2.0.0")]
    pub(super) benchmark: String,
    /// The profile: 1 for level 1 alone, 2 for both levels; by default both
    #[arg(long, value_name = "1|2", value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(super) level: Option<u8>,
    /// Only these recommendations, by id or key; * and ? are wildcards; repeatable
    #[arg(long, value_name = "ID-OR-KEY")]
    pub(super) select: Vec<String>,
    /// The region to try; by default the one that is configured
    #[arg(long, value_name = "REGION")]
    pub(super) region: Vec<String>,
    /// The form of what is told
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) language: Language,
}

#[derive(Debug, clap::Args)]
#[cfg_attr(not(feature = "live-base"), allow(dead_code, reason = "told in every build, used with a live source"))]
pub(super) struct LiveArgs {
    #[command(flatten)]
    pub(super) reach: Reach,
    /// Ends the scan after this time, such as 90s or 10m, with the report of what was read by then; the rest is unknown
    #[arg(long, value_name = "TIME", value_parser = deadline)]
    pub(super) deadline: Option<SignedDuration>,
    /// Records all that is read as a snapshot in this folder, which must be new or empty
    #[arg(long, value_name = "PATH")]
    pub(super) record: Option<PathBuf>,
    /// Replaces account ids, names and addresses in what is recorded, as `audit redact` does; the report shows them
    #[arg(long, requires = "record")]
    pub(super) redact: bool,
    /// A secret of at least 32 bytes that decides the replacements, so that they agree between recordings; by default a
    /// random one that is not kept
    #[arg(long, value_name = "FILE", requires = "redact")]
    pub(super) key_file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) scan: ScanArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct CompareArgs {
    /// The older report as JSON, or an older snapshot (a folder, or its .tar.gz), which is scanned
    #[arg(value_name = "OLD")]
    pub(super) old: PathBuf,
    /// The newer report or snapshot
    #[arg(value_name = "NEW")]
    pub(super) new: PathBuf,
    /// The version of the benchmark that snapshots are scanned under; by default that of the report beside it, else 2.0.0
    #[arg(long, value_name = "VERSION")]
    pub(super) benchmark: Option<String>,
    /// Exceptions and attestations, for both: a TOML or YAML file; repeatable. By default, a report is taken as it is
    #[arg(long, value_name = "PATH")]
    pub(super) review: Vec<PathBuf>,
    /// What ends with an exit code other than 0; by default nothing does
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(super) fail_on: Option<FailOn>,
    /// The form of what is told
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: CompareFormat,
    #[command(flatten)]
    pub(super) asff: AsffArgs,
    #[command(flatten)]
    pub(super) language: Language,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CompareFormat {
    /// For people: what changed, in at most 100 columns
    Text,
    /// For programs: all that changed
    Json,
    /// For AWS Security Hub: the findings of NEW, and those of OLD that are no more as archived
    Asff,
    /// For security lakes: an event for each finding of NEW, and one that closes each of OLD that is no more
    Ocsf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// What fails and did not before, or else what is unknown and was not
    New,
}

#[derive(Debug, clap::Args)]
pub(super) struct DeltaArgs {
    /// The version before
    pub(super) from: String,
    /// The version after
    pub(super) to: String,
    /// Shows instead what the other version changes for this account: a snapshot's folder, or its .tar.gz
    #[arg(long, value_name = "PATH")]
    pub(super) on: Option<PathBuf>,
    /// The form of the list
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) language: Language,
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// The version of the benchmark
    #[arg(long, value_name = "VERSION", default_value = "2.0.0")]
    pub(super) benchmark: String,
    /// The form of the list
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) language: Language,
}

#[derive(Debug, clap::Args)]
pub(super) struct RemediationArgs {
    /// The recommendation, by id or key
    #[arg(value_name = "ID-OR-KEY")]
    pub(super) recommendation: String,
    /// The version of the benchmark; by default that of the report, else 2.0.0
    #[arg(long, value_name = "VERSION")]
    pub(super) benchmark: Option<String>,
    /// A report as JSON: tells it for each of its findings that fails or is for a person to decide
    #[arg(long, value_name = "PATH")]
    pub(super) report: Option<PathBuf>,
    /// Only for this resource, by ARN, id or name
    #[arg(long, value_name = "ARN-OR-ID")]
    pub(super) resource: Option<String>,
    /// The region of the resource; by default that of its ARN
    #[arg(long, value_name = "REGION", conflicts_with = "report")]
    pub(super) region: Option<String>,
    /// The form of what is told
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) language: Language,
}

#[derive(Debug, clap::Args)]
pub(super) struct IamPolicyArgs {
    /// The policy document
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// The bucket that it is the policy of, by name or ARN; by default every bucket that it names
    #[arg(long, value_name = "BUCKET")]
    pub(super) bucket: Option<String>,
    /// The form of the answers
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) language: Language,
}

#[derive(Debug, clap::Args)]
pub(super) struct PermissionsArgs {
    /// The version of the benchmark
    #[arg(long, value_name = "VERSION", default_value = "2.0.0")]
    pub(super) benchmark: String,
    /// The profile: 1 for level 1 alone, 2 for both levels; by default both
    #[arg(long, value_name = "1|2", value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(super) level: Option<u8>,
    /// Only these recommendations, by id or key; * and ? are wildcards; repeatable
    #[arg(long, value_name = "ID-OR-KEY")]
    pub(super) select: Vec<String>,
    /// The form of the policy
    #[arg(long, value_enum, default_value = "json")]
    pub(super) format: PermissionsFormat,
    /// As many policies as it takes to keep each within the size of a managed policy; as JSON, an array
    #[arg(long)]
    pub(super) split: bool,
    #[command(flatten)]
    pub(super) language: Language,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PermissionsFormat {
    /// The policy document
    Json,
    /// A Terraform configuration: a role with an example of a trust policy, and the policy
    Terraform,
}

#[derive(Debug, clap::Args)]
pub(super) struct PatternParseArgs {
    /// The filter pattern, in one argument; it may be empty or begin with a dash
    #[arg(value_name = "PATTERN", allow_hyphen_values = true)]
    pub(super) pattern: String,
    /// The form of the answer
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) language: Language,
}

#[derive(Debug, clap::Args)]
pub(super) struct PatternCoversArgs {
    /// The pattern whose events must all be caught; it may be empty or begin with a dash
    #[arg(long, value_name = "PATTERN", allow_hyphen_values = true)]
    pub(super) required: String,
    /// A filter; repeatable: the filters catch together
    #[arg(long = "filter", value_name = "PATTERN", required = true, allow_hyphen_values = true)]
    pub(super) filters: Vec<String>,
    /// The form of the answer
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) language: Language,
}

/// The tag of a language that reports come in.
fn locale() -> impl TypedValueParser<Value = Locale> {
    let tags = Locale::TAGS.iter().map(|tag| PossibleValue::new(*tag));
    PossibleValuesParser::new(tags).try_map(|tag| crate::locale(&tag))
}

/// The name of a form that reports come in.
fn report_format() -> impl TypedValueParser<Value = format::Format> {
    let named = FORMATS.iter().map(|format| PossibleValue::new(format.name).help(format.about));
    PossibleValuesParser::new(named).try_map(|name| name.parse::<format::Format>())
}

/// A moment in RFC 3339, or a day.
fn moment(text: &str) -> Result<Timestamp, String> {
    // A day alone, and not a time without an offset: nobody could say which moment that is.
    let day = text.len() == "2024-05-01".len();
    let at = if day { format!("{text}T00:00:00Z").parse() } else { text.parse() };
    at.map_err(|_: jiff::Error| {
        "not a moment; give one such as 2024-05-01T12:00:00Z, or a day such as 2024-05-01 for its midnight in UTC"
            .into()
    })
}

/// A length of time above zero.
fn deadline(text: &str) -> Result<SignedDuration, String> {
    match text.parse::<SignedDuration>() {
        Ok(time) if time.is_positive() => Ok(time),
        _ => Err("not a length of time; give one such as 90s, 10m or 1h30m".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines() {
        for (text, seconds) in [
            ("90s", Some(90)),
            ("10m", Some(600)),
            ("1h30m", Some(5_400)),
            ("1h 30m", Some(5_400)),
            ("0s", None),
            ("-5m", None),
            ("90", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(deadline(text).ok().map(|time| time.as_secs()), seconds, "{text:?}");
        }
    }

    #[test]
    fn moments() {
        for (text, at) in [
            ("2024-05-01T12:00:00Z", Some("2024-05-01T12:00:00Z")),
            ("2024-05-01T12:00:00+09:00", Some("2024-05-01T03:00:00Z")),
            ("2024-05-01", Some("2024-05-01T00:00:00Z")),
            ("2024-02-30", None),
            ("2024-05-01T12:00:00", None),
            ("2024-05-01 12:00", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(moment(text).ok().map(|at| at.to_string()).as_deref(), at, "{text:?}");
        }
    }
}
