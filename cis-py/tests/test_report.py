"""Reports: what they show, and how they are handed on."""

from __future__ import annotations

import datetime as dt
import html.parser
import json
import pathlib
import sys

import pytest
from conftest import judged

import cis_aws


def test_what_a_report_says(demo):
    as_json = json.loads(demo.to_json())
    assert [judged_one.id for judged_one in demo.recommendations] == [
        one["id"] for one in as_json["recommendations"]
    ]
    assert [finding.to_dict() for finding in demo.findings] == as_json["findings"]
    assert [gap.to_dict() for gap in demo.unread] == as_json["unread"]
    assert demo.summary == as_json["summary"]
    assert demo.scope == {one["region"]: one["status"] for one in as_json["scope"]}
    assert (demo.account_id, demo.partition, demo.worst) == ("123456789012", "aws", "fail")
    assert demo.as_of == dt.datetime.fromisoformat(as_json["as_of"].replace("Z", "+00:00"))
    assert repr(demo).startswith("<Report: CIS AWS Foundations 2.0.0 of 123456789012 as of ")


def test_what_a_finding_says(demo):
    for finding in demo.findings:
        told = finding.to_dict()
        about = told["resource"]
        assert (finding.resource_type, finding.resource_id) == (about["type"], about["id"])
        assert (finding.resource_arn, finding.region, finding.sub) == (about["arn"], about["region"], about["sub"])
        assert finding.tags == about.get("tags")
        for seen, evidence in zip(finding.evidence, told["evidence"]):
            at = None if seen.read_at is None else seen.read_at.isoformat().replace("+00:00", "Z")
            assert (seen.operation, seen.field, seen.value) == (evidence["operation"], evidence["field"], evidence["value"])
            assert (at is None) == (evidence["read_at"] is None)
    with pytest.raises(AttributeError):
        demo.findings[0].status = "pass"


def test_findings_are_a_sequence(demo):
    findings = demo.findings
    all_of_them = list(findings)
    assert len(all_of_them) == len(findings) > 100
    assert findings[0] == all_of_them[0] and findings[-1] == all_of_them[-1]
    assert list(findings[2:10:3]) == all_of_them[2:10:3]
    assert list(findings[::-1]) == all_of_them[::-1]
    assert len(set(all_of_them)) == len(all_of_them)
    for index in (len(findings), -len(findings) - 1):
        with pytest.raises(IndexError):
            findings[index]


@pytest.mark.parametrize(
    ("conditions", "wanted"),
    [
        ({"status": "fail"}, lambda one: one.status == "fail"),
        ({"status": ["fail", "unknown"]}, lambda one: one.status in ("fail", "unknown")),
        ({"select": "1.1?"}, lambda one: (one.recommendation or "").startswith("1.1") and len(one.recommendation) == 4),
        ({"select": ["iam.*"], "status": "pass"}, lambda one: one.control.startswith("iam.") and one.status == "pass"),
        ({"region": "us-east-1"}, lambda one: one.region == "us-east-1"),
        ({"resource": "arn:aws:iam:*"}, lambda one: (one.resource_arn or "").startswith("arn:aws:iam:")),
        ({"where": lambda one: one.gaps}, lambda one: bool(one.gaps)),
    ],
)
def test_filters(demo, conditions, wanted):
    found = list(demo.findings.filter(**conditions))
    assert found == [one for one in demo.findings if wanted(one)]
    assert found, "the demo has such"


def test_a_status_that_there_is_not(demo):
    with pytest.raises(cis_aws.InputError, match="known: not_applicable, pass, manual, unknown, fail"):
        demo.findings.filter(status="failed")


def test_a_recommendations_findings(demo):
    for judged_one in demo.recommendations:
        assert sum(judged_one.counts.values()) == len(judged_one.findings) > 0
        assert all(finding.recommendation == judged_one.id for finding in judged_one.findings)


def test_files(tmp_path, demo):
    for name, format, written in [
        ("a.json", None, demo.to_json().encode()),
        ("a.txt", None, demo.render("text")),
        ("a.html", None, demo.render("html")),
        ("a.sarif", None, demo.render("sarif")),
        ("a.OCSF.jsonl", None, demo.render("ocsf")),
        ("a.jsonl", None, demo.render("jsonl")),
        ("b", "json", demo.render("json")),
    ]:
        demo.write(tmp_path / name, format)
        assert (tmp_path / name).read_bytes() == written
    assert len(list(tmp_path.iterdir())) == 7
    assert {"json", "csv", "junit", "asff", "oscal"} <= set(cis_aws.FORMATS)
    assert b"CIS AWS Foundations" in demo.render("text")
    with pytest.raises(cis_aws.InputError, match=r"its end names no format \(known: .*\.json"):
        demo.write(tmp_path / "a.docx")
    with pytest.raises(cis_aws.InputError, match='format "docx" is not known'):
        demo.write(tmp_path / "a.json", "docx")
    (tmp_path / "link").symlink_to(tmp_path / "a.json")
    demo.write(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "a.json").read_bytes() == demo.render("text")
    demo.write("/dev/null", "json")
    assert pathlib.Path("/dev/null").is_char_device()
    with pytest.raises(cis_aws.WriteError, match="none"):
        demo.write(tmp_path / "none" / "a.json")


def test_frames(demo):
    pyarrow = pytest.importorskip("pyarrow")
    table = demo.to_arrow()
    rows = table.to_pylist()
    assert len(rows) == len(demo.findings)
    for row, finding in zip(rows, demo.findings):
        told = finding.to_dict()
        assert (row["id"], row["control"], row["status"], row["message"]) == (
            finding.id,
            finding.control,
            finding.status,
            finding.message,
        )
        assert (row["recommendation"], row["region"], row["resource_arn"]) == (
            finding.recommendation,
            finding.region,
            finding.resource_arn,
        )
        assert json.loads(row["values"]) == finding.values
        assert (row["tags"] and json.loads(row["tags"])) == finding.tags
        assert [json.loads(seen["value"]) for seen in row["evidence"]] == [seen.value for seen in finding.evidence]
        assert [seen["read_at"] for seen in row["evidence"]] == [seen.read_at for seen in finding.evidence]
        assert row["gaps"] == [{name: gap[name] for name in row["gaps"][0]} for gap in told["gaps"]] if told["gaps"] else True
    frame = demo.to_pandas()
    assert list(frame["status"]) == [finding.status for finding in demo.findings]
    assert list(demo.findings.filter(status="fail").to_polars()["id"]) == [
        finding.id for finding in demo.findings.filter(status="fail")
    ]
    assert demo.to_polars().height == len(rows) and pyarrow.table(demo).num_rows == len(rows)
    titles = {judged_one.id: (judged_one.title, judged_one.section, judged_one.level) for judged_one in demo.recommendations}
    assert {row["recommendation"]: (row["title"], row["section"], row["level"]) for row in rows} == titles


def test_no_findings_are_a_frame_too(demo):
    pytest.importorskip("pyarrow")
    none = demo.findings.filter(status="fail", select="1.4")
    assert none.to_arrow().num_rows == 0
    assert none.to_arrow().column_names == demo.to_arrow().column_names


def addresses(table):
    return [
        buffer.address
        for column in table.columns
        for chunk in column.chunks
        for buffer in chunk.buffers()
        if buffer is not None
    ]


def test_frames_share_their_columns(demo):
    pytest.importorskip("pyarrow")
    assert addresses(demo.to_arrow()) == addresses(demo.findings.to_arrow()) != []


class Tags(html.parser.HTMLParser):
    VOID = ("br", "hr", "img")

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], set()

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def tags(text):
    parser = Tags()
    parser.feed(text)
    assert parser.open == []
    return parser.seen


def test_a_notebook_shows_a_report(demo):
    shown = demo._repr_html_()
    assert {"table", "details", "summary", "pre"} <= tags(shown)
    for judged_one in demo.recommendations:
        assert f'<td class="id">{judged_one.id}</td>' in shown
    assert "prefers-color-scheme: dark" in shown
    assert tags(demo.findings.filter(status="fail")._repr_html_())


def test_another_language(demo, tmp_path):
    words = "ルートユーザーに仮想 MFA デバイスが登録されています。ハードウェア MFA デバイスのみにする必要があります。"
    page = tmp_path / "report.md"
    demo.write(page, locale="ja")
    assert words in page.read_text(encoding="utf-8")
    assert words not in demo.render("markdown").decode()
    japanese = demo.localized("ja")
    assert japanese.render("text") == demo.render("text", locale=cis_aws.Locale("ja")) != demo.render("text")
    assert japanese.to_json() == demo.to_json() == japanese.render("json").decode(), "data is in English alone"
    shown = japanese._repr_html_()
    assert words in shown and 'lang="ja"' in shown and "取得できなかった情報があります" in shown
    assert tags(shown) == tags(demo._repr_html_())
    locale = japanese.locale
    assert locale.tag == "ja" in cis_aws.LOCALES
    assert all(locale.message(finding) != finding.message for finding in demo.findings)
    for finding in demo.findings.filter(status="fail"):
        english, japanese = finding.remediation, locale.remediation(finding)
        assert japanese.summary != english.summary and japanese.cli == english.cli and "コンソール" in str(japanese)
    assert all(locale.gap(gap) != str(gap) for gap in demo.unread)


def test_messages_of_your_own_in_another_language():
    locale = cis_aws.Locale("ja").with_messages("acme.ftl", "the-door-is-open = ドアが開いています。")
    assert locale.text("The door is open.") == "ドアが開いています。"
    assert locale.text("Nobody said this of {name}.", name="ann") == "Nobody said this of ann."
    for wrong, error in (
        (lambda: cis_aws.Locale("tlh"), cis_aws.InputError),
        (lambda: locale.with_messages("acme.ftl", "= x"), cis_aws.DocumentError),
        (lambda: cis_aws.Locale("en").with_messages("acme.ftl", "a = x"), cis_aws.InputError),
    ):
        with pytest.raises(error):
            wrong()


def test_what_comes_from_an_account_is_escaped():
    evil = "<script>alert('x')</script>&\"<img src=x onerror=alert(1)>"
    findings = judged([{"Name": evil, "Open": evil}])
    assert findings[0].resource_id == evil
    report = cis_aws.Report.from_json(json.dumps(whole_of(findings)))
    for shown in (findings._repr_html_(), report._repr_html_()):
        assert not {"script", "img"} & tags(shown)
        assert "&lt;script&gt;" in shown


def whole_of(findings):
    """A report with these findings alone."""
    report = cis_aws.scan(cis_aws.DemoSource(), select="1.4", progress=False).to_dict()
    return {**report, "findings": [finding.to_dict() for finding in findings]}


def test_a_chart_by_altair(demo):
    pytest.importorskip("altair")
    chart = cis_aws.plot(demo).to_dict()
    counted = sum(row["recommendations"] for row in chart["data"]["values"])
    assert counted == len(demo.recommendations)


def test_a_chart_by_matplotlib(demo, monkeypatch):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    monkeypatch.setitem(sys.modules, "altair", None)
    axes = cis_aws.plot(demo)
    assert sum(patch.get_width() for patch in axes.patches) == len(demo.recommendations)
    assert [label.get_text() for label in axes.get_yticklabels()] == list(
        dict.fromkeys(judged_one.section for judged_one in demo.recommendations)
    )
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match="pip install altair"):
        cis_aws.plot(demo)


def test_a_finding_says_how_to_fix_it(demo):
    [fail, *_] = demo.findings.filter(status="fail", select="s3.block_public_access")
    told = fail.remediation
    assert told.summary and told.console and told.terraform and told.not_this_way == {}
    assert told.cli[0].startswith(f"aws s3api put-public-access-block --bucket {fail.resource_id} ")
    assert ("cuts_access", "Whoever reads the bucket by a public ACL or policy is cut off.") in told.cautions
    assert told.cli[0] in str(told) and "```sh\n" in told._repr_markdown_()
    [root, *_] = demo.findings.filter(select="iam.root_mfa")
    if root.remediation:
        assert set(root.remediation.not_this_way) == {"cli", "terraform"}
    passes = [judged.key for judged in demo.recommendations if judged.status == "pass"]
    assert all(one.remediation is None for one in demo.findings.filter(select=passes))
