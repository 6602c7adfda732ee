"""CloudWatch Logs filter patterns: parse one, try it on an event, prove what several catch. Nothing is fetched."""

from ._native import Covered as Coverage
from ._native import Pattern, covers, matches
from ._native import parse_pattern as parse

__all__ = ["Coverage", "Pattern", "covers", "matches", "parse"]
