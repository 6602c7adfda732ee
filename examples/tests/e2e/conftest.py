"""Fixtures: moto with the proxy in front, the account seeded, the program to run against it."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import account
import faults
import program
import seed
import stubs
from alarms import seed_alarms
from complete import complete, read_details
from complete_2_to_5 import complete_2_to_5
from iam_pages import AuthorizationDetails
from expected_2_to_5 import SECTIONS
from moto_server import MotoServer
from networks import seed_networks
from other_accounts import BARE, LEAKY, seed_leaky
from program import Run
from proxy import Proxy
from reports import Report
from storage import seed_storage
from trails import seed_trails


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
def names(moto) -> dict[str, str]:
    """Seeds the account; the ARN of what AWS names itself, by our names."""
    named = seed.seed(moto.url) | seed_storage(moto.url) | seed_trails(moto.url) | seed_networks(moto.url)
    seed_alarms(moto.url)
    return named


@pytest.fixture(scope="session")
def details(moto, names) -> AuthorizationDetails:
    """What GetAccountAuthorizationDetails serves for the seeded account."""
    server = Proxy(moto.url).start()
    read = read_details(server)
    server.stop()
    return read


@pytest.fixture(scope="session")
def aws(moto, details, as_of) -> Proxy:
    """The proxy in front of the seeded account, with moto's gaps filled."""
    server = in_front_of(moto, details, as_of).start()
    yield server
    server.stop()


def in_front_of(moto: MotoServer, details: AuthorizationDetails, as_of: datetime) -> Proxy:
    server = Proxy(moto.url)
    complete(server, details, account.report_rows(as_of, **account.root_cells(as_of)), as_of)
    complete_2_to_5(server, as_of)
    return server


@pytest.fixture(scope="session")
def leaky(moto, as_of) -> Proxy:
    """The proxy in front of the account whose chains of section 4 are broken."""
    seed_leaky(moto.url)
    yield from proxy_of(LEAKY, moto, as_of)


@pytest.fixture(scope="session")
def bare(moto, as_of) -> Proxy:
    """The proxy in front of the account that nobody set up."""
    yield from proxy_of(BARE, moto, as_of)


def proxy_of(account_id: str, moto: MotoServer, as_of: datetime):
    server = Proxy(moto.url, account_id).start()
    server.add("ec2:DescribeRegions", stubs.regions(account.REGIONS))
    complete_2_to_5(server, as_of)
    yield server
    server.stop()


@pytest.fixture
def audit(tmp_path):
    """Runs the program: `audit("list", "--format", "json")`."""
    home = tmp_path / "home"
    home.mkdir()
    return lambda *arguments, env=None: program.run(home, *arguments, env=env)


@pytest.fixture(scope="session")
def scan(as_of, names):
    """Audits what a server answers for, in a folder, at the moment that the accounts are made for."""

    def run(
        home: Path,
        server: Proxy,
        *arguments: str,
        benchmark="2.0.0",
        select=("1.*",),
        regions=tuple(account.ACTIVE_REGIONS),
    ) -> Run:
        done = program.run(
            home,
            "live",
            *("--endpoint-url", server.url),
            *(word for region in regions for word in ("--region", region)),
            *("--benchmark", benchmark),
            *(word for one in select for word in ("--select", one)),
            *("--as-of", as_of.strftime("%Y-%m-%dT%H:%M:%SZ")),
            *("--format", "json"),
            *arguments,
        )
        assert done.code in (0, 1, 2) and done.stdout.startswith("{"), f"the scan gave no report: {done}"
        done.report = Report(json.loads(done.stdout), names)
        return done

    return run


@pytest.fixture
def live(scan, aws, tmp_path):
    """Audits the seeded account: `live(select=["1.19"]).report.statuses("1.19")`."""
    return lambda *arguments, server=aws, **options: scan(tmp_path, server, *arguments, **options)


@pytest.fixture(scope="session")
def side_by_side(scan, moto, details, as_of, tmp_path_factory):
    """Audits the seeded account with each of many lists of rules, several at once; gives the runs by the same names.

    A scan that meets a bad answer asks again, and spends most of its time waiting to. Each has a proxy of its own.
    """

    def one(home: Path, rules: list[tuple], options: dict) -> Run:
        server = in_front_of(moto, details, as_of).start()
        for rule in rules:
            server.add(*rule)
        try:
            return scan(home, server, **options)
        finally:
            server.stop()

    def run(rules: dict[Any, list[tuple]], **options) -> dict[Any, Run]:
        with ThreadPoolExecutor(max_workers=12) as pool:
            runs = {
                name: pool.submit(one, tmp_path_factory.mktemp("home"), some, options) for name, some in rules.items()
            }
            return {name: run.result() for name, run in runs.items()}

    return run


@pytest.fixture
def held():
    """A rule that lets a call wait until the test says so, or is over."""
    rule = faults.Held()
    yield rule
    rule.end()


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


@pytest.fixture
def infrastructure(live, remembered, aws, leaky, bare):
    """The report of sections 2 to 5 on one of three accounts, scanned once for each of them and each benchmark."""
    accounts = {"ours": aws, "leaky": leaky, "bare": bare}

    def report(account: str, benchmark: str) -> Report:
        if (account, benchmark) not in remembered:
            done = live(benchmark=benchmark, select=SECTIONS, server=accounts[account])
            remembered[account, benchmark] = done.report
        return remembered[account, benchmark]

    return report
