use cis_core::prelude::*;

use super::object_events::{judge, object_reads, remediation};
use super::selectors::Direction;

control! {
    /// Who read an object is recorded for every bucket.
    ///
    /// A trail that covers every region and is logging must record all object-level read events, of all buckets (one pass
    /// on the account) or of each bucket as a whole. Part of a bucket, or one kind of event, is not enough.
    ///
    /// ## Why it matters
    /// Management events do not tell of objects. After a theft of data these events alone show which objects were taken, and by whom.
    pub struct S3ReadEvents {
        /// Whether a trail of one region counts for nothing.
        pub require_multi_region: bool = true,
    }
    key: "cloudtrail.s3_read_events", title: "Object-level read events of S3 buckets are recorded",
    resource_type: "AWS::S3::Bucket", judged_at: Account,
}

impl Control for S3ReadEvents {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(remediation())
    }

    fn reads(&self) -> Reads {
        object_reads()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        judge(facts, findings, Direction::Read, self.require_multi_region)
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::Cases;

    use super::super::object_events::account::{classic, one, shared};
    use super::*;
    use crate::datasets::cloudtrail::{EventSelectors, TrailStatuses};

    #[test]
    fn cases() {
        shared(S3ReadEvents { require_multi_region: true }, "ReadOnly", "WriteOnly").check();
    }

    #[test]
    fn trails_of_one_region_may_count() {
        let single = one(r#""IsMultiRegionTrail": false"#, true, &classic("ReadOnly", "arn:aws:s3:::prod/"));
        Cases::of(S3ReadEvents { require_multi_region: false })
            .named("any_region")
            .each("a trail of one region", single, &[("arn:aws:s3:::prod", Status::Pass), ("arn:aws:s3:::prod-logs", Status::Fail)])
            .partly_without::<TrailStatuses>()
            .fail("a stopped one selects them", one(r#""IsMultiRegionTrail": false"#, false, &classic("ReadOnly", "arn:aws:s3:::")))
            .holds_without::<EventSelectors>()
            .unknown("a region that nobody listed may have one", one(r#""IsMultiRegionTrail": false"#, false, &classic("ReadOnly", "arn:aws:s3:::")).regions_gap(GapKind::Denied))
            .check();
    }
}
