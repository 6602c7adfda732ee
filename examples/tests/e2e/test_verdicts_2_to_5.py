"""Every verdict of sections 2 to 5 on three accounts, under both versions of the benchmark."""

import pytest

from alarms import PATTERNS
from expected_2_to_5 import BROKEN_AT, VERDICTS

CASES = [(account, benchmark, id) for (account, benchmark), rows in VERDICTS.items() for id in rows]


@pytest.mark.parametrize(("account", "benchmark", "id"), CASES, ids=[" ".join(case) for case in CASES])
def test_verdicts_are_the_requirements(infrastructure, account, benchmark, id):
    assert infrastructure(account, benchmark).statuses(id) == VERDICTS[account, benchmark][id]


@pytest.mark.parametrize("benchmark", ["2.0.0", "1.5.0"])
def test_every_recommendation_of_the_sections_is_there_in_order(infrastructure, benchmark):
    assert infrastructure("ours", benchmark).recommendations() == list(VERDICTS["ours", benchmark])


@pytest.mark.parametrize(("account", "benchmark"), VERDICTS)
def test_nothing_is_unknown_where_everything_could_be_read(infrastructure, account, benchmark):
    report = infrastructure(account, benchmark)
    assert [one for one in report.value["findings"] if one["status"] == "unknown"] == []
    assert report.value["unread"] == []


@pytest.mark.parametrize("benchmark", ["2.0.0", "1.5.0"])
@pytest.mark.parametrize("id", PATTERNS)
def test_a_broken_chain_names_the_link(infrastructure, benchmark, id):
    (finding,) = infrastructure("leaky", benchmark).findings(id)
    assert BROKEN_AT[id] in finding["message"]
