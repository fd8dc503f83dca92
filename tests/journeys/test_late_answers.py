"""Slow lines and quick fingers: what is written or pressed between request and answer is neither lost nor doubled."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.journeys.conftest import Visit
from tests.journeys.demo import LIFELIKE, Demo
from tests.journeys.test_attaching import HERON, attachments, chosen
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey

LONG = "Compare a public cloud and a private data centre for a small hospital."
# Twice, as quickly as somebody taps a button that seems to do nothing.
TWICE = "button => { button.click(); setTimeout(() => button.click(), 50); }"


class Late:
    """Requests to addresses that end so are on their way until they are let go."""

    def __init__(self, page: Page, ending: str) -> None:
        self.page, self.ending, self.held = page, ending, list[Route]()
        self.is_open = False
        page.route(re.compile(f"/{ending}/$"), self.came)

    def came(self, route: Route) -> None:
        if self.is_open or route.request.method != "POST":
            route.continue_()
        else:
            self.held.append(route)

    def is_on_its_way(self) -> None:
        for _ in range(250):
            if self.held:
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(f"nothing was sent to {self.ending}")

    def let_go(self) -> None:
        self.is_on_its_way()
        self.is_open = True
        for route in self.held:
            route.continue_()


def begin(visit: Visit) -> tuple[Visitor, Locator]:
    visitor = visit("seoyeon").open("/playground/new/").choose("claude-steady")
    box = visitor.page.get_by_role("textbox", name="Message")
    for item in attachments(visitor).all():
        item.get_by_role("button").click()
    return visitor, box


def said(visitor: Visitor) -> Locator:
    return visitor.conversation.locator(".said__text")


def waiting(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("list", name="Waiting to be sent").get_by_role("listitem")


def is_over(visitor: Visitor) -> None:
    expect(visitor.page.get_by_role("button", name="Send", exact=True)).to_be_visible(timeout=20_000)


def test_what_is_written_while_a_message_is_on_its_way_stays_and_enter_counts(visit: Visit) -> None:
    visitor, box = begin(visit)
    late = Late(visitor.page, "exchanges")
    box.press_sequentially("First")
    box.press("Enter")
    box.press("Enter")
    box.press_sequentially(" second")
    box.press("Enter")
    box.press_sequentially(", or not")
    late.let_go()
    expect(said(visitor)).to_have_text(["First", "second, or not"])
    is_over(visitor)
    expect(box).to_have_value("")


def test_what_waits_goes_past_what_is_written_and_attached_meanwhile(visit: Visit, demo: Demo) -> None:
    demo.switch("speed", **LIFELIKE)
    visitor, box = begin(visit)
    visitor.send(LONG)
    box.fill("It waits")
    box.press("Enter")
    up, late = Late(visitor.page, "attachments"), Late(visitor.page, "exchanges")
    chosen(visitor, HERON)
    box.press_sequentially("Half a th")
    demo.switch("speed", tokens_per_second=0, first_token=0)
    late.is_on_its_way()
    box.press_sequentially("ought")
    late.let_go()
    expect(said(visitor)).to_have_text([LONG, "It waits"])
    is_over(visitor)
    expect(box).to_have_value("Half a thought")
    up.let_go()
    expect(attachments(visitor)).to_contain_text("640 × 480")
    expect(waiting(visitor)).to_have_count(0)


def test_who_stops_an_answer_and_sends_at_once_means_now(visit: Visit, demo: Demo) -> None:
    demo.switch("speed", **LIFELIKE)
    visitor, box = begin(visit)
    visitor.send(LONG)
    late = Late(visitor.page, "stop")
    box.press("Escape")
    box.press_sequentially("Next")
    box.press("Enter")
    late.let_go()
    expect(said(visitor)).to_have_text([LONG, "Next"])


@pytest.mark.parametrize("arrives", [False, True])
def test_a_page_that_is_left_while_a_message_is_on_its_way_sends_it_once(visit: Visit, arrives: bool) -> None:
    visitor, box = begin(visit)
    page = visitor.page
    visitor.send("First")
    is_over(visitor)
    late = Late(page, "exchanges")
    box.press_sequentially("Second")
    box.press("Enter")
    late.is_on_its_way()
    if arrives:
        late.held[0].fetch()
    box.press_sequentially(" and more")
    late.is_open = True
    page.reload()
    expect(said(visitor)).to_have_text(["First", "Second"])
    is_over(visitor)
    expect(box).to_have_value("and more")
    expect(waiting(visitor)).to_have_count(0)


def test_what_is_done_with_an_answer_is_done_once_and_loses_nothing(visit: Visit) -> None:
    visitor, box = begin(visit)
    page = visitor.page
    visitor.send("Herons")
    is_over(visitor)
    answer, thumb = visitor.newest(), visitor.newest().get_by_role("button", name="Good answer")
    note, summary = answer.get_by_label("Your note"), answer.locator(".opinion__note summary")
    late = Late(page, "opinion")
    thumb.click()
    summary.click()
    note.press_sequentially("Bad ta")
    late.let_go()
    expect(thumb).to_have_attribute("aria-pressed", "true")
    page.keyboard.type("ble")
    answer.get_by_role("button", name="Save").click()
    expect(summary).to_contain_text("Bad table")
    expect(thumb).to_have_attribute("aria-pressed", "true")

    box.press_sequentially("Half a thought")
    late = Late(page, "again")
    visitor.newest().get_by_role("button", name="Answer again").evaluate(TWICE)
    page.wait_for_timeout(200)
    late.let_go()
    expect(visitor.conversation.locator(".versions")).to_contain_text("2/2")
    is_over(visitor)
    expect(box).to_have_value("Half a thought")
    assert len(late.held) == 1

    late = Late(page, "branch")
    visitor.newest().get_by_role("button", name="Branch").evaluate(TWICE)
    page.wait_for_timeout(200)
    late.let_go()
    expect(page.get_by_text("This is a new conversation")).to_be_visible()
    assert len(late.held) == 1


def test_buttons_that_seem_to_do_nothing_do_it_once(visit: Visit) -> None:
    page = visit("minjun").open("/playground/new/").page
    box = page.get_by_role("textbox", name="Message")
    box.fill("")
    page.get_by_role("link", name="Reply to a customer").click()
    dialog = page.get_by_role("dialog", name="Reply to a customer")
    dialog.get_by_label("letter").fill("My parcel is late.")
    dialog.get_by_label("tone").fill("warm")
    late = Late(page, "fill")
    dialog.get_by_role("button", name="Put it into the message").evaluate(TWICE)
    page.wait_for_timeout(200)
    late.let_go()
    expect(box).to_have_value(re.compile("My parcel is late"))
    assert len(late.held) == 1

    page.goto(page.url.split("/playground")[0] + "/prompts/new/")
    page.get_by_label("Title").fill("Pressed twice")
    page.get_by_label("Text", exact=True).fill("Once is enough.")
    page.get_by_label("Name behind /").fill("pressed-twice")
    late = Late(page, "prompts/new")
    page.get_by_role("button", name="Save").evaluate(TWICE)
    page.wait_for_timeout(200)
    late.let_go()
    expect(page.get_by_role("heading", name="Pressed twice")).to_be_visible()


def test_a_file_that_is_taken_out_is_out_at_once(visit: Visit) -> None:
    visitor, box = begin(visit)
    page = visitor.page
    slow = page.context.new_cdp_session(page)
    slow.send("Network.enable")
    wire = {"offline": False, "downloadThroughput": -1, "uploadThroughput": -1}
    slow.send("Network.emulateNetworkConditions", {**wire, "latency": 300})
    chosen(visitor, {**HERON, "name": "unwanted.png"})
    page.wait_for_timeout(150)  # it is up, and nobody has said so
    with page.expect_response(re.compile("/removal/")):
        page.get_by_role("button", name="Cancel").click()
    slow.send("Network.emulateNetworkConditions", {**wire, "latency": 0})

    expect(chosen(visitor, HERON)).to_contain_text("640 × 480")
    late = Late(page, "removal")
    page.get_by_role("button", name="Remove heron.png").click()
    box.fill("Without a picture")
    box.press("Enter")
    expect(said(visitor)).to_have_text(["Without a picture"])
    assert visitor.newest().get_by_role("img", name="heron.png").count() == 0
    late.let_go()
    is_over(visitor)
    page.reload()
    expect(attachments(visitor)).to_have_count(0)


def test_a_late_answer_does_not_undo_what_came_after_its_question(visit: Visit) -> None:
    visitor, box = begin(visit)
    page, effort, found = visitor.page, visitor.page.get_by_label("Effort"), visitor.page.locator("#conversation-list")
    page.locator(".composer__settings > summary").click()
    held: list[Route] = []
    page.route(re.compile(r"/options/\?"), lambda route: route.continue_() if held else held.append(route))
    page.get_by_role("combobox", name="Deployment").select_option(label="claude-sonnet-5-5 · contoso-foundry")
    effort.select_option("low")
    with page.expect_response(re.compile("/options/.*effort=low")):
        held[0].continue_()
    page.wait_for_timeout(100)
    expect(effort).to_have_value("low")

    drafts = Late(page, "draft")
    box.fill("Old")
    drafts.is_on_its_way()
    box.fill("Old and new")
    written = time.monotonic()

    late = Late(page, "search")
    field = page.get_by_role("searchbox", name="Find a conversation")
    field.fill("zzz")
    field.press("Enter")
    late.is_on_its_way()
    older = late.held.pop()
    field.fill("")
    late.let_go()
    page.wait_for_timeout(200)
    older.continue_()
    page.wait_for_timeout(200)
    expect(found).not_to_contain_text("Nothing of yours says this")

    page.wait_for_timeout(max(0, 1100 - 1000 * (time.monotonic() - written)))
    assert len(drafts.held) == 1
    with page.expect_request(lambda request: "Old+and+new" in (request.post_data or "") and "/draft/" in request.url):
        drafts.let_go()

    line = page.locator("#estimate")
    expect(line).to_contain_text("token")
    page.route(re.compile("/estimate/"), lambda route: route.fulfill(status=502))
    box.fill("Old and new and more")
    expect(line).to_be_empty()
    # A request that a newer one takes the place of, and the one that failed, are written into the browser's console.
    visitor.faults = [
        fault for fault in visitor.faults if not re.search("abort|afterRequest|502", fault, re.IGNORECASE)
    ]
