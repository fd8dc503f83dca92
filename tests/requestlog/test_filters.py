from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from console.requestlog.filters import duration_of, moment_of, read
from console.requestlog.models import Case
from console.web.ids import first_id_at, new_id
from tests.factories import make_user
from tests.factories_requestlog import make_failure, make_record

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("24h", NOW - timedelta(hours=24)),
        ("30m", NOW - timedelta(minutes=30)),
        ("7d", NOW - timedelta(days=7)),
        ("2w", NOW - timedelta(days=14)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T10:30", datetime(2026, 11, 20, 10, 30, tzinfo=UTC)),
        ("2026-11-20T10:30:00.123Z", datetime(2026, 11, 20, 10, 30, 0, 123_000, tzinfo=UTC)),
        ("2026-11-20T10:30:00+09:00", datetime(2026, 11, 20, 1, 30, tzinfo=UTC)),
        ("2026-11-20T10:30:00 09:00", datetime(2026, 11, 20, 1, 30, tzinfo=UTC)),
        ("2026-11-20 10:30", datetime(2026, 11, 20, 10, 30, tzinfo=UTC)),
        ("yesterday", None),
        ("99999999h", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("2026-13-40", None),
    ],
)
def test_times_are_read_as_people_and_programs_write_them(text, moment):
    assert moment_of(text, NOW) == moment


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "9999-12-31T23:59:59Z", "9999w"])
def test_the_ends_of_the_calendar_are_no_accident(text):
    moment = moment_of(text, NOW, end_of_day=True)
    assert moment is not None
    assert first_id_at(moment)


def test_until_a_day_includes_the_day():
    assert moment_of("2026-11-20", NOW, end_of_day=True) == datetime(2026, 11, 21, tzinfo=UTC)


def test_ids_sort_with_the_times_they_stand_for():
    before = timezone.now()
    made = new_id()
    assert first_id_at(before - timedelta(seconds=1)) < made < first_id_at(before + timedelta(seconds=1))


@pytest.mark.parametrize(
    "query",
    [{"outcome": "lost"}, {"source": "cron"}, {"status": "999"}, {"since": "soon"}, {"error": "odd"}, {"ttft": "slow"},
     {"took": "5x"}, {"case": "lost"}],
)  # fmt: skip
def test_what_is_no_filter_is_left_out_and_named(query):
    filters = read(query)
    assert filters.values == {}
    assert filters.refused == tuple(f"{name}={value}" for name, value in query.items())


def note_cases(keys, person):
    now = timezone.now()
    Case.objects.create(record_id=keys["failed"], state="open", changed_at=now)
    Case.objects.create(record_id=keys["old"], state="solved", assignee_key=person.key, changed_at=now)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("5s", 5000), ("5", 5000), ("1.5 s", 1500), ("800ms", 800), ("2m", 120_000), ("0", 0), ("soon", None),
     ("-1s", None), ("9999999m", 86_400_000), ("٣s", 3000)],
)  # fmt: skip
def test_durations_are_read_as_people_write_them(text, milliseconds):
    assert duration_of(text) == milliseconds


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, {"ok", "failed", "other", "running", "old"}),
        ({"deployment": "claude-slow"}, {"failed"}),
        ({"resource": "fabrikam-ai"}, {"other"}),
        ({"person": "Ada Lovelace"}, {"ok"}),
        ({"person": "tenant/ada"}, {"ok"}),
        ({"outcome": "failed"}, {"failed"}),
        ({"outcome": "running"}, {"running"}),
        ({"source": "health"}, {"other"}),
        ({"status": "5xx"}, {"failed"}),
        ({"status": "2xx"}, {"ok", "old", "running"}),
        ({"error": "overloaded"}, {"failed"}),
        ({"error": "bad-key"}, set()),
        ({"ttft": "400ms"}, {"ok", "other", "running", "old"}),
        ({"ttft": "413ms"}, set()),
        ({"took": "4"}, {"ok", "other", "old"}),
        ({"took": "4", "source": "health", "resource": "fabrikam-ai"}, {"other"}),
        ({"case": "open"}, {"failed"}),
        ({"case": "open", "error": "overloaded", "status": "5xx", "took": "1ms"}, {"failed"}),
        ({"case": "mine"}, {"old"}),
        ({"case": "solved"}, {"old"}),
        ({"status": "none"}, {"other"}),
        ({"since": "1h"}, {"ok", "failed", "other", "running"}),
        ({"until": "1h"}, {"old"}),
        ({"since": "3d", "until": "1d"}, {"old"}),
        ({"outcome": "failed", "deployment": "claude-slow", "since": "1h"}, {"failed"}),
        ({"outcome": "failed", "deployment": "claude-steady"}, set()),
        ({"q": "req_wanted"}, {"ok"}),
        ({"q": "req_wanted", "outcome": "failed"}, set()),
        ({"q": "words without any id"}, set()),
    ],
)
def test_filters_narrow_and_combine(query, expected):
    names = {
        make_record(person=make_user(name="Ada Lovelace", tid="tenant", oid="ada"), request_id="req_WANTED").pk: "ok",
        make_failure(deployment="claude-slow").pk: "failed",
        make_record(resource="fabrikam-ai", source="health", http_status=None).pk: "other",
        make_record(outcome="").pk: "running",
        make_record(started_at=timezone.now() - timedelta(days=2)).pk: "old",
    }
    admin = make_user(("Admin",))
    note_cases({name: pk for pk, name in names.items()}, admin)
    assert {names[record.pk] for record in read(query).records(admin)} == expected


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("roles", "count"),
    [(("Viewer",), 1), (("Playground",), 1), (("PromptReader",), 1), (("Support",), 3), (("Admin",), 3)],
)
def test_only_support_and_admins_see_what_others_did(roles, count):
    person = make_user(roles)
    make_record(person=person)
    make_record(person=make_user())
    make_record(source="health")
    assert read({}).records(person).count() == count


@pytest.mark.django_db
def test_nobody_sees_the_rows_of_nobody_in_particular():
    stranger = make_user(("Viewer",))
    make_record(person_key="")
    assert not read({"person": ""}).records(stranger).exists()


def test_pasted_text_does_not_show_in_a_repr():
    assert "secret prompt" not in repr(read({"q": "secret prompt"}))


@pytest.mark.django_db
def test_what_people_look_into_is_known_to_support_only():
    person = make_user(("Playground",))
    record = make_record(person=person)
    Case.objects.create(record_id=record.pk, changed_at=timezone.now())
    assert read({"case": "open"}).records(person).count() == 0
