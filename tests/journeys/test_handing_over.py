"""From a list of failures to a ticket, Azure's own line beside ours, and a key for a program."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.looking import faults_here
from tests.journeys.visitor import DESK, PHONE

pytestmark = pytest.mark.journey

APIM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def test_two_requests_become_one_ticket(visit: Visit) -> None:
    visitor = visit("sam", timezone_id="Asia/Seoul")
    page = visitor.open("/requests/?outcome=failed").page
    boxes = page.get_by_role("checkbox", name="Choose this request")
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.get_by_role("button", name="For support").click()
    text = visitor.copied(page.get_by_role("button", name="Copy the text"))
    assert "2 requests" in text.splitlines()[0]
    assert "(Asia/Seoul)" in text
    assert len(set(APIM.findall(text))) > 2
    assert faults_here(page, "bundle", PHONE, "dark") == []
    page.get_by_role("link", name="한국어").click()
    expect(page.get_by_role("region", name="The text for the ticket")).to_contain_text("다음을 확인해 주시기 바랍니다.")
    with page.expect_download() as waited:
        page.get_by_role("link", name=".json").click()
    assert len(json.loads(waited.value.path().read_text())["calls"]) == 2


def test_azures_line_stands_beside_ours(visit: Visit) -> None:
    person = visit("minjun")
    person.ask("What do herons eat?", "claude-overloaded")
    expect(person.newest().get_by_text("Try again").first).to_be_visible(timeout=20_000)
    page = visit("sam").open("/requests/?outcome=failed&deployment=claude-overloaded").page
    page.locator("tbody tr a").first.click()
    log = page.get_by_role("region", name="Azure's log")
    expect(log).to_contain_text("CONTOSO-FOUNDRY", timeout=15_000)
    assert faults_here(page, "azure log", PHONE, "dark") == []


def test_an_administrator_gives_a_program_its_key(visit: Visit) -> None:
    visitor = visit("ada")
    page = visitor.open("/settings/applications/").page
    page.get_by_role("textbox", name="Name").fill("journey-bot")
    page.get_by_role("button", name="Add the application").click()
    key = visitor.copied(page.get_by_role("button", name="Copy the key"))
    assert key.startswith("fcr_")
    assert faults_here(page, "applications", DESK, "light") == []
