use cis_core::prelude::*;
use serde_json::{Value, json};

use super::exposure::{Cidr, Spans};
use crate::datasets::ec2::{PeerVpc, Route, RouteTable, RouteTables, VpcPeeringConnection, VpcPeeringConnections};

const PEERING: &str = "ec2:DescribeVpcPeeringConnections";
const ROUTES: &str = "ec2:DescribeRouteTables";

control! {
    /// Routes over VPC peering lead to what is needed and no further.
    ///
    /// A person must judge each active connection: what is needed is in no API. Shown is every route over it, how it
    /// compares with the addresses of the peer, and which subnets take it. Transit gateways are not looked at.
    ///
    /// ## Why it matters
    /// Whoever takes over one machine gets as far as the routes and rules let them. A route to one subnet of the peer is a
    /// small door, one to all of it a wide one.
    pub struct PeeringRoutes {}
    key: "vpc.peering_routes", title: "Routes over VPC peering lead no further than needed",
    resource_type: "AWS::EC2::VPCPeeringConnection", judged_at: Region,
}

impl Control for PeeringRoutes {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Route to the subnets or addresses of the peer that are needed, then delete the wider route; on both sides of \
                 the connection.",
            )
            .caution(CautionKind::CutsAccess, "What reaches the peer by the wider route alone no longer does: make the narrower ones first.")
            .console([
                "In the region {region}: VPC, \"Peering connections\", {resource}, \"Route tables\".",
                "In each table, \"Edit routes\": add routes to what is needed, delete the wider one, save.",
            ])
            .cli([
                "aws ec2 describe-route-tables --filters Name=route.vpc-peering-connection-id,Values={resource} --region {region}",
                "aws ec2 create-route --route-table-id <ROUTE_TABLE_ID> --destination-cidr-block <NARROW_CIDR> --vpc-peering-connection-id {resource} --region {region}",
                "aws ec2 delete-route --route-table-id <ROUTE_TABLE_ID> --destination-cidr-block <WIDE_CIDR> --region {region}",
            ])
            .terraform([r#"
                # In place of the wider route. Where aws_route_table has its routes inside, change them there instead.
                resource "aws_route" "needed" {
                  route_table_id            = "<ROUTE_TABLE_ID>"
                  destination_cidr_block    = "<NARROW_CIDR>"
                  vpc_peering_connection_id = "{resource}"
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<VpcPeeringConnections>().and::<RouteTables>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let connections = facts.rows::<VpcPeeringConnections>()?;
        // One whose status is unread may be active.
        let inactive = |status: &str| status != "active";
        let active = connections.clone().only(|one| !matches!(&one.status, Fact::Known(status) if inactive(&status.code)));
        if active.is_empty() && active.cut_off().is_empty() && !connections.is_empty() {
            let n = connections.len();
            let message = msg!("No peering connection here is active, of {n} in all: nothing to judge.", n);
            findings.push(Target::place(), Verdict::not_applicable(message));
            return Ok(());
        }
        let tables = facts.rows::<RouteTables>();
        let (partition, account) = (facts.partition(), facts.account_id());
        let region = facts.place().region_name().unwrap_or_default();
        findings.each(
            &active,
            |one| {
                let id = &one.vpc_peering_connection_id;
                Target::arn(format!("arn:{partition}:ec2:{region}:{account}:vpc-peering-connection/{id}")).tags(&one.tags)
            },
            |one| {
                one.status.known()?;
                let tables = tables.as_ref().map_err(Gap::clone)?;
                tables.whole()?;
                let mut routes = Vec::new();
                for table in tables.iter() {
                    let peer = match peer_of(one, table) {
                        Peer::Of(peer) => Some(peer),
                        Peer::Untold => None,
                        Peer::Elsewhere => continue,
                    };
                    for route in tables.known(&table.routes)?.iter().filter(|route| leads_over(route, one)) {
                        routes.push(shown(route, table, peer).map_err(|gap| gap.dataset(RouteTables::NAME))?);
                    }
                }
                let n = routes.len();
                let verdict = match n {
                    0 => Verdict::manual(msg!(
                        "No route leads over the connection, so that there is no access to limit; a person must confirm it."
                    ))
                    .evidence(ROUTES, "routes", "no routes"),
                    _ => Verdict::manual(msg!(
                        "Routes over the connection: {n}; a person must judge whether each leads no further than needed.",
                        n
                    ))
                    .evidence(ROUTES, "routes", &routes),
                };
                Ok(verdict
                    .evidence(PEERING, "RequesterVpcInfo", &one.requester_vpc_info)
                    .evidence(PEERING, "AccepterVpcInfo", &one.accepter_vpc_info))
            },
        );
        Ok(())
    }
}

/// The VPC at the other end, seen from a route table.
enum Peer<'a> {
    Of(&'a PeerVpc),
    /// A table or a connection that does not name its VPC may belong here.
    Untold,
    /// The table is of neither VPC.
    Elsewhere,
}

fn peer_of<'a>(one: &'a VpcPeeringConnection, table: &RouteTable) -> Peer<'a> {
    let (asked, answered) = (one.requester_vpc_info.as_ref(), one.accepter_vpc_info.as_ref());
    let is = |vpc: Option<&PeerVpc>| vpc.is_some_and(|vpc| vpc.vpc_id.is_some() && vpc.vpc_id == table.vpc_id);
    match (is(asked), is(answered)) {
        (true, _) => answered.map_or(Peer::Untold, Peer::Of),
        (_, true) => asked.map_or(Peer::Untold, Peer::Of),
        _ if table.vpc_id.is_none() || asked.is_none() || answered.is_none() => Peer::Untold,
        _ => Peer::Elsewhere,
    }
}

/// The benchmark's text looks in `GatewayId`; the API has a field of its own.
fn leads_over(route: &Route, one: &VpcPeeringConnection) -> bool {
    let id = Some(&one.vpc_peering_connection_id);
    route.vpc_peering_connection_id.as_ref() == id || route.gateway_id.as_ref() == id
}

fn shown(route: &Route, table: &RouteTable, peer: Option<&PeerVpc>) -> Result<Value, Gap> {
    let range = route.destination_cidr_block.as_deref().or(route.destination_ipv6_cidr_block.as_deref());
    let (destination, compared) = match (range, &route.destination_prefix_list_id) {
        (Some(range), _) => (range, compare(range, peer)?),
        (None, Some(list)) => (list.as_str(), "a prefix list, which was not read"),
        (None, None) => return Err(Gap::malformed("a route has no destination")),
    };
    let subnets: Vec<_> = table.associations.iter().filter_map(|one| one.subnet_id.as_deref()).collect();
    let main = table.associations.iter().any(|one| one.main == Some(true));
    Ok(json!({
        "RouteTableId": table.route_table_id, "destination": destination, "leads to": compared, "State": route.state,
        "subnets": subnets, "main route table": main,
    }))
}

fn compare(destination: &str, peer: Option<&PeerVpc>) -> Result<&'static str, Gap> {
    let to = Cidr::parse(destination)?;
    let mut ranges = Vec::new();
    if let Some(peer) = peer {
        let ipv4 = peer.cidr_block_set.iter().filter_map(|range| range.cidr_block.as_deref());
        let ipv6 = peer.ipv6_cidr_block_set.iter().filter_map(|range| range.ipv6_cidr_block.as_deref());
        for text in peer.cidr_block.as_deref().into_iter().chain(ipv4).chain(ipv6) {
            ranges.push(Cidr::parse(text)?);
        }
    }
    ranges.retain(|range| range.family == to.family);
    let (peer, wanted) = (Spans::union(ranges.iter().map(|range| range.span)), Spans::union([to.span]));
    Ok(if ranges.is_empty() {
        "peer CIDR unknown"
    } else if peer == wanted || ranges.contains(&to) {
        "whole peer CIDR"
    } else if peer.covers(&wanted) {
        "part of it"
    } else {
        "wider than the peer"
    })
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, unread};

    use super::*;

    fn peering(status: &str, peer: &str) -> FactSet {
        aws::<VpcPeeringConnections>(&format!(
            r#"{{"VpcPeeringConnections": [{{"VpcPeeringConnectionId": "pcx-1", "Status": {{"Code": "{status}"}},
                 "RequesterVpcInfo": {{"VpcId": "vpc-1", "OwnerId": "123456789012", "CidrBlock": "10.0.0.0/16"}},
                 "AccepterVpcInfo": {{"VpcId": "vpc-2", "OwnerId": "210987654321" {peer}}}}}]}}"#
        ))
    }

    const PEER: &str = r#", "CidrBlock": "10.1.0.0/16", "CidrBlockSet": [{"CidrBlock": "10.1.0.0/16"}, {"CidrBlock": "10.2.0.0/16"}]"#;

    fn to(destination: &str) -> FactSet {
        routes(&format!(r#"{{"DestinationCidrBlock": "{destination}", "VpcPeeringConnectionId": "pcx-1", "State": "active"}}"#))
    }

    fn routes(list: &str) -> FactSet {
        aws::<RouteTables>(&format!(
            r#"{{"RouteTables": [{{"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Routes": [{list}],
                 "Associations": [{{"Main": false, "SubnetId": "subnet-1"}}]}}]}}"#
        ))
    }

    #[test]
    fn cases() {
        let active = || peering("active", PEER);
        Cases::of(PeeringRoutes {})
            .manual("the whole peer", active().and(to("10.1.0.0/16")))
            .manual("a secondary range of the peer", active().and(to("10.2.0.0/16")))
            .manual("a part of the peer", active().and(to("10.1.2.0/24")))
            .manual("wider than the peer", active().and(to("10.0.0.0/8")))
            .manual("the ranges of the peer are not told", peering("active", "").and(to("10.1.0.0/16")))
            .manual("a prefix list", active().and(routes(r#"{"DestinationPrefixListId": "pl-1", "VpcPeeringConnectionId": "pcx-1"}"#)))
            .manual("the id as the benchmark has it, and a blackhole", active().and(routes(r#"{"DestinationCidrBlock": "10.1.0.0/16", "GatewayId": "pcx-1", "State": "blackhole"}"#)))
            .manual("no routes", active().and(routes("")))
            .not_applicable("not active", peering("deleted", PEER).and(to("10.1.0.0/16")))
            .holds_without::<RouteTables>()
            .not_applicable("no connection", aws::<VpcPeeringConnections>(r#"{"VpcPeeringConnections": []}"#).and(routes("")))
            .holds_without::<RouteTables>()
            .unknown("a destination that is no range", active().and(to("there")))
            .unknown("the route tables are denied: there is nothing to weigh", active().and(unread::<RouteTables>(GapKind::Denied)))
            .unknown("a page of route tables is missing", active().and(to("10.1.0.0/16")).cut_off::<RouteTables>())
            .unknown("the connections are denied", unread::<VpcPeeringConnections>(GapKind::Denied).and(routes("")))
            .each("another partition", active().and(routes("")).in_region("cn-north-1").partition("aws-cn"), &[("arn:aws-cn:ec2:cn-north-1:123456789012:vpc-peering-connection/pcx-1", Status::Manual)])
            .check();
    }
}
