//! Controls on AWS Identity and Access Management.

mod credentials;

cis_core::controls! {
    access_key_rotation::AccessKeyRotation,
    console_user_mfa::ConsoleUserMfa,
    expired_certificates::ExpiredCertificates,
    group_permissions_only::GroupPermissionsOnly,
    initial_access_keys::InitialAccessKeys,
    instance_roles::InstanceRoles,
    password_min_length::PasswordMinLength,
    single_active_access_key::SingleActiveAccessKey,
    unused_credentials::UnusedCredentials,
}
