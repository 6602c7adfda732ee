"""Rules that spoil an answer, each in the shape in which it would arrive from AWS or from something in between."""

import json
import re
import threading

from protocols import Answer, Call, error, json_result
from proxy import Rule

DENIED = {
    "ec2": (403, "UnauthorizedOperation"),
    "json": (400, "AccessDeniedException"),
    "query": (403, "AccessDenied"),
    "rest-json": (403, "AccessDeniedException"),
}
EXPIRED = {
    "ec2": (400, "RequestExpired"),
    "json": (400, "ExpiredTokenException"),
    "query": (403, "ExpiredToken"),
    "rest-json": (403, "ExpiredTokenException"),
}
THROTTLED = {
    "access-analyzer": (429, "ThrottlingException"),
    "account": (429, "TooManyRequestsException"),
    "ec2": (503, "RequestLimitExceeded"),
    "iam": (400, "Throttling"),
    "organizations": (400, "TooManyRequestsException"),
    "sts": (400, "Throttling"),
}
SIGN_IN = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><p>Sign in to go on.</p></body></html>\n"
BROKEN = b"<html><body><h1>500 Internal Server Error</h1></body></html>"


def deny() -> Rule:
    """The caller has no permission for the operation."""

    def rule(call: Call, forward) -> Answer:
        status, code = DENIED[call.protocol]
        message = (
            f"User: arn:aws:iam::123456789012:user/auditor is not authorized to perform: {call.name} on resource: * "
            f"because no identity-based policy allows the {call.name} action"
        )
        return error(call, status, code, message)

    return rule


def expired() -> Rule:
    """The session's credentials ran out."""

    def rule(call: Call, forward) -> Answer:
        status, code = EXPIRED[call.protocol]
        return error(call, status, code, "The security token included in the request is expired")

    return rule


def fail(status: int, code: str, message: str) -> Rule:
    """Any modelled error."""
    return lambda call, forward: error(call, status, code, message)


def throttle(times: int | None = None) -> Rule:
    """Too many requests: the first `times` of them, or every one."""
    lock, left = threading.Lock(), [times]

    def rule(call: Call, forward) -> Answer:
        with lock:
            if left[0] == 0:
                return forward()
            if left[0] is not None:
                left[0] -= 1
        status, code = THROTTLED[call.service]
        return error(call, status, code, "Rate exceeded")

    return rule


def after(times: int, rule_then: Rule) -> Rule:
    """Leaves the first `times` answers alone and spoils the rest."""
    lock, left = threading.Lock(), [times]

    def rule(call: Call, forward) -> Answer:
        with lock:
            left[0] -= 1
            good = left[0] >= 0
        return forward() if good else rule_then(call, forward)

    return rule


def html_500() -> Rule:
    """A load balancer's error page."""
    return lambda call, forward: Answer(500, BROKEN, {"Content-Type": "text/html"})


def cut() -> Rule:
    """Status 200, and the body breaks off half-way with a Content-Length that fits."""

    def rule(call: Call, forward) -> Answer:
        answer = forward()
        return Answer(answer.status, answer.body[: len(answer.body) // 2], answer.headers)

    return rule


def foreign_page() -> Rule:
    """Status 200 with the sign-in page of a captive portal."""
    return lambda call, forward: Answer(200, SIGN_IN, {"Content-Type": "text/html"})


def foreign_answer() -> Rule:
    """Status 200 with the well-formed answer to another operation."""

    def rule(call: Call, forward) -> Answer:
        if call.protocol in ("query", "ec2"):
            xml = "<ListThingsResponse><ListThingsResult><Things/></ListThingsResult></ListThingsResponse>"
            return Answer(200, xml.encode(), {"Content-Type": "text/xml"})
        return json_result({"things": []})

    return rule


def hollow() -> Rule:
    """Status 200 and the right envelope, but nothing in it: not even the members that AWS always sends."""

    def rule(call: Call, forward) -> Answer:
        if call.protocol == "query":
            xml = f"<{call.operation}Response><{call.operation}Result/></{call.operation}Response>"
        elif call.protocol == "ec2":
            xml = f"<{call.operation}Response></{call.operation}Response>"
        else:
            return json_result({})
        return Answer(200, xml.encode(), {"Content-Type": "text/xml"})

    return rule


def repeat_page() -> Rule:
    """Every page ends with the same token, so that the list never ends."""

    def rule(call: Call, forward) -> Answer:
        answer = forward()
        text = answer.body.decode()
        if call.protocol == "query":
            end, token = f"</{call.operation}Result>", "<IsTruncated>true</IsTruncated><Marker>again</Marker>"
            text = re.sub(r"<Marker>[^<]*</Marker>|<IsTruncated>[^<]*</IsTruncated>", "", text)
            text = text.replace(end, token + end)
        elif call.protocol == "ec2":
            end, token = f"</{call.operation}Response>", "<nextToken>again</nextToken>"
            text = re.sub(r"<nextToken>[^<]*</nextToken>|<nextToken ?/>", "", text)
            text = text.replace(end, token + end)
        else:
            text = json.dumps(json.loads(text) | {"nextToken": "again"})
        return Answer(answer.status, text.encode(), answer.headers)

    return rule
