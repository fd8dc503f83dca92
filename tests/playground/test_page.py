"""A conversation's page: what is offered before, beside and after an answer."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from console.playground import settle
from console.playground.models import Conversation, Exchange, State
from console.playground.shown import grouped
from console.requestlog import recorder
from console.requestlog.models import State as RecordState
from tests.factories import make_user, signed_in_client
from tests.factories_requestlog import make_record

pytestmark = pytest.mark.django_db


def make_exchange(**row: object) -> Exchange:
    owner = make_user(("Playground",))
    talk = Conversation.objects.create(owner=owner, title="Herons", spoken_at=timezone.now())
    whole = {"message": "Where do herons sleep?", "state": State.FAILED, "call_id": uuid4(), **row}
    exchange = Exchange.objects.create(conversation=talk, submission_id=uuid4().hex, **whole)
    Conversation.objects.filter(pk=talk.pk).update(tip=exchange.pk)
    return exchange


def page_of(exchange: Exchange, query: str = "") -> str:
    client = signed_in_client(exchange.conversation.owner)
    return client.get(reverse("playground:conversation", args=[exchange.conversation_id]) + query).text


def draft_in(page: str) -> str:
    found = re.search(r"<textarea[^>]*id=\"message\"[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert found is not None
    return found[1]


def test_a_failed_message_can_be_edited_and_sent_again():
    exchange = make_exchange()
    assert f'href="?again={exchange.pk}#message"' in page_of(exchange)
    assert draft_in(page_of(exchange, f"?again={exchange.pk}")) == "Where do herons sleep?"


@pytest.mark.parametrize("wanted", ["", "nonsense", "01a204d8-7a2c-7000-8000-000000000000"])
def test_nothing_else_is_put_into_the_box(wanted):
    assert draft_in(page_of(make_exchange(), f"?again={wanted}")) == ""


def test_nobody_gets_a_message_of_another_conversation():
    other = make_exchange(message="A secret of somebody else")
    assert "secret" not in page_of(make_exchange(), f"?again={other.pk}")


def test_only_text_that_broke_off_can_go_on():
    assert "/continuation/" not in page_of(make_exchange())
    assert "/continuation/" not in page_of(make_exchange(answer="In trees.", state=State.SUCCEEDED))
    assert "/continuation/" in page_of(make_exchange(answer="Herons sleep", state=State.TRUNCATED))
    assert "/continuation/" in page_of(make_exchange(answer="Herons sleep", state=State.CANCELLED))


def test_after_a_restart_the_text_is_there_says_so_and_can_go_on():
    long_ago = timezone.now() - timedelta(hours=1)
    record = make_record(state=RecordState.STREAMING, outcome="", lease_until=long_ago, finished_at=None)
    exchange = make_exchange(
        answer="Herons sleep", state=State.STREAMING, lease_until=long_ago, call_id=record.call_id, record_id=record.pk
    )
    recorder.settle_lapsed()
    settle.settle_lapsed()
    page = page_of(exchange)
    assert "Herons sleep" in page
    assert "restarted during this call" in page
    assert f"/playground/exchanges/{exchange.pk}/continuation/" in page


def test_an_empty_conversation_offers_ways_to_begin():
    page = signed_in_client(make_user(("Playground",))).get(reverse("playground:list")).text
    assert "There is no deployment to talk to yet" in page
    assert "data-starter" not in page


def test_a_receipt_offers_the_answer_to_copy_only_where_there_is_one():
    assert "data-copy-answer" not in page_of(make_exchange())
    assert "data-copy-answer" in page_of(make_exchange(answer="In trees.", state=State.SUCCEEDED))


def test_deployments_that_do_not_answer_stand_at_the_end():
    class Choice:
        def __init__(self, health: str, ready: bool) -> None:
            self.health, self.ready = health, ready

    well, ill, unmade = Choice("well", True), Choice("ill", True), Choice("", False)
    assert [(str(label), members) for label, members in grouped([ill, well, unmade])] == [
        ("Deployments", [well]),
        ("Not answering at the moment", [ill, unmade]),
    ]
    assert grouped([]) == []


@pytest.mark.parametrize(("reason", "words"), [
    ("model_context_window_exceeded", "fills the model’s context window"), ("pause_turn", "Claude pauses here"),
    ("max_tokens", "reached its longest length"),
])  # fmt: skip
def test_an_answer_that_stops_before_its_end_says_so(reason, words):
    assert words in page_of(make_exchange(answer="In trees.", state=State.SUCCEEDED, stop_reason=reason))
    assert words not in page_of(make_exchange(answer="In trees.", state=State.SUCCEEDED, stop_reason="end_turn"))


@pytest.mark.parametrize(("details", "words"), [
    ({"category": "cyber", "explanation": "It asks <b>how</b>."}, "about attacks on computers."),
    ({"category": "cyber", "explanation": "It asks <b>how</b>."}, "<q>It asks &lt;b&gt;how&lt;/b&gt;.</q>"),
    ({"category": None, "explanation": "Because."}, "<q>Because.</q>"),
    ({"category": "of_tomorrow", "explanation": None}, "about of_tomorrow."),
])  # fmt: skip
def test_a_refusal_tells_what_it_is_about_and_why(details, words):
    exchange = make_exchange(state=State.REFUSED, stop_details={"type": "refusal", **details})
    assert words in page_of(exchange)
    assert words in settle.ending(exchange.pk, language="en")


@pytest.mark.parametrize("details", [None, {}, {"category": 7, "explanation": ["no text"]}, {"category": ""}])
def test_a_refusal_without_reasons_says_nothing_of_them(details):
    page = page_of(make_exchange(state=State.REFUSED, stop_details=details))
    assert "Claude says:" not in page
    assert "What Claude declined is about" not in page


def long_talk(count: int) -> list[Exchange]:
    """So many exchanges, one after another; the first is the first of the list."""
    first = make_exchange(state=State.SUCCEEDED, message="message 0")
    talk, said = first.conversation, [first]
    for number in range(1, count):
        said.append(
            Exchange(
                conversation=talk, parent=said[-1].pk, submission_id=uuid4().hex, call_id=uuid4(),
                state=State.SUCCEEDED, message=f"message {number}",
            )
        )  # fmt: skip
    Exchange.objects.bulk_create(said[1:])
    Conversation.objects.filter(pk=talk.pk).update(tip=said[-1].pk)
    return said


def shown_in(page: str) -> list[str]:
    return re.findall(r"message (\d+)</p>", page)


def test_a_link_to_an_old_message_leads_to_a_page_that_has_it():
    said = long_talk(60)
    assert shown_in(page_of(said[0]))[0] == "10"
    page = page_of(said[0], f"?at={said[4].pk}")
    assert (shown_in(page)[0], shown_in(page)[-1]) == ("2", "59")
    assert f"?before={said[2].pk}" in page
    assert "To the latest messages" not in page
    assert 'name="afresh"' not in page
    for none_of_old in (said[59].pk, uuid4(), "nonsense"):
        assert shown_in(page_of(said[0], f"?at={none_of_old}"))[0] == "10"


def test_a_link_to_a_message_of_another_version_says_so_and_leads_there():
    said = long_talk(3)
    other = Exchange.objects.create(
        conversation=said[0].conversation, parent=said[0].pk, submission_id=uuid4().hex, call_id=uuid4(),
        state=State.SUCCEEDED, message="message 9",
    )  # fmt: skip
    page = page_of(said[0], f"?at={other.pk}")
    assert shown_in(page) == ["0", "1", "2"]
    assert "stands in another version" in page
    (there,) = re.findall(r'<form class="banner" method="post" action="([^"]+)"', page)
    after = signed_in_client(said[0].conversation.owner).post(there)
    assert after["Location"].endswith(f"?at={other.pk}#exchange-{other.pk}")
    page = page_of(said[0], f"?at={other.pk}")
    assert shown_in(page) == ["0", "9"]
    assert "stands in another version" not in page
    assert "stands in another version" not in page_of(said[0], f"?at={make_exchange(message='of another').pk}")


def test_a_link_very_far_back_says_how_to_get_to_the_end():
    said = long_talk(320)
    page = page_of(said[0], f"?at={said[5].pk}")
    assert (shown_in(page)[0], shown_in(page)[-1]) == ("3", "302")
    assert '<input type="hidden" name="afresh" value="on" form="composer">' in page
    address = reverse("playground:conversation", args=[said[0].conversation_id])
    assert re.search(f'href="{address}">\\s*To the latest messages', page)
