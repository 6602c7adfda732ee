"""The report's JSON: valid against its published schema, and true to what the schema can't say."""

import hashlib
import json
import re

import jsonschema
import pytest

import account
import faults
from program import WORKSPACE
from reports import gap_of

SCHEMA = WORKSPACE / "docs/schema/report.schema.json"
GRAVEST_FIRST = ["fail", "unknown", "manual", "pass", "not_applicable"]
PLACEHOLDER = re.compile(r"\{(\w+)\}")


@pytest.fixture(scope="module")
def validator():
    assert SCHEMA.is_file(), f"the report's schema is not published: {SCHEMA.relative_to(WORKSPACE)} is missing"
    schema = json.loads(SCHEMA.read_text())
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    return validator(schema, format_checker=validator.FORMAT_CHECKER)


def problems(validator, value) -> list[str]:
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]


@pytest.fixture(scope="module")
def spoilt(aws, scan, tmp_path_factory):
    """A report with gaps of several kinds."""
    with aws.rules(
        ("iam:ListServerCertificates", faults.deny()),
        ("iam:GetAccountPasswordPolicy", faults.cut()),
        ("ec2:DescribeInstances", faults.deny(), "eu-west-1"),
        ("iam:GetAccountAuthorizationDetails", faults.repeat_page()),
    ):
        return scan(tmp_path_factory.mktemp("home"), aws).report


@pytest.mark.parametrize("benchmark", ["2.0.0", "1.5.0"])
def test_a_report_is_valid(baseline, validator, benchmark):
    assert problems(validator, baseline(benchmark).value) == []


def test_a_report_with_gaps_is_valid(spoilt, validator):
    assert problems(validator, spoilt.value) == []


def test_a_report_of_the_whole_benchmark_is_valid(live, validator):
    assert problems(validator, live(select=()).report.value) == []


def test_the_schema_refuses_what_is_no_report(baseline, validator):
    report = baseline("2.0.0").value
    assert problems(validator, {name: value for name, value in report.items() if name != "findings"})
    assert problems(validator, report | {"findings": [report["findings"][0] | {"status": "fine"}]})


def test_the_head_says_what_was_scanned(baseline, as_of):
    report = baseline("2.0.0").value
    assert report["benchmark"]["version"] == "2.0.0"
    assert (report["account_id"], report["partition"]) == (account.ACCOUNT, "aws")
    assert report["as_of"].rstrip("Z") == as_of.strftime("%Y-%m-%dT%H:%M:%S")


def test_finding_ids_are_the_hash_of_what_they_are_about(baseline):
    report = baseline("2.0.0").value
    keys = {one["id"]: one["key"] for one in report["recommendations"]}
    for finding in report["findings"]:
        resource = finding["resource"]
        identity = [
            resource["account_id"],
            resource["region"],
            keys[finding["recommendation"]],
            resource["arn"] or resource["id"],
            resource["sub"],
        ]
        compact = json.dumps(identity, separators=(",", ":"), ensure_ascii=False)
        assert finding["id"] == hashlib.sha256(compact.encode()).hexdigest()[:32], finding


def test_finding_ids_are_unique_and_last(baseline, spoilt):
    def ids(report):
        return [one["id"] for one in report.value["findings"]]

    assert len(set(ids(baseline("2.0.0")))) == len(ids(baseline("2.0.0")))
    assert set(ids(baseline("2.0.0"))) & set(ids(spoilt))


def test_findings_stand_in_the_benchmarks_order(baseline):
    report = baseline("2.0.0")
    order = [one["id"] for one in report.value["recommendations"]]
    places = [order.index(one["recommendation"]) for one in report.value["findings"]]
    assert places == sorted(places)
    assert order == sorted(order, key=lambda id: [int(part) for part in id.split(".")])


def test_every_pass_and_fail_has_evidence(baseline):
    for finding in baseline("2.0.0").value["findings"]:
        if finding["status"] in ("pass", "fail"):
            assert finding["evidence"], finding
        for evidence in finding["evidence"]:
            assert re.fullmatch(r"[a-z0-9-]+:[A-Z]\w+", evidence["operation"]), evidence
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", evidence["read_at"]), evidence


def test_messages_are_their_templates_filled_in(baseline):
    for finding in baseline("2.0.0").value["findings"]:
        for name in PLACEHOLDER.findall(finding["template"]):
            assert name in finding["values"], finding
            assert f"{{{name}}}" not in finding["message"], finding


def test_every_unknown_that_rests_on_a_read_names_it_as_unread_does(spoilt):
    for id in ("1.8", "1.9", "1.19"):
        for finding in spoilt.findings(id):
            assert finding["status"] == "unknown"
            assert finding["gaps"], finding
            for gap in finding["gaps"]:
                assert gap_of(spoilt.value["unread"], gap["operation"], gap["code"]), (gap, spoilt.value["unread"])


@pytest.mark.parametrize("benchmark", ["2.0.0", "1.5.0"])
def test_a_recommendation_has_the_gravest_status_of_its_findings(baseline, benchmark):
    report = baseline(benchmark)
    for recommendation in report.value["recommendations"]:
        statuses = {one["status"] for one in report.findings(recommendation["id"])}
        assert recommendation["status"] == min(statuses, key=GRAVEST_FIRST.index), recommendation["id"]


def test_counts_add_up(spoilt):
    for recommendation in spoilt.value["recommendations"]:
        statuses = [one["status"] for one in spoilt.findings(recommendation["id"])]
        for status in GRAVEST_FIRST:
            assert recommendation["counts"].get(status, 0) == statuses.count(status), recommendation["id"]


PERSONAL = [*account.CONTACT.items(), *account.SECURITY_CONTACT.items()]


@pytest.mark.parametrize(("field", "value"), [one for one in PERSONAL if one[0] != "CountryCode"])
def test_contact_details_are_masked(baseline, field, value):
    assert value not in json.dumps(baseline("2.0.0").value, ensure_ascii=False)


@pytest.mark.parametrize("format", ["text", "json"])
def test_progress_is_silent_where_there_is_no_terminal(audit, aws, format):
    run = audit("live", "--endpoint-url", aws.url, "--region", "us-east-1", "--select", "1.*", "--format", format)
    assert run.code == 1, run
    # Who reads which account is told before; of the scan itself, nothing.
    assert [line for line in run.stderr.splitlines() if not line.startswith("note: ")] == []


def test_text_fits_100_columns_and_has_no_colours_in_a_pipe(audit, aws):
    run = audit("live", "--endpoint-url", aws.url, "--region", "us-east-1", "--select", "1.*", "--format", "text")
    assert run.code == 1, run
    assert "\x1b" not in run.stdout
    assert max(len(line) for line in run.stdout.splitlines()) <= 100
    assert all(id in run.stdout for id in ("1.1", "1.12", "1.22"))
