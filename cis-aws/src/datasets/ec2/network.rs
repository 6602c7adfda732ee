//! Networks: security groups, network ACLs, VPCs, routes.

use cis_core::{Dataset, Fact, Layout, Operation, PlaceKind, SmolStr};
use serde::{Deserialize, Serialize};

use super::super::TagList;

/// The security groups of a region. Place: region. Source: `DescribeSecurityGroups` with `MaxResults=1000`, all pages.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html>
#[derive(Debug)]
pub struct SecurityGroups;

impl Dataset for SecurityGroups {
    type Row = SecurityGroup;
    const NAME: &'static str = "ec2.security_groups";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("ec2:DescribeSecurityGroups")];
    const LAYOUT: Layout = Layout::list(&["SecurityGroups"]);
}

/// A security group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct SecurityGroup {
    /// Its id.
    pub group_id: String,
    /// Its name; `default` is reserved, one in each VPC.
    #[serde(default)]
    pub group_name: Option<String>,
    /// The account that owns it.
    #[serde(default)]
    pub owner_id: Option<String>,
    /// Its VPC.
    #[serde(default)]
    pub vpc_id: Option<String>,
    /// What may come in.
    pub ip_permissions: Fact<Vec<IpPermission>>,
    /// What may go out.
    pub ip_permissions_egress: Fact<Vec<IpPermission>>,
    /// Its tags.
    #[serde(default)]
    pub tags: TagList,
}

/// A rule of a security group: ports, each with all of the sources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct IpPermission {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, `-1` for all, or a protocol number.
    #[serde(default)]
    pub ip_protocol: Option<SmolStr>,
    /// The first port; of ICMP the type.
    #[serde(default)]
    pub from_port: Option<i64>,
    /// The last port; of ICMP the code.
    #[serde(default)]
    pub to_port: Option<i64>,
    /// IPv4 sources.
    #[serde(default)]
    pub ip_ranges: Vec<IpRange>,
    /// IPv6 sources.
    #[serde(default)]
    pub ipv6_ranges: Vec<Ipv6Range>,
    /// Prefix lists.
    #[serde(default)]
    pub prefix_list_ids: Vec<PrefixListId>,
    /// Other security groups.
    #[serde(default)]
    pub user_id_group_pairs: Vec<UserIdGroupPair>,
}

/// An IPv4 source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct IpRange {
    /// In CIDR notation.
    #[serde(default)]
    pub cidr_ip: Option<SmolStr>,
}

/// An IPv6 source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Ipv6Range {
    /// In CIDR notation.
    #[serde(default)]
    pub cidr_ipv6: Option<SmolStr>,
}

/// A prefix list as a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct PrefixListId {
    /// Its id.
    #[serde(default)]
    pub prefix_list_id: Option<SmolStr>,
}

/// A security group as a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct UserIdGroupPair {
    /// Its id.
    #[serde(default)]
    pub group_id: Option<SmolStr>,
}

/// Managed prefix lists with their entries. Place: region, a row per list. Names asked for: prefix list ids.
/// Source: `DescribeManagedPrefixLists`, all pages, and `GetManagedPrefixListEntries` for each list that is not AWS's own.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetManagedPrefixListEntries.html>
#[derive(Debug)]
pub struct PrefixLists;

impl Dataset for PrefixLists {
    type Row = PrefixList;
    const NAME: &'static str = "ec2.managed_prefix_lists";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] =
        &[Operation::named("ec2:GetManagedPrefixListEntries"), Operation::named("ec2:DescribeManagedPrefixLists")];
    const LAYOUT: Layout = Layout::list(&["PrefixLists"]);
}

/// A managed prefix list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct PrefixList {
    /// Its id.
    pub prefix_list_id: String,
    /// Its name.
    #[serde(default)]
    pub prefix_list_name: Option<String>,
    /// The account that owns it, or `AWS`.
    #[serde(default)]
    pub owner_id: Option<String>,
    /// Its entries; null: not asked for, the list is AWS's own.
    pub entries: Fact<Option<Vec<PrefixListEntry>>>,
}

/// An entry of a prefix list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct PrefixListEntry {
    /// In CIDR notation.
    #[serde(default)]
    pub cidr: Option<String>,
}

/// The network ACLs of a region. Place: region. Source: `DescribeNetworkAcls` with `MaxResults=1000`, all pages.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkAcls.html>
#[derive(Debug)]
pub struct NetworkAcls;

impl Dataset for NetworkAcls {
    type Row = NetworkAcl;
    const NAME: &'static str = "ec2.network_acls";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("ec2:DescribeNetworkAcls")];
    const LAYOUT: Layout = Layout::list(&["NetworkAcls"]);
}

/// A network ACL.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct NetworkAcl {
    /// Its id.
    pub network_acl_id: String,
    /// The account that owns it.
    #[serde(default)]
    pub owner_id: Option<String>,
    /// Its VPC.
    #[serde(default)]
    pub vpc_id: Option<String>,
    /// Whether it is its VPC's default.
    #[serde(default)]
    pub is_default: Option<bool>,
    /// Its rules, in any order.
    pub entries: Fact<Vec<NetworkAclEntry>>,
    /// Its subnets.
    #[serde(default)]
    pub associations: Vec<NetworkAclAssociation>,
    /// Its tags.
    #[serde(default)]
    pub tags: TagList,
}

/// A subnet of a network ACL.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct NetworkAclAssociation {
    /// Its id.
    #[serde(default)]
    pub subnet_id: Option<String>,
}

/// A rule of a network ACL; the lowest number that matches decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct NetworkAclEntry {
    /// Its number.
    #[serde(rename = "RuleNumber")]
    pub rule_number: i64,
    /// Whether it is about what goes out.
    #[serde(rename = "Egress")]
    pub egress: bool,
    /// `allow` or `deny`.
    pub rule_action: String,
    /// A protocol number; `-1` for all.
    pub protocol: String,
    /// The ports; left out: all.
    #[serde(default)]
    pub port_range: Option<PortRange>,
    /// IPv4 addresses.
    #[serde(default)]
    pub cidr_block: Option<String>,
    /// IPv6 addresses.
    #[serde(default)]
    pub ipv6_cidr_block: Option<String>,
}

/// A range of ports, both ends in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct PortRange {
    /// The first.
    #[serde(default)]
    pub from: Option<i64>,
    /// The last.
    #[serde(default)]
    pub to: Option<i64>,
}

/// The VPCs of a region, shared ones among them. Place: region. Source: `DescribeVpcs` with `MaxResults=1000`, all pages.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html>
#[derive(Debug)]
pub struct Vpcs;

impl Dataset for Vpcs {
    type Row = Vpc;
    const NAME: &'static str = "ec2.vpcs";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("ec2:DescribeVpcs")];
    const LAYOUT: Layout = Layout::list(&["Vpcs"]);
}

/// A VPC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Vpc {
    /// Its id.
    pub vpc_id: String,
    /// The account that owns it.
    #[serde(default)]
    pub owner_id: Option<String>,
    /// Whether it is the region's default VPC.
    #[serde(default)]
    pub is_default: Option<bool>,
    /// Its first IPv4 range.
    #[serde(default)]
    pub cidr_block: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: TagList,
}

/// The flow logs of a region. Place: region. Source: `DescribeFlowLogs` with `MaxResults=1000`, all pages, unfiltered.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeFlowLogs.html>
#[derive(Debug)]
pub struct FlowLogs;

impl Dataset for FlowLogs {
    type Row = FlowLog;
    const NAME: &'static str = "ec2.flow_logs";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("ec2:DescribeFlowLogs")];
    const LAYOUT: Layout = Layout::list(&["FlowLogs"]);
}

/// A flow log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct FlowLog {
    /// Its id.
    pub flow_log_id: String,
    /// What it is about: a VPC, a subnet, a network interface, a transit gateway.
    #[serde(default)]
    pub resource_id: Option<String>,
    /// `ACTIVE` or not.
    #[serde(default)]
    pub flow_log_status: Option<String>,
    /// `ACCEPT`, `REJECT`, `ALL`.
    #[serde(default)]
    pub traffic_type: Option<String>,
    /// `SUCCESS` or `FAILED`.
    #[serde(default)]
    pub deliver_logs_status: Option<String>,
    /// `Access error`, `Rate limited`, `Unknown error`.
    #[serde(default)]
    pub deliver_logs_error_message: Option<String>,
    /// `cloud-watch-logs`, `s3`, `kinesis-data-firehose`.
    #[serde(default)]
    pub log_destination_type: Option<String>,
}

/// The route tables of a region. Place: region. Source: `DescribeRouteTables` with `MaxResults=100`, all pages.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRouteTables.html>
#[derive(Debug)]
pub struct RouteTables;

impl Dataset for RouteTables {
    type Row = RouteTable;
    const NAME: &'static str = "ec2.route_tables";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("ec2:DescribeRouteTables")];
    const LAYOUT: Layout = Layout::list(&["RouteTables"]);
}

/// A route table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct RouteTable {
    /// Its id.
    pub route_table_id: String,
    /// Its VPC.
    #[serde(default)]
    pub vpc_id: Option<String>,
    /// The account that owns it.
    #[serde(default)]
    pub owner_id: Option<String>,
    /// Its routes.
    pub routes: Fact<Vec<Route>>,
    /// What it is associated with. One that is implicit (the main table's) is not listed.
    #[serde(default)]
    pub associations: Vec<RouteTableAssociation>,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Route {
    /// IPv4 destination.
    #[serde(default)]
    pub destination_cidr_block: Option<String>,
    /// IPv6 destination.
    #[serde(default)]
    pub destination_ipv6_cidr_block: Option<String>,
    /// A prefix list as destination.
    #[serde(default)]
    pub destination_prefix_list_id: Option<String>,
    /// The gateway, such as `igw-*`.
    #[serde(default)]
    pub gateway_id: Option<String>,
    /// The peering connection.
    #[serde(default)]
    pub vpc_peering_connection_id: Option<String>,
    /// `active` or `blackhole`.
    #[serde(default)]
    pub state: Option<String>,
}

/// What a route table is associated with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct RouteTableAssociation {
    /// Whether it is the VPC's main route table.
    #[serde(default)]
    pub main: Option<bool>,
    /// A subnet.
    #[serde(default)]
    pub subnet_id: Option<String>,
}

/// The VPC peering connections of a region. Place: region. Source: `DescribeVpcPeeringConnections` with `MaxResults=1000`, all
/// pages.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcPeeringConnections.html>
#[derive(Debug)]
pub struct VpcPeeringConnections;

impl Dataset for VpcPeeringConnections {
    type Row = VpcPeeringConnection;
    const NAME: &'static str = "ec2.vpc_peering_connections";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("ec2:DescribeVpcPeeringConnections")];
    const LAYOUT: Layout = Layout::list(&["VpcPeeringConnections"]);
}

/// A VPC peering connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct VpcPeeringConnection {
    /// Its id.
    pub vpc_peering_connection_id: String,
    /// Its status.
    pub status: Fact<PeeringStatus>,
    /// The VPC that asked.
    #[serde(default)]
    pub requester_vpc_info: Option<PeerVpc>,
    /// The VPC that was asked.
    #[serde(default)]
    pub accepter_vpc_info: Option<PeerVpc>,
    /// Its tags.
    #[serde(default)]
    pub tags: TagList,
}

/// The status of a peering connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct PeeringStatus {
    /// `active`, `pending-acceptance`, `deleted`, ...
    pub code: String,
}

/// A VPC of a peering connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct PeerVpc {
    /// Its id.
    #[serde(default)]
    pub vpc_id: Option<String>,
    /// The account that owns it.
    #[serde(default)]
    pub owner_id: Option<String>,
    /// Its region.
    #[serde(default)]
    pub region: Option<String>,
    /// Its first IPv4 range.
    #[serde(default)]
    pub cidr_block: Option<String>,
    /// Its IPv4 ranges.
    #[serde(default)]
    pub cidr_block_set: Vec<CidrBlock>,
    /// Its IPv6 ranges.
    #[serde(default)]
    pub ipv6_cidr_block_set: Vec<Ipv6CidrBlock>,
}

/// An IPv4 range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct CidrBlock {
    /// In CIDR notation.
    #[serde(default)]
    pub cidr_block: Option<String>,
}

/// An IPv6 range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Ipv6CidrBlock {
    /// In CIDR notation.
    #[serde(default)]
    pub ipv6_cidr_block: Option<String>,
}
