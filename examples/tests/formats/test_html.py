"""The HTML report in a real browser: Debian's Chromium. Where there is none these tests are left out, and say so; the CI has
one."""

import base64
import csv
import io
import json
import os
import re
import shutil
import time
from pathlib import Path

import program
import pytest
from conftest import JAPANESE
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright
from program import WORKSPACE

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
if not CHROMIUM and os.environ.get("CI"):
    pytest.fail("the CI must have Chromium: apt-get install chromium", pytrace=False)
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt-get install chromium")

# What the page says, by the account that is written in it.
WORDS = {
    "demo": {
        "match": "{count} of {total} findings match.",
        "none": "No finding matches.",
        "statuses": ["unknown", "manual", "pass", "not applicable"],
        "region": "Region",
        "recommendation": "Recommendation",
        "service": "Service",
        "clear": "Clear filters",
        "search": "Search",
        "unread": "Not everything could be read",
        "lang": "en",
    },
    JAPANESE: {
        "match": "{total} 件中 {count} 件の検出結果が一致しました。",
        "none": "一致する検出結果はありません。",
        "statuses": ["不明", "手動確認", "合格", "対象外"],
        "region": "リージョン",
        "recommendation": "推奨事項",
        "service": "サービス",
        "clear": "絞り込みを解除",
        "search": "リソース、メッセージ、根拠を検索",
        "unread": "取得できなかった情報があります",
        "lang": "ja",
    },
}
in_both_languages = pytest.mark.parametrize("account", list(WORDS))

# Names that would do something if a page let them.
HOSTILE = [
    "<img src=x onerror=document.title='hacked'>",
    "</noscript><script>document.title='hacked'</script>",
    "\"><svg onload=document.title='hacked'>",
    "<!--",
    "&lt;b&gt;",
]


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        # Whoever runs this as root has no sandbox.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser):
    """Opens a file; what the console said and what was asked of the network is to stay empty."""
    contexts = []

    def open_file(path: Path, **options) -> Page:
        context = browser.new_context(**options)
        page = context.new_page()
        said, asked = [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        contexts.append((context, path, said, asked))
        return page

    yield open_file
    for context, path, said, asked in contexts:
        context.close()
        assert said == []
        assert asked == [path.as_uri()]


def users_added(folder: Path, names: list[str]) -> Path:
    """The demo account with more users, written as HTML."""
    snapshot = folder / "snapshot"
    shutil.copytree(WORKSPACE / "cis-aws/demo/snapshot", snapshot)
    path = snapshot / "account/iam.credential_report.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    rows = list(csv.reader(io.StringIO(base64.b64decode(document["Content"]).decode())))
    like = next(row for row in rows if row[0] == "anna.schmidt")
    rows += [[name, f"arn:aws:iam::123456789012:user/{name}", *like[2:]] for name in names]
    content = io.StringIO()
    csv.writer(content, lineterminator="\n").writerows(rows)
    document["Content"] = base64.b64encode(content.getvalue().encode()).decode()
    path.write_text(json.dumps(document), encoding="utf-8")
    html = folder / "report.html"
    run = program.run(folder, "snapshot", snapshot, "--format", "html", "--output", html)
    assert run.code == 1, run
    return html


def shown(page: Page) -> tuple[int, int]:
    text = page.locator("#shown").text_content()
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    return (numbers[0], numbers[1]) if numbers else (0, 0)


def counted(written, account="demo", verdict=None, **wanted) -> int:
    findings = json.loads(written(account)["json"].read_text(encoding="utf-8"))["findings"]
    region = wanted.pop("region", None)
    findings = [finding for finding in findings if all(finding[name] == value for name, value in wanted.items())]
    findings = [finding for finding in findings if verdict in (None, finding.get("settled", finding["status"]))]
    return sum(1 for finding in findings if region is None or finding["resource"]["region"] == region)


def says(page: Page, count: int, total: int, account="demo") -> None:
    words = WORDS[account]
    expect(page.locator("#shown")).to_have_text(words["match"].format(count=count, total=total) if count else words["none"])


@in_both_languages
def test_filters(opened, written, account):
    page, words = opened(written(account)["html"]), WORDS[account]
    total = counted(written, account)
    says(page, total, total, account)

    for status in words["statuses"]:
        page.get_by_label(status, exact=True).uncheck()
    says(page, counted(written, account, "fail"), total, account)
    expect(page.locator(".requirement:visible .status.pass"), "recommendations that pass are hidden").to_have_count(0)
    page.get_by_label(words["region"]).select_option("eu-central-1")
    says(page, counted(written, account, "fail", region="eu-central-1"), total, account)
    page.get_by_role("button", name=words["clear"]).click()
    says(page, total, total, account)

    page.get_by_label(words["recommendation"], exact=True).select_option("iam.root_mfa")
    says(page, counted(written, account, control="iam.root_mfa"), total, account)
    page.get_by_role("button", name=words["clear"]).click()
    page.get_by_label(words["service"]).select_option("s3")
    findings = json.loads(written(account)["json"].read_text(encoding="utf-8"))["findings"]
    says(page, sum(finding["control"].startswith("s3.") for finding in findings), total, account)


@in_both_languages
def test_search(opened, written, account):
    page, words = opened(written(account)["html"]), WORDS[account]
    total = counted(written, account)
    page.get_by_label(words["search"]).fill("ANNA.schmidt")
    expect(page.locator("#shown")).not_to_have_text(words["match"].format(count=total, total=total))
    assert 0 < min(shown(page)) < total
    page.locator(".requirement:visible summary").first.click()
    rows = page.locator(".requirement:visible .f")
    expect(rows.first).to_be_visible()
    assert all("anna.schmidt" in text for text in rows.all_text_contents())
    page.get_by_label(words["search"]).fill("<li class")
    says(page, 0, total, account)


def test_keyboard(opened, written):
    page = opened(written("demo")["html"])
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "findings"
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.id") == "search"
    summary = page.locator(".requirement > summary").nth(3)
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".requirement").nth(3).locator(".f").first).to_be_visible()


def test_without_javascript(opened, written):
    page = opened(written("demo")["html"], java_script_enabled=False)
    assert page.locator("li.f").count() == counted(written)
    expect(page.get_by_label("Search")).to_be_hidden()
    requirement = page.locator(".requirement").nth(3)
    expect(requirement.locator(".f").first).to_be_hidden()
    requirement.locator("summary").first.click()
    expect(requirement.locator(".f").first).to_be_visible()


@in_both_languages
def test_what_could_not_be_read_is_first(opened, written, account):
    page = opened(written(account)["html"])
    expect(page.locator("html")).to_have_attribute("lang", WORDS[account]["lang"])
    top = page.locator("main > section").first
    expect(top).to_have_class("unread")
    expect(top.get_by_role("heading")).to_contain_text(WORDS[account]["unread"])
    assert top.bounding_box()["y"] < 400


def test_print(opened, written):
    page = opened(written("demo")["html"])
    page.emulate_media(media="print")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("#filters")).to_be_hidden()
    assert page.locator(".requirement:visible .f:visible").count() >= 63


@pytest.mark.parametrize("scheme", ["light", "dark"])
@in_both_languages
def test_accessible(opened, written, account, scheme):
    page = opened(written(account)["html"], color_scheme=scheme)
    for n in (3, 9, 10):
        page.locator(".requirement").nth(n).locator("summary").first.click()
        expect(page.locator(".requirement").nth(n).locator(".f").first).to_be_visible()
    for evidence in page.locator(".f details summary").all()[:5]:
        evidence.click()
    violations = Axe().run(page).response["violations"]
    told = [(one["id"], one["nodes"][0]["html"], one["nodes"][0]["failureSummary"]) for one in violations]
    assert told == []


@pytest.mark.parametrize("scripts", [True, False])
def test_hostile_names_are_text(opened, tmp_path, scripts):
    page = opened(users_added(tmp_path, HOSTILE), java_script_enabled=scripts)
    title = page.title()
    for requirement in page.locator(".requirement").all():
        requirement.locator("summary").first.click()
        expect(requirement.locator(".f").first).to_be_visible()
    names = page.locator(".f .resource").all_text_contents()
    for name in HOSTILE:
        assert any(name in shown for shown in names), name
    assert page.title() == title and "hacked" not in title
    assert page.locator(".f img, .f svg, .f script").count() == 0
    if scripts:
        page.get_by_label("Search").fill(HOSTILE[0])
        expect(page.locator("#shown")).to_contain_text(re.compile(r"^[1-9]\d? of"))


def test_a_hundred_thousand_findings(opened, tmp_path, capsys):
    html = users_added(tmp_path, [f"user-{n:05}" for n in range(20_000)])
    begun = time.monotonic()
    page = opened(html)
    expect(page.locator("#shown")).to_contain_text("findings match", timeout=60_000)
    total = shown(page)[1]
    page.locator(".requirement").nth(11).locator("summary").first.click()
    expect(page.locator(".f").first).to_be_visible()
    interactive = time.monotonic() - begun
    assert total > 100_000
    # What makes it usable, rather than how long it took here: of 100,000 rows a hundred are elements.
    expect(page.locator(".f")).to_have_count(100)
    assert page.evaluate("() => document.querySelectorAll('*').length") < 10_000
    page.get_by_role("button", name="Show more").click()
    expect(page.locator(".f")).to_have_count(200)
    page.get_by_label("Search").fill("user-12345")
    begun = time.monotonic()
    expect(page.locator("#shown")).to_have_text(re.compile(r"^\d of"), timeout=60_000)
    searched = time.monotonic() - begun
    with capsys.disabled():
        size = html.stat().st_size / 1e6
        print(f"\n{total} findings, {size:.0f} MB: first interaction after {interactive:.1f} s, a search takes {searched:.1f} s")
