use cis_core::Message;
use cis_core::prelude::*;
use jiff::{SignedDuration, Timestamp};

use super::root::{self, REPORT};
use crate::controls::Mode;
use crate::datasets::iam::{Credential, CredentialReport, CredentialReports};

control! {
    /// The root user is not used for daily work.
    ///
    /// ## Why it matters
    /// Every action of root's is one that nothing could have held back, and that no person's name stands behind.
    pub struct RootDailyUse {
        /// `decide`: use within `recent_days` fails (1.5.0). `assist`: a person judges any recorded use (2.0.0).
        pub mode: Mode = Mode::Assist,
        /// How long ago the last use must be, in days; exactly this long ago still fails.
        pub recent_days: i32 = 90,
    }
    key: "iam.root_daily_use", title: "Root is not used for daily work",
    resource_type: "AWS::::Account", judged_at: Account,
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Tasks that only root can do, as possible reasons for a use.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-tasks.html>
fn root_tasks() -> [Message; 6] {
    [
        msg!("changing the account's name, mail address or root credentials"),
        msg!("closing the account"),
        msg!("giving an administrator back their permissions"),
        msg!("opening billing to IAM users"),
        msg!("unlocking a bucket or queue whose policy denies everyone"),
        msg!("setting MFA delete on a bucket"),
    ]
}

impl Control for RootDailyUse {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Give people roles that can do what they do, and keep root's credentials for the few tasks that only root can \
                 do. Let an alarm tell of each use (the requirement monitoring.root_usage).",
            )
            .console([
                "See in CloudTrail, \"Event history\", with the user name root, what root was used for.",
                "Give those who did it a role with these permissions, and lock root's credentials away.",
            ])
            .no_cli("This is a habit of people's: no command changes it.")
            .no_terraform("This is a habit of people's: no configuration changes it."),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<CredentialReports>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        findings.judge(root::arn(facts), || {
            let report = root::report(facts)?;
            let generated_at = report.generated_time();
            if root::line_of(report)?.is_none() && facts.partition() == "aws-us-gov" {
                let message = msg!("The credential report of {generated_at} has no root user: GovCloud enables one on request only.", generated_at);
                return Ok(Verdict::not_applicable(message).evidence(REPORT, "generated_at", &generated_at));
            }
            let (report, root) = root::line(facts)?;
            Ok(show(self.judge(report, root, facts.as_of())?, report, root))
        });
        Ok(())
    }
}

impl RootDailyUse {
    fn judge(&self, report: &CredentialReport, root: &Credential, as_of: Timestamp) -> Result<Verdict, Gap> {
        let generated_at = report.generated_time();
        let [key_1, key_2] = &root.access_keys;
        let (mut last, mut unreadable) = (None, None);
        for cell in [&root.password_last_used, &key_1.last_used_date, &key_2.last_used_date] {
            match cell.known() {
                Ok(when) => last = last.max(when.at()),
                Err(gap) => unreadable = Some(gap),
            }
        }

        // A clock that is ahead makes no use of the future.
        let age = last.map(|at| as_of.duration_since(at).max(SignedDuration::ZERO));
        let recent = DAY.saturating_mul(self.recent_days);
        match (last.zip(age), unreadable, self.mode) {
            (Some((used_at, age)), _, Mode::Decide) if age <= recent => Ok(Verdict::fail(msg!(
                "Root was used {days_ago} days ago, at {used_at}; its last use must be more than {recent_days} days ago.",
                days_ago = age.as_secs() / DAY.as_secs(), used_at, recent_days = self.recent_days
            ))),
            // Whatever the cell holds, a person judges the use that is known.
            (Some((used_at, age)), _, Mode::Assist) => Ok(Verdict::manual(msg!(
                "Root was last used {days_ago} days ago, at {used_at} (use after the credential report of {generated_at} is not known); a person must judge whether it was a task that only root can do, such as {root_tasks}; the alarm on root's use ({alarm}) tells how often it happens.",
                days_ago = age.as_secs() / DAY.as_secs(), used_at, generated_at, root_tasks = root_tasks(), alarm = "monitoring.root_usage"
            ))),
            (_, Some(gap), _) => Err(gap),
            (Some((used_at, age)), None, Mode::Decide) => Ok(Verdict::pass(msg!(
                "Root was last used {days_ago} days ago, at {used_at}; use after the credential report of {generated_at} is not known.",
                days_ago = age.as_secs() / DAY.as_secs(), used_at, generated_at
            ))),
            (None, None, _) => Ok(Verdict::pass(msg!(
                "Root has no recorded use; use after the credential report of {generated_at} is not known.",
                generated_at
            ))),
        }
    }
}

fn show(verdict: Verdict, report: &CredentialReport, root: &Credential) -> Verdict {
    let verdict = verdict.evidence(REPORT, "generated_at", &report.generated_time());
    let mut verdict = verdict.evidence(REPORT, "password_last_used", &root.password_last_used);
    for key in &root.access_keys {
        let cell = |what: &str| format!("{}_last_used_{what}", key.name);
        verdict = verdict.evidence(REPORT, cell("date"), &key.last_used_date);
        verdict = verdict.evidence(REPORT, cell("region"), &key.last_used_region);
        verdict = verdict.evidence(REPORT, cell("service"), &key.last_used_service);
    }
    verdict
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, rows, unread};

    use super::super::root::{report_of, report_with};
    use super::*;

    const AT: &str = "2025-12-31T21:00:00Z";

    fn used(password: &str, key_1: &str, key_2: &str) -> FactSet {
        let mut cells = vec![
            ("password_last_used", password),
            ("access_key_1_last_used_date", key_1),
            ("access_key_2_last_used_date", key_2),
        ];
        if key_1.starts_with('2') {
            cells.extend([("access_key_1_last_used_region", "eu-west-1"), ("access_key_1_last_used_service", "s3")]);
        }
        report_with(AT, &cells)
    }

    /// What is the same for every version: all but the judgement of a recorded use.
    fn common(mode: Mode) -> Cases {
        let broken = "user,arn,mfa_active\n<root_account>,arn:aws:iam::123456789012:root\n";
        let broken = || rows::<CredentialReports>([CredentialReport::parse(broken, AT.parse().unwrap()).unwrap()]);
        Cases::of(RootDailyUse { mode, recent_days: 90 })
            .pass("never used", used("no_information", "N/A", "N/A"))
            .pass("no password, no keys: N/A is no date and no fault", used("N/A", "N/A", "N/A"))
            .pass("an old report does not tell of the password", used("not_supported", "N/A", "N/A"))
            .unknown("no use, but a cell is unreadable", used("long ago", "N/A", "N/A"))
            .unknown("no line for root", report_of(AT, "ann", &[]))
            .not_applicable("GovCloud without a root user", report_of(AT, "ann", &[]).partition("aws-us-gov"))
            .unknown("a broken line may be root's, in GovCloud too", broken().partition("aws-us-gov"))
            .unknown("the report a day old", report_with("2025-12-30T23:59:59Z", &[]))
            .unknown("denied", unread::<CredentialReports>(GapKind::Denied))
    }

    #[test]
    fn a_person_judges() {
        common(Mode::Assist)
            .manual("used years ago", used("2019-03-04T05:06:07+00:00", "N/A", "N/A"))
            .manual("old password use, key used today: the key's date counts", used("2019-03-04T05:06:07+00:00", "2025-12-31T20:00:00+00:00", "N/A"))
            .manual("the second key", used("no_information", "2020-01-01T00:00:00+00:00", "2025-12-30T00:00:00+00:00"))
            .manual("a use is known, whatever the unreadable cell holds", used("2025-12-01T00:00:00+00:00", "soon", "N/A"))
            .manual("GovCloud with a root user", used("no_information", "2025-12-01T00:00:00+00:00", "N/A").partition("aws-us-gov"))
            .check();
    }

    #[test]
    fn facts_decide() {
        common(Mode::Decide)
            .named("1.5.0")
            .pass("used years ago", used("2019-03-04T05:06:07+00:00", "N/A", "N/A"))
            .fail("used today", used("2025-12-31T20:00:00+00:00", "N/A", "N/A"))
            .fail("old password use, key used today: the key's date counts", used("2019-03-04T05:06:07+00:00", "2025-12-31T20:00:00+00:00", "N/A"))
            .fail("the second key", used("no_information", "2020-01-01T00:00:00+00:00", "2025-12-30T00:00:00+00:00"))
            .fail("exactly 90 days ago", used("2025-10-03T00:00:00+00:00", "N/A", "N/A"))
            .pass("a second more than 90 days ago", used("2025-10-02T23:59:59+00:00", "N/A", "N/A"))
            .fail("a clock that is ahead", used("2026-01-01T00:05:00+00:00", "N/A", "N/A"))
            .fail("a recent use, whatever the unreadable cell holds", used("2025-12-01T00:00:00+00:00", "soon", "N/A"))
            .unknown("an old use, and an unreadable cell", used("2019-03-04T05:06:07+00:00", "soon", "N/A"))
            .check();
    }
}
