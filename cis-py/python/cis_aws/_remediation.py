"""How what a check finds is put right, in the words of who wrote the check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Union

__all__ = ["RemediationGiven", "described"]

RemediationGiven = Union[str, Mapping[str, Any]]

_WAYS = ("console", "cli", "terraform")


@dataclass(frozen=True)
class _Described:
    summary: str
    cautions: list[tuple[str, str]] = field(default_factory=list)
    # Each way: its steps, or why it is not done so.
    console: list[str] | str = field(default_factory=list)
    cli: list[str] | str = field(default_factory=list)
    terraform: list[str] | str = field(default_factory=list)


def described(key: str, given: Any) -> _Described | None:
    """What Rust takes of a check's attribute `remediation`."""
    if given is None:
        return None
    if isinstance(given, str):
        given = {"summary": given}
    if not isinstance(given, Mapping):
        raise TypeError(f"remediation of {key} is a {type(given).__name__}; expected text, or a mapping with summary")
    named = {"summary", "cautions", *_WAYS}
    if unknown := sorted(str(name) for name in given if name not in named):
        raise TypeError(f"remediation of {key} has no {unknown[0]!r}; expected some of {', '.join(sorted(named))}")
    summary = given.get("summary")
    if not isinstance(summary, str) or not summary:
        raise TypeError(f"remediation of {key} has no summary")
    return _Described(summary, _cautions(key, given.get("cautions", ())), **{way: _way(key, way, given) for way in _WAYS})


def _cautions(key: str, given: Any) -> list[tuple[str, str]]:
    def is_caution(one: Any) -> bool:
        return isinstance(one, (list, tuple)) and len(one) == 2 and all(isinstance(part, str) for part in one)

    if not isinstance(given, (list, tuple)) or not all(map(is_caution, given)):
        raise TypeError(f"cautions in the remediation of {key} are not pairs of a kind and a text")
    return [(kind, text) for kind, text in given]


def _way(key: str, way: str, given: Mapping[str, Any]) -> list[str] | str:
    steps = given.get(way, ())
    if isinstance(steps, str):
        return steps
    if not isinstance(steps, (list, tuple)) or not all(isinstance(step, str) for step in steps):
        raise TypeError(f"{way} in the remediation of {key} is neither a list of steps nor a text that says why not")
    return list(steps)
