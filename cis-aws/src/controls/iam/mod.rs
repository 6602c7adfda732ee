//! Controls on AWS Identity and Access Management.

mod credentials;
mod principals;

cis_core::controls! {
    access_key_rotation::AccessKeyRotation,
    cloudshell_full_access::CloudshellFullAccess,
    console_user_mfa::ConsoleUserMfa,
    expired_certificates::ExpiredCertificates,
    full_admin_policies::FullAdminPolicies,
    group_permissions_only::GroupPermissionsOnly,
    initial_access_keys::InitialAccessKeys,
    instance_roles::InstanceRoles,
    password_min_length::PasswordMinLength,
    single_active_access_key::SingleActiveAccessKey,
    support_role::SupportRole,
    unused_credentials::UnusedCredentials,
}
