"""Data sources that are written in Python."""

from __future__ import annotations

import concurrent.futures
import contextlib
import contextvars
import datetime as dt
import inspect
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, Union, runtime_checkable

from ._errors import Gap, InputError, SourceError
from ._native import Request

if TYPE_CHECKING:
    import asyncio

__all__ = ["Coverage", "DataSource", "Table"]

_REGION_STATUSES = ("enabled", "not_enabled", "unknown")


class Coverage:
    """Which account a source answers for, and what is known of its regions.

    Parameters
    ----------
    account_id : str
        12 digits.
    regions : iterable of str, or mapping
        The enabled regions; or all that are known with their status: ``enabled``, ``not_enabled``, ``unknown``.
    partition : str
        ``aws``, ``aws-cn``, ``aws-us-gov``, ...
    regions_gap : Gap, optional
        Why the list of regions is not whole, if it is not.
    as_of : datetime, optional
        The moment that verdicts are to be given for; by default the start of the scan.
    """

    def __init__(
        self,
        account_id: str,
        regions: Iterable[str] | Mapping[str, str] = (),
        partition: str = "aws",
        regions_gap: Gap | None = None,
        as_of: dt.datetime | None = None,
    ) -> None:
        if not (isinstance(account_id, str) and len(account_id) == 12 and account_id.isascii() and account_id.isdigit()):
            raise InputError(f"account_id {account_id!r} is not valid (expected a str of 12 digits)")
        if isinstance(regions, str):
            raise TypeError("regions is text; expected several")
        named = regions.items() if isinstance(regions, Mapping) else ((name, "enabled") for name in regions)
        self.account_id = account_id
        self.regions = list(named)
        for name, status in self.regions:
            if status not in _REGION_STATUSES:
                raise InputError(f"region {name}: status {status!r} is not known (known: {', '.join(_REGION_STATUSES)})")
        self.partition = partition
        self.regions_gap = regions_gap
        self.as_of = as_of

    def __repr__(self) -> str:
        return f"Coverage({self.account_id!r}, {dict(self.regions)!r})"


@dataclass(frozen=True)
class Table:
    """Rows, and what is to be said of them.

    Parameters
    ----------
    rows : iterable of dict
        In AWS's shape; a `Gap` in a field is a fact that could not be read, a `Gap` among the rows cuts the list off.
    cut_off : iterable of Gap
        Why the list is not whole.
    read_at : datetime, optional
        When they were read; evidence shows it.
    no_service : str, optional
        Who says that the service is not in this region at all: then there are no rows, and what rests on them is not
        applicable.
    """

    rows: Iterable[Any] = ()
    cut_off: Iterable[Gap] = field(default=())
    read_at: dt.datetime | None = None
    no_service: str | None = None


_Rows = Union[Iterable[Any], Table, Gap]


@runtime_checkable
class DataSource(Protocol):
    """What a scan can read from. Both methods may be coroutines."""

    def coverage(self) -> Coverage | Awaitable[Coverage]:
        """Which account it answers for. Asked once, before anything else; what it raises ends the scan."""

    def fetch(self, request: Request) -> _Rows | Awaitable[_Rows]:
        """The rows of a dataset at a place, or the `Gap`. What it raises is a gap, too."""


_LOOP: contextvars.ContextVar[asyncio.AbstractEventLoop | None] = contextvars.ContextVar("cis_aws_loop", default=None)


@contextlib.contextmanager
def awaited_in(loop: asyncio.AbstractEventLoop | None) -> Iterator[None]:
    """Bridges that are made inside await in this loop; without one each has a loop of its own."""
    token = _LOOP.set(loop)
    try:
        yield
    finally:
        _LOOP.reset(token)


def credentials(session: Any) -> tuple[str, str, str | None] | None:
    """What a boto3 session holds, renewed where it expires; called by Rust."""
    held = session.get_credentials()
    if held is None:
        return None
    frozen = held.get_frozen_credentials()
    if frozen.access_key is None or frozen.secret_key is None:
        return None
    return frozen.access_key, frozen.secret_key, frozen.token


def bridge(source: Any) -> Bridge:
    """The bridge to a source; called by Rust."""
    for name in ("coverage", "fetch"):
        if not callable(getattr(source, name, None)):
            kind = source.__name__ if isinstance(source, type) else type(source).__name__
            raise TypeError(f"{kind} is no data source: it has no method {name}()")
    if isinstance(source, type):
        raise TypeError(f"{source.__name__} is a class; make an object of it")
    return Bridge(source, _LOOP.get())


def _listed(rows: Iterable[Any]) -> Iterable[Any]:
    """What an iterator still has to do is done here: it may take long, and Rust only reads what is there."""
    return rows if isinstance(rows, (list, tuple)) else list(rows)


class Bridge:
    """Asks a source from threads of Rust, and waits there for what is to be awaited."""

    def __init__(self, source: Any, loop: asyncio.AbstractEventLoop | None) -> None:
        self._source = source
        self._loop = loop
        self._own: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self._waiting: set[concurrent.futures.Future[Any]] = set()
        self._closed = False

    def coverage(self) -> Coverage:
        covered = self._ask(self._source.coverage)
        if not isinstance(covered, Coverage):
            raise TypeError(f"coverage() gave a {type(covered).__name__}; expected a cis_aws.Coverage")
        return covered

    def fetch(self, request: Request) -> Table | Gap:
        answer = self._ask(self._source.fetch, request)
        if isinstance(answer, Gap):
            return answer
        if isinstance(answer, Table):
            return replace(answer, rows=_listed(answer.rows))
        if isinstance(answer, (str, bytes, Mapping)) or not isinstance(answer, Iterable):
            message = f"the data source gave a {type(answer).__name__}; expected a list of dicts, a Table or a Gap"
            return Gap("malformed", message, dataset=request.dataset)
        return Table(_listed(answer))

    def _ask(self, method: Callable[..., Any], *args: Any) -> Any:
        if inspect.iscoroutinefunction(method):
            return self._await(method(*args))
        answer = method(*args)
        return self._await(_awaited(answer)) if inspect.isawaitable(answer) else answer

    def _await(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        # Half of the time that importing the package would take, for who has nothing to await.
        import asyncio

        with self._lock:
            if self._closed:
                coroutine.close()
                raise SourceError("the scan is over")
            waiting = asyncio.run_coroutine_threadsafe(coroutine, self._loop_to_await_in())
            self._waiting.add(waiting)
        try:
            return waiting.result()
        except concurrent.futures.CancelledError:
            raise SourceError("the scan ended before this was read") from None
        finally:
            with self._lock:
                self._waiting.discard(waiting)

    def _loop_to_await_in(self) -> asyncio.AbstractEventLoop:
        if self._loop is not None:
            return self._loop
        if self._own is None:
            import asyncio

            self._own = asyncio.new_event_loop()
            threading.Thread(target=_run, args=(self._own,), name="cis-aws-source", daemon=True).start()
        return self._own

    def close(self) -> None:
        """The scan is over: cancels what still runs."""
        with self._lock:
            self._closed = True
            waiting, own = list(self._waiting), self._own
        for one in waiting:
            one.cancel()
        if own is not None:
            with contextlib.suppress(RuntimeError):
                own.call_soon_threadsafe(own.stop)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    import asyncio

    try:
        loop.run_forever()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks, timeout=1))
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()


async def _awaited(answer: Awaitable[Any]) -> Any:
    return await answer
