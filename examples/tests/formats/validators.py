"""A function a format: raises where the format does not allow what is there, and gives the statuses of the findings."""

import csv
import io
import json
import unicodedata
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import botocore.session
import botocore.validate
import cmarkgfm
import html5lib
import jsonschema
import junitparser
import pyarrow.parquet
import xmlschema
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding
from trestle.oscal.assessment_results import Model as AssessmentResults

from program import WORKSPACE

SCHEMAS = WORKSPACE / "cis-core/tests/data"
OCSF_VERSION = "1.5.0"

Statuses = Counter[str]
XHTML = "{http://www.w3.org/1999/xhtml}"


def text(path: Path) -> Statuses | None:
    for line in path.read_text(encoding="utf-8").splitlines():
        # Wide characters take two columns.
        assert sum(2 if unicodedata.east_asian_width(letter) in "FW" else 1 for letter in line) <= 100, line
    return None


@cache
def report_schema() -> jsonschema.Draft202012Validator:
    schema = json.loads((WORKSPACE / "docs/schema/report.schema.json").read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def report_json(path: Path) -> Statuses:
    report = json.loads(path.read_text(encoding="utf-8"))
    report_schema().validate(report)
    return Counter(finding["status"] for finding in report["findings"])


def jsonl(path: Path) -> Statuses:
    whole = report_schema().schema
    finding = jsonschema.Draft202012Validator({"$ref": "#/$defs/Finding", "$defs": whole["$defs"]})
    statuses: Statuses = Counter()
    with path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            one = json.loads(line)
            for member in ("benchmark", "benchmark_version", "partition", "as_of"):
                assert isinstance(one.pop(member), str)
            finding.validate(one)
            statuses[one["status"]] += 1
    return statuses


def comma_separated(path: Path) -> Statuses:
    content = path.read_bytes().decode("utf-8")
    rows = csv.reader(io.StringIO(content, newline=""), strict=True)
    header = next(rows)
    statuses: Statuses = Counter()
    for row in rows:
        assert len(row) == len(header), row
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")), cell
        statuses[row[header.index("status")]] += 1
    return statuses


def markdown(path: Path) -> Statuses:
    content = path.read_text(encoding="utf-8")
    assert len(content) <= 65_536
    rendered = cmarkgfm.github_flavored_markdown_to_html(content, cmarkgfm.Options.CMARK_OPT_UNSAFE)
    page = html5lib.parse(rendered, namespaceHTMLElements=False)
    assert not page.findall(".//script")
    assert page.findall(".//details")
    tables = page.findall(".//table")
    last = ["".join(cell.itertext()) for cell in tables[0].findall(".//tr")[-1]]
    assert last[0] in ("Findings", "検出結果"), last
    names = ("fail", "unknown", "manual", "pass", "not_applicable")
    return Counter({name: int(count) for name, count in zip(names, last[1:], strict=True)})


def html(path: Path) -> Statuses:
    # Strict: any parse error that the HTML standard names is raised.
    page = html5lib.HTMLParser(strict=True).parse(path.read_text(encoding="utf-8"))
    scripts = page.findall(f".//{XHTML}script")
    assert len(scripts) == 1 and not scripts[0].attrib
    for element in page.iter():
        for name in element.attrib:
            assert name not in ("src", "style", "action") and not name.startswith("on"), (element.tag, name)
    ids = [element.attrib["id"] for element in page.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))
    return Counter(row.attrib["data-s"] for row in page.findall(f".//{XHTML}li") if row.attrib.get("class") == "f")


def junit(path: Path) -> Statuses:
    xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd").validate(path)
    suites = junitparser.JUnitXml.fromfile(str(path))
    statuses: Statuses = Counter()
    failures = 0
    for suite in suites:
        assert suite.tests == sum(1 for _ in suite), suite.name
        for case in suite:
            results = case.result
            assert len(results) <= 1
            statuses[results[0].type if results else "pass"] += 1
            # A fail that an exception covers is skipped, and no failure.
            failures += sum(isinstance(result, junitparser.Failure) for result in results)
    declared = ElementTree.parse(path).getroot().attrib
    assert int(declared["tests"]) == statuses.total()
    assert int(declared["failures"]) == failures and int(declared["errors"]) == statuses["unknown"]
    return statuses


@cache
def sarif_schema() -> jsonschema.Draft7Validator:
    schema = json.loads((SCHEMAS / "sarif-2.1.0.schema.json").read_text(encoding="utf-8"))
    return jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())


def sarif(path: Path) -> Statuses:
    log = json.loads(path.read_text(encoding="utf-8"))
    sarif_schema().validate(log)
    (run,) = log["runs"]
    assert len({result["fingerprints"]["findingId/v1"] for result in run["results"]}) == len(run["results"])
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        # The standard's section 3.27.10: what is no failure has no level.
        assert result["kind"] == "fail" or result["level"] == "none"
    return Counter(result["properties"]["status"] for result in run["results"])


@cache
def ocsf_schema() -> jsonschema.Draft202012Validator:
    schemas = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=OCSF_VERSION))
    name = schemas.lookup_class_name_from_uid(class_uid=2003)
    return jsonschema.Draft202012Validator(schemas.get_class_schema(class_name=name, profiles=["cloud"]))


def ocsf(path: Path) -> Statuses:
    captions = {0: "Unknown", 1: "Pass", 2: "Warning", 3: "Fail"}
    statuses: Statuses = Counter()
    with path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            event = json.loads(line)
            ocsf_schema().validate(event)
            ComplianceFinding.model_validate(event)
            assert event["metadata"]["version"] == OCSF_VERSION
            assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
            compliance = event["compliance"]
            assert captions.get(compliance["status_id"], compliance["status"]) == compliance["status"]
            statuses[compliance["status_code"]] += 1
    return statuses


@cache
def batch_import_findings():
    model = botocore.session.Session().get_service_model("securityhub")
    return model.operation_model("BatchImportFindings").input_shape


def asff_findings(path: Path) -> list[dict]:
    findings = []
    with path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            assert len(line.encode()) <= 240_000
            request = json.loads(line)
            report = botocore.validate.ParamValidator().validate(request, batch_import_findings())
            assert not report.has_errors(), report.generate_report()
            assert len(request["Findings"]) <= 100
            findings += request["Findings"]
    return findings


def asff(path: Path) -> Statuses:
    findings = asff_findings(path)
    assert len({finding["Id"] for finding in findings}) == len(findings)
    return Counter(finding["ProductFields"]["cis-aws/Status"] for finding in findings)


def oscal(path: Path) -> Statuses:
    document = AssessmentResults.model_validate_json(path.read_bytes())
    (result,) = document.assessment_results.results
    uuids = [one.uuid for one in result.observations] + [one.uuid for one in result.findings]
    uuids += [one.uuid for one in result.local_definitions.inventory_items]
    assert len(set(uuids)) == len(uuids)
    properties = ({prop.name: prop.value for prop in one.props} for one in result.observations)
    return Counter(prop["status"] for prop in properties)


def parquet(path: Path) -> Statuses:
    table = pyarrow.parquet.read_table(path)
    table.validate(full=True)
    assert str(table.schema.field("as_of").type) == "timestamp[ms, tz=UTC]"
    for column in ("values", "gaps", "evidence"):
        for value in table[column].to_pylist():
            json.loads(value)
    return Counter(table["status"].to_pylist())


# The format, what validates it, the function.
VALIDATORS: dict[str, tuple[str, Callable[[Path], Statuses | None]]] = {
    "text": ("line length", text),
    "json": ("jsonschema, the published schema", report_json),
    "jsonl": ("jsonschema, the published schema", jsonl),
    "csv": ("csv, strict", comma_separated),
    "markdown": ("cmark-gfm (cmarkgfm)", markdown),
    "html": ("html5lib, strict", html),
    "junit": ("junit-10.xsd (xmlschema), junitparser", junit),
    "sarif": ("OASIS's schema (jsonschema)", sarif),
    "sarif-github": ("OASIS's schema (jsonschema)", sarif),
    "ocsf": ("ocsf-json-schema, py-ocsf-models", ocsf),
    "asff": ("botocore's model", asff),
    "oscal": ("compliance-trestle", oscal),
    "parquet": ("pyarrow", parquet),
}
