use cis_core::prelude::*;

use crate::datasets::securityhub::Hub;

const DESCRIBE: &str = "securityhub:DescribeHub";

control! {
    /// Security Hub is on in every region.
    ///
    /// Which standards it checks, who administers it, and whether findings are gathered in one region is not asked; a region
    /// that others report to does not stand for them. The service is now called Security Hub CSPM.
    ///
    /// ## Why it matters
    /// What `GuardDuty`, Inspector, Macie and AWS Config find in a region comes together in its hub, or nowhere.
    pub struct Enabled {}
    key: "securityhub.enabled", title: "Security Hub is on in every region",
    resource_type: "AWS::::Account", judged_at: Region,
}

impl Control for Enabled {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Enable Security Hub CSPM in each region; in an organization, a configuration policy of the delegated \
                 administrator does it for all accounts. AWS Config must record for its checks to say anything.",
            )
            .caution(CautionKind::Costs, "Security Hub CSPM charges for checks and findings, by account and region.")
            .console([
                "In the region {region}: Security Hub CSPM, \"Go to Security Hub CSPM\".",
                "Choose the standards that it shall check, and \"Enable Security Hub CSPM\".",
            ])
            .cli(["aws securityhub enable-security-hub --region {region}"])
            .terraform([r#"
                resource "aws_securityhub_account" "this" {}
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<Hub>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let rows = facts.rows::<Hub>()?;
        if let Some(why) = rows.no_service() {
            findings.push(Target::place(), Verdict::no_service(why));
            return Ok(());
        }
        let hub = rows.one()?;
        let region = facts.place().region_name().unwrap_or_default();
        let verdict = match (&hub.hub_arn, &hub.error) {
            (_, Some(error)) => {
                // The code also stands for a lack of permission, so that only the words tell.
                let off = error.message.to_ascii_lowercase().contains("is not subscribed to aws security hub");
                let code = error.code.as_str();
                if code == "ResourceNotFoundException" || (code == "InvalidAccessException" && off) {
                    let message = msg!("Security Hub is not enabled in {region}; it must be.", region);
                    Verdict::fail(message).evidence(DESCRIBE, "Error", error)
                } else {
                    return Err(Gap::new(GapKind::Failed, &error.message).operation(DESCRIBE).code(code));
                }
            }
            (Some(arn), None) => Verdict::pass(msg!("Security Hub is enabled in {region}.", region))
                .evidence(DESCRIBE, "HubArn", arn)
                .evidence(DESCRIBE, "SubscribedAt", &hub.subscribed_at)
                .evidence(DESCRIBE, "AutoEnableControls", &hub.auto_enable_controls),
            (None, None) => return Err(Gap::malformed("the answer has neither HubArn nor an error")),
        };
        findings.push(Target::place(), verdict);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, no_service, unread};

    use super::*;

    fn error(code: &str, message: &str) -> FactSet {
        aws::<Hub>(&format!(r#"{{"Error": {{"Code": "{code}", "Message": "{message}"}}}}"#))
    }

    #[test]
    fn cases() {
        let on = || {
            aws::<Hub>(
                r#"{"HubArn": "arn:aws:securityhub:us-east-1:123456789012:hub/default", "SubscribedAt": "2024-01-02T03:04:05.006Z", "AutoEnableControls": true}"#,
            )
        };
        Cases::of(Enabled {})
            .pass("on", on())
            .pass("no control is enabled by itself: standards are not asked for", aws::<Hub>(r#"{"HubArn": "arn:aws:securityhub:us-east-1:123456789012:hub/default", "AutoEnableControls": false}"#))
            .fail("not subscribed", error("InvalidAccessException", "Account 123456789012 is not subscribed to AWS Security Hub"))
            .fail("not subscribed, in other letters", error("InvalidAccessException", "Account 123456789012 is not subscribed to AWS security hub"))
            .fail("no such resource", error("ResourceNotFoundException", "The request was rejected"))
            .unknown("the same code for another reason", error("InvalidAccessException", "Account 123456789012 is not an administrator for this organization"))
            .unknown("the same code without a word", error("InvalidAccessException", ""))
            .unknown("not subscribed, says another error", error("AccessDeniedException", "is not subscribed to AWS Security Hub"))
            .unknown("an answer that says nothing", aws::<Hub>("{}"))
            .unknown("denied", unread::<Hub>(GapKind::Denied))
            .not_applicable("Security Hub is not in the region", no_service::<Hub>("AWS lists no endpoint of it there"))
            .unknown("the endpoint cannot be reached: it may be there all the same", unread::<Hub>(GapKind::Unreachable))
            .unknown("throttled", unread::<Hub>(GapKind::Throttled))
            .each(
                "one region on, one off: none stands for another",
                on().and_region(error("ResourceNotFoundException", "").in_region("eu-west-1")),
                &[("123456789012", Status::Fail), ("123456789012", Status::Pass)],
            )
            .check();
    }
}
