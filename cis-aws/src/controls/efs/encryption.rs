use cis_core::prelude::*;

use crate::datasets::efs::FileSystems;

const DESCRIBE: &str = "efs:DescribeFileSystems";

control! {
    /// EFS file systems are encrypted at rest.
    ///
    /// ## Why it matters
    /// What is stored stays unreadable to whoever gets at the storage and not at the key, and the key's policy is one more say
    /// on who reads it.
    pub struct Encryption {}
    key: "efs.encryption", title: "EFS file systems are encrypted",
    resource_type: "AWS::EFS::FileSystem", judged_at: Region,
}

impl Control for Encryption {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Encryption is chosen when a file system is made. Make an encrypted one, copy the files (AWS DataSync does), \
                 mount it in place of the old one, and delete that.",
            )
            .caution(CautionKind::Costs, "Both file systems are paid for until the old one is gone.")
            .caution(CautionKind::Interrupts, "What writes to the old file system must stop or be copied again before the change.")
            .console([
                "In the region {region}: EFS, \"Create file system\", Customize, and leave \"Enable encryption of data at rest\" on.",
                "Copy the files with AWS DataSync, mount the new file system, and delete {resource}.",
            ])
            .cli([
                "aws efs create-file-system --encrypted --region {region}",
                "aws efs create-mount-target --file-system-id <NEW_FILE_SYSTEM_ID> --subnet-id <SUBNET_ID> --security-groups <SECURITY_GROUP_ID> --region {region}",
            ])
            .terraform([r#"
                resource "aws_efs_file_system" "encrypted" {
                  encrypted = true
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<FileSystems>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let (partition, account) = (facts.partition(), facts.account_id());
        let region = facts.place().region_name().unwrap_or_default();
        findings.each(
            &facts.rows::<FileSystems>()?,
            |system| {
                let owner = system.owner_id.as_deref().unwrap_or(account);
                let id = &system.file_system_id;
                let built = || format!("arn:{partition}:elasticfilesystem:{region}:{owner}:file-system/{id}");
                Target::arn(system.file_system_arn.clone().unwrap_or_else(built)).tags(&system.tags)
            },
            |system| {
                if let Some(owner) = system.owner_id.as_deref().filter(|owner| *owner != account) {
                    let message = msg!("The file system belongs to account {owner} and is judged there.", owner);
                    return Ok(Verdict::not_applicable(message).evidence(DESCRIBE, "OwnerId", owner));
                }
                let state = system.life_cycle_state.as_deref();
                let verdict = match (state, system.encrypted) {
                    (Some(state @ ("deleting" | "deleted")), _) => {
                        Verdict::not_applicable(msg!("The file system is {state}.", state))
                    }
                    (_, Some(true)) => Verdict::pass(msg!("The file system is encrypted.")),
                    (_, Some(false)) => Verdict::fail(msg!("The file system is not encrypted; it must be.")),
                    (_, None) => return Err(Gap::malformed("Encrypted is missing from the answer")),
                };
                Ok(verdict.evidence(DESCRIBE, "Encrypted", &system.encrypted).evidence(
                    DESCRIBE,
                    "LifeCycleState",
                    &state,
                ))
            },
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, no_service, unread};

    use super::*;

    const ONE: &str = "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-1";

    fn one(owner: &str, more: &str) -> FactSet {
        aws::<FileSystems>(&format!(
            r#"{{"FileSystems": [{{"FileSystemId": "fs-1", "OwnerId": "{owner}",
                 "FileSystemArn": "arn:aws:elasticfilesystem:us-east-1:{owner}:file-system/fs-1" {more}}}]}}"#
        ))
    }

    #[test]
    fn cases() {
        let own = |more| one("123456789012", more);
        Cases::of(Encryption {})
            .pass(
                "encrypted: whether the key still works is another matter",
                own(r#", "Encrypted": true, "LifeCycleState": "available""#),
            )
            .fail("not encrypted", own(r#", "Encrypted": false, "LifeCycleState": "available""#))
            .fail("being created", own(r#", "Encrypted": false, "LifeCycleState": "creating""#))
            .not_applicable("being deleted", own(r#", "Encrypted": false, "LifeCycleState": "deleting""#))
            .not_applicable("deleted", own(r#", "LifeCycleState": "deleted""#))
            .unknown("the field is missing from the answer", own(r#", "LifeCycleState": "available""#))
            .not_applicable("of another account", one("210987654321", r#", "Encrypted": false"#))
            .not_applicable("no file system", aws::<FileSystems>(r#"{"FileSystems": []}"#))
            .not_applicable("EFS is not in the region", no_service::<FileSystems>("AWS lists no endpoint of it there"))
            .unknown("the endpoint cannot be reached: it may be there all the same", unread::<FileSystems>(GapKind::Unreachable))
            .unknown("denied", unread::<FileSystems>(GapKind::Denied))
            .each(
                "a page is missing",
                own(r#", "Encrypted": false"#).cut_off::<FileSystems>(),
                &[("123456789012", Status::Unknown), (ONE, Status::Fail)],
            )
            .each(
                "no ARN in the answer, another partition",
                aws::<FileSystems>(r#"{"FileSystems": [{"FileSystemId": "fs-1", "Encrypted": true}]}"#)
                    .in_region("cn-north-1")
                    .partition("aws-cn"),
                &[("arn:aws-cn:elasticfilesystem:cn-north-1:123456789012:file-system/fs-1", Status::Pass)],
            )
            .check();
    }
}
