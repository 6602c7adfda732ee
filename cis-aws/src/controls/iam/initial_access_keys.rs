use cis_core::prelude::*;
use jiff::SignedDuration;

use super::credentials::{self, GET, active, column, each_user, time, yes};
use crate::controls::Mode;
use crate::datasets::iam::{AccessKey, Credential, When};

control! {
    /// Users with a console password did not get an access key while they were set up.
    ///
    /// ## Why it matters
    /// A key that was made just in case is a key that nobody misses: it lies unused in a mail or a file, valid for years.
    pub struct InitialAccessKeys {
        /// `assist`: a key that was only made at setup, or only never used, is for a person to judge. `decide`: a key
        /// that was never used fails, and no other.
        pub mode: Mode = Mode::Assist,
        /// How far apart user and key may have been made to count as one setup, in seconds.
        pub same_time_s: i64 = 60,
    }
    key: "iam.initial_access_keys", title: "Users with a console password got no access key at setup",
    resource_type: "AWS::IAM::User", judged_at: Account,
}

impl Control for InitialAccessKeys {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Delete the user's keys that were never used. Make a key when a program needs it, not when the user is made, and \
                 give programs roles where they can have them.",
            )
            .caution(CautionKind::CannotBeUndone, "A deleted key is gone. Deactivate it first where you are not sure.")
            .console([
                "IAM, Users, {resource}, \"Security credentials\": look at \"Last used\" of each access key.",
                "For a key that was never used, choose Actions, Deactivate, then Delete.",
            ])
            .cli([
                "aws iam list-access-keys --user-name {resource}",
                "aws iam get-access-key-last-used --access-key-id <ACCESS_KEY_ID>",
                "aws iam delete-access-key --user-name {resource} --access-key-id <ACCESS_KEY_ID>",
            ])
            .no_terraform("There is nothing to write: if Terraform made the key, take its aws_iam_access_key out of the configuration."),
        )
    }

    fn reads(&self) -> Reads {
        credentials::reads()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let same_time_s = self.same_time_s;
        each_user(facts, findings, |user, _| {
            if !yes(&user.password_enabled, "password_enabled")? {
                let verdict = Verdict::not_applicable(msg!("The user has no console password."));
                return Ok(with_evidence(verdict, user));
            }
            let at_setup = |key: &AccessKey| Ok(after_user(user, key)?.abs() <= SignedDuration::from_secs(same_time_s));
            let unused = |key: &AccessKey| fact::all([active(key), never_used(key)]);
            let set_up = |key: &AccessKey| fact::all([active(key), at_setup(key)]);
            let both = |key: &AccessKey| fact::all([unused(key), at_setup(key)]);
            let verdict = match self.mode {
                Mode::Decide if some(user, unused)? => Verdict::fail(msg!(
                    "Active and never used: {keys}; a user with a console password must have no key without a use for it.",
                    keys = names(user, unused)
                )),
                Mode::Decide => Verdict::pass(msg!("The user has no active access key that was never used.")),
                Mode::Assist if some(user, both)? => Verdict::fail(msg!(
                    "Made within {same_time_s} s of the user and never used: {keys}; a key must be made when it is needed.",
                    same_time_s,
                    keys = names(user, both)
                )),
                Mode::Assist if some(user, unused)? => Verdict::manual(msg!(
                    "Active and never used, though not made with the user: {keys}; a person must judge whether it is needed.",
                    keys = names(user, unused)
                )),
                Mode::Assist if some(user, set_up)? => Verdict::manual(msg!(
                    "Made within {same_time_s} s of the user and used since: {keys}; a person must judge whether it was asked for.",
                    same_time_s,
                    keys = names(user, set_up)
                )),
                Mode::Assist => Verdict::pass(msg!(
                    "The user has no active access key that was never used or was made within {same_time_s} s of the user.",
                    same_time_s
                )),
            };
            Ok(with_evidence(verdict, user))
        })
    }
}

fn some(user: &Credential, holds: impl Fn(&AccessKey) -> Result<bool, Gap>) -> Result<bool, Gap> {
    fact::any(user.access_keys.iter().map(holds))
}

/// The keys that are known to be so.
fn names(user: &Credential, holds: impl Fn(&AccessKey) -> Result<bool, Gap>) -> Vec<&'static str> {
    user.access_keys.iter().filter(|key| holds(key) == Ok(true)).map(|key| key.name).collect()
}

/// Whether a key was never used, or not since 2015-04-22, when AWS began to keep it.
fn never_used(key: &AccessKey) -> Result<bool, Gap> {
    if *key.last_used_date.known()? == When::NotApplicable {
        return Ok(true);
    }
    time(&key.last_used_date, &column(key, "last_used_date")).map(|_| false)
}

/// How long after the user a key was made or last changed.
fn after_user(user: &Credential, key: &AccessKey) -> Result<SignedDuration, Gap> {
    let made = time(&key.last_rotated, &column(key, "last_rotated"))?;
    Ok(made.duration_since(time(&user.user_creation_time, "user_creation_time")?))
}

fn with_evidence(verdict: Verdict, user: &Credential) -> Verdict {
    let verdict = verdict
        .evidence(GET, "user_creation_time", &user.user_creation_time)
        .evidence(GET, "password_enabled", &user.password_enabled);
    user.access_keys.iter().fold(verdict, |verdict, key| {
        let verdict = verdict
            .evidence(GET, column(key, "active"), &key.active)
            .evidence(GET, column(key, "last_rotated"), &key.last_rotated)
            .evidence(GET, column(key, "last_used_date"), &key.last_used_date);
        match after_user(user, key) {
            Ok(after) => verdict.evidence(GET, format!("{} made after the user, s", key.name), &after.as_secs()),
            Err(_) => verdict,
        }
    })
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet};

    use super::super::credentials::testing::{ann, with_shared_cases};
    use super::*;
    use crate::datasets::iam::AccountSummary;

    // The user is made at 2025-01-01T00:00:00Z.
    const KEY_1_UNUSED: &str = "access_key_1_active=true access_key_1_last_rotated=2025-06-01T00:00:00Z";
    const KEY_1_USED: &str = "access_key_1_active=true access_key_1_last_rotated=2025-06-01T00:00:00Z \
        access_key_1_last_used_date=2025-12-30T00:00:00Z";

    fn with(cells: &str) -> FactSet {
        ann(&format!("password_enabled=true {cells}"))
    }

    fn key_2(made: &str, used: &str) -> FactSet {
        with(&format!(
            "{KEY_1_USED} access_key_2_active=true access_key_2_last_rotated={made} access_key_2_last_used_date={used}"
        ))
    }

    #[test]
    fn cases_2_0_0() {
        let cases = Cases::of(InitialAccessKeys { mode: Mode::Assist, same_time_s: 60 })
            .named("2.0.0")
            .partly_without::<AccountSummary>()
            .not_applicable("no password", ann(KEY_1_UNUSED))
            .pass("no active key", with(""))
            .pass("an inactive key is ignored", with("access_key_1_last_rotated=2025-01-01T00:00:00Z"))
            .fail("key 2 was made 30 s after the user and never used", key_2("2025-01-01T00:00:30Z", "N/A"))
            .fail("60 s are the same time", key_2("2025-01-01T00:01:00Z", "N/A"))
            .manual("61 s are not", key_2("2025-01-01T00:01:01Z", "N/A"))
            .fail("a key that is older than the user by a second", key_2("2024-12-31T23:59:59Z", "N/A"))
            .manual("a key that is older than the user by 61 s", key_2("2024-12-31T23:58:59Z", "N/A"))
            .manual("a fresh key that was not used for five minutes", key_2("2025-12-31T22:55:00Z", "N/A"))
            .manual("made at setup and in use", key_2("2025-01-01T00:00:30Z", "2025-12-30T00:00:00Z"))
            .pass("made later and in use; or rotated, which hides when it was first made", with(KEY_1_USED))
            .unknown("the password can't be read", ann("password_enabled=perhaps"))
            .unknown("whether the key is active can't be read", with(&format!("{KEY_1_UNUSED} access_key_1_active=x")))
            .pass(
                "whether the key is active can't be read, and it is in use and not of the setup",
                with(&format!("{KEY_1_USED} access_key_1_active=x")),
            )
            .unknown("when the key was made can't be read", key_2("soon", "N/A"))
            .unknown("an active key without a date", key_2("N/A", "N/A"))
            .unknown("when the key was used can't be read, and it is of the setup", key_2("2025-01-01T00:00:30Z", "x"))
            .unknown("no_information is no word for a key's last use", key_2("2025-06-01T00:00:00Z", "no_information"))
            .unknown("the user's date can't be read", with(&format!("{KEY_1_UNUSED} user_creation_time=x")))
            .fail(
                "key 1 can't be read, and key 2 fails",
                with(
                    "access_key_1_active=x access_key_1_last_rotated=x access_key_1_last_used_date=x \
                     access_key_2_active=true access_key_2_last_rotated=2025-01-01T00:00:00Z",
                ),
            );
        with_shared_cases(cases).check();
    }

    #[test]
    fn cases_1_5_0() {
        let cases = Cases::of(InitialAccessKeys { mode: Mode::Decide, same_time_s: 60 })
            .named("1.5.0")
            .partly_without::<AccountSummary>()
            .not_applicable("no password", ann(KEY_1_UNUSED))
            .pass("no active key", with(""))
            .pass("an inactive key is ignored", with("access_key_1_last_rotated=2025-01-01T00:00:00Z"))
            .fail("key 2 was made 30 s after the user and never used", key_2("2025-01-01T00:00:30Z", "N/A"))
            .fail("made later and never used", key_2("2025-01-01T00:01:01Z", "N/A"))
            .fail("a fresh key that was not used for five minutes", key_2("2025-12-31T22:55:00Z", "N/A"))
            .pass("made at setup and in use", key_2("2025-01-01T00:00:30Z", "2025-12-30T00:00:00Z"))
            .pass("made later and in use", with(KEY_1_USED))
            .unknown("the password can't be read", ann("password_enabled=perhaps"))
            .unknown("whether the key is active can't be read", with(&format!("{KEY_1_UNUSED} access_key_1_active=x")))
            .unknown("when the key was used can't be read", key_2("2025-06-01T00:00:00Z", "x"))
            .fail("never used: when the key was made does not matter", key_2("soon", "N/A"))
            .pass("in use: when the key was made does not matter", key_2("soon", "2025-12-30T00:00:00Z"));
        with_shared_cases(cases).check();
    }
}
