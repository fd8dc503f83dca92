"""A conversation is shared at a desk and read on a phone in Korean, until it is taken back."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.visitor import PHONE

pytestmark = pytest.mark.journey


def test_a_link_is_made_read_and_taken_back(visit: Visit) -> None:
    visitor = visit("seoyeon")
    visitor.ask("What do herons eat?")
    visitor.is_over()
    visitor.page.get_by_label("Rename, export or delete this conversation").click()
    visitor.page.get_by_role("button", name="Make a link").click()
    link = visitor.page.locator("[data-copy*='/playground/shared/']").first.get_attribute("data-copy")
    assert link is not None

    phone = visit("minjun", size=PHONE, locale="ko-KR", color_scheme="dark").page
    phone.goto(link)
    expect(phone.get_by_text("What do herons eat?").first).to_be_visible()
    expect(phone.locator("main form, main textarea")).to_have_count(0)
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")

    visitor.open("/playground/shares/")
    expect(visitor.page.get_by_role("row").filter(has_text="최민준")).to_have_count(1)
    visitor.page.get_by_role("button", name="Take back").first.click()
    expect(visitor.page.get_by_text("The link does not work any more.")).to_be_visible()
    phone.reload()
    expect(phone.get_by_role("heading", name="이 링크에는 보여 드릴 것이 없어요")).to_be_visible()
