"""Fixtures: moto with the proxy in front, the account seeded, the program to run against it."""

import json
from datetime import UTC, datetime

import pytest

import account
import program
import seed
from complete import complete, read_details
from iam_pages import AuthorizationDetails
from moto_server import MotoServer
from program import Run
from proxy import Proxy
from reports import Report


@pytest.fixture(scope="session")
def as_of() -> datetime:
    """The moment that the seeded account is made for: ages of keys and certificates are exact at this second."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="session")
def moto(tmp_path_factory):
    server = MotoServer(tmp_path_factory.mktemp("moto") / "log")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def proxy(moto):
    server = Proxy(moto.url).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def instances(moto) -> dict[str, str]:
    """Seeds the account; the ARN of every instance by region and name."""
    return seed.seed(moto.url)


@pytest.fixture(scope="session")
def details(proxy, instances) -> AuthorizationDetails:
    """What GetAccountAuthorizationDetails serves for the seeded account."""
    return read_details(proxy)


@pytest.fixture(scope="session")
def aws(proxy, details, as_of) -> Proxy:
    """The proxy in front of the seeded account, with moto's gaps filled."""
    complete(proxy, details, account.report_rows(as_of, **account.root_cells(as_of)), as_of)
    return proxy


@pytest.fixture
def audit(tmp_path):
    """Runs the program: `audit("list", "--format", "json")`."""
    home = tmp_path / "home"
    home.mkdir()
    return lambda *arguments, env=None: program.run(home, *arguments, env=env)


@pytest.fixture
def live(audit, aws, as_of, instances):
    """Audits the seeded account at the moment it is made for: `live(select=["1.19"]).report.statuses("1.19")`."""

    def run(*arguments: str, benchmark="2.0.0", select=("1.*",), regions=tuple(account.ACTIVE_REGIONS)) -> Run:
        done = audit(
            "live",
            *("--endpoint-url", aws.url),
            *(word for region in regions for word in ("--region", region)),
            *("--benchmark", benchmark),
            *(word for one in select for word in ("--select", one)),
            *("--as-of", as_of.strftime("%Y-%m-%dT%H:%M:%SZ")),
            *("--format", "json"),
            *arguments,
        )
        assert done.code in (0, 1, 2) and done.stdout.startswith("{"), f"the scan gave no report: {done}"
        done.report = Report(json.loads(done.stdout), instances)
        return done

    return run


@pytest.fixture(scope="session")
def remembered() -> dict:
    return {}


@pytest.fixture
def baseline(live, remembered):
    """The report of the seeded account with nothing in the way, scanned once for each benchmark."""

    def report(benchmark: str) -> Report:
        if benchmark not in remembered:
            remembered[benchmark] = live(benchmark=benchmark).report
        return remembered[benchmark]

    return report
