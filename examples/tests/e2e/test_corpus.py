"""The corpus: `audit snapshot` on each small account gives the report beside it, byte for byte."""

import json

import pytest

from program import WORKSPACE

REPORTS = {"2.0.0": "report.json", "1.5.0": "report-1.5.0.json"}
SCENARIOS = sorted(path.parent for path in WORKSPACE.glob("corpus/*/snapshot"))


def test_there_is_a_corpus():
    assert len(SCENARIOS) >= 5


@pytest.mark.parametrize("version", REPORTS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda folder: folder.name)
def test_report(audit, scenario, version):
    run = audit("snapshot", scenario / "snapshot", "--benchmark", version, "--format", "json")
    expected = (scenario / REPORTS[version]).read_text(encoding="utf-8")
    assert run.stdout == expected, run
    statuses = {finding["status"] for finding in json.loads(expected)["findings"]}
    assert run.code == (1 if "fail" in statuses else 2 if "unknown" in statuses else 0), run
