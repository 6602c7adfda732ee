"""Pages for the lists that moto sends whole: size and token as AWS has them in each protocol."""

import json
import re
from xml.etree import ElementTree

from protocols import Answer, Call
from proxy import Rule

TOKENS = ("Marker", "NextToken", "nextToken")

# The element or member that holds the list of each operation.
LISTS = {
    "access-analyzer:ListAnalyzers": "analyzers",
    "ec2:DescribeInstances": "reservationSet",
    "iam:ListServerCertificates": "ServerCertificateMetadataList",
    "iam:ListVirtualMFADevices": "VirtualMFADevices",
}


def paged(size: int) -> Rule:
    """Serves the answer of the rule below in pages of at most `size` items."""
    whole = {}

    def rule(call: Call, forward) -> Answer:
        # The rule below is asked once: it knows nothing of our tokens.
        if list_of(call) not in whole:
            whole[list_of(call)] = forward()
        answer = whole[list_of(call)]
        start = int(token_of(call) or 0)
        end = start + size
        if call.protocol == "rest-json":
            value = json.loads(answer.body)
            count = len(value[LISTS[call.name]])
            value[LISTS[call.name]] = value[LISTS[call.name]][start:end]
            page = Answer(answer.status, json.dumps(value).encode(), answer.headers)
        else:
            namespace = re.search(rb'xmlns="([^"]*)"', answer.body).group(1).decode()
            ElementTree.register_namespace("", namespace)
            root = ElementTree.fromstring(answer.body)
            parent = root.find(f".//{{{namespace}}}{LISTS[call.name]}")
            count = len(parent)
            for item in list(parent)[:start] + list(parent)[end:]:
                parent.remove(item)
            page = Answer(answer.status, ElementTree.tostring(root), answer.headers)
        return with_next_token(call, page, str(end)) if end < count else page

    return rule


def token_of(call: Call) -> str | None:
    """The token that a call asks for a later page with; None for the first page."""
    return next((call.params[name] for name in TOKENS if name in call.params), None)


def list_of(call: Call) -> tuple:
    """The same for every page of one list."""
    return (call.name, call.region, *sorted(item for item in call.params.items() if item[0] not in TOKENS))


def with_next_token(call: Call, answer: Answer, token: str) -> Answer:
    """The answer as a page that another one follows."""
    text = answer.body.decode()
    if call.protocol == "query":
        end, more = f"</{call.operation}Result>", f"<IsTruncated>true</IsTruncated><Marker>{token}</Marker>"
        text = re.sub(r"<Marker>[^<]*</Marker>|<IsTruncated>[^<]*</IsTruncated>", "", text)
        text = text.replace(end, more + end)
    elif call.protocol == "ec2":
        end, more = f"</{call.operation}Response>", f"<nextToken>{token}</nextToken>"
        text = re.sub(r"<nextToken>[^<]*</nextToken>|<nextToken ?/>", "", text)
        text = text.replace(end, more + end)
    else:
        text = json.dumps(json.loads(text) | {"nextToken": token})
    return Answer(answer.status, text.encode(), answer.headers)
