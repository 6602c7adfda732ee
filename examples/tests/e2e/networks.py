"""What section 5 judges in the account, in us-east-1: network ACLs, security groups, a peering, metadata of instances.

The other regions have what AWS makes in each of them. The verdicts are in `expected_2_to_5.py`.
"""

from account import ACCOUNT, ACTIVE_REGIONS
from seed import client

IPV4, IPV6 = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}, {"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}


def rule(protocol: str, first: int, last: int, **sources) -> dict:
    return {"IpProtocol": protocol, "FromPort": first, "ToPort": last, **sources}


def halves() -> dict:
    """The internet in two ranges."""
    return {"IpRanges": [{"CidrIp": "0.0.0.0/1"}, {"CidrIp": "128.0.0.0/1"}]}


# Inbound rules by group. `lists` comes with the list's id.
GROUPS = {
    "web": [rule("tcp", 443, 443, **IPV4, **IPV6)],
    "ssh": [rule("tcp", 22, 22, **IPV4)],
    "ssh-v6": [rule("tcp", 22, 22, **IPV6)],
    "rdp-over-udp": [rule("udp", 3389, 3389, **IPV4)],
    "range": [rule("tcp", 1024, 65535, **IPV4, **IPV6)],
    "halves": [rule("tcp", 22, 22, **halves())],
    "everything": [{"IpProtocol": "-1", **IPV4, **IPV6}],
    "office": [rule("tcp", 22, 22, IpRanges=[{"CidrIp": "192.0.2.0/24"}])],
    "lists": [],
}

# Inbound rules by ACL: number, protocol, ports, source, action.
ACLS = {
    "closed": [],
    "ssh": [(100, "6", (22, 22), "0.0.0.0/0", "allow")],
    # The first rule that matches decides.
    "denied-first": [
        (90, "6", (22, 22), "0.0.0.0/0", "deny"),
        (100, "6", (0, 1024), "0.0.0.0/0", "allow"),
    ],
    "denied-too-late": [
        (100, "6", (22, 22), "0.0.0.0/0", "allow"),
        (110, "6", (22, 22), "0.0.0.0/0", "deny"),
    ],
    "rdp-over-udp": [(100, "17", (3389, 3389), "0.0.0.0/0", "allow")],
    "office": [(100, "6", (22, 22), "192.0.2.0/24", "allow")],
}


def seed_networks(url: str) -> dict[str, str]:
    """Fills the account; gives the ARN of what AWS names itself by our names."""
    ec2 = client(url, "ec2")
    names = {}
    for region in ACTIVE_REGIONS:
        defaults(client(url, "ec2", region), region, names)
    vpcs = [ec2.create_vpc(CidrBlock=f"10.{n}.0.0/16")["Vpc"]["VpcId"] for n in (1, 2)]
    for vpc, name in zip(vpcs, ("app", "data"), strict=True):
        names[f"vpc/us-east-1/{name}"] = arn("us-east-1", "vpc", vpc)
        ours = [{"Name": "vpc-id", "Values": [vpc]}]
        (group,) = ec2.describe_security_groups(Filters=ours)["SecurityGroups"]
        names[f"security-group/us-east-1/default-of-{name}"] = arn("us-east-1", "security-group", group["GroupId"])
        (acl,) = ec2.describe_network_acls(Filters=ours)["NetworkAcls"]
        names[f"network-acl/us-east-1/default-of-{name}"] = arn("us-east-1", "network-acl", acl["NetworkAclId"])
        if name == "app":
            ec2.revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=group["IpPermissionsEgress"])
    return names | groups(ec2, vpcs[0]) | acls(ec2, vpcs[0]) | peering(ec2, *vpcs)


def arn(region: str, kind: str, id: str) -> str:
    return f"arn:aws:ec2:{region}:{ACCOUNT}:{kind}/{id}"


def defaults(ec2, region: str, names: dict[str, str]) -> None:
    """Names what AWS makes in each region."""
    (vpc,), (acl,) = ec2.describe_vpcs()["Vpcs"], ec2.describe_network_acls()["NetworkAcls"]
    names[f"vpc/{region}/default"] = arn(region, "vpc", vpc["VpcId"])
    names[f"network-acl/{region}/default"] = arn(region, "network-acl", acl["NetworkAclId"])
    (group,) = ec2.describe_security_groups()["SecurityGroups"]
    names[f"security-group/{region}/default"] = arn(region, "security-group", group["GroupId"])


def groups(ec2, vpc: str) -> dict[str, str]:
    names = {}
    everywhere = ec2.create_managed_prefix_list(
        PrefixListName="everywhere", MaxEntries=5, AddressFamily="IPv4", Entries=[{"Cidr": "0.0.0.0/0"}]
    )["PrefixList"]["PrefixListId"]
    lists = [rule("tcp", 3389, 3389, PrefixListIds=[{"PrefixListId": everywhere}])]
    for name, rules in (GROUPS | {"lists": lists}).items():
        id = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        ec2.authorize_security_group_ingress(GroupId=id, IpPermissions=rules)
        names[f"security-group/us-east-1/{name}"] = arn("us-east-1", "security-group", id)
    return names


def acls(ec2, vpc: str) -> dict[str, str]:
    names = {}
    for name, rules in ACLS.items():
        id = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
        for number, protocol, (first, last), source, action in rules:
            ec2.create_network_acl_entry(
                NetworkAclId=id,
                RuleNumber=number,
                Protocol=protocol,
                RuleAction=action,
                Egress=False,
                CidrBlock=source,
                PortRange={"From": first, "To": last},
            )
        names[f"network-acl/us-east-1/{name}"] = arn("us-east-1", "network-acl", id)
    return names


def peering(ec2, app: str, data: str) -> dict[str, str]:
    made = ec2.create_vpc_peering_connection(VpcId=app, PeerVpcId=data)["VpcPeeringConnection"]
    id = made["VpcPeeringConnectionId"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=id)
    (table,) = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [app]}])["RouteTables"]
    ec2.create_route(
        RouteTableId=table["RouteTableId"], DestinationCidrBlock="10.2.0.0/16", VpcPeeringConnectionId=id
    )
    return {"peering/us-east-1/app-data": arn("us-east-1", "vpc-peering-connection", id)}
