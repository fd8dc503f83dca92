"""Each failure of the stand-in, by choosing its deployment: a card where the answer would be, and nothing lost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.conftest import Visit
from tests.journeys.demo import Demo
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey

MESSAGE = "Where do herons sleep in winter? Please keep these words."
QUOTA = "Too many requests for this deployment's quota"
BROKE_OFF = "The answer broke off"
# What the card says, whether text had arrived before, and which ids there are.
BOTH, AZURE = ("request-id", "apim-request-id"), ("apim-request-id",)
SCENES = {
    "claude-refuses": ("Claude declined to answer", False, BOTH),
    "claude-refuses-midway": ("Claude declined to answer", True, BOTH),
    "claude-throttled-day": (QUOTA, False, AZURE),
    "claude-throttled-bare": (QUOTA, False, AZURE),
    "claude-overloaded": ("The model is overloaded", False, BOTH),
    "claude-overloaded-midway": ("The model is overloaded", True, BOTH),
    "claude-breaks-midway": ("Something broke on the side of Azure or Anthropic", True, BOTH),
    "claude-cut-off": (BROKE_OFF, True, BOTH),
    "claude-cut-off-hard": (BROKE_OFF, True, BOTH),
    "claude-cut-off-late": (BROKE_OFF, True, BOTH),
    "claude-empty": (BROKE_OFF, False, BOTH),
    "claude-garbled": ("The answer could not be understood", True, BOTH),
    "claude-forbidden": ("A role is missing on the Azure resource", False, AZURE),
    "claude-missing": ("Azure does not find this deployment", False, AZURE),
    "claude-retired": ("This model has been retired", False, AZURE),
    "claude-broken": ("Azure could not sign in to Anthropic", False, BOTH),
    "claude-html": ("A gateway answered instead of the model", False, AZURE),
}


def card_of(visitor: Visitor, title: str) -> Locator:
    """The card in the newest answer, which says what to do and who can."""
    visitor.is_over()
    card = visitor.newest().get_by_role("region", name=title)
    expect(card).to_contain_text("What to do:")
    expect(card).to_contain_text("Who can:")
    return card


def text_so_far(visitor: Visitor) -> str:
    return visitor.newest().locator(".prose").first.inner_text().strip()


@pytest.mark.parametrize("deployment", SCENES)
def test_a_failure_says_what_to_do_and_keeps_the_words(visit: Visit, demo: Demo, deployment: str) -> None:
    title, has_text, ids = SCENES[deployment]
    demo.switch("speed", tokens_per_second=0)
    visitor = visit("seoyeon")
    answer = visitor.ask(MESSAGE, deployment)
    card = card_of(visitor, title)
    assert bool(text_so_far(visitor)) == has_text
    for name in ids:
        copied = visitor.copied(card.get_by_role("button", name=f"Copy {name}", exact=True))
        assert copied
        assert copied in card.inner_text()
    expect(card.get_by_role("button", name=re.compile("Copy .*request-id"))).to_have_count(len(ids))
    goes_on = has_text and deployment != "claude-refuses-midway"  # what Claude declined it is not asked to go on with
    expect(card.get_by_role("button", name="Continue")).to_have_count(int(goes_on))
    expect(card.locator("summary", has_text="Try on another deployment")).to_be_visible()
    shown = answer.inner_text()
    visitor.page.reload()
    assert visitor.newest().inner_text().split() == shown.split()
    visitor.newest().get_by_role("link", name="Edit and send again").click()
    expect(visitor.page.get_by_role("textbox", name="Message")).to_have_value(MESSAGE)


def test_a_wait_that_azure_asks_for_is_shown_and_can_be_stopped(visit: Visit) -> None:
    visitor = visit("seoyeon")
    answer = visitor.ask(MESSAGE, "claude-throttled")
    expect(answer.locator(".status")).to_contain_text(re.compile(r"\d s|second"))
    visitor.page.get_by_role("button", name="Stop").click()
    card_of(visitor, QUOTA)


@pytest.mark.parametrize("deployment", ["claude-silent", "claude-pings"])
def test_an_answer_that_never_begins_can_be_stopped(visit: Visit, deployment: str) -> None:
    visitor = visit("seoyeon")
    answer = visitor.ask(MESSAGE, deployment)
    expect(answer.locator(".status")).to_have_attribute("data-waited", re.compile(r"^\d+ s$"))
    visitor.page.get_by_role("button", name="Stop").click()
    expect(card_of(visitor, "The answer was stopped")).to_contain_text("may be billed")


def test_a_failure_that_passes_is_no_failure(visit: Visit) -> None:
    visitor = visit("seoyeon")
    visitor.ask(MESSAGE, "claude-recovers")
    visitor.is_over()
    expect(visitor.newest().locator(".problem")).to_have_count(0)
    assert text_so_far(visitor)


def test_an_answer_at_its_longest_says_so_and_can_go_on(visit: Visit) -> None:
    visitor = visit("seoyeon")
    answer = visitor.ask(MESSAGE, "claude-short")
    visitor.is_over()
    expect(answer).to_contain_text("The answer reached its longest length")
    answer.get_by_role("button", name="Continue").click()
    expect(visitor.page.locator(".exchange")).to_have_count(2)
    visitor.is_over()
    expect(visitor.newest()).to_contain_text("Go on exactly where you stopped.")


def test_a_person_whom_azure_refuses_is_told_which_role_is_missing(visit: Visit) -> None:
    visitor = visit("dana")
    visitor.ask(MESSAGE, "claude-forbidden")
    card = card_of(visitor, "A role is missing on the Azure resource")
    card.get_by_text("Technical details").click()
    assert "az role assignment create" in visitor.copied(card.get_by_role("button", name="Copy the command"))


def test_a_console_that_does_not_answer_keeps_the_words(visit: Visit) -> None:
    visitor = visit("seoyeon").open("/playground/new/").choose("claude-steady").write(MESSAGE)
    visitor.page.context.set_offline(True)
    visitor.page.get_by_role("button", name="Send").click()
    expect(visitor.page.get_by_role("alert")).to_contain_text("The console did not answer")
    expect(visitor.page.get_by_role("textbox", name="Message")).to_have_value(MESSAGE)
    visitor.faults.clear()  # the browser says what we did to it
    visitor.page.context.set_offline(False)
    visitor.page.get_by_role("button", name="Send").click()
    expect(visitor.conversation.get_by_role("article")).to_have_count(1)
    visitor.is_over()
