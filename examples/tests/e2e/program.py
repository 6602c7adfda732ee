"""Runs the program under test with nothing of the machine's own AWS set-up."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

WORKSPACE = Path(__file__).resolve().parents[3]
AUDIT = WORKSPACE / os.environ.get("AUDIT_BIN", "target/debug/audit")


@dataclass
class Run:
    """What one run left behind."""

    code: int
    stdout: str
    stderr: str

    def __repr__(self):
        return f"exit code {self.code}\nstdout: {self.stdout[:2000]!r}\nstderr: {self.stderr[:2000]!r}"


def run(home: Path, *arguments: object, env: dict[str, str | None] | None = None) -> Run:
    """Runs `audit` with these arguments in the folder `home`; a variable given as None is not set."""
    assert AUDIT.is_file(), f"no program at {AUDIT}: build it with `cargo build -p cis-examples --features live`"
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
        **(env or {}),
    }
    done = subprocess.run(
        [AUDIT, *map(str, arguments)],
        env={name: value for name, value in variables.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=120,
        cwd=home,
    )
    return Run(done.returncode, done.stdout, done.stderr)
