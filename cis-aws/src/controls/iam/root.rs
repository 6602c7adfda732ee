//! Root, as the account summary and the credential report show it.

use cis_core::prelude::*;

use crate::datasets::iam::{AccountSummary, Credential, CredentialReport, CredentialReports, Flag, Line, SummaryMap};

pub(super) const SUMMARY: &str = "iam:GetAccountSummary";
pub(super) const REPORT: &str = "iam:GetCredentialReport";

/// Root's ARN, by which AWS also names the account as a whole.
pub(super) fn arn(facts: &Facts<'_>) -> String {
    format!("arn:{}:iam::{}:root", facts.partition(), facts.account_id())
}

/// The account summary.
pub(super) fn summary<'a>(facts: &Facts<'a>) -> Result<&'a SummaryMap, Gap> {
    facts.rows::<AccountSummary>()?.one()
}

/// The credential report, unless it is too old to judge by.
pub(super) fn report<'a>(facts: &Facts<'a>) -> Result<&'a CredentialReport, Gap> {
    facts.rows::<CredentialReports>()?.one()?.fresh(facts.as_of())
}

/// Root's line of a report; none if it is known that there is none.
pub(super) fn line_of(report: &CredentialReport) -> Result<Option<&Credential>, Gap> {
    if let Some(root) = report.root() {
        return Ok(Some(root));
    }
    for line in report.lines() {
        if let Line::Broken(number) = line {
            let message = gap_text!("line {number} of the credential report does not fit its header and may be root's");
            return Err(Gap::malformed(message).operation(REPORT).dataset(CredentialReports::NAME));
        }
    }
    Ok(None)
}

/// The credential report and root's line of it.
pub(super) fn line<'a>(facts: &Facts<'a>) -> Result<(&'a CredentialReport, &'a Credential), Gap> {
    let report = report(facts)?;
    let missing = || {
        let message = gap_text!("the credential report of {at} has no line for root", at = report.generated_time());
        Gap::malformed(message).operation(REPORT).dataset(CredentialReports::NAME)
    };
    Ok((report, line_of(report)?.ok_or_else(missing)?))
}

/// Whether a cell says true; a gap where it says neither true nor false.
pub(super) fn is_true(cell: &Fact<Flag>) -> Result<bool, Gap> {
    match cell.known()? {
        Flag::True => Ok(true),
        Flag::False => Ok(false),
        Flag::NotSupported => {
            let message = gap_text!("the cell holds \"not_supported\", neither true nor false");
            Err(Gap::malformed(message).operation(REPORT).dataset(CredentialReports::NAME))
        }
    }
}

/// A credential report with this line for root, for tests: cells by column, all others `N/A` or `false`.
#[cfg(test)]
pub(super) fn report_with(generated_at: &str, root: &[(&str, &str)]) -> cis_core::testkit::FactSet {
    report_of(generated_at, "<root_account>", root)
}

/// A credential report whose one line is this user's, for tests.
#[cfg(test)]
pub(super) fn report_of(generated_at: &str, user: &str, cells: &[(&str, &str)]) -> cis_core::testkit::FactSet {
    const ROOTS: [(&str, &str); 5] = [
        ("arn", "arn:aws:iam::123456789012:root"),
        ("user_creation_time", "2019-03-04T05:06:07+00:00"),
        ("password_enabled", "true"),
        ("password_last_used", "no_information"),
        ("password_last_changed", "not_supported"),
    ];
    let line = [("user", user)].into_iter().chain(ROOTS).chain([("password_next_rotation", "not_supported")]);
    let line = super::credentials::testing::Row::of(line.chain(cells.iter().copied()));
    super::credentials::testing::lines(generated_at, [line])
}

/// An account summary with these numbers, for tests.
#[cfg(test)]
pub(super) fn summary_with(numbers: &[(&str, i64)]) -> cis_core::testkit::FactSet {
    let numbers = numbers.iter().map(|(name, number)| ((*name).to_owned(), (*number).into())).collect();
    cis_core::testkit::rows::<AccountSummary>([SummaryMap(numbers)])
}
