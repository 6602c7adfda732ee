//! Controls on AWS Identity and Access Management.

mod root;
mod root_state;

cis_core::controls! {
    access_analyzer::AccessAnalyzer,
    central_identity::CentralIdentity,
    password_min_length::PasswordMinLength,
    password_reuse::PasswordReuse,
    root_access_key::RootAccessKey,
    root_daily_use::RootDailyUse,
    root_hardware_mfa::RootHardwareMfa,
    root_mfa::RootMfa,
}

pub use root_access_key::InactiveKey;
pub use root_state::CentralRootManagement;
