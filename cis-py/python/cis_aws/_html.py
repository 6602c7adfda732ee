"""A report as HTML for a notebook. Everything that comes from an account is escaped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby
from typing import Any

from ._native import Locale

#: The statuses, from the gravest.
_STATUSES = ["fail", "unknown", "manual", "pass", "not_applicable"]

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
    locale = report.locale
    parts = [_STYLE, f'<div class="cis-aws" lang="{escape(locale.tag)}">', _head(report)]
    by_recommendation: dict[str | None, list[Any]] = {}
    for finding in report.findings:
        by_recommendation.setdefault(finding.recommendation, []).append(finding)
    head = _heads(locale.text("Id"), locale.text("Status"), locale.text("Recommendation"))
    for section, judged in groupby(report.recommendations, key=lambda judged: judged.section):
        parts.append(f"<h4>{escape(locale.text(section))}</h4><table>{head}<tbody>")
        for one in judged:
            inside = _folded(locale, _counted(locale, one.counts), by_recommendation.get(one.id, []))
            parts.append(_row(locale, one.id, one.status, f"{escape(locale.title(one.title))}{inside}"))
        parts.append("</tbody></table>")
    for key, findings in groupby(by_recommendation.get(None, []), key=lambda finding: finding.control):
        own = list(findings)
        parts.append(f"<h4>{escape(key)}</h4>{_table(locale, own)}")
    parts.append(_without_effect(locale, report.review))
    if report.unread:
        title = locale.text("Not everything could be read: {n} failed", n=len(report.unread))
        parts.append(_listed(title, [locale.gap(gap) for gap in report.unread]))
    parts.append("</div>")
    return "".join(parts)


def _heads(*names: str) -> str:
    return f"<thead><tr>{''.join(f'<th>{escape(name)}</th>' for name in names)}</tr></thead>"


def _listed(title: str, items: list[str]) -> str:
    inside = "".join(f"<li>{escape(item)}</li>" for item in items)
    return f"<details><summary>{escape(title)}</summary><ul>{inside}</ul></details>"


def _without_effect(locale: Any, review: Any) -> str:
    """The entries of a review that somebody should look at."""
    states = {
        "expired": locale.text("expired"),
        "in_the_future": locale.text("in the future"),
        "other_benchmark": locale.text("for another version of the benchmark"),
        "tags_unread": locale.text("tags not read"),
        "unmatched": locale.text("unmatched"),
        "unused": locale.text("unused"),
    }
    told = []
    for entry in (review or {}).get("exceptions", ()):
        if entry["state"] not in ("applied", "out_of_scope"):
            about, state = _about(locale, entry["exception"]), states.get(entry["state"], entry["state"])
            told.append(locale.text("exception for {about}: {state}", about=about, state=state))
    for entry in (review or {}).get("attestations", ()):
        if entry["state"] not in ("applied", "out_of_scope"):
            about, state = _about(locale, entry["attestation"]), states.get(entry["state"], entry["state"])
            told.append(locale.text("attestation for {about}: {state}", about=about, state=state))
    return _listed(locale.text("Without effect in the review: {n}", n=len(told)), told) if told else ""


def _about(locale: Any, entry: Any) -> str:
    rest = [entry[name] for name in ("resource", "region", "account") if entry.get(name)]
    rest += [locale.text("tag {key}={value}", key=key, value=value) for key, value in (entry.get("tags") or {}).items()]
    recommendation: str = entry["recommendation"]
    return str(locale.text("{recommendation} on {rest}", recommendation=recommendation, rest=rest)) if rest else recommendation


def findings(findings: Any) -> str:
    """A table of findings, each unfolding its evidence."""
    return f'{_STYLE}<div class="cis-aws">{_table(Locale("en"), findings)}</div>'


def _head(report: Any) -> str:
    locale = report.locale
    counts = report.summary["recommendations"]
    shown = " · ".join(
        f'<span class="status {name}">{escape(words)}</span>' for name, words in _counts(locale, counts).items()
    )
    told = locale.text(
        "Account {account} (partition {partition}), judged as of {moment}",
        account=report.account_id,
        partition=report.partition,
        moment=report.as_of.isoformat(),
    )
    what = f"{report.benchmark} {report.version}"
    return (
        f'<div><strong>{escape(what)}</strong> <span class="soft">{escape(told)}</span></div>'
        f"<div>{shown}</div>{_decided(report)}"
    )


def _decided(report: Any) -> str:
    if report.review is None:
        return ""
    told = report.locale.text(
        "Fails that exceptions cover: {excepted} of {fails}. Decided by attestations: {attested}.",
        excepted=report.summary["excepted"],
        fails=report.summary["findings"]["fail"],
        attested=report.summary["decided_by_attestations"],
    )
    return f'<div class="soft">{escape(told)}</div>'


def _row(locale: Any, first: str, status: str, last: str) -> str:
    return f'<tr><td class="id">{escape(first)}</td><td>{_status(locale, status)}</td><td>{last}</td></tr>'


def _words(locale: Any, status: str) -> str:
    """The words of a status."""
    text: str = locale.text(status.replace("_", " "))
    return text


def _status(locale: Any, status: str) -> str:
    return f'<span class="status {escape(status)}">{escape(_words(locale, status))}</span>'


def _counts(locale: Any, counts: Any) -> dict[str, str]:
    """The statuses that something has, gravest first, with how much has them."""
    told = {
        "fail": locale.text("{n} fail", n=counts["fail"]),
        "unknown": locale.text("{n} unknown", n=counts["unknown"]),
        "manual": locale.text("{n} manual", n=counts["manual"]),
        "pass": locale.text("{n} pass", n=counts["pass"]),
        "not_applicable": locale.text("{n} not applicable", n=counts["not_applicable"]),
    }
    return {name: words for name, words in told.items() if counts[name]}


def _counted(locale: Any, counts: Any) -> str:
    text: str = locale.text("{counts}", counts=list(_counts(locale, counts).values()))
    return text


def _folded(locale: Any, summary: str, findings: list[Any]) -> str:
    return f'<details><summary class="soft">{escape(summary)}</summary>{_table(locale, findings)}</details>'


def _table(locale: Any, findings: Iterable[Any]) -> str:
    listed = sorted(findings, key=lambda finding: (_STATUSES.index(finding.verdict), finding.exception is not None))
    rows = [_finding(locale, finding) for finding in listed[:_MOST_FINDINGS]]
    more = len(listed) - len(rows)
    told = escape(locale.text("and {more} more", more=more))
    rest = f'<tr><td colspan="3" class="soft">{told}: <code>findings</code></td></tr>' if more > 0 else ""
    head = _heads(locale.text("Resource"), locale.text("Status"), locale.text("Finding"))
    return f"<table>{head}<tbody>{''.join(rows)}{rest}</tbody></table>"


def _finding(locale: Any, finding: Any) -> str:
    named = finding.resource_id if finding.sub is None else f"{finding.resource_id} {finding.sub}"
    where = named if finding.region is None else f"{named} ({finding.region})"
    evidence = "".join(_evidence(locale, finding))
    title = escape(locale.text("Evidence"))
    seen = f'<details><summary class="soft">{title}</summary>{evidence}</details>' if evidence else ""
    return _row(locale, where, finding.verdict, f"{escape(locale.message(finding))}{_marks(locale, finding)}{seen}")


def _marks(locale: Any, finding: Any) -> str:
    """What people have decided about it."""
    marks = []
    if finding.settled is not None:
        said = {name: finding.attestation[name] for name in ("by", "dated", "valid_until", "evidence")}
        if finding.settled == "pass":
            told = locale.text("Attested as pass by {by} on {dated}, valid until {valid_until}: {evidence}", **said)
        else:
            told = locale.text("Attested as FAIL by {by} on {dated}, valid until {valid_until}: {evidence}", **said)
        marks.append(locale.text("By the facts: {status}. {told}", status=_words(locale, finding.status), told=told))
    if finding.exception is not None:
        accepted = {name: finding.exception[name] for name in ("expires", "owner", "ticket", "reason")}
        marks.append(locale.text("Excepted until {expires} by {owner} ({ticket}): {reason}", **accepted))
    return "".join(f'<div class="mark">{escape(mark)}</div>' for mark in marks)


def _evidence(locale: Any, finding: Any) -> Iterator[str]:
    if finding.resource_arn is not None:
        yield f"<div><code>{escape(finding.resource_arn)}</code></div>"
    for gap in finding.gaps:
        yield f"<div>{escape(locale.text('not read: {gap}', gap=locale.gap(gap)))}</div>"
    for seen in finding.evidence:
        value = seen.value if isinstance(seen.value, str) else json.dumps(seen.value, ensure_ascii=False)
        if len(value) > _ONE_LINE and not isinstance(seen.value, str):
            value = json.dumps(seen.value, indent=1, ensure_ascii=False)
        if len(value) > _MOST_LETTERS:
            value = f"{value[:_MOST_LETTERS]}…"
        when = "" if seen.read_at is None else f' <span class="soft">{escape(seen.read_at.isoformat())}</span>'
        yield f"<div>{escape(seen.operation)} <strong>{escape(seen.field)}</strong>{when}<pre>{escape(value)}</pre></div>"
