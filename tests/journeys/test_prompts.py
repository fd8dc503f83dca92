"""Save a text worth keeping, take it with "/", fill its blanks, send it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.journeys.conftest import Visit
from tests.journeys.test_typing import begin, compose, enter_while_composing
from tests.journeys.visitor import PHONE, Visitor

pytestmark = pytest.mark.journey


def test_a_prompt_is_saved_taken_filled_and_sent(visit: Visit) -> None:
    visitor = visit("seoyeon").open("/playground/")
    page = visitor.page
    page.get_by_role("link", name="Prompts", exact=True).click()
    page.get_by_role("link", name="New prompt").click()
    page.get_by_label("Title").fill("Heron facts")
    page.get_by_label("Text", exact=True).fill("Tell me {{how many}} facts about {{bird}}.")
    fields = page.get_by_role("group", name="how many")
    fields.get_by_label("What belongs here").fill("A number")
    page.get_by_label("Best sent to").fill("contoso-foundry/claude-steady")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Heron facts")).to_be_visible()

    visitor.open("/playground/new/").choose("claude-sonnet-5-5")
    message = page.get_by_role("textbox", name="Message")
    message.press_sequentially("/her")
    options = page.get_by_role("listbox", name="Saved prompts").get_by_role("option")
    expect(options).to_have_count(1)
    expect(message).to_have_attribute("aria-activedescendant", re.compile("pick-"))
    message.press("Enter")
    dialog = page.get_by_role("dialog", name="Heron facts")
    expect(dialog.get_by_label("how many")).to_be_focused()
    page.keyboard.type("three")
    page.keyboard.press("Tab")
    page.keyboard.type("herons")
    with page.expect_response(re.compile("/options/")):
        dialog.get_by_role("button", name="Put it into the message").click()
    expect(message).to_have_value("Tell me three facts about herons.")
    expect(message).to_be_focused()
    expect(page.locator("#deployment option:checked")).to_have_text("claude-steady · contoso-foundry")
    message.press("Enter")
    visitor.is_over()
    expect(visitor.newest()).to_contain_text("Tell me three facts about herons.")
    assert "herons" not in page.url


def test_a_slash_holds_nobody_up(visit: Visit) -> None:
    visitor = visit("seoyeon").open("/playground/new/")
    page, picking = visitor.page, visitor.page.locator("#picking")
    message = page.get_by_role("textbox", name="Message")
    message.press_sequentially("/")
    expect(picking).to_be_visible()
    message.press("ArrowDown")
    message.press("ArrowDown")
    expect(picking.get_by_role("option").nth(2)).to_have_attribute("aria-selected", "true")
    message.press("Escape")
    expect(picking).to_be_hidden()
    message.press_sequentially("etc/hosts, what is it?")
    expect(picking).to_be_hidden()
    expect(message).to_have_value("/etc/hosts, what is it?")
    message.press("Enter")
    expect(visitor.conversation.get_by_role("article")).to_have_count(1)
    visitor.is_over()
    message.press_sequentially("/no-such-prompt")
    expect(picking).to_be_hidden()
    message.press("Enter")
    expect(visitor.conversation.get_by_role("article")).to_have_count(2)
    visitor.is_over()


def hold_up(page: Page, typed: str) -> list[Route]:
    """The answers to "/" and what begins with `typed` stay away until their routes are let go."""
    held: list[Route] = []
    page.route(re.compile(rf"/prompts/pick/\?q=({typed})?"), lambda route: held.append(route))
    return held


def let_go(page: Page, held: list[Route], *, lost: bool = False) -> None:
    """Answers what was held up, or has no answer come, one after the other, until nothing more is asked."""
    while held:
        with page.expect_response(re.compile("/prompts/pick/")):
            held.pop(0).fulfill(status=404) if lost else held.pop(0).continue_()
        page.wait_for_timeout(300)


def box_of(visit: Visit, person: str, typed: str) -> tuple[Visitor, Locator, list[Route]]:
    """Somebody's empty message box, with the answers about `typed` held up."""
    visitor = visit(person).open("/playground/new/")
    return visitor, visitor.page.get_by_role("textbox", name="Message"), hold_up(visitor.page, typed)


def test_enter_faster_than_the_list_takes_what_fits_what_was_typed(visit: Visit) -> None:
    visitor, message, held = box_of(visit, "minjun", "[rR]")
    message.press_sequentially("/reply")
    message.press("Enter")
    expect(message).to_have_value("/reply")
    let_go(visitor.page, held)
    expect(visitor.page.get_by_role("dialog", name="Reply to a customer")).to_be_visible()
    visitor.page.get_by_role("button", name="Cancel").click()
    expect(visitor.conversation.get_by_role("article")).to_have_count(0)


def test_a_list_for_what_stood_there_before_does_not_open(visit: Visit) -> None:
    visitor, message, held = box_of(visit, "seoyeon", "n")
    message.press("/")
    visitor.page.wait_for_timeout(100)  # it has been asked for
    assert len(held) == 1
    message.press_sequentially("nothing")
    with visitor.page.expect_response(re.compile("/prompts/pick/")):
        held.pop(0).continue_()
    visitor.page.wait_for_timeout(300)
    expect(visitor.page.locator("#picking")).to_be_hidden()
    message.press("Enter")
    let_go(visitor.page, held)
    expect(visitor.newest()).to_contain_text("/nothing")
    visitor.is_over()


@pytest.mark.parametrize("lost", [False, True], ids=["nothing fits", "no answer"])
def test_enter_faster_than_a_list_of_nothing_sends(visit: Visit, lost: bool) -> None:
    visitor, message, held = box_of(visit, "seoyeon", "n")
    message.press_sequentially("/nothing-like-it")
    message.press("Enter")
    expect(visitor.conversation.get_by_role("article")).to_have_count(0)
    let_go(visitor.page, held, lost=lost)
    expect(visitor.newest()).to_contain_text("/nothing-like-it")
    expect(visitor.page.locator("#picking")).to_be_hidden()
    visitor.is_over()


@pytest.mark.parametrize("again", [False, True], ids=["Enter is used up", "Enter comes again"])
def test_enter_on_a_hangul_syllable_takes_the_prompt_and_sends_nothing(visit: Visit, again: bool) -> None:
    visitor, keyboard = begin(visit)
    page = visitor.page
    message = page.get_by_role("textbox", name="Message")
    message.press_sequentially("/회")
    expect(page.locator("#picking").get_by_role("option")).to_have_count(1)
    compose(keyboard, "ㅇ", "의")
    enter_while_composing(keyboard, "의", "Process")
    if again:
        page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="회의록 정리")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(message).to_be_focused()
    expect(message).to_have_value("/회의")
    expect(visitor.conversation.get_by_role("article")).to_have_count(0)


def test_a_starter_of_the_house_on_a_phone(visit: Visit) -> None:
    visitor = visit("minjun", size=PHONE).open("/playground/new/")
    page = visitor.page
    page.get_by_role("link", name="Reply to a customer").click()
    dialog = page.get_by_role("dialog", name="Reply to a customer")
    dialog.get_by_label("letter").fill("My parcel is late.")
    dialog.get_by_label("tone").fill("warm")
    dialog.get_by_role("button", name="Put it into the message").click()
    expect(page.get_by_role("textbox", name="Message")).to_have_value(
        re.compile("My parcel is late[\\s\\S]*Tone: warm")
    )


def test_without_javascript_a_prompt_is_filled_on_its_page(visit: Visit) -> None:
    visitor = visit("seoyeon", java_script_enabled=False).open("/playground/new/")
    page = visitor.page
    page.get_by_role("link", name="Reply to a customer").click()
    page.get_by_label("letter").fill("My parcel is late.")
    page.get_by_label("tone").fill("warm")
    page.get_by_role("button", name="Use in the playground").click()
    expect(page.get_by_role("textbox", name="Message")).to_have_value(
        re.compile("My parcel is late[\\s\\S]*Tone: warm")
    )
    assert "parcel" not in page.url
