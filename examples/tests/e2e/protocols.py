"""What AWS's protocols look like on the wire: which operation a request calls, and how each protocol words an error."""

import json
import re
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import botocore.loaders

# Where the service of a SigV4 credential scope has another name in botocore.
BOTOCORE_NAMES = {"access-analyzer": "accessanalyzer"}

XMLNS = {
    "ec2": "http://ec2.amazonaws.com/doc/2016-11-15/",
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}
REQUEST_ID = "5f2b1b6a-0c5e-4d6f-9b1e-7a1d3c2e4f60"


@dataclass(frozen=True)
class Call:
    """One request to AWS. `name` is `service:Operation`, the service named as IAM actions name it."""

    method: str
    path: str
    headers: dict
    body: bytes
    service: str
    region: str
    operation: str
    protocol: str
    params: dict

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass
class Answer:
    """One response. The proxy sets Content-Length, so that a shortened body still arrives whole."""

    status: int
    body: bytes
    headers: dict = field(default_factory=dict)


def read_call(method: str, path: str, headers: dict, body: bytes) -> Call:
    """The call that a signed request makes."""
    headers = {name.lower(): value for name, value in headers.items()}
    scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request", headers.get("authorization", ""))
    region, service = scope.groups() if scope else ("", "unsigned")
    target = headers.get("x-amz-target")
    form = {}
    if "x-www-form-urlencoded" in headers.get("content-type", ""):
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    if target:
        operation, protocol, params = target.rpartition(".")[2], "json", json.loads(body or b"{}")
    elif "Action" in form:
        operation, protocol, params = form["Action"], "ec2" if service == "ec2" else "query", form
    else:
        operation, protocol = rest_operation(service, method, path.partition("?")[0]), "rest-json"
        params = dict(parse_qsl(path.partition("?")[2])) | (json.loads(body) if body else {})
    return Call(method, path, headers, body, service, region, operation, protocol, params)


def rest_operation(service: str, method: str, path: str) -> str:
    """The operation behind a REST path, from botocore's model of the service."""
    for pattern, verb, operation in rest_routes(service):
        if verb == method and pattern.fullmatch(path):
            return operation
    return f"{method} {path}"


@cache
def rest_routes(service: str) -> tuple:
    try:
        model = botocore.loaders.Loader().load_service_model(BOTOCORE_NAMES.get(service, service), "service-2")
    except botocore.exceptions.UnknownServiceError:
        return ()
    routes = []
    for operation, shape in model["operations"].items():
        template = shape["http"]["requestUri"].partition("?")[0]
        pattern = "".join(
            (".+" if part.endswith("+}") else "[^/]+") if part.startswith("{") else re.escape(part)
            for part in re.split(r"(\{[^}]*\})", template)
        )
        routes.append((re.compile(pattern), shape["http"]["method"], operation))
    return tuple(routes)


def error(call: Call, status: int, code: str, message: str) -> Answer:
    """An error as the service behind the call would send it."""
    if call.protocol == "ec2":
        xml = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Response><Errors><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error></Errors>"
            f"<RequestID>{REQUEST_ID}</RequestID></Response>"
        )
        return Answer(status, xml.encode(), {"Content-Type": "text/xml;charset=UTF-8"})
    if call.protocol == "query":
        kind = "Sender" if status < 500 else "Receiver"
        xml = (
            f'<ErrorResponse xmlns="{XMLNS[call.service]}"><Error><Type>{kind}</Type><Code>{code}</Code>'
            f"<Message>{escape(message)}</Message></Error><RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
        )
        return Answer(status, xml.encode(), {"Content-Type": "text/xml"})
    if call.protocol == "json":
        body = json.dumps({"__type": code, "Message": message}).encode()
        return Answer(status, body, {"Content-Type": "application/x-amz-json-1.1"})
    body = json.dumps({"message": message}).encode()
    return Answer(status, body, {"Content-Type": "application/json", "x-amzn-ErrorType": code})


def query_result(call: Call, result: str) -> Answer:
    """A successful answer of the query protocol around the XML of its result."""
    name = call.operation
    xml = (
        f'<{name}Response xmlns="{XMLNS[call.service]}"><{name}Result>{result}</{name}Result>'
        f"<ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></{name}Response>"
    )
    return Answer(200, xml.encode(), {"Content-Type": "text/xml"})


def json_result(value: object) -> Answer:
    """A successful answer of the JSON protocols."""
    return Answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})
