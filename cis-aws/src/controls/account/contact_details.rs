use cis_core::Message;
use cis_core::prelude::*;
use serde::Serialize;
use serde_json::json;

use super::masked::{self, Field};
use crate::datasets::account::{
    AlternateContact, BillingAlternateContact, Contact, ContactInformation, OperationsAlternateContact,
    SecurityAlternateContact,
};

control! {
    /// The contact details of the account are current and reach more than one person.
    ///
    /// ## Why it matters
    /// AWS writes to them when it sees abuse or is about to limit the account. A mail address of somebody who has left, or of
    /// one person on holiday, costs the hours in which the account could have been saved.
    pub struct ContactDetails {}
    key: "account.contact_details", title: "Contact details are current",
    resource_type: "AWS::::Account", judged_at: Account,
}

const GET_CONTACT: &str = "account:GetContactInformation";
const GET_ALTERNATE: &str = "account:GetAlternateContact";

/// Words that name a team, not a person, before the `@` of a mail address.
pub(crate) const TEAM_WORDS: &[&str] = &[
    "abuse", "accounting", "accounts", "admin", "admins", "alerts", "aws", "billing", "cloud", "contact", "devops",
    "finance", "group", "helpdesk", "info", "infra", "infosec", "invoices", "it", "list", "noc", "office", "oncall",
    "operations", "ops", "platform", "root", "secops", "security", "soc", "sre", "support", "team",
];

impl Control for ContactDetails {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Keep the contact information and the alternate contacts up to date, with mailboxes and phone numbers of a team. \
                 Root's own mail address stands on the account page alone: no API shows it.",
            )
            .caution(CautionKind::ReplacesAll, "The command sets the whole contact information: give the parts that are right, too.")
            .console([
                "Open the account menu at the top right, then Account.",
                "Edit \"Contact information\", then the three \"Alternate contacts\".",
                "Signed in as root, check the mail address under \"Account settings\".",
            ])
            .cli([
                r#"aws account put-contact-information --contact-information '{"FullName": "<NAME>", "AddressLine1": "<ADDRESS>", "City": "<CITY>", "StateOrRegion": "<STATE_OR_REGION>", "PostalCode": "<POSTAL_CODE>", "CountryCode": "<COUNTRY_CODE>", "PhoneNumber": "<PHONE_NUMBER>"}'"#,
                "aws account put-alternate-contact --alternate-contact-type OPERATIONS --name <NAME> --title <TITLE> --email-address <MAIL_ADDRESS> --phone-number <PHONE_NUMBER>",
                "aws account put-alternate-contact --alternate-contact-type BILLING --name <NAME> --title <TITLE> --email-address <MAIL_ADDRESS> --phone-number <PHONE_NUMBER>",
            ])
            .terraform([
                r#"
                resource "aws_account_primary_contact" "this" {
                  full_name       = "<NAME>"
                  address_line_1  = "<ADDRESS>"
                  city            = "<CITY>"
                  state_or_region = "<STATE_OR_REGION>" # not every country needs it
                  postal_code     = "<POSTAL_CODE>"
                  country_code    = "<COUNTRY_CODE>"
                  phone_number    = "<PHONE_NUMBER>"
                }
                "#,
                r#"
                resource "aws_account_alternate_contact" "operations" {
                  alternate_contact_type = "OPERATIONS"
                  name                   = "<NAME>"
                  title                  = "<TITLE>"
                  email_address          = "<MAIL_ADDRESS>"
                  phone_number           = "<PHONE_NUMBER>"
                }

                resource "aws_account_alternate_contact" "billing" {
                  alternate_contact_type = "BILLING"
                  name                   = "<NAME>"
                  title                  = "<TITLE>"
                  email_address          = "<MAIL_ADDRESS>"
                  phone_number           = "<PHONE_NUMBER>"
                }
                "#,
            ]),
        )
    }

    fn reads(&self) -> Reads {
        let alternates = Reads::of::<SecurityAlternateContact>().and::<BillingAlternateContact>();
        alternates.and::<OperationsAlternateContact>().and::<ContactInformation>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let contact = facts.rows::<ContactInformation>().and_then(|rows| rows.single());
        let alternates = [
            ("SECURITY", facts.rows::<SecurityAlternateContact>().and_then(|rows| rows.single())),
            ("BILLING", facts.rows::<BillingAlternateContact>().and_then(|rows| rows.single())),
            ("OPERATIONS", facts.rows::<OperationsAlternateContact>().and_then(|rows| rows.single())),
        ];

        let mut verdict = Verdict::manual(message(&contact, &alternates));
        match contact {
            Ok(Some(contact)) => {
                for (name, field) in fields(contact) {
                    verdict = verdict.evidence(GET_CONTACT, format!("ContactInformation.{name}"), &field);
                }
            }
            // Nothing of the contact itself may go in unmasked.
            none_or_gap => {
                verdict = verdict.evidence_if_read(GET_CONTACT, "ContactInformation", none_or_gap.map(|_| ()));
            }
        }
        for (kind, alternate) in &alternates {
            let shown = alternate.clone().map(|alternate| alternate.map(Shown::of));
            verdict = verdict.evidence_if_read(GET_ALTERNATE, format!("AlternateContact {kind}"), shown);
        }
        let all_set = fact::all(alternates.iter().map(|(_, alternate)| alternate.clone().map(|contact| contact.is_some())));
        let verdict = verdict.evidence_if_read(GET_ALTERNATE, "all three alternate contacts are set", all_set);
        let differ = fact::all(pairs(&alternates).map(|(one, other)| Ok(differ(one.clone()?, other.clone()?))));
        findings.push(
            Target::place(),
            verdict.evidence_if_read(GET_ALTERNATE, "no two alternate contacts share a mail address", differ),
        );
        Ok(())
    }
}

fn message(contact: &Result<Option<&Contact>, Gap>, alternates: &[(&'static str, Alternate<'_>); 3]) -> Message {
    let (mut filled, mut set, mut unread) = (Vec::new(), Vec::new(), Vec::new());
    match contact {
        Ok(Some(contact)) => filled.extend(fields(contact).into_iter().filter(|(_, field)| field.present).map(|(name, _)| name)),
        Ok(None) => {}
        Err(_) => unread.push(json!(msg!("contact information"))),
    }
    for (kind, alternate) in alternates {
        match alternate {
            Ok(Some(_)) => set.push(*kind),
            Ok(None) => {}
            Err(_) => unread.push(json!(kind)),
        }
    }
    msg!(
        "Contact fields filled: {filled}; alternate contacts set: {set}; not readable: {unread}; a person must confirm that mail and phone are current and reach more than one person.",
        filled, set, unread
    )
}

fn fields(contact: &Contact) -> [(&'static str, Field); 8] {
    [
        ("FullName", masked::text(contact.full_name.as_deref())),
        ("CompanyName", masked::text(contact.company_name.as_deref())),
        ("AddressLine1", masked::text(contact.address_line1.as_deref())),
        ("City", masked::text(contact.city.as_deref())),
        ("PostalCode", masked::text(contact.postal_code.as_deref())),
        ("CountryCode", masked::text(contact.country_code.as_deref())),
        ("PhoneNumber", masked::phone(contact.phone_number.as_deref())),
        ("WebsiteUrl", masked::text(contact.website_url.as_deref())),
    ]
}

/// An alternate contact, fit to be shown.
#[derive(Serialize)]
struct Shown {
    name: Field,
    email_address: Field,
    phone_number: Field,
    /// Whether the mail address reads like a team's: a hint, no proof.
    looks_like_group: bool,
}

impl Shown {
    fn of(contact: &AlternateContact) -> Self {
        Self {
            name: masked::text(contact.name.as_deref()),
            email_address: masked::mail(contact.email_address.as_deref()),
            phone_number: masked::phone(contact.phone_number.as_deref()),
            looks_like_group: contact.email_address.as_deref().is_some_and(looks_like_group),
        }
    }
}

fn looks_like_group(mail: &str) -> bool {
    let name = mail.trim().split('@').next().unwrap_or_default().to_lowercase();
    name.split(|c: char| !c.is_alphanumeric()).any(|word| TEAM_WORDS.contains(&word))
}

type Alternate<'a> = Result<Option<&'a AlternateContact>, Gap>;

fn pairs<'a, 'f>(alternates: &'a [(&'static str, Alternate<'f>); 3]) -> impl Iterator<Item = (&'a Alternate<'f>, &'a Alternate<'f>)> {
    let [(_, security), (_, billing), (_, operations)] = alternates;
    [(security, billing), (security, operations), (billing, operations)].into_iter()
}

/// Whether two contacts have mail addresses of their own; one that is not set shares none.
fn differ(one: Option<&AlternateContact>, other: Option<&AlternateContact>) -> bool {
    let mail = |contact: Option<&AlternateContact>| {
        let mail = contact?.email_address.as_deref()?.trim().to_lowercase();
        Some(mail).filter(|mail| !mail.is_empty())
    };
    match (mail(one), mail(other)) {
        (Some(one), Some(other)) => one != other,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, unread};

    use super::*;

    fn contact(json: &str) -> FactSet {
        aws::<ContactInformation>(&format!(r#"{{"ContactInformation": {json}}}"#))
    }

    fn alternate<D: Dataset>(mail: &str) -> FactSet {
        aws::<D>(&format!(
            r#"{{"AlternateContact": {{"Name": "Ann Example", "EmailAddress": "{mail}", "PhoneNumber": "+15550100199"}}}}"#
        ))
    }

    fn none<D: Dataset>() -> FactSet {
        aws::<D>(r#"{"AlternateContact": null}"#)
    }

    #[test]
    fn cases() {
        let whole = || {
            contact(
                r#"{"FullName": "Ann Example", "CompanyName": "Example Corp", "AddressLine1": "1 Main St", "City": "Anytown",
                "PostalCode": "12345", "CountryCode": "US", "PhoneNumber": "+1 555 010 0199", "WebsiteUrl": "https://example.com"}"#,
            )
        };
        let (security, billing, operations) = (
            || alternate::<SecurityAlternateContact>("aws-security@example.com"),
            || alternate::<BillingAlternateContact>("ann.example@example.com"),
            || alternate::<OperationsAlternateContact>("ops@example.com"),
        );
        let denied = || {
            let alternates = unread::<SecurityAlternateContact>(GapKind::Denied).and(unread::<BillingAlternateContact>(GapKind::Denied));
            alternates.and(unread::<OperationsAlternateContact>(GapKind::Denied))
        };
        let mut cases = Cases::of(ContactDetails {});
        for (name, facts) in [
            ("all is filled, and evidence shows none of it in clear", whole().and(security()).and(billing()).and(operations())),
            ("ResourceNotFoundException for BILLING: not set, no error", whole().and(security()).and(none::<BillingAlternateContact>()).and(operations())),
            ("two share a mailbox, which the unread third does not change", whole()
                .and(alternate::<SecurityAlternateContact>("Ann@example.com"))
                .and(alternate::<BillingAlternateContact>("ann@example.com "))
                .and(unread::<OperationsAlternateContact>(GapKind::Throttled))),
            ("blank fields are not filled", contact(r#"{"FullName": " ", "PhoneNumber": ""}"#)
                .and(none::<SecurityAlternateContact>()).and(none::<BillingAlternateContact>()).and(none::<OperationsAlternateContact>())),
            ("no contact information at all", contact("null").and(security()).and(billing()).and(operations())),
            ("all calls denied: still a person's to answer", unread::<ContactInformation>(GapKind::Denied).and(denied())),
        ] {
            cases = cases.manual(name, facts).holds_without::<ContactInformation>().holds_without::<SecurityAlternateContact>();
            cases = cases.holds_without::<BillingAlternateContact>().holds_without::<OperationsAlternateContact>();
        }
        cases.check();
    }

    #[test]
    fn group_mailboxes() {
        for (mail, group) in [
            ("security@example.com", true),
            ("AWS-Security@example.com", true),
            ("acme.cloud.team+aws@example.com", true),
            ("ann.example@example.com", false),
            ("scott@it.example.com", false),
            ("itziar@example.com", false),
        ] {
            assert_eq!(looks_like_group(mail), group, "{mail}");
        }
    }
}
