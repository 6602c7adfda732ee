//! Controls on `account`.

cis_core::controls! {}
