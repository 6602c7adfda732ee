"""Datasets: those that the package knows, and those of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Union

from . import _native
from ._errors import InputError

__all__ = ["Dataset", "DatasetInfo", "datasets"]


class Dataset:
    """A dataset of one's own: one kind of fact about an account, which a data source of one's own answers for.

    Parameters
    ----------
    name : str
        ``service.noun``, unique among all datasets of a scan.
    place : str
        Where it is read: ``account`` or ``region``.
    operations : iterable of str, or mapping
        Every operation that a read may call, ``service:Operation``; a mapping gives the IAM action of each, where it has
        another name.
    after : iterable of str or Dataset
        Datasets whose facts it is read with: a request hands them over.

    Examples
    --------
    >>> import cis_aws
    >>> cis_aws.Dataset("acme.badges", operations=["acme:ListBadges"])
    Dataset('acme.badges', place='account')
    """

    def __init__(
        self,
        name: str,
        place: str = "account",
        operations: Iterable[str] | Mapping[str, str] = (),
        after: Iterable[str | Dataset] = (),
    ) -> None:
        if not isinstance(name, str) or not re.fullmatch(r"[\w.\-]+", name):
            raise InputError(f"the name {name!r} of a dataset is not valid; expected service.noun")
        if name in datasets():
            raise InputError(f"dataset {name!r} is one that the package knows; name it by its name, or take another name")
        if place not in ("account", "region"):
            raise InputError(f"place {place!r} is not known (known: account, region)")
        if isinstance(operations, str) or isinstance(after, str):
            raise TypeError("operations and after are several; put the one into a list")
        self.name = name
        self.place = place
        named = operations.items() if isinstance(operations, Mapping) else ((name, name) for name in operations)
        self.operations = list(named)
        self.after = tuple(after)

    def __repr__(self) -> str:
        return f"Dataset({self.name!r}, place={self.place!r})"


class DatasetInfo(NamedTuple):
    """What a dataset that the package knows is."""

    #: Where it is read: ``account`` or ``region``.
    place: str
    #: Every operation that a read may call, with its IAM action.
    operations: Mapping[str, str]


def datasets() -> dict[str, DatasetInfo]:
    """Every dataset that the package knows, by name.

    Examples
    --------
    >>> import cis_aws
    >>> cis_aws.datasets()["s3.buckets"].place
    'account'
    """
    return {name: DatasetInfo(place, dict(operations)) for name, (place, operations) in _native.datasets().items()}


AnyDataset = Union[str, Dataset]
