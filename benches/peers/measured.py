"""Runs a program against the proxy and measures what it took."""

import os
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from proxy import Proxy, count

# Nothing of the machine's own AWS set-up, and nobody but the proxy to talk to.
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "localhost,.localhost,127.0.0.1",
}


@dataclass
class Taken:
    """Times in seconds, memory in megabytes."""

    code: int
    wall: float
    user: float
    peak_mb: float
    calls: Counter


def run(command: list, folder: Path, proxy: Proxy, more: dict[str, str]) -> Taken:
    """Runs a command in a folder of its own; what it prints is left there, in `stdout` and `stderr`."""
    folder.mkdir(parents=True)
    with proxy.watch() as calls, (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        started = time.monotonic()
        child = subprocess.Popen(
            [str(word) for word in command],
            env=ENVIRONMENT | {"HOME": str(folder)} | more,
            cwd=folder,
            stdout=out,
            stderr=err,
        )
        # Of this child alone; `resource.getrusage` adds up all of them.
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    return Taken(child.returncode, wall, usage.ru_utime, usage.ru_maxrss / 1024, count(calls))
