//! The violations that are planted in a generated account: which resource must fail which requirement.

use std::collections::BTreeSet;

use cis_core::{Benchmark, Report, Status};

use super::draw::{Draw, hash, scatter};
use super::{Account, REGIONS};

/// A requirement, and the resource that must fail it: its ARN, or `region/NAME` of a region, or `account`.
pub type Violation = (String, String);

/// What a kind of resource can violate: each resource at most one of it.
pub(super) type Kinds = &'static [&'static str];

pub(super) const USERS: Kinds = &[
    "iam.access_key_rotation",
    "iam.console_user_mfa",
    "iam.group_permissions_only",
    "iam.initial_access_keys",
    "iam.single_active_access_key",
    "iam.unused_credentials",
];
pub(super) const GROUPS: Kinds = &["iam.cloudshell_full_access"];
pub(super) const POLICIES: Kinds = &["iam.full_admin_policies"];
pub(super) const CERTIFICATES: Kinds = &["iam.expired_certificates"];
pub(super) const BUCKETS: Kinds =
    &["cloudtrail.s3_read_events", "s3.block_public_access", "s3.default_encryption", "s3.deny_http", "s3.mfa_delete"];
/// Of a trail, or of the bucket that it delivers to.
pub(super) const TRAILS: Kinds = &[
    "cloudtrail.bucket_access_logging",
    "cloudtrail.bucket_not_public",
    "cloudtrail.cloudwatch_logs",
    "cloudtrail.kms_encryption",
    "cloudtrail.log_validation",
];
pub(super) const REGION: Kinds =
    &["config.all_regions", "ebs.encryption", "iam.access_analyzer", "securityhub.enabled"];
pub(super) const VPCS: Kinds = &["vpc.flow_logs"];
pub(super) const DEFAULT_GROUPS: Kinds = &["vpc.default_security_group"];
pub(super) const SECURITY_GROUPS: Kinds =
    &["vpc.security_group_admin_ports_ipv4", "vpc.security_group_admin_ports_ipv6"];
pub(super) const NETWORK_ACLS: Kinds = &["vpc.nacl_admin_ports"];
pub(super) const INSTANCES: Kinds = &["ec2.imdsv2", "iam.instance_roles"];
pub(super) const DATABASES: Kinds = &["rds.auto_minor_upgrade", "rds.encryption", "rds.public_access"];
pub(super) const FILE_SYSTEMS: Kinds = &["efs.encryption"];
pub(super) const KEYS: Kinds = &["kms.key_rotation"];
/// Of the account itself, each by itself.
const ACCOUNT: Kinds = &[
    "account.security_contact",
    "iam.password_min_length",
    "iam.password_reuse",
    "iam.root_access_key",
    "iam.root_daily_use",
    "iam.root_hardware_mfa",
    "iam.root_mfa",
    "iam.support_role",
];

/// The ARN of a resource in a region, by its number there.
type ArnOf = fn(&Account, usize, usize) -> String;

/// Resources among which each kind of violation is there once.
const BLOCK: usize = 100;

impl Account {
    /// What a resource violates: each kind once in a hundred resources, at a place that the seed says; where there are fewer
    /// resources than kinds, each another one.
    pub(super) fn violation(&self, kinds: Kinds, resources: usize, index: usize) -> Option<&'static str> {
        if index >= resources {
            return None;
        }
        let (block, within) = (index / BLOCK, index % BLOCK);
        let length = (resources - block * BLOCK).min(BLOCK);
        let turn = scatter(self.seed ^ hash(kinds.first()?) ^ block as u64);
        let turned = |by: usize| (within + usize::try_from(turn % by as u64).unwrap_or(0)) % by;
        if length < kinds.len() {
            return kinds.get(turned(kinds.len())).copied();
        }
        // Not side by side.
        let (at, stride) = (turned(length), length / kinds.len());
        (at % stride == 0).then(|| kinds.get(at / stride).copied()).flatten()
    }

    /// Whether the account itself violates a requirement.
    pub(super) fn violates(&self, key: &str) -> bool {
        scatter(self.seed ^ hash(key)).is_multiple_of(3)
    }

    /// The events that no alarm tells of.
    pub(super) fn has_no_alarm(&self, key: &str) -> bool {
        scatter(self.seed ^ hash(key)).is_multiple_of(5)
    }

    /// All that must fail under a benchmark, and nothing else may.
    pub fn planted(&self, benchmark: &Benchmark) -> BTreeSet<Violation> {
        let mut planted = BTreeSet::new();
        let mut plant = |key: &str, resource: String| {
            if Self::fails_under(benchmark, key) {
                planted.insert((key.to_owned(), resource));
            }
        };
        let (size, account_id) = (&self.size, self.account_id());
        for index in 0..size.users {
            if let Some(key) = self.violation(USERS, size.users, index) {
                plant(key, self.user_arn(index));
            }
        }
        for index in 0..size.groups {
            if let Some(key) = self.violation(GROUPS, size.groups, index) {
                plant(key, self.group_arn(index));
            }
        }
        for index in 0..self.attached_policies() {
            if let Some(key) = self.violation(POLICIES, self.attached_policies(), index) {
                plant(key, self.policy_arn(index));
            }
        }
        for index in 0..size.certificates {
            if let Some(key) = self.violation(CERTIFICATES, size.certificates, index) {
                plant(key, self.certificate_arn(index));
            }
        }
        for index in 0..size.buckets {
            if let Some(key) = self.bucket_violation(index) {
                plant(key, self.bucket_arn(index));
            }
        }
        for index in 1..=size.trails {
            match self.trail_violation(index) {
                Some(key @ ("cloudtrail.bucket_access_logging" | "cloudtrail.bucket_not_public")) => {
                    plant(key, self.bucket_arn(index));
                }
                Some(key) => plant(key, self.trail_arn(index)),
                None => {}
            }
        }
        for (region, name) in REGIONS.iter().take(size.regions).enumerate() {
            if let Some(key) = self.region_violation(region) {
                plant(key, format!("region/{name}"));
            }
            let each: [(Kinds, usize, ArnOf); 8] = [
                (VPCS, size.vpcs, Self::vpc_arn),
                (DEFAULT_GROUPS, size.vpcs, Self::security_group_arn),
                (NETWORK_ACLS, size.network_acls, Self::network_acl_arn),
                (INSTANCES, size.instances, Self::instance_arn),
                (DATABASES, size.db_instances, Self::database_arn),
                (FILE_SYSTEMS, size.file_systems, Self::file_system_arn),
                (KEYS, self.own_keys(), Self::own_key_arn),
                (SECURITY_GROUPS, size.security_groups - size.vpcs, |account, region, index| {
                    account.security_group_arn(region, account.size.vpcs + index)
                }),
            ];
            for (kinds, count, arn) in each {
                for index in 0..count {
                    if let Some(key) = self.violation_in(kinds, count, region, index) {
                        plant(key, arn(self, region, index));
                    }
                }
            }
        }
        let root = format!("arn:aws:iam::{account_id}:root");
        for key in ACCOUNT.iter().filter(|key| self.violates(key)) {
            match *key {
                "iam.root_mfa" => {
                    plant("iam.root_mfa", root.clone());
                    plant("iam.root_hardware_mfa", root.clone());
                }
                key if key.starts_with("iam.root_") => plant(key, root.clone()),
                key => plant(key, "account".to_owned()),
            }
        }
        for (key, _) in &self.monitored {
            if self.has_no_alarm(key) {
                plant(key, "account".to_owned());
            }
        }
        planted
    }

    /// What a resource of a region violates, all regions taken together.
    pub(super) fn violation_in(
        &self,
        kinds: Kinds,
        per_region: usize,
        region: usize,
        index: usize,
    ) -> Option<&'static str> {
        self.violation(kinds, per_region * self.size.regions, region * per_region + index)
    }

    pub(super) fn bucket_violation(&self, index: usize) -> Option<&'static str> {
        // The buckets of trails come first.
        let others = self.size.buckets - (1 + self.size.trails);
        self.violation(BUCKETS, others, index.checked_sub(1 + self.size.trails)?)
    }

    pub(super) fn trail_violation(&self, index: usize) -> Option<&'static str> {
        self.violation(TRAILS, self.size.trails, index.checked_sub(1)?)
    }

    /// The first region does all that must be done in one.
    pub(super) fn region_violation(&self, region: usize) -> Option<&'static str> {
        self.violation(REGION, self.size.regions - 1, region.checked_sub(1)?)
    }

    /// Whether a version knows the requirement and fails what violates it, instead of asking a person.
    fn fails_under(benchmark: &Benchmark, key: &str) -> bool {
        let Some(recommendation) = benchmark.by_key(key) else { return false };
        let is = |name: &str, value: serde_json::Value| recommendation.parameters.get(name) == Some(&value);
        match key {
            "s3.mfa_delete" => is("manual_as_fail", true.into()),
            "iam.root_daily_use" | "iam.instance_roles" => is("mode", "decide".into()),
            key if key.starts_with("monitoring.") => is("automated", true.into()),
            _ => true,
        }
    }

    /// What fails in a report, in the same words as [`planted`](Self::planted).
    pub fn failing(report: &Report) -> BTreeSet<Violation> {
        let failing = report.findings.iter().filter(|finding| finding.status == Status::Fail);
        let named = |finding: &cis_core::Finding| {
            let resource = &finding.resource;
            match (&resource.arn, &resource.region) {
                (Some(arn), _) => arn.clone(),
                (None, Some(region)) => format!("region/{region}"),
                (None, None) => "account".to_owned(),
            }
        };
        failing.map(|finding| (finding.control.to_string(), named(finding))).collect()
    }

    pub(super) fn draw(&self, name: &str) -> Draw {
        Draw::new(self.seed, name)
    }
}
