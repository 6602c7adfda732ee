"""What AWS's protocols look like on the wire: which operation a request calls, and how each protocol words an error."""

import json
import re
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import botocore.loaders

import cbor

# Where the service of a SigV4 credential scope has another name in the AWS CLI.
SIGNED_AS = {"elasticfilesystem": "efs", "monitoring": "cloudwatch"}
# Where a service has another name in botocore.
BOTOCORE_NAMES = {"access-analyzer": "accessanalyzer"}

XMLNS = {
    "ec2": "http://ec2.amazonaws.com/doc/2016-11-15/",
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
    "rds": "http://rds.amazonaws.com/doc/2014-10-31/",
    "sns": "http://sns.amazonaws.com/doc/2010-03-31/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}
REQUEST_ID = "5f2b1b6a-0c5e-4d6f-9b1e-7a1d3c2e4f60"


@dataclass(frozen=True)
class Call:
    """One request to AWS. `name` is `service:Operation`, the service as it signs, but under its name in the CLI."""

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
    service = SIGNED_AS.get(service, service)
    if service == "s3" and path.startswith("/v20180820/"):
        service = "s3control"
    target = headers.get("x-amz-target")
    form = {}
    if "x-www-form-urlencoded" in headers.get("content-type", ""):
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    if target:
        operation, protocol, params = target.rpartition(".")[2], "json", json.loads(body or b"{}")
    elif "Action" in form:
        operation, protocol, params = form["Action"], "ec2" if service == "ec2" else "query", form
    elif "cbor" in headers.get("smithy-protocol", ""):
        operation, protocol, params = path.rpartition("/")[2], "cbor", cbor.decode(body)
    else:
        query = dict(parse_qsl(path.partition("?")[2], keep_blank_values=True))
        operation = rest_operation(service, method, path.partition("?")[0], query)
        if service in ("s3", "s3control"):
            protocol, params = "rest-xml", query
        else:
            protocol, params = "rest-json", query | (json.loads(body) if body else {})
    return Call(method, path, headers, body, service, region, operation, protocol, params)


def rest_operation(service: str, method: str, path: str, query: dict) -> str:
    """The operation behind a REST path, from botocore's model: the one that asks for most of the query."""
    # With path style a bucket's own path may end with a slash.
    path = path.rstrip("/") or "/"
    found = [
        (len(wanted), operation)
        for pattern, verb, wanted, operation in rest_routes(service)
        if verb == method and pattern.fullmatch(path) and wanted <= set(query)
    ]
    return max(found, key=lambda route: route[0])[1] if found else f"{method} {path}"


@cache
def rest_routes(service: str) -> tuple:
    try:
        model = botocore.loaders.Loader().load_service_model(BOTOCORE_NAMES.get(service, service), "service-2")
    except botocore.exceptions.UnknownServiceError:
        return ()
    routes = []
    for operation, shape in model["operations"].items():
        template, _, query = shape["http"]["requestUri"].partition("?")
        wanted = frozenset(name for name, _ in parse_qsl(query, keep_blank_values=True))
        pattern = "".join(
            (".+" if part.endswith("+}") else "[^/]+") if part.startswith("{") else re.escape(part)
            for part in re.split(r"(\{[^}]*\})", template)
        )
        routes.append((re.compile(pattern), shape["http"]["method"], wanted, operation))
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
    if call.protocol == "rest-xml":
        xml = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        if call.service == "s3control":
            xml = f"<ErrorResponse>{xml}<RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
        xml = f'<?xml version="1.0" encoding="UTF-8"?>\n{xml}'
        return Answer(status, xml.encode(), {"Content-Type": "application/xml"})
    if call.protocol == "cbor":
        body = cbor.encode_error(f"com.amazonaws.{call.service}#{code}", message)
        return Answer(status, body, cbor.HEADERS)
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


def ec2_result(call: Call, result: str) -> Answer:
    """A successful answer of EC2 around the XML of its result."""
    name = call.operation
    xml = (
        f'<{name}Response xmlns="{XMLNS["ec2"]}"><requestId>{REQUEST_ID}</requestId>{result}</{name}Response>'
    )
    return Answer(200, xml.encode(), {"Content-Type": "text/xml;charset=UTF-8"})


def json_result(value: object) -> Answer:
    """A successful answer of the JSON protocols."""
    return Answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})
