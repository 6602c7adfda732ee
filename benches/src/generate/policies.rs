//! Roles, and the policies that are attached: most of them small, a few as large as IAM takes.

use cis_aws::datasets::iam::{
    AttachedPolicy, InlinePolicy, InstanceProfile, ManagedPolicy, PolicyVersion, RoleDetail, UnlistedPolicy,
};
use cis_core::{Fact, Tags};
use serde_json::{Value, json};

use super::Account;
use super::draw::Draw;
use super::planted::POLICIES;

pub(super) const CLOUD_SHELL: &str = "arn:aws:iam::aws:policy/AWSCloudShellFullAccess";
pub(super) const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const SUPPORT: &str = "arn:aws:iam::aws:policy/AWSSupportAccess";

/// The role of instances.
const INSTANCE_ROLE: usize = 1;

/// IAM counts the characters of a managed policy, white space left out.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const LARGEST: usize = 6144;

pub(super) fn attached(arn: &str) -> AttachedPolicy {
    let name = arn.rsplit('/').next().map(str::to_owned);
    AttachedPolicy { policy_arn: arn.to_owned(), policy_name: name }
}

impl Account {
    pub(super) fn policy_arn(&self, index: usize) -> String {
        format!("arn:aws:iam::{}:policy/policy-{index:05}", self.account_id())
    }

    pub(super) fn unlisted_arn(&self, index: usize) -> String {
        format!("arn:aws:iam::{}:policy/new-{index:03}", self.account_id())
    }

    pub(super) fn instance_profile_arn(&self) -> String {
        format!("arn:aws:iam::{}:instance-profile/instances", self.account_id())
    }

    /// Each role has one of the account's policies attached, in turn.
    pub(super) fn attached_policies(&self) -> usize {
        self.size.policies.min(self.size.roles)
    }

    /// Its policies and those of AWS's.
    pub(super) fn listed_policies(&self) -> usize {
        self.size.policies + 3
    }

    pub(super) fn roles(&self) -> Vec<RoleDetail> {
        let mut draw = self.draw("iam.role_details");
        (0..self.size.roles).map(|index| self.role(index, &mut draw)).collect()
    }

    fn role(&self, index: usize, draw: &mut Draw) -> RoleDetail {
        let account_id = self.account_id();
        let name = match index {
            0 => "support".to_owned(),
            INSTANCE_ROLE => "instances".to_owned(),
            _ => format!("role-{index:05}"),
        };
        let service =
            if index == INSTANCE_ROLE { "ec2" } else { draw.one(&["lambda", "ecs-tasks", "states", "events"]) };
        let principal = if index == 0 || draw.percent(20) {
            json!({"AWS": format!("arn:aws:iam::{account_id}:root")})
        } else {
            json!({"Service": format!("{service}.amazonaws.com")})
        };
        let mut policies = vec![attached(&self.policy_arn(index % self.size.policies))];
        if index == 0 && !self.violates("iam.support_role") {
            policies.push(attached(SUPPORT));
        }
        let inline = draw
            .percent(10)
            .then(|| InlinePolicy { policy_name: "inline".into(), policy_document: Some(document(draw, 2)) });
        let profile = (index == INSTANCE_ROLE).then(|| InstanceProfile { arn: self.instance_profile_arn() });
        RoleDetail {
            arn: format!("arn:aws:iam::{account_id}:role/{name}"),
            role_name: name,
            path: Some("/".into()),
            assume_role_policy_document: Some(json!({
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}],
            })),
            role_policy_list: inline.into_iter().collect(),
            attached_managed_policies: Fact::Known(policies),
            instance_profile_list: Fact::Known(profile.into_iter().collect()),
            permissions_boundary: None,
            tags: Tags::default().into(),
        }
    }

    pub(super) fn policies(&self) -> Vec<ManagedPolicy> {
        let mut draw = self.draw("iam.policy_details");
        let (policies, roles) = (self.size.policies, self.size.roles);
        let own = (0..policies).map(|index| {
            // One in fifty is as large as it may be.
            let statements = if draw.percent(2) { usize::MAX } else { draw.skewed(8) };
            let made = document(&mut draw, statements);
            let document = match self.violation(POLICIES, self.attached_policies(), index) {
                Some(_) => everything(),
                None => made,
            };
            let uses = roles / policies + usize::from(index < roles % policies);
            policy(self.policy_arn(index), uses, document)
        });
        let of_aws = [
            (CLOUD_SHELL, usize::from(self.size.groups > 0), json!(["cloudshell:*"])),
            (READ_ONLY, self.size.groups, json!(["s3:Get*", "s3:List*", "ec2:Describe*", "iam:Get*", "iam:List*"])),
            (SUPPORT, usize::from(!self.violates("iam.support_role")), json!(["support:*"])),
        ];
        let of_aws = of_aws.into_iter().map(|(arn, uses, actions)| {
            let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
            policy(arn.to_owned(), uses, json!({"Version": "2012-10-17", "Statement": [statement]}))
        });
        own.chain(of_aws).collect()
    }

    pub(super) fn unlisted_policies(&self) -> Vec<UnlistedPolicy> {
        let mut draw = self.draw("iam.unlisted_policies");
        let one = |index| {
            let arn = self.unlisted_arn(index);
            UnlistedPolicy { policy: Fact::Known(policy(arn.clone(), 1, document(&mut draw, 1))), arn }
        };
        (0..self.size.unlisted_policies).map(one).collect()
    }
}

fn policy(arn: String, uses: usize, document: Value) -> ManagedPolicy {
    ManagedPolicy {
        arn,
        default_version_id: Some("v1".into()),
        attachment_count: i64::try_from(uses).ok(),
        permissions_boundary_usage_count: Some(0),
        policy_version_list: vec![PolicyVersion {
            version_id: Some("v1".into()),
            is_default_version: Some(true),
            document: Some(document),
        }],
    }
}

fn everything() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
}

/// A policy of so many statements, or of as many as fit.
fn document(draw: &mut Draw, statements: usize) -> Value {
    const SERVICES: [(&str, &[&str]); 5] = [
        ("s3", &["GetObject", "PutObject", "ListBucket", "DeleteObject"]),
        ("dynamodb", &["GetItem", "PutItem", "Query", "Scan", "UpdateItem"]),
        ("sqs", &["SendMessage", "ReceiveMessage", "DeleteMessage"]),
        ("logs", &["CreateLogStream", "PutLogEvents"]),
        ("kms", &["Decrypt", "GenerateDataKey"]),
    ];
    let mut made: Vec<Value> = Vec::new();
    let mut length = 0;
    while made.len() < statements {
        let (service, actions) =
            draw.one(&SERVICES.map(|(service, actions)| Some((service, actions)))).unwrap_or(("s3", &[]));
        let actions: Vec<String> = actions.iter().map(|action| format!("{service}:{action}")).collect();
        let resources: Vec<String> = (0..draw.skewed(4))
            .map(|_| format!("arn:aws:{service}:::thing-{:04}/*", draw.below(0..10_000_u32)))
            .collect();
        let mut statement = json!({"Effect": "Allow", "Action": actions, "Resource": resources});
        if let (true, Some(members)) = (draw.percent(15), statement.as_object_mut()) {
            members.insert("Condition".into(), json!({"StringEquals": {"aws:ResourceTag/team": "a"}}));
        }
        length += statement.to_string().len() + 1;
        if length > LARGEST - 60 {
            break;
        }
        made.push(statement);
    }
    json!({"Version": "2012-10-17", "Statement": made})
}
