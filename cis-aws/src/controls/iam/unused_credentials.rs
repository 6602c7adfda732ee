use cis_core::prelude::*;
use jiff::Timestamp;

use super::credentials::{
    self, Ages, Dated, GET, TooOld, active, age, ages, column, each_user, in_words, of_days, time, yes,
};
use crate::datasets::iam::{AccessKey, Credential, When};

control! {
    /// Passwords and access keys of users that nobody uses are disabled.
    ///
    /// ## Why it matters
    /// A credential that nobody uses serves only who finds it, and nobody sees that it is in use again.
    pub struct UnusedCredentials {
        /// A credential that was not used for so many days, of 24 hours, or longer fails.
        pub days: i64 = 45,
    }
    key: "iam.unused_credentials", title: "Credentials unused for 45 days are disabled",
    resource_type: "AWS::IAM::User", judged_at: Account,
}

impl Control for UnusedCredentials {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Of the credentials that the finding names, deactivate the keys, and take the password away if it is named. \
                 Delete the user if nobody asks for them.",
            )
            .caution(CautionKind::CutsAccess, "Each command is for one kind of credential: call only what is for those that the finding names.")
            .console([
                "IAM, Users, {resource}, \"Security credentials\".",
                "For an unused access key, choose Actions, Deactivate.",
                "For an unused password, choose \"Manage console access\", then disable it.",
            ])
            .cli([
                "aws iam list-access-keys --user-name {resource}",
                "aws iam update-access-key --user-name {resource} --access-key-id <UNUSED_ACCESS_KEY_ID> --status Inactive",
                "aws iam delete-login-profile --user-name {resource}",
            ])
            .terraform([r#"
                # An unused key, if Terraform made it. For a password, take out its aws_iam_user_login_profile.
                resource "aws_iam_access_key" "unused" {
                  user   = "{resource}"
                  status = "Inactive"
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        credentials::reads()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let days = self.days;
        each_user(facts, findings, |user, report| {
            let password = Dated {
                name: "password",
                enabled: yes(&user.password_enabled, "password_enabled"),
                since: password_since(user),
            };
            let key = |key: &AccessKey| Dated { name: key.name, enabled: active(key), since: key_since(key) };
            let [first, second] = &user.access_keys;
            let found = ages(user, &[password, key(first), key(second)], facts.as_of(), |age| age >= of_days(days))?;
            let verdict = match &found {
                Ages::TooOld(unused) => Verdict::fail(msg!(
                    "Enabled and not used for {days} days or longer: {unused}, by a report that is {report_age} old; unused \
                     credentials must be disabled.",
                    days,
                    unused = TooOld::named(unused),
                    report_age = in_words(age(facts.as_of(), report.generated_time()))
                ))
                .evidence(GET, "unused", unused),
                Ages::InTime => Verdict::pass(msg!(
                    "Every enabled credential was last used, or if never used was set, less than {days} days ago.",
                    days
                )),
                Ages::NothingEnabled => {
                    Verdict::not_applicable(msg!("The user has no console password and no active access key."))
                }
            };
            Ok(with_evidence(verdict, user))
        })
    }
}

/// When the password was last used; if never, when it was set. A later reset is no use.
fn password_since(user: &Credential) -> Result<Timestamp, Gap> {
    match user.password_last_used.known()? {
        When::NoInformation | When::NotApplicable => time(&user.password_last_changed, "password_last_changed"),
        When::At(_) | When::NotSupported => time(&user.password_last_used, "password_last_used"),
    }
}

/// When the key was last used; if never, when it was made.
fn key_since(key: &AccessKey) -> Result<Timestamp, Gap> {
    match key.last_used_date.known()? {
        When::NotApplicable => time(&key.last_rotated, &column(key, "last_rotated")),
        When::At(_) | When::NoInformation | When::NotSupported => {
            time(&key.last_used_date, &column(key, "last_used_date"))
        }
    }
}

fn with_evidence(verdict: Verdict, user: &Credential) -> Verdict {
    let verdict = verdict
        .evidence(GET, "password_enabled", &user.password_enabled)
        .evidence(GET, "password_last_used", &user.password_last_used)
        .evidence(GET, "password_last_changed", &user.password_last_changed);
    user.access_keys.iter().fold(verdict, |verdict, key| {
        verdict
            .evidence(GET, column(key, "active"), &key.active)
            .evidence(GET, column(key, "last_used_date"), &key.last_used_date)
            .evidence(GET, column(key, "last_rotated"), &key.last_rotated)
    })
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet};

    use super::super::credentials::testing::{ann, generated, user, with_shared_cases};
    use super::*;
    use crate::datasets::iam::AccountSummary;

    // Judged as of 2026-01-01T00:00:00Z: 45 days before is 2025-11-17T00:00:00Z.
    const FRESH: &str = "2025-12-30T00:00:00+00:00";
    const OLD: &str = "2025-03-07T00:00:00+00:00";

    fn password(used: &str, changed: &str) -> FactSet {
        ann(&format!("password_enabled=true password_last_used={used} password_last_changed={changed}"))
    }

    fn key(used: &str, made: &str) -> FactSet {
        ann(&format!(
            "access_key_2_active=true access_key_2_last_used_date={used} access_key_2_last_rotated={made}"
        ))
    }

    #[test]
    fn cases() {
        let cases = Cases::of(UnusedCredentials { days: 45 })
            .partly_without::<AccountSummary>()
            .pass("44 d 23:59:59", password("2025-11-17T00:00:01+00:00", OLD))
            .fail("45 days to the second", password("2025-11-17T00:00:00+00:00", OLD))
            .fail("45 d 23 h: all of the 45th day is too long", password("2025-11-16T01:00:00+00:00", OLD))
            .pass("the same moment in another time zone", password("2025-11-17T09:00:01+09:00", OLD))
            .pass("used after the moment that is judged, by a clock that differs", password("2026-01-01T00:00:05Z", OLD))
            .fail("a password that was reset since is not used by that", password(OLD, FRESH))
            .pass("a password that was never used and set lately", password("no_information", FRESH))
            .fail("a password that was never used and set 60 days ago", password("no_information", "2025-11-02T00:00:00Z"))
            .fail("N/A is no use either", password("N/A", "2025-11-02T00:00:00Z"))
            .not_applicable(
                "a password that is off counts no more",
                ann(&format!("password_last_used={OLD} password_last_changed={OLD}")),
            )
            .pass("a key in use", key(FRESH, OLD))
            .fail("a key that was last used long ago", key(OLD, OLD))
            .pass("a key that was never used and made lately", key("N/A", FRESH))
            .fail("a key that was never used and made 60 days ago", key("N/A", "2025-11-02T00:00:00Z"))
            .not_applicable(
                "a key that is off counts no more",
                ann(&format!("access_key_1_last_used_date={OLD} access_key_1_last_rotated={OLD}")),
            )
            .fail(
                "an unused password beside a key in use",
                ann(&format!(
                    "password_enabled=true password_last_used={OLD} password_last_changed={OLD} \
                     access_key_1_active=true access_key_1_last_used_date={FRESH} access_key_1_last_rotated={OLD}"
                )),
            )
            .fail(
                "all three, each named",
                ann(&format!(
                    "password_enabled=true password_last_used={OLD} password_last_changed={OLD} \
                     access_key_1_active=true access_key_1_last_used_date={OLD} access_key_1_last_rotated={OLD} \
                     access_key_2_active=true access_key_2_last_used_date=N/A access_key_2_last_rotated={OLD}"
                )),
            )
            .fail(
                "45 d 1 h by a report that is 3.5 hours old",
                generated(
                    "2025-12-31T20:30:00Z",
                    [user(
                        "ann",
                        &format!("password_enabled=true password_last_used=2025-11-16T23:00:00Z password_last_changed={OLD}"),
                    )],
                ),
            )
            .unknown("whether there is a password can't be read", ann(&format!("password_enabled=x password_last_used={OLD}")))
            .unknown("whether there is a password can't be read, and nothing else is enabled", ann(&format!("password_enabled=x password_last_used={FRESH}")))
            .unknown("the last use of the password can't be read", password("lately", FRESH))
            .unknown("not_supported is no time", password("not_supported", FRESH))
            .unknown("never used and no date when it was set", password("no_information", "N/A"))
            .unknown("the last use of the key can't be read", key("lately", FRESH))
            .unknown("no_information is no word for a key's last use", key("no_information", FRESH))
            .unknown("a key that was never used and has no date", key("N/A", "N/A"))
            .not_applicable("what is off need not be read", ann("password_last_used=x access_key_1_last_used_date=x"))
            .fail(
                "what is known to be unused beats what can't be read",
                ann(&format!(
                    "password_enabled=x password_last_used=x \
                     access_key_2_active=true access_key_2_last_used_date={OLD} access_key_2_last_rotated={OLD}"
                )),
            )
            .unknown(
                "more credentials than the report has columns for",
                ann(&format!("password_enabled=true password_last_used={FRESH} additional_credentials_info=1_more_key")),
            )
            .unknown("the same without any other credential", ann("additional_credentials_info=1_more_key"))
            .fail(
                "the same beside a password that is unused",
                ann(&format!("password_enabled=true password_last_used={OLD} additional_credentials_info=1_more_key")),
            );
        with_shared_cases(cases).check();
    }
}
