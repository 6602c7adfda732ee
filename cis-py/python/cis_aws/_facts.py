"""What a check sees."""

from __future__ import annotations

import datetime as dt

from ._datasets import AnyDataset, Dataset
from ._errors import Gap
from ._native import Place, RawFacts
from ._rows import Rows

__all__ = ["Facts"]


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
