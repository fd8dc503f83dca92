"""Each person of the demo comes in by the account picker and finds the rooms of their roles, or is told why not."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.visitor import NAMES

pytestmark = pytest.mark.journey

LOOK = ["Overview", "Inventory", "Requests", "Health", "Usage", "Help"]
TALK = ["Overview", "Playground", "Inventory", "Requests", "Health", "Usage", "Help"]
SUPPORT = ["Overview", "Inventory", "Requests", "Health", "Jobs", "Usage", "Help"]
BOTH = ["Overview", "Playground", "Inventory", "Requests", "Health", "Jobs", "Usage", "Help"]
ALL = ["Overview", "Playground", "Inventory", "Requests", "Health", "Jobs", "Usage", "Settings", "Help"]
ROOMS = {"ada": ALL, "ben": LOOK, "grace": LOOK, "seoyeon": TALK, "dana": TALK, "sam": SUPPORT, "minjun": BOTH}


@pytest.mark.parametrize(("person", "rooms"), ROOMS.items(), ids=list(ROOMS))
def test_a_person_finds_the_rooms_of_their_roles(visit: Visit, person: str, rooms: list[str]) -> None:
    visitor = visit().sign_in(person)
    rail = visitor.page.get_by_role("navigation", name="Rooms")
    expect(rail.get_by_role("listitem").get_by_role("link")).to_have_text(rooms)
    expect(rail.get_by_role("link", name=NAMES[person])).to_be_visible()
    for room in rooms:
        rail.get_by_role("link", name=room, exact=True).click()
        expect(rail.get_by_role("link", name=room, exact=True)).to_have_attribute("aria-current", "page")
        expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()


def test_somebody_without_a_role_is_told_whom_to_ask_and_what(visit: Visit) -> None:
    visitor = visit().sign_in("cy")
    page = visitor.page
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed in, but you have no role here yet")
    assert "cy@contoso.example" in visitor.copied(page.get_by_role("button", name="Copy a message to them"))
    expect(page.get_by_role("navigation", name="Rooms")).to_have_count(0)


def test_somebody_of_another_organisation_is_turned_away(visit: Visit) -> None:
    page = visit().sign_in("oscar").page
    expect(page.get_by_role("link", name="Use another account")).to_be_visible()
    expect(page.get_by_role("navigation", name="Rooms")).to_have_count(0)


def test_signing_in_leads_to_the_page_that_was_asked_for(visit: Visit) -> None:
    visitor = visit().open("/usage/")
    page = visitor.page
    page.get_by_role("link", name="Sign in with Microsoft").click()
    page.get_by_role("button", name="Ben Okafor").click()
    page.wait_for_url(f"{visitor.url}/usage/")


def test_signing_out_shuts_the_door(visit: Visit) -> None:
    visitor = visit().sign_in("ben")
    page = visitor.page
    visitor.open("/signout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{visitor.url}/**", timeout=15_000)
    visitor.open("/inventory/")
    expect(page.get_by_role("link", name="Sign in with Microsoft")).to_be_visible()


def test_whoever_was_signed_out_comes_back_to_the_page_and_to_what_they_wrote(visit: Visit) -> None:
    visitor = visit("seoyeon").open("/playground/new/")
    page, address = visitor.page, visitor.page.url
    page.context.clear_cookies()
    visitor.write("Half a thought")
    page.get_by_role("button", name="Send").click()
    told = page.get_by_role("alert").filter(has_text="You have been signed out")
    told.get_by_role("link", name="Sign in again").click()
    page.get_by_role("link", name="Sign in with Microsoft").click()
    page.get_by_role("button", name=NAMES["seoyeon"]).click()
    page.wait_for_url(address)
    expect(page.get_by_role("textbox", name="Message")).to_have_value("Half a thought")
