from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from console.requestlog import walking
from console.requestlog.filters import read
from console.requestlog.models import RequestRecord
from console.web.ids import first_id_at
from tests.factories import make_user, signed_in_client
from tests.factories_requestlog import make_failure, make_record, new_record

pytestmark = pytest.mark.django_db

SLOW = {"took": "9s", "source": "playground"}


@pytest.fixture
def admin():
    return make_user(("Admin",))


def many(number: int, **row) -> None:
    """So many quick calls, a second apart, the newest a minute old."""
    now = timezone.now() - timedelta(minutes=1)
    RequestRecord.objects.bulk_create(
        [new_record(started_at=now - timedelta(seconds=at), **row) for at in range(number)], batch_size=500
    )


def test_any_filters_together_give_what_fits_newest_first(admin):
    many(30)
    slow = [make_record(duration_ms=9_500, started_at=timezone.now() - timedelta(hours=age)) for age in (3, 1, 2)]
    walked = walking.walk(read(SLOW), admin, "", 50)
    assert [one.pk for one in walked.page.rows] == [slow[1].pk, slow[2].pk, slow[0].pk]
    assert (walked.page.next_cursor, walked.looked) == ("", 0)


def test_pages_follow_each_other_without_gap_or_repetition(admin):
    many(130, duration_ms=9_500)
    many(20)
    keys, cursor = [], ""
    for _ in range(3):
        walked = walking.walk(read(SLOW), admin, cursor, 50)
        keys += [one.pk for one in walked.page.rows]
        cursor = walked.page.next_cursor
    assert cursor == ""
    assert len(set(keys)) == 130
    assert keys == sorted(keys, reverse=True)


def test_it_looks_at_so_many_rows_says_so_and_goes_on(admin, monkeypatch):
    monkeypatch.setattr(walking, "LOOKS", (20, 80))
    many(120)
    oldest = make_record(duration_ms=9_500, started_at=timezone.now() - timedelta(days=3))
    first = walking.walk(read(SLOW), admin, "", 50)
    assert first.page.rows == []
    assert first.looked == 100
    assert first.back_to is not None
    assert first.page.next_cursor
    second = walking.walk(read(SLOW), admin, first.page.next_cursor, 50)
    assert [one.pk for one in second.page.rows] == [oldest.pk]
    assert second.back_to is None
    shown = signed_in_client(admin).get("/requests/", SLOW).content.decode()
    assert "Looked through 100 requests" in shown
    assert "Go on looking" in shown
    assert "No request fits" not in shown


def test_people_walk_through_their_own_rows(admin):
    person = make_user(("Playground",))
    own = make_failure(person=person)
    make_failure(person=admin)
    walked = walking.walk(read({"error": "overloaded", "status": "5xx"}), person, "", 50)
    assert [one.pk for one in walked.page.rows] == [own.pk]


@pytest.mark.parametrize("query", [{}, {"outcome": "failed"}, {"outcome": "failed", "took": "1ms"}])
def test_news_are_what_came_after_a_row(admin, query):
    make_failure(started_at=timezone.now() - timedelta(hours=1))
    after = first_id_at(timezone.now() - timedelta(minutes=5))
    assert walking.news(read(query), admin, after, 99).count == 0
    for _ in range(3):
        make_failure()
    assert walking.news(read(query), admin, after, 99) == walking.News(3, False)
    assert walking.news(read(query), admin, after, 2) == walking.News(2, True)


def test_a_page_asks_for_its_news_and_a_following_page_reads_again(admin):
    client = signed_in_client(admin)
    make_failure(started_at=timezone.now() - timedelta(hours=1))
    page = client.get("/requests/", {"outcome": "failed"})
    quiet = client.get(page.context["news"], headers={"HX-Request": "true"})
    assert quiet.content.decode().strip() == ""
    make_record()
    make_failure()
    told = client.get(page.context["news"], headers={"HX-Request": "true"})
    assert "1 new: show it" in told.content.decode()
    assert "HX-Trigger" not in told.headers
    following = client.get("/requests/", {"outcome": "failed", "live": "on"})
    assert "requests-came from:body" in following.content.decode()
    make_failure()
    assert client.get(following.context["news"]).headers["HX-Trigger"] == "requests-came"
    assert client.get("/requests/", {"q": "req_012345678"}).context["news"] == ""
