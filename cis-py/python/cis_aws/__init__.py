"""Audit AWS accounts against the CIS AWS Foundations Benchmark.

Examples
--------
>>> import cis_aws
>>> report = cis_aws.scan(cis_aws.DemoSource(), progress=False)
>>> report.version, len(report.recommendations)
('2.0.0', 64)
>>> report.findings.filter(status="fail", select="1.4")
<Findings: 0>
"""

import logging as _logging

from . import patterns, policies, testing
from ._checks import Control, Out, control
from ._datasets import Dataset, DatasetInfo, datasets
from ._errors import (
    DocumentError,
    Error,
    Gap,
    InputError,
    PatternError,
    PolicyError,
    ScanInterrupted,
    SourceError,
    WriteError,
)
from ._facts import Facts
from ._native import (
    FORMATS,
    HAS_LIVE_SOURCE,
    LOCALES,
    Benchmark,
    Change,
    Comparison,
    DemoSource,
    Difference,
    Evidence,
    Finding,
    Findings,
    Judged,
    LiveSource,
    Locale,
    Place,
    Recommendation,
    Remediation,
    Report,
    Request,
    Route,
    SnapshotSource,
    __version__,
    benchmarks,
    explain,
)
from ._plot import plot
from ._rows import Row, Rows
from ._scan import compare, delta, scan, scan_async
from ._sources import Coverage, DataSource, Table
from ._verdicts import Resource, Verdict, failed, manual, not_applicable, passed, unknown

__all__ = [
    "FORMATS",
    "HAS_LIVE_SOURCE",
    "LOCALES",
    "Benchmark",
    "Change",
    "Comparison",
    "Control",
    "Coverage",
    "DataSource",
    "Dataset",
    "DatasetInfo",
    "DemoSource",
    "Difference",
    "DocumentError",
    "Error",
    "Evidence",
    "Facts",
    "Finding",
    "Findings",
    "Gap",
    "InputError",
    "Judged",
    "LiveSource",
    "Locale",
    "Out",
    "PatternError",
    "Place",
    "PolicyError",
    "Recommendation",
    "Remediation",
    "Report",
    "Request",
    "Resource",
    "Route",
    "Row",
    "Rows",
    "ScanInterrupted",
    "SnapshotSource",
    "SourceError",
    "Table",
    "Verdict",
    "WriteError",
    "__version__",
    "benchmarks",
    "compare",
    "control",
    "datasets",
    "delta",
    "explain",
    "failed",
    "manual",
    "not_applicable",
    "passed",
    "patterns",
    "plot",
    "policies",
    "scan",
    "scan_async",
    "testing",
    "unknown",
]

# What could not be read is in the report: who wants to hear of it as it happens sets logging up.
_logging.getLogger(__name__).addHandler(_logging.NullHandler())
