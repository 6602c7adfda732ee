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

    def open_html(shown: str, start: str = "<html lang=en><body>", **options):
        context = browser.new_context(**options)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.append(request.url))
        page.set_content(f"<!doctype html>{start}<title>Notebook</title><main>{shown}</main>")
        contexts.append(context)
        return page

    yield open_html
    for context in contexts:
        context.close()
    assert said == []


def test_the_table_of_a_notebook(opened, cell, demo):
    page = opened(cell)
    for judged in demo.recommendations:
        row = page.locator("tbody > tr").filter(has=page.locator(f"td.id:text-is('{judged.id}')"))
        playwright.expect(row.locator(".status").first).to_have_text(judged.status.replace("_", " "))
        playwright.expect(row.locator("td").nth(2)).to_contain_text(judged.title)
    sections = dict.fromkeys(judged.section for judged in demo.recommendations)
    assert page.locator("h4").all_text_contents() == list(sections)


def test_findings_and_evidence_unfold(opened, cell, demo):
    page = opened(cell)
    failing = next(judged for judged in demo.recommendations if judged.status == "fail" and judged.findings[0].evidence)
    worst = next(finding for finding in failing.findings if finding.status == "fail")
    row = page.locator("tbody > tr").filter(has=page.locator(f"td.id:text-is('{failing.id}')")).first
    message = row.get_by_text(worst.message).first
    playwright.expect(message).to_be_hidden()
    row.locator("summary").first.click()
    playwright.expect(message).to_be_visible()
    evidence = row.get_by_text(worst.evidence[0].operation).first
    playwright.expect(evidence).to_be_hidden()
    row.locator("details details summary").first.click()
    playwright.expect(evidence).to_be_visible()


@pytest.mark.parametrize(
    ("start", "scheme", "ground"),
    [
        ("<html lang=en><body>", "light", LIGHT),
        ("<html lang=en><body>", "dark", DARK),
        ("<html lang=en><body data-jp-theme-light=false>", "light", DARK),
        ("<html lang=en><body data-jp-theme-light=true>", "dark", LIGHT),
        ("<html lang=en><body class=vscode-dark>", "light", DARK),
        ("<html lang=en><body class=vscode-light>", "dark", LIGHT),
        ("<html lang=en theme=dark><body>", "light", DARK),
        ("<html lang=en theme=light><body>", "dark", LIGHT),
    ],
    ids=["light", "dark", "jupyter-dark", "jupyter-light", "vscode-dark", "vscode-light", "colab-dark", "colab-light"],
)
def test_it_can_be_read_in_light_and_dark(opened, cell, start, scheme, ground):
    """The page's own theme goes before the browser's. Letters of every status have contrast, by axe."""
    page = opened(cell, start, color_scheme=scheme)
    assert page.locator(".cis-aws").evaluate("element => getComputedStyle(element).backgroundColor") == ground
    assert page.locator(".cis-aws td").first.evaluate("element => getComputedStyle(element).backgroundColor") == "rgba(0, 0, 0, 0)"
    for status in ("fail", "unknown", "manual", "pass", "not applicable"):
        row = page.locator("tbody > tr").filter(has=page.locator(f".status:text-is('{status}')")).first
        row.locator("summary").first.click()
        row.locator("details details summary").first.click()
    violations = axe.Axe().run(page).response["violations"]
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
