use cis_core::Message;
use cis_core::prelude::*;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::root::{self, REPORT};
use crate::datasets::iam::{
    Credential, CredentialReport, CredentialReports, Line, OidcProviders, RoleDetail, RoleDetails, SamlProvider,
    SamlProviders,
};
use crate::datasets::organizations::Organization;

control! {
    /// People sign in through a central identity provider, not as users of each account.
    ///
    /// ## Why it matters
    /// Who leaves must lose access everywhere at once; users that each account keeps for itself are forgotten in some.
    pub struct CentralIdentity {}
    key: "iam.central_identity", title: "People sign in through a central identity provider",
    resource_type: "AWS::::Account", judged_at: Account,
}

impl Control for CentralIdentity {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Let people sign in with IAM Identity Center or a SAML provider, give them roles, and remove the passwords of \
                 IAM users. An OIDC provider of a build system is no such thing: nobody signs in through it.",
            )
            .caution(CautionKind::CutsAccess, "Who has not moved over yet cannot sign in without a password: remove them last, and keep a way in for emergencies.")
            .console([
                "IAM Identity Center, in the organization's management account: Enable, then connect the directory of your people.",
                "Assign groups and permission sets to this account.",
                "Or IAM, \"Identity providers\", \"Add provider\", SAML, and roles that trust it.",
                "IAM, Users: take console access away from those who have moved over.",
            ])
            .cli([
                "aws iam create-saml-provider --name <PROVIDER_NAME> --saml-metadata-document file://metadata.xml",
                "aws iam delete-login-profile --user-name <USER_NAME>",
            ])
            .terraform([r#"
                resource "aws_iam_saml_provider" "people" {
                  name                   = "<PROVIDER_NAME>"
                  saml_metadata_document = file("metadata.xml")
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        let reads = Reads::of::<CredentialReports>().and::<SamlProviders>().and::<OidcProviders>();
        reads.and::<Organization>().and::<RoleDetails>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let report = root::report(facts);
        let users = report.clone().map(Users::of);
        let saml = facts.rows::<SamlProviders>();
        let oidc = facts.rows::<OidcProviders>();
        let roles = facts.rows::<RoleDetails>();
        let organization = facts.rows::<Organization>().and_then(|rows| rows.single());

        let of_identity_center = |role: &RoleDetail| is_identity_centers(role, facts);
        let in_force = |provider: &SamlProvider| is_in_force(provider, facts.as_of());
        let federated = fact::any([
            saml.clone().and_then(|saml| saml.any(|provider| Ok(in_force(provider)))),
            roles.clone().and_then(|roles| roles.any(|role| Ok(of_identity_center(role)))),
        ]);
        let mut verdict = Verdict::manual(message(&users, federated))
            .evidence_if_read(REPORT, "generated_at", report.map(CredentialReport::generated_time));
        if let Ok(users) = &users {
            verdict = users.show(verdict);
        }
        let saml = saml.map(|saml| {
            let shown = saml.iter().map(|provider| {
                json!({"Arn": provider.arn, "ValidUntil": provider.valid_until, "expired": !in_force(provider)})
            });
            with_gaps(shown, saml.cut_off())
        });
        let verdict = verdict.evidence_if_read("iam:ListSAMLProviders", "SAMLProviderList", saml);
        let verdict = verdict.evidence_if_read("iam:ListOpenIDConnectProviders", "OpenIDConnectProviderList", oidc);
        let roles = roles.map(|roles| {
            let roles = roles.only(of_identity_center);
            with_gaps(roles.iter().map(|role| json!(role.arn)), roles.cut_off())
        });
        let verdict =
            verdict.evidence_if_read("iam:GetAccountAuthorizationDetails", "roles of IAM Identity Center", roles);
        let organization = organization.map(|organization| {
            organization.map(|organization| {
                let management = organization.master_account_id.as_deref().map(|id| id == facts.account_id());
                json!({"Id": organization.id, "FeatureSet": organization.feature_set, "is_management_account": management})
            })
        });
        findings.push(
            Target::place(),
            verdict.evidence_if_read("organizations:DescribeOrganization", "Organization", organization),
        );
        Ok(())
    }
}

fn message(users: &Result<Users<'_>, Gap>, federated: Result<bool, Gap>) -> Message {
    let console_users = users.clone().and_then(|users| users.any_with_password());
    let suggestion = match (console_users, federated) {
        (Ok(true), _) => msg!("likely not met"),
        (Ok(false), Ok(true)) => msg!("likely met"),
        _ => msg!("none"),
    };
    let Ok(Users { with_password, with_keys_only, unreadable, .. }) = users else {
        return msg!(
            "The IAM users could not be read; a person must judge whether people sign in through a central identity provider (suggestion: {suggestion}).",
            suggestion
        );
    };
    let (console_users, key_users) = (with_password.len(), with_keys_only.len());
    if unreadable.is_empty() {
        return msg!(
            "{console_users} IAM users have a console password and {key_users} have access keys only; a person must judge whether people sign in through a central identity provider (suggestion: {suggestion}).",
            console_users, key_users, suggestion
        );
    }
    msg!(
        "At least {console_users} IAM users have a console password, at least {key_users} have access keys only, and {unreadable} could not be read; a person must judge whether people sign in through a central identity provider (suggestion: {suggestion}).",
        console_users, key_users, unreadable = unreadable.len(), suggestion
    )
}

/// Who of the IAM users is likely a person, and who a program.
#[derive(Clone)]
struct Users<'a> {
    with_password: Vec<&'a str>,
    with_keys_only: Vec<&'a str>,
    unreadable: Vec<Gap>,
    /// A user of whom it is not known whether there is a password.
    password_unknown: Option<Gap>,
}

impl<'a> Users<'a> {
    fn of(report: &'a CredentialReport) -> Self {
        let mut users =
            Self { with_password: Vec::new(), with_keys_only: Vec::new(), unreadable: Vec::new(), password_unknown: None };
        for line in report.lines() {
            match line {
                Line::User(user) if user.user == CredentialReport::ROOT => {}
                Line::User(user) => users.add(user),
                Line::Broken(number) => users.lacks_password_of(
                    Gap::malformed(gap_text!("line {number} of the credential report does not fit its header"))
                        .operation(REPORT)
                        .dataset(CredentialReports::NAME),
                ),
            }
        }
        users
    }

    fn add(&mut self, user: &'a Credential) {
        match root::is_true(&user.password_enabled) {
            Ok(true) => self.with_password.push(&user.user),
            Ok(false) => match fact::any(user.access_keys.iter().map(|key| root::is_true(&key.active))) {
                Ok(true) => self.with_keys_only.push(&user.user),
                Ok(false) => {}
                Err(gap) => self.unreadable.push(gap),
            },
            Err(gap) => self.lacks_password_of(gap),
        }
    }

    fn lacks_password_of(&mut self, gap: Gap) {
        self.unreadable.push(gap.clone());
        self.password_unknown = Some(gap);
    }

    fn show(&self, verdict: Verdict) -> Verdict {
        let verdict = verdict.evidence(REPORT, "users with a console password", &self.with_password);
        let verdict = verdict.evidence(REPORT, "users with access keys only", &self.with_keys_only);
        if self.unreadable.is_empty() {
            return verdict;
        }
        let unreadable = with_gaps(std::iter::empty(), &self.unreadable);
        verdict.evidence(REPORT, "users that could not be read", &unreadable)
    }

    fn any_with_password(&self) -> Result<bool, Gap> {
        let unknown = self.password_unknown.clone().map(Err);
        fact::any([Ok(!self.with_password.is_empty())].into_iter().chain(unknown))
    }
}

/// Whether a role is one that IAM Identity Center made: nobody else can make roles at that path.
fn is_identity_centers(role: &RoleDetail, facts: &Facts<'_>) -> bool {
    let path = "role/aws-reserved/sso.amazonaws.com/";
    role.arn.starts_with(&format!("arn:{}:iam::{}:{path}", facts.partition(), facts.account_id()))
}

/// Whether a provider's metadata has not expired.
fn is_in_force(provider: &SamlProvider, as_of: Timestamp) -> bool {
    provider.valid_until.is_none_or(|until| until.0 > as_of)
}

/// A list for evidence, with what could not be read at its end.
fn with_gaps(items: impl Iterator<Item = Value>, gaps: &[Gap]) -> Vec<Value> {
    items.chain(gaps.iter().map(|gap| json!(Fact::<()>::from(gap.clone())))).collect()
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, rows, unread};

    use super::*;

    const AT: &str = "2025-12-31T21:00:00Z";

    /// A report of root and these users: name, password, first key.
    fn users(users: &[(&str, &str, &str)]) -> FactSet {
        let line = |(name, password, key): &(&str, &str, &str)| {
            format!("{name},arn:aws:iam::123456789012:user/{name},{password},{key},false\n")
        };
        let lines: String = users.iter().map(line).collect();
        let header = "user,arn,password_enabled,access_key_1_active,access_key_2_active";
        report(&format!("{header}\n<root_account>,arn:aws:iam::123456789012:root,true,false,false\n{lines}"))
    }

    fn report(csv: &str) -> FactSet {
        rows::<CredentialReports>([CredentialReport::parse(csv, AT.parse().unwrap()).unwrap()])
    }

    fn saml(valid_until: &str) -> FactSet {
        aws::<SamlProviders>(&format!(
            r#"{{"SAMLProviderList": [{{"Arn": "arn:aws:iam::123456789012:saml-provider/corp", "ValidUntil": "{valid_until}"}}]}}"#
        ))
    }

    fn no_saml() -> FactSet {
        aws::<SamlProviders>(r#"{"SAMLProviderList": []}"#)
    }

    fn oidc() -> FactSet {
        aws::<OidcProviders>(
            r#"{"OpenIDConnectProviderList": [{"Arn": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}]}"#,
        )
    }

    fn roles(names: &[&str]) -> FactSet {
        let role = |name: &&str| {
            let last = name.rsplit('/').next().unwrap();
            format!(r#"{{"Arn": "arn:aws:iam::123456789012:role/{name}", "RoleName": "{last}"}}"#)
        };
        let list: Vec<_> = names.iter().map(role).collect();
        aws::<RoleDetails>(&format!(r#"{{"RoleDetailList": [{}]}}"#, list.join(",")))
    }

    fn organization(management_account: &str) -> FactSet {
        aws::<Organization>(&format!(
            r#"{{"Organization": {{"Id": "o-a", "MasterAccountId": "{management_account}", "FeatureSet": "ALL"}}}}"#
        ))
    }

    const SSO: &str = "aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef";
    const VALID: &str = "2030-01-01T00:00:00+00:00";

    #[test]
    fn cases() {
        let people = [("ann", "true", "true"), ("bot", "false", "true"), ("idle", "false", "false")];
        let bots = [("bot", "false", "true")];
        let member = || oidc().and(organization("999999999999"));
        let denied = || {
            let gone = unread::<CredentialReports>(GapKind::Denied).and(unread::<SamlProviders>(GapKind::Denied));
            let gone = gone.and(unread::<OidcProviders>(GapKind::Denied)).and(unread::<RoleDetails>(GapKind::Denied));
            gone.and(unread::<Organization>(GapKind::Denied))
        };
        let mut cases = Cases::of(CentralIdentity {});
        for (name, facts) in [
            ("likely met: no console users, and Identity Center is in use", users(&bots).and(no_saml()).and(roles(&[SSO, "app"])).and(member())),
            ("likely met: no console users, and a SAML provider", users(&bots).and(saml(VALID)).and(roles(&["app"])).and(member())),
            ("likely met: a later page of roles failed, which the provider outweighs",
                users(&bots).and(saml(VALID)).and(roles(&["app"]).cut_off::<RoleDetails>()).and(member())),
            ("likely not met: console users, beside Identity Center", users(&people).and(saml(VALID)).and(roles(&[SSO])).and(member())),
            ("likely not met: console users, and the providers denied", users(&people).and(unread::<SamlProviders>(GapKind::Denied)).and(roles(&[])).and(member())),
            ("no users at all is no proof", users(&[]).and(no_saml()).and(roles(&[])).and(member())),
            ("an OIDC provider is no people's login, nor is expired SAML", users(&bots).and(saml("2025-01-01T00:00:00+00:00")).and(roles(&["app"])).and(member())),
            ("a role that is only called like Identity Center's", users(&bots).and(no_saml()).and(roles(&["x/aws-reserved/sso.amazonaws.com/y", "AWSReservedSSO_x"])).and(member())),
            ("no password known, but one cell unreadable: no suggestion", users(&[("ann", "perhaps", "true"), ("bot", "false", "maybe")]).and(saml(VALID)).and(roles(&[SSO])).and(member())),
            ("a broken line: no suggestion", report("user,arn,password_enabled,access_key_1_active,access_key_2_active\nann,arn\n").and(saml(VALID)).and(roles(&[SSO])).and(member())),
            ("the management account", users(&bots).and(saml(VALID)).and(roles(&[SSO])).and(oidc()).and(organization("123456789012"))),
            ("AWSOrganizationsNotInUseException: may be one of several accounts all the same",
                users(&bots).and(saml(VALID)).and(roles(&[])).and(oidc()).and(aws::<Organization>(r#"{"Organization": null}"#))),
            ("the organization denied", users(&bots).and(saml(VALID)).and(roles(&[])).and(oidc()).and(unread::<Organization>(GapKind::Denied))),
            ("all denied", denied()),
        ] {
            cases = cases.manual(name, facts).holds_without::<CredentialReports>().holds_without::<SamlProviders>();
            cases = cases.holds_without::<OidcProviders>().holds_without::<RoleDetails>().holds_without::<Organization>();
        }
        cases.check();
    }
}
