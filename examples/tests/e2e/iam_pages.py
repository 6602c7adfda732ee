"""GetAccountAuthorizationDetails with AWS's paging and filters, which moto ignores.

moto also hands out every AWS managed policy, attached or not, and leaves trust policies unencoded; AWS does neither.
"""

import re
from dataclasses import dataclass, replace
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from protocols import Answer, Call, error, query_result

# The lists of an answer in the order in which pages fill them, each with the filter values that ask for it.
LISTS = {
    "UserDetailList": ("User",),
    "GroupDetailList": ("Group",),
    "RoleDetailList": ("Role",),
    "Policies": ("LocalManagedPolicy", "AWSManagedPolicy"),
}


@dataclass(frozen=True)
class Entity:
    """One member of one list: its filter value, ARN and XML."""

    list: str
    kind: str
    arn: str
    xml: str


@dataclass(frozen=True)
class AuthorizationDetails:
    """A rule for the proxy that serves these entities, in pages that may be shorter than asked for, as AWS's may."""

    entities: tuple[Entity, ...]
    largest_page: int = 1000

    @staticmethod
    def read(answer: bytes) -> "AuthorizationDetails":
        """From moto's answer to an unfiltered call."""
        root = ElementTree.fromstring(re.sub(rb' xmlns="[^"]*"', b"", answer))
        entities = []
        for name in LISTS:
            for member in root.find(f".//{name}"):
                arn = member.findtext("Arn")
                if arn.startswith("arn:aws:iam::aws:") and member.findtext("AttachmentCount") == "0":
                    continue
                for document in member.iter("AssumeRolePolicyDocument"):
                    document.text = quote(document.text, safe="")
                xml = ElementTree.tostring(member, encoding="unicode")
                entities.append(Entity(name, kind_of(name, arn), arn, xml))
        return AuthorizationDetails(tuple(entities))

    def without(self, *arns: str) -> "AuthorizationDetails":
        """The same without some entities."""
        return replace(self, entities=tuple(one for one in self.entities if one.arn not in arns))

    def changed(self, arn: str, old: str, new: str) -> "AuthorizationDetails":
        """The same with a piece of one entity's XML replaced."""
        (entity,) = [one for one in self.entities if one.arn == arn]
        assert old in entity.xml, f"{arn} has no {old!r}: {entity.xml}"
        changed = replace(entity, xml=entity.xml.replace(old, new))
        return replace(self, entities=tuple(changed if one.arn == arn else one for one in self.entities))

    def plus(self, *entities: Entity) -> "AuthorizationDetails":
        """The same with more entities."""
        return replace(self, entities=self.entities + entities)

    def in_pages_of(self, size: int) -> "AuthorizationDetails":
        """The same with short pages."""
        return replace(self, largest_page=size)

    def __call__(self, call: Call, forward) -> Answer:
        wanted = {value for key, value in call.params.items() if key.startswith("Filter.member.")}
        size = int(call.params.get("MaxItems", 100))
        if not 1 <= size <= 1000:
            return error(call, 400, "ValidationError", f"Value '{size}' at 'maxItems' must be between 1 and 1000")
        size = min(size, self.largest_page)
        start = int(call.params.get("Marker", 0))
        all_wanted = [one for one in self.entities if not wanted or one.kind in wanted]
        page = all_wanted[start : start + size]
        lists = "".join(
            f"<{name}>{''.join(one.xml for one in page if one.list == name)}</{name}>" for name in LISTS
        )
        if start + size < len(all_wanted):
            end = f"<IsTruncated>true</IsTruncated><Marker>{start + size}</Marker>"
        else:
            end = "<IsTruncated>false</IsTruncated>"
        return query_result(call, lists + end)


def kind_of(list_name: str, arn: str) -> str:
    if list_name == "Policies":
        return "AWSManagedPolicy" if arn.startswith("arn:aws:iam::aws:") else "LocalManagedPolicy"
    return LISTS[list_name][0]


def user(name: str, attached: tuple[str, ...] = ()) -> Entity:
    """A user with managed policies attached."""
    arn = f"arn:aws:iam::123456789012:user/{name}"
    policies = "".join(
        f"<member><PolicyName>{one.rpartition('/')[2]}</PolicyName><PolicyArn>{escape(one)}</PolicyArn></member>"
        for one in attached
    )
    xml = (
        f"<member><Path>/</Path><UserName>{escape(name)}</UserName><UserId>AIDA{abs(hash(name)) % 10**16:016d}</UserId>"
        f"<Arn>{escape(arn)}</Arn><CreateDate>2020-01-01T00:00:00Z</CreateDate><UserPolicyList/><GroupList/>"
        f"<AttachedManagedPolicies>{policies}</AttachedManagedPolicies></member>"
    )
    return Entity("UserDetailList", "User", arn, xml)
