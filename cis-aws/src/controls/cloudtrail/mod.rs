//! Controls on AWS CloudTrail.

pub(in crate::controls) mod selectors;
pub(in crate::controls) mod trails;

cis_core::controls! {
    all_regions::AllRegions,
    cloudwatch_logs::CloudwatchLogs,
    kms_encryption::KmsEncryption,
    log_validation::LogValidation,
}
