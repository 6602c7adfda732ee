"""Runs Prowler and `audit live` on the same accounts and writes `benches/results/peers.md`: `make bench-peers`.

Prowler is installed from PyPI into an environment of its own. The account is made in a moto server, at three sizes,
behind the proxy of the end-to-end tests, which counts the calls and fills in what moto lacks.
"""

import argparse
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORKSPACE = HERE.parents[1]
sys.path.append(str(WORKSPACE / "examples/tests/e2e"))

import page  # noqa: E402
import sized  # noqa: E402
from measured import run  # noqa: E402
from reasons import Reasons  # noqa: E402
from verdicts import of_audit, of_prowler  # noqa: E402

BENCHMARK, COMPLIANCE = "2.0.0", "cis_2.0_aws"


def installed(folder: Path) -> Path:
    """Prowler's program, which is installed where it is not."""
    requirements = (HERE / "requirements.txt").read_text()
    mark = folder / "installed"
    if not mark.is_file() or mark.read_text() != requirements:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [folder / "bin" / "pip", "install", "--quiet", "--no-deps", "-r", HERE / "requirements.txt"]
        subprocess.run(pip, check=True)
        mark.write_text(requirements)
    return folder / "bin" / "prowler"


def one_size(size: str, audit: Path, prowler: Path, folder: Path) -> page.Column:
    """Makes the account of that size and has both judge it."""
    folder.mkdir(parents=True)
    as_of = datetime.now(UTC).replace(microsecond=0)
    moto = sized.MotoServer(folder / "moto.log")
    try:
        proxy, names = sized.seeded(moto, sized.SIZES[size], as_of)
        proxy.start()
        moment = f"{as_of:%Y-%m-%dT%H:%M:%SZ}"
        ours = run(
            [audit, "live", "--endpoint-url", proxy.url, "--benchmark", BENCHMARK, "--as-of", moment]
            + ["--format", "json", "--output", "report.json"],
            folder / "audit",
            proxy,
            {},
        )
        assert ours.code in (0, 1, 2), f"audit ended with {ours.code}: see {folder / 'audit' / 'stderr'}"
        theirs = run(
            [prowler, "aws", "--compliance", COMPLIANCE, "--scan-unused-services", "--no-banner"]
            + ["-M", "csv", "-o", "out", "-F", "prowler"],
            folder / "prowler",
            proxy,
            # The host must be a name, for S3 Control to put the account's id before it.
            {"AWS_ENDPOINT_URL": proxy.url.replace("127.0.0.1", "localhost"), "PYTHONPATH": str(HERE / "site")},
        )
        assert theirs.code in (0, 3), f"Prowler ended with {theirs.code}: see {folder / 'prowler' / 'stderr'}"
        proxy.stop()
    finally:
        moto.stop()
    csv = folder / "prowler" / "out" / "compliance" / f"prowler_{COMPLIANCE}.csv"
    report = folder / "audit" / "report.json"
    return page.Column(size, ours, theirs, of_audit(report, names), of_prowler(csv, names))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--audit", type=Path, default=WORKSPACE / "target/release/audit", help="our program")
    parser.add_argument("--size", action="append", choices=list(sized.SIZES), help="default: all three")
    parser.add_argument("--folder", type=Path, default=WORKSPACE / "target/peers", help="where everything is put")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    prowler = installed(arguments.folder / "prowler")
    columns = []
    for size in arguments.size or sized.SIZES:
        folder = arguments.folder / size
        shutil.rmtree(folder, ignore_errors=True)
        columns.append(one_size(size, arguments.audit.resolve(), prowler, folder))
        print(f"{size}: {page.summary(columns[-1])}", flush=True)
    reasons = Reasons.read(HERE / "reasons.toml")
    text, problems = page.text(columns, reasons, versions(arguments.audit, prowler), load)
    (WORKSPACE / "benches/results/peers.md").write_text(text)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def versions(audit: Path, prowler: Path) -> str:
    told = subprocess.run([audit, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    freeze = [prowler.parent / "pip", "list", "--format", "freeze"]
    theirs = subprocess.run(freeze, capture_output=True, text=True, check=True).stdout
    theirs = dict(line.split("==") for line in theirs.splitlines())
    ours = subprocess.run([sys.executable, "-m", "pip", "list", "--format", "freeze"], capture_output=True, text=True)
    moto = dict(line.split("==") for line in ours.stdout.splitlines())["moto"]
    python = ".".join(map(str, sys.version_info[:3]))
    return f"{told}; Prowler {theirs['prowler']} (boto3 {theirs['boto3']}, Python {python}); moto {moto}"


if __name__ == "__main__":
    sys.exit(main())
