//! What the controls on users' credentials share: the credential report, line by line.

use cis_core::prelude::*;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::Arn;
use crate::datasets::iam::{
    AccessKey, AccountSummary, Credential, CredentialReport, CredentialReports, Flag, Line, When,
};

/// The operation that the report's cells come from.
pub(super) const GET: &str = "iam:GetCredentialReport";

/// When the report was made: its `GeneratedTime`.
const GENERATED_AT: &str = "generated_at";

/// The report, and the summary that says how many users there are now.
pub(super) fn reads() -> Reads {
    Reads::of::<CredentialReports>().and::<AccountSummary>()
}

/// Judges every line of the credential report but root's. The report can be hours old, so that every finding shows when
/// it was made, and one more says how many users it does not know yet.
pub(super) fn each_user(
    facts: &Facts<'_>,
    findings: &mut Findings,
    verdict: impl Fn(&Credential, &CredentialReport) -> Result<Verdict, Gap>,
) -> Result<(), Gap> {
    let report = facts.rows::<CredentialReports>()?.one()?;
    let dated = |judged: Result<Verdict, Gap>| {
        let verdict = match judged {
            Ok(verdict) => verdict,
            Err(gap) => Verdict::from(gap),
        };
        verdict.evidence(GET, GENERATED_AT, &report.generated_time())
    };
    let mut lines: i64 = 0;
    for line in report.lines() {
        let (target, judged) = match line {
            Line::User(user) if user.user == CredentialReport::ROOT => continue,
            Line::Broken(line) if line.arn.as_deref().is_some_and(is_root) => continue,
            Line::User(user) => {
                let judged = report.fresh(facts.as_of()).and_then(|report| {
                    verdict(user, report)
                        .map_err(|gap| if gap.resource.is_none() { gap.resource(&user.arn) } else { gap })
                });
                (target(user), judged)
            }
            Line::Broken(line) => {
                let target = match &line.arn {
                    Some(arn) => Target::arn(arn),
                    None => Target::place().sub(format!("credential report line {line}")),
                };
                (target, Err(unreadable(gap_text!("line {line} has other cells than the header names"))))
            }
        };
        lines += 1;
        findings.push(target, dated(judged));
    }
    if lines == 0 {
        let message = msg!("The credential report lists no IAM user: nothing to judge.");
        findings.push(Target::place(), dated(report.fresh(facts.as_of()).map(|_| Verdict::not_applicable(message))));
    }
    newer_users(facts, findings, report, lines);
    Ok(())
}

/// Says so where the account has users that the report does not know yet, or where that could not be checked.
fn newer_users(facts: &Facts<'_>, findings: &mut Findings, report: &CredentialReport, lines: i64) {
    const SUMMARY: &str = "iam:GetAccountSummary";
    let generated = report.generated_time();
    let users = facts.rows::<AccountSummary>().and_then(|rows| rows.one()?.get("Users"));
    let verdict = match &users {
        // Fewer users than lines: some were deleted since.
        Ok(users) if *users <= lines => return,
        Ok(users) => {
            let newer = users - lines;
            let gap = gap(GapKind::Stale, gap_text!("{newer} of {users} users are newer than the report"));
            let message = msg!(
                "Newer than the credential report of {generated}: {newer} of {users} users, of whom nothing is known.",
                newer,
                users,
                generated
            );
            Verdict::unknown(message, gap)
        }
        Err(gap) => {
            let message = msg!(
                "It could not be checked whether users are newer than the credential report of {generated}: {gap}.",
                generated,
                gap = gap.in_message()
            );
            Verdict::unknown(message, gap.clone())
        }
    };
    let verdict = verdict.evidence_if_read(SUMMARY, "SummaryMap.Users", users);
    let verdict = verdict.evidence(GET, "lines of users", &lines).evidence(GET, GENERATED_AT, &generated);
    findings.push(Target::place(), verdict);
}

fn is_root(arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|arn| arn.resource() == "root")
}

fn target(user: &Credential) -> Target {
    match Arn::parse(&user.arn) {
        Some(_) => Target::arn(&user.arn),
        None => Target::id(&user.user),
    }
}

fn gap(kind: GapKind, message: impl Into<String>) -> Gap {
    Gap::new(kind, message).operation(GET).dataset(CredentialReports::NAME)
}

fn unreadable(message: String) -> Gap {
    gap(GapKind::Malformed, message)
}

/// Whether a cell says yes. `not_supported` is for root's: a user's cell that holds it says nothing.
pub(super) fn yes(cell: &Fact<Flag>, column: &str) -> Result<bool, Gap> {
    match cell.known()? {
        Flag::True => Ok(true),
        Flag::False => Ok(false),
        Flag::NotSupported => {
            Err(unreadable(gap_text!("the cell {column} holds not_supported, neither true nor false")))
        }
    }
}

/// The time in a cell that must hold one.
pub(super) fn time(cell: &Fact<When>, column: &str) -> Result<Timestamp, Gap> {
    match cell.known()? {
        When::At(at) => Ok(*at),
        other => Err(unreadable(gap_text!("the cell {column} holds {text}, which is no time", text = other))),
    }
}

/// Whether an access key is active.
pub(super) fn active(key: &AccessKey) -> Result<bool, Gap> {
    yes(&key.active, &column(key, "active"))
}

/// The name of a column of an access key: `access_key_1_active`.
pub(super) fn column(key: &AccessKey, what: &str) -> String {
    format!("{}_{what}", key.name)
}

/// Nothing if the report has columns for all that the user has; else a verdict that rests on all of it cannot be given.
pub(super) fn all_listed(user: &Credential) -> Result<(), Gap> {
    if !user.has_more {
        return Ok(());
    }
    let message =
        gap_text!("additional_credentials_info says that the user has credentials which the report has no columns for");
    Err(gap(GapKind::CutOff, message))
}

/// How long ago a moment was. What lies ahead, by a clock that differs, is now.
pub(super) fn age(as_of: Timestamp, since: Timestamp) -> SignedDuration {
    as_of.duration_since(since).max(SignedDuration::ZERO)
}

/// A number of days of 24 hours.
pub(super) fn of_days(days: i64) -> SignedDuration {
    SignedDuration::from_secs(days.saturating_mul(86_400))
}

/// A duration to the second: `45 d 1 h`.
pub(super) fn in_words(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    let units = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let parts: Vec<_> =
        units.iter().filter(|(number, _)| *number != 0).map(|(number, unit)| format!("{number} {unit}")).collect();
    if parts.is_empty() { "0 s".into() } else { parts.join(" ") }
}

/// A credential of a user, with the moment that its age counts from.
pub(super) struct Dated {
    /// `password`, `access_key_1`, `access_key_2`.
    pub(super) name: &'static str,
    pub(super) enabled: Result<bool, Gap>,
    pub(super) since: Result<Timestamp, Gap>,
}

/// What the ages of a user's credentials come to.
pub(super) enum Ages {
    TooOld(Vec<TooOld>),
    InTime,
    NothingEnabled,
}

/// An enabled credential that is too old.
#[derive(Serialize)]
pub(super) struct TooOld {
    credential: &'static str,
    since: Timestamp,
    age: String,
}

impl TooOld {
    /// For a message: `access_key_1 (45 d 1 h)`.
    pub(super) fn named(all: &[Self]) -> Vec<String> {
        all.iter().map(|old| format!("{} ({})", old.credential, old.age)).collect()
    }
}

impl Dated {
    fn too_old(&self, as_of: Timestamp, limit: &impl Fn(SignedDuration) -> bool) -> Result<Option<TooOld>, Gap> {
        let age = self.since.clone().map(|since| age(as_of, since));
        if !fact::all([self.enabled.clone(), age.clone().map(limit)])? {
            return Ok(None);
        }
        Ok(Some(TooOld { credential: self.name, since: self.since.clone()?, age: in_words(age?) }))
    }
}

/// Looks for enabled credentials whose age is too old. One that is beats all that could not be read.
pub(super) fn ages(
    user: &Credential,
    credentials: &[Dated],
    as_of: Timestamp,
    too_old: impl Fn(SignedDuration) -> bool,
) -> Result<Ages, Gap> {
    let (mut old, mut gaps) = (Vec::new(), Vec::new());
    for credential in credentials {
        match credential.too_old(as_of, &too_old) {
            Ok(found) => old.extend(found),
            Err(gap) => gaps.push(gap),
        }
    }
    if !old.is_empty() {
        return Ok(Ages::TooOld(old));
    }
    if let Some(gap) = gaps.into_iter().next() {
        return Err(gap);
    }
    all_listed(user)?;
    let enabled = fact::any(credentials.iter().map(|one| one.enabled.clone()))?;
    Ok(if enabled { Ages::InTime } else { Ages::NothingEnabled })
}

/// Credential reports for tests.
#[cfg(test)]
pub(super) mod testing {
    use std::collections::BTreeMap;

    use cis_core::testkit::{Cases, FactSet, rows, unread};

    use super::*;
    use crate::datasets::iam::SummaryMap;

    /// The columns of a live report, each with the cell of a user who has nothing.
    const COLUMNS: [(&str, &str); 22] = [
        ("user", ""),
        ("arn", ""),
        ("user_creation_time", "2025-01-01T00:00:00+00:00"),
        ("password_enabled", "false"),
        ("password_last_used", "N/A"),
        ("password_last_changed", "N/A"),
        ("password_next_rotation", "N/A"),
        ("mfa_active", "false"),
        ("access_key_1_active", "false"),
        ("access_key_1_last_rotated", "N/A"),
        ("access_key_1_last_used_date", "N/A"),
        ("access_key_1_last_used_region", "N/A"),
        ("access_key_1_last_used_service", "N/A"),
        ("access_key_2_active", "false"),
        ("access_key_2_last_rotated", "N/A"),
        ("access_key_2_last_used_date", "N/A"),
        ("access_key_2_last_used_region", "N/A"),
        ("access_key_2_last_used_service", "N/A"),
        ("cert_1_active", "false"),
        ("cert_1_last_rotated", "N/A"),
        ("cert_2_active", "false"),
        ("cert_2_last_rotated", "N/A"),
    ];

    /// Root as no user may be: every control that forgot to skip it fails.
    const ROOT: &str = "user=<root_account> arn=arn:aws:iam::123456789012:root password_enabled=true \
        password_last_used=2020-01-01T00:00:00+00:00 password_last_changed=not_supported \
        access_key_1_active=true access_key_1_last_rotated=2025-01-01T00:00:00+00:00 \
        access_key_2_active=true access_key_2_last_rotated=2020-01-01T00:00:00+00:00";

    pub(in super::super) const ANN: &str = "arn:aws:iam::123456789012:user/ann";
    pub(in super::super) const BEN: &str = "arn:aws:iam::123456789012:user/ben";

    /// A user's line: the cells that differ from those of a user who has nothing, `column=cell` with spaces between.
    #[derive(Clone)]
    pub(in super::super) struct Row(BTreeMap<String, String>);

    impl Row {
        /// From columns and cells; of two cells of a column the later counts.
        pub(in super::super) fn of<'a>(cells: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
            Self(cells.into_iter().map(|(column, cell)| (column.to_owned(), cell.to_owned())).collect())
        }
    }

    /// A report of these lines and no others, and no summary.
    pub(in super::super) fn lines(generated: &str, lines: impl IntoIterator<Item = Row>) -> FactSet {
        let generated = generated.parse().expect("RFC 3339");
        let report = CredentialReport::parse(text(lines), generated).expect("a credential report");
        rows::<CredentialReports>([report])
    }

    pub(in super::super) fn user(name: &str, cells: &str) -> Row {
        row(&format!("user={name} arn=arn:aws:iam::123456789012:user/{name} {cells}"))
    }

    fn row(cells: &str) -> Row {
        Row::of(cells.split_whitespace().map(|cell| cell.split_once('=').expect("column=cell")))
    }

    /// A report with root and one user, `ann`, of an hour ago.
    pub(in super::super) fn ann(cells: &str) -> FactSet {
        report([user("ann", cells)])
    }

    /// A report with root and these users, of an hour ago; the summary knows as many users.
    pub(in super::super) fn report(users: impl IntoIterator<Item = Row>) -> FactSet {
        generated("2025-12-31T23:00:00Z", users)
    }

    /// A report of another time.
    pub(in super::super) fn generated(at: &str, users: impl IntoIterator<Item = Row>) -> FactSet {
        let users: Vec<Row> = users.into_iter().collect();
        let count = users.len();
        csv(at, &text([row(ROOT)].into_iter().chain(users)), count)
    }

    fn text(rows: impl IntoIterator<Item = Row>) -> String {
        let rows: Vec<Row> = rows.into_iter().collect();
        let mut columns = COLUMNS.to_vec();
        for column in rows.iter().flat_map(|row| row.0.keys()) {
            if !columns.iter().any(|(name, _)| name == column) {
                columns.push((column, ""));
            }
        }
        let header = columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",");
        let line = |row: &Row| {
            let cell = |(name, default): &(&str, &str)| row.0.get(*name).cloned().unwrap_or((*default).to_owned());
            columns.iter().map(cell).collect::<Vec<_>>().join(",")
        };
        [header].into_iter().chain(rows.iter().map(line)).collect::<Vec<_>>().join("\n")
    }

    fn csv(generated: &str, csv: &str, users: usize) -> FactSet {
        let generated = generated.parse().expect("RFC 3339");
        let report = CredentialReport::parse(csv, generated).expect("a credential report");
        rows::<CredentialReports>([report]).and(summary(users))
    }

    /// How many users there are now.
    pub(in super::super) fn summary(users: usize) -> FactSet {
        rows::<AccountSummary>([SummaryMap([("Users".into(), users.into())].into())])
    }

    /// The cases that are the same for every control on users' credentials. A user who has nothing is not applicable to
    /// all of them; where nothing else is said, the verdicts on users do not rest on the summary.
    pub(in super::super) fn with_shared_cases(cases: Cases) -> Cases {
        const ACCOUNT: &str = "123456789012";
        let (ann, ben) = (user("ann", ""), user("ben", ""));
        let both = || report([ann.clone(), ben.clone()]);
        let whole = text([row(ROOT), ann.clone(), ben.clone()]);
        let broken = |from: &str, to: &str| csv("2025-12-31T23:00:00Z", &whole.replacen(from, to, 1), 2);
        let not_applicable = Status::NotApplicable;
        cases
            .each(
                "two users who have nothing; root is not judged",
                both(),
                &[(ANN, not_applicable), (BEN, not_applicable)],
            )
            .each(
                "a user newer than the report",
                both().and(summary(3)),
                &[(ACCOUNT, Status::Unknown), (ANN, not_applicable), (BEN, not_applicable)],
            )
            .each(
                "users were deleted since the report: nothing is said of it",
                both().and(summary(1)),
                &[(ANN, not_applicable), (BEN, not_applicable)],
            )
            .each(
                "the summary is denied: the users are judged, and whether others are newer is not known",
                both().and(unread::<AccountSummary>(GapKind::Denied)),
                &[(ACCOUNT, Status::Unknown), (ANN, not_applicable), (BEN, not_applicable)],
            )
            .not_applicable("no user but root", report([]))
            .unknown("no user but root in the report, and one by now", report([]).and(summary(1)))
            .each(
                "a line with a cell too few is its user's, if name and ARN are there",
                broken(&format!("{BEN},2025-01-01T00:00:00+00:00"), BEN),
                &[(ANN, not_applicable), (BEN, Status::Unknown)],
            )
            .each(
                "a line whose cells are shifted is nobody's",
                broken("\nben,", "\n"),
                &[("123456789012/credential report line 4", Status::Unknown), (ANN, not_applicable)],
            )
            .each(
                "a broken line of root's is not judged either",
                broken("arn:aws:iam::123456789012:root,", "arn:aws:iam::123456789012:root,extra,"),
                &[(ANN, not_applicable), (BEN, not_applicable)],
            )
            .each(
                "a report of exactly 24 hours",
                generated("2025-12-31T00:00:00Z", [ann.clone()]),
                &[(ANN, not_applicable)],
            )
            .unknown("a report older than 24 hours", generated("2025-12-30T23:59:59Z", [ann.clone(), ben.clone()]))
            .unknown("a report older than 24 hours without users", generated("2025-12-30T23:59:59Z", []))
            .unknown("the report is denied", unread::<CredentialReports>(GapKind::Denied))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_words() {
        for (seconds, words) in [
            (0, "0 s"),
            (59, "59 s"),
            (12_600, "3 h 30 min"),
            (3_887_999, "44 d 23 h 59 min 59 s"),
            (3_888_000, "45 d"),
        ] {
            assert_eq!(in_words(SignedDuration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn a_clock_that_differs_makes_nothing_younger_than_now() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(age(at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:05Z")), SignedDuration::ZERO);
        assert_eq!(age(at("2026-01-01T00:00:00Z"), at("2025-12-31T23:59:59Z")), SignedDuration::from_secs(1));
    }
}
