//! Controls on AWS CloudTrail.

mod object_events;
pub(in crate::controls) mod selectors;
pub(in crate::controls) mod trails;

cis_core::controls! {
    all_regions::AllRegions,
    cloudwatch_logs::CloudwatchLogs,
    kms_encryption::KmsEncryption,
    log_validation::LogValidation,
    s3_read_events::S3ReadEvents,
    s3_write_events::S3WriteEvents,
}
