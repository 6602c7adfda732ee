//! Controls on `iam`.

cis_core::controls! {}
