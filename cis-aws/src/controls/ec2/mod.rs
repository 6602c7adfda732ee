//! Controls on Amazon EC2 instances.

cis_core::controls! {}
