"""The console in a browser that runs no scripts: links are links, forms are forms."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Visit
from tests.journeys.visitor import NAMES, SIGN_IN, Visitor

pytestmark = pytest.mark.journey

PATHS = ["/", "/inventory/", "/requests/", "/health/", "/jobs/", "/usage/", "/settings/", "/help/", "/account/",
         "/prompts/"]  # fmt: skip


def plain(visit: Visit, person: str) -> Visitor:
    return visit(java_script_enabled=False).sign_in(person)


def reload_until_over(page: Page) -> None:
    """What somebody does who is not shown anything new by itself."""
    for _ in range(50):
        if page.get_by_role("button", name="Send").is_visible():
            return
        page.wait_for_timeout(200)
        page.get_by_role("link", name="Reload to see more of the answer").click()


def test_signing_in_and_every_list(visit: Visit) -> None:
    visitor = plain(visit, "ada")
    for path in PATHS:
        visitor.open(path)
        expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    visitor.open("/requests/")
    visitor.page.get_by_role("main").locator("tbody tr").first.get_by_role("link").first.click()
    expect(visitor.page.get_by_role("region", name="IDs")).to_be_visible()


def test_a_request_is_found(visit: Visit) -> None:
    asker = visit("seoyeon")
    answer = asker.ask("What do herons eat?")
    asker.is_over()
    request_id = asker.copied(answer.get_by_role("button", name="Copy request-id", exact=True))
    visitor = plain(visit, "sam").open("/requests/")
    visitor.page.get_by_role("searchbox", name="Find a request").fill(f"it says {request_id}, sorry")
    visitor.page.get_by_role("button", name="Find").click()
    expect(visitor.page.get_by_role("region", name="IDs")).to_contain_text(request_id)


def test_a_message_is_sent_answered_stopped_and_never_lost(visit: Visit) -> None:
    visitor = plain(visit, "seoyeon").open("/playground/new/")
    page = visitor.page
    page.get_by_role("combobox", name="Deployment").select_option(label="claude-steady · contoso-foundry")
    visitor.send("What do herons eat?")
    reload_until_over(page)
    expect(visitor.is_over()).to_contain_text("claude-steady")
    expect(visitor.newest()).to_contain_text("herons")
    page.get_by_role("combobox", name="Deployment").select_option(label="claude-slow · contoso-foundry")
    visitor.send("And where do they sleep?")
    page.get_by_role("button", name="Stop").click()
    reload_until_over(page)
    expect(visitor.newest()).to_contain_text("The answer was stopped")
    address = page.url.partition("?")[0].partition("#")[0]
    page.context.clear_cookies()
    visitor.write("What was\nnever sent.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have been signed out")
    expect(page.get_by_role("textbox", name="What you wrote")).to_have_value("What was\nnever sent.")
    page.get_by_role("link", name="Sign in again").click()
    page.get_by_role("link", name=SIGN_IN).click()
    page.get_by_role("button", name=NAMES["seoyeon"]).click()
    page.wait_for_url(f"{address}*")


def test_a_check_and_a_sync_are_asked_for(visit: Visit) -> None:
    visitor = plain(visit, "sam").open("/health/")
    page = visitor.page
    page.get_by_role("button", name="Check now").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    visitor.open("/inventory/")
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inventory")
    visitor.open("/jobs/")
    newest = page.get_by_role("main").locator("tbody tr")
    expect(newest.nth(0)).to_contain_text("Sam Rivera")
    expect(newest.nth(1)).to_contain_text("Sam Rivera")
