//! Controls on Amazon VPC.

pub(crate) mod exposure;

pub use exposure::{Family, Protocol};

cis_core::controls! {
    default_security_group::DefaultSecurityGroup,
    flow_logs::FlowLogs,
    nacl_admin_ports::NaclAdminPorts,
    peering_routes::PeeringRoutes,
    security_group_admin_ports::SecurityGroupAdminPorts,
}
