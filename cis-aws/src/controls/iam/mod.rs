//! Controls on AWS Identity and Access Management.

mod principals;

cis_core::controls! {
    cloudshell_full_access::CloudshellFullAccess,
    full_admin_policies::FullAdminPolicies,
    password_min_length::PasswordMinLength,
    support_role::SupportRole,
}
