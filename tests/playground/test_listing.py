"""The list of conversations, what is pinned and filed in it, and what is found; drafts."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from console.playground.listing import LOOKED_THROUGH, listing, search
from console.playground.models import Conversation, State
from tests.factories import make_user, signed_in_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return make_user(("Playground",))


def talk(
    owner, title: str, *, hours_ago: float = 1, said: str = "Hello", answered: str = "", **row: object
) -> Conversation:
    made = Conversation.objects.create(
        owner=owner, title=title, spoken_at=timezone.now() - timedelta(hours=hours_ago), **row
    )
    made.exchanges.create(
        message=said, answer=answered, state=State.SUCCEEDED, call_id=uuid4(), submission_id=uuid4().hex
    )
    return made


def titles(rows) -> list[str]:
    return [row.title for row in rows]


def test_pinned_ones_stand_first_and_once(owner):
    talk(owner, "old", hours_ago=50, pinned=True)
    talk(owner, "new")
    shown = listing(owner)
    assert (titles(shown.pinned), titles(shown.page.rows)) == (["old"], ["new"])


def test_a_folder_shows_its_own(owner):
    talk(owner, "invoice", folder="Finance")
    talk(owner, "poem")
    assert titles(listing(owner, folder="Finance").page.rows) == ["invoice"]
    assert listing(owner).folders == ["Finance"]
    page = signed_in_client(owner).get(reverse("playground:list") + "?folder=Finance").text
    assert "invoice" in page
    assert "poem" not in page


def test_what_is_said_first_is_put_before_the_newest(owner):
    page = signed_in_client(owner)
    place = 'id="newest-conversations"'
    assert place in page.get(reverse("playground:new"), follow=True).text
    assert place not in page.get(reverse("playground:list") + "?folder=Finance").text
    assert place not in page.post(reverse("playground:search"), {"words": "tides"}, headers={"HX-Request": "true"}).text


@pytest.mark.parametrize("words", ["heron", "REEDS", "왜가리", "Tuesday"])
def test_titles_messages_and_answers_are_searched(owner, words):
    talk(owner, "Tuesday", said="Where does a Heron sleep?", answered="In reeds. 왜가리는 갈대밭에서 잡니다.")
    talk(owner, "Other", said="Something else")
    assert titles(search(owner, words).page.rows) == ["Tuesday"]


def test_nobody_finds_what_others_said(owner):
    talk(make_user(("Playground",)), "Theirs", said="secret heron")
    assert search(owner, "heron").page.rows == []


def test_signs_of_a_pattern_are_only_letters(owner):
    talk(owner, "all of them")
    assert search(owner, "%").page.rows == []
    assert search(owner, "_").page.rows == []


def test_a_search_is_bounded_and_reads_no_text(owner, django_assert_num_queries):
    for number in range(5):
        talk(owner, f"talk {number}", said="herons")
    with django_assert_num_queries(2):
        assert len(search(owner, "herons").page.rows) == 5


def test_a_search_looks_through_a_stretch_of_conversations_and_goes_on_with_older_ones(owner):
    now = timezone.now()
    titles = [f"Tides {number}" for number in range(LOOKED_THROUGH + 5)]
    Conversation.objects.bulk_create(
        Conversation(owner=owner, title=title, spoken_at=now - timedelta(hours=1 + number))
        for number, title in enumerate(titles)
    )
    talk(owner, "Birds", said="where do herons sleep?", hours_ago=2000)
    client = signed_in_client(owner)
    page = client.post(reverse("playground:search"), {"words": "heron"}, headers={"HX-Request": "true"}).text
    assert "Nothing found so far." in page
    (older,) = re.findall(r'name="older" value="([^"]+)"', page)
    form = {"words": "heron", "older": older}
    page = client.post(reverse("playground:search"), form, headers={"HX-Request": "true"}).text
    assert "Birds" in page
    assert "Search older conversations" not in page
    form["words"] = "zebra"
    assert "Nothing further." in client.post(reverse("playground:search"), form).text
    newest = search(owner, "tides")
    assert [one.title for one in newest.page.rows] == titles[:LOOKED_THROUGH]
    assert [one.title for one in search(owner, "tides", cursor=newest.page.next_cursor).page.rows] == titles[-5:]


@pytest.mark.parametrize("htmx", [True, False])
def test_the_search_box_answers_with_and_without_htmx(owner, htmx):
    talk(owner, "Herons")
    talk(owner, "Tides")
    client = signed_in_client(owner)
    headers = {"HX-Request": "true"} if htmx else {}
    page = client.post(reverse("playground:search"), {"words": "heron"}, headers=headers).text
    assert "Herons" in page
    assert "Tides" not in page
    assert ("<html" in page) is not htmx
    nothing = client.post(reverse("playground:search"), {"words": "zebra"}, headers=headers).text
    assert "Nothing of yours says this" in nothing


def test_renaming_files_and_pins(owner):
    made = talk(owner, "old")
    url = reverse("playground:title", args=[made.pk])
    client = signed_in_client(owner)
    client.post(url, {"title": "new", "folder": "Birds", "pinned": "on"})
    made.refresh_from_db()
    assert (made.title, made.folder, made.pinned) == ("new", "Birds", True)
    client.post(url, {"title": "newer"})
    made.refresh_from_db()
    assert (made.title, made.folder, made.pinned) == ("newer", "Birds", True), "a form without them leaves them"


def test_a_draft_is_kept_and_comes_back(owner):
    made = talk(owner, "talk")
    client = signed_in_client(owner)
    url = reverse("playground:draft", args=[made.pk])
    assert client.post(url, {"message": "half a sent", "submission_id": "a"}).status_code == 204
    assert "half a sent" in client.get(reverse("playground:conversation", args=[made.pk])).text


def test_a_draft_of_a_sent_message_does_not_come_back(owner):
    made = talk(owner, "talk", said="whole")
    sent = made.exchanges.get()
    data = {"message": "whole", "submission_id": sent.submission_id}
    signed_in_client(owner).post(reverse("playground:draft", args=[made.pk]), data)
    made.refresh_from_db()
    assert made.draft == ""
