//! Controls on what is monitored.

cis_core::controls! {}
