//! Controls on AWS Config.

cis_core::controls! {}
