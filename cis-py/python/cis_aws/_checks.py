"""Checks of one's own: a decorated function or a class, judged beside the benchmark's controls."""

from __future__ import annotations

import datetime as dt
import inspect
import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Union

from ._datasets import AnyDataset, Dataset
from ._errors import Gap
from ._native import Place, RawFacts, RawRows
from ._rows import Row, Rows

__all__ = [
    "Control",
    "Facts",
    "Out",
    "Resource",
    "Verdict",
    "control",
    "failed",
    "manual",
    "not_applicable",
    "passed",
    "unknown",
]

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
    """

    id: str | None = None
    arn: str | None = None
    type: str | None = None
    region: str | None = None
    sub: str | None = None


_About = Union[str, Resource, None]


def _about(resource: Any) -> Resource:
    if resource is None:
        return Resource()
    if isinstance(resource, Resource):
        return resource
    if isinstance(resource, str) and resource:
        return Resource(arn=resource) if resource.startswith("arn:") else Resource(id=resource)
    raise TypeError(f"a resource is an ARN, an id or a cis_aws.Resource, not {resource!r}")


class Facts:
    """The facts, seen from the place that is being judged."""

    __slots__ = ("_raw",)

    def __init__(self, raw: RawFacts) -> None:
        self._raw = raw

    @property
    def place(self) -> Place:
        """The place that is being judged: an account, or an account in a region."""
        return self._raw.place

    @property
    def account_id(self) -> str:
        """The 12-digit id of the account."""
        return self._raw.place.account_id

    @property
    def partition(self) -> str:
        """``aws``, ``aws-cn``, ``aws-us-gov``, ... No ARN is a literal: build it from this."""
        return self._raw.partition

    @property
    def as_of(self) -> dt.datetime:
        """The moment that verdicts are given for, in UTC: the only clock that a check has."""
        return self._raw.as_of

    @property
    def scope(self) -> dict[str, str]:
        """Every region that is known, in order of name, and what the scan did with it."""
        return self._raw.scope

    @property
    def regions_gap(self) -> Gap | None:
        """Why the list of regions is not whole; None if it is."""
        return self._raw.regions_gap

    def rows(self, dataset: AnyDataset) -> Rows:
        """The rows of a dataset here: an account's dataset also from a region.

        Raises
        ------
        Gap
            They could not be read, or the check does not declare the dataset.
        """
        rows = self._raw.rows(_name(dataset))
        if isinstance(rows, Gap):
            raise rows
        return Rows(rows)

    def regions(self, dataset: AnyDataset) -> list[tuple[str, Rows]]:
        """The rows of a dataset in every region that is or may be enabled, in order of name.

        Those of a region that could not be read, or was left out, raise the gap when they are touched.
        """
        regions = self._raw.regions(_name(dataset))
        return [(name, Rows(None, rows) if isinstance(rows, Gap) else Rows(rows)) for name, rows in regions]

    def __repr__(self) -> str:
        return f"<Facts of {self.place!r}>"


def _name(dataset: AnyDataset) -> str:
    return dataset.name if isinstance(dataset, Dataset) else dataset


class Out:
    """Where a check puts its verdicts."""

    __slots__ = ("_given",)

    def __init__(self) -> None:
        self._given: list[tuple[Resource | RawRows, Any]] = []

    def push(self, resource: _About, verdict: Verdict | Gap) -> None:
        """A verdict on a resource: an ARN, an id, a `Resource`, or None for the place."""
        if not isinstance(verdict, (Verdict, Gap)):
            raise TypeError(f"a verdict is a cis_aws.Verdict, not {verdict!r}")
        self._given.append((_about(resource), verdict))

    def judge(self, resource: _About, verdict: Callable[[], Verdict]) -> None:
        """A verdict on a resource; what is raised inside makes this resource unknown and nothing else."""
        self._judge(_about(resource), verdict, lambda gap: gap)

    def each(
        self,
        rows: Rows,
        verdict: Callable[[Row], Verdict],
        resource: Callable[[Row], _About] | None = None,
    ) -> None:
        """A verdict on every row. Where the list is whole and empty, the place is not applicable; where it was cut off,
        the place is unknown besides the rows that are there.

        Parameters
        ----------
        rows : Rows
        verdict : callable
            Is given a row; what it raises makes this row's resource unknown and nothing else.
        resource : callable, optional
            Is given a row and names what the verdict is about. By default the row's own ARN, id or name.
        """

        def met(gap: Gap) -> Gap:
            if gap.dataset is not None:
                return gap
            region = gap.region if gap.region is not None else rows.region
            named: dict[str, Any] = {**gap.to_dict(), "dataset": rows.dataset, "region": region}
            return Gap(**named)

        for row in rows:
            try:
                about = _about(_resource_of(row, rows.dataset) if resource is None else resource(row))
            except Gap as gap:
                self._given.append((Resource(), met(gap)))
            except BaseException as error:
                self._given.append((Resource(), _fault(error)))
            else:
                self._judge(about, lambda row=row: verdict(row), met)  # type: ignore[misc]
        self.rest(rows)

    def rest(self, rows: Rows) -> None:
        """What `each` adds for the list as a whole, for a check that goes through the rows itself."""
        self._given.append((rows._read(), len(rows) == 0))

    def _judge(self, about: Resource, verdict: Callable[[], Verdict], met: Callable[[Gap], Gap]) -> None:
        try:
            given = verdict()
            if not isinstance(given, Verdict):
                raise TypeError(f"the check gave {given!r}; expected a verdict, such as cis_aws.passed(...)")
            self._given.append((about, given))
        except Gap as gap:
            self._given.append((about, met(gap)))
        except BaseException as error:
            self._given.append((about, _fault(error)))


def _fault(error: BaseException) -> Verdict:
    """The check's own fault: unknown, with the traceback, this package's own frames left out."""
    told = traceback.TracebackException.from_exception(error)
    ours = __file__
    told.stack = traceback.StackSummary.from_list([frame for frame in told.stack if frame.filename != ours])
    said = "".join(traceback.format_exception_only(type(error), error)).strip()
    evidence = (("python", "traceback", "".join(told.format())),)
    return Verdict("unknown", "The check ended in a fault of its own: {fault}.", {"fault": said}, (), evidence)


def _resource_of(row: Row, dataset: str) -> str:
    """A row's own ARN, else its id or name, found by the dataset's noun: ``ec2.security_groups`` has ``GroupId``."""
    text = {name.lower().replace("_", ""): value for name, value in row._data.items() if isinstance(value, str)}
    words = [word[:-1] if word.endswith("s") else word for word in dataset.rpartition(".")[2].split("_")]
    parts = ["".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1)]
    parts.sort(key=len, reverse=True)
    for end in ("arn", "id", "identifier", "name", ""):
        for part in [*parts, ""]:
            found = text.get(part + end)
            if found and (end != "arn" or found.startswith("arn:")):
                return str(found)
    raise TypeError(f"a row of {dataset} does not name its resource; say how with resource=")


class Control:
    """A check as a class: give it these attributes and `evaluate`.

    Attributes
    ----------
    key : str
        ``service.name``, unique in a scan.
    title : str
        What must hold, in a few words.
    reads : iterable of str or Dataset
        The datasets that it reads. What is not declared here raises a gap.
    resource_type : str, optional
        The CloudFormation type of what it judges.
    judged_at : str, optional
        ``account`` or ``region``; by default where its first dataset is read.
    everywhere : bool
        Whether a check that is judged in a region sees every region.

    Its docstring says why it matters and how to fix it.

    Examples
    --------
    >>> import cis_aws
    >>> class FewUsers(cis_aws.Control):
    ...     key, title, reads = "acme.few_users", "There are few IAM users", ["iam.user_details"]
    ...     def evaluate(self, facts, out):
    ...         users = len(facts.rows("iam.user_details").all())
    ...         out.push(None, cis_aws.failed("There are {n} users.", {"n": users}))
    >>> report = cis_aws.scan(cis_aws.DemoSource(), controls=[FewUsers()], select="acme.*", progress=False)
    >>> report.findings[0].message
    'There are 60 users.'
    """

    key: str
    title: str
    reads: Iterable[AnyDataset] = ()
    resource_type: str | None = None
    judged_at: str | None = None
    everywhere: bool = False

    def evaluate(self, facts: Facts, out: Out) -> None:
        """Gives at least one verdict at the place that the facts are seen from."""
        raise NotImplementedError(f"{type(self).__name__} has no evaluate()")


class FunctionControl(Control):
    """A check that was made of a function by `control`. Calling it calls the function."""

    def __init__(
        self,
        function: Callable[..., Any],
        key: str,
        title: str,
        each: AnyDataset | None,
        reads: Iterable[AnyDataset],
        resource: Callable[[Row], _About] | None,
        resource_type: str | None,
        judged_at: str | None,
        everywhere: bool,
    ) -> None:
        self._function = function
        self._each = each
        self._resource = resource
        self.key = key
        self.title = title
        self.reads = ([each] if each is not None else []) + [dataset for dataset in reads if dataset != each]
        self.resource_type = resource_type
        self.judged_at = judged_at
        self.everywhere = everywhere
        self.__doc__ = function.__doc__
        self.__name__ = getattr(function, "__name__", key)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)

    def evaluate(self, facts: Facts, out: Out) -> None:
        if self._each is None:
            given = self._function(facts, out)
            if isinstance(given, (Verdict, Gap)):
                out.push(None, given)
            elif given is not None:
                raise TypeError(f"the check gave {given!r}; expected None or a verdict on the place")
            return
        rows = facts.rows(self._each)
        out.each(rows, lambda row: self._function(row, facts), self._resource)

    def __repr__(self) -> str:
        return f"<control {self.key}>"


def control(
    *,
    key: str,
    title: str,
    each: AnyDataset | None = None,
    reads: Iterable[AnyDataset] = (),
    resource: Callable[[Row], _About] | None = None,
    resource_type: str | None = None,
    judged_at: str | None = None,
    everywhere: bool = False,
) -> Callable[[Callable[..., Any]], FunctionControl]:
    """Makes a check of a function.

    With `each`, the function is given ``(row, facts)`` and returns a verdict: one call a row, so that what it raises makes
    one resource unknown. Without, it is given ``(facts, out)``, and puts its verdicts into ``out`` or returns one on the
    place.

    Parameters
    ----------
    key : str
        ``service.name``. One that the benchmark names takes the place of our control.
    title : str
        What must hold, in a few words.
    each : str or Dataset, optional
        The dataset whose rows are judged one by one.
    reads : iterable of str or Dataset
        More datasets that it reads.
    resource : callable, optional
        Is given a row and names what the verdict is about. By default the row's own ARN, id or name.
    resource_type : str, optional
        The CloudFormation type of what it judges.
    judged_at : str, optional
        ``account`` or ``region``; by default where its first dataset is read.
    everywhere : bool
        Whether a check that is judged in a region sees every region.

    Examples
    --------
    >>> import cis_aws
    >>> @cis_aws.control(key="acme.bucket_versioned", title="Buckets keep old versions", each="s3.bucket_versionings")
    ... def bucket_versioned(bucket, facts):
    ...     status = bucket.get("Status") or "not set"
    ...     verdict = cis_aws.passed if status == "Enabled" else cis_aws.failed
    ...     return verdict("Versioning is {status}.", {"status": status}, evidence={"Status": status})
    >>> report = cis_aws.scan(cis_aws.DemoSource(), controls=[bucket_versioned], select="acme.*", progress=False)
    >>> sorted({finding.status for finding in report.findings})
    ['fail', 'pass', 'unknown']
    """

    def decorated(function: Callable[..., Any]) -> FunctionControl:
        return FunctionControl(function, key, title, each, reads, resource, resource_type, judged_at, everywhere)

    return decorated


@dataclass(frozen=True)
class _Described:
    key: str
    title: str
    docs: str
    reads: list[AnyDataset]
    resource_type: str | None
    judged_at: str | None
    everywhere: bool


def described(check: Any) -> _Described:
    """What a check says of itself; called by Rust."""
    if isinstance(check, type):
        raise TypeError(f"{check.__name__} is a class; make an object of it")
    name = type(check).__name__
    if not callable(getattr(check, "evaluate", None)):
        raise TypeError(f"{name} is no check: it has no evaluate(); see cis_aws.control and cis_aws.Control")
    for attribute in ("key", "title"):
        value = getattr(check, attribute, None)
        if not isinstance(value, str) or not value:
            raise TypeError(f"the check {name} has no {attribute}")
    if not re.fullmatch(r"[\w.\-]+", check.key):
        raise TypeError(f"the key {check.key!r} of a check is not valid; expected service.name")
    reads = getattr(check, "reads", ())
    if isinstance(reads, str):
        raise TypeError(f"reads of {check.key} is text; put the one dataset into a list")
    datasets = list(reads)
    for dataset in datasets:
        if not isinstance(dataset, (str, Dataset)):
            raise TypeError(f"{check.key} reads {dataset!r}; expected a dataset's name or a cis_aws.Dataset")
    return _Described(
        key=check.key,
        title=check.title,
        docs=inspect.getdoc(check) or "",
        reads=datasets,
        # As CloudFormation calls what is not AWS's.
        resource_type=getattr(check, "resource_type", None) or "Custom::Resource",
        judged_at=getattr(check, "judged_at", None),
        everywhere=bool(getattr(check, "everywhere", False)),
    )


def evaluate(check: Any, raw: RawFacts) -> list[tuple[Any, Any]]:
    """Asks a check at a place; whatever it raises is a finding. Called by Rust."""
    out = Out()
    try:
        check.evaluate(Facts(raw), out)
    except Gap as gap:
        out._given.append((Resource(), gap))
    except BaseException as error:
        out._given.append((Resource(), _fault(error)))
    return out._given
