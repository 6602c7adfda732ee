//! Whether strangers reach a database: where its subnets lead, and whom its security groups let in.

use std::collections::BTreeMap;

use cis_core::prelude::*;
use serde::Serialize;

use crate::controls::vpc::exposure::{Cidr, Ports, unrestricted};
use crate::controls::vpc::{Family, Protocol};
use crate::datasets::ec2::{IpPermission, Route, RouteTable, RouteTables, SecurityGroup, SecurityGroups};
use crate::datasets::rds::DbInstance;

/// The networks of a region, as far as they were read.
pub(super) struct Network<'a> {
    tables: Result<Rows<'a, RouteTable>, Gap>,
    groups: Result<Rows<'a, SecurityGroup>, Gap>,
}

/// Where a subnet leads.
#[derive(Debug, Serialize)]
pub(super) struct Way<'a> {
    #[serde(rename = "RouteTableId")]
    table: &'a str,
    #[serde(rename = "main route table")]
    main: bool,
    /// Destination and gateway.
    #[serde(rename = "routes to an internet gateway")]
    pub(super) out: Vec<String>,
}

/// The ways of a database's subnets, by subnet.
pub(super) type Ways<'a> = BTreeMap<&'a str, Fact<Way<'a>>>;

/// The sources that are let in from the whole internet, by security group; those groups alone that let in, or are unread.
pub(super) type Sources<'a> = BTreeMap<&'a str, Fact<Vec<&'a str>>>;

impl<'a> Network<'a> {
    pub(super) fn read(facts: &Facts<'a>) -> Self {
        Self { tables: facts.rows::<RouteTables>(), groups: facts.rows::<SecurityGroups>() }
    }

    /// Where each subnet leads.
    pub(super) fn ways(&self, instance: &'a DbInstance) -> Result<Ways<'a>, Gap> {
        let named = instance.db_subnet_group.iter().flat_map(|group| &group.subnets);
        let subnets: Vec<_> = named.filter_map(|subnet| subnet.subnet_identifier.as_deref()).collect();
        let Some(group) = instance.db_subnet_group.as_ref().filter(|_| !subnets.is_empty()) else {
            return Err(Gap::malformed("the subnets of DBSubnetGroup are missing from the answer"));
        };
        let vpc = group.vpc_id.as_deref();
        Ok(subnets.into_iter().map(|subnet| (subnet, Fact::from(self.way(subnet, vpc)))).collect())
    }

    fn way(&self, subnet: &str, vpc: Option<&str>) -> Result<Way<'a>, Gap> {
        let tables = self.tables.as_ref().map_err(Gap::clone)?;
        let explicit =
            tables.iter().find(|table| table.associations.iter().any(|one| one.subnet_id.as_deref() == Some(subnet)));
        let main = || {
            // An association with the main table is not listed, so that only a whole list tells that there is no other.
            tables.whole()?;
            let of_vpc = |table: &&RouteTable| vpc.is_some() && table.vpc_id.as_deref() == vpc;
            let main = |table: &&RouteTable| table.associations.iter().any(|one| one.main == Some(true));
            tables.iter().filter(of_vpc).find(main).ok_or_else(|| {
                let message =
                    gap_text!("no route table of the subnet {subnet} is seen: its VPC may lie in another account");
                Gap::new(GapKind::OtherAccount, message).dataset(RouteTables::NAME)
            })
        };
        let table = explicit.map_or_else(main, Ok)?;
        let out = tables.known(&table.routes)?.iter().filter_map(leads_out).collect();
        Ok(Way { table: &table.route_table_id, main: explicit.is_none(), out })
    }

    /// Who is let in to the database's port from the whole internet. Nothing but a gap where it cannot be told.
    pub(super) fn sources(&self, instance: &'a DbInstance) -> Result<Sources<'a>, Gap> {
        let port = instance.endpoint.as_ref().and_then(|endpoint| endpoint.port);
        let port = port.ok_or_else(|| Gap::malformed("the port of Endpoint is missing from the answer"))?;
        let port = u16::try_from(port).map_err(|_| Gap::malformed(gap_text!("the port {port} of Endpoint is none")))?;
        let groups = instance.vpc_security_groups.iter();
        let groups: Vec<_> = groups.filter_map(|group| group.vpc_security_group_id.as_deref()).collect();
        if groups.is_empty() {
            return Err(Gap::malformed("VpcSecurityGroups is missing from the answer"));
        }
        let mut sources = Sources::new();
        let mut let_in: Vec<(&str, Cidr, &str)> = Vec::new();
        for group in groups {
            let read = self.let_in(group, port, &mut |range, text| let_in.push((group, range, text)));
            if let Err(gap) = read {
                sources.insert(group, Fact::from(gap));
            }
        }
        for family in [Family::Ipv4, Family::Ipv6] {
            let of_family: Vec<_> = let_in.iter().filter(|(_, range, _)| range.family == family).collect();
            let ranges: Vec<Cidr> = of_family.iter().map(|(_, range, _)| *range).collect();
            if !unrestricted(family, &ranges, true) {
                continue;
            }
            // Where one source alone is everything, the others don't matter.
            let alone = ranges.iter().any(|range| range.prefix == 0);
            for (group, range, text) in of_family {
                if alone && range.prefix != 0 {
                    continue;
                }
                // What lets in is known, whatever else of the group is not.
                match sources.entry(group).or_insert_with(|| Fact::Known(Vec::new())) {
                    Fact::Known(texts) if texts.contains(text) => {}
                    Fact::Known(texts) => texts.push(text),
                    unread @ Fact::Gap(_) => *unread = Fact::Known(vec![text]),
                }
            }
        }
        Ok(sources)
    }

    /// Gives every range that a group lets in to a port; a gap if it cannot be told whether there are more.
    fn let_in(&self, id: &str, port: u16, found: &mut dyn FnMut(Cidr, &'a str)) -> Result<(), Gap> {
        let groups = self.groups.as_ref().map_err(Gap::clone)?;
        let named = |gap: Gap| gap.dataset(SecurityGroups::NAME).resource(id);
        let Some(group) = groups.iter().find(|group| group.group_id == id) else {
            groups.whole()?;
            let message = gap_text!("the security group is not in the list: its VPC may lie in another account");
            return Err(named(Gap::new(GapKind::OtherAccount, message)));
        };
        let mut first_gap = None;
        for rule in groups.known(&group.ip_permissions)? {
            match reaches(rule, port) {
                Ok(false) => continue,
                Ok(true) => {}
                Err(gap) => {
                    first_gap.get_or_insert(named(gap));
                    continue;
                }
            }
            let ipv4 = rule.ip_ranges.iter().map(|range| range.cidr_ip.as_deref());
            let ipv6 = rule.ipv6_ranges.iter().map(|range| range.cidr_ipv6.as_deref());
            for text in ipv4.chain(ipv6).map(Option::unwrap_or_default) {
                match Cidr::parse(text) {
                    Ok(range) => found(range, text),
                    Err(gap) => _ = first_gap.get_or_insert(named(gap)),
                }
            }
            if let Some(list) = rule.prefix_list_ids.first() {
                let list = list.prefix_list_id.as_deref().unwrap_or_default();
                let message = gap_text!("a rule lets in the prefix list {list}, whose entries are not read for this");
                first_gap.get_or_insert(named(Gap::new(GapKind::NotSupported, message)));
            }
        }
        first_gap.map_or(Ok(()), Err)
    }
}

fn reaches(rule: &IpPermission, port: u16) -> Result<bool, Gap> {
    let protocol = rule.ip_protocol.as_deref().ok_or_else(|| Gap::malformed("a rule has no IpProtocol"))?;
    Ports { protocol, from: rule.from_port, to: rule.to_port }.reach(Protocol::Tcp, port)
}

/// Destination and gateway, where a route leads to an internet gateway. One to less than the whole internet counts too: who
/// is there gets in.
fn leads_out(route: &Route) -> Option<String> {
    let gateway = route.gateway_id.as_deref().filter(|gateway| gateway.starts_with("igw-"))?;
    if route.state.as_deref() == Some("blackhole") {
        return None;
    }
    let range = route.destination_cidr_block.as_deref().or(route.destination_ipv6_cidr_block.as_deref());
    let destination = range.or(route.destination_prefix_list_id.as_deref()).unwrap_or("?");
    Some(format!("{destination} to {gateway}"))
}

/// The names whose fact is known and so; a gap where none is, and one that is unread may be.
pub(super) fn those<'n, T>(
    facts: &BTreeMap<&'n str, Fact<T>>,
    is_so: impl Fn(&T) -> bool,
) -> Result<Vec<&'n str>, Gap> {
    let mut names = Vec::new();
    let mut first_gap = None;
    for (name, fact) in facts {
        match fact.known() {
            Ok(value) if is_so(value) => names.push(*name),
            Ok(_) => {}
            Err(gap) => _ = first_gap.get_or_insert(gap),
        }
    }
    match first_gap.filter(|_| names.is_empty()) {
        Some(gap) => Err(gap),
        None => Ok(names),
    }
}
