use cis_core::prelude::*;

use super::password_policy;
use crate::datasets::iam::PasswordPolicy;

control! {
    /// The account password policy asks for long passwords.
    ///
    /// ## Why it matters
    /// Short passwords fall to guessing. Without a policy of its own an account has AWS's default, eight characters.
    pub struct PasswordMinLength {
        /// The shortest length that passes, in characters.
        pub min: i64 = 14,
    }
    key: "iam.password_min_length", title: "The password policy asks for 14 characters or more",
    resource_type: "AWS::::Account", judged_at: Account,
}

impl Control for PasswordMinLength {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        let told = "Set a password policy that asks for {min} characters or more.";
        Some(password_policy::remediation(told, "{min}", "24").parameters(self))
    }

    fn reads(&self) -> Reads {
        Reads::of::<PasswordPolicy>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        const GET: &str = "iam:GetAccountPasswordPolicy";
        let min = self.min;
        let Some(policy) = facts.rows::<PasswordPolicy>()?.single()? else {
            let message = msg!("No account password policy is set; it must ask for {min} characters or more.", min);
            findings.push(Target::place(), Verdict::fail(message).evidence(GET, "PasswordPolicy", &None::<i64>));
            return Ok(());
        };
        let length = *policy.minimum_password_length.known()?;
        let verdict = if length >= min {
            Verdict::pass(msg!("Passwords must have {length} characters or more.", length))
        } else {
            Verdict::fail(msg!("Passwords may have as few as {length} characters; the policy must ask for {min}.", length, min))
        };
        findings.push(Target::place(), verdict.evidence(GET, "MinimumPasswordLength", &length));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, aws, unread};

    use super::*;

    #[test]
    fn cases() {
        let policy = |json: &str| aws::<PasswordPolicy>(&format!(r#"{{"PasswordPolicy": {json}}}"#));
        Cases::of(PasswordMinLength { min: 14 })
            .pass("exactly 14", policy(r#"{"MinimumPasswordLength": 14}"#))
            .pass("longer", policy(r#"{"MinimumPasswordLength": 15, "PasswordReusePrevention": 24}"#))
            .fail("one short", policy(r#"{"MinimumPasswordLength": 13}"#))
            .fail("no policy is set: the default of 8 is not told as a length", policy("null"))
            .unknown("the length is missing from the answer", policy(r#"{"PasswordReusePrevention": 24}"#))
            .unknown("the length is no number", policy(r#"{"MinimumPasswordLength": "long"}"#))
            .unknown("denied", unread::<PasswordPolicy>(GapKind::Denied))
            .check();
    }
}
