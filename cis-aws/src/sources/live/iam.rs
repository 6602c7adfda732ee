//! AWS Identity and Access Management: one endpoint for the whole account, asked in bulk.

use std::collections::BTreeSet;
use std::future::ready;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_sdk_iam::Client;
use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::operation::get_account_password_policy::GetAccountPasswordPolicyError;
use aws_sdk_iam::operation::get_policy::GetPolicyError;
use aws_sdk_iam::operation::get_policy_version::GetPolicyVersionError;
use aws_sdk_iam::types::{self, AssignmentStatusType, EntityType, ReportStateType};
use cis_core::{Dataset, Fact, Gap, GapKind, Request, Table, Wanted, gap_text};
use futures::stream::{self, StreamExt};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::gap::Call;
use super::guard::Guard;
use super::pages::{self, Missing, Next, Page};
use super::session::client;
use super::{Live, READS_AT_ONCE, filled, must, tags, time};
use crate::datasets::iam::{
    AccountSummary, AttachedPolicy, CredentialReport, CredentialReports, DeviceUser, EnabledFeatures, GroupDetail,
    GroupDetails, InlinePolicy, InstanceProfile, ManagedPolicy, OidcProvider, OidcProviders, OrganizationsFeatures,
    PasswordPolicy, PasswordRules, PermissionsBoundary, PolicyDetails, PolicyVersion, RoleDetail, RoleDetails,
    SamlProvider, SamlProviders, ServerCertificate, ServerCertificates, SummaryMap, UnlistedPolicies, UnlistedPolicy,
    UserDetail, UserDetails, VirtualMfaDevice, VirtualMfaDevices,
};

/// What an answer holds even where there is nothing to tell.
const MEMBERS: &[(&str, &str)] = &[
    ("GetAccountPasswordPolicy", "PasswordPolicy"),
    ("GetAccountSummary", "SummaryMap"),
    ("ListOpenIDConnectProviders", "OpenIDConnectProviderList"),
    ("ListSAMLProviders", "SAMLProviderList"),
    ("ListServerCertificates", "ServerCertificateMetadataList"),
    ("ListVirtualMFADevices", "VirtualMFADevices"),
];

/// The most that IAM gives on a page.
const PAGE: i32 = 1000;

pub(super) async fn fetch(source: &Live, account_id: &str, request: &Request) -> Option<Table> {
    let region = source.start_region.as_str();
    let make = || client!(aws_sdk_iam, source, account_id, region, Guard::Xml(MEMBERS));
    let iam = Iam { client: source.iam.get(region, make), source, request };
    Some(match request.dataset.name() {
        UserDetails::NAME => {
            iam.details::<UserDetails, _>(&[EntityType::User], |answer| answer.user_detail_list, user).await
        }
        GroupDetails::NAME => {
            iam.details::<GroupDetails, _>(&[EntityType::Group], |answer| answer.group_detail_list, group).await
        }
        RoleDetails::NAME => {
            iam.details::<RoleDetails, _>(&[EntityType::Role], |answer| answer.role_detail_list, role).await
        }
        PolicyDetails::NAME => {
            let filter = [EntityType::LocalManagedPolicy, EntityType::AwsManagedPolicy];
            iam.details::<PolicyDetails, _>(&filter, |answer| answer.policies, policy).await
        }
        UnlistedPolicies::NAME => iam.unlisted_policies().await,
        CredentialReports::NAME => iam.credential_report().await,
        AccountSummary::NAME => iam.account_summary().await,
        PasswordPolicy::NAME => iam.password_policy().await,
        VirtualMfaDevices::NAME => iam.virtual_mfa_devices().await,
        ServerCertificates::NAME => iam.server_certificates().await,
        SamlProviders::NAME => iam.saml_providers().await,
        OidcProviders::NAME => iam.oidc_providers().await,
        OrganizationsFeatures::NAME => iam.organizations_features().await,
        _ => return None,
    })
}

struct Iam<'a> {
    client: Client,
    source: &'a Live,
    request: &'a Request,
}

impl<'a> Iam<'a> {
    fn call(&self, operation: &'static str) -> Call<'a> {
        Call::global(&self.request.dataset, operation)
    }

    async fn details<D: Dataset, T>(
        &self,
        filter: &[EntityType],
        list: fn(GetAccountAuthorizationDetailsOutput) -> Option<Vec<T>>,
        row: fn(T) -> Result<D::Row, Missing>,
    ) -> Table {
        let call = self.call("iam:GetAccountAuthorizationDetails");
        let told = AtomicBool::new(false);
        let listed = pages::all(call, |marker| async {
            let ask = self.client.get_account_authorization_details().max_items(PAGE).set_marker(marker);
            let mut answer = ask.set_filter(Some(filter.to_vec())).send().await.map_err(|error| call.failed(&error))?;
            let next = Next::marker(answer.is_truncated, answer.marker.take());
            // A page may hold nothing of a kind, and then leave out its list.
            let rows = list(answer);
            told.fetch_or(rows.is_some(), Ordering::Relaxed);
            Ok(Page::new(rows.unwrap_or_default().into_iter().map(row), next))
        });
        let mut listed = listed.await;
        if listed.gaps.is_empty() && !told.load(Ordering::Relaxed) {
            // Not even an empty list on any page: the answer is about something else.
            listed.nothing = true;
            listed.gaps.push(call.malformed("no page of the answer holds the list that was asked for"));
        }
        listed.table::<D>()
    }

    async fn unlisted_policies(&self) -> Table {
        let no_list =
            || self.request.dataset.gap(GapKind::NotSupported, "AWS has no list of them: ask for policies by ARN");
        let names = match &self.request.only {
            Wanted::Nothing => BTreeSet::new(),
            Wanted::Names(names) | Wanted::AllAnd(names) => names.clone(),
            Wanted::All => return Table::gap(no_list()),
        };
        let rows = stream::iter(names).map(|arn| self.unlisted_policy(arn)).buffered(READS_AT_ONCE);
        let table = Table::rows::<UnlistedPolicies>(rows.filter_map(ready).collect().await);
        if matches!(self.request.only, Wanted::AllAnd(_)) { table.cut_off(no_list()) } else { table }
    }

    /// A policy read on its own. None if it is no longer there.
    async fn unlisted_policy(&self, arn: String) -> Option<UnlistedPolicy> {
        let policy = match self.policy(&arn).await {
            Ok(policy) => Fact::Known(policy?),
            Err(gap) => Fact::from(gap.resource(&arn)),
        };
        Some(UnlistedPolicy { arn, policy })
    }

    async fn policy(&self, arn: &str) -> Result<Option<ManagedPolicy>, Gap> {
        let call = self.call("iam:GetPolicy");
        let policy = match self.client.get_policy().policy_arn(arn).send().await {
            Ok(answer) => answer.policy.ok_or_else(|| call.malformed("the answer lacks Policy"))?,
            Err(error) if error.as_service_error().is_some_and(GetPolicyError::is_no_such_entity_exception) => {
                return Ok(None);
            }
            Err(error) => return Err(call.failed(&error)),
        };
        let Some(version_id) = policy.default_version_id else {
            return Err(call.malformed("the policy has no DefaultVersionId"));
        };
        let call = self.call("iam:GetPolicyVersion");
        let version = match self.client.get_policy_version().policy_arn(arn).version_id(&version_id).send().await {
            Ok(answer) => answer.policy_version.ok_or_else(|| call.malformed("the answer lacks PolicyVersion"))?,
            Err(error) if error.as_service_error().is_some_and(GetPolicyVersionError::is_no_such_entity_exception) => {
                return Ok(None);
            }
            Err(error) => return Err(call.failed(&error)),
        };
        Ok(Some(ManagedPolicy {
            arn: arn.to_owned(),
            default_version_id: Some(version_id),
            attachment_count: policy.attachment_count.map(i64::from),
            permissions_boundary_usage_count: policy.permissions_boundary_usage_count.map(i64::from),
            policy_version_list: vec![policy_version(version)],
        }))
    }

    async fn credential_report(&self) -> Table {
        match self.report().await {
            Ok(report) => Table::rows::<CredentialReports>(vec![report]),
            Err(gap) => Table::gap(gap),
        }
    }

    /// The credential report, generated first where that is allowed.
    ///
    /// The stored report serves as long as AWS keeps it (four hours); then it must be generated anew, which takes from a
    /// second to minutes. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>
    async fn report(&self) -> Result<CredentialReport, Gap> {
        let call = self.call("iam:GetCredentialReport");
        let mut wait = Waiting::new(self.source.config.report_wait);
        let mut not_generated = None;
        // The first time, and once more if the report runs out just then.
        let mut generations = if self.source.config.generate_report { 2 } else { 0 };
        if generations > 0 {
            generations -= 1;
            not_generated = self.generate_report(&mut wait).await.err();
        }
        loop {
            let error = match self.client.get_credential_report().send().await {
                Ok(answer) => {
                    let content = answer.content.ok_or_else(|| call.malformed("the answer lacks Content"))?;
                    let at = answer.generated_time.as_ref().and_then(time);
                    let at = at.ok_or_else(|| call.malformed("the answer lacks GeneratedTime"))?;
                    let csv = String::from_utf8(content.into_inner())
                        .map_err(|_| call.malformed("the credential report is not UTF-8"))?;
                    return CredentialReport::parse(csv, at.0);
                }
                Err(error) => error,
            };
            let gap = call.failed(&error);
            let is = |code: &str| gap.code.as_deref() == Some(code);
            if is("ReportInProgress") {
                if !wait.step().await {
                    let waited = self.source.config.report_wait.as_secs();
                    let message = gap_text!("the credential report was not ready within {waited} s; scan again later");
                    return Err(call.gap(GapKind::Failed, message).code("ReportInProgress"));
                }
            } else if is("ReportExpired") || is("ReportNotPresent") {
                // That it may not be generated is the reason, and the action to allow.
                if let Some(gap) = not_generated {
                    return Err(gap);
                }
                if generations == 0 {
                    return Err(gap);
                }
                generations -= 1;
                not_generated = self.generate_report(&mut wait).await.err();
                if not_generated.is_none() && !wait.step().await {
                    return Err(gap);
                }
            } else {
                return Err(gap);
            }
        }
    }

    async fn generate_report(&self, wait: &mut Waiting) -> Result<ReportStateType, Gap> {
        let call = self.call("iam:GenerateCredentialReport");
        loop {
            let error = match self.client.generate_credential_report().send().await {
                Ok(answer) => return answer.state.ok_or_else(|| call.malformed("the answer lacks State")),
                Err(error) => error,
            };
            let gap = call.failed(&error);
            if gap.kind != GapKind::Throttled || !wait.step().await {
                return Err(gap);
            }
        }
    }

    async fn account_summary(&self) -> Table {
        let call = self.call("iam:GetAccountSummary");
        match self.client.get_account_summary().send().await {
            Err(error) => Table::gap(call.failed(&error)),
            Ok(answer) => match answer.summary_map {
                None => Table::gap(call.malformed("the answer lacks SummaryMap")),
                Some(map) => {
                    let pairs = map.into_iter().map(|(key, number)| (key.as_str().to_owned(), Value::from(number)));
                    Table::rows::<AccountSummary>(vec![SummaryMap(pairs.collect())])
                }
            },
        }
    }

    async fn password_policy(&self) -> Table {
        let call = self.call("iam:GetAccountPasswordPolicy");
        match self.client.get_account_password_policy().send().await {
            Ok(answer) => match answer.password_policy {
                None => Table::gap(call.malformed("the answer lacks PasswordPolicy")),
                Some(policy) => Table::rows::<PasswordPolicy>(vec![PasswordRules {
                    minimum_password_length: must("MinimumPasswordLength", policy.minimum_password_length)
                        .map(i64::from),
                    password_reuse_prevention: policy
                        .password_reuse_prevention
                        .map(|count| Fact::Known(i64::from(count))),
                }]),
            },
            // None is set: known, and no row.
            Err(error)
                if error.as_service_error().is_some_and(GetAccountPasswordPolicyError::is_no_such_entity_exception) =>
            {
                Table::rows::<PasswordPolicy>(Vec::new())
            }
            Err(error) => Table::gap(call.failed(&error)),
        }
    }

    async fn virtual_mfa_devices(&self) -> Table {
        let call = self.call("iam:ListVirtualMFADevices");
        let listed = pages::all(call, |marker| async move {
            let ask = self.client.list_virtual_mfa_devices().max_items(PAGE).set_marker(marker);
            let answer = ask.assignment_status(AssignmentStatusType::Assigned).send().await;
            let answer = answer.map_err(|error| call.failed(&error))?;
            let next = Next::marker(answer.is_truncated, answer.marker);
            Ok(Page::new(answer.virtual_mfa_devices.into_iter().map(device), next))
        });
        listed.await.table::<VirtualMfaDevices>()
    }

    async fn server_certificates(&self) -> Table {
        let call = self.call("iam:ListServerCertificates");
        let listed = pages::all(call, |marker| async move {
            let ask = self.client.list_server_certificates().max_items(PAGE).set_marker(marker);
            let answer = ask.send().await.map_err(|error| call.failed(&error))?;
            let next = Next::marker(answer.is_truncated, answer.marker);
            Ok(Page::new(answer.server_certificate_metadata_list.into_iter().map(certificate), next))
        });
        listed.await.table::<ServerCertificates>()
    }

    async fn saml_providers(&self) -> Table {
        let call = self.call("iam:ListSAMLProviders");
        let listed = pages::all(call, |_| async move {
            let answer = self.client.list_saml_providers().send().await.map_err(|error| call.failed(&error))?;
            let rows = answer.saml_provider_list.unwrap_or_default().into_iter().map(|provider| {
                let valid_until = provider.valid_until.as_ref().and_then(time);
                Ok(SamlProvider { arn: provider.arn.ok_or(Missing("Arn"))?, valid_until })
            });
            Ok(Page::new(rows, Next::End))
        });
        listed.await.table::<SamlProviders>()
    }

    async fn oidc_providers(&self) -> Table {
        let call = self.call("iam:ListOpenIDConnectProviders");
        let listed = pages::all(call, |_| async move {
            let answer = self.client.list_open_id_connect_providers().send().await;
            let answer = answer.map_err(|error| call.failed(&error))?;
            let rows = answer.open_id_connect_provider_list.unwrap_or_default().into_iter();
            let rows = rows.map(|provider| Ok(OidcProvider { arn: provider.arn.ok_or(Missing("Arn"))? }));
            Ok(Page::new(rows, Next::End))
        });
        listed.await.table::<OidcProviders>()
    }

    async fn organizations_features(&self) -> Table {
        let call = self.call("iam:ListOrganizationsFeatures");
        match self.client.list_organizations_features().send().await {
            Ok(answer) => match answer.organization_id {
                None => Table::gap(call.malformed("the answer lacks OrganizationId")),
                Some(organization_id) => {
                    let features = answer.enabled_features.unwrap_or_default();
                    Table::rows::<OrganizationsFeatures>(vec![EnabledFeatures {
                        organization_id,
                        enabled_features: features.iter().map(|feature| feature.as_str().to_owned()).collect(),
                    }])
                }
            },
            // Not to be known from this account, or not possible in its organization: no row.
            Err(error)
                if error.as_service_error().is_some_and(|error| {
                    error.is_account_not_management_or_delegated_administrator_exception()
                        || error.is_organization_not_found_exception()
                        || error.is_organization_not_in_all_features_mode_exception()
                        || error.is_service_access_not_enabled_exception()
                }) =>
            {
                Table::rows::<OrganizationsFeatures>(Vec::new())
            }
            Err(error) => Table::gap(call.failed(&error)),
        }
    }
}

/// Waits longer and longer, until the time is used up: 1, 2, 4, 8, then 10 seconds each.
struct Waiting {
    until: Instant,
    next: Duration,
}

impl Waiting {
    const LONGEST: Duration = Duration::from_secs(10);

    fn new(at_most: Duration) -> Self {
        Self { until: Instant::now() + at_most, next: Duration::from_secs(1) }
    }

    /// Waits a step. False, and no wait, if no time is left.
    async fn step(&mut self) -> bool {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        sleep(self.next.min(left)).await;
        self.next = (self.next * 2).min(Self::LONGEST);
        true
    }
}

fn user(user: types::UserDetail) -> Result<UserDetail, Missing> {
    Ok(UserDetail {
        arn: user.arn.ok_or(Missing("Arn"))?,
        user_name: user.user_name.ok_or(Missing("UserName"))?,
        create_date: user.create_date.as_ref().and_then(time),
        user_policy_list: inline(user.user_policy_list)?,
        attached_managed_policies: attached(user.attached_managed_policies),
        group_list: user.group_list.unwrap_or_default(),
        permissions_boundary: boundary(user.permissions_boundary),
        tags: tags(user.tags, tag),
    })
}

fn tag(tag: types::Tag) -> (Option<String>, Option<String>) {
    (Some(tag.key), Some(tag.value))
}

fn group(group: types::GroupDetail) -> Result<GroupDetail, Missing> {
    Ok(GroupDetail {
        arn: group.arn.ok_or(Missing("Arn"))?,
        group_name: group.group_name.ok_or(Missing("GroupName"))?,
        group_policy_list: inline(group.group_policy_list)?,
        attached_managed_policies: attached(group.attached_managed_policies),
    })
}

fn role(role: types::RoleDetail) -> Result<RoleDetail, Missing> {
    Ok(RoleDetail {
        arn: role.arn.ok_or(Missing("Arn"))?,
        role_name: role.role_name.ok_or(Missing("RoleName"))?,
        path: role.path,
        assume_role_policy_document: role.assume_role_policy_document.map(Value::String),
        role_policy_list: inline(role.role_policy_list)?,
        attached_managed_policies: attached(role.attached_managed_policies),
        instance_profile_list: fact("InstanceProfileList", role.instance_profile_list, |profile| {
            Ok(InstanceProfile { arn: filled(profile.arn, "Arn")? })
        }),
        permissions_boundary: boundary(role.permissions_boundary),
        tags: tags(role.tags, tag),
    })
}

fn policy(policy: types::ManagedPolicyDetail) -> Result<ManagedPolicy, Missing> {
    Ok(ManagedPolicy {
        arn: policy.arn.ok_or(Missing("Arn"))?,
        default_version_id: policy.default_version_id,
        attachment_count: policy.attachment_count.map(i64::from),
        permissions_boundary_usage_count: policy.permissions_boundary_usage_count.map(i64::from),
        policy_version_list: policy.policy_version_list.unwrap_or_default().into_iter().map(policy_version).collect(),
    })
}

fn policy_version(version: types::PolicyVersion) -> PolicyVersion {
    PolicyVersion {
        version_id: version.version_id,
        is_default_version: Some(version.is_default_version),
        document: version.document.map(Value::String),
    }
}

/// Documents stay percent-encoded, as they came.
fn inline(policies: Option<Vec<types::PolicyDetail>>) -> Result<Vec<InlinePolicy>, Missing> {
    let row = |policy: types::PolicyDetail| {
        Ok(InlinePolicy {
            policy_name: policy.policy_name.ok_or(Missing("PolicyName"))?,
            policy_document: policy.policy_document.map(Value::String),
        })
    };
    policies.unwrap_or_default().into_iter().map(row).collect()
}

fn attached(policies: Option<Vec<types::AttachedPolicy>>) -> Fact<Vec<AttachedPolicy>> {
    fact("AttachedManagedPolicies", policies, |policy| {
        Ok(AttachedPolicy {
            policy_arn: policy.policy_arn.ok_or(Missing("PolicyArn"))?,
            policy_name: policy.policy_name,
        })
    })
}

/// A list that must be there: left out is not empty.
fn fact<T, R>(field: &str, list: Option<Vec<T>>, row: impl Fn(T) -> Result<R, Missing>) -> Fact<Vec<R>> {
    let Some(list) = list else { return Fact::missing(field) };
    match list.into_iter().map(row).collect() {
        Ok(rows) => Fact::Known(rows),
        Err(Missing(member)) => Fact::from(Gap::malformed(gap_text!("an entry of the list has no {member}"))),
    }
}

fn boundary(boundary: Option<types::AttachedPermissionsBoundary>) -> Option<PermissionsBoundary> {
    let permissions_boundary_arn = boundary?.permissions_boundary_arn?;
    Some(PermissionsBoundary { permissions_boundary_arn })
}

fn device(device: types::VirtualMfaDevice) -> Result<VirtualMfaDevice, Missing> {
    Ok(VirtualMfaDevice {
        serial_number: filled(device.serial_number, "SerialNumber")?,
        user: device.user.map(|user| DeviceUser { arn: Some(user.arn).filter(|arn| !arn.is_empty()) }),
        enable_date: device.enable_date.as_ref().and_then(time),
    })
}

fn certificate(certificate: types::ServerCertificateMetadata) -> Result<ServerCertificate, Missing> {
    Ok(ServerCertificate {
        arn: filled(certificate.arn, "Arn")?,
        server_certificate_name: filled(certificate.server_certificate_name, "ServerCertificateName")?,
        expiration: must("Expiration", certificate.expiration.as_ref().and_then(time)),
        upload_date: certificate.upload_date.as_ref().and_then(time),
    })
}
