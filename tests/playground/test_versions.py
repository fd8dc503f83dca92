"""Versions of a turn: another answer, another message, the way through them, branches and differences."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from console.playground import ask, branch, compared, path
from console.playground.models import Conversation, Exchange, State
from tests.factories import make_user, signed_in_client

pytestmark = pytest.mark.django_db


class Talk:
    """A conversation of somebody, told turn by turn."""

    def __init__(self) -> None:
        self.owner = make_user(("Playground",))
        self.conversation = Conversation.objects.create(owner=self.owner, title="Herons", spoken_at=timezone.now())
        self.client = signed_in_client(self.owner)

    def say(self, message: str, after: Exchange | None = None, **row: object) -> Exchange:
        whole = {"answer": f"Answer to {message}", "state": State.SUCCEEDED, "call_id": uuid4(), **row}
        said = self.conversation.exchanges.create(
            parent=after.pk if after else None, submission_id=uuid4().hex, message=message, **whole
        )
        self.conversation.tip = said.pk
        self.conversation.save(update_fields=["tip"])
        return said

    def page(self, query: str = "") -> str:
        return self.client.get(reverse("playground:conversation", args=[self.conversation.pk]) + query).text

    def post(self, name: str, exchange: Exchange, **data: str):
        return self.client.post(reverse(f"playground:{name}", args=[exchange.pk]), data)


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_a_page_shows_one_version_and_what_followed_it(talk):
    first = talk.say("one")
    talk.say("two, the old way", first)
    talk.say("two, the new way", first)
    page = talk.page()
    assert "two, the new way" in page
    assert "two, the old way" not in page
    assert "2/2" in page


def test_going_back_to_a_version_brings_back_what_followed_it(talk):
    first = talk.say("one")
    old = talk.say("two, the old way", first)
    talk.say("three", old)
    talk.say("two, the new way", first)
    assert talk.post("version", old).status_code == 302
    page = talk.page()
    assert "three" in page
    assert "the new way" not in page
    assert "1/2" in page


def test_only_what_is_shown_is_sent_along(talk):
    first = talk.say("one")
    talk.say("other", first)
    last = talk.say("two", first)
    turns = [turn["content"] for turn in ask.earlier_turns(talk.conversation, last.pk, str)]
    assert turns == ["one", "Answer to one", "two", "Answer to two"]
    assert ask.earlier_turns(talk.conversation, None, str) == []


def test_a_long_conversation_is_read_in_as_many_queries_as_a_short_one(talk, django_assert_num_queries):
    last = talk.say("one")
    for number in range(12):
        last = talk.say(f"word {number}", last)
    with django_assert_num_queries(3):
        assert len(ask.earlier_turns(talk.conversation, last.pk, str)) == 26


def test_messages_without_an_answer_are_not_sent_along(talk):
    first = talk.say("one", answer="", state=State.FAILED)
    second = talk.say("two", first, state=State.REFUSED)
    last = talk.say("three", second)
    turns = [turn["content"] for turn in ask.earlier_turns(talk.conversation, last.pk, str)]
    assert turns == ["three", "Answer to three"]


def test_a_long_conversation_comes_in_stretches(talk):
    said = None
    for number in range(60):
        said = talk.say(f"message-{number:02}", said)
    page = talk.page()
    assert "message-59" in page
    assert "message-09" not in page
    shown_first = talk.conversation.exchanges.order_by("id")[10]
    assert f"?before={shown_first.pk}" in page
    earlier = talk.page(f"?before={shown_first.pk}")
    assert "message-09" in earlier
    assert "message-10" not in earlier
    assert "message" not in talk.page(f"?before={uuid4()}").partition('role="log"')[2].partition("composer")[0]


def test_a_branch_is_a_conversation_of_its_own(talk):
    first = talk.say("one", record_id=uuid4())
    second = talk.say("two", first)
    talk.say("three", second)
    before = Exchange.objects.count()
    made = branch.branch(second)
    copies = list(made.exchanges.order_by("id"))
    assert [copy.message for copy in copies] == ["one", "two"]
    assert path.Tree(made).path(made.tip) == [copy.pk for copy in copies]
    assert copies[0].record_id == first.record_id
    assert copies[0].created_at == first.created_at, "copies are no messages of this minute"
    assert Exchange.objects.count() == before + 2
    assert talk.conversation.exchanges.count() == 3


def test_a_running_answer_is_not_branched(talk):
    live = talk.say("one", state=State.STREAMING)
    response = talk.post("branch", live)
    assert [str(message) for message in get_messages(response.wsgi_request)] == ["Wait for the answer, then branch."]
    assert Conversation.objects.count() == 1


def test_a_thumb_and_a_note_stay_with_the_answer(talk):
    said = talk.say("one")
    talk.post("opinion", said, thumb="1", note="Just right")
    said.refresh_from_db()
    assert (said.thumb, said.note) == (1, "Just right")
    assert 'aria-pressed="true"' in talk.page()
    talk.post("opinion", said, thumb="", note="Just right")
    said.refresh_from_db()
    assert (said.thumb, said.note) == (None, "Just right")
    talk.post("opinion", said, thumb="-1", note="Just right")
    talk.post("opinion", said, note="Not quite")
    said.refresh_from_db()
    assert (said.thumb, said.note) == (-1, "Not quite"), "saving the note leaves the thumb as it is by then"


@pytest.mark.parametrize("name", ["branch", "continuation", "results"])
def test_what_a_stream_has_drawn_leads_the_whole_browser_on(talk, name):
    said = talk.say("one")
    address = reverse(f"playground:{name}", args=[said.pk])
    assert "/playground/" in talk.client.post(address, headers={"HX-Request": "true"})["HX-Redirect"]


@pytest.mark.parametrize("data", [{"thumb": "5"}, {"thumb": "1", "note": "x" * 2001}])
def test_a_wrong_opinion_changes_nothing(talk, data):
    said = talk.say("one", thumb=-1, note="kept")
    talk.post("opinion", said, **data)
    said.refresh_from_db()
    assert (said.thumb, said.note) == (-1, "kept")


def test_two_versions_stand_beside_each_other_with_what_differs(talk):
    talk.say("one", answer="Herons sleep in trees.")
    other = talk.say("one", answer="Herons sleep in reeds.")
    page = talk.client.get(reverse("playground:versions", args=[other.pk])).text
    assert "<mark>trees</mark>" in page
    assert "<mark>reeds</mark>" in page


def test_a_single_version_can_be_looked_at_too(talk):
    said = talk.say("one")
    assert talk.client.get(reverse("playground:versions", args=[said.pk])).status_code == 200


def test_a_chosen_version_stands_beside_it(talk):
    made = [talk.say("one", answer=f"Number {number}") for number in range(3)]
    sides = compared.versions(made[2], str(made[0].pk)).sides
    assert [side.number for side in sides] == [1, 3]
    assert [side.number for side in compared.versions(made[2], "nonsense").sides] == [2, 3]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", ""),
        ("", "Hello"),
        ("  Two words", "Two  words\n"),
        ("왜가리는 나무에서 잡니다.", "왜가리는 갈대밭에서 잡니다."),
        ("a\n" * 3000, "b\na\n" * 1500),
    ],
)
def test_pieces_give_their_texts_back(one, other):
    left, right = compared.difference(one, other)
    assert ["".join(piece.text for piece in side) for side in (left, right)] == [one, other]
    assert (left == right) == (one == other)


@pytest.mark.parametrize("name", ["again", "version", "branch", "opinion"])
def test_nobody_changes_an_exchange_of_somebody_else(talk, name):
    assert Talk().post(name, talk.say("mine")).status_code == 404


def test_a_message_cannot_replace_one_of_another_conversation(talk):
    foreign = Talk().say("foreign")
    sent = {"message": "x", "deployment": "none", "submission_id": "a", "replaces": str(foreign.pk)}
    url = reverse("playground:exchanges", args=[talk.conversation.pk])
    assert talk.client.post(url, sent).status_code in (400, 404)
    assert talk.conversation.exchanges.count() == 0
