//! Controls on AWS CloudTrail.

cis_core::controls! {}
