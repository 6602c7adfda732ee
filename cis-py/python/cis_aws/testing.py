"""Tests of checks: facts in a few lines, one control, its findings.

Examples
--------
>>> from cis_aws import testing
>>> policy = {"MinimumPasswordLength": 8}
>>> testing.statuses(testing.judge("iam.password_min_length", {"iam.password_policy": [policy]}))
{'123456789012': 'fail'}
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Union

from ._datasets import Dataset
from ._errors import Gap
from ._native import Benchmark, Findings, Request
from ._scan import scan
from ._sources import Coverage, Table

__all__ = ["FactsSource", "check", "judge", "statuses"]

_Key = Union[str, Dataset, "tuple[str | Dataset, str]"]
_Facts = Mapping[_Key, Any]

#: The account and the moment of facts that say nothing else.
ACCOUNT_ID = "123456789012"
AS_OF = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)


class FactsSource:
    """A data source over facts that are written down.

    Parameters
    ----------
    facts : dict
        By dataset (its name, or a `Dataset`): rows as a list of dicts, a `Table`, or a `Gap`. What a region has is the same
        in every region, unless ``(dataset, region)`` says otherwise. What is not there is a gap.
    regions : iterable of str
        The enabled regions.
    """

    def __init__(
        self,
        facts: _Facts,
        *,
        regions: Iterable[str] = ("us-east-1",),
        account_id: str = ACCOUNT_ID,
        partition: str = "aws",
        as_of: dt.datetime = AS_OF,
    ) -> None:
        self._coverage = Coverage(account_id, list(regions), partition, as_of=as_of)
        self._facts = {_named(key): rows for key, rows in facts.items()}

    def coverage(self) -> Coverage:
        return self._coverage

    def fetch(self, request: Request) -> Any:
        for key in ((request.dataset, request.place.region), (request.dataset, None)):
            if key in self._facts:
                return self._facts[key]
        return Gap("not_supported", "the test does not give it")


def _named(key: _Key) -> tuple[str, str | None]:
    dataset, region = key if isinstance(key, tuple) else (key, None)
    return (dataset.name if isinstance(dataset, Dataset) else dataset, region)


def judge(
    control: Any,
    facts: _Facts,
    *,
    benchmark: str | Benchmark = "2.0.0",
    regions: Iterable[str] = ("us-east-1",),
    account_id: str = ACCOUNT_ID,
    partition: str = "aws",
    as_of: dt.datetime = AS_OF,
) -> Findings:
    """The findings of one control over some facts.

    Parameters
    ----------
    control : str or check
        A recommendation's id or key, or a check of one's own.
    facts : dict
        As of `FactsSource`.
    benchmark : str or Benchmark
        The version whose parameters apply.
    """
    source = FactsSource(facts, regions=regions, account_id=account_id, partition=partition, as_of=as_of)
    controls, select = ([], control) if isinstance(control, str) else ([control], control.key)
    return scan(source, benchmark, controls, select, progress=False).findings


def statuses(findings: Iterable[Any]) -> dict[str, str]:
    """The status of each resource, by its ARN or else its id."""
    return {finding.resource_arn or finding.resource_id: finding.status for finding in findings}


def check(control: Any, facts: _Facts, expected: Mapping[str, str], **more: Any) -> None:
    """Judges facts, compares the statuses, and then takes each fact away: every verdict must turn unknown.

    Parameters
    ----------
    control, facts
        As of `judge`.
    expected : dict
        The status of each resource, by its ARN or else its id.

    Raises
    ------
    AssertionError
        Another status; or a verdict that stands although what it rests on could not be read.

    Examples
    --------
    >>> from cis_aws import testing
    >>> facts = {"iam.password_policy": [{"MinimumPasswordLength": 14}]}
    >>> testing.check("iam.password_min_length", facts, {"123456789012": "pass"})
    """
    found = statuses(judge(control, facts, **more))
    assert found == dict(expected), f"expected {dict(expected)}, found {found}"
    for key in facts:
        denied = Gap("denied", "the test takes it away", code="AccessDenied")
        stands = judge(control, {**facts, key: denied}, **more).filter(status=("pass", "fail"))
        assert not len(stands), f"{stands[0]!r} stands although {_named(key)[0]} could not be read"
