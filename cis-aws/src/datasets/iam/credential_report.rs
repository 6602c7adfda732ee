//! The credential report: a row of text cells a user, hours old.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cis_core::{Dataset, Fact, Gap, GapKind, Layout, Operation, PlaceKind, gap_text};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::arn::Arn;
use crate::time::Time;

/// The credential report. Place: account. One row: the report. AWS serves a report for up to four hours, so that it can be
/// older than all else in a scan.
/// Source: `GenerateCredentialReport` until it is complete, then `GetCredentialReport`.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetCredentialReport.html>
#[derive(Debug)]
pub struct CredentialReports;

impl Dataset for CredentialReports {
    type Row = CredentialReport;
    const NAME: &'static str = "iam.credential_report";
    const PLACE: PlaceKind = PlaceKind::Account;
    const OPERATIONS: &'static [Operation] =
        &[Operation::named("iam:GetCredentialReport"), Operation::named("iam:GenerateCredentialReport")];
    const LAYOUT: Layout = Layout::single(&[]);
}

/// The operation that a report's cells come from, for evidence.
const GET: &str = "iam:GetCredentialReport";

/// AWS keeps a report for four hours; a day leaves room for a slow scan and for clocks that differ.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);

/// A credential report with its cells read. In JSON it is AWS's own answer, the CSV in base64; plain CSV is read as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Answer", into = "Answer")]
pub struct CredentialReport {
    csv: String,
    generated_time: Timestamp,
    lines: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
struct Answer {
    content: String,
    #[serde(default)]
    report_format: Option<String>,
    generated_time: Time,
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for CredentialReport {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CredentialReport".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Answer::json_schema(generator)
    }
}

/// A line of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A user's.
    User(Box<Credential>),
    /// One whose cells do not fit the header, so that none of them can be told apart for certain.
    Broken(BrokenLine),
}

/// A line whose cells do not fit the header. Shown as its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenLine {
    /// Its number, the header being line 1.
    pub number: u64,
    /// The ARN of its user or of root, where name and ARN stand in their columns and agree.
    pub arn: Option<String>,
}

impl std::fmt::Display for BrokenLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.number.fmt(f)
    }
}

/// A user's line, the cells by their column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The user's name, or `<root_account>`.
    pub user: String,
    /// The user's ARN.
    pub arn: String,
    /// When the user was made.
    pub user_creation_time: Fact<When>,
    /// Whether there is a console password.
    pub password_enabled: Fact<Flag>,
    /// When it was last used. `no_information`: never, or before 2014-10-20.
    pub password_last_used: Fact<When>,
    /// When it was last set.
    pub password_last_changed: Fact<When>,
    /// Whether an MFA device is enabled.
    pub mfa_active: Fact<Flag>,
    /// The two access keys.
    pub access_keys: [AccessKey; 2],
    /// The two X.509 signing certificates.
    pub signing_certificates: [SigningCertificate; 2],
    /// Whether the user has more credentials than the report has columns for.
    pub has_more: bool,
}

/// The cells of an access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// `access_key_1` or `access_key_2`.
    pub name: &'static str,
    /// Whether it is active.
    pub active: Fact<Flag>,
    /// When it was made or last changed. `N/A`: there is none.
    pub last_rotated: Fact<When>,
    /// When it was last used. `N/A`: there is none, or it was not used since 2015-04-22.
    pub last_used_date: Fact<When>,
    /// Where it was last used, as the report says.
    pub last_used_region: Option<String>,
    /// For which service it was last used, as the report says.
    pub last_used_service: Option<String>,
}

/// The cells of a signing certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningCertificate {
    /// `cert_1` or `cert_2`.
    pub name: &'static str,
    /// Whether it is active.
    pub active: Fact<Flag>,
    /// When it was made or last changed. `N/A`: there is none.
    pub last_rotated: Fact<When>,
}

/// A cell that holds yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// `true`, in any case.
    True,
    /// `false`, in any case.
    False,
    /// `not_supported`: older reports say so of root's password.
    NotSupported,
}

/// A cell that holds a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// This time.
    At(Timestamp),
    /// `N/A`.
    NotApplicable,
    /// `no_information`.
    NoInformation,
    /// `not_supported`.
    NotSupported,
}

impl Flag {
    /// As the report writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::NotSupported => "not_supported",
        }
    }

    /// Whether it is true.
    pub fn is_true(self) -> bool {
        self == Self::True
    }
}

impl When {
    /// The time, if it is one.
    pub fn at(self) -> Option<Timestamp> {
        if let Self::At(at) = self { Some(at) } else { None }
    }
}

impl std::fmt::Display for When {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::At(at) => at.fmt(f),
            Self::NotApplicable => f.write_str("N/A"),
            Self::NoInformation => f.write_str("no_information"),
            Self::NotSupported => f.write_str("not_supported"),
        }
    }
}

impl Serialize for When {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Flag {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl CredentialReport {
    /// The name that the report gives to root.
    pub const ROOT: &'static str = "<root_account>";

    /// Reads a report.
    ///
    /// # Errors
    /// No header with the columns `user` and `arn`: it is no credential report.
    pub fn parse(csv: impl Into<String>, generated_time: Timestamp) -> Result<Self, Gap> {
        let csv = csv.into();
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(csv.as_bytes());
        let malformed = |message: String| Gap::malformed(message).operation(GET).dataset(CredentialReports::NAME);
        let header =
            reader.headers().map_err(|error| malformed(gap_text!("the credential report is no CSV: {error}")))?.clone();
        for column in ["user", "arn"] {
            if !header.iter().any(|name| name == column) {
                return Err(malformed(gap_text!("the credential report has no column {column:?}")));
            }
        }
        let whose = |record: &csv::StringRecord| {
            let cell = |column: &str| record.get(header.iter().position(|name| name == column)?);
            let (user, arn) = (cell("user")?, cell("arn")?);
            let agree = match Arn::parse(arn)?.resource().strip_prefix("user/") {
                Some(path) => path.rsplit('/').next() == Some(user),
                None => user == Self::ROOT,
            };
            agree.then(|| arn.to_owned())
        };
        let mut lines = Vec::new();
        for (index, record) in reader.records().enumerate() {
            let number = index as u64 + 2;
            match record {
                Ok(record) if record.len() == header.len() => {
                    let cells: BTreeMap<&str, &str> = header.iter().zip(record.iter()).collect();
                    lines.push(Line::User(Box::new(Credential::read(&Cells { cells }))));
                }
                Ok(record) => lines.push(Line::Broken(BrokenLine { number, arn: whose(&record) })),
                Err(_) => lines.push(Line::Broken(BrokenLine { number, arn: None })),
            }
        }
        Ok(Self { csv, generated_time, lines })
    }

    /// When AWS made the report.
    pub fn generated_time(&self) -> Timestamp {
        self.generated_time
    }

    /// The lines, root's among them, in the report's order.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The report, unless it is too old to judge by at a moment.
    pub fn fresh(&self, as_of: Timestamp) -> Result<&Self, Gap> {
        if as_of.duration_since(self.generated_time) <= MAX_AGE {
            return Ok(self);
        }
        let message = gap_text!("report older than 24 h: it was generated at {at}", at = self.generated_time);
        Err(Gap::new(GapKind::Stale, message).operation(GET).dataset(CredentialReports::NAME))
    }

    /// Root's line. None if the report has none.
    pub fn root(&self) -> Option<&Credential> {
        self.users().find(|credential| credential.user == Self::ROOT)
    }

    fn users(&self) -> impl Iterator<Item = &Credential> {
        self.lines.iter().filter_map(|line| match line {
            Line::User(credential) => Some(&**credential),
            Line::Broken(_) => None,
        })
    }
}

impl TryFrom<Answer> for CredentialReport {
    type Error = String;

    fn try_from(answer: Answer) -> Result<Self, String> {
        let csv = if answer.content.starts_with("user,") {
            answer.content
        } else {
            let text: String = answer.content.split_ascii_whitespace().collect();
            let bytes = STANDARD.decode(text).map_err(|error| format!("Content is not base64: {error}"))?;
            String::from_utf8(bytes).map_err(|error| format!("the credential report is not UTF-8: {error}"))?
        };
        Self::parse(csv, answer.generated_time.0).map_err(|gap| gap.message)
    }
}

impl From<CredentialReport> for Answer {
    fn from(report: CredentialReport) -> Self {
        Self {
            content: STANDARD.encode(report.csv),
            report_format: Some("text/csv".into()),
            generated_time: Time(report.generated_time),
        }
    }
}

/// The cells of a line, by column name.
struct Cells<'a> {
    cells: BTreeMap<&'a str, &'a str>,
}

impl Cells<'_> {
    fn text(&self, column: &str) -> Result<&str, Gap> {
        let missing = || self.unreadable(gap_text!("the credential report has no column {column:?}"));
        self.cells.get(column).copied().ok_or_else(missing)
    }

    fn unreadable(&self, message: String) -> Gap {
        let gap = Gap::malformed(message).operation(GET).dataset(CredentialReports::NAME);
        match self.cells.get("arn") {
            Some(arn) => gap.resource(*arn),
            None => gap,
        }
    }

    fn flag(&self, column: &str) -> Fact<Flag> {
        Fact::from(self.text(column).and_then(|text| match text.to_ascii_lowercase().as_str() {
            "true" => Ok(Flag::True),
            "false" => Ok(Flag::False),
            "not_supported" => Ok(Flag::NotSupported),
            _ => Err(self.unreadable(gap_text!("the cell {column} holds {text:?}, neither true nor false"))),
        }))
    }

    fn when(&self, column: &str) -> Fact<When> {
        Fact::from(self.text(column).and_then(|text| {
            match text {
                "N/A" => Ok(When::NotApplicable),
                "no_information" => Ok(When::NoInformation),
                "not_supported" => Ok(When::NotSupported),
                _ => text
                    .parse()
                    .map(When::At)
                    .map_err(|_| self.unreadable(gap_text!("the cell {column} holds {text:?}, which is no time"))),
            }
        }))
    }

    fn access_key(&self, name: &'static str) -> AccessKey {
        let text = |what: &str| {
            let cell = self.cells.get(format!("{name}_{what}").as_str()).copied();
            cell.filter(|text| !matches!(*text, "" | "N/A")).map(str::to_owned)
        };
        AccessKey {
            name,
            active: self.flag(&format!("{name}_active")),
            last_rotated: self.when(&format!("{name}_last_rotated")),
            last_used_date: self.when(&format!("{name}_last_used_date")),
            last_used_region: text("last_used_region"),
            last_used_service: text("last_used_service"),
        }
    }

    fn signing_certificate(&self, name: &'static str) -> SigningCertificate {
        SigningCertificate {
            name,
            active: self.flag(&format!("{name}_active")),
            last_rotated: self.when(&format!("{name}_last_rotated")),
        }
    }
}

impl Credential {
    fn read(cells: &Cells<'_>) -> Self {
        let text = |column: &str| cells.cells.get(column).copied().unwrap_or_default();
        Self {
            user: text("user").to_owned(),
            arn: text("arn").to_owned(),
            user_creation_time: cells.when("user_creation_time"),
            password_enabled: cells.flag("password_enabled"),
            password_last_used: cells.when("password_last_used"),
            password_last_changed: cells.when("password_last_changed"),
            mfa_active: cells.flag("mfa_active"),
            access_keys: [cells.access_key("access_key_1"), cells.access_key("access_key_2")],
            signing_certificates: [cells.signing_certificate("cert_1"), cells.signing_certificate("cert_2")],
            has_more: !matches!(text("additional_credentials_info"), "" | "N/A"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "user,arn,password_enabled,mfa_active,password_last_used,access_key_1_active,extra";

    fn report(lines: &str) -> CredentialReport {
        CredentialReport::parse(format!("{HEADER}\n{lines}"), "2026-01-01T00:00:00Z".parse().unwrap()).unwrap()
    }

    fn first(lines: &str) -> Credential {
        match report(lines).lines().first().unwrap() {
            Line::User(credential) => (**credential).clone(),
            Line::Broken(number) => panic!("line {number} is broken"),
        }
    }

    #[test]
    fn cells() {
        let ann = first("ann,arn:aws:iam::123456789012:user/ann,TRUE,false,N/A,maybe,x");
        assert_eq!(ann.password_enabled, Fact::Known(Flag::True), "documented as upper case, seen as lower");
        assert_eq!(ann.mfa_active, Fact::Known(Flag::False));
        assert_eq!(ann.password_last_used, Fact::Known(When::NotApplicable));
        assert!(
            ann.access_keys[0].active.known().unwrap_err().message.contains("\"maybe\""),
            "no other text is a flag"
        );
        assert!(ann.signing_certificates[1].active.known().is_err(), "a report without the column says nothing");
        assert!(ann.access_keys[1].active.known().unwrap_err().message.contains("no column \"access_key_2_active\""));
    }

    #[test]
    fn a_comma_in_a_name_shifts_nothing() {
        let quoted = first("\"a,b\",arn:aws:iam::123456789012:user/a,true,true,no_information,false,x");
        assert_eq!((quoted.user.as_str(), quoted.password_last_used.known()), ("a,b", Ok(&When::NoInformation)));
        let broken = report(
            "a,b,arn:aws:iam::123456789012:user/a,true,true,no_information,false,x\nann,a,true,true,N/A,false,x",
        );
        assert_eq!(broken.lines()[0], Line::Broken(BrokenLine { number: 2, arn: None }));
        assert!(matches!(broken.lines()[1], Line::User(_)), "the next line is whole");
    }

    #[test]
    fn a_broken_line_is_a_users_only_where_name_and_arn_agree() {
        let arn = |line: &str| match report(line).lines() {
            [Line::Broken(BrokenLine { number: 2, arn })] => arn.clone(),
            other => panic!("{other:?}"),
        };
        let user = |name: &str| Some(format!("arn:aws:iam::123456789012:{name}"));
        assert_eq!(
            arn("ann,arn:aws:iam::123456789012:user/team/ann,true"),
            user("user/team/ann"),
            "cells at the end are missing"
        );
        assert_eq!(arn("<root_account>,arn:aws:iam::123456789012:root,true"), user("root"));
        assert_eq!(arn("\"a,b\",arn:aws:iam::123456789012:user/a,b,true,true,N/A,false,x"), None, "not the user a");
        assert_eq!(arn("arn:aws:iam::123456789012:user/ann,true"), None, "shifted");
        assert_eq!(arn("ann"), None);
    }

    #[test]
    fn the_answer_of_the_cli_drops_in() {
        let whole = report("ann,a,true,true,N/A,false,x");
        let json = serde_json::to_value(&whole).unwrap();
        assert_eq!(json["ReportFormat"], "text/csv");
        assert_eq!(serde_json::from_value::<CredentialReport>(json).unwrap(), whole);
        let plain = serde_json::json!({"Content": format!("{HEADER}\n"), "GeneratedTime": "2026-01-01T00:00:00+00:00"});
        assert_eq!(serde_json::from_value::<CredentialReport>(plain).unwrap().lines(), []);
        for bad in [serde_json::json!("%%%"), serde_json::json!(STANDARD.encode("a,b\n1,2\n"))] {
            let answer = serde_json::json!({"Content": bad, "GeneratedTime": "2026-01-01T00:00:00Z"});
            assert!(serde_json::from_value::<CredentialReport>(answer).is_err());
        }
    }

    #[test]
    fn a_day_old_is_too_old() {
        let report = report("");
        assert!(report.fresh("2026-01-02T00:00:00Z".parse().unwrap()).is_ok());
        assert_eq!(report.fresh("2026-01-02T00:00:01Z".parse().unwrap()).unwrap_err().kind, GapKind::Stale);
    }
}
