use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use cis_core::prelude::*;
use serde_json::{Map, Value, json};

use super::exposure::{Cidr, Family, Ports, Protocol, Spans, left_out, lookups, unrestricted};
use crate::datasets::ec2::{IpPermission, PrefixList, PrefixLists, SecurityGroup, SecurityGroups};

const DESCRIBE: &str = "ec2:DescribeSecurityGroups";
const SHOWN: usize = 20;

control! {
    /// No security group opens a remote administration port to the whole internet.
    ///
    /// Judged is what the inbound rules of a group open together: the sources of one family of addresses, those in prefix
    /// lists too, per protocol and port. Two halves of the internet are the internet. Whether the group is used, and
    /// whether a way leads to it, does not matter.
    ///
    /// ## Why it matters
    /// SSH and Remote Desktop that anybody can reach are tried all day, with lists of passwords and with every new hole.
    pub struct SecurityGroupAdminPorts {
        /// Whose sources are judged: `ipv4` or `ipv6`.
        pub family: Family = Family::Ipv4,
        /// Which rules count, by protocol number: 6 (TCP), 17 (UDP), -1 (for all traffic).
        pub protocols: Vec<Protocol> = vec![Protocol::Tcp, Protocol::Udp, Protocol::All],
        /// The ports by which servers are administered.
        pub admin_ports: Vec<u16> = vec![22, 3389],
        /// Whether sources that are the whole internet only together count like `0.0.0.0/0` (`::/0`).
        pub union_counts: bool = true,
    }
    key: "vpc.security_group_admin_ports", title: "No security group opens administration ports to the internet",
    resource_type: "AWS::EC2::SecurityGroup", judged_at: Region,
}

impl Control for SecurityGroupAdminPorts {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        const LOOK: &str = "aws ec2 describe-security-group-rules --filters Name=group-id,Values={resource} --region {region}";
        const REVOKE: &str = "aws ec2 revoke-security-group-ingress --group-id {resource} --security-group-rule-ids <RULE_ID> --region {region}";
        let told = Remediation::new(
            "Take the rule out, or name the addresses that administrators come from. Session Manager and EC2 Instance Connect \
             Endpoint need no open port at all.",
        )
        .caution(CautionKind::CutsAccess, "Administrators who come from elsewhere are shut out; a rule for many ports takes the others with it.")
        .console([
            "In the region {region}: EC2, \"Security Groups\", {resource}, \"Inbound rules\", \"Edit inbound rules\".",
            "Delete the rule that is open to the world, or set its source to the addresses of administrators; save.",
        ]);
        Some(match self.family {
            Family::Ipv4 => told
                .cli([
                    LOOK,
                    r#"aws ec2 authorize-security-group-ingress --group-id {resource} --ip-permissions '[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "<ADMINISTRATORS_CIDR>"}]}]' --region {region}"#,
                    REVOKE,
                ])
                .terraform([r#"
                    # In place of the rule that is open to the world. Where aws_security_group has its rules inside, narrow that one
                    # there instead.
                    resource "aws_vpc_security_group_ingress_rule" "administrators" {
                      security_group_id = "{resource}"
                      ip_protocol       = "tcp"
                      from_port         = 22
                      to_port           = 22
                      cidr_ipv4         = "<ADMINISTRATORS_CIDR>"
                    }
                "#]),
            Family::Ipv6 => told
                .cli([
                    LOOK,
                    r#"aws ec2 authorize-security-group-ingress --group-id {resource} --ip-permissions '[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "Ipv6Ranges": [{"CidrIpv6": "<ADMINISTRATORS_CIDR>"}]}]' --region {region}"#,
                    REVOKE,
                ])
                .terraform([r#"
                    # In place of the rule that is open to the world. Where aws_security_group has its rules inside, narrow that one
                    # there instead.
                    resource "aws_vpc_security_group_ingress_rule" "administrators" {
                      security_group_id = "{resource}"
                      ip_protocol       = "tcp"
                      from_port         = 22
                      to_port           = 22
                      cidr_ipv6         = "<ADMINISTRATORS_CIDR>"
                    }
                "#]),
        })
    }

    fn reads(&self) -> Reads {
        Reads::of::<SecurityGroups>().only::<PrefixLists>(|facts| {
            let mut named = BTreeSet::new();
            for group in facts.rows::<SecurityGroups>()?.iter() {
                // A group whose rules are unread is unknown already, and names no list.
                if let Fact::Known(rules) = &group.ip_permissions {
                    named.extend(rules.iter().flat_map(lists_of));
                }
            }
            Ok(Wanted::names(named.into_iter().map(str::to_owned)))
        })
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let groups = facts.rows::<SecurityGroups>()?;
        let (partition, account) = (facts.partition(), facts.account_id());
        let region = facts.place().region_name().unwrap_or_default();
        let region = format!("arn:{partition}:ec2:{region}:");
        let (ports, anywhere) = (&self.admin_ports, self.family.anywhere());
        let given = Given {
            own: lookups(&self.protocols),
            left_out: left_out(&self.protocols),
            lists: Lists::read(facts, self.family),
            pass: Verdict::pass(msg!("No rule opens an administration port ({ports}) to {anywhere}.", ports, anywhere)),
        };
        findings.each(
            &groups,
            |group| {
                let owner = group.owner_id.as_deref().unwrap_or(account);
                Target::arn([&*region, owner, ":security-group/", &group.group_id].concat()).tags(&group.tags)
            },
            |group| match group.owner_id.as_deref() {
                Some(owner) if owner != account => {
                    let message = msg!("The group belongs to account {owner} and is judged there.", owner);
                    Ok(Verdict::not_applicable(message).evidence(DESCRIBE, "OwnerId", owner))
                }
                _ => self.judge(group, &given),
            },
        );
        Ok(())
    }
}

/// What is the same for all groups of a region.
struct Given<'a> {
    /// The protocols that count.
    own: Vec<Protocol>,
    /// Those whose ports are shown alone.
    left_out: Vec<Protocol>,
    lists: Lists<'a>,
    pass: Verdict,
}

/// What rules open, as far as it is known.
#[derive(Default)]
struct Opened<'a> {
    /// Protocol and port, such as `tcp 22`, with the sources that open it.
    wide: Vec<(String, Vec<Source<'a>>)>,
    /// The same that is not open to everybody, with the share of the internet that it is open to.
    narrow: Vec<(String, Cow<'static, str>)>,
    gap: Option<Gap>,
}

#[derive(Clone, Copy)]
struct Source<'a> {
    rule: &'a IpPermission,
    /// A range, or a prefix list.
    name: &'a str,
}

impl SecurityGroupAdminPorts {
    fn judge(&self, group: &SecurityGroup, given: &Given<'_>) -> Result<Verdict, Gap> {
        let rules = group.ip_permissions.known()?;
        let near: Vec<_> = rules.iter().filter(|rule| self.may_reach(rule)).collect();
        let mut opened = Opened::default();
        for &protocol in &given.own {
            self.open(&near, protocol, &given.lists, &mut opened);
        }
        let anywhere = self.family.anywhere();
        let verdict = if !opened.wide.is_empty() {
            let open: Vec<_> = opened.wide.iter().map(|(port, _)| port).collect();
            let message = msg!(
                "Open to {anywhere}: {open}; no administration port may be open to the whole internet.",
                anywhere,
                open
            );
            Verdict::fail(message).evidence(DESCRIBE, "IpPermissions", &shown(&opened))
        } else if let Some(gap) = opened.gap {
            return Err(gap);
        } else {
            let mut narrow = Map::new();
            for (port, share) in opened.narrow {
                narrow.insert(port, ["covers ", &share, " of the internet"].concat().into());
            }
            let passed = given.pass.clone().evidence(DESCRIBE, "inbound rules", &rules.len());
            passed.evidence_json(DESCRIBE, "administration ports open to part", narrow.into())
        };
        let mut others = Opened::default();
        for &protocol in &given.left_out {
            self.open(&near, protocol, &given.lists, &mut others);
        }
        if others.wide.is_empty() {
            return Ok(verdict);
        }
        Ok(verdict.evidence(DESCRIBE, "open by a protocol that is not judged here; where it is judged, this fails", &shown(&others)))
    }

    fn may_reach(&self, rule: &IpPermission) -> bool {
        ports_of(rule).is_none_or(|ports| ports.may_reach(&self.admin_ports))
    }

    fn open<'a>(&self, near: &[&'a IpPermission], protocol: Protocol, lists: &Lists<'a>, opened: &mut Opened<'a>) {
        let (mut ranges, mut sources) = (Vec::new(), Vec::new());
        for &port in &self.admin_ports {
            ranges.clear();
            sources.clear();
            for &rule in near {
                let ports = ports_of(rule).ok_or_else(|| Gap::malformed("a rule has no IpProtocol"));
                let gap = match ports.and_then(|ports| ports.reach(protocol, port)) {
                    Ok(false) => continue,
                    Ok(true) => self.sources(rule, lists, &mut ranges, &mut sources),
                    Err(gap) => Err(gap),
                };
                if let Err(gap) = gap {
                    opened.gap.get_or_insert(gap);
                }
            }
            if ranges.is_empty() {
                continue;
            }
            let name = format!("{} {port}", protocol.name());
            if unrestricted(self.family, &ranges, self.union_counts) {
                // Where one source alone is everything, the others don't matter.
                let wide =
                    ranges.iter().zip(&sources).filter(|(range, _)| range.prefix == 0).map(|(_, source)| *source);
                let wide: Vec<_> = wide.collect();
                opened.wide.push((name, if wide.is_empty() { std::mem::take(&mut sources) } else { wide }));
            } else {
                let share = Spans::union(ranges.iter().map(|range| range.span)).share_of_internet(self.family);
                opened.narrow.push((name, share));
            }
        }
    }

    /// Adds the sources of a rule that are of this family; a gap where one can't be read, the others added all the same.
    fn sources<'a>(
        &self,
        rule: &'a IpPermission,
        lists: &Lists<'a>,
        ranges: &mut Vec<Cidr>,
        sources: &mut Vec<Source<'a>>,
    ) -> Result<(), Gap> {
        let mut first_gap = None;
        let (ipv4, ipv6) = match self.family {
            Family::Ipv4 => (rule.ip_ranges.as_slice(), [].as_slice()),
            Family::Ipv6 => ([].as_slice(), rule.ipv6_ranges.as_slice()),
        };
        let ipv4 = ipv4.iter().map(|range| range.cidr_ip.as_deref());
        for text in ipv4.chain(ipv6.iter().map(|range| range.cidr_ipv6.as_deref())) {
            let Some(name) = text else {
                first_gap.get_or_insert(Gap::malformed("a rule has a source without an address range"));
                continue;
            };
            match Cidr::parse(name) {
                Ok(range) if range.family == self.family => {
                    ranges.push(range);
                    sources.push(Source { rule, name });
                }
                Ok(_) => {
                    let other = gap_text!("{text} is of the other family of addresses", text = name);
                    first_gap.get_or_insert(Gap::malformed(other));
                }
                Err(gap) => _ = first_gap.get_or_insert(gap),
            }
        }
        for name in lists_of(rule) {
            match lists.of(name) {
                Ok(list) => {
                    ranges.extend(list);
                    sources.extend(list.iter().map(|_| Source { rule, name }));
                }
                Err(gap) => _ = first_gap.get_or_insert(gap),
            }
        }
        first_gap.map_or(Ok(()), Err)
    }
}

fn lists_of(rule: &IpPermission) -> impl Iterator<Item = &str> {
    rule.prefix_list_ids.iter().map(|list| list.prefix_list_id.as_deref().unwrap_or_default())
}

/// None where no protocol is named.
fn ports_of(rule: &IpPermission) -> Option<Ports<'_>> {
    Some(Ports { protocol: rule.ip_protocol.as_deref()?, from: rule.from_port, to: rule.to_port })
}

/// Each port with the rules that open it, as evidence.
fn shown(opened: &Opened<'_>) -> Value {
    let rule = |source: &Source<'_>| {
        let Source { rule, name } = source;
        json!({"IpProtocol": rule.ip_protocol, "FromPort": rule.from_port, "ToPort": rule.to_port, "source": name})
    };
    let port = |(port, sources): &(String, Vec<Source<'_>>)| {
        let mut rules: Vec<Value> = sources.iter().map(rule).collect();
        // Adjacent: a list gives one for each of its entries.
        rules.dedup();
        let all = rules.len();
        rules.truncate(SHOWN);
        let mut shown = json!({"port": port, "rules": rules});
        if all > SHOWN
            && let Some(fields) = shown.as_object_mut()
        {
            fields.insert("more".into(), (all - SHOWN).into());
        }
        shown
    };
    opened.wide.iter().map(port).collect()
}

/// The ranges in every prefix list. Read once a region, however many groups name one.
struct Lists<'a> {
    by_id: Result<BTreeMap<&'a str, Result<Vec<Cidr>, Gap>>, Gap>,
    cut_off: Option<Gap>,
}

impl<'a> Lists<'a> {
    fn read(facts: &Facts<'a>, family: Family) -> Self {
        let rows = match facts.rows::<PrefixLists>() {
            Ok(rows) => rows,
            Err(gap) => return Self { by_id: Err(gap), cut_off: None },
        };
        let lists = rows.iter().map(|list| {
            let ranges = ranges_of(&rows, list, family)
                .map_err(|gap| gap.dataset(PrefixLists::NAME).resource(&list.prefix_list_id));
            (list.prefix_list_id.as_str(), ranges)
        });
        Self { by_id: Ok(lists.collect()), cut_off: rows.cut_off().first().cloned() }
    }

    fn of(&self, id: &str) -> Result<&[Cidr], Gap> {
        let by_id = self.by_id.as_ref().map_err(|gap| gap.clone().resource(id))?;
        let missing = || {
            let absent =
                || Gap::malformed("a rule names this prefix list, and no answer holds it").dataset(PrefixLists::NAME);
            self.cut_off.clone().unwrap_or_else(absent).resource(id)
        };
        Ok(by_id.get(id).ok_or_else(missing)?.as_ref().map_err(Gap::clone)?)
    }
}

/// The ranges of one family. AWS's own lists are its services and never the internet: they need no read.
fn ranges_of(rows: &Rows<'_, PrefixList>, list: &PrefixList, family: Family) -> Result<Vec<Cidr>, Gap> {
    if list.owner_id.as_deref() == Some("AWS") {
        return Ok(Vec::new());
    }
    let entries = rows.known(&list.entries)?.as_ref();
    let entries = entries.ok_or_else(|| Gap::malformed("the entries of the prefix list were not read"))?;
    let mut ranges = Vec::with_capacity(entries.len());
    for entry in entries {
        let range = Cidr::parse(entry.cidr.as_deref().unwrap_or_default())?;
        if range.family == family {
            ranges.push(range);
        }
    }
    Ok(ranges)
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, unread};

    use super::*;

    const OPEN: &str = "arn:aws:ec2:us-east-1:123456789012:security-group/sg-1";

    fn group(id: &str, owner: &str, rules: &str) -> String {
        format!(
            r#"{{"GroupId": "{id}", "GroupName": "g", "OwnerId": "{owner}", "VpcId": "vpc-1", "IpPermissions": [{rules}],
                 "IpPermissionsEgress": [{{"IpProtocol": "-1", "IpRanges": [{{"CidrIp": "0.0.0.0/0"}}],
                 "Ipv6Ranges": [{{"CidrIpv6": "::/0"}}]}}]}}"#
        )
    }

    fn groups(list: &[String]) -> FactSet {
        aws::<SecurityGroups>(&format!(r#"{{"SecurityGroups": [{}]}}"#, list.join(",")))
    }

    fn one(rules: &str) -> FactSet {
        groups(&[group("sg-1", "123456789012", rules)])
    }

    /// A rule in AWS's shape: `tcp 20-25`, `-1`, with sources of either family.
    fn rule(what: &str, sources: &[&str]) -> String {
        let (protocol, ports) = what.split_once(' ').unwrap_or((what, ""));
        let ports = ports
            .split_once("..")
            .map(|(from, to)| format!(r#""FromPort": {from}, "ToPort": {to},"#))
            .unwrap_or_default();
        let of = |family: bool, field: &str| {
            let of = sources.iter().filter(|source| source.contains(':') == family && !source.starts_with("pl-"));
            of.map(|source| format!(r#"{{"{field}": "{source}"}}"#)).collect::<Vec<_>>().join(",")
        };
        let lists = sources.iter().filter(|source| source.starts_with("pl-"));
        let lists = lists.map(|list| format!(r#"{{"PrefixListId": "{list}"}}"#)).collect::<Vec<_>>().join(",");
        format!(
            r#"{{"IpProtocol": "{protocol}", {ports} "IpRanges": [{}], "Ipv6Ranges": [{}], "PrefixListIds": [{lists}],
                 "UserIdGroupPairs": []}}"#,
            of(false, "CidrIp"),
            of(true, "CidrIpv6")
        )
    }

    fn open(what: &str) -> FactSet {
        one(&rule(what, &["0.0.0.0/0"]))
    }

    fn list(owner: &str, entries: &str) -> FactSet {
        aws::<PrefixLists>(&format!(
            r#"{{"PrefixLists": [{{"PrefixListId": "pl-1", "OwnerId": "{owner}", "Entries": {entries}}}]}}"#
        ))
    }

    fn by_list() -> FactSet {
        one(&rule("tcp 22..22", &["pl-1"]))
    }

    const ANYWHERE: &str = r#"[{"Cidr": "0.0.0.0/0"}]"#;

    fn ipv4() -> SecurityGroupAdminPorts {
        SecurityGroupAdminPorts::default()
    }

    #[test]
    fn cases_ipv4_2_0_0() {
        let office: Vec<_> = (0..300).map(|n| format!("198.100.{}.{}/32", n / 250, n % 250)).collect();
        let office: Vec<_> = office.iter().map(String::as_str).collect();
        Cases::of(ipv4())
            .named("ipv4-2.0.0")
            .fail("all traffic has no ports", open("-1"))
            .fail("all of TCP", open("tcp 0..65535"))
            .fail("TCP without bounds is all of TCP", open("tcp"))
            .fail("TCP by its number", open("6 22..22"))
            .fail("a range around SSH", open("tcp 20..25"))
            .fail("the well-known ports hold SSH alone", open("tcp 0..1024"))
            .fail("a range around RDP", open("tcp 3000..4000"))
            .fail("RDP over UDP", open("udp 3389..3389"))
            .fail("all of UDP", open("udp 0..65535"))
            .fail("two halves of the internet in two rules", one(&[rule("tcp 22..22", &["0.0.0.0/1"]), rule("tcp 20..30", &["128.0.0.0/1"])].join(",")))
            .fail("one half by TCP, the other by all traffic", one(&[rule("tcp 22..22", &["0.0.0.0/1"]), rule("-1", &["128.0.0.0/1"])].join(",")))
            .pass("two halves on different ports", one(&[rule("tcp 22..22", &["0.0.0.0/1"]), rule("tcp 3389..3389", &["128.0.0.0/1"])].join(",")))
            .pass("two halves by different protocols", one(&[rule("tcp 22..22", &["0.0.0.0/1"]), rule("udp 22..22", &["128.0.0.0/1"])].join(",")))
            .pass("half of the internet alone", one(&rule("tcp 22..22", &["0.0.0.0/1"])))
            .pass("ports and sources pair inside a rule only", one(&[rule("tcp 22..22", &["10.0.0.0/8"]), rule("tcp 80..80", &["0.0.0.0/0"])].join(",")))
            .pass("IPv6 is another recommendation's", one(&rule("tcp 22..22", &["::/0"])))
            .pass("no inbound rule: what goes out never matters", one(""))
            .pass("web", open("tcp 443..443"))
            .pass("next to the ports", one(&[rule("tcp 23..3388", &["0.0.0.0/0"]), rule("tcp 3390..65535", &["0.0.0.0/0"])].join(",")))
            .pass("GRE has no ports", open("47"))
            .pass("ICMP type 8, code 0 is no range of ports", open("icmp 8..0"))
            .pass("ICMP type 3, any code", open("icmp 3..-1"))
            .pass("ICMP types around 22 are no ports", open("icmp 0..255"))
            .pass("300 addresses of one office", one(&rule("tcp 22..22", &office)))
            .pass("another group as source", one(r#"{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-1", "UserId": "123456789012"}]}"#))
            .fail("a prefix list that holds everything", by_list().and(list("123456789012", ANYWHERE)))
            .fail("a prefix list that was shared", by_list().and(list("210987654321", ANYWHERE)))
            .pass("a prefix list that holds IPv6 alone", by_list().and(list("123456789012", r#"[{"Cidr": "::/0"}]"#)))
            .pass("a prefix list of AWS", by_list().and(list("AWS", "null")))
            .unknown("the entries of a prefix list are denied", by_list().and(list("123456789012", r#"{"$gap": {"kind": "denied", "operation": "ec2:GetManagedPrefixListEntries", "code": "UnauthorizedOperation"}}"#)))
            .unknown("the entries of a prefix list are missing", by_list().and(list("123456789012", "null")))
            .unknown("an entry of a prefix list is no range", by_list().and(list("123456789012", r#"[{"Cidr": "x"}]"#)))
            .unknown("the prefix lists are denied", by_list().and(unread::<PrefixLists>(GapKind::Denied)))
            .unknown("a prefix list that no answer holds", by_list().and(aws::<PrefixLists>(r#"{"PrefixLists": []}"#)))
            .unknown("a prefix list of a page that is missing", by_list().and(aws::<PrefixLists>(r#"{"PrefixLists": []}"#)).cut_off::<PrefixLists>())
            .fail("a prefix list is unread, and another rule fails the group", one(&[rule("tcp 22..22", &["pl-1"]), rule("-1", &["0.0.0.0/0"])].join(",")).and(unread::<PrefixLists>(GapKind::Denied)))
            .holds_without::<PrefixLists>()
            .pass("a prefix list that only another port names needs no read", one(&rule("tcp 443..443", &["pl-1"])).and(unread::<PrefixLists>(GapKind::Denied)))
            .holds_without::<PrefixLists>()
            .unknown("a source that is no range", one(&rule("tcp 22..22", &["anywhere"])))
            .unknown("a source without its range", one(r#"{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{}]}"#))
            .unknown("a protocol that is none", open("tcp/ip 22..22"))
            .unknown("a rule without a protocol", one(r#"{"IpRanges": [{"CidrIp": "10.0.0.0/8"}]}"#))
            .unknown("one bound of the ports is missing", one(r#"{"IpProtocol": "tcp", "FromPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}"#))
            .fail("one source is no range, and another fails the group", one(&rule("tcp 22..22", &["anywhere", "0.0.0.0/0"])))
            .unknown("the rules are missing from the answer", aws::<SecurityGroups>(r#"{"SecurityGroups": [{"GroupId": "sg-1", "OwnerId": "123456789012"}]}"#))
            .not_applicable("a group of another account, in a shared VPC", groups(&[group("sg-1", "210987654321", &rule("-1", &["0.0.0.0/0"]))]))
            .not_applicable("no group", groups(&[]))
            .unknown("denied", unread::<SecurityGroups>(GapKind::Denied))
            .each(
                "a page is missing: what was read is judged",
                open("-1").cut_off::<SecurityGroups>(),
                &[("123456789012", Status::Unknown), (OPEN, Status::Fail)],
            )
            .each(
                "a region that is denied spoils itself alone",
                open("-1").and_region(unread::<SecurityGroups>(GapKind::Denied).in_region("eu-west-1")),
                &[("123456789012", Status::Unknown), (OPEN, Status::Fail)],
            )
            .each(
                "another partition",
                open("-1").in_region("cn-north-1").partition("aws-cn"),
                &[("arn:aws-cn:ec2:cn-north-1:123456789012:security-group/sg-1", Status::Fail)],
            )
            .check();
    }

    #[test]
    fn cases_ipv4_1_5_0() {
        Cases::of(SecurityGroupAdminPorts { protocols: vec![Protocol::Tcp, Protocol::All], ..ipv4() })
            .named("ipv4-1.5.0")
            .fail("SSH", open("tcp 22..22"))
            .fail("all traffic", open("-1"))
            .pass("RDP over UDP: in the evidence", open("udp 3389..3389"))
            .pass("all of UDP: in the evidence", open("udp 0..65535"))
            .pass("no rule", one(""))
            .unknown("denied", unread::<SecurityGroups>(GapKind::Denied))
            .check();
    }

    #[test]
    fn cases_ipv6() {
        let open = |what: &str| one(&rule(what, &["::/0"]));
        Cases::of(SecurityGroupAdminPorts { family: Family::Ipv6, ..ipv4() })
            .named("ipv6")
            .fail("SSH", open("tcp 22..22"))
            .fail("everything written out", one(&rule("tcp 22..22", &["0:0:0:0:0:0:0:0/0"])))
            .fail("all traffic", open("-1"))
            .fail("RDP over UDP, in every version", open("udp 3389..3389"))
            .fail("all addresses that are given out", one(&rule("tcp 22..22", &["2000::/3"])))
            .fail("a prefix list", by_list().and(list("123456789012", r#"[{"Cidr": "::/0"}]"#)))
            .pass("half of them", one(&rule("tcp 22..22", &["2000::/4"])))
            .pass("IPv4 is another recommendation's", one(&rule("tcp 22..22", &["0.0.0.0/0"])))
            .pass("a prefix list that holds IPv4 alone", by_list().and(list("123456789012", ANYWHERE)))
            .pass("private addresses", one(&rule("-1", &["fc00::/7"])))
            .pass("ICMPv6", open("icmpv6"))
            .unknown("a source that is no range", one(&rule("tcp 22..22", &["::/200"])))
            .unknown("denied", unread::<SecurityGroups>(GapKind::Denied))
            .check();
    }

    #[test]
    fn cases_of_parameters() {
        Cases::of(SecurityGroupAdminPorts { union_counts: false, admin_ports: vec![5985], ..ipv4() })
            .named("parameters")
            .fail("a port of one's own", open("tcp 5985..5986"))
            .pass("SSH is not asked for", open("tcp 22..22"))
            .pass("two halves are not one rule", one(&rule("tcp 5985..5985", &["0.0.0.0/1", "128.0.0.0/1"])))
            .check();
    }
}
