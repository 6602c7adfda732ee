//! Controls on Amazon S3.

cis_core::controls! {}
