//! Controls on AWS Identity and Access Management.

mod credentials;
mod password_policy;
mod principals;
mod root;
mod root_state;

cis_core::controls! {
    access_analyzer::AccessAnalyzer,
    access_key_rotation::AccessKeyRotation,
    central_identity::CentralIdentity,
    cloudshell_full_access::CloudshellFullAccess,
    console_user_mfa::ConsoleUserMfa,
    expired_certificates::ExpiredCertificates,
    full_admin_policies::FullAdminPolicies,
    group_permissions_only::GroupPermissionsOnly,
    initial_access_keys::InitialAccessKeys,
    instance_roles::InstanceRoles,
    password_min_length::PasswordMinLength,
    password_reuse::PasswordReuse,
    root_access_key::RootAccessKey,
    root_daily_use::RootDailyUse,
    root_hardware_mfa::RootHardwareMfa,
    root_mfa::RootMfa,
    single_active_access_key::SingleActiveAccessKey,
    support_role::SupportRole,
    unused_credentials::UnusedCredentials,
}
