use cis_core::prelude::*;

use super::password_policy;
use crate::datasets::iam::PasswordPolicy;

control! {
    /// The account password policy keeps people from going back to an old password.
    ///
    /// ## Why it matters
    /// A password that was changed because somebody else may know it must not come back.
    pub struct PasswordReuse {
        /// The smallest number of remembered passwords that passes. AWS remembers 24 at most.
        pub min: i64 = 24,
    }
    key: "iam.password_reuse", title: "The password policy remembers 24 passwords",
    resource_type: "AWS::::Account", judged_at: Account,
}

impl Control for PasswordReuse {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        let told = "Set a password policy that remembers {min} passwords.";
        Some(password_policy::remediation(told, "14", "{min}").parameters(self))
    }

    fn reads(&self) -> Reads {
        Reads::of::<PasswordPolicy>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        const GET: &str = "iam:GetAccountPasswordPolicy";
        let min = self.min;
        let Some(policy) = facts.rows::<PasswordPolicy>()?.single()? else {
            let message = msg!("No account password policy is set; it must remember {min} passwords.", min);
            findings.push(Target::place(), Verdict::fail(message).evidence(GET, "PasswordPolicy", &None::<i64>));
            return Ok(());
        };
        let remembered = policy.password_reuse_prevention.as_ref().map(Fact::known).transpose()?.copied();
        let verdict = match remembered {
            Some(remembered) if remembered >= min => {
                Verdict::pass(msg!("The password policy remembers {remembered} passwords.", remembered))
            }
            Some(remembered) => Verdict::fail(msg!(
                "The password policy remembers {remembered} passwords; it must remember {min}.",
                remembered, min
            )),
            None => Verdict::fail(msg!("The password policy lets old passwords be used again; it must remember {min}.", min)),
        };
        findings.push(Target::place(), verdict.evidence(GET, "PasswordReusePrevention", &remembered));
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
        Cases::of(PasswordReuse { min: 24 })
            .pass("exactly 24, which is also the most that AWS remembers", policy(r#"{"MinimumPasswordLength": 8, "PasswordReusePrevention": 24}"#))
            .pass("the length is another control's", policy(r#"{"PasswordReusePrevention": 24}"#))
            .fail("one short", policy(r#"{"MinimumPasswordLength": 14, "PasswordReusePrevention": 23}"#))
            .fail("a policy with a length only: AWS leaves the field out", policy(r#"{"MinimumPasswordLength": 14}"#))
            .fail("nothing is remembered", policy(r#"{"MinimumPasswordLength": 14, "PasswordReusePrevention": 0}"#))
            .fail("no policy is set", policy("null"))
            .unknown("the number is none", policy(r#"{"MinimumPasswordLength": 14, "PasswordReusePrevention": "all"}"#))
            .unknown("denied", unread::<PasswordPolicy>(GapKind::Denied))
            .unknown("throttled", unread::<PasswordPolicy>(GapKind::Throttled))
            .check();
    }
}
