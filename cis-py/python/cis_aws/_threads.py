"""What Rust has called on threads that Python starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def run(function: Callable[..., Any], args: tuple[Any, ...], reply: Any) -> None:
    """Calls a function, and tells the reply what it gave or raised."""
    try:
        answer = function(*args)
    except BaseException as error:
        reply.failed(error)
    else:
        reply.done(answer)
