"""How the sections of a report stand, as a chart."""

from __future__ import annotations

import importlib
from typing import Any

from ._native import Report

__all__ = ["plot"]

#: From the gravest, with colours that can be told apart in light and dark, and by who sees no red or green.
_COLOURS = {"fail": "#d55e00", "unknown": "#e69f00", "manual": "#56b4e9", "pass": "#009e73", "not_applicable": "#999999"}


def plot(report: Report) -> Any:
    """A bar a section, its recommendations by status.

    Returns
    -------
    altair.Chart or matplotlib.axes.Axes
        Of altair where it is installed, else of matplotlib.

    Raises
    ------
    ImportError
        Neither is installed.
    """
    counts: dict[str, dict[str, int]] = {}
    for judged in report.recommendations:
        section = counts.setdefault(judged.section, dict.fromkeys(_COLOURS, 0))
        section[judged.status] += 1
    for module, draw in (("altair", _with_altair), ("matplotlib.pyplot", _with_matplotlib)):
        try:
            library = importlib.import_module(module)
        except ImportError:
            continue
        return draw(library, counts)
    raise ImportError("plot() needs altair or matplotlib, of which none is installed: `pip install altair`")


def _with_altair(altair: Any, counts: dict[str, dict[str, int]]) -> Any:
    order = list(_COLOURS)
    rows = [
        {"section": section, "status": status, "recommendations": count, "order": order.index(status)}
        for section, statuses in counts.items()
        for status, count in statuses.items()
        if count
    ]
    colour = altair.Color("status:N", scale=altair.Scale(domain=order, range=list(_COLOURS.values())), title=None)
    return (
        altair.Chart(altair.Data(values=rows))
        .mark_bar()
        .encode(
            x=altair.X("recommendations:Q", title="recommendations"),
            y=altair.Y("section:N", sort=list(counts), title=None),
            color=colour,
            order="order:Q",
            tooltip=["section:N", "status:N", "recommendations:Q"],
        )
    )


def _with_matplotlib(pyplot: Any, counts: dict[str, dict[str, int]]) -> Any:
    _, axes = pyplot.subplots(figsize=(8, 0.6 * len(counts) + 1.5), layout="constrained")
    sections = list(counts)
    start = [0] * len(sections)
    for status, colour in _COLOURS.items():
        widths = [counts[section][status] for section in sections]
        if any(widths):
            axes.barh(sections, widths, left=start, color=colour, label=status.replace("_", " "))
        start = [left + width for left, width in zip(start, widths)]
    axes.invert_yaxis()
    axes.set_xlabel("recommendations")
    axes.legend(loc="best")
    return axes
