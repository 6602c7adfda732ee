//! Controls on AWS Identity and Access Management.

mod credentials;

cis_core::controls! {
    access_key_rotation::AccessKeyRotation,
    password_min_length::PasswordMinLength,
    unused_credentials::UnusedCredentials,
}
