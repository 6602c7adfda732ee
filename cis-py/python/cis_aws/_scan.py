"""Scans: started in Rust, awaited here."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Union

from . import _native, _sources
from ._checks import Control
from ._errors import Error, InputError, ScanInterrupted
from ._native import Benchmark, Change, Comparison, DemoSource, LiveSource, Report, Route, SnapshotSource
from ._sources import DataSource

if TYPE_CHECKING:
    import asyncio

__all__ = ["compare", "delta", "scan", "scan_async"]

_Source = Union[DemoSource, SnapshotSource, LiveSource, Route, DataSource]
_Benchmark = Union[str, Benchmark, Mapping[str, Any]]
_Moment = Union[str, dt.datetime, dt.date]
_Review = Union[str, os.PathLike[str], Mapping[str, Any]]
_Progress = Union[bool, Callable[[int, int, str], object]]

#: How long Ctrl-C and a cancelled task wait for the report of what was read: with the 50 ms of a look, well below a second.
_GRACE_SECONDS = 0.7
_LOOK_SECONDS = 0.05


def _benchmark(benchmark: _Benchmark) -> Benchmark:
    if isinstance(benchmark, Benchmark):
        return benchmark
    if isinstance(benchmark, str):
        return Benchmark.load(benchmark)
    if isinstance(benchmark, Mapping):
        return Benchmark.from_dict(benchmark)
    raise TypeError(f"benchmark is a {type(benchmark).__name__}; expected a version, a Benchmark or a dict")


def _moment(moment: _Moment | None) -> str | None:
    if moment is None:
        return None
    if isinstance(moment, dt.datetime):
        if moment.tzinfo is None:
            raise InputError(f"as_of {moment.isoformat()} has no time zone; give one, such as datetime.timezone.utc")
        return moment.isoformat()
    if isinstance(moment, dt.date):
        moment = moment.isoformat()
    if not isinstance(moment, str):
        raise TypeError(f"as_of is a {type(moment).__name__}; expected a datetime, a date or text")
    # A day means its midnight in UTC, as on the command line.
    return f"{moment}T00:00:00Z" if len(moment) == len("2026-01-01") else moment


def _texts(name: str, value: str | Iterable[str] | None) -> list[str]:
    if value is None:
        return []
    texts = [value] if isinstance(value, str) else list(value)
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"{name} holds a {type(text).__name__}; expected text")
    return texts


def _reviews(review: _Review | Iterable[_Review] | None) -> list[str | Mapping[str, Any]] | None:
    if review is None:
        return None
    parts = [review] if isinstance(review, (str, os.PathLike, Mapping)) else review
    return [part if isinstance(part, Mapping) else os.fspath(part) for part in parts]


def _start(
    source: _Source,
    benchmark: _Benchmark,
    controls: Iterable[Control],
    select: str | Iterable[str] | None,
    level: int | None,
    regions: str | Iterable[str] | None,
    as_of: _Moment | None,
    record: str | os.PathLike[str] | None,
    deadline: float | dt.timedelta | None,
    concurrency: int,
    review: _Review | Iterable[_Review] | None,
    loop: asyncio.AbstractEventLoop | None = None,
) -> _native.Running:
    if level not in (None, 1, 2):
        raise InputError(f"level {level!r} is not known (known: 1, 2)")
    if isinstance(concurrency, int) and concurrency < 1:
        raise InputError(f"concurrency {concurrency} is not valid (expected 1 or more)")
    if callable(getattr(controls, "evaluate", None)):
        raise TypeError("controls are several; put the one check into a list")
    with _sources.awaited_in(loop):
        return _native.start(
            source,
            _benchmark(benchmark),
            controls=list(controls),
            select=_texts("select", select),
            level=level,
            regions=_texts("regions", regions),
            as_of=_moment(as_of),
            record=None if record is None else os.fspath(record),
            deadline=deadline.total_seconds() if isinstance(deadline, dt.timedelta) else deadline,
            concurrency=concurrency,
            review=_reviews(review),
        )


class _Shown:
    """How far a scan is, told to a function or, on a terminal, to who looks on."""

    def __init__(self, progress: _Progress) -> None:
        self._tell: Callable[[int, int, str], object] | None = None
        self._last: tuple[int, int, str] | None = None
        self._on_terminal = progress is True and sys.stderr is not None and sys.stderr.isatty()
        if callable(progress):
            self._tell = progress
        elif self._on_terminal:
            self._tell = self._line

    def look(self, running: _native.Running) -> None:
        if self._tell is None:
            return
        tables, done, last = running.progress()
        if (done, tables, last) != self._last:
            self._last = (done, tables, last)
            self._tell(done, tables, last)

    @staticmethod
    def _line(done: int, tables: int, last: str) -> None:
        name = "".join(letter for letter in last if letter.isprintable())[:60]
        sys.stderr.write(f"\r\x1b[K{done}/{tables} tables read  {name}")
        sys.stderr.flush()

    def close(self) -> None:
        if self._on_terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def scan(
    source: _Source,
    benchmark: _Benchmark = "2.0.0",
    controls: Iterable[Control] = (),
    select: str | Iterable[str] | None = None,
    level: int | None = None,
    regions: str | Iterable[str] | None = None,
    as_of: _Moment | None = None,
    progress: _Progress = True,
    record: str | os.PathLike[str] | None = None,
    *,
    deadline: float | dt.timedelta | None = None,
    concurrency: int = 64,
    review: _Review | Iterable[_Review] | None = None,
) -> Report:
    """Reads what the selected controls read, and judges it.

    Other Python threads run meanwhile, other scans as well.

    Parameters
    ----------
    source
        `DemoSource`, `SnapshotSource`, `LiveSource`, `Route`, or an object with ``coverage()`` and ``fetch(request)``.
    benchmark : str, Benchmark or dict
        A version of the CIS AWS Foundations Benchmark, or a benchmark of one's own.
    controls : iterable
        Checks of one's own, judged beside the benchmark's. One whose key the benchmark names takes the place of ours.
    select : str or iterable of str, optional
        Only these recommendations, by id or key; ``*`` and ``?`` are wildcards.
    level : int, optional
        The profile: 1 for level 1 alone, 2 for both. By default both.
    regions : str or iterable of str, optional
        Only these regions; the report names the others. By default every enabled one.
    as_of : datetime, date or str, optional
        The moment to judge at; a day means its midnight in UTC. By default the one that the source has recorded, or the
        start of the scan where the source tells of now.
    progress : bool or callable
        True shows progress on standard error where that is a terminal; a callable is told ``(done, tables, last)``.
    record : str or os.PathLike, optional
        Writes everything that is read into this folder, as a snapshot.
    deadline : float or timedelta, optional
        Ends the scan after this time (seconds); what was not read by then is ``unknown``, and what a check is still at.
    concurrency : int
        How many tables are read at once at most. The report does not depend on it.
    review : str, os.PathLike, dict, or several, optional
        What people have decided: files (``.toml``, ``.yaml``, ``.json``) or dicts of the same shape, with ``exceptions`` and
        ``attestations``. They mark findings and take none away: see `Finding.exception`, `Finding.settled`, `Report.review`.

    Returns
    -------
    Report

    Raises
    ------
    InputError
        Something asked for is not known or not valid.
    DocumentError
        A review that cannot be read or is not valid.
    SourceError
        The source could not say which account it answers for. Whatever goes wrong later is in the report.
    WriteError
        The recording could not be written; its ``report`` has the report.
    ScanInterrupted
        Ctrl-C; its ``report`` has what was read by then.

    Examples
    --------
    >>> import cis_aws
    >>> report = cis_aws.scan(cis_aws.DemoSource(), select=["1.4", "1.5"], progress=False)
    >>> [(judged.id, judged.status) for judged in report.recommendations]
    [('1.4', 'pass'), ('1.5', 'pass')]
    """
    shown = _Shown(progress)
    running = _start(source, benchmark, controls, select, level, regions, as_of, record, deadline, concurrency, review)
    try:
        while True:
            report = running.poll(_LOOK_SECONDS)
            if report is not None:
                return report
            shown.look(running)
    except KeyboardInterrupt:
        raise _interrupted(running) from None
    except BaseException:
        running.stop("what waited for it failed")
        raise
    finally:
        shown.close()


def _interrupted(running: _native.Running) -> ScanInterrupted:
    running.stop("it was interrupted")
    try:
        report = running.poll(_GRACE_SECONDS)
    except Error as error:
        report = error.report
    if report is None:
        return ScanInterrupted("the scan was interrupted before it had anything to report")
    return ScanInterrupted("the scan was interrupted; `report` has what was read by then", report)


async def scan_async(
    source: _Source,
    benchmark: _Benchmark = "2.0.0",
    controls: Iterable[Control] = (),
    select: str | Iterable[str] | None = None,
    level: int | None = None,
    regions: str | Iterable[str] | None = None,
    as_of: _Moment | None = None,
    progress: _Progress = True,
    record: str | os.PathLike[str] | None = None,
    *,
    deadline: float | dt.timedelta | None = None,
    concurrency: int = 64,
    review: _Review | Iterable[_Review] | None = None,
) -> Report:
    """As `scan`, for an event loop, which goes on meanwhile.

    What a data source of one's own gives to be awaited is awaited in this loop. When the task is cancelled, the scan ends, and
    the `asyncio.CancelledError` that it raises has a ``report``: what was read by then, None where there was nothing to report
    within 0.7 seconds. Who awaits the task gets that very exception in Python 3.11 and later; before, it is its ``__context__``.
    For a time limit give a ``deadline``, after which the report is returned.

    Examples
    --------
    >>> import asyncio, cis_aws
    >>> asyncio.run(cis_aws.scan_async(cis_aws.DemoSource(), select="1.4", progress=False)).worst
    'pass'
    """
    import asyncio

    shown = _Shown(progress)
    loop = asyncio.get_running_loop()
    running = _start(
        source, benchmark, controls, select, level, regions, as_of, record, deadline, concurrency, review, loop
    )
    pause = 0.001
    try:
        while True:
            report = running.poll(0)
            if report is not None:
                return report
            shown.look(running)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LOOK_SECONDS)
    except asyncio.CancelledError as cancelled:
        running.stop("its task was cancelled")
        cancelled.report = await _left(running)  # type: ignore[attr-defined]
        raise
    except BaseException:
        running.stop("what waited for it failed")
        raise
    finally:
        shown.close()


async def _left(running: _native.Running) -> Report | None:
    """What a scan that was stopped has to report."""
    import asyncio

    # The loop goes on: what the scan still awaits in it may be what it ends with.
    for _ in range(round(_GRACE_SECONDS / _LOOK_SECONDS)):
        try:
            report = running.poll(0)
        except Error as error:
            return error.report
        if report is not None:
            return report
        await asyncio.sleep(_LOOK_SECONDS)
    return None


def compare(old: Report, new: Report) -> Comparison:
    """What changed from one report of an account to a later one.

    Findings are matched by their id; verdicts count as attestations settled them.

    Raises
    ------
    InputError
        The reports are of different accounts, or of different benchmarks or versions.

    Examples
    --------
    >>> import cis_aws
    >>> old = cis_aws.scan(cis_aws.DemoSource(), select="1.1?", progress=False)
    >>> new = cis_aws.scan(cis_aws.DemoSource(), select="1.1?", as_of="2027-01-01", progress=False)
    >>> {difference.was for difference in cis_aws.compare(old, new).of("new_fail")}
    {'pass'}
    """
    return _native.compare(old, new)


def delta(old: _Benchmark, new: _Benchmark) -> list[Change]:
    """Every change from one version of a benchmark to another, in the order of ids.

    Raises
    ------
    InputError
        A version that the package does not hold.

    Examples
    --------
    >>> import cis_aws
    >>> [change.id_to for change in cis_aws.delta("1.5.0", "2.0.0") if change.kind == "added"]
    ['1.22', '5.6']
    """
    return _native.changes(_benchmark(old), _benchmark(new))
