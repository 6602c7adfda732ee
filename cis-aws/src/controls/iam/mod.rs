//! Controls on AWS Identity and Access Management.

cis_core::controls! {
    password_min_length::PasswordMinLength,
}
