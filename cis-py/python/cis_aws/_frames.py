"""Findings as frames, over the Arrow PyCapsule interface."""

from __future__ import annotations

import importlib
from typing import Any


def _needs(module: str, what: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f"{what} needs {module}, which is not installed: `pip install {module}`") from error


def to_arrow(findings: Any) -> Any:
    # Not `pyarrow.table`, which imports pandas to see whether it was given a frame.
    return _needs("pyarrow", "to_arrow()").RecordBatchReader.from_stream(findings).read_all()


def to_pandas(findings: Any) -> Any:
    _needs("pandas", "to_pandas()")
    return _needs("pyarrow", "to_pandas()").table(findings).to_pandas()


def to_polars(findings: Any) -> Any:
    return _needs("polars", "to_polars()").DataFrame(findings)
