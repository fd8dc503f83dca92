"""Check now and Sync now: pressed, queued, done by the worker, and seen without a reload."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Visit
from tests.journeys.demo import Demo
from tests.journeys.visitor import SECONDS

pytestmark = pytest.mark.journey

# A worker in another process does it, while other tests run on the same machine.
SOON = 60 * SECONDS


def health_row(page: Page, deployment: str) -> str:
    """Open the health page with one deployment of contoso-foundry; returns nothing that changes while one looks on."""
    page.get_by_role("searchbox", name="Find a deployment").fill(deployment)
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=deployment, exact=True))
    expect(row.filter(has_text="contoso-foundry")).to_be_visible()
    return row.filter(has_text="contoso-foundry").get_by_role("link").get_attribute("href") or ""


def test_check_now_in_the_list_brings_its_result(visit: Visit) -> None:
    page = visit("sam").open("/health/").page
    address = health_row(page, "claude-forbidden")
    row = page.locator(f'tr[data-href="{address}"]')
    row.get_by_role("button", name="Check now").click()
    expect(row).to_contain_text("just now", timeout=SOON)
    page.get_by_role("navigation", name="Rooms").get_by_role("link", name="Jobs").click()
    newest = page.get_by_role("main").locator("tbody tr").first
    expect(newest).to_contain_text("claude-forbidden")
    expect(newest).to_contain_text("Sam Rivera")


@pytest.mark.parametrize(
    ("deployment", "words", "why"),
    [
        ("claude-steady", "Checked: well", "Answer: reached"),
        ("claude-missing", "Checked: ill", "Azure does not find this deployment"),
    ],
)
def test_check_now_on_its_page_tells_the_state(visit: Visit, deployment: str, words: str, why: str) -> None:
    visitor = visit("ada").open("/health/")
    visitor.open(health_row(visitor.page, deployment))
    visitor.page.get_by_role("button", name="Check now").click()
    main = visitor.page.get_by_role("main")
    expect(main).to_contain_text(words, timeout=SOON)
    expect(main).to_contain_text(why)
    newest = main.get_by_role("table").last.get_by_role("row").nth(1)
    expect(newest).to_contain_text("Ada Kim")
    expect(newest).to_contain_text("just now")


def test_nobody_else_may_check_or_sync(visit: Visit) -> None:
    visitor = visit("seoyeon")
    for path, name in (("/health/", "Check now"), ("/inventory/", "Sync now")):
        visitor.open(path)
        expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
        expect(visitor.page.get_by_role("button", name=name)).to_have_count(0)


def test_sync_now_finds_what_is_new_in_azure(visit: Visit, demo: Demo) -> None:
    demo.switch("calm")  # one subscription throttles for half a minute otherwise
    demo.switch("deployment", resource="hanbit-foundry", name="claude-brand-new", model="claude-haiku-5-5")
    page = visit("sam").open("/inventory/").page
    page.get_by_role("searchbox").fill("claude-brand-new")
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_role("progressbar", name="Sync")).to_be_visible()
    expect(page.get_by_text("As of the sync just now.")).to_be_visible(timeout=SOON)
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("link", name="claude-brand-new")).to_be_visible()
