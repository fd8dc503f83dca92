"""Sources of an answer: their marks in the text, the list below it, and how long Claude thought."""

from __future__ import annotations

import pytest
from django.urls import reverse

from console.azure.shapes import BlockStarted, CitationDelta, TextDelta
from console.playground import footnotes
from console.playground.answer import Answer
from console.playground.content import Thought
from console.playground.models import State
from tests.factories import signed_in_client
from tests.factories_requestlog import make_record
from tests.playground.test_page import make_exchange, page_of

PAGE = {
    "type": "page_location", "cited_text": "Herons  sleep\nin trees.", "document_index": 0,
    "document_title": "birds.pdf",
    "start_page_number": 3, "end_page_number": 4,
}  # fmt: skip
WEB = {
    "type": "web_search_result_location",
    "url": "https://example.com/tides",
    "title": "Tides",
    "cited_text": "Twice.",
}
HOSTILE = {"type": "web_search_result_location", "url": "javascript:alert(1)", "title": "<img src=x>", "cited_text": 7}


def cited(*citations: dict[str, object]) -> list[dict[str, object]]:
    return [{"type": "text", "text": "In trees.", "citations": list(citations)}]


def test_sources_are_numbered_through_all_blocks():
    notes = footnotes.of([*cited(PAGE, WEB), {"type": "thinking", "thinking": ""}, *cited(PAGE)])
    assert [(note.number, note.title) for note in notes] == [(1, "birds.pdf"), (2, "Tides"), (3, "birds.pdf")]
    assert (notes[0].where, notes[0].quote) == ("page 3", "Herons sleep in trees.")
    assert footnotes.of(cited({**PAGE, "end_page_number": 7}))[0].where == "pages 3–6"


@pytest.mark.parametrize("content", [[], ["text"], [{"citations": None}], cited(), [{"citations": ["no object"]}]])
def test_what_has_no_sources_has_no_list(content):
    assert footnotes.of(content) == []


def test_only_web_addresses_become_links():
    assert footnotes.of(cited(WEB))[0].address == "https://example.com/tides"
    assert footnotes.of(cited(HOSTILE))[0].address == ""


@pytest.mark.django_db
def test_they_stand_under_the_answer_and_are_text():
    page = page_of(make_exchange(answer="In trees.¹²", content=cited(PAGE, HOSTILE), state=State.SUCCEEDED))
    assert "birds.pdf</cite>, page 3" in page
    assert "&lt;img src=x&gt;" in page
    assert "javascript:alert" not in page


def test_marks_arrive_where_the_wire_has_them(settings):
    answer = Answer.__new__(Answer)
    Answer.__init__(answer, type("Work", (), {"language": "en", "body": {}})())  # all that is read before the call
    block = BlockStarted(0, "text", {"type": "text", "text": ""})
    answer.live.ring = lambda: None  # nobody watches, and there is no loop to wake them on
    answer.take(
        [block, TextDelta(0, "In trees."), CitationDelta(0, PAGE), CitationDelta(0, WEB), TextDelta(0, " Yes.")]
    )
    assert answer.live.text == "In trees.¹² Yes."
    assert answer.content.whole() == [{"type": "text", "text": "In trees. Yes.", "citations": [PAGE, WEB]}]


def test_thinking_is_timed_between_its_blocks(monkeypatch):
    now = iter([10.0, 12.5, 20.0, 21.0])
    monkeypatch.setattr("console.playground.content.monotonic", lambda: next(now))
    thought = Thought()
    assert thought.milliseconds() is None
    thought.begin(), thought.pause(), thought.pause(), thought.begin()
    assert thought.milliseconds() == 3500


@pytest.mark.django_db
@pytest.mark.parametrize(("row", "words"), [
    ({"thinking": "Hm.", "thinking_ms": 6200}, "Thought for 6.2 s"),
    ({"thinking_ms": 6200}, "keeps its thinking to itself"),
    ({"thinking": "Hm."}, "Claude’s thinking"),
])  # fmt: skip
def test_thinking_is_folded_to_a_line(row, words):
    assert words in page_of(make_exchange(answer="In trees.", state=State.SUCCEEDED, **row))


@pytest.mark.django_db
def test_the_answer_as_it_was_written_is_for_its_owner():
    mine, other = (make_exchange(answer="**In** trees.", state=State.SUCCEEDED) for _ in range(2))
    client = signed_in_client(mine.conversation.owner)
    assert client.get(reverse("playground:answer", args=[mine.pk])).text == "**In** trees."
    assert client.get(reverse("playground:answer", args=[other.pk])).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "called_as", "offered"), [
    ("sign-in-over", "person", True), ("claims-challenge", "person", True), ("claims-challenge", "console", False),
    ("bad-key", "key", False),
])  # fmt: skip
def test_a_sign_in_is_offered_to_whom_it_helps(kind, called_as, offered):
    record = make_record(outcome="failed", kind=kind, called_as=called_as, http_status=401)
    page = page_of(make_exchange(state=State.FAILED, record_id=record.pk))
    assert (reverse("accounts:signin_start") in page) is offered


@pytest.mark.django_db
@pytest.mark.parametrize(("row", "brought_none"), [
    ({"state": State.REFUSED}, True), ({"answer": "In tr", "state": State.TRUNCATED}, False),
])  # fmt: skip
def test_a_failure_offers_another_try_and_says_what_it_costs(row, brought_none):
    exchange = make_exchange(**row)
    page = page_of(exchange)
    assert ("this one brought no tokens" in page) is brought_none
    assert f'form="again-{exchange.pk}"' in page
    assert f'id="again-{exchange.pk}"' in page
