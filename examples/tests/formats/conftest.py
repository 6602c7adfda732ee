"""Fixtures: accounts, each written in every format by one run of the program."""

import re
from pathlib import Path

import program
import pytest
from program import WORKSPACE

CORPUS = {path.parent.name: path for path in sorted(WORKSPACE.glob("corpus/*/snapshot"))}
# The demo account once more, with exceptions and attestations.
REVIEWED = "reviewed"
REVIEW = Path(__file__).parent / "review.toml"
# The same in Japanese.
JAPANESE = "japanese"
ACCOUNTS = ["demo", REVIEWED, JAPANESE, *CORPUS]


@pytest.fixture(scope="session")
def formats(tmp_path_factory) -> list[str]:
    """The formats of the program, by its own help."""
    shown = program.run(tmp_path_factory.mktemp("help"), "demo", "--help").stdout
    _, options = shown.split("--format <FORMAT>")
    possible = options.split("--output <PATH>")[0]
    return re.findall(r"^\s+- ([a-z-]+):", possible, re.MULTILINE)


@pytest.fixture(scope="session")
def written(tmp_path_factory, formats):
    """An account in every format, by the format's name: all written by one run."""
    folder = tmp_path_factory.mktemp("written")
    done: dict[str, dict[str, Path]] = {}

    def write(account: str) -> dict[str, Path]:
        if account not in done:
            paths = {name: folder / f"{account}.{name}" for name in formats}
            reviewed = ["demo", "--review", REVIEW]
            sources = {"demo": ["demo"], REVIEWED: reviewed, JAPANESE: [*reviewed, "--locale", "ja"]}
            source = sources.get(account) or ["snapshot", CORPUS[account]]
            options = [part for name, path in paths.items() for part in ("--format", name, "--output", path)]
            run = program.run(folder, *source, *options)
            assert run.code in (0, 1, 2) and run.stdout == "" and run.stderr == "", run
            done[account] = paths
        return done[account]

    return write
