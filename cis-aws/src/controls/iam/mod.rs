//! Controls on AWS Identity and Access Management.

mod root;

cis_core::controls! {
    password_min_length::PasswordMinLength,
    root_access_key::RootAccessKey,
}

pub use root_access_key::InactiveKey;
