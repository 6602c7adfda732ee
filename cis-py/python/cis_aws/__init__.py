"""Audit AWS accounts against the CIS AWS Foundations Benchmark."""

from ._native import __version__

__all__ = ["__version__"]
