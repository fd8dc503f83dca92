"""Shared links: who may read what, until when, and what is noted."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import AuditEntry
from console.playground import sharing, tasks
from console.playground.models import Conversation, Exchange, Share, State
from tests.factories import make_user, signed_in_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return make_user(("Playground",), name="Seoyeon")


@pytest.fixture
def talk(owner):
    made = Conversation.objects.create(owner=owner, title="Herons <i>", spoken_at=timezone.now())
    say(made, "Where do herons sleep?", "In **trees**.")
    return made


def say(talk: Conversation, message: str, answer: str, state: str = State.SUCCEEDED) -> Exchange:
    row = talk.exchanges.create(
        message=message, answer=answer, state=state, parent=talk.tip, deployment="claude-own", resource="own",
        call_id=uuid4(), submission_id=uuid4().hex,
    )  # fmt: skip
    talk.tip = row.pk
    talk.save(update_fields=["tip"])
    return row


def link_of(talk: Conversation, **form: str) -> str:
    """What the page of the newly made link shows."""
    client = signed_in_client(talk.owner)
    answer = client.post(reverse("playground:share", args=[talk.pk]), {"days": "7", **form})
    assert answer.status_code == 201
    return re.search(r"http://testserver(/playground/shared/[\w-]+/)", answer.text)[1]


def read(link: str, person=None):
    return signed_in_client(person or make_user(("Playground",))).get(link)


def test_a_colleague_reads_it_and_can_press_nothing(talk):
    answer = read(link_of(talk))
    assert answer.status_code == 200
    assert "Where do herons sleep?" in answer.text
    assert "<strong>trees</strong>" in answer.text
    assert "Herons &lt;i&gt;" in answer.text
    main = answer.text.split("<main")[1].split("</main>")[0]
    assert not re.search(r"<form|hx-(get|post)|<textarea", main)
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "no-store" in answer.headers["Cache-Control"]


def test_what_is_said_later_is_not_in_it(talk):
    link = link_of(talk)
    say(talk, "And a secret?", "Hush.")
    assert "secret" not in read(link).text
    assert "Hush" not in read(link).text


def test_receipts_hold_no_text(talk):
    text = read(link_of(talk, receipts_only="on")).text
    assert "claude-own" in text
    assert not re.search("herons|Herons|trees", text)


@pytest.mark.parametrize("roles", [("Viewer",), ("Support",), ()])
def test_who_may_not_talk_may_not_read(talk, roles):
    assert read(link_of(talk), make_user(roles)).status_code == 403


def over(talk, link):
    Share.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def taken_back(talk, link):
    signed_in_client(talk.owner).post(reverse("playground:revoke", args=[Share.objects.get().pk]))


def deleted(talk, link):
    talk.delete()


@pytest.mark.parametrize("end", [over, taken_back, deleted])
def test_every_link_that_ended_looks_the_same(talk, end):
    link = link_of(talk)
    assert read(link).status_code == 200
    end(talk, link)
    ended, unknown = read(link), read("/playground/shared/nonsense/")
    assert (ended.status_code, unknown.status_code) == (404, 404)
    for answer in (ended, unknown):
        assert "This link shows nothing" in answer.text


def test_another_directory_reads_nothing(talk):
    stranger = make_user(("Playground",), tid=str(uuid4()))
    assert sharing.opened(stranger, link_of(talk).split("/")[-2]) is None


def test_only_its_owner_takes_it_back_or_makes_it(talk):
    link, other = link_of(talk), signed_in_client(make_user(("Playground",)))
    assert other.post(reverse("playground:revoke", args=[Share.objects.get().pk])).status_code == 404
    assert other.post(reverse("playground:share", args=[talk.pk]), {"days": "7"}).status_code == 404
    assert read(link).status_code == 200


def test_making_first_reading_and_taking_back_are_noted(talk):
    link, reader = link_of(talk), make_user(("Playground",), name="Minjun")
    for _ in range(3):
        read(link, reader)
    read(link, talk.owner)
    taken_back(talk, link)
    acts = list(AuditEntry.objects.order_by("id").values_list("act", "person"))
    assert acts == [("conversation-shared", "Seoyeon"), ("share-opened", "Minjun"), ("share-revoked", "Seoyeon")]
    page = signed_in_client(talk.owner).get(reverse("playground:shares")).text
    assert "Minjun" in page
    assert "taken back" in page


def test_the_link_itself_is_stored_nowhere(talk):
    token = link_of(talk).split("/")[-2]
    assert token not in str(list(Share.objects.values())) + str(list(AuditEntry.objects.values()))
    assert token not in signed_in_client(talk.owner).get(reverse("playground:shares")).text


@pytest.mark.parametrize("days", ["", "0", "365", "week"])
def test_a_link_holds_for_one_of_the_offered_times(talk, days):
    client = signed_in_client(talk.owner)
    assert client.post(reverse("playground:share", args=[talk.pk]), {"days": days}).status_code == 302
    assert not Share.objects.exists()


def test_there_is_an_end_to_links(talk, monkeypatch):
    monkeypatch.setattr(sharing, "MOST_OPEN", 1)
    link_of(talk)
    answer = signed_in_client(talk.owner).post(reverse("playground:share", args=[talk.pk]), {"days": "7"}, follow=True)
    assert "Take one back first" in answer.text


def test_ended_links_are_forgotten_after_a_month(talk):
    link_of(talk)
    Share.objects.update(expires_at=timezone.now() - timedelta(days=29))
    tasks.purge()
    assert Share.objects.exists()
    Share.objects.update(expires_at=timezone.now() - timedelta(days=31))
    tasks.purge()
    assert not Share.objects.exists()
