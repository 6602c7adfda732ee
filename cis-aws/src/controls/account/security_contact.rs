use cis_core::prelude::*;

use super::masked;
use crate::datasets::account::SecurityAlternateContact;

control! {
    /// The account has a security contact with a mail address and a phone number.
    ///
    /// ## Why it matters
    /// AWS writes about abuse and compromised keys to this contact. Where none is set, the mail goes to root's address,
    /// which often nobody reads at night.
    pub struct SecurityContact {}
    key: "account.security_contact", title: "A security contact is registered",
    resource_type: "AWS::::Account", judged_at: Account,
}

impl Control for SecurityContact {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Register a security contact: best a mailbox and a phone line that the security team watches together. The \
                 management account of an organization can set it for its members.",
            )
            .console([
                "Open the account menu at the top right, then Account.",
                "Under \"Alternate contacts\", edit Security: name, title, mail address, phone number.",
            ])
            .cli([
                "aws account put-alternate-contact --alternate-contact-type SECURITY --name <NAME> --title <TITLE> --email-address <MAIL_ADDRESS> --phone-number <PHONE_NUMBER>",
            ])
            .terraform([r#"
                resource "aws_account_alternate_contact" "security" {
                  alternate_contact_type = "SECURITY"
                  name                   = "<NAME>"
                  title                  = "<TITLE>"
                  email_address          = "<MAIL_ADDRESS>"
                  phone_number           = "<PHONE_NUMBER>"
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<SecurityAlternateContact>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        const GET: &str = "account:GetAlternateContact";
        let Some(contact) = facts.rows::<SecurityAlternateContact>()?.single()? else {
            let message = msg!("No security contact is set; the account must have one with a mail address and a phone number.");
            findings.push(Target::place(), Verdict::fail(message).evidence(GET, "AlternateContact", &None::<()>));
            return Ok(());
        };
        let name = masked::text(contact.name.as_deref());
        let mail = masked::mail(contact.email_address.as_deref());
        let phone = masked::phone(contact.phone_number.as_deref());
        let fields = [(msg!("mail address"), mail.present), (msg!("phone number"), phone.present)];
        let missing: Vec<_> = fields.into_iter().filter(|(_, present)| !present).map(|(field, _)| field).collect();
        let verdict = if missing.is_empty() {
            Verdict::pass(msg!("A security contact with mail address and phone number is set; whether somebody watches it, only a person can tell."))
        } else {
            Verdict::fail(msg!("The security contact lacks: {missing}; it must have a mail address and a phone number.", missing))
        };
        let verdict = verdict.evidence(GET, "AlternateContact.Name", &name);
        let verdict = verdict.evidence(GET, "AlternateContact.EmailAddress", &mail);
        findings.push(Target::place(), verdict.evidence(GET, "AlternateContact.PhoneNumber", &phone));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, aws, unread};

    use super::*;

    #[test]
    fn cases() {
        let contact = |json: &str| aws::<SecurityAlternateContact>(&format!(r#"{{"AlternateContact": {json}}}"#));
        let whole = r#"{"AlternateContactType": "SECURITY", "Name": "Security team", "Title": "CISO",
            "EmailAddress": "security@example.com", "PhoneNumber": "+1 555 010 0199"}"#;
        Cases::of(SecurityContact {})
            .pass("mail and phone, in evidence masked", contact(whole))
            .pass("no name is needed", contact(r#"{"EmailAddress": "soc@example.com", "PhoneNumber": "+15550100199"}"#))
            .fail("ResourceNotFoundException: none is set", contact("null"))
            .fail("blank mail", contact(r#"{"Name": "x", "EmailAddress": " ", "PhoneNumber": "+15550100199"}"#))
            .fail("no phone", contact(r#"{"Name": "x", "EmailAddress": "soc@example.com"}"#))
            .fail("all fields blank", contact(r#"{"Name": "", "EmailAddress": "", "PhoneNumber": ""}"#))
            .unknown("denied is not \"not set\"", unread::<SecurityAlternateContact>(GapKind::Denied))
            .unknown("throttled", unread::<SecurityAlternateContact>(GapKind::Throttled))
            .unknown("GovCloud has no such endpoint", unread::<SecurityAlternateContact>(GapKind::Unreachable).partition("aws-us-gov"))
            .check();
    }
}
