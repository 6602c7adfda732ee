use cis_core::prelude::*;

use crate::datasets::ec2::EbsEncryptionByDefault;

control! {
    /// New EBS volumes are encrypted in every region, whatever is asked for.
    ///
    /// Judged is the account's default in each region, also where there is no volume. Volumes that are there are not looked at,
    /// nor with which key new ones are encrypted.
    ///
    /// ## Why it matters
    /// A disk, or a snapshot of it, that leaves the account is of no use without the key.
    pub struct Encryption {}
    key: "ebs.encryption", title: "New EBS volumes are encrypted in every region",
    resource_type: "AWS::::Account", judged_at: Region,
}

impl Control for Encryption {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Turn encryption by default on in each region. Volumes that are there stay as they are: to replace one, copy a \
                 snapshot of it with encryption.",
            )
            .caution(CautionKind::CutsAccess, "A snapshot that is encrypted with AWS's own key cannot be shared with other accounts.")
            .console([
                "In the region {region}: EC2, Dashboard, \"Data protection and security\".",
                "Under \"EBS encryption\", choose Manage, enable \"Always encrypt new EBS volumes\", and save.",
            ])
            .cli(["aws ec2 enable-ebs-encryption-by-default --region {region}"])
            .terraform([r#"
                resource "aws_ebs_encryption_by_default" "this" {
                  enabled = true
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<EbsEncryptionByDefault>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let encrypted = *facts.rows::<EbsEncryptionByDefault>()?.one()?.ebs_encryption_by_default.known()?;
        let verdict = if encrypted {
            Verdict::pass(msg!("New EBS volumes are encrypted by default."))
        } else {
            Verdict::fail(msg!("New EBS volumes are not encrypted by default; they must be."))
        };
        let verdict = verdict.evidence("ec2:GetEbsEncryptionByDefault", "EbsEncryptionByDefault", &encrypted);
        findings.push(Target::place(), verdict);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, aws, unread};

    use super::*;

    #[test]
    fn cases() {
        let one = |json: &str| aws::<EbsEncryptionByDefault>(json);
        let on = || one(r#"{"EbsEncryptionByDefault": true}"#);
        let mut sixteen = on().in_region("r-00");
        for n in 1..16 {
            sixteen = sixteen.and_region(on().in_region(&format!("r-{n:02}")));
        }
        let mut expected = vec![("123456789012", Status::Pass); 16];
        expected.push(("123456789012", Status::Unknown));
        Cases::of(Encryption {})
            .pass("on, whether there is a volume or not", on())
            .fail("off", one(r#"{"EbsEncryptionByDefault": false}"#))
            .pass("the key does not matter", one(r#"{"EbsEncryptionByDefault": true, "SseType": "sse-kms"}"#))
            .unknown("the field is missing from the answer", one("{}"))
            .unknown("the field is no boolean", one(r#"{"EbsEncryptionByDefault": "yes"}"#))
            .unknown("denied", unread::<EbsEncryptionByDefault>(GapKind::Denied))
            .each(
                "16 regions and one that is denied",
                sixteen.and_region(unread::<EbsEncryptionByDefault>(GapKind::Denied).in_region("r-99")),
                &expected,
            )
            .check();
    }
}
