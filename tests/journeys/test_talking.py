"""Send a message and watch the answer grow; leave, come back, stop, read a long one: what was written stays."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Locator, expect

from console.web.ids import id_at, made_at
from tests.journeys.conftest import Visit
from tests.journeys.demo import LIFELIKE, Demo
from tests.journeys.visitor import DESK, PHONE

pytestmark = pytest.mark.journey

QUESTION = "Compare a public cloud and a private data centre for a small hospital."


def words_of(answer: Locator) -> str:
    return "\n".join(answer.locator(".prose").all_inner_texts()).strip()


def has_begun(answer: Locator) -> None:
    """Wait until some words are there."""
    expect(answer.locator(".prose", has_text=re.compile(r"\w.{60}", re.DOTALL)).first).to_be_attached()


# Notes milliseconds and characters in sight whenever there are more of them, after each frame is drawn; and what was
# moved by something else (also while somebody types) once there are any.
WATCH = """() => {
  window.moved = [];
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (window.seen[0]?.[0] < one.startTime)
      window.moved.push([one.value, ...one.sources.map(({ node }) => node?.textContent)]);
  }).observe({ type: "layout-shift" });
  const seen = window.seen = [];
  const look = () => {
    const prose = [...document.querySelectorAll("[data-live] .prose")];
    const length = prose.map((one) => one.innerText).join("").length;
    if (length > (seen.at(-1)?.[1] ?? 0)) seen.push([performance.now(), length]);
    requestAnimationFrame(() => setTimeout(look));
  };
  look();
}"""


def test_an_answer_grows_before_the_eyes(visit: Visit, demo: Demo) -> None:
    demo.switch("speed", **{**LIFELIKE, "tokens_per_second": 40})  # a page that is slow to draw draws less often
    visitor = visit("seoyeon").open("/playground/new/").choose("claude-steady")
    visitor.page.evaluate(WATCH)
    answer = visitor.send(QUESTION)
    expect(answer).to_contain_text(QUESTION)
    expect(visitor.page.get_by_role("textbox", name="Message")).to_have_value("")
    expect(visitor.is_over()).to_contain_text("claude-steady")
    seen = visitor.page.evaluate("window.seen")
    whole, began, ended = seen[-1][1], seen[0][0], seen[-1][0]
    assert len(seen) >= 30
    # At no moment does a third of the text come at once, and half of the time brings about half of the text.
    assert max(after - before for (_, before), (_, after) in pairwise(seen)) < whole / 3
    half = next(length for moment, length in seen if moment >= (began + ended) / 2)
    assert whole / 4 < half < whole * 3 / 4
    moved = visitor.page.evaluate("window.moved")
    assert sum(value for value, *_ in moved) < 0.02, moved


def test_a_second_answer_knows_the_first(visit: Visit) -> None:
    visitor = visit("seoyeon")
    visitor.ask("What do herons eat?")
    visitor.is_over()
    listed = visitor.page.locator("#newest-conversations > li")
    expect(listed.first.locator("[aria-current=page]")).to_contain_text("What do herons eat?")
    visitor.send("And where do they sleep?")
    visitor.is_over()
    expect(visitor.conversation.get_by_role("article")).to_have_count(2)
    assert "herons" in words_of(visitor.newest())


def test_two_questions_have_two_answers_in_their_languages(visit: Visit) -> None:
    visitor = visit("seoyeon")
    visitor.ask("한국의 수도는 어디인가요?")
    visitor.is_over()
    assert re.search("[가-힣]{2}", words_of(visitor.newest()))
    visitor.ask("Which city is the capital of Korea?")
    visitor.is_over()
    assert not re.search("[가-힣]", words_of(visitor.newest()))


def test_a_reload_in_the_middle_loses_nothing(visit: Visit, demo: Demo) -> None:
    demo.switch("speed", **LIFELIKE)
    visitor = visit("seoyeon")
    answer = visitor.ask(QUESTION)
    has_begun(answer)
    before = words_of(answer)
    visitor.page.reload()
    answer = visitor.newest()
    expect(answer.locator(".prose", has_text=before.split("\n")[0][:60]).first).to_be_attached()
    assert visitor.page.get_by_role("button", name="Stop").is_visible()
    demo.switch("speed", tokens_per_second=0, first_token=0)
    visitor.is_over()
    attached = words_of(answer)
    visitor.page.reload()
    expect(visitor.page.get_by_role("button", name="Send")).to_be_visible()
    assert attached.split() == words_of(visitor.newest()).split()


def test_another_window_watches_the_same_answer(visit: Visit) -> None:
    visitor = visit("seoyeon")
    visitor.ask(QUESTION, "claude-slow")
    other = visit("seoyeon")
    other.page.goto(visitor.page.url)
    other.page.get_by_role("button", name="Stop").click()
    other.is_over()
    visitor.is_over()
    assert words_of(visitor.newest()).split() == words_of(other.newest()).split()


def test_stop_keeps_what_was_said(visit: Visit, demo: Demo) -> None:
    demo.switch("speed", **LIFELIKE)
    visitor = visit("seoyeon")
    answer = visitor.ask(QUESTION)
    has_begun(answer)
    visitor.page.get_by_role("button", name="Stop").click()
    visitor.is_over(seconds=5)
    kept = words_of(answer)
    assert len(kept) > 40
    visitor.page.reload()
    expect(visitor.page.get_by_role("button", name="Send")).to_be_visible()
    assert words_of(visitor.newest()).split() == kept.split()
    expect(visitor.newest()).to_contain_text("stopped")


def test_thinking_is_folded_away_and_can_be_read(visit: Visit) -> None:
    visitor = visit("seoyeon")
    answer = visitor.ask(QUESTION, "claude-thinks")
    visitor.is_over()
    thoughts = answer.get_by_text("Thought for")
    expect(answer.locator(".thinking__text")).not_to_be_visible()
    thoughts.click()
    expect(answer.locator(".thinking__text")).to_be_visible()


# Pixels between what is in sight and the end of the conversation.
TO_THE_END = "log => log.scrollHeight - log.scrollTop - log.clientHeight"


def test_the_newest_line_stays_in_view_unless_one_reads_further_up(visit: Visit) -> None:
    visitor = visit("seoyeon")
    visitor.ask(QUESTION, "claude-long")
    jump = visitor.page.get_by_role("button", name="Jump to latest")
    log = visitor.conversation
    # A heading is there twice for a moment: in the tail that still grows, and in what is finished.
    expect(log.get_by_role("heading", name="Part 3").last).to_be_visible()
    assert log.evaluate(TO_THE_END) < 120
    log.hover()
    for _ in range(6):  # small steps, as fingers make them
        visitor.page.mouse.wheel(0, -30)
    expect(jump).to_be_visible()
    pill, composer = jump.bounding_box(), visitor.page.locator("#composer").bounding_box()
    assert pill is not None
    assert composer is not None
    assert composer["y"] - 60 < pill["y"] + pill["height"] <= composer["y"]
    expect(log.get_by_role("heading", name="Part 6")).to_have_count(1)
    assert log.evaluate(TO_THE_END) > 200
    jump.click()
    expect(jump).not_to_be_visible()
    assert log.evaluate(TO_THE_END) < 120
    visitor.page.get_by_role("button", name="Stop").click()
    visitor.is_over()


LONG = 53  # exchanges: more than a page has at once, and far more than are drawn at its end


def make_long(demo: Demo, conversation: str) -> list[str]:
    """Put copies of a conversation's one exchange before it, some of them very long; all ids, oldest first."""
    file, key = Path(demo.running.environment["DATA_DIR"], "demo", "console.sqlite3"), conversation.split("/")[-2]
    with closing(sqlite3.connect(file, timeout=20)) as rows:
        rows.row_factory = sqlite3.Row
        told = rows.execute("select * from playground_exchange where conversation_id = ?", [UUID(key).hex]).fetchone()
        last = dict(told)
        sent = made_at(UUID(last["id"]))
        ids = [id_at(sent - timedelta(minutes=LONG - number)).hex for number in range(1, LONG)]
        for number, (before, pk) in enumerate(pairwise([None, *ids]), 1):
            answer = f"<p>Answer {number}: {'herons stand still and wait. ' * 9}</p>" * (1 if number % 10 else 9)
            copy = {**last, "id": pk, "parent": before, "submission_id": pk, "message": f"Question {number}?"}
            copy["answer_html"] = answer
            names, values = ", ".join(copy), ", ".join("?" * len(copy))
            rows.execute(f"insert into playground_exchange ({names}) values ({values})", [*copy.values()])  # noqa: S608
        rows.execute("update playground_exchange set parent = ? where id = ?", [ids[-1], last["id"]])
        rows.commit()
    return [str(UUID(pk)) for pk in [*ids, last["id"]]]


# How much of what a page has is not drawn.
UNDRAWN = """(log) => [...log.querySelectorAll(".prose > p")]
  .filter((one) => !one.checkVisibility({ contentVisibilityAuto: true })).length"""
# Scrolls up to the top, most of a screen at a time, and tells how far what one reads was ever from where it should be,
# in pixels: it moves as far as one scrolls, and not by itself.
UPWARDS = """async (log) => {
  const top = (one) => one.getBoundingClientRect().top;
  const drawn = (one) => one.checkVisibility({ contentVisibilityAuto: true });
  let astray = 0, read = null, there = 0;
  for (let steps = 0; steps < 300; steps++) {
    await new Promise(requestAnimationFrame);
    if (read) astray = Math.max(astray, Math.abs(top(read) - there));
    if (log.scrollTop <= 0) break;
    read = [...log.querySelectorAll(".exchange p")].find((one) => top(one) > top(log) && drawn(one));
    there = top(read) + Math.min(log.scrollTop, log.clientHeight * 0.9);
    log.scrollTop -= log.clientHeight * 0.9;
  }
  return astray;
}"""
# How far an exchange is from the top of the conversation.
LANDED = """(id) => { const one = document.getElementById(id), log = one?.closest("[role=log]");
  return one && Math.abs(one.getBoundingClientRect().top - log.getBoundingClientRect().top) < 4; }"""


def test_a_long_conversation_is_read_up_to_its_first_word_and_nothing_jumps(visit: Visit, demo: Demo) -> None:
    visitor = visit("seoyeon")
    visitor.ask("What do herons eat?")
    visitor.is_over()
    address = visitor.page.url
    ids = make_long(demo, address)
    for size, linked in ((DESK, ids[30]), (PHONE, ids[12])):
        reader = visit("seoyeon", size=size)
        page, log = reader.page, reader.conversation
        page.goto(f"{address}#exchange-{linked}")
        page.wait_for_function(LANDED, arg=f"exchange-{linked}")
        page.wait_for_timeout(100)
        assert page.evaluate(LANDED, f"exchange-{linked}")
        page.goto("about:blank")
        page.goto(address)
        expect(reader.newest().get_by_role("group", name="Receipt")).to_be_in_viewport()
        assert log.evaluate(TO_THE_END) < 2
        assert log.evaluate(UNDRAWN) > 30
        assert log.evaluate(UPWARDS) < 4
        earlier = page.get_by_role("link", name="Earlier messages")
        expect(earlier).to_be_in_viewport()
        earlier.click()
        expect(earlier).to_have_count(0)
        expect(log.get_by_text(f"Question {LONG - 49}?")).to_be_in_viewport()
        assert log.evaluate(UPWARDS) < 4
        expect(log.get_by_text("Question 1?")).to_be_in_viewport()
