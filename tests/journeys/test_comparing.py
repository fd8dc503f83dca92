"""Compare deployments: all columns grow over one connection, blind or not, and one is kept."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.conftest import Visit
from tests.journeys.demo import LIFELIKE, Demo
from tests.journeys.looking import faults_here
from tests.journeys.visitor import DESK, PHONE, Visitor

pytestmark = pytest.mark.journey

QUESTION = "Compare a public cloud and a private data centre for a small hospital."


def choose(visitor: Visitor, *deployments: str) -> None:
    for number, name in enumerate(deployments, 1):
        visitor.page.get_by_role("combobox", name=f"Column {number}").select_option(label=f"{name} · contoso-foundry")


def begin(visitor: Visitor, *deployments: str, blind: bool = False) -> None:
    page = visitor.open("/compare/").page
    choose(visitor, *deployments)
    page.get_by_role("textbox", name="Message").fill(QUESTION)
    page.get_by_role("checkbox", name="Blind").set_checked(blind)
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url(re.compile("/compare/[0-9a-f-]{36}/"))


def column(visitor: Visitor, letter: str) -> Locator:
    return visitor.page.get_by_role("article", name=f"Answer {letter}")


def text_of(cell: Locator) -> str:
    return "\n".join(cell.locator(".prose").all_inner_texts()).strip()


def all_are_over(visitor: Visitor) -> None:
    expect(visitor.page.get_by_role("button", name="Send to all")).to_be_visible(timeout=20_000)


def test_all_columns_grow_over_one_connection_and_one_that_fails_stops_no_other(visit: Visit, demo: Demo) -> None:
    demo.switch("speed", **LIFELIKE)
    visitor = visit("seoyeon")
    streams: list[str] = []
    visitor.page.on("request", lambda request: streams.append(urlsplit(request.url).path))
    begin(visitor, "claude-steady", "claude-forbidden", "claude-thinks", "claude-slow")
    page = visitor.page
    for letter in "ACD":
        words = re.compile(r"\w.{20}", re.DOTALL)
        expect(column(visitor, letter).locator(".prose", has_text=words).first).to_be_attached()
    expect(column(visitor, "B")).to_contain_text("Foundry User")
    found = faults_here(page, "live columns", DESK, "light")
    before = text_of(column(visitor, "D"))
    page.reload()
    expect(column(visitor, "D").locator(".prose", has_text=before[:20]).first).to_be_attached()
    page.get_by_role("button", name="Stop column D").click()
    all_are_over(visitor)
    expect(column(visitor, "D")).to_contain_text("stopped")
    for letter in "AC":
        expect(column(visitor, letter).get_by_role("group", name="Receipt")).to_contain_text("apim-request-id")
    attached = text_of(column(visitor, "A"))
    page.reload()
    assert attached.split() == text_of(column(visitor, "A")).split()
    assert len([path for path in streams if path.endswith("/stream/")]) == 2  # one a page
    found += faults_here(page, "columns", PHONE, "dark")
    assert found == []


def test_the_better_one_is_chosen_blind_and_carries_on_alone(visit: Visit, demo: Demo) -> None:
    visitor = visit("seoyeon")
    begin(visitor, "claude-steady", "claude-thinks", blind=True)
    page = visitor.page
    all_are_over(visitor)
    assert "claude-" not in page.content()
    page.get_by_role("textbox", name="Next message").fill("And what would a nurse say?")
    page.get_by_role("button", name="Send to all").click()
    expect(page.get_by_role("region", name="Message 2")).to_be_visible()
    all_are_over(visitor)
    column(visitor, "B").last.get_by_role("button", name="This one is better").click()
    expect(column(visitor, "B").last).to_contain_text("found better")
    expect(column(visitor, "B").last.get_by_role("heading").first).to_contain_text("claude-")
    column(visitor, "B").last.get_by_role("button", name="Keep this one").click()
    expect(visitor.conversation.get_by_role("article")).to_have_count(2)
    expect(page.locator("#newest-conversations > li").first).to_contain_text(QUESTION)
    visitor.send("Go on.")
    visitor.is_over()


def test_a_prompt_set_fills_its_grid_while_one_looks_on(visit: Visit) -> None:
    visitor = visit("seoyeon", size=PHONE)
    page = visitor.open("/compare/sets/new/").page
    page.get_by_role("textbox", name="Name").fill("Birds")
    page.get_by_role("textbox", name="Prompts").fill("What do herons eat?\n황새는 무엇을 먹나요?")
    page.get_by_role("button", name="Save").click()
    choose(visitor, "claude-steady", "claude-forbidden")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("4 of 4 answers")).to_be_visible(timeout=20_000)
    found = faults_here(page, "results", PHONE, "dark")
    expect(page.get_by_text("A role is missing")).to_have_count(2)
    with page.expect_download() as file:
        page.get_by_role("link", name="CSV").click()
    assert "황새는 무엇을 먹나요?" in file.value.path().read_text(encoding="utf-8")
    page.get_by_role("link", name="Prompt 1: this answer in full").first.click()
    expect(page.get_by_role("article")).to_contain_text("herons")
    found += faults_here(page, "answer", PHONE, "light")
    assert found == []
