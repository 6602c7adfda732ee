"""A reverse proxy in front of moto that counts the calls it sees and lets rules answer, change or spoil them."""

import http.client
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import cbor
from moto_server import ACCOUNT_HEADER
from protocols import Answer, Call, error, read_call

# A rule answers a call. `forward` asks the rule below it, and at the bottom the server behind the proxy.
Rule = Callable[[Call, Callable[[], Answer]], Answer]

# What belongs to one connection and not to the answer that is passed on.
HOP_BY_HOP = {"connection", "content-length", "date", "server", "transfer-encoding"}


class Proxy:
    """Listens on a free port of the loopback interface from `start` to `stop`.

    `account` is the account that moto answers for, if not the one that it has without being told.
    """

    def __init__(self, upstream: str, account: str | None = None):
        self.upstream = urlsplit(upstream)
        self.account = account
        self.calls: list[Call] = []
        self._rules: list[tuple[str, str | None, Rule]] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> "Proxy":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, name: str, rule: Rule, region: str | None = None) -> None:
        """Puts a rule on top, for the operation `name` (`*` for every one), in one region or in all."""
        with self._lock:
            self._rules.append((name, region, rule))

    @contextmanager
    def rules(self, *rules: tuple):
        """The same for as long as the block lasts: `with proxy.rules(("iam:ListUsers", deny())):`."""
        with self._lock:
            before = list(self._rules)
        for rule in rules:
            self.add(*rule)
        try:
            yield self
        finally:
            with self._lock:
                self._rules = before

    @contextmanager
    def watch(self):
        """The list of calls made while the block lasts, in order of arrival."""
        with self._lock:
            self.calls = seen = []
        yield seen

    def answer(self, call: Call) -> Answer:
        with self._lock:
            self.calls.append(call)
            rules = [
                rule
                for name, region, rule in self._rules
                if name in ("*", call.name) and region in (None, call.region)
            ]
        forward = lambda: self._ask_upstream(call)  # noqa: E731
        for rule in rules:
            forward = (lambda rule, below: lambda: rule(call, below))(rule, forward)
        return forward()

    def _ask_upstream(self, call: Call) -> Answer:
        if call.protocol == "cbor":
            headers, body = cbor.as_json(call.service, call.operation, call.params)
            signed = {"authorization": call.headers["authorization"], "host": call.headers["host"]}
            answer = self._ask_upstream(replace(call, path="/", headers=headers | signed, body=body, protocol="json"))
            assert answer.status == 200, f"moto refuses {call.name}: {answer}"
            return Answer(200, cbor.of_json(call.service, call.operation, answer.body), cbor.HEADERS)
        connection = http.client.HTTPConnection(self.upstream.hostname, self.upstream.port, timeout=120)
        try:
            headers = {name: value for name, value in call.headers.items() if name not in HOP_BY_HOP}
            if self.account:
                headers[ACCOUNT_HEADER] = self.account
            connection.request(call.method, call.path, call.body, headers)
            response = connection.getresponse()
            kept = {name: value for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP}
            return Answer(response.status, response.read(), kept)
        finally:
            connection.close()

    def _handler(proxy) -> type:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body go out in two writes; with Nagle's algorithm the second waits 40 ms for the client.
            disable_nagle_algorithm = True

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                call = read_call(self.command, self.path, dict(self.headers.items()), body)
                try:
                    answer = proxy.answer(call)
                except Exception as problem:  # A broken rule must be seen as such, and not as a dropped connection.
                    answer = error(call, 500, "HarnessBroken", f"{type(problem).__name__}: {problem}")
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = handle_any

            def log_message(self, *_):
                pass

        return Handler


def count(calls: list[Call]) -> Counter:
    """How often each operation was called."""
    return Counter(call.name for call in calls)


def table(counts: Counter) -> str:
    """The counts for a person to read, the most frequent first."""
    rows = [f"{number:>7}  {name}" for name, number in counts.most_common()]
    return "\n".join([f"{'calls':>7}  operation", *rows, f"{counts.total():>7}  in all"])
