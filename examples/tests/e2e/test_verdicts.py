"""Every verdict of section 1 on the seeded account, under both versions of the benchmark."""

import pytest

from expected import VERDICTS

CASES = [(benchmark, id) for benchmark, rows in VERDICTS.items() for id in rows]


@pytest.mark.parametrize(("benchmark", "id"), CASES, ids=[f"{benchmark} {id}" for benchmark, id in CASES])
def test_verdicts_are_the_requirements(baseline, benchmark, id):
    expected = VERDICTS[benchmark][id]
    actual = baseline(benchmark).statuses(id)
    # Where several statuses are allowed, the actual one stands for them, so that one comparison shows all that differs.
    settled = {
        resource: actual.get(resource) if isinstance(status, tuple) and actual.get(resource) in status else status
        for resource, status in expected.items()
    }
    assert actual == settled


@pytest.mark.parametrize("benchmark", VERDICTS)
def test_every_recommendation_of_the_section_is_there_in_order(baseline, benchmark):
    assert baseline(benchmark).recommendations() == list(VERDICTS[benchmark])


@pytest.mark.parametrize("benchmark", VERDICTS)
def test_nothing_is_unknown_where_everything_could_be_read(baseline, benchmark):
    report = baseline(benchmark)
    assert [one for one in report.value["findings"] if one["status"] == "unknown"] == []
    assert report.value["unread"] == []


def test_exit_code_says_that_something_fails(live):
    assert live().code == 1


@pytest.mark.parametrize(
    ("id", "code"),
    [
        pytest.param("1.8", 0, id="a pass alone"),
        pytest.param("1.1", 0, id="manual alone"),
        pytest.param("1.9", 1, id="a fail alone"),
    ],
)
def test_exit_code_of_one_recommendation(live, id, code):
    run = live(select=[id])
    assert run.report.recommendations() == [id]
    assert run.code == code, run


def test_a_key_selects_like_its_id(live):
    assert live(select=["iam.expired_certificates"]).report.statuses("1.19") == VERDICTS["2.0.0"]["1.19"]
