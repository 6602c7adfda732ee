//! The least that an auditor must be allowed: the IAM policy of a plan.

use std::collections::BTreeSet;

use cis_core::{DatasetInfo, Plan};
use serde::Serialize;

use crate::datasets::ec2::Regions;

/// The most characters, white space not counted, that a managed policy may have: "IAM character limits" in
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
const MANAGED_POLICY_CHARACTERS: usize = 6_144;

/// The IAM actions that a live scan of a plan takes, and the identity policies that allow them and nothing else.
///
/// They are those of the datasets that the plan reads, and `ec2:DescribeRegions`, by which every live scan learns its
/// regions. `sts:GetCallerIdentity` is not among them: AWS asks for no permission
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>). Nor is `account:ListRegions`, which
/// is only called where `ec2:DescribeRegions` is denied.
///
/// ```
/// use cis_aws::permissions::Permissions;
/// use cis_core::{Scan, Selection};
/// let (benchmark, registry) = (cis_aws::benchmark("2.0.0")?, cis_aws::registry());
/// let selection = Selection { select: vec!["1.8".into()], level: None };
/// let permissions = Permissions::of(&Scan::new(&benchmark, &registry).select(selection).plan()?);
/// assert_eq!(permissions.actions().collect::<Vec<_>>(), ["ec2:DescribeRegions", "iam:GetAccountPasswordPolicy"]);
/// assert_eq!(permissions.policy().statement[0].resource, "*");
/// # Ok::<(), cis_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions {
    actions: BTreeSet<String>,
}

/// An identity policy that allows actions on every resource. Serialises as IAM's JSON
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReadPolicy {
    /// The version of the policy language.
    pub version: &'static str,
    /// One statement.
    pub statement: [ReadStatement; 1],
}

/// The statement of a [`ReadPolicy`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReadStatement {
    /// The statement's name.
    pub sid: &'static str,
    /// `Allow`.
    pub effect: &'static str,
    /// The actions, in order, none of them with a wildcard.
    pub action: Vec<String>,
    /// `*`: lists cannot be allowed by resource, and what is read by name is read of every resource that was listed.
    pub resource: &'static str,
}

impl Permissions {
    /// What a live scan of this plan takes.
    pub fn of(plan: &Plan) -> Self {
        let regions = DatasetInfo::of::<Regions>();
        let always = regions.operations().map(|(_, action)| action);
        Self { actions: plan.actions().into_iter().chain(always).map(str::to_owned).collect() }
    }

    /// The IAM actions, in order.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.actions.iter().map(String::as_str)
    }

    /// All of them in one policy.
    pub fn policy(&self) -> ReadPolicy {
        ReadPolicy::allowing(self.actions.iter().cloned().collect())
    }

    /// As few policies, in the order of their actions, as it takes to keep each within the size of a managed policy.
    pub fn split(&self) -> Vec<ReadPolicy> {
        self.split_within(MANAGED_POLICY_CHARACTERS)
    }

    fn split_within(&self, most: usize) -> Vec<ReadPolicy> {
        let mut policies = Vec::new();
        let mut actions: Vec<String> = Vec::new();
        let mut size = ReadPolicy::allowing(Vec::new()).characters();
        let frame = size;
        for action in &self.actions {
            // Two quotation marks, and the comma after it.
            let takes = action.chars().count() + 3;
            if size + takes > most && !actions.is_empty() {
                policies.push(ReadPolicy::allowing(std::mem::take(&mut actions)));
                size = frame;
            }
            size += takes;
            actions.push(action.clone());
        }
        policies.push(ReadPolicy::allowing(actions));
        policies
    }
}

impl ReadPolicy {
    fn allowing(action: Vec<String>) -> Self {
        let statement = ReadStatement { sid: "CisAwsAudit", effect: "Allow", action, resource: "*" };
        Self { version: "2012-10-17", statement: [statement] }
    }

    /// The actions that it allows.
    pub fn actions(&self) -> &[String] {
        let [statement] = &self.statement;
        &statement.action
    }

    /// How many characters IAM counts: those that are not white space.
    pub fn characters(&self) -> usize {
        // Neither the frame nor an action has white space or a character that JSON escapes.
        serde_json::to_string(self).map_or(usize::MAX, |text| text.chars().filter(|c| !c.is_whitespace()).count())
    }

    /// Whether it keeps within the size of a managed policy: 6,144 characters.
    pub fn fits_a_managed_policy(&self) -> bool {
        self.characters() <= MANAGED_POLICY_CHARACTERS
    }
}

#[cfg(test)]
mod tests {
    use cis_core::{Scan, Selection};

    use super::*;

    fn of(version: &str, select: &[&str]) -> Permissions {
        let benchmark = crate::benchmark(version).unwrap();
        let selection = Selection { select: select.iter().map(|&one| one.to_owned()).collect(), level: None };
        Permissions::of(&Scan::new(&benchmark, &crate::registry()).select(selection).plan().unwrap())
    }

    #[test]
    fn each_selection_has_its_own() {
        for (select, actions) in [
            (&["1.8", "1.9"][..], "ec2:DescribeRegions iam:GetAccountPasswordPolicy"),
            (
                &["2.1.4"],
                "ec2:DescribeRegions s3:GetAccountPublicAccessBlock s3:GetBucketPublicAccessBlock s3:ListAllMyBuckets",
            ),
            (&["5.6"], "ec2:DescribeInstances ec2:DescribeRegions ec2:GetInstanceMetadataDefaults"),
        ] {
            assert_eq!(of("2.0.0", select).actions().collect::<Vec<_>>().join(" "), actions, "{select:?}");
        }
    }

    #[test]
    fn a_whole_benchmark_fits_one_managed_policy_that_only_reads() {
        for version in crate::versions() {
            let permissions = of(version, &[]);
            let policy = permissions.policy();
            assert!(policy.fits_a_managed_policy(), "{version}: {} characters", policy.characters());
            assert_eq!(permissions.split(), std::slice::from_ref(&policy), "{version}");
            for action in permissions.actions() {
                let (service, name) = action.split_once(':').unwrap();
                assert!(service.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-'), "{action}");
                assert!(name.bytes().all(|c| c.is_ascii_alphanumeric()), "{action}");
                // Generating the credential report changes nothing but the report that AWS keeps.
                let reads = ["Get", "List", "Describe"].iter().any(|verb| name.starts_with(verb));
                assert!(reads || action == "iam:GenerateCredentialReport", "{action}");
            }
        }
    }

    #[test]
    fn what_is_split_is_whole_and_each_part_keeps_the_limit() {
        let permissions = of("2.0.0", &[]);
        let all: Vec<_> = permissions.actions().collect();
        for most in [1, 130, 200, 500, 1_000, 5_000] {
            let policies = permissions.split_within(most);
            let again: Vec<_> = policies.iter().flat_map(ReadPolicy::actions).collect();
            assert_eq!(again, all, "{most}");
            assert!(policies.iter().all(|policy| policy.characters() <= most || policy.actions().len() == 1), "{most}");
        }
        assert_eq!(permissions.split_within(1).len(), all.len());
    }
}
