"""What Python adds to a scan: `make bench-python` writes `benches/results/python.md`.

Every figure is had in a process of its own, ours and what it is measured beside in turn; medians count.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORKSPACE = HERE.parents[1]
RUST = WORKSPACE / "target" / "release"
SIZE = ["--regions=17", "--users=2000", "--roles=2000", "--buckets=1000", "--security-groups=1000"]

IMPORT_AIM_MS = 60
OVERHEAD_AIM_PERCENT = 2

PROFILES = """\
What profiles showed of `scan`, measured once: of 300 ms of CPU the thread that waits takes 2 (it looks for Ctrl-C every 50 ms),
and the scan's own thread as many samples of `perf` in our code as the program in Rust. What was beside that, 5.8 %, was the C
library's allocator, which takes memory for a second thread from the system a page at a time (`strace`: 6,671 calls of `mprotect`
beside 286 of `brk` in Rust) and locks where there are two threads: with one heap for all threads
(`GLIBC_TUNABLES=glibc.malloc.arena_max=1`) 3.6 % were left. The package now has an allocator of its own, mimalloc, with which a
scan takes less CPU than the program in Rust did with the C library's. So that the figure tells of Python and not of allocators,
the program that it is measured beside has mimalloc, too. `scan` is measured from its call to its report, in a process that
has imported the package; the row of whole processes counts the start of both, and the letting go of the report at their end.
Single runs lie up to a fifth apart, by what the kernel takes to clear their memory: less than two percent is not told from none.
"""


def of(program: list, *arguments: object) -> dict:
    """What a program says of itself, in JSON, and the processor seconds of the whole process."""
    before = children_cpu()
    done = subprocess.run([*map(str, program), *map(str, arguments)], capture_output=True, text=True, check=True)
    return {**json.loads(done.stdout), "process": children_cpu() - before}


def children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def python(work: str, *arguments: object) -> dict:
    return of([sys.executable, HERE / "work.py"], work, *arguments)


def median(values) -> float:
    return statistics.median(list(values))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9, help="how often each is run")
    parser.add_argument("--folder", type=Path, default=WORKSPACE / "target/bench-python", help="for the account")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    account = arguments.folder / "account"
    shutil.rmtree(account, ignore_errors=True)
    account.parent.mkdir(parents=True, exist_ok=True)
    generate = [RUST / "generate", "--seed", "5", *SIZE, account]
    planted = subprocess.run(generate, check=True, capture_output=True, text=True).stdout.splitlines()
    failing = json.loads(subprocess.check_output([sys.executable, HERE / "work.py", "failing", account]))
    if failing != sorted(planted):
        sys.exit("the scan did not find exactly what is planted")

    turns = []
    for _ in range(arguments.rounds):
        turns.append(
            {
                "import": python("import"),
                "rust": of([RUST / "scan"], account),
                "python": python("scan", account),
                "check": python("check", account),
                "arrow": python("arrow", account),
            }
        )
    assert len({turn[of]["findings"] for turn in turns for of in ("rust", "python")}) == 1, turns
    (WORKSPACE / "benches/results/python.md").write_text(section(turns, load))


def section(turns: list[dict], load: float) -> str:
    def ratio(what: str, beside: str, figure: str = "cpu") -> float:
        return median(turn[what][figure] / turn[beside][figure] for turn in turns)

    import_ms = 1000 * median(turn["import"]["cpu"] for turn in turns)
    overhead = 100 * (ratio("python", "rust") - 1)
    wall = 100 * (ratio("python", "rust", "wall") - 1)
    process = 100 * (ratio("python", "rust", "process") - 1)
    arrow = 100 * median(turn["arrow"]["handed_over"] / turn["arrow"]["made"] for turn in turns)
    columns = 100 * median(turn["arrow"]["made"] / turn["python"]["cpu"] for turn in turns)
    check, plain = (median(turn["check"][name] for turn in turns) for name in ("a_row_us", "plain_row_us"))
    one = turns[0]
    figures = [
        ("`import cis_aws`, CPU", f"{import_ms:.0f} ms", f"under {IMPORT_AIM_MS} ms", import_ms < IMPORT_AIM_MS),
        (
            "`scan` of a snapshot beside the same in Rust, CPU",
            f"{overhead:+.1f} %",
            f"under {OVERHEAD_AIM_PERCENT} %",
            overhead < OVERHEAD_AIM_PERCENT,
        ),
        (
            "the same, wall",
            f"{wall:+.1f} %",
            f"under {OVERHEAD_AIM_PERCENT} %",
            wall < OVERHEAD_AIM_PERCENT,
        ),
        ("the whole processes, the start of the interpreter and the import with them, CPU", f"{process:+.1f} %", "", None),
        (
            "`findings.to_arrow()` beside the making of its columns in Rust, CPU",
            f"{arrow:.1f} %",
            f"under {OVERHEAD_AIM_PERCENT} %",
            arrow < OVERHEAD_AIM_PERCENT,
        ),
    ]
    said = {True: "yes", False: "**no**", None: ""}
    rows = [f"| {what} | {got} | {aim} | {said[reached]} |" for what, got, aim, reached in figures]
    return "\n".join(
        [
            "## Python",
            "",
            machine(load),
            f"{len(turns)} rounds of each in turn, every run in a process of its own; medians, and of ratios the median",
            f"over the pairs of one round. A generated account (seed 5, `{' '.join(SIZE)}`):",
            f"{one['python']['findings']:,} findings; exactly what is planted was found.",
            "",
            "```sh",
            "make bench-python",
            "```",
            "",
            "| figure | measured | aim | reached |",
            "| --- | ---: | ---: | --- |",
            *rows,
            "",
            f"A check in Python with `each`, of {one['check']['rows']:,} security groups, takes {check / plain:.1f} times",
            "the CPU of a plain loop over the same rows, read by `json` from the snapshot, with the same test and no",
            f"verdict ({check:.0f} and {plain:.0f} microseconds a row). The columns that `to_arrow` hands over take Rust",
            f"{columns:.0f} % of the CPU that the scan took.",
            "",
            PROFILES.rstrip(),
            "",
        ]
    )


def machine(load: float) -> str:
    with open("/proc/cpuinfo") as file:
        cpu = next((line.partition(": ")[2].strip() for line in file if line.startswith("model name")), "unknown")
    release = platform.release().partition("-")[0].partition("+")[0]
    return (
        f"{os.cpu_count()} cores of {cpu}, {platform.system().lower()} {release}, Python {platform.python_version()}; "
        f"load when it began: {load:.2f}."
    )


if __name__ == "__main__":
    main()
