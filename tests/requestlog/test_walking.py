from __future__ import annotations

import random
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from console.requestlog import meeting, rollup, sums, walking
from console.requestlog.filters import read
from console.requestlog.models import Outcome, RequestRecord, RollupProgress
from console.web.ids import first_id_at
from console.web.paging import cursor_at
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
    back = walking.walk(read(SLOW), admin, walked.page.previous_cursor, 50)
    assert [one.pk for one in back.page.rows] == keys[50:100]
    onward = walking.walk(read(SLOW), admin, back.page.next_cursor, 50)
    assert [one.pk for one in onward.page.rows] == keys[100:]
    first = walking.walk(read(SLOW), admin, back.page.previous_cursor, 50)
    assert ([one.pk for one in first.page.rows], first.page.previous_cursor) == (keys[:50], "")


def test_it_looks_at_so_many_rows_says_so_and_goes_on(admin, monkeypatch):
    monkeypatch.setattr(walking, "LOOKS", (20, 80))
    many(120)
    oldest = make_record(duration_ms=9_500, started_at=timezone.now() - timedelta(days=3))
    first = walking.walk(read(SLOW), admin, "", 50)
    assert first.page.rows == []
    assert first.looked == 100
    assert first.reached is not None
    assert first.page.next_cursor
    second = walking.walk(read(SLOW), admin, first.page.next_cursor, 50)
    assert [one.pk for one in second.page.rows] == [oldest.pk]
    assert second.reached is None
    shown = signed_in_client(admin).get("/requests/", SLOW).content.decode()
    assert "Looked through 100 requests" in shown
    assert "Go on looking" in shown
    assert "No request fits" not in shown


def test_on_the_way_back_it_looks_at_as_many_and_goes_on_as_well(admin, monkeypatch):
    newest = make_record(duration_ms=9_500)
    many(120)
    oldest = make_record(duration_ms=9_500, started_at=timezone.now() - timedelta(days=3))
    page = walking.walk(read(SLOW), admin, cursor_at({"id": oldest.pk}, walking.ORDER, backwards=False), 50)
    assert page.page.rows == []
    monkeypatch.setattr(walking, "LOOKS", (20, 80))
    back = walking.walk(read(SLOW), admin, page.page.previous_cursor, 50)
    assert ([one.pk for one in back.page.rows], back.looked, back.backwards) == ([oldest.pk], 100, True)
    shown = signed_in_client(admin).get("/requests/", SLOW | {"cursor": page.page.previous_cursor}).content.decode()
    assert "requests, up to" in shown
    assert 'rel="prev"' in shown
    assert 'rel="next"' in shown
    first = walking.walk(read(SLOW), admin, back.page.previous_cursor, 50)
    assert [one.pk for one in first.page.rows] == [newest.pk]


def test_filters_that_never_met_are_known_not_to_meet(admin, monkeypatch):
    monkeypatch.setattr(walking, "LOOKS", (20, 80))
    days = [timezone.now() - timedelta(days=ago) for ago in range(3, 9)]
    for day in days:
        for deployment, kind in (("claude-a", ""), ("claude-b", "overloaded")):
            outcome = Outcome.FAILED if kind else Outcome.SUCCEEDED
            rows = [new_record(started_at=day, deployment=deployment, kind=kind, outcome=outcome) for _ in range(30)]
            RequestRecord.objects.bulk_create(rows)
    rollup.roll_up()
    never = walking.walk(read({"error": "overloaded", "resource": "elsewhere"}), admin, "", 50)
    assert (never.page.rows, never.page.next_cursor, never.reached) == ([], "", None)
    RequestRecord.objects.filter(pk=RequestRecord.objects.filter(deployment="claude-b").earliest("id").pk).update(
        source="health"
    )
    RollupProgress.objects.all().delete()
    rollup.roll_up()
    found = walking.walk(read({"error": "overloaded", "source": "health"}), admin, "", 50)
    assert [(one.deployment, one.source) for one in found.page.rows] == [("claude-b", "health")]
    assert found.looked == 0


@pytest.mark.parametrize("seed", range(3))
def test_whatever_it_passes_over_it_finds_every_row_either_way(admin, monkeypatch, seed):
    """Rows of many days, some of them folded, some too many to read the sums of, beside what is in no sum yet."""
    chance = random.Random(seed)  # noqa: S311
    for name, value in {"LOOKS": (4, 9), "DENSE": chance.choice([0, 9_000]), "MOST_STRETCHES": 3}.items():
        monkeypatch.setattr(walking, name, value)
    for module in (sums, meeting):
        monkeypatch.setattr(module, "MOST_SUMS", chance.choice([3, 9_000]))
    now = timezone.now()
    rows = [
        new_record(
            started_at=now - timedelta(days=9 * chance.random() ** 2),
            person=chance.choice(["Ada", "Bo"]),
            person_key=chance.choice(["t/a", "t/b"]),
            deployment=chance.choice(["a", "b", "c"]),
            resource=chance.choice(["r", "s"]),
            source=chance.choice(["playground", "health"]),
            **chance.choice([{}, {"outcome": "failed", "kind": "overloaded", "http_status": 529}, {"outcome": ""}]),
        )
        for _ in range(80)
    ]
    RequestRecord.objects.bulk_create(rows)
    RequestRecord.objects.filter(state="streaming", started_at__lt=now - timedelta(days=1)).update(
        state="over", outcome="truncated"
    )
    rollup.roll_up(now - timedelta(hours=chance.choice([0, 5, 60])))
    for query in (
        {"deployment": "a", "source": "health"}, {"resource": "r", "status": "5xx"},
        {"person": "t/a", "source": "health"}, {"person": "Ada", "resource": "s"},
        {"deployment": "b", "resource": "s", "outcome": "failed", "since": "4d"},
        {"outcome": "running", "source": "health"}, {"took": "1s", "resource": "r", "until": "1d"},
    ):  # fmt: skip
        filters = read(query)
        wanted = list(filters.records(admin).order_by("-id").values_list("pk", flat=True))
        assert pages(filters, admin, "next_cursor", "") == wanted, query
        oldest = cursor_at({"id": UUID(int=0)}, walking.ORDER, backwards=True)
        backwards = pages(filters, admin, "previous_cursor", oldest)
        assert set(backwards) == set(wanted), query


def pages(filters, person, way: str, cursor: str) -> list[UUID]:
    """The keys of all pages one way; the first page of all may show again what the one before it had."""
    keys: list[UUID] = []
    for _ in range(300):
        walked = walking.walk(filters, person, cursor, 7)
        assert len(walked.page.rows) <= 7
        keys += [one.pk for one in walked.page.rows]
        cursor = getattr(walked.page, way)
        if not cursor:
            return keys
    raise AssertionError("it goes round")


@pytest.mark.parametrize("edge", [0, (1 << 128) - 1])
@pytest.mark.parametrize("backwards", [False, True])
def test_a_cursor_at_the_end_of_all_ids_is_no_accident(admin, edge, backwards):
    own = make_record(duration_ms=9_500)
    cursor = cursor_at({"id": UUID(int=edge)}, walking.ORDER, backwards=backwards)
    shown = walking.walk(read(SLOW), admin, cursor, 50).page
    assert [one.pk for one in shown.rows] == ([own.pk] if backwards or edge else [])
    assert signed_in_client(admin).get("/requests/", SLOW | {"cursor": cursor}).status_code == 200


def test_a_page_after_the_last_row_says_so_and_leads_back(admin):
    only = make_record(duration_ms=9_500)
    after = cursor_at({"id": only.pk}, walking.ORDER, backwards=False)
    shown = signed_in_client(admin).get("/requests/", SLOW | {"cursor": after})
    assert "No older request fits" in shown.content.decode()
    assert 'rel="prev"' in shown.content.decode()
    back = walking.walk(read(SLOW), admin, shown.context["page"].previous_cursor, 50)
    assert [one.pk for one in back.page.rows] == [only.pk]


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
