"""Starts moto and the proxy, seeds the account, and runs the program against it."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import socket

import pytest

import account
import credential_report
import seed
import stubs
from iam_pages import AuthorizationDetails
from proxy import Proxy
from reports import Report
import faults

WORKSPACE = Path(__file__).resolve().parents[3]
AUDIT = WORKSPACE / os.environ.get("AUDIT_BIN", "target/debug/audit")


class Moto:
    """A moto server in a process of its own."""

    def __init__(self, log: Path):
        with socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._log = log
        self._process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            env=os.environ | {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "MOTO_EC2_LOAD_DEFAULT_AMIS": "false"},
            stdout=log.open("w"),
            stderr=subprocess.STDOUT,
        )
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert self._process.poll() is None, f"moto ended at once:\n{self._log.read_text()}"
            try:
                urllib.request.urlopen(f"{self.url}/moto-api/", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        raise TimeoutError(f"moto did not answer within 60 s:\n{self._log.read_text()}")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)


@pytest.fixture(scope="session")
def as_of() -> datetime:
    """The moment that the seeded account is made for: ages of keys and certificates are exact at this second."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="session")
def moto(tmp_path_factory):
    server = Moto(tmp_path_factory.mktemp("moto") / "log")
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
    seen = []
    with proxy.rules(("iam:GetAccountAuthorizationDetails", lambda call, forward: seen.append(forward()) or seen[0])):
        seed.client(proxy.url, "iam").get_account_authorization_details()
    return AuthorizationDetails.read(seen[0].body)


@pytest.fixture(scope="session")
def aws(proxy, details, as_of) -> Proxy:
    """The proxy in front of the seeded account, with moto's gaps filled."""
    install(proxy, details, account.report_rows(as_of, **account.root_cells(as_of)), as_of)
    return proxy


def install(proxy: Proxy, details: AuthorizationDetails, rows: list[dict], as_of: datetime) -> None:
    """Puts everything that moto lacks or gets wrong in front of it."""
    generated_at = as_of - timedelta(minutes=10)
    expiry = {
        "expired": (as_of - account.SECOND).isoformat(),
        "on-the-second": as_of.isoformat(),
        "valid": (as_of + 90 * account.DAY).isoformat(),
    }
    root = {"AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0, "AccountPasswordPresent": 1}
    proxy.add("iam:GetAccountAuthorizationDetails", details)
    proxy.add("iam:GenerateCredentialReport", credential_report.generated())
    proxy.add("iam:GetCredentialReport", credential_report.served(rows, generated_at))
    proxy.add("iam:GetAccountSummary", stubs.summary(**root))
    proxy.add("iam:ListServerCertificates", stubs.certificate_dates(expiry))
    proxy.add("iam:ListVirtualMFADevices", stubs.virtual_mfa_devices())
    proxy.add(
        "iam:ListOrganizationsFeatures",
        faults.fail(400, "ServiceAccessNotEnabledException", "Trusted access is not enabled for IAM."),
    )
    proxy.add("account:GetContactInformation", stubs.contact_information(**account.CONTACT))
    proxy.add("access-analyzer:ListAnalyzers", stubs.analyzers(account.ANALYZERS))
    proxy.add("ec2:DescribeRegions", stubs.regions(account.REGIONS))


class Run:
    """What one run of the program left behind."""

    def __init__(self, code: int, stdout: str, stderr: str):
        self.code, self.stdout, self.stderr = code, stdout, stderr

    def __repr__(self):
        return f"exit code {self.code}\nstdout: {self.stdout[:2000]!r}\nstderr: {self.stderr[:2000]!r}"


@pytest.fixture
def audit(tmp_path):
    """Runs the program: `audit("list", "--format", "json")`. Nothing of the machine's own AWS set-up reaches it."""

    def run(*arguments: str, env: dict | None = None, timeout: float = 120) -> Run:
        assert AUDIT.is_file(), f"no program at {AUDIT}: build it with `cargo build -p cis-examples --features live`"
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        clean = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
        }
        variables = {name: value for name, value in (clean | (env or {})).items() if value is not None}
        done = subprocess.run(
            [AUDIT, *map(str, arguments)], env=variables, capture_output=True, text=True, timeout=timeout, cwd=home
        )
        return Run(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def live(audit, aws, as_of, instances):
    """Audits the seeded account at the moment it is made for: `live("--select", "1.19").report.statuses("1.19")`."""

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
        assert done.code in (0, 1, 2), f"the scan did not run: {done}"
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
            remembered[benchmark] = live(benchmark=benchmark)
        return remembered[benchmark].report

    return report
