"""Tools for engineers: called, answered by hand, answered as JSON; and those of the hosting, once they are allowed."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Visit
from tests.journeys.demo import Demo
from tests.journeys.looking import faults_here
from tests.journeys.visitor import DESK, PHONE

pytestmark = pytest.mark.journey

PLACE = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}
TOOLS = json.dumps([{"name": "get_weather", "input_schema": PLACE}, {"name": "get_tide", "input_schema": PLACE}])
SCHEMA = json.dumps({**PLACE, "additionalProperties": False})
WORDS = {
    "en": ("Settings", "Advanced", "Result of get_weather", "Result of get_tide", "Send the results", "Send",
           "It is an error"),
    "ko": ("설정", "고급", "get_weather의 결과", "get_tide의 결과", "결과 보내기", "보내기", "오류임"),
}  # fmt: skip
ANTHROPIC = "claude-opus-4-8-anthropic · contoso-foundry"


def answered(page: Page, count: int) -> None:
    expect(page.locator("#transcript article")).to_have_count(count)
    expect(page.locator("#transcript article").last.locator(".receipt")).to_be_visible(timeout=20_000)


@pytest.mark.parametrize(("language", "size", "scheme"), [("en", DESK, "light"), ("ko", PHONE, "dark")])
def test_a_tool_is_answered_by_hand_and_the_answer_goes_on(
    visit: Visit, language: str, size: tuple[int, int], scheme: str
) -> None:
    settings, advanced, weather, tide, results, send, error = WORDS[language]
    visitor = visit("seoyeon", size=size, locale={"en": "en-GB", "ko": "ko-KR"}[language], color_scheme=scheme)
    page = visitor.open("/playground/new/").page
    opened = page.locator(".composer__settings > summary").filter(has_text=settings)
    opened.click()
    page.get_by_text(advanced, exact=True).click()
    page.locator("[name=tools]").fill("{")
    page.locator("#message").fill("Use get_weather and get_tide for Seoul.")
    page.get_by_role("button", name=send, exact=True).click()
    expect(page.locator("#composer-problem .problem")).to_be_visible()
    expect(page.locator("[name=tools]")).to_have_value("{")
    opened.click()
    page.locator("[name=tools]").fill(TOOLS)
    # Another deployment keeps what was typed.
    with page.expect_response(lambda answer: "/options/" in answer.url):
        page.locator("#deployment").select_option(label=ANTHROPIC)
    expect(page.locator("[name=tools]")).to_have_value(TOOLS)
    page.get_by_role("button", name=send, exact=True).click()
    answered(page, 1)
    assert faults_here(page, "a tool call", size, scheme) == []
    page.reload()  # axe leaves its marks
    page.get_by_label(weather).fill("18 °C")
    page.get_by_label(tide).fill("no such place")
    page.get_by_label(error).last.check()
    page.get_by_role("button", name=results).click()
    answered(page, 2)
    expect(page.locator("#transcript article").last.locator(".said--claude")).to_contain_text("18 °C / no such place")
    expect(page.get_by_role("button", name=results)).to_have_count(0)
    page.reload()
    expect(page.locator(".said__results .call")).to_have_count(2)
    assert faults_here(page, "tool results", size, scheme) == []


def test_json_and_the_web_where_they_are_allowed(visit: Visit, demo: Demo) -> None:
    admin = visit("ada")
    page = admin.open("/settings/playground/").page
    allowing = page.locator("form").filter(has=page.get_by_role("button", name="Allow on this deployment"))
    allowing.locator("select[name=deployment]").select_option(label=ANTHROPIC)
    allowing.get_by_label("Search the web").check()
    allowing.get_by_role("button", name="Allow on this deployment").click()
    try:
        page = visit("seoyeon").open("/playground/new/").page
        with page.expect_response(lambda answer: "/options/" in answer.url):
            page.locator("#deployment").select_option(label=ANTHROPIC)
        page.locator(".composer__settings > summary").click()
        page.get_by_label("Search the web").check()
        page.locator("#message").fill("What is the latest news about tides?")
        page.locator("#message").press("Enter")
        answered(page, 1)
        answer = page.locator("#transcript article").last
        expect(answer.get_by_role("region", name="Tools of the hosting")).to_contain_text("Used web_search")
        expect(answer.get_by_role("region", name="Sources")).to_contain_text("About What is the latest news")
        expect(answer.locator(".receipt")).to_contain_text("1 web search")
        page.locator(".composer__settings > summary").click()
        page.get_by_label("Search the web").uncheck()
        page.get_by_text("Advanced", exact=True).click()
        page.locator("[name=answer_schema]").fill(SCHEMA)
        page.locator("#message").fill("Which place?")
        page.locator("#message").press("Enter")
        answered(page, 2)
        answer = page.locator("#transcript article").last
        expect(answer).to_contain_text("Valid JSON that fits the schema.")
        expect(answer.locator(".said--claude > .live > .prose").first).to_be_hidden()
        assert json.loads(answer.locator(".structured pre").inner_text()) == {"place": "Which place"}
        assert faults_here(page, "JSON and sources", DESK, "light") == []
    finally:
        admin.open("/settings/playground/").page.get_by_role("button", name="Back to the default").click()
