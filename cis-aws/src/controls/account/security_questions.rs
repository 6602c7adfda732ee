use cis_core::prelude::*;

control! {
    /// Security questions are set, where that can still be done.
    ///
    /// ## Why it matters
    /// They were one way for AWS to tell the owner of an account apart from somebody else who asks for access to it.
    pub struct SecurityQuestions {}
    key: "account.security_questions", title: "Security questions are set",
    resource_type: "AWS::::Account", judged_at: Account,
}

impl Control for SecurityQuestions {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Nothing can be done any more: AWS took no new questions after 2024-01-05 and ended editing on 2025-01-06. \
                 Where none were set, attest that they cannot be; keep the root user's mail address and phone number \
                 current instead, which is what recovery rests on now.",
            )
            .no_console("The account page takes no questions any more.")
            .no_cli("There was never an API for them.")
            .no_terraform("There was never an API for them."),
        )
    }

    fn reads(&self) -> Reads {
        Reads::none()
    }

    fn evaluate(&self, _: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let suggestion = msg!("cannot be set any more");
        let message = msg!(
            "No API tells of security questions, so a person must look at the account page, signed in as root; AWS took no new ones after 2024-01-05 and ended editing on 2025-01-06 (suggestion where there are none: {suggestion}).",
            suggestion
        );
        findings.push(Target::place(), Verdict::manual(message));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet};

    use super::*;

    #[test]
    fn cases() {
        Cases::of(SecurityQuestions {})
            .manual("always, and never left out of a report", FactSet::new())
            .manual("GovCloud", FactSet::new().partition("aws-us-gov"))
            .check();
    }
}
