//! How to set the account's password policy, which is set all at once.

use cis_core::prelude::*;

/// The whole policy, with this length and this number of remembered passwords.
pub(super) fn remediation(summary: &str, length: &str, remembered: &str) -> Remediation {
    Remediation::new(summary)
        .caution(
            CautionKind::ReplacesAll,
            "The policy is set all at once, and what is left out goes back to AWS's default: look at the one that you have, and \
             keep its other settings.",
        )
        .console([
            "IAM, \"Account settings\": under \"Password policy\" choose Edit, then Custom.".to_owned(),
            format!(
                "Set \"Password minimum length\" to {length} or more, \"Prevent password reuse\" to {remembered} passwords, and save."
            ),
        ])
        .cli([
            "aws iam get-account-password-policy".to_owned(),
            format!(
                "aws iam update-account-password-policy --minimum-password-length {length} --password-reuse-prevention {remembered} \
                 --require-symbols --require-numbers --require-uppercase-characters --require-lowercase-characters \
                 --allow-users-to-change-password"
            ),
        ])
        .terraform([format!(
            r#"
            resource "aws_iam_account_password_policy" "this" {{
              minimum_password_length        = {length}
              password_reuse_prevention      = {remembered}
              require_symbols                = true
              require_numbers                = true
              require_uppercase_characters   = true
              require_lowercase_characters   = true
              allow_users_to_change_password = true
            }}
            "#
        )])
}
