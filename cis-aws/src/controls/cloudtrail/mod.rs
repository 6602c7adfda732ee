//! Controls on AWS CloudTrail.

mod buckets;

cis_core::controls! {
    bucket_access_logging::BucketAccessLogging,
    bucket_not_public::BucketNotPublic,
}
