use cis_core::prelude::*;

use super::root;
use super::root_state::{self, CentralRootManagement, RootState, Seen};
use crate::controls::Mode;
use crate::datasets::iam::{VirtualMfaDevice, VirtualMfaDevices};

control! {
    /// The root user's MFA is a hardware device.
    ///
    /// ## Why it matters
    /// The secret of an authenticator app can be copied with a phone's backup, and is lost with the phone. A token or
    /// security key in a safe is neither.
    pub struct RootHardwareMfa {
        /// `decide`: MFA that is no virtual device passes (1.5.0). `assist`: a person confirms that it is hardware, which no
        /// API tells (2.0.0).
        pub mode: Mode = Mode::Assist,
        /// Whether the organization manages root credentials centrally: `on`, `off`, or `unset` for what can be read, which a
        /// member account cannot.
        pub central_root_management: CentralRootManagement = CentralRootManagement::Unset,
    }
    key: "iam.root_hardware_mfa", title: "Root has hardware MFA",
    resource_type: "AWS::::Account", judged_at: Account,
}

const LIST: &str = "iam:ListVirtualMFADevices";

impl Control for RootHardwareMfa {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "As root, assign a security key or a hardware token, then remove the authenticator app. Several devices can be \
                 registered at once, so that one can be kept elsewhere.",
            )
            .caution(CautionKind::CutsAccess, "Who loses all devices signs in as root only by AWS Support: register two.")
            .console([
                "Sign in as root, and open \"Security credentials\" in the account menu at the top right.",
                "Under \"Multi-factor authentication (MFA)\", choose \"Assign MFA device\", then \"Passkey or security key\" or \"Hardware TOTP token\".",
                "Remove the device of type Virtual.",
            ])
            .no_cli("Root's device is assigned in the console, by root.")
            .no_terraform("Terraform has no resource for root's devices."),
        )
    }

    fn reads(&self) -> Reads {
        root_state::reads().and::<VirtualMfaDevices>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        findings.judge(root::arn(facts), || {
            let of_root = |device: &VirtualMfaDevice| is_roots(device, facts);
            let devices = facts.rows::<VirtualMfaDevices>();
            let virtual_device = devices.clone().and_then(|devices| devices.any(|device| Ok(of_root(device))));
            let seen = match (root_state::read(facts, self.central_root_management), &virtual_device) {
                (Ok(RootState::Settled(verdict)), _) => return Ok(verdict),
                (Ok(RootState::NoMfa(seen)), _) => {
                    let message = msg!("Root has no MFA; it must have a hardware MFA device.");
                    return Ok(seen.show(Verdict::fail(message)));
                }
                (Ok(RootState::Mfa(seen)), _) => seen,
                // An assigned device is MFA, whether or not the summary could be read.
                (Err(_), Ok(true)) => Seen::nothing(),
                (Err(gap), _) => return Err(gap),
            };
            let devices = devices?;
            let verdict = if virtual_device? {
                Verdict::fail(msg!("Root has a virtual MFA device; it must have hardware MFA devices only."))
            } else {
                self.not_virtual()
            };
            let verdict = seen.show(verdict).evidence(LIST, "VirtualMFADevices read", &devices.len());
            Ok(verdict.evidence(LIST, "VirtualMFADevices of root", &devices.only(of_root)))
        });
        Ok(())
    }
}

impl RootHardwareMfa {
    fn not_virtual(&self) -> Verdict {
        match self.mode {
            Mode::Decide => Verdict::pass(msg!("Root has MFA, and no virtual MFA device is root's.")),
            Mode::Assist => {
                let suggestion = msg!(
                    "not a TOTP app; confirm that it is a hardware token or FIDO key and not a synced passkey"
                );
                Verdict::manual(msg!(
                    "Root has MFA, and no virtual MFA device is root's; a person must look at what it is, since no API lists root's hardware tokens and passkeys (suggestion: {suggestion}).",
                    suggestion
                ))
            }
        }
    }
}

/// Whether a virtual device is root's. The name of a device proves nothing where its owner is known: root's can have any,
/// and a user's can be called like root's.
fn is_roots(device: &VirtualMfaDevice, facts: &Facts<'_>) -> bool {
    let owner = device.user.as_ref().and_then(|user| user.arn.as_deref());
    let old_serial = format!("arn:{}:iam::{}:mfa/root-account-mfa-device", facts.partition(), facts.account_id());
    owner.map_or(device.serial_number == old_serial, |owner| owner == root::arn(facts))
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, unread};

    use super::super::root::{report_with, summary_with};
    use super::*;
    use crate::datasets::iam::{AccountSummary, CredentialReports, OrganizationsFeatures};
    use crate::datasets::organizations::Organization;

    const AT: &str = "2025-12-31T21:00:00Z";

    fn mfa(enabled: i64) -> FactSet {
        summary_with(&[("AccountMFAEnabled", enabled), ("AccountPasswordPresent", 1), ("AccountAccessKeysPresent", 0), ("AccountSigningCertificatesPresent", 0)])
    }

    fn bare() -> FactSet {
        summary_with(&[("AccountMFAEnabled", 0), ("AccountPasswordPresent", 0), ("AccountAccessKeysPresent", 0), ("AccountSigningCertificatesPresent", 0)])
    }

    fn devices(list: &[(&str, &str)]) -> FactSet {
        let devices: Vec<_> = list
            .iter()
            .map(|(name, owner)| {
                let user = match *owner {
                    "" => String::new(),
                    "root" => r#", "User": {"PasswordLastUsed": "2024-01-01T00:00:00+00:00", "CreateDate": "2019-03-04T05:06:07+00:00", "Arn": "arn:aws:iam::123456789012:root"}"#.to_owned(),
                    user => format!(r#", "User": {{"UserName": "{user}", "Arn": "arn:aws:iam::123456789012:user/{user}"}}"#),
                };
                format!(r#"{{"SerialNumber": "arn:aws:iam::123456789012:mfa/{name}", "EnableDate": "2024-01-01T00:00:00+00:00"{user}}}"#)
            })
            .collect();
        aws::<VirtualMfaDevices>(&format!(r#"{{"VirtualMFADevices": [{}]}}"#, devices.join(",")))
    }

    fn features() -> FactSet {
        aws::<OrganizationsFeatures>(r#"{"OrganizationId": "o-a", "EnabledFeatures": ["RootCredentialsManagement"]}"#)
            .and(aws::<Organization>(r#"{"Organization": {"Id": "o-a", "MasterAccountId": "999999999999"}}"#))
    }

    /// What is the same for every version: all but MFA that is not virtual.
    fn common(mode: Mode) -> Cases {
        let denied = || unread::<AccountSummary>(GapKind::Denied).and(unread::<CredentialReports>(GapKind::Denied));
        Cases::of(RootHardwareMfa { mode, central_root_management: CentralRootManagement::Unset })
            .fail("no MFA", mfa(0).and(devices(&[])))
            .holds_without::<VirtualMfaDevices>()
            .fail("root's virtual device", mfa(1).and(devices(&[("root-account-mfa-device", "root")])))
            .holds_without::<AccountSummary>()
            .fail("root's virtual device with a name of its own", mfa(1).and(devices(&[("ann", "ann"), ("my-phone", "root")])))
            .holds_without::<AccountSummary>()
            .fail("root's is the 501st of many", mfa(1).and(devices(&[[("ann", "ann")].repeat(500), vec![("b", "root")]].concat())))
            .holds_without::<AccountSummary>()
            .fail("an old entry without owner", mfa(1).and(devices(&[("root-account-mfa-device", "")])))
            .holds_without::<AccountSummary>()
            .fail("a virtual device beside a FIDO key, which no list shows", mfa(1).and(report_with(AT, &[("mfa_active", "true")])).and(devices(&[("my-phone", "root")])))
            .holds_without::<AccountSummary>()
            .holds_without::<CredentialReports>()
            .fail("found, and a later page failed", mfa(1).and(devices(&[("my-phone", "root")]).cut_off::<VirtualMfaDevices>()))
            .holds_without::<AccountSummary>()
            .fail("found, though neither summary nor report could be read", denied().and(devices(&[("my-phone", "root")])))
            .holds_without::<AccountSummary>()
            .holds_without::<CredentialReports>()
            .unknown("none found, and a later page failed", mfa(1).and(devices(&[("ann", "ann")]).cut_off::<VirtualMfaDevices>()))
            .unknown("the list denied", mfa(1).and(unread::<VirtualMfaDevices>(GapKind::Denied)))
            .unknown("neither summary nor report, and no virtual device", denied().and(devices(&[])))
            .not_applicable("GovCloud's root has no console", mfa(0).and(devices(&[])).partition("aws-us-gov"))
            .holds_without::<AccountSummary>()
            .holds_without::<VirtualMfaDevices>()
            .not_applicable("no credentials, and this organization manages them", bare().and(features()).and(devices(&[])))
            .holds_without::<VirtualMfaDevices>()
            .turns_without::<Organization>(Status::Manual)
            .turns_without::<OrganizationsFeatures>(Status::Manual)
            .manual("the management account can get them: nobody manages it",
                bare().and(aws::<Organization>(r#"{"Organization": {"Id": "o-a", "MasterAccountId": "123456789012"}}"#)).and(devices(&[])))
            .turns_without::<Organization>(Status::Manual)
            .holds_without::<VirtualMfaDevices>()
            .manual("no credentials, and central management is not known", bare().and(devices(&[])))
            .holds_without::<VirtualMfaDevices>()
    }

    #[test]
    fn a_person_confirms() {
        common(Mode::Assist)
            .manual("MFA, and no virtual device at all", mfa(1).and(devices(&[])))
            .manual("MFA by the report alone", unread::<AccountSummary>(GapKind::Throttled).and(report_with(AT, &[("mfa_active", "true")])).and(devices(&[])))
            .holds_without::<AccountSummary>()
            .manual("a user's device that is called like root's", mfa(1).and(devices(&[("root-account-mfa-device", "ann")])))
            .manual("a user that is called like root", mfa(1).and(devices(&[("phone", "root-admin")])))
            .check();
    }

    #[test]
    fn facts_decide() {
        common(Mode::Decide)
            .named("1.5.0")
            .pass("MFA, and no virtual device at all", mfa(1).and(devices(&[])).and(features()))
            .holds_without::<Organization>()
            .holds_without::<OrganizationsFeatures>()
            .pass("MFA by the report alone", unread::<AccountSummary>(GapKind::Throttled).and(report_with(AT, &[("mfa_active", "true")])).and(devices(&[])))
            .holds_without::<AccountSummary>()
            .pass("a user's device that is called like root's", mfa(1).and(devices(&[("root-account-mfa-device", "ann")])))
            .pass("a user that is called like root", mfa(1).and(devices(&[("phone", "root-admin")])))
            .check();
    }
}
