use cis_core::prelude::*;

use crate::datasets::kms::{Key, KeyMetadata, Keys};

const DESCRIBE: &str = "kms:DescribeKey";
const ROTATION: &str = "kms:GetKeyRotationStatus";

control! {
    /// Symmetric keys that the account made rotate by themselves.
    ///
    /// Keys that cannot (asymmetric and HMAC keys, keys whose material was imported or lies elsewhere) are not applicable,
    /// and so are keys that are not in use. AWS's own keys are left out.
    ///
    /// ## Why it matters
    /// Whoever got hold of a key's material can read what it encrypts until the material changes. What was encrypted before
    /// stays readable to the account after a rotation.
    pub struct KeyRotation {
        /// Whether keys that are disabled or about to be deleted are judged too.
        pub judge_disabled: bool = false,
    }
    key: "kms.key_rotation", title: "Symmetric customer keys rotate by themselves",
    resource_type: "AWS::KMS::Key", judged_at: Region,
}

impl Control for KeyRotation {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Turn rotation on for the key; for a multi-region key, on its primary. What was encrypted before stays readable: \
                 KMS keeps the old material.",
            )
            .caution(CautionKind::Costs, "Each of the first two rotations of a key adds to what it costs a month.")
            .console([
                "In the region {region}: KMS, \"Customer managed keys\", {resource}, \"Key material and rotations\".",
                "Under \"Automatic key rotation\", choose Edit, Enable, and save.",
            ])
            .cli(["aws kms enable-key-rotation --key-id {arn} --region {region}"])
            .terraform([r#"
                # In the resource of the key:
                resource "aws_kms_key" "this" {
                  # ... other configuration ...
                  enable_key_rotation = true
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<Keys>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let keys = facts.rows::<Keys>()?.only(|key| !is_aws_managed(key));
        if keys.is_empty() {
            keys.whole()?;
            let message = msg!("No key here is the account's own: nothing to judge.");
            findings.push(Target::place(), Verdict::not_applicable(message).evidence("kms:ListKeys", "customer keys", &0));
            return Ok(());
        }
        findings.each(&keys, |key| Target::arn(&key.key_arn), |key| {
            self.judge(key).map_err(|gap| if gap.resource.is_none() { gap.resource(&key.key_arn) } else { gap })
        });
        Ok(())
    }
}

fn is_aws_managed(key: &Key) -> bool {
    let manager = |metadata: &KeyMetadata| metadata.key_manager.as_deref() == Some("AWS");
    key.aws_alias.is_some() || matches!(&key.key_metadata, Fact::Known(Some(metadata)) if manager(metadata))
}

impl KeyRotation {
    fn judge(&self, key: &Key) -> Result<Verdict, Gap> {
        let metadata = key.key_metadata.known()?.as_ref().ok_or_else(|| missing(DESCRIBE, "KeyMetadata"))?;
        needed(metadata.key_manager.as_deref(), "KeyManager")?;
        let spec = metadata.key_spec.as_deref().or(metadata.customer_master_key_spec.as_deref());
        let spec = needed(spec, "KeySpec")?;
        if spec != "SYMMETRIC_DEFAULT" {
            let message = msg!("A key of spec {spec} cannot rotate by itself.", spec);
            return Ok(Verdict::not_applicable(message).evidence(DESCRIBE, "KeySpec", spec));
        }
        let origin = needed(metadata.origin.as_deref(), "Origin")?;
        if origin != "AWS_KMS" {
            let message = msg!("A key whose material has the origin {origin} cannot rotate by itself.", origin);
            return Ok(Verdict::not_applicable(message).evidence(DESCRIBE, "Origin", origin));
        }
        let state = needed(metadata.key_state.as_deref(), "KeyState")?;
        match state {
            "Enabled" | "Updating" => {}
            "Disabled" | "PendingDeletion" | "PendingReplicaDeletion" | "PendingImport" | "Unavailable" => {
                if !self.judge_disabled {
                    let message = msg!("The key is not in use: its state is {state}.", state);
                    return Ok(Verdict::not_applicable(message).evidence(DESCRIBE, "KeyState", state));
                }
            }
            state => {
                let gap = Gap::new(GapKind::Stale, gap_text!("the key's state {state} does not last")).operation(DESCRIBE);
                let message = msg!("The key is in the state {state}, which tells nothing yet: scan again.", state);
                return Ok(Verdict::unknown(message, gap).evidence(DESCRIBE, "KeyState", state));
            }
        }
        let status = key.rotation_status.known()?.as_ref().ok_or_else(|| missing(ROTATION, "the rotation status"))?;
        let enabled = status.key_rotation_enabled.ok_or_else(|| missing(ROTATION, "KeyRotationEnabled"))?;
        let verdict = match (enabled, primary(metadata)) {
            (true, _) => Verdict::pass(msg!("The key rotates by itself.")),
            (false, None) => Verdict::fail(msg!("The key does not rotate by itself; it must.")),
            (false, Some(primary)) => Verdict::fail(msg!(
                "The key does not rotate by itself; it must, which is set on its primary {primary}.",
                primary
            )),
        };
        Ok(verdict
            .evidence(ROTATION, "KeyRotationEnabled", &enabled)
            .evidence(ROTATION, "RotationPeriodInDays", &status.rotation_period_in_days)
            .evidence(DESCRIBE, "KeyState", state))
    }
}

/// The primary of a multi-region key's replica.
fn primary(metadata: &KeyMetadata) -> Option<&str> {
    let family = metadata.multi_region_configuration.as_ref()?;
    let is_replica = family.multi_region_key_type.as_deref() == Some("REPLICA");
    family.primary_key.as_ref()?.arn.as_deref().filter(|_| is_replica)
}

fn needed<'a>(value: Option<&'a str>, field: &str) -> Result<&'a str, Gap> {
    value.ok_or_else(|| missing(DESCRIBE, field))
}

fn missing(operation: &str, what: &str) -> Gap {
    Gap::malformed(gap_text!("{what} is missing from the answer")).operation(operation)
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, unread};

    use super::*;

    const OWN: &str = r#""KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS""#;
    const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/k";

    fn key(id: &str, more: &str) -> String {
        format!(r#"{{"KeyId": "{id}", "KeyArn": "arn:aws:kms:us-east-1:123456789012:key/{id}", {more}}}"#)
    }

    fn keys(list: &[String]) -> FactSet {
        aws::<Keys>(&format!(r#"{{"Keys": [{}]}}"#, list.join(", ")))
    }

    fn one(metadata: &str, rotation: &str) -> FactSet {
        keys(&[key("k", &format!(r#""KeyMetadata": {{{metadata}}}, "RotationStatus": {rotation}"#))])
    }

    fn own(more: &str, rotation: &str) -> FactSet {
        one(&format!("{OWN}, {more}"), rotation)
    }

    const ON: &str = r#"{"KeyRotationEnabled": true, "RotationPeriodInDays": 365}"#;
    const OFF: &str = r#"{"KeyRotationEnabled": false}"#;
    const ENABLED: &str = r#""KeyState": "Enabled""#;
    const AWS_KEY: &str = r#""AwsAlias": "alias/aws/ebs", "KeyMetadata": null, "RotationStatus": null"#;
    const DENIED: &str = r#"{"$gap": {"kind": "denied", "operation": "kms:GetKeyRotationStatus", "code": "AccessDeniedException"}}"#;

    #[test]
    fn cases() {
        let spec = |spec: &str| one(&format!(r#""KeyManager": "CUSTOMER", "KeySpec": "{spec}", "Origin": "AWS_KMS", {ENABLED}"#), "null");
        let origin = |origin: &str| one(&format!(r#""KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "{origin}", {ENABLED}"#), "null");
        let state = |state: &str| own(&format!(r#""KeyState": "{state}""#), OFF);
        Cases::of(KeyRotation { judge_disabled: false })
            .pass("rotates", own(ENABLED, ON))
            .pass("rotates every seven years", own(ENABLED, r#"{"KeyRotationEnabled": true, "RotationPeriodInDays": 2560}"#))
            .pass("the spec under its old name", one(&format!(r#""KeyManager": "CUSTOMER", "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS", {ENABLED}"#), ON))
            .pass("updating", own(r#""KeyState": "Updating""#, ON))
            .fail("does not rotate by itself, be it on demand", own(ENABLED, OFF))
            .fail("a replica: set on the primary", own(&format!(r#"{ENABLED}, "MultiRegion": true, "MultiRegionConfiguration": {{"MultiRegionKeyType": "REPLICA", "PrimaryKey": {{"Arn": "arn:aws:kms:eu-west-1:123456789012:key/k", "Region": "eu-west-1"}}}}"#), OFF))
            .not_applicable("RSA", spec("RSA_2048"))
            .not_applicable("HMAC", spec("HMAC_256"))
            .not_applicable("ML-DSA", spec("ML_DSA_65"))
            .not_applicable("imported", origin("EXTERNAL"))
            .not_applicable("in CloudHSM", origin("AWS_CLOUDHSM"))
            .not_applicable("in an external store", origin("EXTERNAL_KEY_STORE"))
            .not_applicable("disabled", state("Disabled"))
            .not_applicable("pending deletion, which always reports false", state("PendingDeletion"))
            .not_applicable("replica pending deletion", state("PendingReplicaDeletion"))
            .not_applicable("unavailable", state("Unavailable"))
            .not_applicable("pending import", state("PendingImport"))
            .unknown("being created", state("Creating"))
            .unknown("the rotation is denied by the key's policy", own(ENABLED, DENIED))
            .unknown("the rotation was not read", own(ENABLED, "null"))
            .unknown("whether it rotates is missing", own(ENABLED, "{}"))
            .unknown("the state is missing", one(OWN, ON))
            .unknown("the spec is missing", one(&format!(r#""KeyManager": "CUSTOMER", "Origin": "AWS_KMS", {ENABLED}"#), ON))
            .unknown("the manager is missing", one(r#""KeySpec": "SYMMETRIC_DEFAULT""#, ON))
            .unknown("the description is denied", keys(&[key("k", r#""KeyMetadata": {"$gap": {"kind": "denied", "operation": "kms:DescribeKey", "code": "AccessDeniedException"}}, "RotationStatus": null"#)]))
            .not_applicable("AWS's own, by its alias", keys(&[key("a", AWS_KEY)]))
            .not_applicable("AWS's own, by its manager", one(r#""KeyManager": "AWS", "KeySpec": "SYMMETRIC_DEFAULT""#, OFF))
            .each("AWS's own beside one of the account's", keys(&[key("a", AWS_KEY), key("k", &format!(r#""KeyMetadata": {{{OWN}, {ENABLED}}}, "RotationStatus": {OFF}"#))]), &[(KEY, Status::Fail)])
            .not_applicable("no keys", keys(&[]))
            .unknown("listing is denied", unread::<Keys>(GapKind::Denied))
            .unknown("none in a list that broke off", keys(&[]).cut_off::<Keys>())
            .each("a page is missing", own(ENABLED, ON).cut_off::<Keys>(), &[("123456789012", Status::Unknown), (KEY, Status::Pass)])
            .check();
    }

    #[test]
    fn disabled_keys_to_the_letter() {
        Cases::of(KeyRotation { judge_disabled: true })
            .named("judge_disabled")
            .fail("disabled, and does not rotate", own(r#""KeyState": "Disabled""#, OFF))
            .pass("disabled keeps its setting", own(r#""KeyState": "Disabled""#, ON))
            .fail("pending deletion always reports false", own(r#""KeyState": "PendingDeletion""#, OFF))
            .check();
    }
}
