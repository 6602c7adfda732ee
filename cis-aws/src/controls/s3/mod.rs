//! Controls on Amazon S3.

mod bucket;

cis_core::controls! {
    block_public_access::BlockPublicAccess,
    default_encryption::DefaultEncryption,
    mfa_delete::MfaDelete,
}
