//! Controls on Amazon EBS.

cis_core::controls! {
    encryption::Encryption,
}
