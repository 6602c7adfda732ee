"""The command line: the same program as `audit`, in Rust."""

import signal
import sys
from typing import NoReturn

from ._native import main as _main


def main() -> NoReturn:
    """Runs the command line and ends the process with its exit code."""
    # Python's own handler would only note Ctrl-C, and wait for Rust to come back.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(_main(["cis-aws", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
