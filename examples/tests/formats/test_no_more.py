"""What is no more from one account to another moment of it, as Security Hub and security lakes are told of it."""

import json
import shutil

import program
import pytest
from program import WORKSPACE
from validators import VALIDATORS, asff_findings

DEMO = WORKSPACE / "cis-aws/demo/snapshot"
# The file systems that are gone, and the one that is not.
GONE, KEPT = "fs-0b0204274b41b7211", "models"


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    """The demo account later: a file system that failed is gone, and the password policy asks for enough."""
    folder = tmp_path_factory.mktemp("changed") / "snapshot"
    shutil.copytree(DEMO, folder)
    files = folder / "regions/us-east-1/efs.file_systems.json"
    listed = json.loads(files.read_text(encoding="utf-8"))
    listed["FileSystems"] = [one for one in listed["FileSystems"] if one["FileSystemId"] != GONE]
    files.write_text(json.dumps(listed), encoding="utf-8")
    policy = folder / "account/iam.password_policy.json"
    rules = json.loads(policy.read_text(encoding="utf-8"))
    rules["PasswordPolicy"]["MinimumPasswordLength"] = 14
    policy.write_text(json.dumps(rules), encoding="utf-8")
    return folder


@pytest.fixture(scope="module", params=["compare", "--since"])
def told(request, tmp_path_factory, written, changed):
    """The findings of both ways to ask for it, in both formats, by the format's name."""
    folder = tmp_path_factory.mktemp("told")
    old = written("demo")["json"]
    paths = {name: folder / name for name in ("asff", "ocsf")}
    for name, path in paths.items():
        if request.param == "compare":
            run = program.run(folder, "compare", old, changed, "--format", name)
            assert (run.code, run.stderr) == (0, ""), run
            path.write_text(run.stdout, encoding="utf-8")
        else:
            run = program.run(folder, "snapshot", changed, "--since", old, "--format", name, "--output", path)
            assert (run.code, run.stderr) == (1, ""), run
    return paths


def test_valid_and_nothing_is_lost(told, written):
    before = json.loads(written("demo")["json"].read_text(encoding="utf-8"))["findings"]
    for name, path in told.items():
        _, validate = VALIDATORS[name]
        assert validate(path).total() == len(before)


def test_security_hub_archives_what_is_gone(told, written):
    before = {finding["Id"]: finding for finding in asff_findings(written("demo")["asff"])}
    after = {finding["Id"]: finding for finding in asff_findings(told["asff"])}
    assert after.keys() == before.keys()
    archived = [finding for finding in after.values() if finding["RecordState"] == "ARCHIVED"]
    assert [one["Resources"][0]["Id"].rpartition("/")[2] for one in archived] == [GONE]
    assert archived[0]["Compliance"]["Status"] == "FAILED"
    # What passes now is there: it is updated.
    [length] = [one for one in after.values() if one["GeneratorId"].endswith("iam.password_min_length")]
    assert (length["RecordState"], length["Compliance"]["Status"]) == ("ACTIVE", "PASSED")
    assert before[length["Id"]]["Compliance"]["Status"] == "FAILED"


def test_security_lakes_are_told_that_it_is_closed(told):
    events = [json.loads(line) for line in told["ocsf"].read_text(encoding="utf-8").splitlines()]
    closed = [event for event in events if event["activity_name"] == "Close"]
    assert [event["resources"][0]["uid"].rpartition("/")[2] for event in closed] == [GONE]
    assert (closed[0]["activity_id"], closed[0]["status_id"], closed[0]["status"]) == (3, 4, "Resolved")
