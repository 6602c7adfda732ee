"""Rows as a check sees them: what could not be read raises its gap when it is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, overload

from ._errors import Gap

__all__ = ["Row", "Rows"]


def _shown(value: Any) -> Any:
    if isinstance(value, Gap):
        raise value.with_traceback(None)
    if isinstance(value, dict):
        return Row(value)
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return value


class Row(Mapping[str, Any]):
    """One row, with AWS's names: a mapping that cannot be changed.

    Raises
    ------
    Gap
        When a fact is touched that could not be read.
    """

    __slots__ = ("_data",)

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def _whole(self) -> Mapping[str, Any]:
        # Beside the fields that are known stands why the others are not: the answer of a call that was denied.
        gap = self._data.get("$gap")
        if isinstance(gap, Gap):
            raise gap.with_traceback(None)
        return self._data

    def __getitem__(self, name: str) -> Any:
        data = self._data if name in self._data else self._whole()
        return _shown(data[name])

    def __contains__(self, name: object) -> bool:
        # Whether a field is there is known even where its value is not.
        return name in self._data or name in self._whole()

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())

    def __repr__(self) -> str:
        return f"Row({self._data!r})"


class Rows(Sequence[Row]):
    """The rows of a dataset at a place, which know when their list was cut off.

    For a verdict over the whole list use `all`, `any` or `every`: iterating shows the rows that are there.

    Raises
    ------
    Gap
        Whatever is asked of rows that could not be read at all.
    """

    __slots__ = ("_gap", "_picked", "_raw")

    def __init__(self, raw: Any, gap: Gap | None = None, picked: list[Row] | None = None) -> None:
        self._raw = raw
        self._gap = gap
        self._picked = picked

    def _read(self) -> Any:
        if self._gap is not None:
            raise self._gap.with_traceback(None)
        return self._raw

    @property
    def gap(self) -> Gap | None:
        """Why they could not be read at all; None if they were."""
        return self._gap

    @property
    def cut_off(self) -> list[Gap]:
        """Why the list is not whole; empty if it is."""
        cut_off: list[Gap] = self._read().cut_off
        return cut_off

    @property
    def no_service(self) -> str | None:
        """Who says that the service is not in this region at all, if so: then there are no rows, and none can be."""
        why: str | None = self._read().no_service
        return why

    @property
    def dataset(self) -> str:
        """The dataset's name."""
        name: str = self._read().dataset
        return name

    @property
    def region(self) -> str | None:
        """The region that they were read in; None for an account's."""
        region: str | None = self._read().region
        return region

    def __len__(self) -> int:
        raw = self._read()
        return len(raw) if self._picked is None else len(self._picked)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        numbers = range(len(self))
        if isinstance(index, slice):
            return [self._row(number) for number in numbers[index]]
        return self._row(numbers[index])

    def _row(self, number: int) -> Row:
        return Row(self._raw.row(number)) if self._picked is None else self._picked[number]

    def __iter__(self) -> Iterator[Row]:
        for number in range(len(self)):
            yield self._row(number)

    def all(self) -> list[Row]:
        """The whole list, or the gap that cut it off."""
        for gap in self.cut_off:
            raise gap
        return list(self)

    def any(self, holds: Callable[[Row], bool]) -> bool:
        """Whether a row holds: true beats what is missing, which beats false."""
        return self._settled(holds, True)

    def every(self, holds: Callable[[Row], bool]) -> bool:
        """Whether every row holds: false beats what is missing, which beats true."""
        return self._settled(holds, False)

    def _settled(self, holds: Callable[[Row], bool], witness: bool) -> bool:
        gaps = self.cut_off
        for row in self:
            try:
                if bool(holds(row)) is witness:
                    return witness
            except Gap as gap:
                gaps.append(gap)
        for missing in gaps:
            raise missing
        return not witness

    def only(self, wanted: Callable[[Row], bool]) -> Rows:
        """The rows that are wanted; what was cut off stays cut off."""
        return Rows(self._read(), None, [row for row in self if wanted(row)])

    def __repr__(self) -> str:
        if self._gap is not None:
            return f"<Rows: {self._gap!r}>"
        return f"<Rows of {self.dataset}: {len(self)}{' and more' if self.cut_off else ''}>"
