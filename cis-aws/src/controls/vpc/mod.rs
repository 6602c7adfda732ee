//! Controls on Amazon VPC.

cis_core::controls! {}
