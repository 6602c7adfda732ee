//! Controls on AWS Security Hub.

cis_core::controls! {
    enabled::Enabled,
}
