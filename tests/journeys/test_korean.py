"""The console in Korean, by the browser's wish and by the person's own."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visit

pytestmark = pytest.mark.journey

ROOMS = ["개요", "플레이그라운드", "인벤토리", "요청", "상태 확인", "작업", "사용량", "도움말"]
# English sentences that a page of ours shows would have three words in a row that are no names.
ENGLISH = re.compile(r"\b(?:the|this|is|are|has|have|with|your|you|no|not|and|of) [a-z]+ [a-z]+")


def test_every_room_speaks_korean_to_a_korean_browser(visit: Visit) -> None:
    visitor = visit(locale="ko-KR").open("/signin/")
    page = visitor.page
    page.get_by_role("link", name="Microsoft로 로그인").click()
    page.get_by_role("button", name="최민준").click()
    rail = page.get_by_role("navigation", name="메뉴")
    expect(rail.get_by_role("listitem").get_by_role("link")).to_have_text(ROOMS)
    for room in ROOMS:
        rail.get_by_role("link", name=room, exact=True).click()
        expect(rail.get_by_role("link", name=room, exact=True)).to_have_attribute("aria-current", "page")
        expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("[가-힣]"))
        assert page.locator("html").get_attribute("lang") == "ko"
        assert ENGLISH.findall(page.get_by_role("main").inner_text()) == []


def test_a_message_and_a_failure_in_korean(visit: Visit) -> None:
    visitor = visit("minjun", locale="ko-KR").open("/playground/new/")
    page = visitor.page
    box = page.get_by_role("combobox", name="배포")
    with page.expect_response(re.compile("/options/")):
        box.select_option(label="claude-breaks-midway · contoso-foundry")
    page.get_by_role("textbox", name="메시지").fill("왜가리는 어디에서 자나요?")
    page.get_by_role("button", name="보내기").click()
    log = page.get_by_role("log", name="대화")
    card = log.get_by_role("region")
    expect(card).to_contain_text("Azure나 Anthropic 쪽")
    expect(page.get_by_role("button", name="보내기")).to_be_visible()
    assert ENGLISH.findall(log.inner_text()) == []


def test_a_person_chooses_korean_and_english_again(visit: Visit) -> None:
    visitor = visit("grace").open("/account/")
    page = visitor.page
    page.get_by_role("radio", name="한국어").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    visitor.open("/health/")
    expect(page.get_by_role("heading", level=1)).to_have_text("상태 확인")
    visitor.open("/account/")
    page.get_by_role("radio", name="English").check()
    page.get_by_role("button", name="저장").click()
    expect(page.get_by_role("button", name="Save")).to_be_visible()
