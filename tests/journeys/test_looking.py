"""Break-glass: support reads one message for a reason and its author is told."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.looking import faults_here
from tests.journeys.visitor import DESK, PHONE

pytestmark = pytest.mark.journey


def test_one_message_is_read_for_a_reason_and_its_author_is_told(visit: Visit) -> None:
    author = visit("seoyeon")
    author.ask("Why do herons stand on one leg?")
    author.is_over()
    exchange = (author.newest().get_attribute("id") or "").removeprefix("exchange-")

    support = visit("minjun", locale="ko-KR")
    page = support.open(f"/requests/?q={exchange}").page
    page.get_by_role("link", name="나눈 말 읽기…").click()
    expect(page.get_by_text("herons")).to_have_count(0)
    found = faults_here(page, "look", DESK, "light") + faults_here(page, "look", PHONE, "dark")
    page.get_by_label("왜 읽어야 하나요?").fill("4711번 문의: 한쪽 다리 질문 확인")
    page.get_by_role("button", name="15분 동안 읽기").click()
    expect(page.get_by_text("Why do herons stand on one leg?").first).to_be_visible()
    expect(page.get_by_text("15분 남음")).to_be_visible()
    found += faults_here(page, "looked", PHONE, "dark") + faults_here(page, "looked", DESK, "light")

    mine = author.open("/usage/").page
    notice = mine.get_by_role("region", name=re.compile("has read a message of yours"))
    expect(notice).to_contain_text("최민준")
    expect(notice).to_contain_text("4711번 문의")
    found += faults_here(mine, "told", DESK, "light") + faults_here(mine, "told", PHONE, "dark")
    notice.get_by_role("link", name="The message").click()
    expect(mine.get_by_role("list", name="Read by others")).to_contain_text("4711번 문의")
    found += faults_here(mine, "told in the playground", PHONE, "light")
    notice.get_by_role("button", name="I have read this").click()
    expect(notice).to_have_count(0)
    mine.reload()
    expect(mine.get_by_role("log")).to_be_visible()
    expect(notice).to_have_count(0)
    assert found == []
