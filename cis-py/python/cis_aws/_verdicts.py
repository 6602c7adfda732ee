"""What a check says: verdicts, and the resources that they are about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Union

from ._errors import Gap

__all__ = ["Resource", "Verdict", "failed", "manual", "not_applicable", "passed", "unknown"]

_Evidence = Union[Mapping[str, Any], Iterable["tuple[str, str, Any]"], None]


@dataclass(frozen=True)
class Verdict:
    """A status, the sentence that says why, and what was observed. Made by `passed`, `failed`, `manual`,
    `not_applicable`, `unknown`."""

    status: str
    message: str
    values: Mapping[str, Any]
    gaps: tuple[Gap, ...]
    evidence: tuple[tuple[str | None, str, Any], ...]


def _verdict(
    status: str,
    message: str,
    values: Mapping[str, Any] | None,
    evidence: _Evidence,
    operation: str | None,
    gaps: tuple[Gap, ...] = (),
) -> Verdict:
    if not isinstance(message, str) or not message:
        raise TypeError("the message of a verdict is a sentence: what is, and what must be")
    seen: list[tuple[str | None, str, Any]] = []
    if isinstance(evidence, Mapping):
        seen = [(operation, str(name), value) for name, value in evidence.items()]
    elif evidence is not None:
        seen = [(from_operation, name, value) for from_operation, name, value in evidence]
    return Verdict(status, message, dict(values or {}), gaps, tuple(seen))


def passed(
    message: str,
    values: Mapping[str, Any] | None = None,
    *,
    evidence: _Evidence = None,
    operation: str | None = None,
) -> Verdict:
    """The facts meet the requirement.

    Parameters
    ----------
    message : str
        One sentence: what is, and what must be. ``{name}`` stands for a value.
    values : dict, optional
        The values of the message, by name: kept apart, so that findings can be grouped by their template.
    evidence : dict, or iterable of (operation, field, value)
        What was observed. A dict's values are of `operation`.
    operation : str, optional
        ``service:Operation``; by default the first one of the first dataset that the check reads.

    Examples
    --------
    >>> import cis_aws
    >>> cis_aws.passed("Versioning is {status}.", {"status": "Enabled"}, evidence={"Status": "Enabled"}).status
    'pass'
    """
    return _verdict("pass", message, values, evidence, operation)


def failed(
    message: str,
    values: Mapping[str, Any] | None = None,
    *,
    evidence: _Evidence = None,
    operation: str | None = None,
) -> Verdict:
    """The facts contradict the requirement. Parameters as of `passed`."""
    return _verdict("fail", message, values, evidence, operation)


def manual(
    message: str,
    values: Mapping[str, Any] | None = None,
    *,
    evidence: _Evidence = None,
    operation: str | None = None,
) -> Verdict:
    """A person must decide. Parameters as of `passed`."""
    return _verdict("manual", message, values, evidence, operation)


def not_applicable(
    message: str,
    values: Mapping[str, Any] | None = None,
    *,
    evidence: _Evidence = None,
    operation: str | None = None,
) -> Verdict:
    """There is nothing to judge. Parameters as of `passed`."""
    return _verdict("not_applicable", message, values, evidence, operation)


def unknown(
    message: str,
    gap: Gap,
    values: Mapping[str, Any] | None = None,
    *,
    evidence: _Evidence = None,
    operation: str | None = None,
) -> Verdict:
    """The facts could not be had, because of a gap. Raising the gap does the same with a general sentence."""
    if not isinstance(gap, Gap):
        raise TypeError(f"gap is a {type(gap).__name__}; expected a cis_aws.Gap")
    return _verdict("unknown", message, values, evidence, operation, (gap,))


@dataclass(frozen=True)
class Resource:
    """What a verdict is about. Without ARN and id: the place that is judged.

    Parameters
    ----------
    id : str, optional
        The id or name within its type.
    arn : str, optional
        The whole ARN.
    type : str, optional
        The CloudFormation type, where it is not the check's.
    region : str, optional
        The region, where it is not the place's.
    sub : str, optional
        A part of the resource that is judged on its own.
    tags : dict, optional
        Its tags, by key; empty where it has none, None where they were not read. What is judged row by row has those of its
        row.
    """

    id: str | None = None
    arn: str | None = None
    type: str | None = None
    region: str | None = None
    sub: str | None = None
    tags: dict[str, str] | None = field(default=None, hash=False)


About = Union[str, Resource, None]


def about(resource: Any) -> Resource:
    if resource is None:
        return Resource()
    if isinstance(resource, Resource):
        for name, value in vars(resource).items():
            if name != "tags" and value is not None and (not isinstance(value, str) or not value):
                raise TypeError(f"the {name} of a resource is text, not {value!r}")
        tags = resource.tags
        if tags is not None and not (isinstance(tags, dict) and all(isinstance(one, str) for tag in tags.items() for one in tag)):
            raise TypeError(f"the tags of a resource are a dict of texts, not {tags!r}")
        return resource
    if isinstance(resource, str) and resource:
        return Resource(arn=resource) if resource.startswith("arn:") else Resource(id=resource)
    raise TypeError(f"a resource is an ARN, an id or a cis_aws.Resource, not {resource!r}")
