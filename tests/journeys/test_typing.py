"""Enter while a text is being composed: the real composition events of an input method, as Chromium makes them."""

from __future__ import annotations

import pytest
from playwright.sync_api import CDPSession, expect

from tests.journeys.conftest import Visit
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey

# How Enter is named while an input method has it: on Windows, and elsewhere.
KEYS = ["Process", "Enter"]


def begin(visit: Visit) -> tuple[Visitor, CDPSession]:
    visitor = visit("seoyeon").open("/playground/new/").choose("claude-steady")
    visitor.page.get_by_role("textbox", name="Message").click()
    return visitor, visitor.page.context.new_cdp_session(visitor.page)


def compose(keyboard: CDPSession, *steps: str) -> None:
    for text in steps:
        keyboard.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})


def enter_while_composing(keyboard: CDPSession, committed: str, key: str) -> None:
    """What the input method makes of Enter: a key that belongs to it, then the committed text."""
    enter = {"key": key, "code": "Enter", "windowsVirtualKeyCode": 229}
    keyboard.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    keyboard.send("Input.insertText", {"text": committed})
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})


@pytest.mark.parametrize("again", [False, True], ids=["Enter is used up", "Enter comes again"])
@pytest.mark.parametrize("key", KEYS)
def test_enter_on_a_hangul_syllable_sends_once_and_whole(visit: Visit, key: str, again: bool) -> None:
    visitor, keyboard = begin(visit)
    visitor.page.keyboard.insert_text("왜가리는 어디에서 자나")
    compose(keyboard, "ㅇ", "요")
    enter_while_composing(keyboard, "요", key)
    if again:
        visitor.page.keyboard.press("Enter")
    articles = visitor.conversation.get_by_role("article")
    expect(articles).to_have_count(1)
    expect(articles.locator(".said__text")).to_have_text("왜가리는 어디에서 자나요")
    visitor.is_over()
    expect(articles).to_have_count(1)
    expect(visitor.page.get_by_role("textbox", name="Message")).to_have_value("")


@pytest.mark.parametrize("key", KEYS)
def test_enter_that_picks_a_candidate_does_not_send(visit: Visit, key: str) -> None:
    visitor, keyboard = begin(visit)
    compose(keyboard, "k", "か", "かわ", "川")
    enter_while_composing(keyboard, "川", key)
    expect(visitor.page.get_by_role("textbox", name="Message")).to_have_value("川")
    visitor.page.wait_for_timeout(200)
    expect(visitor.conversation.get_by_role("article")).to_have_count(0)
    visitor.page.keyboard.press("Enter")
    expect(visitor.conversation.get_by_role("article").locator(".said__text")).to_have_text("川")
    visitor.is_over()


def test_shift_and_enter_begin_a_new_line(visit: Visit) -> None:
    visitor, _keyboard = begin(visit)
    visitor.page.keyboard.type("one")
    visitor.page.keyboard.press("Shift+Enter")
    visitor.page.keyboard.type("two")
    expect(visitor.page.get_by_role("textbox", name="Message")).to_have_value("one\ntwo")
    visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.press("Enter")
    expect(visitor.conversation.get_by_role("article")).to_have_count(1)
    visitor.is_over()
    expect(visitor.conversation.get_by_role("article")).to_have_count(1)
