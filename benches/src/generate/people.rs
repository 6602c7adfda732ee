//! Users and groups, and what is known of users' credentials.

use std::fmt::Write as _;

use cis_aws::Time;
use cis_aws::datasets::iam::{
    AttachedPolicy, CredentialReport, CredentialReports, DeviceUser, GroupDetail, GroupDetails, PolicyDetails,
    RoleDetails, UnlistedPolicies, UserDetail, UserDetails, VirtualMfaDevice, VirtualMfaDevices,
};
use cis_core::{Fact, Gap, Table, Tags};

use super::planted::{GROUPS, USERS};
use super::policies::{CLOUD_SHELL, READ_ONLY, attached};
use super::{Account, DAY, table_of};

/// What a line of the credential report says of a user.
struct Credentials {
    created: i64,
    /// When the password was last used, where there is one.
    password_used: Option<i64>,
    mfa: bool,
    /// Of each active key: when it was made, and when it was last used.
    keys: [Option<(i64, Option<i64>)>; 2],
}

impl Account {
    pub(super) fn people(&self, name: &str) -> Option<Table> {
        table_of::<UserDetails>(name, || (0..self.size.users).map(|index| self.user(index)).collect())
            .or_else(|| {
                table_of::<GroupDetails>(name, || (0..self.size.groups).map(|index| self.group(index)).collect())
            })
            .or_else(|| table_of::<RoleDetails>(name, || self.roles()))
            .or_else(|| table_of::<PolicyDetails>(name, || self.policies()))
            .or_else(|| table_of::<UnlistedPolicies>(name, || self.unlisted_policies()))
            .or_else(|| table_of::<VirtualMfaDevices>(name, || self.devices()))
            .or_else(|| {
                (name == "iam.credential_report").then(|| match self.credential_report() {
                    Ok(report) => Table::rows::<CredentialReports>(vec![report]),
                    Err(gap) => Table::gap(gap),
                })
            })
    }

    fn user_name(index: usize) -> String {
        format!("user-{index:05}")
    }

    pub(super) fn user_arn(&self, index: usize) -> String {
        format!("arn:aws:iam::{}:user/people/{}", self.account_id(), Self::user_name(index))
    }

    pub(super) fn group_arn(&self, index: usize) -> String {
        format!("arn:aws:iam::{}:group/{}", self.account_id(), Self::group_name(index))
    }

    fn group_name(index: usize) -> String {
        format!("team-{index:03}")
    }

    fn user(&self, index: usize) -> UserDetail {
        let mut draw = self.draw(&format!("iam.user_details {index}"));
        let own = self.violation(USERS, self.size.users, index) == Some("iam.group_permissions_only");
        let mut groups: Vec<usize> =
            (0..draw.skewed(10).min(self.size.groups)).map(|_| draw.below(0..self.size.groups)).collect();
        groups.sort_unstable();
        groups.dedup();
        UserDetail {
            arn: self.user_arn(index),
            user_name: Self::user_name(index),
            create_date: Some(Time(self.ago(self.credentials(index).created))),
            user_policy_list: Vec::new(),
            attached_managed_policies: Fact::Known(if own { vec![attached(READ_ONLY)] } else { Vec::new() }),
            group_list: groups.into_iter().map(Self::group_name).collect(),
            permissions_boundary: None,
            tags: Tags::default().into(),
        }
    }

    fn group(&self, index: usize) -> GroupDetail {
        let mut policies: Vec<AttachedPolicy> = vec![attached(READ_ONLY)];
        if self.violation(GROUPS, self.size.groups, index).is_some() {
            policies.push(attached(CLOUD_SHELL));
        }
        let unlisted = (0..self.size.unlisted_policies).filter(|policy| policy % self.size.groups == index);
        policies.extend(unlisted.map(|policy| attached(&self.unlisted_arn(policy))));
        GroupDetail {
            arn: self.group_arn(index),
            group_name: Self::group_name(index),
            group_policy_list: Vec::new(),
            attached_managed_policies: Fact::Known(policies),
        }
    }

    fn credentials(&self, index: usize) -> Credentials {
        let mut draw = self.draw(&format!("iam.credential_report {index}"));
        let violation = self.violation(USERS, self.size.users, index);
        let created = draw.below(400 * DAY..2000 * DAY);
        let key = (draw.below(6 * DAY..85 * DAY), Some(draw.below(DAY..5 * DAY)));
        let console = draw.percent(65);
        let mut of = Credentials {
            created,
            password_used: console.then(|| draw.below(DAY..40 * DAY)),
            mfa: console,
            keys: [(!console || draw.percent(20)).then_some(key), None],
        };
        match violation {
            Some("iam.console_user_mfa") => (of.password_used, of.mfa) = (Some(2 * DAY), false),
            Some("iam.unused_credentials") => {
                (of.password_used, of.mfa) = (Some(draw.below(50 * DAY..300 * DAY)), true);
            }
            Some("iam.single_active_access_key") => of.keys = [Some(key), Some((key.0 - DAY, Some(DAY)))],
            Some("iam.access_key_rotation") => of.keys = [Some((draw.below(95 * DAY..390 * DAY), key.1)), None],
            Some("iam.initial_access_keys") => {
                (of.created, of.password_used, of.mfa) = (20 * DAY, Some(2 * DAY), true);
                of.keys = [Some((20 * DAY - 30, None)), None];
            }
            _ => {}
        }
        of
    }

    fn credential_report(&self) -> Result<CredentialReport, Gap> {
        const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
            password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
            access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
            access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
            cert_1_last_rotated,cert_2_active,cert_2_last_rotated";
        let at = |ago: i64| format!("{}+00:00", self.ago(ago).strftime("%Y-%m-%dT%H:%M:%S"));
        let no_key = "false,N/A,N/A,N/A,N/A";
        let key = |made: i64, used: Option<i64>| match used {
            Some(used) => format!("true,{},{},us-east-1,s3", at(made), at(used)),
            None => format!("true,{},N/A,N/A,N/A", at(made)),
        };
        let root_used = if self.violates("iam.root_daily_use") { 3 * DAY } else { 300 * DAY };
        let root_key = if self.violates("iam.root_access_key") { key(900 * DAY, None) } else { no_key.to_owned() };
        let mut csv = format!(
            "{HEADER}\n<root_account>,arn:aws:iam::{}:root,{},true,{},not_supported,not_supported,{},{root_key},{no_key},\
             false,N/A,false,N/A\n",
            self.account_id(),
            at(2500 * DAY),
            at(root_used),
            !self.violates("iam.root_mfa"),
        );
        for index in 0..self.size.users {
            let Credentials { created, password_used, mfa, keys } = self.credentials(index);
            let keys = keys.map(|one| one.map_or_else(|| no_key.to_owned(), |(made, used)| key(made, used)));
            let password = match password_used {
                Some(used) => format!("true,{},{},N/A", at(used), at(created.min(100 * DAY))),
                None => "false,N/A,N/A,N/A".to_owned(),
            };
            // Writing into text does not fail.
            let _ = writeln!(
                csv,
                "{},{},{},{password},{mfa},{},false,N/A,false,N/A",
                Self::user_name(index),
                self.user_arn(index),
                at(created),
                keys.join(","),
            );
        }
        CredentialReport::parse(csv, self.ago(7200))
    }

    /// Of every second user with MFA; the others have a security key. Root's is a security key, unless that is violated.
    pub(super) fn devices(&self) -> Vec<VirtualMfaDevice> {
        let account_id = self.account_id();
        let device = |name: &str, arn: String| VirtualMfaDevice {
            serial_number: format!("arn:aws:iam::{account_id}:mfa/{name}"),
            user: Some(DeviceUser { arn: Some(arn) }),
            enable_date: Some(Time(self.ago(300 * DAY))),
        };
        let roots = self.violates("iam.root_hardware_mfa") && !self.violates("iam.root_mfa");
        let root = roots.then(|| device("root-account-mfa-device", format!("arn:aws:iam::{account_id}:root")));
        let users = (0..self.size.users).step_by(2).filter(|index| self.credentials(*index).mfa);
        root.into_iter().chain(users.map(|index| device(&Self::user_name(index), self.user_arn(index)))).collect()
    }
}
