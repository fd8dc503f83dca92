"""The line below the composer: it comes when typing pauses, goes with the text, and moves and disturbs nothing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Visit
from tests.journeys.demo import Demo
from tests.journeys.visitor import DESK, PHONE

pytestmark = pytest.mark.journey

PAUSE = 1200  # milliseconds: far longer than the line waits for


def asked(page: Page) -> list[str]:
    """The addresses it asks, as they are asked."""
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url) if request.url.endswith("/estimate/") else None)
    return found


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_it_comes_and_goes_and_moves_nothing(visit: Visit, size: tuple[int, int]) -> None:
    visitor = visit("seoyeon", size=size).open("/playground/new/").choose("claude-steady")
    page = visitor.page
    page.wait_for_timeout(PAUSE)  # choosing a deployment with nothing written asks nothing
    asks, line, box = asked(page), page.locator("#estimate"), page.get_by_role("textbox", name="Message")
    place = page.locator("#composer").bounding_box()
    box.press_sequentially("How do tides work?", delay=15)
    expect(line).to_have_text(re.compile(r"^\d+ tokens · <0\.1% .*\$0\.0\d+"))
    assert page.locator("#composer").bounding_box() == place
    box.blur()
    page.wait_for_timeout(PAUSE)
    assert len(asks) == 1
    box.fill("")
    expect(line).to_be_empty()
    assert len(asks) == 1


def test_a_message_sent_at_once_is_not_counted_first(visit: Visit) -> None:
    visitor = visit("seoyeon").open("/playground/new/").choose("claude-steady")
    asks = asked(visitor.page)
    visitor.send("What do herons eat?")
    visitor.is_over()
    visitor.page.wait_for_timeout(PAUSE)
    assert asks == []
    expect(visitor.page.locator("#estimate")).to_be_empty()


def test_where_counting_fails_nobody_notices(visit: Visit, demo: Demo) -> None:
    visitor = visit("seoyeon").open("/playground/new/").choose("claude-short")
    demo.switch("fault", plane="foundry", match="claude-short", how="status", status=404, times=1)
    asks, page = asked(visitor.page), visitor.page
    page.get_by_role("textbox", name="Message").press_sequentially("What do herons eat?")
    page.wait_for_timeout(PAUSE)
    assert len(asks) == 1
    expect(page.locator("#estimate")).to_be_empty()
    expect(page.locator("#problems")).to_be_empty()
    expect(page.locator("#composer-problem")).to_be_empty()
