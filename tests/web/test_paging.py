from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Upper
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import Session, TokenCache, User
from console.jobs.models import Job
from console.web.paging import Page, page
from tests.factories import make_user

pytestmark = pytest.mark.django_db

MIXED = ("task", "-subject", "id")


def make_jobs(count: int) -> None:
    now = timezone.now()
    Job.objects.bulk_create(
        Job(
            task=f"task-{number % 3}",
            subject=f"subject-{number % 4}",
            subject_id=f"{now.timestamp()}-{number}",
            queued_at=now + timedelta(microseconds=number % 5),
        )
        for number in range(count)
    )


def walk(order: tuple[str, ...], size: int) -> list[Page[Job]]:
    pages = [page(Job.objects.all(), order=order, cursor="", size=size)]
    while pages[-1].next_cursor:
        pages.append(page(Job.objects.all(), order=order, cursor=pages[-1].next_cursor, size=size))
    return pages


@pytest.mark.parametrize("order", [("-id",), ("id",), ("-queued_at", "-id"), MIXED, ("-task", "subject", "-id")])
@pytest.mark.parametrize(("count", "size"), [(23, 5), (20, 5), (3, 5), (0, 5), (7, 1)])
def test_pages_hold_every_row_once_in_order(order, count, size):
    make_jobs(count)
    pages = walk(order, size)
    seen = [row.pk for one in pages for row in one.rows]
    assert seen == list(Job.objects.order_by(*order).values_list("pk", flat=True))
    assert all(len(one.rows) == size for one in pages[:-1])
    assert len(pages) == max(1, -(-count // size))


@pytest.mark.parametrize("order", [("-id",), MIXED])
def test_going_back_shows_the_same_pages(order):
    make_jobs(23)
    pages = walk(order, 5)
    back = [pages[-1]]
    while back[-1].previous_cursor:
        back.append(page(Job.objects.all(), order=order, cursor=back[-1].previous_cursor, size=5))
    assert [one.rows for one in back[::-1]] == [one.rows for one in pages]


def test_rows_that_arrive_meanwhile_do_not_move_the_page():
    make_jobs(10)
    first = page(Job.objects.all(), order=("-id",), cursor="", size=5)
    expected = list(Job.objects.order_by("-id")[5:10])
    make_jobs(4)
    second = page(Job.objects.all(), order=("-id",), cursor=first.next_cursor, size=5)
    assert second.rows == expected
    newer = page(Job.objects.all(), order=("-id",), cursor=second.previous_cursor, size=5)
    assert newer.rows == first.rows
    assert newer.previous_cursor


def test_going_back_near_the_start_shows_a_full_first_page():
    make_jobs(7)
    rows = list(Job.objects.order_by("-id"))
    from_the_second = page(Job.objects.filter(pk__lte=rows[1].pk), order=("-id",), cursor="", size=3)
    second = page(Job.objects.all(), order=("-id",), cursor=from_the_second.next_cursor, size=3)
    assert second.rows == rows[4:7]
    wide = page(Job.objects.all(), order=("-id",), cursor=second.previous_cursor, size=5)
    assert wide.rows == rows[:5]
    assert wide.previous_cursor == ""


def test_a_cursor_past_rows_that_are_gone_gives_the_first_page():
    make_jobs(6)
    first = page(Job.objects.all(), order=("id",), cursor="", size=3)
    Job.objects.exclude(pk__in=[row.pk for row in first.rows]).delete()
    assert page(Job.objects.all(), order=("id",), cursor=first.next_cursor, size=3) == Page(first.rows)


def test_a_page_is_one_query_and_no_count():
    make_jobs(12)
    cursor = page(Job.objects.all(), order=MIXED, cursor="", size=5).next_cursor
    with CaptureQueriesContext(connection) as queries:
        page(Job.objects.all(), order=MIXED, cursor=cursor, size=5)
    assert len(queries) == 1
    assert "COUNT(" not in queries[0]["sql"].upper()
    assert "LIMIT 6" in queries[0]["sql"]


def test_rows_sort_by_a_relation_and_come_as_dicts():
    for name in ("Ben", "Ada", "Cy"):
        TokenCache.objects.create(user=make_user(name=name), sealed=b"", home_account_id="")
    order = ("-user__name", "pk")
    caches = TokenCache.objects.select_related("user")
    first = page(caches, order=order, cursor="", size=2)
    assert [row.user.name for row in first.rows] == ["Cy", "Ben"]
    dicts = caches.values("user__name", "pk")
    second = page(dicts, order=order, cursor=first.next_cursor, size=2)
    assert [row["user__name"] for row in second.rows] == ["Ada"]


def test_rows_sort_by_an_annotation():
    make_jobs(4)
    jobs = Job.objects.annotate(shouted=Upper("task"))
    first = page(jobs, order=("shouted", "id"), cursor="", size=3)
    second = page(jobs, order=("shouted", "id"), cursor=first.next_cursor, size=3)
    assert [row.shouted for row in first.rows + second.rows] == ["TASK-0", "TASK-0", "TASK-1", "TASK-2"]


def test_a_column_that_may_be_null_is_refused():
    with pytest.raises(ValueError, match=r"User\.signed_in_at"):
        page(User.objects.all(), order=("signed_in_at", "id"), cursor="", size=2)
    with pytest.raises(ValueError, match=r"Session\.user"):
        page(Session.objects.all(), order=("user__name", "session_key"), cursor="", size=2)


def cursor_of(*plain: object) -> str:
    return urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


UUID = "01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "%%%",
        "é",
        "A" * 100_000,
        cursor_of(),
        cursor_of("-queued_at,-id", 0),
        cursor_of("-queued_at,-id", 0, []),
        cursor_of("-queued_at,-id", 0, ["2026-01-01T00:00:00+00:00"]),
        cursor_of("id", 0, [UUID]),
        cursor_of("-queued_at,-id", 2, ["2026-01-01T00:00:00+00:00", UUID]),
        cursor_of("-queued_at,-id", 0, ["2026-01-01T00:00:00+00:00", 7]),
        cursor_of("-queued_at,-id", 0, ["2026-01-01T00:00:00+00:00", "'; drop table"]),
        cursor_of("-queued_at,-id", 0, ["2026-01-01T00:00:00", UUID]),
        cursor_of("-queued_at,-id", 0, ["0001-01-01T00:00:00+14:00", UUID]),
        cursor_of("-queued_at,-id", 0, ["yesterday", UUID]),
        cursor_of("-queued_at,-id", 0, {"a": 1, "b": 2}),
        urlsafe_b64encode(b"[" * 2_000).decode(),
    ],
)
def test_a_broken_cursor_gives_the_first_page(cursor):
    make_jobs(3)
    shown = page(Job.objects.all(), order=("-queued_at", "-id"), cursor=cursor, size=5)
    assert len(shown.rows) == 3
    assert shown.next_cursor == shown.previous_cursor == ""


def test_text_no_database_can_hold_gives_the_first_page():
    make_jobs(3)
    cursor = cursor_of("task,id", 0, ["\x00", UUID])
    assert len(page(Job.objects.all(), order=("task", "id"), cursor=cursor, size=5).rows) == 3


def test_times_keep_their_microseconds_in_a_cursor():
    make_jobs(4)
    pages = walk(("-queued_at", "-id"), 1)
    assert [one.rows[0].pk for one in pages] == list(Job.objects.order_by("-queued_at").values_list("pk", flat=True))
