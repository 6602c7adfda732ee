"""The section of `benches/RESULTS.md`."""

import os
import platform
from collections import Counter, defaultdict
from dataclasses import dataclass

from measured import Taken
from reasons import Reason, Reasons
from sized import SIZES
from verdicts import Verdicts, differing

# How many names a line of disagreements gives.
NAMES = 6


@dataclass
class Column:
    """What both took and said for an account of one size."""

    size: str
    ours: Taken
    theirs: Taken
    our_verdicts: Verdicts
    their_verdicts: Verdicts


def summary(column: Column) -> str:
    ours, theirs = column.ours, column.theirs
    return (
        f"{ours.calls.total():,} calls, {ours.user:.2f} s of user CPU, {ours.wall:.1f} s; "
        f"Prowler {theirs.calls.total():,} calls, {theirs.user:.1f} s, {theirs.wall:.1f} s"
    )


def text(columns: list[Column], reasons: Reasons, versions: str, load: float) -> tuple[str, list[str]]:
    """The section, and what is wrong with it: disagreements without a reason, reasons without a disagreement."""
    listed, problems = disagreements(columns, reasons)
    parts = [
        "## Beside the peers",
        f"{versions}. {machine(load)}\n"
        "Both read the same account in moto behind one proxy, ours first; moto and the proxy are programs in Python,\n"
        "and most of our wall time is theirs. No account of AWS's was touched.",
        "```sh\nmake bench-peers\n```",
        sizes(columns),
        costs(columns),
        "Recommendations by their gravest verdict, of 64:\n\n" + answered(columns),
        "### Disagreements\n\n"
        "Every recommendation and resource on which the two differ, with the number of such resources at each size.\n"
        "Several rows of Prowler's about one thing count as the gravest of them. \"No row\" beside \"not applicable\"\n"
        "is no disagreement.\n\n" + listed,
        "### Calls by operation\n\n" + calls(columns),
    ]
    return "\n\n".join(parts) + "\n", problems


def machine(load: float) -> str:
    with open("/proc/cpuinfo") as file:
        cpu = next((line.partition(": ")[2].strip() for line in file if line.startswith("model name")), "unknown")
    release = platform.release().partition("-")[0].partition("+")[0]
    return f"{os.cpu_count()} cores of {cpu}, {platform.system()} {release}; load when it began: {load:.2f}."


def table(head: list[str], rows: list[list[str]], left: int = 1) -> str:
    rule = ["---"] * left + ["---:"] * (len(head) - left)
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows])


def sizes(columns: list[Column]) -> str:
    rows = []
    for column in columns:
        size = SIZES[column.size]
        rows.append([column.size, *(f"{number:,}" for number in (size.users, size.roles, size.buckets, size.groups))])
    head = ["beside the tests' account", "users", "roles", "buckets", "security groups in each of 3 regions"]
    return table(head, rows)


def costs(columns: list[Column]) -> str:
    rows = []
    for column in columns:
        ours, theirs = column.ours, column.theirs
        for what, our, their, form in [
            ("calls", ours.calls.total(), theirs.calls.total(), "{:,.0f}"),
            ("operations called", len(ours.calls), len(theirs.calls), "{:,.0f}"),
            ("wall, s", ours.wall, theirs.wall, "{:.2f}"),
            ("user CPU, s", ours.user, theirs.user, "{:.2f}"),
            ("peak memory, MB", ours.peak_mb, theirs.peak_mb, "{:.0f}"),
        ]:
            rows.append([column.size, what, form.format(our), form.format(their), f"{their / our:.1f}"])
    return table(["size", "figure", "audit", "Prowler", "Prowler / audit"], rows, left=2)


def answered(columns: list[Column]) -> str:
    statuses = ["pass", "fail", "manual", "not_applicable", "unknown"]
    rows = []
    for column in columns:
        for who, verdicts in [("audit", column.our_verdicts), ("Prowler", column.their_verdicts)]:
            gravest = verdicts.recommendations()
            counts = Counter(gravest.values())
            numbers = [len(gravest), *(counts[status] for status in statuses), len(verdicts)]
            rows.append([column.size, who, *(f"{number:,}" for number in numbers)])
    head = ["size", "program", "answered", *(status.replace("_", " ") for status in statuses), "verdicts on resources"]
    return table(head, rows, left=2)


def disagreements(columns: list[Column], reasons: Reasons) -> tuple[str, list[str]]:
    met: dict[tuple, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    found: dict[tuple, Reason] = {}
    problems = []
    for column in columns:
        for key, ours, theirs in differing(column.our_verdicts, column.their_verdicts):
            reason = reasons.of(key, ours, theirs)
            if reason is None:
                texts = [
                    "; ".join(verdicts[key].texts[:3]) if key in verdicts else "nothing"
                    for verdicts in (column.our_verdicts, column.their_verdicts)
                ]
                said = f"{ours} ({texts[0]}), Prowler {theirs} ({texts[1]})"
                problems.append(f"{column.size}: no reason for {key}: {said}")
                continue
            line = (key[0], ours, theirs, id(reason))
            found[line] = reason
            met[line][column.size].append(key[1])
    problems += [f"a reason that was not met: {reason}" for reason in reasons.all if not (reason.met or reason.sometimes)]
    rows = []
    for line, by_size in met.items():
        (recommendation, ours, theirs, _), reason = line, found[line]
        names = max(by_size.values(), key=len)
        shown = ", ".join(f"`{name}`" for name in names[:NAMES]) + (", ..." if len(names) > NAMES else "")
        why = f"{reason.why} [{'source'}]({reason.source})" if reason.source else reason.why
        counts = [str(len(by_size[column.size])) for column in columns]
        rows.append([recommendation, ours.replace("_", " "), theirs, reason.right, shown, why, *counts])
    rows.sort(key=lambda row: [int(part) for part in row[0].split(".")])
    head = ["id", "audit", "Prowler", "as the text has it", "about", "why", *(column.size for column in columns)]
    return table(head, rows, left=6), problems


def calls(columns: list[Column]) -> str:
    operations = sorted({name for column in columns for name in column.ours.calls | column.theirs.calls})
    rows = []
    for name in operations:
        counts = [str(taken.calls[name] or "") for column in columns for taken in (column.ours, column.theirs)]
        rows.append([name, *counts])
    head = ["operation", *(f"{column.size}: {who}" for column in columns for who in ("audit", "Prowler"))]
    return table(head, rows)
