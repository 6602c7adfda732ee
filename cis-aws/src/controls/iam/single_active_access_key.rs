use cis_core::prelude::*;

use super::credentials::{self, GET, active, all_listed, column, each_user};

control! {
    /// No IAM user has more than one active access key.
    ///
    /// ## Why it matters
    /// Each key opens the same doors. A second one doubles what can leak, and is the one that nobody remembers.
    pub struct SingleActiveAccessKey {}
    key: "iam.single_active_access_key", title: "IAM users have at most one active access key",
    resource_type: "AWS::IAM::User", judged_at: Account,
}

impl Control for SingleActiveAccessKey {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Move what uses the older key to the newer one, see when the older one was last used, deactivate it, and delete \
                 it once nothing misses it.",
            )
            .caution(CautionKind::CutsAccess, "What still uses the key fails as soon as it is inactive; activating it again undoes that, deleting it does not.")
            .console([
                "IAM, Users, {resource}, \"Security credentials\": look at \"Last used\" of both access keys.",
                "For the one that is to go, choose Actions, Deactivate; delete it after some days.",
            ])
            .cli([
                "aws iam list-access-keys --user-name {resource}",
                "aws iam get-access-key-last-used --access-key-id <OLDER_ACCESS_KEY_ID>",
                "aws iam update-access-key --user-name {resource} --access-key-id <OLDER_ACCESS_KEY_ID> --status Inactive",
                "aws iam delete-access-key --user-name {resource} --access-key-id <OLDER_ACCESS_KEY_ID>",
            ])
            .terraform([r#"
                # The older key, if Terraform made it:
                resource "aws_iam_access_key" "older" {
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
        each_user(facts, findings, |user, _| {
            let keys = &user.access_keys;
            let verdict = if fact::all(keys.iter().map(active))? {
                Verdict::fail(msg!(
                    "Both access keys are active; one at most may be, so that a rotation must end with the old key turned off."
                ))
            } else {
                all_listed(user)?;
                if fact::any(keys.iter().map(active))? {
                    Verdict::pass(msg!("One access key is active."))
                } else {
                    Verdict::not_applicable(msg!("The user has no active access key."))
                }
            };
            Ok(keys.iter().fold(verdict, |verdict, key| verdict.evidence(GET, column(key, "active"), &key.active)))
        })
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet};

    use super::super::credentials::testing::{ann, report, user, with_shared_cases};
    use super::*;
    use crate::datasets::iam::AccountSummary;

    fn keys(first: &str, second: &str) -> FactSet {
        ann(&format!("access_key_1_active={first} access_key_2_active={second}"))
    }

    #[test]
    fn cases() {
        let cases = Cases::of(SingleActiveAccessKey {})
            .partly_without::<AccountSummary>()
            .fail("both active, were it for a rotation", keys("true", "true"))
            .pass("the first active, the second off", keys("true", "false"))
            .pass("the second active", keys("FALSE", "TRUE"))
            .not_applicable(
                "keys that are off: the user is not left out",
                ann("access_key_1_last_rotated=2024-01-01T00:00:00Z access_key_2_last_rotated=2024-02-01T00:00:00Z"),
            )
            .unknown("one is active and the other can't be read", keys("true", "yes"))
            .unknown("one is off and the other can't be read", keys("x", "false"))
            .unknown(
                "more credentials than the report has columns for",
                ann("access_key_1_active=true additional_credentials_info=1_more_key"),
            )
            .fail(
                "the same beside two active keys",
                ann("access_key_1_active=true access_key_2_active=true additional_credentials_info=1_more_key"),
            )
            .each(
                "a name that is another's beginning",
                report([
                    user("bob", "access_key_1_active=true"),
                    user("bobby", "access_key_1_active=true access_key_2_active=true"),
                ]),
                &[
                    ("arn:aws:iam::123456789012:user/bob", Status::Pass),
                    ("arn:aws:iam::123456789012:user/bobby", Status::Fail),
                ],
            );
        with_shared_cases(cases).check();
    }
}
