"""Places in an answer: whatever way the text came and wherever a browser attaches, it ends with the same answer."""

from __future__ import annotations

import asyncio
import html
import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from console.playground.follow import Followed
from console.playground.live import START, Live, Place
from console.playground.writing import LONGEST_INPUT, MOST_CALLS, Writing
from console.web.markdown import render

TEXT = """# Title

A paragraph
of two lines.

- one
- two
  - nested

  still two
- three

1. first
2. second

```python
def f():

    return "</script>"
```

| a | b |
|---|---|
| 1 | 2 |

The end."""

EVENT = re.compile(r"(?:id: (\d+)\n)?event: (\w+)\n((?:data: .*\n)+)\n")
markdown = st.lists(
    st.sampled_from(["# h\n", "- a\n", "1. b\n", "\n", "text ", "\n\n", "```\n", "  c\n", "> q\n", "x"])
)


class Browser:
    """What the page does with the events: blocks are appended, a tail replaces, a delta extends it."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.tail = ""
        self.place = START

    def take(self, frames: bytes, *, only: int | None = None) -> None:
        """Apply the events, or the first `only` of them: the connection broke after those."""
        for number, (place, name, data) in enumerate(EVENT.findall(frames.decode())):
            if only is not None and number >= only:
                return
            text = "\n".join(line.removeprefix("data: ") for line in data.rstrip("\n").split("\n"))
            if name == "block":
                self.blocks.append(text)
            else:
                self.tail = html.unescape(text) if name == "tail" else self.tail + html.unescape(text)
            self.place = Place.parse(place)


def pieces(text: str, cuts: list[int]) -> list[str]:
    edges = [0, *sorted({cut % (len(text) + 1) for cut in cuts}), len(text)]
    return [text[a:b] for a, b in zip(edges, edges[1:], strict=False)]


def watched(text: str, cuts: list[int], breaks: list[int]) -> tuple[Browser, Live]:
    """A browser that loses its connection after some events, at the given steps, and attaches again."""
    live, browser, afresh = Live(), Browser(), True
    place = START
    for number, piece in enumerate(pieces(text, cuts)):
        live.add(piece)
        frames, place = live.since(place, afresh=afresh)
        broken = number in breaks
        browser.take(frames, only=number % 3 if broken else None)
        place, afresh = (browser.place, True) if broken else (place, False)
    live.close()
    frames, _ = live.since(place, afresh=afresh)
    browser.take(frames)
    return browser, live


def finished(text: str) -> Live:
    live = Live(text)
    live.close()
    return live


def whole(live: Live) -> str:
    return asyncio.run(live.html())


@given(st.lists(st.integers(0, 10_000)), st.lists(st.integers(0, 30)))
@settings(deadline=None)
def test_a_browser_that_attaches_anywhere_ends_with_the_same_answer(cuts, breaks):
    browser, live = watched(TEXT, cuts, breaks)
    reference = finished(TEXT)
    assert browser.blocks == [reference.block(index) for index in range(reference.place.blocks)]
    assert browser.tail == ""
    assert live.text == TEXT


@given(markdown, st.lists(st.integers(0, 10_000)), st.lists(st.integers(0, 30)))
@settings(deadline=None)
def test_any_markdown_gives_the_same_blocks_however_it_is_cut(parts, cuts, breaks):
    text = "".join(parts)
    browser, live = watched(text, cuts, breaks)
    reference = finished(text)
    assert browser.blocks == [reference.block(index) for index in range(reference.place.blocks)]
    assert live.text == text


def test_the_joined_blocks_say_what_the_whole_text_says():
    def words(piece):
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", piece)).strip()

    assert words(whole(finished(TEXT))) == words(render(TEXT))
    assert whole(finished(TEXT)).count("<ul>") == 2, "one list and the one nested in it"
    assert whole(finished(TEXT)).count("<ol>") == 1


def test_a_place_beyond_the_text_starts_over():
    live = Live("short")
    frames, place = live.since(Place(7, 9_000))
    assert b"event: tail" in frames
    assert place == Place(0, 5)


def test_ids_grow_and_read_back():
    live = Live(TEXT)
    frames, place = live.since(START)
    ids = [int(found) for found in re.findall(rb"id: (\d+)\n", frames)]
    assert ids == sorted(set(ids[:-1])) + ids[-1:]
    assert Place.parse(str(place)) == place


def test_foreign_ids_mean_the_start():
    for text in ("", "abc", "-1", "1e9", str(2**63), "9" * 400, "１２", "1.5", "\r\nid: 5"):
        assert Place.parse(text) == START


def test_a_reader_who_comes_late_gets_blocks_and_tail_once():
    live = Live("one\n\ntwo\n")
    frames, place = live.since(START, afresh=True)
    assert frames.count(b"event: block") == 1
    assert frames.count(b"event: tail") == 1
    assert live.since(place)[0] == b""


async def test_bells_ring_once_a_tick():
    live, bell = Live(), None
    bell = live.attach()
    rings = 0
    for _ in range(200):
        live.add("word ")
        live.ring()
        await asyncio.sleep(0.0005)
        rings += bell.is_set()
        bell.clear()
    assert 2 <= rings <= 40


# What stands in events has been cleaned.
input_text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=400)


@given(st.lists(st.tuples(st.booleans(), input_text), max_size=12), st.lists(st.integers(0, 11), max_size=20))
@settings(deadline=None, max_examples=40)
def test_tool_calls_are_the_same_elsewhere_whatever_states_arrive_and_in_which_order(steps, order):
    here, there, states = Writing(), Writing(), []
    for begins, text in steps:
        here.begin(f"tool_{len(states)}") if begins or not here.calls else here.add(text)
        states.append(json.loads(json.dumps(here.told())))
    for number in order:
        if number < len(states):
            before = there.reach
            there.take(states[number])
            assert there.reach >= before
    there.take(states[-1] if states else None)
    assert there.html("en") == here.html("en")
    assert len(there.calls) <= MOST_CALLS


def test_what_no_process_of_ours_would_tell_draws_nothing_dangerous():
    there = Writing()
    for told in (None, 7, [], {}, {"reach": "9"}, {"reach": -1}, {"calls": [["a", "b"]]}):
        assert not there.take(told)
    assert there.take({"reach": 3, "calls": [["<b>", "<script>" * 9_000], "x", [1, None], [], {"a": 1}]})
    assert "<script" not in there.html("en")
    assert "<b>" not in there.html("en")
    assert len(there.html("en")) < 10 * LONGEST_INPUT


async def test_the_slower_way_does_not_undo_what_the_faster_brought():
    followed = Followed()
    live, take = followed.live, followed.take
    bell = live.attach()
    take(0, "So: ", {"reach": 9, "calls": [["get_weather", '{"place"']]})
    assert bell.is_set()
    take(0, "So", {"reach": 5, "calls": [["get_weather", '{"pl']]})
    assert (live.text, live.writing.reach) == ("So: ", 9)
    assert "Claude is writing a call of the tool <code>get_weather</code>" in live.calls
    live.close()
    take(0, "So: more", {"reach": 20, "calls": [["get_weather", "{}"]]})
    assert (live.text, live.calls) == ("So: ", "")


@given(st.lists(st.text("abc\n", min_size=1, max_size=5), min_size=3, max_size=20), st.data())
@settings(deadline=None, max_examples=60)
def test_who_follows_late_is_up_to_date_from_the_next_commit_on(pieces, data):
    """Pieces come from the middle on, each once; what lies before them is in the database a while later."""
    followed, whole, sent = Followed(), "".join(pieces), 0
    followed.live.ring = lambda: None
    begun, committed = sorted(data.draw(st.tuples(*[st.integers(0, len(pieces) - 1)] * 2)))
    for number, piece in enumerate(pieces):
        if number == committed:
            followed.take(0, whole[:sent])
        if number >= begun:
            followed.take(sent, piece)
        sent += len(piece)
        assert number < committed or followed.live.text == whole[:sent]
    assert followed.live.text == whole
