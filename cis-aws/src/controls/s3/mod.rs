//! Controls on Amazon S3.

mod bucket;

cis_core::controls! {
    default_encryption::DefaultEncryption,
    mfa_delete::MfaDelete,
}
