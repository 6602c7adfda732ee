use cis_core::prelude::*;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::root::{self, REPORT, SUMMARY};
use crate::datasets::iam::{AccessKey, AccountSummary, CredentialReports};

control! {
    /// The root user has no access key.
    ///
    /// ## Why it matters
    /// A root key may do everything, and no policy of the account's own can hold it back. Whoever finds it in a script or a
    /// backup owns the account.
    pub struct RootAccessKey {
        /// What a key that exists and is deactivated comes to: `pass` or `fail`.
        pub inactive_key: InactiveKey = InactiveKey::Pass,
    }
    key: "iam.root_access_key", title: "Root has no access key",
    resource_type: "AWS::::Account", judged_at: Account,
}

/// What a deactivated key comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InactiveKey {
    /// It passes: it cannot be used until somebody activates it.
    Pass,
    /// It fails: it exists.
    Fail,
}

impl Control for RootAccessKey {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "As root, first deactivate the key, then delete it once nothing misses it. Give what used it a role. An \
                 organization can also remove the keys of its members' roots centrally. The commands take the key of root itself.",
            )
            .caution(CautionKind::CutsAccess, "What uses the key fails as soon as it is inactive.")
            .caution(CautionKind::CannotBeUndone, "A deleted key is gone.")
            .console([
                "Sign in as root, and open \"Security credentials\" in the account menu at the top right.",
                "Under \"Access keys\", choose Actions, Deactivate for each key; later Delete.",
                "Or, for a member of an organization: IAM, \"Root access management\" in the management account.",
            ])
            .cli([
                "aws iam list-access-keys",
                "aws iam update-access-key --access-key-id <ACCESS_KEY_ID> --status Inactive",
                "aws iam delete-access-key --access-key-id <ACCESS_KEY_ID>",
            ])
            .no_terraform("Terraform has no resource for root's keys, and should never run as root."),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<AccountSummary>().and::<CredentialReports>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        findings.judge(root::arn(facts), || self.judge(facts));
        Ok(())
    }
}

impl RootAccessKey {
    fn judge(&self, facts: &Facts<'_>) -> Result<Verdict, Gap> {
        // The summary is live, the report up to four hours old; but only the report tells an active key from an inactive one.
        let keys = root::summary(facts).and_then(|summary| summary.get("AccountAccessKeysPresent"));
        let line = root::line(facts);
        let generated_at = line.clone().map(|(report, _)| report.generated_time());
        let slots = line.map(|(_, root)| &root.access_keys);
        let any_active = |slots: &[AccessKey; 2]| fact::any(slots.iter().map(|key| root::is_true(&key.active)));
        let active = generated_at.clone().and_then(|at| Ok((any_active(slots.clone()?)?, at)));

        let verdict = match (&keys, active) {
            (Ok(..=0), Ok((true, at))) => Verdict::pass(msg!(
                "Root has no access key: the one in the credential report of {at} was deleted since.",
                at
            )),
            (Ok(..=0), _) => Verdict::pass(msg!("Root has no access key.")),
            (_, Ok((true, _))) => Verdict::fail(msg!("Root has an active access key; it must have none.")),
            (Ok(keys), Ok((false, at))) => self.not_active(*keys, slots.clone()?, at),
            (Ok(_), Err(_)) => Verdict::fail(msg!(
                "Root has an access key, and whether it is active could not be read; it must have none."
            )),
            (Err(_), Ok((false, at))) if self.inactive_key == InactiveKey::Pass => {
                Verdict::pass(msg!("Root had no active access key in the credential report of {at}.", at))
            }
            // An inactive key may be there, which only the summary tells.
            (Err(gap), Ok((false, _))) => return Err(gap.clone()),
            (Err(gap), Err(other)) => return Ok(Verdict::from(gap.clone()).gap(other)),
        };
        let verdict = verdict.evidence_if_read(SUMMARY, "AccountAccessKeysPresent", keys);
        let mut verdict = verdict.evidence_if_read(REPORT, "generated_at", generated_at);
        for AccessKey { name, active, last_rotated, .. } in slots.into_iter().flatten() {
            verdict = verdict.evidence(REPORT, format!("{name}_active"), active);
            verdict = verdict.evidence(REPORT, format!("{name}_last_rotated"), last_rotated);
        }
        Ok(verdict)
    }

    /// Keys exist, and the report shows none as active.
    fn not_active(&self, keys: i64, slots: &[AccessKey; 2], at: Timestamp) -> Verdict {
        let (mut shown, mut unreadable) = (0, false);
        for key in slots {
            match key.last_rotated.known() {
                Ok(when) => shown += i64::from(when.at().is_some()),
                Err(_) => unreadable = true,
            }
        }
        if shown >= keys {
            return match self.inactive_key {
                InactiveKey::Pass => Verdict::pass(msg!("An inactive root key still exists: delete it.")),
                InactiveKey::Fail => Verdict::fail(msg!("Root has an access key, if inactive; it must have none.")),
            };
        }
        if unreadable {
            return Verdict::fail(msg!(
                "Root has an access key, and whether it is active could not be read; it must have none."
            ));
        }
        Verdict::fail(msg!(
            "Root has an access key that is not yet in the credential report of {at}; it must have none.",
            at
        ))
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, unread};

    use super::super::root::{report_of, report_with, summary_with};
    use super::*;

    const AT: &str = "2025-12-31T21:00:00Z";
    const MADE: &str = "2020-01-01T00:00:00+00:00";

    fn keys(number: i64) -> FactSet {
        summary_with(&[("AccountAccessKeysPresent", number)])
    }

    fn none() -> FactSet {
        report_with(AT, &[])
    }

    fn active() -> FactSet {
        report_with(AT, &[("access_key_1_active", "true"), ("access_key_1_last_rotated", MADE)])
    }

    fn inactive() -> FactSet {
        report_with(AT, &[("access_key_2_last_rotated", MADE)])
    }

    fn both_active() -> FactSet {
        let cells = [("access_key_1_active", "TRUE"), ("access_key_2_active", "true")];
        let dates = [("access_key_1_last_rotated", MADE), ("access_key_2_last_rotated", MADE)];
        report_with(AT, &[cells, dates].concat())
    }

    fn garbled() -> FactSet {
        report_with(AT, &[("access_key_1_active", "perhaps"), ("access_key_1_last_rotated", MADE)])
    }

    /// What is the same for every version; `alone` is what a report that shows nothing active comes to on its own.
    fn common(control: RootAccessKey, alone: Status) -> Cases {
        Cases::of(control)
            .pass("no key, though the report could not be read", keys(0).and(unread::<CredentialReports>(GapKind::Denied)))
            .holds_without::<CredentialReports>()
            .pass("a member account without root credentials still gets a finding", keys(0))
            .pass("deleted since the report, which alone would show a fail", keys(0).and(active()))
            .holds_without::<CredentialReports>()
            .turns_without::<AccountSummary>(Status::Fail)
            .fail("an active key", keys(1).and(active()))
            .holds_without::<AccountSummary>()
            .holds_without::<CredentialReports>()
            .fail("both keys active: one finding", keys(2).and(both_active()))
            .holds_without::<AccountSummary>()
            .holds_without::<CredentialReports>()
            .fail("GovCloud roots can hold keys", keys(1).and(active()).partition("aws-us-gov"))
            .holds_without::<AccountSummary>()
            .holds_without::<CredentialReports>()
            .fail("made ten minutes ago, the report being three hours old", keys(1).and(none()))
            .holds_without::<CredentialReports>()
            .turns_without::<AccountSummary>(alone)
            .fail("two keys, of which the report shows one: the other is newer", keys(2).and(inactive()))
            .holds_without::<CredentialReports>()
            .turns_without::<AccountSummary>(alone)
            .fail("the report denied: cannot tell whether it is active", keys(1).and(unread::<CredentialReports>(GapKind::Denied)))
            .holds_without::<CredentialReports>()
            .fail("the report a day old", keys(1).and(report_with("2025-12-30T23:59:59Z", &[])))
            .holds_without::<CredentialReports>()
            .fail("no line for root", keys(1).and(report_of(AT, "ann", &[])))
            .holds_without::<CredentialReports>()
            .fail("a cell that is neither true nor false", keys(1).and(garbled()))
            .holds_without::<CredentialReports>()
            .fail("inactive, and no date that can be read", keys(1).and(report_with(AT, &[("access_key_1_last_rotated", "soon")])))
            .holds_without::<CredentialReports>()
            .turns_without::<AccountSummary>(alone)
            .fail("the report alone shows an active key", unread::<AccountSummary>(GapKind::Denied).and(active()))
            .holds_without::<AccountSummary>()
            .unknown("the summary denied, and a cell unreadable", unread::<AccountSummary>(GapKind::Denied).and(garbled()))
            .unknown("the summary denied, no line for root", unread::<AccountSummary>(GapKind::Denied).and(report_of(AT, "ann", &[])))
            .unknown("the summary denied, the report a day old",
                unread::<AccountSummary>(GapKind::Denied).and(report_with("2025-12-30T23:59:59Z", &[])))
            .unknown("the summary without that number", summary_with(&[("Users", 3)]))
            .unknown("both denied", unread::<AccountSummary>(GapKind::Denied).and(unread::<CredentialReports>(GapKind::Denied)))
    }

    #[test]
    fn inactive_passes() {
        common(RootAccessKey { inactive_key: InactiveKey::Pass }, Status::Pass)
            .pass("no key, and both sources say so", keys(0).and(none()))
            .holds_without::<AccountSummary>()
            .holds_without::<CredentialReports>()
            .pass("an inactive key, which cannot be told from an active one without the report", keys(1).and(inactive()))
            .holds_without::<AccountSummary>()
            .turns_without::<CredentialReports>(Status::Fail)
            .pass("the report alone: nothing active", unread::<AccountSummary>(GapKind::Denied).and(none()))
            .holds_without::<AccountSummary>()
            .check();
    }

    #[test]
    fn inactive_fails() {
        common(RootAccessKey { inactive_key: InactiveKey::Fail }, Status::Unknown)
            .named("1.5.0")
            .pass("no key, and both sources say so", keys(0).and(none()))
            .holds_without::<CredentialReports>()
            .fail("an inactive key", keys(1).and(inactive()))
            .holds_without::<CredentialReports>()
            .unknown("the report alone cannot rule out an inactive key", unread::<AccountSummary>(GapKind::Denied).and(none()))
            .check();
    }
}
