"""The console without a mouse: every step by a key, and always to be seen where one is."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Visit

pytestmark = pytest.mark.journey

PATHS = ["/", "/inventory/", "/requests/", "/health/", "/jobs/", "/usage/", "/settings/", "/account/",
         "/prompts/", "/prompts/new/"]  # fmt: skip
# The focused element, and whether it looks any different from the way it looks without the focus.
FOCUS = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const look = () => [one, one.parentElement, one.closest(".searchbox, .composer form, label")].filter(Boolean)
    .map((each) => getComputedStyle(each))
    .map((css) => [css.outlineStyle, css.outlineWidth, css.boxShadow, css.borderColor, css.backgroundColor,
                   css.textDecorationLine]).join();
  const focused = look();
  const box = one.getBoundingClientRect();
  one.blur();
  const plain = look();
  one.focus({ preventScroll: true, focusVisible: true });
  return { name: one.textContent.trim().slice(0, 40) || one.getAttribute("aria-label") || one.id, tag: one.tagName,
           seen: focused !== plain && box.width > 0 && box.bottom > 0 && box.top < innerHeight };
}"""


def tab_to(page: Page, role: str, name: str, *, most: int = 60) -> None:
    """Press Tab until this has the focus; each stop on the way must be visible as one."""
    wanted = page.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]  # a role by its name
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        assert stop is None or stop["seen"], stop
        if wanted.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{role} {name} is not reached by Tab")


def test_signing_in_writing_and_stopping(visit: Visit) -> None:
    visitor = visit().open("/signin/")
    page = visitor.page
    tab_to(page, "link", "Sign in with Microsoft")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="이서연").focus()  # the account picker is Microsoft's
    page.keyboard.press("Enter")
    page.wait_for_url(f"{visitor.url}/")
    tab_to(page, "link", "Skip to content")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Shift+Tab")
    visitor.open("/")
    tab_to(page, "link", "Playground")
    page.keyboard.press("Enter")
    page.wait_for_url("**/playground/")
    tab_to(page, "textbox", "Message")
    page.keyboard.type("Tell me about herons")
    tab_to(page, "combobox", "Deployment")
    with page.expect_response(re.compile("/options/")):
        page.keyboard.type("claude-slow ")
    expect(page.locator("#deployment option:checked")).to_have_text("claude-slow · contoso-foundry")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(visitor.conversation.get_by_role("article")).to_have_count(1)
    begun = visitor.newest().locator(".prose", has_text=re.compile(r"\w{3}")).first
    expect(begun).to_be_attached(timeout=10_000)
    page.keyboard.press("Escape")
    visitor.is_over(seconds=5)
    expect(visitor.newest()).to_contain_text("claude-slow")
    expect(visitor.newest()).to_contain_text("The answer was stopped")
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()


def test_rows_are_walked_and_opened(visit: Visit) -> None:
    visitor = visit("sam").open("/requests/")
    page = visitor.page
    rows = page.locator("tr[data-href]")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.closest('tr') === document.querySelectorAll('tr[data-href]')[1]")
    assert page.evaluate(FOCUS)["seen"]
    address = rows.nth(1).get_attribute("data-href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")
    expect(page.get_by_role("button", name="Copy for support")).to_be_visible()


def test_a_slash_leads_to_the_search_and_a_question_mark_to_the_keys(visit: Visit) -> None:
    visitor = visit("sam").open("/requests/")
    page = visitor.page
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Find a request")).to_be_focused()
    page.keyboard.type("nothing/like?this")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="What was searched")).to_be_visible()
    visitor.open("/health/")
    page.keyboard.press("?")
    page.wait_for_url("**/help/keyboard/")


@pytest.mark.parametrize("path", PATHS)
def test_the_way_by_tab_is_always_to_be_seen(visit: Visit, path: str) -> None:
    page = visit("ada").open(path).page
    names = []
    for _ in range(45):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None:
            break
        assert stop["seen"], stop
        names.append(stop["name"])
    assert len(names) > 10
