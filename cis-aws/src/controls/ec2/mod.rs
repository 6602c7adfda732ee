//! Controls on Amazon EC2 instances.

cis_core::controls! {
    imdsv2::Imdsv2,
}
