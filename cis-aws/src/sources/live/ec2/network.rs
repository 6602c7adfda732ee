//! Networks: security groups, network ACLs, VPCs, routes.

use aws_sdk_ec2::types;
use cis_core::{Dataset, Fact, Gap, Table};
use futures::stream::{self, StreamExt};

use super::super::pages::{self, Missing, Next, Page};
use super::super::{READS_AT_ONCE, Read, each, must, rows_of, tags, told, word};
use super::{Ec2, tag};
use crate::datasets::ec2::{
    CidrBlock, FlowLog, FlowLogs, IpPermission, IpRange, Ipv6CidrBlock, Ipv6Range, NetworkAcl, NetworkAclAssociation,
    NetworkAclEntry, NetworkAcls, PeerVpc, PeeringStatus, PortRange, PrefixList, PrefixListEntry, PrefixListId,
    PrefixLists, Route, RouteTable, RouteTableAssociation, RouteTables, SecurityGroup, SecurityGroups, UserIdGroupPair,
    Vpc, VpcPeeringConnection, VpcPeeringConnections, Vpcs,
};

/// All pages of one of EC2's lists. Without its size a page is throttled early and may time out.
macro_rules! listed {
    ($ec2:ident, $name:literal, $operation:ident($size:literal).$list:ident, $row:expr) => {{
        let call = $ec2.call($name);
        pages::all(call, |token| async move {
            let answer = $ec2.client.$operation().max_results($size).set_next_token(token).send().await;
            let answer = answer.map_err(|error| call.failed(&error))?;
            let list = answer.$list.ok_or_else(|| call.malformed("the answer lacks its list"))?;
            Ok(Page::new(list.into_iter().map($row), Next::token(answer.next_token)))
        })
        .await
    }};
}

impl Ec2<'_> {
    pub(super) async fn network(&self) -> Option<Table> {
        Some(match self.request.dataset.name() {
            SecurityGroups::NAME => {
                let listed = listed!(
                    self,
                    "ec2:DescribeSecurityGroups",
                    describe_security_groups(1000).security_groups,
                    security_group
                );
                listed.table::<SecurityGroups>()
            }
            NetworkAcls::NAME => {
                listed!(self, "ec2:DescribeNetworkAcls", describe_network_acls(1000).network_acls, network_acl)
                    .table::<NetworkAcls>()
            }
            Vpcs::NAME => listed!(self, "ec2:DescribeVpcs", describe_vpcs(1000).vpcs, vpc).table::<Vpcs>(),
            FlowLogs::NAME => {
                listed!(self, "ec2:DescribeFlowLogs", describe_flow_logs(1000).flow_logs, flow_log).table::<FlowLogs>()
            }
            RouteTables::NAME => {
                listed!(self, "ec2:DescribeRouteTables", describe_route_tables(100).route_tables, route_table)
                    .table::<RouteTables>()
            }
            VpcPeeringConnections::NAME => listed!(
                self,
                "ec2:DescribeVpcPeeringConnections",
                describe_vpc_peering_connections(1000).vpc_peering_connections,
                peering
            )
            .table::<VpcPeeringConnections>(),
            PrefixLists::NAME => self.prefix_lists().await,
            _ => return None,
        })
    }

    /// The lists first: they say which are AWS's own, whose entries need no reading. A list that is asked for by name and
    /// is not seen here has no row.
    async fn prefix_lists(&self) -> Table {
        let mut listed = listed!(
            self,
            "ec2:DescribeManagedPrefixLists",
            describe_managed_prefix_lists(100).prefix_lists,
            |list: types::ManagedPrefixList| {
                let id = list.prefix_list_id.ok_or(Missing("PrefixListId"))?;
                Ok((id, list.prefix_list_name, list.owner_id))
            }
        );
        let lists = std::mem::take(&mut listed.rows).into_iter().filter(|(id, ..)| self.request.only.wants(id));
        let lists: Vec<_> = lists.collect();
        let reads = stream::iter(lists).map(|(id, name, owner)| self.prefix_list(id, name, owner));
        let read: Vec<_> = reads.buffered(READS_AT_ONCE).collect().await;
        let mut gaps = listed.gaps.into_iter();
        match gaps.next() {
            Some(gap) if listed.nothing => Table::gap(gap),
            first => first.into_iter().chain(gaps).fold(rows_of::<PrefixLists>(read), Table::cut_off),
        }
    }

    async fn prefix_list(&self, id: String, name: Option<String>, owner: Option<String>) -> Read<PrefixList> {
        let entries = if owner.as_deref() == Some("AWS") {
            Fact::Known(None)
        } else {
            match self.entries(&id).await {
                Err(gap) if gap.code.as_deref() == Some("InvalidPrefixListID.NotFound") => return Read::Gone(gap),
                entries => Fact::from(entries.map(Some)),
            }
        };
        Read::Row(PrefixList { prefix_list_id: id, prefix_list_name: name, owner_id: owner, entries })
    }

    async fn entries(&self, id: &str) -> Result<Vec<PrefixListEntry>, Gap> {
        let call = self.call("ec2:GetManagedPrefixListEntries");
        let listed = pages::all(call, |token| async move {
            let ask = self.client.get_managed_prefix_list_entries().prefix_list_id(id).max_results(100);
            let answer = ask.set_next_token(token).send().await.map_err(|error| call.failed(&error))?;
            let list = answer.entries.ok_or_else(|| call.malformed("the answer lacks entrySet"))?;
            let entries = list.into_iter().map(|entry| Ok(PrefixListEntry { cidr: entry.cidr }));
            Ok(Page::new(entries, Next::token(answer.next_token)))
        });
        // Half of the entries would look like a list that lets in less.
        let listed = listed.await;
        match listed.gaps.into_iter().next() {
            Some(gap) => Err(gap.resource(id)),
            None => Ok(listed.rows),
        }
    }
}

fn security_group(group: types::SecurityGroup) -> Result<SecurityGroup, Missing> {
    Ok(SecurityGroup {
        group_id: group.group_id.ok_or(Missing("GroupId"))?,
        group_name: group.group_name,
        owner_id: group.owner_id,
        vpc_id: group.vpc_id,
        ip_permissions: told("IpPermissions", group.ip_permissions, permission),
        ip_permissions_egress: told("IpPermissionsEgress", group.ip_permissions_egress, permission),
        tags: tags(group.tags, tag),
    })
}

fn permission(rule: types::IpPermission) -> IpPermission {
    IpPermission {
        ip_protocol: rule.ip_protocol.map(Into::into),
        from_port: rule.from_port.map(i64::from),
        to_port: rule.to_port.map(i64::from),
        ip_ranges: each(rule.ip_ranges, |range| IpRange { cidr_ip: range.cidr_ip.map(Into::into) }),
        ipv6_ranges: each(rule.ipv6_ranges, |range| Ipv6Range { cidr_ipv6: range.cidr_ipv6.map(Into::into) }),
        prefix_list_ids: each(rule.prefix_list_ids, |list| PrefixListId {
            prefix_list_id: list.prefix_list_id.map(Into::into),
        }),
        user_id_group_pairs: each(rule.user_id_group_pairs, |pair| UserIdGroupPair {
            group_id: pair.group_id.map(Into::into),
        }),
    }
}

fn network_acl(acl: types::NetworkAcl) -> Result<NetworkAcl, Missing> {
    // Without one of its parts a rule says nothing, and without one of its rules the ACL may say the opposite.
    let entries = acl.entries.and_then(|entries| entries.into_iter().map(acl_entry).collect::<Option<Vec<_>>>());
    Ok(NetworkAcl {
        network_acl_id: acl.network_acl_id.ok_or(Missing("NetworkAclId"))?,
        owner_id: acl.owner_id,
        vpc_id: acl.vpc_id,
        is_default: acl.is_default,
        entries: must("Entries", entries),
        associations: each(acl.associations, |of| NetworkAclAssociation { subnet_id: of.subnet_id }),
        tags: tags(acl.tags, tag),
    })
}

fn acl_entry(entry: types::NetworkAclEntry) -> Option<NetworkAclEntry> {
    Some(NetworkAclEntry {
        rule_number: entry.rule_number?.into(),
        egress: entry.egress?,
        rule_action: word(entry.rule_action?),
        protocol: entry.protocol?,
        port_range: entry
            .port_range
            .map(|range| PortRange { from: range.from.map(i64::from), to: range.to.map(i64::from) }),
        cidr_block: entry.cidr_block,
        ipv6_cidr_block: entry.ipv6_cidr_block,
    })
}

fn vpc(vpc: types::Vpc) -> Result<Vpc, Missing> {
    Ok(Vpc {
        vpc_id: vpc.vpc_id.ok_or(Missing("VpcId"))?,
        owner_id: vpc.owner_id,
        is_default: vpc.is_default,
        cidr_block: vpc.cidr_block,
        tags: tags(vpc.tags, tag),
    })
}

fn flow_log(log: types::FlowLog) -> Result<FlowLog, Missing> {
    Ok(FlowLog {
        flow_log_id: log.flow_log_id.ok_or(Missing("FlowLogId"))?,
        resource_id: log.resource_id,
        flow_log_status: log.flow_log_status,
        traffic_type: log.traffic_type.map(word),
        deliver_logs_status: log.deliver_logs_status,
        deliver_logs_error_message: log.deliver_logs_error_message,
        log_destination_type: log.log_destination_type.map(word),
    })
}

fn route_table(table: types::RouteTable) -> Result<RouteTable, Missing> {
    Ok(RouteTable {
        route_table_id: table.route_table_id.ok_or(Missing("RouteTableId"))?,
        vpc_id: table.vpc_id,
        owner_id: table.owner_id,
        routes: told("Routes", table.routes, |route| Route {
            destination_cidr_block: route.destination_cidr_block,
            destination_ipv6_cidr_block: route.destination_ipv6_cidr_block,
            destination_prefix_list_id: route.destination_prefix_list_id,
            gateway_id: route.gateway_id,
            vpc_peering_connection_id: route.vpc_peering_connection_id,
            state: route.state.map(word),
        }),
        associations: each(table.associations, |of| RouteTableAssociation { main: of.main, subnet_id: of.subnet_id }),
    })
}

fn peering(connection: types::VpcPeeringConnection) -> Result<VpcPeeringConnection, Missing> {
    let code = connection.status.and_then(|status| status.code);
    Ok(VpcPeeringConnection {
        vpc_peering_connection_id: connection.vpc_peering_connection_id.ok_or(Missing("VpcPeeringConnectionId"))?,
        status: must("Status", code).map(|code| PeeringStatus { code: word(code) }),
        requester_vpc_info: connection.requester_vpc_info.map(peer),
        accepter_vpc_info: connection.accepter_vpc_info.map(peer),
        tags: tags(connection.tags, tag),
    })
}

fn peer(vpc: types::VpcPeeringConnectionVpcInfo) -> PeerVpc {
    PeerVpc {
        vpc_id: vpc.vpc_id,
        owner_id: vpc.owner_id,
        region: vpc.region,
        cidr_block: vpc.cidr_block,
        cidr_block_set: each(vpc.cidr_block_set, |block| CidrBlock { cidr_block: block.cidr_block }),
        ipv6_cidr_block_set: each(vpc.ipv6_cidr_block_set, |block| Ipv6CidrBlock {
            ipv6_cidr_block: block.ipv6_cidr_block,
        }),
    }
}
