"""The support desk: from a name or the beginning of an id to the request, narrowing by a chart, notes, following."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.looking import faults_here
from tests.journeys.test_finding import find, ids_of_an_answer, lands_on
from tests.journeys.visitor import DESK, PHONE

pytestmark = pytest.mark.journey


def test_a_beginning_a_name_and_a_ticket_lead_to_the_request(visit: Visit) -> None:
    request_id, apim_request_id = ids_of_an_answer(visit("seoyeon"))
    support = visit("sam")
    page = support.page
    find(support, apim_request_id[:13])
    lands_on(support, request_id, apim_request_id)
    page.get_by_label("State").select_option(label="Waiting for an answer")
    page.get_by_label("Ticket number").fill("INC-0042")
    page.get_by_label("Note", exact=True).fill("Asked Azure about herons.")
    page.get_by_role("button", name="Write down").click()
    work = page.get_by_role("region", name="What we do about it")
    expect(work).to_contain_text("ticket INC-0042")
    expect(work).to_contain_text("Asked Azure about herons.")
    assert faults_here(page, "case", PHONE, "dark") == []
    find(support, "inc-0042")
    lands_on(support, request_id)
    find(support, "이서연")
    expect(page.get_by_role("navigation", name="Filters that are on")).to_contain_text("이서연")
    assert page.locator("tr[data-href]").count() > 1


def test_a_chart_narrows_filters_are_saved_and_news_arrive(visit: Visit) -> None:
    support = visit("sam")
    page = support.page
    support.open("/requests/?outcome=failed&since=7d")
    first = page.get_by_role("region", name="The numbers by the day").locator("tbody tr").first
    number = int(first.locator("td").nth(0).inner_text().split()[-1].replace(",", ""))
    page.locator(".bars a").last.click()
    page.wait_for_url("**until=**")
    expect(page.locator("tr[data-href]")).to_have_count(min(number, 50))
    page.get_by_text("Save these filters").click()
    page.get_by_label("Name", exact=True).fill("Bad day")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("navigation", name="Saved views")).to_contain_text("Bad day")
    page.get_by_text("Save these filters").click()
    assert faults_here(page, "list", DESK, "dark") == []
    support.open("/requests/?error=rate-limited&status=4xx&deployment=claude-throttled")
    assert faults_here(page, "many filters", PHONE, "dark") == []
    support.open("/requests/?source=playground&live=on")
    before = page.locator("tr[data-href]").first.get_attribute("data-href")
    ids_of_an_answer(visit("seoyeon"))
    newest = page.locator("tr[data-href]").first
    expect(newest).not_to_have_attribute("data-href", before or "", timeout=10_000)
    expect(newest).to_contain_text("이서연")


def test_a_failure_shows_others_beside_it(visit: Visit) -> None:
    support = visit("sam")
    page = support.page
    support.open("/requests/?error=rate-limited&source=playground")
    page.locator("tr[data-href]").first.get_by_role("link").first.click()
    beside = page.get_by_role("region", name="Others at that time")
    expect(beside).to_contain_text("within 5 minutes")
    expect(beside).to_contain_text("health incident")
    expect(beside).to_contain_text("limits per minute")


def test_a_list_that_is_looked_through_leads_back_as_well(visit: Visit) -> None:
    support = visit("sam")
    page = support.page
    support.open("/requests/?source=health&status=2xx")
    first = page.locator("tr[data-href]").first.get_attribute("data-href") or ""
    page.get_by_role("link", name="Next").click()
    expect(page.locator("tr[data-href]").first).not_to_have_attribute("data-href", first)
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("tr[data-href]").first).to_have_attribute("data-href", first)
