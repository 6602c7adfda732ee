//! Controls on Amazon RDS.

cis_core::controls! {}
