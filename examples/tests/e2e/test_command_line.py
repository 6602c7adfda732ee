"""A command line that can't be carried out: exit code 3, a message that names the word, no report."""

import pytest


def assert_refused(run, *words: str) -> None:
    assert run.code == 3, run
    assert run.stdout == "", run
    for word in words:
        assert word in run.stderr, f"standard error does not name {word!r}: {run}"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["--region", "us-esat-1"], ["us-esat-1"], id="a region that AWS does not have"),
        pytest.param(["--benchmark", "9.9.9"], ["9.9.9", "2.0.0", "1.5.0"], id="a benchmark that is not known"),
        pytest.param(["--select", "77.1"], ["77.1"], id="a recommendation that is not known"),
        pytest.param(["--select", "iam.no_such_thing"], ["iam.no_such_thing"], id="a key that is not known"),
        pytest.param(["--level", "3"], ["3"], id="a level that there is not"),
        pytest.param(["--as-of", "yesterday"], ["yesterday"], id="a moment that is no time"),
        pytest.param(["--format", "pdf"], ["pdf"], id="a format that there is not"),
        pytest.param(["--no-such-option"], ["--no-such-option"], id="an option that there is not"),
    ],
)
def test_live_refuses(audit, aws, arguments, words):
    region = [] if "--region" in arguments else ["--region", "us-east-1"]
    assert_refused(audit("live", "--endpoint-url", aws.url, *region, *arguments), *words)


@pytest.mark.parametrize("url", ["not-a-url", "127.0.0.1:5000", "ftp://127.0.0.1", "http://"])
def test_live_refuses_an_endpoint_that_is_no_url(audit, aws, url):
    assert_refused(audit("live", "--endpoint-url", url, "--region", "us-east-1"), url)


def test_live_says_where_a_report_can_not_be_written(audit, aws, tmp_path):
    output = tmp_path / "no" / "such" / "folder" / "report.json"
    run = audit("live", "--endpoint-url", aws.url, "--region", "us-east-1", "--format", "json", "--output", output)
    assert_refused(run, str(output))


def test_snapshot_refuses_a_folder_that_is_not_there(audit, tmp_path):
    assert_refused(audit("snapshot", tmp_path / "nowhere"), "nowhere")


def test_snapshot_refuses_a_folder_that_is_no_snapshot(audit, tmp_path):
    (tmp_path / "empty").mkdir()
    assert_refused(audit("snapshot", tmp_path / "empty"), "empty")


@pytest.mark.parametrize("arguments", [["--help"], ["live", "--help"], ["snapshot", "--help"], ["--version"]])
def test_help_is_no_failure(audit, arguments):
    run = audit(*arguments)
    assert (run.code, run.stderr) == (0, ""), run
    assert run.stdout


def test_no_sub_command_is_a_wrong_command_line(audit):
    assert audit().code == 3
