//! Controls on Amazon RDS.

mod engines;

cis_core::controls! {
    auto_minor_upgrade::AutoMinorUpgrade,
    encryption::Encryption,
    public_access::PublicAccess,
}
