"""Rules that spoil an answer, each in the shape in which it would arrive from AWS or from something in between."""

import threading
from collections.abc import Callable

import cbor
from paging import list_of, token_of, with_next_token
from protocols import Answer, Call, error, json_result
from proxy import Rule

DENIED = {
    "cbor": (403, "AccessDenied"),
    "ec2": (403, "UnauthorizedOperation"),
    "json": (400, "AccessDeniedException"),
    "query": (403, "AccessDenied"),
    "rest-json": (403, "AccessDeniedException"),
    "rest-xml": (403, "AccessDenied"),
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


def where(concerned: Callable[[Call], bool], spoil: Rule) -> Rule:
    """Spoils the answers to some calls and leaves the rest alone."""
    return lambda call, forward: spoil(call, forward) if concerned(call) else forward()


def expired() -> Rule:
    """The session's credentials ran out."""

    def rule(call: Call, forward) -> Answer:
        status, code = EXPIRED[call.protocol]
        return error(call, status, code, "The security token included in the request is expired")

    return rule


def fail(status: int, code: str, message: str) -> Rule:
    """Any modelled error."""
    return lambda call, forward: error(call, status, code, message)


def throttle() -> Rule:
    """Too many requests."""

    def rule(call: Call, forward) -> Answer:
        status, code = THROTTLED[call.service]
        return error(call, status, code, "Rate exceeded")

    return rule


def first(times: int, spoil: Rule) -> Rule:
    """Spoils the first `times` answers and leaves the rest alone."""
    lock, seen = threading.Lock(), [0]

    def rule(call: Call, forward) -> Answer:
        with lock:
            seen[0] += 1
            early = seen[0] <= times
        return spoil(call, forward) if early else forward()

    return rule


def after(times: int, spoil: Rule) -> Rule:
    """Leaves the first `times` answers alone and spoils the rest."""
    lock, seen = threading.Lock(), [0]

    def rule(call: Call, forward) -> Answer:
        with lock:
            seen[0] += 1
            early = seen[0] <= times
        return forward() if early else spoil(call, forward)

    return rule


class Held:
    """A rule that lets a call wait until the test is over."""

    def __init__(self):
        self.reached, self._go_on = threading.Event(), threading.Event()

    def __call__(self, call, forward):
        self.reached.set()
        self._go_on.wait(60)
        return forward()

    def end(self):
        self._go_on.set()


def html_500() -> Rule:
    """A load balancer's error page."""
    return lambda call, forward: Answer(500, BROKEN, {"Content-Type": "text/html"})


def cut() -> Rule:
    """Status 200, and the body breaks off half-way with a Content-Length that fits. Errors come whole."""

    def rule(call: Call, forward) -> Answer:
        answer = forward()
        if answer.status != 200:
            return answer
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
        elif call.protocol == "cbor":
            return Answer(200, b"\xa0", dict(cbor.HEADERS))
        else:
            return json_result({})
        return Answer(200, xml.encode(), {"Content-Type": "text/xml"})

    return rule


def repeat_page() -> Rule:
    """The first page again and again, each time with the same token for the next."""
    first = {}

    def rule(call: Call, forward) -> Answer:
        if list_of(call) not in first:
            first[list_of(call)] = with_next_token(call, forward(), "again")
        return first[list_of(call)]

    return rule


def later_pages(spoil: Rule) -> Rule:
    """Leaves first pages alone and spoils those that are asked for by a token."""

    def rule(call: Call, forward) -> Answer:
        return spoil(call, forward) if token_of(call) else forward()

    return rule
