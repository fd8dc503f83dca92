"""Every page for each role: desk and phone, light and dark, in English."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.looking import (
    COMMON,
    LISTS,
    MANAGE,
    MEASURE,
    SHIFT,
    SUPPORT,
    TALK,
    faults_here,
    faults_of,
    first_rows,
    links,
)
from tests.journeys.visitor import DESK, PHONE

pytestmark = pytest.mark.journey

LOOKS = ((DESK, "light"), (PHONE, "dark"))
# Everybody else: what all of them see is looked at twice for the administrator.
PAGES = {
    "ben": LISTS,
    "seoyeon": [*LISTS, *TALK, "/settings/"],
    "sam": [*LISTS, *SUPPORT],
}


@pytest.mark.parametrize("person", PAGES)
def test_pages_are_clean(visit: Visit, person: str) -> None:
    visitor = visit(person)
    visitor.page.add_init_script(MEASURE)
    assert faults_of(visitor, PAGES[person], (PHONE, "dark")) == []


def test_pages_of_the_administrator_are_clean(visit: Visit) -> None:
    visitor = visit("ada")
    visitor.page.add_init_script(MEASURE)
    assert faults_of(visitor, [*LISTS, *TALK, *SUPPORT, *MANAGE, *COMMON], *LOOKS) == []


def test_pages_behind_rows_are_clean(visit: Visit) -> None:
    visitor = visit("ada")
    paths = first_rows(visitor)
    visitor.page.add_init_script(MEASURE)
    assert faults_of(visitor, paths, *LOOKS) == []


def test_a_conversation_is_clean(visit: Visit) -> None:
    visitor = visit("seoyeon")
    paths = links(visitor, "/playground/", "/playground/0")[:2]
    visitor.page.add_init_script(MEASURE)
    assert len(paths) == 2
    assert faults_of(visitor, paths, *LOOKS) == []


def test_help_is_clean(visit: Visit) -> None:
    visitor = visit("ben")
    paths = links(visitor, "/help/", "/help/") + links(visitor, "/requests/errors/", "/requests/errors/")[:2]
    visitor.page.add_init_script(MEASURE)
    assert len(paths) > 5
    assert faults_of(visitor, paths, *LOOKS) == []


@pytest.mark.parametrize("person", ["", "cy", "oscar"])
def test_what_people_without_a_role_see_is_clean(visit: Visit, person: str) -> None:
    visitor = visit()
    visitor.open("/signin/")
    if person:
        visitor.sign_in(person)
    found = faults_here(visitor.page, person, DESK, "light") + faults_here(visitor.page, person, PHONE, "dark")
    assert found == []


def test_nothing_moves_on_a_slow_phone(visit: Visit) -> None:
    """Where reading a page takes long, half of one could be drawn, and grow before one's eyes."""
    visitor = visit("ada", size=PHONE)
    visitor.page.add_init_script(MEASURE)
    visitor.page.context.new_cdp_session(visitor.page).send("Emulation.setCPUThrottlingRate", {"rate": 8})
    for path in ("/playground/", "/requests/"):
        visitor.open(path)
        assert visitor.page.evaluate("window.shift") <= SHIFT, path


def test_an_answer_under_way_and_a_problem_are_clean(visit: Visit) -> None:
    visitor = visit("seoyeon")
    page = visitor.page
    visitor.ask("Compare herons and storks in a table", "claude-slow")
    expect(visitor.newest().locator(".prose").first).to_contain_text("e", timeout=10_000)
    found = faults_here(page, "live", DESK, "light") + faults_here(page, "live", PHONE, "dark")
    page.get_by_role("button", name="Stop").click()
    visitor.is_over()
    visitor.newest().get_by_text("Technical details").click()
    found += faults_here(page, "problem", PHONE, "light") + faults_here(page, "problem", DESK, "dark")
    page.get_by_role("group").filter(has_text="Settings").get_by_text("Settings").click()
    found += faults_here(page, "settings", DESK, "light") + faults_here(page, "settings", PHONE, "dark")
    assert found == []


def test_the_menus_of_a_phone_are_clean(visit: Visit) -> None:
    visitor = visit("ada", size=PHONE).open("/health/")
    page = visitor.page
    page.get_by_text("More", exact=True).click()
    found = faults_here(page, "more", PHONE, "light")
    visitor.open("/playground/")
    page.get_by_role("button", name="Conversations").click()
    found += faults_here(page, "conversations", PHONE, "dark")
    assert found == []
