//! Controls on Amazon EFS.

cis_core::controls! {
    encryption::Encryption,
}
