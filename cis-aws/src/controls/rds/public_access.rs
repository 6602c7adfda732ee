use cis_core::prelude::*;

use super::engines::{INSTANCES, left_out, other_services, shown};
use super::network::{Network, Sources, Way, Ways, those};
use crate::datasets::ec2::{RouteTables, SecurityGroups};
use crate::datasets::rds::{DbInstance, DbInstances};

control! {
    /// RDS instances are not publicly accessible.
    ///
    /// Judged is the setting alone: a closed security group or a private subnet does not make up for it, since either can
    /// change any day without anybody thinking of the database. The evidence shows what the network makes of it today:
    /// which subnets have a route to an internet gateway, and which security groups let in the whole internet on the
    /// database's port. A way through a firewall or another appliance is not followed, and prefix lists are not read.
    ///
    /// ## Why it matters
    /// The name of such a database leads to a public address. From then on one wrong rule is enough to let everybody try
    /// passwords on it.
    pub struct PublicAccess {
        /// Engines that are not judged: those of other services, which the API lists too.
        pub engines_excluded: Vec<String> = other_services(),
        /// Fail a publicly accessible instance only if a subnet of its leads to an internet gateway and a security group
        /// of its lets in the whole internet on its port.
        pub require_reachable: bool = false,
    }
    key: "rds.public_access", title: "RDS instances are not publicly accessible",
    resource_type: "AWS::RDS::DBInstance", judged_at: Region,
}

const ROUTES: &str = "ec2:DescribeRouteTables";
const GROUPS: &str = "ec2:DescribeSecurityGroups";

impl Control for PublicAccess {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Make the instance private. Who comes from outside then needs a VPN, a peered network or a bastion.",
            )
            .caution(CautionKind::CutsAccess, "Clients outside of the VPC no longer reach the database.")
            .console([
                "In the region {region}: RDS, Databases, {resource}, Modify.",
                "Under Connectivity, \"Additional configuration\", choose \"Not publicly accessible\", and save.",
            ])
            .cli(["aws rds modify-db-instance --db-instance-identifier {resource} --no-publicly-accessible --region {region}"])
            .terraform([r#"
                # In the resource of the instance; of Aurora, aws_rds_cluster_instance:
                resource "aws_db_instance" "this" {
                  # ... other configuration ...
                  identifier          = "{resource}"
                  publicly_accessible = false
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        let excluded = self.engines_excluded.clone();
        // The network matters to what is public and to nothing else.
        let if_public = move |facts: &Facts<'_>| {
            let judged = |instance: &DbInstance| {
                !instance.engine.as_ref().is_some_and(|engine| excluded.contains(engine))
                    && instance.publicly_accessible == Some(true)
            };
            Ok(facts.rows::<DbInstances>()?.iter().any(judged))
        };
        Reads::of::<DbInstances>().only_if::<RouteTables>(if_public.clone()).only_if::<SecurityGroups>(if_public).beside()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let excluded = |engine: &str| self.engines_excluded.iter().any(|excluded| excluded == engine);
        let network = Network::read(facts);
        findings.each(
            &facts.rows::<DbInstances>()?,
            |instance| Target::arn(&instance.db_instance_arn).tags(&instance.tag_list),
            |instance| {
                if let Some(verdict) = left_out(instance.engine.as_deref(), INSTANCES, excluded)? {
                    return Ok(shown(verdict, instance));
                }
                let public = instance.publicly_accessible;
                let public = public.ok_or_else(|| Gap::malformed("PubliclyAccessible is missing from the answer"))?;
                let verdict = if public {
                    self.judge_public(network.ways(instance), network.sources(instance))?
                } else {
                    Verdict::pass(msg!("The instance is not publicly accessible."))
                };
                Ok(shown(verdict.evidence(INSTANCES, "PubliclyAccessible", &public), instance)
                    .evidence(INSTANCES, "Endpoint", &instance.endpoint)
                    .evidence(INSTANCES, "DBSubnetGroup", &instance.db_subnet_group)
                    .evidence(INSTANCES, "VpcSecurityGroups", &instance.vpc_security_groups))
            },
        );
        Ok(())
    }
}

impl PublicAccess {
    fn judge_public(&self, ways: Result<Ways<'_>, Gap>, sources: Result<Sources<'_>, Gap>) -> Result<Verdict, Gap> {
        let verdict = if self.require_reachable {
            let leads_out = |way: &Way<'_>| !way.out.is_empty();
            let subnets = those(ways.as_ref().map_err(Gap::clone)?, leads_out)?;
            let groups = those(sources.as_ref().map_err(Gap::clone)?, |_| true)?;
            match (subnets.is_empty(), groups.is_empty()) {
                (false, false) => Verdict::fail(msg!(
                    "The instance is publicly accessible and can be reached from the internet: subnets {subnets} lead there, and security groups {groups} let it in; it must not be.",
                    subnets,
                    groups
                )),
                (true, _) => Verdict::pass(msg!(
                    "The instance is publicly accessible, but none of its subnets has a route to an internet gateway."
                )),
                (false, true) => Verdict::pass(msg!(
                    "The instance is publicly accessible, but none of its security groups lets in the whole internet on its port."
                )),
            }
        } else {
            Verdict::fail(msg!("The instance is publicly accessible; it must not be."))
        };
        Ok(verdict.evidence_if_read(ROUTES, "where its subnets lead", ways).evidence_if_read(
            GROUPS,
            "security groups open to the internet on its port",
            sources,
        ))
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, unread};

    use super::*;

    const A: &str = "arn:aws:rds:us-east-1:123456789012:db:a";

    fn one(more: &str) -> FactSet {
        aws::<DbInstances>(&format!(r#"{{"DBInstances": [{{"DBInstanceArn": "{A}" {more}}}]}}"#))
    }

    /// A public database in two subnets.
    const PUBLIC: &str = r#", "Engine": "mysql", "PubliclyAccessible": true, "Endpoint": {"Port": 3306},
        "DBSubnetGroup": {"VpcId": "vpc-1", "Subnets": [{"SubnetIdentifier": "subnet-1"}, {"SubnetIdentifier": "subnet-2"}]},
        "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-2"}, {"VpcSecurityGroupId": "sg-1"}]"#;

    const MAIN: &str = r#"{"Main": true}"#;
    const EXPLICIT: &str = r#"{"Main": false, "SubnetId": "subnet-1"}"#;
    const IGW: &str = r#"{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}"#;
    const LOCAL: &str = r#"{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}"#;

    fn tables(list: &[(&str, &str, &str)]) -> FactSet {
        let table = |(n, (vpc, association, routes)): (usize, &(&str, &str, &str))| {
            format!(r#"{{"RouteTableId": "rtb-{n}", "VpcId": "{vpc}", "Associations": [{association}], "Routes": [{routes}]}}"#)
        };
        let list: Vec<_> = list.iter().enumerate().map(table).collect();
        aws::<RouteTables>(&format!(r#"{{"RouteTables": [{}]}}"#, list.join(",")))
    }

    fn groups(list: &[(&str, &str)]) -> FactSet {
        let group = |(id, rules): &(&str, &str)| {
            format!(r#"{{"GroupId": "{id}", "IpPermissions": [{rules}], "IpPermissionsEgress": []}}"#)
        };
        let list: Vec<_> = list.iter().map(group).collect();
        aws::<SecurityGroups>(&format!(r#"{{"SecurityGroups": [{}]}}"#, list.join(",")))
    }

    fn rule(from: i64, to: i64, sources: &str) -> String {
        format!(r#"{{"IpProtocol": "tcp", "FromPort": {from}, "ToPort": {to}, {sources}}}"#)
    }

    fn from(source: &str) -> String {
        rule(3306, 3306, &format!(r#""IpRanges": [{{"CidrIp": "{source}"}}]"#))
    }

    /// One subnet with a way out, one without.
    fn one_way_out() -> FactSet {
        tables(&[("vpc-1", MAIN, LOCAL), ("vpc-1", EXPLICIT, IGW), ("vpc-2", MAIN, IGW)])
    }

    fn no_way_out() -> FactSet {
        tables(&[("vpc-1", MAIN, LOCAL), ("vpc-2", MAIN, IGW)])
    }

    fn open() -> FactSet {
        groups(&[("sg-1", &from("0.0.0.0/0")), ("sg-2", &from("10.0.0.0/8")), ("sg-3", &from("0.0.0.0/0"))])
    }

    fn closed() -> FactSet {
        groups(&[("sg-1", &from("203.0.113.7/32")), ("sg-2", &rule(22, 22, r#""IpRanges": [{"CidrIp": "0.0.0.0/0"}]"#))])
    }

    fn public() -> FactSet {
        one(PUBLIC)
    }

    #[test]
    fn cases() {
        let fails = |cases: Cases, name, facts| cases.fail(name, facts).holds_without::<RouteTables>().holds_without::<SecurityGroups>();
        let cases = Cases::of(PublicAccess::default())
            .pass("not public", one(r#", "Engine": "mysql", "PubliclyAccessible": false"#))
            .not_applicable("DocumentDB", one(r#", "Engine": "docdb", "PubliclyAccessible": true"#))
            .not_applicable("Neptune", one(r#", "Engine": "neptune", "PubliclyAccessible": true"#))
            .unknown("the field is missing from the answer", one(r#", "Engine": "mysql""#))
            .unknown("the engine is missing: it may be another service's", one(r#", "PubliclyAccessible": true"#))
            .not_applicable("no instance", aws::<DbInstances>(r#"{"DBInstances": []}"#))
            .unknown("denied", unread::<DbInstances>(GapKind::Denied))
            .each("a page is missing", public().cut_off::<DbInstances>(), &[("123456789012", Status::Unknown), (A, Status::Fail)]);
        let cases = [
            ("public and open", public().and(one_way_out()).and(open())),
            ("public, whatever the network says", public().and(no_way_out()).and(closed())),
            ("public, and the network is unread", public().and(unread::<RouteTables>(GapKind::Denied)).and(unread::<SecurityGroups>(GapKind::Denied))),
            ("public, and nothing is told of its network", one(r#", "Engine": "mysql", "PubliclyAccessible": true"#).and(one_way_out()).and(open())),
        ].into_iter().fold(cases, |cases, (name, facts)| fails(cases, name, facts));
        cases.check();
    }

    #[test]
    fn cases_reachable() {
        let reachable = |groups: FactSet| public().and(one_way_out()).and(groups);
        let routed = |routes: &str| public().and(tables(&[("vpc-1", MAIN, routes)])).and(open());
        let halves = groups(&[("sg-1", &from("0.0.0.0/1")), ("sg-2", &from("128.0.0.0/1"))]);
        let ipv6 = groups(&[("sg-1", ""), ("sg-2", &rule(0, 65535, r#""Ipv6Ranges": [{"CidrIpv6": "::/0"}]"#))]);
        let listed = |more: &str| groups(&[("sg-1", &rule(3306, 3306, r#""PrefixListIds": [{"PrefixListId": "pl-1"}]"#)), ("sg-2", more)]);
        let blackhole = r#"{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "blackhole"}"#;
        let ipv6_out = r#"{"DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-1", "State": "active"}"#;
        Cases::of(PublicAccess { require_reachable: true, ..PublicAccess::default() })
            .named("require_reachable")
            .fail("an open group, and one subnet with a way out", reachable(open()))
            .fail("a way out by the main table, whose association is not listed", routed(IGW))
            .fail("a way out by IPv6", routed(ipv6_out))
            .fail("a part of the internet has a way", routed(r#"{"DestinationCidrBlock": "8.0.0.0/8", "GatewayId": "igw-1", "State": "active"}"#))
            .fail("all ports, from all of IPv6", reachable(ipv6))
            .fail("two groups that together let in everybody", reachable(halves))
            .fail("an open group beside one whose prefix list is not read", reachable(listed(&from("0.0.0.0/0"))))
            .fail("an open group beside one that is not in the list", reachable(groups(&[("sg-1", &from("0.0.0.0/0"))])))
            .pass("no way out", public().and(no_way_out()).and(open()))
            .pass("no way out but one to nowhere", routed(blackhole))
            .pass("no way out but by a NAT gateway, which lets nobody in", routed(r#"{"DestinationCidrBlock": "0.0.0.0/0", "State": "active"}"#))
            .pass("closed groups", reachable(closed()))
            .pass("not public", one(r#", "Engine": "mysql", "PubliclyAccessible": false"#))
            .unknown("a prefix list may hold everybody", reachable(listed(&from("10.0.0.0/8"))))
            .unknown("a range that is none", reachable(groups(&[("sg-1", &from("anywhere")), ("sg-2", "")])))
            .unknown("a group that is not in the list", reachable(groups(&[("sg-1", "")])))
            .unknown("the rules are missing from the answer", reachable(aws::<SecurityGroups>(r#"{"SecurityGroups": [{"GroupId": "sg-1"}, {"GroupId": "sg-2"}]}"#)))
            .unknown("the tables of a shared VPC are its owner's", public().and(tables(&[("vpc-2", MAIN, IGW)])).and(open()))
            .unknown("a page of route tables is missing: it may hold the subnet's own", public().and(no_way_out()).cut_off::<RouteTables>().and(open()))
            .unknown("the routes are denied", public().and(unread::<RouteTables>(GapKind::Denied)).and(closed()))
            .unknown("the groups are denied", public().and(one_way_out()).and(unread::<SecurityGroups>(GapKind::Denied)))
            .unknown("nothing is told of its network", one(r#", "Engine": "mysql", "PubliclyAccessible": true"#).and(one_way_out()).and(open()))
            .check();
    }

    #[test]
    fn the_network_is_read_for_public_databases_alone() {
        use cis_core::{MemorySource, Region, Scan, Selection};
        use futures::executor::block_on;

        let asked = |db: &str| {
            let row = serde_json::from_str(&format!(r#"{{"DBInstanceArn": "{A}" {db}}}"#)).unwrap();
            let source = MemorySource::new("123456789012")
                .as_of("2026-01-01T00:00:00Z".parse().unwrap())
                .region(Region::enabled("us-east-1"))
                .with_region::<DbInstances>("us-east-1", vec![row]);
            let (benchmark, registry) = (crate::benchmark("2.0.0").unwrap(), crate::registry());
            let mut skipped = Vec::new();
            let select = Selection { select: vec!["rds.public_access".into()], level: None };
            let scan = Scan::new(&benchmark, &registry).select(select);
            let scan = scan.on_event(|event| {
                if let cis_core::Event::Skipped { dataset, .. } = event {
                    skipped.push(dataset.clone());
                }
            });
            block_on(scan.run(&source)).unwrap();
            skipped
        };
        let network = ["ec2.route_tables", "ec2.security_groups"];
        assert_eq!(asked(r#", "Engine": "mysql", "PubliclyAccessible": false"#), network);
        assert_eq!(asked(r#", "Engine": "docdb", "PubliclyAccessible": true"#), network, "an engine that is not judged");
        assert_eq!(asked(PUBLIC), [""; 0]);
    }
}
