"""Rules that answer as AWS does where moto has nothing or something else."""

import re

from protocols import Answer, Call, json_result
from proxy import Rule


def contact_information(**fields: str) -> Rule:
    """account:GetContactInformation, which moto lacks."""
    return lambda call, forward: json_result({"ContactInformation": fields})


def analyzers(by_region: dict[str, list[dict]]) -> Rule:
    """access-analyzer:ListAnalyzers, which moto lacks. Each analyzer is given as name, type and status."""

    def rule(call: Call, forward) -> Answer:
        rows = [
            {
                "arn": f"arn:aws:access-analyzer:{call.region}:123456789012:analyzer/{one['name']}",
                "createdAt": "2024-02-03T04:05:06Z",
                "tags": {},
                **one,
            }
            for one in by_region.get(call.region, [])
            if call.params.get("type") in (None, one["type"])
        ]
        return json_result({"analyzers": rows})

    return rule


def regions(opt_in_status: dict[str, str]) -> Rule:
    """ec2:DescribeRegions for a small world; moto knows nearly forty regions and can't be told otherwise."""

    def rule(call: Call, forward) -> Answer:
        named = {value for key, value in call.params.items() if key.startswith("RegionName.")}
        filtered = {value for key, value in call.params.items() if re.fullmatch(r"Filter\.1\.Value\.\d+", key)}
        everything = call.params.get("AllRegions") == "true"
        items = "".join(
            f"<item><regionName>{name}</regionName><regionEndpoint>ec2.{name}.amazonaws.com</regionEndpoint>"
            f"<optInStatus>{status}</optInStatus></item>"
            for name, status in opt_in_status.items()
            if (everything or status != "not-opted-in")
            and (not named or name in named)
            and (not filtered or status in filtered)
        )
        xml = (
            '<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
            f"<requestId>00000000-0000-4000-8000-000000000000</requestId><regionInfo>{items}</regionInfo>"
            "</DescribeRegionsResponse>"
        )
        return Answer(200, xml.encode(), {"Content-Type": "text/xml;charset=UTF-8"})

    return rule


def summary(**values: int | None) -> Rule:
    """iam:GetAccountSummary with some entries set, or left out where None; moto says nothing of the root user."""

    def rule(call: Call, forward) -> Answer:
        answer = forward()
        text = answer.body.decode()
        for key, value in values.items():
            text = re.sub(rf"<entry>\s*<key>{key}</key>\s*<value>\d+</value>\s*</entry>", "", text)
            if value is not None:
                entry = f"<entry><key>{key}</key><value>{value}</value></entry>"
                text = text.replace("</SummaryMap>", f"{entry}</SummaryMap>")
        return Answer(answer.status, text.encode(), answer.headers)

    return rule


def certificate_dates(expiry: dict[str, str]) -> Rule:
    """iam:ListServerCertificates with an expiry by name; to moto every certificate expired in 2012."""

    def rule(call: Call, forward) -> Answer:
        answer = forward()
        text = answer.body.decode()
        for name, moment in expiry.items():
            text = re.sub(
                rf"(<ServerCertificateName>{name}</ServerCertificateName>(?:(?!</member>).)*<Expiration>)[^<]*",
                rf"\g<1>{moment}",
                text,
                flags=re.DOTALL,
            )
        return Answer(answer.status, text.encode(), answer.headers)

    return rule


def virtual_mfa_devices(*more: str) -> Rule:
    """iam:ListVirtualMFADevices without the secrets that moto shows, and with more devices as XML members."""

    def rule(call: Call, forward) -> Answer:
        answer = forward()
        text = answer.body.decode()
        text = re.sub(r"<(Base32StringSeed|QRCodePNG)>[^<]*</\1>", "", text)
        text = text.replace("<VirtualMFADevices/>", "<VirtualMFADevices></VirtualMFADevices>")
        text = text.replace("</VirtualMFADevices>", "".join(more) + "</VirtualMFADevices>")
        return Answer(answer.status, text.encode(), answer.headers)

    return rule


def root_virtual_mfa(serial: str, user_arn: str | None = "arn:aws:iam::123456789012:root") -> str:
    """A virtual device of the root user as a member for `virtual_mfa_devices`."""
    user = f"<User><Arn>{user_arn}</Arn><UserId>123456789012</UserId></User>" if user_arn else ""
    return f"<member><SerialNumber>{serial}</SerialNumber>{user}<EnableDate>2024-02-03T04:05:06Z</EnableDate></member>"
