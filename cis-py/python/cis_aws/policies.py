"""IAM policy documents: parse one, and ask what it grants. Nothing is fetched."""

from ._native import (
    Document,
    PlainHttpDenied,
    Public,
    Statement,
    allows,
    denies_plain_http,
    grants_full_admin,
    grants_near_admin,
    is_public,
    open_statements,
)
from ._native import parse_policy as parse

__all__ = [
    "Document",
    "PlainHttpDenied",
    "Public",
    "Statement",
    "allows",
    "denies_plain_http",
    "grants_full_admin",
    "grants_near_admin",
    "is_public",
    "open_statements",
    "parse",
]
