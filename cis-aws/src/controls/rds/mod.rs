//! Controls on Amazon RDS.

mod engines;

cis_core::controls! {
    encryption::Encryption,
}
