//! Controls on Amazon RDS.

mod engines;
mod network;

cis_core::controls! {
    auto_minor_upgrade::AutoMinorUpgrade,
    encryption::Encryption,
    public_access::PublicAccess,
}
