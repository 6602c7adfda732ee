"""A report as HTML for a notebook. Everything that comes from an account is escaped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby
from typing import Any

#: The statuses, from the gravest, with the words for them.
_STATUSES = {
    "fail": "fail",
    "unknown": "unknown",
    "manual": "manual",
    "pass": "pass",
    "not_applicable": "not applicable",
}

#: What is shown of a recommendation's findings, and of a value, before the rest is only counted.
_MOST_FINDINGS = 50
_MOST_LETTERS = 2_000

#: The longest value that is shown on one line.
_ONE_LINE = 90

_LIGHT = (
    "--ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --ground: #ffffff; --raised: #f6f8fa; --fail: #b3261e; "
    "--unknown: #7a4b00; --manual: #4b4bb5; --pass: #1a6e2e; --not_applicable: #59636e;"
)
_DARK = (
    "--ink: #e6edf3; --soft: #9198a1; --line: #3d444d; --ground: #0d1117; --raised: #161b22; --fail: #ff8a80; "
    "--unknown: #f0b849; --manual: #a5a5ff; --pass: #6fd08c; --not_applicable: #9198a1;"
)

# The browser's scheme, unless the page has one of its own: Jupyter, VS Code and Colab mark it each in their way.
_PALETTE = f"""
.cis-aws {{ {_LIGHT} }}
@media (prefers-color-scheme: dark) {{ .cis-aws {{ {_DARK} }} }}
body[data-jp-theme-light="true"] .cis-aws, body.vscode-light .cis-aws, html[theme="light"] .cis-aws {{ {_LIGHT} }}
body[data-jp-theme-light="false"] .cis-aws, body.vscode-dark .cis-aws, html[theme="dark"] .cis-aws {{ {_DARK} }}
"""

# `&` is the table, named so that no rule of the page for tables goes before these: Jupyter sets letters to the right, columns to
# one width, and has stripes.
_RULES = """
& { color: var(--ink); background: var(--ground); font: 13px/1.45 system-ui, sans-serif; padding: 8px; max-width: 1100px; }
& table { border-collapse: collapse; table-layout: auto; width: 100%; margin: 4px 0 12px; background: transparent; font-size: 13px; }
& tr { background: transparent; }
& th, & td { text-align: left; vertical-align: top; padding: 4px 8px; border: 0; border-bottom: 1px solid var(--line);
  color: var(--ink); background: transparent; white-space: normal; }
& td:last-child { width: 100%; overflow-wrap: anywhere; }
& th { color: var(--soft); font-weight: 600; white-space: nowrap; overflow-wrap: normal; }
& td.id { white-space: nowrap; font-variant-numeric: tabular-nums; }
& table table td.id { white-space: normal; overflow-wrap: anywhere; min-width: 12em; }
& h4 { margin: 10px 0 2px; font-size: 14px; font-weight: 600; }
& .soft { color: var(--soft); }
& .status { white-space: nowrap; font-weight: 600; }
& .status::before { content: "\\25CF\\00A0"; }
& .fail { color: var(--fail); }
& .unknown { color: var(--unknown); }
& .manual { color: var(--manual); }
& .pass { color: var(--pass); }
& .not_applicable { color: var(--not_applicable); }
& summary { cursor: pointer; }
& code, & pre { color: var(--ink); background: var(--raised); font-size: 12px; border-radius: 3px; padding: 1px 3px; }
& code { overflow-wrap: anywhere; }
& pre { padding: 6px; white-space: pre-wrap; overflow-wrap: anywhere; margin: 2px 0; }
& .mark { border-left: 3px solid var(--line); padding-left: 6px; margin: 2px 0; color: var(--soft); }
& ul { margin: 2px 0; padding-left: 18px; }
"""

_STYLE = f"<style>{_PALETTE}{_RULES.replace('&', '.cis-aws' * 3)}</style>"


def report(report: Any) -> str:
    """A table by section, each recommendation unfolding its findings and their evidence."""
    parts = [_STYLE, '<div class="cis-aws">', _head(report)]
    by_recommendation: dict[str | None, list[Any]] = {}
    for finding in report.findings:
        by_recommendation.setdefault(finding.recommendation, []).append(finding)
    for section, judged in groupby(report.recommendations, key=lambda judged: judged.section):
        parts.append(f"<h4>{escape(section)}</h4><table><thead><tr><th>Id</th><th>Status</th><th>Recommendation</th></tr>")
        parts.append("</thead><tbody>")
        for one in judged:
            inside = _folded(_counted(one), by_recommendation.get(one.id, []))
            parts.append(_row(one.id, one.status, f"{escape(one.title)}{inside}"))
        parts.append("</tbody></table>")
    for key, findings in groupby(by_recommendation.get(None, []), key=lambda finding: finding.control):
        own = list(findings)
        parts.append(f"<h4>{escape(key)}</h4>{_table(own)}")
    parts.append(_without_effect(report.review))
    if report.unread:
        gaps = "".join(f"<li>{escape(str(gap))}</li>" for gap in report.unread)
        parts.append(f"<details><summary>{len(report.unread)} facts could not be read</summary><ul>{gaps}</ul></details>")
    parts.append("</div>")
    return "".join(parts)


def _without_effect(review: Any) -> str:
    """The entries of a review that somebody should look at."""
    told = [
        f"{kind} for {entry[kind]['recommendation']}{_named(entry[kind])}: {entry['state'].replace('_', ' ')}"
        for kind in ("exception", "attestation")
        for entry in (review or {}).get(f"{kind}s", ())
        if entry["state"] not in ("applied", "out_of_scope")
    ]
    if not told:
        return ""
    entries = "".join(f"<li>{escape(one)}</li>" for one in told)
    return f"<details><summary>{len(told)} entries of the review have no effect</summary><ul>{entries}</ul></details>"


def _named(entry: Any) -> str:
    names = [entry[name] for name in ("resource", "region", "account") if entry.get(name)]
    return f" on {', '.join(names)}" if names else ""


def findings(findings: Any) -> str:
    """A table of findings, each unfolding its evidence."""
    return f'{_STYLE}<div class="cis-aws">{_table(findings)}</div>'


def _head(report: Any) -> str:
    counts = report.summary["recommendations"]
    shown = ", ".join(
        f'<span class="status {name}">{counts[name]} {words}</span>' for name, words in _STATUSES.items() if counts[name]
    )
    what = f"{report.benchmark} {report.version}"
    return (
        f"<div><strong>{escape(what)}</strong> · account {escape(report.account_id)}"
        f' <span class="soft">as of {escape(report.as_of.isoformat())}</span></div><div>{shown}</div>{_decided(report)}'
    )


def _decided(report: Any) -> str:
    if report.review is None:
        return ""
    summary = report.summary
    return (
        f'<div class="soft">fails that exceptions cover: {summary["excepted"]} of {summary["findings"]["fail"]}; '
        f'decided by attestations: {summary["decided_by_attestations"]}</div>'
    )


def _row(first: str, status: str, last: str) -> str:
    return f'<tr><td class="id">{escape(first)}</td><td>{_status(status)}</td><td>{last}</td></tr>'


def _status(status: str) -> str:
    return f'<span class="status {escape(status)}">{escape(_STATUSES.get(status, status))}</span>'


def _counted(judged: Any) -> str:
    counts = judged.counts
    return ", ".join(f"{counts[name]} {words}" for name, words in _STATUSES.items() if counts[name])


def _folded(summary: str, findings: list[Any]) -> str:
    return f'<details><summary class="soft">{escape(summary)}</summary>{_table(findings)}</details>'


def _table(findings: Iterable[Any]) -> str:
    order = list(_STATUSES)
    listed = sorted(findings, key=lambda finding: (order.index(finding.verdict), finding.exception is not None))
    rows = [_finding(finding) for finding in listed[:_MOST_FINDINGS]]
    more = len(listed) - len(rows)
    rest = f'<tr><td colspan="3" class="soft">and {more} more: see <code>findings</code></td></tr>' if more > 0 else ""
    return f"<table><thead><tr><th>Resource</th><th>Status</th><th>Finding</th></tr></thead><tbody>{''.join(rows)}{rest}</tbody></table>"


def _finding(finding: Any) -> str:
    named = finding.resource_id if finding.sub is None else f"{finding.resource_id} {finding.sub}"
    where = named if finding.region is None else f"{named} ({finding.region})"
    evidence = "".join(_evidence(finding))
    seen = f'<details><summary class="soft">evidence</summary>{evidence}</details>' if evidence else ""
    return _row(where, finding.verdict, f"{escape(finding.message)}{_marks(finding)}{seen}")


def _marks(finding: Any) -> str:
    """What people have decided about it."""
    marks = []
    if finding.settled is not None:
        said = finding.attestation
        marks.append(
            f"{_STATUSES[finding.status]} by the facts; attested as {finding.settled} by {said['by']} on {said['dated']}, "
            f"valid until {said['valid_until']}: {said['evidence']}"
        )
    if finding.exception is not None:
        accepted = finding.exception
        marks.append(
            f"excepted until {accepted['expires']} by {accepted['owner']} ({accepted['ticket']}): {accepted['reason']}"
        )
    return "".join(f'<div class="mark">{escape(mark)}</div>' for mark in marks)


def _evidence(finding: Any) -> Iterator[str]:
    if finding.resource_arn is not None:
        yield f"<div><code>{escape(finding.resource_arn)}</code></div>"
    for gap in finding.gaps:
        yield f"<div>not read: {escape(str(gap))}</div>"
    for seen in finding.evidence:
        value = seen.value if isinstance(seen.value, str) else json.dumps(seen.value, ensure_ascii=False)
        if len(value) > _ONE_LINE and not isinstance(seen.value, str):
            value = json.dumps(seen.value, indent=1, ensure_ascii=False)
        if len(value) > _MOST_LETTERS:
            value = f"{value[:_MOST_LETTERS]}…"
        when = "" if seen.read_at is None else f' <span class="soft">{escape(seen.read_at.isoformat())}</span>'
        yield f"<div>{escape(seen.operation)} <strong>{escape(seen.field)}</strong>{when}<pre>{escape(value)}</pre></div>"
