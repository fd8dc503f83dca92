"""Typing ahead: what is sent while an answer arrives waits its turn."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.conftest import Visit
from tests.journeys.demo import LIFELIKE, Demo
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey

FIRST = "Compare a public cloud and a private data centre for a small hospital."


def asked(visit: Visit, demo: Demo, deployment: str = "claude-steady") -> Visitor:
    demo.switch("speed", **LIFELIKE)
    visitor = visit("seoyeon")
    visitor.ask(FIRST, deployment)
    expect(visitor.page.get_by_role("button", name="Stop")).to_be_visible()
    return visitor


def type_ahead(visitor: Visitor, text: str) -> None:
    box = visitor.page.get_by_role("textbox", name="Message")
    box.fill(text)
    box.press("Enter")
    expect(box).to_have_value("")


def waiting(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("list", name="Waiting to be sent").get_by_role("listitem")


def said(visitor: Visitor) -> Locator:
    return visitor.conversation.locator(".said__text")


def test_what_waits_goes_in_turn_and_leaves_what_is_being_typed(visit: Visit, demo: Demo) -> None:
    visitor = asked(visit, demo)
    type_ahead(visitor, "Second question")
    type_ahead(visitor, "Third question")
    expect(waiting(visitor)).to_have_count(2)
    box = visitor.page.get_by_role("textbox", name="Message")
    box.fill("Half a thought")
    demo.switch("speed", tokens_per_second=0, first_token=0)
    expect(said(visitor)).to_have_text([FIRST, "Second question", "Third question"], timeout=20_000)
    visitor.is_over()
    expect(waiting(visitor)).to_have_count(0)
    expect(box).to_have_value("Half a thought")


def test_what_waits_can_be_changed_taken_back_and_sent_at_once(visit: Visit, demo: Demo) -> None:
    visitor = asked(visit, demo)
    for text in ("One", "Two", "Three"):
        type_ahead(visitor, text)
    waiting(visitor).nth(1).get_by_role("button", name="Remove").click()
    waiting(visitor).nth(0).get_by_role("button", name="Edit").click()
    expect(visitor.page.get_by_role("textbox", name="Message")).to_have_value("One")
    type_ahead(visitor, "One, changed")
    expect(waiting(visitor)).to_have_count(2)
    visitor.page.reload()
    expect(waiting(visitor)).to_have_count(2)
    waiting(visitor).nth(1).get_by_role("button", name="Send now").click()
    demo.switch("speed", tokens_per_second=0, first_token=0)
    expect(said(visitor)).to_have_text([FIRST, "One, changed", "Three"], timeout=20_000)


def test_after_a_failure_nothing_goes_by_itself(visit: Visit, demo: Demo) -> None:
    visitor = asked(visit, demo, "claude-breaks-midway")
    type_ahead(visitor, "And now?")
    expect(visitor.page.get_by_role("button", name="Send", exact=True)).to_be_visible(timeout=20_000)
    visitor.page.wait_for_timeout(500)
    expect(waiting(visitor)).to_have_count(1)
    waiting(visitor).get_by_role("button", name="Send now").click()
    expect(said(visitor)).to_have_text([FIRST, "And now?"])
