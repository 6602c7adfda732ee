use cis_core::prelude::*;

use super::root;
use super::root_state::{self, CentralRootManagement, RootState};

control! {
    /// The root user has MFA.
    ///
    /// ## Why it matters
    /// Root may do everything, its password can be reset from a mailbox, and no policy of the account's own holds it back.
    pub struct RootMfa {
        /// Whether the organization manages root credentials centrally: `on`, `off`, or `unset` for what can be read, which a
        /// member account cannot.
        pub central_root_management: CentralRootManagement = CentralRootManagement::Unset,
    }
    key: "iam.root_mfa", title: "Root has MFA",
    resource_type: "AWS::::Account", judged_at: Account,
}

impl Control for RootMfa {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "As root, assign an MFA device; a passkey or security key is best. In an organization, central root access \
                 management can remove the root credentials of member accounts altogether.",
            )
            .console([
                "Sign in as root, and open \"Security credentials\" in the account menu at the top right.",
                "Under \"Multi-factor authentication (MFA)\", choose \"Assign MFA device\" and follow the steps.",
                "Or, for a member of an organization: IAM, \"Root access management\" in the management account.",
            ])
            .no_cli("Root's device is assigned in the console, by root.")
            .no_terraform("Terraform has no resource for root's devices."),
        )
    }

    fn reads(&self) -> Reads {
        root_state::reads()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        findings.judge(root::arn(facts), || {
            Ok(match root_state::read(facts, self.central_root_management)? {
                RootState::Settled(verdict) => verdict,
                RootState::Mfa(seen) => seen.show(Verdict::pass(msg!("Root has MFA."))),
                RootState::NoMfa(seen) => seen.show(Verdict::fail(msg!("Root has no MFA; it must have an MFA device."))),
            })
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, unread};

    use super::super::root::{report_of, report_with, summary_with};
    use super::*;
    use crate::datasets::iam::{AccountSummary, CredentialReports, OrganizationsFeatures};
    use crate::datasets::organizations::Organization;

    const AT: &str = "2025-12-31T21:00:00Z";

    fn summary(mfa: i64, password: i64, keys: i64, certificates: i64) -> FactSet {
        summary_with(&[
            ("AccountMFAEnabled", mfa),
            ("AccountPasswordPresent", password),
            ("AccountAccessKeysPresent", keys),
            ("AccountSigningCertificatesPresent", certificates),
        ])
    }

    /// Neither MFA nor credentials, by both sources.
    fn bare() -> FactSet {
        summary(0, 0, 0, 0).and(bare_report())
    }

    fn bare_report() -> FactSet {
        report_with(AT, &[("password_enabled", "FALSE")])
    }

    fn features(organization: &str, features: &str) -> FactSet {
        aws::<OrganizationsFeatures>(&format!(r#"{{"OrganizationId": "{organization}", "EnabledFeatures": {features}}}"#))
    }

    fn member_of(organization: &str) -> FactSet {
        aws::<Organization>(&format!(
            r#"{{"Organization": {{"Id": "{organization}", "MasterAccountId": "999999999999", "FeatureSet": "ALL"}}}}"#
        ))
    }

    fn management_of(organization: &str) -> FactSet {
        aws::<Organization>(&format!(
            r#"{{"Organization": {{"Id": "{organization}", "MasterAccountId": "123456789012", "FeatureSet": "ALL"}}}}"#
        ))
    }

    fn no_organization() -> FactSet {
        aws::<Organization>(r#"{"Organization": null}"#)
    }

    fn denied() -> FactSet {
        unread::<AccountSummary>(GapKind::Denied)
    }

    const MANAGED: &str = r#"["RootCredentialsManagement", "RootSessions"]"#;

    #[test]
    fn cases() {
        Cases::of(RootMfa { central_root_management: CentralRootManagement::Unset })
            .pass("MFA, a passkey alone counts too", summary(1, 1, 0, 0))
            .pass("MFA was added after the report was made, which alone would show a fail", summary(1, 1, 0, 0).and(report_with(AT, &[])))
            .holds_without::<CredentialReports>()
            .turns_without::<AccountSummary>(Status::Fail)
            .pass("China is judged like all others", summary(1, 1, 0, 0).partition("aws-cn"))
            .fail("no MFA in China", summary(0, 1, 0, 0).partition("aws-cn"))
            .fail("a password and no MFA, and neither organization nor features matter",
                summary(0, 1, 0, 0).and(report_with(AT, &[])).and(member_of("o-a")).and(features("o-a", MANAGED)))
            .holds_without::<AccountSummary>()
            .holds_without::<CredentialReports>()
            .holds_without::<Organization>()
            .holds_without::<OrganizationsFeatures>()
            .fail("MFA was removed after the report was made", summary(0, 1, 0, 0).and(report_with(AT, &[("mfa_active", "true")])))
            .holds_without::<CredentialReports>()
            .turns_without::<AccountSummary>(Status::Pass)
            .fail("no password, but a key", summary(0, 0, 1, 0))
            .fail("no password, but a signing certificate", summary(0, 0, 0, 1))
            .fail("a summary without the password's number: it may have one",
                summary_with(&[("AccountMFAEnabled", 0), ("AccountAccessKeysPresent", 0), ("AccountSigningCertificatesPresent", 0)]))
            .unknown("a summary without the keys' number", summary_with(&[("AccountMFAEnabled", 0), ("AccountPasswordPresent", 0), ("AccountSigningCertificatesPresent", 0)]))
            .not_applicable("no credentials, and this organization manages them",
                bare().and(member_of("o-a")).and(features("o-a", MANAGED)))
            .holds_without::<AccountSummary>()
            .holds_without::<CredentialReports>()
            .turns_without::<Organization>(Status::Manual)
            .turns_without::<OrganizationsFeatures>(Status::Manual)
            .manual("no credentials, and central management is not known", bare())
            .holds_without::<AccountSummary>()
            .holds_without::<CredentialReports>()
            .manual("a member account may not read the features", bare().and(member_of("o-a")).and(unread::<OrganizationsFeatures>(GapKind::Denied)))
            .holds_without::<AccountSummary>()
            .holds_without::<CredentialReports>()
            .holds_without::<Organization>()
            .holds_without::<OrganizationsFeatures>()
            .manual("a member account, and no features to read", bare().and(member_of("o-a")).and(aws::<OrganizationsFeatures>("{}")))
            .holds_without::<AccountSummary>()
            .holds_without::<CredentialReports>()
            .holds_without::<Organization>()
            .holds_without::<OrganizationsFeatures>()
            .manual("the features of another organization", bare().and(member_of("o-a")).and(features("o-b", MANAGED)))
            .holds_without::<AccountSummary>()
            .holds_without::<CredentialReports>()
            .holds_without::<Organization>()
            .holds_without::<OrganizationsFeatures>()
            .manual("known to be unmanaged: root can get a password by mail",
                bare().and(member_of("o-a")).and(features("o-a", r#"["RootSessions"]"#)))
            .holds_without::<AccountSummary>()
            .holds_without::<CredentialReports>()
            .turns_without::<Organization>(Status::Manual)
            .turns_without::<OrganizationsFeatures>(Status::Manual)
            .manual("the management account is not managed", bare().and(management_of("o-a")).and(features("o-a", MANAGED)))
            .holds_without::<AccountSummary>()
            .holds_without::<CredentialReports>()
            .turns_without::<Organization>(Status::Manual)
            .holds_without::<OrganizationsFeatures>()
            .manual("an account in no organization is not managed", bare().and(no_organization()))
            .holds_without::<AccountSummary>()
            .holds_without::<CredentialReports>()
            .turns_without::<Organization>(Status::Manual)
            .not_applicable("GovCloud's root has no console", summary(0, 0, 0, 0).and(report_with(AT, &[])).partition("aws-us-gov"))
            .holds_without::<AccountSummary>()
            .holds_without::<CredentialReports>()
            .pass("the report alone", denied().and(report_with(AT, &[("mfa_active", "true")])))
            .holds_without::<AccountSummary>()
            .fail("the report alone: a password and no MFA", denied().and(report_with(AT, &[])))
            .holds_without::<AccountSummary>()
            .fail("an old report does not tell of the password", denied().and(report_with(AT, &[("password_enabled", "not_supported")])))
            .holds_without::<AccountSummary>()
            .fail("the report alone: an inactive key is a credential too",
                denied().and(report_with(AT, &[("password_enabled", "false"), ("access_key_2_last_rotated", "2020-01-01T00:00:00+00:00")])))
            .holds_without::<AccountSummary>()
            .fail("the report alone: a signing certificate",
                denied().and(report_with(AT, &[("password_enabled", "false"), ("cert_1_active", "true")])))
            .holds_without::<AccountSummary>()
            .manual("the report alone: no credentials", denied().and(bare_report()))
            .holds_without::<AccountSummary>()
            .unknown("the report alone: no password, and a cell unreadable",
                denied().and(report_with(AT, &[("password_enabled", "false"), ("cert_2_active", "?")])))
            .unknown("the report alone, its cell neither true nor false", denied().and(report_with(AT, &[("mfa_active", "not_supported")])))
            .unknown("the summary denied, the report a day old", denied().and(report_with("2025-12-30T23:59:59Z", &[("mfa_active", "true")])))
            .unknown("the summary denied, no line for root", denied().and(report_of(AT, "ann", &[("mfa_active", "true")])))
            .unknown("both denied", denied().and(unread::<CredentialReports>(GapKind::Denied)))
            .check();
    }

    #[test]
    fn central_root_management_is_said() {
        Cases::of(RootMfa { central_root_management: CentralRootManagement::On })
            .named("central_on")
            .not_applicable("no credentials", bare())
            .holds_without::<AccountSummary>()
            .holds_without::<CredentialReports>()
            .fail("a password that it left there", summary(0, 1, 0, 0))
            .manual("the management account is not managed, whatever is said", bare().and(management_of("o-a")))
            .holds_without::<AccountSummary>()
            .holds_without::<CredentialReports>()
            .turns_without::<Organization>(Status::NotApplicable)
            .check();
        Cases::of(RootMfa { central_root_management: CentralRootManagement::Off })
            .named("central_off")
            .manual("no credentials, but it can get them", bare().and(member_of("o-a")).and(features("o-a", MANAGED)))
            .holds_without::<AccountSummary>()
            .holds_without::<CredentialReports>()
            .holds_without::<Organization>()
            .holds_without::<OrganizationsFeatures>()
            .pass("MFA", summary(1, 1, 0, 0))
            .check();
    }
}
