use cis_core::prelude::*;

use super::credentials::{self, Ages, Dated, GET, TooOld, active, ages, column, each_user, of_days, time};
use crate::datasets::iam::AccessKey;

control! {
    /// Active access keys of users are rotated.
    ///
    /// ## Why it matters
    /// A key works until somebody ends it. Rotation bounds how long a copy in a log, a laptop or a repository is of use.
    pub struct AccessKeyRotation {
        /// The age, in days of 24 hours, up to which a key passes.
        pub days: i64 = 90,
    }
    key: "iam.access_key_rotation", title: "Access keys are rotated every 90 days",
    resource_type: "AWS::IAM::User", judged_at: Account,
}

impl Control for AccessKeyRotation {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Make a second key, move what uses the old one over, deactivate the old one, and delete it once nothing misses \
                 it. Better still, use roles, whose keys last for hours.",
            )
            .caution(CautionKind::CutsAccess, "What still uses the old key fails as soon as it is inactive; activating it again undoes that, deleting it does not.")
            .console([
                "IAM, Users, {resource}, \"Security credentials\": under \"Access keys\" create a key.",
                "Move what uses the old key over, and see by \"Last used\" that nothing is left.",
                "Choose Actions, Deactivate for the old key; delete it after some days.",
            ])
            .cli([
                "aws iam list-access-keys --user-name {resource}",
                "aws iam create-access-key --user-name {resource}",
                "aws iam get-access-key-last-used --access-key-id <OLD_ACCESS_KEY_ID>",
                "aws iam update-access-key --user-name {resource} --access-key-id <OLD_ACCESS_KEY_ID> --status Inactive",
                "aws iam delete-access-key --user-name {resource} --access-key-id <OLD_ACCESS_KEY_ID>",
            ])
            .no_terraform("A key that Terraform makes stands in its state in clear, so that it is better made elsewhere."),
        )
    }

    fn reads(&self) -> Reads {
        credentials::reads()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let days = self.days;
        each_user(facts, findings, |user, _| {
            let dated = |key: &AccessKey| Dated {
                name: key.name,
                enabled: active(key),
                since: time(&key.last_rotated, &column(key, "last_rotated")),
            };
            let keys: Vec<Dated> = user.access_keys.iter().map(dated).collect();
            let found = ages(user, &keys, facts.as_of(), |age| age > of_days(days))?;
            let verdict = match &found {
                Ages::TooOld(old) => Verdict::fail(msg!(
                    "Active and older than {days} days: {keys}; an access key must be rotated every {days} days or less.",
                    days,
                    keys = TooOld::named(old)
                ))
                .evidence(GET, "too old", old),
                Ages::InTime => Verdict::pass(msg!("No active access key is older than {days} days.", days)),
                Ages::NothingEnabled => Verdict::not_applicable(msg!("The user has no active access key.")),
            };
            Ok(user.access_keys.iter().fold(verdict, |verdict, key| {
                verdict
                    .evidence(GET, column(key, "active"), &key.active)
                    .evidence(GET, column(key, "last_rotated"), &key.last_rotated)
            }))
        })
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet};

    use super::super::credentials::testing::{ann, with_shared_cases};
    use super::*;
    use crate::datasets::iam::AccountSummary;

    // Judged as of 2026-01-01T00:00:00Z: 90 days before is 2025-10-03T00:00:00Z.
    const FRESH: &str = "2025-12-30T00:00:00+00:00";
    const OLD: &str = "2024-11-27T00:00:00+00:00";

    fn key_1(made: &str) -> FactSet {
        ann(&format!("access_key_1_active=true access_key_1_last_rotated={made}"))
    }

    fn both(first: &str, second: &str) -> FactSet {
        ann(&format!(
            "access_key_1_active=true access_key_1_last_rotated={first} \
             access_key_2_active=true access_key_2_last_rotated={second}"
        ))
    }

    #[test]
    fn cases() {
        let cases = Cases::of(AccessKeyRotation { days: 90 })
            .partly_without::<AccountSummary>()
            .pass("a fresh key", key_1(FRESH))
            .pass("90 days to the second", key_1("2025-10-03T00:00:00+00:00"))
            .fail("90 days and a second", key_1("2025-10-02T23:59:59+00:00"))
            .pass("made after the moment that is judged, by a clock that differs", key_1("2026-01-01T00:00:05+00:00"))
            .fail("old, and in use or not", key_1(OLD))
            .fail("the first is fresh, the second old", both(FRESH, OLD))
            .fail("both old, each named", both(OLD, OLD))
            .pass(
                "an old key that is off beside a new one",
                ann(&format!(
                    "access_key_1_last_rotated={OLD} access_key_2_active=true access_key_2_last_rotated={FRESH}"
                )),
            )
            .not_applicable(
                "keys that are off",
                ann(&format!("access_key_1_last_rotated={OLD} access_key_2_last_rotated={OLD}")),
            )
            .unknown("an active key without a date", key_1("N/A"))
            .unknown("a date that can't be read", key_1("yesterday"))
            .unknown("whether an old key is active can't be read", ann(&format!("access_key_1_active=x access_key_1_last_rotated={OLD}")))
            .unknown("whether the only key is active can't be read", ann(&format!("access_key_1_active=x access_key_1_last_rotated={FRESH}")))
            .fail("an old key beats one that can't be read", both("x", OLD))
            .unknown(
                "more credentials than the report has columns for",
                ann(&format!("access_key_1_active=true access_key_1_last_rotated={FRESH} additional_credentials_info=1_more_key")),
            )
            .fail(
                "the same beside an old key",
                ann(&format!("access_key_1_active=true access_key_1_last_rotated={OLD} additional_credentials_info=1_more_key")),
            );
        with_shared_cases(cases).check();
    }
}
