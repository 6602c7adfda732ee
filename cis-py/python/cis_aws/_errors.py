"""The exceptions. Rust raises them with the fields of its own errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._native import Report

__all__ = [
    "DocumentError",
    "Error",
    "Gap",
    "InputError",
    "PatternError",
    "PolicyError",
    "ScanInterrupted",
    "SourceError",
    "WriteError",
]


class Error(Exception):
    """Bad news that the caller must act on.

    Attributes
    ----------
    kind : str
        ``input``, ``document``, ``source`` or ``write``.
    message : str
        What went wrong, without where.
    context : tuple of str
        Where it happened, from the outside in.
    report : Report or None
        A report that was made all the same, such as where a recording could not be written.
    """

    def __init__(self, text: str, *, kind: str = "input", message: str | None = None, context: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.kind = kind
        self.message = text if message is None else message
        self.context = tuple(context)
        self.report: Report | None = None


class InputError(Error, ValueError):
    """A benchmark, control, region, dataset or argument that is not known or not valid."""


class DocumentError(Error):
    """A file or document that could not be read or understood."""


class SourceError(Error):
    """The data source could not say which account it answers for."""


class WriteError(Error):
    """A file could not be written."""


class PolicyError(Error, ValueError):
    """A policy document that could not be understood.

    Attributes
    ----------
    line, column : int or None
        Where it is not JSON, both from 1.
    statement : int or None
        The index of the statement that is wrong, from 0.
    element : str or None
        The element that is wrong, such as ``Effect``.
    """

    def __init__(
        self,
        text: str,
        *,
        line: int | None = None,
        column: int | None = None,
        statement: int | None = None,
        element: str | None = None,
    ) -> None:
        super().__init__(text, kind="document")
        self.line = line
        self.column = column
        self.statement = statement
        self.element = element


class PatternError(Error, ValueError):
    """A filter pattern that could not be understood.

    Attributes
    ----------
    offset : int
        The byte at which reading stopped, from 0.
    line, column : int
        The same place, both from 1.
    problem : str
        What is wrong there.
    """

    def __init__(self, text: str, *, offset: int = 0, line: int = 1, column: int = 1, problem: str = "") -> None:
        super().__init__(text, kind="document")
        self.offset = offset
        self.line = line
        self.column = column
        self.problem = problem


class Gap(Error):
    """The reason why a fact could not be had.

    It is a value, which data sources give back and reports hold, and an exception, which a row raises where a fact is
    touched that could not be read. Raised through a check it makes ``unknown`` what rests on it, and nothing else.

    Parameters
    ----------
    kind : str
        ``denied``, ``throttled``, ``not_opted_in``, ``unreachable``, ``expired_credentials``, ``malformed``,
        ``not_supported``, ``other_account``, ``cut_off``, ``left_out``, ``stale``, ``cancelled`` or ``failed``.
    message : str
        What came back, in words. Never a secret.
    dataset, operation, region, resource, code, action : str, optional
        The dataset; the operation that was tried, ``service:Operation``; where; on what; the error code that came back;
        the IAM action that would allow it.

    Examples
    --------
    >>> import cis_aws
    >>> str(cis_aws.Gap("denied", operation="s3:GetBucketVersioning", code="AccessDenied", action="s3:GetBucketVersioning"))
    's3:GetBucketVersioning answered AccessDenied; allow s3:GetBucketVersioning'
    """

    def __init__(
        self,
        kind: str,
        message: str = "",
        *,
        dataset: str | None = None,
        operation: str | None = None,
        region: str | None = None,
        resource: str | None = None,
        code: str | None = None,
        action: str | None = None,
    ) -> None:
        from ._native import gap_text

        fields = {
            "kind": kind,
            "message": message,
            "dataset": dataset,
            "operation": operation,
            "region": region,
            "resource": resource,
            "code": code,
            "action": action,
        }
        super().__init__(gap_text(fields), kind=kind, message=message)
        self.dataset = dataset
        self.operation = operation
        self.region = region
        self.resource = resource
        self.code = code
        self.action = action

    def to_dict(self) -> dict[str, str | None]:
        """The fields, in the shape of the report's JSON."""
        names = ("dataset", "operation", "region", "resource", "kind", "code", "message", "action")
        return {name: getattr(self, name) for name in names}

    def replace(self, **fields: str | None) -> Gap:
        """The same gap with other fields.

        Examples
        --------
        >>> import cis_aws
        >>> str(cis_aws.Gap("denied", "no", operation="s3:GetBucketAcl").replace(resource="logs"))
        's3:GetBucketAcl on logs: no'
        """
        return _gap({**self.to_dict(), **fields})

    @property
    def denied_by(self) -> str | None:
        """Which kind of policy denied it: ``identity``, ``resource``, ``organization``, ``unclear``; None if none did."""
        from ._native import gap_denied_by

        return gap_denied_by(self.to_dict())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Gap) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(tuple(self.to_dict().values()))

    def __repr__(self) -> str:
        return f"<Gap {self.kind}: {self}>"

    def __reduce__(self) -> tuple[object, ...]:
        return _gap, (self.to_dict(),)


def _gap(fields: dict[str, Any]) -> Gap:
    return Gap(**fields)


class ScanInterrupted(KeyboardInterrupt):
    """Ctrl-C ended a scan.

    Attributes
    ----------
    report : Report or None
        What was read by then, judged; what was not is ``unknown``. None where not even the account was known.
    """

    def __init__(self, text: str, report: Report | None = None) -> None:
        super().__init__(text)
        self.report = report
