//! Controls on Amazon S3.

pub(in crate::controls) mod bucket;

cis_core::controls! {
    block_public_access::BlockPublicAccess,
    data_classification::DataClassification,
    default_encryption::DefaultEncryption,
    deny_http::DenyHttp,
    mfa_delete::MfaDelete,
}
