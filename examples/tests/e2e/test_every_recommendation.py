"""Every recommendation of both versions passes and fails: live, and from a snapshot where moto says too little.

The verdicts counted here are those that the other files assert, each of a scan of its own.
"""

import json
import re
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

import expected
import expected_2_to_5
import program
import snapshots
import test_variants
from program import WORKSPACE
from reports import Report

BENCHMARKS = ("2.0.0", "1.5.0")
COVERAGE = tomllib.loads((Path(__file__).parent / "coverage.toml").read_text())
WHY = defaultdict(list)
for lack in COVERAGE["moto_lacks"]:
    for lacking in lack["keys"]:
        WHY[lacking].append(lack)


def statuses(verdicts: dict | set) -> set[str]:
    """The statuses in one row of a table of verdicts; where several are allowed of a resource, none is sure."""
    values = verdicts if isinstance(verdicts, set) else verdicts.values()
    return {status for status in values if isinstance(status, str)}


def asserted(benchmark: str) -> dict[str, set[str]]:
    """The statuses that the tests of the live program assert of each recommendation."""
    rows = list(expected.VERDICTS[benchmark].items())
    for (_, version), verdicts in expected_2_to_5.VERDICTS.items():
        rows += verdicts.items() if version == benchmark else ()
    for _, verdicts, *older in test_variants.CASES.values():
        rows += (older[0] if older and benchmark == "1.5.0" else verdicts).items()
    had = defaultdict(set)
    for id, verdicts in rows:
        had[id] |= statuses(verdicts)
    return had


def wanted(benchmark: str, key: str) -> set[str]:
    """Pass and fail, but what the control never says, and manual instead."""
    statuses = {"pass", "fail"}
    for row in COVERAGE["never"]:
        if benchmark in row["benchmarks"] and key in row["keys"]:
            statuses = statuses - set(row["statuses"]) | set(row["instead"])
    return statuses


@pytest.fixture(scope="module")
def recommendations(tmp_path_factory) -> dict[str, list[dict]]:
    """Of each version, as the program lists them."""
    home = tmp_path_factory.mktemp("home")
    lists = {}
    for benchmark in BENCHMARKS:
        done = program.run(home, "list", "--benchmark", benchmark, "--format", "json")
        lists[benchmark] = json.loads(done.stdout)["recommendations"]
    return lists


@pytest.fixture(scope="module")
def from_snapshots(tmp_path_factory) -> dict[tuple[str, str], Report]:
    """The report of each snapshot under each version."""
    home = tmp_path_factory.mktemp("snapshots")
    reports = {}
    for state, well in {"well": True, "ill": False}.items():
        folder = snapshots.write(home / state, well)
        for benchmark in BENCHMARKS:
            done = program.run(home, "snapshot", folder, "--benchmark", benchmark, "--format", "json")
            assert done.code in (0, 1, 2), done
            reports[benchmark, state] = Report(json.loads(done.stdout), {})
    return reports


def test_every_recommendation_passes_and_fails(recommendations, from_snapshots, capsys):
    lines, missing = [], []
    for benchmark in BENCHMARKS:
        live = asserted(benchmark)
        for one in recommendations[benchmark]:
            id, key, want = one["id"], one["key"], wanted(benchmark, one["key"])
            ways = f"live {', '.join(sorted(want & live[id]))}"
            if not want <= live[id]:
                missing.append(f"{benchmark} {id}: live lacks {want - live[id]}")
            if key in WHY:
                for state, status in {"well": "pass", "ill": "fail"}.items():
                    found = set(from_snapshots[benchmark, state].statuses(id).values())
                    status = status if status in want else "manual"
                    ways += f"; snapshot {state} {', '.join(sorted(found))}"
                    if found != {status}:
                        missing.append(f"{benchmark} {id}: the snapshot {state} says {found} and not {status}")
            lines.append(f"{benchmark} {id:<6}{ways}")
    with capsys.disabled():
        print("\nHow each recommendation is had:", *lines, sep="\n")
        print("\nWhat moto lacks, filled in by the proxy and had from a snapshot too:")
        for row in COVERAGE["moto_lacks"]:
            print(f"{row['operation']}: {row['why']} ({', '.join(row['keys'])})")
    assert missing == []


@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_what_a_control_never_says_is_not_on_its_page(recommendations, benchmark):
    controls = {one["key"]: one["control"] for one in recommendations[benchmark]}
    for row in COVERAGE["never"]:
        for key in row["keys"] if benchmark in row["benchmarks"] else ():
            said = verdicts_on_page(controls[key], benchmark)
            assert said.isdisjoint(row["statuses"]), f"{key} says {said}"
            assert said >= set(row["instead"]), f"{key} says {said}"


def verdicts_on_page(control: str, benchmark: str) -> set[str]:
    """The verdicts in a control's table for a version, or in the one that serves every version."""
    page = (WORKSPACE / f"docs/controls/{control}.md").read_text()
    tables = dict(re.findall(r"^## (Verdicts.*)\n((?:(?!^## ).*\n?)*)", page, flags=re.MULTILINE))
    table = tables.get(f"Verdicts ({benchmark})") or tables["Verdicts"]
    cells = [line.split(" | ")[-1].strip(" |") for line in table.splitlines() if line.startswith("| ")]
    return {status for cell in cells[2:] for status in cell.split(", ")}


def test_every_key_of_the_data_file_is_one(recommendations):
    keys = {one["key"] for benchmark in BENCHMARKS for one in recommendations[benchmark]}
    for rows in COVERAGE.values():
        for row in rows:
            assert set(row["keys"]) <= keys
