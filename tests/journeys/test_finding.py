"""From the ids under an answer to its row: pasted alone, or with whatever people copy around them."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey


def ids_of_an_answer(visitor: Visitor, deployment: str = "claude-steady") -> tuple[str, str]:
    """Ask something; the request-id and the apim-request-id of the answer, as its buttons copy them."""
    answer = visitor.ask("What do herons eat?", deployment)
    visitor.is_over()
    buttons = [
        answer.get_by_role("button", name=f"Copy {name}", exact=True) for name in ("request-id", "apim-request-id")
    ]
    return visitor.copied(buttons[0]), visitor.copied(buttons[1])


def find(visitor: Visitor, text: str) -> None:
    visitor.open("/requests/")
    box = visitor.page.get_by_role("searchbox", name="Find a request")
    box.fill(text)
    box.press("Enter")
    visitor.page.wait_for_load_state()


def rows(visitor: Visitor) -> int:
    return visitor.page.get_by_role("main").locator("tbody tr").count()


def lands_on(visitor: Visitor, *ids: str) -> None:
    """The page of one request that shows these ids."""
    expect(visitor.page.get_by_role("button", name="Copy for support")).to_be_visible()
    for one in ids:
        expect(visitor.page.get_by_role("region", name="IDs")).to_contain_text(one)


def around(request_id: str, apim_request_id: str) -> dict[str, str]:
    """What people paste when they mean one request."""
    error = {"type": "error", "error": {"type": "api_error", "message": "Oops"}, "request_id": request_id}
    return {
        "json": json.dumps(error, indent=2),
        "log line": f"2026-11-22T10:30:12Z ERROR client anthropic.APIError: 500 (request_id={request_id}) took 3 s",
        "mail": f"Hello,\n\nit said “Something broke” this morning.\n> request-id: {request_id}\n"
        f"> apim-request-id: {apim_request_id.upper()}\n\nThanks, 이서연",
        "header": f"apim-request-id: {apim_request_id}\r\nx-ms-region: Sweden Central\r\n",
        "sentence": f"({apim_request_id}).",
    }


def test_support_finds_an_answer_by_whatever_is_pasted(visit: Visit) -> None:
    request_id, apim_request_id = ids_of_an_answer(visit("seoyeon"))
    support = visit("sam")
    for text in (request_id, apim_request_id, *around(request_id, apim_request_id).values()):
        find(support, text)
        lands_on(support, request_id, apim_request_id)
    expect(support.page.get_by_role("main")).to_contain_text("이서연")
    expect(support.page.get_by_role("main")).not_to_contain_text("herons")


def test_a_failure_is_found_and_explained(visit: Visit) -> None:
    request_id, apim_request_id = ids_of_an_answer(visit("seoyeon"), "claude-breaks-midway")
    support = visit("sam")
    find(support, f"It broke: {apim_request_id}")
    lands_on(support, request_id, apim_request_id)
    page = support.page
    expect(page.get_by_role("region", name="How far it got")).to_contain_text("Where the cause sits:")
    expect(page.get_by_role("main")).to_contain_text("Something broke on the side of Azure or Anthropic")
    bundle = support.copied(page.get_by_role("button", name="Copy for support"))
    assert request_id in bundle
    assert apim_request_id in bundle


def test_the_person_who_asked_finds_it_and_others_do_not(visit: Visit) -> None:
    asker = visit("seoyeon")
    request_id, apim_request_id = ids_of_an_answer(asker)
    find(asker, request_id)
    lands_on(asker, request_id, apim_request_id)
    stranger = visit("ben")
    find(stranger, request_id)
    assert rows(stranger) == 0
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text("Requests")
    assert stranger.page.goto(asker.page.url).status == 404


def test_two_ids_show_both_requests(visit: Visit) -> None:
    asker = visit("seoyeon")
    first, second = ids_of_an_answer(asker)[0], ids_of_an_answer(asker)[1]
    support = visit("sam")
    find(support, f"{first}\n{second}")
    expect(support.page.get_by_role("main").locator("tbody tr")).to_have_count(2)


def test_an_unknown_id_and_no_id_say_so(visit: Visit) -> None:
    support = visit("sam")
    find(support, "req_011CzzzzzzzzzzzzzzzzzzzzZZ")
    report = support.page.get_by_role("region", name="What was searched")
    expect(report).to_contain_text("One id was recognised")
    assert rows(support) == 0
    find(support, "it does not work!")
    expect(report).to_contain_text("No id was recognised")
