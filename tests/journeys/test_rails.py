"""Guard rails: an administrator sets them at a desk, somebody meets them on a phone in Korean."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.visitor import PHONE, Visitor

pytestmark = pytest.mark.journey


def save(admin: Visitor, **fields: str) -> None:
    admin.open("/settings/playground/")
    for name, value in fields.items():
        admin.page.locator(f"[name={name}]").fill(value)
    admin.page.get_by_role("button", name="Save").click()
    expect(admin.page.get_by_text("Saved.")).to_be_visible()


def test_a_notice_and_a_limit_are_met_and_leave_the_text(visit: Visit) -> None:
    admin = visit("ada")
    phone = visit("minjun", size=PHONE, locale="ko-KR", color_scheme="dark")
    save(admin, notice_en="Closed on Friday", notice_ko="금요일에는 쉽니다", tokens_per_day="0")
    try:
        page = phone.open("/playground/new/").page
        notice = page.get_by_text("금요일에는 쉽니다")
        expect(notice).to_be_visible()
        page.get_by_role("button", name="이 공지 치우기").click()
        expect(notice).to_have_count(0)
        page.locator("#message").fill("안녕하세요")
        page.locator("#message").press("Enter")
        expect(page.locator("#composer-problem")).to_contain_text("토큰 0개 중")
        expect(page.locator("#message")).to_have_value("안녕하세요")
        page.reload()
        expect(page.locator("#message")).to_be_visible()
        expect(notice).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    finally:
        save(admin, notice_en="", notice_ko="", tokens_per_day="")
