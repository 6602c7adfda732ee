"""What a notebook shows, in a real browser: Debian's Chromium. Where there is none these tests are left out, and say so; the CI
has one."""

from __future__ import annotations

import json
import os
import shutil

import pytest

import cis_aws

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
if not CHROMIUM and os.environ.get("CI"):
    pytest.fail("the CI must have Chromium: apt-get install chromium", pytrace=False)
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt-get install chromium")

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
playwright = pytest.importorskip("playwright.sync_api")

LIGHT, DARK = "rgb(255, 255, 255)", "rgb(13, 17, 23)"


@pytest.fixture(scope="module")
def cell():
    """What a notebook's cell shows, as the kernel hands it to the page."""
    code = nbformat.v4.new_code_cell("import cis_aws\ncis_aws.scan(cis_aws.DemoSource())")
    notebook = nbformat.v4.new_notebook(cells=[code])
    nbclient.NotebookClient(notebook, timeout=120).execute()
    (output,) = notebook.cells[0].outputs
    return output["data"]["text/html"]


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        # Whoever runs this as root has no sandbox.
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser):
    """Opens what a cell shows; what the console says and what is asked of the network is to stay empty."""
    contexts, said = [], []

    def open_html(shown: str, **options):
        context = browser.new_context(**options)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.append(request.url))
        page.set_content(f"<!doctype html><html lang=en><title>Notebook</title><main>{shown}</main>")
        contexts.append(context)
        return page

    yield open_html
    for context in contexts:
        context.close()
    assert said == []


# A row a recommendation, in the report's order. Its findings are a table inside.
ROWS = ".cis-aws > table > tbody > tr"


def test_the_table_of_a_notebook(opened, cell, demo):
    page = opened(cell)
    shown = page.locator(ROWS).evaluate_all("rows => rows.map(row => Array.from(row.cells, cell => cell.firstChild.textContent))")
    assert shown == [[judged.id, judged.status.replace("_", " "), judged.title] for judged in demo.recommendations]
    sections = dict.fromkeys(judged.section for judged in demo.recommendations)
    assert page.locator("h4").all_text_contents() == list(sections)


def test_findings_and_evidence_unfold(opened, cell, demo):
    page = opened(cell)
    number, failing = next((n, judged) for n, judged in enumerate(demo.recommendations) if judged.status == "fail")
    worst = next(finding for finding in failing.findings if finding.status == "fail")
    row = page.locator(ROWS).nth(number)
    message = row.get_by_text(worst.message).first
    playwright.expect(message).to_be_hidden()
    row.locator("summary").first.click()
    playwright.expect(message).to_be_visible()
    evidence = row.get_by_text(worst.evidence[0].operation).first
    playwright.expect(evidence).to_be_hidden()
    row.locator("details details summary").first.click()
    playwright.expect(evidence).to_be_visible()


def test_a_pages_own_theme_goes_before_the_browsers(opened, cell):
    page = opened(cell)
    for scheme, element, mark, ground in [
        ("light", "html", {}, LIGHT),
        ("dark", "html", {}, DARK),
        ("light", "body", {"data-jp-theme-light": "false"}, DARK),
        ("dark", "body", {"data-jp-theme-light": "true"}, LIGHT),
        ("light", "body", {"class": "vscode-dark"}, DARK),
        ("dark", "body", {"class": "vscode-light"}, LIGHT),
        ("light", "html", {"theme": "dark"}, DARK),
        ("dark", "html", {"theme": "light"}, LIGHT),
    ]:
        page.emulate_media(color_scheme=scheme)
        shown = page.evaluate(
            """([name, mark]) => {
                const element = document.querySelector(name);
                for (const [attribute, value] of Object.entries(mark)) element.setAttribute(attribute, value);
                const ground = getComputedStyle(document.querySelector(".cis-aws")).backgroundColor;
                for (const attribute of Object.keys(mark)) element.removeAttribute(attribute);
                return ground;
            }""",
            [element, mark],
        )
        assert shown == ground, (scheme, mark)


# What JupyterLab has for tables in outputs.
JUPYTER = """<style>
.jp-RenderedHTMLCommon table { table-layout: fixed; margin-left: auto; }
:not(.jp-RenderedMarkdown).jp-RenderedHTMLCommon :is(td, th, tr) { text-align: right; vertical-align: middle; }
.jp-RenderedHTMLCommon tbody tr:nth-child(even) { background: gold; }
.jp-RenderedHTMLCommon :not(pre) > code { background-color: gold; }
</style>"""


def test_the_rules_of_the_page_for_tables_do_not_apply(opened, cell):
    page = opened(f'{JUPYTER}<div class="jp-RenderedHTMLCommon">{cell}</div>')
    for element, names in {
        "table": {"tableLayout": "auto", "marginLeft": "0px"},
        "tbody > tr:nth-child(2)": {"backgroundColor": "rgba(0, 0, 0, 0)"},
        "td:last-child": {"textAlign": "left", "verticalAlign": "top"},
        "code": {"backgroundColor": "rgb(246, 248, 250)"},
    }.items():
        style = page.locator(f".cis-aws {element}").first.evaluate("element => ({...getComputedStyle(element)})")
        assert {name: style[name] for name in names} == names, element


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read(opened, scheme):
    """Letters have contrast whatever their status, by axe."""
    report = cis_aws.scan(cis_aws.DemoSource(), select=["1.1", "1.10"], progress=False)
    page = opened(report._repr_html_(), color_scheme=scheme)
    for row in page.locator(ROWS).all():
        row.locator("summary").first.click()
        row.locator("details details summary").first.click()
    for status in ("fail", "unknown", "manual", "pass", "not_applicable"):
        playwright.expect(page.locator(f".status.{status}:visible").first).to_be_visible()
    violations = axe.Axe().run(page, ".cis-aws").response["violations"]
    assert [(one["id"], one["nodes"][0]["html"], one["nodes"][0]["failureSummary"]) for one in violations] == []


def test_hostile_names_are_text(opened, demo):
    hostile = ["<img src=x onerror=document.title='hacked'>", "</table><script>document.title='hacked'</script>", "<!--", "&lt;b&gt;"]
    report = demo.to_dict()
    for finding, name in zip(report["findings"], hostile):
        finding.update(message=name, evidence=[{"operation": name, "field": name, "value": name, "read_at": None}])
        finding["resource"].update(id=name, arn=f"arn:aws:iam::123456789012:user/{name}", sub=name)
    page = opened(cis_aws.Report.from_json(json.dumps(report))._repr_html_())
    assert page.title() == "Notebook"
    assert page.locator(".cis-aws img, .cis-aws script").count() == 0
    text = page.locator(".cis-aws").text_content()
    for name in hostile:
        assert text.count(name) >= 6, name
