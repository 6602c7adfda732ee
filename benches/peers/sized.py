"""The account of the end-to-end tests, with more users, roles, buckets and security groups beside what is in it."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

import account
import networks
import seed
import storage
from account import DAY, Key, Password, User
from alarms import PATTERNS, Chain, broken, seed_alarms
from complete import complete, read_details
from complete_2_to_5 import answered, changed, complete_2_to_5
from moto_server import MotoServer
from protocols import Answer, Call, ec2_result, json_result, query_result
from proxy import Proxy, Rule
from trails import seed_trails


@dataclass(frozen=True)
class Size:
    """How many there are beside those of the tests' account; security groups in each of three regions."""

    users: int
    roles: int
    buckets: int
    groups: int


SIZES = {
    "small": Size(users=10, roles=10, buckets=10, groups=10),
    "medium": Size(users=100, roles=100, buckets=100, groups=100),
    "large": Size(users=500, roles=500, buckets=500, groups=500),
}

# How many users the tests' account has.
ITS_OWN = len(account.USERS)

# In turn: nothing, a console user as must be, one without MFA, a key as must be, an old one, two, a forgotten password.
USERS = (
    User(""),
    User("", password=Password(changed=30 * DAY, used=DAY)),
    User("", password=Password(changed=30 * DAY, used=DAY, mfa=False)),
    User("", keys=(Key(20 * DAY, DAY),)),
    User("", keys=(Key(200 * DAY, DAY),)),
    User("", keys=(Key(20 * DAY, DAY), Key(30 * DAY, DAY))),
    User("", password=Password(changed=300 * DAY, used=200 * DAY)),
)


def users(count: int) -> list[User]:
    return [
        User(f"user-{n:05}", created=400 * DAY, password=kind.password, keys=kind.keys)
        for n, kind in ((n, USERS[n % len(USERS)]) for n in range(count))
    ]


def buckets(s3, count: int) -> None:
    """In turn: nothing, HTTP denied, no public access, both and versions."""
    for n in range(count):
        name = f"bucket-{n:05}"
        s3.create_bucket(Bucket=name)
        if n % 4 in (1, 3):
            s3.put_bucket_policy(Bucket=name, Policy=seed.document(storage.deny_http(name)))
        if n % 4 in (2, 3):
            s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=storage.EVERYTHING_BLOCKED)
        if n % 4 == 3:
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def groups(ec2, region: str, count: int) -> dict[str, str]:
    """The kinds of `networks.GROUPS` in turn, in the default VPC of a region."""
    names = {}
    kinds = {kind: rules for kind, rules in networks.GROUPS.items() if rules}
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    for n in range(count):
        kind = list(kinds)[n % len(kinds)]
        made = ec2.create_security_group(GroupName=f"{kind}-{n}", Description="one of many", VpcId=vpc["VpcId"])
        ec2.authorize_security_group_ingress(GroupId=made["GroupId"], IpPermissions=kinds[kind])
        names[f"security-group/{region}/{kind}-{n}"] = networks.arn(region, "security-group", made["GroupId"])
    return names


def chains() -> dict[str, Chain]:
    """Every second chain of section 4 whole, the others each broken at another link."""
    bad = broken(account.ACCOUNT)
    return {
        id: Chain(pattern) if n % 2 == 0 else bad[id] for n, (id, pattern) in enumerate(PATTERNS.items())
    }


def seeded(moto: MotoServer, size: Size, as_of: datetime) -> tuple[Proxy, dict[str, str]]:
    """A proxy in front of the seeded account, and our names by ARN of what AWS names itself."""
    # `seed` and the credential report look at this list.
    account.USERS[ITS_OWN:] = users(size.users)
    url = moto.url
    names = seed.seed(url) | storage.seed_storage(url) | seed_trails(url) | networks.seed_networks(url)
    seed_alarms(url, chains=chains())
    seed.seed_many(url, users=0, roles=size.roles)
    buckets(seed.client(url, "s3"), size.buckets)
    for region in account.ACTIVE_REGIONS:
        names |= groups(seed.client(url, "ec2", region), region, size.groups)
    reading = Proxy(url).start()
    details = read_details(reading)
    reading.stop()
    proxy = Proxy(url)
    what_prowler_asks(proxy)
    complete(proxy, details, account.report_rows(as_of, **account.root_cells(as_of)), as_of)
    complete_2_to_5(proxy, as_of)
    proxy.add("iam:ListUsers", signed_in(as_of))
    return proxy, {arn: name for name, arn in names.items()}


def what_prowler_asks(proxy: Proxy) -> None:
    """Adds answers to what Prowler alone asks and moto lacks, so that it neither tries again nor loses a row by it."""
    standard = "arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0"
    proxy.add("*", nothing_instead_of_a_page)
    job = lambda call, forward: query_result(call, "<JobId>examplee-1e61-c50b-6e8b-example00000</JobId>")  # noqa: E731
    proxy.add("iam:GenerateServiceLastAccessedDetails", job)
    done = "<JobStatus>COMPLETED</JobStatus><ServicesLastAccessed/>"
    proxy.add("iam:GetServiceLastAccessedDetails", lambda call, forward: query_result(call, done))
    rules = {
        "access-analyzer:ListFindings": {"findings": []},
        "securityhub:GetEnabledStandards": {"StandardsSubscriptions": [{"StandardsArn": standard}]},
        "securityhub:ListEnabledProductsForImport": {"ProductSubscriptions": []},
        "securityhub:ListOrganizationAdminAccounts": {"AdminAccounts": []},
    }
    for name, members in rules.items():
        proxy.add(name, answered(**members))
    # moto looks for entities among the first hundred of the account alone.
    all_of_them = lambda call, forward: proxy._ask_upstream(replace(call, body=call.body + b"&MaxItems=1000"))  # noqa: E731
    proxy.add("iam:ListEntitiesForPolicy", all_of_them)
    proxy.add("kms:DescribeKey", changed(lambda call, value: value["KeyMetadata"].update(MultiRegion=False)))


def nothing_instead_of_a_page(call: Call, forward) -> Answer:
    """An empty answer where moto sends a page about an error of its own, which clients take for a fault and ask again."""
    answer = forward()
    if not answer.body[:15].lower().startswith(b"<!doctype html>"):
        return answer
    if call.protocol == "ec2":
        return ec2_result(call, "")
    return query_result(call, "") if call.protocol == "query" else json_result({})


def signed_in(as_of: datetime) -> Rule:
    """iam:ListUsers with the last sign-in of each user as the credential report has it; moto knows of none."""
    last = {user.name: as_of - user.password.used for user in account.USERS if user.password and user.password.used}

    def with_time(member: re.Match) -> str:
        name = re.search("<UserName>([^<]*)", member[0])[1]
        moment = last.get(name)
        return member[0] + (f"<PasswordLastUsed>{moment:%Y-%m-%dT%H:%M:%SZ}</PasswordLastUsed>" if moment else "")

    def rule(call: Call, forward) -> Answer:
        answer = forward()
        text = re.sub(r"<member>(?:(?!</member>).)*?</Arn>", with_time, answer.body.decode(), flags=re.DOTALL)
        return Answer(answer.status, text.encode(), answer.headers)

    return rule
