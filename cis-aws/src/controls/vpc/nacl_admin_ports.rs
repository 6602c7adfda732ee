use cis_core::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

use super::exposure::{Cidr, Family, Ports, Protocol, Spans, left_out, lookups};
use crate::datasets::ec2::{NetworkAcl, NetworkAclEntry, NetworkAcls};

const DESCRIBE: &str = "ec2:DescribeNetworkAcls";

control! {
    /// No network ACL lets the whole internet in to a remote administration port.
    ///
    /// Judged is what the inbound rules do together, as AWS applies them: in order of their numbers, the first that matches
    /// an address, protocol and port decides. So a rule that denies before one that allows counts, and a later one does not.
    /// Whether the ACL has subnets does not matter. A new network ACL that comes with a VPC allows everything.
    ///
    /// ## Why it matters
    /// Network ACLs are the second line behind security groups: one wrong group is then not enough to let everybody try
    /// SSH and Remote Desktop.
    pub struct NaclAdminPorts {
        /// Which rules count, by protocol number: 6 (TCP), 17 (UDP), -1 (for all traffic).
        pub protocols: Vec<Protocol> = vec![Protocol::Tcp, Protocol::Udp, Protocol::All],
        /// The ports by which servers are administered.
        pub admin_ports: Vec<u16> = vec![22, 3389],
        /// Whether sources that are the whole internet only together count like `0.0.0.0/0`.
        pub union_counts: bool = true,
        /// Whether `::/0` fails too, instead of being evidence.
        pub include_ipv6: bool = false,
    }
    key: "vpc.nacl_admin_ports", title: "No network ACL opens administration ports to the internet",
    resource_type: "AWS::EC2::NetworkAcl", judged_at: Region,
}

impl Control for NaclAdminPorts {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Let administration ports be reached from where it is needed alone: delete the rule that allows them, or put one \
                 that denies them before it, by a lower number, for each of the ports. Rules know no connections: answers to \
                 outgoing ones come in on high ports, so leave those open around 3389.",
            )
            .caution(CautionKind::CutsAccess, "Administrators who come from elsewhere are shut out of every subnet of this network ACL, and a rule that goes takes all that it allowed with it.")
            .console([
                "In the region {region}: VPC, \"Network ACLs\", {resource}, \"Inbound rules\", \"Edit inbound rules\".",
                "Add rules that deny TCP and UDP on the ports 22 and 3389, with numbers below that of the rule that allows; save.",
            ])
            .cli([
                "aws ec2 describe-network-acls --network-acl-ids {resource} --region {region}",
                "aws ec2 create-network-acl-entry --network-acl-id {resource} --ingress --rule-number <FIRST_LOWER_NUMBER> --protocol 6 --port-range From=22,To=22 --cidr-block 0.0.0.0/0 --rule-action deny --region {region}",
                "aws ec2 create-network-acl-entry --network-acl-id {resource} --ingress --rule-number <SECOND_LOWER_NUMBER> --protocol 17 --port-range From=22,To=22 --cidr-block 0.0.0.0/0 --rule-action deny --region {region}",
                "aws ec2 create-network-acl-entry --network-acl-id {resource} --ingress --rule-number <THIRD_LOWER_NUMBER> --protocol 6 --port-range From=3389,To=3389 --cidr-block 0.0.0.0/0 --rule-action deny --region {region}",
                "aws ec2 create-network-acl-entry --network-acl-id {resource} --ingress --rule-number <FOURTH_LOWER_NUMBER> --protocol 17 --port-range From=3389,To=3389 --cidr-block 0.0.0.0/0 --rule-action deny --region {region}",
            ])
            .terraform([r#"
                # By the numbers of the rules, each below that of the rule that allows. Not beside rules inside of
                # aws_network_acl or aws_default_network_acl: there, add ingress blocks.
                resource "aws_network_acl_rule" "deny_administration" {
                  for_each = {
                    1 = { protocol = "tcp", port = 22 }
                    2 = { protocol = "udp", port = 22 }
                    3 = { protocol = "tcp", port = 3389 }
                    4 = { protocol = "udp", port = 3389 }
                  }

                  network_acl_id = "{resource}"
                  egress         = false
                  rule_number    = each.key
                  rule_action    = "deny"
                  protocol       = each.value.protocol
                  cidr_block     = "0.0.0.0/0"
                  from_port      = each.value.port
                  to_port        = each.value.port
                }
            "#]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<NetworkAcls>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let acls = facts.rows::<NetworkAcls>()?;
        let (partition, account) = (facts.partition(), facts.account_id());
        let region = facts.place().region_name().unwrap_or_default();
        findings.each(
            &acls,
            |acl| {
                let owner = acl.owner_id.as_deref().unwrap_or(account);
                Target::arn(format!("arn:{partition}:ec2:{region}:{owner}:network-acl/{}", acl.network_acl_id))
                    .tags(&acl.tags)
            },
            |acl| match acl.owner_id.as_deref() {
                Some(owner) if owner != account => {
                    let message = msg!("The network ACL belongs to account {owner} and is judged there.", owner);
                    Ok(Verdict::not_applicable(message).evidence(DESCRIBE, "OwnerId", owner))
                }
                _ => self.judge(acl),
            },
        );
        Ok(())
    }
}

/// A protocol and port that everybody may reach, by these rules.
#[derive(Debug, Serialize)]
struct Open {
    port: String,
    rules: Vec<Value>,
    /// Whether rules before these deny a part of the internet.
    #[serde(rename = "a part denied before", skip_serializing_if = "std::ops::Not::not")]
    partly: bool,
}

impl NaclAdminPorts {
    fn judge(&self, acl: &NetworkAcl) -> Result<Verdict, Gap> {
        let mut inbound: Vec<_> = acl.entries.known()?.iter().filter(|entry| !entry.egress).collect();
        inbound.sort_by_key(|entry| entry.rule_number);
        let own = lookups(&self.protocols);
        let (mut open, mut gap) = self.open(&inbound, &own, Family::Ipv4);
        let (ipv6, ipv6_gap) = self.open(&inbound, &own, Family::Ipv6);
        let mut aside = ipv6;
        if self.include_ipv6 {
            open.append(&mut aside);
            gap = gap.or(ipv6_gap);
        }
        let verdict = if !open.is_empty() {
            let ports: Vec<_> = open.iter().map(|open| &open.port).collect();
            let message = if open.iter().any(|open| open.partly) {
                msg!(
                    "Rules let the internet, less the part that earlier rules deny, in to {ports}; no administration port may be open to it.",
                    ports
                )
            } else {
                msg!("Rules let the whole internet in to {ports}; no administration port may be open to it.", ports)
            };
            Verdict::fail(message).evidence(DESCRIBE, "Entries", &open)
        } else if let Some(gap) = gap {
            return Err(gap);
        } else {
            let ports = &self.admin_ports;
            let message =
                msg!("The rules do not let the whole internet in to an administration port ({ports}).", ports);
            let entries: Vec<_> = inbound.iter().map(|entry| shown(entry)).collect();
            Verdict::pass(message).evidence(DESCRIBE, "Entries", &entries)
        };
        let verdict = verdict.evidence(DESCRIBE, "IsDefault", &acl.is_default).evidence(
            DESCRIBE,
            "associated subnets",
            &acl.associations.len(),
        );
        let verdict = if aside.is_empty() {
            verdict
        } else {
            verdict.evidence(DESCRIBE, "open to ::/0, which is not judged here", &aside)
        };
        let (others, _) = self.open(&inbound, &left_out(&self.protocols), Family::Ipv4);
        Ok(if others.is_empty() {
            verdict
        } else {
            verdict.evidence(DESCRIBE, "open by a protocol that is not judged here; where it is judged, this fails", &others)
        })
    }

    /// What is open, and the first gap that may hide more of it.
    fn open(&self, inbound: &[&NetworkAclEntry], protocols: &[Protocol], family: Family) -> (Vec<Open>, Option<Gap>) {
        let (mut open, mut first_gap) = (Vec::new(), None);
        for &protocol in protocols {
            for &port in &self.admin_ports {
                match self.opened_by(inbound, protocol, port, family) {
                    Ok((rules, _)) if rules.is_empty() => {}
                    Ok((rules, partly)) => {
                        let rules = rules.into_iter().map(shown).collect();
                        open.push(Open { port: format!("{} {port}", protocol.name()), rules, partly });
                    }
                    Err(gap) => first_gap = first_gap.or(Some(gap)),
                }
            }
        }
        (open, first_gap)
    }

    /// The rules that open a port to the whole internet, and whether what they leave is denied; none if it is not. A rule that can't be read stops it: it may
    /// allow or deny, and only what was decided before it stands.
    fn opened_by<'a>(
        &self,
        inbound: &[&'a NetworkAclEntry],
        protocol: Protocol,
        port: u16,
        family: Family,
    ) -> Result<(Vec<&'a NetworkAclEntry>, bool), Gap> {
        let internet = Spans::internet(family);
        let mut undecided = internet.clone();
        let mut allowing = Vec::new();
        let mut denied = false;
        for &entry in inbound {
            if undecided.is_empty() {
                break;
            }
            let Some(range) = matched(entry, protocol, port, family)? else { continue };
            let taken = undecided.take(range.span);
            if taken.is_empty() {
                continue;
            }
            match entry.rule_action.as_str() {
                "allow" if range.prefix == 0 => return Ok((vec![entry], denied)),
                "allow" => allowing.push(entry),
                "deny" => denied = true,
                other => {
                    return Err(Gap::malformed(gap_text!(
                        "a rule has the action {other:?}, which is neither allow nor deny"
                    )));
                }
            }
        }
        // Every part of the internet met a rule, and none of them denied: together the rules allow all of it.
        let all = undecided.is_empty() && !denied;
        Ok((if all && self.union_counts { allowing } else { Vec::new() }, false))
    }
}

/// The addresses of a rule, if it is about this protocol, port and family.
fn matched(entry: &NetworkAclEntry, protocol: Protocol, port: u16, family: Family) -> Result<Option<Cidr>, Gap> {
    let text = match (family, &entry.cidr_block, &entry.ipv6_cidr_block) {
        (_, None, None) => return Err(Gap::malformed("a rule has neither CidrBlock nor Ipv6CidrBlock")),
        (Family::Ipv4, Some(text), _) | (Family::Ipv6, _, Some(text)) => text,
        _ => return Ok(None),
    };
    let (from, to) = entry.port_range.as_ref().map_or((None, None), |range| (range.from, range.to));
    if !(Ports { protocol: &entry.protocol, from, to }).reach(protocol, port)? {
        return Ok(None);
    }
    let range = Cidr::parse(text)?;
    if range.family != family {
        return Err(Gap::malformed(gap_text!("{text} is of the other family of addresses")));
    }
    Ok(Some(range))
}

fn shown(entry: &NetworkAclEntry) -> Value {
    json!({
        "RuleNumber": entry.rule_number, "RuleAction": entry.rule_action, "Protocol": entry.protocol,
        "PortRange": entry.port_range, "source": entry.cidr_block.as_ref().or(entry.ipv6_cidr_block.as_ref()),
    })
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, unread};
    use proptest::prelude::*;

    use super::*;

    const ACL: &str = "arn:aws:ec2:us-east-1:123456789012:network-acl/acl-1";

    fn acl(owner: &str, entries: &str) -> FactSet {
        aws::<NetworkAcls>(&format!(
            r#"{{"NetworkAcls": [{{"NetworkAclId": "acl-1", "OwnerId": "{owner}", "VpcId": "vpc-1", "IsDefault": false,
                 "Associations": [], "Entries": [{entries}]}}]}}"#
        ))
    }

    fn entry(number: i64, action: &str, what: &str, source: &str) -> String {
        let (protocol, ports) = what.split_once(' ').unwrap_or((what, ""));
        let ports = ports
            .split_once("..")
            .map(|(from, to)| format!(r#""PortRange": {{"From": {from}, "To": {to}}},"#))
            .unwrap_or_default();
        let icmp = if protocol == "1" { r#""IcmpTypeCode": {"Code": -1, "Type": -1},"# } else { "" };
        let field = if source.contains(':') { "Ipv6CidrBlock" } else { "CidrBlock" };
        format!(
            r#"{{"RuleNumber": {number}, "RuleAction": "{action}", "Egress": false, "Protocol": "{protocol}", {ports} {icmp} "{field}": "{source}"}}"#
        )
    }

    /// The rules, and the closing deny that every ACL has.
    fn rules(list: &[(i64, &str, &str, &str)]) -> FactSet {
        let mut entries: Vec<_> =
            list.iter().map(|&(number, action, what, source)| entry(number, action, what, source)).collect();
        entries.push(entry(32767, "deny", "-1", "0.0.0.0/0"));
        acl("123456789012", &entries.join(","))
    }

    const ALL: &str = "0.0.0.0/0";

    #[test]
    fn cases_2_0_0() {
        let allow_all = (100, "allow", "-1", ALL);
        Cases::of(NaclAdminPorts::default())
            .named("2.0.0")
            .fail("as it comes with a VPC", rules(&[allow_all]))
            .pass("no rule but the closing deny", rules(&[]))
            .pass("both ports denied by TCP and UDP before all is allowed", rules(&[(90, "deny", "6 22..22", ALL), (91, "deny", "6 3389..3389", ALL), (92, "deny", "17 22..22", ALL), (93, "deny", "17 3389..3389", ALL), allow_all]))
            .pass("all traffic denied before all is allowed", rules(&[(90, "deny", "-1", ALL), allow_all]))
            .fail("TCP denied: UDP is open", rules(&[(90, "deny", "6 22..22", ALL), (91, "deny", "6 3389..3389", ALL), allow_all]))
            .fail("denied too late", rules(&[allow_all, (200, "deny", "-1", ALL)]))
            .pass("rules come unsorted", rules(&[allow_all, (90, "deny", "-1", ALL)]))
            .fail("a private range denied before all is allowed", rules(&[(90, "deny", "-1", "10.0.0.0/8"), allow_all]))
            .fail("half the internet denied: the other half is what 0.0.0.0/0 allows", rules(&[(90, "deny", "-1", "0.0.0.0/1"), allow_all]))
            .pass("all the internet denied in two halves before all is allowed", rules(&[(90, "deny", "-1", "0.0.0.0/1"), (91, "deny", "-1", "128.0.0.0/1"), allow_all]))
            .fail("all the internet allowed in two halves", rules(&[(90, "allow", "6 22..22", "0.0.0.0/1"), (91, "allow", "-1", "128.0.0.0/1")]))
            .pass("half the internet allowed", rules(&[(90, "allow", "-1", "0.0.0.0/1")]))
            .pass("two halves allowed, and a part of them denied before", rules(&[(80, "deny", "-1", "8.8.8.0/24"), (90, "allow", "-1", "0.0.0.0/1"), (91, "allow", "-1", "128.0.0.0/1")]))
            .fail("ephemeral ports hold RDP", rules(&[(100, "allow", "6 1024..65535", ALL)]))
            .pass("ephemeral ports around RDP", rules(&[(100, "allow", "6 1024..3388", ALL), (110, "allow", "6 3390..65535", ALL)]))
            .fail("RDP over UDP", rules(&[(100, "allow", "17 3389..3389", ALL)]))
            .fail("TCP without a range of ports is all of TCP", rules(&[(100, "allow", "6", ALL)]))
            .pass("ICMP has no ports", rules(&[(100, "allow", "1", ALL)]))
            .pass("what goes out", acl("123456789012", &entry(100, "allow", "-1", ALL).replace("\"Egress\": false", "\"Egress\": true")))
            .pass("IPv6 is evidence", rules(&[(101, "allow", "-1", "::/0")]))
            .pass("no rule at all", acl("123456789012", ""))
            .unknown("a source that is no range", rules(&[(100, "allow", "6 22..22", "anywhere")]))
            .unknown("a protocol that is none", rules(&[(100, "allow", "tcp/ip", "10.0.0.0/8")]))
            .unknown("a rule without a source", acl("123456789012", r#"{"RuleNumber": 1, "RuleAction": "deny", "Egress": false, "Protocol": "-1"}"#))
            .unknown("a rule that neither allows nor denies", rules(&[(100, "Allow", "-1", ALL)]))
            .unknown("one bound of the ports is missing", acl("123456789012", r#"{"RuleNumber": 1, "RuleAction": "allow", "Egress": false, "Protocol": "6", "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 22}}"#))
            .unknown("what can't be read comes before all is allowed: it may deny", rules(&[(90, "deny", "-1", "anywhere"), allow_all]))
            .fail("what can't be read comes after all is allowed", rules(&[allow_all, (110, "deny", "-1", "anywhere")]))
            .unknown("the rules are missing from the answer", aws::<NetworkAcls>(r#"{"NetworkAcls": [{"NetworkAclId": "acl-1"}]}"#))
            .not_applicable("an ACL of another account, in a shared VPC", acl("210987654321", &entry(100, "allow", "-1", ALL)))
            .not_applicable("no ACL", aws::<NetworkAcls>(r#"{"NetworkAcls": []}"#))
            .unknown("denied", unread::<NetworkAcls>(GapKind::Denied))
            .each("a page is missing: what was read is judged", rules(&[allow_all]).cut_off::<NetworkAcls>(), &[("123456789012", Status::Unknown), (ACL, Status::Fail)])
            .each("another partition", rules(&[allow_all]).in_region("us-gov-west-1").partition("aws-us-gov"), &[("arn:aws-us-gov:ec2:us-gov-west-1:123456789012:network-acl/acl-1", Status::Fail)])
            .check();
    }

    #[test]
    fn cases_1_5_0() {
        Cases::of(NaclAdminPorts { protocols: vec![Protocol::Tcp, Protocol::All], ..NaclAdminPorts::default() })
            .named("1.5.0")
            .fail("all is allowed", rules(&[(100, "allow", "-1", ALL)]))
            .pass(
                "TCP denied: UDP is evidence",
                rules(&[(90, "deny", "6 22..22", ALL), (91, "deny", "6 3389..3389", ALL), (100, "allow", "-1", ALL)]),
            )
            .pass("RDP over UDP is evidence", rules(&[(100, "allow", "17 3389..3389", ALL)]))
            .unknown("denied", unread::<NetworkAcls>(GapKind::Denied))
            .check();
    }

    #[test]
    fn cases_of_parameters() {
        Cases::of(NaclAdminPorts { include_ipv6: true, union_counts: false, ..NaclAdminPorts::default() })
            .named("parameters")
            .fail("::/0", rules(&[(101, "allow", "-1", "::/0")]))
            .unknown("a source that is no range", rules(&[(101, "allow", "-1", "::/200")]))
            .pass(
                "two halves are not one rule",
                rules(&[(90, "allow", "-1", "0.0.0.0/1"), (91, "allow", "-1", "128.0.0.0/1")]),
            )
            .check();
    }

    /// The first rule that matches one address, one protocol, one port, read as a person would.
    fn naive(rules: &[NetworkAclEntry], protocol: &str, port: i64, address: u32) -> Option<(usize, bool)> {
        let matches = |rule: &NetworkAclEntry| {
            let (base, bits) = rule.cidr_block.as_ref().unwrap().split_once('/').unwrap();
            let base: std::net::Ipv4Addr = base.parse().unwrap();
            let bits: u32 = bits.parse().unwrap();
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            let ports =
                rule.port_range.as_ref().is_none_or(|range| range.from.unwrap() <= port && port <= range.to.unwrap());
            u32::from(base) & mask == address & mask && (rule.protocol == "-1" || (rule.protocol == protocol && ports))
        };
        let mut order: Vec<_> = (0..rules.len()).collect();
        order.sort_by_key(|&at| rules[at].rule_number);
        let first = order.into_iter().find(|&at| matches(&rules[at]))?;
        Some((first, rules[first].rule_action == "allow"))
    }

    fn any_rule() -> impl Strategy<Value = NetworkAclEntry> {
        let protocol = prop_oneof![Just("-1"), Just("6"), Just("17")];
        let ports = prop_oneof![Just(None), Just(Some((22, 22))), Just(Some((23, 4000))), Just(Some((0, 65535)))];
        (0..4_u32, 0..=2_u32, any::<bool>(), protocol, ports).prop_map(|(quarter, bits, allow, protocol, ports)| {
            NetworkAclEntry {
                rule_number: 0,
                egress: false,
                rule_action: if allow { "allow" } else { "deny" }.into(),
                protocol: protocol.into(),
                port_range: ports.map(|(from, to)| crate::datasets::ec2::PortRange { from: Some(from), to: Some(to) }),
                cidr_block: Some(format!("{}/{bits}", std::net::Ipv4Addr::from(quarter << 30))),
                ipv6_cidr_block: None,
            }
        })
    }

    proptest! {
        #[test]
        fn first_match_is_what_an_address_at_a_time_gives(mut rules in proptest::collection::vec(any_rule(), 0..8), shuffled in any::<proptest::sample::Index>()) {
            for (at, rule) in rules.iter_mut().enumerate() {
                rule.rule_number = i64::try_from(at).unwrap();
            }
            let numbered = rules.clone();
            if !rules.is_empty() {
                let by = shuffled.index(rules.len());
                rules.rotate_left(by);
            }
            let control = NaclAdminPorts::default();
            let sorted: Vec<_> = numbered.iter().collect();
            for (protocol, number) in [(Protocol::Tcp, "6"), (Protocol::Udp, "17")] {
                for port in [22_u16, 3389] {
                    // Ranges are quarters of the space, so that one address of each stands for it: a public one.
                    let decided: Vec<_> = [8_u32 << 24, 70 << 24, 150 << 24, 200 << 24].iter().map(|&address| naive(&rules, number, port.into(), address)).collect();
                    let everywhere = decided.iter().all(|decided| matches!(decided, Some((_, true))));
                    let by_all = decided.iter().flatten().any(|&(at, allow)| allow && rules[at].cidr_block.as_ref().unwrap().ends_with("/0"));
                    let open = control.opened_by(&sorted, protocol, port, Family::Ipv4).unwrap();
                    prop_assert_eq!(!open.0.is_empty(), everywhere || by_all);
                }
            }
        }
    }
}
