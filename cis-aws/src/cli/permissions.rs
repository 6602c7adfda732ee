//! The sub-command `permissions`: the IAM policy that a live scan of a selection takes.

use std::fmt::Write as _;

use cis_core::{Error, Scan, Selection, msg};

use super::args::{PermissionsArgs, PermissionsFormat};
use super::console::Console;
use super::list::json;
use super::scan::benchmark;
use crate::permissions::{Permissions, ReadPolicy};

pub(super) fn permissions(args: &PermissionsArgs, console: &mut Console<'_>) -> Result<(), Error> {
    let (benchmark, registry) = (benchmark(&args.benchmark)?, crate::registry());
    let selection = Selection { select: args.select.clone(), level: args.level };
    let permissions = Permissions::of(&Scan::new(&benchmark, &registry).select(selection).plan()?);
    let policies = if args.split { permissions.split() } else { vec![permissions.policy()] };
    for policy in policies.iter().filter(|policy| !policy.fits_a_managed_policy()) {
        let size = policy.characters();
        let told =
            msg!("this policy has {size} characters, too many for one managed policy; --split makes more of it", size);
        console.note(&args.language.locale.text(&told));
    }
    let name = format!("{} {}", benchmark.name, benchmark.version);
    console.print(|to| match args.format {
        PermissionsFormat::Terraform => to.write_all(terraform(&name, &policies).as_bytes()),
        PermissionsFormat::Json if args.split => json(&policies, to),
        PermissionsFormat::Json => policies.iter().try_for_each(|policy| json(policy, to)),
    })
}

/// A role that may be assumed for the audit, and its policies, as a Terraform configuration.
fn terraform(benchmark: &str, policies: &[ReadPolicy]) -> String {
    let mut text = include_str!("permissions.tf").replace("BENCHMARK", benchmark);
    for (number, policy) in policies.iter().enumerate() {
        let suffix = if number == 0 { String::new() } else { format!("_{}", number + 1) };
        let actions: String = policy.actions().iter().fold(String::new(), |mut lines, action| {
            let _ = writeln!(lines, "      \"{action}\",");
            lines
        });
        let part = include_str!("permissions_policy.tf");
        text +=
            &part.replace("SUFFIX", &suffix).replace("NAME", &suffix.replace('_', "-")).replace("ACTIONS\n", &actions);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::cli::Exit;
    use crate::cli::tests::audit;

    #[test]
    fn as_json() {
        let (exit, out, err) = audit(&["permissions", "--select", "1.8"]);
        assert_eq!((exit, err.as_str()), (Exit::NothingFails, ""));
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Sid": "CisAwsAudit", "Effect": "Allow", "Resource": "*",
            "Action": ["ec2:DescribeRegions", "iam:GetAccountPasswordPolicy"],
        }]});
        assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), policy);
        let (_, out, _) = audit(&["permissions", "--select", "1.8", "--split"]);
        assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), json!([policy]), "an array, also of one");
    }

    #[test]
    fn what_is_selected_must_be_there() {
        let (exit, out, err) = audit(&["permissions", "--select", "9.9"]);
        assert_eq!((exit, out.as_str()), (Exit::CouldNotRun, ""));
        assert!(err.contains("no id or key of CIS AWS Foundations 2.0.0 matches \"9.9\""), "{err}");
    }

    #[test]
    fn as_terraform() {
        let (exit, out, _) = audit(&["permissions", "--select", "1.8", "--format", "terraform"]);
        assert_eq!(exit, Exit::NothingFails);
        let body = hcl::parse(&out).unwrap();
        let blocks: Vec<_> = body
            .blocks()
            .map(|block| {
                let labels: Vec<_> = block.labels.iter().map(hcl::BlockLabel::as_str).collect();
                format!("{} {}", block.identifier(), labels.join(" "))
            })
            .collect();
        assert_eq!(
            blocks,
            [
                "variable auditor_arn",
                "variable external_id",
                "data aws_iam_policy_document cis_aws_audit_trust",
                "resource aws_iam_role cis_aws_audit",
                "data aws_iam_policy_document cis_aws_audit",
                "resource aws_iam_policy cis_aws_audit",
                "resource aws_iam_role_policy_attachment cis_aws_audit",
            ]
        );
        assert!(out.contains("      \"ec2:DescribeRegions\",\n      \"iam:GetAccountPasswordPolicy\",\n"), "{out}");
    }

    #[test]
    fn several_policies_have_names_of_their_own() {
        let policy =
            Permissions::of(&Scan::new(&crate::benchmark("2.0.0").unwrap(), &crate::registry()).plan().unwrap())
                .policy();
        let out = terraform("X", &[policy.clone(), policy]);
        hcl::parse(&out).unwrap();
        for name in ["\"cis_aws_audit\"", "\"cis_aws_audit_2\"", "\"cis-aws-audit\"", "\"cis-aws-audit-2\""] {
            assert!(out.contains(name), "{name}: {out}");
        }
    }
}
