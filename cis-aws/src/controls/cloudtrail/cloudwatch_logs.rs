use cis_core::prelude::*;
use jiff::SignedDuration;

use super::trails::{AllTrails, DESCRIBE, GET_STATUS, lists_and_statuses};

control! {
    /// Every trail delivers to a log group of CloudWatch Logs, and did so lately.
    ///
    /// Lately is measured to the moment that the scan judges at. The log group may be another account's.
    ///
    /// ## Why it matters
    /// Files in a bucket are read after the fact. A log group raises alarms within minutes.
    pub struct CloudwatchLogs {
        /// The longest time since the last delivery that passes, in hours.
        pub max_age_hours: i64 = 24,
    }
    key: "cloudtrail.cloudwatch_logs", title: "Trails deliver to CloudWatch Logs",
    resource_type: "AWS::CloudTrail::Trail", judged_at: Account,
}

impl Control for CloudwatchLogs {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Let the trail deliver to a log group, by a role that may write there. Where delivery stopped, get-trail-status \
                 says why: mostly the role or the group is gone.",
            )
            .caution(CautionKind::Costs, "CloudWatch Logs charges for what it takes in and keeps: set a retention on the group.")
            .console([
                "CloudTrail, Trails, {resource}: under \"CloudWatch Logs\" choose Edit, Enabled.",
                "Name a log group and a role, new ones or those that are there, and save.",
            ])
            .cli([
                "aws cloudtrail get-trail-status --name {arn} --region {region}",
                "aws cloudtrail update-trail --name {arn} --cloud-watch-logs-log-group-arn <LOG_GROUP_ARN>:* --cloud-watch-logs-role-arn <ROLE_ARN> --region {region}",
            ])
            .terraform([r#"
                # In the resource of the trail:
                resource "aws_cloudtrail" "trail" {
                  # ... other configuration ...
                  name                       = "{resource}"
                  s3_bucket_name             = "<BUCKET_NAME>"
                  cloud_watch_logs_group_arn = "<LOG_GROUP_ARN>:*"
                  cloud_watch_logs_role_arn  = "<ROLE_ARN>"
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        lists_and_statuses()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        const TIME: &str = "LatestCloudWatchLogsDeliveryTime";
        const ERROR: &str = "LatestCloudWatchLogsDeliveryError";
        let hours = self.max_age_hours;
        AllTrails::read(facts).each(facts, findings, |trail| {
            let group = trail.row.cloud_watch_logs_log_group_arn.as_deref().filter(|group| !group.is_empty());
            let Some(group) = group else {
                let message = msg!("The trail delivers to no log group; it must deliver to one.");
                return Ok(Verdict::fail(message).evidence(DESCRIBE, "CloudWatchLogsLogGroupArn", &group));
            };
            let status = trail.status(facts)?;
            let last = status.latest_cloud_watch_logs_delivery_time;
            let verdict = match last {
                // Exact and to the moment of the verdict; a later delivery is clock skew.
                Some(at) if facts.as_of().duration_since(at.0) <= SignedDuration::from_hours(hours) => {
                    Verdict::pass(msg!("The trail delivered to {group} at {at}.", group, at))
                }
                None if trail.is_foreign => {
                    let gap = Gap::new(GapKind::OtherAccount, "the trail's account alone sees when it delivered");
                    return Err(gap.operation(GET_STATUS));
                }
                _ if status.is_logging == Fact::Known(false) => {
                    Verdict::fail(msg!("The trail is stopped and last delivered to {group} at {last}; it must have within {hours} hours.", group, last, hours))
                }
                Some(at) => {
                    Verdict::fail(msg!("The trail last delivered to {group} at {at}; it must have within {hours} hours.", group, at, hours))
                }
                None => Verdict::fail(msg!("The trail never delivered to {group}; it must have within {hours} hours.", group, hours)),
            };
            Ok(verdict
                .evidence(DESCRIBE, "CloudWatchLogsLogGroupArn", group)
                .evidence(GET_STATUS, TIME, &last)
                .evidence(GET_STATUS, ERROR, &status.latest_cloud_watch_logs_delivery_error)
                .evidence(GET_STATUS, "IsLogging", &status.is_logging))
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, unread};

    use super::super::trails::account::{FOREIGN, MAIN, status, trails};
    use super::*;
    use crate::datasets::cloudtrail::{TrailStatuses, Trails};

    const GROUP: &str = r#""CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:trail:*""#;

    fn delivered(more: &str) -> FactSet {
        trails(&[(MAIN, GROUP)]).and(status(&[(MAIN, more)]))
    }

    fn at(time: &str) -> FactSet {
        delivered(&format!(r#""IsLogging": true, "LatestCloudWatchLogsDeliveryTime": {time}"#))
    }

    #[test]
    fn cases() {
        let foreign = |more: &str| trails(&[(FOREIGN, GROUP)]).and(status(&[(FOREIGN, more)]));
        Cases::of(CloudwatchLogs { max_age_hours: 24 })
            .pass("exactly 24 hours ago", at(r#""2025-12-31T00:00:00Z""#))
            .fail("a second more", at(r#""2025-12-30T23:59:59Z""#))
            .pass("later than the scan, by another clock", at(r#""2026-01-01T00:05:00Z""#))
            .pass("seconds with a fraction", at("1767222000.25"))
            .fail("no log group", trails(&[(MAIN, "")]).and(status(&[(MAIN, r#""IsLogging": true"#)])))
            .holds_without::<TrailStatuses>()
            .fail("an empty text in a snapshot", trails(&[(MAIN, r#""CloudWatchLogsLogGroupArn": """#)]).and(status(&[(MAIN, "")])))
            .holds_without::<TrailStatuses>()
            .fail("never delivered, with the error shown", delivered(r#""IsLogging": true, "LatestCloudWatchLogsDeliveryError": "Access denied.""#))
            .fail("stopped", delivered(r#""IsLogging": false, "LatestCloudWatchLogsDeliveryTime": "2025-12-01T00:00:00Z""#))
            .fail("stopped before it ever delivered", delivered(r#""IsLogging": false"#))
            .pass("another account's trail that delivers", foreign(r#""IsLogging": true, "LatestCloudWatchLogsDeliveryTime": "2025-12-31T23:00:00Z""#))
            .unknown("another account's trail, without a time", foreign(r#""IsLogging": true"#))
            .unknown("the status is refused", delivered(r#""$gap": {"kind": "denied", "operation": "cloudtrail:GetTrailStatus", "code": "AccessDeniedException"}"#))
            .not_applicable("no trail", trails(&[]))
            .unknown("the trails are denied", unread::<Trails>(GapKind::Denied))
            .check();
    }
}
