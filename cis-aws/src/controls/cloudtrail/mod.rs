//! Controls on AWS CloudTrail.

pub(in crate::controls) mod selectors;
pub(in crate::controls) mod trails;

cis_core::controls! {}
