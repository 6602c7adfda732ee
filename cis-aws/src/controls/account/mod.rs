//! Controls on the account itself: whom AWS can reach about it.

mod masked;

#[cfg(feature = "redact")]
pub(crate) use contact_details::TEAM_WORDS;

cis_core::controls! {
    contact_details::ContactDetails,
    security_contact::SecurityContact,
    security_questions::SecurityQuestions,
}
