//! Controls on AWS KMS.

cis_core::controls! { key_rotation::KeyRotation }
