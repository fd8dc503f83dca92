"""Small things with an answer: quoting it, copying it, wrapping its code; in both languages, at a desk and a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.visitor import DESK, PHONE

pytestmark = pytest.mark.journey

SELECT = """(prose) => {
  const range = document.createRange();
  range.selectNodeContents(prose.querySelector("p"));
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""
WORDS = {"en": ("Quote", "Message", "Wrap lines"), "ko": ("인용", "메시지", "줄 바꿈")}


@pytest.mark.parametrize(("language", "size", "scheme"), [("en", DESK, "light"), ("ko", PHONE, "dark")])
def test_an_answer_is_quoted_copied_and_wrapped(
    visit: Visit, language: str, size: tuple[int, int], scheme: str
) -> None:
    visitor = visit("seoyeon", size=size, locale={"en": "en-GB", "ko": "ko-KR"}[language], color_scheme=scheme)
    quote, message, wrap = WORDS[language]
    page = visitor.open("/playground/new/").page
    page.locator("#message").fill("Show me some code. 코드를 보여 주세요.")
    page.locator("#message").press("Enter")
    answer = page.locator("#transcript article").last
    expect(answer.locator(".receipt")).to_be_visible(timeout=20_000)
    first = answer.locator(".said--claude .prose p").first.inner_text()

    answer.locator(".said--claude .prose").first.evaluate(SELECT)
    page.get_by_role("button", name=quote, exact=True).wait_for()
    page.get_by_role("button", name=quote, exact=True).click()
    expect(page.get_by_role("textbox", name=message)).to_have_value(re.compile(rf"^> {re.escape(first[:20])}"))
    expect(page.get_by_role("textbox", name=message)).to_be_focused()

    for menu in answer.locator(".actions [data-menu]").all():
        menu.locator("summary").click()
        card = menu.locator(".card").bounding_box()
        assert card is not None
        assert card["x"] >= 0
        assert card["x"] + card["width"] <= size[0]
        page.keyboard.press("Escape")

    copied = visitor.copied(answer.locator("[data-copy-markdown]"))
    assert "```" in copied
    pressed = answer.get_by_role("button", name=wrap).first
    pressed.click()
    expect(pressed).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.get_by_role("button", name=wrap).first).to_have_attribute("aria-pressed", "true")


def test_q_quotes_what_is_selected(visit: Visit) -> None:
    visitor = visit("seoyeon")
    visitor.ask("What do herons eat?")
    visitor.is_over()
    visitor.page.locator("#transcript").focus()
    visitor.newest().locator(".said--claude .prose").first.evaluate(SELECT)
    visitor.page.keyboard.press("q")
    expect(visitor.page.get_by_role("textbox", name="Message")).to_have_value(re.compile("^> "))


def test_chords_work_while_one_types_until_they_are_switched_off(visit: Visit) -> None:
    visitor = visit("seoyeon")
    visitor.ask("Show me some code. 코드를 보여 주세요.")
    visitor.is_over()
    page = visitor.page
    message = page.get_by_role("textbox", name="Message")
    message.focus()
    page.keyboard.press("Control+Shift+KeyM")
    expect(page.get_by_role("combobox", name="Deployment")).to_be_focused()
    page.keyboard.press("Shift+Escape")
    expect(message).to_be_focused()
    page.keyboard.press("Control+KeyK")
    expect(page.get_by_role("searchbox", name="Find a conversation")).to_be_focused()
    page.keyboard.press("Control+KeyI")
    expect(visitor.newest().locator(".receipt a").first).to_be_focused()
    page.keyboard.press("Control+Shift+Semicolon")
    expect(page.locator("#said")).to_have_text("Copied")
    assert "def " in page.evaluate("navigator.clipboard.readText()")
    message.focus()
    page.keyboard.press("Control+Shift+Enter")
    expect(page.locator(".versions")).to_contain_text("2/2")
    visitor.is_over()
    try:
        page = visitor.open("/account/").page
        page.locator("[name=shortcuts][value=off]").check()
        page.get_by_role("button", name="Save").click()
        page = visitor.open("/playground/").page
        page.get_by_role("textbox", name="Message").focus()
        page.keyboard.press("Control+KeyK")
        expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    finally:
        visitor.open("/account/").page.locator("[name=shortcuts][value=on]").check()
        visitor.page.get_by_role("button", name="Save").click()


def test_a_shortcut_gets_the_keys_that_are_pressed_here_and_in_other_tabs(visit: Visit) -> None:
    visitor = visit("seoyeon")
    page = visitor.open("/account/").page
    card, message = page.get_by_role("region", name="Shortcuts"), page.get_by_role("textbox", name="Message")
    change = card.get_by_role("button", name="Change Find a conversation")
    change.click()
    page.keyboard.press("Control+KeyI")
    expect(page.locator("#said")).to_contain_text("Ctrl+I is taken by “Go to the last receipt”.")
    earlier = page.context.new_page()
    earlier.goto(f"{visitor.url}/playground/")
    page.bring_to_front()
    try:
        expect(change).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Control+KeyJ")
        expect(page.locator("#said")).to_have_text("Saved. Find a conversation: Ctrl+J")
        earlier.bring_to_front()
        earlier.get_by_role("textbox", name="Message").focus()
        earlier.keyboard.press("Control+KeyK")
        expect(earlier.get_by_role("textbox", name="Message")).to_be_focused()
        earlier.keyboard.press("Control+KeyJ")
        expect(earlier.get_by_role("searchbox", name="Find a conversation")).to_be_focused()
        page.bring_to_front()
        page.locator("[name=send_key][value=ctrl-enter]").check()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
        earlier.bring_to_front()
        expect(earlier.locator("#composer")).to_have_attribute("data-send-key", "ctrl-enter")
        earlier.get_by_role("textbox", name="Message").fill("one")
        earlier.keyboard.press("Enter")
        expect(earlier.get_by_role("textbox", name="Message")).to_have_value("one\n")
        earlier.get_by_role("textbox", name="Message").fill("")
        earlier.close()
        visitor.open("/playground/")
        message.focus()
        page.keyboard.press("Control+KeyJ")
        expect(page.get_by_role("searchbox", name="Find a conversation")).to_be_focused()
        page.keyboard.press("Control+Shift+KeyX")
        page.wait_for_url("**/compare/")
        visitor.open("/help/keyboard/")
        expect(page.get_by_role("row", name="Find a conversation")).to_contain_text("Ctrl+J")
    finally:
        visitor.open("/account/").page.locator("[name=send_key][value=enter]").check()
        page.get_by_role("button", name="Save", exact=True).click()
        card.get_by_role("button", name="Put back Find a conversation").click()
        expect(change).to_be_focused()
