"""Checks of one's own: a decorated function or a class, judged beside the benchmark's controls."""

from __future__ import annotations

import inspect
import os
import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ._datasets import AnyDataset, Dataset
from ._errors import Gap
from ._facts import Facts
from ._native import RawFacts, RawRows
from ._remediation import RemediationGiven
from ._rows import Row, Rows
from ._verdicts import About, Resource, Verdict, about

__all__ = ["Control", "Out", "control"]


class Out:
    """Where a check puts its verdicts."""

    __slots__ = ("_given",)

    def __init__(self) -> None:
        self._given: list[tuple[Resource | RawRows, Any]] = []

    def push(self, resource: About, verdict: Verdict | Gap) -> None:
        """A verdict on a resource: an ARN, an id, a `Resource`, or None for the place."""
        if not isinstance(verdict, (Verdict, Gap)):
            raise TypeError(f"a verdict is a cis_aws.Verdict, not {verdict!r}")
        self._given.append((about(resource), verdict))

    def judge(self, resource: About, verdict: Callable[[], Verdict]) -> None:
        """A verdict on a resource; what is raised inside makes this resource unknown and nothing else."""
        self._judge(about(resource), verdict, lambda gap: gap)

    def each(
        self,
        rows: Rows,
        verdict: Callable[[Row], Verdict],
        resource: Callable[[Row], About] | None = None,
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
            return gap.replace(dataset=rows.dataset, region=gap.region if gap.region is not None else rows.region)

        for row in rows:
            try:
                named = about(_resource_of(row, rows.dataset) if resource is None else resource(row))
                if named.tags is None:
                    named = replace(named, tags=_tags_of(row))
            except Gap as gap:
                self._given.append((Resource(), met(gap)))
            except BaseException as error:
                self._given.append((Resource(), _fault(error)))
            else:
                self._judge(named, lambda row=row: verdict(row), met)  # type: ignore[misc]
        self.rest(rows)

    def rest(self, rows: Rows) -> None:
        """What `each` adds for the list as a whole, for a check that goes through the rows itself."""
        self._given.append((rows._read(), len(rows) == 0))

    def _judge(self, resource: Resource, verdict: Callable[[], Verdict], met: Callable[[Gap], Gap]) -> None:
        try:
            given = verdict()
            if not isinstance(given, Verdict):
                raise TypeError(f"the check gave {given!r}; expected a verdict, such as cis_aws.passed(...)")
            self._given.append((resource, given))
        except Gap as gap:
            self._given.append((resource, met(gap)))
        except BaseException as error:
            self._given.append((resource, _fault(error)))


def _fault(error: BaseException) -> Verdict:
    """The check's own fault: unknown, with the traceback, this package's own frames left out."""
    told = traceback.TracebackException.from_exception(error)
    ours = os.path.dirname(__file__)
    told.stack = traceback.StackSummary.from_list(
        [frame for frame in told.stack if os.path.dirname(frame.filename) != ours]
    )
    said = "".join(traceback.format_exception_only(type(error), error)).strip()
    evidence = (("python", "traceback", "".join(told.format())),)
    return Verdict("unknown", "The check ended in a fault of its own: {fault}.", {"fault": said}, (), evidence)


def _tags_of(row: Row) -> dict[str, str] | None:
    """The tags that stand in a row, as AWS lists them; None where it does not tell all of them."""
    listed = row._data.get("Tags", row._data.get("TagList"))
    if not isinstance(listed, list):
        return None
    tags: dict[str, str] = {}
    for tag in listed:
        key, value = (tag.get("Key"), tag.get("Value") or "") if isinstance(tag, Mapping) else (None, None)
        if not isinstance(key, str) or not isinstance(value, str):
            return None
        tags[key] = value
    return tags


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
    remediation : str or mapping, optional
        How to put right what fails: a text, or a mapping with `summary` and any of `console`, `cli` and `terraform`, each a list
        of steps or a text that says why not this way, and `cautions`, pairs of a kind (``costs``, ``cuts_access``,
        ``interrupts``, ``replaces_all``, ``cannot_be_undone``) and a text. ``{resource}``, ``{arn}``, ``{sub}``, ``{region}``,
        ``{account}``, ``{partition}`` and ``{key}`` are filled with the finding's own, quoted as a command needs it.

    Its docstring says why it matters.

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
    remediation: RemediationGiven | None = None

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
        resource: Callable[[Row], About] | None,
        resource_type: str | None,
        judged_at: str | None,
        everywhere: bool,
        remediation: RemediationGiven | None = None,
    ) -> None:
        self._function = function
        self._each = each
        self._resource = resource
        if isinstance(reads, str):
            raise TypeError(f"reads of {key} is text; put the one dataset into a list")
        self.key = key
        self.title = title
        self.reads = ([each] if each is not None else []) + [dataset for dataset in reads if dataset != each]
        self.resource_type = resource_type
        self.judged_at = judged_at
        self.everywhere = everywhere
        self.remediation = remediation
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
    resource: Callable[[Row], About] | None = None,
    resource_type: str | None = None,
    judged_at: str | None = None,
    everywhere: bool = False,
    remediation: RemediationGiven | None = None,
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
    remediation : str or mapping, optional
        How to put right what fails: a text, or a mapping with `summary` and any of `console`, `cli` and `terraform`, each a list
        of steps or a text that says why not this way, and `cautions`, pairs of a kind (``costs``, ``cuts_access``,
        ``interrupts``, ``replaces_all``, ``cannot_be_undone``) and a text. ``{resource}``, ``{arn}``, ``{sub}``, ``{region}``,
        ``{account}``, ``{partition}`` and ``{key}`` are filled with the finding's own, quoted as a command needs it.

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
        return FunctionControl(
            function, key, title, each, reads, resource, resource_type, judged_at, everywhere, remediation
        )

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
    for attribute in ("resource_type", "judged_at"):
        value = getattr(check, attribute, None)
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{attribute} of {check.key} is a {type(value).__name__}; expected text")
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
