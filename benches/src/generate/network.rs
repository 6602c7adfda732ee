//! Networks: VPCs with what belongs to them, and what comes in.

use cis_aws::datasets::ec2::{
    CidrBlock, FlowLog, FlowLogs, IpPermission, IpRange, Ipv6Range, NetworkAcl, NetworkAclAssociation, NetworkAclEntry,
    NetworkAcls, PeerVpc, PeeringStatus, PortRange, PrefixList, PrefixListEntry, PrefixListId, PrefixLists, Route,
    RouteTable, RouteTableAssociation, RouteTables, SecurityGroup, SecurityGroups, UserIdGroupPair, Vpc,
    VpcPeeringConnection, VpcPeeringConnections, Vpcs,
};
use cis_core::{Fact, Table, Tags};

use super::draw::Draw;
use super::planted::{DEFAULT_GROUPS, NETWORK_ACLS, SECURITY_GROUPS, VPCS};
use super::{Account, region_name, table_of};

/// As many as a security group can be given.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>
const MOST_RULES: usize = 120;

impl Account {
    pub(super) fn network(&self, name: &str, region: usize) -> Option<Table> {
        let size = &self.size;
        table_of::<SecurityGroups>(name, || self.security_groups(region))
            .or_else(|| table_of::<Vpcs>(name, || (0..size.vpcs).map(|index| self.vpc(region, index)).collect()))
            .or_else(|| table_of::<FlowLogs>(name, || self.flow_logs(region)))
            .or_else(|| table_of::<NetworkAcls>(name, || self.network_acls(region)))
            .or_else(|| table_of::<RouteTables>(name, || self.route_tables(region)))
            .or_else(|| {
                table_of::<VpcPeeringConnections>(name, || {
                    (0..size.peerings).map(|index| self.peering(region, index)).collect()
                })
            })
            .or_else(|| table_of::<PrefixLists>(name, || self.prefix_lists(region)))
    }

    pub(super) fn vpc_id(&self, region: usize, index: usize) -> String {
        self.id("vpc", region, index % self.size.vpcs)
    }

    pub(super) fn subnet_id(&self, region: usize, index: usize) -> String {
        self.id("subnet", region, index)
    }

    pub(super) fn security_group_id(&self, region: usize, index: usize) -> String {
        self.id("sg", region, index)
    }

    pub(super) fn vpc_arn(&self, region: usize, index: usize) -> String {
        self.ec2_arn(region, "vpc", &self.vpc_id(region, index))
    }

    pub(super) fn security_group_arn(&self, region: usize, index: usize) -> String {
        self.ec2_arn(region, "security-group", &self.security_group_id(region, index))
    }

    pub(super) fn network_acl_arn(&self, region: usize, index: usize) -> String {
        self.ec2_arn(region, "network-acl", &self.id("acl", region, index))
    }

    fn prefix_list_id(&self, region: usize, index: usize) -> String {
        self.id("pl", region, index)
    }

    fn owner(&self) -> String {
        self.account_id().to_owned()
    }

    fn vpc(&self, region: usize, index: usize) -> Vpc {
        Vpc {
            vpc_id: self.vpc_id(region, index),
            owner_id: Some(self.owner()),
            is_default: Some(index == 0),
            cidr_block: Some(format!("10.{}.0.0/16", index % 256)),
            tags: Tags::default().into(),
        }
    }

    /// One for each VPC, but for those without: of these every second one has a log that takes accepted traffic alone.
    fn flow_logs(&self, region: usize) -> Vec<FlowLog> {
        let log = |index: usize| {
            let without = self.violation_in(VPCS, self.size.vpcs, region, index).is_some();
            if without && index.is_multiple_of(2) {
                return None;
            }
            Some(FlowLog {
                flow_log_id: self.id("fl", region, index),
                resource_id: Some(self.vpc_id(region, index)),
                flow_log_status: Some("ACTIVE".into()),
                traffic_type: Some(if without { "ACCEPT" } else { "ALL" }.into()),
                deliver_logs_status: Some("SUCCESS".into()),
                deliver_logs_error_message: None,
                log_destination_type: Some("cloud-watch-logs".into()),
            })
        };
        (0..self.size.vpcs).filter_map(log).collect()
    }

    /// The default group of each VPC, and then all others.
    fn security_groups(&self, region: usize) -> Vec<SecurityGroup> {
        let mut draw = self.draw(&format!("ec2.security_groups {region}"));
        let vpcs = self.size.vpcs;
        let group = |index: usize| {
            let (name, inbound, outbound) = if index < vpcs {
                let open = self.violation_in(DEFAULT_GROUPS, vpcs, region, index).is_some();
                let itself = self.security_group_id(region, index);
                let rules = if open { (vec![from_group(itself)], vec![everywhere()]) } else { Default::default() };
                ("default".to_owned(), rules.0, rules.1)
            } else {
                (format!("group-{index:05}"), self.inbound(region, index, &mut draw), vec![everywhere()])
            };
            SecurityGroup {
                group_id: self.security_group_id(region, index),
                group_name: Some(name),
                owner_id: Some(self.owner()),
                vpc_id: Some(self.vpc_id(region, index)),
                ip_permissions: Fact::Known(inbound),
                ip_permissions_egress: Fact::Known(outbound),
                tags: Tags::default().into(),
            }
        };
        (0..self.size.security_groups).map(group).collect()
    }

    fn inbound(&self, region: usize, index: usize, draw: &mut Draw) -> Vec<IpPermission> {
        let (first, others) = (self.size.vpcs, self.size.security_groups - self.size.vpcs);
        let mut left = draw.skewed(MOST_RULES);
        let mut rules = Vec::new();
        while left > 0 {
            let sources = draw.skewed(6).min(left);
            left -= sources;
            rules.push(self.harmless(region, sources, draw));
        }
        match self.violation_in(SECURITY_GROUPS, others, region, index - first) {
            Some("vpc.security_group_admin_ports_ipv4") => {
                let mut rule = on_ports(draw.one(&[(22, 22), (3389, 3389), (0, 65_535), (20, 25)]));
                rule.ip_ranges.push(IpRange { cidr_ip: Some("0.0.0.0/0".into()) });
                rules.push(rule);
            }
            Some(_) => {
                let mut rule = on_ports(draw.one(&[(22, 22), (3389, 3389), (1, 4000)]));
                rule.ipv6_ranges.push(Ipv6Range { cidr_ipv6: Some("::/0".into()) });
                rules.push(rule);
            }
            None => {}
        }
        // The first group names every prefix list.
        if index == first {
            let mut rule = on_ports((22, 22));
            let lists = 0..self.size.prefix_lists;
            let named = |list| PrefixListId { prefix_list_id: Some(self.prefix_list_id(region, list).into()) };
            rule.prefix_list_ids = lists.map(named).collect();
            rules.push(rule);
        }
        rules
    }

    /// A rule that opens no administration port to the internet: other ports to everyone, any port to one's own networks
    /// and groups.
    fn harmless(&self, region: usize, sources: usize, draw: &mut Draw) -> IpPermission {
        if draw.percent(15) {
            let port = draw.one(&[80, 443, 8080, 8443]);
            let mut rule = on_ports((port, port));
            rule.ip_ranges.push(IpRange { cidr_ip: Some("0.0.0.0/0".into()) });
            if sources > 1 {
                rule.ipv6_ranges.push(Ipv6Range { cidr_ipv6: Some("::/0".into()) });
            }
            return rule;
        }
        let port = draw.one(&[22, 443, 1433, 3306, 3389, 5432, 6379, 9200]);
        let mut rule = on_ports((port, port));
        if draw.percent(10) {
            rule.ip_protocol = Some("udp".into());
        }
        for _ in 0..sources {
            if draw.percent(30) {
                let group = draw.below(0..self.size.security_groups);
                rule.user_id_group_pairs
                    .push(UserIdGroupPair { group_id: Some(self.security_group_id(region, group).into()) });
            } else {
                let (second, third) = (draw.below(0..256_u32), draw.below(0..256_u32));
                rule.ip_ranges.push(IpRange { cidr_ip: Some(format!("10.{second}.{third}.0/24").into()) });
            }
        }
        rule
    }

    fn network_acls(&self, region: usize) -> Vec<NetworkAcl> {
        let mut draw = self.draw(&format!("ec2.network_acls {region}"));
        let acl = |index: usize| {
            let mut entries = Vec::new();
            if self.violation_in(NETWORK_ACLS, self.size.network_acls, region, index).is_some() {
                entries.push(entry(50, "allow", "6", draw.one(&[Some((22, 22)), Some((3000, 4000))]), "0.0.0.0/0"));
            }
            for number in 0..draw.skewed(18) {
                let (port, range) = (draw.one(&[22, 443, 5432]), format!("10.{}.0.0/16", draw.below(0..256_u32)));
                let number = 100 + 10 * i64::try_from(number).unwrap_or_default();
                entries.push(entry(number, "allow", "6", Some((port, port)), &range));
            }
            entries.push(entry(500, "allow", "6", Some((443, 443)), "0.0.0.0/0"));
            entries.push(entry(510, "allow", "6", Some((32_768, 65_535)), "0.0.0.0/0"));
            entries.push(entry(32_767, "deny", "-1", None, "0.0.0.0/0"));
            entries.push(NetworkAclEntry { egress: true, ..entry(100, "allow", "-1", None, "0.0.0.0/0") });
            NetworkAcl {
                network_acl_id: self.id("acl", region, index),
                owner_id: Some(self.owner()),
                vpc_id: Some(self.vpc_id(region, index)),
                is_default: Some(index < self.size.vpcs),
                entries: Fact::Known(entries),
                associations: vec![NetworkAclAssociation { subnet_id: Some(self.subnet_id(region, index)) }],
                tags: Tags::default().into(),
            }
        };
        (0..self.size.network_acls).map(acl).collect()
    }

    /// The main table of each VPC, and then the others, each with a subnet of its own. Peers are reached from all tables of
    /// their VPCs.
    fn route_tables(&self, region: usize) -> Vec<RouteTable> {
        let vpcs = self.size.vpcs;
        let table = |index: usize| {
            let route = |to: String, gateway: Option<String>, peering: Option<String>| Route {
                destination_cidr_block: Some(to),
                destination_ipv6_cidr_block: None,
                destination_prefix_list_id: None,
                gateway_id: gateway,
                vpc_peering_connection_id: peering,
                state: Some("active".into()),
            };
            let vpc = index % vpcs;
            let mut routes = vec![
                route(format!("10.{}.0.0/16", vpc % 256), Some("local".into()), None),
                route("0.0.0.0/0".into(), Some(self.id("igw", region, vpc)), None),
            ];
            let of_vpc = (0..self.size.peerings).filter(|peering| peering % vpcs == vpc);
            routes.extend(of_vpc.map(|peering| {
                route(format!("172.16.{}.0/24", peering % 256), None, Some(self.id("pcx", region, peering)))
            }));
            let main = index < vpcs;
            RouteTable {
                route_table_id: self.id("rtb", region, index),
                vpc_id: Some(self.vpc_id(region, index)),
                owner_id: Some(self.owner()),
                routes: Fact::Known(routes),
                associations: vec![RouteTableAssociation {
                    main: Some(main),
                    subnet_id: (!main).then(|| self.subnet_id(region, index)),
                }],
            }
        };
        (0..vpcs + self.size.route_tables).map(table).collect()
    }

    fn peering(&self, region: usize, index: usize) -> VpcPeeringConnection {
        let peer = |vpc_id: String, owner_id: &str, range: String| PeerVpc {
            vpc_id: Some(vpc_id),
            owner_id: Some(owner_id.to_owned()),
            region: Some(region_name(region).to_owned()),
            cidr_block: Some(range.clone()),
            cidr_block_set: vec![CidrBlock { cidr_block: Some(range) }],
            ipv6_cidr_block_set: Vec::new(),
        };
        let own = format!("10.{}.0.0/16", index % self.size.vpcs % 256);
        VpcPeeringConnection {
            vpc_peering_connection_id: self.id("pcx", region, index),
            status: Fact::Known(PeeringStatus { code: "active".into() }),
            requester_vpc_info: Some(peer(self.vpc_id(region, index), self.account_id(), own)),
            accepter_vpc_info: Some(peer(
                self.id("vpc-peer", region, index),
                "888888888888",
                format!("172.16.{}.0/24", index % 256),
            )),
            tags: Tags::default().into(),
        }
    }

    /// How many entries a list has: some take more than one page.
    pub(super) fn prefix_list_entries(index: usize) -> usize {
        20 + 90 * (index % 3)
    }

    /// Two of AWS's, as in every region, and the account's own.
    fn prefix_lists(&self, region: usize) -> Vec<PrefixList> {
        let name = region_name(region);
        let of_aws = ["s3", "dynamodb"].into_iter().enumerate().map(|(index, service)| PrefixList {
            prefix_list_id: self.id("pl-aws", region, index),
            prefix_list_name: Some(format!("com.amazonaws.{name}.{service}")),
            owner_id: Some("AWS".into()),
            entries: Fact::Known(None),
        });
        let own = (0..self.size.prefix_lists).map(|index| {
            let entry = |number: usize| PrefixListEntry { cidr: Some(format!("10.{}.{number}.0/24", index % 256)) };
            PrefixList {
                prefix_list_id: self.prefix_list_id(region, index),
                prefix_list_name: Some(format!("offices-{index}")),
                owner_id: Some(self.owner()),
                entries: Fact::Known(Some((0..Self::prefix_list_entries(index)).map(entry).collect())),
            }
        });
        of_aws.chain(own).collect()
    }
}

fn on_ports((from, to): (i64, i64)) -> IpPermission {
    IpPermission {
        ip_protocol: Some("tcp".into()),
        from_port: Some(from),
        to_port: Some(to),
        ip_ranges: Vec::new(),
        ipv6_ranges: Vec::new(),
        prefix_list_ids: Vec::new(),
        user_id_group_pairs: Vec::new(),
    }
}

fn all_traffic() -> IpPermission {
    IpPermission { ip_protocol: Some("-1".into()), from_port: None, to_port: None, ..on_ports((0, 0)) }
}

fn everywhere() -> IpPermission {
    IpPermission { ip_ranges: vec![IpRange { cidr_ip: Some("0.0.0.0/0".into()) }], ..all_traffic() }
}

fn from_group(id: String) -> IpPermission {
    IpPermission { user_id_group_pairs: vec![UserIdGroupPair { group_id: Some(id.into()) }], ..all_traffic() }
}

fn entry(number: i64, action: &str, protocol: &str, ports: Option<(i64, i64)>, range: &str) -> NetworkAclEntry {
    NetworkAclEntry {
        rule_number: number,
        egress: false,
        rule_action: action.to_owned(),
        protocol: protocol.to_owned(),
        port_range: ports.map(|(from, to)| PortRange { from: Some(from), to: Some(to) }),
        cidr_block: Some(range.to_owned()),
        ipv6_cidr_block: None,
    }
}
