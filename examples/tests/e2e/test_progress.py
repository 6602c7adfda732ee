"""What somebody at a terminal sees while a scan runs."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

import program

HELD = "iam:ListServerCertificates"
SCAN = ("live", "--region", "us-east-1", "--region", "eu-west-1", "--select", "1.19", "--select", "1.20", "--log")


class Terminal:
    """A terminal of 100 columns that standard error goes to."""

    def __init__(self):
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        self.seen = ""

    def wait_for(self, pattern: str, seconds: float = 30) -> re.Match:
        """Reads until the pattern was written."""
        until = time.monotonic() + seconds
        while not (found := re.search(pattern, self.seen)):
            assert time.monotonic() < until, f"no {pattern!r} within {seconds} s in {self.seen!r}"
            if select.select([self.ours], [], [], 0.2)[0]:
                self.seen += os.read(self.ours, 65536).decode()
        return found

    def close(self):
        """Reads the rest."""
        os.close(self.theirs)
        try:
            while text := os.read(self.ours, 65536).decode():
                self.seen += text
        except OSError:  # Linux's way to say that nobody writes any more.
            pass
        os.close(self.ours)


def run(aws, home, terminal: Terminal, level: str) -> subprocess.Popen:
    return subprocess.Popen(
        [program.AUDIT, *SCAN, level, "--endpoint-url", aws.url],
        env=program.variables(home, {"TERM": "xterm"}),
        stdout=subprocess.PIPE,
        stderr=terminal.theirs,
        text=True,
    )


def test_tables_regions_calls_and_what_it_waits_for(aws, held, tmp_path):
    terminal = Terminal()
    with aws.rules((HELD, held)):
        process = run(aws, tmp_path, terminal, "off")
        # Both regions' tables are in, the account's is not. Five calls: two before the scan, and one for each table.
        terminal.wait_for(r"2/3 tables, 2/2 regions, 5 calls, \d+s")
        terminal.wait_for(r"reading iam\.server_certificates ")
        held.end()
        report, _ = process.communicate(timeout=30)
    terminal.close()
    assert process.returncode in (0, 1) and "1.19" in report
    assert "\x1b" not in report, "the report is not for the terminal"
    after = terminal.seen.rpartition("server_certificates")[2]
    assert "\x1b[2K" in after and "tables" not in after.rpartition("\x1b[2K")[2], "it is gone from the screen"


def test_nothing_moves_where_log_lines_are_written(aws, tmp_path):
    terminal = Terminal()
    process = run(aws, tmp_path, terminal, "debug")
    process.communicate(timeout=60)
    terminal.close()
    lines = [line for line in terminal.seen.splitlines() if not line.startswith("note: ")]
    assert lines and all(re.match(r"20\d\d-\d\d-\d\dT[\d:.]+Z +(DEBUG|INFO) ", line) for line in lines), lines
    assert "\x1b" not in terminal.seen
