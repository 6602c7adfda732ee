//! Controls on AWS KMS.

cis_core::controls! {}
