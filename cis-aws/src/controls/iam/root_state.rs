//! Whether root has MFA, and where it has none, whether it could sign in at all: what `root_mfa` and `root_hardware_mfa`
//! share.

use cis_core::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::root::{self, REPORT, SUMMARY};
use crate::datasets::iam::{AccountSummary, CredentialReports, Flag, OrganizationsFeatures};
use crate::datasets::organizations::Organization;

const FEATURES: &str = "iam:ListOrganizationsFeatures";
const ORGANIZATION: &str = "organizations:DescribeOrganization";

/// Whether the organization manages the root credentials of its member accounts, so that a root user without any can't
/// get a password by itself. A member account cannot read it, but whoever runs the scan may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CentralRootManagement {
    /// It is not said: what can be read decides.
    Unset,
    /// It is on.
    On,
    /// It is off.
    Off,
}

/// How root stands.
pub(super) enum RootState {
    /// The verdict is the same whatever MFA device is asked for.
    Settled(Verdict),
    /// Root has MFA.
    Mfa(Seen),
    /// Root has none, and has credentials.
    NoMfa(Seen),
}

/// What was seen, for evidence.
pub(super) struct Seen(Vec<(&'static str, &'static str, Value)>);

impl Seen {
    /// Nothing was seen.
    pub(super) fn nothing() -> Self {
        Self(Vec::new())
    }

    /// Adds it to a verdict.
    pub(super) fn show(self, verdict: Verdict) -> Verdict {
        self.0
            .into_iter()
            .fold(verdict, |verdict, (operation, field, value)| verdict.evidence(operation, field, &value))
    }
}

/// The datasets that [`read`] reads.
pub(super) fn reads() -> Reads {
    Reads::of::<AccountSummary>().and::<CredentialReports>().and::<OrganizationsFeatures>().and::<Organization>()
}

/// How root stands, by the live summary or else by the credential report.
pub(super) fn read(facts: &Facts<'_>, central: CentralRootManagement) -> Result<RootState, Gap> {
    if facts.partition() == "aws-us-gov" {
        let message = msg!("The root user of an account in GovCloud has no console to sign in to: nothing to judge.");
        return Ok(RootState::Settled(Verdict::not_applicable(message)));
    }
    let root = match by_summary(facts) {
        Ok(root) => root,
        Err(gap) => {
            let mut root = fact::first([Err(gap.clone()), by_report(facts)])?;
            root.seen.0.push((SUMMARY, "SummaryMap", json!(Fact::<()>::from(gap))));
            root
        }
    };
    if root.mfa {
        return Ok(RootState::Mfa(root.seen));
    }
    if root.credentials? {
        return Ok(RootState::NoMfa(root.seen));
    }
    Ok(without_credentials(facts, central, root.seen))
}

/// What one source says of root.
struct Root {
    mfa: bool,
    /// Whether it has a password, an access key or a signing certificate.
    credentials: Result<bool, Gap>,
    seen: Seen,
}

fn by_summary(facts: &Facts<'_>) -> Result<Root, Gap> {
    const PASSWORD: &str = "AccountPasswordPresent";
    const KEYS: &str = "AccountAccessKeysPresent";
    const CERTIFICATES: &str = "AccountSigningCertificatesPresent";
    let summary = root::summary(facts)?;
    let mfa = summary.get("AccountMFAEnabled")?;
    let has = |name| summary.get(name).map(|number| number > 0);
    // Summaries did not always have the password's number.
    let password = if summary.0.contains_key(PASSWORD) { has(PASSWORD) } else { Ok(true) };
    let mut seen = vec![(SUMMARY, "AccountMFAEnabled", json!(mfa))];
    if mfa <= 0 {
        seen.extend([PASSWORD, KEYS, CERTIFICATES].map(|name| (SUMMARY, name, json!(summary.0.get(name)))));
    }
    let credentials = fact::any([password, has(KEYS), has(CERTIFICATES)]);
    Ok(Root { mfa: mfa > 0, credentials, seen: Seen(seen) })
}

fn by_report(facts: &Facts<'_>) -> Result<Root, Gap> {
    let (report, root) = root::line(facts)?;
    let mfa = root::is_true(&root.mfa_active)?;
    // Old reports do not tell of root's password.
    let password = root.password_enabled.known().map(|cell| *cell != Flag::False);
    let keys = root.access_keys.iter().map(|key| (&key.active, &key.last_rotated));
    let certificates =
        root.signing_certificates.iter().map(|certificate| (&certificate.active, &certificate.last_rotated));
    // What is there and inactive has a date.
    let there = keys.chain(certificates).flat_map(|(active, last_rotated)| {
        [root::is_true(active), last_rotated.known().map(|when| when.at().is_some())]
    });
    let credentials = fact::any(std::iter::once(password).chain(there));
    let mut seen =
        vec![(REPORT, "generated_at", json!(report.generated_time())), (REPORT, "mfa_active", json!(root.mfa_active))];
    if !mfa {
        let [key_1, key_2] = &root.access_keys;
        let [cert_1, cert_2] = &root.signing_certificates;
        seen.extend([
            (REPORT, "password_enabled", json!(root.password_enabled)),
            (REPORT, "access_key_1_active", json!(key_1.active)),
            (REPORT, "access_key_1_last_rotated", json!(key_1.last_rotated)),
            (REPORT, "access_key_2_active", json!(key_2.active)),
            (REPORT, "access_key_2_last_rotated", json!(key_2.last_rotated)),
            (REPORT, "cert_1_active", json!(cert_1.active)),
            (REPORT, "cert_1_last_rotated", json!(cert_1.last_rotated)),
            (REPORT, "cert_2_active", json!(cert_2.active)),
            (REPORT, "cert_2_last_rotated", json!(cert_2.last_rotated)),
        ]);
    }
    Ok(Root { mfa, credentials, seen: Seen(seen) })
}

/// Root has neither MFA nor anything to sign in with: what then counts is whether it can get a password.
fn without_credentials(facts: &Facts<'_>, central: CentralRootManagement, mut seen: Seen) -> RootState {
    let organization = facts.rows::<Organization>().and_then(|rows| rows.single());
    let features = facts.rows::<OrganizationsFeatures>().and_then(|rows| rows.single());
    let managed = match (&organization, central) {
        // Only member accounts are managed, whatever is said.
        (Ok(None), _) => Some(false),
        (Ok(Some(organization)), _) if organization.master_account_id.as_deref() == Some(facts.account_id()) => {
            Some(false)
        }
        (_, CentralRootManagement::On) => Some(true),
        (_, CentralRootManagement::Off) => Some(false),
        (Ok(Some(organization)), CentralRootManagement::Unset) => match &features {
            Ok(Some(features)) if features.organization_id == organization.id => {
                Some(features.enabled_features.iter().any(|feature| feature == "RootCredentialsManagement"))
            }
            Ok(_) | Err(_) => None,
        },
        (Err(_), CentralRootManagement::Unset) => None,
    };
    seen.0.push((ORGANIZATION, "Organization", json!(Fact::from(organization))));
    seen.0.push((FEATURES, "OrganizationsFeatures", json!(Fact::from(features))));
    match managed {
        Some(true) => {
            let message = if central == CentralRootManagement::On {
                msg!(
                    "Root has no credentials and, by the parameter central_root_management, its organization keeps it from getting any: there is no sign-in to protect by MFA."
                )
            } else {
                msg!(
                    "Root has no credentials, and its organization keeps it from getting any: there is no sign-in to protect by MFA."
                )
            };
            RootState::Settled(seen.show(Verdict::not_applicable(message)))
        }
        Some(false) => {
            let message = msg!(
                "Root has no credentials and no MFA, and nothing central keeps it from getting a password without MFA; a person must decide whether that will do."
            );
            RootState::Settled(seen.show(Verdict::manual(message)))
        }
        None => {
            let message = msg!(
                "Root has no credentials and no MFA; if password recovery is not blocked centrally, it can get a password without MFA, so a person must confirm that it is."
            );
            RootState::Settled(seen.show(Verdict::manual(message)))
        }
    }
}
