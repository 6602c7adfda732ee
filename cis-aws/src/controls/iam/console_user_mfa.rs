use cis_core::prelude::*;

use super::credentials::{self, GET, each_user, yes};

control! {
    /// Every IAM user with a console password has MFA.
    ///
    /// ## Why it matters
    /// A password alone is enough to sign in: one that is guessed, phished or used elsewhere gives the console away.
    pub struct ConsoleUserMfa {}
    key: "iam.console_user_mfa", title: "IAM users with a console password have MFA",
    resource_type: "AWS::IAM::User", judged_at: Account,
}

impl Control for ConsoleUserMfa {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Let the user register an MFA device, best a passkey or security key. Take the password away from a user who \
                 does not need the console, with delete-login-profile.",
            )
            .console([
                "The user signs in and opens \"Security credentials\" in the account menu at the top right.",
                "Under \"Multi-factor authentication (MFA)\", choose \"Assign MFA device\" and follow the steps.",
            ])
            .cli([
                "aws iam create-virtual-mfa-device --virtual-mfa-device-name {resource} --outfile qr-code.png --bootstrap-method QRCodePNG",
                "aws iam enable-mfa-device --user-name {resource} --serial-number arn:{partition}:iam::{account}:mfa/{resource} --authentication-code1 <FIRST_CODE> --authentication-code2 <NEXT_CODE>",
            ])
            .no_terraform("The user must give two codes of the device, which Terraform has no place for."),
        )
    }

    fn reads(&self) -> Reads {
        credentials::reads()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        each_user(facts, findings, |user, _| {
            let verdict = if !yes(&user.password_enabled, "password_enabled")? {
                Verdict::not_applicable(msg!("The user has no console password."))
            } else if yes(&user.mfa_active, "mfa_active")? {
                Verdict::pass(msg!("The user has a console password and MFA."))
            } else {
                Verdict::fail(msg!("The user has a console password and no MFA; MFA must be enabled."))
            };
            let verdict = verdict.evidence(GET, "password_enabled", &user.password_enabled);
            Ok(verdict.evidence(GET, "mfa_active", &user.mfa_active))
        })
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet};

    use super::super::credentials::testing::{ann, report, user, with_shared_cases};
    use super::*;
    use crate::datasets::iam::AccountSummary;

    fn with(password: &str, mfa: &str) -> FactSet {
        ann(&format!("password_enabled={password} mfa_active={mfa}"))
    }

    #[test]
    fn cases() {
        let cases = Cases::of(ConsoleUserMfa {})
            .partly_without::<AccountSummary>()
            .pass("password and MFA", with("true", "true"))
            .pass("written in capitals", with("TRUE", "TRUE"))
            .fail("password without MFA", with("true", "false"))
            .not_applicable("no password", with("false", "false"))
            .not_applicable("no password: whether there is MFA does not matter", with("false", "perhaps"))
            .not_applicable("access keys alone need no console MFA", ann("access_key_1_active=true"))
            .unknown("the password's cell can't be read", with("perhaps", "true"))
            .unknown("the MFA cell can't be read", with("true", "perhaps"))
            .unknown("not_supported is no answer for a user", with("not_supported", "true"))
            .each(
                "the path is part of the ARN, and a name may be another's beginning",
                report([
                    user("bob", "password_enabled=true arn=arn:aws:iam::123456789012:user/team/eu/bob"),
                    user("bobby", "password_enabled=true mfa_active=true"),
                ]),
                &[
                    ("arn:aws:iam::123456789012:user/bobby", Status::Pass),
                    ("arn:aws:iam::123456789012:user/team/eu/bob", Status::Fail),
                ],
            );
        with_shared_cases(cases).check();
    }
}
